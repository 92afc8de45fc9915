// Loading of documents that are right: defaults, dependencies, requirements, numbers.
#include <doctest/doctest.h>

#include "config/load.hpp"
#include "config/timing.hpp"
#include "types.hpp"

using namespace ha;
using namespace ha::config;

namespace {

constexpr const char* k_web = R"({
  "cluster": "demo",
  "interconnects": ["lan0", "lan1"],
  "nodes": {
    "b": {"lan0": "10.0.0.2:29002", "lan1": "10.1.0.2"},
    "a": {"lan0": "10.0.0.1:29002", "lan1": "10.1.0.1"},
    "c": {"lan0": "10.0.0.3:29002", "lan1": "10.1.0.3"}
  },
  "groups": {
    "web": {
      "policy": ["a", "b"],
      "resources": {
        "vip": {"type": "fip", "parameters": {"address": "10.0.0.100"}},
        "data": {"type": "disk"},
        "log": {"type": "custom"},
        "nginx": {"type": "exec", "parameters": {"start": "/usr/sbin/nginx", "retries": 3,
                                                 "confine": true, "codes": ["0", "2-5"]},
                  "node_parameters": {"b": {"start": "/opt/nginx"}}}
      }
    },
    "mail": {"startup": "manual", "exclusion": "full"}
  },
  "monitors": {
    "web-process": {"type": "pidw", "resource": "nginx"},
    "router": {"type": "ipw", "nodes": ["a"]}
  }
})";

model::ClusterSpec load(const char* text) {
    auto spec = load_spec(text, "test.json");
    REQUIRE_MESSAGE(spec.has_value(), (spec.has_value() ? "" : spec.error().context));
    return *spec;
}

const model::ResourceSpec& resource(const model::ClusterSpec& spec, const char* name) {
    const auto place = model::find_resource(spec, name);
    REQUIRE(place.resource != nullptr);
    return *place.resource;
}

}  // namespace

TEST_CASE("nodes are numbered and ranked in order of appearance") {
    const auto spec = load(k_web);
    REQUIRE(spec.nodes.size() == 3);
    CHECK(spec.nodes[0].name == "b");
    CHECK(spec.nodes[0].id == NodeId{1});
    CHECK(spec.nodes[0].rank == 0);
    CHECK(spec.nodes[1].name == "a");
    CHECK(spec.nodes[1].id == NodeId{2});
    CHECK(spec.nodes[1].rank == 1);
    CHECK(spec.nodes[1].addresses.at(InterconnectId{1}) == "10.0.0.1:29002");
}

TEST_CASE("a port that is not written is 29002") {
    CHECK(load(k_web).nodes[1].addresses.at(InterconnectId{2}) == "10.1.0.1:29002");
}

TEST_CASE("times that are not written get their defaults, and the others follow the timeout") {
    auto t = load(k_web).timing;
    CHECK(t.heartbeat_interval == 100ms);
    CHECK(t.heartbeat_timeout == 500ms);
    CHECK(t.lease == 500ms);
    CHECK(t.sever_bound == 5ms);
    CHECK(t.engine_stall == 500ms);
    CHECK(t.startup_wait == 30s);
    CHECK(t.leave_timeout == 60s);
    CHECK(t.drift_ppm == 1000);
    CHECK(t.delay_warning_percent == 80);
    t = load(R"({"cluster": "x", "nodes": {"a": {}}, "timing": {"heartbeat_timeout": "2s",
                 "startup_wait": "0s"}})").timing;
    CHECK(t.lease == 2s);
    CHECK(t.engine_stall == 2s);
    CHECK(t.startup_wait == 0s);
}

TEST_CASE("F35: the chain of times is told in numbers") {
    const auto t = load(k_web).timing;
    const auto rules = timing_rules(t);
    REQUIRE(rules.size() == 3);
    CHECK(rules[0].text == "heartbeat_interval 100ms x 3 = 300ms <= heartbeat_timeout 500ms");
    CHECK(rules[1].text == "lease 500ms <= heartbeat_timeout 500ms");
    CHECK(rules[2].text == "sever_bound 5ms x 4 = 20ms <= lease 500ms");
    CHECK(takeover_text(t) ==
          "groups of a node that dies begin to start elsewhere after max(heartbeat_timeout 500ms, "
          "lease 500ms x (1 + 2 x 1000 ppm)) = 501ms and one commit");
}

