// The system tests of fip: real addresses on real links, seen from other hosts.
#include <doctest/doctest.h>

#include <thread>

#include "ha/plugin/operation.h"
#include "lab.hpp"
#include "resource/fip/announcer.hpp"
#include "resource/fip/wire.hpp"
#include "support/netlink/route.hpp"

using namespace ha;
using namespace ha::lab;

namespace {

const auto k_v4 = *support::parse_ip("10.0.0.50");
const auto k_v6 = *support::parse_ip("fd00::50");

/// Two nodes and a client on one switch, with both families.
struct Net {
    Switch lan;
    Host a, b, client;

    Net() {
        lan.plug(a, "eth0", {"10.0.0.1/24", "fd00::1/64"});
        lan.plug(b, "eth0", {"10.0.0.2/24", "fd00::2/64"});
        lan.plug(client, "eth0", {"10.0.0.7/24", "fd00::7/64"});
    }
};

/// What the client believes to be the hardware address behind an address.
std::string neighbour(const Host& client, const std::string& address) {
    return client.output_of("ip neigh show " + address);
}
void make_client_ask(const Host& client, const std::string& address) {
    client.run("bash -c 'echo x > /dev/udp/" + address + "/9' 2>/dev/null || true");
}
std::string error_of(const Result<void>& result) {
    return result ? std::string() : result.error().context;
}

}  // namespace

TEST_CASE("an address comes with its network's prefix, is found by probe, and goes") {
    Net net;
    for (const auto& [address, shown] :
         {std::pair{"10.0.0.50", "10.0.0.50/24"}, std::pair{"fd00::50", "fd00::50/64"}}) {
        Resource fip(net.a, "fip", {{"address", address}});
        CHECK(fip.probe().status == plugin::ProbedStatus::offline);
        fip.start();
        CHECK(net.a.has("eth0", shown));
        CHECK(fip.probe().status == plugin::ProbedStatus::online);
        fip.stop();
        CHECK(!net.a.has_anywhere(address));
        CHECK(fip.probe().status == plugin::ProbedStatus::offline);
    }
}

TEST_CASE("an IPv6 address is usable at once") {
    Net net;
    Resource fip(net.a, "fip", {{"address", "fd00::50"}});
    fip.start();
    const auto shown = net.a.output_of("ip -o -6 addr show dev eth0 to fd00::50");
    CHECK(shown.find("fd00::50/64") != std::string::npos);
    CHECK(shown.find("tentative") == std::string::npos);
}

TEST_CASE("starting and stopping twice is as good as once") {
    Net net;
    for (const char* address : {"10.0.0.50", "fd00::50"}) {
        Resource fip(net.a, "fip", {{"address", address}});
        fip.start();
        fip.start();
        CHECK(fip.probe().status == plugin::ProbedStatus::online);
        fip.stop();
        fip.stop();
        CHECK(!net.a.has_anywhere(address));
    }
}

TEST_CASE("a host program that was restarted finds the address again and can stop it") {
    Net net;
    for (const char* address : {"10.0.0.50", "fd00::50"}) {
        { Resource(net.a, "fip", {{"address", address}}).start(); }
        CHECK(net.a.has_anywhere(address));
        Resource again(net.a, "fip", {{"address", address}});
        CHECK(again.probe().status == plugin::ProbedStatus::online);
        again.stop();
        CHECK(!net.a.has_anywhere(address));
    }
}

TEST_CASE("prefix and link are taken as they are given") {
    Net net;
    Resource fip(net.a, "fip", {{"address", "172.16.5.5/28%eth0"}});
    fip.start();
    CHECK(net.a.has("eth0", "172.16.5.5/28"));
    fip.stop();
    Resource alone(net.a, "fip", {{"address", "172.16.5.5"}, {"interface", "eth0"}});
    alone.start();
    CHECK(net.a.has("eth0", "172.16.5.5/32"));
    alone.stop();
    CHECK(!net.a.has_anywhere("172.16.5.5"));
}

