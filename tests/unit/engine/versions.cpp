// Rolling upgrades: nodes with software of different versions (safety.md F23, gate G22).
#include <doctest/doctest.h>

#include "cluster.hpp"
#include "model/codec.hpp"

using namespace ha;
using namespace ha::test;
using namespace std::chrono_literals;

namespace {

constexpr Version k_before = k_version_newest - 1;

std::uint32_t version_at(const EngineCluster& cluster, std::uint16_t node) {
    return cluster.engine(node).state().cluster_version;
}

/// Three nodes with the software before the newest, and a group on node 1.
void begin_with_old_software(EngineCluster& cluster) {
    for (std::uint16_t node = 1; node <= 3; node++) cluster.versions[node] = k_before;
    begin_one_group(cluster, {1, 2, 3});
}

void upgrade(EngineCluster& cluster, std::uint16_t node) {
    cluster.versions[node] = k_version_newest;
    cluster.kill(node);
    cluster.start(node);
}

bool is_everywhere(const EngineCluster& cluster, std::uint32_t version) {
    for (std::uint16_t node = 1; node <= 3; node++)
        if (version_at(cluster, node) != version) return false;
    return true;
}

bool takes_part(const EngineCluster& cluster, std::uint16_t node) {
    return cluster.status(node).is_lease_held;
}

}  // namespace

TEST_CASE("G22: nodes of new software form a cluster of the newest version at once") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {1, 2, 3});
    CHECK(is_everywhere(cluster, k_version_newest));
    CHECK(cluster.status(1).version_waits_for.empty());
    CHECK(cluster.engine(2).state().raised_index.value > 1);
}

TEST_CASE("F23, G22: the version is raised when the last node is upgraded, and groups stay") {
    EngineCluster cluster(3);
    begin_with_old_software(cluster);
    CHECK(is_everywhere(cluster, k_before));
    for (const std::uint16_t node : {3, 2}) {
        upgrade(cluster, node);
        REQUIRE(cluster.run_until([&] { return takes_part(cluster, node); }));
        cluster.run_for(2s);
        CHECK(is_everywhere(cluster, k_before));
        CHECK(cluster.place_of(1) == 1);
    }
    CHECK(cluster.status(2).version_waits_for == std::vector<NodeId>{NodeId{1}});
    upgrade(cluster, 1);
    CHECK(cluster.run_until([&] { return is_everywhere(cluster, k_version_newest); }));
    CHECK(cluster.run_until([&] { return cluster.place_of(1) == 1; }));
    CHECK(cluster.count_starts(1) == 1);  // it ran on, through everything
    CHECK(cluster.count(EventKind::version_raised) == 3);
    CHECK(cluster.count(EventKind::state_diverged) == 0);
}

TEST_CASE("F23: a node that is away may not know the next version: it is waited for") {
    EngineCluster cluster(3);
    begin_with_old_software(cluster);
    cluster.kill(3);
    cluster.run_for(3s);
    upgrade(cluster, 1);
    upgrade(cluster, 2);
    cluster.run_for(20s);
    CHECK(version_at(cluster, 1) == k_before);
    CHECK(cluster.status(1).version_waits_for == std::vector<NodeId>{NodeId{3}});
    cluster.start(3);  // as it was
    REQUIRE(cluster.run_until([&] { return takes_part(cluster, 3); }));
    CHECK(version_at(cluster, 3) == k_before);
    upgrade(cluster, 3);
    CHECK(cluster.run_until([&] { return is_everywhere(cluster, k_version_newest); }));
}

TEST_CASE("F23, G22: a node that is put back after the raise is refused, and told why") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {3, 1, 2});
    cluster.versions[3] = k_before;
    cluster.kill(3);
    cluster.start(3);
    // What ran there is stopped by the node that may not take part, and started elsewhere.
    CHECK(cluster.run_until([&] { return cluster.place_of(1) == 1; }));
    cluster.run_for(5s);
    CHECK_FALSE(takes_part(cluster, 3));
    CHECK(cluster.status(3).waits_for ==
          "the cluster is of version 2, and this node knows versions up to 1: upgrade its "
          "software");
    CHECK(cluster.count(EventKind::peer_refused, "node n3",
                        {"reason", "it knows versions up to 1, and the cluster is of version 2: "
                                   "upgrade that node"}) == 2);
    upgrade(cluster, 3);
    CHECK(cluster.run_until([&] { return takes_part(cluster, 3); }));
}

TEST_CASE("F23, G22: going back is possible until the last node is upgraded") {
    EngineCluster cluster(3);
    begin_with_old_software(cluster);
    upgrade(cluster, 1);
    upgrade(cluster, 2);
    REQUIRE(cluster.run_until([&] { return takes_part(cluster, 1) && takes_part(cluster, 2); }));
    for (const std::uint16_t node : {1, 2}) {
        cluster.versions[node] = k_before;
        cluster.kill(node);
        cluster.start(node);
        REQUIRE(cluster.run_until([&] { return takes_part(cluster, node); }));
    }
    cluster.run_for(3s);
    CHECK(is_everywhere(cluster, k_before));
    CHECK(cluster.place_of(1) == 1);
    CHECK(cluster.count_starts(1) == 1);
}

TEST_CASE("F23: a store of a newer version is no state to begin with") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {1, 2, 3});
    cluster.kill(3);
    auto& disk = cluster.disk(3);
    auto state = cluster.engine(1).state();
    disk.snapshot.document = model::encode(state);
    disk.entries.clear();
    disk.snapshot.index = cluster.engine(1).applied();
    cluster.versions[3] = k_before;
    cluster.start(3);
    cluster.run_for(5s);
    CHECK_FALSE(takes_part(cluster, 3));
    CHECK(cluster.place_of(1) == 1);
}

TEST_CASE("G22: everybody knows what the others run once they understand it") {
    EngineCluster cluster(3);
    begin_with_old_software(cluster);
    upgrade(cluster, 1);
    upgrade(cluster, 2);
    cluster.run_for(3s);
    const auto told = [&](std::uint16_t at, std::uint16_t of) {
        for (const auto& peer : cluster.status(at).peers)
            if (peer.node == NodeId{of}) return peer;
        return engine::PeerStatus{};
    };
    CHECK(told(1, 2).software == "software 2");
    CHECK(told(1, 2).version_max == 2);
    CHECK(told(1, 3).software.empty());
    CHECK(told(1, 3).version_max == 1);
    CHECK(told(3, 1).software.empty());  // a form that it does not know is not sent to it
}
