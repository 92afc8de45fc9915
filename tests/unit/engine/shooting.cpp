// Two nodes that lost each other: which of them shoots, when, how often, and what it knows of that
// after a restart (safety.md F22).
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "cluster.hpp"
#include "lifecycle/fencing.hpp"
#include "model/codec.hpp"
#include "placement/plan.hpp"

using namespace ha;
using lifecycle::FenceAction;
using lifecycle::FenceOperation;
using model::TieBreaker;
using test::EngineCluster;
using test::FenceDeed;
using test::has;

namespace {

/// Group 1 is on node 1, group 2 on node 2; both require fencing. Node 1 leads.
struct Duel : EngineCluster {
    explicit Duel(TieBreaker kind, const std::function<void(model::ClusterSpec&)>& change = {})
        : EngineCluster(2) {
        decide_by(spec, kind);
        spec.groups = {group(1, {1, 2}), group(2, {2, 1})};
        for (auto& one : spec.groups)
            one.resources[0].requirement = model::Requirement::fencing;
        if (change) change(spec);
        tie_breaker = [this](std::uint16_t node, const engine::TieBreakerQuestion&) {
            return !unreached.contains(node);
        };
        fence_device = [this](std::uint16_t by, const FenceOperation& call) {
            if (call.action == FenceAction::status) return status_deed;
            if (call.action == FenceAction::on) return FenceDeed{10ms};
            shots[by].push_back(now());
            if (on_shot) on_shot(by);
            return shot_deed;
        };
        shot_deed.hits = true;
        start_all();
        REQUIRE(run_until([&] { return place_of(1) == 1 && place_of(2) == 2; }));
        run_for(6s);
        REQUIRE(leader() == 1);
    }
    void split() {
        cut_off(1);
        split_at = now();
    }
    void break_devices() {
        shot_deed.hits = false;
        shot_deed.outcome = lifecycle::Outcome::failed;
    }
    Duration after_split(std::uint16_t by) const { return shots.at(by).front() - split_at; }

    FenceDeed status_deed{10ms};
    FenceDeed shot_deed{100ms};
    std::function<void(std::uint16_t by)> on_shot;
    std::map<std::uint16_t, std::vector<Instant>> shots;
    std::set<std::uint16_t> unreached;
    Instant split_at;
};

/// Node 2 has more to lose.
void prefer_second(model::ClusterSpec& spec) { spec.groups[1].priority = 10; }

bool is_one_cluster(const EngineCluster& cluster) {
    const auto is_up = [&](std::uint16_t node) {
        return cluster.is_running(1) &&
               model::is_up(cluster.engine(1).state(), NodeId{node});
    };
    return is_up(1) && is_up(2) && cluster.place_of(1) != 0 && cluster.place_of(2) != 0;
}

}  // namespace

TEST_CASE("F22: who owns more by priority shoots at once, and is the one that is left") {
    for (const bool is_second_first : {false, true}) {
        CAPTURE(is_second_first);
        Duel duel(TieBreaker::fencing, is_second_first
                                           ? prefer_second
                                           : std::function<void(model::ClusterSpec&)>{});
        const std::uint16_t first = is_second_first ? 2 : 1, second = is_second_first ? 1 : 2;
        duel.split();
        REQUIRE(duel.run_until([&] {
            return duel.place_of(1) == first && duel.place_of(2) == first;
        }, 10s));
        CHECK(duel.after_split(first) < 1500ms);
        CHECK_FALSE(duel.shots.contains(second));
        CHECK_FALSE(duel.is_running(second));
        duel.run_for(10s);
        CHECK(duel.shots.at(first).size() == 1);
        // It is switched on again by a person here, and takes part again.
        duel.heal();
        duel.start(second);
        CHECK(duel.run_until([&] {
            return model::is_up(duel.engine(first).state(), NodeId{second});
        }, 30s));
        duel.run_for(5s);
        CHECK(is_one_cluster(duel));
        CHECK(duel.place_of(1) == first);
        CHECK(duel.shots.at(first).size() == 1);
    }
}

