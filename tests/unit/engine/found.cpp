// What somebody starts by hand, in whole clusters: it is found, told, and resolved (cluster.md 6).
#include "cluster.hpp"

#include <doctest/doctest.h>

using namespace ha;
using namespace ha::test;

namespace {

constexpr std::uint32_t k_group = 1;

struct ByHand : EngineCluster {
    explicit ByHand(const std::function<void(model::ClusterSpec&)>& shape = {}) : EngineCluster(3) {
        spec.timing.probe_interval = 2s;
        spec.groups.push_back(group(k_group, {1, 2, 3}));
        if (shape) shape(spec);
    }
    void begin_online() {
        start_all();
        REQUIRE(run_until([&] { return place_of(k_group) == 1; }));
        run_for(6s);
    }
    const model::GroupRecord& record(std::uint16_t node) const {
        return engine(node).state().groups.at(GroupId{k_group});
    }
    bool is_known(std::uint16_t on) const { return record(1).found.contains(NodeId{on}); }
};

void make_manual(model::ClusterSpec& spec) { spec.groups[0].startup = model::Startup::manual; }

}  // namespace

TEST_CASE("cluster.md 6: what is started by hand beside its owner is stopped there, and its owner "
          "goes on") {
    ByHand c;
    c.begin_online();
    const auto starts = c.count_starts(k_group);
    c.start_by_hand(2, k_group);
    REQUIRE(c.run_until([&] { return !c.is_active(2, k_group); }, 12s));
    REQUIRE(c.run_until([&] { return c.count(EventKind::found_ended, "group g1") == 3; }, 6s));
    CHECK(!c.is_known(2));
    CHECK(c.place_of(k_group) == 1);
    CHECK(c.count_starts(k_group) == starts);
    CHECK(c.count(EventKind::resource_found) == 1);
    // Each node tells it: that it was found, and that it is stopped.
    CHECK(c.count(EventKind::dual_activation, "group g1") == 6);
    CHECK(c.count(EventKind::dual_activation, "group g1", {"action", "it is stopped there"}) == 3);
    CHECK(c.status(2).is_lease_held);
    // Somebody is stubborn.
    c.start_by_hand(2, k_group);
    REQUIRE(c.run_until([&] { return !c.is_active(2, k_group); }, 12s));
    CHECK(c.count(EventKind::resource_found) == 2);
}

TEST_CASE("cluster.md 6: with stop_both neither goes on, and an operator starts it again") {
    ByHand c([](auto& spec) { spec.dual_activation = model::DualActivation::stop_both; });
    c.begin_online();
    c.start_by_hand(3, k_group);
    REQUIRE(c.run_until(
        [&] { return !c.is_active(3, k_group) && !c.is_active(1, k_group); }, 12s));
    c.run_for(5s);
    CHECK(c.record(1).goal == model::Goal::offline);
    CHECK(c.place_of(k_group) == 0);
    c.ask(1, engine::GroupStart{GroupId{k_group}, {}});
    CHECK(c.run_until([&] { return c.place_of(k_group) == 1; }));
}

TEST_CASE("a group that ran before its node joined is found, and adopted when it is to start") {
    ByHand c(make_manual);
    c.start_by_hand(3, k_group);
    c.start_all();
    REQUIRE(c.run_until([&] { return c.is_known(3); }));
    CHECK(c.count(EventKind::foreign_activation, "group g1") >= 1);
    c.run_for(10s);
    CHECK(c.is_active(3, k_group));  // nobody wants it anywhere: it is left alone
    c.ask(1, engine::GroupStart{GroupId{k_group}, {}});
    REQUIRE(c.run_until([&] { return c.place_of(k_group) == 3; }));
    c.run_for(1s);
    CHECK(c.count_starts(k_group) == 0);
    CHECK(c.count(EventKind::group_adopted, "group g1") == 1);
    CHECK(!c.is_known(3));
    c.run_for(10s);
    CHECK(c.place_of(k_group) == 3);
}

TEST_CASE("where the group may not run it is stopped before it starts elsewhere") {
    ByHand c(make_manual);
    c.start_all();
    c.run_for(8s);
    c.ask(1, engine::SetNodeMode{NodeId{3}, model::NodeMode::standby, "a drill"});
    c.run_for(1s);
    c.start_by_hand(3, k_group);
    REQUIRE(c.run_until([&] { return c.is_known(3); }));
    c.ask(1, engine::GroupStart{GroupId{k_group}, {}});
    bool was_dual = false;
    REQUIRE(c.run_until([&] {
        was_dual = was_dual || (c.is_active(3, k_group) && c.is_active(1, k_group));
        return c.place_of(k_group) == 1;
    }));
    CHECK(!was_dual);
    CHECK(!c.is_active(3, k_group));
}

