// Channels against an adversary who sees, changes, replays and invents datagrams.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "channel_net.hpp"
#include "wire/limits.hpp"
#include "wire_samples.hpp"

using namespace ha;
using namespace ha::wire;
using namespace ha::test;

namespace channel_hostile_cases {
namespace {

constexpr NodeId k_a{1};
constexpr NodeId k_b{2};
constexpr InterconnectId k_lan1{1};
constexpr InterconnectId k_lan2{2};

bool has_refusal(const std::vector<Refusal>& refusals, std::string_view part) {
    return std::any_of(refusals.begin(), refusals.end(), [&](const Refusal& r) {
        return std::string_view(r.reason).find(part) != std::string_view::npos;
    });
}

/// Both talk; everything on the wire is captured.
void talk(ChannelNet& net, int rounds = 10) {
    for (int i = 0; i < rounds; i++) {
        net.send_on(k_a, k_b, k_lan1, sample_heartbeat());
        net.send_on(k_b, k_a, k_lan1, sample_heartbeat());
        net.run_for(20ms);
    }
}

/// Messages still get through, both ways.
void check_works(ChannelNet& net) {
    net.delivered.clear();
    net.send(k_a, k_b, TimeoutNow{Term{1}});
    net.send(k_b, k_a, TimeoutNow{Term{2}});
    net.run_for(10ms);
    CHECK(net.delivered[k_a].size() == 1);
    CHECK(net.delivered[k_b].size() == 1);
}

}  // namespace

TEST_CASE("nodes with different keys never have a session, and say so") {
    ChannelNet net(1);
    net.start(k_a, sample_key(1));
    net.start(k_b, sample_key(2));
    CHECK_FALSE(net.connect(k_a, k_b, 10s));
    CHECK(has_refusal(net.refusals[k_a], "wrong key"));
    CHECK(net.delivered[k_a].empty());
}

TEST_CASE("a key id that is not known here is refused by name") {
    ChannelNet net(2);
    net.start(k_a);
    ChannelOptions options;
    options.keys = {{7, sample_key(1)}};
    options.key_in_use = 7;
    net.start(k_b, options);
    CHECK_FALSE(net.connect(k_a, k_b, 5s));
    CHECK(has_refusal(net.refusals[k_a], "unknown key id"));
}

TEST_CASE("a replayed packet is delivered no second time, on its own or another interconnect") {
    ChannelNet net(3, 2);
    net.start(k_a);
    net.start(k_b);
    REQUIRE(net.connect(k_a, k_b));
    net.run_for(10ms);
    net.is_capturing = true;
    talk(net);
    net.send(k_a, k_b, TimeoutNow{Term{1}});
    net.run_for(10ms);
    const auto before = net.delivered[k_b].size();
    const auto captured = net.captured;
    for (const auto& p : captured) {
        if (p.from != k_a) continue;
        net.inject(k_b, k_lan1, p.datagram.bytes);
        net.inject(k_b, k_lan2, p.datagram.bytes);
    }
    CHECK(net.delivered[k_b].size() == before);
    CHECK(has_refusal(net.refusals[k_b], "seen before"));
    CHECK(has_refusal(net.refusals[k_b], "another interconnect"));
    check_works(net);
}

TEST_CASE("F17: nothing recorded in an earlier run is evidence of anything in a later one") {
    ChannelNet net(4);
    net.start(k_a);
    net.start(k_b);
    net.is_capturing = true;
    REQUIRE(net.connect(k_a, k_b));
    talk(net);
    const auto recorded = net.captured;
    net.is_capturing = false;
    // A is gone for good; B starts again, and hears the recording of A.
    net.stop(k_a);
    net.start(k_b);
    net.delivered.clear();
    for (int round = 0; round < 5; round++)
        for (const auto& p : recorded) {
            if (p.from == k_a) net.inject(k_b, p.datagram.interconnect, p.datagram.bytes);
            net.run_for(1ms);
        }
    CHECK(net.delivered[k_b].empty());
    CHECK_FALSE(net[k_b].has_session(k_a));
    CHECK_FALSE(net[k_b].start_of(k_a));
}

TEST_CASE("F17: a hello of an earlier start is refused once the later one is proven") {
    ChannelNet net(5);
    net.start(k_a);
    net.start(k_b);
    net.is_capturing = true;
    REQUIRE(net.connect(k_a, k_b));
    talk(net);
    const auto recorded = net.captured;
    net.is_capturing = false;
    net.start(k_a);
    REQUIRE(net.run_for(5s, [&] { return net[k_b].start_of(k_a) == StartNumber{2}; }));
    for (const auto& p : recorded)
        if (p.from == k_a) net.inject(k_b, p.datagram.interconnect, p.datagram.bytes);
    CHECK(net[k_b].start_of(k_a) == StartNumber{2});
    CHECK(has_refusal(net.refusals[k_b], "earlier start"));
    check_works(net);
}

TEST_CASE("a peer's restart ends what its former start still had under way") {
    ChannelNet net(6);
    net.start(k_a);
    net.start(k_b);
    REQUIRE(net.connect(k_a, k_b));
    talk(net);
    std::vector<Datagram> late;
    net[k_a].send(net.now, k_b, DownNotice{}, late);
    net.start(k_a);
    REQUIRE(net.run_for(5s, [&] { return net[k_b].start_of(k_a) == StartNumber{2}; }));
    net.delivered.clear();
    REQUIRE(late.size() == 1);
    net.inject(k_b, late[0].interconnect, late[0].bytes);
    CHECK(net.delivered[k_b].empty());
}

TEST_CASE("a restarted node has a session within two round trips of its first hello") {
    ChannelNet net(7);
    net.start(k_a);
    net.start(k_b);
    REQUIRE(net.connect(k_a, k_b));
    talk(net);
    net.start(k_a);
    const auto begin = net.now;
    REQUIRE(net.run_for(1s, [&] { return net[k_b].start_of(k_a) == StartNumber{2}; }));
    CHECK(net.now - begin <= 400us);
}

TEST_CASE("replayed hellos of this run do not disturb a live session") {
    ChannelNet net(8);
    net.start(k_a);
    net.start(k_b);
    net.is_capturing = true;
    REQUIRE(net.connect(k_a, k_b));
    talk(net);
    const auto recorded = net.captured;
    net.is_capturing = false;
    for (int round = 0; round < 50; round++) {
        for (const auto& p : recorded)
            if (kind_of(p.datagram.bytes) != PacketKind::data)
                net.inject(p.datagram.to, p.datagram.interconnect, p.datagram.bytes);
        check_works(net);
        net.run_for(50ms);
    }
}

TEST_CASE("no changed bit of any packet is delivered or changes a session") {
    ChannelNet net(9);
    net.start(k_a);
    net.start(k_b);
    REQUIRE(net.connect(k_a, k_b));
    std::vector<Datagram> out;
    net[k_a].send(net.now, k_b, sample_heartbeat(), out);
    REQUIRE(out.size() == 1);
    for (std::size_t bit = 0; bit < out[0].bytes.size() * 8; bit++) {
        auto changed = out[0].bytes;
        changed[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
        net.inject(k_b, k_lan1, changed);
    }
    CHECK(net.delivered[k_b].empty());
    CHECK(net.refusals[k_b].size() == out[0].bytes.size() * 8);
    net.inject(k_b, k_lan1, out[0].bytes);
    CHECK(net.delivered[k_b].size() == 1);
}

TEST_CASE("no changed bit of any hello gets an answer or makes a session") {
    ChannelNet net(10);
    net.start(k_a);
    net.start(k_b);
    net.is_capturing = true;
    net.filter = [](const ChannelNet::Packet&) { return false; };
    net.run_for(1ms);
    REQUIRE_FALSE(net.captured.empty());
    const auto hello = net.captured.front();
    const auto before = net.datagrams;
    for (std::size_t bit = 0; bit < hello.datagram.bytes.size() * 8; bit++) {
        auto changed = hello.datagram.bytes;
        changed[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
        net.inject(hello.datagram.to, k_lan1, changed);
    }
    CHECK(net.datagrams == before);
}

TEST_CASE("garbage of every size is refused and answered by nothing") {
    ChannelNet net(11);
    net.start(k_a);
    net.start(k_b);
    REQUIRE(net.connect(k_a, k_b));
    net.run_for(10ms);
    Random random(seed_from(11));
    const auto before = net.datagrams;
    for (std::size_t size = 0; size < 1500; size++) {
        Bytes bytes(size);
        for (auto& b : bytes) b = static_cast<std::uint8_t>(random.next());
        net.inject(k_a, k_lan1, bytes);
        if (size > 1) {
            bytes[0] = k_packet_format;
            bytes[1] = static_cast<std::uint8_t>(size % 4);
            net.inject(k_a, k_lan1, bytes);
        }
    }
    CHECK(net.datagrams == before);
    CHECK(net.refusals[k_a].size() == 1500 + 1498);
    CHECK(net.delivered[k_a].empty());
    check_works(net);
}

TEST_CASE("forged packets of an unknown session are answered by a bounded number of hellos") {
    ChannelNet net(12);
    net.start(k_a);
    net.start(k_b);
    net.stop(k_b);
    net.run_for(10s);
    Bytes forged;
    Writer w(forged);
    encode_data_header(w, DataHeader{k_b, k_a, k_lan1, 0x1234, 1});
    forged.resize(200);
    const auto before = net.datagrams;
    for (int i = 0; i < 100'000; i++) {
        net.inject(k_a, k_lan1, forged);
        net.run_for(10us);
    }
    CHECK(net.datagrams - before <= 120);
}

TEST_CASE("replayed hellos are answered at a bounded pace") {
    ChannelNet net(13);
    net.start(k_a);
    net.start(k_b);
    net.is_capturing = true;
    REQUIRE(net.connect(k_a, k_b));
    const auto recorded = net.captured;
    net.stop(k_b);
    net.start(k_a);
    net.stop(k_b);
    const auto before = net.datagrams;
    for (int i = 0; i < 10'000; i++) {
        for (const auto& p : recorded)
            if (p.from == k_b) net.inject(k_a, p.datagram.interconnect, p.datagram.bytes);
        net.run_for(100us);
    }
    CHECK(net.datagrams - before <= 130);
}

TEST_CASE("F17: no nonce is used by two handshakes, whatever is replayed") {
    ChannelNet net(14);
    net.start(k_a);
    net.start(k_b);
    net.is_capturing = true;
    for (int i = 0; i < 6; i++) {
        REQUIRE(net.connect(k_a, k_b));
        talk(net, 3);
        net.start(i % 2 == 0 ? k_a : k_b);
    }
    std::set<std::pair<std::uint64_t, Nonce>> seen;
    std::set<Nonce> nonces;
    for (const auto& p : net.captured) {
        Hello hello;
        if (kind_of(p.datagram.bytes) == PacketKind::data || !decode_hello(p.datagram.bytes, hello))
            continue;
        seen.insert({hello.from.value * 1000 + hello.start.value, hello.nonce});
        nonces.insert(hello.nonce);
    }
    CHECK(seen.size() == nonces.size());
}

}  // namespace channel_hostile_cases
