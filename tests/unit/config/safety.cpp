// What a configuration promises: two owners or not, and the longest outage as a sum of its parts.
#include "config/safety.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>

#include "config/load.hpp"
#include "types.hpp"

using namespace ha;
using namespace ha::config;

namespace {

model::ClusterSpec three_nodes(const std::string& resources, const std::string& more = "") {
    LoadOptions options;
    auto spec = load_spec(R"({"cluster": "x", "interconnects": ["l1", "l2"],
      "timing": {"heartbeat_interval": "100ms", "heartbeat_timeout": "500ms", "lease": "400ms"},
      "nodes": {"a": {"l1": "10.0.0.1", "l2": "10.1.0.1"},
                "b": {"l1": "10.0.0.2", "l2": "10.1.0.2"},
                "c": {"l1": "10.0.0.3", "l2": "10.1.0.3"}},
      "groups": {"web": {"policy": ["a", "b"], )" + more + R"("resources": {)" + resources + R"(}}},
      "monitors": {"look": {"type": "pidw", "group": "web", "interval": "2s", "timeout": "3s",
                            "retries": 1, "restart_threshold": 2, "failover_threshold": 1}}})",
                          options);
    REQUIRE_MESSAGE(spec.has_value(), (spec.has_value() ? "" : spec.error().context));
    return *spec;
}

const char* const k_chain = R"(
    "vip": {"type": "fip", "start_timeout": "10s", "start_retries": 2, "stop_timeout": "4s"},
    "app": {"type": "exec", "start_timeout": "20s", "stop_timeout": "5s", "depends_on": ["vip"]},
    "side": {"type": "exec", "start_timeout": "7s", "stop_timeout": "6s", "depends_on": []})";

const Outage& outage(const GroupSafety& safety, const std::string& event) {
    const auto found = std::find_if(safety.outages.begin(), safety.outages.end(),
                                    [&](const Outage& o) { return o.event == event; });
    REQUIRE(found != safety.outages.end());
    return *found;
}

Duration part(const Outage& of, const std::string& name) {
    for (const auto& one : of.parts)
        if (one.name == name) return one.time;
    FAIL("there is no part " << name);
    return {};
}

GroupSafety judge(const model::ClusterSpec& spec, const SafetyFacts& facts = {}) {
    auto all = safety_of(spec, facts);
    REQUIRE(all.size() == 1);
    return all[0];
}

}  // namespace

TEST_CASE("the longest outage is the sum of its parts, each a time of the configuration") {
    const auto safety = judge(three_nodes(k_chain));
    const auto& lost = outage(safety, "node_lost");
    CHECK(part(lost, "detection") == 500ms);
    CHECK(part(lost, "lease") == 0ms);  // over before the node is missed
    CHECK(part(lost, "start") == 50s);  // vip: 3 x 10s, then app: 20s; side beside them
    CHECK(lost.sum() == 500ms + 50s + part(lost, "election") + part(lost, "commits"));
    CHECK(lost.open_end.empty());
    const auto& failed = outage(safety, "resource_failed");
    CHECK(part(failed, "detection") == 10s);           // (2s + 3s) x 2
    CHECK(part(failed, "restarts") == 2 * (9s + 50s + 10s));
    CHECK(part(failed, "stop") == 9s);                 // app 5s, then vip 4s
    CHECK(part(failed, "start") == 50s);
    const auto& moved = outage(safety, "moved");
    CHECK(moved.sum() == 59s + 30ms);
    for (const auto& one : safety.outages)
        for (const auto& p : one.parts) CHECK_FALSE(p.text.empty());
}

TEST_CASE("a lease longer than the detection, and a limit on parallel starts, are counted") {
    auto spec = three_nodes(k_chain);
    spec.timing.lease = 2s;
    spec.timing.drift_ppm = 1000;
    spec.parallel_operations = 1;
    const auto lost = outage(judge(spec), "node_lost");
    CHECK(part(lost, "lease") == 2s + 4ms - 500ms);
    CHECK(part(lost, "start") == 57s);
}

TEST_CASE("with majority, quorum and types that sever in time nobody can own a group twice") {
    const auto safety = judge(three_nodes(R"("app": {"type": "exec"})"));
    CHECK_FALSE(safety.can_have_two_owners);
    CHECK(safety.rule == "lease");
    CHECK(safety.counter_example.empty());
    CHECK(safety.warnings.empty());
}