TEST_CASE("an address of no network here, or a link that is not there, is refused with advice") {
    Net net;
    Resource lost(net.a, "fip", {{"address", "192.168.77.5"}});
    CHECK(error_of(lost.try_start()).find("10.0.0.1/24") != std::string::npos);
    Resource nowhere(net.a, "fip", {{"address", "10.0.0.50%eth9"}});
    CHECK(error_of(nowhere.try_start()).find("eth9") != std::string::npos);
    nowhere.stop();  // gone with its link: nothing to remove
    CHECK(nowhere.probe().status == plugin::ProbedStatus::offline);
}

TEST_CASE("wrong parameters make no resource, and the error names the parameter") {
    Services services;
    for (const auto& [parameters, part] :
         {std::pair{Parameters{{"address", "nonsense"}}, "address"},
          std::pair{Parameters{{"address", "10.0.0.50"}, {"prefix", "40"}}, "prefix"},
          std::pair{Parameters{{"address", "10.0.0.50%eth0"}, {"interface", "eth1"}}, "interface"},
          std::pair{Parameters{}, "address"}}) {
        const auto made = registry().create_resource(spec_of("fip", parameters), services);
        REQUIRE(!made);
        CHECK_MESSAGE(made.error().context.find(part) != std::string::npos, made.error().context);
    }
}

TEST_CASE("the announcements are heard by others, as many as were asked for") {
    Net net;
    for (const auto& address : {k_v4, k_v6}) {
        Listener listener(net.client, "eth0", fip::ethertype_of(address.family));
        Resource fip(net.a, "fip",
                     {{"address", to_string(address)},
                      {"duplicate_check", "false"},
                      {"announce_count", "4"},
                      {"announce_interval", "1ms"}});
        fip.start();
        listener.expect_claims(address, net.a.mac("eth0"), 4);
        fip.stop();
    }
}

TEST_CASE("a client learns the new holder when the address moves, without asking") {
    Net net;
    for (const char* address : {"10.0.0.50", "fd00::50"}) {
        Resource on_a(net.a, "fip", {{"address", address}});
        Resource on_b(net.b, "fip", {{"address", address}});
        on_a.start();
        wait_until("the client knows the first holder", [&] {
            make_client_ask(net.client, address);
            return neighbour(net.client, address).find(fip::to_string(net.a.mac("eth0"))) !=
                   std::string::npos;
        });
        on_a.stop();
        on_b.start(HA_EVENT_FAILOVER);
        wait_until("the client knows the second holder", [&] {
            return neighbour(net.client, address).find(fip::to_string(net.b.mac("eth0"))) !=
                   std::string::npos;
        });
        on_b.stop();
    }
}

TEST_CASE("an address that another host has is refused, and the error names that host") {
    Net net;
    net.client.run("ip addr add 10.0.0.50/24 dev eth0; ip addr add fd00::50/64 dev eth0 nodad");
    const auto holder = fip::to_string(net.client.mac("eth0"));
    for (const char* address : {"10.0.0.50", "fd00::50"}) {
        Resource fip(net.a, "fip", {{"address", address}, {"duplicate_check_timeout", "30s"}});
        const auto result = fip.try_start();
        REQUIRE(!result);
        CHECK(result.error().code == FailureCode::refused);
        CHECK(error_of(result).find(holder) != std::string::npos);
        CHECK(fip.services().event_text("address_in_use").find(holder) != std::string::npos);
        CHECK(!net.a.has_anywhere(address));
        fip.stop();
    }
}

TEST_CASE("force takes an address that another host has, and tells") {
    Net net;
    net.client.run("ip addr add 10.0.0.50/24 dev eth0");
    Resource fip(net.a, "fip",
                 {{"address", "10.0.0.50"}, {"force", "true"}, {"duplicate_check_timeout", "30s"}});
    fip.start();
    CHECK(net.a.has_anywhere("10.0.0.50"));
    CHECK(
        fip.services().event_text("address_forced").find(fip::to_string(net.client.mac("eth0"))) !=
        std::string::npos);
    CHECK(fip.probe().status == plugin::ProbedStatus::online);
}

TEST_CASE("without the check, or with no time for it, nobody is asked") {
    Net net;
    net.client.run("ip addr add 10.0.0.50/24 dev eth0");
    for (const auto& [name, value] :
         {std::pair{"duplicate_check", "false"}, std::pair{"duplicate_check_timeout", "0s"}}) {
        Resource fip(net.a, "fip", {{"address", "10.0.0.50"}, {name, value}});
        fip.start();
        fip.stop();
    }
}

