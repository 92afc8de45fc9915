// Parts of the loader: addresses, nearest names, the table of fields and its schema.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "config/address.hpp"
#include "config/fields.hpp"
#include "config/problem.hpp"
#include "config/schema.hpp"
#include "config/words.hpp"

using namespace ha;
using namespace ha::config;

TEST_CASE("addresses are brought into one form") {
    CHECK(parse_address("192.0.2.1").text == "192.0.2.1:29002");
    CHECK(parse_address("192.0.2.1:0080").text == "192.0.2.1:80");
    CHECK(parse_address("[2001:DB8:0::1]").text == "[2001:db8::1]:29002");
    CHECK(parse_address("[fe80::1%eth1]:5").text == "[fe80::1%eth1]:5");
    CHECK(parse_address("node-1.example:9").text == "node-1.example:9");
}

TEST_CASE("what is no address is told so") {
    for (const auto* text :
         {"", ":", ":29002", "10.0.0.256", "10.0.0", "10.0.0.1:", "10.0.0.1:0", "10.0.0.1:65536",
          "10.0.0.1:x", "0.0.0.0", "224.0.0.1", "255.255.255.255", "[::]", "[ff02::1]", "[fe80::1]",
          "[fe80::1%]", "[::1", "[::1]x", "[::1]:", "2001:db8::1", "a b", "-a", "a/24", "[10.0.0.1]",
          "10.0.0.1:+5", "10.0.0.1:-5"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_address(text).flaw.empty());
    }
}

TEST_CASE("the name that was meant is found, and none where none is near") {
    const std::vector<std::string> known{"heartbeat_interval", "heartbeat_timeout", "lease", "a"};
    CHECK(nearest("heartbeat_intervall", known) == "heartbeat_interval");
    CHECK(nearest("Lease", known) == "lease");
    CHECK(nearest("laese", known) == "lease");
    CHECK(nearest("colour", known) == "");
    CHECK(nearest("b", known) == "");
    CHECK(nearest(std::string(5000, 'x'), known) == "");
}

TEST_CASE("every default of the table is right by its own range and choices") {
    for (const auto* section : all_sections()) {
        for (const auto& field : section->fields) {
            CAPTURE(section->name);
            CAPTURE(field.name);
            CHECK(std::string(field.help).size() > 5);
            if (field.default_value == nullptr) continue;
            if (field.type == FieldType::duration) {
                const auto value = table_duration(field.default_value).count();
                CHECK(value >= field.minimum);
                CHECK(value <= field.maximum);
            }
            if (field.type == FieldType::choice) {
                const auto words = choices_of(field);
                CHECK(std::find(words.begin(), words.end(), field.default_value) != words.end());
            }
        }
    }
    for (const auto& row : all_resource_defaults()) {
        CHECK(table_duration(row.start_timeout) > Duration::zero());
        CHECK(table_duration(row.stop_timeout) > Duration::zero());
        CHECK(table_duration(row.probe_timeout) > Duration::zero());
        CHECK(enum_of<model::Requirement>(row.requirement));
    }
    for (const auto& row : all_monitor_defaults()) {
        CHECK(table_duration(row.interval) > Duration::zero());
        CHECK(table_duration(row.timeout) > Duration::zero());
        CHECK(enum_of<model::MonitorTiming>(row.timing));
    }
}

TEST_CASE("the words of the table are those of the model") {
    const auto check = [](const Section& section, const char* name, auto absent) {
        for (const auto& word : choices_of(*find_field(section, name)))
            CHECK(enum_of<decltype(absent)>(word));
    };
    check(k_document_section, "quorum", model::QuorumPolicy{});
    check(k_document_section, "tie_breaker", model::TieBreaker{});
    check(k_document_section, "quorum_loss", model::QuorumLoss{});
    check(k_document_section, "alone_at_start", AloneAtStart{});
    check(k_document_section, "partition_action", model::PartitionAction{});
    check(k_document_section, "dual_activation", model::DualActivation{});
    check(k_group_section, "startup", model::Startup{});
    check(k_group_section, "failover", model::Failover{});
    check(k_group_section, "failback", model::Failback{});
    check(k_group_section, "exclusion", model::Exclusion{});
    check(k_resource_section, "requires", model::Requirement{});
    check(k_resource_section, "start_final_action", model::FinalAction{});
    check(k_resource_section, "stop_final_action", model::FinalAction{});
    check(k_monitor_section, "timing", model::MonitorTiming{});
    check(k_monitor_section, "recovery", model::RecoveryTarget{});
    check(k_monitor_section, "final_action", model::FinalAction{});
}

TEST_CASE("the schema is JSON and each of its references leads somewhere") {
    const auto schema = nlohmann::json::parse(json_schema(), nullptr, false);
    REQUIRE(schema.is_object());
    const std::string text = schema.dump();
    for (auto at = text.find("#/$defs/"); at != text.npos; at = text.find("#/$defs/", at + 1)) {
        const auto start = at + 8;
        const auto name = text.substr(start, text.find('"', start) - start);
        CAPTURE(name);
        CHECK(schema["$defs"].contains(name));
    }
}

namespace {

std::string read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("the published schema and reference are those of the table") {
    const std::string schema = HA_DOCS "/configuration.schema.json", page = HA_DOCS "/configuration.md";
    auto text = read(page);
    const auto marker = text.find("<!-- reference:");
    REQUIRE(marker != text.npos);
    const auto begin = text.find('\n', marker) + 2;
    if (std::getenv("HA_GOLDEN_UPDATE") != nullptr) {
        std::ofstream(schema) << json_schema();
        std::ofstream(page) << text.substr(0, begin) << reference_tables();
        text = read(page);
    }
    CHECK(read(schema) == json_schema());
    CHECK(text.substr(begin) == reference_tables());
}
