// Groups on one node: start, stop, failures, time limits.
#include "story.hpp"

using namespace ha;
using namespace ha::lifecycle;
using namespace ha::lifecycle::test;
using Calls = std::vector<std::string>;

TEST_CASE("a group starts in dependency order and stops in reverse") {
    Story s;
    auto g = s.chain(1, 3);
    s.begin();
    CHECK(s.seen(g) == GroupState::waiting);
    s.run_plugins();
    // The first look is a probe, because this process cannot know what the one before it left.
    CHECK(s.take_calls() == Calls{"probe g1r1", "probe g1r2", "probe g1r3", "start g1r1",
                                  "start g1r2", "start g1r3"});
    CHECK(s.seen(g) == GroupState::online);
    s.evict(g);
    s.run_plugins();
    CHECK(s.take_calls() == Calls{"stop g1r3", "stop g1r2", "stop g1r1"});
    CHECK(s.seen(g) == GroupState::offline);
    CHECK(s.is_released(g));
    CHECK(s.run_record.empty());
}

TEST_CASE("a group that is given later starts without a probe") {
    Story s;
    auto g = s.chain(1, 2);
    s.state.groups[g].owner = {};
    s.begin();
    s.give(g, k_self);
    s.update();
    s.run_plugins();
    CHECK(s.take_calls() == Calls{"start g1r1", "start g1r2"});
    CHECK(s.starts[0].epoch == s.state.groups[g].epoch);
    CHECK(s.starts[0].not_after == s.permission.lease_end - 5ms);
    CHECK(s.run_record == std::vector<Held>{{g, s.state.groups[g].epoch}});
}

TEST_CASE("independent resources start and stop at once") {
    Story s;
    auto g = s.group(1, {{}, {}, {1, 2}});
    s.state.groups[g].owner = {};
    s.begin();
    s.give(g, k_self);
    s.update();
    CHECK(s.take_calls() == Calls{"start g1r1", "start g1r2"});
    s.answer(OperationKind::start, "g1r2", ok());
    CHECK(s.take_calls().empty());
    s.answer(OperationKind::start, "g1r1", ok());
    CHECK(s.take_calls() == Calls{"start g1r3"});
    s.run_plugins();
    s.evict(g);
    s.answer(OperationKind::stop, "g1r3", ok());
    CHECK(s.take_calls() == Calls{"stop g1r3", "stop g1r2", "stop g1r1"});
}

TEST_CASE("a chain of 128 resources costs one step per resource and no time") {
    Story s;
    auto g = s.chain(1, 128);
    s.state.groups[g].owner = {};
    s.begin();
    s.give(g, k_self);
    auto begun = s.now;
    auto steps = s.step_count;
    s.update();
    s.run_plugins();
    CHECK(s.seen(g) == GroupState::online);
    CHECK(s.step_count - steps == 1 + 128);
    CHECK(s.now == begun);
    steps = s.step_count;
    s.evict(g);
    s.run_plugins();
    CHECK(s.is_released(g));
    CHECK(s.step_count - steps == 1 + 128);
}

TEST_CASE("a node limit bounds the operations under way, over all groups") {
    Story s;
    s.state.spec.parallel_operations = 2;
    auto g = s.group(1, {{}, {}, {}});
    auto h = s.group(2, {{}, {}});
    for (auto id : {g, h}) s.state.groups[id].owner = {};
    s.begin();
    for (auto id : {g, h}) s.give(id, k_self);
    s.update();
    CHECK(s.take_calls() == Calls{"start g1r1", "start g1r2"});
    s.answer(OperationKind::start, "g1r1", ok());
    CHECK(s.take_calls() == Calls{"start g1r3"});
    s.answer(OperationKind::start, "g1r2", ok());
    CHECK(s.take_calls() == Calls{"start g2r1"});
    s.run_plugins();
    CHECK(s.seen(g) == GroupState::online);
    CHECK(s.seen(h) == GroupState::online);
    s.take_calls();
    for (auto id : {g, h}) s.evict(id);
    CHECK(s.take_calls().size() == 2);
    s.run_plugins();
    CHECK(s.is_released(g));
    CHECK(s.is_released(h));
    CHECK(!s.has_report("stop_failed"));
}

