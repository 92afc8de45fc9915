// Loading of what relates groups to each other and to the capacity of nodes.
#include <doctest/doctest.h>

#include "config/load.hpp"
#include "config/write.hpp"

using namespace ha;
using namespace ha::config;

namespace {

constexpr const char* k_related = R"({
  "cluster": "demo", "interconnects": ["l"],
  "nodes": {"a": {"l": "10.0.0.1"}, "b": {"l": "10.0.0.2"}, "c": {"l": "10.0.0.3"}},
  "capacity": {"a": {"memory": 64, "cpus": 8}, "b": {"memory": 0}},
  "groups": {
    "app": {"start_after": ["db"], "start_after_local": ["ip"], "stop_before": ["db"],
            "uses": {"memory": 8}, "labels": ["web"], "apart": ["web"], "near": ["data"],
            "priority": 7, "preempts": true, "failover_limit": 3, "failback": "automatic",
            "failback_delay": "5min", "ban_expiry": "0s", "retry_delay": "10s"},
    "db": {"labels": ["data"]},
    "ip": {}
  }
})";

model::ClusterSpec spec_of(const std::string& text) {
    auto spec = load_spec(text, "test.json");
    REQUIRE_MESSAGE(spec.has_value(), (spec.has_value() ? "" : spec.error().context));
    return *spec;
}

}  // namespace

TEST_CASE("groups name groups that come later, with both forms of an order") {
    const auto spec = spec_of(k_related);
    const auto& app = spec.groups[0];
    const auto db = model::find_group(spec, "db")->id, ip = model::find_group(spec, "ip")->id;
    CHECK(app.start_after == std::vector<model::OrderSpec>{{db, false}, {ip, true}});
    CHECK(app.stop_before == std::vector<model::OrderSpec>{{db, false}});
    CHECK(app.labels == std::set<std::string>{"web"});
    CHECK(app.near == std::set<std::string>{"data"});
    CHECK(app.uses == std::map<std::string, std::uint32_t>{{"memory", 8}});
    CHECK(app.priority == 7);
    CHECK(app.preempts);
    CHECK(app.failover_limit == 3);
    CHECK(app.failback_delay == 5min);
    CHECK(app.ban_expiry == 0s);
    CHECK(app.retry_delay == 10s);
    CHECK(spec.nodes[0].capacity.at("cpus") == 8);
    CHECK(spec.nodes[1].capacity.at("memory") == 0);
    CHECK(spec.nodes[2].capacity.empty());
}

TEST_CASE("by default failures are forgotten after a while, and a group that failed is retried") {
    const auto spec = spec_of(k_related);
    const auto& db = spec.groups[1];
    CHECK(db.ban_expiry == 10min);
    CHECK(db.retry_delay == 1min);
    CHECK(db.priority == 100);
    CHECK_FALSE(db.preempts);
    CHECK(db.failover_limit == 0);
    CHECK(db.failback_delay == 0s);
}

TEST_CASE("what relates groups survives that it is written and read again") {
    const auto spec = spec_of(k_related);
    CHECK(spec_of(write_spec(spec)) == spec);
}

namespace {

/// Two groups, each with one address, that start as they are told.
Loaded loaded_with(const std::string& first, const std::string& second,
                   const std::string& startup = "automatic") {
    return load_document(R"({"cluster": "demo", "interconnects": ["l"],
  "nodes": {"a": {"l": "10.0.0.1"}, "b": {"l": "10.0.0.2"}},
  "groups": {
    "web": {"resources": {"web-ip": {"type": "fip", "parameters": )" + first + R"(}}},
    "spare": {"startup": ")" + startup + R"(",
              "resources": {"spare-ip": {"type": "fip", "parameters": )" + second + R"(}}}}})",
                         {});
}

bool says_twice(const std::vector<Problem>& problems) {
    return std::any_of(problems.begin(), problems.end(), [](const Problem& one) {
        return one.path == "groups.spare.resources.spare-ip" &&
               one.text.find("group web has the address 10.0.0.9 as well (resource web-ip)") !=
                   std::string::npos;
    });
}

}  // namespace

TEST_CASE("an address that two groups have is refused, however it is written") {
    const std::string first = R"({"address": "10.0.0.9"})";
    for (const auto* second :
         {R"({"address": "10.0.0.9"})", R"({"address": "10.0.0.9/24"})",
          R"({"address": "10.0.0.9/24%eth1"})",
          R"({"address": "10.0.0.9", "interface": "eth0"})"}) {
        CAPTURE(second);
        const auto loaded = loaded_with(first, second);
        CHECK(says_twice(loaded.errors));
        CHECK(!loaded.spec);
    }
}

TEST_CASE("it is warned of where somebody may mean to run one of them at a time") {
    const auto loaded = loaded_with(R"({"address": "10.0.0.9"})", R"({"address": "10.0.0.9"})",
                                    "manual");
    CHECK(loaded.errors.empty());
    CHECK(says_twice(loaded.warnings));
}

TEST_CASE("other addresses, and the same on two named links, are nobody's concern") {
    const std::string first = R"({"address": "10.0.0.9%eth0"})";
    for (const auto* second : {R"({"address": "10.0.0.8"})", R"({"address": "10.0.0.9%eth1"})",
                               R"({"address": "10.0.0.9/24", "interface": "eth1"})"}) {
        CAPTURE(second);
        const auto loaded = loaded_with(first, second);
        CHECK(loaded.errors.empty());
        CHECK(!says_twice(loaded.warnings));
    }
}