TEST_CASE("F22: who owns less waits for fence_delay, and shoots once; the other goes on") {
    Duel duel(TieBreaker::fencing);
    duel.break_devices();
    duel.split();
    duel.run_for(90s);
    REQUIRE(duel.shots.contains(2));
    CHECK(duel.after_split(2) >= 2s + 400ms);
    CHECK(duel.after_split(2) < 4s);
    CHECK(duel.shots.at(2).size() == 1);
    CHECK(duel.after_split(1) < 1500ms);
    CHECK(duel.shots.at(1).size() >= 3);
    // Nobody has taken anything, and both say what it waits for and what would end that.
    CHECK(duel.place_of(1) == 1);
    CHECK(duel.place_of(2) == 2);
    CHECK(has(duel.status(1).waits_for, "it does not work"));
    CHECK(has(duel.status(1).waits_for, "hactl node confirm-off n2"));
    CHECK(has(duel.status(2).waits_for, "not tried again"));
    CHECK(has(duel.status(2).waits_for, "hactl node confirm-off n1"));
    CHECK(duel.count(EventKind::fencing_failed) >= 2);
    duel.heal();
    CHECK(duel.run_until([&] { return is_one_cluster(duel); }, 30s));
    CHECK(duel.count_starts(1) == 1);
    CHECK(duel.count_starts(2) == 1);
}

namespace {

/// Node 1 has applied that the group was moved, and node 2 has not, when they lose each other. A
/// shot takes its time: two that are fired in one moment both hit.
void split_over_a_move(Duel& duel, GroupId moved) {
    duel.shot_deed.takes = 1s;
    const auto owner = [&duel, moved](std::uint16_t node) {
        return duel.engine(node).state().groups.at(moved).owner;
    };
    const auto before = owner(1);
    duel.drops = [&duel, owner, before](std::uint16_t from, std::uint16_t, std::size_t) {
        return from == 1 && owner(1) != before;
    };
    duel.ask(1, engine::GroupMove{moved, NodeId{}, {}, false});
    REQUIRE(duel.run_until([&] { return owner(1) != before; }, 10s));
    REQUIRE(owner(2) == before);
    duel.split();
    duel.drops = {};
}

const std::function<void(model::ClusterSpec&)> k_nobody_preferred;

}  // namespace

TEST_CASE("F22: of two that a move has parted at most one is the first, and it is left") {
    // Before the move node 2 has more to lose, after it node 1: by what each has applied both are
    // the first. With equal priorities it is the other way, and both would be the second. Node 1
    // knows that the move is committed; node 2 has it in its log, and is not sure.
    for (const bool is_to_leader : {true, false}) {
        CAPTURE(is_to_leader);
        Duel duel(TieBreaker::fencing, is_to_leader ? prefer_second : k_nobody_preferred);
        split_over_a_move(duel, GroupId{is_to_leader ? 2u : 1u});
        REQUIRE(duel.run_until([&] { return !duel.is_running(2); }, 20s));
        REQUIRE(duel.run_until([&] {
            return duel.place_of(1) == 1 && duel.place_of(2) == 1;
        }, 20s));
        const auto delay = is_to_leader ? Duration{0} : duel.spec.fence_delay;
        CHECK(duel.after_split(1) >= delay);
        CHECK(duel.after_split(1) < delay + 1500ms);
        CHECK(duel.shots.at(1).size() == 1);
        CHECK_FALSE(duel.shots.contains(2));
        CHECK(duel.is_running(1));
    }
}

TEST_CASE("F22: one is left, at whatever moment of a move the two lose each other") {
    for (const bool is_to_leader : {true, false}) {
        std::set<std::uint16_t> survivors;
        bool was_unsure = false;
        for (auto moment = 0ms; moment < 30ms; moment += 1ms) {
            CAPTURE(is_to_leader);
            CAPTURE(moment.count());
            Duel duel(TieBreaker::fencing, is_to_leader ? prefer_second : k_nobody_preferred);
            duel.shot_deed.takes = 1s;
            duel.ask(1, engine::GroupMove{GroupId{is_to_leader ? 2u : 1u}, NodeId{}, {}, false});
            duel.run_for(moment);
            duel.split();
            duel.run_for(25s);
            REQUIRE(duel.is_running(1) != duel.is_running(2));
            const std::uint16_t left = duel.is_running(1) ? 1 : 2;
            survivors.insert(left);
            was_unsure |= duel.after_split(left) >= 2 * duel.spec.fence_delay;
            CHECK(duel.place_of(1) == left);
            CHECK(duel.place_of(2) == left);
            CHECK(duel.shots.size() == 1);  // the one that is off has not shot as well
            CHECK(duel.shots.at(left).size() == 1);
        }
        // Moments before the move, after it, and in the midst of it were among them.
        CHECK(survivors.size() == 2);
        CHECK(was_unsure);
    }
}