TEST_CASE("a frozen group and a node in maintenance are told about, and left alone") {
    ByHand c;
    c.begin_online();
    SUBCASE("frozen") { c.ask(1, engine::GroupFreeze{GroupId{k_group}, true}); }
    SUBCASE("maintenance") { c.ask(1, mode_of(NodeId{2}, true)); }
    c.run_for(1s);
    c.start_by_hand(2, k_group);
    REQUIRE(c.run_until([&] { return c.is_known(2); }));
    c.run_for(10s);
    CHECK(c.count(EventKind::dual_activation, "group g1") == 3);
    CHECK(c.is_active(2, k_group));
    c.ask(1, engine::GroupFreeze{GroupId{k_group}, false});
    c.ask(1, mode_of(NodeId{2}, false));
    CHECK(c.run_until([&] { return !c.is_active(2, k_group); }, 12s));
}

namespace {

void make_fenced(model::ClusterSpec& spec) {
    for (auto& resource : spec.groups[0].resources)
        resource.requirement = model::Requirement::fencing;
    spec.max_reboots = 2;
}
bool is_kept_out(const ByHand& c, std::uint16_t node) {
    return c.engine(1).state().nodes.at(NodeId{node}).mode == model::NodeMode::isolated;
}

}  // namespace

TEST_CASE("F24: what requires fencing resets the node where it was started, whatever was counted; "
          "the next boot counts it, and at the limit the node takes no group and resets no more") {
    ByHand c(make_fenced);
    c.begin_online();
    for (std::uint32_t n = 1; n <= 2; n++) {
        // Its probe takes something for it, after each boot again.
        c.start_by_hand(2, k_group);
        REQUIRE(c.run_until([&] { return c.is_stopped(2); }, 30s));
        CHECK(c.node_actions(2).size() == n);
        CHECK(c.node_actions(2).back() == model::FinalAction::reboot);
        CHECK(c.disk(2).reboots == n - 1);
        CHECK(c.place_of(k_group) == 1);
        c.power_off(2);
        c.run_for(1s);
        c.start(2);
        CHECK(c.disk(2).reboots == n);
        REQUIRE(c.run_until([&] { return c.status(2).is_lease_held; }, 30s));
        c.run_for(2s);
        CHECK(is_kept_out(c, 2) == (n == 2));
    }
    CHECK(c.count(EventKind::reboot_suppressed) == 0);
    c.start_by_hand(2, k_group);
    REQUIRE(c.run_until([&] { return !c.is_active(2, k_group); }, 30s));  // stopped all the same
    CHECK(c.count(EventKind::reboot_suppressed, "node n2") == 1);
    CHECK(c.node_actions(2).size() == 2);
    CHECK(c.place_of(k_group) == 1);
}

TEST_CASE("F24: a count that is at its limit already does not hold a reset for safety back") {
    ByHand c(make_fenced);
    c.disk(2).reboots = 2;
    c.begin_online();
    c.start_by_hand(2, k_group);
    REQUIRE(c.run_until([&] { return c.is_stopped(2); }, 30s));
    CHECK(c.node_actions(2) == std::vector{model::FinalAction::reboot});
    c.power_off(2);
    c.start(2);
    CHECK(c.disk(2).reboots == 3);
    CHECK(c.run_until([&] { return is_kept_out(c, 2); }, 30s));
}

TEST_CASE("F24: a daemon that is started anew in the same boot was not reset") {
    ByHand c(make_fenced);
    c.begin_online();
    c.start_by_hand(2, k_group);
    REQUIRE(c.run_until([&] { return c.is_stopped(2); }, 30s));
    c.start(2);  // nobody has rebooted it
    CHECK(c.disk(2).reboots == 0);
    c.run_for(20s);
    CHECK(!is_kept_out(c, 2));
}

