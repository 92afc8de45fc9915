// Fencing through the engine: requested before it is done, committed after it is proven.
#include <doctest/doctest.h>

#include "cluster.hpp"
#include "lifecycle/fencing.hpp"

using namespace ha;
using lifecycle::FenceAction;
using lifecycle::FenceOperation;
using test::EngineCluster;
using test::FenceDeed;

namespace {

/// Group 1 needs fencing, group 2 does not; both on node 3.
void begin(EngineCluster& cluster) {
    for (auto& node : cluster.spec.nodes) {
        node.fences = {{"ipmi", "test", {}, 5s, 0, 2s, false}};
        node.fences.push_back({"pdu", "test", {}, 5s, 0, 2s, false});
    }
    cluster.spec.groups = {EngineCluster::group(1, {3, 2, 1}), EngineCluster::group(2, {3, 2, 1})};
    cluster.spec.groups[0].resources[0].requirement = model::Requirement::fencing;
    cluster.start_all();
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 3 && cluster.is_online(2, 3); }));
    cluster.run_for(6s);
    REQUIRE(cluster.leader() == 1);
}

model::NodeRecord record(const EngineCluster& cluster, std::uint16_t node,
                         std::uint16_t seen_by = 1) {
    return cluster.engine(seen_by).state().nodes.at(NodeId{node});
}

}  // namespace

TEST_CASE("F22: a group that needs fencing starts elsewhere only after its node is verified off") {
    EngineCluster cluster(3);
    begin(cluster);
    bool was_requested = false;
    cluster.fence_device = [&](std::uint16_t by, const FenceOperation& call) {
        CHECK(by == 1);
        was_requested |= record(cluster, 3, by).fencing == model::FencingState::requested;
        CHECK(was_requested);
        FenceDeed deed{500ms};
        deed.hits = call.action == FenceAction::off;
        return deed;
    };
    cluster.cut_off(3);
    REQUIRE(cluster.run_until([&] { return cluster.is_online(2, 2); }, 5s));
    CHECK_FALSE(cluster.is_online(1, 2));  // the other group waits for nothing but the lease
    const auto took = cluster.run_until([&] { return cluster.place_of(1) == 2; }, 5s);
    REQUIRE(took);
    CHECK_FALSE(cluster.is_running(3));
    CHECK(was_requested);
    CHECK(record(cluster, 3).fencing == model::FencingState::confirmed);
    CHECK(cluster.count(EventKind::node_fenced) >= 1);
    CHECK(cluster.count_starts(1) == 2);
}

TEST_CASE("F22: an agent that lies releases nothing, and status says why") {
    EngineCluster cluster(3);
    begin(cluster);
    cluster.fence_device = [](std::uint16_t, const FenceOperation& call) {
        FenceDeed deed{100ms};
        if (call.action == FenceAction::status) deed.power = lifecycle::PowerStatus::on;
        return deed;
    };
    cluster.cut_off(3);
    cluster.run_for(60s);
    CHECK(cluster.place_of(1) == 0);
    CHECK(cluster.place_of(2) == 2);
    CHECK(record(cluster, 3).fencing_count > 1);  // tried again, from another node too
    CHECK(cluster.count(EventKind::fencing_failed) > 1);
    CHECK(cluster.count(EventKind::fencing_attempt_failed, "node n3") > 2);
    REQUIRE(cluster.run_until([&] {
        return record(cluster, 3).fencing == model::FencingState::failed;
    }));
    const auto status = cluster.status(1);
    const auto why = placement::explain(status.state, status.view, GroupId{1});
    CHECK(why.rule == "fencing_required");
    CHECK(why.reason.find("its status still says on") != std::string::npos);
}

TEST_CASE("F22: a hanging device delays no other group, and the next device is asked") {
    EngineCluster cluster(3);
    begin(cluster);
    cluster.fence_device = [&](std::uint16_t, const FenceOperation& call) {
        FenceDeed deed{100ms};
        if (call.device == "ipmi" && call.action == FenceAction::off) {
            deed.outcome = lifecycle::Outcome::timed_out;
            deed.takes = call.deadline - cluster.now();
        }
        deed.hits = call.device == "pdu" && call.action == FenceAction::off;
        return deed;
    };
    cluster.cut_off(3);
    const auto other = cluster.run_until([&] { return cluster.is_online(2, 2); }, 5s);
    REQUIRE(other);
    CHECK(*other < 1s);
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 2; }, 10s));
}

