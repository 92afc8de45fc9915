// Stories of what once went wrong between the engine's parts: each is an incident that must not
// come back.
#include <doctest/doctest.h>

#include "cluster.hpp"

using namespace ha;
using test::EngineCluster;

using test::mode_of;

namespace {

/// Three nodes, founded, a group of each policy online where the policy begins.
void begin(EngineCluster& cluster, std::vector<std::vector<std::uint16_t>> policies) {
    std::uint32_t number = 0;
    for (auto& policy : policies)
        cluster.spec.groups.push_back(EngineCluster::group(++number, policy));
    cluster.start_all();
    REQUIRE(cluster.run_until([&] {
        for (std::uint32_t g = 1; g <= number; g++)
            if (cluster.place_of(g) != policies[g - 1].front()) return false;
        return cluster.leader() != 0;
    }));
    cluster.run_for(6s);  // the startup wait is over
}

NodeId owner_of(const EngineCluster& cluster, std::uint16_t seen_by, std::uint32_t group) {
    return cluster.engine(seen_by).state().groups.at(GroupId{group}).owner;
}

}  // namespace

TEST_CASE("a group that was asked to another node is not taken back by automatic failback") {
    EngineCluster cluster(3);
    cluster.spec.groups.push_back(EngineCluster::group(1, {1, 2, 3}));
    cluster.spec.groups.front().failback = model::Failback::automatic;
    cluster.start_all();
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 1; }));
    const auto asked = cluster.ask(3, engine::GroupMove{GroupId{1}, NodeId{2}});
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 2; }, 3s));
    cluster.run_for(20s);
    CHECK(cluster.place_of(1) == 2);
    CHECK(cluster.count_starts(1) == 2);
    REQUIRE(cluster.answers(3, asked).size() == 1);
    CHECK(cluster.answers(3, asked).front().ok);
}

TEST_CASE("a move to the next node of the policy stays there as well") {
    EngineCluster cluster(3);
    cluster.spec.groups.push_back(EngineCluster::group(1, {1, 2, 3}));
    cluster.spec.groups.front().failback = model::Failback::automatic;
    cluster.start_all();
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 1; }));
    cluster.ask(1, engine::GroupMove{GroupId{1}, NodeId{}});
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 2; }, 3s));
    cluster.run_for(20s);
    CHECK(cluster.place_of(1) == 2);
}

TEST_CASE("F11: a node that left without stopping a group is declared down, and the group goes "
          "on") {
    EngineCluster cluster(3);
    begin(cluster, {{1, 2, 3}});
    cluster.is_stop_failing = true;
    cluster.leave(1);
    REQUIRE(cluster.run_until([&] { return cluster.is_stopped(1); }));
    cluster.is_stop_failing = false;
    CHECK(cluster.run_until([&] { return cluster.place_of(1) == 2; }, 10s));
}

TEST_CASE("a group that is wanted offline is released when the lease of its lost owner is over") {
    EngineCluster cluster(3);
    begin(cluster, {{1, 2, 3}});
    cluster.power_off(1);
    cluster.run_for(100ms);
    cluster.ask(2, engine::GroupStop{GroupId{1}});
    REQUIRE(cluster.run_until([&] { return cluster.leader() != 0; }));
    CHECK(cluster.run_until([&] {
        return cluster.leader() != 0 && !owner_of(cluster, cluster.leader(), 1);
    }, 10s));
    CHECK(cluster.place_of(1) == 0);
}

TEST_CASE("a request whose answer is lost is asked again, answered once, and done once") {
    EngineCluster cluster(3);
    begin(cluster, {{1, 2, 3}});
    REQUIRE(cluster.leader() == 1);
    // Nothing of the leader reaches node 2 while the request is carried out.
    const auto from = cluster.now();
    cluster.drops = [&](std::uint16_t sender, std::uint16_t to, std::size_t) {
        return sender == 1 && to == 2 && cluster.now() - from < 300ms;
    };
    const auto asked = cluster.ask(2, engine::GroupMove{GroupId{1}, NodeId{}});
    REQUIRE(cluster.run_until([&] { return !cluster.answers(2, asked).empty(); }, 5s));
    CHECK(cluster.answers(2, asked).front().ok);
    cluster.run_for(20s);
    CHECK(cluster.answers(2, asked).size() == 1);
    CHECK(cluster.place_of(1) == 2);
    CHECK(cluster.count_starts(1) == 2);
}

