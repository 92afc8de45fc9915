// apply: what each command does, and that late, doubled and foreign ones are ignored with a rule.
#include "model/apply.hpp"

#include <doctest/doctest.h>

#include "story.hpp"

using namespace ha;
using namespace ha::model;
using namespace ha::test;

TEST_CASE("a new state has absent nodes, wants automatic groups online and manual ones offline") {
    auto spec = small_spec();
    spec.groups[1].startup = Startup::manual;
    const auto state = initial_state(spec);
    CHECK(record_of(state, k_a).status == NodeStatus::absent);
    CHECK(record_of(state, k_web).goal == Goal::online);
    CHECK(record_of(state, k_db).goal == Goal::offline);
    CHECK_FALSE(record_of(state, k_web).owner);
}

TEST_CASE("commands about unknown nodes, groups and monitors are ignored and say so") {
    Story s;
    const NodeId nobody{9};
    const GroupId nothing{9};
    for (const Command& command : std::vector<Command>{
             NodeUp{nobody, boot_number(1), StartNumber{1}},
             NodeDown{nobody, StartNumber{1}, ""},
             NodeLeaving{nobody, StartNumber{1}},
             NodeLeft{nobody, StartNumber{1}},
             SetNodeMode{nobody, NodeMode::maintenance, ""},
             Give{nothing, k_a, Incarnation{1}},
             Evict{nothing, Incarnation{1}},
             Release{nothing, k_a, Incarnation{1}},
             StopFailed{nothing, k_a, Incarnation{1}},
             SetGoal{nothing, Goal::online},
             ClearBans{nothing, {}, false},
             PauseMonitor{MonitorId{9}, true},
         }) {
        CAPTURE(name_of(command));
        CHECK_FALSE(s.apply(command));
        CHECK(s.rule.find("is not in the configuration") != std::string::npos);
        CHECK(s.told(EventKind::command_ignored));
        CHECK(s.events.size() == 1);
    }
}

