// Two nodes that went on apart, told as stories: what becomes of their histories when they meet
// (safety.md F7 d, e, F9, F24; cluster.md 6).
#include <algorithm>

#include "consensus/log.hpp"
#include "model/codec.hpp"
#include "pair.hpp"

using namespace ha;
using model::TieBreaker;
using test::FenceDeed;
using test::Pair;
using test::take_majority;

namespace {

/// The group runs shared storage, and neither can make the other harmless: its device is broken.
void require_fencing(Pair& pair) {
    auto spec = pair.engine(1).state().spec;
    spec.groups[0].resources[0].requirement = model::Requirement::fencing;
    pair.fence_device = [](std::uint16_t, const lifecycle::FenceOperation&) {
        FenceDeed deed{100ms};
        deed.outcome = lifecycle::Outcome::failed;
        return deed;
    };
    pair.ask(1, engine::SpecApply{spec, {}, true});
    pair.run_for(1s);
}

}  // namespace

TEST_CASE("F7 d: who returns drops the tail that nobody agreed to, and both are in view again") {
    Pair pair(TieBreaker::ping, {2, 1});
    pair.unreached = {1};
    // Node 1 leads and asks for something that node 2 never hears of.
    pair.cut(1, 2);
    pair.ask(1, test::mode_of(NodeId{2}, true));
    pair.ask(1, test::mode_of(NodeId{1}, true));
    pair.split();
    pair.run_for(20s);  // until nobody asks for it any more
    REQUIRE(pair.view_size(2) == 1);
    pair.heal();
    pair.run_for(5s);
    CHECK(pair.view_size(1) == 2);
    CHECK(pair.engine(1).applied() == pair.engine(2).applied());
    CHECK(pair.engine(1).state().nodes.at(NodeId{1}).mode == model::NodeMode::in_service);
    CHECK(pair.count(EventKind::state_diverged) == 0);
}

TEST_CASE("F7 e: none: two owners are found and resolved on contact, and both are told of") {
    Pair pair(TieBreaker::none);
    pair.split();
    pair.run_for(20s);
    CHECK(pair.place_of(1) == 99);  // what this policy says is possible
    CHECK(pair.view_size(1) == 1);
    CHECK(pair.view_size(2) == 1);
    pair.heal();
    CHECK(pair.run_until([&] { return pair.place_of(1) != 99; }, 1s));
    pair.run_for(5s);
    CHECK(pair.place_of(1) == 1);  // equal views and terms: the lower rank
    CHECK(pair.count(EventKind::registry_forked) == 2);
    CHECK(pair.count(EventKind::dual_activation, "group g1") >= 1);
    CHECK(pair.forks(2).size() == 1);
    CHECK(pair.forks(1).empty());
    CHECK(pair.engine(1).applied() == pair.engine(2).applied());
    CHECK(pair.view_size(2) == 2);
    // No epoch of the history that was given up is given once more.
    const auto used = pair.forks(2).front().state.groups.at(GroupId{1}).epoch.incarnation;
    CHECK(pair.engine(1).state().groups.at(GroupId{1}).incarnation_floor >= used);
    pair.ask(1, engine::GroupMove{GroupId{1}, NodeId{2}});
    REQUIRE(pair.run_until([&] { return pair.place_of(1) == 2; }, 5s));
    CHECK(pair.engine(1).state().groups.at(GroupId{1}).epoch.incarnation > used);
}

TEST_CASE("F7 e: who loses power right after its history was replaced still tells of it") {
    Pair pair(TieBreaker::none);
    pair.split();
    pair.run_for(20s);
    REQUIRE(pair.place_of(1) == 99);
    pair.heal();
    const auto store = pair.disk(2).store;
    REQUIRE(pair.run_until([&] { return pair.disk(2).store != store; }, 5s));
    pair.power_off(2);
    REQUIRE(pair.forks(2).size() == 1);
    const auto used = pair.forks(2).front().state.groups.at(GroupId{1}).epoch.incarnation;
    REQUIRE(pair.engine(1).state().groups.at(GroupId{1}).incarnation_floor < used);
    pair.start(2);
    pair.run_for(10s);
    CHECK(pair.engine(1).state().groups.at(GroupId{1}).incarnation_floor >= used);
    CHECK(pair.disk(2).forked.empty());
    pair.ask(1, engine::GroupMove{GroupId{1}, NodeId{2}});
    REQUIRE(pair.run_until([&] { return pair.place_of(1) == 2; }, 5s));
    CHECK(pair.engine(1).state().groups.at(GroupId{1}).epoch.incarnation > used);
}