TEST_CASE("an exec depends on the addresses and disks of its group unless it says otherwise") {
    const auto spec = load(k_web);
    const auto& nginx = resource(spec, "nginx");
    CHECK(nginx.depends_on ==
          std::vector{resource(spec, "vip").id, resource(spec, "data").id});
    CHECK(resource(spec, "vip").depends_on.empty());
    CHECK(resource(spec, "log").depends_on.empty());
    const auto own = load(R"({"cluster": "x", "nodes": {"a": {}}, "groups": {"g": {"resources": {
        "run": {"type": "exec", "depends_on": []}, "vip": {"type": "fip"}}}}})");
    CHECK(resource(own, "run").depends_on.empty());
}

TEST_CASE("an exec asks for the strongest of what it depends on") {
    const auto spec = load(k_web);
    CHECK(resource(spec, "vip").requirement == model::Requirement::quorum);
    CHECK(resource(spec, "data").requirement == model::Requirement::fencing);
    CHECK(resource(spec, "nginx").requirement == model::Requirement::fencing);
    CHECK(resource(spec, "log").requirement == model::Requirement::quorum);
}

TEST_CASE("a requirement that is lowered is kept, with a warning") {
    const auto loaded = load_document(R"({"cluster": "x", "nodes": {"a": {}}, "groups": {"g": {
        "resources": {"d": {"type": "disk"}, "e": {"type": "exec", "requires": "quorum"},
                      "f": {"type": "disk", "requires": "nothing"}}}}})", {});
    REQUIRE(loaded.spec);
    CHECK(resource(*loaded.spec, "e").requirement == model::Requirement::quorum);
    REQUIRE(loaded.warnings.size() == 2);
    CHECK(loaded.warnings[0].text ==
          "'quorum' is less than the 'fencing' of d, which it depends on");
    CHECK(loaded.warnings[1].text == "'nothing' is less than the 'fencing' that the type disk asks "
                                     "for; two nodes may run it at the same time");
}

TEST_CASE("operations get the defaults of their type") {
    const auto spec = load(k_web);
    CHECK(resource(spec, "vip").start.retries == 5);
    CHECK(resource(spec, "vip").start.timeout == 60s);
    CHECK(resource(spec, "nginx").start.retries == 0);
    CHECK(resource(spec, "nginx").start.timeout == 5min);
    CHECK(resource(spec, "nginx").start.final_action == model::FinalAction::failover);
    CHECK(resource(spec, "nginx").stop.final_action == model::FinalAction::none);
    CHECK(resource(spec, "log").stop.timeout == 3min);
}

TEST_CASE("parameters are text, whatever JSON they were written as") {
    const auto spec = load(k_web);
    const auto& nginx = resource(spec, "nginx");
    CHECK(nginx.parameters.at("retries") == "3");
    CHECK(nginx.parameters.at("confine") == "true");
    CHECK(nginx.parameters.at("codes") == "0\n2-5");
    CHECK(nginx.node_parameters.at(NodeId{1}).at("start") == "/opt/nginx");
}

TEST_CASE("a group without a policy may run on all nodes in their order") {
    const auto spec = load(k_web);
    CHECK(model::find_group(spec, "mail")->policy == std::vector{NodeId{1}, NodeId{2}, NodeId{3}});
    CHECK(model::find_group(spec, "mail")->startup == model::Startup::manual);
    CHECK(model::find_group(spec, "web")->policy == std::vector{NodeId{2}, NodeId{1}});
}

TEST_CASE("monitors get the defaults of their type and know their group") {
    const auto spec = load(k_web);
    const auto* process = model::find_monitor(spec, "web-process");
    REQUIRE(process != nullptr);
    CHECK(process->group == model::find_group(spec, "web")->id);
    CHECK(process->resource == resource(spec, "nginx").id);
    CHECK(process->timing == model::MonitorTiming::while_active);
    CHECK(process->recovery == model::RecoveryTarget::resource);
    CHECK(process->interval == 5s);
    CHECK(process->timeout == 60s);
    CHECK(process->restart_threshold == 3);
    CHECK(process->failover_threshold == 1);
    CHECK(process->reset_after == 1h);
    const auto* router = model::find_monitor(spec, "router");
    CHECK(router->recovery == model::RecoveryTarget::none);
    CHECK(router->nodes == std::vector{NodeId{2}});
    CHECK(router->timing == model::MonitorTiming::always);
}

