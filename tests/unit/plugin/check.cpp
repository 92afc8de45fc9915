// Checks of descriptors, and of a configuration against one.
#include "plugin/check.hpp"

#include <doctest/doctest.h>

#include "fake_host.hpp"
#include "ha/plugin.hpp"

using namespace ha;
using namespace ha::plugin;

namespace {

class Sample final : public Resource {
   public:
    static constexpr Parameter k_parameters[] = {
        {.name = "device", .type = ParameterType::path, .required = true, .help = "Block device."},
        {.name = "timeout", .type = ParameterType::duration, .default_value = "5s", .help = "x"},
        {.name = "password", .secret = true, .help = "x"},
    };
    static constexpr TypeInfo k_type{.name = "sample", .parameters = k_parameters};

    explicit Sample(const Context&) {}
    void start(const Operation&) override {}
    void stop(const Operation&) override {}
    Status probe(const Operation&) override { return Status::offline; }
};

const ha_plugin_factory_t& sample_factory() { return *Entry<Sample>::factory(); }
const ha_descriptor_t& sample() { return *sample_factory().get_descriptor(&sample_factory(), 0); }

/// A factory of one descriptor that a test may spoil.
ha_descriptor_t g_spoiled;
const ha_plugin_factory_t* spoiled_factory() {
    static ha_plugin_factory_t factory = sample_factory();
    factory.get_descriptor = [](const ha_plugin_factory_t*,
                                std::uint32_t) -> const ha_descriptor_t* { return &g_spoiled; };
    return &factory;
}

std::string fault_of_spoiled() {
    auto result = check_factory(spoiled_factory(), "spoiled");
    return result ? "" : result.error().context;
}

}  // namespace

TEST_CASE("the descriptors that the glove makes are sound") {
    CHECK(check_factory(&sample_factory(), "sample"));
    CHECK(sample().parameter_count == 3);
    CHECK(find_parameter(sample(), "timeout") != nullptr);
    CHECK(find_parameter(sample(), "timeouts") == nullptr);
}

TEST_CASE("right parameters have no problems, and defaults need not be given") {
    CHECK(check_parameters(sample(), {{"device", "/dev/sda"}}).empty());
}

TEST_CASE("an unknown parameter is answered with the nearest known name") {
    const auto problems = check_parameters(sample(), {{"device", "/dev/sda"}, {"timeot", "5s"}});
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].parameter == "timeot");
    CHECK(problems[0].text.find("nearest known name is 'timeout'") != std::string::npos);
}

TEST_CASE("missing and wrong parameters are all found, and a secret is not shown") {
    const auto problems =
        check_parameters(sample(), {{"timeout", "5"}, {"password", std::string(70'000, 'q')}});
    REQUIRE(problems.size() == 3);
    CHECK(problems[0].parameter == "password");
    CHECK(problems[0].text.find("qq") == std::string::npos);
    CHECK(problems[1].parameter == "timeout");
    CHECK(problems[2].parameter == "device");
    CHECK(problems[2].text.find("Block device.") != std::string::npos);
}

TEST_CASE("unsound descriptors are refused with the reason") {
    const auto spoil = [](auto&& change) {
        g_spoiled = sample();
        change(g_spoiled);
        return fault_of_spoiled();
    };
    CHECK(spoil([](auto&) {}).empty());
    CHECK(spoil([](auto& d) { d.type_name = "Upper"; }).find("type name") != std::string::npos);
    CHECK(spoil([](auto& d) { d.type_name = nullptr; }).find("type name") != std::string::npos);
    CHECK(spoil([](auto& d) { d.kind = 7; }).find("unknown kind 7") != std::string::npos);
    CHECK(spoil([](auto& d) { d.requirement = 9; }).find("requirement") != std::string::npos);
    CHECK(spoil([](auto& d) { d.size = 16; }).find("too small") != std::string::npos);
    CHECK(spoil([](auto& d) { d.parameters = nullptr; }).find("table") != std::string::npos);
    CHECK(spoil([](auto& d) { d.parameter_count = 100'000; }).find("many") != std::string::npos);
    CHECK(spoil([](auto& d) { d.flags = HA_TYPE_CAN_SEVER; }).find("sever") != std::string::npos);
    CHECK(spoil([](auto& d) { d.summary = nullptr; }).find("summary") != std::string::npos);
}

TEST_CASE("unsound parameters are refused with their name") {
    static ha_parameter_t p;
    static const ha_parameter_t* table[] = {&p, &p};
    const auto spoil = [](auto&& change, std::uint32_t count = 1) {
        p = *find_parameter(sample(), "timeout");
        change(p);
        g_spoiled = sample();
        g_spoiled.parameters = table;
        g_spoiled.parameter_count = count;
        return fault_of_spoiled();
    };
    CHECK(spoil([](auto&) {}).empty());
    CHECK(spoil([](auto&) {}, 2).find("timeout is described twice") != std::string::npos);
    CHECK(spoil([](auto& q) { q.default_value = "5"; }).find("unit") != std::string::npos);
    CHECK(spoil([](auto& q) { q.flags = HA_PARAMETER_REQUIRED; }).find("default") !=
          std::string::npos);
    CHECK(spoil([](auto& q) { q.item_type = HA_PARAMETER_PATH; }).find("list") !=
          std::string::npos);
    CHECK(spoil([](auto& q) { q.type = 77; }).find("unknown type 77") != std::string::npos);
    CHECK(spoil([](auto& q) { q.minimum = 2, q.maximum = 1; }).find("minimum") !=
          std::string::npos);
    CHECK(spoil([](auto& q) { q.help = nullptr; }).find("help") != std::string::npos);
    CHECK(spoil([](auto& q) { q.name = nullptr; }).find("parameter 0") != std::string::npos);
}

TEST_CASE("a factory that is missing or lacks its functions is refused") {
    CHECK(!check_factory(nullptr, "x"));
    ha_plugin_factory_t factory = sample_factory();
    factory.size = 8;
    CHECK(!check_factory(&factory, "x"));
    factory = sample_factory();
    factory.get_descriptor = nullptr;
    CHECK(!check_factory(&factory, "x"));
    factory = sample_factory();
    factory.create_resource = nullptr;
    const auto result = check_factory(&factory, "x");
    REQUIRE(!result);
    CHECK(result.error().context.find("create_resource") != std::string::npos);
}