TEST_CASE("F7 e, F9: who gives its history up starts nothing of the times that it is told of") {
    // Node 2 was alone once before, and ran the group then, in the process that still runs.
    Pair pair(TieBreaker::none, {2, 1});
    pair.power_off(1);
    pair.run_for(5s);
    REQUIRE(pair.view_size(2) == 1);
    pair.start(1);
    REQUIRE(pair.run_until([&] { return pair.view_size(1) == 2 && pair.leader() != 0; }, 10s));
    pair.run_for(3s);
    pair.split();
    pair.run_for(20s);
    REQUIRE(pair.place_of(1) == 99);
    const auto starts = pair.count_starts(1);
    const auto store = pair.disk(2).store;
    const auto held = pair.count(EventKind::lease_held, "node n2");
    pair.heal();
    // Whatever of those times it has come to, it is no voter of them and has no lease. Node 1 may
    // answer it when it knows that it was declared down, which stands behind the newest mark.
    const auto marks = pair.engine(1).state().view_marks;
    REQUIRE_FALSE(marks.empty());
    bool is_early = false;
    REQUIRE(pair.run_until([&] {
        const auto& known = pair.engine(2).state().view_marks;
        const bool knows = !known.empty() && known.back() == marks.back();
        is_early = is_early || (!knows && pair.count(EventKind::lease_held, "node n2") > held);
        return pair.view_size(1) == 2;
    }, 10s));
    CHECK_FALSE(is_early);
    pair.run_for(5s);
    CHECK(pair.view_size(2) == 2);
    CHECK(pair.place_of(1) == 1);
    CHECK(pair.count_starts(1) == starts);
    CHECK(pair.disk(2).store != store);
}

TEST_CASE("F7: a node between a lone view and its mark is behind, and no other history") {
    Pair pair(TieBreaker::none);
    const auto document = model::encode(pair.engine(2).state());
    const auto applied = pair.engine(2).applied();
    pair.power_off(2);
    pair.run_for(5s);
    REQUIRE(pair.view_size(1) == 1);
    // What it got of node 1 ends with the voters entry: the mark went into the next datagram.
    const auto& entries = pair.disk(1).entries;
    const auto view = std::find_if(entries.begin(), entries.end(), [&](const auto& entry) {
        return entry.index.value == applied.value + 1;
    });
    REQUIRE(view != entries.end());
    auto& disk = pair.disk(2);
    disk.snapshot = {view->index, view->term, {}, document, view->index};
    REQUIRE(wire::decode_voters(view->payload, disk.snapshot.voters));
    REQUIRE(disk.snapshot.voters.size() == 1);
    disk.entries.clear();
    disk.term = view->term;
    disk.voted_for = {};
    pair.start(2);
    CHECK(pair.run_until([&] { return pair.view_size(1) == 2 && pair.view_size(2) == 2; }, 10s));
    CHECK(pair.count(EventKind::registry_forked) == 0);
    CHECK(pair.engine(1).applied() == pair.engine(2).applied());
}

TEST_CASE("F7 e: nobody gives a history up for one that a crash can take back") {
    Pair pair(TieBreaker::none);
    pair.set_disk(1, 60s);
    pair.split();
    pair.run_for(5s);
    REQUIRE(pair.view_size(2) == 1);
    REQUIRE(pair.view_size(1) == 1);  // in memory only, and it would be the base
    pair.heal();
    pair.run_for(3s);
    CHECK(pair.forks(2).empty());
    pair.kill(1);
    pair.set_disk(1, 1ms);
    pair.start(1);
    CHECK(pair.run_until([&] { return pair.view_size(1) == 2 && pair.view_size(2) == 2; }, 10s));
    CHECK(pair.leader() != 0);
    CHECK(pair.run_until([&] { return pair.place_of(1) == 1 || pair.place_of(1) == 2; }, 5s));
}

TEST_CASE("F7 e: incarnations continue above those that a log given up held, applied or not") {
    Pair pair(TieBreaker::none, {2, 1});
    pair.split();
    pair.run_for(5s);
    const auto incarnation = [&](std::uint16_t node) {
        const auto& record = pair.engine(node).state().groups.at(GroupId{1});
        return std::max(record.epoch.incarnation, record.incarnation_floor);
    };
    for (int n = 0; n < 3; n++) {
        pair.ask(2, engine::GroupStop{GroupId{1}});
        pair.run_for(1s);
        pair.ask(2, engine::GroupStart{GroupId{1}, {}});
        pair.run_for(1s);
    }
    const auto used = incarnation(2);
    REQUIRE(used > incarnation(1));
    // Node 2 is started, and gives its history up before its disk lets it be elected and apply it.
    pair.power_off(2);
    pair.set_disk(2, 300ms);
    pair.heal();
    pair.start(2);
    CHECK(pair.run_until([&] { return pair.view_size(1) == 2 && pair.view_size(2) == 2; }, 20s));
    pair.run_for(3s);
    REQUIRE(pair.forks(2).size() == 1);
    CHECK(incarnation(1) >= used);
}

