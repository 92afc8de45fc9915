// Monitors: when they watch, what counts as bad, and the escalation.
#include "story.hpp"

using namespace ha;
using namespace ha::lifecycle;
using namespace ha::lifecycle::test;
using Calls = std::vector<std::string>;

namespace {

constexpr MonitorId k_m{1};

/// A group of three in a chain, online, with one monitor on its second resource.
struct Watched : Story {
    GroupId g;
    explicit Watched(const std::function<void(model::MonitorSpec&)>& shape = {}) {
        g = chain(1, 3);
        auto& m = monitor(1, g, 2);
        if (shape) shape(m);
        begin();
        run_plugins();
        CHECK(seen(g) == GroupState::online);
        take_calls();
    }
    /// The next check is made, and answered.
    void check(Verdict verdict) {
        pass(1s);
        check_answers(k_m, verdict);
    }
};

}  // namespace

TEST_CASE("S10: a monitor of an active group begins when the group is online, and ends when it "
          "stops") {
    Story s;
    auto g = s.chain(1, 1);
    s.monitor(1, g, 1);
    s.begin();
    CHECK(s.take_calls() == Calls{"probe g1r1"});
    s.run_plugins();
    CHECK(s.take_calls() == Calls{"start g1r1", "begin m1", "check m1"});
    s.evict(g);
    CHECK(s.take_calls() == Calls{"stop g1r1", "end m1"});
    s.check_answers(k_m, Verdict::bad);  // late
    s.run_plugins();
    CHECK(s.is_released(g));
    CHECK(s.line_of(k_m).state == MonitorState::idle);
    CHECK(s.count_events(EventKind::recovery_started) == 0);
}

TEST_CASE("S41: a monitor for always runs without any group, on its nodes only") {
    Story s;
    for (std::uint32_t id : {1u, 2u, 3u}) {
        auto& m = s.monitor(id, GroupId{}, 0);
        m.timing = model::MonitorTiming::always;
        if (id == 2) m.nodes = {k_other};
        if (id == 3) m.nodes = {k_other, k_self};
    }
    s.update();
    CHECK(s.take_calls() == Calls{"begin m1", "check m1", "begin m3", "check m3"});
}

TEST_CASE("S11: checks come at the interval after the start delay, and never overlap") {
    Watched s([](auto& m) { m.start_delay = 2s; });
    CHECK(s.take_calls().empty());
    s.pass(1999ms);
    CHECK(s.take_calls().empty());
    s.pass(1ms);
    CHECK(s.take_calls() == Calls{"check m1"});
    s.pass(2s);  // two intervals, and the check is still out
    CHECK(s.take_calls().empty());
    s.check_answers(k_m, Verdict::ok);
    s.pass(0s);
    CHECK(s.take_calls() == Calls{"check m1"});
    s.check_answers(k_m, Verdict::ok);
    s.pass(999ms);
    CHECK(s.take_calls().empty());
    s.pass(1ms);
    CHECK(s.take_calls() == Calls{"check m1"});
    CHECK(s.line_of(k_m).state == MonitorState::ok);
}

TEST_CASE("bad answers count only when there are more than the retries in a row") {
    Watched s([](auto& m) { m.retries = 2; });
    s.check_answers(k_m, Verdict::bad);
    s.check(Verdict::bad);
    s.check(Verdict::ok);
    s.check(Verdict::bad);
    s.check(Verdict::bad);
    CHECK(s.count_events(EventKind::recovery_started) == 0);
    CHECK(s.line_of(k_m).state == MonitorState::ok);
    s.check(Verdict::bad);
    CHECK(s.count_events(EventKind::recovery_started) == 1);
}

TEST_CASE("a report on its own counts at once, and restarts in the same step") {
    Watched s([](auto& m) { m.retries = 5; });
    auto begun = s.now;
    s.monitor_says(k_m, Verdict::bad);
    CHECK(s.take_calls() == Calls{"stop g1r3", "end m1"});
    CHECK(s.seen(s.g) == GroupState::starting);
    s.run_plugins();
    CHECK(s.take_calls() ==
          Calls{"stop g1r2", "start g1r2", "start g1r3", "begin m1"});
    CHECK(s.now == begun);
    CHECK(s.seen(s.g) == GroupState::online);
    CHECK(s.starts.back().factor == OperationFactor::resource_restart);
    CHECK(s.released.empty());
}

TEST_CASE("unknown is neither ok nor bad, unless it is said to be bad") {
    for (bool is_bad : {false, true}) {
        Watched s([&](auto& m) {
            m.unknown_is_bad = is_bad;
            m.retries = 1;
        });
        s.check_answers(k_m, Verdict::bad);
        s.check(Verdict::unknown);  // counted apart: neither of both is the second of its kind
        CHECK(s.count_events(EventKind::recovery_started) == 0);
        s.check(Verdict::unknown);
        CHECK(s.count_events(EventKind::recovery_started) == (is_bad ? 1 : 0));
        if (!is_bad) CHECK(s.line_of(k_m).state == MonitorState::unknown);
    }
}