TEST_CASE("names keep their numbers when the document changes") {
    const auto before = load(k_web);
    LoadOptions options;
    options.previous = &before;
    const auto after = load_spec(R"({"cluster": "demo", "interconnects": ["lan1"],
        "nodes": {"z": {"lan1": "10.1.0.9"}, "c": {"lan1": "10.1.0.3"}, "a": {"lan1": "10.1.0.1"}},
        "groups": {"new": {"resources": {"more": {"type": "exec"}}}, "mail": {}}})", options);
    REQUIRE(after.has_value());
    CHECK(model::find_node(*after, "c")->id == NodeId{3});
    CHECK(model::find_node(*after, "a")->id == NodeId{2});
    CHECK(model::find_node(*after, "z")->id == NodeId{4});
    CHECK(model::find_node(*after, "z")->rank == 0);
    CHECK(after->interconnects[0].id == InterconnectId{2});
    CHECK(model::find_group(*after, "mail")->id == model::find_group(before, "mail")->id);
    CHECK(model::find_group(*after, "new")->id == GroupId{3});
    CHECK(model::find_resource(*after, "more").resource->id == ResourceId{5});
}

TEST_CASE("numbers that the document itself carries are kept, and those of absent names reserved") {
    const auto spec = load(R"({"cluster": "x", "interconnects": ["lan"],
        "nodes": {"n1": {"lan": "10.0.0.1"}, "n2": {"lan": "10.0.0.2"}, "n3": {"lan": "10.0.0.3"}},
        "ids": {"nodes": {"n2": 1, "gone": 7, "n3": 3}}})");
    CHECK(model::find_node(spec, "n1")->id == NodeId{8});
    CHECK(model::find_node(spec, "n2")->id == NodeId{1});
    CHECK(model::find_node(spec, "n3")->id == NodeId{3});
}

TEST_CASE("two nodes under majority are told what they lack") {
    const auto loaded = load_document(R"({"cluster": "x", "interconnects": ["lan"],
        "nodes": {"a": {"lan": "10.0.0.1"}, "b": {"lan": "10.0.0.2"}}})", {});
    CHECK(loaded.spec);
    REQUIRE(loaded.warnings.size() == 1);
    CHECK(loaded.warnings[0].text ==
          "two nodes under the policy 'majority': when one is lost, the other has no majority and "
          "stops its groups; a third node, a witness, or the policy two_node prevents that");
}

TEST_CASE("a byte order mark does no harm") {
    CHECK(load("\xef\xbb\xbf{\"cluster\": \"x\", \"nodes\": {\"a\": {}}}").name == "x");
}

TEST_CASE("a monitor watches the resource that it stands beside, named once or twice") {
    LoadOptions options;
    options.types = test_types();
    const auto loaded = [&](const std::string& monitor) {
        const auto text = R"({"cluster": "c", "interconnects": ["lan"],
            "nodes": {"a": {"lan": "10.0.0.1"}},
            "groups": {"g": {"resources": {"one": {"type": "exec"}, "two": {"type": "exec"}}}},
            "monitors": {"m": )" + monitor + "}}";
        const auto spec = load_spec(text, options);
        if (!spec) return spec.error().context;
        const auto& parameters = spec->monitors.front().parameters;
        const auto named = parameters.find("resource");
        return named == parameters.end() ? std::string("(beside it)") : named->second;
    };
    // Not written down, so that the text is the same configuration where types are not known.
    CHECK(loaded(R"({"type": "pidw", "resource": "one"})") == "(beside it)");
    CHECK(loaded(R"({"type": "pidw", "resource": "one", "parameters": {"resource": "two"}})") ==
          "two");
    CHECK(loaded(R"({"type": "pidw", "group": "g"})").find("'resource' of type pidw is missing") !=
          std::string::npos);
}

TEST_CASE("S44: a monitor of monitors names its members, also those that stand after it") {
    const auto spec = load(R"({"cluster": "demo", "nodes": {"a": {}}, "monitors": {
        "both": {"type": "multi", "members": ["one", "two"], "error_threshold": 2,
                 "warning_threshold": 1, "final_action": "reboot", "recovery": "node"},
        "one": {"type": "custom"}, "two": {"type": "custom"}}})");
    const auto& both = spec.monitors[0];
    CHECK(both.members == std::vector<MonitorId>{spec.monitors[1].id, spec.monitors[2].id});
    CHECK(both.error_threshold == 2);
    CHECK(both.warning_threshold == 1);
    CHECK(both.recovery == model::RecoveryTarget::node);
}

