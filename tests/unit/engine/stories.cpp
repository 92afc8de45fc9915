// What the engine promises, told as stories: leases, contact, adoption, founding, stores, gaps.
#include <doctest/doctest.h>

#include "cluster.hpp"

using namespace ha;
using test::EngineCluster;
using test::begin_one_group;

using test::mode_of;

namespace {

bool holds_lease(const EngineCluster& cluster, std::uint16_t node) {
    return cluster.engine(node).brief(cluster.now()).is_lease_held;
}

}  // namespace

TEST_CASE("F1: the death of a leader takes the lease from nobody else") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {2, 3, 1});
    const auto lost = cluster.count(EventKind::lease_lost);
    cluster.power_off(1);
    REQUIRE(cluster.run_until([&] { return cluster.leader() != 0; }, 5s));
    cluster.run_for(5s);
    CHECK(cluster.count(EventKind::lease_lost) == lost);
    CHECK(cluster.place_of(1) == 2);
    CHECK(cluster.count_starts(1) == 1);
    CHECK(holds_lease(cluster, 2));
    CHECK(holds_lease(cluster, 3));
}

TEST_CASE("the group of a node that dies is online elsewhere soon after its lease is over") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {3, 2, 1});
    cluster.power_off(3);
    const auto took = cluster.run_until([&] { return cluster.place_of(1) == 2; }, 5s);
    REQUIRE(took);
    CHECK(*took >= 450ms);
    CHECK(*took <= 800ms);
}

TEST_CASE("a node that is cut off severs what it runs before another begins") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {3, 2, 1});
    cluster.cut_off(3);
    bool were_there_two = false;
    const auto took = cluster.run_until([&] {
        were_there_two |= cluster.place_of(1) == 99;
        return cluster.place_of(1) == 2;
    }, 5s);
    CHECK(took);
    CHECK_FALSE(were_there_two);
    CHECK_FALSE(holds_lease(cluster, 3));
    cluster.heal();
    cluster.run_for(5s);
    CHECK(holds_lease(cluster, 3));
    CHECK(cluster.place_of(1) == 2);
}

TEST_CASE("who hears us and is not heard is out of contact on both sides") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {2, 3, 1});
    cluster.cut(3, 1);
    cluster.run_for(3s);
    CHECK(cluster.count(EventKind::one_sided_contact, "node n1") >= 1);
    for (const auto& peer : cluster.status(3).peers)
        if (peer.node == NodeId{1}) CHECK_FALSE(peer.hears_us);
    // Node 2 hears everybody: nobody is declared down, and nothing moves.
    CHECK(cluster.count(EventKind::node_down) == 0);
    CHECK(cluster.place_of(1) == 2);
    CHECK(cluster.count_starts(1) == 1);
}

TEST_CASE("F12: a restarted daemon goes on with what runs, and nothing is started anew") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {3, 2, 1});
    cluster.kill(3);
    cluster.run_for(100ms);
    CHECK(cluster.place_of(1) == 3);
    cluster.start(3);
    cluster.run_for(10s);
    CHECK(cluster.place_of(1) == 3);
    CHECK(cluster.count_starts(1) == 1);
    CHECK(cluster.count(EventKind::group_adopted) >= 1);
}

TEST_CASE("F12: a daemon that comes back too late stops what another node runs by then") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {3, 2, 1});
    cluster.kill(3);
    REQUIRE(cluster.run_until([&] { return cluster.is_online(1, 2); }, 5s));
    cluster.start(3);
    REQUIRE(cluster.run_until([&] { return !cluster.is_online(1, 3); }, 3s));
    cluster.run_for(5s);
    CHECK(cluster.place_of(1) == 2);
    CHECK(holds_lease(cluster, 3));
}

TEST_CASE("F11, F12: a machine that booted anew has released what ran there before") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {3, 2, 1});
    cluster.power_off(3);
    cluster.run_for(50ms);
    cluster.start(3);
    const auto took = cluster.run_until([&] { return cluster.place_of(1) != 0; }, 5s);
    REQUIRE(took);
    cluster.run_for(5s);
    CHECK(cluster.place_of(1) != 99);
    CHECK(cluster.place_of(1) != 0);
}