TEST_SUITE("NodeUp") {
    TEST_CASE("a node without start number or boot id does not come up") {
        Story s;
        CHECK_FALSE(s.apply(NodeUp{k_a, BootId{}, StartNumber{1}}));
        CHECK_FALSE(s.apply(NodeUp{k_a, boot_number(1), StartNumber{}}));
    }

    TEST_CASE("an older start and the same start a second time are ignored") {
        Story s;
        CHECK(s.up(k_a, 5));
        CHECK(s.told(EventKind::node_up));
        CHECK_FALSE(s.up(k_a, 5));
        CHECK(s.rule == "node a is up with this start already");
        CHECK_FALSE(s.up(k_a, 4));
        CHECK(s.rule == "start 4 of node a is older than start 5");
        CHECK(s.record(k_a).start == StartNumber{5});
    }

    TEST_CASE("the same start number with another boot id is ignored") {
        Story s;
        s.up(k_a, 5, 1);
        CHECK_FALSE(s.up(k_a, 5, 2));
        CHECK(s.rule.find("another boot") != std::string::npos);
    }

    TEST_CASE("a start that was ended by a down notice never comes up again") {
        Story s;
        s.up(k_a);
        s.left(k_a);
        CHECK_FALSE(s.up(k_a));
        CHECK(s.rule == "node a has ended this start");
        CHECK(s.up(k_a, 2));
    }

    TEST_CASE("a daemon restarted within the same boot keeps its groups (re-adoption)") {
        Story s;
        s.all_up();
        s.give(k_web, k_a);
        CHECK(s.up(k_a, 2));
        CHECK(s.record(k_web).owner == k_a);
        CHECK(s.record(k_web).epoch.incarnation == Incarnation{1});
        CHECK_FALSE(s.record(k_a).taken_index);
    }

    TEST_CASE("a daemon restarted while it was leaving keeps its groups and is up") {
        Story s;
        s.all_up();
        s.give(k_web, k_a);
        s.leaving(k_a);
        CHECK(s.up(k_a, 2));
        CHECK(s.record(k_a).status == NodeStatus::up);
        CHECK(s.record(k_web).owner == k_a);
    }

    TEST_CASE("F11: another boot id releases all that the node owned, at once, without a down") {
        Story s;
        s.all_up();
        s.give(k_web, k_a);
        s.give(k_db, k_b);
        CHECK(s.up(k_a, 2, 2));
        CHECK_FALSE(s.record(k_web).owner);
        CHECK(s.record(k_web).next_kind == StartKind::failover);
        CHECK(s.record(k_web).stranded_on == k_a);
        CHECK(s.record(k_db).owner == k_b);
        CHECK(s.told(EventKind::group_released));
        // The new boot must have seen its loss before it is answered a lease.
        CHECK(s.record(k_a).taken_index == LogIndex{s.index});
    }

    TEST_CASE("another boot id of a node that owned nothing takes nothing from it") {
        Story s;
        s.up(k_a);
        CHECK(s.up(k_a, 2, 2));
        CHECK_FALSE(s.record(k_a).taken_index);
    }

    TEST_CASE("a node that comes back after down owns nothing, though its groups were not given") {
        Story s;
        s.all_up();
        s.give(k_web, k_a);
        s.down(k_a);
        CHECK(s.record(k_web).owner == k_a);
        CHECK(s.up(k_a));  // the same start: it was only cut off
        CHECK_FALSE(s.record(k_web).owner);
        CHECK(s.record(k_web).next_kind == StartKind::failover);
    }

    TEST_CASE("a node that comes back after down does not touch what was given away meanwhile") {
        Story s;
        s.all_up();
        s.give(k_web, k_a);
        s.down(k_a);
        s.give(k_web, k_b);
        CHECK(s.record(k_web).waits.size() == 1);
        CHECK(s.up(k_a));
        CHECK(s.record(k_web).owner == k_b);
        CHECK(s.record(k_web).waits.empty());
    }

    TEST_CASE("a new start in the same boot after left releases what it had not released") {
        Story s;
        s.all_up();
        s.give(k_web, k_a);
        s.left(k_a);
        CHECK(s.record(k_web).owner == k_a);
        CHECK(s.up(k_a, 2));
        CHECK_FALSE(s.record(k_web).owner);
    }

    TEST_CASE("the entry that took something stays noted when the node comes up again") {
        Story s;
        s.up(k_a);
        s.down(k_a);
        const auto taken = s.record(k_a).taken_index;
        CHECK(taken == LogIndex{s.index});
        s.up(k_a);
        CHECK(s.record(k_a).taken_index == taken);
    }
}