TEST_CASE("F22: who is unsure of the order shoots once, as the second does") {
    Duel duel(TieBreaker::fencing, prefer_second);
    duel.break_devices();
    split_over_a_move(duel, GroupId{2});
    duel.run_for(90s);
    CHECK(duel.count(EventKind::fencing_requested, "node n1", {"order", "unsure"}) == 1);
    REQUIRE(duel.shots.contains(2));
    CHECK(duel.after_split(2) >= 3 * duel.spec.fence_delay);
    CHECK(duel.shots.at(2).size() == 1);
    CHECK(duel.shots.at(1).size() >= 3);
    CHECK(has(duel.status(2).waits_for, "not tried again"));
    CHECK(has(duel.status(2).waits_for, "hactl node confirm-off n1"));
    duel.heal();
    CHECK(duel.run_until([&] { return is_one_cluster(duel); }, 30s));
}

TEST_CASE("F22: without a delay of its own it is 2 s and what a device may take") {
    Duel duel(TieBreaker::fencing, [](auto& spec) { spec.fence_delay = {}; });
    // What it takes to tell its status says nothing of how long a shot takes.
    duel.status_deed.takes = 3s;
    duel.run_for(11min);
    const auto timeout = duel.spec.nodes[1].fences.front().timeout;
    REQUIRE(timeout >= 5s);
    duel.break_devices();
    duel.split();
    duel.run_for(timeout + 20s);
    REQUIRE(duel.shots.contains(2));
    CHECK(duel.after_split(2) >= 2s + timeout);
    CHECK(duel.after_split(2) < 4s + timeout);
}

namespace {

/// A device of each node's own time, and no fence_delay.
std::function<void(model::ClusterSpec&)> timeouts(Duration first, Duration second) {
    return [first, second](model::ClusterSpec& spec) {
        spec.fence_delay = {};
        spec.nodes[0].fences.front().timeout = first;
        spec.nodes[1].fences.front().timeout = second;
    };
}

}  // namespace

TEST_CASE("F22: devices that differ: between two shots lies the time of the slower one") {
    // Node 1 is the second and node 2 unsure (of the move both own the same). What shoots at node 1
    // takes 12 s, what shoots at node 2 takes 2 s: each has to reckon with both.
    Duel duel(TieBreaker::fencing, timeouts(12s, 2s));
    duel.break_devices();
    split_over_a_move(duel, GroupId{1});
    duel.run_for(90s);
    REQUIRE(duel.count(EventKind::fencing_requested, "node n2", {"order", "second"}) == 1);
    REQUIRE(duel.count(EventKind::fencing_requested, "node n1", {"order", "unsure"}) == 1);
    CHECK(duel.after_split(1) >= 2s + 12s);
    CHECK(duel.after_split(2) - duel.after_split(1) >= 12s);
}

TEST_CASE("F22: devices that differ: whatever a shot takes, one is left") {
    for (const bool is_first_slow : {true, false}) {
        CAPTURE(is_first_slow);
        Duel duel(TieBreaker::fencing, is_first_slow ? timeouts(12s, 2s) : timeouts(2s, 12s));
        duel.shot_deed.takes = 0s;
        split_over_a_move(duel, GroupId{1});
        duel.fence_device = [&duel, is_first_slow](std::uint16_t by, const FenceOperation& call) {
            if (call.action != FenceAction::off) return FenceDeed{10ms};
            duel.shots[by].push_back(duel.now());
            FenceDeed deed{(call.node == NodeId{1}) == is_first_slow ? 11s : 1900ms};
            // What was asked of a device goes on also when who asked is off.
            duel.later(deed.takes, [&duel, node = call.node] { duel.power_off(node.value); });
            return deed;
        };
        duel.run_for(120s);
        CHECK(duel.is_running(1) != duel.is_running(2));
        CHECK(duel.shots.size() == 1);
    }
}