TEST_CASE("the check is repeated as often as asked, and succeeds when the other has let go") {
    Net net;
    net.client.run("ip addr add 10.0.0.50/24 dev eth0");
    Resource fip(net.a, "fip",
                 {{"address", "10.0.0.50"},
                  {"duplicate_check_timeout", "2s"},
                  {"duplicate_check_retries", "2"},
                  {"duplicate_check_interval", "1ms"}});
    fip.services().on_log = [&, is_done = false](std::string_view line) mutable {
        if (line.find("looked for again") == std::string_view::npos || is_done) return;
        is_done = true;
        net.client.run("ip addr del 10.0.0.50/24 dev eth0");
    };
    fip.start();
    CHECK(net.a.has_anywhere("10.0.0.50"));
}

TEST_CASE("a claim after the start is told, answered, and makes the address failed") {
    Net net;
    for (const auto& address : {k_v4, k_v6}) {
        // The watch lasts as long as the announcing: long enough for any machine.
        Resource fip(net.a, "fip",
                     {{"address", to_string(address)},
                      {"announce_count", "3"},
                      {"announce_interval", "30s"},
                      {"duplicate_check_timeout", "1ms"}});
        fip.start();
        const auto rival = net.client.mac("eth0");
        Listener listener(net.client, "eth0", fip::ethertype_of(address.family));
        net.client.in([&] {
            auto wire = fip::Wire::open(net.client.index("eth0"), address, rival);
            REQUIRE(wire.has_value());
            REQUIRE(wire->announce(0).has_value());
        });
        CHECK(fip.services().wait_for_event("address_conflict").find(fip::to_string(rival)) !=
              std::string::npos);
        listener.expect_claims(address, net.a.mac("eth0"), 1);
        const auto answer = fip.probe();
        CHECK(answer.status == plugin::ProbedStatus::failed);
        CHECK(answer.reason.find(fip::to_string(rival)) != std::string::npos);
        fip.stop();
        CHECK(!net.a.has_anywhere(to_string(address)));
    }
}

TEST_CASE("of two cards on one network the named one gets the address, whatever the rule says") {
    Net net;
    net.lan.plug(net.a, "eth1", {"10.0.0.11/24"});
    Resource fip(net.a, "fip", {{"address", "10.0.0.50"}, {"interface", "eth1"}});
    fip.start();
    CHECK(net.a.has("eth1", "10.0.0.50/24"));
    CHECK(!net.a.has("eth0", "10.0.0.50/24"));
    CHECK(fip.probe().status == plugin::ProbedStatus::online);
    fip.stop();
    CHECK(!net.a.has_anywhere("10.0.0.50"));
}

TEST_CASE("of two cards on one network the first is taken by default, and the log says so") {
    Net net;
    net.lan.plug(net.a, "eth1", {"10.0.0.11/24"});
    Resource fip(
        net.a, "fip",
        {{"address", "10.0.0.50"}, {"announce_count", "20"}, {"announce_interval", "1ms"}});
    fip.start();
    CHECK(net.a.has("eth0", "10.0.0.50/24"));
    CHECK(fip.services().has_logged("2 links are on its network"));
    // The second card hears the first one, and its kernel answers for it: no conflict.
    CHECK(fip.services().event_text("address_conflict").empty());
    CHECK(fip.probe().status == plugin::ProbedStatus::online);
}

TEST_CASE("an address that is on another link of the node is refused unless forced") {
    Net net;
    net.lan.plug(net.a, "eth1", {});
    net.a.run("ip addr add 10.0.0.50/32 dev eth1");
    Resource fip(net.a, "fip", {{"address", "10.0.0.50%eth0"}});
    CHECK(error_of(fip.try_start()).find("eth1") != std::string::npos);
    fip.stop();
    CHECK(net.a.has("eth1", "10.0.0.50/32"));  // not ours to remove
    Resource forced(net.a, "fip", {{"address", "10.0.0.50%eth0"}, {"force", "true"}});
    forced.start();
    CHECK(net.a.has("eth0", "10.0.0.50/24"));
}

