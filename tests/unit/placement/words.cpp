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

/// The same with everything that groups can say about each other and about nodes.
Large rich_cluster() {
    auto large = large_cluster();
    auto spec = large.story.state.spec;
    for (auto& node : spec.nodes) node.capacity = {{"cpus", 64}, {"memory", 400}};
    for (auto& group : spec.groups) {
        const auto i = group.id.value;
        group.priority = i % 5;
        group.preempts = i % 10 == 0;
        group.failover_limit = 10;
        group.ban_expiry = group.retry_delay = group.failback_delay = 10min;
        group.labels = {"kind" + std::to_string(i % 50)};
        if (i % 3 == 0) group.apart = group.labels;
        if (i % 7 == 0) group.near = {"kind" + std::to_string((i + 1) % 50)};
        if (i % 4 == 0) group.start_after = {{GroupId{i - 1}, false}};
        if (i % 4 == 1) group.stop_before = {{GroupId{i + 1}, i % 8 == 1}};
        group.uses = {{"cpus", 1 + i % 3}, {"memory", 5}};
    }
    large.story.apply(SetSpec{spec.revision, spec});
    return large;
}

void see_all_online(Large& large) {
    large.view.online.clear();
    for (const auto& [id, group] : large.story.state.groups)
        if (group.owner) large.view.online.push_back({id, group.epoch.incarnation});
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
    auto rich = rich_cluster();
    measure("rich: plan, all to start", [&] { plan(rich.story.state, rich.view); });
    for (int i = 0; i < 10; i++) {
        for (const auto& command : plan_commands(rich.story.state, rich.view))
            rich.story.apply(command);
        for (const auto& group : rich.story.state.spec.groups)
            if (rich.story.record(group.id).is_evicted) rich.story.release(group.id);
        see_all_online(rich);
    }
    measure("rich: plan_commands, at rest", [&] { plan_commands(rich.story.state, rich.view); });
    for (std::uint16_t i = 1; i <= 32; i++) rich.story.down(NodeId{i});
    rich.view.members.erase(rich.view.members.begin(), rich.view.members.begin() + 32);
    measure("rich: plan_commands, half of the nodes lost",
            [&] { plan_commands(rich.story.state, rich.view); });
    measure("rich: plan with words, half of the nodes lost",
            [&] { plan(rich.story.state, rich.view); });
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

TEST_CASE("F22: fencing is needed for a lost node where something was found that requires it") {
    auto spec = small_spec();
    auto& web = spec.groups[0].resources;
    web.push_back(resource_spec(11));
    web[0].requirement = Requirement::fencing;
    Story s(spec);
    s.all_up();
    s.state.cluster_version = 2;
    REQUIRE(s.apply(FoundActive{k_web, k_c, StartNumber{1}, web[0].id, true, false}));
    const View view{{k_a, k_b}, true};
    CHECK(fence_needs(s.state, {{k_a, k_b, k_c}, true}).empty());  // it is there to stop it
    s.down(k_c);
    auto needs = fence_needs(s.state, view);
    REQUIRE(needs.size() == 1);
    CHECK(needs[0].node == k_c);
    CHECK(needs[0].group == k_web);
    CHECK(fence_needs(s.state, {{}, true}).empty());  // nobody could take it
    auto other = s.state;
    SUBCASE("nobody wants it") { other.groups.at(k_web).goal = Goal::offline; }
    SUBCASE("it is frozen") { other.groups.at(k_web).is_frozen = true; }
    SUBCASE("what was found needs none") { other.groups.at(k_web).found[k_c].resource = web[1].id; }
    CHECK(fence_needs(other, view).empty());
    // Its owner and that node are both in the way, and both are lost.
    s.state.groups.at(k_web).found.clear();
    REQUIRE(s.up(k_c, 2, 1));
    REQUIRE(s.give(k_web, k_b));
    REQUIRE(s.apply(FoundActive{k_web, k_c, StartNumber{2}, web[0].id, true, false}));
    s.down(k_b);
    REQUIRE(s.apply(NodeDown{k_c, StartNumber{2}, ""}));
    needs = fence_needs(s.state, {{k_a}, true});
    REQUIRE(needs.size() == 2);
    CHECK(needs[0].node == k_b);
    CHECK(needs[1].node == k_c);
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

TEST_CASE("F22: nobody is shot at for a group that has used up its failovers") {
    auto spec = small_spec();
    spec.groups[0].resources[0].requirement = Requirement::fencing;
    spec.groups[0].failover_limit = 1;
    Story s(spec);
    s.all_up();
    s.give(k_web, k_a);
    s.down(k_a);
    const View view{{k_b, k_c}, true};
    CHECK(fence_needs(s.state, view).size() == 1);
    s.state.groups.at(k_web).failovers = {Duration{0}};
    CHECK(fence_needs(s.state, view).empty());
}

TEST_CASE("F22: fencing is needed for a group that would take the place of another") {
    auto spec = small_spec();
    spec.groups[0].resources[0].requirement = Requirement::fencing;
    spec.groups[0].priority = 5;
    for (auto& node : spec.nodes) node.capacity["slots"] = 1;
    for (auto& group : spec.groups) group.uses["slots"] = 1;
    Story s(spec);
    s.all_up();
    s.give(k_web, k_a);
    s.give(k_db, k_b);
    s.down(k_a);
    const View view{{k_b}, true};
    CHECK(fence_needs(s.state, view).empty());
    s.state.spec.groups[0].preempts = true;
    CHECK(fence_needs(s.state, view).size() == 1);
}
