// Fence types over the ABI: the glove, the guards, and factories of another age.
#include <doctest/doctest.h>

#include "fake_host.hpp"
#include "ha/plugin.hpp"
#include "plugin/check.hpp"

using namespace ha;
using namespace ha::plugin;

namespace {

bool says(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// Does what its parameter says.
class Scripted final : public Fence {
   public:
    static constexpr Parameter k_parameters[] = {
        {.name = "deed", .default_value = "work", .help = "What it does."},
    };
    static constexpr TypeInfo k_type{.name = "scripted", .parameters = k_parameters};

    explicit Scripted(const Context& context)
        : deed_(context.parameters().string("deed")), target_(context.target()) {}
    void off(const Operation& operation) override {
        if (deed_ == "fail") throw Error(ErrorCode::io, "no answer from the device of " + target_);
        if (deed_ == "cancel") operation.check();
    }
    Power status(const Operation& operation) override {
        if (deed_ == "fail") throw Error(ErrorCode::io, "no answer");
        if (deed_ == "odd") return static_cast<Power>(7);
        operation.explain("looked");
        return Power::off;
    }
    void validate(const Operation&) override {
        if (deed_ == "invalid") throw Error(ErrorCode::invalid, "no such option");
    }

   private:
    std::string deed_, target_;
};

struct Bench {
    Bench() { REQUIRE(registry.register_type(Entry<Scripted>::factory(), "test")); }
    std::unique_ptr<FenceInstance> make(const std::string& deed) {
        auto made = registry.create_fence({.type = "scripted",
                                           .name = "ipmi",
                                           .node = "n1",
                                           .parameters = {{"deed", deed}},
                                           .state_root = directory.file("state"),
                                           .target = "n2"},
                                          services);
        REQUIRE(made);
        return std::move(*made);
    }
    Call call() { return test::call_with(services); }

    test::TemporaryDirectory directory;
    test::FakeServices services;
    Registry registry;
};

}  // namespace

TEST_CASE("a fence type is found by its kind, and knows whom it cuts off") {
    Bench bench;
    CHECK(bench.registry.find(Kind::fence, "scripted") != nullptr);
    CHECK(bench.registry.find(Kind::resource, "scripted") == nullptr);
    auto device = bench.make("work");
    CHECK(device->off(bench.call()));
    const auto answer = device->status(bench.call());
    CHECK(answer.power == FencePower::off);
    CHECK(answer.reason == "looked");
    CHECK(device->validate(bench.call()));
    const auto failed = bench.make("fail")->off(bench.call());
    REQUIRE_FALSE(failed);
    CHECK(says(failed.error().context, "scripted 'ipmi' off: no answer from the device of n2"));
}

TEST_CASE("F22: a status that fails, is odd or late is unknown, never off") {
    Bench bench;
    CHECK(bench.make("fail")->status(bench.call()).power == FencePower::unknown);
    const auto odd = bench.make("odd")->status(bench.call());
    CHECK(odd.power == FencePower::unknown);
    CHECK(says(odd.reason, "gave the power status 7"));
    auto late = bench.call();
    late.deadline = Instant{1};
    CHECK(bench.make("work")->status(late).power == FencePower::unknown);
    CHECK_FALSE(bench.make("work")->off(late));
}

TEST_CASE("what a type cannot do is refused, and what it finds in its configuration is told") {
    Bench bench;
    const auto on = bench.make("work")->on(bench.call());
    REQUIRE_FALSE(on);
    CHECK(on.error().code == FailureCode::refused);
    const auto valid = bench.make("invalid")->validate(bench.call());
    REQUIRE_FALSE(valid);
    CHECK(valid.error().code == FailureCode::invalid);
    CHECK(says(bench.registry.create_fence({.type = "none", .name = "x"}, bench.services)
                   .error().context,
               "no type 'none' is loaded; known: scripted"));
}

TEST_CASE("a factory of before fence types is as good as ever, and can have none") {
    static ha_plugin_factory_t old = *Entry<Scripted>::factory();
    old.size = offsetof(ha_plugin_factory_t, create_fence);
    const auto checked = check_factory(&old, "old");
    REQUIRE_FALSE(checked);
    CHECK(says(checked.error().context, "the factory has no create_fence"));
    static ha_descriptor_t resource = *old.get_descriptor(&old, 0);
    resource.kind = HA_KIND_RESOURCE;
    old.get_descriptor = [](const ha_plugin_factory_t*, std::uint32_t) -> const ha_descriptor_t* {
        return &resource;
    };
    CHECK(check_factory(&old, "old"));
}
