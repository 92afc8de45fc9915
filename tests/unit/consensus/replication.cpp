// Replication as stories: repair of logs, what counts as committed, loss, restarts.
#include <doctest/doctest.h>

#include "cluster.hpp"

using namespace test;

namespace {

/// Node 1 leads with the log of figure 3.6; node 2 has `terms`, and both are in contact with node
/// 3, which has what node 1 has.
void repair(const std::vector<std::uint64_t>& terms, std::uint64_t term) {
    Cluster cluster(3, 3);
    const std::vector<std::uint64_t> leaders = {1, 1, 4, 4, 5, 5, 6, 6, 6};
    for (std::uint16_t n = 1; n <= 3; n++) cluster.crash(n);
    cluster.write_disk(1, leaders, Term{7});
    cluster.write_disk(2, terms, Term{term});
    cluster.write_disk(3, leaders, Term{7});
    // Node 1 leads before node 2 is there.
    cluster.restart(1);
    cluster.restart(3);
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    cluster.run_for(50ms);
    cluster.restart(2);
    REQUIRE(cluster.run_until([&] {
        return cluster.leader() != 0 &&
               cluster.raft(2).last_index() == cluster.raft(cluster.leader()).last_index() &&
               cluster.is_committed_everywhere(cluster.raft(2).last_index());
    }));
    cluster.run_for(100ms);
    cluster.check_logs();
    CHECK(cluster.violations().empty());
    const auto mine = cluster.raft(2).entries_after(LogIndex{1});
    const auto theirs = cluster.raft(1).entries_after(LogIndex{1});
    CHECK(std::equal(mine.begin(), mine.end(), theirs.begin(), theirs.end()));
    CHECK(cluster.disk(2).entries == cluster.disk(1).entries);
}

}  // namespace

TEST_CASE("figure 3.6 a: a follower that lacks one entry gets it") {
    repair({1, 1, 4, 4, 5, 5, 6, 6}, 6);
}
TEST_CASE("figure 3.6 b: a follower that lacks many entries gets them") {
    repair({1, 1}, 4);
}
TEST_CASE("figure 3.6 c: a follower with one entry too many loses it") {
    repair({1, 1, 4, 4, 5, 5, 6, 6, 6, 6}, 6);
}
TEST_CASE("figure 3.6 d: a follower with entries of a term that nobody else knows loses them") {
    repair({1, 1, 4, 4, 5, 5, 6, 6, 6, 6}, 7);
}
TEST_CASE("figure 3.6 e: a follower that stopped in the middle of a term is repaired") {
    repair({1, 1, 4, 4, 4, 4}, 4);
}
TEST_CASE("figure 3.6 f: a follower with entries of two lost terms is repaired") {
    repair({1, 1, 2, 2, 2, 3, 3, 3, 3, 3}, 3);
}

TEST_CASE("an entry of an older term is not committed by counting copies (figure 3.7)") {
    Cluster cluster(3, 3);
    for (std::uint16_t n = 1; n <= 3; n++) cluster.crash(n);
    cluster.write_disk(1, {2}, Term{3});
    cluster.write_disk(2, {2}, Term{3});
    cluster.write_disk(3, {}, Term{3});
    // Nothing of the new leader's own term gets through.
    cluster.drop = [](NodeId, NodeId, const wire::ConsensusMessage& message) {
        const auto* append = std::get_if<wire::AppendRequest>(&message);
        if (append == nullptr) return false;
        for (const auto& entry : append->entries)
            if (entry.term > Term{2}) return true;
        return false;
    };
    for (std::uint16_t n = 1; n <= 3; n++) cluster.restart(n);
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    cluster.run_for(900ms);
    for (std::uint16_t n = 1; n <= 3; n++) CHECK(cluster.raft(n).committed() == LogIndex{1});
    cluster.drop = nullptr;
    REQUIRE(cluster.run_until([&] { return cluster.is_committed_everywhere(LogIndex{3}); }));
    CHECK(cluster.violations().empty());
}

