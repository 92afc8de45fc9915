// The witness in consensus: when it is told of the log, when its word counts, and what is taken of
// what it kept (safety.md F10, D6).
#include <doctest/doctest.h>

#include "consensus/raft.hpp"

using namespace ha;
using namespace ha::consensus;

namespace witness_cases {
namespace {

constexpr Instant k_now{1'000'000'000};

StoreId store(std::uint8_t n) {
    StoreId id;
    id.bytes[0] = n;
    return id;
}

const StoreId k_witness_store = store(99);

wire::LogEntry entry(std::uint64_t index, std::uint64_t term) {
    return {LogIndex{index}, Term{term}, wire::EntryKind::commands, Bytes{1}};
}

/// Node 1 of {1, 2, witness}, with what its disk has.
struct Bench {
    explicit Bench(std::vector<wire::LogEntry> entries = {}, std::uint64_t term = 1) {
        wire::StoreState state;
        state.store = store(1);
        state.cluster.bytes[0] = 7;
        state.term = Term{term};
        state.snapshot.index = LogIndex{1};
        state.snapshot.term = Term{1};
        state.snapshot.voters_index = LogIndex{1};
        state.snapshot.voters = {{NodeId{1}, store(1)}, {NodeId{2}, store(2)},
                                 {k_witness_node, k_witness_store}};
        state.entries = std::move(entries);
        Options options;
        options.self = NodeId{1};
        options.store = store(1);
        raft.emplace(options, state, k_now);
    }
    Output take() {
        auto out = raft->take_output();
        if (out.persist_number != 0) asked = out.persist_number;
        return out;
    }
    void persist() { raft->persisted(now, asked); }
    /// Leads in the next term by the votes of `voter` and its own.
    void elect(NodeId voter, StoreId of, const NodeSet& reachable) {
        raft->set_reachable(now, reachable);
        now = now + 1s;
        raft->tick(now);
        REQUIRE(raft->role() == Role::pre_candidate);
        const Term next{raft->term().value + 1};
        raft->receive(now, voter, wire::VoteReply{true, true, next, of});
        take();
        persist();
        raft->receive(now, voter, wire::VoteReply{false, true, next, of});
        REQUIRE(raft->is_leader());
        take();
        persist();
    }
    /// Where the newest append to the witness says that the log ends; none: nothing was sent.
    LogIndex told(const Output& out) {
        LogIndex last;
        for (const auto& one : out.send)
            if (const auto* append = std::get_if<wire::WitnessAppend>(&one.message)) {
                CHECK(one.to == k_witness_node);
                last = append->last;
            }
        return last;
    }
    void acknowledge(LogIndex last, StoreId of = k_witness_store) {
        wire::WitnessState state;
        state.store = of;
        state.term = raft->term();
        state.last = last;
        state.last_term = raft->term();
        raft->receive(now, k_witness_node, state);
    }

    std::optional<Raft> raft;
    Instant now = k_now;
    std::uint64_t asked = 0;
};

}  // namespace

TEST_CASE("F10: while the nodes are a majority the witness is told nothing, and its ack is void") {
    Bench bench;
    bench.elect(NodeId{2}, store(2), {NodeId{2}, k_witness_node});
    CHECK_FALSE(bench.raft->is_witness_needed());
    REQUIRE(bench.raft->propose(bench.now, wire::EntryKind::commands, Bytes{1}).has_value());
    CHECK(bench.told(bench.take()) == LogIndex{});
    bench.persist();
    const auto committed = bench.raft->committed();
    bench.acknowledge(bench.raft->last_index());
    CHECK(bench.raft->committed() == committed);
    CHECK(bench.told(bench.take()) == LogIndex{});
}

TEST_CASE("F10: it is told where the leader's durable log ends, and no further") {
    Bench bench;
    bench.elect(k_witness_node, k_witness_store, {k_witness_node});
    CHECK(bench.raft->is_witness_needed());
    const auto first = bench.raft->last_index();
    CHECK(bench.told(bench.take()) == first);
    REQUIRE(bench.raft->propose(bench.now, wire::EntryKind::commands, Bytes{1}).has_value());
    CHECK(bench.told(bench.take()) == LogIndex{});  // not durable here: not a word of it
    bench.persist();
    CHECK(bench.told(bench.take()) == LogIndex{first.value + 1});
    bench.acknowledge(LogIndex{first.value + 1});
    CHECK(bench.raft->committed() == LogIndex{first.value + 1});
}

TEST_CASE("F10: an acknowledgement counts no more as soon as the other node is back") {
    Bench bench;
    bench.elect(k_witness_node, k_witness_store, {k_witness_node});
    bench.take();
    const auto committed = bench.raft->committed();
    bench.raft->set_reachable(bench.now, {NodeId{2}, k_witness_node});
    bench.acknowledge(bench.raft->last_index());
    CHECK(bench.raft->committed() == committed);
    bench.raft->set_reachable(bench.now, {k_witness_node});
    bench.acknowledge(bench.raft->last_index());
    CHECK(bench.raft->committed() == bench.raft->last_index());
}

TEST_CASE("F9: the word of a witness with another record counts for nothing") {
    Bench bench;
    bench.elect(k_witness_node, k_witness_store, {k_witness_node});
    bench.take();
    bench.acknowledge(bench.raft->last_index(), store(50));
    CHECK(bench.raft->committed() == LogIndex{1});
}

TEST_CASE("F10: a lost append is told again, a log that is not ours is no acknowledgement") {
    Bench bench;
    bench.elect(k_witness_node, k_witness_store, {k_witness_node});
    CHECK(bench.told(bench.take()) == bench.raft->last_index());
    CHECK(bench.told(bench.take()) == LogIndex{});
    bench.now = std::max(bench.now, bench.raft->next_deadline());
    bench.raft->tick(bench.now);
    CHECK(bench.told(bench.take()) == bench.raft->last_index());
    wire::WitnessState other;
    other.store = k_witness_store;
    other.term = bench.raft->term();
    other.last = bench.raft->last_index();
    other.last_term = Term{1};
    bench.raft->receive(bench.now, k_witness_node, other);
    CHECK(bench.raft->committed() == LogIndex{1});
}

TEST_CASE("F10: a leader that hears of a higher term from the witness leads no more") {
    Bench bench;
    bench.elect(NodeId{2}, store(2), {NodeId{2}, k_witness_node});
    wire::WitnessState state;
    state.store = k_witness_store;
    state.term = Term{9};
    bench.raft->receive(bench.now, k_witness_node, state);
    CHECK_FALSE(bench.raft->is_leader());
    CHECK(bench.raft->term() == Term{9});
}

TEST_CASE("D6: a kept log that is newer is taken, its uncommitted contradiction here is dropped") {
    Bench bench({entry(2, 1), entry(3, 1)});
    wire::Snapshot kept;
    kept.index = LogIndex{1};
    kept.term = Term{1};
    kept.voters = bench.raft->voters();
    CHECK(bench.raft->adopt(bench.now, kept, {entry(2, 1), entry(3, 2)}));
    CHECK(bench.raft->last_index() == LogIndex{3});
    CHECK(bench.raft->last_term() == Term{2});
    CHECK(bench.raft->term() == Term{2});
    CHECK(bench.raft->committed() == LogIndex{1});
    bench.take();
}

TEST_CASE("D6: a kept document that is ahead replaces the log, and is committed") {
    Bench bench({entry(2, 1)});
    wire::Snapshot kept;
    kept.index = LogIndex{20};
    kept.term = Term{3};
    kept.voters_index = LogIndex{1};
    kept.voters = bench.raft->voters();
    kept.document = Bytes{4};
    CHECK(bench.raft->adopt(bench.now, kept, {entry(21, 3)}));
    CHECK(bench.raft->committed() == LogIndex{20});
    CHECK(bench.raft->last_index() == LogIndex{21});
    const auto out = bench.take();
    REQUIRE(out.restored.has_value());
    CHECK(out.restored->document == Bytes{4});
}

TEST_CASE("D6: a kept log that is older or has a gap is not taken, none while a leader is heard") {
    Bench bench({entry(2, 1), entry(3, 2)}, 2);
    wire::Snapshot kept;
    kept.index = LogIndex{1};
    kept.term = Term{1};
    kept.voters = bench.raft->voters();
    CHECK_FALSE(bench.raft->adopt(bench.now, kept, {entry(2, 1), entry(3, 1), entry(4, 1)}));
    CHECK_FALSE(bench.raft->adopt(bench.now, kept, {entry(2, 1), entry(3, 2)}));
    CHECK_FALSE(bench.raft->adopt(bench.now, kept, {entry(2, 1), entry(4, 3)}));
    CHECK_FALSE(bench.raft->adopt(bench.now, std::nullopt, {entry(2, 3)}));
    bench.raft->set_reachable(bench.now, {NodeId{2}});
    bench.raft->receive(bench.now, NodeId{2},
                        wire::AppendRequest{Term{2}, LogIndex{3}, Term{2}, LogIndex{1}, {}});
    REQUIRE(bench.raft->leader() == NodeId{2});
    CHECK_FALSE(bench.raft->adopt(bench.now, kept, {entry(2, 1), entry(3, 3)}));
    CHECK(bench.raft->last_term() == Term{2});
    bench.take();
}

}  // namespace witness_cases