TEST_CASE("cluster.md 8: the escalation: restarts, then failovers, then the final action once") {
    struct Row {
        std::uint32_t restarts, failovers;
        model::FinalAction final_action;
    };
    for (const auto& row : {Row{3, 1, model::FinalAction::none},
                            Row{0, 1, model::FinalAction::stop_group},
                            Row{2, 0, model::FinalAction::stop_group},
                            Row{1, 0, model::FinalAction::failover},
                            Row{0, 0, model::FinalAction::reboot},
                            Row{0, 0, model::FinalAction::none}}) {
        Watched s([&](auto& m) {
            m.restart_threshold = row.restarts;
            m.failover_threshold = row.failovers;
            m.final_action = row.final_action;
        });
        for (std::uint32_t i = 0; i < row.restarts; i++) {
            s.monitor_says(k_m, Verdict::bad);
            s.run_plugins();
            CHECK(s.seen(s.g) == GroupState::online);
        }
        CHECK(s.reports.empty());
        CHECK(s.line_of(k_m).restarts == row.restarts);
        for (std::uint32_t i = 0; i < row.failovers; i++) {
            s.monitor_says(k_m, Verdict::bad);
            s.monitor_says(k_m, Verdict::bad);  // not twice for one eviction
            CHECK(s.report_names() == Calls{"evict"});
            CHECK(s.seen(s.g) == GroupState::online);  // until it is agreed
            s.commit_reports();
            s.run_plugins();
            CHECK(s.is_released(s.g));
            s.commit_reports();
            s.give(s.g, k_self);
            s.update();
            s.run_plugins();
            CHECK(s.seen(s.g) == GroupState::online);
        }
        CHECK(s.line_of(k_m).failovers == row.failovers);
        s.monitor_says(k_m, Verdict::bad);
        s.monitor_says(k_m, Verdict::bad);
        bool is_group = row.final_action == model::FinalAction::stop_group;
        bool is_move = row.final_action == model::FinalAction::failover;
        CHECK(s.has_report("set_goal") == is_group);
        CHECK(s.has_report("evict") == is_move);
        CHECK(s.node_action.has_value() == (row.final_action == model::FinalAction::reboot));
        bool is_any = row.final_action != model::FinalAction::none;
        CHECK(s.count_events(EventKind::final_action) == (is_any ? 1 : 0));
    }
}

TEST_CASE("the target of recovery is the resource and what stands on it, or the whole group") {
    Watched s([](auto& m) { m.recovery = model::RecoveryTarget::group; });
    s.monitor_says(k_m, Verdict::bad);
    s.run_plugins();
    CHECK(s.take_calls() == Calls{"stop g1r3", "end m1", "stop g1r2", "stop g1r1", "start g1r1",
                                  "start g1r2", "start g1r3", "begin m1"});
    CHECK(s.starts.back().factor == OperationFactor::group_restart);
}

TEST_CASE("a monitor that recovers nothing still has its final action") {
    Watched s([](auto& m) {
        m.recovery = model::RecoveryTarget::none;
        m.final_action = model::FinalAction::stop_node_service;
    });
    s.monitor_says(k_m, Verdict::bad);
    CHECK(s.node_action == model::FinalAction::stop_node_service);
    CHECK(s.reports.empty());
}

TEST_CASE("counters go back after health for long enough, and not before") {
    Watched s([](auto& m) { m.reset_after = 10s; });
    s.check_answers(k_m, Verdict::ok);
    s.monitor_says(k_m, Verdict::bad);
    s.run_plugins();
    s.pass(0s);
    s.check_answers(k_m, Verdict::ok);
    for (int i = 0; i < 9; i++) s.check(Verdict::ok);
    CHECK(s.line_of(k_m).restarts == 1);
    s.check(Verdict::ok);
    CHECK(s.line_of(k_m).restarts == 0);
}

TEST_CASE("trouble begins the time of health anew, and zero never resets") {
    Watched s([](auto& m) {
        m.reset_after = 5s;
        m.retries = 1;
    });
    s.check_answers(k_m, Verdict::ok);
    s.monitor_says(k_m, Verdict::bad);
    s.run_plugins();
    s.pass(0s);
    s.check_answers(k_m, Verdict::ok);
    for (int i = 0; i < 4; i++) s.check(Verdict::ok);
    s.check(Verdict::bad);  // not enough to count, enough not to be health
    for (int i = 0; i < 5; i++) s.check(Verdict::ok);
    CHECK(s.line_of(k_m).restarts == 1);
    Watched never;
    never.monitor_says(k_m, Verdict::bad);
    never.run_plugins();
    never.pass(0s);
    never.check_answers(k_m, Verdict::ok);
    for (int i = 0; i < 100; i++) never.check(Verdict::ok);
    CHECK(never.line_of(k_m).restarts == 1);
}

