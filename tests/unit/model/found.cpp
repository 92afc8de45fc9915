// What is active without a right: the commands about it, and what they keep from happening.
#include "story.hpp"

using namespace ha;
using namespace ha::model;
using namespace ha::test;

namespace {

struct Found : Story {
    Found() {
        state.cluster_version = 2;
        state.spec.groups[0].resources.push_back(resource_spec(11));
        all_up();
    }
    bool found(NodeId node, bool is_acted_on = false, ResourceId resource = ResourceId{10}) {
        return apply(FoundActive{k_web, node, record(node).start, resource, true, is_acted_on});
    }
    bool gone(NodeId node) {
        return apply(FoundActive{k_web, node, record(node).start, {}, false, false});
    }
    bool is_found(NodeId node) const { return record(k_web).found.contains(node); }
    std::string said(EventKind kind, const std::string& name) const {
        for (const auto& event : events)
            for (const auto& [key, value] : event.parameters)
                if (event.kind == kind && key == name) return value;
        return {};
    }
};

}  // namespace

TEST_CASE("what is found beside its owner is a dual activation, told with its resource") {
    Found s;
    REQUIRE(s.give(k_web, k_a));
    REQUIRE(s.found(k_b, true));
    CHECK(s.told(EventKind::dual_activation));
    CHECK(s.said(EventKind::dual_activation, "kept_on") == "a");
    CHECK(s.said(EventKind::dual_activation, "found_on") == "b");
    CHECK(s.said(EventKind::dual_activation, "resource") == "resource10");
    CHECK(s.record(k_web).goal == Goal::online);
    CHECK(!s.found(k_b, true));  // known
    CHECK(!s.found(k_b, false));
    CHECK(s.found(k_b, false, ResourceId{11}));
    CHECK(s.record(k_web).found.at(k_b).is_acted_on);  // not taken back by that
    REQUIRE(s.gone(k_b));
    CHECK(s.told(EventKind::found_ended));
    CHECK(!s.is_found(k_b));
    CHECK(!s.gone(k_b));
}

TEST_CASE("with stop_both the owner stops too, once somebody acts on it") {
    Found s;
    s.state.spec.dual_activation = DualActivation::stop_both;
    REQUIRE(s.give(k_web, k_a));
    REQUIRE(s.found(k_b, false));
    CHECK(s.record(k_web).goal == Goal::online);
    REQUIRE(s.found(k_b, true));
    CHECK(s.record(k_web).goal == Goal::offline);
    CHECK(s.told(EventKind::dual_activation));
}

TEST_CASE("what nobody owns is told as foreign, and nothing is stopped by it") {
    Found s;
    s.state.spec.dual_activation = DualActivation::stop_both;
    REQUIRE(s.found(k_b, true));
    CHECK(s.told(EventKind::foreign_activation));
    CHECK(s.record(k_web).goal == Goal::online);
}

TEST_CASE("a group is given to no second place while it is known to run") {
    Found s;
    REQUIRE(s.found(k_b));
    CHECK(!s.give(k_web, k_a));
    CHECK(s.rule == "group web is active on node b, which has no right to it");
    REQUIRE(s.give(k_web, k_b));
    CHECK(!s.is_found(k_b));  // it has a right to it now
    CHECK(!s.found(k_b));
    CHECK(s.rule == "node b has a right to it meanwhile");
}

TEST_CASE("a word of another start, of a node that is lost, or about nothing known is ignored") {
    Found s;
    CHECK(!s.apply(FoundActive{k_web, k_b, StartNumber{7}, ResourceId{10}, true, false}));
    CHECK(!s.apply(FoundActive{GroupId{99}, k_b, StartNumber{1}, ResourceId{10}, true, false}));
    CHECK(!s.apply(FoundActive{k_web, NodeId{9}, StartNumber{1}, ResourceId{10}, true, false}));
    REQUIRE(s.down(k_b));
    CHECK(!s.found(k_b));
    CHECK(!s.apply(StopFound{k_web, k_c, ""}));
    CHECK(!s.apply(StopFound{GroupId{99}, k_c, ""}));
    s.state.cluster_version = 1;
    CHECK(!s.found(k_c));
}

TEST_CASE("what a lost node was found with keeps only what requires fencing from the others") {
    Found s;
    REQUIRE(s.found(k_b));
    const bool needs_fencing = [&] {
        SUBCASE("quorum") { return false; }
        SUBCASE("fencing") { return true; }
        return false;
    }();
    // Not by what else is in the group: that was not found.
    s.state.spec.groups[0].resources[needs_fencing ? 0 : 1].requirement = Requirement::fencing;
    REQUIRE(s.down(k_b));
    CHECK(s.give(k_web, k_a) == !needs_fencing);
    if (!needs_fencing) return;
    SUBCASE("until it has booted anew") { REQUIRE(s.up(k_b, 2, 2)); }
    SUBCASE("until it was made harmless") {
        REQUIRE(s.apply(ConfirmOff{k_b, StartNumber{1}, "I stand before it"}));
    }
    CHECK(!s.is_found(k_b));
    CHECK(s.give(k_web, k_a));
}

TEST_CASE("a daemon that is started again in the same boot has to look before anything is known") {
    Found s;
    REQUIRE(s.found(k_b));
    REQUIRE(s.up(k_b, 2, 1));
    CHECK(s.is_found(k_b));
    REQUIRE(s.gone(k_b));
}

