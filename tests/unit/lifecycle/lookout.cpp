// The lookout: what somebody starts by hand, and what a node does about it.
#include "story.hpp"

using namespace ha;
using namespace ha::lifecycle;
using namespace ha::lifecycle::test;
using Calls = std::vector<std::string>;

namespace {

/// Node b owns group 1; this node has joined, and looks every minute.
struct Elsewhere : Story {
    GroupId g;

    explicit Elsewhere(std::uint32_t length = 1) : g(chain(1, length)) {
        state.cluster_version = 2;
        state.spec.timing.probe_interval = 60s;
        give(g, k_other);
    }
    /// As the first look of this node finds it.
    void begin_with(ResourceStatus status, const std::string& name = "g1r1") {
        running[name] = status;
        begin();
        work();
    }
    /// Until all that follows has been done.
    void work() {
        for (int i = 0; i < 4; i++) {
            pass(1ms);
            run_plugins();
        }
    }
    model::GroupRecord& record() { return state.groups.at(g); }
    bool is_found() const { return state.groups.at(g).found.contains(k_self); }
    /// Of the newest report about it.
    const model::FoundActive* told() const {
        const model::FoundActive* out = nullptr;
        for (const auto& report : reports)
            if (const auto* one = std::get_if<model::FoundActive>(&report)) out = one;
        return out;
    }
    std::string parameter(EventKind kind, const std::string& name) const {
        for (const auto& event : events)
            for (const auto& [key, value] : event.parameters)
                if (event.kind == kind && key == name) return value;
        return {};
    }
};

}  // namespace

TEST_CASE("a node that has joined looks once at all that it does not run, and then every "
          "interval") {
    Elsewhere s(2);
    s.begin();
    s.pass(0s);
    s.run_plugins();
    CHECK(s.take_calls() == Calls{"probe g1r1", "probe g1r2"});  // one after the other
    CHECK(s.starts.back().is_search);
    s.pass(59s);
    CHECK(s.take_calls().empty());
    s.pass(2s);
    s.run_plugins();
    CHECK(s.take_calls() == Calls{"probe g1r1", "probe g1r2"});
    CHECK(s.reports.empty());
    CHECK(s.count_events(EventKind::resource_found) == 0);
}

TEST_CASE("nobody looks without an interval, in a cluster that cannot agree on it, or elsewhere") {
    Elsewhere s;
    SUBCASE("no interval") { s.state.spec.timing.probe_interval = 0s; }
    SUBCASE("a cluster of version 1") { s.state.cluster_version = 1; }
    SUBCASE("the policy does not name this node") { s.spec(s.g).policy = {k_other}; }
    s.begin();
    s.pass(200s);
    s.run_plugins();
    CHECK(s.take_calls().empty());
}

TEST_CASE("cluster.md 6: what runs beside its owner is told at once, severed, and stopped in "
          "reverse order") {
    Elsewhere s(2);
    s.begin_with(ResourceStatus::online, "g1r2");
    CHECK(s.take_calls() == Calls{"probe g1r1", "probe g1r2", "sever g1r1", "sever g1r2",
                                  "stop g1r2", "stop g1r1", "probe g1r1", "probe g1r2"});
    CHECK(s.count_events(EventKind::resource_found) == 1);
    CHECK(s.parameter(EventKind::resource_found, "owner") == "b");
    REQUIRE(s.told() != nullptr);
    CHECK(s.told()->resource == s.spec(s.g, 2).id);
    CHECK(s.told()->is_acted_on);
    CHECK(s.service.is_settled());  // it costs this node no lease
    CHECK(!s.service.holds(s.g));
    CHECK(s.released.empty());      // nothing was ours to release
    CHECK(!s.node_action);
    s.commit_reports();
    CHECK(s.is_found());
    s.work();
    s.commit_reports();
    CHECK(!s.is_found());           // looked at again, and nothing is there
    CHECK(s.record().owner == k_other);
}

TEST_CASE("the report is repeated until the state shows it, the alert is not") {
    Elsewhere s;
    s.record().is_frozen = true;
    s.begin_with(ResourceStatus::online);
    REQUIRE(s.told() != nullptr);
    CHECK(!s.told()->is_acted_on);
    s.reports.clear();
    s.pass(1s);
    CHECK(s.told() != nullptr);
    s.commit_reports();
    CHECK(s.is_found());
    s.pass(10s);
    CHECK(s.told() == nullptr);
    s.pass(200s);
    s.run_plugins();
    CHECK(s.count_events(EventKind::resource_found) == 1);
}

