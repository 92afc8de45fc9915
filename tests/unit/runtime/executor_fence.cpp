// The executor's fence devices: reports, deadlines, and what hangs.
#include <doctest/doctest.h>

#include <poll.h>

#include <atomic>
#include <map>

#include "ha/plugin/factory.h"
#include "runtime/executor.hpp"
#include "runtime/machine.hpp"
#include "runtime/posix.hpp"
#include "runtime/thread.hpp"
#include "support.hpp"

using namespace ha;
using namespace ha::runtime;
using namespace ha::runtime::test;
using lifecycle::FenceAction;
using lifecycle::FenceReport;
using lifecycle::Outcome;
using lifecycle::PowerStatus;

namespace {

/// What devices do, by their name.
struct FenceStage {
    std::mutex mutex;
    std::map<std::string, std::function<std::int32_t(const ha_operation_t*)>> off;
    std::map<std::string, std::uint32_t> power;
    std::string target;
};
FenceStage& fence_stage() {
    static FenceStage out;
    return out;
}

void wait_for_cancel(const ha_operation_t* operation) {
    pollfd waiting{operation->cancel_fd, POLLIN, 0};
    while (::poll(&waiting, 1, -1) < 1) {
    }
}

struct TestFence {
    ha_fence_t abi{};
    std::string name;
};
const TestFence& of(const ha_fence_t* f) { return *static_cast<TestFence*>(f->plugin_data); }

const ha_fence_t* create_fence(const ha_plugin_factory_t*, const char*, const ha_host_t*,
                               const ha_config_t* config) {
    auto out = new TestFence;
    out->name = config->name;
    out->abi.size = sizeof out->abi;
    out->abi.plugin_data = out;
    out->abi.destroy = [](const ha_fence_t* f) { delete &of(f); };
    out->abi.off = [](const ha_fence_t* f, const ha_operation_t* o) -> std::int32_t {
        std::function<std::int32_t(const ha_operation_t*)> deed;
        {
            std::lock_guard guard(fence_stage().mutex);
            deed = fence_stage().off[of(f).name];
        }
        return deed ? deed(o) : HA_OK;
    };
    out->abi.status = [](const ha_fence_t* f, const ha_operation_t*,
                         std::uint32_t* power) -> std::int32_t {
        std::lock_guard guard(fence_stage().mutex);
        *power = fence_stage().power[of(f).name];
        return HA_OK;
    };
    std::lock_guard guard(fence_stage().mutex);
    fence_stage().target = config->target_name;
    return &out->abi;
}

const ha_plugin_factory_t& fence_factory() {
    static const ha_descriptor_t descriptor = [] {
        ha_descriptor_t out{};
        out.size = sizeof out;
        out.kind = HA_KIND_FENCE;
        out.type_name = "staged";
        out.version = "1";
        out.summary = "Does what a test says.";
        return out;
    }();
    static const ha_plugin_factory_t out = {
        sizeof(ha_plugin_factory_t), 0, nullptr,
        [](const ha_plugin_factory_t*) -> std::uint32_t { return 1; },
        [](const ha_plugin_factory_t*, std::uint32_t) { return &descriptor; },
        nullptr, nullptr, create_fence};
    return out;
}

struct FenceBench {
    FenceBench() {
        fence_stage().off.clear();
        fence_stage().power.clear();
        auto registry = std::make_shared<plugin::Registry>();
        REQUIRE(registry->register_type(&fence_factory()));
        loop = std::move(*Loop::make());
        outbox = std::make_shared<Outbox>(*loop);
        workers = std::move(*Workers::start({.name = "test-worker"}));
        urgent = std::move(*Workers::start({.name = "test-urgent"}));
        REQUIRE(make_directories(directory.file("run")));
        record = std::make_shared<const RunRecord>(directory.file("run"), BootId{{1}});
        executor = std::make_unique<Executor>(
            Executor::Hands{*loop, *workers, *urgent, outbox, board, registry, record},
            ExecutorOptions{NodeId{1}, directory.file("run/plugins")},
            ExecutorEvents{[](lifecycle::OperationReport) {}, [](lifecycle::MonitorReport) {},
                           [](Event) {}, [](std::uint32_t, const std::string&) {},
                           [this](FenceReport r) { reports.put(std::move(r)); }});
        auto made = Thread::start({.name = "test-loop"}, [this] { loop->run(); });
        REQUIRE(made);
        thread = std::move(*made);
        model::ClusterSpec spec;
        for (const std::uint16_t n : {1, 2}) {
            model::NodeSpec node;
            node.id = NodeId{n};
            node.name = n == 1 ? "alpha" : "beta";
            node.fences = {{"ipmi", "staged", {}, 60s, 0, 60s}, {"pdu", "staged", {}, 60s, 0, 60s},
                           {"odd", "unknown", {}, 60s, 0, 60s}};
            spec.nodes.push_back(std::move(node));
        }
        on_loop([&] { executor->use(spec); });
    }
    ~FenceBench() {
        loop->stop();
        thread.join();
        outbox->close();
        executor.reset();
    }
    void on_loop(std::function<void()> task) {
        Mailbox<int> done;
        loop->post([&] {
            task();
            ring();
            done.put(1);
        });
        done.take();
    }
    void ring() {
        executor->tick(now());
        loop->set_alarm(executor->next_deadline(), [this] { ring(); });
    }
    OperationId call(const std::string& device, FenceAction action, Duration timeout = 30s,
                     Instant not_after = Instant::max()) {
        lifecycle::FenceOperation out;
        out.id = OperationId{++newest};
        out.node = NodeId{2};
        out.device = device;
        out.action = action;
        out.deadline = now() + timeout;
        out.not_after = not_after;
        on_loop([&] { executor->call(out); });
        return out.id;
    }

