// Changes of the voters as stories: one at a time, and what each makes impossible.
#include <doctest/doctest.h>

#include "base/limits.hpp"
#include "cluster.hpp"

using namespace test;

namespace {

std::vector<std::uint16_t> voters_of(const Cluster& cluster, std::uint16_t node) {
    std::vector<std::uint16_t> out;
    for (const auto& v : cluster.raft(node).voters()) out.push_back(v.node.value);
    return out;
}

using Nodes = std::vector<std::uint16_t>;

}  // namespace

TEST_CASE("a learner gets the whole log and has no vote") {
    Cluster cluster(4, 3);
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    const auto index = cluster.propose(1, "for all");
    REQUIRE(ok(index));
    REQUIRE(cluster.run_until([&] { return cluster.is_committed_everywhere(*index); }));
    CHECK(cluster.raft(4).role() == consensus::Role::learner);
    CHECK(cluster.applied(4) == std::vector<std::string>{"for all"});
    // Two voters of three gone: the learner makes no quorum with the last one.
    cluster.crash(2);
    cluster.crash(3);
    cluster.run_for(5s);
    CHECK(cluster.leader() == 0);
}

TEST_CASE("G21: voters are added and removed one at a time") {
    Cluster cluster(4, 3);
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    cluster.run_for(100ms);
    CHECK_FALSE(ok(cluster.propose_voters(1, {1, 2, 4})));  // one out and one in are two changes
    CHECK_FALSE(ok(cluster.propose_voters(1, {1, 2, 3})));  // no change
    CHECK_FALSE(ok(cluster.propose_voters(1, {1})));
    CHECK_FALSE(ok(cluster.propose_voters(2, {1, 2, 3, 4})));
    const auto added = cluster.propose_voters(1, {1, 2, 3, 4});
    REQUIRE(ok(added));
    CHECK(voters_of(cluster, 1) == Nodes{1, 2, 3, 4});
    CHECK(cluster.raft(1).is_voters_change_under_way());
    CHECK_FALSE(ok(cluster.propose_voters(1, {1, 2, 4})));  // another is under way
    REQUIRE(cluster.run_until([&] { return cluster.is_committed_everywhere(*added); }));
    CHECK(cluster.raft(4).role() == consensus::Role::follower);
    const auto removed = cluster.propose_voters(1, {1, 2, 4});
    REQUIRE(ok(removed));
    REQUIRE(cluster.run_until([&] { return cluster.is_committed_everywhere(*removed); }));
    CHECK(cluster.raft(3).role() == consensus::Role::learner);
}

TEST_CASE("F37: no change of the voters before an entry of the leader's own term is committed") {
    Cluster cluster(4, 3);
    cluster.drop = [](NodeId, NodeId, const wire::ConsensusMessage& message) {
        return std::holds_alternative<wire::AppendRequest>(message);
    };
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    const auto leader = cluster.leader();
    CHECK_FALSE(cluster.raft(leader).has_committed_in_term());
    const auto refused = cluster.propose_voters(leader, {1, 2});
    REQUIRE_FALSE(ok(refused));
    CHECK(refused.error().code == FailureCode::unavailable);
}

TEST_CASE("lists that cannot be read, are empty or too long are refused") {
    Cluster cluster(3, 3);
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    cluster.run_for(100ms);
    auto& raft = const_cast<Raft&>(cluster.raft(1));
    for (const auto& payload : {Bytes{}, Bytes{1, 2, 3}, wire::encode_voters({})})
        CHECK_FALSE(ok(raft.propose(cluster.now(), wire::EntryKind::voters, payload)));
    CHECK(ok(raft.propose(cluster.now(), wire::EntryKind::commands, Bytes{1, 2, 3})));
    CHECK_FALSE(
        ok(raft.propose(cluster.now(), wire::EntryKind::commands, Bytes(k_limit_entry_bytes + 1))));
}

