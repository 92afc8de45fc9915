// Commands of operators: freezing, single resources, drills, ratios, and time that passes.
#include <doctest/doctest.h>

#include "model/apply_operate.hpp"
#include "model/codec.hpp"
#include "model/flaw.hpp"
#include "story.hpp"

using namespace ha;
using namespace ha::model;
using namespace ha::test;

namespace {

MonitorSpec monitor_spec(std::uint32_t id, const std::string& name) {
    MonitorSpec monitor;
    monitor.id = MonitorId{id};
    monitor.name = name;
    monitor.type = "ipw";
    monitor.interval = monitor.timeout = 1s;
    return monitor;
}

ClusterSpec watched_spec() {
    auto spec = small_spec();
    spec.monitors = {monitor_spec(4, "ping"), monitor_spec(5, "disk")};
    spec.groups[0].resources.push_back(resource_spec(11));
    spec.groups[0].resources[1].depends_on = {ResourceId{10}};
    return spec;
}

struct OperateStory : Story {
    OperateStory() : Story(watched_spec()) { all_up(); }
    bool pause(std::uint32_t monitor, bool on, Duration left = {}) {
        return apply(PauseMonitor{MonitorId{monitor}, on, left});
    }
    bool pass(Duration time) { return apply(TimePassed{time}); }
    bool freeze(GroupId group, bool on) { return apply(SetFrozen{group, on, "asked"}); }
};

}  // namespace

TEST_CASE("S8: one monitor is paused or all are, and a resume ends either") {
    OperateStory s;
    CHECK(s.pause(4, true));
    CHECK_FALSE(s.pause(4, true));
    CHECK(s.pause(0, true));
    CHECK(s.state.paused_monitors.size() == 2);
    CHECK_FALSE(s.pause(0, true));
    CHECK(s.rule == "all monitors are paused already");
    CHECK(s.pause(0, false));
    CHECK(s.state.paused_monitors.empty());
    CHECK_FALSE(s.pause(0, false));
    CHECK_FALSE(s.pause(9, true));
}

TEST_CASE("F37: what has an end ends when so much time has been committed, and no earlier") {
    OperateStory s;
    CHECK_FALSE(s.pass(1s));
    CHECK(s.rule == "nothing is counted down");
    s.pause(4, true, 10s);
    s.pause(5, true);  // without an end
    CHECK(s.apply(InjectFailure{MonitorId{5}, true, 20s}));
    CHECK(s.apply(SetRatio{3, 30s, "slow disks"}));
    CHECK(next_countdown(s.state) == 10s);
    CHECK(s.pass(Duration{10s} - Duration{1}));
    CHECK(s.state.paused_monitors.at(MonitorId{4}) == Duration{1});
    CHECK(s.pass(Duration{1}));
    CHECK_FALSE(s.state.paused_monitors.contains(MonitorId{4}));
    CHECK(s.told(EventKind::monitor_resumed));
    CHECK(s.state.paused_monitors.contains(MonitorId{5}));
    CHECK(s.pass(15s));  // more than one may end by one command
    CHECK(s.state.injected_monitors.empty());
    CHECK(s.state.timeout_ratio == 3);
    CHECK(s.pass(1h));
    CHECK(s.state.timeout_ratio == 1);
    CHECK(s.told(EventKind::timeout_ratio));
    CHECK_FALSE(next_countdown(s.state));
    CHECK_FALSE(s.pass(Duration{0}));
}

TEST_CASE("an injected failure is taken back by name, all at once, or with its monitor") {
    OperateStory s;
    CHECK_FALSE(s.apply(InjectFailure{MonitorId{9}, true, {}}));
    CHECK_FALSE(s.apply(InjectFailure{MonitorId{}, true, {}}));
    CHECK(s.apply(InjectFailure{MonitorId{4}, true, {}}));
    CHECK_FALSE(s.apply(InjectFailure{MonitorId{4}, true, {}}));
    CHECK(s.told(EventKind::command_ignored));
    CHECK(s.apply(InjectFailure{MonitorId{4}, false, {}}));
    s.apply(InjectFailure{MonitorId{4}, true, {}});
    s.apply(InjectFailure{MonitorId{5}, true, {}});
    CHECK(s.apply(InjectFailure{MonitorId{}, false, {}}));
    CHECK(s.state.injected_monitors.empty());
    CHECK_FALSE(s.apply(InjectFailure{MonitorId{}, false, {}}));
}

