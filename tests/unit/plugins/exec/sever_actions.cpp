// What exec hands over: it ends the same processes as sever, without exec.
#include "sever_actions.hpp"

#include <doctest/doctest.h>

#include "bench.hpp"

using namespace ha;
using namespace ha::plugin;
using test::Bench;

namespace {

struct GuardedBench : Bench {
    GuardedBench() {
        services.takes_actions = true;
        services.on_put = [this](auto actions) { handed.replace(actions); };
    }
    test::HandedOver handed;
};

const test::Parameters k_stubborn = {
    {"start", "trap '' TERM; while :; do sleep 1000; done"}, {"mode", "async"}};

bool has_cgroups() {
    auto made = support::Cgroup::open_or_create("ha-exec-test");
    if (made) made->remove();
    return made.has_value();
}

}  // namespace

TEST_CASE("F8: what exec hands over ends its processes without it, and says so again as done") {
    for (const bool is_confined : {true, false}) {
        GuardedBench bench;
        auto parameters = k_stubborn;
        if (!is_confined) parameters["confine"] = "false";
        auto app = bench.make(parameters);
        REQUIRE(app->start(bench.call()));
        REQUIRE(bench.handed.actions().size() == 1);
        const bool is_by_cgroup = is_confined && has_cgroups();
        CHECK(bench.handed.actions()[0].kind ==
              (is_by_cgroup ? HA_SEVER_WRITE : HA_SEVER_SIGNAL));
        const auto identity = bench.recorded();
        REQUIRE(bench.handed.carry_out() == 0);
        CHECK(test::wait_until([&] { return !bench.is_alive(identity->pid); }));
        CHECK(bench.handed.carry_out() == 0);
        CHECK(app->stop(bench.call()));
        CHECK(bench.handed.carry_out() == 0);  // nothing is left to sever
    }
}

TEST_CASE("F8: with a cgroup the actions are handed over before anything runs") {
    if (!has_cgroups()) {
        MESSAGE("skipped: no writable cgroup v2 here");
        return;
    }
    GuardedBench bench;
    bool ran_before = false;
    bench.services.on_put = [&](auto actions) {
        ran_before = ran_before || bench.recorded().has_value();
        bench.handed.replace(actions);
    };
    auto app = bench.make(k_stubborn);
    REQUIRE(app->start(bench.call()));
    CHECK(bench.handed.puts() >= 1);
    CHECK(!ran_before);
    CHECK(app->stop(bench.call()));
}

TEST_CASE("F8: exec starts nothing when its actions are refused because the lease is over") {
    if (!has_cgroups()) {
        MESSAGE("skipped: no writable cgroup v2 here");
        return;
    }
    GuardedBench bench;
    bench.services.is_lease_over = true;
    auto app = bench.make(k_stubborn);
    const auto started = app->start(bench.call());
    REQUIRE(!started);
    CHECK(test::says(started.error().context, "lease is over"));
    CHECK(!bench.recorded());
    CHECK(app->stop(bench.call()));
}

TEST_CASE("F12: a host that comes back hands over anew what it finds running") {
    GuardedBench bench;
    {
        auto first = bench.make(k_stubborn);
        REQUIRE(first->start(bench.call()));
    }
    const auto identity = bench.recorded();
    bench.handed.replace({});
    auto second = bench.make(k_stubborn);
    REQUIRE(bench.probe(*second).status == ProbedStatus::online);
    REQUIRE(bench.handed.actions().size() == 1);
    CHECK(bench.handed.carry_out() == 0);
    CHECK(test::wait_until([&] { return !bench.is_alive(identity->pid); }));
    CHECK(second->stop(bench.call()));
}
