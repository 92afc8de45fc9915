// One of two goes on alone, and what becomes of the other's log (safety.md F7, D4).
#include <doctest/doctest.h>

#include "cluster.hpp"

using namespace test;

namespace {

/// The newest text that the node has applied; empty: none yet.
std::string last_of(const Cluster& cluster, std::uint16_t node) {
    const auto texts = cluster.applied(node);
    return texts.empty() ? std::string{} : texts.back();
}

using Texts = std::vector<std::string>;

/// Two voters, node 1 leads, "a" is agreed on.
void begin(Cluster& cluster) {
    REQUIRE(cluster.run_until([&] { return cluster.leader() == 1; }));
    const auto index = cluster.propose(1, "a");
    REQUIRE(ok(index));
    REQUIRE(cluster.run_until([&] { return cluster.is_committed_everywhere(*index); }));
}

bool leads(const Cluster& cluster, std::uint16_t node) { return cluster.raft(node).is_leader(); }

/// One goes on alone, and the other, met again, learns that.
void go_alone_and_meet(Cluster& cluster, std::uint16_t alone, std::uint16_t other,
                       const std::string& text) {
    cluster.partition({{1}, {2}});
    cluster.run_for(1s);
    cluster.go_alone(alone, text);
    REQUIRE(cluster.run_until([&] { return leads(cluster, alone); }));
    cluster.set_learners({1, 2});
    cluster.heal();
    REQUIRE(cluster.run_until([&] { return last_of(cluster, other) == text; }));
}

}  // namespace

TEST_CASE("F7 a: two voters commit nothing with one, until that one has gone on alone") {
    Cluster cluster(2, 2);
    begin(cluster);
    cluster.partition({{1}, {2}});
    cluster.run_for(1s);
    CHECK(cluster.leader() == 0);
    CHECK_FALSE(ok(cluster.propose(2, "lost")));
    const auto term = cluster.raft(2).term();
    cluster.go_alone(2, "alone");
    CHECK_FALSE(leads(cluster, 2));  // not before it is durable
    REQUIRE(cluster.run_until([&] { return leads(cluster, 2); }));
    CHECK(cluster.raft(2).term().value == term.value + 1);
    REQUIRE(ok(cluster.propose(2, "b")));
    REQUIRE(cluster.run_until([&] { return cluster.applied(2) == Texts{"a", "alone", "b"}; }));
    CHECK(cluster.raft(2).voters().size() == 1);
    CHECK(cluster.violations().empty());
}

TEST_CASE("F7: the lone view counts from the moment it is stored, committed or not") {
    Cluster cluster(2, 2);
    begin(cluster);
    cluster.partition({{1}, {2}});
    cluster.run_for(1s);
    cluster.go_alone(1, "alone");
    cluster.run_for(1200us);  // the write is done, and what follows it is not
    cluster.crash(1);
    cluster.restart(1);
    CHECK(cluster.raft(1).voters().size() == 1);
    REQUIRE(cluster.run_until([&] { return leads(cluster, 1); }));
    REQUIRE(cluster.run_until([&] { return last_of(cluster, 1) == "alone"; }));
    CHECK(cluster.violations().empty());
}

TEST_CASE("F7: a crash before it is durable leaves the view of both, and no leader") {
    Cluster cluster(2, 2);
    begin(cluster);
    cluster.partition({{1}, {2}});
    cluster.run_for(1s);
    cluster.go_alone(1, "alone");
    cluster.crash(1);
    cluster.restart(1);
    cluster.run_for(2s);
    CHECK(cluster.raft(1).voters().size() == 2);
    CHECK(cluster.leader() == 0);
    cluster.heal();
    CHECK(cluster.run_until([&] { return cluster.has_elected(); }));
    CHECK(cluster.violations().empty());
}