TEST_CASE("an address on the loopback link, as behind a balancer, is left alone") {
    Net net;
    net.a.run("ip addr add 10.0.0.50/32 dev lo");
    Resource fip(net.a, "fip", {{"address", "10.0.0.50"}});
    CHECK(fip.probe().status == plugin::ProbedStatus::offline);
    fip.start();
    CHECK(net.a.has("eth0", "10.0.0.50/24"));
    CHECK(fip.probe().status == plugin::ProbedStatus::online);
    fip.stop();
    CHECK(!net.a.has("eth0", "10.0.0.50/24"));
    CHECK(net.a.has("lo", "10.0.0.50/32"));
}

TEST_CASE("the removal of one address leaves the others of its network") {
    Net net;
    Resource first(net.a, "fip", {{"address", "172.16.5.5/24%eth0"}});
    Resource second(net.a, "fip", {{"address", "172.16.5.6/24%eth0"}});
    first.start();
    second.start();
    first.stop();
    CHECK(second.probe().status == plugin::ProbedStatus::online);
    CHECK(net.a.has("eth0", "172.16.5.6/24"));
}

TEST_CASE("the address is removed with whatever prefixes it is there") {
    Net net;
    Resource fip(net.a, "fip", {{"address", "10.0.0.50"}});
    fip.start();
    net.a.run("ip addr add 10.0.0.50/25 dev eth0; ip addr add 10.0.0.50/32 dev eth0");
    fip.stop();
    CHECK(!net.a.has_anywhere("10.0.0.50"));
}

TEST_CASE("a link that is down makes the address failed only when that is asked for") {
    Net net;
    Resource lax(net.a, "fip", {{"address", "10.0.0.50"}});
    Resource strict(net.a, "fip", {{"address", "10.0.0.51"}, {"link_down_is_failure", "true"}});
    lax.start();
    strict.start();
    // The far end of the link goes: no carrier.
    net.lan.host().run("ip link set port0 down");
    wait_until("the carrier is lost",
               [&] { return strict.probe().status == plugin::ProbedStatus::failed; });
    CHECK(strict.probe().reason.find("no carrier") != std::string::npos);
    CHECK(lax.probe().status == plugin::ProbedStatus::online);
    CHECK(lax.probe().reason.find("no carrier") != std::string::npos);
    strict.stop();
    CHECK(error_of(strict.try_start()).find("carrier") != std::string::npos);
    CHECK(!net.a.has_anywhere("10.0.0.51"));
}

TEST_CASE("severing takes the address off at once, also after the host program was restarted") {
    Net net;
    for (const char* address : {"10.0.0.50", "fd00::50"}) {
        Resource fip(net.a, "fip", {{"address", address}});
        fip.start();
        fip.sever();
        CHECK(!net.a.has_anywhere(address));
        fip.sever();
        fip.start();
        Resource probed(net.a, "fip", {{"address", address}});
        CHECK(probed.probe().status == plugin::ProbedStatus::online);
        probed.sever();
        CHECK(!net.a.has_anywhere(address));
        fip.start();
        Resource fresh(net.a, "fip", {{"address", address}});
        fresh.sever();
        CHECK(!net.a.has_anywhere(address));
    }
}

TEST_CASE("F8: what fip hands over takes the address off without it, in its own network") {
    Net net;
    for (const char* address : {"10.0.0.50", "fd00::50"}) {
        Resource fip(net.a, "fip", {{"address", address}});
        fip.start();
        auto& handed = fip.services().handed_over;
        REQUIRE(handed.actions().size() == 1);
        REQUIRE(net.a.has_anywhere(address));
        // From another network, as a process would that knows nothing of this host's links.
        CHECK(handed.carry_out() == 0);
        CHECK(!net.a.has_anywhere(address));
        CHECK(handed.carry_out() == 0);  // and once more is no error
        CHECK(net.a.has("eth0", address[0] == 'f' ? "fd00::1/64" : "10.0.0.1/24"));
        fip.stop();
    }
}

