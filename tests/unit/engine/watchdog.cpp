// Watchdogs: when the reset of a lost node releases what it held, and when it does not
// (safety.md F21).
#include <doctest/doctest.h>

#include "cluster.hpp"

using namespace ha;
using test::EngineCluster;

namespace {

constexpr Duration k_dog = 20s;

/// Group 1 requires fencing, group 2 does not; both on node 3. No node has a fence device.
void begin_with_dog(EngineCluster& cluster,
                    const std::function<void(model::ClusterSpec&)>& change = {}) {
    cluster.spec.groups = {EngineCluster::group(1, {3, 2, 1}), EngineCluster::group(2, {3, 2, 1})};
    cluster.spec.groups[0].resources[0].requirement = model::Requirement::fencing;
    if (change) change(cluster.spec);
    cluster.start_all();
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 3 && cluster.is_online(2, 3); }));
    cluster.run_for(6s);
    REQUIRE(cluster.leader() == 1);
}

Duration promised(const EngineCluster& cluster, std::uint16_t node) {
    return cluster.engine(1).state().nodes.at(NodeId{node}).watchdog;
}

void arm(EngineCluster& cluster, std::uint16_t node, Duration time) {
    cluster.step(node, engine::WatchdogTold{time});
    cluster.run_for(2s);
}

}  // namespace

TEST_CASE("F21: a verified watchdog releases after lease, its time and the reset, with drift") {
    EngineCluster cluster(3);
    begin_with_dog(cluster);
    arm(cluster, 3, k_dog);
    REQUIRE(promised(cluster, 3) == k_dog);
    cluster.cut_off(3);
    const auto cut = cluster.now();
    REQUIRE(cluster.run_until([&] { return cluster.is_online(2, 2); }, 5s));
    // What runs there may write until its machine is reset: cut off, it was fed for a lease more.
    cluster.run_until([&] { return cluster.now() - cut >= k_dog + 2s; }, 60s);
    CHECK(cluster.place_of(1) != 2);
    CHECK(cluster.count(EventKind::node_fenced) == 0);
    cluster.power_off(3);
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 2; }, 60s));
    const auto sum = k_dog + model::k_reset_time;
    const auto drift = sum / 1'000'000 * (2 * std::int64_t{cluster.spec.timing.drift_ppm});
    CHECK(cluster.now() - cut >= sum + drift);
    CHECK(cluster.now() - cut < sum + drift + 3s);
    CHECK(cluster.count(EventKind::node_fenced, "node n3") >= 1);
}

TEST_CASE("F21: without a watchdog time alone never releases what requires fencing") {
    EngineCluster cluster(3);
    begin_with_dog(cluster);
    SUBCASE("there never was one") {}
    SUBCASE("the device has not confirmed its time, or is disarmed again") {
        arm(cluster, 3, k_dog);
        arm(cluster, 3, Duration{0});
        CHECK(promised(cluster, 3) == Duration{0});
    }
    SUBCASE("the leader was not told before the node was lost") {
        cluster.cut_off(3);
        cluster.step(3, engine::WatchdogTold{k_dog});
    }
    cluster.cut_off(3);
    cluster.run_for(120s);
    CHECK(cluster.place_of(1) == 0);
    CHECK(cluster.place_of(2) == 2);
}

TEST_CASE("F21: a clock that may stop makes a watchdog worth nothing") {
    EngineCluster cluster(3);
    begin_with_dog(cluster, [](auto& spec) { spec.nodes[2].clock_may_stop = true; });
    arm(cluster, 3, k_dog);
    CHECK(promised(cluster, 3) == k_dog);
    cluster.cut_off(3);
    cluster.run_for(120s);
    CHECK(cluster.place_of(1) == 0);
    CHECK(cluster.place_of(2) == 2);
}

TEST_CASE("F21: of two nodes that may go on alone no watchdog is a promise") {
    EngineCluster cluster(2);
    cluster.spec.quorum = model::QuorumPolicy::two_node;
    cluster.spec.groups = {EngineCluster::group(1, {2, 1})};
    cluster.spec.groups[0].resources[0].requirement = model::Requirement::fencing;
    cluster.start_all();
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 2; }));
    cluster.run_for(6s);
    arm(cluster, 2, k_dog);
    CHECK(promised(cluster, 2) == Duration{0});
    cluster.cut_off(2);
    cluster.run_for(120s);  // it is alone, and runs on: fed
    CHECK(cluster.place_of(1) == 2);
}

TEST_CASE("F21: a watchdog that would go off in the midst of an orderly stop is not promised") {
    EngineCluster cluster(3);
    begin_with_dog(cluster, [](auto& spec) {
        spec.groups[0].resources[0].stop.timeout = k_dog;  // has to be less
    });
    arm(cluster, 3, k_dog);
    CHECK(promised(cluster, 3) == Duration{0});
    arm(cluster, 3, k_dog + 1s);
    CHECK(promised(cluster, 3) == k_dog + 1s);
}

TEST_CASE("F21: a daemon that is started anew promises anew, and a new leader counts anew") {
    EngineCluster cluster(5);
    begin_with_dog(cluster);
    arm(cluster, 3, k_dog);
    cluster.kill(3);
    cluster.start(3);
    cluster.run_for(5s);
    CHECK(promised(cluster, 3) == Duration{0});
    arm(cluster, 3, k_dog);
    CHECK(promised(cluster, 3) == k_dog);
    cluster.power_off(3);
    cluster.run_for(k_dog - 5s);
    cluster.power_off(1);
    const auto lost = cluster.now();
    cluster.run_for(k_dog);
    CHECK(cluster.place_of(1) == 0);
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 2; }, 60s));
    CHECK(cluster.now() - lost >= k_dog + model::k_reset_time);
}
