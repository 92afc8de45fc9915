// Aging: what time does to the agreed state.
#include "model/aging.hpp"

#include <doctest/doctest.h>

#include "story.hpp"

using namespace ha;
using namespace ha::model;
using namespace ha::test;

namespace {

ClusterSpec timed_spec() {
    auto spec = small_spec();
    auto& web = spec.groups[0];
    web.ban_expiry = 10s;
    web.retry_delay = 4s;
    web.failback = Failback::automatic;
    web.failback_delay = 7s;
    web.failover_limit = 2;
    return spec;
}

void fail_on(Story& s, NodeId node) {
    s.give(k_web, node);
    s.evict(k_web, {}, true, StartKind::failover);
    s.release(k_web);
}

}  // namespace

TEST_SUITE("time in the state") {
    TEST_CASE("F37: a failure grows old by what leaders count, and then is one that is over") {
        Story s(timed_spec());
        s.all_up();
        fail_on(s, k_a);
        REQUIRE(find_ban(s.record(k_web), k_a) != nullptr);
        CHECK(s.apply(TimePassed{9999ms}));
        CHECK(is_active(*find_ban(s.record(k_web), k_a)));
        CHECK(s.apply(TimePassed{1ms}));
        CHECK_FALSE(is_active(*find_ban(s.record(k_web), k_a)));
    }

    TEST_CASE("what somebody asked for is gone when its time is over, a failure stays on record") {
        Story s(timed_spec());
        s.all_up();
        s.give(k_web, k_a);
        s.evict(k_web, {}, true, StartKind::move);
        CHECK(find_ban(s.record(k_web), k_a)->is_asked);
        s.release(k_web);
        fail_on(s, k_b);
        s.apply(TimePassed{10s});
        CHECK(find_ban(s.record(k_web), k_a) == nullptr);
        CHECK(find_ban(s.record(k_web), k_b) != nullptr);
    }

    TEST_CASE("a state at rest does not change by time, and says so") {
        Story s(timed_spec());
        s.all_up();
        fail_on(s, k_a);
        while (is_aging(s.state)) CHECK(s.apply(TimePassed{1h}));
        CHECK_FALSE(s.apply(TimePassed{1h}));
        CHECK_FALSE(s.apply(TimePassed{Duration{0}}));
        CHECK_FALSE(s.apply(TimePassed{-1s}));
        CHECK(next_coming_of_age(s.state) == Duration::max());
    }

    TEST_CASE("the next thing that time brings is known, and comes at that moment") {
        Story s(timed_spec());
        s.all_up();
        CHECK(next_coming_of_age(s.state) == 7s);  // nodes that may be gone back to
        fail_on(s, k_a);
        CHECK(next_coming_of_age(s.state) == 4s);  // the retry
        s.apply(TimePassed{4s});
        CHECK(since_failure(s.record(k_web)) == 4s);
        CHECK(next_coming_of_age(s.state) == 3s);
        s.apply(TimePassed{3s});
        CHECK(s.record(k_b).in_service == 7s);
        CHECK(next_coming_of_age(s.state) == 3s);  // the failure is over
    }

    TEST_CASE("a step of any length is the sum of smaller ones") {
        Story one(timed_spec()), many(timed_spec());
        for (auto* s : {&one, &many}) {
            s->all_up();
            fail_on(*s, k_a);
        }
        one.apply(TimePassed{6s});
        for (int i = 0; i < 6000; i++) many.apply(TimePassed{1ms});
        CHECK(one.state == many.state);
    }

    TEST_CASE("time in service begins anew when a node comes up anew, not with its daemon") {
        Story s(timed_spec());
        s.all_up();
        s.apply(TimePassed{5s});
        s.up(k_a, 2, 1);
        CHECK(s.record(k_a).in_service == 5s);
        s.down(k_a, 2);
        s.up(k_a, 2, 1);
        CHECK(s.record(k_a).in_service == 0s);
        s.apply(TimePassed{1s});
        s.up(k_b, 2, 2);
        CHECK(s.record(k_b).in_service == 0s);
        CHECK(s.record(k_c).in_service == 6s);
    }

    TEST_CASE("time in service stands still out of service, and begins anew after it") {
        Story s(timed_spec());
        s.all_up();
        s.apply(TimePassed{5s});
        s.apply(SetNodeMode{k_a, NodeMode::standby, ""});
        s.apply(TimePassed{1s});
        CHECK(s.record(k_a).in_service == 5s);
        s.apply(SetNodeMode{k_a, NodeMode::in_service, ""});
        CHECK(s.record(k_a).in_service == 0s);
    }

    TEST_CASE("failovers are remembered for an hour, up to the limit, and never without one") {
        Story s(timed_spec());
        s.all_up();
        for (int i = 0; i < 3; i++) {
            s.give(k_web, i % 2 == 0 ? k_a : k_b, StartKind::failover);
            s.evict(k_web);
            s.release(k_web);
            s.apply(TimePassed{1s});
        }
        CHECK(s.record(k_web).failovers == std::vector<Duration>{1s, 2s});
        s.apply(TimePassed{k_failover_window - 2s});
        CHECK(s.record(k_web).failovers == std::vector<Duration>{k_failover_window - 1s});
        s.give(k_db, k_a, StartKind::failover);
        CHECK(s.record(k_db).failovers.empty());
        CHECK(s.record(k_db).failover_count == 1);
        s.goal(k_web, Goal::online);
        CHECK(s.record(k_web).failovers.empty());
    }

    TEST_CASE("a time without end is no cause to fail") {
        Story s(timed_spec());
        s.all_up();
        fail_on(s, k_a);
        CHECK(s.apply(TimePassed{Duration::max()}));
        CHECK(find_ban(s.record(k_web), k_a)->age == 10s);
    }

    TEST_CASE("only failures are forgotten for a retry, and a group without any says so") {
        Story s(timed_spec());
        s.all_up();
        s.give(k_web, k_a);
        s.evict(k_web, {}, true, StartKind::move);
        s.release(k_web);
        CHECK_FALSE(s.apply(ClearBans{k_web, {}, true}));
        fail_on(s, k_b);
        CHECK(s.apply(ClearBans{k_web, {}, true}));
        CHECK(s.record(k_web).bans.size() == 1);
        CHECK(s.record(k_web).bans[0].node == k_a);
    }
}