TEST_CASE("a request that is lost on its way is asked again") {
    EngineCluster cluster(3);
    begin(cluster, {{1, 2, 3}});
    REQUIRE(cluster.leader() == 1);
    const auto from = cluster.now();
    cluster.drops = [&](std::uint16_t sender, std::uint16_t to, std::size_t) {
        return sender == 2 && to == 1 && cluster.now() - from < 300ms;
    };
    const auto asked = cluster.ask(2, engine::GroupStop{GroupId{1}});
    REQUIRE(cluster.run_until([&] { return !cluster.answers(2, asked).empty(); }, 5s));
    CHECK(cluster.answers(2, asked).front().ok);
    CHECK(cluster.run_until([&] { return cluster.place_of(1) == 0; }, 3s));
}

TEST_CASE("a restarted node is not given the answer to a request of its earlier start") {
    EngineCluster cluster(3);
    begin(cluster, {{1, 2, 3}, {3, 2, 1}});
    REQUIRE(cluster.leader() == 1);
    for (std::uint16_t n = 1; n <= 3; n++) cluster.set_disk(n, 150ms);
    cluster.ask(2, engine::GroupStop{GroupId{1}});
    cluster.run_for(10ms);
    cluster.kill(2);
    cluster.set_disk(2, 1ms);
    cluster.start(2);
    cluster.run_for(60ms);
    const auto asked = cluster.ask(2, engine::GroupStop{GroupId{2}});
    REQUIRE(asked == 1);
    REQUIRE(cluster.run_until([&] { return !cluster.answers(2, asked).empty(); }));
    CHECK(cluster.answers(2, asked).front().text == "group g2 is to be offline");
    CHECK(cluster.run_until([&] { return cluster.place_of(2) == 0; }, 10s));
}

TEST_CASE("requests are answered once even when the leader dies over them") {
    EngineCluster cluster(3);
    begin(cluster, {{3, 2, 1}});
    REQUIRE(cluster.leader() == 1);
    std::vector<std::uint64_t> asked;
    for (int n = 0; n < 10; n++) asked.push_back(cluster.ask(2, engine::GroupStop{GroupId{1}}));
    cluster.run_for(3ms);
    cluster.power_off(1);
    cluster.run_for(20s);
    for (auto id : asked) {
        REQUIRE(cluster.answers(2, id).size() == 1);
        CHECK(cluster.answers(2, id).front().ok);
    }
    CHECK(cluster.place_of(1) == 0);
}

TEST_CASE("a restart in place that cannot be done is refused, not promised") {
    EngineCluster cluster(3);
    begin(cluster, {{1, 2, 3}});
    cluster.is_stop_failing = true;
    cluster.ask(1, engine::GroupStop{GroupId{1}});
    cluster.run_for(1s);
    cluster.is_stop_failing = false;
    cluster.ask(1, engine::GroupStop{GroupId{1}});
    REQUIRE(cluster.run_until([&] { return !owner_of(cluster, 1, 1); }, 10s));
    for (std::uint16_t node : {1, 2}) {
        const auto asked = cluster.ask(node, engine::ResourceRestart{GroupId{1}, {}});
        cluster.run_for(1s);
        REQUIRE(cluster.answers(node, asked).size() == 1);
        CHECK_FALSE(cluster.answers(node, asked).front().ok);
    }
    const auto asked = cluster.ask(2, engine::ResourceRestart{GroupId{7}, {}});
    REQUIRE(cluster.answers(2, asked).size() == 1);
    CHECK_FALSE(cluster.answers(2, asked).front().ok);
}

TEST_CASE("a leader that hands leadership over does not spin while it waits") {
    EngineCluster cluster(3);
    begin(cluster, {{3, 2, 1}});
    REQUIRE(cluster.leader() == 1);
    cluster.run_for(1s);
    cluster.set_disk(2, 400ms);
    cluster.set_disk(3, 400ms);
    const auto before = cluster.steps(1);
    cluster.leave(1);
    REQUIRE(cluster.run_until([&] { return cluster.is_stopped(1); }));
    CHECK(cluster.steps(1) - before < 1500);
}

