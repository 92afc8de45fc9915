// The system tests of support/netlink: a kernel to talk to, and hosts with very many addresses.
#include <doctest/doctest.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "lab.hpp"
#include "support/netlink/route.hpp"

using namespace ha;
using namespace ha::lab;
using support::LinkAddress;
using support::RouteSocket;

namespace {

RouteSocket open_route() {
    auto route = RouteSocket::open();
    REQUIRE(route.has_value());
    return *std::move(route);
}
LinkAddress target(std::uint32_t link, const std::string& address, std::uint8_t prefix) {
    const auto ip = *support::parse_ip(address);
    return {link, ip, ip, prefix, 0};
}
void add_many(std::uint32_t link, int count) {
    auto route = open_route();
    for (int i = 0; i < count; ++i) {
        const auto v4 = "10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1);
        REQUIRE(route.add(target(link, v4, 32)).has_value());
        REQUIRE(route.add(target(link, "fd01::" + std::to_string(i + 1), 128)).has_value());
    }
}
/// What a host with this many other addresses pays for the life of one floating address.
support::Traffic cost_of_one_life(int others, const std::string& address) {
    Switch lan;
    Host host;
    lan.plug(host, "eth0", {"10.0.0.1/24", "fd00::1/64"});
    return host.in([&] {
        add_many(host.index("eth0"), others);
        auto route = open_route();
        const auto link = route.link_named("eth0");
        REQUIRE(link.has_value());
        const auto ip = target(link->index, address, 24);
        REQUIRE(*route.add(ip));
        REQUIRE(*route.is_on_link(link->index, ip.address));
        REQUIRE(*route.link_by_route(ip.address) == link->index);
        REQUIRE(*route.remove(ip));
        return route.traffic();
    });
}

}  // namespace

TEST_CASE("the life of an address costs as much on a host with 1,000 addresses as with one") {
    for (const char* address : {"10.0.0.50", "fd00::50"}) {
        const auto few = cost_of_one_life(1, address);
        const auto many = cost_of_one_life(1000, address);
        CHECK(many.requests == few.requests);
        CHECK(many.messages_received == few.messages_received);
        CHECK(many.bytes_received <= few.bytes_received + 64);
    }
}

TEST_CASE("a list of one link does not carry the addresses of the others") {
    Switch lan;
    Host host;
    lan.plug(host, "eth0", {"10.0.0.1/24"});
    lan.plug(host, "eth1", {});
    host.in([&] {
        add_many(host.index("eth1"), 1000);
        auto route = open_route();
        const auto listed = route.addresses(support::IpFamily::v4, host.index("eth0"));
        REQUIRE(listed.has_value());
        CHECK(listed->size() == 1);
        CHECK(route.traffic().bytes_received < 2000);
        const auto all = route.addresses(support::IpFamily::v4, 0);
        REQUIRE(all.has_value());
        CHECK(all->size() == 1002);  // with the loopback's
    });
}

TEST_CASE("adding twice and removing twice say so, and an absent address is not found") {
    Switch lan;
    Host host;
    lan.plug(host, "eth0", {"10.0.0.1/24", "fd00::1/64"});
    host.in([&] {
        auto route = open_route();
        for (const auto& ip : {target(host.index("eth0"), "10.0.0.50", 24),
                               target(host.index("eth0"), "fd00::50", 64)}) {
            CHECK(!*route.is_on_link(ip.link, ip.address));
            CHECK(!route.find(ip.link, ip.address)->has_value());
            CHECK(!route.link_by_route(ip.address)->has_value());
            CHECK(*route.add(ip));
            CHECK(!*route.add(ip));
            CHECK((*route.find(ip.link, ip.address))->prefix == ip.prefix);
            CHECK(*route.is_on_link(ip.link, ip.address));
            CHECK(!*route.is_on_link(1, ip.address));
            CHECK(*route.remove(ip));
            CHECK(!*route.remove(ip));
        }
    });
}

TEST_CASE("a prepared removal works without another word, and says when nothing was there") {
    Switch lan;
    Host host;
    lan.plug(host, "eth0", {"10.0.0.1/24", "fd00::1/64"});
    host.in([&] {
        auto route = open_route();
        auto prepared = open_route();
        for (const auto& ip : {target(host.index("eth0"), "10.0.0.50", 24),
                               target(host.index("eth0"), "fd00::50", 64)}) {
            const auto message = support::build_remove_address(1, ip);
            CHECK(*route.add(ip));
            CHECK(prepared.order_prepared(message) == 0);
            CHECK(!*route.is_on_link(ip.link, ip.address));
            CHECK(prepared.order_prepared(message) == EADDRNOTAVAIL);
        }
    });
}

TEST_CASE("what the kernel refuses comes back as its reason") {
    Host host;
    host.in([&] {
        auto route = open_route();
        const auto missing = route.link_named("eth9");
        REQUIRE(!missing);
        CHECK(missing.error().os == ENODEV);
        CHECK(missing.error().text.find("eth9") != std::string::npos);
        CHECK(route.link_at(4711).error().os == ENODEV);
        const auto refused = route.add(target(4711, "10.0.0.50", 24));
        REQUIRE(!refused);
        CHECK(refused.error().os == ENODEV);
        CHECK(refused.error().text.find("10.0.0.50/24") != std::string::npos);
    });
}

TEST_CASE("links are listed with what they are") {
    Switch lan;
    Host host;
    lan.plug(host, "eth0", {"10.0.0.1/24"});
    host.run("ip link add name macv link eth0 type macvlan && ip link add name br9 type bridge");
    host.in([&] {
        auto route = open_route();
        const auto links = route.links();
        REQUIRE(links.has_value());
        CHECK(links->size() == 4);
        const auto eth0 = route.link_named("eth0");
        CHECK(eth0->kind == "veth");
        CHECK(eth0->is_up());
        CHECK(eth0->has_carrier);
        CHECK(eth0->resolves_neighbours());
        CHECK(eth0->promotes_secondaries.has_value());
        CHECK(route.link_named("macv")->kind == "macvlan");
        CHECK(!route.link_named("macv")->is_up());
        CHECK(route.link_named("br9")->kind == "bridge");
        CHECK(route.link_named("lo")->is_loopback());
        CHECK(!route.link_named("lo")->resolves_neighbours());
    });
}

TEST_CASE("a queue that overran is answered by asking again") {
    Switch lan;
    Host host;
    lan.plug(host, "eth0", {"10.0.0.1/24"});
    host.in([&] {
        // The socket gets the lowest descriptor that is free.
        const int fd = ::dup(0);
        ::close(fd);
        auto deafened = open_route();
        // Subscribed to every change, and with hardly any room for them.
        const int group = RTNLGRP_IPV4_IFADDR;
        const int room = 4096;
        REQUIRE(::setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) == 0);
        REQUIRE(::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room) == 0);
        add_many(host.index("eth0"), 300);
        const auto listed = deafened.addresses(support::IpFamily::v4, host.index("eth0"));
        REQUIRE_MESSAGE(listed.has_value(), (listed ? "" : listed.error().text));
        CHECK(listed->size() == 301);
        CHECK(deafened.traffic().dumps_repeated > 0);
        auto route = open_route();
        for (int i = 0; i < 300; ++i) {
            const auto ip = target(host.index("eth0"), "10.2.0.50", 32);
            REQUIRE(*route.add(ip));
            REQUIRE(*route.remove(ip));
        }
        CHECK(deafened.link_named("eth0").has_value());
    });
}
