// Guard and daemon ended together: what the next daemon takes over is known to the new guard.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/executor.hpp"
#include "runtime/guard_link.hpp"
#include "runtime/loop.hpp"
#include "runtime/machine.hpp"
#include "runtime/thread.hpp"
#include "support.hpp"

using namespace ha;

namespace adopt_cases {
namespace {

constexpr lifecycle::Held k_held{GroupId{1}, {Incarnation{7}, Term{3}, NodeId{1}}};

/// One group, held by an earlier process.
model::ClusterSpec spec_with(model::Requirement requirement) {
    model::ClusterSpec spec;
    model::NodeSpec node;
    node.id = NodeId{1};
    node.name = "alpha";
    spec.nodes = {node};
    model::GroupSpec group;
    group.id = GroupId{1};
    group.name = "store";
    group.policy = {NodeId{1}};
    model::ResourceSpec resource;
    resource.id = ResourceId{1};
    resource.name = "disk";
    resource.type = "none";
    resource.requirement = requirement;
    group.resources = {resource};
    spec.groups = {group};
    return spec;
}

/// A daemon's executor beside a guard that is as new as it is; a pipe stands for the watchdog.
struct NewPair {
    NewPair() {
        const auto path = directory.file("dog");
        REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
        device = runtime::UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
        auto opened = runtime::GuardLink::open(
            {HA_GUARD_PROGRAM, directory.path(), false, {path, 400ms, 0s}});
        REQUIRE(opened);
        guard = std::move(*opened);
        loop = std::move(*runtime::Loop::make());
        outbox = std::make_shared<runtime::Outbox>(*loop);
        workers = std::move(*runtime::Workers::start({.name = "test-worker"}));
        urgent = std::move(*runtime::Workers::start({.name = "test-urgent"}));
        record = std::make_shared<const runtime::RunRecord>(directory.path(), BootId{{1}});
        executor = std::make_unique<runtime::Executor>(
            runtime::Executor::Hands{*loop, *workers, *urgent, outbox, board,
                                     std::make_shared<plugin::Registry>(), record, guard},
            runtime::ExecutorOptions{NodeId{1}, directory.file("plugins")},
            runtime::ExecutorEvents{[](lifecycle::OperationReport) {},
                                    [](lifecycle::MonitorReport) {}, [](Event) {},
                                    [](std::uint32_t, const std::string&) {},
                                    [](lifecycle::FenceReport) {}});
        auto made = runtime::Thread::start({.name = "test-loop"}, [this] { loop->run(); });
        REQUIRE(made);
        thread = std::move(*made);
    }
    ~NewPair() {
        loop->stop();
        thread.join();
        outbox->close();
        executor.reset();
        ::kill(static_cast<pid_t>(guard->verdict().pid), SIGKILL);
    }
    /// As a node does when it begins; returns when the guard has been told.
    void adopt(const model::ClusterSpec& spec) {
        runtime::test::Mailbox<int> done;
        loop->post([&] {
            executor->adopt(spec, spec.groups, {k_held});
            executor->use(spec);
            done.put(1);
        });
        done.take();
        runtime::test::await_that([&] {
            const auto written = record->read();
            return written && *written == std::vector{k_held};
        });
    }
    bool is_fed() {
        char bytes[256];
        const auto size = ::read(device.get(), bytes, sizeof bytes);
        return size > 0 && std::string(bytes, static_cast<std::size_t>(size)).find('\0') !=
                               std::string::npos;
    }

    runtime::test::TemporaryDirectory directory;
    runtime::UniqueFd device;
    std::shared_ptr<runtime::GuardLink> guard;
    std::shared_ptr<runtime::Board> board = std::make_shared<runtime::Board>();
    std::unique_ptr<runtime::Loop> loop;
    std::shared_ptr<runtime::Outbox> outbox;
    std::unique_ptr<runtime::Workers> workers, urgent;
    std::shared_ptr<const runtime::RunRecord> record;
    std::unique_ptr<runtime::Executor> executor;
    runtime::Thread thread;
};

}  // namespace

TEST_CASE("F21: a new guard arms the watchdog for what the new daemon has taken over") {
    NewPair pair;
    pair.adopt(spec_with(model::Requirement::fencing));
    CHECK_FALSE(pair.is_fed());  // nobody has a lease yet
    pair.guard->say(runtime::now() + 60s, 5ms);
    runtime::test::await_that([&] { return pair.guard->verdict().watchdog_feeds >= 3; });
    CHECK(pair.is_fed());
    CHECK(pair.guard->verdict().watchdog ==
          static_cast<std::uint64_t>(guard::WatchdogState::armed));
}

TEST_CASE("F21: and leaves it alone for what needs none") {
    NewPair pair;
    pair.adopt(spec_with(model::Requirement::quorum));
    pair.guard->say(runtime::now() + 60s, 5ms);
    // The answer comes after the guard has looked at the page.
    CHECK(pair.guard->want_watchdog(false));
    CHECK_FALSE(pair.is_fed());
    CHECK(pair.guard->word().watchdog_wanted == 0);
}

}  // namespace adopt_cases
