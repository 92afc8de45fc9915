// Final actions and the limit on reboots.
#include "cluster.hpp"

#include <doctest/doctest.h>

using namespace ha;
using namespace ha::test;
using Actions = std::vector<model::FinalAction>;

namespace {

/// Node 1, as the other node knows it.
template <class Cluster>
bool is_isolated(const Cluster& c, std::uint16_t by) {
    return c.engine(by).state().nodes.at(NodeId{1}).mode == model::NodeMode::isolated;
}

/// A monitor on node 1 that asks for `action` as soon as it is bad.
model::MonitorSpec monitor_with(model::FinalAction action) {
    model::MonitorSpec m;
    m.id = MonitorId{1};
    m.name = "m1";
    m.type = "test";
    m.nodes = {NodeId{1}};
    m.interval = 200ms;
    m.timeout = 1s;
    m.recovery = model::RecoveryTarget::node;
    m.final_action = action;
    return m;
}

struct Rebooting : EngineCluster {
    explicit Rebooting(model::FinalAction action,
                       const std::function<void(model::ClusterSpec&)>& shape = {})
        : EngineCluster(3) {
        spec.monitors.push_back(monitor_with(action));
        spec.max_reboots = 2;
        spec.reboots_reset_after = 60s;
        if (shape) shape(spec);
        begin_one_group(*this, {1, 2, 3});
    }
    void turn_bad() { verdicts[MonitorId{1}] = lifecycle::Verdict::bad; }
    void turn_good() { verdicts.clear(); }
    /// Bad until node 1 is gone; it boots again.
    void reboot_once() {
        turn_bad();
        REQUIRE(run_until([&] { return is_stopped(1); }, 20s));
        turn_good();
        power_off(1);
        run_for(1s);
        start(1);
        REQUIRE(run_until([&] { return status(1).is_lease_held; }, 20s));
    }
    std::uint32_t reboots() { return disk(1).reboots; }
};

}  // namespace

TEST_CASE("S21: a final action hands over, tells the others, and then reboots; counted before") {
    Rebooting c(model::FinalAction::reboot);
    c.turn_bad();
    REQUIRE(c.run_until([&] { return !c.node_actions(1).empty(); }, 20s));
    CHECK(c.node_actions(1) == Actions{model::FinalAction::reboot});
    CHECK(c.reboots() == 1);
    CHECK(c.count(EventKind::reboot_counted) == 1);
    CHECK(c.place_of(1) != 1);
    c.run_for(3s);
    CHECK(c.engine(2).state().nodes.at(NodeId{1}).status == model::NodeStatus::left);
    CHECK(c.count(EventKind::node_down) == 0);
    CHECK(c.place_of(1) == 2);
}

TEST_CASE("the count is durable before the reboot: as long as the disk does not answer, none is") {
    Rebooting c(model::FinalAction::reboot);
    c.set_disk(1, 5s);
    c.turn_bad();
    REQUIRE(c.run_until([&] { return c.count(EventKind::reboot_counted) == 1; }, 5s));
    c.run_for(3s);
    CHECK(c.node_actions(1).empty());
    CHECK(c.reboots() == 0);
    c.set_disk(1, 1ms);
    REQUIRE(c.run_until([&] { return !c.node_actions(1).empty(); }, 40s));
    CHECK(c.reboots() == 1);
}

TEST_CASE("S21: at the limit nothing is done, with an alert, and the node goes on") {
    Rebooting c(model::FinalAction::reboot);
    c.reboot_once();
    c.reboot_once();
    CHECK(c.reboots() == 2);
    c.turn_bad();
    REQUIRE(c.run_until([&] { return c.count(EventKind::reboot_suppressed) > 0; }, 20s));
    c.run_for(10s);
    CHECK(c.node_actions(1).size() == 2);
    CHECK(c.is_running(1));
    CHECK(c.status(1).is_lease_held);
    CHECK(c.count(EventKind::reboot_suppressed) == 1);  // not again and again
}

TEST_CASE("B36: the counter is reset after its time of health, and not before") {
    Rebooting c(model::FinalAction::reboot);
    c.reboot_once();
    c.run_for(50s);
    CHECK(c.reboots() == 1);
    c.run_for(20s);
    CHECK(c.reboots() == 0);
    Rebooting never(model::FinalAction::reboot,
                    [](auto& spec) { spec.reboots_reset_after = Duration{0}; });
    never.reboot_once();
    never.run_for(1h);
    CHECK(never.reboots() == 1);
}

