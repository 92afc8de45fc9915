// pidw: told by the kernel.
#include "pidw.hpp"

#include <doctest/doctest.h>
#include <poll.h>

#include "bench.hpp"

using namespace ha;
using namespace ha::plugin;
using test::Bench;
using test::says;

namespace pidw_cases {
namespace {

const test::Parameters k_sleeper = {{"start", "sleep 1000"}, {"mode", "async"}};

bool is_readable(int fd, int timeout_ms) {
    pollfd waiting{fd, POLLIN, 0};
    return poll(&waiting, 1, timeout_ms) == 1;
}

}  // namespace

TEST_CASE("the end of the process wakes the host, and the verdict is bad") {
    Bench bench;
    auto app = bench.make(k_sleeper);
    REQUIRE(app->start(bench.call()));
    auto watch = bench.watch();
    REQUIRE(watch->is_event_driven());
    CHECK(watch->check(bench.call()).verdict == CheckedVerdict::ok);
    const auto fd = watch->arm(bench.call());
    REQUIRE(fd);
    CHECK(!is_readable(*fd, 0));
    kill(bench.recorded()->pid, SIGKILL);
    REQUIRE(is_readable(*fd, 60'000));
    const auto answer = watch->on_ready(bench.call());
    CHECK(answer.verdict == CheckedVerdict::bad);
    CHECK(says(answer.reason, "of resource 'app' has ended"));
    REQUIRE(app->start(bench.call()));
    CHECK(watch->check(bench.call()).verdict == CheckedVerdict::ok);
    CHECK(watch->arm(bench.call()));
    CHECK(app->stop(bench.call()));
}

TEST_CASE("without a process there is no evidence, so the verdict is unknown") {
    Bench bench;
    auto watch = bench.watch();
    auto answer = watch->check(bench.call());
    CHECK(answer.verdict == CheckedVerdict::unknown);
    CHECK(says(answer.reason, "has no process here"));
    CHECK(!watch->arm(bench.call()));
    auto app = bench.make(k_sleeper);
    REQUIRE(app->start(bench.call()));
    const auto fd = watch->arm(bench.call());
    REQUIRE(fd);
    CHECK(app->stop(bench.call()));
    CHECK(is_readable(*fd, 60'000));
    CHECK(watch->on_ready(bench.call()).verdict == CheckedVerdict::unknown);
}

TEST_CASE("a process that was gone before it was armed is told at once") {
    Bench bench;
    auto app = bench.make(k_sleeper);
    REQUIRE(app->start(bench.call()));
    const pid_t pid = bench.recorded()->pid;
    kill(pid, SIGKILL);
    REQUIRE(test::wait_until([&] { return !bench.is_alive(pid); }));
    CHECK(bench.probe(*app).status == ProbedStatus::failed);  // and it is reaped
    auto watch = bench.watch();
    const auto fd = watch->arm(bench.call());
    REQUIRE(fd);
    CHECK(is_readable(*fd, 60'000));
    CHECK(watch->on_ready(bench.call()).verdict == CheckedVerdict::bad);
    CHECK(app->stop(bench.call()));
}

TEST_CASE("a monitor without its resource's name, or with an impossible one, is refused") {
    Bench bench;
    for (const test::Parameters& parameters :
         {test::Parameters{}, test::Parameters{{"resource", "../x"}}}) {
        auto made = bench.registry.create_monitor({.type = "pidw",
                                                   .name = "watch",
                                                   .parameters = parameters,
                                                   .state_root = bench.directory.file("state")},
                                                  bench.services);
        REQUIRE(!made);
        CHECK(says(made.error().context, "resource"));
    }
}

}  // namespace pidw_cases
