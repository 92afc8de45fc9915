// Fence devices in the configuration: defaults, mistakes, advice, and the way back to text.
#include <doctest/doctest.h>

#include "config/load.hpp"
#include "config/write.hpp"

using namespace ha;
using namespace ha::config;
using namespace std::chrono_literals;

namespace {

const ha_parameter_t k_agent{sizeof(ha_parameter_t), HA_PARAMETER_STRING, HA_PARAMETER_REQUIRED, 0,
                             1, 64, "agent", nullptr, nullptr, "The agent."};
const ha_parameter_t k_hidden{sizeof(ha_parameter_t), HA_PARAMETER_LIST, HA_PARAMETER_SECRET,
                              HA_PARAMETER_STRING, 0, 9, "secret_options", nullptr, nullptr,
                              "Secret."};
const ha_parameter_t* const k_parameters[] = {&k_agent, &k_hidden};
const ha_descriptor_t k_type{sizeof(ha_descriptor_t), HA_KIND_FENCE, HA_REQUIRES_NOTHING, 0, 0,
                             "fence_agents", "1", "An agent.", k_parameters, 2, 0};

TypeCatalog types() {
    TypeCatalog out;
    out.find = [](std::uint32_t kind, const std::string& name) {
        return kind == HA_KIND_FENCE && name == k_type.type_name ? &k_type : nullptr;
    };
    out.names = [](std::uint32_t) { return std::vector<std::string>{"fence_agents"}; };
    return out;
}

std::string document(const std::string& fence_of_a, const std::string& more = "") {
    return R"({"cluster": "x", "interconnects": ["l"], "nodes": {
        "a": {"l": "10.0.0.1", "fence": )" +
           fence_of_a + R"(}, "b": {"l": "10.0.0.2"}, "c": {"l": "10.0.0.3"}})" + more + "}";
}

Loaded load(const std::string& text, TypeCatalog catalog = types()) {
    LoadOptions options;
    options.types = std::move(catalog);
    return load_document(text, options);
}

std::string first_error(const std::string& fence_of_a) {
    const auto loaded = load(document(fence_of_a));
    REQUIRE_FALSE(loaded.errors.empty());
    return loaded.errors.front().path + ": " + loaded.errors.front().text;
}

bool says(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a fence device has a name, and times, by default; the order is that of the list") {
    const auto loaded = load(document(R"([
        {"type": "fence_agents", "parameters": {"agent": "fence_ipmilan"}},
        {"type": "fence_agents", "name": "pdu", "action": "off", "timeout": "2min", "retries": 0,
         "status_timeout": "5s", "parameters": {"agent": "fence_apc"}}])"));
    REQUIRE(loaded.spec);
    const auto& fences = loaded.spec->nodes[0].fences;
    REQUIRE(fences.size() == 2);
    CHECK(fences[0] == model::FenceSpec{"fence_agents", "fence_agents",
                                        {{"agent", "fence_ipmilan"}}, 60s, 1, 20s, true});
    CHECK(fences[1] == model::FenceSpec{"pdu", "fence_agents", {{"agent", "fence_apc"}}, 120s, 0,
                                        5s, false});
    CHECK(loaded.spec->nodes[0].addresses.size() == 1);
}

TEST_CASE("what is wrong with a fence device is said with its place") {
    CHECK(says(first_error("{}"), "it must be a list of objects"));
    CHECK(says(first_error("[5]"), "nodes.a.fence[0]: "));
    CHECK(says(first_error("[{}]"), "nodes.a.fence[0]: the field 'type' is missing"));
    CHECK(says(first_error(R"([{"type": "fence_agents"}])"), "'agent' of type fence_agents"));
    CHECK(says(first_error(R"([{"type": "fence_agent", "parameters": {"agent": "x"}}])"),
               "there is no fence type 'fence_agent'"));
    CHECK(says(first_error(R"([{"type": "fence_agents", "timeout": "0s",
                                "parameters": {"agent": "x"}}])"),
               "nodes.a.fence[0].timeout: "));
    CHECK(says(first_error(R"([{"type": "fence_agents", "action": "kill",
                                "parameters": {"agent": "x"}}])"),
               "must be one of: off, reboot"));
    CHECK(says(first_error(R"([{"type": "fence_agents", "parameters": {"agent": "x"}},
                               {"type": "fence_agents", "parameters": {"agent": "y"}}])"),
               "another device of this node is called 'fence_agents' already"));
    std::string many;
    for (int i = 0; i < 9; i++) many += std::string(i == 0 ? "" : ",") + "{}";
    CHECK(says(first_error("[" + many + "]"), "at most 8 are allowed"));
}

TEST_CASE("no interconnect can be called as a field of nodes is") {
    const auto loaded = load(R"({"cluster": "x", "interconnects": ["fence"], "nodes": {"a": {}}})");
    REQUIRE(loaded.errors.size() == 1);
    CHECK(says(loaded.errors[0].text, "'fence' is a field of nodes"));
}

TEST_CASE("a node that nothing can fence, and a group that needs it: the warning says what for") {
    const auto more = std::string(R"(, "groups": {"disk": {"policy": ["a", "b"], "resources": {
        "r": {"type": "plain", "requires": "fencing"}}}})");
    auto catalog = types();
    catalog.find = {};
    const auto loaded = load(document(R"([{"type": "x"}])", more), catalog);
    REQUIRE(loaded.spec);
    REQUIRE(loaded.warnings.size() == 1);
    CHECK(loaded.warnings[0].path == "nodes.b");
    CHECK(says(loaded.warnings[0].text, "group disk requires fencing"));
    CHECK(says(loaded.warnings[0].text, "hactl node confirm-off b"));
}

TEST_CASE("devices survive the way to text and back, and secrets are not shown") {
    const auto loaded = load(document(R"([{"type": "fence_agents", "name": "ipmi", "action": "off",
        "parameters": {"agent": "fence_ipmilan", "secret_options": ["password=hunter22"]}}])"));
    REQUIRE(loaded.spec);
    const auto text = write_spec(*loaded.spec);
    const auto again = load(text);
    REQUIRE(again.spec);
    CHECK(*again.spec == *loaded.spec);
    const auto shown = write_spec(*loaded.spec, {types(), true});
    CHECK_FALSE(says(shown, "hunter22"));
    CHECK_FALSE(load(shown).errors.empty());  // it has to be written again
}

TEST_CASE("what the type itself finds is told with its place, as an error or as a warning") {
    auto catalog = types();
    const auto text =
        document(R"([{"type": "fence_agents", "parameters": {"agent": "fence_x"}}])");
    bool is_error = true;
    catalog.check_fence = [&](const std::string& node, const model::FenceSpec& device) {
        CHECK(node == "a");
        CHECK(device.parameters.at("agent") == "fence_x");
        return std::optional(TypeCatalog::Finding{is_error, "has no option 'plugg'"});
    };
    auto loaded = load(text, catalog);
    REQUIRE(loaded.errors.size() == 1);
    CHECK(loaded.errors[0].path == "nodes.a.fence[0].parameters");
    CHECK(loaded.errors[0].place.line == 2);
    is_error = false;
    loaded = load(text, catalog);
    CHECK(loaded.errors.empty());
    CHECK(loaded.warnings.size() == 1);
}