TEST_CASE("what nobody may touch is told and left alone, and stopped when that is over") {
    Elsewhere s;
    SUBCASE("the group is frozen") { s.record().is_frozen = true; }
    SUBCASE("the cluster is suspended") { s.state.is_suspended = true; }
    SUBCASE("this node is in maintenance") {
        s.state.nodes.at(k_self).mode = model::NodeMode::maintenance;
    }
    SUBCASE("this node has no lease") { s.permission.lease_end = s.now + 1ms; }
    SUBCASE("there is no quorum, and all is to stay as it is") { s.permission.is_frozen = true; }
    const bool has_lease = s.permission.lease_end == Instant{};
    s.running["g1r1"] = ResourceStatus::online;
    s.settle();
    if (has_lease) s.permission.lease_end = s.now + 3600s;
    s.admit();
    s.pass(10ms);
    s.run_plugins();
    CHECK(s.take_calls() == Calls{"probe g1r1"});
    CHECK(s.count_events(EventKind::resource_found) == 1);
    s.commit_reports();
    CHECK(s.is_found());
    s.record().is_frozen = s.state.is_suspended = s.permission.is_frozen = false;
    s.state.nodes.at(k_self).mode = model::NodeMode::in_service;
    s.lease(3600s);
    s.pass(1s);
    s.run_plugins();
    const auto calls = s.take_calls();
    CHECK(std::find(calls.begin(), calls.end(), "stop g1r1") != calls.end());
    REQUIRE(s.told() != nullptr);
    CHECK(s.told()->is_acted_on);
}

TEST_CASE("what nobody owns is told, and left alone until it is to be stopped") {
    Elsewhere s;
    s.record().owner = {};
    s.record().goal = model::Goal::offline;
    s.begin_with(ResourceStatus::online);
    s.commit_reports();
    CHECK(s.is_found());
    s.pass(200s);
    s.run_plugins();
    auto calls = s.take_calls();
    CHECK(std::find(calls.begin(), calls.end(), "stop g1r1") == calls.end());
    s.record().found.at(k_self).is_to_stop = true;
    s.update();
    s.work();
    calls = s.take_calls();
    CHECK(std::find(calls.begin(), calls.end(), "stop g1r1") != calls.end());
    s.commit_reports();
    s.work();
    s.commit_reports();
    CHECK(!s.is_found());
}

TEST_CASE("a group that never had an owner is stopped, and a restarted daemon goes on with that") {
    Elsewhere s;
    s.record() = {};
    s.record().goal = model::Goal::online;
    s.begin_with(ResourceStatus::online);
    s.commit_reports();
    s.record().found.at(k_self).is_to_stop = true;
    s.update();
    s.pass(1s);
    REQUIRE(s.run_record.size() == 1);
    ServiceOptions options;
    options.self = k_self;
    options.held = s.run_record;
    Elsewhere after;
    after.service = Service(options);
    after.running["g1r1"] = ResourceStatus::online;
    after.record() = s.record();
    after.begin();
    CHECK(!after.service.is_settled());
    after.run_plugins();
    CHECK(after.service.is_settled());
    CHECK(after.running["g1r1"] == ResourceStatus::offline);
}

TEST_CASE("a group that is given to where it runs is adopted, and not started a second time") {
    Elsewhere s(2);
    s.record().owner = {};
    s.begin_with(ResourceStatus::online);
    s.commit_reports();
    s.take_calls();
    s.give(s.g, k_self);
    s.record().found.clear();  // as a Give does
    s.permission.clear_to_start.insert(s.g);
    s.update();
    s.run_plugins();
    CHECK(s.take_calls() == Calls{"probe g1r1", "probe g1r2", "start g1r2"});
    CHECK(s.seen(s.g) == GroupState::online);
    CHECK(s.count_events(EventKind::group_adopted) == 1);
    s.pass(200s);
    s.run_plugins();
    CHECK(s.take_calls().empty());  // its own is for its monitors to look at
    CHECK(s.reports.empty());
}

TEST_CASE("what was found, given and taken back at once is released only when it is stopped") {
    Elsewhere s;
    s.record().owner = {};
    s.begin_with(ResourceStatus::online);
    s.commit_reports();
    s.take_calls();
    s.give(s.g, k_self);
    s.record().found.clear();
    s.record().is_evicted = true;
    s.update();
    CHECK(s.released.empty());
    s.work();
    CHECK(s.take_calls() == Calls{"stop g1r1"});
    CHECK(s.is_released(s.g));
}