TEST_CASE("F8: the removal is handed over before the address is there") {
    Net net;
    Resource fip(net.a, "fip", {{"address", "10.0.0.50"}});
    bool was_there = true;
    fip.services().on_put = [&] { was_there = net.a.has_anywhere("10.0.0.50"); };
    fip.start();
    CHECK(!was_there);
    CHECK(net.a.has_anywhere("10.0.0.50"));
}

TEST_CASE("nothing is announced any more after severing") {
    Net net;
    Listener listener(net.client, "eth0", fip::k_ethertype_arp);
    const auto mark = *support::parse_ip("10.0.0.99");
    const auto mac = net.a.mac("eth0");
    auto wire = net.a.in([&] { return fip::Wire::open(net.a.index("eth0"), mark, mac); });
    REQUIRE(wire.has_value());
    {
        Resource fip(
            net.a, "fip",
            {{"address", "10.0.0.50"}, {"announce_count", "100"}, {"announce_interval", "2ms"}});
        fip.start();
        listener.expect_claims(k_v4, mac, 5);
        fip.sever();
        REQUIRE(wire->announce(0).has_value());
    }
    REQUIRE(wire->announce(0).has_value());
    listener.expect_claims(mark, mac, 1);
    int after = 0;
    for (auto heard = listener.next(); !fip::claims_address(0x0806, heard.payload, mark);
         heard = listener.next())
        after += fip::claims_address(0x0806, heard.payload, k_v4) ? 1 : 0;
    CHECK(after <= 1);  // one may have been on its way
}

TEST_CASE("severing during the check ends in no address, whichever comes first") {
    Net net;
    Resource fip(net.a, "fip", {{"address", "10.0.0.50"}, {"duplicate_check_timeout", "300ms"}});
    Listener listener(net.client, "eth0", fip::k_ethertype_arp);
    std::string error;
    std::thread starter([&] { error = error_of(fip.try_start()); });
    const auto probe = listener.next();  // the check has begun
    CHECK(fip::claims_address(0x0806, probe.payload, k_v4));
    fip.sever();
    starter.join();
    CHECK(error.find("severed") != std::string::npos);
    CHECK(!net.a.has_anywhere("10.0.0.50"));
}

TEST_CASE("an activation that is over, or a lease that has ended, takes no address") {
    Net net;
    Resource fip(net.a, "fip", {{"address", "10.0.0.50"}});
    fip.services().epoch_valid = false;
    CHECK(error_of(fip.try_start()).find("epoch") != std::string::npos);
    CHECK(!net.a.has_anywhere("10.0.0.50"));
    fip.services().epoch_valid = true;
    fip.services().lease_end = Instant{1};
    CHECK(error_of(fip.try_start()).find("lease") != std::string::npos);
    CHECK(!net.a.has_anywhere("10.0.0.50"));
}

TEST_CASE("a cancelled start ends at once and leaves no address") {
    Net net;
    Resource fip(net.a, "fip", {{"address", "10.0.0.50"}, {"duplicate_check_timeout", "60s"}});
    Listener listener(net.client, "eth0", fip::k_ethertype_arp);
    plugin::Cancellation cancellation;
    Result<void> result;
    std::thread starter([&] { result = fip.try_start(0, &cancellation); });
    (void)listener.next();  // the check has begun
    cancellation.cancel();
    starter.join();
    REQUIRE(!result);
    CHECK(error_of(result).find("cancelled") != std::string::npos);
    CHECK(!net.a.has_anywhere("10.0.0.50"));
}

TEST_CASE("bridges and macvlans are links like any other") {
    Net net;
    net.a.run(
        "ip link add name macv link eth0 type macvlan mode bridge && ip link set macv up && "
        "ip link add name br9 type bridge && ip link set br9 up && "
        "ip addr add 10.9.0.1/24 dev br9");
    Resource on_macvlan(net.a, "fip", {{"address", "10.0.0.50/24%macv"}});
    on_macvlan.start();
    CHECK(net.a.has("macv", "10.0.0.50/24"));
    on_macvlan.stop();
    Resource on_bridge(net.a, "fip", {{"address", "10.9.0.50"}});
    on_bridge.start();
    CHECK(net.a.has("br9", "10.9.0.50/24"));
    on_bridge.stop();
    CHECK(!net.a.has_anywhere("10.9.0.50"));
}