TEST_SUITE("NodeDown, NodeLeaving, NodeLeft") {
    TEST_CASE("they count only for the recorded start") {
        Story s;
        s.up(k_a, 7);
        for (std::uint64_t start : {6u, 8u}) {
            CHECK_FALSE(s.down(k_a, start));
            CHECK_FALSE(s.leaving(k_a, start));
            CHECK_FALSE(s.left(k_a, start));
        }
        CHECK(s.record(k_a).status == NodeStatus::up);
    }

    TEST_CASE("a node that never took part is neither down nor leaving nor left") {
        Story s;
        CHECK_FALSE(s.down(k_a, 0));
        CHECK_FALSE(s.leaving(k_a, 0));
        CHECK_FALSE(s.left(k_a, 0));
    }

    TEST_CASE("down keeps the owner of the groups and notes the entry") {
        Story s;
        s.all_up();
        s.give(k_web, k_a);
        CHECK(s.down(k_a));
        CHECK(s.record(k_a).status == NodeStatus::down);
        CHECK(s.record(k_a).taken_index == LogIndex{s.index});
        CHECK(s.record(k_a).reason == "silent");
        CHECK(s.record(k_web).owner == k_a);
        CHECK_FALSE(s.down(k_a));
    }

    TEST_CASE("a down notice after the node was declared down changes nothing") {
        Story s;
        s.up(k_a);
        s.down(k_a);
        CHECK_FALSE(s.left(k_a));
        CHECK_FALSE(s.leaving(k_a));
        CHECK(s.record(k_a).status == NodeStatus::down);
    }

    TEST_CASE("a leaving node is still up, may be declared down, and is not leaving twice") {
        Story s;
        s.up(k_a);
        CHECK(s.leaving(k_a));
        CHECK(is_up(s.state, k_a));
        CHECK_FALSE(s.leaving(k_a));
        CHECK_FALSE(s.up(k_a));
        CHECK(s.down(k_a));
        CHECK_FALSE(is_up(s.state, k_a));
    }

    TEST_CASE("left takes the lease away, and what was not released stays owned") {
        Story s;
        s.all_up();
        s.give(k_web, k_a);
        s.leaving(k_a);
        CHECK(s.left(k_a));
        CHECK(s.record(k_a).taken_index == LogIndex{s.index});
        CHECK(s.record(k_web).owner == k_a);
        CHECK_FALSE(s.give(k_web, k_b));
        CHECK(s.rule == "node a has not released group web");
    }

    TEST_CASE(
        "a node that left with a group may be declared down, so that its lease's end frees it") {
        Story s;
        s.all_up();
        s.give(k_web, k_a);
        s.left(k_a);
        CHECK(s.down(k_a));
        CHECK(s.give(k_web, k_b));
    }

    TEST_CASE("a node that left with nothing stays left") {
        Story s;
        s.up(k_a);
        s.left(k_a);
        CHECK_FALSE(s.down(k_a));
    }

    TEST_CASE("taken_by names the entry only for down and left of that node") {
        const std::vector<Command> commands{NodeUp{k_a, boot_number(1), StartNumber{1}},
                                            NodeDown{k_b, StartNumber{1}, ""},
                                            NodeLeft{k_c, StartNumber{1}}};
        CHECK_FALSE(taken_by(commands, LogIndex{5}, k_a));
        CHECK(taken_by(commands, LogIndex{5}, k_b) == LogIndex{5});
        CHECK(taken_by(commands, LogIndex{5}, k_c) == LogIndex{5});
        CHECK_FALSE(taken_by({}, LogIndex{5}, k_b));
    }
}

