// The executor with plugins of the test's own: deadlines, hanging calls, leases, severing,
// monitors.
#include "runtime/executor.hpp"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <map>
#include <set>

#include "ha/plugin/plugin.h"
#include "runtime/machine.hpp"
#include "runtime/posix.hpp"
#include "runtime/thread.hpp"
#include "support.hpp"

namespace ha::runtime {

using lifecycle::OperationKind;
using lifecycle::OperationReport;
using lifecycle::Outcome;
using lifecycle::ResourceStatus;
using test::Mailbox;
using test::TemporaryDirectory;

namespace {

/// What the plugins of a test do, by name of the resource; lives as long as the program, because
/// calls that hang do.
struct Stage {
    std::mutex mutex;
    std::map<std::string, std::function<std::int32_t(const ha_operation_t*)>> start, stop, sever,
        probe;
    std::set<std::string> exclusive;            ///< resources that tell what others have started
    std::map<std::string, int> made;            ///< instances, by name of the resource
    std::map<std::string, std::function<std::uint32_t()>> check;
    std::map<std::string, int> pollable_fd;
    std::map<std::string, std::string> parameter_seen;  ///< by resource: "value" at the last stop
    std::string create_error;
    std::atomic<int> arms{0}, disarms{0};

    template <class Map>
    auto find(Map& map, const std::string& name) {
        std::lock_guard guard(mutex);
        auto found = map.find(name);
        return found == map.end() ? typename Map::mapped_type{} : found->second;
    }
};

Stage& stage() {
    static Stage* the = new Stage;  // never destroyed: hanging calls may come back late
    return *the;
}

struct TestResource {
    ha_resource_t abi{};
    std::string name, value;
};
TestResource& of(const ha_resource_t* r) { return *static_cast<TestResource*>(r->plugin_data); }

std::int32_t run(std::map<std::string, std::function<std::int32_t(const ha_operation_t*)>>& map,
                 const ha_resource_t* r, const ha_operation_t* o) {
    auto deed = stage().find(map, of(r).name);
    return deed ? deed(o) : HA_OK;
}

const ha_resource_t* create_resource(const ha_plugin_factory_t*, const char*,
                                     const ha_host_t* host, const ha_config_t* config) {
    if (!stage().create_error.empty()) {
        host->set_error(host, stage().create_error.c_str());
        return nullptr;
    }
    auto out = new TestResource;
    out->name = config->name;
    {
        std::lock_guard guard(stage().mutex);
        stage().made[out->name]++;
    }
    auto value = config->get(config, "value");
    out->value = value == nullptr ? "" : value;
    out->abi.size = sizeof out->abi;
    out->abi.plugin_data = out;
    out->abi.destroy = [](const ha_resource_t* r) { delete &of(r); };
    out->abi.start = [](const ha_resource_t* r, const ha_operation_t* o) {
        return run(stage().start, r, o);
    };
    out->abi.stop = [](const ha_resource_t* r, const ha_operation_t* o) {
        {
            std::lock_guard guard(stage().mutex);
            stage().parameter_seen[of(r).name] = of(r).value;
        }
        return run(stage().stop, r, o);
    };
    out->abi.probe = [](const ha_resource_t* r, const ha_operation_t* o, std::uint32_t* status) {
        *status = HA_STATUS_OFFLINE;
        return run(stage().probe, r, o);
    };
    out->abi.sever = [](const ha_resource_t* r, const ha_operation_t* o) {
        return run(stage().sever, r, o);
    };
    out->abi.get_extension = [](const ha_resource_t* r, const char* id) -> const void* {
        static const ha_exclusive_t exclusive{sizeof(ha_exclusive_t), 0};
        std::lock_guard guard(stage().mutex);
        const bool is_told = stage().exclusive.contains(of(r).name);
        return is_told && std::strcmp(id, HA_EXT_EXCLUSIVE) == 0 ? &exclusive : nullptr;
    };
    return &out->abi;
}

struct TestMonitor {
    ha_monitor_t abi{};
    std::string name;
};
TestMonitor& of(const ha_monitor_t* m) { return *static_cast<TestMonitor*>(m->plugin_data); }

std::int32_t check(const ha_monitor_t* m, const ha_operation_t*, std::uint32_t* verdict) {
    auto deed = stage().find(stage().check, of(m).name);
    *verdict = deed ? deed() : HA_VERDICT_OK;
    return HA_OK;
}

const ha_pollable_t k_pollable = {
    sizeof(ha_pollable_t), 0,
    [](const ha_monitor_t* m, const ha_operation_t*) -> std::int32_t {
        stage().arms++;
        return stage().find(stage().pollable_fd, of(m).name);
    },
    [](const ha_monitor_t* m, const ha_operation_t*, std::uint32_t* verdict) -> std::int32_t {
        std::uint64_t value = 0;
        if (::read(stage().find(stage().pollable_fd, of(m).name), &value, sizeof value) < 0)
            return HA_ERROR_IO;
        *verdict = static_cast<std::uint32_t>(value);
        return HA_OK;
    },
    [](const ha_monitor_t*) { stage().disarms++; },
};

const ha_monitor_t* create_monitor(const ha_plugin_factory_t*, const char*, const ha_host_t*,
                                   const ha_config_t* config) {
    auto out = new TestMonitor;
    out->name = config->name;
    out->abi.size = sizeof out->abi;
    out->abi.plugin_data = out;
    out->abi.destroy = [](const ha_monitor_t* m) { delete &of(m); };
    out->abi.check = check;
    out->abi.get_extension = [](const ha_monitor_t* m, const char* id) -> const void* {
        bool is_pollable = std::strcmp(id, HA_EXT_POLLABLE) == 0 &&
                           stage().find(stage().pollable_fd, of(m).name) > 0;
        return is_pollable ? &k_pollable : nullptr;
    };
    return &out->abi;
}

ha_descriptor_t descriptor(std::uint32_t kind, const char* type) {
    static const ha_parameter_t value = {sizeof(ha_parameter_t), HA_PARAMETER_STRING, 0, 0, 0, 0,
                                         "value", nullptr, nullptr, "anything"};
    static const ha_parameter_t* const parameters[] = {&value};
    ha_descriptor_t out{};
    out.size = sizeof out;
    out.kind = kind;
    out.requirement = kind == HA_KIND_RESOURCE ? HA_REQUIRES_QUORUM : HA_REQUIRES_NOTHING;
    out.flags = kind == HA_KIND_RESOURCE ? HA_TYPE_CAN_SEVER : HA_TYPE_EVENT_DRIVEN;
    out.sever_bound_ns = kind == HA_KIND_RESOURCE ? 1'000'000 : 0;
    out.type_name = type;
    out.version = "1";
    out.summary = "Does what a test says.";
    out.parameters = parameters;
    out.parameter_count = 1;
    return out;
}

const ha_plugin_factory_t& factory() {
    static const ha_descriptor_t descriptors[] = {descriptor(HA_KIND_RESOURCE, "staged"),
                                                  descriptor(HA_KIND_MONITOR, "watcher")};
    static const ha_plugin_factory_t out = {
        sizeof(ha_plugin_factory_t), 0, nullptr, [](const ha_plugin_factory_t*) -> std::uint32_t {
            return 2;
        },
        [](const ha_plugin_factory_t*, std::uint32_t index) { return &descriptors[index]; },
        create_resource, create_monitor, nullptr};
    return out;
}

model::ClusterSpec make_spec(std::vector<std::string> names, const std::string& value = "first") {
    model::ClusterSpec spec;
    model::NodeSpec node;
    node.id = NodeId{1};
    node.name = "alpha";
    spec.nodes = {node};
    model::GroupSpec group;
    group.id = GroupId{1};
    group.name = "web";
    group.policy = {NodeId{2}, NodeId{1}};
    for (std::uint32_t i = 0; i < names.size(); i++) {
        model::ResourceSpec resource;
        resource.id = ResourceId{i + 1};
        resource.name = names[i];
        resource.type = "staged";
        resource.parameters["value"] = value;
        group.resources.push_back(resource);
        model::MonitorSpec monitor;
        monitor.id = MonitorId{i + 1};
        monitor.name = names[i];
        monitor.type = "watcher";
        spec.monitors.push_back(monitor);
    }
    spec.groups = {group};
    return spec;
}

/// An executor on a loop of its own, with an alarm as a node has.
struct Bench {
    explicit Bench(std::vector<std::string> resources,
                   std::size_t workers_max = k_limit_workers)
        : names(std::move(resources)) {
        auto registry = std::make_shared<plugin::Registry>();
        REQUIRE(registry->register_type(&factory()));
        loop = std::move(*Loop::make());
        outbox = std::make_shared<Outbox>(*loop);
        workers = std::move(*Workers::start({.name = "test-worker", .threads_max = workers_max}));
        urgent = std::move(*Workers::start({.name = "test-urgent"}));
        REQUIRE(make_directories(directory.file("run")));
        record = std::make_shared<const RunRecord>(directory.file("run"), BootId{{1}});
        executor = std::make_unique<Executor>(
            Executor::Hands{*loop, *workers, *urgent, outbox, board, registry, record},
            ExecutorOptions{NodeId{1}, directory.file("run/plugins")},
            ExecutorEvents{[this](OperationReport r) { reports.put(std::move(r)); },
                           [this](lifecycle::MonitorReport r) {
                               verdicts.put(std::move(r));
                               loop->set_alarm(executor->next_deadline(), [this] { ring(); });
                           },
                           [this](Event e) { events.put(std::move(e)); },
                           [this](std::uint32_t, const std::string& text) { logs.put(text); }});
        board->set_lease_end(Instant::max());
        auto made = Thread::start({.name = "test-loop"}, [this] { loop->run(); });
        REQUIRE(made);
        thread = std::move(*made);
        on_loop([&] { executor->use(make_spec(names)); });
    }
    ~Bench() {
        loop->stop();
        thread.join();
        outbox->close();
        executor.reset();
    }
    void on_loop(std::function<void()> task) {
        Mailbox<int> done;
        loop->post([&] {
            task();
            loop->set_alarm(executor->next_deadline(), [this] { ring(); });
            done.put(1);
        });
        done.take();
    }
    void ring() {
        executor->tick(now());
        loop->set_alarm(executor->next_deadline(), [this] { ring(); });
    }
    OperationId call(std::uint32_t resource, OperationKind kind, Duration timeout = 30s,
                     Instant not_after = Instant::max(), bool is_search = false) {
        lifecycle::StartOperation out;
        out.is_search = is_search;
        out.id = OperationId{++newest};
        out.kind = kind;
        out.resource = ResourceId{resource};
        out.group = GroupId{1};
        out.epoch = {Incarnation{1}, Term{1}, NodeId{1}};
        out.start_kind = model::StartKind::failover;
        out.factor = lifecycle::OperationFactor::group_move;
        out.deadline = now() + timeout;
        out.not_after = not_after;
        on_loop([&] { executor->call(out); });
        return out.id;
    }

