// Orders of an operator to the service of one node or of all of them.
#include <doctest/doctest.h>

#include "cluster.hpp"
#include "engine/insight.hpp"

using namespace ha;
using test::EngineCluster;

namespace orders_cases {
namespace {

void begin_three_groups(EngineCluster& cluster) {
    for (std::uint16_t n = 1; n <= 3; n++) {
        const auto second = static_cast<std::uint16_t>(n % 3 + 1);
        const auto third = static_cast<std::uint16_t>(second % 3 + 1);
        cluster.spec.groups.push_back(EngineCluster::group(n, {n, second, third}));
    }
    cluster.start_all();
    REQUIRE(cluster.run_until([&] {
        return cluster.place_of(1) == 1 && cluster.place_of(2) == 2 && cluster.place_of(3) == 3;
    }));
    cluster.run_for(6s);
}

engine::ServiceOrder order_for(std::uint16_t node, std::uint16_t asked_at,
                               model::NodeOrder order = model::NodeOrder::stop) {
    engine::ServiceOrder out;
    out.node = NodeId{node};
    out.order = order;
    out.asked_at = NodeId{asked_at};
    out.reason = "tested";
    return out;
}

EngineCluster::Told told(EngineCluster& cluster, std::uint16_t node, std::uint64_t asked) {
    REQUIRE(cluster.run_until([&] { return !cluster.answers(node, asked).empty(); }));
    return cluster.answers(node, asked).front();
}

}  // namespace

TEST_CASE("G17, S31: a node that is told to stop hands over and is never declared down") {
    for (const std::uint16_t node : {1, 3}) {  // the leader, and another
        EngineCluster cluster(3);
        begin_three_groups(cluster);
        const auto asked = cluster.ask(2, order_for(node, 2));
        CHECK(told(cluster, 2, asked).ok);
        const auto took = cluster.run_until(
            [&] { return cluster.is_stopped(node) && cluster.place_of(node) != 0; }, 5s);
        REQUIRE(took);
        CHECK(cluster.place_of(node) != node);
        CHECK(cluster.count(EventKind::node_down) == 0);
        cluster.run_for(5s);
        CHECK(cluster.count(EventKind::node_down) == 0);
        CHECK(cluster.engine(2).state().nodes.at(NodeId{node}).status == model::NodeStatus::left);
        for (std::uint16_t n = 1; n <= 3; n++)
            CHECK(cluster.count_starts(n) == (n == node ? 2 : 1));
        cluster.start(node);
        REQUIRE(cluster.run_until([&] {
            const auto& record = cluster.engine(2).state().nodes.at(NodeId{node});
            return record.status == model::NodeStatus::up &&
                   record.order == model::NodeOrder::none;
        }));
    }
}

TEST_CASE("S55: all nodes are told to stop: groups stop, nothing moves, who asked leaves last") {
    for (const std::uint16_t asked_at : {1, 2, 3}) {
        EngineCluster cluster(3);
        begin_three_groups(cluster);
        const auto asked = cluster.ask(asked_at, order_for(0, asked_at));
        CHECK(told(cluster, asked_at, asked).ok);
        bool were_others_seen_gone = false;
        const auto took = cluster.run_until([&] {
            std::size_t gone = 0;
            for (std::uint16_t n = 1; n <= 3; n++) gone += cluster.is_stopped(n) ? 1 : 0;
            if (gone == 2 && cluster.is_running(asked_at)) {
                were_others_seen_gone = true;
                for (const auto& peer : cluster.status(asked_at).peers)
                    were_others_seen_gone = were_others_seen_gone && peer.has_left;
            }
            return gone == 3;
        }, 20s);
        REQUIRE(took);
        CHECK(*took < 4s);  // nobody waits for the time that handing over may take
        CHECK(were_others_seen_gone);
        CHECK(cluster.count(EventKind::node_down) == 0);
        for (std::uint16_t n = 1; n <= 3; n++) {
            CHECK(cluster.place_of(n) == 0);
            CHECK(cluster.count_starts(n) == 1);
        }
        cluster.start_all();
        CHECK(cluster.run_until([&] {
            return cluster.place_of(1) != 0 && cluster.place_of(2) != 0 && cluster.place_of(3) != 0;
        }));
    }
}

TEST_CASE("an order that would leave the others without a quorum has to be meant") {
    EngineCluster cluster(3);
    begin_three_groups(cluster);
    cluster.power_off(3);
    REQUIRE(cluster.run_until([&] { return cluster.place_of(3) == 1; }, 10s));
    auto order = order_for(2, 1);
    const auto refused = told(cluster, 1, cluster.ask(1, order));
    CHECK_FALSE(refused.ok);
    CHECK(refused.text.find("are no quorum and would stop their groups") != std::string::npos);
    CHECK_FALSE(told(cluster, 1, cluster.ask(1, order_for(3, 1))).ok);  // it is down
    order.may_lose_quorum = true;
    CHECK(told(cluster, 1, cluster.ask(1, order)).ok);
    CHECK(cluster.run_until([&] { return cluster.is_stopped(2); }, 10s));
    // All of them at once need no word about the quorum.
    EngineCluster other(3);
    begin_three_groups(other);
    other.power_off(3);
    REQUIRE(other.run_until([&] { return other.place_of(3) == 1; }, 10s));
    CHECK(told(other, 1, other.ask(1, order_for(0, 1))).ok);
    CHECK(other.run_until([&] { return other.is_stopped(1) && other.is_stopped(2); }, 10s));
}

TEST_CASE("an order outlives the leader that took it, and is about one start of a node") {
    EngineCluster cluster(3);
    begin_three_groups(cluster);
    cluster.is_stop_failing = true;  // handing over takes a while
    const auto asked = cluster.ask(2, order_for(3, 2));
    CHECK(told(cluster, 2, asked).ok);
    cluster.power_off(1);
    REQUIRE(cluster.run_until([&] { return cluster.leader() == 2 || cluster.leader() == 3; }, 5s));
    CHECK(cluster.engine(2).state().nodes.at(NodeId{3}).order == model::NodeOrder::stop);
    cluster.power_off(3);
    cluster.is_stop_failing = false;
    cluster.start(1);
    cluster.start(3);
    REQUIRE(cluster.run_until([&] {
        return cluster.engine(2).state().nodes.at(NodeId{3}).order == model::NodeOrder::none;
    }, 20s));
    cluster.run_for(10s);
    CHECK(cluster.is_running(3));
    CHECK_FALSE(cluster.is_stopped(3));
}

TEST_CASE("suspended: groups run on, nothing is placed or recovered, resuming makes up for it") {
    EngineCluster cluster(3);
    auto spec = EngineCluster::group(1, {3, 2, 1});
    cluster.spec.groups.push_back(spec);
    model::MonitorSpec monitor;
    monitor.id = MonitorId{1};
    monitor.name = "m1";
    monitor.type = "test";
    monitor.group = GroupId{1};
    monitor.timing = model::MonitorTiming::while_active;
    monitor.interval = monitor.timeout = 1000h;
    cluster.spec.monitors.push_back(monitor);
    cluster.start_all();
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 3; }));
    cluster.run_for(6s);
    const auto state_of = [&] {
        return cluster.status(3).services.at(NodeId{3}).monitors.front().state;
    };
    CHECK(state_of() != lifecycle::MonitorState::idle);
    const auto asked = cluster.ask(2, engine::ClusterSuspend{true});
    CHECK(told(cluster, 2, asked).ok);
    cluster.run_for(1s);
    CHECK(cluster.place_of(1) == 3);
    CHECK(state_of() == lifecycle::MonitorState::idle);
    for (const auto& body : std::vector<engine::RequestBody>{
             engine::GroupMove{GroupId{1}, NodeId{2}}, engine::GroupStop{GroupId{1}},
             engine::GroupStart{GroupId{1}, {}}, engine::ResourceRestart{GroupId{1}, {}}}) {
        const auto refused = told(cluster, 3, cluster.ask(3, body));
        CHECK_FALSE(refused.ok);
        CHECK(refused.text.find("resume it first") != std::string::npos);
    }
    cluster.power_off(1);  // the leader: the next one knows it too
    cluster.run_for(5s);
    cluster.power_off(3);
    cluster.start(1);
    cluster.run_for(10s);
    CHECK(cluster.engine(2).state().is_suspended);
    CHECK(cluster.engine(2).state().nodes.at(NodeId{3}).status == model::NodeStatus::down);
    CHECK(cluster.place_of(1) == 0);  // noted, and nothing done about it
    const auto resumed = cluster.ask(2, engine::ClusterSuspend{false});
    CHECK(told(cluster, 2, resumed).ok);
    CHECK(cluster.run_until([&] { return cluster.place_of(1) == 2; }, 5s));
}