TEST_CASE("F22: what was seen of one node's devices says nothing of the other's") {
    Duel duel(TieBreaker::fencing, timeouts(20s, 20s));
    duel.split();
    REQUIRE(duel.run_until([&] { return duel.place_of(2) == 1; }, 30s));
    REQUIRE(duel.shots.at(1).size() == 1);  // it took 100 ms
    duel.heal();
    duel.start(2);
    REQUIRE(duel.run_until([&] {
        return model::is_up(duel.engine(1).state(), NodeId{2});
    }, 30s));
    duel.run_for(5s);
    duel.break_devices();
    duel.shots.clear();
    duel.split();
    duel.run_for(60s);
    // Node 1 has all, and is the first; node 2 waits for a shot at it that has been seen, and for
    // one at node 1 that has not.
    REQUIRE(duel.shots.contains(2));
    CHECK(duel.after_split(2) >= 2s + 20s);
}

namespace {

/// Who is first by each of the states from the one that the node has applied to the end of its log.
std::set<bool> orders_at(Duel& duel, std::uint16_t node) {
    auto state = duel.engine(node).state();
    const NodeId other{static_cast<NodeId::rep>(3 - node)};
    std::set<bool> out{placement::fences_first(state, NodeId{node}, other)};
    for (const auto& entry : duel.disk(node).entries) {
        const auto commands = model::decode_commands(entry.payload);
        if (entry.index <= duel.engine(node).applied() || !commands ||
            entry.kind != wire::EntryKind::commands)
            continue;
        for (const auto& command : *commands)
            model::apply(state, {entry.index, entry.term}, command);
        out.insert(placement::fences_first(state, NodeId{node}, other));
    }
    return out;
}

/// Node 2 does not hear node 1 for a while: from then on that path is held down after a silence.
void make_path_flap(Duel& duel) {
    duel.cut(1, 2);
    duel.run_for(2s);
    duel.heal();
    REQUIRE(duel.run_until([&] { return is_one_cluster(duel) && duel.leader() == 1; }, 10s));
    duel.run_for(2s);
    REQUIRE(duel.shots.empty());
}

}  // namespace

TEST_CASE("F22: the order is looked at again before the shot: what came meanwhile counts") {
    int changed = 0;
    for (auto moment = 0ms; moment < 30ms; moment += 1ms) {
        CAPTURE(moment.count());
        Duel duel(TieBreaker::fencing);
        duel.break_devices();
        make_path_flap(duel);
        duel.ask(1, engine::GroupMove{GroupId{1}, NodeId{}, {}, false});
        duel.run_for(moment);
        // What node 1 says in this moment comes when node 2 has begun to miss it; then no more.
        duel.delays[{1, 2}] = 900ms;
        duel.run_for(10ms);
        duel.cut(1, 2);
        duel.run_for(790ms);
        const auto before = orders_at(duel, 2);
        duel.run_for(200ms);
        const auto after = orders_at(duel, 2);
        duel.split();
        duel.run_for(30s);
        if (before.size() != 1 || after.size() != 2) continue;
        changed++;
        CHECK(duel.count(EventKind::fencing_requested, "node n1", {"order", "unsure"}) == 1);
        REQUIRE(duel.shots.contains(2));
        CHECK(duel.after_split(2) >= 3 * duel.spec.fence_delay - 1s);
    }
    CHECK(changed > 0);
}

TEST_CASE("F22: a shot is durable here before it is fired") {
    Duel duel(TieBreaker::fencing);
    bool was_durable = true;
    duel.on_shot = [&](std::uint16_t by) {
        const auto& shot = duel.disk(by).shot;
        was_durable = was_durable && shot.node == NodeId{2} && shot.count == 1 &&
                      shot.start == duel.engine(by).state().nodes.at(NodeId{2}).start;
    };
    duel.set_disk(1, 700ms);
    duel.split();
    REQUIRE(duel.run_until([&] { return duel.shots.contains(1); }, 10s));
    CHECK(was_durable);
    CHECK(duel.after_split(1) >= 1200ms);
    CHECK(duel.run_until([&] { return duel.place_of(2) == 1; }, 20s));
    // The registry has it now.
    CHECK(duel.run_until([&] { return !duel.disk(1).shot.node; }, 10s));
}

