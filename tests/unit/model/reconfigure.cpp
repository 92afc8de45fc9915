// Changes of the configuration in steps and on trial: old or new, never a mixture.
#include <doctest/doctest.h>

#include <functional>

#include "model/apply_reconfigure.hpp"
#include "model/codec.hpp"
#include "story.hpp"

using namespace ha;
using namespace ha::model;
using namespace ha::test;

namespace {

ClusterSpec with_other_address() {
    auto spec = small_spec();
    spec.groups[0].resources[0].parameters["address"] = "192.0.2.9";
    return spec;
}

bool begin(Story& s, const ClusterSpec& spec, Duration confirm_within = {}) {
    return s.apply(BeginChange{s.state.spec.revision, spec, confirm_within, false,
                               groups_to_stop(s.state, spec)});
}

}  // namespace

TEST_CASE("G18: resources are not changed under a group that runs, and timeouts may be") {
    Story s;
    s.all_up();
    s.give(k_web, k_a);
    CHECK_FALSE(s.apply(SetSpec{SpecRevision{0}, with_other_address()}));
    CHECK(s.rule == "the resources of group web change, and node a runs it; stop it first");
    auto slower = small_spec();
    slower.groups[0].resources[0].start.timeout = 77s;
    slower.groups[0].resources[0].stop.retries = 4;
    CHECK(groups_to_stop(s.state, slower).empty());
    CHECK(s.apply(SetSpec{SpecRevision{0}, slower}));
    s.goal(k_web, Goal::offline);
    s.release(k_web);
    auto next = with_other_address();
    CHECK(s.apply(SetSpec{SpecRevision{1}, next}));
}

TEST_CASE("every field that makes a resource another one has its group stopped") {
    const std::vector<std::function<void(ResourceSpec&)>> changes{
        [](auto& r) { r.name = "other"; },
        [](auto& r) { r.type = "fip"; },
        [](auto& r) { r.parameters["a"] = "b"; },
        [](auto& r) { r.node_parameters[k_b]["a"] = "b"; },
        [](auto& r) { r.requirement = Requirement::fencing; },
        [](auto& r) { r.id = ResourceId{99}; },
    };
    for (const auto& change : changes) {
        Story s;
        s.all_up();
        s.give(k_web, k_a);
        s.give(k_db, k_b);
        auto spec = small_spec();
        change(spec.groups[0].resources[0]);
        CHECK(groups_to_stop(s.state, spec) == std::vector<GroupId>{k_web});
    }
}

TEST_CASE("G18: groups are stopped, the configuration changes at once, and they are wanted again") {
    Story s;
    s.all_up();
    s.give(k_web, k_a);
    s.give(k_db, k_b);
    const auto before = s.record(k_db);
    const auto next = with_other_address();
    CHECK(begin(s, next));
    CHECK(s.state.spec == small_spec());
    CHECK(s.record(k_web).goal == Goal::offline);
    CHECK(s.record(k_db) == before);
    CHECK_FALSE(s.apply(CompleteChange{SpecRevision{0}}));  // not released yet
    CHECK_FALSE(begin(s, small_spec()));
    CHECK(s.rule == "another change of the configuration is under way");
    CHECK_FALSE(s.apply(SetSpec{SpecRevision{0}, small_spec()}));
    s.release(k_web);
    CHECK(s.apply(CompleteChange{SpecRevision{0}}));
    CHECK(s.state.spec.revision == SpecRevision{1});
    CHECK(s.state.spec.groups == next.groups);
    CHECK(s.record(k_web).goal == Goal::online);
    CHECK(s.record(k_db) == before);
    CHECK_FALSE(s.state.pending_spec);
}

TEST_CASE("a group that was stopped by hand, before or meanwhile, is not started by a change") {
    for (const bool is_before : {true, false}) {
        Story s;
        s.all_up();
        s.give(k_web, k_a);
        if (is_before) s.goal(k_web, Goal::offline);
        CHECK(begin(s, with_other_address()));
        if (!is_before) s.goal(k_web, Goal::offline);
        s.release(k_web);
        CHECK(s.apply(CompleteChange{SpecRevision{0}}));
        CHECK(s.record(k_web).goal == Goal::offline);
    }
}

