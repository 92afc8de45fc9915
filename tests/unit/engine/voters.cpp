// Who votes and who leads, when nodes are lost for long or see each other in part.
#include <doctest/doctest.h>

#include <algorithm>

#include "base/limits.hpp"
#include "cluster.hpp"

using namespace ha;
using namespace ha::test;
using namespace std::chrono_literals;

namespace voters_cases {
namespace {

std::size_t voters_of(const EngineCluster& cluster, std::uint16_t node) {
    const auto status = cluster.status(node);
    return static_cast<std::size_t>(
               std::count_if(status.peers.begin(), status.peers.end(),
                             [](const auto& peer) { return peer.is_voter; })) +
           (status.is_voter ? 1 : 0);
}

void begin_large(EngineCluster& cluster) {
    cluster.spec.groups.push_back(EngineCluster::group(1, {1, 2, 3}));
    cluster.start_all();
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 1; }));
    cluster.run_for(6s);
}

bool is_voter(const EngineCluster& cluster, std::uint16_t asked, std::uint16_t node) {
    const auto status = cluster.status(asked);
    return std::any_of(status.peers.begin(), status.peers.end(), [&](const auto& peer) {
        return peer.node == NodeId{node} && peer.is_voter;
    });
}

}  // namespace

TEST_CASE("F29, D7: of nine nodes seven vote, and the lost are replaced one by one, so that losing "
          "half in steps keeps a quorum") {
    EngineCluster cluster(9);
    begin_large(cluster);
    CHECK(voters_of(cluster, 1) == 7);
    CHECK_FALSE(is_voter(cluster, 1, 8));
    for (std::uint16_t lost : {7, 6}) {
        cluster.power_off(lost);
        const std::uint16_t heir = lost == 7 ? 8 : 9;
        CHECK(cluster.run_until([&] { return is_voter(cluster, 1, heir); }, 60s));
        CHECK(voters_of(cluster, 1) == 7);
    }
    // Nobody is left to replace them: the lost keep their places, and five of seven go on.
    cluster.power_off(5);
    cluster.power_off(4);
    cluster.run_for(20s);
    CHECK(voters_of(cluster, 1) == 7);
    CHECK(cluster.place_of(1) == 1);
    cluster.power_off(1);
    CHECK(cluster.run_until([&] { return cluster.place_of(1) == 2; }, 30s));
}

TEST_CASE("F29: a voter that comes back before its time is over keeps its vote") {
    EngineCluster cluster(8);
    begin_large(cluster);
    cluster.power_off(7);
    cluster.run_for(4s);  // less than ten timeouts
    cluster.start(7);
    cluster.run_for(10s);
    CHECK(is_voter(cluster, 1, 7));
    CHECK_FALSE(is_voter(cluster, 1, 8));
}

TEST_CASE("F30: a leader that sees fewer than others do hands over to the best of them, once") {
    EngineCluster cluster(5);
    begin_one_group(cluster, {1, 2, 3, 4});
    // Node 1 leads, runs the group, and with 2 and 3 has a quorum. All others see each other.
    for (std::uint16_t other : {4, 5}) {
        cluster.cut(1, other);
        cluster.cut(other, 1);
    }
    REQUIRE(cluster.run_until([&] { return cluster.status(2).leader == NodeId{2}; }));
    cluster.run_for(20s);
    CHECK(cluster.count(EventKind::leader_misplaced) == 1);
    CHECK(cluster.count(EventKind::node_down) == 0);  // nodes 2 and 3 hear node 1
    CHECK(cluster.place_of(1) == 1);
    CHECK(cluster.count_starts(1) == 1);
}

TEST_CASE("F30: two sets as large as each other leave the leader where it is") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {1, 2, 3});
    cluster.cut(1, 3);
    cluster.cut(3, 1);
    cluster.run_for(20s);
    CHECK(cluster.leader() == 1);
    CHECK(cluster.count(EventKind::leader_misplaced) == 0);
    CHECK(cluster.place_of(1) == 1);
}

TEST_CASE("F1: nodes that are started again from a document go on answering the leases of others") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {1, 2, 3});
    for (std::uint64_t n = 0; cluster.engine(1).applied().value < 2 * k_limit_log_entries; n++) {
        cluster.ask(1, engine::SetNodeMode{
                           NodeId{3}, n % 2 == 0 ? model::NodeMode::maintenance
                                                 : model::NodeMode::in_service, {}});
        cluster.run_for(5ms);
    }
    for (std::uint16_t node : {2, 3}) {
        cluster.kill(node);
        cluster.run_for(100ms);
        cluster.start(node);
        cluster.run_for(2s);
    }
    // A document says which voters there are; since when, it has to say as well, or theirs would
    // seem newer than what node 1 has, and an older list carries no lease.
    cluster.run_for(5s);
    CHECK(cluster.status(1).is_lease_held);
    CHECK(cluster.place_of(1) == 1);
    CHECK(cluster.count_starts(1) == 1);
}

}  // namespace voters_cases
