// Instances: what passes through the ABI, and who is blamed when the contract is broken.
#include "plugin/instance.hpp"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <thread>

#include "fake_host.hpp"
#include "ha/plugin.hpp"
#include "plugin/registry.hpp"

using namespace ha;
using namespace ha::plugin;

namespace instance_cases {
namespace {

bool says(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// Does in each method what the test says.
struct Script {
    std::function<void(const Operation&)> start = [](const Operation&) {};
    std::function<Status(const Operation&)> probe = [](const Operation&) { return Status::online; };
    std::function<Verdict(const Operation&)> check = [](const Operation&) { return Verdict::ok(); };
    std::function<int()> arm = [] { return -1; };
    int disarmed = 0;
};
Script* g_script = nullptr;

class Scripted final : public Resource {
   public:
    static constexpr Parameter k_parameters[] = {
        {.name = "delay", .type = ParameterType::duration, .default_value = "5s", .help = "x"},
        {.name = "items", .type = ParameterType::list, .item_type = ParameterType::string},
        {.name = "unused", .help = "x"},
    };
    static constexpr TypeInfo k_type{.name = "scripted",
                                     .requirement = Requirement::fencing,
                                     .sever_bound = std::chrono::milliseconds(3),
                                     .parameters = k_parameters};

    explicit Scripted(const Context& context) : context_(context) {
        if (context.name() == "impossible") throw Error(ErrorCode::invalid, "it cannot be");
        if (context.name() == "sloppy") context.parameters().integer("delay");
    }
    void start(const Operation& operation) override { g_script->start(operation); }
    void stop(const Operation&) override { throw 7; }
    Status probe(const Operation& operation) override {
        operation.explain(context_.node() + "/" + context_.group() + "/" + context_.name() + " " +
                          format_duration(context_.parameters().duration("delay")) + " " +
                          std::to_string(context_.parameters().has("unused")));
        return g_script->probe(operation);
    }
    void sever(const Operation&) override { context_.host().log(Severity::info, "severed"); }

    Context context_;
};

class Watcher final : public PollableMonitor {
   public:
    static constexpr TypeInfo k_type{.name = "watcher"};
    explicit Watcher(const Context&) {}
    Verdict check(const Operation& operation) override { return g_script->check(operation); }
    int arm(const Operation&) override { return g_script->arm(); }
    Verdict on_ready(const Operation&) override { return Verdict::bad("it told me"); }
    void disarm() noexcept override { ++g_script->disarmed; }
};

struct Bench {
    Bench() {
        g_script = &script;
        REQUIRE(registry.register_type(Entry<Scripted, Watcher>::factory(), "test"));
    }
    Result<std::unique_ptr<ResourceInstance>> resource(
        const std::string& name, std::map<std::string, std::string> parameters = {}) {
        return registry.create_resource({.type = "scripted",
                                         .name = name,
                                         .group = "g",
                                         .node = "n1",
                                         .parameters = std::move(parameters),
                                         .state_root = directory.file("state")},
                                        services);
    }
    std::unique_ptr<MonitorInstance> monitor() {
        auto made = registry.create_monitor(
            {.type = "watcher", .name = "w", .node = "n1", .state_root = directory.file("state")},
            services);
        REQUIRE(made);
        return std::move(*made);
    }

    Script script;
    test::TemporaryDirectory directory;
    test::FakeServices services;
    Registry registry;
};

}  // namespace

TEST_CASE("an instance knows its names, its parameters and their defaults") {
    Bench bench;
    auto made = bench.resource("one");
    REQUIRE(made);
    const auto probed = (*made)->probe(test::call_with(bench.services));
    REQUIRE(probed);
    CHECK(probed->status == ProbedStatus::online);
    CHECK(probed->reason == "n1/g/one 5s 0");
    CHECK((*made)->sever_bound() == 3ms);
    CHECK((*made)->descriptor().requirement == HA_REQUIRES_FENCING);
    auto other = bench.resource("two", {{"delay", "7s"}});
    REQUIRE(other);
    CHECK((*other)->probe(test::call_with(bench.services))->reason == "n1/g/two 7s 0");
}

TEST_CASE("the state directory is the instance's own and closed to others") {
    Bench bench;
    REQUIRE(bench.resource("one"));
    struct stat status{};
    REQUIRE(stat(bench.directory.file("state/resource/one").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0700);
}

TEST_CASE("wrong parameters make no instance, and the sentence says what would be right") {
    Bench bench;
    const auto wrong = bench.resource("one", {{"delay", "5"}});
    REQUIRE(!wrong);
    CHECK(says(wrong.error().context, "scripted 'one': parameter 'delay' = '5' must be"));
    CHECK(says(bench.resource("one", {{"dealy", "5s"}}).error().context, "'delay'"));
    CHECK(says(bench.resource("impossible").error().context, "it cannot be"));
}

TEST_CASE("a plugin that reads a parameter otherwise than it describes it is told so") {
    Bench bench;
    CHECK(says(bench.resource("sloppy").error().context, "as another type than it describes"));
}

TEST_CASE("an operation carries deadline, epoch and environment") {
    Bench bench;
    auto made = bench.resource("one");
    REQUIRE(made);
    auto call = test::call_with(bench.services);
    call.event = HA_EVENT_FAILOVER;
    call.factor = HA_FACTOR_GROUP_MOVE;
    call.is_at_home = true;
    call.priority = 2;
    call.attempt = 4;
    bool is_seen = false;
    bench.script.start = [&](const Operation& o) {
        is_seen = o.deadline_ns() == call.deadline.ns && o.epoch().incarnation == 3 &&
                  o.epoch().term == 5 && o.epoch().node == 2 &&
                  o.abi().event == HA_EVENT_FAILOVER && o.abi().factor == HA_FACTOR_GROUP_MOVE &&
                  o.abi().flags == HA_OPERATION_AT_HOME && o.abi().priority == 2 &&
                  o.abi().attempt == 4 && o.remaining() > 0s;
    };
    CHECK((*made)->start(call));
    CHECK(is_seen);
}

TEST_CASE("what a plugin throws becomes a failure with its code and sentence") {
    Bench bench;
    auto made = bench.resource("one");
    REQUIRE(made);
    const auto fail_with = [&](auto&& thrown) {
        bench.script.start = [&](const Operation&) { throw thrown; };
        return (*made)->start(test::call_with(bench.services)).error();
    };
    CHECK(fail_with(Error(ErrorCode::timed_out, "too slow")).code == FailureCode::timed_out);
    CHECK(fail_with(Error(ErrorCode::not_found, "gone")).context == "scripted 'one' start: gone");
    CHECK(says(fail_with(std::runtime_error("odd")).context, "odd"));
    CHECK(says(fail_with(std::bad_alloc()).context, "out of memory"));
    CHECK(says(fail_with(7).context, "no std::exception"));
    CHECK(says((*made)->stop(test::call_with(bench.services)).error().context, "stop: "));
}

TEST_CASE("a cancelled operation sees it by flag and by descriptor") {
    Bench bench;
    auto made = bench.resource("one");
    REQUIRE(made);
    Cancellation cancellation;
    bench.script.start = [&](const Operation& o) {
        pollfd waiting{o.cancel_fd(), POLLIN, 0};
        REQUIRE(poll(&waiting, 1, 60'000) == 1);
        o.check();
    };
    auto call = test::call_with(bench.services);
    call.cancellation = &cancellation;
    std::thread other([&] { cancellation.cancel(); });
    const auto result = (*made)->start(call);
    other.join();
    REQUIRE(!result);
    CHECK(result.error().code == FailureCode::unavailable);
    CHECK(says(result.error().context, "cancelled"));
}

TEST_CASE("success after the deadline is a failure") {
    Bench bench;
    auto made = bench.resource("one");
    REQUIRE(made);
    bench.script.start = [&](const Operation&) { bench.services.skew_ns = 3'600'000'000'000; };
    const auto result = (*made)->start(test::call_with(bench.services));
    REQUIRE(!result);
    CHECK(result.error().code == FailureCode::timed_out);
    CHECK(says(result.error().context, "after its deadline"));
}

TEST_CASE("a status that is none is the plugin's fault, and is logged") {
    Bench bench;
    auto made = bench.resource("one");
    REQUIRE(made);
    bench.script.probe = [](const Operation&) { return static_cast<Status>(9); };
    const auto result = (*made)->probe(test::call_with(bench.services));
    REQUIRE(!result);
    CHECK(says(result.error().context, "the plugin broke the contract: it gave the status 9"));
    CHECK(says(bench.services.text(), "gave the status 9"));
}

TEST_CASE("two operations of one instance at a time are the host's fault") {
    Bench bench;
    auto made = bench.resource("one");
    REQUIRE(made);
    std::string inner;
    bench.script.start = [&](const Operation&) {
        inner = (*made)->probe(test::call_with(bench.services)).error().context;
    };
    CHECK((*made)->start(test::call_with(bench.services)));
    CHECK(says(inner, "host broke the contract of scripted 'one': two operations"));
}

TEST_CASE("sever may come beside another operation") {
    Bench bench;
    auto made = bench.resource("one");
    REQUIRE(made);
    bool is_severed = false;
    bench.script.start = [&](const Operation&) {
        is_severed = static_cast<bool>((*made)->sever(test::call_with(bench.services)));
    };
    CHECK((*made)->start(test::call_with(bench.services)));
    CHECK(is_severed);
    CHECK(says(bench.services.text(), "one: severed"));
}

TEST_CASE("the glove refuses operations that the host filled wrongly") {
    Bench bench;
    auto made = bench.resource("one");
    REQUIRE(made);
    const auto* abi = (*made)->abi();
    CHECK(abi->start(abi, nullptr) == HA_ERROR_CONTRACT);
    ha_operation_t operation{};
    operation.size = sizeof(operation);
    operation.kind = HA_OPERATION_STOP;
    operation.deadline_ns = 1;
    operation.is_cancelled = [](const ha_operation_t*) -> std::int32_t { return 0; };
    operation.set_error = [](const ha_operation_t*, const char*) {};
    CHECK(abi->start(abi, &operation) == HA_ERROR_CONTRACT);
    operation.kind = HA_OPERATION_START;
    CHECK(abi->start(abi, &operation) == HA_OK);
    operation.deadline_ns = 0;
    CHECK(abi->start(abi, &operation) == HA_ERROR_CONTRACT);
    operation.deadline_ns = 1;
    operation.size = 12;
    CHECK(abi->start(abi, &operation) == HA_ERROR_CONTRACT);
    CHECK(says(bench.services.text(), "host broke the contract of scripted 'one'"));
}

TEST_CASE("a check that fails is unknown, never good or bad") {
    Bench bench;
    auto monitor = bench.monitor();
    bench.script.check = [](const Operation&) -> Verdict { throw Error(ErrorCode::io, "no luck"); };
    auto answer = monitor->check(test::call_with(bench.services));
    CHECK(answer.verdict == CheckedVerdict::unknown);
    CHECK(says(answer.reason, "no luck"));
    bench.script.check = [](const Operation&) { return Verdict{17, ""}; };
    answer = monitor->check(test::call_with(bench.services));
    CHECK(answer.verdict == CheckedVerdict::unknown);
    CHECK(says(answer.reason, "gave the verdict 17"));
    bench.script.check = [](const Operation&) { return Verdict::bad("dead"); };
    answer = monitor->check(test::call_with(bench.services));
    CHECK(answer.verdict == CheckedVerdict::bad);
    CHECK(answer.reason == "dead");
}

TEST_CASE("a pollable monitor is armed, tells, and can be disarmed") {
    Bench bench;
    auto monitor = bench.monitor();
    REQUIRE(monitor->is_event_driven());
    const int event = eventfd(1, EFD_CLOEXEC);
    bench.script.arm = [&] { return event; };
    const auto armed = monitor->arm(test::call_with(bench.services));
    REQUIRE(armed);
    CHECK(*armed == event);
    CHECK(monitor->on_ready(test::call_with(bench.services)).verdict == CheckedVerdict::bad);
    REQUIRE(monitor->arm(test::call_with(bench.services)));
    monitor->disarm();
    CHECK(bench.script.disarmed == 1);
    REQUIRE(monitor->arm(test::call_with(bench.services)));
    monitor.reset();
    CHECK(bench.script.disarmed == 2);
    close(event);
}

TEST_CASE("a monitor that arms with a descriptor which is not open is blamed") {
    Bench bench;
    auto monitor = bench.monitor();
    bench.script.arm = [] { return 1'000'000; };
    const auto armed = monitor->arm(test::call_with(bench.services));
    REQUIRE(!armed);
    CHECK(says(armed.error().context, "which is not open"));
}

namespace {

/// What a plugin in C may do wrong, past the glove.
std::int32_t g_code = 0;
const ha_plugin_factory_t* raw_factory() {
    static const ha_resource_t resource = [] {
        ha_resource_t r{};
        r.size = sizeof(r);
        r.destroy = [](const ha_resource_t*) {};
        r.start = [](const ha_resource_t*, const ha_operation_t*) -> std::int32_t {
            if (g_code == 99) throw 1;
            return g_code;
        };
        r.stop = r.start;
        r.probe = [](const ha_resource_t*, const ha_operation_t*, std::uint32_t*) -> std::int32_t {
            return 0;
        };
        return r;
    }();
    static const ha_resource_t incomplete = [] {
        ha_resource_t r = resource;
        r.stop = nullptr;
        return r;
    }();
    static const ha_plugin_factory_t factory = [] {
        ha_plugin_factory_t f = *Entry<Scripted>::factory();
        f.create_resource = [](const ha_plugin_factory_t*, const char*, const ha_host_t*,
                               const ha_config_t* config) {
            return std::string(config->name) == "incomplete" ? &incomplete : &resource;
        };
        return f;
    }();
    return &factory;
}

}  // namespace

TEST_CASE("a plugin past the glove is guarded too") {
    Registry registry;
    REQUIRE(registry.register_type(raw_factory(), "raw"));
    test::TemporaryDirectory directory;
    test::FakeServices services;
    InstanceSpec spec{
        .type = "scripted", .name = "raw", .state_root = directory.file("state")};
    auto made = registry.create_resource(spec, services);
    REQUIRE(made);
    auto& instance = **made;
    g_code = 5;
    CHECK(says(instance.start(test::call_with(services)).error().context, "returned the code 5"));
    g_code = 99;
    CHECK(says(instance.start(test::call_with(services)).error().context, "threw an exception"));
    g_code = HA_ERROR_IO;
    CHECK(says(instance.start(test::call_with(services)).error().context, "no reason"));
    CHECK(says(instance.probe(test::call_with(services)).error().context, "gave the status"));
    CHECK(!instance.can_sever());
    CHECK(!instance.sever(test::call_with(services)));
    CHECK(instance.get_extension("ha.none/1") == nullptr);
    spec.name = "incomplete";
    CHECK(says(registry.create_resource(spec, services).error().context, "lacks a function"));
}

}  // namespace instance_cases
