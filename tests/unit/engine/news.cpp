// News: what repeats what is known costs little, and what does not is acted on at once.
#include <doctest/doctest.h>

#include "cluster.hpp"

using namespace ha;
using test::EngineCluster;

namespace {

constexpr Duration k_calm_interval = 150ms;
constexpr Duration k_calm_timeout = 600ms;
constexpr Duration k_acting = 15ms;  ///< a few packets and writes, and far less than an interval

/// Founded, led, and left alone until everything that follows from that is done.
struct Calm {
    EngineCluster cluster;

    explicit Calm(std::uint16_t nodes) : cluster(nodes) {
        cluster.spec.groups.push_back(EngineCluster::group(1, {3, 1, 2}));
        cluster.start_all();
        REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 3; }));
        cluster.run_for(10s);
        REQUIRE(cluster.leader() != 0);
    }
};

}  // namespace

TEST_CASE("where nothing happens a node decides once in an interval, whatever the nodes") {
    for (const std::uint16_t nodes : {3, 9}) {
        Calm calm(nodes);
        auto& cluster = calm.cluster;
        std::map<std::uint16_t, std::uint64_t> steps, rounds;
        for (std::uint16_t n = 1; n <= nodes; n++)
            steps[n] = cluster.steps(n), rounds[n] = cluster.rounds(n);
        cluster.run_for(40 * k_calm_interval);
        for (std::uint16_t n = 1; n <= nodes; n++) {
            CAPTURE(nodes);
            CAPTURE(n);
            CHECK(cluster.steps(n) - steps[n] >= 39u * (nodes - 1u));
            CHECK(cluster.rounds(n) - rounds[n] >= 39);
            CHECK(cluster.rounds(n) - rounds[n] <= 3 * 41);  // its own heartbeat, and a deadline
        }
        CHECK(cluster.count(EventKind::lease_lost) == 0);
        CHECK(cluster.count(EventKind::node_suspected) == 0);
    }
}

TEST_CASE("what a heartbeat says for the first time is acted on in the step that brings it") {
    Calm calm(3);
    auto& cluster = calm.cluster;
    cluster.leave(3);
    const auto taken = cluster.run_until([&] { return cluster.place_of(1) == 1; });
    REQUIRE(taken);
    CHECK(*taken < 3 * k_acting);
}

TEST_CASE("silence is found when it is due, though nobody decided in between") {
    Calm calm(3);
    auto& cluster = calm.cluster;
    const auto before = cluster.count(EventKind::node_suspected, "node n3");
    cluster.power_off(3);
    const auto found = cluster.run_until(
        [&] { return cluster.count(EventKind::node_suspected, "node n3") > before; });
    REQUIRE(found);
    CHECK(*found >= k_calm_timeout - k_calm_interval * 9 / 8);
    CHECK(*found <= k_calm_timeout + k_acting);
}

TEST_CASE("F34: a pause shorter than the lease costs nothing, in whatever phase it begins") {
    Calm calm(3);
    auto& cluster = calm.cluster;
    const auto lost = cluster.count(EventKind::lease_lost);
    const auto starts = cluster.count_starts(1);
    for (int phase = 0; phase < 20; phase++) {
        cluster.run_for(4s + 9ms);
        cluster.pause(3, 400ms);
        // The first that it hears of afterwards comes from what it runs, not from the others.
        cluster.step(3, lifecycle::OperationReport{OperationId{999'999},
                                                   lifecycle::Outcome::ok, {}, ""});
        cluster.run_for(500ms);
        CAPTURE(phase);
        CHECK(cluster.place_of(1) == 3);
        CHECK(cluster.count_starts(1) == starts);
    }
    CHECK(cluster.count(EventKind::lease_lost) == lost);
}
