// Fencing in the agreed state: requested, over, confirmed; and what it releases.
#include <doctest/doctest.h>

#include <algorithm>

#include "model/flaw.hpp"
#include "story.hpp"

using namespace ha;
using namespace ha::model;
using namespace ha::test;

namespace {

struct FenceStory : Story {
    bool request(NodeId node, std::uint64_t start = 1) {
        return apply(RequestFence{node, StartNumber{start}, "it may still write"});
    }
    bool over(NodeId node, bool is_confirmed, std::uint32_t count = 1) {
        return apply(FenceDone{node, StartNumber{1}, count, is_confirmed, "the device said so"});
    }
};

NodeSpec& find_node_of(ClusterSpec& spec, NodeId id) {
    return *std::find_if(spec.nodes.begin(), spec.nodes.end(),
                         [&](const auto& node) { return node.id == id; });
}

}  // namespace

TEST_CASE("a node that is down is fenced, and what it owned is free at once, without a wait") {
    FenceStory s;
    s.all_up();
    s.give(k_web, k_a);
    CHECK_FALSE(s.request(k_a));
    CHECK(s.rule == "node a is not down but up");
    s.down(k_a);
    CHECK(s.request(k_a));
    CHECK(s.told(EventKind::fencing_requested));
    CHECK(s.record(k_web).owner == k_a);
    CHECK(s.over(k_a, true));
    CHECK(s.told(EventKind::node_fenced));
    CHECK_FALSE(s.record(k_web).owner);
    CHECK(s.record(k_web).next_kind == StartKind::failover);
    s.give(k_web, k_b, StartKind::failover);
    CHECK(s.record(k_web).waits.empty());
}

TEST_CASE("fencing ends what was already waited for") {
    FenceStory s;
    s.all_up();
    s.give(k_web, k_a);
    s.down(k_a);
    s.give(k_web, k_b);
    REQUIRE(s.record(k_web).waits.size() == 1);
    s.request(k_a);
    s.over(k_a, true);
    CHECK(s.record(k_web).waits.empty());
    CHECK(s.record(k_web).owner == k_b);
}

TEST_CASE("a node under fire does not take part, and does again when the shot is over") {
    FenceStory s;
    s.all_up();
    s.give(k_web, k_a);
    s.down(k_a);
    s.request(k_a);
    CHECK_FALSE(s.up(k_a));
    CHECK_FALSE(s.up(k_a, 2, 2));
    CHECK(s.rule == "node a is being fenced; a late shot must not hit it when it takes part");
    SUBCASE("it failed") {
        CHECK(s.over(k_a, false));
        CHECK(s.told(EventKind::fencing_failed));
        CHECK(s.record(k_web).owner == k_a);
        CHECK(s.up(k_a));
    }
    SUBCASE("it worked, and the machine has booted") {
        CHECK(s.over(k_a, true));
        CHECK(s.up(k_a, 2, 2));
    }
    CHECK(s.record(k_a).fencing == FencingState::none);
    CHECK(s.record(k_a).fencing_count == 0);
}

TEST_CASE("a report of an earlier attempt, or start, says nothing") {
    FenceStory s;
    s.all_up();
    s.down(k_a);
    CHECK_FALSE(s.over(k_a, true));
    s.request(k_a);
    CHECK_FALSE(s.request(k_a));
    s.over(k_a, false);
    CHECK(s.request(k_a));
    CHECK(s.record(k_a).fencing_count == 2);
    CHECK_FALSE(s.over(k_a, true, 1));
    CHECK_FALSE(s.apply(FenceDone{k_a, StartNumber{2}, 2, true, ""}));
    CHECK(s.over(k_a, true, 2));
    CHECK_FALSE(s.request(k_a));
    CHECK(s.rule == "node a is harmless already");
}

TEST_CASE("F22: what a confirmed node owned is free at once; it is back only after the last shot") {
    FenceStory s;
    s.all_up();
    s.give(k_web, k_a);
    s.down(k_a);
    CHECK_FALSE(s.apply(RequestFence{k_a, StartNumber{1}, "", k_a}));
    CHECK(s.rule == "node a cannot fence itself");
    CHECK(s.apply(RequestFence{k_a, StartNumber{1}, "it may still write", k_b}));
    CHECK(s.record(k_a).fencer == k_b);
    CHECK(s.record(k_a).fencing_reason == "it may still write");
    CHECK(s.apply(FenceDone{k_a, StartNumber{1}, 1, true, "off", false}));
    CHECK_FALSE(s.record(k_web).owner);
    CHECK(is_fenced(s.state, k_a, StartNumber{1}));
    CHECK_FALSE(is_fenced(s.state, k_a, StartNumber{2}));
    CHECK_FALSE(s.up(k_a, 2, 2));
    CHECK_FALSE(s.apply(FenceDone{k_a, StartNumber{1}, 1, true, "off", false}));
    CHECK_FALSE(s.apply(FenceDone{k_a, StartNumber{1}, 2, false, "", true}));
    CHECK(s.apply(FenceDone{k_a, StartNumber{1}, 1, false, "", true}));
    CHECK(s.record(k_a).fencing == FencingState::confirmed);
    CHECK_FALSE(s.apply(FenceDone{k_a, StartNumber{1}, 1, false, "", true}));
    CHECK(s.up(k_a, 2, 2));
    CHECK(s.record(k_a).fencing == FencingState::none);
    CHECK_FALSE(is_fenced(s.state, k_a, StartNumber{1}));
}

