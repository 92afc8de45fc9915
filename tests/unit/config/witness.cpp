// The witness in a configuration (safety.md F10): its address, its distance, when it has a vote.
#include <doctest/doctest.h>

#include "config/load.hpp"
#include "config/timing.hpp"
#include "config/write.hpp"

using namespace ha;
using namespace ha::config;

namespace witness_cases {
namespace {

Loaded load(const std::string& witness, const std::string& more = {}, int nodes = 2) {
    std::string text = R"({"cluster": "x", "interconnects": ["lan"], )" + more +
                       R"("witness": )" + witness + R"(, "nodes": {)";
    for (int n = 1; n <= nodes; n++)
        text += (n > 1 ? ", \"n" : "\"n") + std::to_string(n) + "\": {\"lan\": \"10.0.0." +
                std::to_string(n) + "\"}";
    return load_document(text + "}}", {});
}

bool mentions(const std::vector<Problem>& problems, const std::string& word) {
    for (const auto& one : problems)
        if (one.text.find(word) != std::string::npos) return true;
    return false;
}

}  // namespace

TEST_CASE("F10: a witness has an address, with port 29003 or its own, and is near by default") {
    const auto plain = load(R"({"address": "192.0.2.9"})");
    REQUIRE(plain.spec.has_value());
    CHECK(plain.spec->witness.address == "192.0.2.9:29003");
    CHECK(plain.spec->witness.round_trip == 20ms);
    CHECK(plain.warnings.empty());
    CHECK(load(R"({"address": "[2001:db8::9]:5"})").spec->witness.address == "[2001:db8::9]:5");
    CHECK(load(R"({"address": "[2001:db8::9]"})").spec->witness.address == "[2001:db8::9]:29003");
    CHECK(load(R"({"address": "w.example"})").spec->witness.address == "w.example:29003");
}

TEST_CASE("F10: what is written about a witness is read back as it was") {
    const auto loaded = load(R"({"address": "192.0.2.9:7", "round_trip": "45ms"})");
    REQUIRE(loaded.spec.has_value());
    const auto again = load_document(write_spec(*loaded.spec), {}).spec;
    REQUIRE(again.has_value());
    CHECK(*again == *loaded.spec);
}

TEST_CASE("F35: a witness that is too far away for the lease is refused, with the sum") {
    const auto far = load(R"({"address": "192.0.2.9", "round_trip": "80ms"})");
    CHECK_FALSE(far.spec.has_value());
    CHECK(mentions(far.errors, "heartbeat_interval 100ms + 2 x round_trip 80ms = 260ms > lease"));
    const auto longer = load(R"({"address": "192.0.2.9", "round_trip": "80ms"})",
                             R"("timing": {"heartbeat_timeout": "600ms"}, )");
    REQUIRE(longer.spec.has_value());
    const auto rules = timing_rules(*longer.spec);
    CHECK(rules.back().holds);
    CHECK(rules.back().text.find("260ms <= lease 600ms / 2") != std::string::npos);
}

TEST_CASE("F10: among an odd number of nodes a witness has no vote, and it is said") {
    for (int nodes = 1; nodes <= 4; nodes++) {
        const auto loaded = load(R"({"address": "192.0.2.9"})", {}, nodes);
        REQUIRE(loaded.spec.has_value());
        CHECK(mentions(loaded.warnings, "the witness has no vote") == (nodes % 2 == 1));
    }
}

TEST_CASE("F10: a bad address, none, an unknown field, and clocks that drift too far are errors") {
    CHECK_FALSE(load(R"({"address": "300.1.1.1:x"})").errors.empty());
    CHECK(mentions(load(R"({"round_trip": "5ms"})").errors, "address"));
    CHECK_FALSE(load(R"({"address": "192.0.2.9", "adress": 1})").errors.empty());
    const auto drift = load(R"({"address": "192.0.2.9"})", R"("timing": {"drift_ppm": 20000}, )");
    CHECK(mentions(drift.errors, "drift"));
}

TEST_CASE("F10: an etcd instead of a witness: endpoints, files and user, read back as written") {
    const auto plain = load(R"({"etcd": {"endpoints":
        ["https://192.0.2.9", "https://e1.lan:5/"]}})");
    REQUIRE(plain.spec.has_value());
    CHECK(plain.warnings.empty());
    const auto& etcd = plain.spec->witness.etcd;
    CHECK(etcd.endpoints == std::vector<std::string>{"https://192.0.2.9:2379", "https://e1.lan:5"});
    CHECK(etcd.prefix == "/libha/witness/x/");
    CHECK(model::witness_place(*plain.spec) ==
          "etcd at https://192.0.2.9:2379, https://e1.lan:5");
    const auto full = load(R"({"etcd": {"endpoints": ["http://[2001:db8::9]"], "ca_file": "/a/ca",
        "cert_file": "/a/c", "key_file": "/a/k", "user": "ha", "password_file": "/a/p",
        "prefix": "/ha/x/"}, "round_trip": "30ms"})");
    REQUIRE(full.spec.has_value());
    CHECK(mentions(full.warnings, "not encrypted"));
    const auto again = load_document(write_spec(*full.spec), {}).spec;
    REQUIRE(again.has_value());
    CHECK(*again == *full.spec);
    CHECK(timing_rules(*full.spec).size() == timing_rules(full.spec->timing).size() + 1);
}

TEST_CASE("F10: what is wrong with an etcd is said with its field and what would be right") {
    const auto etcd = [](const std::string& fields) {
        return load(R"({"etcd": {)" + fields + "}}").errors;
    };
    const std::string good = R"("endpoints": ["https://192.0.2.9"])";
    CHECK(mentions(etcd(R"("endpoints": [])"), "at least one"));
    CHECK(mentions(etcd(R"("prefix": "/a/")"), "endpoints"));
    CHECK(mentions(etcd(R"("endpoints": ["192.0.2.9:2379"])"), "write it as https://"));
    CHECK(mentions(etcd(R"("endpoints": ["https://192.0.2.9/v3"])"), "more than a host"));
    CHECK_FALSE(etcd(R"("endpoints": ["https://300.1.1.1:x"])").empty());
    CHECK(mentions(etcd(good + R"(, "cert_file": "/a/c")"), "go together"));
    CHECK(mentions(etcd(good + R"(, "password_file": "/a/p")"), "go together"));
    CHECK(mentions(etcd(good + R"(, "ca_file": "ca.crt")"), "/etc/ha/ca.crt"));
    CHECK(mentions(etcd(good + R"(, "prefix": "libha")"), "begin and end with '/'"));
    CHECK(mentions(etcd(good + R"(, "endpoint": "a")"), "endpoints"));
    CHECK(mentions(load(R"({"address": "192.0.2.9", "etcd": {)" + good + "}}").errors,
                   "give one of both"));
    CHECK(mentions(load("{}").errors, "give one of both"));
    const auto far = load(R"({"etcd": {)" + good + R"(}, "round_trip": "80ms"})");
    CHECK(mentions(far.errors, "> lease"));
}

}  // namespace witness_cases