TEST_SUITE("Give") {
    TEST_CASE("the epoch is made of the incarnation, the term of the entry and the node") {
        Story s;
        s.all_up();
        s.term = 8;
        CHECK(s.give(k_web, k_b));
        CHECK(s.record(k_web).epoch == Epoch{Incarnation{1}, Term{8}, k_b});
        CHECK(s.record(k_web).owner == k_b);
        CHECK(s.told(EventKind::group_given));
    }

    TEST_CASE("a group that has an owner who is there is not given") {
        Story s;
        s.all_up();
        s.give(k_web, k_a);
        CHECK_FALSE(s.give(k_web, k_b));
        s.leaving(k_a);
        CHECK_FALSE(s.give(k_web, k_b));
        CHECK(s.record(k_web).owner == k_a);
    }

    TEST_CASE("an incarnation that is doubled, old or skipped is ignored") {
        Story s;
        s.all_up();
        for (std::uint64_t incarnation : {0u, 2u})
            CHECK_FALSE(s.apply(Give{k_web, k_a, Incarnation{incarnation}}));
        CHECK(s.apply(Give{k_web, k_a, Incarnation{1}}));
        s.release(k_web);
        CHECK_FALSE(s.apply(Give{k_web, k_a, Incarnation{1}}));
        CHECK(s.apply(Give{k_web, k_a, Incarnation{2}}));
    }

    TEST_CASE("only a node that is up, known and in the policy is given a group") {
        auto spec = small_spec();
        spec.groups[0].policy = {k_a, k_b};
        Story s(spec);
        CHECK_FALSE(s.give(k_web, k_a));  // absent
        s.all_up();
        CHECK_FALSE(s.give(k_web, k_c));
        CHECK(s.rule == "node c is not in the policy of group web");
        CHECK_FALSE(s.give(k_web, NodeId{9}));
        CHECK_FALSE(s.give(k_web, NodeId{}));
        s.leaving(k_a);
        CHECK_FALSE(s.give(k_web, k_a));
        s.left(k_a);
        CHECK_FALSE(s.give(k_web, k_a));
        s.down(k_b);
        CHECK_FALSE(s.give(k_web, k_b));
    }

    TEST_CASE("a group that is not wanted online is not given") {
        Story s;
        s.all_up();
        s.goal(k_web, Goal::offline);
        CHECK_FALSE(s.give(k_web, k_a));
        CHECK(s.rule == "group web is not wanted online");
    }

    TEST_CASE("the new owner of a lost group waits for the lease of each owner before it") {
        Story s;
        s.all_up();
        s.give(k_web, k_b);
        s.down(k_b);
        const auto b_taken = LogIndex{s.index};
        CHECK(s.give(k_web, k_a, StartKind::failover));
        s.down(k_a);
        const auto a_taken = LogIndex{s.index};
        CHECK(s.give(k_web, k_c, StartKind::failover));
        const std::vector<LeaseWait> waits{{k_a, a_taken}, {k_b, b_taken}};
        CHECK(s.record(k_web).waits == waits);
        CHECK(s.record(k_web).failover_count == 2);
    }

    TEST_CASE("a released group that goes on while an older lease may run keeps the older wait") {
        Story s;
        s.all_up();
        s.give(k_web, k_a);
        s.down(k_a);
        s.give(k_web, k_b);
        s.release(k_web);
        CHECK(s.give(k_web, k_c));
        CHECK(s.record(k_web).waits.size() == 1);
        CHECK(s.record(k_web).waits[0].node == k_a);
    }

    TEST_CASE("giving clears what was about the activation before") {
        Story s;
        s.all_up();
        s.give(k_web, k_a);
        s.evict(k_web, k_b);
        s.stop_failed(k_web);
        s.down(k_a);
        CHECK(s.give(k_web, k_c));
        const auto& r = s.record(k_web);
        CHECK_FALSE(r.is_evicted);
        CHECK_FALSE(r.stop_failed);
        CHECK_FALSE(r.target);
        CHECK_FALSE(r.stranded_on);
    }

    TEST_CASE(
        "a second fully exclusive group is never given to a node, whatever state the first is in") {
        auto spec = small_spec();
        for (auto& group : spec.groups) group.exclusion = Exclusion::full;
        Story s(spec);
        s.all_up();
        s.give(k_web, k_a);
        CHECK_FALSE(s.give(k_db, k_a));
        CHECK(s.rule == "group web is on node a and both are fully exclusive");
        s.evict(k_web, k_b);
        CHECK_FALSE(s.give(k_db, k_a));
        s.stop_failed(k_web);
        CHECK_FALSE(s.give(k_db, k_a));
        s.goal(k_web, Goal::offline);
        CHECK_FALSE(s.give(k_db, k_a));
        s.release(k_web);
        CHECK(s.give(k_db, k_a));
    }
}

