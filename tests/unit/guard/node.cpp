// A whole node and its guard: what it tells of it, and how often.
#include "runtime/node.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/machine.hpp"
#include "support.hpp"

using namespace ha;
using runtime::GuardLink;
using runtime::NodeStatus;
using runtime::UniqueFd;

namespace guarded_node_cases {
namespace {

/// A cluster of one node, beside a guard that an earlier daemon has left; a pipe is the watchdog.
struct GuardedNode {
    GuardedNode() {
        REQUIRE(::mkfifo(dog.c_str(), 0600) == 0);
        device = UniqueFd(::open(dog.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
        REQUIRE(runtime::make_directories(run));
    }
    ~GuardedNode() {
        node.reset();
        for (const auto pid : pids) ::kill(pid, SIGKILL);
    }
    /// It holds a lease, and the watchdog armed with this time.
    void leave_guard(Duration time) {
        auto made = GuardLink::open({HA_GUARD_PROGRAM, run, false, {dog, time, 0s}});
        REQUIRE(made);
        pids.push_back(static_cast<pid_t>((*made)->verdict().pid));
        (*made)->say(runtime::now() + 60s, 5ms);
        REQUIRE((*made)->want_watchdog(true));
    }
    void start(Duration time) {
        runtime::NodeOptions o;
        o.spec.name = "test";
        auto& t = o.spec.timing;  // generous: no test may depend on speed
        t.heartbeat_interval = 50ms;
        t.heartbeat_timeout = t.lease = t.engine_stall = t.leave_timeout = 5s;
        t.sever_bound = 5ms;
        o.spec.interconnects = {{InterconnectId{1}, "lan"}};
        model::NodeSpec one;
        one.id = NodeId{1};
        one.name = "node1";
        one.addresses[InterconnectId{1}] = address();
        o.spec.nodes = {one};
        o.self = NodeId{1};
        o.keys = runtime::parse_keys("1 " + std::string(64, 'a'), "test").value();
        o.state_directory = directory.file("state");
        o.run_directory = run;
        o.registry = std::make_shared<plugin::Registry>();
        o.is_realtime = false;
        o.guard = HA_GUARD_PROGRAM;
        o.watchdog = {dog, time, 0s};
        auto made = runtime::Node::start(std::move(o), {});
        INFO((made ? std::string() : made.error().context));
        REQUIRE(made);
        node = std::move(*made);
    }
    static std::string address() {
        const UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof at;
        REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&at), size) == 0);
        REQUIRE(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&at), &size) == 0);
        return "127.0.0.1:" + std::to_string(ntohs(at.sin_port));
    }
    NodeStatus status() {
        auto out = node->status();
        REQUIRE(out);
        return std::move(*out);
    }
    std::size_t count(EventKind kind) {
        const auto log = node->event_log();
        std::size_t out = 0;
        for (const auto& one : log->read(0, 1000, Duration{0}))
            if (one.event.kind == kind) out++;
        return out;
    }

    runtime::test::TemporaryDirectory directory;
    const std::string dog = directory.file("dog");
    const std::string run = directory.file("run");
    UniqueFd device;
    std::vector<pid_t> pids;
    std::unique_ptr<runtime::Node> node;
};

}  // namespace

TEST_CASE("F8: settings of a watchdog that the guard refuses are told once, and offered again") {
    GuardedNode it;
    it.leave_guard(400ms);
    it.start(800ms);
    runtime::test::await_that([&] { return !it.status().guard.watchdog_problem.empty(); });
    runtime::test::await_that([&] { return it.count(EventKind::watchdog_unwell) == 1; });
    // It is fed ten times in a second: time enough for them to be refused again and again.
    const auto fed = it.status().guard.verdict.watchdog_feeds;
    runtime::test::await_that([&] {
        return it.status().guard.verdict.watchdog_feeds >= fed + 30;
    });
    CHECK(it.count(EventKind::guard_missing) == 0);
    CHECK(it.count(EventKind::guard_running) == 1);
    CHECK(it.count(EventKind::watchdog_unwell) == 1);
    CHECK(it.status().guard.is_there);
    CHECK(it.status().guard.problem.empty());
    // Another guard takes what this one refused.
    ::kill(it.pids.front(), SIGKILL);
    runtime::test::await_that([&] { return it.count(EventKind::watchdog_well) == 1; });
    const auto now = it.status().guard;
    it.pids.push_back(static_cast<pid_t>(now.verdict.pid));
    CHECK(now.watchdog_problem.empty());
    CHECK(now.verdict.pid != static_cast<std::uint64_t>(it.pids.front()));
    CHECK(it.count(EventKind::guard_missing) == 1);
    CHECK(it.count(EventKind::watchdog_unwell) == 1);
}

}  // namespace guarded_node_cases
