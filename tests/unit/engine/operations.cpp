// Operations on groups and resources, rehearsals, what is counted down, and the timeout ratio.
#include "cluster.hpp"

#include <doctest/doctest.h>

#include "engine/insight.hpp"

using namespace ha;
using namespace ha::test;

namespace operations_cases {
namespace {

const model::GroupRecord& record(const EngineCluster& cluster, std::uint16_t node,
                                 std::uint32_t group = 1) {
    return cluster.engine(node).state().groups.at(GroupId{group});
}

model::MonitorSpec monitor_of(std::uint32_t group) {
    model::MonitorSpec m;
    m.id = MonitorId{1};
    m.name = "m1";
    m.type = "test";
    m.timing = model::MonitorTiming::while_active;
    m.group = GroupId{group};
    m.interval = 200ms;
    m.timeout = 1s;
    m.recovery = model::RecoveryTarget::group;
    return m;
}

struct Operated : EngineCluster {
    explicit Operated(const std::function<void(model::ClusterSpec&)>& shape = {})
        : EngineCluster(3) {
        spec.monitors.push_back(monitor_of(1));
        if (shape) shape(spec);
        begin_one_group(*this, {1, 2, 3});
    }
    /// Asked at `node`, and answered.
    Told say(std::uint16_t node, const engine::RequestBody& body) {
        const auto asked = ask(node, body);
        REQUIRE(run_until([&] { return !answers(node, asked).empty(); }, 10s));
        return answers(node, asked).front();
    }
};

}  // namespace

// ---- operations ----

TEST_CASE("an asked failover moves the group as a failed owner would have, and it stays there") {
    Operated c([](auto& spec) {
        spec.monitors.clear();
    });
    CHECK(c.say(3, engine::GroupFailover{GroupId{1}, NodeId{}}).ok);
    REQUIRE(c.run_until([&] { return c.place_of(1) == 2; }, 5s));
    CHECK(record(c, 3).start_kind == model::StartKind::failover);
    CHECK(record(c, 3).failover_count == 1);
    CHECK(record(c, 3).bans.empty());
    c.run_for(10s);
    CHECK(c.place_of(1) == 2);
    CHECK_FALSE(c.say(1, engine::GroupFailover{GroupId{1}, NodeId{2}}).ok);
    c.say(1, engine::GroupStop{GroupId{1}});
    REQUIRE(c.run_until([&] { return c.place_of(1) == 0; }, 5s));
    CHECK_FALSE(c.say(1, engine::GroupFailover{GroupId{1}, NodeId{}}).ok);
}

TEST_CASE("a frozen group stays as it is through everything, until it is thawed") {
    Operated c;
    CHECK(c.say(2, engine::GroupFreeze{GroupId{1}, true}).ok);
    for (const engine::RequestBody& body : std::vector<engine::RequestBody>{
             engine::GroupStop{GroupId{1}}, engine::GroupStart{GroupId{1}, {}},
             engine::GroupMove{GroupId{1}, NodeId{2}, {}},
             engine::GroupFailover{GroupId{1}, NodeId{2}},
             engine::ResourceRestart{GroupId{1}, {}},
             engine::ResourceWish{GroupId{1}, ResourceId{1}, true}}) {
        const auto told = c.say(2, body);
        CHECK_FALSE(told.ok);
        CHECK(told.text.find("frozen") != std::string::npos);
    }
    c.verdicts[MonitorId{1}] = lifecycle::Verdict::bad;
    c.run_for(5s);
    CHECK(c.count_starts(1) == 1);
    CHECK(c.count(EventKind::recovery_started) == 0);
    c.power_off(1);
    c.run_for(20s);
    CHECK(c.place_of(1) == 0);
    const auto why = engine::explain(c.status(2), GroupId{1});
    CHECK(why.rule == "frozen");
    c.verdicts.clear();
    CHECK(c.say(2, engine::GroupFreeze{GroupId{1}, false}).ok);
    CHECK(c.run_until([&] { return c.place_of(1) == 2; }, 5s));
}

TEST_CASE("resources are stopped and started by themselves, with what depends on them") {
    Operated c([](auto& spec) {
        auto extra = EngineCluster::group(2, {1}).resources[0];
        extra.depends_on = {ResourceId{1}};
        spec.monitors.clear();
        auto group = EngineCluster::group(5, {1, 2, 3});
        group.resources[0].id = ResourceId{50};
        group.resources.push_back(extra);
        group.resources[1].depends_on = {ResourceId{50}};
        spec.groups.push_back(group);
    });
    REQUIRE(c.run_until([&] { return c.is_online(5, 1); }));
    const auto stopped = c.say(2, engine::ResourceWish{GroupId{5}, ResourceId{50}, true});
    CHECK(stopped.ok);
    CHECK(stopped.text == "to be stopped: r5, r2");
    REQUIRE(c.run_until([&] { return !c.is_online(5, 1); }, 5s));
    CHECK(record(c, 2, 5).stopped.size() == 2);
    CHECK(record(c, 2, 5).owner == NodeId{1});
    c.run_for(5s);
    CHECK_FALSE(c.is_online(5, 1));
    CHECK(c.say(2, engine::ResourceWish{GroupId{5}, ResourceId{2}, false}).text ==
          "to be started: r5, r2");
    REQUIRE(c.run_until([&] { return c.is_online(5, 1); }, 5s));
    CHECK_FALSE(c.say(2, engine::ResourceWish{GroupId{5}, ResourceId{1}, true}).ok);
    // The next start of the group forgets the wish.
    c.say(2, engine::ResourceWish{GroupId{5}, ResourceId{50}, true});
    c.say(2, engine::GroupMove{GroupId{5}, NodeId{2}, {}});
    CHECK(c.run_until([&] { return c.is_online(5, 2); }, 5s));
    CHECK(record(c, 2, 5).stopped.empty());
}

TEST_CASE("B33: a move whose destination dies on the way is failed over") {
    Operated c([](auto& spec) { spec.monitors.clear(); });
    c.ask(3, engine::GroupMove{GroupId{1}, NodeId{2}, {}});
    REQUIRE(c.run_until([&] { return c.place_of(1) == 0; }, 5s));
    c.power_off(2);
    CHECK(c.run_until([&] { return c.place_of(1) == 1 || c.place_of(1) == 3; }, 20s));
}

TEST_CASE("a request that was carried out by a leader that then died is not done a second time") {
    for (const bool is_failover : {false, true}) {
        Operated c([](auto& spec) { spec.monitors.clear(); });
        REQUIRE(c.leader() == 1);
        // The answers of the leader to node 3 are lost, its entries are not.
        c.ask(3, engine::GroupMove{GroupId{1}, NodeId{3}, {}});
        REQUIRE(c.run_until([&] { return c.place_of(1) == 3; }, 5s));
        c.cut(1, 3);
        const engine::RequestBody body =
            is_failover ? engine::RequestBody(engine::GroupFailover{GroupId{1}, NodeId{}})
                        : engine::RequestBody(engine::GroupMove{GroupId{1}, NodeId{}, {}});
        const auto asked = c.ask(2, body);  // to node 1, by node 2
        c.drops = [&](std::uint16_t from, std::uint16_t to, std::size_t) {
            // As soon as it is agreed on, node 2 hears nothing of node 1.
            return from == 1 && to == 2 && record(c, 1).is_evicted;
        };
        REQUIRE(c.run_until([&] { return record(c, 1).is_evicted; }, 3s));
        c.power_off(1);
        c.drops = nullptr;
        c.heal();
        const bool is_answered =
            c.run_until([&] { return !c.answers(2, asked).empty(); }, 14s).has_value();
        REQUIRE(is_answered);
        CHECK(c.answers(2, asked).size() == 1);
        c.run_for(5s);
        CHECK(c.place_of(1) != 0);
        // Once: from node 3 to another, or back by the death of that one.
        CHECK(c.count_starts(1) <= 3);
    }
}

TEST_CASE("S55: a node that is told to stop has stopped only when all it ran is verified stopped") {
    Operated c([](auto& spec) { spec.monitors.clear(); });
    c.is_stop_failing = true;
    c.leave(1);
    c.run_for(4s);
    CHECK_FALSE(c.is_stopped(1));
    c.is_stop_failing = false;
    REQUIRE(c.run_until([&] { return c.is_stopped(1); }, 15s));
    CHECK(c.place_of(1) != 1);
}

// ---- rehearsals ----

TEST_CASE("a rehearsal says what would happen and why, and changes nothing at all") {
    Operated c;
    const auto before = c.engine(2).state();
    const auto applied = c.engine(2).applied();
    const auto move = engine::rehearse(c.status(2), engine::GroupMove{GroupId{1}, NodeId{3}, {}});
    REQUIRE(move.has_value());
    CHECK(move->done == "group g1 is to move to node n3");
    REQUIRE(move->steps.size() == 4);
    CHECK(move->steps[1].find("stop group g1 where it is and move it to node n3") == 0);
    CHECK(move->steps[2].find("node n1 has released group g1") == 0);
    CHECK(move->steps[3].find("give group g1 to node n3") == 0);
    REQUIRE(move->decisions.size() == 1);
    CHECK(move->decisions[0].node == NodeId{3});
    CHECK_FALSE(move->decisions[0].reason.empty());
    const auto refused = engine::rehearse(c.status(2), engine::GroupStart{GroupId{9}, {}});
    CHECK_FALSE(refused.has_value());
    const auto twice = engine::rehearse(c.status(2), engine::GroupStart{GroupId{1}, {}});
    CHECK(twice.has_value());
    CHECK(engine::rehearse(c.status(2), engine::ResourceRestart{GroupId{1}, {}})->done ==
          "restart in place on node n1");
    c.run_for(5s);
    CHECK(c.engine(2).state() == before);
    CHECK(c.engine(2).applied() == applied);
    CHECK(c.place_of(1) == 1);
    CHECK(c.count_starts(1) == 1);
}

// ---- moves on trial ----

TEST_CASE("a move with a deadline that succeeds is a move like any other") {
    Operated c([](auto& spec) { spec.monitors.clear(); });
    CHECK(c.say(2, engine::GroupMove{GroupId{1}, NodeId{3}, 5s}).ok);
    REQUIRE(c.run_until([&] { return c.place_of(1) == 3; }, 5s));
    c.run_for(10s);
    CHECK(c.place_of(1) == 3);
    CHECK_FALSE(record(c, 2).trial.from);
    CHECK(c.count(EventKind::move_undone) == 0);
}

TEST_CASE("a move that is not online by its deadline is undone") {
    Operated c([](auto& spec) {
        spec.monitors.clear();
    });
    c.pause(3, 2500ms);  // it has the lease for a while, and starts nothing
    c.ask(2, engine::GroupMove{GroupId{1}, NodeId{3}, 200ms});
    REQUIRE(c.run_until([&] { return c.count(EventKind::move_undone) > 0; }, 10s));
    REQUIRE(c.run_until([&] { return c.place_of(1) == 1; }, 20s));
    c.run_for(10s);
    CHECK(c.place_of(1) == 1);
    CHECK_FALSE(record(c, 2).trial.from);
}

TEST_CASE("B33: a move on trial whose destination dies goes back, and is lost by nobody") {
    Operated c([](auto& spec) { spec.monitors.clear(); });
    c.ask(2, engine::GroupMove{GroupId{1}, NodeId{3}, 60s});
    REQUIRE(c.run_until([&] { return c.place_of(1) == 0; }, 5s));
    c.power_off(3);
    REQUIRE(c.run_until([&] { return c.place_of(1) == 1 || c.place_of(1) == 2; }, 20s));
    c.run_for(70s);
    CHECK(c.place_of(1) != 0);
    CHECK_FALSE(record(c, 2).trial.from);
}

// ---- times that are counted down ----

TEST_CASE("F37: a pause with an end ends by the leader's count, and not before") {
    Operated c;
    CHECK(c.say(3, engine::MonitorPause{MonitorId{1}, true, 10s}).ok);
    c.verdicts[MonitorId{1}] = lifecycle::Verdict::bad;
    c.run_for(9s);
    CHECK(c.count(EventKind::recovery_started) == 0);
    CHECK(c.engine(3).state().paused_monitors.contains(MonitorId{1}));
    c.run_for(2s);
    CHECK_FALSE(c.engine(3).state().paused_monitors.contains(MonitorId{1}));
    CHECK(c.run_until([&] { return c.count(EventKind::recovery_started) > 0; }, 5s));
}

TEST_CASE("F37: a new leader goes on with the time that was left, late by no more than was lost") {
    Operated c;
    const auto begun = c.now();
    c.say(2, engine::MonitorPause{MonitorId{1}, true, 100s});
    c.run_for(70s);
    c.power_off(1);
    const auto over = [&] { return !c.engine(3).state().paused_monitors.contains(MonitorId{1}); };
    REQUIRE(c.run_until(over, 200s));
    const auto took = c.now() - begun;
    CHECK(took >= 100s);
    CHECK(took <= 135s);  // what a leader writes down every 30 s, and an election
}

TEST_CASE("F37: what begins to be counted loses nothing to what was counted before it") {
    Operated c;
    c.say(2, engine::MonitorPause{MonitorId{1}, true, 60s});
    c.run_for(20s);
    const auto begun = c.now();
    c.say(2, engine::TimeoutRatio{2, 15s});
    REQUIRE(c.run_until([&] { return c.engine(3).state().timeout_ratio == 1; }, 60s));
    CHECK(c.now() - begun >= 15s);
    CHECK(c.now() - begun < 17s);
    const auto left = c.engine(1).state().paused_monitors.at(MonitorId{1});
    CHECK(left <= 26s);
    CHECK(left >= 20s);
}

TEST_CASE("S8: all monitors are paused and resumed by one request") {
    Operated c;
    CHECK(c.say(3, engine::MonitorPause{MonitorId{}, true, {}}).ok);
    CHECK(c.engine(1).state().paused_monitors.size() == 1);
    CHECK(c.say(1, engine::MonitorPause{MonitorId{}, true, {}}).text.find("nothing to do") !=
          std::string::npos);
    CHECK(c.say(1, engine::MonitorPause{MonitorId{}, false, {}}).ok);
    CHECK(c.engine(1).state().paused_monitors.empty());
}

TEST_CASE("a drill restarts, fails over and ends by itself") {
    Operated c([](auto& spec) {
        spec.monitors[0].restart_threshold = 1;
        spec.monitors[0].failover_threshold = 1;
    });
    CHECK(c.say(2, engine::MonitorInject{MonitorId{1}, true, 20s}).ok);
    REQUIRE(c.run_until([&] { return c.place_of(1) == 2; }, 10s));
    CHECK(c.count_starts(1) >= 3);
    REQUIRE(c.run_until([&] { return c.engine(2).state().injected_monitors.empty(); }, 40s));
    CHECK_FALSE(c.say(2, engine::MonitorInject{MonitorId{}, true, {}}).ok);
}

TEST_CASE("a drill that ends the daemons ends each of them once") {
    Operated c([](auto& spec) {
        auto& monitor = spec.monitors[0];
        monitor.recovery = model::RecoveryTarget::node;
        monitor.timing = model::MonitorTiming::always;
        monitor.group = {};
        monitor.resource = {};
        monitor.final_action = model::FinalAction::stop_node_service;
    });
    CHECK(c.say(1, engine::MonitorInject{MonitorId{1}, true, {}}).ok);
    const auto count_stopped = [&] {
        return static_cast<int>(c.is_stopped(1)) + c.is_stopped(2) + c.is_stopped(3);
    };
    REQUIRE(c.run_until([&] { return count_stopped() == 3; }, 60s));
    for (const std::uint16_t node : {1, 2, 3}) {
        if (c.is_running(node)) c.kill(node);
        c.start(node);
    }
    c.run_for(60s);
    CHECK(count_stopped() == 0);
    CHECK(c.place_of(1) != 0);
    CHECK(c.engine(1).state().injected_monitors.size() == 1);
}

// ---- the ratio ----

TEST_CASE("F1: the ratio makes leases and detection longer, and a takeover waits for that") {
    Operated c([](auto& spec) { spec.monitors.clear(); });
    CHECK_FALSE(c.say(2, engine::TimeoutRatio{3, {}}).ok);
    CHECK_FALSE(c.say(2, engine::TimeoutRatio{10'001, 1s}).ok);
    CHECK(c.say(2, engine::TimeoutRatio{5, 1h}).ok);
    c.run_for(1s);
    CHECK(c.status(1).lease_remaining > 1s);
    // Longer than the configured timeout, shorter than the one in force: nothing happens.
    c.pause(1, 2s);
    c.run_for(5s);
    CHECK(c.count(EventKind::node_down) == 0);
    CHECK(c.count(EventKind::lease_lost) == 0);
    CHECK(c.place_of(1) == 1);
    const auto begun = c.now();
    c.power_off(1);
    REQUIRE(c.run_until([&] { return c.place_of(1) == 2; }, 30s));
    CHECK(c.now() - begun >= 2800ms);
    CHECK(c.now() - begun <= 9s);
}

TEST_CASE("F1: leases given under a ratio are waited for after it has ended") {
    Operated c([](auto& spec) { spec.monitors.clear(); });
    CHECK(c.say(2, engine::TimeoutRatio{10, 1h}).ok);
    c.run_for(2s);
    // Node 1 owns the group under a lease of 6 s when it is cut off, and the ratio ends.
    c.cut_off(1);
    const auto cut = c.now();
    REQUIRE(c.run_until([&] { return c.leader() > 1 || c.is_online(1, 2); }, 30s));
    const auto asked = c.ask(2, engine::TimeoutRatio{1, {}});
    REQUIRE(c.run_until([&] { return c.place_of(1) == 99 || c.is_online(1, 2); }, 60s));
    CHECK(c.place_of(1) == 2);
    CHECK(c.now() - cut >= 5500ms);
    CHECK(c.answers(2, asked).size() <= 1);
}

}  // namespace operations_cases