TEST_CASE("what a probe says that began before the group changed hands is not read") {
    Elsewhere s;
    s.begin();
    s.pass(0s);
    REQUIRE(s.is_out(OperationKind::probe, "g1r1"));
    SUBCASE("it was given to another node, and released since") {
        s.give(s.g, k_other);
        s.update();
        s.answer(OperationKind::probe, "g1r1", is(ResourceStatus::online));
        CHECK(s.count_events(EventKind::resource_found) == 0);
        s.pass(0s);
        CHECK(s.is_out(OperationKind::probe, "g1r1"));  // it looks anew, at once
    }
    SUBCASE("it is ours, and was started meanwhile") {
        s.give(s.g, k_self);
        s.permission.clear_to_start.insert(s.g);
        s.update();
        s.pass(0s);
        const auto calls = s.take_calls();
        CHECK(std::find(calls.begin(), calls.end(), "cancel probe g1r1") != calls.end());
        CHECK(s.is_out(OperationKind::start, "g1r1"));  // nothing waits for the probe
        s.answer(OperationKind::probe, "g1r1", is(ResourceStatus::online));
        s.run_plugins();
        CHECK(s.seen(s.g) == GroupState::online);
    }
    SUBCASE("it was ours in between") {
        s.give(s.g, k_self);
        s.permission.clear_to_start.insert(s.g);
        s.update();
        s.answer(OperationKind::start, "g1r1", ok());
        s.evict(s.g);
        s.answer(OperationKind::stop, "g1r1", ok());
        s.commit_reports();
        s.pass(0s);
        s.answer(OperationKind::probe, "g1r1", is(ResourceStatus::online));
        s.pass(0s);
    }
    CHECK(s.count_events(EventKind::resource_found) == 0);
    CHECK(s.told() == nullptr);
}

TEST_CASE("what cannot be found out is no evidence, and told once") {
    Elsewhere s;
    s.script["probe g1r1"] = {failed("no such command")};
    SUBCASE("it fails") {}
    SUBCASE("it is unknown") { s.script["probe g1r1"] = {is(ResourceStatus::unknown)}; }
    SUBCASE("it never comes back") { s.script["probe g1r1"] = {hang()}; }
    s.begin();
    for (int i = 0; i < 10; i++) {
        s.pass(61s);
        s.run_plugins();
    }
    CHECK(s.count_events(EventKind::probe_failing) == 1);
    CHECK(s.count_events(EventKind::resource_found) == 0);
    CHECK(s.reports.empty());
}

TEST_CASE("a probe that fails again after it has told something is told once more") {
    Elsewhere s;
    s.script["probe g1r1"] = {failed(), failed(), failed(), is(ResourceStatus::offline), failed()};
    s.begin();
    for (int i = 0; i < 10; i++) {
        s.run_plugins();
        s.pass(60s);
    }
    CHECK(s.count_events(EventKind::probe_failing) == 2);
}

TEST_CASE("what is half there, and what its type cannot tell, is no evidence and no failure") {
    Elsewhere s;
    SUBCASE("half there") { s.script["probe g1r1"] = {is(ResourceStatus::failed)}; }
    SUBCASE("not looked for") { s.script["probe g1r1"] = {{Outcome::not_begun}}; }
    s.begin();
    for (int i = 0; i < 5; i++) {
        s.pass(61s);
        s.run_plugins();
    }
    CHECK(s.count_events(EventKind::probe_failing) == 0);
    CHECK(s.reports.empty());
    const auto calls = s.take_calls();
    CHECK(std::find(calls.begin(), calls.end(), "stop g1r1") == calls.end());
}

TEST_CASE("what requires fencing and runs beside its owner takes the node down, whatever its "
          "limit") {
    Elsewhere s;
    s.spec(s.g, 1).requirement = model::Requirement::fencing;
    bool is_for_safety = false;
    s.watch = [&](const ServiceOutput& out) {
        is_for_safety = is_for_safety || (out.node_action && out.is_for_safety);
    };
    s.script["stop g1r1"] = {hang()};
    s.begin_with(ResourceStatus::online);
    REQUIRE(s.node_action);
    CHECK(*s.node_action == model::FinalAction::reboot);
    CHECK(is_for_safety);
    CHECK(!s.service.is_settled());  // and until it is stopped no lease is asked for
}

TEST_CASE("a foreign one that does not stop is tried again, and its node keeps its other groups") {
    Elsewhere s;
    auto h = s.chain(2, 1);
    s.script["stop g1r1"] = {failed("busy")};
    s.begin_with(ResourceStatus::online);
    s.run_plugins();
    CHECK(s.seen(s.g) == GroupState::failed);
    CHECK(s.seen(h) == GroupState::online);
    CHECK(s.service.is_settled());
    s.commit_reports();
    s.take_calls();
    s.script["stop g1r1"] = {ok()};
    s.pass(61s);
    s.run_plugins();
    s.commit_reports();
    s.pass(1s);
    s.run_plugins();
    s.commit_reports();
    CHECK(s.running["g1r1"] == ResourceStatus::offline);
    CHECK(!s.is_found());
}

TEST_CASE("a node that stops looks at nothing any more") {
    Elsewhere s;
    s.begin();
    s.pass(0s);
    s.take_calls();
    s.service.stop_all(s.now, s.state, OperationFactor::node_leave);
    s.pass(200s);
    s.update();
    CHECK(s.take_calls() == Calls{"cancel probe g1r1"});
}