TEST_CASE("a group that somebody starts during a change is held again, and runs after it") {
    Story s;
    s.all_up();
    s.give(k_web, k_a);
    s.give(k_db, k_b);
    auto next = with_other_address();
    next.groups[1].resources[0].parameters["address"] = "192.0.2.10";
    CHECK(begin(s, next));
    s.release(k_web);
    s.goal(k_web, Goal::online);
    s.give(k_web, k_c);
    s.release(k_db);
    CHECK_FALSE(s.apply(CompleteChange{SpecRevision{0}}));
    const auto again = groups_to_stop(s.state, s.state.pending_spec->spec);
    CHECK(again == std::vector<GroupId>{k_web});
    CHECK(s.apply(HoldForChange{SpecRevision{0}, again}));
    CHECK_FALSE(s.apply(HoldForChange{SpecRevision{0}, again}));
    s.release(k_web);
    CHECK(s.apply(CompleteChange{SpecRevision{0}}));
    CHECK(s.record(k_web).goal == Goal::online);
    CHECK(s.record(k_db).goal == Goal::online);
}

TEST_CASE("a change that is given up leaves the configuration, and starts what it stopped") {
    Story s;
    s.all_up();
    s.give(k_web, k_a);
    CHECK_FALSE(s.apply(CancelChange{SpecRevision{0}}));
    CHECK(begin(s, with_other_address()));
    CHECK_FALSE(s.apply(CancelChange{SpecRevision{5}}));
    CHECK(s.apply(CancelChange{SpecRevision{0}}));
    CHECK(s.state.spec == small_spec());
    CHECK(s.record(k_web).goal == Goal::online);
}

TEST_CASE("what a change removes or shuts out is stopped for it: groups, nodes, exclusion") {
    Story s;
    s.all_up();
    s.give(k_web, k_c);
    s.give(k_db, k_c);
    auto without_db = small_spec();
    without_db.groups.pop_back();
    CHECK(groups_to_stop(s.state, without_db) == std::vector<GroupId>{k_db});
    auto without_c = small_spec();
    without_c.nodes.pop_back();
    for (auto& group : without_c.groups) group.policy = {k_a, k_b};
    CHECK(groups_to_stop(s.state, without_c) == std::vector<GroupId>{k_web, k_db});
    auto exclusive = small_spec();
    for (auto& group : exclusive.groups) group.exclusion = Exclusion::full;
    CHECK(groups_to_stop(s.state, exclusive) == std::vector<GroupId>{k_db});
    for (const auto& next : {without_db, without_c, exclusive}) {
        auto story = s;
        CHECK(begin(story, next));
        for (const auto id : groups_to_stop(s.state, next)) story.release(id);
        CHECK(story.apply(CompleteChange{SpecRevision{0}}));
    }
}

TEST_CASE("a configuration on trial goes back to the one before, or is confirmed") {
    for (const bool is_confirmed : {true, false}) {
        Story s;
        s.all_up();
        auto next = small_spec();
        next.timing.startup_wait = 9s;
        CHECK(s.apply(SetSpec{SpecRevision{0}, next, 60s}));
        CHECK(s.told(EventKind::spec_on_trial));
        CHECK_FALSE(s.apply(SetSpec{SpecRevision{1}, small_spec()}));
        CHECK(s.rule == "revision 1 is on trial; confirm it, or take it back, first");
        CHECK(next_countdown(s.state) == 60s);
        CHECK(s.apply(TimePassed{20s}));
        CHECK(s.state.spec_trial->left == 40s);
        CHECK(s.apply(TimePassed{50s}));  // taking it back is for the leader, who may have to wait
        CHECK(s.state.spec_trial->left == 0s);
        CHECK_FALSE(next_countdown(s.state));
        CHECK_FALSE(s.apply(ConfirmSpec{SpecRevision{0}}));
        if (is_confirmed) {
            CHECK(s.apply(ConfirmSpec{SpecRevision{1}}));
            CHECK_FALSE(s.apply(ConfirmSpec{SpecRevision{1}}));
            CHECK_FALSE(s.apply(SetSpec{SpecRevision{1}, small_spec(), {}, true}));
            CHECK(s.state.spec.timing == next.timing);
        } else {
            CHECK(s.apply(SetSpec{SpecRevision{1}, s.state.spec_trial->previous, {}, true}));
            CHECK(s.told(EventKind::spec_reverted));
            CHECK(s.state.spec.revision == SpecRevision{2});
            CHECK(spec_digest(s.state.spec) == spec_digest(small_spec()));
        }
        CHECK_FALSE(s.state.spec_trial);
    }
}

