// The majority is gone for good, and one node goes on by an operator's word (safety.md D4, F7, F9).
#include <doctest/doctest.h>

#include <algorithm>

#include "cluster.hpp"

using namespace ha;
using test::EngineCluster;
using test::begin_one_group;
using test::has;

namespace {

/// Silence that counts, and a little more: 10 x timeout (safety.md F37).
constexpr Duration k_quiet = 6100ms;

engine::RecoverAlone without(const std::vector<std::uint16_t>& nodes) {
    engine::RecoverAlone out;
    for (const auto node : nodes) out.off.push_back(NodeId{node});
    return out;
}

std::vector<std::uint16_t> all_but(std::uint16_t nodes, std::uint16_t self) {
    std::vector<std::uint16_t> out;
    for (std::uint16_t n = 1; n <= nodes; n++)
        if (n != self) out.push_back(n);
    return out;
}

/// What the request was answered; empty text: not yet.
EngineCluster::Told told(EngineCluster& cluster, std::uint16_t node, std::uint64_t request) {
    const auto answers = cluster.answers(node, request);
    CHECK(answers.size() <= 1);
    return answers.empty() ? EngineCluster::Told{} : answers.front();
}

std::string refusal(EngineCluster& cluster, std::uint16_t node,
                    const std::vector<std::uint16_t>& off) {
    const auto answer = told(cluster, node, cluster.ask(node, without(off)));
    CHECK_FALSE(answer.ok);
    return answer.text;
}

/// Asks, waits for the answer, and wants it to be a yes.
void recover(EngineCluster& cluster, std::uint16_t node, const std::vector<std::uint16_t>& off) {
    const auto asked = cluster.ask(node, without(off));
    REQUIRE(cluster.run_until([&] { return !cluster.answers(node, asked).empty(); }, 5s));
    const auto answer = told(cluster, node, asked);
    REQUIRE_MESSAGE(answer.ok, answer.text);
    CHECK(has(answer.text, "goes on alone"));
}

/// The others are gone, and their silence counts.
void lose(EngineCluster& cluster, const std::vector<std::uint16_t>& nodes) {
    for (const auto node : nodes) cluster.power_off(node);
    cluster.run_for(k_quiet);
}

const model::GroupRecord& group_of(EngineCluster& cluster, std::uint16_t node) {
    return cluster.engine(node).state().groups.at(GroupId{1});
}

/// Everybody is a voter, and nothing is left of the recovery.
bool is_whole(EngineCluster& cluster, std::uint16_t nodes) {
    for (std::uint16_t n = 1; n <= nodes; n++) {
        if (!cluster.is_running(n)) return false;
        const auto status = cluster.status(n);
        const auto voters = static_cast<std::size_t>(nodes);
        if (status.voters.size() != voters || !status.forked.empty() || !status.is_voter ||
            !status.state.fork_risk.empty() || !status.waits_for.empty())
            return false;
    }
    return true;
}

/// Until it is whole again; says whether the group was ever active on two nodes.
bool had_two_owners_until_whole(EngineCluster& cluster, std::uint16_t nodes) {
    bool were_two = false;
    const auto is_done = cluster.run_until([&] {
        were_two |= cluster.place_of(1) == 99;
        return is_whole(cluster, nodes);
    }, 40s);
    CHECK(is_done.has_value());
    return were_two;
}

}  // namespace

TEST_CASE("D4: recover is refused while it is not what is left to do, and says what is wrong") {
    EngineCluster cluster(4);
    begin_one_group(cluster, {2, 1, 3, 4});
    CHECK(has(refusal(cluster, 1, {2, 3, 4}), "the cluster has a quorum, led by node n1"));
    CHECK(has(refusal(cluster, 3, {1, 2, 4}), "the cluster has a quorum, led by node n1"));
    cluster.power_off(3);
    cluster.power_off(4);
    cluster.run_for(k_quiet);
    CHECK(cluster.place_of(1) == 0);
    CHECK(has(refusal(cluster, 1, {2, 3, 4}), "node n2 is heard: it is not off"));
    cluster.power_off(2);
    cluster.run_for(2s);
    CHECK(has(refusal(cluster, 1, {2, 3, 4}), "node n2 was heard a moment ago"));
    CHECK(has(refusal(cluster, 1, {2, 3, 4}), "ask again in"));
    cluster.run_for(5s);
    CHECK(has(refusal(cluster, 1, {2}), "not named as off: n3, n4;"));
    CHECK(has(refusal(cluster, 1, {}), "not named as off: n2, n3, n4;"));
    CHECK(has(refusal(cluster, 1, {1, 2, 3, 4}), "node n1 is this node itself"));
    CHECK(has(refusal(cluster, 1, {2, 3, 4, 9}), "node 9 is not configured"));
    // None of these was more than words.
    CHECK(cluster.status(1).voters.size() == 4);
    CHECK(cluster.status(1).state.view_marks.empty());
    recover(cluster, 1, {4, 2, 3, 2});
    CHECK(has(refusal(cluster, 1, {2, 3, 4}), "the cluster has a quorum, led by node n1"));
}

