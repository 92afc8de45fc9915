// What an engine does with the word of the guard beside it (safety.md F8, F12).
#include <doctest/doctest.h>

#include "cluster.hpp"

using namespace ha;
using test::begin_one_group;
using test::EngineCluster;

namespace {

Incarnation incarnation_of(const EngineCluster& cluster, std::uint16_t seen_by) {
    return cluster.engine(seen_by).state().groups.at(GroupId{1}).epoch.incarnation;
}

}  // namespace

TEST_CASE("F12: what was severed while the daemon was away is released, and runs at a new epoch") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {3, 2, 1});
    const auto before = incarnation_of(cluster, 1);
    cluster.kill(3);
    cluster.run_for(100ms);
    cluster.guard_says(3, cluster.now() + 400ms, true);
    cluster.start(3);
    REQUIRE(cluster.run_until([&] { return incarnation_of(cluster, 1) > before &&
                                           cluster.place_of(1) != 0; }, 10s));
    CHECK(cluster.place_of(1) != 99);
    CHECK(cluster.count(EventKind::group_adopted) == 0);
    CHECK(cluster.count(EventKind::node_down) == 0);
}

TEST_CASE("F12: what was not severed is gone on with, by the guard's word") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {3, 2, 1});
    const auto before = incarnation_of(cluster, 1);
    cluster.kill(3);
    cluster.run_for(100ms);
    cluster.guard_says(3, cluster.now() + 400ms, false);
    cluster.start(3);
    cluster.run_for(10s);
    CHECK(cluster.place_of(1) == 3);
    CHECK(cluster.count_starts(1) == 1);
    CHECK(incarnation_of(cluster, 1) == before);
}

TEST_CASE("F12: a daemon that hears nobody severs at its predecessor's end, not a lease later") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {3, 2, 1});
    cluster.cut_off(3);
    cluster.kill(3);
    cluster.run_for(50ms);
    SUBCASE("as its guard knows it") {
        cluster.guard_says(3, cluster.now() + 100ms, false);
        cluster.start(3);
        const auto took = cluster.run_until([&] { return !cluster.is_online(1, 3); }, 5s);
        REQUIRE(took);
        CHECK(*took < 150ms);
    }
    SUBCASE("and that is over already") {
        cluster.guard_says(3, cluster.now() - 1ms, false);
        cluster.start(3);
        const auto took = cluster.run_until([&] { return !cluster.is_online(1, 3); }, 5s);
        REQUIRE(took);
        CHECK(*took < 20ms);
    }
    SUBCASE("without a guard it has to assume the longest that it can be") {
        cluster.start(3);
        const auto took = cluster.run_until([&] { return !cluster.is_online(1, 3); }, 5s);
        REQUIRE(took);
        CHECK(*took > 500ms);
        CHECK(*took < 650ms);
    }
}

TEST_CASE("F8: an engine that is told of a severing stops its groups and begins them anew") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {3, 2, 1});
    const auto before = incarnation_of(cluster, 1);
    cluster.step(3, engine::Severed{});
    REQUIRE(cluster.run_until([&] { return incarnation_of(cluster, 1) > before &&
                                           cluster.place_of(1) != 0; }, 10s));
    CHECK(cluster.count(EventKind::resource_severed) >= 1);
    CHECK(cluster.place_of(1) != 99);
    CHECK(cluster.count(EventKind::node_down) == 0);
}