TEST_CASE("a node whose store failed still leaves in order, and its group moves") {
    EngineCluster cluster(3);
    begin(cluster, {{2, 3, 1}});
    cluster.fail_disk(2);
    cluster.ask(1, engine::MonitorPause{MonitorId{9}, true});
    cluster.ask(1, mode_of(NodeId{3}, true));
    cluster.ask(1, mode_of(NodeId{3}, false));
    REQUIRE(cluster.run_until([&] { return cluster.count(EventKind::store_failed) == 1; }));
    CHECK(cluster.place_of(1) == 2);
    cluster.leave(2);
    const auto took = cluster.run_until([&] { return cluster.is_stopped(2); });
    REQUIRE(took);
    CHECK(*took < 8s);
    cluster.run_for(2s);
    const auto& state = cluster.engine(1).state();
    INFO("group: ", state.groups.at(GroupId{1}).reason, "; node: ",
         state.nodes.at(NodeId{2}).reason, "; place ", cluster.place_of(1), "; leader ",
         cluster.leader());
    CHECK(cluster.place_of(1) == 3);
}

TEST_CASE("what a follower has asked of a disk that hangs is bounded") {
    EngineCluster cluster(3);
    begin(cluster, {{1, 2, 3}});
    REQUIRE(cluster.leader() == 1);
    cluster.set_disk(3, 1h);
    for (int n = 0; n < 1800; n++) {
        cluster.ask(1, mode_of(NodeId{2}, n % 2 == 0));
        cluster.run_for(20ms);
    }
    CHECK(cluster.writes_waiting(3) <= 64);
    CHECK(cluster.place_of(1) == 1);
}

TEST_CASE("what waits for a node that was taken out of the configuration does not wait for ever") {
    EngineCluster cluster(4);
    cluster.spec.timing.lease = 4s;  // longer than the timeout: the down comes long before its end
    begin(cluster, {{4, 2, 1}});
    cluster.power_off(4);
    REQUIRE(cluster.run_until([&] { return cluster.count(EventKind::node_down) > 0; }, 3s));
    auto spec = cluster.engine(1).state().spec;
    spec.nodes.pop_back();
    spec.groups.front().policy = {NodeId{2}, NodeId{1}};
    const auto asked = cluster.ask(1, engine::SpecApply{spec});
    REQUIRE(cluster.run_until([&] { return !cluster.answers(1, asked).empty(); }, 2s));
    CHECK(cluster.answers(1, asked).front().text == "configuration 2 is in force");
    CHECK(cluster.place_of(1) == 0);
    CHECK(cluster.run_until([&] { return cluster.place_of(1) == 2; }, 10s));
}

TEST_CASE("a node of another cluster is refused, and that is told once and not each heartbeat") {
    EngineCluster cluster(2);
    begin(cluster, {});
    cluster.kill(2);
    cluster.run_for(2s);
    cluster.replace_store(2);
    cluster.cut_off(2);
    cluster.start(2);
    cluster.run_for(1s);
    const auto asked = cluster.ask(2, engine::ClusterInit{});
    REQUIRE(cluster.answers(2, asked).size() == 1);
    REQUIRE(cluster.answers(2, asked).front().ok);
    cluster.heal();
    cluster.run_for(30s);
    const auto told = cluster.count(EventKind::peer_refused);
    CHECK(told >= 2);
    CHECK(told <= 6);
}

TEST_CASE("nobody founds a second cluster beside one that is there") {
    EngineCluster cluster(3);
    begin(cluster, {{1, 2, 3}});
    cluster.kill(3);
    cluster.run_for(2s);
    cluster.replace_store(3);
    cluster.start(3);
    cluster.drops = [](std::uint16_t, std::uint16_t to, std::size_t size) {
        return to == 3 && size > 900;  // the document does not come through
    };
    cluster.run_for(500ms);
    const auto asked = cluster.ask(3, engine::ClusterInit{});
    REQUIRE(cluster.answers(3, asked).size() == 1);
    CHECK_FALSE(cluster.answers(3, asked).front().ok);
}

TEST_CASE("a move that is refused says what is wrong with the node that was asked for") {
    EngineCluster cluster(3);
    begin(cluster, {{1, 2}});
    const auto outside = cluster.ask(1, engine::GroupMove{GroupId{1}, NodeId{3}});
    cluster.ask(1, mode_of(NodeId{2}, true));
    cluster.run_for(1s);
    const auto closed = cluster.ask(2, engine::GroupMove{GroupId{1}, NodeId{2}});
    REQUIRE(cluster.run_until([&] { return !cluster.answers(2, closed).empty(); }));
    REQUIRE(cluster.answers(1, outside).size() == 1);
    CHECK(cluster.answers(1, outside).front().text ==
          "group g1 cannot move: node n3 is not in its policy: n1, n2");
    CHECK(cluster.answers(2, closed).front().text ==
          "group g1 cannot move: node n2 is in maintenance");
}