TEST_CASE("F22: who cannot note it shoots at nobody") {
    Duel duel(TieBreaker::fencing);
    duel.fail_disk(1);
    duel.split();
    duel.run_for(1500ms);
    CHECK_FALSE(duel.shots.contains(1));
}

TEST_CASE("F22: a shooter that is started anew works with the other when its shot is over") {
    Duel duel(TieBreaker::fencing);
    duel.break_devices();
    duel.shot_deed.takes = 5s;  // its agent hangs
    duel.split();
    REQUIRE(duel.run_until([&] { return duel.shots.contains(1); }, 5s));
    duel.kill(1);
    duel.heal();
    duel.run_for(200ms);
    duel.start(1);
    const auto started = duel.now();
    CHECK(duel.disk(1).shot.node == NodeId{2});
    const auto longest = lifecycle::longest_shot(duel.spec.nodes[1], duel.spec.timing.drift_ppm);
    bool did_meet = false;
    REQUIRE(duel.run_until([&] {
        did_meet = duel.status(1).peers.front().hears_us;
        return did_meet;
    }, 60s));
    CHECK(duel.now() - started >= longest);
    CHECK(duel.run_until([&] { return is_one_cluster(duel); }, 30s));
    CHECK(duel.shots.at(1).size() == 1);
    CHECK_FALSE(duel.disk(1).shot.node);
}

TEST_CASE("F22: a node that is heard again is not shot at any more, and waits for the last shot") {
    Duel duel(TieBreaker::fencing, [](auto& spec) {
        for (auto& node : spec.nodes) node.fences.push_back({"second", "test", {}, 5s, 1, 5s});
    });
    duel.break_devices();
    duel.shot_deed.takes = 1s;
    duel.split();
    REQUIRE(duel.run_until([&] { return duel.shots.contains(1); }, 5s));
    duel.heal();
    bool did_meet = false;
    duel.run_for(900ms);
    CHECK_FALSE(duel.status(1).peers.front().hears_us);
    REQUIRE(duel.run_until([&] {
        did_meet = duel.status(1).peers.front().hears_us;
        return did_meet;
    }, 60s));
    CHECK(duel.now() - duel.shots.at(1).front() >= 5s);  // what the device may do all the same
    CHECK(duel.shots.at(1).size() == 1);
    CHECK_FALSE(duel.shots.contains(2));
    CHECK(duel.run_until([&] { return is_one_cluster(duel); }, 30s));
    CHECK(duel.count_starts(1) == 1);
}

TEST_CASE("F22: a device that lies lets nobody go on alone") {
    Duel duel(TieBreaker::fencing);
    duel.shot_deed.hits = false;  // it says that it did
    duel.split();
    duel.run_for(60s);
    CHECK(duel.status(1).voters.size() == 2);
    CHECK(duel.status(2).voters.size() == 2);
    CHECK(duel.place_of(2) == 2);
    CHECK(has(duel.status(1).waits_for, "its status still says on"));
}

TEST_CASE("F22: a shot counts for a start that only our log has yet, and no second one is fired") {
    // A device says so, or a person.
    for (const bool is_by_hand : {false, true}) {
        CAPTURE(is_by_hand);
        Duel duel(TieBreaker::fencing);
        if (is_by_hand) duel.break_devices();
        const auto before = duel.engine(1).state().nodes.at(NodeId{2}).start;
        const auto newest_up = [&] {
            StartNumber start;
            for (const auto& entry : duel.disk(1).entries) {
                const auto commands = model::decode_commands(entry.payload);
                if (entry.kind != wire::EntryKind::commands || !commands) continue;
                for (const auto& command : *commands)
                    if (const auto* up = std::get_if<model::NodeUp>(&command);
                        up != nullptr && up->node == NodeId{2})
                        start = std::max(start, up->start);
            }
            return start;
        };
        // It begins anew, and is lost before it has taken the entry that says so.
        duel.kill(2);
        duel.start(2);
        REQUIRE(duel.run_until([&] { return newest_up() > before; }, 5s));
        duel.split();
        duel.run_for(10ms);
        REQUIRE(duel.engine(1).state().nodes.at(NodeId{2}).start == before);
        if (is_by_hand) {
            duel.run_for(8s);
            duel.power_off(2);
            const auto asked = duel.ask(1, engine::NodeConfirmOff{NodeId{2}, before});
            duel.run_for(100ms);
            REQUIRE(duel.answers(1, asked).size() == 1);
            CHECK(duel.answers(1, asked).front().ok);
        }
        const auto shots_before = is_by_hand ? duel.shots[1].size() : 0;
        REQUIRE(duel.run_until([&] { return duel.place_of(2) == 1; }, 20s));
        CHECK(duel.engine(1).state().nodes.at(NodeId{2}).start > before);
        CHECK(duel.shots.at(1).size() == (is_by_hand ? shots_before : 1));
        duel.run_for(10s);
        CHECK(duel.shots.at(1).size() == (is_by_hand ? shots_before : 1));
        CHECK_FALSE(duel.disk(1).shot.node);
    }
}

