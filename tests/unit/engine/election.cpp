// Elections: candidates stand as far apart as votes take.
#include <doctest/doctest.h>

#include "cluster.hpp"
#include "engine/write_times.hpp"

using namespace ha;
using namespace ha::test;
using namespace std::chrono_literals;

TEST_CASE("the time of a write is that of the slowest but one of the last 128") {
    engine::WriteTimes times;
    CHECK(times.usual_max() == Duration::zero());
    CHECK_FALSE(times.is_known());
    for (int i = 1; i <= 20; i++) times.add(i * 1ms);
    CHECK(times.is_known());
    CHECK(times.usual_max() == 19ms);
    times.add(10s);  // a hiccup
    CHECK(times.usual_max() == 20ms);
    times.add(9s);  // a habit
    CHECK(times.usual_max() == 9s);
    for (int i = 0; i < 128; i++) times.add(1ms);
    CHECK(times.usual_max() == 1ms);
}

TEST_CASE("F33: a leader is elected on disks that take longer than any fixed delay would allow "
          "for") {
    for (const auto latency : {1ms, 100ms, 400ms, 1500ms}) {
        CAPTURE(latency.count());
        EngineCluster cluster(3);
        cluster.spec.groups.push_back(EngineCluster::group(1, {1, 2, 3}));
        cluster.start_all();
        REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 1; }));
        const auto first = cluster.leader();
        cluster.set_disk(2, latency);
        cluster.set_disk(3, latency);
        cluster.power_off(1);
        cluster.run_for(100ms);
        REQUIRE(cluster.run_until([&] { return cluster.place_of(1) > 1; }, 60s));
        CHECK(cluster.leader() > 1);
        CHECK(first == 1);
    }
}
