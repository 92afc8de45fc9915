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
    REQUIRE(c.run_until([&] { return !c.is_active(2, k_group); }, 4s));
    REQUIRE(c.run_until([&] { return c.count(EventKind::found_ended, "group g1") == 3; }, 4s));
    CHECK(!c.is_known(2));
    CHECK(c.place_of(k_group) == 1);
    CHECK(c.count_starts(k_group) == starts);
    CHECK(c.count(EventKind::resource_found) == 1);
    CHECK(c.count(EventKind::dual_activation, "group g1") == 3);  // each node tells it
    CHECK(c.status(2).is_lease_held);
    // Somebody is stubborn.
    c.start_by_hand(2, k_group);
    REQUIRE(c.run_until([&] { return !c.is_active(2, k_group); }, 4s));
    CHECK(c.count(EventKind::resource_found) == 2);
}

TEST_CASE("cluster.md 6: with stop_both neither goes on, and an operator starts it again") {
    ByHand c([](auto& spec) { spec.dual_activation = model::DualActivation::stop_both; });
    c.begin_online();
    c.start_by_hand(3, k_group);
    REQUIRE(c.run_until(
        [&] { return !c.is_active(3, k_group) && !c.is_active(1, k_group); }, 5s));
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
    CHECK(c.run_until([&] { return !c.is_active(2, k_group); }, 5s));
}

TEST_CASE("what requires fencing resets the node where it was started, and no count forbids it") {
    ByHand c([](auto& spec) {
        for (auto& resource : spec.groups[0].resources)
            resource.requirement = model::Requirement::fencing;
        spec.max_reboots = 1;
    });
    c.disk(2).reboots = 1;
    c.begin_online();
    c.start_by_hand(2, k_group);
    REQUIRE(c.run_until([&] { return c.is_stopped(2); }, 10s));
    REQUIRE(!c.node_actions(2).empty());
    CHECK(c.node_actions(2).back() == model::FinalAction::reboot);
    CHECK(c.disk(2).reboots == 2);
    CHECK(c.count(EventKind::reboot_suppressed) == 0);
    CHECK(c.place_of(k_group) == 1);
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

TEST_CASE("nobody looks where it is not asked for, raised from version 1 or not") {
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
    c.run_for(130s);
    CHECK(c.is_active(2, k_group));
    CHECK(c.is_active(1, k_group));
}
