// Fencing in the agreed state: requested, over, confirmed; and what it releases.
#include <doctest/doctest.h>

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
