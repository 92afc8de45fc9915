// The seat: sessions, durability before answers, the times of leases, and who is let in.
#include "membership/witness_seat.hpp"

#include <doctest/doctest.h>

#include "base/limits.hpp"
#include "toy_crypto.hpp"
#include "wire_samples.hpp"

using namespace ha;
using namespace ha::test;
using membership::WitnessSeat;
using membership::WitnessSeatOptions;
using wire::WitnessState;

namespace witness_seat_cases {
namespace {

const auto k_cluster = sample_id<ClusterId>(3);

wire::Key key_of(std::uint8_t fill) {
    wire::Key key{};
    key.fill(fill);
    return key;
}

/// A seat and its nodes, with a network that takes no time and a disk that writes when told to.
struct Bench {
    explicit Bench(std::uint8_t nodes = 2) {
        restart({});
        for (std::uint8_t n = 1; n <= nodes; n++) add_node(NodeId{n}, key_of(1));
    }

    void restart(std::optional<wire::WitnessRecord> record) {
        WitnessSeatOptions options;
        options.start = StartNumber{++starts};
        options.seed = seed_from(starts);
        options.keys = {{1, key_of(1)}};
        options.key_in_use = 1;
        wire::WitnessRecord fresh;
        fresh.store = sample_id<StoreId>(7);
        seat.emplace(now, options, record ? *record : fresh, crypto);
        disk = record;
        if (!record) write();
    }
    void add_node(NodeId node, wire::Key key) {
        wire::ChannelOptions options;
        options.self = node;
        options.start = StartNumber{1};
        options.seed = seed_from(100 + node.value);
        options.keys = {{1, key}};
        options.key_in_use = 1;
        auto made = std::make_unique<wire::Channels>(options, crypto);
        made->set_peers({{k_witness_node, {k_witness_interconnect}}});
        nodes[node] = std::move(made);
    }
    void to_seat(std::vector<wire::Datagram> out) {
        for (const auto& datagram : out) {
            std::vector<wire::Datagram> replies;
            seat->receive(now, datagram.bytes, replies);
            to_nodes(replies);
        }
    }
    void to_nodes(const std::vector<wire::Datagram>& out) {
        for (const auto& datagram : out) {
            const auto node = nodes.find(datagram.to);
            if (node == nodes.end()) continue;
            std::vector<wire::Delivery> deliveries;
            std::vector<wire::Datagram> replies;
            std::vector<wire::Refusal> refusals;
            node->second->receive(now, k_witness_interconnect, datagram.bytes, deliveries, replies,
                                  refusals);
            for (auto& delivery : deliveries)
                heard[datagram.to].push_back(std::move(delivery.message));
            to_seat(std::move(replies));
        }
    }
    void run_for(Duration time) {
        const auto end = now + time;
        while (now < end) {
            now = now + 5ms;
            for (auto& [id, node] : nodes) {
                std::vector<wire::Datagram> out;
                node->tick(now, out);
                to_seat(std::move(out));
            }
            std::vector<wire::Datagram> out;
            seat->tick(now, out);
            to_nodes(out);
        }
    }
    void send(std::uint16_t from, const wire::Message& message) {
        std::vector<wire::Datagram> out;
        nodes.at(NodeId{from})->send(now, k_witness_node, message, out);
        to_seat(std::move(out));
    }
    /// All changes become durable; how many there were.
    std::size_t write() {
        std::size_t count = 0;
        while (auto change = seat->take_change()) {
            if (!disk) disk.emplace();
            wire::apply(*disk, *change);
            count++;
            std::vector<wire::Datagram> out;
            seat->persisted(now, change->record.counter, out);
            to_nodes(out);
        }
        return count;
    }
    template <class T>
    std::vector<T> take(std::uint16_t node) {
        std::vector<T> out;
        for (auto& message : heard[NodeId{node}])
            if (auto* wanted = std::get_if<T>(&message)) out.push_back(std::move(*wanted));
        heard[NodeId{node}].clear();
        return out;
    }
    wire::WitnessAsk ask(std::uint64_t seq, std::uint64_t applied = 1) {
        wire::WitnessAsk a;
        a.seq = HeartbeatSeq{seq};
        a.cluster = k_cluster;
        a.wants_lease = true;
        a.lease_length = 600ms;
        a.applied = LogIndex{applied};
        return a;
    }
    wire::WitnessAppend append(std::uint64_t term, std::uint64_t last,
                               std::vector<wire::WitnessBlock> blocks = {}) {
        wire::WitnessAppend a;
        a.cluster = k_cluster;
        a.term = Term{term};
        a.last = LogIndex{last};
        a.last_term = Term{term};
        a.blocks = std::move(blocks);
        return a;
    }
    /// Sessions are made, and the record belongs to the cluster.
    void begin() {
        run_for(200ms);
        send(1, ask(1));
        write();
        take<WitnessState>(1);
    }