TEST_SUITE("Evict, Release, StopFailed") {
    TEST_CASE("they count only for the present incarnation and owner") {
        Story s;
        s.all_up();
        CHECK_FALSE(s.apply(Evict{k_web, Incarnation{0}}));
        CHECK_FALSE(s.apply(Release{k_web, NodeId{}, Incarnation{0}}));
        s.give(k_web, k_a);
        s.release(k_web);
        s.give(k_web, k_b);
        for (std::uint64_t incarnation : {1u, 3u}) {
            CHECK_FALSE(s.apply(Evict{k_web, Incarnation{incarnation}}));
            CHECK_FALSE(s.apply(Release{k_web, k_b, Incarnation{incarnation}, ""}));
            CHECK_FALSE(s.apply(StopFailed{k_web, k_b, Incarnation{incarnation}, ""}));
        }
        CHECK_FALSE(s.apply(Release{k_web, k_a, Incarnation{2}, ""}));
        CHECK_FALSE(s.apply(StopFailed{k_web, k_a, Incarnation{2}, ""}));
        CHECK(s.record(k_web).owner == k_b);
        CHECK(s.apply(Release{k_web, k_b, Incarnation{2}, ""}));
        CHECK_FALSE(s.apply(Release{k_web, k_b, Incarnation{2}, ""}));
    }

    TEST_CASE("an evicted group stays owned until its release, and keeps where it shall go") {
        Story s;
        s.all_up();
        s.give(k_web, k_a);
        CHECK(s.evict(k_web, k_b));
        CHECK(s.record(k_web).owner == k_a);
        CHECK(s.record(k_web).is_evicted);
        CHECK_FALSE(s.evict(k_web, k_b));
        CHECK(s.evict(k_web, k_c));  // the operator has changed his mind
        CHECK(s.release(k_web));
        CHECK_FALSE(s.record(k_web).owner);
        CHECK_FALSE(s.record(k_web).is_evicted);
        CHECK(s.record(k_web).target == k_c);
        CHECK_FALSE(s.record(k_web).stranded_on);
    }

    TEST_CASE("an eviction with a ban notes the node and the reason once") {
        Story s;
        s.all_up();
        s.give(k_web, k_b);
        CHECK(s.evict(k_web, {}, true, StartKind::failover));
        CHECK_FALSE(s.evict(k_web, {}, true, StartKind::failover));
        s.release(k_web);
        CHECK(s.record(k_web).next_kind == StartKind::failover);
        s.give(k_web, k_a);
        s.evict(k_web, {}, true);
        const std::vector<Ban> bans{{k_a, "test"}, {k_b, "test"}};
        CHECK(s.record(k_web).bans == bans);
    }

    TEST_CASE("a ban that comes while the group is evicted already is still noted") {
        Story s;
        s.all_up();
        s.give(k_web, k_a);
        s.evict(k_web);
        CHECK(s.evict(k_web, {}, true));
        CHECK(s.record(k_web).bans.size() == 1);
    }

    TEST_CASE("an owner that is not there is not evicted, and no group goes to an unknown node") {
        Story s;
        s.all_up();
        s.give(k_web, k_a);
        CHECK_FALSE(s.evict(k_web, NodeId{9}));
        s.down(k_a);
        CHECK_FALSE(s.evict(k_web));
        CHECK(s.rule == "node a is not there to stop group web");
    }

    TEST_CASE("F11: a release of a node that is down counts: it was durable before it was sent") {
        Story s;
        s.all_up();
        s.give(k_web, k_a);
        s.down(k_a);
        CHECK(s.release(k_web));
        CHECK_FALSE(s.record(k_web).owner);
        CHECK(s.record(k_web).stranded_on == k_a);
        CHECK(s.give(k_web, k_b));
        CHECK(s.record(k_web).waits.empty());
    }

    TEST_CASE("a release by a leaving node remembers where the group was, as a move") {
        Story s;
        s.all_up();
        s.give(k_web, k_a);
        s.leaving(k_a);
        s.evict(k_web);
        s.release(k_web);
        CHECK(s.record(k_web).stranded_on == k_a);
        CHECK(s.record(k_web).next_kind == StartKind::move);
        s.give(k_web, k_b, StartKind::move);
        CHECK(s.record(k_web).failover_count == 0);
    }

    TEST_CASE(
        "a stop that failed keeps the owner, and asking again clears the mark for a new try") {
        Story s;
        s.all_up();
        s.give(k_web, k_a);
        s.goal(k_web, Goal::offline);
        CHECK(s.stop_failed(k_web));
        CHECK(s.told(EventKind::group_failed));
        CHECK(s.record(k_web).owner == k_a);
        CHECK_FALSE(s.stop_failed(k_web));
        CHECK(s.goal(k_web, Goal::offline));
        CHECK_FALSE(s.record(k_web).stop_failed);
    }
}

