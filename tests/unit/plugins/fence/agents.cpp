// fence_agents with real processes: what the agent is told, what its answers mean, and how it ends.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <thread>

#include "bench.hpp"
#include "plugin/cancellation.hpp"

using namespace ha;
using namespace ha::test;
using namespace std::chrono_literals;
using plugin::FencePower;

namespace {

bool is_alive(pid_t pid) {
    const auto stat = support::read_stat(pid);
    return stat && !stat->is_dead();
}

pid_t recorded(Bench& bench, const char* file) {
    pid_t pid = 0;
    REQUIRE(wait_until([&] {
        pid = static_cast<pid_t>(std::atoi(bench.read(file).c_str()));
        return pid > 0;
    }));
    return pid;
}

}  // namespace

TEST_CASE("an agent is told on its standard input, and nothing on its command line") {
    Bench bench;
    auto device = bench.make("exit 0", {{"options", "ip=192.0.2.7\npower-wait=3"},
                                        {"secret_options", "password=open sesame"}});
    CHECK(device->off(bench.call()));
    CHECK(bench.read("input") ==
          "action=off\nip=192.0.2.7\npower-wait=3\npassword=open sesame\n");
    CHECK(bench.read("arguments") == "0 \n");
    CHECK_FALSE(says(bench.read("environment"), "sesame"));
    CHECK(device->on(bench.call()));
    CHECK(says(bench.read("input"), "action=on\n"));
}

TEST_CASE("status: 0 is on, 2 is off, and anything else proves nothing") {
    Bench bench;
    const auto power = [&](const std::string& body) {
        return bench.make(body)->status(bench.call()).power;
    };
    CHECK(power("exit 0") == FencePower::on);
    CHECK(power("exit 2") == FencePower::off);
    CHECK(power("exit 1") == FencePower::unknown);
    CHECK(power("kill -9 $$") == FencePower::unknown);
    const auto answer = bench.make("echo 'Failed: Unable to connect' >&2; exit 1")
                            ->status(bench.call());
    CHECK(says(answer.reason, "Failed: Unable to connect"));
}

TEST_CASE("an agent that fails is a failure, with what it said last") {
    Bench bench;
    auto device = bench.make("echo one >&2; echo 'two: no such plug' >&2; echo >&2; exit 1");
    const auto done = device->off(bench.call());
    REQUIRE_FALSE(done);
    CHECK(says(done.error().context, "exited with code 1: two: no such plug"));
}

TEST_CASE("an agent that prints garbage without end is read to its end and harms nobody") {
    Bench bench;
    auto device =
        bench.make("head -c 3000000 /dev/urandom; head -c 200000 /dev/urandom >&2; exit 3");
    const auto done = device->off(bench.call());
    REQUIRE_FALSE(done);
    CHECK(done.error().context.size() < 2000);
    for (const char c : done.error().context) CHECK(static_cast<unsigned char>(c) >= 0x20);
}

TEST_CASE("a secret is in no text, wherever it comes from") {
    Bench bench;
    const auto file = bench.directory.write("secret", "hunter22\nsecond line\n");
    REQUIRE(chmod(file.c_str(), 0600) == 0);
    auto device = bench.make("cat input >&2; echo; echo trying hunter22 with token-77 >&2; exit 1",
                             {{"password_file", file}, {"secret_options", "password=token-77"}});
    const auto done = device->off(bench.call());
    REQUIRE_FALSE(done);
    CHECK(says(bench.read("input"), "password=hunter22\n"));
    CHECK(says(done.error().context, "trying *** with ***"));
    CHECK_FALSE(says(done.error().context, "hunter22"));
    CHECK_FALSE(says(bench.services.text(), "hunter22"));
    CHECK_FALSE(says(bench.services.text(), "token-77"));
}

TEST_CASE("a password file that others can read, that is empty or not there is refused") {
    Bench bench;
    const auto file = bench.directory.write("secret", "hunter22\n");
    REQUIRE(chmod(file.c_str(), 0644) == 0);
    CHECK(says(bench.make("exit 0", {{"password_file", file}})->off(bench.call()).error().context,
               "chmod it to 0600"));
    const auto empty = bench.directory.write("empty", "\n");
    REQUIRE(chmod(empty.c_str(), 0600) == 0);
    CHECK(says(bench.make("exit 0", {{"password_file", empty}})->off(bench.call()).error().context,
               "is empty"));
    CHECK(says(bench.make("exit 0", {{"password_file", bench.directory.file("absent")}})
                   ->off(bench.call()).error().context,
               "there is no"));
}

TEST_CASE("an agent that hangs is killed with all that it started, and only then is it over") {
    Bench bench;
    auto device = bench.make(
        "trap '' TERM; sleep 1000 & echo $! >child; echo $$ >self; sleep 1000; sleep 1000");
    const auto done = device->off(bench.call(2s));
    REQUIRE_FALSE(done);
    CHECK(done.error().code == FailureCode::timed_out);
    CHECK_FALSE(is_alive(recorded(bench, "self")));
    CHECK_FALSE(is_alive(recorded(bench, "child")));
}