TEST_CASE("D4: who is a voter and not configured any more is named as well: it may still vote") {
    EngineCluster cluster(4);
    begin_one_group(cluster, {2, 1, 3, 4});
    // What takes node 4 out stands in the log of node 1, and is agreed on by nobody.
    cluster.cut_off(1);
    engine::SpecApply change{cluster.engine(1).state().spec};
    std::erase_if(change.spec.nodes, [](const auto& node) { return node.id == NodeId{4}; });
    std::erase(change.spec.groups.at(0).policy, NodeId{4});
    cluster.ask(1, change);
    cluster.run_for(k_quiet);
    for (std::uint16_t node : {2, 3, 4}) cluster.power_off(node);
    CHECK(has(refusal(cluster, 1, {2, 3}), "not named as off: node 4, which is not configured"));
    CHECK(has(refusal(cluster, 1, {2, 3}), "name it by its number, 4"));
    CHECK(has(refusal(cluster, 1, {2, 3, 4, 5}), "node 5 is not configured"));
    recover(cluster, 1, {2, 3, 4});
    CHECK(cluster.engine(1).state().spec.nodes.size() == 3);
    CHECK(cluster.run_until([&] { return cluster.place_of(1) == 1; }, 5s));
    // The two that stay come back, and nothing waits for the third.
    cluster.heal();
    cluster.replace_store(2);
    cluster.replace_store(3);
    cluster.start(2);
    cluster.start(3);
    CHECK(cluster.run_until([&] {
        const auto status = cluster.status(1);
        return status.voters.size() == 3 && status.state.fork_risk.empty();
    }, 40s));
}

TEST_CASE("D4: who has only just begun to listen does not know who is off") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {2, 1, 3});
    lose(cluster, {1, 2, 3});
    cluster.start(1);
    cluster.run_for(1s);
    CHECK(has(refusal(cluster, 1, {2, 3}), "this daemon was started a moment ago"));
    cluster.run_for(k_quiet);
    CHECK(cluster.place_of(1) == 0);
    recover(cluster, 1, {2, 3});
    CHECK(cluster.run_until([&] { return cluster.place_of(1) == 1; }, 5s));
}

TEST_CASE("D4: a node without a cluster, or with a failed store, has nothing to go on with") {
    EngineCluster cluster(2);
    cluster.spec.groups.push_back(EngineCluster::group(1, {1, 2}));
    cluster.start(1);
    cluster.run_for(k_quiet);
    CHECK(has(refusal(cluster, 1, {2}), "belongs to no cluster"));
    cluster.start(2);
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) != 0; }));
    cluster.power_off(2);
    cluster.run_for(k_quiet);
    const auto voters = cluster.status(1).voters.size();
    cluster.fail_disk(1);
    const auto asked = cluster.ask(1, without({2}));
    REQUIRE(cluster.run_until([&] { return !cluster.answers(1, asked).empty(); }, 5s));
    CHECK_FALSE(told(cluster, 1, asked).ok);
    CHECK(has(told(cluster, 1, asked).text, "the store of this node failed"));
    CHECK(has(refusal(cluster, 1, {2}), "the store of this node failed"));
    cluster.run_for(5s);
    CHECK(cluster.place_of(1) == 0);
    CHECK(voters == 2);
}