TEST_CASE("a start is tried again as often as its retries say") {
    Story s;
    auto g = s.chain(1, 2);
    s.spec(g, 2).start.retries = 2;
    s.script["start g1r2"] = {failed(), failed(), ok()};
    s.begin();
    s.run_plugins();
    CHECK(s.seen(g) == GroupState::online);
    CHECK(s.count_events(EventKind::operation_failed) == 2);
    CHECK(s.reports.empty());
}

TEST_CASE("whichever resource of a group fails to start, what was started is stopped in reverse, "
          "and the group is released only when its eviction is agreed") {
    for (std::uint32_t bad = 1; bad <= 4; bad++) {
        Story s;
        auto g = s.chain(1, 4);
        s.state.groups[g].owner = {};
        s.begin();
        s.give(g, k_self);
        s.script["start g1r" + std::to_string(bad)] = {failed("no such device")};
        s.update();
        s.run_plugins();
        Calls expected;
        for (std::uint32_t i = 1; i <= bad; i++)
            expected.push_back("start g1r" + std::to_string(i));
        for (std::uint32_t i = bad; i >= 1; i--) expected.push_back("stop g1r" + std::to_string(i));
        CHECK(s.take_calls() == expected);
        CHECK(s.report_names() == Calls{"evict"});
        auto evict = std::get<model::Evict>(s.reports[0]);
        CHECK(evict.ban_owner);
        CHECK(evict.kind == model::StartKind::failover);
        CHECK(evict.reason.find("no such device") != std::string::npos);
        CHECK(!s.is_released(g));
        s.commit_reports();
        CHECK(s.is_released(g));
        s.commit_reports();
        CHECK(!s.state.groups[g].owner);
        CHECK(s.state.groups[g].bans.size() == 1);
        CHECK(s.service.is_empty());
    }
}

TEST_CASE("a report is asked for again until the state shows it, and no longer") {
    Story s;
    auto g = s.chain(1, 1);
    s.script["start g1r1"] = {failed()};
    s.begin();
    s.run_plugins();
    s.reports.clear();  // lost on its way
    s.pass(1s);
    CHECK(s.has_report("evict"));
    s.commit_reports();
    s.pass(1s);
    CHECK(s.reports.empty());
    CHECK(s.is_released(g));
}

TEST_CASE("final action none leaves the group failed as it stands, until it is stopped") {
    Story s;
    auto g = s.chain(1, 3);
    s.spec(g, 2).start.final_action = model::FinalAction::none;
    s.script["start g1r2"] = {failed()};
    s.begin();
    s.run_plugins();
    CHECK(s.seen(g) == GroupState::failed);
    CHECK(s.seen("g1r1") == ResourceState::online);
    CHECK(s.reports.empty());
    s.pass(60s);
    CHECK(s.reports.empty());
    s.set_goal(g, model::Goal::offline);
    s.run_plugins();
    CHECK(s.is_released(g));
}

TEST_CASE("an operator's restart tries a failed group again, in place") {
    Story s;
    auto g = s.chain(1, 2);
    s.spec(g, 2).start.final_action = model::FinalAction::none;
    s.script["start g1r2"] = {failed(), ok()};
    s.begin();
    s.run_plugins();
    auto epoch = s.state.groups[g].epoch;
    s.restart(g);
    s.run_plugins();
    CHECK(s.seen(g) == GroupState::online);
    CHECK(s.starts.back().epoch == epoch);
    CHECK(!s.is_released(g));
}

TEST_CASE("final action stop_group asks for the goal offline") {
    Story s;
    auto g = s.chain(1, 2);
    s.spec(g, 2).start.final_action = model::FinalAction::stop_group;
    s.script["start g1r2"] = {failed()};
    s.begin();
    s.run_plugins();
    CHECK(s.report_names() == Calls{"set_goal"});
    s.commit_reports();
    CHECK(s.is_released(g));
}