TEST_CASE("a configuration on trial can be taken back in steps, and is not confirmed meanwhile") {
    Story s;
    s.all_up();
    const auto next = with_other_address();
    CHECK(s.apply(SetSpec{SpecRevision{0}, next, 60s}));
    s.give(k_web, k_a);
    const auto previous = s.state.spec_trial->previous;
    CHECK_FALSE(s.apply(SetSpec{SpecRevision{1}, previous, {}, true}));
    CHECK(s.apply(BeginChange{SpecRevision{1}, previous, {}, true, {k_web}}));
    CHECK_FALSE(s.apply(ConfirmSpec{SpecRevision{1}}));
    s.release(k_web);
    CHECK(s.apply(CompleteChange{SpecRevision{1}}));
    CHECK(spec_digest(s.state.spec) == spec_digest(small_spec()));
    CHECK_FALSE(s.state.spec_trial);
    CHECK(s.record(k_web).goal == Goal::online);
}

TEST_CASE("a group that was stopped for a change is wanted where it was, while that is there") {
    for (const bool is_there : {true, false}) {
        Story s;
        s.all_up();
        s.give(k_web, k_b);  // not the first of its policy
        if (!is_there) s.leaving(k_b);
        CHECK(begin(s, with_other_address()));
        s.release(k_web);
        CHECK(s.apply(CompleteChange{SpecRevision{0}}));
        CHECK(s.record(k_web).goal == Goal::online);
        CHECK(s.record(k_web).target == (is_there ? k_b : NodeId{}));
    }
}

TEST_CASE("a frozen group is stopped by no change, whether it is frozen before or meanwhile") {
    Story s;
    s.all_up();
    s.give(k_web, k_a);
    s.apply(SetFrozen{k_web, true, "asked"});
    const auto frozen = s;
    CHECK_FALSE(begin(s, with_other_address()));
    CHECK(s.rule == "group web would have to be stopped for it and is frozen; thaw it first");
    CHECK(s.state == frozen.state);
    s.apply(SetFrozen{k_web, false, "asked"});
    s.goal(k_web, Goal::offline);
    s.release(k_web);
    s.give(k_db, k_b);
    auto next = with_other_address();
    next.groups[1].resources[0].parameters["address"] = "192.0.2.10";
    CHECK(begin(s, next));  // which waits for the other group
    s.goal(k_web, Goal::online);
    s.give(k_web, k_a);
    s.apply(SetFrozen{k_web, true, "asked"});
    CHECK_FALSE(s.apply(HoldForChange{SpecRevision{0}, {k_web}}));
    CHECK(s.record(k_web).goal == Goal::online);
    s.release(k_db);
    CHECK_FALSE(s.apply(CompleteChange{SpecRevision{0}}));
    s.apply(SetFrozen{k_web, false, "asked"});
    CHECK(s.apply(HoldForChange{SpecRevision{0}, {k_web}}));
    s.release(k_web);
    CHECK(s.apply(CompleteChange{SpecRevision{0}}));
}

TEST_CASE("a configuration that would not fit beside the one before is changed in no steps") {
    Story s;
    s.all_up();
    auto large = small_spec();
    auto& parameters = large.groups[0].resources[0].parameters;
    for (int n = 0; n < 25; n++) parameters["p" + std::to_string(n)].assign(60 * 1024, 'x');
    CHECK(s.apply(SetSpec{SpecRevision{0}, large}));
    large.timing.startup_wait = 9s;
    CHECK_FALSE(s.apply(SetSpec{SpecRevision{1}, large, 60s}));
    CHECK(s.rule.find("too large to be changed in steps or on trial") != std::string::npos);
    CHECK_FALSE(s.apply(BeginChange{SpecRevision{1}, large, {}, false, {}}));
    CHECK(s.apply(SetSpec{SpecRevision{1}, large}));
}