TEST_CASE("F22: a lost node where it was found is made harmless before the group starts "
          "elsewhere") {
    ByHand c([](auto& spec) {
        make_fenced(spec);
        make_manual(spec);
        for (auto& node : spec.nodes) node.fences = {{"ipmi", "test", {}, 5s, 0, 2s, false}};
    });
    std::vector<NodeId> shot;
    c.fence_device = [&](std::uint16_t, const lifecycle::FenceOperation& call) {
        FenceDeed deed{100ms};
        deed.hits = call.action == lifecycle::FenceAction::off;
        if (deed.hits) shot.push_back(call.node);
        return deed;
    };
    c.start_all();
    c.run_for(8s);
    c.start_by_hand(3, k_group);
    REQUIRE(c.run_until([&] { return c.is_known(3); }, 12s));
    c.cut_off(3);
    c.run_for(5s);
    CHECK(shot.empty());  // nobody wants the group
    c.ask(1, engine::GroupStart{GroupId{k_group}, {}});
    bool was_dual = false;
    REQUIRE(c.run_until([&] {
        was_dual = was_dual || (c.is_active(3, k_group) && c.is_active(1, k_group));
        return c.place_of(k_group) == 1;
    }));
    CHECK(shot == std::vector{NodeId{3}});
    CHECK(!was_dual);
    CHECK(!c.is_known(3));
}

TEST_CASE("an operator says of a node that has left that what was found there is over") {
    ByHand c([](auto& spec) {
        make_fenced(spec);
        make_manual(spec);
    });
    c.start_all();
    c.run_for(8s);
    c.start_by_hand(3, k_group);
    REQUIRE(c.run_until([&] { return c.is_known(3); }, 12s));
    c.leave(3);
    REQUIRE(c.run_until([&] { return c.is_stopped(3); }, 20s));
    c.ask(1, engine::GroupStart{GroupId{k_group}, {}});
    c.run_for(10s);
    CHECK(!c.record(1).owner);
    c.power_off(3);
    const auto start = c.engine(1).state().nodes.at(NodeId{3}).start;
    const auto asked = c.ask(1, engine::NodeConfirmOff{NodeId{3}, start});
    REQUIRE(c.run_until([&] { return !c.answers(1, asked).empty(); }, 5s));
    CHECK(c.answers(1, asked).front().ok);
    CHECK(c.run_until([&] { return c.place_of(k_group) == 1; }));
}

TEST_CASE("what was found is known no more when nobody is to look") {
    ByHand c(make_manual);
    c.start_all();
    c.run_for(8s);
    c.start_by_hand(3, k_group);
    REQUIRE(c.run_until([&] { return c.is_known(3); }, 12s));
    auto next = c.engine(1).state().spec;
    next.timing.probe_interval = 0s;
    c.ask(1, engine::SpecApply{next});
    REQUIRE(c.run_until([&] { return !c.is_known(3); }, 5s));
    c.run_for(10s);
    CHECK(!c.is_known(3));
    CHECK(c.is_active(3, k_group));
}

TEST_CASE("when its owner is lost the group goes to where it was started by hand") {
    ByHand c;
    c.begin_online();
    c.ask(1, engine::GroupFreeze{GroupId{k_group}, true});
    c.run_for(1s);
    c.start_by_hand(3, k_group);
    REQUIRE(c.run_until([&] { return c.is_known(3); }));
    c.power_off(1);
    c.run_for(5s);
    c.ask(2, engine::GroupFreeze{GroupId{k_group}, false});
    REQUIRE(c.run_until([&] { return c.place_of(k_group) == 3; }));
    CHECK(!c.is_active(2, k_group));
}

TEST_CASE("a cluster of version 1 does not look, and begins to when it is raised") {
    ByHand c([](auto& spec) { spec.timing.probe_interval = model::k_probe_interval_unsaid; });
    for (std::uint16_t n = 1; n <= 3; n++) c.versions[n] = 1;
    c.begin_online();
    c.start_by_hand(2, k_group);
    c.run_for(130s);
    CHECK(c.is_active(2, k_group));
    for (std::uint16_t n = 1; n <= 3; n++) {
        c.kill(n);
        c.versions[n] = 2;
        c.start(n);
        c.run_for(6s);
    }
    CHECK(c.run_until([&] { return !c.is_active(2, k_group); }, 140s));
    CHECK(c.place_of(k_group) == 1);
}

TEST_CASE("nobody looks where that is switched off") {
    ByHand c([](auto& spec) { spec.timing.probe_interval = 0s; });
    c.begin_online();
    c.start_by_hand(2, k_group);
    c.run_for(130s);
    CHECK(c.is_active(2, k_group));
    CHECK(c.is_active(1, k_group));
}
