// When heartbeats are sent: followers beat along with the one they follow.
#include <doctest/doctest.h>

#include <algorithm>

#include "cluster.hpp"

using namespace ha;
using test::EngineCluster;

namespace {

constexpr Duration k_interval = 150ms;

/// Three nodes whose timers have nothing to do with each other, and what they send from then on.
struct Beats {
    EngineCluster cluster{3};
    std::map<std::uint16_t, std::vector<Instant>> sent;

    Beats() {
        for (const std::uint16_t node : {1, 2, 3}) {
            cluster.start(node);
            cluster.run_for(61ms);
        }
        REQUIRE(cluster.run_until([&] { return cluster.leader() != 0; }));
        cluster.run_for(5s);
        cluster.drops = [this](std::uint16_t from, std::uint16_t, std::size_t) {
            sent[from].push_back(cluster.now());
            return false;
        };
    }
    ~Beats() { cluster.drops = nullptr; }

    std::size_t count() const {
        std::size_t out = 0;
        for (const auto& [node, times] : sent) out += times.size();
        return out;
    }
    /// How often all are silent for a third of an interval, and then somebody is not.
    std::size_t awakenings() const {
        std::vector<Instant> all;
        for (const auto& [node, times] : sent) all.insert(all.end(), times.begin(), times.end());
        std::sort(all.begin(), all.end());
        std::size_t out = all.empty() ? 0 : 1;
        for (std::size_t i = 1; i < all.size(); i++) out += all[i] - all[i - 1] > k_interval / 3;
        return out;
    }
};

}  // namespace

TEST_CASE("followers beat along with their leader, and answer it in the same datagram") {
    Beats beats;
    beats.cluster.run_for(20 * k_interval);
    // In each interval six heartbeats, and replies to four of them: two carry theirs along. A
    // report now and then is not one of them.
    CHECK(beats.count() >= 19 * 10);
    CHECK(beats.count() <= 20 * 11);
    CHECK(beats.awakenings() >= 19);
    CHECK(beats.awakenings() <= 21);
    for (const auto& [node, times] : beats.sent)
        for (std::size_t i = 1; i < times.size(); i++)
            CHECK(times[i] - times[i - 1] <= k_interval * 9 / 8 + 2ms);
    CHECK(beats.cluster.count(EventKind::lease_lost) == 0);
    CHECK(beats.cluster.count(EventKind::heartbeat_delayed) == 0);
}

TEST_CASE("a follower whose leader is silent beats by its own clock, hardly later") {
    Beats beats;
    auto& cluster = beats.cluster;
    const auto leader = cluster.leader();
    const std::uint16_t follower = leader == 1 ? 2 : 1;
    cluster.run_for(k_interval);
    cluster.kill(leader);
    beats.sent.clear();
    const auto killed = cluster.now();
    REQUIRE(cluster.run_until([&] { return beats.sent[follower].size() >= 2; }));
    CHECK(beats.sent[follower].front() - killed <= k_interval * 9 / 8 + 1ms);
    cluster.run_for(500ms);
    CHECK(beats.count() >= 3 * 4);
}

TEST_CASE("what came together is read first, and decided on with the last one") {
    Beats beats;
    auto& cluster = beats.cluster;
    const std::uint16_t follower = cluster.leader() == 1 ? 2 : 1;
    const auto suspected = cluster.count(EventKind::node_suspected);
    const auto steps = cluster.steps(follower);
    // The last one never comes: the next tick decides.
    for (int i = 0; i < 40; i++) {
        cluster.step(follower, engine::DatagramReceived{InterconnectId{1}, Bytes(20, 7), true});
        cluster.run_for(50ms);
    }
    CHECK(cluster.steps(follower) > steps + 40);
    CHECK(cluster.leader() != 0);
    CHECK(cluster.count(EventKind::node_suspected) == suspected);
    CHECK(cluster.count(EventKind::lease_lost) == 0);
    CHECK(cluster.count(EventKind::clock_gap) == 0);
}

TEST_CASE("nodes that come together do not answer each change with a heartbeat of its own") {
    constexpr std::uint16_t k_nodes = 40;
    EngineCluster cluster(k_nodes);
    std::size_t sent = 0;
    cluster.drops = [&](std::uint16_t, std::uint16_t, std::size_t) {
        sent++;
        return false;
    };
    cluster.start_all();
    cluster.run_for(2 * k_interval);
    cluster.drops = nullptr;
    const std::size_t pairs = k_nodes * (k_nodes - 1u);
    // In turn, and out of turn four times an interval and as often at once; each is answered. Who
    // told of every change would send three times as many.
    CHECK(sent > 2 * pairs);
    CHECK(sent < 2 * 20 * pairs);
}