TEST_CASE("F22: a node does not take part while a shot at it may be under way") {
    EngineCluster cluster(3);
    begin(cluster);
    bool is_open = false, was_up_meanwhile = false;
    cluster.fence_device = [&](std::uint16_t, const FenceOperation& call) {
        FenceDeed deed{100ms};
        if (call.action != FenceAction::off) return deed;
        is_open = true;
        deed.outcome = lifecycle::Outcome::timed_out;
        deed.takes = 4s;
        deed.returns_after = 4s;  // given up, and comes back later
        deed.on_end = [&] { is_open = false; };
        return deed;
    };
    cluster.cut_off(3);
    REQUIRE(cluster.run_until([&] { return is_open; }, 5s));
    cluster.heal();
    REQUIRE(cluster.run_until([&] {
        was_up_meanwhile |= is_open && record(cluster, 3).status == model::NodeStatus::up;
        return record(cluster, 3).status == model::NodeStatus::up;
    }, 30s));
    CHECK_FALSE(was_up_meanwhile);
    CHECK_FALSE(is_open);
    CHECK(cluster.run_until([&] { return cluster.place_of(1) != 0; }, 5s));
}

TEST_CASE("F22: a node that comes back before the shot is not shot at") {
    EngineCluster cluster(3);
    begin(cluster);
    std::size_t shots = 0;
    cluster.fence_device = [&](std::uint16_t, const FenceOperation& call) {
        shots += call.action == FenceAction::off;
        FenceDeed deed{3s};
        deed.outcome = lifecycle::Outcome::failed;
        return deed;
    };
    cluster.cut_off(3);
    REQUIRE(cluster.run_until([&] { return shots == 1; }, 5s));
    cluster.heal();
    REQUIRE(cluster.run_until([&] { return record(cluster, 3).status == model::NodeStatus::up; },
                              20s));
    CHECK(shots == 1);  // the second device was never asked
    CHECK(cluster.count(EventKind::fencing_ended) >= 1);
}

TEST_CASE("F22: when the node that shoots dies another takes over, after the longest shot") {
    EngineCluster cluster(5);
    begin(cluster);
    std::map<std::uint16_t, std::size_t> by_whom;
    cluster.fence_device = [&](std::uint16_t by, const FenceOperation& call) {
        by_whom[by]++;
        FenceDeed deed{by == 1 ? Duration{4s} : Duration{100ms}};
        deed.hits = call.action == FenceAction::off && by != 1;
        return deed;
    };
    cluster.cut_off(3);
    REQUIRE(cluster.run_until([&] { return by_whom[1] == 1; }, 5s));
    cluster.power_off(1);
    cluster.run_for(8s);
    CHECK(by_whom.size() == 1);  // its shot might still be under way, as far as anybody knows
    CHECK(cluster.place_of(1) == 0);
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 2; }, 15s));
    CHECK(by_whom.size() == 2);
    CHECK(record(cluster, 3, 2).fencing_count == 2);
}

TEST_CASE("F22: a node whose shooter was restarted takes part after the longest shot, not before") {
    EngineCluster cluster(3);
    begin(cluster);
    std::size_t shots = 0;
    cluster.fence_device = [&](std::uint16_t, const FenceOperation& call) {
        shots += call.action == FenceAction::off;
        FenceDeed deed{shots == 1 ? Duration{4s} : Duration{100ms}};
        deed.outcome = lifecycle::Outcome::failed;
        return deed;
    };
    cluster.cut_off(3);
    REQUIRE(cluster.run_until([&] { return shots == 1; }, 5s));
    REQUIRE(cluster.run_until([&] {
        return record(cluster, 3, 2).fencing == model::FencingState::requested;
    }, 5s));
    cluster.kill(1);  // whatever it had begun: nobody knows how far that is
    const auto killed = cluster.now();
    cluster.start(1);
    cluster.heal();
    REQUIRE(cluster.run_until([&] {
        return record(cluster, 3, 2).status == model::NodeStatus::up;
    }, 40s));
    const auto longest = lifecycle::longest_shot(cluster.spec.nodes[2], 0);
    CHECK(cluster.now() - killed >= longest);
    CHECK(cluster.run_until([&] { return cluster.place_of(1) != 0; }, 5s));
}

TEST_CASE("an operator fences a node that is well, and it is back when it has booted") {
    EngineCluster cluster(3);
    begin(cluster);
    cluster.fence_device = [](std::uint16_t, const FenceOperation& call) {
        FenceDeed deed{200ms};
        deed.hits = call.action == FenceAction::off;
        return deed;
    };
    const auto asked = cluster.ask(2, engine::NodeFence{NodeId{3}});
    REQUIRE(cluster.run_until([&] { return !cluster.answers(2, asked).empty(); }, 5s));
    CHECK(cluster.answers(2, asked).front().text == "node n3 is to be fenced from node n1");
    REQUIRE(cluster.run_until([&] { return !cluster.is_running(3); }, 5s));
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 2; }, 5s));
    cluster.start(3);
    CHECK(cluster.run_until([&] { return record(cluster, 3).status == model::NodeStatus::up; },
                            20s));
    const auto again = cluster.ask(1, engine::NodeFence{NodeId{9}});
    cluster.run_for(1s);
    CHECK_FALSE(cluster.answers(1, again).front().ok);
}