TEST_CASE("F7 e, F9: a history is taken back when the one that it was given up for is lost") {
    Pair pair(TieBreaker::none);
    pair.split();
    pair.run_for(20s);
    REQUIRE(pair.place_of(1) == 99);
    // Node 2 hears node 1, gives up, and hears no more; then node 1's store is gone.
    pair.heal();
    pair.cut(2, 1);
    REQUIRE(pair.run_until([&] { return pair.forks(2).size() == 1; }, 5s));
    pair.split();
    pair.power_off(1);
    pair.replace_store(1);
    pair.heal();
    pair.start(1);
    CHECK(pair.run_until([&] { return pair.place_of(1) == 2; }, 10s));
    CHECK(pair.run_until([&] { return pair.view_size(1) == 2 && pair.view_size(2) == 2; }, 10s));
    CHECK(pair.engine(1).applied() == pair.engine(2).applied());
}

TEST_CASE("F7: who was alone, and forgets that it is not any more, is not left behind for that") {
    Pair pair(TieBreaker::fencing);
    pair.power_off(2);
    pair.run_for(10s);
    REQUIRE(pair.view_size(1) == 1);
    const auto shots = pair.shots;
    // Node 2 is to be a voter again; the disk of node 1 does not come to write that down.
    pair.set_disk(1, 60s);
    pair.start(2);
    REQUIRE(pair.run_until([&] { return pair.view_size(1) == 2; }, 5s));
    pair.run_for(100ms);
    pair.kill(1);
    pair.set_disk(1, 1ms);
    // Node 1 would go on alone by what is on its disk. So node 2 must not, and not shoot either.
    CHECK_FALSE(pair.had_two_owners(5s));
    CHECK(pair.shots == shots);
    CHECK(pair.view_size(2) == 1);
    pair.start(1);
    CHECK_FALSE(pair.had_two_owners(10s));
    CHECK(pair.forks(1).empty());
    CHECK(pair.forks(2).empty());
    CHECK(pair.view_size(1) == 2);
    CHECK(pair.view_size(2) == 2);
    CHECK(pair.place_of(1) == 1);
}

TEST_CASE("F7: who returns is a voter again when it knows who was alone, and not before") {
    Pair pair(TieBreaker::none);
    const auto ask_some = [&](int count) {
        for (int n = 0; n < count; n++) {
            pair.ask(1, test::mode_of(NodeId{2}, n % 2 == 0));
            pair.run_for(100ms);
        }
    };
    pair.power_off(2);
    pair.run_for(5s);
    ask_some(12);
    REQUIRE(pair.view_size(1) == 1);
    // Heartbeats and questions come through, entries do not.
    pair.drops = [](std::uint16_t from, std::uint16_t, std::size_t size) {
        return from == 1 && size > 600;
    };
    pair.start(2);
    pair.run_for(1s);
    ask_some(20);
    pair.run_for(3s);
    CHECK(pair.view_size(1) == 1);
    CHECK(pair.place_of(1) == 1);
    pair.drops = {};
    CHECK(pair.run_until([&] { return pair.view_size(1) == 2 && pair.view_size(2) == 2; }, 10s));
}

TEST_CASE("cluster.md 6: with stop_both a group that was active on both stays stopped") {
    Pair pair(TieBreaker::none, {1, 2}, [](auto& spec) {
        spec.dual_activation = model::DualActivation::stop_both;
    });
    pair.split();
    pair.run_for(20s);
    REQUIRE(pair.place_of(1) == 99);
    pair.heal();
    CHECK(pair.run_until([&] { return pair.place_of(1) == 0; }, 3s));
    pair.run_for(10s);
    CHECK(pair.place_of(1) == 0);
    CHECK(pair.engine(1).state().groups.at(GroupId{1}).goal == model::Goal::offline);
    pair.ask(1, engine::GroupStart{GroupId{1}, {}});
    CHECK(pair.run_until([&] { return pair.place_of(1) == 1; }, 5s));
}

TEST_CASE("cluster.md 6: who gives up a history in which it ran shared storage is reset") {
    Pair pair(TieBreaker::none, {2, 1});
    require_fencing(pair);
    pair.split();
    pair.run_for(20s);
    CHECK(pair.place_of(1) == 2);  // time releases nothing that may still write
    pair.heal();
    pair.run_for(3s);
    CHECK(pair.node_actions(2) == std::vector{model::FinalAction::reboot});
    CHECK(pair.node_actions(1).empty());
    CHECK(pair.disk(2).reboots == 0);
    pair.power_off(2);
    pair.start(2);
    CHECK(pair.disk(2).reboots == 1);  // F24: counted all the same
}

