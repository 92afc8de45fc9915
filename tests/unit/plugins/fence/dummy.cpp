// fence_dummy of Debian's package fence-agents: a real agent, whose machine is a file.
#include <doctest/doctest.h>
#include <unistd.h>

#include "bench.hpp"

using namespace ha;
using namespace ha::test;
using plugin::FencePower;

TEST_CASE("a real agent switches its file off and on again, and its status is seen") {
    if (access("/usr/sbin/fence_dummy", X_OK) != 0) {
        MESSAGE("skipped: fence_dummy is not installed");
        return;
    }
    Bench bench;
    const auto machine = bench.directory.write("machine", "on");
    auto made = bench.create("fence_agents", {{"agent", "fence_dummy"},
                                              {"options", "status_file=" + machine +
                                                              "\ntype=file"}});
    REQUIRE(made);
    auto& device = **made;
    CHECK(device.validate(bench.call()));
    CHECK(device.status(bench.call()).power == FencePower::on);
    CHECK(device.off(bench.call()));
    CHECK(bench.read("machine") == "off");
    CHECK(device.status(bench.call()).power == FencePower::off);
    CHECK(device.on(bench.call()));
    CHECK(device.status(bench.call()).power == FencePower::on);
}

TEST_CASE("a real agent that cannot do it is a failure, and knows its own options") {
    if (access("/usr/sbin/fence_dummy", X_OK) != 0) {
        MESSAGE("skipped: fence_dummy is not installed");
        return;
    }
    Bench bench;
    auto wrong = bench.create("fence_agents",
                              {{"agent", "fence_dummy"}, {"options", "status-fiel=/tmp/x"}});
    REQUIRE(wrong);
    const auto valid = (*wrong)->validate(bench.call());
    REQUIRE_FALSE(valid);
    CHECK(says(valid.error().context, "has no option 'status_fiel'"));
    // Its machine answers "unknown" to every look after it was switched off.
    auto failing = bench.create(
        "fence_agents",
        {{"agent", "fence_dummy"}, {"options", "type=fail\nplug=1\npower_timeout=1"}});
    REQUIRE(failing);
    CHECK_FALSE((*failing)->off(bench.call()));
}