TEST_CASE("S42: nice, script and recovery of a monitor are read, and have defaults that change "
          "nothing") {
    const auto spec = load(R"({"cluster": "demo", "nodes": {"a": {}}, "monitors": {
        "plain": {"type": "custom"},
        "full": {"type": "custom", "nice": -5, "script": "/usr/local/sbin/before",
                 "script_timeout": "3s", "recovery": "all_groups"}}})");
    CHECK(spec.monitors[0].nice == 0);
    CHECK(spec.monitors[0].script.empty());
    CHECK(spec.monitors[0].recovery == model::RecoveryTarget::none);
    CHECK(spec.monitors[1].nice == -5);
    CHECK(spec.monitors[1].script == "/usr/local/sbin/before");
    CHECK(spec.monitors[1].script_timeout == std::chrono::seconds(3));
    CHECK(spec.monitors[1].recovery == model::RecoveryTarget::all_groups);
    CHECK(spec.max_reboots == 3);
    CHECK(spec.reboots_reset_after == std::chrono::hours(1));
}

TEST_CASE("S66: a node that stops has 30 s at least by default, and as long as is configured") {
    const auto spec = load(R"({"cluster": "demo", "nodes": {"a": {}}})");
    CHECK(spec.timing.leave_timeout >= std::chrono::seconds(30));
    const auto other = load(R"({"cluster": "demo", "nodes": {"a": {}},
                                "timing": {"leave_timeout": "5min"}})");
    CHECK(other.timing.leave_timeout == std::chrono::minutes(5));
}

TEST_CASE("C1, C2: no timeout of an operation is zero, of whatever type, and none can be made so") {
    for (const char* type : {"fip", "exec", "disk", "nas", "raw", "md", "custom"}) {
        CAPTURE(type);
        const std::string text = std::string(R"({"cluster": "demo", "nodes": {"a": {}},
            "groups": {"g": {"resources": {"r": {"type": ")") + type + "\"}}}}}";
        const auto spec = load(text.c_str());
        const auto& r = spec.groups[0].resources[0];
        CHECK(r.start.timeout > Duration::zero());
        CHECK(r.stop.timeout > Duration::zero());
        CHECK(r.probe_timeout > Duration::zero());
        for (const char* field : {"start_timeout", "stop_timeout", "probe_timeout"}) {
            const std::string zero = std::string(R"({"cluster": "demo", "nodes": {"a": {}},
                "groups": {"g": {"resources": {"r": {"type": ")") + type + "\", \"" + field +
                "\": \"0s\"}}}}}";
            const auto refused = load_spec(zero, "test.json");
            REQUIRE_FALSE(refused.has_value());
            CHECK(refused.error().context.find(field) != std::string::npos);
        }
    }
}

TEST_CASE("S44: a monitor of monitors that cannot be is refused with what would be right") {
    const auto refusal = [](const std::string& monitors) {
        const auto spec = load_spec(R"({"cluster": "demo", "nodes": {"a": {}}, "monitors": {)" +
                                        monitors + "}}",
                                    "test.json");
        REQUIRE_FALSE(spec.has_value());
        return spec.error().context;
    };
    const auto has = [](const std::string& text, const char* part) {
        return text.find(part) != text.npos;
    };
    CHECK(has(refusal(R"("m": {"type": "multi"})"), "needs members"));
    CHECK(has(refusal(R"("m": {"type": "multi", "members": ["x"]})"), "there is no monitor 'x'"));
    CHECK(has(refusal(R"("m": {"type": "multi", "members": ["m"]})"), "of type multi itself"));
    CHECK(has(refusal(R"("o": {"type": "custom"},
                         "m": {"type": "multi", "members": ["o"], "error_threshold": 2})"),
              "2 is more than the 1 members"));
    CHECK(has(refusal(R"("m": {"type": "custom", "members": ["m"]})"), "only a monitor of type"));
    CHECK(has(refusal(R"("o": {"type": "custom"},
                         "m": {"type": "multi", "members": ["o"], "parameters": {"x": 1}})"),
              "has no parameters"));
    CHECK(has(refusal(R"("m": {"type": "custom", "script": "x.sh"})"), "not an absolute path"));
    CHECK(has(refusal(R"("m": {"type": "custom", "script_timeout": "0s"})"), "out of range"));
    CHECK(has(refusal(R"("m": {"type": "custom", "nice": 20})"), "-20 to 19"));
}