TEST_CASE("F7 d: who returns drops its longer uncommitted tail, and becomes a voter again") {
    Cluster cluster(2, 2);
    begin(cluster);
    cluster.cut(1, 2);
    cluster.cut(2, 1);
    for (const auto* text : {"x", "y", "z"}) (void)cluster.propose(1, text);
    cluster.run_for(1s);
    REQUIRE(cluster.raft(1).last_index() > cluster.raft(2).last_index());
    cluster.go_alone(2, "alone");
    REQUIRE(cluster.run_until([&] { return leads(cluster, 2); }));
    cluster.set_learners({1, 2});
    cluster.heal();
    REQUIRE(cluster.run_until([&] { return cluster.applied(1) == Texts{"a", "alone"}; }));
    REQUIRE(ok(cluster.propose_voters(2, {1, 2})));
    REQUIRE(cluster.run_until([&] { return cluster.raft(1).voters().size() == 2; }));
    const auto index = cluster.propose(2, "both");
    REQUIRE(ok(index));
    CHECK(cluster.run_until([&] { return cluster.is_committed_everywhere(*index); }));
    CHECK(cluster.violations().empty());
}

TEST_CASE("F7 e: a history that is given up is replaced whole, though it was committed") {
    Cluster cluster(2, 2);
    begin(cluster);
    cluster.partition({{1}, {2}});
    cluster.run_for(1s);
    cluster.go_alone(1, "alone 1");
    cluster.go_alone(2, "alone 2");
    REQUIRE(cluster.run_until([&] { return leads(cluster, 1) && leads(cluster, 2); }));
    (void)cluster.propose(2, "of the other history");
    (void)cluster.propose(2, "too");
    REQUIRE(cluster.run_until([&] { return cluster.applied(2).size() == 4; }));
    // The same index and term with other contents: only giving up the whole log helps.
    cluster.give_up_history(2);
    CHECK(cluster.raft(2).has_given_up());
    CHECK_FALSE(cluster.raft(2).is_voter());
    cluster.set_learners({1, 2});
    cluster.heal();
    REQUIRE(cluster.run_until([&] {
        return !cluster.raft(2).has_given_up() &&
               cluster.raft(2).committed() == cluster.raft(1).committed();
    }));
    CHECK(cluster.applied(2) == cluster.applied(1));
    CHECK(cluster.restored_count(2) >= 1);
    // And the disk says the same as the memory, after a crash.
    cluster.run_for(100ms);
    cluster.crash(2);
    cluster.restart(2);
    REQUIRE(cluster.run_until(
        [&] { return cluster.raft(2).committed() == cluster.raft(1).committed(); }));
    CHECK(cluster.applied(2) == cluster.applied(1));
}

TEST_CASE("F7 e: a crash while a history is given up leaves the old one, and nothing in between") {
    Cluster cluster(2, 2);
    begin(cluster);
    cluster.partition({{1}, {2}});
    cluster.run_for(1s);
    cluster.go_alone(2, "alone 2");
    REQUIRE(cluster.run_until([&] { return last_of(cluster, 2) == "alone 2"; }));
    cluster.run_for(100ms);
    cluster.give_up_history(2);
    cluster.crash(2);
    cluster.restart(2);
    CHECK_FALSE(cluster.raft(2).has_given_up());
    CHECK(cluster.run_until([&] { return leads(cluster, 2); }));
}