TEST_CASE("F24: the reset for shared storage of a history given up is not held back by the limit") {
    Pair pair(TieBreaker::none, {2, 1}, [](auto& spec) { spec.max_reboots = 1; });
    pair.power_off(2);
    pair.disk(2).reboots = 1;
    pair.start(2);
    REQUIRE(pair.run_until([&] { return pair.place_of(1) == 2; }, 30s));
    require_fencing(pair);  // from now on losing power counts, too
    REQUIRE(pair.place_of(1) == 2);
    pair.split();
    pair.run_for(20s);
    pair.heal();
    pair.run_for(3s);
    CHECK(pair.node_actions(2) == std::vector{model::FinalAction::reboot});
    pair.power_off(2);
    pair.start(2);
    CHECK(pair.disk(2).reboots == 2);
    CHECK(pair.run_until([&] {
        return pair.engine(1).state().nodes.at(NodeId{2}).mode == model::NodeMode::isolated;
    }));
}

TEST_CASE("F7 e: who takes another policy while two are apart is found on contact all the same") {
    for (const std::vector<std::uint16_t>& changed : {std::vector<std::uint16_t>{1}, {2}, {1, 2}}) {
        CAPTURE(changed.front());
        CAPTURE(changed.size());
        Pair pair(TieBreaker::none);
        pair.split();
        pair.run_for(20s);
        REQUIRE(pair.place_of(1) == 99);
        for (const auto node : changed) take_majority(pair, node);
        pair.heal();
        CHECK(pair.run_until([&] { return pair.place_of(1) != 99; }, 5s));
        pair.run_for(10s);
        CHECK(pair.place_of(1) != 0);
        CHECK(pair.place_of(1) != 99);
        CHECK(pair.view_size(1) == 2);
        CHECK(pair.view_size(2) == 2);
    }
}

TEST_CASE("F7: a document that overtakes heartbeats takes no mark of a history away unsaved") {
    Pair pair(TieBreaker::none);
    // Node 1 begins anew with a short log, so that it brings its document to who comes back. It
    // stands, and before node 2 hears of that it is not heard any more: its term is the higher one.
    pair.log_entries_max = 4;
    pair.kill(1);
    pair.start(1);
    pair.set_disk(1, 50ms);
    const auto is_ahead = [&] { return pair.status(1).term > pair.status(2).term; };
    pair.drops = [&](std::uint16_t from, std::uint16_t, std::size_t) {
        return from == 1 && is_ahead();
    };
    REQUIRE(pair.run_until(is_ahead, 10s));
    const auto begin = pair.now();
    pair.cut(1, 2);
    pair.drops = {};
    pair.delays[{2, 1}] = 8s;  // and it hears node 2 eight seconds late
    pair.set_disk(1, 1ms);
    REQUIRE(pair.run_until([&] { return pair.view_size(1) == 1 && pair.view_size(2) == 1; }, 5s));
    REQUIRE(is_ahead());
    // More than it keeps for who is slow: it has to bring the document.
    const auto enough = pair.engine(1).applied().value + consensus::k_limit_kept_entries + 8;
    for (bool on = true; pair.engine(1).applied().value < enough; on = !on) {
        pair.ask(1, test::mode_of(NodeId{1}, on));
        pair.run_for(3ms);
        REQUIRE(pair.now() - begin < 7s);
    }
    pair.run_for(begin + 7s - pair.now());
    // What node 2 sent before it missed node 1 comes now. In that moment node 1 can bring it the
    // document, and its next heartbeat, which would show whose that is, comes later.
    pair.drops = [&](std::uint16_t from, std::uint16_t, std::size_t) {
        return from == 1 && !pair.status(1).peers.front().hears_us;
    };
    pair.heal();
    const auto are_met = [&] { return pair.status(1).peers.front().hears_us; };
    REQUIRE(pair.run_until(are_met, 2s));
    CHECK(pair.now() - begin < 9s);
    pair.run_for(10ms);
    pair.drops = {};
    pair.delays.clear();
    REQUIRE(pair.run_until([&] { return pair.view_size(1) == 2 && pair.view_size(2) == 2; }, 60s));
    REQUIRE(pair.forks(2).size() == 1);
    CHECK(pair.forks(2).front().ours.size() == 1);
    CHECK(pair.forks(1).empty());
}
