// Recovery by monitors in full, freezing, and single resources that are to be stopped.
#include "story.hpp"

using namespace ha;
using namespace ha::lifecycle;
using namespace ha::lifecycle::test;
using Calls = std::vector<std::string>;

namespace recovery_cases {
namespace {

constexpr MonitorId k_m{1};

struct Watched : Story {
    GroupId g;
    explicit Watched(const std::function<void(model::MonitorSpec&)>& shape = {}) {
        g = chain(1, 3);
        auto& m = monitor(1, g, 2);
        if (shape) shape(m);
        begin();
        run_plugins();
        REQUIRE(seen(g) == GroupState::online);
        take_calls();
    }
    void check(MonitorId id, Verdict verdict) {
        pass(1s);
        check_answers(id, verdict);
    }
    void freeze(bool on) {
        state.groups.at(g).is_frozen = on;
        update();
    }
    void stop_resources(std::vector<ResourceId> ids) {
        state.groups.at(g).stopped = std::move(ids);
        update();
    }
};

/// Three monitors for always, of which the third watches the two others.
struct Multi : Story {
    explicit Multi(const std::function<void(model::MonitorSpec&)>& shape = {}) {
        for (std::uint32_t id : {1u, 2u, 3u}) {
            auto& m = monitor(id, GroupId{}, 0);
            m.timing = model::MonitorTiming::always;
            m.recovery = model::RecoveryTarget::none;
        }
        auto& multi = state.spec.monitors.back();
        multi.type = model::k_multi_type;
        multi.members = {MonitorId{1}, MonitorId{2}};
        multi.final_action = model::FinalAction::reboot;
        if (shape) shape(multi);
        begin();
    }
    /// Both look, then the third does.
    void look(Verdict first, Verdict second) {
        check_answers(MonitorId{1}, first);
        check_answers(MonitorId{2}, second);
        pass(1s);
    }
    MonitorState state_of_it() const { return line_of(MonitorId{3}).state; }
};

}  // namespace

// ---- monitors of monitors ----

TEST_CASE("S44: a monitor of monitors is bad when as many members are bad as its threshold says") {
    Multi all;
    all.look(Verdict::bad, Verdict::ok);
    CHECK(all.state_of_it() == MonitorState::ok);
    CHECK_FALSE(all.node_action);
    all.look(Verdict::bad, Verdict::bad);
    CHECK(all.state_of_it() == MonitorState::bad);
    CHECK(all.line_of(MonitorId{3}).text == "2 of 2 are bad: m1, m2");
    CHECK(all.node_action == model::FinalAction::reboot);
    Multi one([](auto& m) { m.error_threshold = 1; });
    one.look(Verdict::ok, Verdict::bad);
    CHECK(one.state_of_it() == MonitorState::bad);
}

TEST_CASE("S44: from the warning threshold on it warns, told once, and recovers nothing") {
    Multi s([](auto& m) { m.warning_threshold = 1; });
    s.look(Verdict::ok, Verdict::ok);
    CHECK(s.state_of_it() == MonitorState::ok);
    s.look(Verdict::bad, Verdict::ok);
    CHECK(s.state_of_it() == MonitorState::warning);
    const auto told = s.count_events(EventKind::monitor_state);
    for (int i = 0; i < 5; i++) s.look(Verdict::bad, Verdict::ok);
    CHECK(s.count_events(EventKind::monitor_state) == told);
    CHECK_FALSE(s.node_action);
    s.look(Verdict::ok, Verdict::ok);
    CHECK(s.state_of_it() == MonitorState::ok);
}

TEST_CASE("S44: members that do not look are neither good nor bad; none that looks: unknown") {
    Multi s([](auto& m) { m.error_threshold = 1; });
    s.look(Verdict::unknown, Verdict::unknown);
    CHECK(s.state_of_it() == MonitorState::unknown);
    s.look(Verdict::bad, Verdict::ok);
    CHECK(s.state_of_it() == MonitorState::bad);
    s.state.paused_monitors[MonitorId{1}] = {};
    s.update();
    s.pass(1s);
    CHECK(s.state_of_it() == MonitorState::ok);
    s.state.paused_monitors[MonitorId{2}] = {};
    s.update();
    s.pass(1s);
    CHECK(s.state_of_it() == MonitorState::unknown);
}

TEST_CASE("S44: a monitor of monitors asks no plugin") {
    Multi s;
    s.pass(5s);
    for (const auto& call : s.take_calls()) CHECK(call.find("m3") == std::string::npos);
}

// ---- pauses and drills ----

TEST_CASE("S8: a paused monitor recovers nothing, and its counters are as before when it goes on") {
    Watched s;
    s.monitor_says(k_m, Verdict::bad);
    s.run_plugins();
    CHECK(s.line_of(k_m).restarts == 1);
    s.state.paused_monitors[k_m] = 5s;
    s.update();
    CHECK(s.line_of(k_m).state == MonitorState::paused);
    s.monitor_says(k_m, Verdict::bad);
    CHECK(s.count_events(EventKind::recovery_started) == 1);
    s.state.paused_monitors.clear();
    s.update();
    CHECK(s.line_of(k_m).restarts == 1);
    s.monitor_says(k_m, Verdict::bad);
    CHECK(s.count_events(EventKind::recovery_started) == 2);
}

TEST_CASE("cluster.md 8: an injected failure goes the whole way of a real one") {
    Watched s([](auto& m) {
        m.retries = 1;
        m.restart_threshold = 1;
    });
    s.check_answers(k_m, Verdict::ok);
    s.state.injected_monitors[k_m] = {};
    s.update();
    CHECK(s.line_of(k_m).is_injected);
    s.monitor_says(k_m, Verdict::ok);  // what it says by itself counts as little
    s.check(k_m, Verdict::ok);
    CHECK(s.count_events(EventKind::recovery_started) == 0);  // one retry
    s.check(k_m, Verdict::ok);
    CHECK(s.count_events(EventKind::recovery_started) == 1);
    CHECK(s.line_of(k_m).text.find("drill") != std::string::npos);
    s.run_plugins();
    s.pass(0s);
    s.check_answers(k_m, Verdict::ok);
    s.check(k_m, Verdict::ok);
    CHECK(s.has_report("evict"));
    s.state.injected_monitors.clear();
    s.update();
    s.check(k_m, Verdict::ok);
    CHECK(s.line_of(k_m).state == MonitorState::ok);
}

// ---- when nothing may be done ----

TEST_CASE("nothing is done about a frozen group, and counters do not run on meanwhile") {
    Watched s([](auto& m) { m.final_action = model::FinalAction::reboot; });
    s.freeze(true);
    for (int i = 0; i < 10; i++) s.monitor_says(k_m, Verdict::bad);
    CHECK(s.line_of(k_m).state == MonitorState::bad);
    CHECK(s.line_of(k_m).restarts == 0);
    CHECK(s.reports.empty());
    CHECK(s.take_calls().empty());
    CHECK_FALSE(s.node_action);
    s.freeze(false);
    s.monitor_says(k_m, Verdict::bad);
    CHECK(s.line_of(k_m).restarts == 1);
}

TEST_CASE("a start that fails in a frozen group is left as it is") {
    Watched s;
    s.script["start g1r2"] = {failed()};
    s.spec(s.g, 2).start.final_action = model::FinalAction::reboot;
    s.spec_changed();
    s.restart(s.g);
    s.freeze(true);
    s.run_plugins();
    CHECK(s.seen(s.g) == GroupState::failed);
    CHECK_FALSE(s.node_action);
    CHECK(s.reports.empty());
    CHECK(s.released.empty());
}

TEST_CASE("a start that failed while its group was frozen is tried again when it is thawed") {
    Watched s;
    s.script["start g1r2"] = {failed(), failed()};
    s.spec(s.g, 2).start.final_action = model::FinalAction::failover;
    s.spec_changed();
    s.restart(s.g);
    s.freeze(true);
    s.run_plugins();
    REQUIRE(s.seen(s.g) == GroupState::failed);
    s.freeze(false);
    s.run_plugins();
    CHECK(s.reports.size() == 1);  // this time it asks to be moved away
    CHECK(s.seen(s.g) != GroupState::failed);
}

TEST_CASE("a group whose failed start is to be left alone is so after a thaw, too") {
    Watched s;
    s.script["start g1r2"] = {failed()};
    s.spec(s.g, 2).start.final_action = model::FinalAction::none;
    s.spec_changed();
    s.restart(s.g);
    s.run_plugins();
    REQUIRE(s.seen(s.g) == GroupState::failed);
    s.freeze(true);
    s.freeze(false);
    s.run_plugins();
    CHECK(s.seen(s.g) == GroupState::failed);
}

TEST_CASE("B6: no monitor recovers a group that starts or stops, whatever its timing") {
    for (const auto timing : {model::MonitorTiming::always, model::MonitorTiming::while_active}) {
        Watched s([&](auto& m) { m.timing = timing; });
        s.restart(s.g);
        s.answer(OperationKind::stop, "g1r3", ok());
        s.monitor_says(k_m, Verdict::bad);  // stopping
        s.answer(OperationKind::stop, "g1r2", ok());
        s.answer(OperationKind::stop, "g1r1", ok());
        CHECK(s.is_out(OperationKind::start, "g1r1"));
        s.monitor_says(k_m, Verdict::bad);  // starting
        CHECK(s.line_of(k_m).restarts == 0);
        CHECK(s.count_events(EventKind::recovery_started) == 1);  // the operator's
        s.run_plugins();
        CHECK(s.seen(s.g) == GroupState::online);
    }
}

TEST_CASE("B4: a monitor ends in the same step in which its resource begins to stop, at any time") {
    for (int moment = 0; moment < 3; moment++) {
        CAPTURE(moment);
        Watched s;
        if (moment == 1) s.check_answers(k_m, Verdict::ok);
        if (moment == 2) {
            s.check_answers(k_m, Verdict::ok);
            s.pass(1s);  // a check is out again
        }
        s.take_calls();
        s.stop_resources({ResourceId{1002}, ResourceId{1003}});
        const auto calls = s.take_calls();
        CHECK(std::count(calls.begin(), calls.end(), "end m1") == 1);
        CHECK(std::count(calls.begin(), calls.end(), "stop g1r3") == 1);
        s.run_plugins();
        CHECK(s.line_of(k_m).state == MonitorState::idle);  // the group is online without it
        CHECK(s.seen(s.g) == GroupState::online);
        s.pass(10s);
        CHECK(s.count_events(EventKind::recovery_started) == 0);
    }
}

// ---- targets, and failovers that nobody could take ----

TEST_CASE("all groups of the node are recovered, but not those that are frozen") {
    Story s;
    auto a = s.chain(1, 1);
    auto b = s.chain(2, 1);
    auto frozen = s.chain(3, 1);
    auto& m = s.monitor(1, GroupId{}, 0);
    m.timing = model::MonitorTiming::always;
    m.recovery = model::RecoveryTarget::all_groups;
    m.restart_threshold = 1;
    s.state.groups.at(frozen).is_frozen = true;
    s.begin();
    s.run_plugins();
    s.take_calls();
    s.monitor_says(k_m, Verdict::bad);
    CHECK(s.take_calls() == Calls{"stop g1r1", "stop g2r1"});
    s.run_plugins();
    s.monitor_says(k_m, Verdict::bad);
    CHECK(s.report_names() == Calls{"evict", "evict"});
    CHECK(s.seen(a) == GroupState::online);
    CHECK(s.seen(b) == GroupState::online);
}

TEST_CASE("a monitor of the node itself knows only its final action") {
    Watched s([](auto& m) {
        m.timing = model::MonitorTiming::always;
        m.recovery = model::RecoveryTarget::node;
        m.final_action = model::FinalAction::poweroff;
    });
    s.monitor_says(k_m, Verdict::bad);
    CHECK(s.node_action == model::FinalAction::poweroff);
    CHECK(s.line_of(k_m).restarts == 0);
    CHECK(s.reports.empty());
}

TEST_CASE("a failover that no other node could take is counted as done, and the group runs on") {
    for (int why = 0; why < 3; why++) {
        CAPTURE(why);
        Watched s([](auto& m) {
            m.restart_threshold = 0;
            m.failover_threshold = 2;
            m.final_action = model::FinalAction::none;
        });
        if (why == 0) s.state.nodes.at(k_other).status = model::NodeStatus::down;
        if (why == 1) s.state.nodes.at(k_other).mode = model::NodeMode::maintenance;
        if (why == 2) s.state.groups.at(s.g).bans = {{k_other, "failed there", false, {}, {}}};
        s.update();
        s.monitor_says(k_m, Verdict::bad);
        CHECK(s.reports.empty());
        CHECK(s.seen(s.g) == GroupState::online);
        CHECK(s.count_events(EventKind::recovery_left_out) == 1);
        CHECK(s.line_of(k_m).failovers == 2);
    }
}

// ---- scripts ----

TEST_CASE("a script runs before each step, and the step waits for it") {
    Watched s([](auto& m) {
        m.script = "/usr/local/sbin/before";
        m.script_timeout = 5s;
        m.restart_threshold = 1;
    });
    s.monitor_says(k_m, Verdict::bad);
    CHECK(s.take_calls() == Calls{"script m1 restart"});
    s.monitor_says(k_m, Verdict::bad);  // not twice for one step
    CHECK(s.take_calls().empty());
    CHECK(s.seen(s.g) == GroupState::online);
    s.script_ends("exit code 3");
    CHECK(s.take_calls() == Calls{"stop g1r3", "end m1"});
    CHECK(s.count_events(EventKind::recovery_script) == 1);
    s.run_plugins();
    s.take_calls();
    s.monitor_says(k_m, Verdict::bad);
    CHECK(s.take_calls() == Calls{"script m1 failover"});
    CHECK(s.reports.empty());
    s.script_ends("exit code 0");
    CHECK(s.has_report("evict"));
}

TEST_CASE("a script that does not come back does not hold the step up for ever") {
    Watched s([](auto& m) {
        m.script = "/usr/local/sbin/before";
        m.script_timeout = 5s;
    });
    s.check_answers(k_m, Verdict::ok);
    s.monitor_says(k_m, Verdict::bad);
    s.pass(4s);
    CHECK(s.line_of(k_m).restarts == 1);
    CHECK(s.count_events(EventKind::recovery_started) == 0);
    s.pass(4s);
    CHECK(s.count_events(EventKind::recovery_started) == 1);
    s.script_ends("exit code 0");  // late: nothing twice
    CHECK(s.count_events(EventKind::recovery_started) == 1);
}

TEST_CASE("a step is not taken when its group went away, froze or was paused under the script") {
    for (int why = 0; why < 3; why++) {
        CAPTURE(why);
        Watched s([](auto& m) {
            m.timing = model::MonitorTiming::always;
            m.script = "/usr/local/sbin/before";
            m.script_timeout = 5s;
        });
        s.monitor_says(k_m, Verdict::bad);
        if (why == 0) s.evict(s.g);
        if (why == 1) s.freeze(true);
        if (why == 2) {
            s.state.paused_monitors[k_m] = {};
            s.update();
        }
        s.script_ends("exit code 0");
        CHECK(s.count_events(EventKind::recovery_started) == 0);
        CHECK(s.count_events(EventKind::recovery_script) == 1);
    }
}

// ---- single resources ----

TEST_CASE("a resource is stopped with what depends on it, and the group runs on") {
    Watched s;
    s.stop_resources({ResourceId{1002}});  // what depends on it comes by itself
    s.run_plugins();
    CHECK(s.seen("g1r1") == ResourceState::online);
    CHECK(s.seen("g1r2") == ResourceState::offline);
    CHECK(s.seen("g1r3") == ResourceState::offline);
    CHECK(s.seen(s.g) == GroupState::online);
    CHECK(s.text_of(s.g) == "stopped by an operator: g1r2, g1r3");
    CHECK(s.released.empty());
    s.take_calls();
    s.pass(10s);
    CHECK(s.take_calls().empty());
    s.stop_resources({});
    s.run_plugins();
    CHECK(s.take_calls() == Calls{"start g1r2", "start g1r3", "begin m1"});
    CHECK(s.text_of(s.g).empty());
}

TEST_CASE("a stopped resource stays stopped through a restart of its group, and of the daemon") {
    Watched s;
    s.stop_resources({ResourceId{1003}});
    s.run_plugins();
    s.restart(s.g);
    s.run_plugins();
    CHECK(s.seen("g1r3") == ResourceState::offline);
    CHECK(s.seen(s.g) == GroupState::online);
    CHECK_FALSE(s.service.restart(s.now, s.state, s.g, ResourceId{1003}));
    ServiceOptions after;
    after.held = {{GroupId{1}, Epoch{Incarnation{1}, Term{1}, k_self}}};
    Story again(after);
    auto g = again.chain(1, 3);
    again.state.groups.at(g).stopped = {ResourceId{1003}};
    again.running["g1r1"] = again.running["g1r2"] = ResourceStatus::online;
    again.begin();
    again.run_plugins();
    CHECK(again.take_calls() == Calls{"probe g1r1", "probe g1r2", "probe g1r3"});
    CHECK(again.seen(g) == GroupState::online);
}

TEST_CASE("a resource may be stopped while it is being started, and started while it stops") {
    Watched s;
    s.restart(s.g);
    while (!s.is_out(OperationKind::start, "g1r2")) s.answer_at(0, ok());
    s.stop_resources({ResourceId{1002}, ResourceId{1003}});
    s.run_plugins();
    CHECK(s.seen("g1r1") == ResourceState::online);
    CHECK(s.seen("g1r2") == ResourceState::offline);
    CHECK(s.seen(s.g) == GroupState::online);
    s.stop_resources({});
    CHECK(s.is_out(OperationKind::start, "g1r2"));
    s.stop_resources({ResourceId{1001}, ResourceId{1002}, ResourceId{1003}});
    s.stop_resources({});
    s.run_plugins();
    CHECK(s.seen(s.g) == GroupState::online);
    for (const char* name : {"g1r1", "g1r2", "g1r3"}) CHECK(s.seen(name) == ResourceState::online);
}

TEST_CASE("a group is stopped and released as ever while some of its resources are stopped") {
    Watched s;
    s.stop_resources({ResourceId{1002}, ResourceId{1003}});
    s.run_plugins();
    s.evict(s.g);
    s.run_plugins();
    CHECK(s.is_released(s.g));
}

// ---- the timeout ratio ----

TEST_CASE("operations, probes, checks and scripts get the ratio's times, and intervals do not") {
    Watched s([](auto& m) {
        m.script = "/usr/local/sbin/before";
        m.script_timeout = 5s;
    });
    s.state.timeout_ratio = 4;
    s.update();
    s.check_answers(k_m, Verdict::ok);
    s.pass(1s);
    CHECK(s.take_calls() == Calls{"check m1"});
    s.pass(11s);
    CHECK(s.line_of(k_m).state == MonitorState::ok);  // 3 s are 12 s
    s.pass(1s);
    CHECK(s.line_of(k_m).state == MonitorState::bad);
    CHECK(s.take_calls().back() == "script m1 restart");
    CHECK(s.script_deadline == s.now + 20s);
    s.script_ends("");
    CHECK(s.starts.back().deadline == s.now + 40s);
}

}  // namespace recovery_cases