    ToyCrypto crypto;
    Instant now{1'000'000'000'000};
    std::uint64_t starts = 0;
    std::optional<WitnessSeat> seat;
    std::optional<wire::WitnessRecord> disk;
    std::map<NodeId, std::unique_ptr<wire::Channels>> nodes;
    std::map<NodeId, std::vector<wire::Message>> heard;
};

}  // namespace

TEST_CASE("F10: nothing that changes the record is answered before it is durable") {
    Bench bench;
    bench.begin();
    bench.send(1, bench.append(2, 5));
    bench.send(2, wire::VoteRequest{.term = Term{3}, .last_index = LogIndex{5},
                                    .last_term = Term{2}});
    CHECK(bench.take<WitnessState>(1).empty());
    CHECK(bench.take<wire::VoteReply>(2).empty());
    CHECK(bench.write() == 2);
    CHECK(bench.take<WitnessState>(1).at(0).last == LogIndex{5});
    CHECK(bench.take<wire::VoteReply>(2).at(0).granted);
}

TEST_CASE("a slow disk of the witness costs no lease, and tells nothing that is not durable") {
    Bench bench;
    bench.begin();
    bench.send(1, bench.append(2, 5));
    bench.send(2, bench.ask(2, 5));
    const auto early = bench.take<WitnessState>(2);
    REQUIRE(early.size() == 1);
    CHECK(early[0].lease_length == 600ms);
    CHECK(early[0].is_brief);
    CHECK(early[0].last == LogIndex{});
    // A block counts from the moment it is known, not from when it is durable.
    bench.send(1, bench.append(2, 6, {{NodeId{2}, LogIndex{6}}}));
    bench.send(2, bench.ask(3, 5));
    CHECK(bench.take<WitnessState>(2).empty());
    bench.write();
    CHECK(bench.take<WitnessState>(2).at(0).lease_length == 0ms);
}

TEST_CASE("F1: with its ack of down(X) the witness tells how long its last answer to X runs") {
    Bench bench;
    bench.begin();
    bench.send(2, bench.ask(1));
    bench.run_for(200ms);
    bench.take<WitnessState>(1);
    bench.send(1, bench.append(2, 5, {{NodeId{2}, LogIndex{5}}}));
    bench.write();
    const auto state = bench.take<WitnessState>(1);
    REQUIRE(state.size() == 1);
    REQUIRE(state[0].blocks.size() == 1);
    CHECK(state[0].blocks[0].remaining > 395ms);
    CHECK(state[0].blocks[0].remaining < 450ms);
    bench.run_for(500ms);
    bench.send(1, bench.ask(9, 5));
    CHECK(bench.take<WitnessState>(1).at(0).blocks.at(0).remaining == 0ms);
}

TEST_CASE("F1: a restarted witness has forgotten whom it answered: it tells its longest lease") {
    Bench bench;
    bench.begin();
    bench.run_for(5s);
    bench.restart(bench.disk);
    bench.run_for(1500ms);  // sessions are made anew
    bench.take<WitnessState>(1);
    bench.send(1, bench.append(2, 5, {{NodeId{2}, LogIndex{5}}}));
    bench.write();
    CHECK(bench.take<WitnessState>(1).at(0).blocks.at(0).remaining == 0ms);
    bench.restart(bench.disk);
    const auto begun = bench.now;
    while (bench.take<WitnessState>(1).empty() && bench.now < begun + 3s) {
        bench.run_for(20ms);
        bench.send(1, bench.ask(10, 5));
        const auto state = bench.take<WitnessState>(1);
        if (state.empty()) continue;
        const auto age = bench.now - begun;
        const auto expected = age < 612ms ? 612ms - age : Duration{0};
        CHECK(state[0].blocks.at(0).remaining == expected);
        break;
    }
}

TEST_CASE("a leader that is heard is not deposed through the witness, and one that is silent is") {
    Bench bench;
    bench.begin();
    auto leads = bench.ask(2);
    leads.is_leader = true;
    leads.term = Term{2};
    leads.hold = 450ms;
    bench.send(1, bench.append(2, 5));
    bench.send(1, leads);
    bench.write();
    wire::VoteRequest stands{.pre = true, .term = Term{3}, .last_index = LogIndex{5},
                             .last_term = Term{2}};
    bench.send(2, stands);
    CHECK_FALSE(bench.take<wire::VoteReply>(2).at(0).granted);
    stands.pre = false;
    bench.send(2, stands);
    CHECK_FALSE(bench.take<wire::VoteReply>(2).at(0).granted);
    CHECK(bench.seat->record().term == Term{2});
    stands.transfer = true;
    stands.pre = true;
    bench.send(2, stands);
    CHECK(bench.take<wire::VoteReply>(2).at(0).granted);
    stands.transfer = false;
    bench.run_for(460ms);
    bench.send(2, stands);
    CHECK(bench.take<wire::VoteReply>(2).at(0).granted);
}

TEST_CASE("F17: who does not have the cluster's key costs no memory and gets no answer") {
    Bench bench;
    bench.begin();
    for (std::uint16_t n = 3; n < 100; n++) bench.add_node(NodeId{n}, key_of(9));
    bench.run_for(300ms);
    CHECK(bench.seat->nodes().size() == 2);
    bench.send(50, bench.ask(1));
    CHECK(bench.take<WitnessState>(50).empty());
    std::vector<wire::Datagram> out;
    CHECK_FALSE(bench.seat->receive(bench.now, Bytes(500, 0xa1), out));
    CHECK_FALSE(bench.seat->receive(bench.now, {}, out));
    CHECK(out.empty());
}

TEST_CASE("nodes with the key are let in up to the limit; the one silent for longest makes room") {
    Bench bench;
    bench.begin();
    for (std::uint16_t n = 3; n <= k_limit_nodes + 5; n++) {
        bench.add_node(NodeId{n}, key_of(1));
        bench.run_for(20ms);
    }
    CHECK(bench.seat->nodes().size() == k_limit_nodes);
}

TEST_CASE("D6: a node that is behind gets all parts, however many datagrams they take") {
    Bench bench;
    bench.begin();
    auto a = bench.append(2, 9);
    a.parts = {{LogIndex{}, Term{}, LogIndex{9}, Term{2}, Bytes(200'000, 5)}};
    bench.send(1, a);
    for (int n = 0; n < 100; n++) {
        bench.run_for(10ms);
        bench.write();
    }
    bench.take<wire::WitnessKept>(2);
    bench.send(2, wire::WitnessFetch{});
    bench.run_for(1s);
    const auto kept = bench.take<wire::WitnessKept>(2);
    REQUIRE(kept.size() == 1);
    CHECK(kept[0].parts == a.parts);
}

}  // namespace witness_seat_cases