TEST_CASE("a drill is over for a node that comes up anew, and for no other") {
    OperateStory s;
    CHECK(s.apply(InjectFailure{MonitorId{4}, true, {}}));
    const auto spared = [&](NodeId node) { return s.state.nodes.at(node).spared; };
    CHECK(spared(k_a).empty());
    const auto& node = s.state.nodes.at(k_a);
    CHECK(s.apply(NodeDown{k_a, node.start, "gone"}));
    CHECK(s.apply(NodeUp{k_a, node.boot, node.start}));  // it had only been silent
    CHECK(spared(k_a).empty());
    CHECK(s.apply(NodeUp{k_a, node.boot, StartNumber{node.start.value + 1}}));
    CHECK(spared(k_a) == std::vector<MonitorId>{MonitorId{4}});
    CHECK(spared(k_b).empty());
    CHECK(s.apply(InjectFailure{MonitorId{4}, false, {}}));
    CHECK(s.apply(InjectFailure{MonitorId{4}, true, {}}));  // another one
    CHECK(spared(k_a).empty());
}

TEST_CASE("a frozen group is given to nobody, taken from nobody, and gets no new goal") {
    OperateStory s;
    s.give(k_web, k_a);
    CHECK(s.freeze(k_web, true));
    CHECK_FALSE(s.freeze(k_web, true));
    CHECK(s.told(EventKind::command_ignored));
    CHECK_FALSE(s.evict(k_web));
    CHECK(s.rule == "group web is frozen");
    CHECK_FALSE(s.goal(k_web, Goal::offline));
    s.down(k_a);
    CHECK_FALSE(s.give(k_web, k_b));
    CHECK(s.rule == "group web is frozen");
    CHECK(s.freeze(k_web, false));
    CHECK(s.give(k_web, k_b));
}

TEST_CASE("a frozen group on a node that stops is handed over all the same") {
    OperateStory s;
    s.give(k_web, k_a);
    s.freeze(k_web, true);
    s.leaving(k_a);
    CHECK(s.evict(k_web));
}

TEST_CASE("the wish to stop a resource lasts until the group is started anew, by whomever") {
    const auto stop = SetStopped{k_web, {ResourceId{10}, ResourceId{11}}, "asked"};
    for (const bool is_given : {false, true}) {
        OperateStory s;
        s.give(k_web, k_a);
        CHECK(s.apply(stop));
        CHECK(s.told(EventKind::resources_stopped));
        CHECK_FALSE(s.apply(stop));
        CHECK(s.record(k_web).stopped.size() == 2);
        if (is_given) {
            s.down(k_a);
            s.give(k_web, k_b);
        } else {
            s.goal(k_web, Goal::online);
        }
        CHECK(s.record(k_web).stopped.empty());
    }
    OperateStory s;
    CHECK_FALSE(s.apply(SetStopped{k_web, {ResourceId{20}}, ""}));
    CHECK_FALSE(s.apply(SetStopped{k_web, {ResourceId{11}, ResourceId{10}}, ""}));
    CHECK_FALSE(s.apply(SetStopped{GroupId{9}, {}, ""}));
}

TEST_CASE("what refers to something that is taken out of the configuration goes with it") {
    OperateStory s;
    s.pause(4, true);
    s.apply(InjectFailure{MonitorId{4}, true, 5s});
    s.apply(SetStopped{k_web, {ResourceId{11}}, ""});
    s.apply(SetTrial{k_web, k_c, 5s});
    s.apply(RequestDone{k_c, StartNumber{1}, RequestId{1}});
    auto next = small_spec();
    next.nodes.pop_back();
    for (auto& group : next.groups) group.policy = {k_a, k_b};
    CHECK(s.apply(SetSpec{s.state.spec.revision, next}));
    CHECK(s.state.paused_monitors.empty());
    CHECK(s.state.injected_monitors.empty());
    CHECK(s.record(k_web).stopped.empty());
    CHECK_FALSE(s.record(k_web).trial.from);
    CHECK(s.state.done_requests.empty());
    CHECK_FALSE(flaw_of(s.state));
}

TEST_CASE("F35: every ratio keeps the relations of the times, and overflows none") {
    for (const std::uint32_t ratio : {1u, 2u, 7u, 100u, 9'999u, 10'000u}) {
        for (const Duration timeout :
             {Duration{3ms}, Duration{500ms}, Duration{90s}, Duration{9999s}}) {
            OperateStory s;
            auto& timing = s.state.spec.timing;
            timing.heartbeat_interval = timeout / 3;
            timing.heartbeat_timeout = timeout;
            timing.lease = timeout;
            timing.sever_bound = timeout / 4;
            timing.engine_stall = timeout;
            timing.leave_timeout = 24h;
            s.state.timeout_ratio = ratio;
            const auto now = timing_of(s.state);
            CHECK(now.heartbeat_interval * 3 <= now.heartbeat_timeout);
            CHECK(now.lease <= now.heartbeat_timeout);
            CHECK(now.sever_bound * 4 <= now.lease);
            CHECK(now.lease >= timing.lease);
            CHECK(now.leave_timeout >= timing.leave_timeout);
            CHECK(stretched(s.state, 168h) >= Duration{168h});
            CHECK(stretched(s.state, Duration{1}) == Duration{ratio});
        }
    }
}