TEST_CASE("F22: an operator's word does not end a shot that is under way") {
    FenceStory s;
    s.all_up();
    s.give(k_web, k_a);
    s.down(k_a);
    s.apply(RequestFence{k_a, StartNumber{1}, "", k_b});
    CHECK(s.apply(ConfirmOff{k_a, StartNumber{1}, "I pulled the plug"}));
    CHECK_FALSE(s.record(k_web).owner);
    CHECK_FALSE(s.up(k_a, 2, 2));
    CHECK_FALSE(s.apply(RequestFence{k_a, StartNumber{1}, "", k_c}));
    CHECK(s.apply(FenceDone{k_a, StartNumber{1}, 1, false, "", true, true}));
    CHECK(s.up(k_a, 2, 2));
}

TEST_CASE("a request and its end name who shoots, and whether it was needed to the end") {
    const auto spec = small_spec();
    CHECK(describe(spec, RequestFence{k_a, {}, "it may still write", k_b}) ==
          "fence node a from node b: it may still write");
    CHECK(describe(spec, FenceDone{k_a, {}, 1, false, "it is back", true, true}) ==
          "node a need not be made harmless any more: it is back");
}

TEST_CASE("fencing that nobody needs any more is no failure") {
    FenceStory s;
    s.all_up();
    s.down(k_a);
    s.apply(RequestFence{k_a, StartNumber{1}, "", k_b});
    CHECK(s.apply(FenceDone{k_a, StartNumber{1}, 1, false, "it is back", true, true}));
    CHECK(s.told(EventKind::fencing_ended));
    CHECK(s.record(k_a).fencing == FencingState::none);
    CHECK(s.apply(RequestFence{k_a, StartNumber{1}, "", k_c}));
    CHECK(s.record(k_a).fencing_count == 2);
}

TEST_CASE("a node under fire is not taken out of the configuration") {
    FenceStory s;
    s.all_up();
    s.down(k_a);
    s.apply(RequestFence{k_a, StartNumber{1}, "", k_b});
    auto smaller = s.state.spec;
    smaller.nodes.erase(smaller.nodes.begin());
    for (auto& group : smaller.groups) group.policy.erase(group.policy.begin());
    CHECK_FALSE(s.apply(SetSpec{s.state.spec.revision, smaller}));
    CHECK(s.rule == "node a is removed but is being fenced; wait until that is over");
    s.apply(FenceDone{k_a, StartNumber{1}, 1, true, "off"});
    CHECK(s.apply(SetSpec{s.state.spec.revision, smaller}));
}

TEST_CASE("F22: how long a shot may be under way becomes no shorter while it is") {
    FenceStory s;
    s.all_up();
    auto spec = s.state.spec;
    using std::chrono::seconds;
    spec.nodes[0].fences = {{"ipmi", "agent", {}, seconds(5), 0, seconds(1)},
                            {"pdu", "agent", {}, seconds(60), 0, seconds(1)}};
    REQUIRE(s.apply(SetSpec{s.state.spec.revision, spec}));
    s.down(k_a);
    s.apply(RequestFence{k_a, StartNumber{1}, "", k_b});
    auto next = s.state.spec;
    next.nodes[0].fences[1].timeout = seconds(59);
    CHECK_FALSE(s.apply(SetSpec{s.state.spec.revision, next}));
    CHECK(s.rule == "the longest timeout of the fence devices of node a becomes shorter while it "
                    "is being fenced; wait until that is over");
    next = s.state.spec;
    next.nodes[0].fences[0].parameters["agent"] = "another";  // a mistake can be mended any time
    CHECK(s.apply(SetSpec{s.state.spec.revision, next}));
    s.apply(FenceDone{k_a, StartNumber{1}, 1, false, "no answer"});
    next = s.state.spec;
    next.nodes[0].fences.clear();
    CHECK(s.apply(SetSpec{s.state.spec.revision, next}));
}

TEST_CASE("an operator's word releases as well, for the start that is down") {
    FenceStory s;
    s.all_up();
    s.give(k_web, k_a);
    CHECK_FALSE(s.apply(ConfirmOff{k_a, StartNumber{1}, "asked"}));
    s.down(k_a);
    CHECK_FALSE(s.apply(ConfirmOff{k_a, StartNumber{2}, "asked"}));
    CHECK(s.apply(ConfirmOff{k_a, StartNumber{1}, "asked"}));
    CHECK_FALSE(s.record(k_web).owner);
}