TEST_CASE("a final action for the node is told, with its reason") {
    Story s;
    auto g = s.chain(1, 1);
    s.spec(g, 1).start.final_action = model::FinalAction::reboot;
    s.script["start g1r1"] = {failed()};
    s.begin();
    s.run_plugins();
    REQUIRE(s.node_action.has_value());
    CHECK(*s.node_action == model::FinalAction::reboot);
}

TEST_CASE("F11: a group that does not stop is reported, stays held, and is never released") {
    Story s;
    auto g = s.chain(1, 3);
    s.begin();
    s.run_plugins();
    s.script["stop g1r2"] = {failed("busy")};
    s.evict(g);
    s.run_plugins();
    CHECK(s.seen(g) == GroupState::failed);
    CHECK(s.seen("g1r1") == ResourceState::online);  // in use by what did not stop
    CHECK(s.report_names() == Calls{"stop_failed"});
    s.commit_reports();
    s.pass(3600s - 1s);
    CHECK(!s.is_released(g));
    CHECK(s.run_record.size() == 1);
    CHECK(s.state.groups[g].owner == k_self);

    SUBCASE("an operator's command tries the stop again") {
        s.script.clear();
        s.set_goal(g, model::Goal::offline);
        s.run_plugins();
        CHECK(s.is_released(g));
    }
    SUBCASE("an operator's restart tries the stop again") {
        s.script.clear();
        s.restart(g);
        s.run_plugins();
        CHECK(s.is_released(g));
    }
    SUBCASE("another failure is reported again") {
        s.set_goal(g, model::Goal::offline);
        s.run_plugins();
        CHECK(s.has_report("stop_failed"));
    }
}

TEST_CASE("a failed stop of something that a probe finds offline counts as stopped") {
    Story s;
    auto g = s.chain(1, 1);
    s.begin();
    s.run_plugins();
    s.script["stop g1r1"] = {failed("it was gone already")};
    s.script["probe g1r1"] = {is(ResourceStatus::offline)};
    s.evict(g);
    s.run_plugins();
    CHECK(s.is_released(g));
    CHECK(s.reports.empty());
}

TEST_CASE("a plugin that says ok and means the opposite is not believed") {
    Story s;
    auto g = s.chain(1, 1);
    s.begin();
    s.script["start g1r1"] = {is(ResourceStatus::failed), is(ResourceStatus::online)};
    s.spec(g, 1).start.retries = 1;
    s.spec_changed();
    s.update();
    s.run_plugins();
    CHECK(s.seen(g) == GroupState::online);
    s.script["stop g1r1"] = {is(ResourceStatus::online)};
    s.script["probe g1r1"] = {is(ResourceStatus::online)};
    s.evict(g);
    s.run_plugins();
    CHECK(!s.is_released(g));
    CHECK(s.has_report("stop_failed"));
}

TEST_CASE("a group that is taken back while it starts is cancelled, then stopped in reverse") {
    Story s;
    auto g = s.group(1, {{}, {1}, {1}});
    s.state.groups[g].owner = {};
    s.script["start g1r2"] = {hang()};
    s.begin();
    s.give(g, k_self);
    s.update();
    s.run_plugins();
    s.take_calls();
    s.evict(g);
    CHECK(s.take_calls() == Calls{"cancel start g1r2", "stop g1r3"});
    s.answer(OperationKind::stop, "g1r3", ok());
    CHECK(s.take_calls().empty());  // the cancelled start has the word
    s.answer(OperationKind::start, "g1r2", failed("cancelled"));
    CHECK(s.take_calls() == Calls{"stop g1r2"});
    s.answer(OperationKind::stop, "g1r2", ok());
    CHECK(s.take_calls() == Calls{"stop g1r1"});
    s.answer(OperationKind::stop, "g1r1", ok());
    CHECK(s.is_released(g));
}