TEST_CASE("D4: one of 2 to 7 goes on, and the others come back with empty stores and join") {
    for (std::uint16_t nodes = 2; nodes <= 7; nodes++) {
        CAPTURE(nodes);
        EngineCluster cluster(nodes);
        // The one that goes on follows, and the group ran elsewhere.
        const auto lone = nodes;
        cluster.spec.groups.push_back(EngineCluster::group(1, {1, lone}));
        cluster.start_all();
        REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 1; }));
        cluster.run_for(6s);
        const auto others = all_but(nodes, lone);
        const auto term = cluster.status(lone).term;
        const auto incarnation = group_of(cluster, lone).epoch.incarnation;
        const auto store = cluster.disk(lone).store;
        lose(cluster, others);
        CHECK(cluster.place_of(1) == 0);
        recover(cluster, lone, others);
        REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == lone; }, 5s));
        CHECK(cluster.disk(lone).store != store);
        CHECK(cluster.status(lone).term.value >= term.value + 1000);
        CHECK(group_of(cluster, lone).epoch.incarnation.value > incarnation.value + 1000);
        CHECK(cluster.status(lone).voters == std::vector{NodeId{lone}});
        CHECK(cluster.status(lone).state.fork_risk.size() == nodes - 1u);
        for (const auto node : others) {
            cluster.replace_store(node);
            cluster.start(node);
        }
        CHECK_FALSE(had_two_owners_until_whole(cluster, nodes));
        CHECK(cluster.place_of(1) == lone);
        CHECK(cluster.count(EventKind::registry_forked) == 0);
        for (const auto node : others)
            CHECK(cluster.count(EventKind::fork_risk_over, "node n" + std::to_string(node)) ==
                  nodes);
    }
}

TEST_CASE("D4: the fork risk of a node ends when it is taken out of the configuration, too") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {1, 2, 3});
    lose(cluster, {2, 3});
    recover(cluster, 1, {2, 3});
    auto spec = cluster.engine(1).state().spec;
    std::erase_if(spec.nodes, [](const auto& node) { return node.id == NodeId{3}; });
    for (auto& group : spec.groups) std::erase(group.policy, NodeId{3});
    const auto asked = cluster.ask(1, engine::SpecApply{spec, {}, true});
    REQUIRE(cluster.run_until([&] { return !cluster.answers(1, asked).empty(); }, 5s));
    CHECK_MESSAGE(told(cluster, 1, asked).ok, told(cluster, 1, asked).text);
    CHECK(cluster.status(1).state.fork_risk == std::set{NodeId{2}});
}

TEST_CASE("D4: old stores that come back in contact with it are made anew, and never act") {
    for (std::uint16_t nodes = 2; nodes <= 5; nodes++) {
        CAPTURE(nodes);
        EngineCluster cluster(nodes);
        begin_one_group(cluster, {2, 1});
        const auto others = all_but(nodes, 1);
        lose(cluster, others);
        recover(cluster, 1, others);
        REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 1; }, 5s));
        std::map<std::uint16_t, StoreId> stores;
        for (const auto node : others) stores[node] = cluster.disk(node).store;
        for (const auto node : others) cluster.start(node);
        CHECK_FALSE(had_two_owners_until_whole(cluster, nodes));
        CHECK(cluster.place_of(1) == 1);
        for (const auto node : others) {
            CHECK(cluster.disk(node).store != stores[node]);
            // What it had is saved, for whoever wants to know what was lost.
            REQUIRE(cluster.forks(node).size() == 1);
            CHECK(cluster.forks(node).front().ours.empty());
            CHECK(cluster.forks(node).front().theirs.back().is_recovery);
        }
        CHECK(cluster.forks(1).empty());
    }
}

TEST_CASE("D4: what the majority agreed on behind its back is given up for it, and saved") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {2, 1, 3});
    // The two decide something that node 1 does not hear of, and lose power before they have
    // anything else; then node 2 knows what it has stored, and not that it was agreed on.
    cluster.cut_off(1);
    cluster.run_for(2s);
    cluster.ask(2, engine::GroupStop{GroupId{1}});
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 0; }, 5s));
    lose(cluster, {2, 3});
    cluster.heal();
    recover(cluster, 1, {2, 3});
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 1; }, 5s));
    cluster.start(2);
    REQUIRE(cluster.run_until([&] { return cluster.status(2).voters.size() == 2; }, 20s));
    CHECK(cluster.place_of(1) == 1);
    REQUIRE(cluster.forks(2).size() == 1);
    CHECK(cluster.forks(2).front().state.groups.at(GroupId{1}).goal == model::Goal::offline);
    CHECK(cluster.status(1).state.fork_risk == std::set{NodeId{3}});
    CHECK(cluster.status(2).is_voter);
}