TEST_CASE("S46: the count of each node is seen from every node, and reset by a request") {
    Rebooting c(model::FinalAction::reboot);
    c.reboot_once();
    REQUIRE(c.run_until(
        [&] { return c.status(3).services.at(NodeId{1}).reboots == 1; }, 5s));
    CHECK(c.status(1).services.at(NodeId{1}).reboots == 1);
    const auto asked = c.ask(3, engine::RebootsReset{NodeId{1}});
    REQUIRE(c.run_until([&] { return !c.answers(3, asked).empty(); }, 10s));
    CHECK(c.answers(3, asked).front().ok);
    CHECK(c.run_until([&] { return c.reboots() == 0; }, 5s));
    CHECK(c.run_until([&] { return c.status(3).services.at(NodeId{1}).reboots == 0; }, 5s));
    const auto wrong = c.ask(3, engine::RebootsReset{NodeId{9}});
    REQUIRE(c.run_until([&] { return !c.answers(3, wrong).empty(); }, 10s));
    CHECK_FALSE(c.answers(3, wrong).front().ok);
}

TEST_CASE("a node service that is stopped as a final action is not counted") {
    Rebooting c(model::FinalAction::stop_node_service);
    c.turn_bad();
    REQUIRE(c.run_until([&] { return !c.node_actions(1).empty(); }, 20s));
    CHECK(c.node_actions(1) == Actions{model::FinalAction::stop_node_service});
    CHECK(c.reboots() == 0);
    CHECK(c.run_until([&] { return c.place_of(1) == 2; }, 5s));
}

TEST_CASE("a resource that does not stop does not hold up the reboot that is to end it") {
    Rebooting c(model::FinalAction::none, [](auto& spec) { spec.timing.leave_timeout = 10min; });
    model::ClusterSpec next = c.engine(1).state().spec;
    next.groups[0].resources[0].stop.final_action = model::FinalAction::reboot;
    const auto set = c.ask(1, engine::SpecApply{next});
    REQUIRE(c.run_until([&] { return !c.answers(1, set).empty(); }, 10s));
    REQUIRE(c.answers(1, set).front().ok);
    c.is_stop_failing = true;
    c.ask(1, engine::GroupMove{GroupId{1}, NodeId{2}, {}});
    REQUIRE(c.run_until([&] { return !c.node_actions(1).empty(); }, 20s));
    c.is_stop_failing = false;
    CHECK(c.reboots() == 1);
    // It was severed with the lease, and goes on elsewhere when that is over, or after the boot.
    c.power_off(1);
    c.start(1);
    CHECK(c.run_until([&] { return c.place_of(1) != 0; }, 20s));
    CHECK(c.place_of(1) != 99);
}

TEST_CASE("with a store that failed no reboot is carried out, because it cannot be counted") {
    Rebooting c(model::FinalAction::reboot);
    c.fail_disk(1);
    c.ask(2, mode_of(NodeId{3}, true));
    REQUIRE(c.run_until([&] { return c.count(EventKind::store_failed) == 1; }, 20s));
    c.turn_bad();
    REQUIRE(c.run_until([&] { return c.count(EventKind::reboot_suppressed) == 1; }, 20s));
    CHECK(c.node_actions(1).empty());
}

TEST_CASE("F24: a machine reset under a fencing group is counted at its next boot, and at the "
          "limit it takes no group, and says why") {
    Rebooting c(model::FinalAction::none, [](auto& spec) { spec.max_reboots = 2; });
    auto next = c.engine(1).state().spec;
    auto shared = EngineCluster::group(2, {1, 2, 3});
    shared.resources[0].requirement = model::Requirement::fencing;
    next.groups.push_back(shared);
    const auto set = c.ask(1, engine::SpecApply{next});
    REQUIRE(c.run_until([&] { return !c.answers(1, set).empty(); }, 10s));
    for (std::uint32_t n = 1; n <= 2; n++) {
        REQUIRE(c.run_until([&] { return c.is_online(2, 1); }, 30s));
        c.run_for(1s);
        c.power_off(1);
        c.run_for(200ms);
        c.start(1);
        CHECK(c.reboots() == n);
        if (n < 2) CHECK_FALSE(is_isolated(c, 1));
    }
    REQUIRE(c.run_until(
        [&] { return is_isolated(c, 2); }, 20s));
    c.run_for(10s);
    CHECK(c.status(1).is_voter);
    CHECK_FALSE(c.is_online(2, 1));
    CHECK_FALSE(c.is_online(1, 1));
    CHECK(c.run_until([&] { return c.is_online(2, 2); }, 20s));
    // An operator has looked at it.
    c.ask(2, engine::RebootsReset{NodeId{1}});
    c.ask(2, mode_of(NodeId{1}, false));
    CHECK(c.run_until(
        [&] { return !is_isolated(c, 2); }, 10s));
    CHECK(c.run_until([&] { return c.status(1).is_lease_held; }, 10s));
}