TEST_CASE("F37: confirm-off at the one that waits lets it go on, and not before it may be true") {
    Duel duel(TieBreaker::fencing);
    duel.break_devices();
    duel.split();
    duel.run_for(3s);
    const auto confirm = [&](std::uint16_t node, std::uint64_t start) {
        const auto asked = duel.ask(1, engine::NodeConfirmOff{NodeId{node}, StartNumber{start}});
        duel.run_for(100ms);
        REQUIRE(duel.answers(1, asked).size() == 1);
        return duel.answers(1, asked).front();
    };
    const auto start = duel.engine(1).state().nodes.at(NodeId{2}).start.value;
    CHECK(has(confirm(2, start).text, "was heard a moment ago"));
    duel.run_for(6s);
    CHECK(has(confirm(2, start + 1).text, "look at it again"));
    CHECK(duel.place_of(2) == 2);
    duel.power_off(2);
    CHECK(confirm(2, start).ok);
    CHECK(duel.run_until([&] { return duel.place_of(2) == 1; }, 10s));
    CHECK(duel.status(1).voters.size() == 1);
}

TEST_CASE("F22: nothing is shot at while the cluster is suspended") {
    Duel duel(TieBreaker::fencing);
    duel.ask(1, engine::ClusterSuspend{true});
    duel.run_for(1s);
    REQUIRE(duel.engine(2).state().is_suspended);
    duel.split();
    duel.run_for(30s);
    CHECK(duel.shots.empty());
    CHECK(has(duel.status(1).waits_for, "suspended"));
    CHECK(duel.place_of(1) == 1);
    CHECK(duel.place_of(2) == 2);
}

TEST_CASE("F22: two that both go on alone keep the order of shooting as well") {
    Duel duel(TieBreaker::none);
    duel.split();
    REQUIRE(duel.run_until([&] { return duel.place_of(2) == 1; }, 10s));
    duel.run_for(10s);
    CHECK(duel.shots.at(1).size() == 1);
    CHECK_FALSE(duel.shots.contains(2));
    CHECK_FALSE(duel.is_running(2));
}

TEST_CASE("F22: with a tie breaker who got its vote shoots, the other one never") {
    for (const bool is_second_first : {false, true}) {
        CAPTURE(is_second_first);
        // The vote counts, not who has more to lose.
        Duel duel(TieBreaker::ping, is_second_first
                                        ? prefer_second
                                        : std::function<void(model::ClusterSpec&)>{});
        duel.break_devices();
        duel.unreached = {2};
        duel.split();
        duel.run_for(60s);
        CHECK(duel.shots.contains(1));
        CHECK_FALSE(duel.shots.contains(2));
    }
}

TEST_CASE("F22: a device that does not work is told of before it is needed") {
    Duel duel(TieBreaker::fencing);
    CHECK(duel.count(EventKind::fence_device_unwell) == 0);
    duel.status_deed.outcome = lifecycle::Outcome::failed;
    duel.run_for(11min);
    CHECK(duel.count(EventKind::fence_device_unwell, "node n2") == 1);
    CHECK(duel.count(EventKind::fence_device_unwell, "node n1") == 1);
    duel.status_deed.outcome = lifecycle::Outcome::ok;
    duel.status_deed.power = lifecycle::PowerStatus::off;  // wired to another machine
    duel.run_for(10min);
    CHECK(duel.count(EventKind::fence_device_well) == 0);
    duel.status_deed.power = {};
    duel.run_for(10min);
    CHECK(duel.count(EventKind::fence_device_well) == 2);
    CHECK(duel.shots.empty());
}
