// Two nodes, told as stories: who goes on, who stops, and who waits (safety.md F7, F11, F22, F37;
// cluster.md 3; pains.md 2, 12-14, 17, 18).
#include "pair.hpp"

using namespace ha;
using model::TieBreaker;
using test::EngineCluster;
using test::Pair;
using test::begin_one_group;
using test::has;
using test::take_majority;

TEST_CASE("G6: the survivor of a dead owner takes over under each tie breaker, and stops nothing") {
    for (const auto kind : {TieBreaker::none, TieBreaker::ping, TieBreaker::http,
                            TieBreaker::fencing}) {
        CAPTURE(model::to_string(kind));
        Pair pair(kind, {2, 1});
        const auto lost = pair.count(EventKind::lease_lost, "node n1");
        pair.power_off(2);
        const auto took = pair.run_until([&] { return pair.place_of(1) == 1; }, 10s);
        REQUIRE(took);
        // Fencing asks first who has less to lose: the survivor, which ran nothing, shoots later.
        CHECK(*took <= (kind == TieBreaker::fencing ? Duration{3s} : Duration{1s}));
        CHECK(pair.count(EventKind::lease_lost, "node n1") == lost);
        CHECK(pair.view_size(1) == 1);
        CHECK(pair.count_starts(1) == 2);
    }
}

TEST_CASE("G6: the owner that survives goes on without a break, and with the same activation") {
    for (const auto kind : {TieBreaker::none, TieBreaker::ping, TieBreaker::http,
                            TieBreaker::fencing}) {
        CAPTURE(model::to_string(kind));
        Pair pair(kind);
        const auto lost = pair.count(EventKind::lease_lost, "node n1");
        pair.power_off(2);
        bool was_away = false;
        (void)pair.run_until([&] {
            was_away |= pair.place_of(1) != 1;
            return false;
        }, 20s);
        CHECK_FALSE(was_away);
        CHECK(pair.count(EventKind::lease_lost, "node n1") == lost);
        CHECK(pair.count_starts(1) == 1);
        CHECK(pair.view_size(1) == 1);
        CHECK(pair.leader() == 1);
    }
}

TEST_CASE("G6: when the other one returns into the view, the survivor goes on without a break") {
    for (const auto kind : {TieBreaker::none, TieBreaker::ping, TieBreaker::http,
                            TieBreaker::fencing}) {
        for (const bool is_new : {false, true}) {
            for (const auto disk : {Duration{1ms}, Duration{200ms}}) {
                CAPTURE(model::to_string(kind));
                CAPTURE(is_new);
                CAPTURE(disk / 1ms);
                Pair pair(kind);
                pair.power_off(2);
                pair.run_for(20s);
                REQUIRE(pair.view_size(1) == 1);
                const auto lost = pair.count(EventKind::lease_lost, "node n1");
                // From the moment that the view names both, the lease rests on the other's answers:
                // it has to answer before, also when it is slow to store that it is in view. One
                // that was installed anew has no list of voters by which it could have answered.
                pair.set_disk(2, disk);
                if (is_new) pair.replace_store(2);
                pair.start(2);
                bool was_away = false;
                const auto is_back = [&] {
                    was_away |= pair.place_of(1) != 1;
                    return pair.view_size(1) == 2 && pair.view_size(2) == 2;
                };
                REQUIRE(pair.run_until(is_back, 20s));
                (void)pair.run_until([&] { return !is_back(); }, 10s);
                CHECK_FALSE(was_away);
                CHECK(pair.view_size(1) == 2);
                CHECK(pair.count(EventKind::lease_lost, "node n1") == lost);
                CHECK(pair.count_starts(1) == 1);
            }
        }
    }
}

TEST_CASE("G7: the node without a target stops before the other starts, whoever had it") {
    for (const auto kind : {TieBreaker::ping, TieBreaker::http}) {
        for (const std::uint16_t loser : {1, 2}) {
            CAPTURE(model::to_string(kind));
            CAPTURE(loser);
            const std::uint16_t winner = loser == 1 ? 2 : 1;
            Pair pair(kind, {loser, winner});
            pair.unreached = {loser};
            pair.split();
            CHECK_FALSE(pair.had_two_owners(10s));
            CHECK(pair.place_of(1) == winner);
            CHECK(pair.view_size(winner) == 1);
            CHECK(pair.view_size(loser) == 2);
            CHECK(has(pair.waits(loser), "no tie breaker target answered"));
            CHECK(pair.count(EventKind::partition_lost) == 1);
            pair.heal();
            CHECK_FALSE(pair.had_two_owners(5s));
            CHECK(pair.place_of(1) == winner);
            CHECK(pair.view_size(1) == 2);
            CHECK(pair.view_size(2) == 2);
            CHECK(pair.count(EventKind::registry_forked) == 0);
        }
    }
}

