// Elections as stories: who stands, who votes, who must not disturb.
#include <doctest/doctest.h>

#include "cluster.hpp"

using namespace test;

TEST_CASE("a quiet start elects the first in rank, by one round of pre-votes and one of votes") {
    World world;
    world.latency_jitter = Duration{0};
    Cluster cluster(3, 3, world);
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    CHECK(cluster.leader() == 1);
    const auto& story = cluster.story();
    const auto pre = story.find("1 follower -> pre_candidate, term 1\n");
    const auto real = story.find("1 pre_candidate -> candidate, term 2\n");
    const auto led = story.find("1 candidate -> leader, term 2\n");
    CHECK(pre < real);
    CHECK(real < led);
    CHECK(led != std::string::npos);
    CHECK(story.find("2 follower ->") == std::string::npos);
}

TEST_CASE("the death of the leader is mended within detection, a stagger and two round trips") {
    Cluster cluster(3, 3);
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    cluster.run_for(100ms);
    const auto dead = cluster.leader();
    cluster.crash(dead);
    const auto at = cluster.now();
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    CHECK(cluster.leader() != dead);
    CHECK(cluster.now() - at <= 30ms + 5ms * 2 + 10ms);
}

TEST_CASE("a node that was cut off comes back without an election") {
    Cluster cluster(3, 3);
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    const auto leader = cluster.leader();
    const auto term = cluster.raft(leader).term();
    cluster.partition({{1, 2}});
    cluster.run_for(5s);
    CHECK(cluster.raft(3).term() == term);
    cluster.heal();
    cluster.run_for(2s);
    CHECK(cluster.leader() == leader);
    CHECK(cluster.raft(leader).term() == term);
    CHECK(cluster.raft(3).leader().value == leader);
}

TEST_CASE("a voter in contact with its leader refuses its vote, and keeps its term") {
    Cluster cluster(3, 3);
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    cluster.run_for(50ms);
    // Nodes 1 and 3 lose each other, node 2 is in contact with both.
    const auto term = cluster.raft(1).term();
    cluster.partition({{1, 2, 3}});
    cluster.cut(1, 3);
    cluster.cut(3, 1);
    cluster.run_for(5s);
    CHECK(cluster.leader() == 1);
    CHECK(cluster.raft(2).term() == term);
    CHECK(cluster.raft(3).leader() == NodeId{});
    CHECK(cluster.violations().empty());
}

TEST_CASE("a leader out of contact with a quorum steps down at once") {
    Cluster cluster(5, 5);
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    REQUIRE(cluster.leader() == 1);
    cluster.run_for(50ms);
    cluster.partition({{1, 2}, {3, 4, 5}});
    cluster.run_for(31ms);
    CHECK_FALSE(cluster.raft(1).is_leader());
    CHECK_FALSE(ok(cluster.propose(1, "too late")));
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    CHECK(cluster.leader() == 3);
}

TEST_CASE("a leader that is restarted before anybody missed it is replaced or elected again") {
    Cluster cluster(3, 3);
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    cluster.run_for(50ms);
    const auto term = cluster.raft(1).term();
    cluster.crash(1);
    cluster.restart(1);  // the detectors of 2 and 3 notice nothing
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }, 500ms));
    const auto leader = cluster.leader();
    CHECK(cluster.raft(leader).term() > term);
}

TEST_CASE("nobody stands without a quorum in contact") {
    Cluster cluster(3, 3);
    cluster.partition({{1}, {2}, {3}});
    cluster.run_for(5s);
    CHECK(cluster.story().find("candidate") == std::string::npos);
    CHECK(cluster.raft(1).next_deadline() == Instant::max());
}

TEST_CASE("a node with an older log is not elected") {
    Cluster cluster(3, 3);
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    cluster.run_for(50ms);
    cluster.partition({{1, 2}});
    const auto index = cluster.propose(1, "kept");
    REQUIRE(ok(index));
    cluster.run_for(100ms);
    cluster.crash(1);
    cluster.partition({{2, 3}});
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    CHECK(cluster.leader() == 2);
    REQUIRE(cluster.run_until([&] { return cluster.is_committed_everywhere(*index); }));
    CHECK(cluster.applied(3) == std::vector<std::string>{"kept"});
}

TEST_CASE("F9: a store that lost its newest record neither stands nor votes nor counts") {
    Cluster cluster(3, 3);
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    cluster.run_for(50ms);
    cluster.crash(3);
    cluster.restart_older(3, 1);
    cluster.run_for(100ms);
    CHECK(cluster.raft(3).role() == consensus::Role::learner);
    CHECK(cluster.raft(1).store_of(NodeId{3}) == StoreId{});
    // Its copies do not make a quorum with the leader's.
    cluster.crash(2);
    cluster.run_for(20ms);
    if (cluster.raft(1).is_leader()) (void)cluster.propose(1, "one copy only");
    cluster.run_for(5s);
    CHECK(cluster.leader() == 0);
    CHECK(cluster.raft(3).term() == cluster.raft(1).term());
}

TEST_CASE("a leader whose store is found to have forgotten steps down and is a learner") {
    Cluster cluster(3, 3);
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    cluster.run_for(50ms);
    cluster.lose_vote(1);
    CHECK(cluster.raft(1).role() == consensus::Role::learner);
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    CHECK(cluster.leader() == 2);
}

TEST_CASE("leadership goes to the node that was named, and proposals wait meanwhile") {
    Cluster cluster(3, 3);
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    cluster.run_for(50ms);
    const auto term = cluster.raft(1).term();
    REQUIRE(ok(cluster.propose(1, "before")));
    REQUIRE(ok(cluster.transfer(1, 3)));
    CHECK_FALSE(ok(cluster.propose(1, "during")));
    REQUIRE(cluster.run_until([&] { return cluster.leader() == 3; }, 100ms));
    CHECK(cluster.raft(3).term() == Term{term.value + 1});
    cluster.run_for(50ms);
    CHECK(cluster.applied(3) == std::vector<std::string>{"before"});
}

TEST_CASE("a transfer to a node that dies is given up, and the leader goes on") {
    Cluster cluster(3, 3);
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    cluster.run_for(50ms);
    cluster.crash(3);
    REQUIRE(ok(cluster.transfer(1, 3)));
    cluster.run_for(200ms);
    CHECK(cluster.leader() == 1);
    CHECK_FALSE(cluster.raft(1).is_transferring());
    CHECK(ok(cluster.propose(1, "going on")));
}

TEST_CASE("leadership is not handed to strangers, learners, the leader itself, or by others") {
    Cluster cluster(4, 3);
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    cluster.run_for(50ms);
    CHECK_FALSE(ok(cluster.transfer(1, 9)));
    CHECK_FALSE(ok(cluster.transfer(1, 4)));
    CHECK_FALSE(ok(cluster.transfer(1, 1)));
    CHECK_FALSE(ok(cluster.transfer(2, 3)));
}

TEST_CASE("one voter alone leads after its own vote is durable") {
    Cluster cluster(1, 1);
    REQUIRE(cluster.run_until([&] { return cluster.has_elected(); }));
    CHECK(cluster.disk(1).voted_for == NodeId{1});
    CHECK(cluster.disk(1).term == cluster.raft(1).term());
    const auto index = cluster.propose(1, "alone");
    REQUIRE(ok(index));
    CHECK(cluster.raft(1).committed() < *index);
    REQUIRE(cluster.run_until([&] { return cluster.is_committed_everywhere(*index); }));
}