TEST_CASE("a cancelled start that had not begun needs no stop") {
    Story s;
    auto g = s.chain(1, 1);
    s.state.groups[g].owner = {};
    s.begin();
    s.give(g, k_self);
    s.update();
    s.evict(g);
    s.take_calls();
    s.answer(OperationKind::start, "g1r1", {Outcome::not_begun});
    CHECK(s.take_calls().empty());
    CHECK(s.is_released(g));
}

TEST_CASE("F34: a start that the runtime found too late is begun again under a longer lease") {
    Story s;
    auto g = s.chain(1, 1);
    s.begin();
    s.answer(OperationKind::probe, "g1r1", is(ResourceStatus::offline));
    s.answer(OperationKind::start, "g1r1", {Outcome::not_begun});
    s.run_plugins();
    CHECK(s.seen(g) == GroupState::online);
    CHECK(s.reports.empty());
}

TEST_CASE("a start without a report counts as timed out after the deadline and a grace, and the "
          "group is not released while it may still come back") {
    Story s;
    auto g = s.chain(1, 1);
    s.script["start g1r1"] = {hang()};
    s.begin();
    s.run_plugins();
    s.take_calls();
    s.pass(11s);
    CHECK(s.take_calls().empty());
    s.pass(1s);
    CHECK(s.take_calls() == Calls{"cancel start g1r1", "stop g1r1"});
    s.run_plugins();
    s.commit_reports();
    CHECK(!s.is_released(g));
    CHECK(s.seen(g) == GroupState::failed);
    s.answer(OperationKind::start, "g1r1", ok());  // late, and done after all
    CHECK(s.take_calls() == Calls{"stop g1r1"});
    s.run_plugins();
    CHECK(s.is_released(g));
}

TEST_CASE("a hung stop is a failed stop, and what comes of it late is not lost") {
    Story s;
    auto g = s.chain(1, 1);
    s.begin();
    s.run_plugins();
    s.script["stop g1r1"] = {hang(), ok()};
    s.script["probe g1r1"] = {is(ResourceStatus::online)};
    s.evict(g);
    s.run_plugins();
    s.pass(13s);
    s.run_plugins();
    CHECK(s.has_report("stop_failed"));
    CHECK(!s.is_released(g));
    s.answer(OperationKind::stop, "g1r1", ok());
    s.run_plugins();
    CHECK(s.is_released(g));
}

TEST_CASE("cluster.md 7: a hung operation delays no other group and no independent resource") {
    Story s;
    auto g = s.group(1, {{}, {}, {2}});
    auto h = s.chain(2, 3);
    s.script["start g1r1"] = {hang()};
    s.begin();
    s.run_plugins();
    CHECK(s.seen(h) == GroupState::online);
    CHECK(s.seen("g1r3") == ResourceState::online);
    CHECK(s.seen(g) == GroupState::starting);
    s.script["stop g1r1"] = {hang()};
    s.evict(g);
    s.evict(h);
    s.run_plugins();
    CHECK(s.is_released(h));
    CHECK(s.seen("g1r2") == ResourceState::offline);
}

TEST_CASE("reports of operations that there are not are ignored by name") {
    Story s;
    auto g = s.chain(1, 1);
    s.begin();
    s.run_plugins();
    auto id = s.starts.back().id;
    s.service.on_operation(s.now, s.state, {id, Outcome::failed, ResourceStatus::offline, ""});
    s.service.on_operation(s.now, s.state, {OperationId{99999}, Outcome::ok});
    s.update();
    CHECK(s.seen(g) == GroupState::online);
    CHECK(s.count_events(EventKind::plugin_note) == 2);
}

TEST_CASE("a slow operation is told") {
    Story s;
    auto g = s.chain(1, 1);
    s.script["start g1r1"] = {hang()};
    s.state.spec.timing.delay_warning_percent = 80;
    s.begin();
    s.run_plugins();
    s.pass(9s);
    s.answer(OperationKind::start, "g1r1", ok());
    CHECK(s.seen(g) == GroupState::online);
    CHECK(s.count_events(EventKind::operation_slow) == 1);
}