TEST_CASE("F32: followers learn of a commit at once, without another proposal or heartbeat") {
    World world;
    world.heartbeat = 3600s;
    Cluster cluster(3, 3, world);
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    cluster.run_for(50ms);
    const auto index = cluster.propose(1, "news");
    REQUIRE(ok(index));
    cluster.run_for(3ms);
    CHECK(cluster.is_committed_everywhere(*index));
}

TEST_CASE("a follower that missed the notice of a commit is told after its next heartbeat") {
    Cluster cluster(3, 3);
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    cluster.run_for(50ms);
    const auto index = cluster.propose(1, "news");
    REQUIRE(ok(index));
    cluster.drop = [&](NodeId, NodeId to, const wire::ConsensusMessage& message) {
        const auto* append = std::get_if<wire::AppendRequest>(&message);
        return append != nullptr && to == NodeId{3} && append->committed >= *index;
    };
    cluster.run_for(10ms);
    cluster.drop = nullptr;
    CHECK(cluster.raft(3).committed() < *index);
    REQUIRE(cluster.run_until([&] { return cluster.raft(3).committed() >= *index; }, 50ms));
}

TEST_CASE("F32: the leader commits on the copies of others while its own disk is slow") {
    Cluster cluster(3, 3);
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    cluster.run_for(50ms);
    const auto durable = cluster.raft(1).durable();
    CHECK(durable == cluster.raft(1).last_index());
    const auto index = cluster.propose(1, "one");
    REQUIRE(ok(index));
    CHECK(cluster.raft(1).durable() == durable);
    CHECK(cluster.raft(1).match_of(NodeId{1}) == durable);
    REQUIRE(cluster.run_until([&] { return cluster.raft(1).committed() == *index; }));
}

TEST_CASE("everything gets through with a third of all messages lost, doubled and out of order") {
    World world;
    world.loss_ppm = 330'000;
    world.duplicate_ppm = 300'000;
    world.latency_jitter = Duration{4'000'000};
    Cluster cluster(5, 5, world, 7);
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    LogIndex last;
    for (int i = 0; i < 300; i++) {
        cluster.run_for(2ms);
        const auto leader = cluster.leader();
        if (leader == 0) continue;
        if (auto index = cluster.propose(leader, std::to_string(i))) last = *index;
    }
    REQUIRE(cluster.run_until([&] { return cluster.is_committed_everywhere(last); }));
    CHECK(cluster.violations().empty());
}

TEST_CASE("a restarted follower that lost what was not yet durable gets it again") {
    World world;
    world.disk = 10ms;
    Cluster cluster(3, 3, world);
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    cluster.run_for(200ms);
    const auto index = cluster.propose(1, "not yet on disk");
    REQUIRE(ok(index));
    cluster.run_for(5ms);
    CHECK(cluster.raft(2).last_index() == *index);
    cluster.crash(2);
    CHECK(cluster.disk(2).entries.back().index < *index);
    cluster.restart(2);
    REQUIRE(cluster.run_until([&] { return cluster.is_committed_everywhere(*index); }));
    CHECK(cluster.applied(2) == cluster.applied(1));
    CHECK(cluster.violations().empty());
}

TEST_CASE("the whole cluster may lose power, and what was committed is there afterwards") {
    Cluster cluster(3, 3);
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    cluster.run_for(50ms);
    const auto index = cluster.propose(1, "survives");
    REQUIRE(ok(index));
    REQUIRE(cluster.run_until([&] { return cluster.raft(1).committed() == *index; }));
    for (std::uint16_t n = 1; n <= 3; n++) cluster.crash(n);
    cluster.run_for(1s);
    for (std::uint16_t n = 1; n <= 3; n++) cluster.restart(n);
    REQUIRE(cluster.run_until([&] { return cluster.is_committed_everywhere(*index); }));
    for (std::uint16_t n = 1; n <= 3; n++)
        CHECK(cluster.applied(n) == std::vector<std::string>{"survives"});
}

TEST_CASE("an idle cluster is nearly silent") {
    Cluster cluster(3, 3);
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    cluster.run_for(1s);
    const auto before = cluster.message_count();
    cluster.run_for(3s);
    CHECK(cluster.message_count() - before <= 2 * 2 * 11);  // keepalives of 300 ms and answers
}
