// Taking in a configuration: what is refused, and what happens to those added and removed.
#include <doctest/doctest.h>

#include <functional>

#include "model/flaw.hpp"
#include "story.hpp"

using namespace ha;
using namespace ha::model;
using namespace ha::test;

namespace {

bool set_spec(Story& s, const ClusterSpec& spec) {
    return s.apply(SetSpec{s.state.spec.revision, spec});
}

}  // namespace

TEST_CASE("a configuration made from another revision is ignored, the right one raises it") {
    Story s;
    CHECK_FALSE(s.apply(SetSpec{SpecRevision{3}, small_spec()}));
    CHECK(s.rule == "made from revision 3, but revision 0 is in force");
    CHECK(set_spec(s, small_spec()));
    CHECK(s.state.spec.revision == SpecRevision{1});
    CHECK(s.told(EventKind::spec_changed));
    CHECK_FALSE(s.apply(SetSpec{SpecRevision{0}, small_spec()}));
}

TEST_CASE("added nodes are absent and must know that they were added; added groups start as told") {
    Story s;
    auto spec = small_spec();
    spec.nodes.push_back(node_spec(4));
    spec.groups.push_back(group_spec(3, "mail"));
    spec.groups.push_back(group_spec(4, "batch"));
    spec.groups[3].startup = Startup::manual;
    CHECK(set_spec(s, spec));
    CHECK(s.record(NodeId{4}).status == NodeStatus::absent);
    CHECK(s.record(NodeId{4}).taken_index == LogIndex{s.index});
    CHECK_FALSE(s.record(k_a).taken_index);
    CHECK(s.record(GroupId{3}).goal == Goal::online);
    CHECK(s.record(GroupId{4}).goal == Goal::offline);
}

TEST_CASE("what runs is not touched by a configuration that keeps it") {
    Story s;
    s.all_up();
    s.give(k_web, k_a);
    s.goal(k_db, Goal::offline);
    auto spec = small_spec();
    spec.groups[1].startup = Startup::automatic;
    spec.groups[0].policy = {k_c, k_b, k_a};
    const auto before = s.record(k_web);
    CHECK(set_spec(s, spec));
    CHECK(s.record(k_web) == before);
    CHECK(s.record(k_db).goal == Goal::offline);
}

TEST_CASE("a group is removed only when it is stopped and nobody owns it") {
    Story s;
    s.all_up();
    s.give(k_db, k_a);
    auto spec = small_spec();
    spec.groups.pop_back();
    CHECK_FALSE(set_spec(s, spec));
    CHECK(s.rule == "group db is removed but not stopped; stop it first");
    s.goal(k_db, Goal::offline);
    CHECK_FALSE(set_spec(s, spec));
    CHECK(s.rule == "group db is removed but node a has not released it yet");
    s.release(k_db);
    CHECK(set_spec(s, spec));
    CHECK_FALSE(s.state.groups.contains(k_db));
}

TEST_CASE("a group that comes again with the same id never repeats an epoch") {
    Story s;
    s.all_up();
    for (int i = 0; i < 3; i++) {
        s.give(k_db, k_a);
        s.release(k_db);
    }
    s.goal(k_db, Goal::offline);
    auto without = small_spec();
    without.groups.pop_back();
    CHECK(set_spec(s, without));
    CHECK(set_spec(s, small_spec()));
    CHECK(s.record(k_db).epoch.incarnation == Incarnation{3});
    CHECK_FALSE(s.apply(Give{k_db, k_b, Incarnation{1}}));
    CHECK(s.give(k_db, k_b));
    CHECK(s.record(k_db).epoch.incarnation == Incarnation{4});
}

TEST_CASE("a node is removed only when it owns nothing; wishes and failures there are forgotten") {
    Story s;
    s.all_up();
    s.give(k_web, k_c);
    auto spec = small_spec();
    spec.nodes.pop_back();
    for (auto& group : spec.groups) group.policy = {k_a, k_b};
    CHECK_FALSE(set_spec(s, spec));
    CHECK(s.rule == "node c is removed but still owns group web; move or stop the group first");
    s.evict(k_web, {}, true);
    s.release(k_web);
    s.goal(k_db, Goal::online, k_c);
    CHECK(set_spec(s, spec));
    CHECK_FALSE(s.state.nodes.contains(k_c));
    CHECK(s.record(k_web).bans.empty());
    CHECK_FALSE(s.record(k_db).target);
}

TEST_CASE("a dead node can be removed: its groups become free and wait for its lease") {
    Story s;
    s.all_up();
    s.give(k_web, k_c);
    s.down(k_c);
    const auto taken = LogIndex{s.index};
    auto spec = small_spec();
    spec.nodes.pop_back();
    for (auto& group : spec.groups) group.policy = {k_a, k_b};
    CHECK(set_spec(s, spec));
    CHECK_FALSE(s.record(k_web).owner);
    CHECK(s.give(k_web, k_a));
    const std::vector<LeaseWait> waits{{k_c, taken}};
    CHECK(s.record(k_web).waits == waits);
}