TEST_CASE("F7: the old majority that meets without it is another history; the recovered one wins") {
    for (const std::uint16_t nodes : {3, 5}) {
        CAPTURE(nodes);
        EngineCluster cluster(nodes);
        begin_one_group(cluster, {2, 1});
        const auto others = all_but(nodes, 1);
        lose(cluster, others);
        recover(cluster, 1, others);
        REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 1; }, 5s));
        const auto epoch = group_of(cluster, 1).epoch;
        // Somebody breaks the promise: they have a quorum of what they know.
        cluster.cut_off(1);
        for (const auto node : others) cluster.start(node);
        REQUIRE(cluster.run_until([&] { return cluster.is_online(1, 2); }, 20s));
        CHECK(cluster.place_of(1) == 99);
        const auto theirs = group_of(cluster, 2).epoch;
        CHECK(epoch > theirs);
        CHECK(cluster.status(1).term > cluster.status(2).term);
        cluster.heal();
        // Found by both sides, and over within the time of one lost contact.
        REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 1; }, 3s));
        CHECK(cluster.count(EventKind::registry_forked) >= nodes - 1u);
        CHECK(cluster.count(EventKind::registry_forked, "node n1", {"kept", "theirs"}) > 0);
        (void)had_two_owners_until_whole(cluster, nodes);
        CHECK(cluster.place_of(1) == 1);
        CHECK(group_of(cluster, 2).epoch == epoch);
        for (const auto node : others) CHECK(cluster.forks(node).size() == 1);
    }
}

TEST_CASE("F7: who hears the recovered one only through another follows as soon as it can") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {2, 1, 3});
    lose(cluster, {2, 3});
    recover(cluster, 1, {2, 3});
    cluster.cut(1, 3);
    cluster.cut(3, 1);
    cluster.start(2);
    cluster.start(3);
    cluster.run_for(10s);
    // Node 3 has nobody with whom it could go on with the old history.
    CHECK(cluster.place_of(1) == 1);
    CHECK(cluster.status(3).leader != NodeId{3});
    CHECK_FALSE(cluster.status(3).waits_for.empty());
    cluster.heal();
    CHECK_FALSE(had_two_owners_until_whole(cluster, 3));
}

TEST_CASE("F7: two recoveries are two histories, and one of them wins on both") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {2, 1, 3});
    lose(cluster, {1, 2, 3});
    cluster.start(3);
    cluster.run_for(k_quiet);
    recover(cluster, 3, {1, 2});
    cluster.power_off(3);
    cluster.start(1);
    cluster.run_for(k_quiet);
    recover(cluster, 1, {2, 3});
    cluster.start(2);
    cluster.start(3);
    CHECK_FALSE(had_two_owners_until_whole(cluster, 3));
    const auto& marks = cluster.status(1).state.view_marks;
    REQUIRE(marks.size() == 1);
    CHECK(cluster.status(3).state.view_marks == marks);
    CHECK(cluster.status(2).state.view_marks == marks);
}

TEST_CASE("D4: power that fails at the step leaves the old store whole, or the new one") {
    std::size_t undone = 0;
    std::size_t done = 0;
    for (Duration after = 0ms; after <= 130ms; after += 5ms) {
        CAPTURE(after.count());
        EngineCluster cluster(3);
        begin_one_group(cluster, {2, 1, 3});
        lose(cluster, {2, 3});
        const auto store = cluster.disk(1).store;
        const auto calls = cluster.count_calls(1);
        cluster.set_disk(1, 50ms);
        const auto asked = cluster.ask(1, without({2, 3}));
        cluster.run_for(after);
        const bool is_durable = cluster.disk(1).store != store;
        // Until it is durable nobody was told so, and nothing was done by it.
        if (!is_durable) {
            CHECK(cluster.answers(1, asked).empty());
            CHECK(cluster.count_calls(1) == calls);
            CHECK_FALSE(cluster.status(1).is_lease_held);
            CHECK(cluster.disk(1).term.value < 1000);
        } else {
            CHECK(cluster.disk(1).term.value >= 1000);
        }
        (is_durable ? done : undone)++;
        cluster.power_off(1);
        cluster.set_disk(1, 1ms);
        cluster.start(1);
        cluster.run_for(7s);  // the startup wait is over
        CHECK((cluster.place_of(1) == 1) == is_durable);
        CHECK(cluster.status(1).state.fork_risk.size() == (is_durable ? 2 : 0));
        if (is_durable) continue;
        recover(cluster, 1, {2, 3});
        CHECK(cluster.run_until([&] { return cluster.place_of(1) == 1; }, 5s));
    }
    CHECK(undone >= 8);
    CHECK(done >= 8);
}

TEST_CASE("D4: what ran here and may have been given away is started under a higher incarnation") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {1, 2, 3});
    const auto before = group_of(cluster, 1).epoch;
    cluster.cut_off(1);
    REQUIRE(cluster.run_until([&] { return cluster.is_online(1, 2); }, 10s));
    const auto theirs = group_of(cluster, 2).epoch;
    REQUIRE(theirs > before);
    lose(cluster, {2, 3});
    CHECK(group_of(cluster, 1).epoch == before);
    recover(cluster, 1, {2, 3});
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 1; }, 5s));
    CHECK(group_of(cluster, 1).epoch.incarnation.value > before.incarnation.value + 1000);
    CHECK(group_of(cluster, 1).epoch > theirs);
}