TEST_CASE("a group that is given and taken back before it was begun is released at once") {
    Story s;
    auto g = s.chain(1, 1);
    s.state.groups[g].owner = {};
    s.settle();
    s.give(g, k_self);
    s.evict(g);
    CHECK(s.is_released(g));
    CHECK(s.take_calls().empty());
}

TEST_CASE("a released group that comes back at the next incarnation starts again") {
    Story s;
    auto g = s.chain(1, 1);
    s.begin();
    s.run_plugins();
    s.evict(g);
    s.run_plugins();
    s.update();  // the state does not show the release yet: nothing starts, nothing is told twice
    s.commit_reports();
    s.take_calls();
    s.give(g, k_self);
    s.update();
    s.run_plugins();
    CHECK(s.take_calls() == Calls{"start g1r1"});
    CHECK(s.seen(g) == GroupState::online);
}

TEST_CASE("a group whose dependencies make no sense fails and can be given up") {
    Story s;
    auto g = s.group(1, {{2}, {1}});
    s.state.groups[g].owner = {};
    s.begin();
    s.give(g, k_self);
    s.update();
    CHECK(s.seen(g) == GroupState::failed);
    CHECK(s.text_of(g).find("depends on itself") != std::string::npos);
    s.evict(g);
    CHECK(s.is_released(g));
}

TEST_CASE("a new configuration waits for the end of the activation where resources change") {
    Story s;
    auto g = s.chain(1, 2);
    s.begin();
    s.run_plugins();
    s.take_calls();
    auto third = s.spec(g, 2);
    third.id = ResourceId{1003};
    third.name = "g1r3";
    s.spec(g).resources.push_back(third);
    s.spec_changed();
    s.update();
    s.evict(g);
    s.run_plugins();
    CHECK(s.take_calls() == Calls{"stop g1r2", "stop g1r1"});
    s.commit_reports();
    s.give(g, k_self);
    s.update();
    s.run_plugins();
    CHECK(s.take_calls() == Calls{"start g1r1", "start g1r2", "start g1r3"});
}

TEST_CASE("stopping everything releases what was stopped and starts nothing more") {
    Story s;
    auto g = s.chain(1, 2);
    auto h = s.chain(2, 1);
    s.state.groups[h].owner = {};
    s.begin();
    s.run_plugins();
    s.take_calls();
    s.service.stop_all(s.now, s.state, OperationFactor::node_leave);
    s.give(h, k_self);
    s.update();
    s.run_plugins();
    CHECK(s.take_calls() == Calls{"stop g1r2", "stop g1r1"});
    CHECK(s.is_released(g));
    CHECK(s.is_released(h));
    CHECK(s.service.is_empty());
    CHECK(s.starts.back().factor == OperationFactor::node_leave);
}

TEST_CASE("an empty group is online as soon as it may be") {
    Story s;
    auto g = s.group(1, {});
    s.begin();
    CHECK(s.seen(g) == GroupState::online);
    s.evict(g);
    CHECK(s.is_released(g));
}

TEST_CASE("plugins are told whether a group is started, fails over or was moved") {
    using model::StartKind;
    const std::pair<StartKind, OperationFactor> kinds[] = {
        {StartKind::start, OperationFactor::group_start},
        {StartKind::failover, OperationFactor::group_failover},
        {StartKind::move, OperationFactor::group_move}};
    for (const auto& [kind, factor] : kinds) {
        CAPTURE(to_string(kind));
        Story s;
        auto g = s.chain(1, 1);
        s.state.groups[g].owner = {};
        s.begin();
        s.give(g, k_self);
        s.state.groups[g].start_kind = kind;
        s.update();
        s.run_plugins();
        REQUIRE(s.starts.size() == 1);
        CHECK(s.starts.front().start_kind == kind);
        CHECK(s.starts.front().factor == factor);
    }
}