TEST_CASE("a dead node that owns a group which needs fencing is not removed") {
    auto first = small_spec();
    first.groups[0].resources[0].requirement = Requirement::fencing;
    Story s(first);
    s.all_up();
    s.give(k_web, k_c);
    s.down(k_c);
    auto spec = first;
    spec.nodes.pop_back();
    for (auto& group : spec.groups) group.policy = {k_a, k_b};
    CHECK_FALSE(set_spec(s, spec));
}

TEST_CASE("groups that share a node do not become fully exclusive") {
    Story s;
    s.all_up();
    s.give(k_web, k_a);
    s.give(k_db, k_a);
    auto spec = small_spec();
    for (auto& group : spec.groups) group.exclusion = Exclusion::full;
    CHECK_FALSE(set_spec(s, spec));
    CHECK(s.rule.find("move one of them first") != std::string::npos);
    s.evict(k_db, k_b);
    s.release(k_db);
    CHECK(set_spec(s, spec));
}

TEST_CASE("a monitor that is gone is not paused any more") {
    auto spec = small_spec();
    MonitorSpec monitor;
    monitor.id = MonitorId{4};
    monitor.name = "ping";
    monitor.interval = monitor.timeout = std::chrono::seconds(1);
    spec.monitors = {monitor};
    Story s(spec);
    s.apply(PauseMonitor{MonitorId{4}, true});
    CHECK(set_spec(s, small_spec()));
    CHECK(s.state.paused_monitors.empty());
}

TEST_CASE("every structural flaw of a configuration is found and named") {
    struct Case {
        const char* part_of_text;
        std::function<void(ClusterSpec&)> spoil;
    };
    const std::vector<Case> cases{
        {"has no node; it needs", [](auto& s) { s.nodes.clear(); }},
        {"more than the limit of 64",
         [](auto& s) {
             for (std::uint16_t i = 4; i <= 65; i++) {
                 s.nodes.push_back(node_spec(i));
                 s.nodes.back().name = "n" + std::to_string(i);
             }
         }},
        {"has the id 0", [](auto& s) { s.nodes[0].id = {}; }},
        {"of another node", [](auto& s) { s.nodes[0].id = s.nodes[1].id; }},
        {"two nodes have the name b", [](auto& s) { s.nodes[0].name = "b"; }},
        {"a node has no name", [](auto& s) { s.nodes[0].name = ""; }},
        {"is longer than 63 bytes", [](auto& s) { s.nodes[0].name = std::string(64, 'x'); }},
        {"ranks are unique", [](auto& s) { s.nodes[0].rank = 1; }},
        {"address on interconnect 5",
         [](auto& s) { s.nodes[0].addresses[InterconnectId{5}] = "192.0.2.1:1"; }},
        {"of another group", [](auto& s) { s.groups[1].id = s.groups[0].id; }},
        {"has no node in its policy", [](auto& s) { s.groups[0].policy.clear(); }},
        {"names node 9, which does not exist",
         [](auto& s) { s.groups[0].policy.push_back(NodeId{9}); }},
        {"names node a twice", [](auto& s) { s.groups[0].policy.push_back(k_a); }},
        {"id of a resource in another group",
         [](auto& s) { s.groups[1].resources[0].id = s.groups[0].resources[0].id; }},
        {"two resources have the name",
         [](auto& s) { s.groups[1].resources[0].name = s.groups[0].resources[0].name; }},
        {"has a timeout of zero", [](auto& s) { s.groups[0].resources[0].stop.timeout = {}; }},
        {"which is not in group web",
         [](auto& s) { s.groups[0].resources[0].depends_on = {ResourceId{20}}; }},
        {"depends on itself in a circle",
         [](auto& s) {
             s.groups[0].resources.push_back(resource_spec(11));
             s.groups[0].resources[0].depends_on = {ResourceId{11}};
             s.groups[0].resources[1].depends_on = {ResourceId{10}};
         }},
        {"names one dependency twice",
         [](auto& s) {
             s.groups[0].resources.push_back(resource_spec(11));
             s.groups[0].resources[1].depends_on = {ResourceId{10}, ResourceId{10}};
         }},
        {"watches a group that does not exist",
         [](auto& s) {
             s.monitors = {MonitorSpec{MonitorId{1}, "m"}}, s.monitors[0].group = GroupId{7};
         }},
        {"watches a resource that is not in its group",
         [](auto& s) {
             s.monitors = {MonitorSpec{MonitorId{1}, "m"}};
             s.monitors[0].group = k_web;
             s.monitors[0].resource = ResourceId{20};
         }},
        {"interval or timeout of zero",
         [](auto& s) {
             s.monitors = {MonitorSpec{MonitorId{1}, "m"}};
         }},
    };
    CHECK_FALSE(flaw_of(small_spec()));
    for (const auto& one : cases) {
        auto spec = small_spec();
        one.spoil(spec);
        const auto flaw = flaw_of(spec);
        CAPTURE(one.part_of_text);
        REQUIRE(flaw);
        CAPTURE(*flaw);
        CHECK(flaw->find(one.part_of_text) != std::string::npos);
        Story s;
        CHECK_FALSE(set_spec(s, spec));
        CHECK(s.rule == *flaw);
    }
}