TEST_CASE("the node is told to stop it only while nobody owns the group, and once") {
    Found s;
    REQUIRE(s.found(k_b));
    REQUIRE(s.apply(SetFrozen{k_web, true, ""}));
    CHECK(!s.apply(StopFound{k_web, k_b, ""}));
    REQUIRE(s.apply(SetFrozen{k_web, false, ""}));
    REQUIRE(s.apply(StopFound{k_web, k_b, ""}));
    CHECK(s.record(k_web).found.at(k_b).is_to_stop);
    CHECK(!s.apply(StopFound{k_web, k_b, ""}));
    REQUIRE(s.gone(k_b));
    REQUIRE(s.give(k_web, k_a));
    REQUIRE(s.found(k_b));
    CHECK(!s.apply(StopFound{k_web, k_b, ""}));
    CHECK(s.rule == "the group has an owner, so that is decided");
}

TEST_CASE("what is found releases nothing and ends no wait") {
    Found s;
    REQUIRE(s.give(k_web, k_a));
    REQUIRE(s.down(k_a));
    REQUIRE(s.give(k_web, k_b));
    const auto before = s.record(k_web);
    REQUIRE(before.waits.size() == 1);
    REQUIRE(s.found(k_c, true));
    CHECK(s.record(k_web).owner == k_b);
    CHECK(s.record(k_web).waits == before.waits);
    REQUIRE(s.gone(k_c));
    CHECK(s.record(k_web) == before);
}

TEST_CASE("a node that is taken out of the configuration is forgotten with what it was found "
          "with") {
    Found s;
    REQUIRE(s.found(k_c));
    auto next = s.state.spec;
    next.nodes.pop_back();
    for (auto& group : next.groups) group.policy = {k_a, k_b};
    REQUIRE(s.apply(SetSpec{s.state.spec.revision, next}));
    CHECK(!s.is_found(k_c));
}

TEST_CASE("what was found ends when nobody looks any more, and is not learnt of late") {
    Found s;
    REQUIRE(s.found(k_b));
    auto next = s.state.spec;
    next.timing.probe_interval = 0s;
    REQUIRE(s.apply(SetSpec{s.state.spec.revision, next}));
    CHECK(!s.is_found(k_b));
    CHECK(s.told(EventKind::found_ended));
    CHECK(!s.found(k_b));
    CHECK(s.rule == "probe_interval is 0, so nobody looks");
    CHECK(s.give(k_web, k_a));
}

TEST_CASE("what a node that has left was found with ends by an operator's word") {
    Found s;
    s.state.spec.groups[0].resources[0].requirement = Requirement::fencing;
    CHECK(!s.apply(ConfirmOff{k_b, StartNumber{1}, "I stand before it"}));
    REQUIRE(s.found(k_b));
    CHECK(!s.apply(ConfirmOff{k_b, StartNumber{1}, "I stand before it"}));  // it is up
    REQUIRE(s.apply(NodeLeft{k_b, StartNumber{1}}));
    CHECK(!s.give(k_web, k_a));
    CHECK(!s.apply(ConfirmOff{k_b, StartNumber{7}, "I stand before another"}));
    REQUIRE(s.apply(ConfirmOff{k_b, StartNumber{1}, "I stand before it"}));
    CHECK(!s.is_found(k_b));
    CHECK(s.give(k_web, k_a));
    CHECK(!s.apply(ConfirmOff{k_b, StartNumber{1}, "I stand before it"}));
}

TEST_CASE("F21: a watchdog resets a node for what it holds, and not for what somebody started "
          "there") {
    Found s;
    s.state.spec.groups[0].resources[0].requirement = Requirement::fencing;
    REQUIRE(s.apply(PromiseReset{k_b, StartNumber{1}, 10s}));
    REQUIRE(s.found(k_b));
    REQUIRE(s.down(k_b));
    CHECK(!s.apply(NodeReset{k_b, StartNumber{1}, "its time is over"}));
    CHECK(s.is_found(k_b));
    REQUIRE(s.apply(ConfirmOff{k_b, StartNumber{1}, "I stand before it"}));
    CHECK(!s.is_found(k_b));
}

TEST_CASE("that it is to be stopped is taken back with the reason for it") {
    Found s;
    const auto ask = [&] { return s.apply(StopFound{k_web, k_b, ""}); };
    const auto is_asked = [&] { return s.record(k_web).found.at(k_b).is_to_stop; };
    REQUIRE(s.found(k_b));
    REQUIRE(ask());
    CHECK(is_asked());
    SUBCASE("it is not wanted online") {
        REQUIRE(s.apply(SetGoal{k_web, Goal::offline, {}, false, ""}));
        CHECK(!is_asked());
        CHECK(!ask());
        CHECK(s.rule == "the group is not wanted online");
    }
    SUBCASE("it is frozen") {
        REQUIRE(s.apply(SetFrozen{k_web, true, ""}));
        CHECK(!is_asked());
    }
    SUBCASE("it was given to a node, which decides") {
        REQUIRE(s.found(k_c));
        REQUIRE(s.down(k_b));
        REQUIRE(s.apply(StopFound{k_web, k_c, ""}));
        REQUIRE(s.give(k_web, k_c));
        CHECK(!is_asked());
    }
}

TEST_CASE("a word about a resource that the group has not is ignored") {
    Found s;
    CHECK(!s.found(k_b, false, ResourceId{99}));
    CHECK(s.rule == "the group has no such resource");
}