TEST_CASE("an agent is killed when the operation is cancelled") {
    Bench bench;
    auto device = bench.make("echo $$ >self; exec sleep 1000");
    plugin::Cancellation cancellation;
    auto call = bench.call();
    call.cancellation = &cancellation;
    std::thread canceller([&] {
        recorded(bench, "self");
        cancellation.cancel();
    });
    const auto done = device->off(call);
    canceller.join();
    REQUIRE_FALSE(done);
    CHECK(says(done.error().context, "cancelled"));
    CHECK_FALSE(is_alive(recorded(bench, "self")));
}

TEST_CASE("what an agent leaves behind in its session is gone when the call returns") {
    Bench bench;
    auto device = bench.make("sleep 1000 & echo $! >child; exit 0");
    CHECK(device->off(bench.call()));
    CHECK_FALSE(is_alive(recorded(bench, "child")));
}

TEST_CASE("an agent does not outlive the daemon that started it") {
    Bench bench;
    auto device = bench.make("echo $$ >self; exec sleep 1000");
    const pid_t daemon = fork();
    if (daemon == 0) {
        device->off(bench.call());
        _exit(0);
    }
    REQUIRE(daemon > 0);
    const auto agent = recorded(bench, "self");
    CHECK(is_alive(agent));
    kill(daemon, SIGKILL);
    waitpid(daemon, nullptr, 0);
    CHECK(wait_until([&] { return !is_alive(agent); }));
}

TEST_CASE("F22: an agent ends when its daemon is only stopped: the kernel has its deadline too") {
    Bench bench;
    auto device = bench.make("echo $$ >self; exec sleep 1000");
    const pid_t daemon = fork();
    if (daemon == 0) {
        device->off(bench.call(1s));
        _exit(0);
    }
    REQUIRE(daemon > 0);
    const auto agent = recorded(bench, "self");
    kill(daemon, SIGSTOP);
    CHECK(wait_until([&] { return !is_alive(agent); }));
    kill(daemon, SIGKILL);
    waitpid(daemon, nullptr, 0);
}

TEST_CASE("an agent that is not there, or no program, is named") {
    Bench bench;
    auto absent = bench.create("fence_agents", {{"agent", "fence_that_there_is_not"}});
    REQUIRE(absent);
    CHECK(says((*absent)->off(bench.call()).error().context,
               "there is no /usr/sbin/fence_that_there_is_not on this node"));
    auto text = bench.create("fence_agents", {{"agent", bench.directory.write("text", "hello")}});
    REQUIRE(text);
    CHECK(says((*text)->off(bench.call()).error().context, "is no program"));
}

TEST_CASE("the configuration is checked against what the agent says about itself") {
    Bench bench;
    const auto fault = [&](const Parameters& parameters) {
        const auto valid = bench.make("exit 0", parameters)->validate(bench.call());
        return valid ? std::string() : valid.error().context;
    };
    CHECK(fault({{"options", "ip=192.0.2.7"}}).empty());
    CHECK(fault({{"options", "ipaddr=192.0.2.7"}}).empty());
    CHECK(says(fault({}), "fence_test needs the option 'ip'"));
    CHECK(says(fault({{"options", "ip=192.0.2.7\nplugg=3"}}), "has no option 'plugg'; it knows"));
    bench.make("exit 0");
    const auto text = std::string(k_metadata);
    const auto say = [&](const std::string& metadata) {
        auto device = bench.make("exit 0", {{"options", "ip=192.0.2.7"}});
        bench.directory.write("metadata", metadata);
        const auto valid = device->validate(bench.call());
        return valid ? std::string() : valid.error().context;
    };
    CHECK(says(say("garbage"), "no sound XML"));
    CHECK(says(say(text.substr(0, text.size() / 2)), "no sound XML"));
    CHECK(says(say(""), "no sound XML"));
    CHECK(says(say("<html><body/></html>"), "describes no agent"));
    CHECK(says(say(std::string(400'000, ' ') + text), "bytes of metadata"));
}

TEST_CASE("parameters that cannot work are refused when the device is made") {
    Bench bench;
    const auto fault = [&](const Parameters& parameters) {
        const auto made = bench.create("fence_agents", parameters);
        return made ? std::string() : made.error().context;
    };
    CHECK(says(fault({}), "needs parameter 'agent'"));
    CHECK(says(fault({{"agent", "../fence_x"}}), "an absolute path"));
    CHECK(says(fault({{"agent", "fence x"}}), "the name of a program"));
    CHECK(says(fault({{"agent", "fence_x"}, {"options", "ip"}}), "must be NAME=VALUE"));
    CHECK(says(fault({{"agent", "fence_x"}, {"options", "action=off"}}),
               "is given by the cluster"));
    CHECK(says(fault({{"agent", "fence_x"}, {"options", "password=secret"}}), "password_file"));
    const auto hidden = fault({{"agent", "fence_x"}, {"secret_options", "hunter22"}});
    CHECK(says(hidden, "must be NAME=VALUE"));
    CHECK_FALSE(says(hidden, "hunter22"));
}