TEST_CASE("a check that hangs is bad at its timeout, and again at each interval until it returns") {
    Watched s([](auto& m) { m.restart_threshold = 0; });
    s.take_calls();
    s.pass(3s);
    CHECK(s.has_report("evict"));
    CHECK(s.line_of(k_m).text.find("timed out") != std::string::npos);
    CHECK(s.take_calls().empty());  // the check is cancelled; there is no second beside it
    s.pass(1s);
    CHECK(s.line_of(k_m).text.find("has not come back") != std::string::npos);
    s.check_answers(k_m, Verdict::ok);  // too late to count
    CHECK(s.line_of(k_m).state == MonitorState::bad);
    s.pass(1s);
    CHECK(s.take_calls() == Calls{"check m1"});
}

TEST_CASE("S9: a check that takes most of its timeout is told as slow") {
    Watched s;
    s.pass(2500ms);
    s.check_answers(k_m, Verdict::ok);
    CHECK(s.count_events(EventKind::monitor_slow) == 1);
    Watched quiet([](auto& m) { m.delay_warning_percent = 100; });
    quiet.pass(2900ms);
    quiet.check_answers(k_m, Verdict::ok);
    CHECK(quiet.count_events(EventKind::monitor_slow) == 0);
}

TEST_CASE("S8: a paused monitor does nothing, and begins anew when it is resumed") {
    Watched s;
    s.state.paused_monitors[k_m] = {};
    s.update();
    CHECK(s.take_calls() == Calls{"end m1"});
    CHECK(s.line_of(k_m).state == MonitorState::paused);
    s.monitor_says(k_m, Verdict::bad);
    s.pass(60s);
    CHECK(s.take_calls().empty());
    CHECK(s.count_events(EventKind::recovery_started) == 0);
    s.state.paused_monitors.clear();
    s.update();
    // The check from before the pause has not come back: there is no second one beside it.
    CHECK(s.take_calls() == Calls{"begin m1"});
    s.check_answers(k_m, Verdict::bad);
    s.pass(1s);
    CHECK(s.take_calls() == Calls{"check m1"});
}

TEST_CASE("B6: a monitor for always never acts on a group that is starting, stopping or "
          "elsewhere") {
    Story s;
    auto g = s.chain(1, 2);
    s.monitor(1, g, 1).timing = model::MonitorTiming::always;
    s.script["start g1r2"] = {hang()};
    s.update();
    s.monitor_says(k_m, Verdict::bad);
    s.begin();
    s.monitor_says(k_m, Verdict::bad);
    s.run_plugins();
    CHECK(s.seen(g) == GroupState::starting);
    s.monitor_says(k_m, Verdict::bad);
    s.answer(OperationKind::start, "g1r2", ok());
    CHECK(s.line_of(k_m).restarts == 0);
    s.script["stop g1r2"] = {hang()};
    s.evict(g);
    s.monitor_says(k_m, Verdict::bad);
    s.answer(OperationKind::stop, "g1r2", ok());
    s.run_plugins();
    s.monitor_says(k_m, Verdict::bad);
    CHECK(s.line_of(k_m).restarts == 0);
    CHECK(s.count_events(EventKind::recovery_started) == 0);
}

TEST_CASE("a restart in place that cannot stop the resource is a failed stop, not two of them") {
    Watched s;
    s.script["stop g1r2"] = {failed()};
    s.monitor_says(k_m, Verdict::bad);
    s.run_plugins();
    CHECK(s.seen(s.g) == GroupState::failed);
    CHECK(s.has_report("stop_failed"));
    for (const auto& call : s.take_calls()) CHECK(call != "start g1r2");
}

TEST_CASE("a restart in place that cannot start the resource fails over") {
    Watched s;
    s.script["start g1r2"] = {failed()};
    s.monitor_says(k_m, Verdict::bad);
    s.run_plugins();
    CHECK(s.report_names() == Calls{"evict"});
    s.commit_reports();
    CHECK(s.is_released(s.g));
}

TEST_CASE("a monitor that the configuration changes begins anew, an unchanged one goes on") {
    Watched s;
    s.monitor(2, s.g, 1);
    s.spec_changed();
    s.update();
    CHECK(s.take_calls() == Calls{"begin m2", "check m2"});
    s.state.spec.monitors[0].interval = 2s;
    s.spec_changed();
    s.update();
    CHECK(s.take_calls() == Calls{"end m1", "begin m1", "check m1"});
    s.state.spec.monitors.erase(s.state.spec.monitors.begin());
    s.spec_changed();
    s.update();
    CHECK(s.take_calls() == Calls{"end m1"});
    s.service.on_monitor(s.now, s.state, {k_m, OperationId{}, Verdict::bad, ""});
    s.update();
    CHECK(s.seen(s.g) == GroupState::online);
}

TEST_CASE("monitors end when the node stops everything") {
    Watched s;
    s.monitor(2, GroupId{}, 0).timing = model::MonitorTiming::always;
    s.spec_changed();
    s.update();
    s.take_calls();
    s.service.stop_all(s.now, s.state, OperationFactor::node_leave);
    s.update();
    auto calls = s.take_calls();
    CHECK(std::count(calls.begin(), calls.end(), "end m1") == 1);
    CHECK(std::count(calls.begin(), calls.end(), "end m2") == 1);
}
