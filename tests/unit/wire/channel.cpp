// Channels: sessions come up, stay up, and carry each message once.
#include "wire/channel.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "channel_net.hpp"
#include "wire/limits.hpp"
#include "wire_samples.hpp"

using namespace ha;
using namespace ha::wire;
using namespace ha::test;

namespace {

constexpr NodeId k_a{1};
constexpr NodeId k_b{2};
constexpr InterconnectId k_lan1{1};
constexpr InterconnectId k_lan2{2};

std::size_t votes(const std::vector<Delivery>& deliveries, std::uint64_t term) {
    return static_cast<std::size_t>(
        std::count_if(deliveries.begin(), deliveries.end(), [&](const Delivery& d) {
            const auto* m = std::get_if<TimeoutNow>(&d.message);
            return m && m->term.value == term;
        }));
}

TimeoutNow numbered(std::uint64_t n) { return {Term{n}}; }

}  // namespace

TEST_CASE("D8: two nodes that begin at once have a session within one round trip") {
    ChannelNet net(1);
    net.start(k_a);
    net.start(k_b);
    const auto begin = net.now;
    REQUIRE(net.connect(k_a, k_b));
    CHECK(net.now - begin <= 200us);
    CHECK(net[k_a].start_of(k_b) == StartNumber{1});
}

TEST_CASE("a node that begins later has a session with the other after one and a half round "
          "trips") {
    ChannelNet net(2);
    net.start(k_a);
    net.start(k_b);
    net.stop(k_b);
    net.run_for(30s);
    net.start(k_b);
    const auto begin = net.now;
    REQUIRE(net.connect(k_a, k_b));
    CHECK(net.now - begin <= 300us);
}

TEST_CASE("messages arrive as sent, with their sender, start and interconnect") {
    ChannelNet net(3, 2);
    net.start(k_a);
    net.start(k_b);
    REQUIRE(net.connect(k_a, k_b));
    net.send_on(k_a, k_b, k_lan2, sample_heartbeat());
    net.run_for(10ms);
    REQUIRE(net.delivered[k_b].size() == 1);
    const auto& d = net.delivered[k_b][0];
    CHECK(d.from == k_a);
    CHECK(d.start == StartNumber{1});
    CHECK(d.interconnect == k_lan2);
    CHECK(d.message == Message{sample_heartbeat()});
    CHECK(net.refusals[k_b].empty());
}

TEST_CASE("a small message survives the death of one interconnect, and is delivered once") {
    ChannelNet net(4, 2);
    net.start(k_a);
    net.start(k_b);
    REQUIRE(net.connect(k_a, k_b));
    net.send(k_a, k_b, numbered(1));
    net.run_for(10ms);
    CHECK(votes(net.delivered[k_b], 1) == 1);
    for (const auto dead : {k_lan1, k_lan2}) {
        net.filter = [&](const ChannelNet::Packet& p) { return p.datagram.interconnect != dead; };
        net.send(k_a, k_b, numbered(10 + dead.value));
        net.run_for(10ms);
        CHECK(votes(net.delivered[k_b], 10 + dead.value) == 1);
    }
}

TEST_CASE("nothing is sent without a session, to a stranger, or on a foreign interconnect") {
    ChannelNet net(5);
    auto& a = net.start(k_a);
    net.start(k_b);
    std::vector<Datagram> out;
    a.send(net.now, k_b, numbered(1), out);
    a.send_on(net.now, k_b, k_lan1, numbered(1), out);
    CHECK(out.empty());
    REQUIRE(net.connect(k_a, k_b));
    a.send(net.now, NodeId{9}, numbered(1), out);
    a.send_on(net.now, k_b, k_lan2, numbered(1), out);
    CHECK(out.empty());
}

