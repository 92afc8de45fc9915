// Who decides: the policies of cluster.md 3 as they are written, and what is refused.
#include <doctest/doctest.h>

#include "config/load.hpp"
#include "config/write.hpp"

using namespace ha;
using namespace ha::config;

namespace quorum_cases {
namespace {

/// Two nodes, or three, and the given fields.
std::string document(const std::string& fields, bool is_three = false) {
    return R"({"cluster": "x", "interconnects": ["lan"], )" + fields +
           R"("nodes": {"a": {"lan": "10.0.0.1"}, "b": {"lan": "10.0.0.2"})" +
           (is_three ? R"(, "c": {"lan": "10.0.0.3"})" : "") + "}}";
}

Loaded load(const std::string& fields, bool is_three = false) {
    return load_document(document(fields, is_three), {});
}

std::string errors_of(const std::string& fields, bool is_three = false) {
    std::string out;
    for (const auto& one : load(fields, is_three).errors) out += describe(one, "f") + "\n";
    return out;
}

std::string warnings_of(const std::string& fields, bool is_three = false) {
    std::string out;
    for (const auto& one : load(fields, is_three).warnings) out += describe(one, "f") + "\n";
    return out;
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

constexpr const char* k_ping =
    R"("quorum": "two_node", "tie_breaker": "ping", "tie_breaker_targets": ["192.0.2.1", "::1"], )";

}  // namespace

TEST_CASE("cluster.md 3: two_node with ping, http and none is read, written and read again") {
    for (const std::string& fields :
         {std::string(k_ping) + R"("alone_at_start": "allow", "partition_action": "reboot", )",
          std::string(R"("quorum": "two_node", "tie_breaker": "http", "tie_breaker_targets": )"
                      R"(["http://192.0.2.1:8080/alive"], "dual_activation": "stop_both", )"),
          std::string(R"("quorum": "two_node", "tie_breaker": "none", )")}) {
        const auto loaded = load(fields);
        REQUIRE_MESSAGE(loaded.spec, errors_of(fields));
        CHECK(loaded.spec->quorum == model::QuorumPolicy::two_node);
        const auto again = load_document(write_spec(*loaded.spec), {}).spec;
        REQUIRE(again.has_value());
        CHECK(*again == *loaded.spec);
    }
    const auto spec = *load(k_ping).spec;
    CHECK(spec.tie_breaker == model::TieBreaker::ping);
    CHECK(spec.tie_breaker_targets == std::vector<std::string>{"192.0.2.1", "::1"});
    CHECK(spec.quorum_loss == model::QuorumLoss::stop);
    CHECK_FALSE(spec.alone_at_start);
}

TEST_CASE("F13: freeze and ignore are read, and warned of: they cost the takeover") {
    const auto loaded = load(R"("quorum_loss": "freeze", )", true);
    REQUIRE(loaded.spec);
    CHECK(loaded.spec->quorum_loss == model::QuorumLoss::freeze);
    CHECK(has(warnings_of(R"("quorum_loss": "ignore", )", true), "do not take over"));
    CHECK(warnings_of("", true).empty());
}

TEST_CASE("F7, F10, F13: every policy of who decides can be chosen, without an error") {
    CHECK(errors_of(k_ping).empty());
    CHECK(errors_of(R"("quorum": "two_node", "tie_breaker": "none", )").empty());
    CHECK(errors_of(R"("witness": {"address": "10.0.0.9"}, )").empty());
    for (const auto* loss : {"stop", "freeze", "ignore"})
        CHECK(errors_of(std::string(R"("quorum_loss": ")") + loss + R"(", )", true).empty());
    for (const auto* action : {"stop_groups", "stop_node_service", "reboot", "poweroff"})
        CHECK(errors_of(std::string(R"("partition_action": ")") + action + R"(", )", true).empty());
}

TEST_CASE("F7: what is weak is said, and majority with two nodes still is") {
    CHECK(has(warnings_of(R"("quorum": "two_node", "tie_breaker": "none", )"),
              "with none both nodes run everything when they lose each other"));
    CHECK(has(warnings_of(k_ping), "and both reach a target"));
    CHECK(has(warnings_of(std::string(k_ping) + R"("alone_at_start": "allow", )"), "older"));
    CHECK(has(warnings_of(""), "or the policy two_node"));
}

TEST_CASE("D5: two nodes without a witness are told once what one would give, with one nothing") {
    for (const std::string& fields :
         {std::string(k_ping), std::string(R"("quorum": "two_node", "tie_breaker": "none", )"),
          std::string()}) {
        const auto loaded = load(fields);
        REQUIRE(loaded.warnings.size() == 1);
        CHECK(has(loaded.warnings.front().text, "itness"));
    }
    CHECK(warnings_of(R"("witness": {"address": "10.0.0.9"}, )").empty());
}

TEST_CASE("F35: policies that cannot work are refused with what would be right") {
    CHECK(has(errors_of(R"("quorum": "two_node", "tie_breaker": "none", )", true),
              "two_node is for two nodes, and there are 3; use majority"));
    CHECK(has(errors_of(R"("quorum": "two_node", )"), "needs a \"tie_breaker\""));
    CHECK(has(errors_of(R"("quorum": "two_node", "tie_breaker": "fencing", )"),
              "nodes.b: the tie breaker is fencing, and this node has no fence device"));
    CHECK(has(errors_of(R"("fence_delay": "2s", )"), "is for the policy two_node"));
    CHECK(has(errors_of(R"("quorum": "two_node", "tie_breaker": "ping", )"),
              "needs at least one target"));
    CHECK(has(errors_of(R"("tie_breaker": "ping", )"), "is for the policy two_node"));
    CHECK(has(errors_of(std::string(k_ping) + R"("quorum_loss": "ignore", )"),
              "is for the policy majority"));
    CHECK(has(errors_of(R"("quorum": "two_node", "tie_breaker": "none", )"
                        R"("tie_breaker_targets": ["192.0.2.1"], )"),
              "nothing to ask"));
}

TEST_CASE("F22, F35: fencing as the tie breaker, its delay, and what does not go with it") {
    const auto pair = [](const std::string& fields) {
        return R"({"cluster": "x", "interconnects": ["lan"], "quorum": "two_node",
            "tie_breaker": "fencing", )" + fields + R"("nodes": {
            "a": {"lan": "10.0.0.1", "fence": [{"type": "x", "timeout": "10s"}]},
            "b": {"lan": "10.0.0.2", "clock": "may_stop", "fence": [{"type": "x"}]}}})";
    };
    const auto loaded = load_document(pair(""), {});
    REQUIRE(loaded.spec);
    CHECK(loaded.warnings.empty());
    CHECK(loaded.spec->tie_breaker == model::TieBreaker::fencing);
    CHECK(loaded.spec->fence_delay == Duration{0});
    CHECK_FALSE(loaded.spec->nodes[0].clock_may_stop);
    CHECK(loaded.spec->nodes[1].clock_may_stop);
    const auto delayed = load_document(pair(R"("fence_delay": "20s", )"), {});
    REQUIRE(delayed.spec);
    CHECK(delayed.spec->fence_delay == 20s);
    REQUIRE(delayed.warnings.size() == 1);  // of b alone, whose device may take 60 s
    CHECK(has(delayed.warnings[0].path, "nodes.b"));
    CHECK(has(delayed.warnings[0].text, "both nodes may be shot"));
    const auto again = load_document(write_spec(*delayed.spec), {}).spec;
    REQUIRE(again.has_value());
    CHECK(*again == *delayed.spec);
    const auto wrong = load_document(pair(R"("alone_at_start": "allow", )"), {});
    REQUIRE_FALSE(wrong.errors.empty());
    CHECK(has(wrong.errors[0].text, "is for the tie breakers none, ping and http"));
}

TEST_CASE("F21: whether a node's clock may stop is one of two words") {
    const auto loaded = load_document(
        R"({"cluster": "x", "nodes": {"a": {"clock": "sometimes"}}})", {});
    REQUIRE_FALSE(loaded.errors.empty());
    CHECK(has(loaded.errors[0].path, "nodes.a.clock"));
    CHECK(has(loaded.errors[0].text, "must be one of: steady, may_stop"));
}

TEST_CASE("F7: targets are addresses, for a name may be lost with the network") {
    const auto flaw = [](const char* kind, const char* target) {
        return errors_of(std::string(R"("quorum": "two_node", "tie_breaker": ")") + kind +
                         R"(", "tie_breaker_targets": [")" + target + R"("], )");
    };
    CHECK(has(flaw("ping", "router.example"), "is no IP address"));
    CHECK(has(flaw("ping", "192.0.2.1:80"), "is no IP address"));
    CHECK(flaw("ping", "2001:db8::1").empty());
    CHECK(has(flaw("http", "192.0.2.1"), "is no web address"));
    CHECK(has(flaw("http", "https://192.0.2.1/"), "is no web address"));
    CHECK(has(flaw("http", "http://router.example/"), "names no host by its IP address"));
    CHECK(has(flaw("http", "http://192.0.2.1/a b"), "a space"));
    CHECK(flaw("http", "http://[2001:db8::1]:8080/x").empty());
    CHECK(flaw("http", "http://192.0.2.1").empty());
}

}  // namespace quorum_cases