TEST_CASE("D4: after a cold start the whole log counts, agreed on or not") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {2, 1, 3});
    // Node 2 is started anew, and everything after the founding is in nobody's snapshot.
    cluster.power_off(2);
    cluster.run_for(3s);
    cluster.start(2);
    cluster.run_for(8s);
    REQUIRE(cluster.place_of(1) != 0);
    cluster.ask(1, engine::GroupMove{GroupId{1}, NodeId{2}, {}, false});
    REQUIRE(cluster.run_until([&] { return cluster.is_online(1, 2); }, 10s));
    const auto incarnation = group_of(cluster, 1).epoch.incarnation;
    lose(cluster, {1, 2, 3});
    cluster.start(1);
    cluster.run_for(k_quiet);
    REQUIRE(group_of(cluster, 1).epoch.incarnation < incarnation);
    recover(cluster, 1, {2, 3});
    // Nobody holds it any more, the newest start of its owner is confirmed off.
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 1; }, 5s));
    CHECK(group_of(cluster, 1).epoch.incarnation.value > incarnation.value + 1000);
}

TEST_CASE("D4: freeze: what runs on without a quorum runs on through a recovery") {
    EngineCluster cluster(3);
    cluster.spec.quorum_loss = model::QuorumLoss::freeze;
    begin_one_group(cluster, {1, 2, 3});
    lose(cluster, {2, 3});
    REQUIRE(cluster.place_of(1) == 1);
    const auto calls = cluster.count_calls(1);
    const auto epoch = group_of(cluster, 1).epoch;
    recover(cluster, 1, {2, 3});
    cluster.run_for(3s);
    CHECK(cluster.place_of(1) == 1);
    CHECK(cluster.count_calls(1) == calls);
    CHECK(group_of(cluster, 1).epoch == epoch);
    CHECK(group_of(cluster, 1).incarnation_floor.value >= epoch.incarnation.value + 1000);
}

TEST_CASE("D4: what requires fencing is released by the operator's word") {
    EngineCluster cluster(3);
    cluster.spec.groups.push_back(EngineCluster::group(1, {2, 1, 3}));
    cluster.spec.groups[0].resources[0].requirement = model::Requirement::fencing;
    cluster.start_all();
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 2; }));
    cluster.run_for(6s);
    lose(cluster, {2, 3});
    recover(cluster, 1, {2, 3});
    CHECK(cluster.run_until([&] { return cluster.place_of(1) == 1; }, 5s));
    CHECK(cluster.count(EventKind::node_fenced, "node n2") == 1);
}

TEST_CASE("F9: a store that forgot something, and the rest is gone: it goes on as another store") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {2, 1, 3});
    cluster.power_off(1);
    const auto old = cluster.disk(1);
    cluster.start(1);
    cluster.run_for(2s);
    REQUIRE(cluster.disk(1).counter > old.counter + 1);
    cluster.power_off(1);
    cluster.disk(1) = old;
    cluster.disk(1).start = StartNumber{old.start.value + 1};
    // Only node 3 knows what node 1 had promised.
    cluster.power_off(2);
    cluster.start(1);
    REQUIRE(cluster.run_until([&] { return cluster.status(1).is_store_lost; }, 5s));
    CHECK_FALSE(cluster.status(1).is_voter);
    lose(cluster, {3});
    recover(cluster, 1, {2, 3});
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 1; }, 5s));
    CHECK(cluster.status(1).is_voter);
    CHECK_FALSE(cluster.status(1).is_store_lost);
    cluster.start(2);
    cluster.start(3);
    CHECK_FALSE(had_two_owners_until_whole(cluster, 3));
}

TEST_CASE("D4: the recovered node may be lost again, and the next one recovers from it") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {1, 2, 3});
    lose(cluster, {2, 3});
    recover(cluster, 1, {2, 3});
    cluster.replace_store(2);
    cluster.start(2);
    REQUIRE(cluster.run_until([&] { return cluster.status(2).voters.size() == 2; }, 20s));
    const auto term = cluster.status(2).term;
    lose(cluster, {1});
    recover(cluster, 2, {1, 3});
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 2; }, 5s));
    CHECK(cluster.status(2).term.value >= term.value + 1000);
    // One comes back with the history before both, one with the one between them.
    cluster.start(3);
    cluster.start(1);
    CHECK_FALSE(had_two_owners_until_whole(cluster, 3));
    CHECK(cluster.status(3).state.view_marks.size() == 2);
}