TEST_CASE("G7: fencing: the loser of a partition is off before the other one starts") {
    for (const std::uint16_t owner : {1, 2}) {
        const std::uint16_t other = owner == 1 ? 2 : 1;
        Pair pair(TieBreaker::fencing, {owner, other});
        pair.split();
        CHECK_FALSE(pair.had_two_owners(10s));
        // F22: who owns more shoots at once, the other one after the delay, and is dead by then.
        CHECK(pair.shots == 1);
        CHECK(pair.place_of(1) == owner);
        CHECK_FALSE(pair.is_running(other));
        CHECK(pair.count_starts(1) == 1);
    }
}

TEST_CASE("F7: ping: nobody is asked while the two hear each other") {
    Pair pair(TieBreaker::ping);
    pair.run_for(60s);
    CHECK(pair.questions(1) + pair.questions(2) == 0);
}

TEST_CASE("F7: ping: without a target both stop, and go on where they were when they meet") {
    Pair pair(TieBreaker::ping);
    pair.unreached = {1, 2};
    pair.split();
    pair.run_for(5s);
    CHECK(pair.place_of(1) == 0);
    pair.unreached.clear();
    pair.run_for(5s);  // decided against is decided: the other may have gone on meanwhile
    CHECK(pair.place_of(1) == 0);
    pair.heal();
    CHECK(pair.run_until([&] { return pair.place_of(1) != 0; }, 5s));
}

TEST_CASE("F7 c: fencing: a lone node that waits for its device keeps what it runs") {
    Pair pair(TieBreaker::fencing);
    pair.is_device_broken = true;
    pair.split();
    CHECK_FALSE(pair.had_two_owners(30s));
    CHECK(pair.place_of(1) == 1);
    CHECK(pair.view_size(1) == 2);
    CHECK(pair.view_size(2) == 2);
    CHECK(has(pair.waits(1), "the fencing of node n2"));
    CHECK(pair.shots >= 4);  // tried again
    pair.heal();
    pair.run_for(5s);
    CHECK(pair.place_of(1) == 1);
    CHECK(pair.count_starts(1) == 1);
}

TEST_CASE("F7 b, D5: who starts alone with the view of both waits, whatever the tie breaker says") {
    for (const auto kind : {TieBreaker::none, TieBreaker::ping, TieBreaker::http,
                            TieBreaker::fencing}) {
        CAPTURE(model::to_string(kind));
        Pair pair(kind);
        pair.power_off(2);
        pair.run_for(5s);
        REQUIRE(pair.view_size(1) == 1);
        pair.run_for(60s);
        pair.power_off(1);
        pair.start(2);
        pair.run_for(60s);
        CHECK(pair.place_of(1) == 0);
        CHECK(pair.view_size(2) == 2);
        CHECK(has(pair.waits(2), "node n1 may have gone on without it"));
        CHECK(has(pair.waits(2), "hactl cluster go-alone n1"));
        pair.start(1);
        CHECK(pair.run_until([&] { return pair.place_of(1) == 1; }, 10s));
        pair.run_for(3s);
        CHECK(pair.view_size(2) == 2);
        CHECK(pair.engine(2).applied() == pair.engine(1).applied());
        CHECK(pair.count(EventKind::registry_forked) == 0);
    }
}

TEST_CASE("F7: a node whose view is its own starts alone, for it has the newest") {
    Pair pair(TieBreaker::ping);
    pair.power_off(2);
    pair.run_for(5s);
    pair.power_off(1);
    pair.start(1);
    CHECK(pair.run_until([&] { return pair.place_of(1) == 1; }, 15s));
}

TEST_CASE("F7: alone_at_start goes on after the startup wait, with the tie breaker's word only") {
    Pair pair(TieBreaker::ping, {1, 2}, [](auto& spec) { spec.alone_at_start = true; });
    pair.power_off(1);
    pair.power_off(2);
    pair.unreached = {2};
    pair.start(2);
    pair.run_for(20s);
    CHECK(pair.place_of(1) == 0);
    pair.unreached.clear();
    CHECK(pair.run_until([&] { return pair.place_of(1) == 2; }, 5s));
    CHECK(pair.view_size(2) == 1);
}

