// What a node without a quorum does, and who may take over from it (safety.md F13; cluster.md 3).
#include <doctest/doctest.h>

#include "cluster.hpp"

using namespace ha;
using model::QuorumLoss;
using test::EngineCluster;
using test::begin_one_group;
using test::has;

namespace quorum_loss_cases {
namespace {

void set_loss(EngineCluster& cluster, std::uint16_t node, QuorumLoss loss) {
    auto spec = cluster.engine(node).state().spec;
    spec.quorum_loss = loss;
    cluster.ask(node, engine::SpecApply{spec});
    cluster.run_for(1s);
}

std::string reason_of(const EngineCluster& cluster, std::uint16_t node) {
    const auto status = cluster.status(node);
    return placement::explain(status.state, status.view, GroupId{1}).reason;
}

}  // namespace

TEST_CASE("F13: freeze and ignore keep what runs on a node without a quorum; nobody takes over") {
    for (const auto loss : {QuorumLoss::freeze, QuorumLoss::ignore}) {
        CAPTURE(model::to_string(loss));
        EngineCluster cluster(3);
        cluster.spec.quorum_loss = loss;
        begin_one_group(cluster, {3, 2, 1});
        cluster.cut_off(3);
        bool were_two = false;
        (void)cluster.run_until([&] {
            were_two |= cluster.place_of(1) != 3;
            return false;
        }, 20s);
        CHECK_FALSE(were_two);
        CHECK(has(reason_of(cluster, 1), "goes on without a quorum"));
        CHECK(cluster.status(1).waits_for_nodes == std::vector{NodeId{3}});
        cluster.heal();
        cluster.run_for(5s);
        CHECK(cluster.place_of(1) != 0);
        CHECK(cluster.place_of(1) != 99);
    }
}

TEST_CASE("F13: freeze: a restart in place that an operator asks for is refused, ignore does it") {
    for (const auto loss : {QuorumLoss::freeze, QuorumLoss::ignore}) {
        CAPTURE(model::to_string(loss));
        EngineCluster cluster(3);
        cluster.spec.quorum_loss = loss;
        begin_one_group(cluster, {3, 2, 1});
        cluster.cut_off(3);
        cluster.run_for(3s);
        const auto asked = cluster.ask(3, engine::ResourceRestart{GroupId{1}, {}});
        cluster.run_for(1s);
        REQUIRE(cluster.answers(3, asked).size() == 1);
        CHECK(cluster.answers(3, asked).front().ok == (loss == QuorumLoss::ignore));
        CHECK(cluster.count_starts(1) == (loss == QuorumLoss::ignore ? 2 : 1));
        CHECK(cluster.place_of(1) == 3);
    }
}

TEST_CASE("F13: a node that missed the end of freeze is not taken over from by time") {
    EngineCluster cluster(3);
    cluster.spec.quorum_loss = QuorumLoss::freeze;
    begin_one_group(cluster, {3, 2, 1});
    cluster.cut_off(3);
    cluster.run_for(3s);
    set_loss(cluster, 1, QuorumLoss::stop);
    REQUIRE(cluster.engine(1).state().spec.quorum_loss == QuorumLoss::stop);
    cluster.run_for(20s);
    CHECK(cluster.place_of(1) == 3);  // it still runs there, and has not heard of the end
    CHECK(cluster.engine(1).state().unbound.contains(NodeId{3}));
    CHECK_FALSE(cluster.engine(1).state().unbound.contains(NodeId{2}));
    cluster.heal();
    REQUIRE(cluster.run_until(
        [&] { return cluster.engine(1).state().unbound.empty(); }, 10s));
    cluster.run_for(3s);
    const auto place = cluster.place_of(1);
    REQUIRE(place != 0);
    REQUIRE(place != 99);
    // Now it is bound: the end of its lease counts again.
    if (place == 3) {
        cluster.cut_off(3);
        CHECK(cluster.run_until([&] { return cluster.place_of(1) != 3; }, 5s));
    }
}

TEST_CASE("F13: an operator's word, or another boot, releases what such a node ran") {
    EngineCluster cluster(3);
    cluster.spec.quorum_loss = QuorumLoss::freeze;
    begin_one_group(cluster, {3, 2, 1});
    cluster.power_off(3);
    cluster.run_for(10s);
    CHECK(cluster.place_of(1) == 0);
    cluster.start(3);
    CHECK(cluster.run_until([&] { return cluster.place_of(1) != 0; }, 10s));
}

TEST_CASE("cluster.md 3: stop: a partition decided against a node ends as its configuration says") {
    using Action = model::PartitionAction;
    using Deeds = std::vector<model::FinalAction>;
    const std::pair<Action, Deeds> all[] = {
        {Action::stop_groups, {}},
        {Action::stop_node_service, {model::FinalAction::stop_node_service}},
        {Action::reboot, {model::FinalAction::reboot}},
        {Action::poweroff, {model::FinalAction::poweroff}},
    };
    for (const auto& [action, deeds] : all) {
        CAPTURE(model::to_string(action));
        EngineCluster cluster(3);
        cluster.spec.partition_action = action;
        begin_one_group(cluster, {3, 2, 1});
        cluster.cut_off(3);
        cluster.run_for(5s);
        CHECK(cluster.node_actions(3) == deeds);
        CHECK(cluster.node_actions(1).empty());
        CHECK(cluster.count(EventKind::partition_lost, "node n3") == 1);
        CHECK(cluster.place_of(1) == 2);
    }
}

TEST_CASE("pains 13: the survivors of a node that lost power do nothing to themselves") {
    EngineCluster cluster(3);
    cluster.spec.partition_action = model::PartitionAction::reboot;
    begin_one_group(cluster, {3, 2, 1});
    cluster.power_off(3);
    cluster.run_for(10s);
    CHECK(cluster.node_actions(1).empty());
    CHECK(cluster.node_actions(2).empty());
    CHECK(cluster.count(EventKind::partition_lost) == 0);
}

}  // namespace quorum_loss_cases