TEST_CASE("F13: who keeps its groups without a quorum is waited for, so nobody owns one twice") {
    auto spec = three_nodes(R"("app": {"type": "exec"})");
    spec.quorum_loss = model::QuorumLoss::freeze;
    SafetyFacts facts;
    facts.types = test_types();  // which can not sever
    facts.has_guard = false;
    const auto safety = judge(spec, facts);
    CHECK_FALSE(safety.can_have_two_owners);
    CHECK(safety.rule == "quorum_loss");
    spec.nodes.pop_back();
    spec.quorum = model::QuorumPolicy::two_node;
    spec.quorum_loss = model::QuorumLoss::stop;
    spec.tie_breaker = model::TieBreaker::fencing;
    CHECK(judge(spec, facts).rule == "fencing");
}

TEST_CASE("each way to two owners is found, with the story of how it comes about") {
    struct Case {
        const char* rule;
        const char* story;
        std::function<void(model::ClusterSpec&, SafetyFacts&)> weaken;
    };
    const Case cases[] = {
        {"requires_nothing", "runs on both until the network heals",
         [](auto& s, auto&) {
             s.groups[0].resources[0].requirement = model::Requirement::nothing;
         }},
        {"no_tie_breaker", "each finds the other silent",
         [](auto& s, auto&) {
             s.quorum = model::QuorumPolicy::two_node;
             s.nodes.pop_back();
         }},
        {"weak_tie_breaker", "both still reach 192.0.2.1",
         [](auto& s, auto&) {
             s.quorum = model::QuorumPolicy::two_node;
             s.tie_breaker = model::TieBreaker::ping;
             s.tie_breaker_targets = {"192.0.2.1"};
             s.nodes.pop_back();
         }},
        {"slow_to_sever", "has not ended on node a yet",
         [](auto&, auto& facts) { facts.types = test_types(); }},  // these cannot sever
        {"no_guard", "until had goes on", [](auto&, auto& facts) { facts.has_guard = false; }},
    };
    for (const auto& one : cases) {
        auto spec = three_nodes(R"("app": {"type": "exec"})");
        SafetyFacts facts;
        one.weaken(spec, facts);
        const auto safety = judge(spec, facts);
        CAPTURE(one.rule);
        CAPTURE(safety.counter_example);
        CHECK(safety.can_have_two_owners);
        CHECK(safety.rule == one.rule);
        CHECK(safety.answer.starts_with("yes"));
        CHECK(safety.counter_example.find(one.story) != std::string::npos);
        CHECK_FALSE(safety.warnings.empty());
        // Fencing closes every one of these ways.
        for (auto& resource : spec.groups[0].resources)
            resource.requirement = model::Requirement::fencing;
        CHECK_FALSE(judge(spec, facts).can_have_two_owners);
    }
}

TEST_CASE("an outage that ends only when somebody comes says for whom it waits") {
    const auto waits = [](const model::ClusterSpec& spec, const char* event = "node_lost") {
        return outage(judge(spec), event).open_end;
    };
    auto spec = three_nodes(R"("app": {"type": "exec"})", R"("failover": "manual", )");
    CHECK(waits(spec) == "an operator: failover is manual");
    spec = three_nodes(R"("app": {"type": "exec"})");
    spec.groups[0].policy.pop_back();
    CHECK(waits(spec) == "the only node of its policy");
    CHECK(waits(spec, "moved") == "a second node in its policy");
    spec = three_nodes(R"("app": {"type": "exec"})");
    spec.nodes.pop_back();
    CHECK(waits(spec).find("one of two nodes is no majority") != std::string::npos);
    spec.witness.address = "192.0.2.9:29003";
    CHECK(waits(spec).empty());
    spec.quorum_loss = model::QuorumLoss::freeze;
    CHECK(waits(spec) ==
          "the lost node, or an operator: quorum_loss lets it keep what it runs");
    spec = three_nodes(R"("data": {"type": "disk"})");
    CHECK(waits(spec).find("it has no fence device") != std::string::npos);
    for (auto& node : spec.nodes) node.fences = {{"ipmi", "agent", {}, 20s, 1, 5s}};
    CHECK(waits(spec).empty());
    CHECK(part(outage(judge(spec), "node_lost"), "fencing") == 45s);
    spec.monitors.clear();
    CHECK(waits(spec, "resource_failed").find("no monitor watches") != std::string::npos);
}

TEST_CASE("what was lowered by hand, and a single cable, are warned of") {
    auto spec = three_nodes(R"("app": {"type": "exec"})");
    spec.interconnects.pop_back();
    SafetyFacts facts;
    facts.types = test_types();
    spec.groups[0].resources[0].requirement = model::Requirement::nothing;
    const auto warnings = judge(spec, facts).warnings;
    const auto has = [&](const char* text) {
        return std::any_of(warnings.begin(), warnings.end(),
                           [&](const auto& w) { return w.find(text) != std::string::npos; });
    };
    CHECK(has("requires less than its type"));
    CHECK(has("one interconnect"));
    CHECK(has("two owners are possible"));
}