TEST_CASE("D3: nothing is founded while a configured node is missing") {
    EngineCluster cluster(3);
    cluster.start(1);
    cluster.start(2);
    cluster.run_for(30s);
    CHECK(cluster.count(EventKind::cluster_founded) == 0);
    CHECK(cluster.status(1).waits_for.find("not founded") != std::string::npos);
    cluster.start(3);
    REQUIRE(cluster.run_until([&] { return cluster.leader() != 0; }, 5s));
    CHECK(cluster.count(EventKind::cluster_founded) == 1);
}

TEST_CASE("D3: nodes with different configurations found nothing") {
    EngineCluster cluster(2);
    cluster.start(1);
    cluster.spec.groups.push_back(EngineCluster::group(1, {1, 2}));
    cluster.start(2);
    cluster.run_for(30s);
    CHECK(cluster.count(EventKind::cluster_founded) == 0);
    CHECK(cluster.leader() == 0);
}

TEST_CASE("D3: a node asked to found a cluster does, and the others join it") {
    EngineCluster cluster(3);
    cluster.spec.groups.push_back(EngineCluster::group(1, {1, 2, 3}));
    cluster.start(1);
    cluster.start(2);
    cluster.run_for(1s);
    const auto asked = cluster.ask(1, engine::ClusterInit{});
    CHECK(cluster.answers(1, asked).front().ok);
    CHECK(cluster.run_until([&] {
        return cluster.status(2).cluster && cluster.status(2).cluster == cluster.status(1).cluster;
    }, 10s));
    cluster.start(3);
    CHECK(cluster.run_until([&] { return holds_lease(cluster, 3); }, 10s));
    CHECK(cluster.run_until([&] { return cluster.place_of(1) == 1; }, 10s));
}

TEST_CASE("F9: a node whose store was replaced is removed as voter and added anew with its new "
          "one") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {1, 2, 3});
    cluster.kill(3);
    cluster.run_for(2s);
    cluster.replace_store(3);
    cluster.start(3);
    REQUIRE(cluster.run_until([&] {
        if (cluster.count(EventKind::voter_removed) == 0) return false;
        const auto status = cluster.status(1);
        for (const auto& peer : status.peers)
            if (peer.node == NodeId{3}) return peer.is_voter;
        return false;
    }, 20s));
    cluster.power_off(2);  // its word is needed now
    cluster.run_for(5s);
    CHECK(cluster.leader() == 1);
    CHECK(holds_lease(cluster, 1));
    CHECK(cluster.place_of(1) == 1);
}

TEST_CASE("F34, G1: a pause shorter than the lease costs nothing, wherever it happens") {
    for (std::uint16_t node : {1, 2}) {
        EngineCluster cluster(3);
        begin_one_group(cluster, {2, 3, 1});
        for (int n = 0; n < 20; n++) {
            cluster.pause(node, 400ms);
            cluster.run_for(1730ms);
        }
        CHECK(cluster.place_of(1) == 2);
        CHECK(cluster.count_starts(1) == 1);
        CHECK(cluster.count(EventKind::node_down) == 0);
        CHECK(cluster.count(EventKind::lease_lost) == 0);
    }
}

TEST_CASE("F34: a pause longer than the lease severs before anything else is done") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {2, 3, 1});
    cluster.pause(2, 5s);
    cluster.run_for(4900ms);
    CHECK(cluster.is_online(1, 3));
    REQUIRE(cluster.run_until([&] { return !cluster.is_online(1, 2); }, 110ms));
    cluster.run_for(10s);
    CHECK(cluster.place_of(1) == 3);
}

TEST_CASE("F32, G4: a leader whose disk hangs hands over: no lease is lost, and nothing moves") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {1, 2, 3});
    cluster.set_disk(1, 10s);
    cluster.ask(2, mode_of(NodeId{3}, true));
    CHECK(cluster.run_until([&] { return cluster.leader() > 1; }, 5s));
    CHECK(cluster.count(EventKind::store_slow) >= 1);
    cluster.run_for(9s);
    CHECK(cluster.count(EventKind::lease_lost) == 0);
    CHECK(cluster.place_of(1) == 1);
    CHECK(cluster.count_starts(1) == 1);
    const auto asked = cluster.ask(1, mode_of(NodeId{3}, false));
    REQUIRE(cluster.run_until([&] { return !cluster.answers(1, asked).empty(); }, 10s));
    CHECK(cluster.answers(1, asked).front().ok);
}

