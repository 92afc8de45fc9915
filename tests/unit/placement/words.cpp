// What a plan says besides its commands, and that it stays cheap on the largest cluster.
#include <doctest/doctest.h>

#include <chrono>

#include "../model/story.hpp"
#include "placement/plan.hpp"

using namespace ha;
using namespace ha::model;
using namespace ha::placement;
using namespace ha::test;

namespace {

struct Large {
    Story story;
    View view;
};

Large large_cluster() {
    ClusterSpec spec;
    spec.name = "large";
    for (std::uint16_t i = 1; i <= 64; i++) {
        spec.nodes.push_back(node_spec(i));
        spec.nodes.back().name = "node" + std::to_string(i);
    }
    for (std::uint32_t i = 1; i <= 1000; i++) {
        spec.groups.push_back(group_spec(i, "group" + std::to_string(i)));
        auto& group = spec.groups.back();
        group.exclusion = i % 20 == 0 ? Exclusion::full : Exclusion::normal;
        group.failback = Failback::automatic;
        group.policy.clear();
        for (std::uint16_t n = 0; n < 64; n++)
            group.policy.push_back(NodeId{static_cast<std::uint16_t>(1 + (n + i * 7) % 64)});
    }
    Large large{Story(spec), {}};
    for (const auto& node : spec.nodes) {
        large.story.up(node.id);
        large.view.members.push_back(node.id);
    }
    return large;
}

}  // namespace

TEST_CASE("cluster.md 5: decisions are in the order of group ids, and each names the other nodes "
          "of its policy") {
    Story s;
    s.all_up();
    const auto made = plan(s.state, {{k_a, k_b, k_c}, true});
    REQUIRE(made.decisions.size() == 2);
    CHECK(made.decisions[0].group == k_web);
    CHECK(made.decisions[1].group == k_db);
    CHECK(made.decisions[0].node == k_a);
    CHECK(made.decisions[0].rejected.size() == 2);
    CHECK(made.decisions[0].rejected[1].node == k_c);
}

TEST_CASE("a leader that sees nobody plans nothing") {
    Story s;
    s.all_up();
    CHECK(plan(s.state, {}).commands.empty());
    CHECK(plan(initial_state(ClusterSpec{}), {}).decisions.empty());
}

TEST_CASE("64 nodes and 1,000 groups: a start, a loss of half of the nodes, and nothing to do") {
    auto large = large_cluster();
    const auto first = plan(large.story.state, large.view);
    CHECK(first.commands.size() == 1000);
    for (const auto& command : first.commands) REQUIRE(large.story.apply(command));
    CHECK(plan_commands(large.story.state, large.view).empty());
    for (std::uint16_t i = 1; i <= 32; i++) large.story.down(NodeId{i});
    large.view.members.erase(large.view.members.begin(), large.view.members.begin() + 32);
    const auto second = plan_commands(large.story.state, large.view);
    CHECK(second.size() > 300);
    for (const auto& command : second) REQUIRE(large.story.apply(command));
    CHECK(plan_commands(large.story.state, large.view).empty());
}

/// Not a claim about speed: run with --no-skip to see the figures.
TEST_CASE("figures of the largest plan" * doctest::skip()) {
    auto large = large_cluster();
    const auto measure = [](const std::string& what, auto run) {
        const auto begin = std::chrono::steady_clock::now();
        for (int i = 0; i < 20; i++) run();
        const std::chrono::duration<double, std::milli> d =
            std::chrono::steady_clock::now() - begin;
        MESSAGE(what, ": ", d.count() / 20, " ms");
    };
    measure("plan, all to start", [&] { plan(large.story.state, large.view); });
    for (const auto& command : plan_commands(large.story.state, large.view))
        large.story.apply(command);
    measure("plan_commands, nothing to do", [&] { plan_commands(large.story.state, large.view); });
    measure("plan, nothing to do", [&] { plan(large.story.state, large.view); });
}

TEST_CASE("F22: fencing is needed for a lost owner whose group could run elsewhere, and no other") {
    auto spec = small_spec();
    spec.groups[0].resources[0].requirement = Requirement::fencing;
    Story s(spec);
    s.all_up();
    const View view{{k_b, k_c}, true};
    s.give(k_web, k_a);
    s.give(k_db, k_b);
    CHECK(fence_needs(s.state, {{k_a, k_b, k_c}, true}).empty());
    s.down(k_a);
    const auto needs = fence_needs(s.state, view);
    REQUIRE(needs.size() == 1);
    CHECK(needs[0].node == k_a);
    CHECK(needs[0].group == k_web);
    CHECK(fence_needs(s.state, {{}, true}).empty());  // nobody could take it
    auto stopped = s.state;
    stopped.groups.at(k_web).goal = Goal::offline;
    CHECK(fence_needs(stopped, view).empty());
    auto manual = s.state;
    manual.spec.groups[0].failover = Failover::manual;
    CHECK(fence_needs(manual, view).empty());
    s.down(k_b);
    CHECK(fence_needs(s.state, {{k_c}, true}).size() == 1);  // the end of a lease frees the other
}

TEST_CASE("the explanation of a group that waits for fencing says how far that is") {
    auto spec = small_spec();
    spec.groups[0].resources[0].requirement = Requirement::fencing;
    Story s(spec);
    s.all_up();
    s.give(k_web, k_a);
    s.down(k_a);
    const View view{{k_b, k_c}, true};
    const auto why = [&] { return explain(s.state, view, k_web).reason; };
    CHECK(why() == "node a is down, and only fencing could release what it may still write to");
    s.apply(RequestFence{k_a, StartNumber{1}, "", k_b});
    CHECK(why().ends_with("; it is being fenced from node b"));
    s.apply(FenceDone{k_a, StartNumber{1}, 1, false, "device pdu: no answer"});
    CHECK(why().ends_with("; fencing failed and is tried again: device pdu: no answer"));
    s.apply(RequestFence{k_a, StartNumber{1}, "", k_c});
    s.apply(FenceDone{k_a, StartNumber{1}, 2, true, "off"});
    CHECK(explain(s.state, view, k_web).node == k_b);
}

TEST_CASE("F22: of two nodes the one that owns more shoots first, else the one of lower rank") {
    Story s;
    s.all_up();
    CHECK(fences_first(s.state, k_a, k_b));
    CHECK_FALSE(fences_first(s.state, k_b, k_a));
    s.give(k_web, k_b);
    CHECK(fences_first(s.state, k_b, k_a));
    CHECK_FALSE(fences_first(s.state, k_a, k_b));
}