TEST_SUITE("requests") {
    TEST_CASE(
        "a wish is kept while it can matter: not when the group is there, not when it goes "
        "offline") {
        Story s;
        s.all_up();
        CHECK(s.goal(k_web, Goal::online, k_b));
        CHECK(s.record(k_web).target == k_b);
        s.give(k_web, k_b);
        CHECK_FALSE(s.record(k_web).target);
        CHECK(s.goal(k_web, Goal::online, k_b));
        CHECK_FALSE(s.record(k_web).target);
        s.goal(k_web, Goal::online, k_c);
        CHECK(s.record(k_web).target == k_c);
        CHECK(s.goal(k_web, Goal::offline, k_c));
        CHECK_FALSE(s.record(k_web).target);
        CHECK(s.record(k_web).owner == k_b);
    }

    TEST_CASE("a group on its way elsewhere can be asked back to where it was") {
        Story s;
        s.all_up();
        s.give(k_web, k_a);
        s.evict(k_web, k_b);
        CHECK(s.goal(k_web, Goal::online, k_a));
        s.release(k_web);
        CHECK(s.record(k_web).target == k_a);
    }

    TEST_CASE("a wish for a node outside the policy is ignored") {
        auto spec = small_spec();
        spec.groups[0].policy = {k_a};
        Story s(spec);
        CHECK_FALSE(s.goal(k_web, Goal::online, k_b));
        CHECK(s.rule == "node b is not in the policy of group web");
    }

    TEST_CASE("failures are forgotten for one node, for all, or with a start") {
        Story s;
        s.all_up();
        for (auto node : {k_a, k_b, k_c}) {
            s.give(k_web, node);
            s.evict(k_web, {}, true);
            s.release(k_web);
        }
        CHECK(s.apply(ClearBans{k_web, k_b, false}));
        CHECK_FALSE(s.apply(ClearBans{k_web, k_b, false}));
        CHECK(s.record(k_web).bans.size() == 2);
        CHECK(s.apply(ClearBans{k_web, {}, false}));
        CHECK(s.record(k_web).bans.empty());
        CHECK_FALSE(s.apply(ClearBans{k_web, {}, false}));
        s.give(k_web, k_a);
        s.evict(k_web, {}, true);
        CHECK(s.apply(SetGoal{k_web, Goal::online, {}, true, ""}));
        CHECK(s.record(k_web).bans.empty());
    }

    TEST_CASE("maintenance and pauses are switched, and switching twice is ignored") {
        auto spec = small_spec();
        MonitorSpec monitor;
        monitor.id = MonitorId{4};
        monitor.name = "ping";
        spec.monitors = {monitor};
        Story s(spec);
        CHECK(s.apply(SetNodeMode{k_a, NodeMode::maintenance, ""}));
        CHECK_FALSE(s.apply(SetNodeMode{k_a, NodeMode::maintenance, ""}));
        CHECK(s.record(k_a).mode == NodeMode::maintenance);
        CHECK(s.apply(SetNodeMode{k_a, NodeMode::in_service, ""}));
        CHECK_FALSE(s.apply(SetNodeMode{k_a, NodeMode::in_service, ""}));
        CHECK_FALSE(s.apply(PauseMonitor{MonitorId{4}, false}));
        CHECK(s.apply(PauseMonitor{MonitorId{4}, true}));
        CHECK_FALSE(s.apply(PauseMonitor{MonitorId{4}, true}));
        CHECK(s.state.paused_monitors.contains(MonitorId{4}));
        CHECK(s.apply(PauseMonitor{MonitorId{4}, false}));
        CHECK(s.state.paused_monitors.empty());
    }

    TEST_CASE("maintenance survives that the node goes and comes") {
        Story s;
        s.up(k_a);
        s.apply(SetNodeMode{k_a, NodeMode::maintenance, ""});
        s.down(k_a);
        s.up(k_a, 2, 2);
        CHECK(s.record(k_a).mode == NodeMode::maintenance);
    }

    TEST_CASE("a reason longer than its limit is cut at a whole character") {
        Story s;
        s.all_up();
        std::string reason(k_limit_reason_bytes - 1, 'x');
        reason += "\xc3\xa4";  // one character of two bytes across the limit
        s.apply(SetGoal{k_web, Goal::online, {}, false, reason});
        CHECK(s.record(k_web).reason == std::string(k_limit_reason_bytes - 1, 'x'));
    }
}