TEST_CASE("F22: a device that is wired to another machine is found out while the node is heard") {
    EngineCluster cluster(3);
    begin(cluster);
    cluster.fence_device = [](std::uint16_t, const FenceOperation& call) {
        FenceDeed deed{100ms};
        if (call.action == FenceAction::status) deed.power = lifecycle::PowerStatus::off;
        return deed;
    };
    bool was_confirmed = false;
    cluster.ask(2, engine::NodeFence{NodeId{3}});
    REQUIRE(cluster.run_until([&] {
        was_confirmed |= record(cluster, 3).fencing == model::FencingState::confirmed;
        return record(cluster, 3).fencing == model::FencingState::failed;
    }, 20s));
    CHECK_FALSE(was_confirmed);
    CHECK(record(cluster, 3).fencing_reason.find("is still heard") != std::string::npos);
    CHECK(cluster.run_until([&] { return record(cluster, 3).status == model::NodeStatus::up; },
                            20s));
}

TEST_CASE("an operator does not fence a node without which there is no majority") {
    EngineCluster cluster(3);
    begin(cluster);
    cluster.power_off(2);
    cluster.run_for(3s);
    const auto asked = cluster.ask(1, engine::NodeFence{NodeId{3}});
    cluster.run_for(1s);
    REQUIRE_FALSE(cluster.answers(1, asked).empty());
    CHECK_FALSE(cluster.answers(1, asked).front().ok);
    CHECK(cluster.answers(1, asked).front().text.find("no majority") != std::string::npos);
    CHECK(record(cluster, 3).status == model::NodeStatus::up);
}

TEST_CASE("F37: confirm-off is refused while the node was heard within 10 x timeout, by whomever") {
    EngineCluster cluster(3);
    begin(cluster);
    cluster.fence_device = [](std::uint16_t, const FenceOperation&) {
        FenceDeed deed{100ms};
        deed.outcome = lifecycle::Outcome::failed;
        return deed;
    };
    const auto confirm = [&](std::uint64_t start) {
        const auto asked =
            cluster.ask(2, engine::NodeConfirmOff{NodeId{3}, StartNumber{start}});
        cluster.run_until([&] { return !cluster.answers(2, asked).empty(); }, 2s);
        REQUIRE_FALSE(cluster.answers(2, asked).empty());
        return cluster.answers(2, asked).front();
    };
    CHECK_FALSE(confirm(1).ok);  // it is up
    cluster.power_off(3);
    REQUIRE(cluster.run_until([&] { return record(cluster, 3).status == model::NodeStatus::down; },
                              5s));
    const auto early = confirm(1);
    CHECK_FALSE(early.ok);
    CHECK(early.text.find("it was heard") != std::string::npos);
    CHECK(early.text.find("6.0 s") != std::string::npos);
    cluster.run_for(7s);
    CHECK_FALSE(confirm(2).ok);  // another start
    CHECK(cluster.place_of(1) == 0);
    const auto late = confirm(1);
    CHECK(late.ok);
    CHECK(cluster.run_until([&] { return cluster.place_of(1) == 2; }, 5s));
}

TEST_CASE("F37: a leader that has not listened for long enough takes nobody's word") {
    EngineCluster cluster(3);
    begin(cluster);
    cluster.fence_device = [](std::uint16_t, const FenceOperation&) {
        FenceDeed deed{100ms};
        deed.outcome = lifecycle::Outcome::failed;
        return deed;
    };
    cluster.power_off(3);
    cluster.kill(1);
    cluster.kill(2);
    cluster.start(1);
    cluster.start(2);
    REQUIRE(cluster.run_until([&] { return cluster.leader() != 0; }, 20s));
    REQUIRE(cluster.run_until([&] { return record(cluster, 3).status == model::NodeStatus::down; },
                              10s));
    const auto asked = cluster.ask(1, engine::NodeConfirmOff{NodeId{3}, StartNumber{1}});
    cluster.run_for(1s);
    REQUIRE_FALSE(cluster.answers(1, asked).empty());
    CHECK_FALSE(cluster.answers(1, asked).front().ok);
}

TEST_CASE("fencing is not begun for a group that could run nowhere else, or moves by hand only") {
    EngineCluster cluster(3);
    begin(cluster);
    std::size_t shots = 0;
    cluster.fence_device = [&](std::uint16_t, const FenceOperation&) {
        shots++;
        return FenceDeed{100ms};
    };
    auto spec = cluster.engine(1).state().spec;
    SUBCASE("manual") { spec.groups[0].failover = model::Failover::manual; }
    SUBCASE("nowhere else") { spec.groups[0].policy = {NodeId{3}}; }
    cluster.ask(1, engine::SpecApply{spec});
    cluster.run_for(2s);
    cluster.power_off(3);
    cluster.run_for(20s);
    CHECK(shots == 0);
    CHECK(cluster.place_of(2) == 2);
}