TEST_CASE("S75: under a ratio no time that a watchdog is set to passes what the device can do") {
    OperateStory s;
    s.state.spec.timing.heartbeat_timeout = s.state.spec.timing.lease = 90s;
    s.state.timeout_ratio = 10'000;
    CHECK(timing_of(s.state).lease == 65'535s);
    CHECK(timing_of(s.state).heartbeat_timeout == 65'535s);
    s.state.timeout_ratio = 3;
    CHECK(timing_of(s.state).lease == 270s);
}

TEST_CASE("a ratio is 1 to 10000, and 1 needs no end") {
    OperateStory s;
    CHECK_FALSE(s.apply(SetRatio{0, 1s, ""}));
    CHECK_FALSE(s.apply(SetRatio{10'001, 1s, ""}));
    CHECK_FALSE(s.apply(SetRatio{1, 1s, ""}));
    CHECK(s.apply(SetRatio{10'000, 1s, ""}));
    CHECK_FALSE(s.apply(SetRatio{10'000, 1s, ""}));
    CHECK(s.apply(SetRatio{1, 1s, ""}));
    CHECK(s.state.ratio_left == Duration::zero());
}

TEST_CASE("a request is done once, also when its answer was lost; old ones are forgotten") {
    OperateStory s;
    const auto done = [&](std::uint64_t id, std::uint64_t start = 1) {
        return s.apply(RequestDone{k_a, StartNumber{start}, RequestId{id}});
    };
    CHECK(done(1));
    CHECK_FALSE(done(1));
    CHECK(is_done(s.state, k_a, StartNumber{1}, RequestId{1}));
    CHECK_FALSE(is_done(s.state, k_b, StartNumber{1}, RequestId{1}));
    CHECK_FALSE(is_done(s.state, k_a, StartNumber{2}, RequestId{1}));
    for (std::uint64_t id = 2; id <= k_limit_done_requests + 1; id++) done(id);
    CHECK_FALSE(is_done(s.state, k_a, StartNumber{1}, RequestId{1}));
    CHECK(is_done(s.state, k_a, StartNumber{1}, RequestId{2}));
    CHECK(done(1, 2));  // a new start counts from 1 again
    CHECK_FALSE(is_done(s.state, k_a, StartNumber{1}, RequestId{2}));
    CHECK_FALSE(s.apply(RequestDone{NodeId{9}, StartNumber{1}, RequestId{1}}));
}

TEST_CASE("a trial of a move counts down to zero and stays there, for the leader to judge") {
    OperateStory s;
    s.give(k_web, k_a);
    CHECK_FALSE(s.apply(SetTrial{k_web, NodeId{9}, 5s}));
    CHECK(s.apply(SetTrial{k_web, k_a, 5s}));
    CHECK(s.pass(1min));
    CHECK(s.record(k_web).trial.from == k_a);
    CHECK(s.record(k_web).trial.left == Duration::zero());
    CHECK(s.goal(k_web, Goal::online, k_b));
    CHECK_FALSE(s.record(k_web).trial.from);
}

TEST_CASE("S44: a monitor of monitors with thresholds or members that cannot be is refused") {
    const auto flaw_with = [](const std::function<void(MonitorSpec&)>& shape) {
        auto spec = watched_spec();
        auto multi = monitor_spec(6, "both");
        multi.type = k_multi_type;
        multi.members = {MonitorId{4}, MonitorId{5}};
        shape(multi);
        spec.monitors.push_back(multi);
        return flaw_of(spec).value_or("");
    };
    CHECK(flaw_with([](auto&) {}).empty());
    CHECK(flaw_with([](auto& m) { m.members.clear(); }).find("no members") != std::string::npos);
    CHECK(flaw_with([](auto& m) { m.error_threshold = 3; }).find("threshold") !=
          std::string::npos);
    CHECK(flaw_with([](auto& m) { m.members[0] = MonitorId{6}; }).find("of type multi itself") !=
          std::string::npos);
    CHECK(flaw_with([](auto& m) { m.members[0] = MonitorId{9}; }).find("does not exist") !=
          std::string::npos);
    CHECK(flaw_with([](auto& m) { m.members[0] = m.members[1]; }).find("twice") !=
          std::string::npos);
    CHECK(flaw_with([](auto& m) { m.type = "ipw"; }).find("not of type multi") !=
          std::string::npos);
    CHECK(flaw_with([](auto& m) { m.nice = 20; }).find("nice") != std::string::npos);
    CHECK(flaw_with([](auto& m) { m.script = "/x"; }).find("script") != std::string::npos);
}
