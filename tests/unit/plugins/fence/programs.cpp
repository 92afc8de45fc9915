// fence_exec: programs of the user's.
#include <doctest/doctest.h>

#include "bench.hpp"

using namespace ha;
using namespace ha::test;
using plugin::FencePower;

namespace {

struct Programs : Bench {
    std::string program(const std::string& name, const std::string& body) {
        return directory.write(name, "#!/bin/sh\ncd " + directory.path() + "\n" + body + "\n",
                               true);
    }
};

}  // namespace

TEST_CASE("programs cut the node off, tell whether it is on, and know for whom they work") {
    Programs bench;
    const auto off = bench.program("cut", "echo \"$1 $HA_TARGET $HA_NODE $HA_OPERATION\" >told; "
                                          "echo off >power");
    const auto status = bench.program("look", "[ \"$(cat power)\" = off ] && exit 2; exit 0");
    bench.directory.write("power", "on");
    auto made = bench.create("fence_exec", {{"off", off + "\none two"}, {"status", status}});
    REQUIRE(made);
    auto& device = **made;
    CHECK(device.validate(bench.call()));
    CHECK(device.status(bench.call()).power == FencePower::on);
    CHECK(device.off(bench.call()));
    CHECK(bench.read("told") == "one two n2 n1 off\n");
    CHECK(device.status(bench.call()).power == FencePower::off);
    const auto on = device.on(bench.call());
    REQUIRE_FALSE(on);
    CHECK(says(on.error().context, "parameter 'on' names no program"));
}

TEST_CASE("there is no device without a way to look at it, and a path is absolute") {
    Programs bench;
    const auto fault = [&](const Parameters& parameters) {
        const auto made = bench.create("fence_exec", parameters);
        return made ? std::string() : made.error().context;
    };
    CHECK(says(fault({{"off", "/bin/true"}}), "needs parameter 'status'"));
    CHECK(says(fault({{"off", "true"}, {"status", "/bin/true"}}), "absolute path"));
    auto made = bench.create("fence_exec", {{"off", "/bin/true"}, {"status", "/no/such/program"}});
    REQUIRE(made);
    CHECK(says((*made)->validate(bench.call()).error().context, "/no/such/program"));
}

TEST_CASE("a program that fails or is not sure is told as it is") {
    Programs bench;
    const auto sour = bench.program("sour", "echo 'the line is dead' >&2; exit 7");
    auto made = bench.create("fence_exec", {{"off", sour}, {"status", sour}});
    REQUIRE(made);
    CHECK(says((*made)->off(bench.call()).error().context, "exited with code 7: the line is dead"));
    const auto answer = (*made)->status(bench.call());
    CHECK(answer.power == FencePower::unknown);
    CHECK(says(answer.reason, "the line is dead"));
}