TEST_CASE("F13: suspended: who is cut off has ended what it ran before it runs elsewhere") {
    EngineCluster cluster(3);
    cluster.spec.groups.push_back(EngineCluster::group(1, {3, 2, 1}));
    cluster.start_all();
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 3; }));
    cluster.run_for(6s);
    CHECK(told(cluster, 1, cluster.ask(1, engine::ClusterSuspend{true})).ok);
    cluster.run_for(1s);
    cluster.cut_off(3);
    cluster.run_for(5s);
    CHECK(told(cluster, 1, cluster.ask(1, engine::ClusterSuspend{false})).ok);
    bool were_there_two = false;
    CHECK(cluster.run_until([&] {
        were_there_two |= cluster.place_of(1) == 99;
        return cluster.place_of(1) == 2;
    }, 10s));
    CHECK_FALSE(were_there_two);
}

TEST_CASE("F22: suspended: nobody is fenced; what needs it is fenced for when it is resumed") {
    EngineCluster cluster(3);
    for (auto& node : cluster.spec.nodes) node.fences = {{"ipmi", "test", {}, 5s, 0, 2s, false}};
    cluster.spec.groups.push_back(EngineCluster::group(1, {3, 2, 1}));
    cluster.spec.groups[0].resources[0].requirement = model::Requirement::fencing;
    std::size_t shots = 0;
    cluster.fence_device = [&](std::uint16_t, const lifecycle::FenceOperation& call) {
        test::FenceDeed deed{100ms};
        deed.hits = call.action == lifecycle::FenceAction::off;
        shots += deed.hits ? 1 : 0;
        return deed;
    };
    cluster.start_all();
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 3; }));
    cluster.run_for(6s);
    CHECK(told(cluster, 1, cluster.ask(1, engine::ClusterSuspend{true})).ok);
    cluster.cut_off(3);
    cluster.run_for(20s);
    CHECK(shots == 0);
    CHECK(cluster.place_of(1) != 2);
    const auto why = engine::explain(cluster.status(1), GroupId{1});
    CHECK(why.rule == "suspended");
    CHECK(why.is_blocked);
    CHECK(told(cluster, 1, cluster.ask(1, engine::ClusterSuspend{false})).ok);
    CHECK(cluster.run_until([&] { return cluster.place_of(1) == 2; }, 10s));
    CHECK(shots == 1);
}

}  // namespace orders_cases
