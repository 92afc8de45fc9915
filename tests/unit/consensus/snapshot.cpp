// Snapshots as stories: nodes far behind get the whole document, others do not.
#include <doctest/doctest.h>

#include "cluster.hpp"

using namespace test;

namespace {

/// Enough entries that a node which misses them all is behind what the leader keeps.
LogIndex propose_many(Cluster& cluster, int count) {
    LogIndex last;
    for (int i = 0; i < count; i++) {
        auto index = cluster.propose(cluster.leader(), std::to_string(i));
        REQUIRE(ok(index));
        last = *index;
        if (i % 8 == 0) cluster.run_for(3ms);
    }
    return last;
}

}  // namespace

TEST_CASE("a node that was away for long gets the document, then what came after it") {
    Cluster cluster(3, 3);
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    cluster.run_for(50ms);
    cluster.crash(3);
    const auto middle = propose_many(cluster, 600);
    REQUIRE(cluster.run_until([&] { return cluster.is_committed_everywhere(middle); }));
    cluster.compact(1);
    const auto last = propose_many(cluster, 5);
    cluster.restart(3);
    REQUIRE(cluster.run_until([&] { return cluster.is_committed_everywhere(last); }));
    CHECK(cluster.restored_count(3) == 1);
    CHECK(cluster.disk(3).snapshot == cluster.disk(1).snapshot);
    CHECK(cluster.violations().empty());
}

TEST_CASE("a node that was away shortly is helped by the entries that the leader keeps") {
    Cluster cluster(3, 3);
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    cluster.run_for(50ms);
    cluster.crash(3);
    const auto last = propose_many(cluster, 100);
    REQUIRE(cluster.run_until([&] { return cluster.is_committed_everywhere(last); }));
    cluster.compact(1);
    CHECK(cluster.raft(1).snapshot_index() == last);
    cluster.restart(3);
    REQUIRE(cluster.run_until([&] { return cluster.is_committed_everywhere(last); }));
    CHECK(cluster.restored_count(3) == 0);
}

TEST_CASE("a document that is lost on its way is sent again, and one at a time") {
    Cluster cluster(3, 3);
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    cluster.run_for(50ms);
    cluster.crash(3);
    const auto last = propose_many(cluster, 600);
    REQUIRE(cluster.run_until([&] { return cluster.is_committed_everywhere(last); }));
    cluster.compact(1);
    int sent = 0;
    cluster.drop = [&](NodeId, NodeId, const wire::ConsensusMessage& message) {
        if (!std::holds_alternative<wire::SnapshotRequest>(message)) return false;
        return ++sent <= 2;
    };
    cluster.restart(3);
    cluster.run_for(150ms);
    CHECK(sent == 1);
    REQUIRE(cluster.run_until([&] { return cluster.is_committed_everywhere(last); }));
    CHECK(sent == 3);
    CHECK(cluster.restored_count(3) == 1);
}

TEST_CASE("a document survives a restart of who got it") {
    Cluster cluster(3, 3);
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    cluster.run_for(50ms);
    cluster.crash(3);
    const auto last = propose_many(cluster, 600);
    REQUIRE(cluster.run_until([&] { return cluster.is_committed_everywhere(last); }));
    cluster.compact(1);
    cluster.restart(3);
    REQUIRE(cluster.run_until([&] { return cluster.is_committed_everywhere(last); }));
    cluster.run_for(100ms);
    cluster.crash(3);
    cluster.restart(3);
    CHECK(cluster.raft(3).committed() == last);
    cluster.run_for(1s);
    CHECK(cluster.violations().empty());
}

TEST_CASE("a document of another cluster is refused") {
    Cluster cluster(1, 1);
    wire::StoreState mine = cluster.disk(1);
    consensus::Options options;
    options.self = NodeId{2};
    options.store = mine.store;
    Raft raft(options, mine, Instant{});
    wire::SnapshotRequest request{.term = Term{9}, .cluster = {}, .snapshot = mine.snapshot};
    request.cluster.bytes[3] = 7;
    request.snapshot.index = LogIndex{100};
    raft.receive(Instant{1}, NodeId{1}, request);
    CHECK(raft.refused_count() == 1);
    CHECK(raft.committed() == LogIndex{1});
    CHECK_FALSE(raft.take_output().restored);
}

TEST_CASE("a node of no cluster learns it from the document, and from nothing else") {
    consensus::Options options;
    options.self = NodeId{2};
    options.store.bytes[0] = 2;
    wire::StoreState empty;
    empty.store = options.store;
    Raft raft(options, empty, Instant{});
    CHECK(raft.role() == consensus::Role::learner);
    CHECK(raft.next_deadline() == Instant::max());
    wire::SnapshotRequest request{.term = Term{3}, .cluster = {}, .snapshot = {}};
    request.cluster.bytes[0] = 1;
    request.snapshot = {LogIndex{5}, Term{2}, {{NodeId{1}, options.store}}, {1, 2, 3}};
    raft.receive(Instant{1}, NodeId{1}, request);
    const auto out = raft.take_output();
    CHECK(out.cluster == request.cluster);
    CHECK(out.persist.cluster == request.cluster);
    CHECK(out.restored == request.snapshot);
    REQUIRE(out.send.size() == 1);
    CHECK(out.send[0].after == out.persist_number);
    CHECK(std::get<wire::SnapshotReply>(out.send[0].message).index == LogIndex{5});
}