TEST_CASE("sessions come up, and carry everything at most once, over a bad network") {
    for (std::uint64_t seed = 100; seed < 140; seed++) {
        CAPTURE(seed);
        ChannelNet net(seed, 1 + seed % 3);
        net.conduct = {40, 20, 100us, 50ms};
        net.start(k_a);
        net.start(k_b);
        REQUIRE(net.connect(k_a, k_b, 60s));
        for (std::uint64_t n = 1; n <= 200; n++) {
            net.send(k_a, k_b, numbered(n));
            net.send(k_b, k_a, numbered(n));
            net.run_for(7ms);
        }
        net.run_for(1s);
        std::size_t arrived = 0;
        for (std::uint64_t n = 1; n <= 200; n++) {
            CHECK(votes(net.delivered[k_a], n) <= 1);
            CHECK(votes(net.delivered[k_b], n) <= 1);
            arrived += votes(net.delivered[k_b], n);
        }
        CHECK(arrived > 50);
    }
}

TEST_CASE("after any faults a good network brings messages both ways again") {
    for (std::uint64_t seed = 200; seed < 260; seed++) {
        CAPTURE(seed);
        ChannelNet net(seed, 1 + seed % 2);
        Random random(seed_from(seed));
        net.start(k_a);
        net.start(k_b);
        net.is_capturing = true;
        for (int round = 0; round < 30; round++) {
            net.conduct = {static_cast<unsigned>(random.below(90)), 30, 100us, 200ms};
            if (random.below(6) == 0) net.start(random.below(2) == 0 ? k_a : k_b);
            for (int i = 0; i < 5; i++) {
                if (net.captured.empty()) break;
                const auto old = net.captured[random.below(net.captured.size())];
                net.inject(old.datagram.to, old.datagram.interconnect, old.datagram.bytes);
            }
            net.send(k_a, k_b, numbered(1));
            net.send(k_b, k_a, numbered(1));
            net.run_for(random.up_to(1500ms));
        }
        net.conduct = {};
        net.run_for(4s);
        net.send(k_a, k_b, numbered(7777));
        net.send(k_b, k_a, numbered(7777));
        net.run_for(10ms);
        CHECK(votes(net.delivered[k_a], 7777) == 1);
        CHECK(votes(net.delivered[k_b], 7777) == 1);
    }
}

TEST_CASE("a lost confirm leaves the old session working") {
    ChannelNet net(6);
    ChannelOptions options;
    options.keys = {{1, sample_key(1)}};
    options.key_in_use = 1;
    options.session_packets_max = 50;
    net.start(k_a, options);
    net.start(k_b);
    REQUIRE(net.connect(k_a, k_b));
    // From here on no confirm gets through: new sessions are wanted, and never shared.
    net.filter = [](const ChannelNet::Packet& p) {
        return kind_of(p.datagram.bytes) != PacketKind::confirm;
    };
    for (std::uint64_t n = 1; n <= 150; n++) {
        net.send(k_a, k_b, numbered(n));
        net.send(k_b, k_a, numbered(n));
        net.run_for(10ms);
        CHECK(votes(net.delivered[k_a], n) == 1);
        CHECK(votes(net.delivered[k_b], n) == 1);
    }
}

TEST_CASE("a session makes room for a new one when its packets are used up, and nothing is lost") {
    ChannelNet net(7);
    for (const auto node : {k_a, k_b}) {
        ChannelOptions options;
        options.keys = {{1, sample_key(1)}};
        options.key_in_use = 1;
        options.session_packets_max = 20;
        net.start(node, options);
    }
    REQUIRE(net.connect(k_a, k_b));
    net.is_capturing = true;
    for (std::uint64_t n = 1; n <= 300; n++) {
        net.send(k_a, k_b, numbered(n));
        net.send(k_b, k_a, numbered(n));
        net.run_for(100ms);
        CHECK(votes(net.delivered[k_a], n) == 1);
        CHECK(votes(net.delivered[k_b], n) == 1);
    }
    std::uint64_t counter_max = 0;
    for (const auto& p : net.captured) {
        DataHeader header;
        if (kind_of(p.datagram.bytes) == PacketKind::data &&
            decode_data_header(p.datagram.bytes, header))
            counter_max = std::max(counter_max, header.counter);
    }
    CHECK(counter_max < 40);
}

