// The lookout: what somebody starts by hand, and what a node does about it.
#include "lifecycle/bounds.hpp"
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
    void see(ResourceStatus status, const std::string& name = "g1r1") {
        running[name] = status;
        begin();
        work();
    }
    /// And the second, which decides.
    void begin_with(ResourceStatus status, const std::string& name = "g1r1") {
        see(status, name);
        look_again();
    }
    /// Second by second: what is asked for is answered.
    void live(Duration time) {
        for (const auto end = now + time; now < end;) {
            pass(1s);
            run_plugins();
        }
    }
    bool was_told_as_acted_on() const {
        return std::any_of(reports.begin(), reports.end(), [](const auto& report) {
            const auto* one = std::get_if<model::FoundActive>(&report);
            return one != nullptr && one->is_acted_on;
        });
    }
    void look_again() {
        pass(k_second_look_pause);
        work();
    }
    bool is_stopped_by_us() {
        const auto calls = take_calls();
        return std::any_of(calls.begin(), calls.end(), [](const auto& call) {
            return call.starts_with("stop ") || call.starts_with("sever ");
        });
    }
    std::size_t count_looks() {
        const auto calls = take_calls();
        return static_cast<std::size_t>(std::count(calls.begin(), calls.end(), "probe g1r1"));
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
    s.see(ResourceStatus::online, "g1r2");
    CHECK(s.take_calls() == Calls{"probe g1r1", "probe g1r2"});  // one look decides nothing
    REQUIRE(s.told() != nullptr);
    CHECK(!s.told()->is_acted_on);
    s.look_again();
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

namespace {

/// What is found while nobody may touch it; `allow` ends that.
struct Untouchable : Elsewhere {
    void block() {
        SUBCASE("the group is frozen") { record().is_frozen = true; }
        SUBCASE("the cluster is suspended") { state.is_suspended = true; }
        SUBCASE("this node is in maintenance") {
            state.nodes.at(k_self).mode = model::NodeMode::maintenance;
        }
        SUBCASE("this node has no lease") { permission.lease_end = now + 1ms; }
        SUBCASE("there is no quorum, and all is to stay as it is") { permission.is_frozen = true; }
    }
    void find() {
        block();
        const bool has_lease = permission.lease_end == Instant{};
        running["g1r1"] = ResourceStatus::online;
        settle();
        if (has_lease) permission.lease_end = now + 3600s;
        admit();
        pass(10ms);
        run_plugins();
        CHECK(take_calls() == Calls{"probe g1r1"});
        CHECK(count_events(EventKind::resource_found) == 1);
        commit_reports();
        CHECK(is_found());
        for (int i = 0; i < 4; i++) {
            pass(60s);
            work();
        }
        CHECK(!is_stopped_by_us());
    }
    void allow() {
        record().is_frozen = state.is_suspended = permission.is_frozen = false;
        state.nodes.at(k_self).mode = model::NodeMode::in_service;
        lease(3600s);
    }
};

}  // namespace

TEST_CASE("what nobody may touch is told and left alone, and stopped when that is over and two "
          "looks have said since that it is there") {
    Untouchable s;
    s.find();
    s.allow();
    CHECK(!s.is_stopped_by_us());
    s.work();
    CHECK(s.count_looks() == 1);
    CHECK(s.running["g1r1"] == ResourceStatus::online);
    s.look_again();
    CHECK(s.is_stopped_by_us());
    CHECK(s.was_told_as_acted_on());
}

TEST_CASE("what was there while nobody might touch it, and is gone, is no reason to stop "
          "anything") {
    Untouchable s;
    s.find();
    s.running["g1r1"] = ResourceStatus::offline;
    s.allow();
    for (int i = 0; i < 4; i++) s.look_again();
    CHECK(!s.is_stopped_by_us());
    s.commit_reports();
    CHECK(!s.is_found());
}

TEST_CASE("a look that began before it was allowed to act does not count") {
    Untouchable s;
    s.find();
    s.pass(60s);
    REQUIRE(s.is_out(OperationKind::probe, "g1r1"));
    s.allow();
    s.answer(OperationKind::probe, "g1r1", is(ResourceStatus::online));
    s.work();  // one that does, at once
    CHECK(!s.is_stopped_by_us());
    s.look_again();
    CHECK(s.is_stopped_by_us());
}

TEST_CASE("between the two looks nothing may have been in the way, not even for a moment") {
    Elsewhere s;
    s.see(ResourceStatus::online);
    SUBCASE("a freeze") {
        s.record().is_frozen = true;
        s.update();
        s.pass(0s);
        s.record().is_frozen = false;
    }
    SUBCASE("a lease that was lost and is back before anybody looked") {
        s.lose_lease();
        s.lease(3600s);
    }
    SUBCASE("another owner") {
        s.state.spec.nodes.push_back(s.state.spec.nodes.back());
        s.state.spec.nodes.back().id = NodeId{3};
        s.give(s.g, NodeId{3});
    }
    SUBCASE("a probe that could not tell") {
        s.script["probe g1r1"] = {is(ResourceStatus::unknown)};
        s.pass(5s);
        s.work();
        s.script.clear();
    }
    s.take_calls();
    s.update();
    s.work();
    for (int i = 0; i < 3; i++) s.look_again();
    const auto calls = s.take_calls();
    const auto sever = std::find(calls.begin(), calls.end(), "sever g1r1");
    REQUIRE(sever != calls.end());
    CHECK(std::count(calls.begin(), sever, "probe g1r1") == 2);
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
    CHECK(!s.is_stopped_by_us());
    s.record().goal = model::Goal::online;
    s.record().found.at(k_self).is_to_stop = true;
    s.update();
    s.work();
    CHECK(!s.is_stopped_by_us());  // what was seen before is old by now
    s.look_again();
    CHECK(s.is_stopped_by_us());
    s.commit_reports();
    s.work();
    s.commit_reports();
    CHECK(!s.is_found());
}

TEST_CASE("a group that never had an owner is stopped, and a restarted daemon goes on with that "
          "where it has to be fenced, else it looks anew") {
    Elsewhere s;
    const bool is_fenced = [&] {
        SUBCASE("fencing") { return true; }
        SUBCASE("quorum") { return false; }
        return false;
    }();
    const auto requirement = is_fenced ? model::Requirement::fencing : model::Requirement::quorum;
    s.spec(s.g, 1).requirement = requirement;
    s.record() = {};
    s.record().goal = model::Goal::online;
    s.script["stop g1r1"] = {hang()};
    s.see(ResourceStatus::online);
    s.commit_reports();
    s.record().found.at(k_self).is_to_stop = true;
    s.update();
    s.work();
    s.look_again();
    REQUIRE(s.is_out(OperationKind::stop, "g1r1"));
    REQUIRE(s.run_record.size() == (is_fenced ? 1 : 0));
    CHECK(s.service.is_settled() == !is_fenced);
    ServiceOptions options;
    options.self = k_self;
    options.held = s.run_record;
    Elsewhere after;
    after.service = Service(options);
    after.running["g1r1"] = ResourceStatus::online;
    after.spec(after.g, 1).requirement = requirement;
    after.record() = s.record();
    after.begin();
    CHECK(after.service.is_settled() == !is_fenced);
    after.work();
    after.look_again();
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

TEST_CASE("what is adopted is shown online only when the former owner's lease is over") {
    Elsewhere s;
    s.record().owner = {};
    s.see(ResourceStatus::online);
    s.commit_reports();
    s.take_calls();
    s.give(s.g, k_self);
    s.record().found.clear();
    s.permission.clear_to_start.clear();
    s.update();
    s.run_plugins();
    CHECK(s.seen(s.g) == GroupState::waiting);
    CHECK(s.text_of(s.g) == "waits for the leader's note that the former owner's lease is over");
    CHECK(s.count_events(EventKind::group_adopted) == 0);
    s.permission.clear_to_start.insert(s.g);
    s.update();
    s.run_plugins();
    CHECK(s.seen(s.g) == GroupState::online);
    CHECK(s.count_events(EventKind::group_adopted) == 1);
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
    SUBCASE("an earlier search hangs") { s.script["probe g1r1"] = {{Outcome::not_begun}}; }
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
    SUBCASE("not looked for") { s.script["probe g1r1"] = {unsearchable()}; }
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

namespace {

/// A group of which the first resource requires fencing.
struct Shared : Elsewhere {
    bool is_for_safety = false;

    Shared() : Elsewhere(2) {
        spec(g, 1).requirement = model::Requirement::fencing;
        watch = [this](const ServiceOutput& out) {
            is_for_safety = is_for_safety || (out.node_action && out.is_for_safety);
        };
    }
};

}  // namespace

TEST_CASE("cluster.md 6: what requires fencing and runs beside its owner takes the node down, for "
          "safety") {
    Shared s;
    s.script["stop g1r1"] = {hang()};
    s.see(ResourceStatus::online);
    CHECK(!s.node_action);  // one look is weak evidence
    s.look_again();
    REQUIRE(s.node_action);
    CHECK(*s.node_action == model::FinalAction::reboot);
    CHECK(s.is_for_safety);
    CHECK(!s.service.is_settled());  // and until it is stopped no lease is asked for
    CHECK(s.run_record.size() == 1);
}

TEST_CASE("F24: a node that is isolated, or has no quorum, does not reset itself, and stops it") {
    Shared s;
    SUBCASE("isolated") { s.state.nodes.at(k_self).mode = model::NodeMode::isolated; }
    SUBCASE("no quorum") { s.permission.is_quorate = false; }
    s.begin_with(ResourceStatus::online);
    CHECK(!s.node_action);
    CHECK(s.count_events(EventKind::reboot_suppressed) == 1);
    CHECK(s.running["g1r1"] == ResourceStatus::offline);
}

TEST_CASE("it is what was found that counts, not what else is in its group") {
    Shared s;
    auto h = s.chain(2, 1);
    s.script["stop g1r2"] = {hang()};
    s.begin_with(ResourceStatus::online, "g1r2");
    CHECK(s.is_out(OperationKind::stop, "g1r2"));
    CHECK(!s.node_action);
    CHECK(s.count_events(EventKind::reboot_suppressed) == 0);
    CHECK(s.service.is_settled());  // its lease, and with it all else, goes on
    CHECK(s.seen(h) == GroupState::online);
    CHECK(std::none_of(s.run_record.begin(), s.run_record.end(),
                       [&](const Held& held) { return held.group == s.g; }));
}

TEST_CASE("of all that is active the leader is told the one that needs most") {
    Shared s;
    s.spec(s.g, 1).requirement = model::Requirement::quorum;
    s.spec(s.g, 2).requirement = model::Requirement::fencing;
    s.record().is_frozen = true;
    s.see(ResourceStatus::online);
    s.commit_reports();
    CHECK(s.record().found.at(k_self).resource == s.spec(s.g, 1).id);
    s.running["g1r2"] = ResourceStatus::online;
    s.pass(61s);
    s.work();
    s.commit_reports();
    CHECK(s.record().found.at(k_self).resource == s.spec(s.g, 2).id);
}

TEST_CASE("what keeps coming back is stopped once in an interval, and told as that") {
    Elsewhere s;
    s.script["probe g1r1"] = {is(ResourceStatus::online)};  // whatever is stopped
    s.script["stop g1r1"] = {ok()};
    s.begin_with(ResourceStatus::online);
    CHECK(s.is_stopped_by_us());
    CHECK(s.count_events(EventKind::found_again) == 0);
    s.live(50s);
    CHECK(!s.is_stopped_by_us());
    s.live(15s);
    CHECK(s.is_stopped_by_us());
    CHECK(s.count_events(EventKind::found_again) == 1);
    CHECK(s.parameter(EventKind::found_again, "times") == "2");
}

TEST_CASE("what has not come back for ten looks is a new story") {
    Elsewhere s;
    s.begin_with(ResourceStatus::online);
    s.live(660s);
    s.running["g1r1"] = ResourceStatus::online;
    s.live(60s);
    s.look_again();
    CHECK(s.running["g1r1"] == ResourceStatus::offline);
    CHECK(s.count_events(EventKind::found_again) == 0);
}

TEST_CASE("a pause is one, though the lease is lost and the node admitted anew in it") {
    Elsewhere s;
    s.begin_with(ResourceStatus::online);
    CHECK(s.running["g1r1"] == ResourceStatus::offline);
    s.permission.is_admitted = false;
    s.update();
    s.pass(1s);
    s.permission.is_admitted = true;
    s.update();
    s.running["g1r1"] = ResourceStatus::online;
    s.take_calls();
    s.live(40s);
    CHECK(!s.is_stopped_by_us());
    s.live(30s);
    CHECK(s.is_stopped_by_us());
}

// ---- how what was found ends ----

TEST_CASE("a probe that cannot tell does not end what was found, whoever asks") {
    Elsewhere s(2);
    s.record().is_frozen = true;
    s.see(ResourceStatus::online);
    s.commit_reports();
    REQUIRE(s.is_found());
    const auto doubt = [&](const Answer& answer) {
        s.running["g1r1"] = ResourceStatus::offline;
        s.script["probe g1r2"] = {answer};
    };
    SUBCASE("it fails") { doubt(failed()); }
    SUBCASE("it is unknown") { doubt(is(ResourceStatus::unknown)); }
    SUBCASE("it is half there") { doubt(is(ResourceStatus::failed)); }
    SUBCASE("it never comes back") { doubt(hang()); }
    SUBCASE("the daemon is another one by now") {
        s.service = Service(ServiceOptions{k_self, {}, {}, {}, {}});
        s.begin();
        doubt(failed());
    }
    s.live(305s);
    s.commit_reports();
    CHECK(s.is_found());
    s.script.clear();
    s.running["g1r2"] = ResourceStatus::offline;
    s.live(183s);
    s.commit_reports();
    CHECK(!s.is_found());
}

TEST_CASE("what was stopped here is over only when every probe says so") {
    Elsewhere s;
    // Two looks, the stop, and then nobody knows.
    s.script["probe g1r1"] = {is(ResourceStatus::online), is(ResourceStatus::online), failed()};
    s.begin_with(ResourceStatus::online);
    CHECK(s.is_stopped_by_us());
    s.commit_reports();
    s.live(70s);
    s.commit_reports();
    CHECK(s.is_found());
    s.script.clear();
    s.live(61s);
    s.commit_reports();
    CHECK(!s.is_found());
}

TEST_CASE("what is not looked for any more is not known any more") {
    Elsewhere s;
    s.record().is_frozen = true;
    s.see(ResourceStatus::online);
    s.commit_reports();
    REQUIRE(s.is_found());
    s.script["probe g1r1"] = {unsearchable()};  // exclusive: false
    s.spec_changed();
    s.live(61s);
    s.commit_reports();
    CHECK(!s.is_found());
    CHECK(!s.is_stopped_by_us());
}

TEST_CASE("a node that is out of the policy goes on looking at what it has found, to its end") {
    Elsewhere s;
    s.record().is_frozen = true;
    s.see(ResourceStatus::online);
    s.commit_reports();
    s.spec(s.g).policy = {k_other};
    s.spec_changed();
    s.update();
    s.live(61s);
    s.commit_reports();
    CHECK(s.is_found());
    s.running["g1r1"] = ResourceStatus::offline;
    s.live(61s);
    s.commit_reports();
    CHECK(!s.is_found());
    s.take_calls();
    s.live(200s);
    CHECK(s.take_calls().empty());  // and not at it as a stranger
}

TEST_CASE("what a group that this node holds explains is not found as another's") {
    Elsewhere s;
    auto h = s.chain(2, 1);
    for (const auto group : {s.g, h}) {
        s.spec(group, 1).type = "fip";
        s.spec(group, 1).parameters = {{"address", "10.0.0.9"}};
    }
    s.running["g1r1"] = ResourceStatus::online;  // the address of h
    s.begin();
    s.run_plugins();
    REQUIRE(s.seen(h) == GroupState::online);
    s.live(61s);
    s.look_again();
    CHECK(!s.is_stopped_by_us());
    SUBCASE("until that is gone") { s.give(h, k_other); }
    SUBCASE("and one with other parameters explains nothing") {
        s.spec(s.g, 1).node_parameters[k_self] = {{"address", "10.0.0.8"}};
        s.spec_changed();
    }
    s.update();
    s.work();
    s.live(183s);
    CHECK(s.running["g1r1"] == ResourceStatus::offline);
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