    OperationId search(std::uint32_t resource, Duration timeout = 30s) {
        return call(resource, OperationKind::probe, timeout, Instant::max(), true);
    }
    void cancel(OperationId id) {
        on_loop([&] { executor->call(lifecycle::CancelOperation{id}); });
    }

    TemporaryDirectory directory;
    std::vector<std::string> names;
    std::shared_ptr<Board> board = std::make_shared<Board>();
    std::unique_ptr<Loop> loop;
    std::shared_ptr<Outbox> outbox;
    std::unique_ptr<Workers> workers, urgent;
    std::shared_ptr<const RunRecord> record;
    std::unique_ptr<Executor> executor;
    Mailbox<OperationReport> reports;
    Mailbox<lifecycle::MonitorReport> verdicts;
    Mailbox<Event> events;
    Mailbox<std::string> logs;
    std::uint64_t newest = 0;
    Thread thread;
};

using Deed = std::function<std::int32_t(const ha_operation_t*)>;
void on_start(const std::string& name, Deed deed) {
    std::lock_guard guard(stage().mutex);
    stage().start[name] = std::move(deed);
}
void on_sever(const std::string& name, Deed deed) {
    std::lock_guard guard(stage().mutex);
    stage().sever[name] = std::move(deed);
}

}  // namespace

TEST_CASE("start, probe and stop are carried out, with what scripts are told") {
    Bench bench({"told"});
    on_start("told", [](const ha_operation_t* o) {
        bool is_right = o->event == HA_EVENT_FAILOVER && o->factor == HA_FACTOR_GROUP_MOVE &&
                        o->priority == 2 && (o->flags & HA_OPERATION_AT_HOME) == 0 &&
                        o->epoch.incarnation == 1;
        return is_right ? HA_OK : HA_ERROR_INVALID;
    });
    auto id = bench.call(1, OperationKind::start);
    auto report = bench.reports.take();
    CHECK(report.id == id);
    CHECK(report.outcome == Outcome::ok);
    CHECK(report.status == ResourceStatus::online);
    bench.call(1, OperationKind::probe);
    CHECK(bench.reports.take().status == ResourceStatus::offline);
    bench.call(1, OperationKind::stop);
    CHECK(bench.reports.take().status == ResourceStatus::offline);
}

TEST_CASE("a failure comes back with the plugin's own words") {
    Bench bench({"fails"});
    on_start("fails", [](const ha_operation_t* o) {
        o->set_error(o, "the disk is on fire");
        return HA_ERROR_IO;
    });
    bench.call(1, OperationKind::start);
    auto report = bench.reports.take();
    CHECK(report.outcome == Outcome::failed);
    CHECK(report.text.find("the disk is on fire") != std::string::npos);
    bench.call(99, OperationKind::start);
    CHECK(bench.reports.take().text.find("no such resource") != std::string::npos);
    stage().create_error = "parameters do not fit";
    Bench other({"uncreated"});
    other.call(1, OperationKind::start);
    CHECK(other.reports.take().text.find("parameters do not fit") != std::string::npos);
    stage().create_error.clear();
    other.call(1, OperationKind::start);
    CHECK(other.reports.take().outcome == Outcome::ok);
}

TEST_CASE("an operation that hangs is reported once, and delays its own resource only") {
    auto door = std::make_shared<test::Door>();
    {
        Bench bench({"hangs", "lives"});
        on_start("hangs", [door](const ha_operation_t*) {
            door->pass();
            return HA_OK;
        });
        auto hanging = bench.call(1, OperationKind::start, 30ms);
        std::map<OperationId, OperationReport> got;
        for (int i = 0; i < 10; i++) {
            bench.call(2, OperationKind::start);
            auto report = bench.reports.take();
            if (report.id == hanging) {
                got[hanging] = report;
                report = bench.reports.take();
            }
            CHECK(report.outcome == Outcome::ok);
        }
        auto waiting = bench.call(1, OperationKind::stop, 1ms);
        while (got.size() < 2) {
            auto report = bench.reports.take();
            got[report.id] = report;
        }
        CHECK(got[hanging].outcome == Outcome::timed_out);
        CHECK(got[waiting].outcome == Outcome::timed_out);
        CHECK(got[waiting].text.find("earlier operation") != std::string::npos);
        door->open();
        // The lane is free again, and the late result of the hanging start is nobody's.
        bench.call(1, OperationKind::stop);
        CHECK(bench.reports.take().outcome == Outcome::ok);
        CHECK(bench.reports.is_empty());
    }
}

TEST_CASE("an operation is told to end at its deadline, and may say so itself") {
    Bench bench({"obeys"});
    on_start("obeys", [](const ha_operation_t* o) {
        while (o->is_cancelled(o) == 0) ::usleep(100);
        o->set_error(o, "rolled back");
        return HA_ERROR_CANCELLED;
    });
    bench.call(1, OperationKind::start, 5ms);
    auto report = bench.reports.take();
    CHECK(report.outcome != Outcome::ok);
    auto id = bench.call(1, OperationKind::start);
    bench.on_loop([&] { bench.executor->call(lifecycle::CancelOperation{id}); });
    report = bench.reports.take();
    CHECK(report.id == id);
    CHECK((report.outcome == Outcome::failed || report.outcome == Outcome::not_begun));
}

TEST_CASE("an operation that waits behind another is cancelled without having begun") {
    auto door = std::make_shared<test::Door>();
    Bench bench({"queue"});
    on_start("queue", [door](const ha_operation_t*) {
        door->pass();
        return HA_OK;
    });
    auto first = bench.call(1, OperationKind::start);
    auto second = bench.call(1, OperationKind::stop);
    bench.on_loop([&] { bench.executor->call(lifecycle::CancelOperation{second}); });
    auto report = bench.reports.take();
    CHECK(report.id == second);
    CHECK(report.outcome == Outcome::not_begun);
    door->open();
    CHECK(bench.reports.take().id == first);
}

TEST_CASE("a search looks where the type tells what others have started, and says where it "
          "cannot") {
    Bench bench({"told-of", "untold"});
    {
        std::lock_guard guard(stage().mutex);
        stage().exclusive = {"told-of"};
    }
    bench.search(1);
    auto report = bench.reports.take();
    CHECK(report.outcome == Outcome::ok);
    CHECK(report.status == ResourceStatus::offline);
    CHECK_FALSE(report.is_unsearchable);
    bench.search(2);
    report = bench.reports.take();
    CHECK(report.outcome == Outcome::not_begun);
    CHECK(report.is_unsearchable);
    bench.call(1, OperationKind::start);
    CHECK(bench.reports.take().status == ResourceStatus::online);
    bench.search(1);
    report = bench.reports.take();
    CHECK(report.outcome == Outcome::not_begun);
    CHECK_FALSE(report.is_unsearchable);  // it tells, at another time
}

TEST_CASE("a search that is cancelled ends its probe, and the next one begins") {
    Bench bench({"sought"});
    Mailbox<int> begun;
    {
        std::lock_guard guard(stage().mutex);
        stage().exclusive = {"sought"};
        stage().probe["sought"] = [&](const ha_operation_t* o) {
            begun.put(1);
            pollfd cancelled{o->cancel_fd, POLLIN, 0};
            (void)::poll(&cancelled, 1, 60'000);
            o->set_error(o, "cancelled");
            return HA_ERROR_CANCELLED;
        };
    }
    auto id = bench.search(1);
    begun.take();
    bench.cancel(id);
    auto report = bench.reports.take();
    CHECK(report.id == id);
    CHECK(report.outcome == Outcome::failed);
    {
        std::lock_guard guard(stage().mutex);
        stage().probe.erase("sought");
    }
    bench.search(1);
    CHECK(bench.reports.take().outcome == Outcome::ok);
}

TEST_CASE("a search that is cancelled while every worker is busy makes no instance and no probe") {
    auto door = std::make_shared<test::Door>();
    Bench bench({"unsought"}, 1);
    {
        std::lock_guard guard(stage().mutex);
        stage().exclusive = {"unsought"};
        stage().made.clear();
    }
    REQUIRE(bench.workers->run([door] { door->pass(); }));
    auto id = bench.search(1);
    bench.cancel(id);
    door->open();
    auto report = bench.reports.take();
    CHECK(report.id == id);
    CHECK(report.outcome == Outcome::not_begun);
    CHECK_FALSE(report.is_unsearchable);
    CHECK(stage().made["unsought"] == 0);
}

TEST_CASE("a start does not begin after the time that its lease allows") {
    Bench bench({"late"});
    std::atomic<bool> has_begun{false};
    on_start("late", [&](const ha_operation_t*) {
        has_begun = true;
        return HA_OK;
    });
    bench.call(1, OperationKind::start, 30s, now() - 1ms);
    CHECK(bench.reports.take().outcome == Outcome::not_begun);
    CHECK(!has_begun);
}

TEST_CASE("F34: a start during which the lease runs out is severed at once and has failed") {
    Bench bench({"outlived"});
    std::atomic<int> severed{0};
    on_start("outlived", [&](const ha_operation_t*) {
        bench.board->set_lease_end(now());
        return HA_OK;
    });
    on_sever("outlived", [&](const ha_operation_t*) {
        severed++;
        return HA_OK;
    });
    bench.call(1, OperationKind::start, 30s, now() + 10s);
    auto report = bench.reports.take();
    CHECK(report.outcome == Outcome::failed);
    CHECK(report.text.find("severed") != std::string::npos);
    CHECK(severed == 1);
    // A group that needs no lease is not asked for one.
    bench.call(1, OperationKind::start);
    CHECK(bench.reports.take().outcome == Outcome::ok);
    CHECK(severed == 1);
}

TEST_CASE("severing waits for nothing: not for a hanging start, not for the run record") {
    auto door = std::make_shared<test::Door>();
    Bench bench({"cut"});
    on_start("cut", [door](const ha_operation_t*) {
        door->pass();
        return HA_OK;
    });
    auto hanging = bench.call(1, OperationKind::start);
    bench.on_loop([&] { bench.executor->set_run_record({}); });
    auto id = bench.call(1, OperationKind::sever);
    auto report = bench.reports.take();
    CHECK(report.id == id);
    CHECK(report.outcome == Outcome::ok);
    door->open();
    CHECK(bench.reports.take().id == hanging);
}

TEST_CASE("the run record is on disk before a call made after it begins") {
    Bench bench({"recorded"});
    std::vector<lifecycle::Held> held = {{GroupId{1}, {Incarnation{5}, Term{1}, NodeId{1}}}};
    std::atomic<bool> was_there{false};
    on_start("recorded", [&](const ha_operation_t*) {
        auto read = bench.record->read();
        was_there = read && *read == held;
        return HA_OK;
    });
    lifecycle::StartOperation start;
    start.id = OperationId{77};
    start.kind = OperationKind::start;
    start.resource = ResourceId{1};
    start.group = GroupId{1};
    start.deadline = now() + 30s;
    bench.on_loop([&] {
        bench.executor->set_run_record({});
        bench.executor->set_run_record(held);
        bench.executor->call(start);
    });
    CHECK(bench.reports.take().outcome == Outcome::ok);
    CHECK(was_there);
}

TEST_CASE("nothing is started when the run record cannot be written, and stopping still works") {
    Bench bench({"unrecorded"});
    std::filesystem::remove_all(bench.directory.file("run"));
    bench.on_loop([&] { bench.executor->set_run_record({}); });
    bench.call(1, OperationKind::start);
    auto report = bench.reports.take();
    CHECK(report.outcome == Outcome::failed);
    CHECK(report.text.find("not started") != std::string::npos);
    REQUIRE(make_directories(bench.directory.file("run")));
    bench.on_loop([&] { bench.executor->set_run_record({}); });
    bench.call(1, OperationKind::start);
    CHECK(bench.reports.take().outcome == Outcome::ok);
}

TEST_CASE("what is active is stopped with the parameters it was started with") {
    Bench bench({"changed"});
    bench.call(1, OperationKind::start);
    CHECK(bench.reports.take().outcome == Outcome::ok);
    bench.on_loop([&] { bench.executor->use(make_spec(bench.names, "second")); });
    bench.call(1, OperationKind::stop);
    CHECK(bench.reports.take().outcome == Outcome::ok);
    CHECK(stage().parameter_seen["changed"] == "first");
    bench.call(1, OperationKind::start);
    bench.reports.take();
    bench.call(1, OperationKind::stop);
    bench.reports.take();
    CHECK(stage().parameter_seen["changed"] == "second");
}

TEST_CASE("a check gives its verdict, and one that hangs is unknown") {
    auto door = std::make_shared<test::Door>();
    Bench bench({"checked"});
    {
        std::lock_guard guard(stage().mutex);
        stage().check["checked"] = [] { return HA_VERDICT_BAD; };
    }
    auto check_once = [&](Duration timeout) {
        auto id = OperationId{++bench.newest};
        bench.on_loop([&] {
            bench.executor->call(lifecycle::CheckMonitor{id, MonitorId{1}, now() + timeout});
        });
        return id;
    };
    auto id = check_once(30s);
    auto verdict = bench.verdicts.take();
    CHECK(verdict.id == id);
    CHECK(verdict.verdict == lifecycle::Verdict::bad);
    {
        std::lock_guard guard(stage().mutex);
        stage().check["checked"] = [door] {
            door->pass();
            return HA_VERDICT_OK;
        };
    }
    id = check_once(5ms);
    verdict = bench.verdicts.take();
    CHECK(verdict.id == id);
    CHECK(verdict.verdict == lifecycle::Verdict::unknown);
    door->open();
    check_once(30s);
    CHECK(bench.verdicts.take().verdict == lifecycle::Verdict::ok);
}

TEST_CASE("an event-driven monitor reports at once and on its own, and never spins") {
    UniqueFd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    {
        std::lock_guard guard(stage().mutex);
        stage().pollable_fd["polled"] = fd.get();
        stage().arms = stage().disarms = 0;
    }
    {
        Bench bench({"polled"});
        bench.on_loop([&] { bench.executor->call(lifecycle::BeginMonitor{MonitorId{1}, {}}); });
        CHECK(::eventfd_write(fd.get(), HA_VERDICT_BAD) == 0);
        auto verdict = bench.verdicts.take();
        CHECK(!verdict.id);
        CHECK(verdict.verdict == lifecycle::Verdict::bad);
        // What is bad stays readable in real life: it is armed again after a good check only.
        CHECK(stage().arms == 1);
        bench.on_loop([&] {
            bench.executor->call(lifecycle::CheckMonitor{OperationId{5}, MonitorId{1},
                                                         now() + 30s});
        });
        CHECK(bench.verdicts.take().verdict == lifecycle::Verdict::ok);
        CHECK(::eventfd_write(fd.get(), HA_VERDICT_OK) == 0);
        CHECK(bench.verdicts.take().verdict == lifecycle::Verdict::ok);
        CHECK(::eventfd_write(fd.get(), HA_VERDICT_BAD) == 0);  // armed again by the alarm
        CHECK(bench.verdicts.take().verdict == lifecycle::Verdict::bad);
        CHECK(stage().arms == 3);
        bench.on_loop([&] { bench.executor->call(lifecycle::EndMonitor{MonitorId{1}}); });
    }
    std::lock_guard guard(stage().mutex);
    stage().pollable_fd.clear();
}

TEST_CASE("an epoch is valid while the group is held at it and its lease runs") {
    Board board;
    auto spec = make_spec({"r"});
    board.set_spec(spec);
    Epoch epoch{Incarnation{3}, Term{2}, NodeId{1}}, older{Incarnation{2}, Term{2}, NodeId{1}};
    board.set_held({{GroupId{1}, epoch}});
    board.set_lease_end(Instant{1000});
    CHECK(board.is_epoch_valid("web", epoch, Instant{999}));
    CHECK(!board.is_epoch_valid("web", epoch, Instant{1000}));
    CHECK(!board.is_epoch_valid("web", older, Instant{999}));
    CHECK(!board.is_epoch_valid("web", Epoch{}, Instant{999}));
    CHECK(!board.is_epoch_valid("other", epoch, Instant{999}));
    CHECK(board.not_after("web") == Instant{1000});
    CHECK(board.not_after("") == Instant::max());
    spec.groups[0].resources[0].requirement = model::Requirement::nothing;
    board.set_spec(spec);
    CHECK(board.is_epoch_valid("web", epoch, Instant{5000}));
    board.set_held({});
    CHECK(!board.is_epoch_valid("web", epoch, Instant{999}));
}

}  // namespace ha::runtime
