// Values of parameters.
#include "ha/plugin/values.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <utility>

using namespace ha::plugin;
using namespace std::chrono_literals;

template <class Text>
concept Splittable = requires(Text&& text) { split_list(std::forward<Text>(text)); };
static_assert(Splittable<const std::string&> && Splittable<const char*>);
static_assert(!Splittable<std::string>, "the items would be views into a text that is gone");

TEST_CASE("a duration is a whole number with a unit") {
    CHECK(parse_duration("250ms") == 250ms);
    CHECK(parse_duration("5s") == 5s);
    CHECK(parse_duration("2min") == 2min);
    CHECK(parse_duration("0s") == 0s);
    CHECK(parse_duration("1d") == 24h);
    CHECK(parse_duration("7us") == 7us);
}

TEST_CASE("a duration without a unit, with an unknown one, or out of range is none") {
    for (const char* text : {"", "5", "s", "5 s", "5m", "-5s", "1.5s", "5S", "5sx", " 5s",
                             "9223372036854775807s", "99999999999999999999s"})
        CHECK_MESSAGE(!parse_duration(text), text);
}

TEST_CASE("a duration is printed in the largest unit that divides it, and reads back") {
    for (const char* text : {"250ms", "5s", "2min", "1h", "1d", "3ns", "0s", "90s"}) {
        const auto duration = parse_duration(text);
        REQUIRE(duration);
        CHECK(parse_duration(format_duration(*duration)) == duration);
    }
    CHECK(format_duration(120s) == "2min");
}

TEST_CASE("an address may have a prefix that its family allows") {
    for (const char* text : {"192.0.2.1", "192.0.2.1/24", "2001:db8::1", "2001:db8::1/128", "::"})
        CHECK_MESSAGE(is_address(text), text);
    for (const char* text : {"", "192.0.2", "192.0.2.1/33", "2001:db8::1/129", "host", "1.2.3.4/",
                             "1.2.3.4/-1", "1.2.3.4/x", "/24"})
        CHECK_MESSAGE(!is_address(text), text);
}

TEST_CASE("a list keeps empty items and knows the empty list") {
    CHECK(split_list("").empty());
    CHECK(split_list("a\nb c") == std::vector<std::string_view>{"a", "b c"});
    CHECK(split_list("a\n\nb").size() == 3);
}

namespace {
ha_parameter_t parameter(std::uint32_t type) {
    ha_parameter_t p{};
    p.size = sizeof(p);
    p.type = type;
    p.name = "field";
    p.help = "";
    return p;
}
}  // namespace

TEST_CASE("a wrong value is answered with what would be right") {
    auto p = parameter(HA_PARAMETER_DURATION);
    p.minimum = 1'000'000;
    p.maximum = 60'000'000'000;
    CHECK(check_value(p, "5s").empty());
    CHECK(check_value(p, "5").find("with a unit") != std::string::npos);
    CHECK(check_value(p, "2min") == "must be 1ms to 1min");

    p = parameter(HA_PARAMETER_STRING);
    p.choices = "sync|async";
    CHECK(check_value(p, "async").empty());
    CHECK(check_value(p, "asynchronous") == "must be one of: sync, async");

    p = parameter(HA_PARAMETER_LIST);
    p.item_type = HA_PARAMETER_ADDRESS;
    CHECK(check_value(p, "192.0.2.1\n::1").empty());
    CHECK(check_value(p, "192.0.2.1\nhost").find("item 'host'") == 0);

    CHECK(!check_value(parameter(HA_PARAMETER_BOOLEAN), "yes").empty());
    CHECK(!check_value(parameter(HA_PARAMETER_INTEGER), "5x").empty());
    CHECK(!check_value(parameter(HA_PARAMETER_PATH), "relative").empty());
    CHECK(!check_value(parameter(HA_PARAMETER_STRING), std::string("a\0b", 3)).empty());
    CHECK(!check_value(parameter(HA_PARAMETER_STRING), std::string(70'000, 'a')).empty());
    CHECK(!check_value(parameter(99), "x").empty());
}

TEST_CASE("the sentence about a wrong value names it, except for a secret") {
    auto p = parameter(HA_PARAMETER_INTEGER);
    CHECK(describe_wrong_value(p, "abc", "must be a whole number") ==
          "parameter 'field' = 'abc' must be a whole number");
    p.flags = HA_PARAMETER_SECRET;
    CHECK(describe_wrong_value(p, "abc", "must be").find("abc") == std::string::npos);
}
