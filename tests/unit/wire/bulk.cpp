// Large messages: whole or not at all, over bad networks, in bounded memory.
#include "wire/bulk.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "channel_net.hpp"
#include "wire_samples.hpp"

using namespace ha;
using namespace ha::wire;
using namespace ha::test;

namespace bulk_cases {
namespace {

constexpr NodeId k_a{1};
constexpr NodeId k_b{2};

Bytes noise(std::size_t size, std::uint64_t seed) {
    Random random(seed_from(seed));
    Bytes out(size);
    for (auto& b : out) b = static_cast<std::uint8_t>(random.next());
    return out;
}

SnapshotRequest document(std::size_t size, std::uint64_t seed) {
    SnapshotRequest m{Term{1}, sample_id<ClusterId>(1), sample_snapshot()};
    m.snapshot.document = noise(size, seed);
    return m;
}

bool has(const std::vector<Delivery>& deliveries, const Message& message) {
    return std::any_of(deliveries.begin(), deliveries.end(),
                       [&](const Delivery& d) { return d.message == message; });
}

/// Ends of a transfer without a network between.
struct Pair {
    BulkSender sender{1};
    BulkReceiver receiver;
    Instant now{0};

    /// Frames to the other side; `keep` decides which arrive.
    template <class Keep>
    std::optional<Bytes> exchange(Keep keep) {
        std::vector<BulkSender::Frame> frames;
        sender.pump(now, frames);
        std::optional<Bytes> done;
        std::vector<Bytes> acks;
        for (const auto& frame : frames) {
            if (!keep()) continue;
            Reader r(frame.bytes);
            r.u8();
            Fragment fragment;
            REQUIRE(decode_fragment(r, fragment));
            if (auto message = receiver.on_fragment(now, fragment, acks)) done = std::move(message);
        }
        receiver.tick(now, acks);
        for (const auto& ack : acks) {
            if (!keep()) continue;
            Reader r(ack);
            r.u8();
            Acknowledge a;
            REQUIRE(decode_acknowledge(r, a));
            sender.on_acknowledge(now, a);
        }
        return done;
    }
};

}  // namespace

TEST_CASE("1 MiB arrives over a network that loses 30 % of the packets") {
    for (std::uint64_t seed = 1; seed <= 10; seed++) {
        CAPTURE(seed);
        ChannelNet net(seed, 1 + seed % 2);
        net.conduct = {30, 5, 200us, 2ms};
        net.start(k_a);
        net.start(k_b);
        REQUIRE(net.connect(k_a, k_b, 60s));
        net.run_for(2s);
        const Message m = document(1024 * 1024, seed);
        net.send(k_a, k_b, m);
        CHECK(net.run_for(60s, [&] { return has(net.delivered[k_b], m); }));
        net.run_for(5s);
        CHECK(std::count_if(net.delivered[k_b].begin(), net.delivered[k_b].end(),
                            [&](const Delivery& d) { return d.message == m; }) == 1);
        CHECK(net[k_a].transfer_bytes(k_b) == 0);
        CHECK(net[k_b].transfer_bytes(k_a) == 0);
        CHECK(net.datagram_bytes_max <= k_limit_datagram_bytes);
    }
}

TEST_CASE("the usual document of 256 KiB takes few round trips on a good network") {
    ChannelNet net(20);
    net.start(k_a);
    net.start(k_b);
    REQUIRE(net.connect(k_a, k_b));
    net.run_for(10ms);
    const Message m = document(256 * 1024, 1);
    const auto begin = net.now;
    const auto before = net.datagrams;
    net.send(k_a, k_b, m);
    REQUIRE(net.run_for(10s, [&] { return has(net.delivered[k_b], m); }));
    CHECK(net.now - begin <= 3ms);
    CHECK(net.datagrams - before <= 260);
}

TEST_CASE("the largest message arrives, and one byte more than a datagram holds does too") {
    ChannelNet net(21);
    net.start(k_a);
    net.start(k_b);
    REQUIRE(net.connect(k_a, k_b));
    for (const std::size_t size : {std::size_t{1}, k_small_message_bytes, k_small_message_bytes - 5,
                                   k_small_message_bytes - 4, k_fragment_bytes - 5,
                                   k_fragment_bytes - 4, 2 * k_fragment_bytes - 5,
                                   k_limit_entry_bytes}) {
        const Message m = Report{noise(size, size)};
        net.send(k_a, k_b, m);
        CAPTURE(size);
        CHECK(net.run_for(60s, [&] { return has(net.delivered[k_b], m); }));
    }
}

TEST_CASE("a newer document replaces the older one under way") {
    ChannelNet net(22);
    net.start(k_a);
    net.start(k_b);
    REQUIRE(net.connect(k_a, k_b));
    net.run_for(10ms);
    const Message older = document(500'000, 1);
    const Message newer = document(500'000, 2);
    net.send(k_a, k_b, older);
    net.run_for(300us);
    net.send(k_a, k_b, newer);
    CHECK(net[k_a].transfer_bytes(k_b) < 600'000 * 2);
    REQUIRE(net.run_for(10s, [&] { return has(net.delivered[k_b], newer); }));
    net.run_for(1s);
    CHECK_FALSE(has(net.delivered[k_b], older));
}

TEST_CASE("the same message sent again while it is under way is one transfer") {
    ChannelNet net(23);
    net.start(k_a);
    net.start(k_b);
    REQUIRE(net.connect(k_a, k_b));
    const Message m = Report{noise(200'000, 1)};
    for (int i = 0; i < 10; i++) net.send(k_a, k_b, m);
    CHECK(net[k_a].transfer_bytes(k_b) < 210'000);
    net.run_for(5s);
    CHECK(net.delivered[k_b].size() == 1);
}

TEST_CASE("small messages do not wait for a large one") {
    ChannelNet net(24);
    net.conduct = {0, 0, 5ms, 5ms};
    net.start(k_a);
    net.start(k_b);
    REQUIRE(net.connect(k_a, k_b));
    net.run_for(100ms);
    net.send(k_a, k_b, document(4'000'000, 1));
    net.send(k_a, k_b, TimeoutNow{Term{9}});
    net.run_for(6ms);
    CHECK(has(net.delivered[k_b], TimeoutNow{Term{9}}));
}

TEST_CASE("what cannot be delivered is given up: memory is bounded and becomes free") {
    ChannelNet net(25);
    net.start(k_a);
    net.start(k_b);
    REQUIRE(net.connect(k_a, k_b));
    net.run_for(10ms);
    net.send(k_a, k_b, Report{noise(4'000'000, 1)});
    net.run_for(1ms);
    CHECK(net[k_b].transfer_bytes(k_a) > 0);
    net.filter = [](const ChannelNet::Packet&) { return false; };
    for (std::uint64_t i = 0; i < 20; i++) net.send(k_a, k_b, Report{noise(4'000'000, i + 2)});
    CHECK(net[k_a].transfer_bytes(k_b) <= k_limit_transfer_bytes);
    net.run_for(60s);
    CHECK(net[k_a].transfer_bytes(k_b) == 0);
    CHECK(net[k_b].transfer_bytes(k_a) == 0);
}

TEST_CASE("a receiver that starts again gets no half message, and the next one whole") {
    ChannelNet net(26);
    net.start(k_a);
    net.start(k_b);
    REQUIRE(net.connect(k_a, k_b));
    net.run_for(10ms);
    net.send(k_a, k_b, document(2'000'000, 1));
    net.run_for(1ms);
    net.start(k_b);
    REQUIRE(net.run_for(5s, [&] { return net[k_a].start_of(k_b) == StartNumber{2}; }));
    const Message m = document(100'000, 2);
    net.send(k_a, k_b, m);
    CHECK(net.run_for(10s, [&] { return has(net.delivered[k_b], m); }));
    CHECK(net.delivered[k_b].size() == 1);
}

TEST_CASE("a transfer goes on over the other interconnect when the first one dies") {
    ChannelNet net(27, 2);
    net.start(k_a);
    net.start(k_b);
    REQUIRE(net.connect(k_a, k_b));
    net.run_for(10ms);
    const Message m = document(2'000'000, 1);
    net.send(k_a, k_b, m);
    net.run_for(1ms);
    net.filter = [](const ChannelNet::Packet& p) {
        return p.datagram.interconnect != InterconnectId{1};
    };
    CHECK(net.run_for(20s, [&] { return has(net.delivered[k_b], m); }));
}

TEST_CASE("a new session of the same start does not end a transfer") {
    ChannelNet net(28);
    for (const auto node : {k_a, k_b}) {
        ChannelOptions options;
        options.keys = {{1, sample_key(1)}};
        options.key_in_use = 1;
        options.session_packets_max = 100;
        net.start(node, options);
    }
    REQUIRE(net.connect(k_a, k_b));
    const Message m = document(1'000'000, 1);
    net.send(k_a, k_b, m);
    CHECK(net.run_for(20s, [&] { return has(net.delivered[k_b], m); }));
}

TEST_CASE("a transfer over a taken-out and put-back peer begins anew and arrives") {
    ChannelNet net(29);
    net.start(k_a);
    net.start(k_b);
    REQUIRE(net.connect(k_a, k_b));
    net.send(k_a, k_b, document(100'000, 1));
    net.run_for(1s);
    net[k_a].set_peers({});
    net[k_a].set_peers({{k_b, {InterconnectId{1}}}});
    REQUIRE(net.connect(k_a, k_b));
    const Message m = document(100'000, 2);
    net.send(k_a, k_b, m);
    CHECK(net.run_for(5s, [&] { return has(net.delivered[k_b], m); }));
}

TEST_CASE("a sender and a receiver agree whatever is lost on the way") {
    for (std::uint64_t seed = 1; seed <= 50; seed++) {
        Random random(seed_from(seed));
        Pair pair;
        const auto message = noise(1 + random.below(200'000), seed);
        const auto loss = random.below(60);
        REQUIRE(pair.sender.enqueue(pair.now, 1, false, message) == BulkSender::Taken::queued);
        std::optional<Bytes> got;
        for (int i = 0; i < 20'000 && (!got || pair.sender.transfers() > 0); i++) {
            if (auto done = pair.exchange([&] { return random.below(100) >= loss; })) got = done;
            pair.now = pair.now + 3ms;
        }
        CAPTURE(seed);
        REQUIRE(got.has_value());
        CHECK(*got == message);
        CHECK(pair.sender.transfers() == 0);
        CHECK(pair.sender.deadline() == Instant::max());
    }
}

TEST_CASE("acknowledgements of what was never sent are ignored") {
    BulkSender sender(5);
    Instant now{0};
    CHECK(sender.enqueue(now, 1, false, noise(100'000, 1)) == BulkSender::Taken::queued);
    std::vector<BulkSender::Frame> frames;
    sender.pump(now, frames);
    sender.on_acknowledge(now, {5, 1'000'000, {}});
    sender.on_acknowledge(now, {4, 3, {}});
    sender.on_acknowledge(now, {5, 3, std::vector<bool>(k_window_span, true)});
    CHECK(sender.transfers() == 1);
}

TEST_CASE("fragments that contradict the transfer they belong to are dropped") {
    BulkReceiver receiver;
    std::vector<Bytes> acks;
    const auto bytes = noise(k_fragment_bytes, 1);
    const auto whole = static_cast<std::uint32_t>(3 * k_fragment_bytes);
    CHECK_FALSE(receiver.on_fragment(Instant{0}, {7, whole, 0, bytes}, acks).has_value());
    const auto other = static_cast<std::uint32_t>(2 * k_fragment_bytes);
    CHECK_FALSE(receiver.on_fragment(Instant{0}, {7, other, 1, bytes}, acks).has_value());
    CHECK_FALSE(receiver.on_fragment(Instant{0}, {6, other, 1, bytes}, acks).has_value());
    CHECK(receiver.bytes_held() == whole);
    CHECK_FALSE(receiver.on_fragment(Instant{0}, {7, whole, 1, bytes}, acks).has_value());
    CHECK(receiver.on_fragment(Instant{0}, {7, whole, 2, bytes}, acks).has_value());
}

TEST_CASE("damaged fragments and acknowledgements do not decode") {
    const auto bytes = noise(100, 1);
    const auto good = encode_fragment({1, 100, 0, bytes});
    for (std::size_t n = 1; n < good.size(); n++) {
        Reader r(ByteView(good).subspan(1, n - 1));
        Fragment f;
        CHECK_FALSE(decode_fragment(r, f));
    }
    Acknowledge a{1, 5, {false, true, true}};
    const auto ack = encode_acknowledge(a);
    Reader whole(ByteView(ack).subspan(1));
    Acknowledge out;
    REQUIRE(decode_acknowledge(whole, out));
    CHECK(out.after[1]);
    for (std::size_t n = 1; n < ack.size(); n++) {
        Reader r(ByteView(ack).subspan(1, n - 1));
        CHECK_FALSE(decode_acknowledge(r, out));
    }
}

}  // namespace bulk_cases