TEST_CASE("a node out of contact, or of another store, does not become a voter") {
    Cluster cluster(4, 3);
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    cluster.run_for(100ms);
    auto stranger = cluster.raft(1).voters();
    stranger.push_back({NodeId{4}, cluster.store(1)});
    auto& raft = const_cast<Raft&>(cluster.raft(1));
    CHECK_FALSE(
        ok(raft.propose(cluster.now(), wire::EntryKind::voters, wire::encode_voters(stranger))));
    cluster.crash(4);
    cluster.run_for(100ms);
    CHECK_FALSE(ok(cluster.propose_voters(1, {1, 2, 3, 4})));
}

TEST_CASE("a node installed anew counts only after it was removed and added with its new store") {
    Cluster cluster(3, 3);
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    cluster.run_for(100ms);
    cluster.crash(3);
    cluster.restart_wiped(3);
    cluster.run_for(500ms);
    CHECK(cluster.raft(3).role() == consensus::Role::learner);
    CHECK(cluster.raft(3).committed() == cluster.raft(1).committed());
    const auto removed = cluster.propose_voters(1, {1, 2});
    REQUIRE(ok(removed));
    REQUIRE(cluster.run_until([&] { return cluster.is_committed_everywhere(*removed); }));
    const auto added = cluster.propose_voters(1, {1, 2, 3});
    REQUIRE(ok(added));
    REQUIRE(cluster.run_until([&] { return cluster.is_committed_everywhere(*added); }));
    CHECK(cluster.raft(3).role() == consensus::Role::follower);
    cluster.crash(2);
    const auto index = cluster.propose(1, "with the new store");
    REQUIRE(ok(index));
    REQUIRE(cluster.run_until([&] { return cluster.raft(1).committed() >= *index; }));
}

TEST_CASE("F9: the copies of a store that the voters entry does not name commit nothing") {
    Cluster cluster(3, 3);
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    cluster.run_for(100ms);
    cluster.crash(3);
    cluster.restart_wiped(3);
    cluster.run_for(100ms);
    cluster.crash(2);
    const auto index = cluster.propose(1, "one good copy");
    if (index) cluster.run_for(5s);
    CHECK(cluster.leader() == 0);
    CHECK(cluster.raft(1).committed() < cluster.raft(1).last_index());
}

TEST_CASE("a leader that is removed hands over when that is committed, and is a learner") {
    Cluster cluster(3, 3);
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    cluster.run_for(100ms);
    const auto index = cluster.propose_voters(1, {2, 3});
    REQUIRE(ok(index));
    CHECK(cluster.raft(1).is_leader());
    REQUIRE(cluster.run_until([&] { return cluster.leader() > 1; }, 200ms));
    REQUIRE(cluster.run_until([&] { return cluster.is_committed_everywhere(*index); }));
    CHECK(cluster.raft(1).role() == consensus::Role::learner);
    cluster.run_for(1s);
    CHECK(cluster.violations().empty());
}

TEST_CASE("whoever alone holds the entry that removes it may still lead, until that is committed") {
    Cluster cluster(3, 3);
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    cluster.run_for(100ms);
    cluster.crash(2);
    cluster.crash(3);
    REQUIRE(ok(cluster.propose_voters(1, {2, 3})));
    cluster.run_for(200ms);
    CHECK(cluster.leader() == 0);
    cluster.restart(2);  // with 3 away, 2 and 1 are a quorum of the old voters, not of the new
    cluster.run_for(1s);
    cluster.restart(3);
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    const auto index = cluster.propose(cluster.leader(), "on");
    REQUIRE(ok(index));
    REQUIRE(cluster.run_until([&] { return cluster.is_committed_everywhere(*index); }));
    CHECK(cluster.violations().empty());
}

TEST_CASE("voters named by an entry that is truncated are voters no more") {
    Cluster cluster(4, 3);
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    cluster.run_for(100ms);
    cluster.partition({{1}, {2, 3, 4}});
    REQUIRE(ok(cluster.propose_voters(1, {1, 2, 3, 4})));
    CHECK(voters_of(cluster, 1) == Nodes{1, 2, 3, 4});
    REQUIRE(cluster.run_until([&] { return cluster.leader() > 1; }));
    cluster.heal();
    cluster.run_for(500ms);
    CHECK(voters_of(cluster, 1) == Nodes{1, 2, 3});
    CHECK(cluster.violations().empty());
}