    TemporaryDirectory directory;
    std::shared_ptr<Board> board = std::make_shared<Board>();
    std::shared_ptr<const RunRecord> record;
    std::unique_ptr<Loop> loop;
    std::shared_ptr<Outbox> outbox;
    std::unique_ptr<Workers> workers, urgent;
    std::unique_ptr<Executor> executor;
    Thread thread;
    Mailbox<FenceReport> reports;
    std::uint64_t newest = 0;
};

}  // namespace

TEST_CASE("a device is worked, looked at, and knows whom it cuts off") {
    FenceBench bench;
    fence_stage().power["ipmi"] = HA_POWER_OFF;
    const auto off = bench.call("ipmi", FenceAction::off);
    auto report = bench.reports.take();
    CHECK(report.id == off);
    CHECK(report.outcome == Outcome::ok);
    CHECK(fence_stage().target == "beta");
    bench.call("ipmi", FenceAction::status);
    CHECK(bench.reports.take().power == PowerStatus::off);
    bench.call("ipmi", FenceAction::on);
    report = bench.reports.take();
    CHECK(report.outcome == Outcome::failed);
    CHECK(report.text.find("cannot switch anything on") != std::string::npos);
}

TEST_CASE("a device that there is not, of no known type, or asked too late is not begun") {
    FenceBench bench;
    bench.call("absent", FenceAction::off);
    CHECK(bench.reports.take().outcome == Outcome::failed);
    bench.call("odd", FenceAction::off);
    const auto odd = bench.reports.take();
    CHECK(odd.outcome == Outcome::failed);
    CHECK(odd.text.find("no type 'unknown' is loaded; known: staged") != std::string::npos);
    std::atomic<bool> was_asked = false;
    fence_stage().off["ipmi"] = [&](const ha_operation_t*) { return was_asked = true, HA_OK; };
    bench.call("ipmi", FenceAction::off, 30s, now() - 1ms);
    CHECK(bench.reports.take().outcome == Outcome::not_begun);
    CHECK_FALSE(was_asked);
}

TEST_CASE("F22: a device that hangs is cancelled, left behind, and told of when it returns") {
    FenceBench bench;
    Door door, was_cancelled;
    fence_stage().off["ipmi"] = [&](const ha_operation_t* o) -> std::int32_t {
        wait_for_cancel(o);
        was_cancelled.open();
        door.pass();
        o->set_error(o, "at last");
        return HA_ERROR_TIMED_OUT;
    };
    const auto hanging = bench.call("ipmi", FenceAction::off, 50ms);
    was_cancelled.pass();
    auto report = bench.reports.take();
    CHECK(report.id == hanging);
    CHECK(report.outcome == Outcome::timed_out);
    CHECK_FALSE(report.is_returned);
    // Another device of the same node is not kept waiting; the same one is, and says so.
    bench.call("pdu", FenceAction::off);
    CHECK(bench.reports.take().outcome == Outcome::ok);
    bench.call("ipmi", FenceAction::status, 50ms);
    const auto behind = bench.reports.take();
    CHECK(behind.outcome == Outcome::timed_out);
    CHECK(behind.is_returned);
    CHECK(behind.text.find("still hangs") != std::string::npos);
    door.open();
    report = bench.reports.take();
    CHECK(report.id == hanging);
    CHECK(report.is_returned);
    CHECK(report.text.find("at last") != std::string::npos);
    fence_stage().power["ipmi"] = HA_POWER_ON;
    bench.call("ipmi", FenceAction::status);
    CHECK(bench.reports.take().power == PowerStatus::on);
}

TEST_CASE("a device that keeps its deadline after being cancelled is told once") {
    FenceBench bench;
    fence_stage().off["ipmi"] = [&](const ha_operation_t* o) -> std::int32_t {
        wait_for_cancel(o);
        return HA_ERROR_TIMED_OUT;
    };
    bench.call("ipmi", FenceAction::off, 50ms);
    const auto first = bench.reports.take();
    CHECK(first.outcome == Outcome::timed_out);
    bench.call("ipmi", FenceAction::status);
    // On a machine that is busy the return may come after the grace; then it is told as left
    // behind.
    auto next = bench.reports.take();
    if (!first.is_returned) next = bench.reports.take();
    CHECK(next.outcome == Outcome::ok);
    CHECK(bench.reports.is_empty());
}

TEST_CASE("a program that ends with a device hanging does not wait for it") {
    const auto door = std::make_shared<Door>();  // who stands in it may leave after the test
    {
        FenceBench bench;
        fence_stage().off["ipmi"] = [door](const ha_operation_t*) -> std::int32_t {
            door->pass();
            return HA_OK;
        };
        bench.call("ipmi", FenceAction::off, 50ms);
        CHECK_FALSE(bench.reports.take().is_returned);
    }
    door->open();
    CHECK(true);
}