TEST_CASE("F11: a clean stop lets the other one go on at once, without its tie breaker") {
    for (const auto kind : {TieBreaker::ping, TieBreaker::fencing}) {
        CAPTURE(model::to_string(kind));
        Pair pair(kind, {2, 1});
        pair.unreached = {1};
        pair.is_device_broken = true;
        pair.leave(2);
        CHECK(pair.run_until([&] { return pair.place_of(1) == 1; }, 5s));
        pair.run_for(5s);
        CHECK(pair.is_stopped(2));
        CHECK(pair.place_of(1) == 1);
        CHECK(pair.view_size(1) == 1);
        CHECK(pair.engine(1).state().nodes.at(NodeId{2}).status == model::NodeStatus::left);
        CHECK(pair.shots == 0);
        pair.start(2);
        pair.run_for(5s);
        CHECK(pair.view_size(1) == 2);
    }
}

TEST_CASE("F9: the store of the other one is lost: the one that has the document goes on with it") {
    Pair pair(TieBreaker::ping);
    pair.kill(2);
    pair.replace_store(2);
    pair.start(2);
    pair.run_for(10s);
    CHECK(pair.place_of(1) == 1);
    CHECK(pair.count_starts(1) == 1);
    CHECK(pair.view_size(1) == 2);
    CHECK(pair.status(1).is_quorate);
    CHECK(pair.engine(2).applied() == pair.engine(1).applied());
}

TEST_CASE("pains 2: a node that was stopped for longer than its lease severs, and does not go on") {
    for (const auto kind : {TieBreaker::none, TieBreaker::ping}) {
        CAPTURE(model::to_string(kind));
        Pair pair(kind, {1, 2});
        pair.pause(1, 10s);
        CHECK(pair.run_until([&] { return pair.is_online(1, 2); }, 3s));
        pair.run_for(15s);
        CHECK(pair.place_of(1) == 2);
        CHECK(pair.view_size(1) == 2);
        CHECK(pair.count(EventKind::registry_forked) == 0);
    }
}

TEST_CASE("cluster.md 3: the policy is changed while both run, and nothing stops for that") {
    EngineCluster cluster(2);
    cluster.tie_breaker = [](std::uint16_t, const engine::TieBreakerQuestion&) { return true; };
    begin_one_group(cluster, {2, 1});
    const auto with = [&](model::QuorumPolicy policy) {
        auto spec = cluster.engine(1).state().spec;
        spec.quorum = policy;
        spec.tie_breaker = policy == model::QuorumPolicy::two_node ? TieBreaker::ping
                                                                   : TieBreaker::none;
        spec.tie_breaker_targets = {"192.0.2.1"};
        cluster.ask(1, engine::SpecApply{spec});
        cluster.run_for(2s);
        CHECK(cluster.engine(2).state().spec.quorum == policy);
    };
    const auto lost = cluster.count(EventKind::lease_lost);
    with(model::QuorumPolicy::two_node);
    with(model::QuorumPolicy::majority);
    with(model::QuorumPolicy::two_node);
    CHECK(cluster.count(EventKind::lease_lost) == lost);
    CHECK(cluster.count_starts(1) == 1);
    cluster.power_off(2);
    CHECK(cluster.run_until([&] { return cluster.place_of(1) == 1; }, 5s));
    // Whoever is alone and takes majority is one of two again, once the other is back.
    take_majority(cluster, 1);
    cluster.start(2);
    CHECK(cluster.run_until([&] { return cluster.status(1).voters.size() == 2; }, 20s));
    cluster.power_off(1);
    cluster.run_for(10s);
    CHECK(cluster.place_of(1) == 0);
}

TEST_CASE("F37: go-alone is refused while the other is heard, and asks for its name") {
    Pair pair(TieBreaker::ping);
    const auto heard = pair.ask(1, engine::GoAlone{NodeId{2}});
    REQUIRE(pair.answers(1, heard).size() == 1);
    CHECK_FALSE(pair.answers(1, heard).front().ok);
    CHECK(has(pair.answers(1, heard).front().text, "is heard"));
    pair.unreached = {1};
    pair.power_off(2);
    pair.run_for(3s);
    CHECK(pair.place_of(1) == 0);
    const auto early = pair.ask(1, engine::GoAlone{NodeId{2}});
    CHECK(has(pair.answers(1, early).front().text, "was heard a moment ago"));
    const auto wrong = pair.ask(1, engine::GoAlone{NodeId{1}});
    CHECK(has(pair.answers(1, wrong).front().text, "name the other node, n2"));
    pair.run_for(5s);
    const auto good = pair.ask(1, engine::GoAlone{NodeId{2}});
    CHECK(pair.answers(1, good).front().ok);
    CHECK(pair.run_until([&] { return pair.place_of(1) == 1; }, 5s));
    const auto again = pair.ask(1, engine::GoAlone{NodeId{2}});
    CHECK(has(pair.answers(1, again).front().text, "goes on alone already"));
}