TEST_CASE("F17: a key is replaced without a message being lost, then the old one is refused") {
    ChannelNet net(8);
    net.start(k_a);
    net.start(k_b);
    REQUIRE(net.connect(k_a, k_b));
    const std::vector<std::pair<std::uint32_t, Key>> both{{1, sample_key(1)}, {2, sample_key(2)}};
    std::uint64_t n = 0;
    const auto talk = [&] {
        for (int i = 0; i < 300; i++) {
            n++;
            net.send(k_a, k_b, numbered(n));
            net.send(k_b, k_a, numbered(n));
            net.run_for(10ms);
            CHECK(votes(net.delivered[k_a], n) == 1);
            CHECK(votes(net.delivered[k_b], n) == 1);
        }
    };
    net[k_a].set_keys(net.now, both, 1);
    net[k_b].set_keys(net.now, both, 1);
    talk();
    net[k_b].set_keys(net.now, both, 2);
    talk();
    net[k_a].set_keys(net.now, both, 2);
    talk();
    net[k_a].set_keys(net.now, {{2, sample_key(2)}}, 2);
    net[k_b].set_keys(net.now, {{2, sample_key(2)}}, 2);
    talk();
}

TEST_CASE("a peer that is taken out and put back is heard again at once") {
    ChannelNet net(9);
    net.start(k_a);
    net.start(k_b);
    REQUIRE(net.connect(k_a, k_b));
    net[k_a].set_peers({});
    CHECK_FALSE(net[k_a].has_session(k_b));
    net[k_a].set_peers({{k_b, {k_lan1}}});
    REQUIRE(net.connect(k_a, k_b, 10ms));
    net.run_for(50ms);
    net.send(k_b, k_a, numbered(5));
    net.send(k_a, k_b, numbered(6));
    net.run_for(10ms);
    CHECK(votes(net.delivered[k_a], 5) == 1);
    CHECK(votes(net.delivered[k_b], 6) == 1);
}

TEST_CASE("an absent peer costs one hello a second and interconnect") {
    ChannelNet net(10);
    net.start(k_a);
    net.start(k_b);
    net.stop(k_b);
    net.run_for(10s);
    const auto before = net.datagrams;
    net.run_for(100s);
    CHECK(net.datagrams - before >= 90);
    CHECK(net.datagrams - before <= 140);
}

TEST_CASE("a session that talks costs no hellos at all") {
    ChannelNet net(11);
    net.start(k_a);
    net.start(k_b);
    REQUIRE(net.connect(k_a, k_b));
    net.run_for(10ms);
    net.is_capturing = true;
    for (int i = 0; i < 100; i++) {
        net.send_on(k_a, k_b, k_lan1, sample_heartbeat());
        net.send_on(k_b, k_a, k_lan1, sample_heartbeat());
        net.run_for(100ms);
    }
    for (const auto& p : net.captured) CHECK(kind_of(p.datagram.bytes) == PacketKind::data);
    CHECK(net.captured.size() == 200);
}

TEST_CASE("four nodes have sessions each with each") {
    ChannelNet net(12);
    const std::vector<NodeId> nodes{NodeId{1}, NodeId{2}, NodeId{3}, NodeId{4}};
    for (auto n : nodes) net.start(n);
    CHECK(net.run_for(1s, [&] {
        for (auto x : nodes)
            for (auto y : nodes)
                if (x != y && !net[x].has_session(y)) return false;
        return true;
    }));
}

TEST_CASE("the same inputs give the same datagrams, byte for byte") {
    std::vector<Bytes> first;
    for (int run = 0; run < 2; run++) {
        ChannelNet net(13, 2);
        net.conduct = {20, 10, 100us, 5ms};
        net.is_capturing = true;
        net.start(k_a);
        net.start(k_b);
        net.run_for(1s);
        net.send(k_a, k_b, Report{Bytes(50'000, 7)});
        net.run_for(1s);
        std::vector<Bytes> all;
        for (const auto& p : net.captured) all.push_back(p.datagram.bytes);
        if (run == 0) first = all;
        CHECK(all == first);
        CHECK(all.size() > 40);
    }
}
