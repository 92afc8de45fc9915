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
