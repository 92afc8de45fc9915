// A spec written and loaded again is the same spec.
#include <doctest/doctest.h>

#include "base/random.hpp"
#include "config/load.hpp"
#include "config/write.hpp"

using namespace ha;
using namespace ha::config;

namespace {

void check_round_trip(const model::ClusterSpec& spec) {
    const auto text = write_spec(spec);
    const auto again = load_spec(text, "written.json");
    REQUIRE_MESSAGE(again.has_value(),
                    (again.has_value() ? "" : again.error().context + "\n" + text));
    CHECK_MESSAGE(*again == spec, text);
}

}  // namespace

TEST_CASE("a small spec survives") {
    const auto spec = load_spec(R"({"cluster": "x", "nodes": {"a": {}}})", "a.json");
    REQUIRE(spec.has_value());
    check_round_trip(*spec);
}

TEST_CASE("numbers out of order, revisions and odd parameters survive") {
    const auto spec = load_spec(R"({"cluster": "x", "revision": 12, "interconnects": ["l2", "l1"],
      "nodes": {"a": {"l1": "[2001:DB8::1]:5", "l2": "a.example:29002"},
                "b": {"l1": "[fe80::2%eth0]:5", "l2": "b.example"}},
      "groups": {"g": {"policy": ["b"], "resources": {
          "r": {"type": "exec", "parameters": {"start": "a\nb", "empty": "", "n": 5, "t": true,
                "l": ["x", "", "y"], "none": []}, "node_parameters": {"b": {"start": "\u00e9\"\\"}}}}}},
      "monitors": {"m": {"type": "pidw", "group": "g", "nodes": ["b"], "interval": "1500us",
                         "recovery": "none", "unknown_is_bad": true}},
      "ids": {"nodes": {"a": 9}, "interconnects": {"l1": 1}, "resources": {"r": 4}}})", "a.json");
    REQUIRE_MESSAGE(spec.has_value(), (spec.has_value() ? "" : spec.error().context));
    check_round_trip(*spec);
}