TEST_CASE("F21: a promised reset releases; without it, or where clocks stop, nothing does") {
    FenceStory s;
    s.all_up();
    s.give(k_web, k_a);
    CHECK_FALSE(s.apply(PromiseReset{k_a, StartNumber{2}, 10s}));
    CHECK_FALSE(s.apply(PromiseReset{k_a, StartNumber{1}, k_limit_device_timeout + 1s}));
    CHECK(s.apply(PromiseReset{k_b, StartNumber{1}, 10s}));
    CHECK(s.state.nodes.at(k_b).watchdog == 10s);
    s.down(k_a);
    CHECK_FALSE(s.apply(PromiseReset{k_a, StartNumber{1}, 10s}));  // too late
    CHECK_FALSE(s.apply(NodeReset{k_a, StartNumber{1}, "time"}));
    CHECK(s.rule == "node a is not reset by a watchdog");
    CHECK(s.record(k_web).owner == k_a);
    s.give(k_db, k_b);
    CHECK_FALSE(s.apply(NodeReset{k_b, StartNumber{1}, "time"}));
    s.down(k_b);
    s.state.spec.quorum = QuorumPolicy::two_node;  // who is alone there is fed on
    CHECK_FALSE(s.apply(NodeReset{k_b, StartNumber{1}, "time"}));
    s.state.spec.quorum = QuorumPolicy::majority;
    find_node_of(s.state.spec, k_b).clock_may_stop = true;
    CHECK_FALSE(s.apply(NodeReset{k_b, StartNumber{1}, "time"}));
    find_node_of(s.state.spec, k_b).clock_may_stop = false;
    CHECK(s.apply(NodeReset{k_b, StartNumber{1}, "time"}));
    CHECK_FALSE(s.record(k_db).owner);
    CHECK(s.state.nodes.at(k_b).fencing == FencingState::confirmed);
}

TEST_CASE("quorum policies that cannot work are flaws of the configuration") {
    auto spec = small_spec();
    spec.quorum = QuorumPolicy::two_node;
    CHECK(*flaw_of(spec) ==
          "the quorum policy two_node is for two nodes, and the cluster has 3; use majority");
    spec.nodes.pop_back();
    for (auto& group : spec.groups) group.policy.pop_back();
    CHECK_FALSE(flaw_of(spec));
    spec.tie_breaker = TieBreaker::ping;
    CHECK(flaw_of(spec)->find("has no target") != std::string::npos);
    spec.tie_breaker_targets = {"192.0.2.1"};
    CHECK_FALSE(flaw_of(spec));
    spec.tie_breaker = TieBreaker::fencing;
    CHECK(flaw_of(spec)->find("node a has no fence device") != std::string::npos);
    using std::chrono::seconds;
    for (auto& node : spec.nodes) node.fences = {{"pdu", "agent", {}, seconds(1), 0, seconds(1)}};
    CHECK_FALSE(flaw_of(spec));
    spec.nodes[0].fences.push_back(spec.nodes[0].fences[0]);
    CHECK(flaw_of(spec)->find("two fence devices of node a") != std::string::npos);
    spec.nodes[0].fences[1].name = "other";
    spec.nodes[0].fences[1].timeout = {};
    CHECK(flaw_of(spec)->find("timeout of zero") != std::string::npos);
}

TEST_CASE("D4: a recovery raises all incarnations, and makes every other node a fork risk") {
    FenceStory s;
    s.all_up();
    s.give(k_web, k_a);
    const auto web = s.record(k_web).epoch.incarnation;
    CHECK(s.apply(GoneAlone{k_b, 1, ViewMarkId{4}, "alone", 0}));
    CHECK(s.state.fork_risk.empty());
    CHECK_FALSE(s.state.view_marks.back().is_recovery);
    CHECK(s.apply(GoneAlone{k_b, 1, ViewMarkId{5}, "the others are off", k_recovery_step}));
    CHECK(s.state.view_marks.back().is_recovery);
    CHECK(s.state.view_marks.back().number == 2);
    CHECK(s.state.fork_risk == std::set{k_a, k_c});
    CHECK(s.record(k_web).incarnation_floor.value == web.value + 1000);
    CHECK(next_incarnation(s.record(k_web)).value == web.value + 1001);
    CHECK(s.state.incarnation_floor.value >= 1000);
    // Once more, from there.
    CHECK(s.apply(GoneAlone{k_c, 2, ViewMarkId{6}, "the others are off", k_recovery_step}));
    CHECK(s.record(k_web).incarnation_floor.value == web.value + 2000);
    CHECK(s.state.fork_risk == std::set{k_a, k_b});
    CHECK(s.apply(EndForkRisk{k_a}));
    CHECK_FALSE(s.apply(EndForkRisk{k_a}));
    CHECK(s.rule == "node a is no fork risk");
    CHECK(s.state.fork_risk == std::set{k_b});
}