TEST_CASE("requests are carried out from whichever node they are made at, each answered once") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {1, 2, 3});
    for (std::uint16_t node : {1, 2, 3}) {
        const auto stop = cluster.ask(node, engine::GroupStop{GroupId{1}});
        CHECK(cluster.run_until([&] { return cluster.place_of(1) == 0; }, 3s));
        const auto start = cluster.ask(node, engine::GroupStart{GroupId{1}, NodeId{}});
        CHECK(cluster.run_until([&] { return cluster.place_of(1) == 1; }, 3s));
        const auto wrong = cluster.ask(node, engine::GroupStart{GroupId{9}, NodeId{}});
        cluster.run_for(1s);
        for (auto asked : {stop, start, wrong}) CHECK(cluster.answers(node, asked).size() == 1);
        CHECK_FALSE(cluster.answers(node, wrong).front().ok);
    }
}

TEST_CASE("cluster.md 3: all nodes have the same state after the same entries") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {1, 2, 3});
    for (int n = 0; n < 140; n++) {
        cluster.ask(2, mode_of(NodeId{3}, n % 2 == 0));
        cluster.run_for(30ms);
    }
    cluster.run_for(2s);
    CHECK(cluster.count(EventKind::state_diverged) == 0);
    CHECK(cluster.engine(1).applied() == cluster.engine(3).applied());
    CHECK(cluster.engine(1).state() == cluster.engine(3).state());
    CHECK(cluster.engine(1).applied().value > 128);
}

TEST_CASE("S31: a leader that leaves hands its group and its leadership over, and is gone") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {1, 2, 3});
    cluster.leave(1);
    cluster.leave(1);  // asked twice: no difference
    const auto took = cluster.run_until([&] { return cluster.is_stopped(1); }, 10s);
    REQUIRE(took);
    CHECK(*took < 3s);
    CHECK(cluster.place_of(1) == 2);
    CHECK(cluster.leader() > 1);
    CHECK(cluster.run_until([&] {
        return cluster.engine(2).state().nodes.at(NodeId{1}).status == model::NodeStatus::left;
    }, 2s));
    CHECK(cluster.count(EventKind::node_down) == 0);
}

TEST_CASE("F31: a node without a quorum that leaves stops what it runs by itself") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {1, 2, 3});
    cluster.power_off(2);
    cluster.power_off(3);
    cluster.leave(1);
    REQUIRE(cluster.run_until([&] { return cluster.is_stopped(1); }, 12s));
    CHECK(cluster.place_of(1) == 0);
}

TEST_CASE("a node that leaves soon after the start hands over at once: all had been there") {
    EngineCluster cluster(3);
    cluster.spec.timing.startup_wait = 60s;
    cluster.spec.groups.push_back(EngineCluster::group(1, {2, 3, 1}));
    cluster.start_all();
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 2; }));
    cluster.run_for(1s);
    cluster.leave(2);
    CHECK(cluster.run_until([&] { return cluster.place_of(1) == 3; }, 5s));
}

TEST_CASE("a node that was never there is waited for, before a group begins elsewhere") {
    EngineCluster cluster(3);
    cluster.spec.timing.startup_wait = 10s;
    cluster.spec.groups.push_back(EngineCluster::group(1, {2, 3, 1}));
    cluster.start_all();
    REQUIRE(cluster.run_until([&] { return cluster.leader() != 0; }));
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 2; }));
    for (const std::uint16_t node : {1, 2, 3}) cluster.power_off(node);
    cluster.start(1);
    cluster.start(3);
    cluster.run_for(5s);
    CHECK(cluster.place_of(1) == 0);
    CHECK(cluster.run_until([&] { return cluster.place_of(1) == 3; }, 10s));
}
