// What leaves a node, and what must be durable before it does; messages that make no sense.
#include <doctest/doctest.h>

#include "consensus/raft.hpp"

using namespace ha;
using consensus::Options;
using consensus::Output;
using consensus::Raft;
using consensus::Role;

namespace output_cases {
namespace {

template <class T>
bool ok(const Result<T>& result) {
    return result.has_value();
}

StoreId store(std::uint8_t n) {
    StoreId id;
    id.bytes[0] = n;
    return id;
}

wire::StoreState disk_of(std::uint8_t self) {
    wire::StoreState state;
    state.store = store(self);
    state.cluster.bytes[0] = 1;
    state.term = Term{1};
    state.snapshot = {LogIndex{1},
                      Term{1},
                      {{NodeId{1}, store(1)}, {NodeId{2}, store(2)}, {NodeId{3}, store(3)}},
                      {}};
    return state;
}

Raft make(std::uint8_t self) {
    Options options;
    options.self = NodeId{self};
    options.store = store(self);
    return Raft(options, disk_of(self), Instant{});
}

/// Node 1 stands with everybody in contact.
Output stand(Raft& raft) {
    raft.set_reachable(Instant{0}, {NodeId{2}, NodeId{3}});
    raft.tick(raft.next_deadline());
    return raft.take_output();
}

wire::VoteReply vote(std::uint8_t from, bool pre, std::uint64_t term) {
    return {.pre = pre, .granted = true, .term = Term{term}, .store = store(from)};
}

/// Node 1 leads term 2 with the vote of node 2.
Instant lead(Raft& raft) {
    (void)stand(raft);
    const Instant now = Instant{100'000'000};
    raft.receive(now, NodeId{2}, vote(2, true, 2));
    const auto out = raft.take_output();
    raft.persisted(now, out.persist_number);
    raft.receive(now, NodeId{2}, vote(2, false, 2));
    REQUIRE(raft.is_leader());
    return now;
}

wire::AppendRequest append(std::uint64_t term, std::uint64_t previous, std::uint64_t previous_term,
                           std::vector<wire::LogEntry> entries) {
    return {.term = Term{term},
            .previous_index = LogIndex{previous},
            .previous_term = Term{previous_term},
            .committed = LogIndex{1},
            .entries = std::move(entries)};
}

wire::LogEntry noop(std::uint64_t index, std::uint64_t term) {
    return {LogIndex{index}, Term{term}, wire::EntryKind::noop, {}};
}

}  // namespace

TEST_CASE("F33: however slow the disks were, whoever is not elected stands again before long") {
    auto raft = make(1);
    raft.set_election_step(2s);
    stand(raft);
    auto now = raft.next_deadline();
    for (int round = 0; round < 20; round++) {
        CAPTURE(round);
        raft.tick(now);
        raft.take_output();
        REQUIRE(raft.next_deadline() > now);
        CHECK(raft.next_deadline() - now <= 12s);
        now = raft.next_deadline();
    }
}

TEST_CASE("a pre-vote costs no write, a vote is asked for only when our own is durable") {
    auto raft = make(1);
    auto out = stand(raft);
    CHECK(raft.role() == Role::pre_candidate);
    CHECK(out.persist_number == 0);
    CHECK(out.send.size() == 2);
    raft.receive(Instant{50'000'000}, NodeId{2}, vote(2, true, 2));
    out = raft.take_output();
    CHECK(raft.role() == Role::candidate);
    REQUIRE(out.persist.ballot);
    CHECK(*out.persist.ballot == wire::StoreBatch::Ballot{Term{2}, NodeId{1}});
    for (const auto& sent : out.send) CHECK(sent.after == out.persist_number);
}

TEST_CASE("a vote of another store, a stranger or another term elects nobody") {
    auto raft = make(1);
    (void)stand(raft);
    const Instant now{50'000'000};
    auto wrong = vote(2, true, 2);
    wrong.store = store(9);
    raft.receive(now, NodeId{2}, wrong);
    raft.receive(now, NodeId{4}, vote(4, true, 2));
    raft.receive(now, NodeId{2}, vote(2, true, 3));
    raft.receive(now, NodeId{2}, vote(2, false, 1));
    CHECK(raft.role() == Role::pre_candidate);
}

TEST_CASE("a candidate does not lead before its own vote is durable, whoever votes for it") {
    auto raft = make(1);
    (void)stand(raft);
    const Instant now{50'000'000};
    raft.receive(now, NodeId{2}, vote(2, true, 2));
    const auto out = raft.take_output();
    raft.receive(now, NodeId{2}, vote(2, false, 2));
    raft.receive(now, NodeId{3}, vote(3, false, 2));
    CHECK(raft.role() == Role::candidate);
    raft.persisted(now, out.persist_number);
    CHECK(raft.role() == Role::leader);
}

TEST_CASE("F32: what a new leader proposes at once travels with its first entry, in one write") {
    auto raft = make(1);
    const auto now = lead(raft);
    REQUIRE(ok(raft.propose(now, wire::EntryKind::commands, {1})));
    REQUIRE(ok(raft.propose(now, wire::EntryKind::commands, {2})));
    const auto out = raft.take_output();
    CHECK(out.persist.append.size() == 3);
    REQUIRE(out.send.size() == 2);
    for (const auto& sent : out.send) {
        CHECK(sent.after == 0);  // a leader writes while its followers do
        CHECK(std::get<wire::AppendRequest>(sent.message).entries.size() == 3);
    }
}

TEST_CASE("append messages are bounded, and a large entry travels alone") {
    auto raft = make(1);
    const auto now = lead(raft);
    for (int i = 0; i < 40; i++)
        REQUIRE(ok(raft.propose(now, wire::EntryKind::commands, Bytes(100))));
    REQUIRE(ok(raft.propose(now, wire::EntryKind::commands, Bytes(200'000))));
    auto out = raft.take_output();
    std::size_t largest = 0;
    for (int round = 0; round < 20; round++) {
        LogIndex end;
        for (const auto& sent : out.send) {
            const auto* request = std::get_if<wire::AppendRequest>(&sent.message);
            if (request == nullptr || sent.to != NodeId{2}) continue;
            std::size_t bytes = 0;
            for (const auto& e : request->entries) bytes += e.payload.size();
            if (request->entries.size() > 1) CHECK(bytes <= consensus::k_limit_append_bytes);
            if (request->entries.size() == 1) largest = std::max(largest, bytes);
            end = LogIndex{request->previous_index.value + request->entries.size()};
        }
        raft.receive(now, NodeId{2}, wire::AppendReply{Term{2}, true, end, store(2)});
        out = raft.take_output();
    }
    CHECK(largest == 200'000);
    CHECK(raft.match_of(NodeId{2}) == raft.last_index());
}

TEST_CASE("proposals that nobody commits are refused at a limit") {
    auto raft = make(1);
    const auto now = lead(raft);
    bool refused = false;
    for (std::size_t i = 0; i <= consensus::k_limit_uncommitted_entries && !refused; i++) {
        const auto index = raft.propose(now, wire::EntryKind::commands, {1});
        refused = !index;
        if (refused) CHECK(index.error().code == FailureCode::limit);
    }
    CHECK(refused);
}

TEST_CASE("an acknowledgement waits for the write, also when it is asked for twice") {
    auto raft = make(2);
    raft.set_reachable(Instant{0}, {NodeId{1}});
    const auto request = append(2, 1, 1, {noop(2, 2)});
    raft.receive(Instant{1}, NodeId{1}, request);
    const auto first = raft.take_output();
    REQUIRE(first.persist_number == 1);
    REQUIRE(first.send.size() == 1);
    CHECK(first.send[0].after == 1);
    raft.receive(Instant{2}, NodeId{1}, request);
    const auto second = raft.take_output();
    CHECK(second.persist_number == 0);
    REQUIRE(second.send.size() == 1);
    CHECK(second.send[0].after == 1);
    raft.persisted(Instant{3}, 1);
    raft.receive(Instant{4}, NodeId{1}, request);
    CHECK(raft.take_output().send[0].after == 0);
}

TEST_CASE("append messages with gaps, falling terms or unreadable voters are dropped") {
    auto raft = make(2);
    raft.set_reachable(Instant{0}, {NodeId{1}});
    auto bad_voters = noop(2, 2);
    bad_voters.kind = wire::EntryKind::voters;
    bad_voters.payload = {1, 2, 3};
    for (const auto& bad :
         {append(2, 1, 1, {noop(3, 2)}), append(2, 1, 1, {noop(2, 2), noop(3, 1)}),
          append(2, 1, 1, {noop(2, 3)}), append(2, 1, 1, {bad_voters})})
        raft.receive(Instant{1}, NodeId{1}, bad);
    CHECK(raft.refused_count() == 4);
    CHECK(raft.term() == Term{1});
    CHECK(raft.last_index() == LogIndex{1});
    CHECK(raft.take_output().send.empty());
}

TEST_CASE("an acknowledgement beyond our log is dropped") {
    auto raft = make(1);
    const auto now = lead(raft);
    (void)raft.take_output();
    raft.receive(now, NodeId{2}, wire::AppendReply{Term{2}, true, LogIndex{99}, store(2)});
    raft.receive(now, NodeId{2}, wire::SnapshotReply{Term{2}, LogIndex{99}, store(2)});
    CHECK(raft.refused_count() == 2);
    CHECK(raft.committed() == LogIndex{1});
}

TEST_CASE("a second leader of one term is not followed") {
    auto raft = make(2);
    raft.set_reachable(Instant{0}, {NodeId{1}, NodeId{3}});
    raft.receive(Instant{1}, NodeId{1}, append(2, 1, 1, {noop(2, 2)}));
    raft.receive(Instant{2}, NodeId{3}, append(2, 1, 1, {}));
    CHECK(raft.leader() == NodeId{1});
    CHECK(raft.refused_count() == 1);
}

TEST_CASE("a leader that contradicts what is committed is not obeyed, and the node votes no more") {
    auto raft = make(2);
    raft.set_reachable(Instant{0}, {NodeId{1}, NodeId{3}});
    auto request = append(2, 1, 1, {noop(2, 2)});
    request.committed = LogIndex{2};
    raft.receive(Instant{1}, NodeId{1}, request);
    CHECK(raft.take_output().committed.size() == 1);
    raft.receive(Instant{2}, NodeId{3}, append(5, 1, 1, {noop(2, 5)}));
    CHECK(raft.has_diverged());
    CHECK(raft.role() == Role::learner);
    CHECK(raft.last_term() == Term{2});
    CHECK(raft.committed() == LogIndex{2});
}

TEST_CASE("a cluster is founded once") {
    Options options;
    options.self = NodeId{1};
    options.store = store(1);
    wire::StoreState empty;
    empty.store = store(1);
    Raft raft(options, empty, Instant{});
    const auto founding = disk_of(1).snapshot;
    ClusterId cluster;
    CHECK_FALSE(ok(raft.found(Instant{1}, cluster, founding)));
    cluster.bytes[0] = 1;
    CHECK_FALSE(ok(raft.found(Instant{1}, cluster, {})));
    REQUIRE(ok(raft.found(Instant{1}, cluster, founding)));
    const auto out = raft.take_output();
    CHECK(out.persist.cluster == cluster);
    CHECK(out.persist.snapshot == founding);
    CHECK(raft.role() == Role::follower);
    CHECK_FALSE(ok(raft.found(Instant{2}, cluster, founding)));
}

}  // namespace output_cases
