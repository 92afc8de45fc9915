// What differs between two configurations, field by field, and what each difference takes.
#include "config/change.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "config/load.hpp"
#include "types.hpp"

using namespace ha;
using namespace ha::config;

namespace change_cases {
namespace {

constexpr const char* k_before = R"({
  "cluster": "x", "interconnects": ["l1"],
  "nodes": {"a": {"l1": "10.0.0.1"}, "b": {"l1": "10.0.0.2"}},
  "groups": {
    "web": {"policy": ["a", "b"], "resources": {
        "vip": {"type": "fip", "parameters": {"address": "10.0.0.9", "password": "secret"}}}},
    "db": {"resources": {"post": {"type": "exec"}}}},
  "monitors": {"post-up": {"type": "pidw", "resource": "post"}}})";

model::ClusterSpec load(std::string text, const model::ClusterSpec* previous = nullptr) {
    LoadOptions options;
    options.types = test_types();
    options.previous = previous;
    auto spec = load_spec(text, options);
    REQUIRE_MESSAGE(spec.has_value(), (spec.has_value() ? "" : spec.error().context));
    return *spec;
}

std::vector<Change> edit(const std::string& what, const std::string& by) {
    const auto before = load(k_before);
    std::string text = k_before;
    const auto at = text.find(what);
    REQUIRE(at != text.npos);
    text.replace(at, what.size(), by);
    return changes_between(before, load(text, &before), test_types());
}

}  // namespace

TEST_CASE("a configuration does not differ from itself") {
    const auto spec = load(k_before);
    CHECK(changes_between(spec, spec, test_types()).empty());
    auto later = spec;
    later.revision = SpecRevision{7};
    CHECK(changes_between(spec, later, test_types()).empty());
}

TEST_CASE("G18: each kind of change says what it takes, and which group it is about") {
    struct Case {
        const char* what;
        const char* by;
        const char* path;
        Effect effect;
        const char* group;
    };
    const Case cases[] = {
        {R"(["a", "b"])", R"(["b", "a"])", "groups.web.policy", Effect::online, "web"},
        {R"("db": {)", R"("db": {"failback": "automatic", )", "groups.db.failback", Effect::online,
         "db"},
        {R"({"type": "exec"})", R"({"type": "exec", "stop_timeout": "9s"})",
         "groups.db.resources.post.stop_timeout", Effect::online, "db"},
        {R"("10.0.0.9")", R"("10.0.0.8")", "groups.web.resources.vip.parameters.address",
         Effect::restarts_group, "web"},
        {R"({"type": "exec"})", R"({"type": "exec", "requires": "fencing"})",
         "groups.db.resources.post.requires", Effect::restarts_group, "db"},
        {R"("post": {)", R"("pre": {"type": "exec"}, "post": {)", "groups.db.resources.pre",
         Effect::restarts_group, "db"},
        {R"("groups": {)", R"("groups": {"new": {"resources": {}}, )", "groups.new",
         Effect::online, "new"},
        {R"("type": "pidw", )", R"("type": "pidw", "interval": "9s", )",
         "monitors.post-up.interval", Effect::online, ""},
        {R"("interconnects")", R"("timing": {"startup_wait": "9s"}, "interconnects")",
         "timing.startup_wait", Effect::online, ""},
        {R"("10.0.0.2"})", R"("10.0.0.2"}, "c": {"l1": "10.0.0.3"})", "nodes.c", Effect::online,
         ""},
        {R"("10.0.0.2")", R"("10.0.0.7")", "nodes.b.l1", Effect::online, ""},
    };
    for (const auto& one : cases) {
        const auto changes = edit(one.what, one.by);
        CAPTURE(one.path);
        const auto found = std::find_if(changes.begin(), changes.end(),
                                        [&](const Change& c) { return c.path == one.path; });
        REQUIRE(found != changes.end());
        CHECK(found->effect == one.effect);
        CHECK(found->group == one.group);
        // Nothing of a group that the edit does not name.
        for (const auto& c : changes)
            if (*one.group != '\0' && std::string(one.path) != "groups.new")
                CHECK((c.group.empty() || c.group == one.group));
    }
}

TEST_CASE("a group that is removed is stopped for it, and values are shown, but no secrets") {
    const auto changes = edit(R"(,
    "db": {"resources": {"post": {"type": "exec"}}}},
  "monitors": {"post-up": {"type": "pidw", "resource": "post"}})",
                              "}");
    const auto gone = std::find_if(changes.begin(), changes.end(),
                                   [](const Change& c) { return c.path == "groups.db"; });
    REQUIRE(gone != changes.end());
    CHECK(gone->effect == Effect::stops_group);
    const auto address = edit(R"("10.0.0.9")", R"("10.0.0.8")");
    REQUIRE(address.size() == 1);
    CHECK(address[0].before == "\"10.0.0.9\"");
    CHECK(address[0].after == "\"10.0.0.8\"");
    const auto secret = edit(R"("secret")", R"("hidden")");
    REQUIRE(secret.size() == 1);
    CHECK(secret[0].path == "groups.web.resources.vip.parameters.password");
    CHECK(secret[0].before.find("secret\"") == std::string::npos);
    CHECK(secret[0].after.find("hidden\"") == std::string::npos);
    CHECK(secret[0].note == "a secret changes");
}

}  // namespace change_cases