TEST_CASE("F7 e, F9: with another history it is another store, whatever old lists say of it") {
    Cluster cluster(2, 2);
    begin(cluster);
    // Both know of a time when node 2 was alone, and node 1's document is of just then.
    go_alone_and_meet(cluster, 2, 1, "2 alone");
    cluster.compact(1);
    REQUIRE(ok(cluster.propose_voters(2, {1, 2})));
    REQUIRE(cluster.run_until([&] { return cluster.raft(1).voters().size() == 2; }));
    cluster.run_for(1s);
    cluster.partition({{1}, {2}});
    cluster.run_for(1s);
    cluster.go_alone(1, "1 alone");
    cluster.go_alone(2, "2 alone again");
    REQUIRE(cluster.run_until([&] { return leads(cluster, 1) && leads(cluster, 2); }));
    const auto old = cluster.store(2);
    cluster.give_up_history(2);
    bool has_led = false;
    const auto look = [&] {
        has_led = has_led || leads(cluster, 2) || cluster.raft(2).is_voter();
        return has_led;
    };
    // The document comes, and nothing after it.
    cluster.drop = [&](NodeId from, NodeId, const wire::ConsensusMessage& message) {
        const bool has_document = !cluster.is_up(2) || !cluster.raft(2).has_given_up();
        return has_document && from == NodeId{1} &&
               std::holds_alternative<wire::AppendRequest>(message) &&
               !std::get<wire::AppendRequest>(message).entries.empty();
    };
    cluster.heal();
    REQUIRE(cluster.run_until([&] { return look() || !cluster.raft(2).has_given_up(); }));
    CHECK(cluster.raft(2).voters() == std::vector{wire::Voter{NodeId{2}, old}});
    CHECK(cluster.raft(2).store() != old);
    cluster.run_for(100ms);
    CHECK(cluster.store(2) == cluster.raft(2).store());
    // A crash there, and a start without anybody else, leave it what it is.
    cluster.partition({{1}, {2}});
    cluster.crash(2);
    cluster.restart(2);
    CHECK_FALSE(cluster.run_until(look, 2s));
    cluster.drop = {};
    cluster.heal();
    REQUIRE(cluster.run_until([&] { return look() || last_of(cluster, 2) == "1 alone"; }));
    CHECK_FALSE(has_led);
    REQUIRE(ok(cluster.propose_voters(1, {1, 2})));
    CHECK(cluster.run_until([&] { return cluster.raft(2).is_voter(); }));
}

TEST_CASE("F7 e: a history that was given up, and not replaced yet, can be taken back whole") {
    Cluster cluster(2, 2);
    begin(cluster);
    cluster.partition({{1}, {2}});
    cluster.run_for(1s);
    cluster.go_alone(2, "2 alone");
    REQUIRE(cluster.run_until([&] { return leads(cluster, 2); }));
    const auto store = cluster.raft(2).store();
    cluster.give_up_history(2);
    cluster.run_for(1s);
    CHECK_FALSE(leads(cluster, 2));
    cluster.keep_history(2);
    CHECK(cluster.raft(2).store() == store);
    CHECK(cluster.run_until([&] { return leads(cluster, 2); }));
    CHECK(last_of(cluster, 2) == "2 alone");
    CHECK(cluster.violations().empty());
}

TEST_CASE("F7: who was alone names the other a voter to it when that is on its own disk") {
    Cluster cluster(2, 2);
    begin(cluster);
    go_alone_and_meet(cluster, 1, 2, "1 alone");
    cluster.run_for(1s);  // it is sent whatever comes at once
    bool is_early = false;
    cluster.drop = [&](NodeId, NodeId to, const wire::ConsensusMessage& message) {
        if (to != NodeId{2} || !std::holds_alternative<wire::AppendRequest>(message)) return false;
        for (const auto& entry : std::get<wire::AppendRequest>(message).entries) {
            const auto& disk = cluster.disk(1).entries;
            is_early = is_early || (entry.kind == wire::EntryKind::voters &&
                                    std::ranges::find(disk, entry) == disk.end());
        }
        return false;
    };
    REQUIRE(ok(cluster.propose_voters(1, {1, 2})));
    CHECK(cluster.run_until([&] { return cluster.raft(2).is_voter(); }));
    CHECK_FALSE(is_early);
}

TEST_CASE("F7: another history that begins at what is committed here is found, and not appended") {
    Cluster cluster(2, 2);
    begin(cluster);
    cluster.partition({{1}, {2}});
    cluster.run_for(1s);
    cluster.go_alone(1, "1 alone");
    cluster.go_alone(2, "2 alone", 5);
    REQUIRE(cluster.run_until([&] { return leads(cluster, 1) && leads(cluster, 2); }));
    // Node 2 leads in the higher term and has more, of which it begins with the newest. Told that
    // node 1 ends before that, it goes on from there: nothing that comes is at a place that is
    // committed at node 1.
    for (int n = 0; n < 3; n++) REQUIRE(ok(cluster.propose(2, "of the other history")));
    cluster.run_for(100ms);
    cluster.crash(2);
    cluster.restart(2);
    REQUIRE(cluster.run_until([&] { return leads(cluster, 2); }));
    const auto before = cluster.applied(1);
    const auto committed = cluster.raft(1).committed();
    cluster.drop = [&](NodeId, NodeId to, const wire::ConsensusMessage& message) {
        return to == NodeId{1} && std::holds_alternative<wire::AppendRequest>(message) &&
               std::get<wire::AppendRequest>(message).previous_index < committed;
    };
    cluster.set_learners({1, 2});
    cluster.heal();
    CHECK(cluster.run_until([&] { return cluster.raft(1).has_diverged(); }));
    CHECK(cluster.applied(1) == before);
}

namespace {

/// Node 1 is left of three, and no vote of it counts any more when `has_forgotten`.
void lose_majority(Cluster& cluster, bool has_forgotten = false) {
    begin(cluster);
    cluster.crash(2);
    cluster.crash(3);
    cluster.run_for(1s);
    if (has_forgotten) cluster.lose_vote(1);
}

}  // namespace

TEST_CASE("D4: a recovery makes another store, in a term far above what others may have used") {
    for (const bool has_forgotten : {false, true}) {
        CAPTURE(has_forgotten);
        Cluster cluster(3, 3);
        lose_majority(cluster, has_forgotten);
        const auto term = cluster.raft(1).term();
        const auto store = cluster.store(1);
        const auto last = cluster.raft(1).last_index();
        cluster.recover(1, "recovered");
        CHECK(cluster.raft(1).store() != store);
        CHECK_FALSE(leads(cluster, 1));  // not before it is durable
        REQUIRE(cluster.run_until([&] { return leads(cluster, 1); }));
        CHECK(cluster.store(1) == cluster.raft(1).store());
        CHECK(cluster.raft(1).voters() == std::vector{wire::Voter{NodeId{1}, cluster.store(1)}});
        CHECK(cluster.raft(1).term().value == term.value + 1000);
        CHECK(cluster.raft(1).last_index() > last);
        CHECK(ok(cluster.propose(1, "b")));
        REQUIRE(cluster.run_until([&] { return last_of(cluster, 1) == "b"; }));
        CHECK(cluster.applied(1) == Texts{"a", "recovered", "b"});
    }
}

TEST_CASE("D4: a crash before it is durable leaves the old store, whole; after it, the new one") {
    std::size_t old_ones = 0;
    std::size_t new_ones = 0;
    for (Duration after = 0us; after <= 3ms; after += 200us) {
        CAPTURE(after.count());
        Cluster cluster(3, 3);
        lose_majority(cluster);
        const auto before = cluster.disk(1);
        cluster.recover(1, "recovered");
        if (after > 0us) cluster.run_for(after);
        cluster.crash(1);
        const auto left = cluster.disk(1);
        cluster.restart(1);
        cluster.run_for(1s);
        const bool is_old = left.store == before.store;
        (is_old ? old_ones : new_ones)++;
        if (is_old) CHECK(left.term.value < 1000);
        if (is_old) CHECK(left.entries.size() == before.entries.size());
        CHECK(leads(cluster, 1) == !is_old);
        CHECK((last_of(cluster, 1) == "recovered") == !is_old);
    }
    CHECK(old_ones > 0);
    CHECK(new_ones > 0);
}

TEST_CASE("D4: a recovered store has no vote in what the others take for the list of voters") {
    Cluster cluster(3, 3);
    lose_majority(cluster);
    cluster.recover(1, "recovered");
    REQUIRE(cluster.run_until([&] { return leads(cluster, 1); }));
    cluster.crash(1);
    cluster.restart(2);
    const auto voters = cluster.raft(2).voters();
    CHECK(voters.size() == 3);
    for (const auto& voter : voters) CHECK(voter.store != cluster.disk(1).store);
    cluster.restart(1);
    cluster.run_for(5s);
    // Two of the three nodes; but of the three stores it is one.
    CHECK_FALSE(leads(cluster, 2));
}
