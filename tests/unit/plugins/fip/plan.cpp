// The unit tests of resource/fip/plan: parameters, waiting times, prefixes.
#include "resource/fip/plan.hpp"

#include <doctest/doctest.h>
#include <net/if.h>

using namespace ha;
using namespace ha::fip;
using namespace std::chrono_literals;

namespace {

Settings placed(const char* address, const char* interface = "", std::int64_t prefix = -1) {
    Settings settings;
    const auto mistake = place_address(address, interface, prefix, settings);
    REQUIRE_MESSAGE(!mistake, (mistake ? mistake->advice : std::string()));
    return settings;
}
Mistake mistake_in(const char* address, const char* interface = "", std::int64_t prefix = -1) {
    Settings settings;
    const auto mistake = place_address(address, interface, prefix, settings);
    REQUIRE_MESSAGE(mistake.has_value(), address);
    return *mistake;
}
Settings timed() {
    Settings settings;
    settings.announce_count = 5;
    settings.announce_interval = 200ms;
    settings.check_timeout = 60ms;
    settings.handover_timeout = 5ms;
    return settings;
}

}  // namespace

TEST_CASE("link and prefix may stand in the address or in parameters of their own") {
    auto settings = placed("10.0.0.50/24%eth0");
    CHECK(settings.link == "eth0");
    CHECK(settings.prefix == 24);
    settings = placed("10.0.0.50", "bond0", 16);
    CHECK(settings.link == "bond0");
    CHECK(settings.prefix == 16);
    settings = placed("10.0.0.50/24%eth0", "eth0", 24);
    CHECK(settings.link == "eth0");
    settings = placed("10.0.0.50");
    CHECK(settings.link.empty());
    CHECK(!settings.prefix);
    CHECK(placed("10.0.0.50", "", 0).prefix == 0);
}

TEST_CASE("two links or two prefixes that differ are a mistake, and it says which were given") {
    auto mistake = mistake_in("10.0.0.50%eth0", "eth1");
    CHECK(std::string(mistake.parameter) == "interface");
    CHECK(mistake.advice.find("eth0") != std::string::npos);
    mistake = mistake_in("10.0.0.50/24", "", 25);
    CHECK(std::string(mistake.parameter) == "prefix");
    CHECK(mistake.advice.find("24") != std::string::npos);
}

TEST_CASE("a prefix longer than the family has is a mistake") {
    const auto mistake = mistake_in("10.0.0.50", "", 33);
    CHECK(std::string(mistake.parameter) == "prefix");
    CHECK(mistake.advice.find("0 to 32") != std::string::npos);
    CHECK(placed("fd00::50", "", 128).prefix == 128);
}

TEST_CASE("addresses that no host can float are mistakes") {
    for (const char* address : {"0.0.0.0", "::", "224.0.0.5", "ff02::1", "255.255.255.255",
                                "127.0.0.5", "::1", "nonsense"})
        CHECK(std::string(mistake_in(address).parameter) == "address");
}

TEST_CASE("a link-local IPv6 address needs its link") {
    CHECK(mistake_in("fe80::50").advice.find("%eth0") != std::string::npos);
    CHECK(placed("fe80::50%eth0").link == "eth0");
    CHECK(placed("fe80::50", "eth0").link == "eth0");
}

TEST_CASE("a name that no link can have is a mistake") {
    CHECK(std::string(mistake_in("10.0.0.50", "not a link").parameter) == "interface");
}

TEST_CASE("a handover waits for a short time only, and no check for none") {
    auto settings = timed();
    CHECK(check_timeout(settings, false) == 60ms);
    CHECK(check_timeout(settings, true) == 5ms);
    settings.duplicate_check = false;
    CHECK(check_timeout(settings, false) == 0ms);
    CHECK(check_timeout(settings, true) == 0ms);
}

TEST_CASE("two announcements go at once and the others at the interval") {
    const auto settings = timed();
    CHECK(announcement_due(settings, 0) == 0ms);
    CHECK(announcement_due(settings, 1) == 0ms);
    CHECK(announcement_due(settings, 2) == 200ms);
    CHECK(announcement_due(settings, 4) == 600ms);
}

TEST_CASE("the wire is watched as long as announcing takes, and a second at least") {
    auto settings = timed();
    CHECK(watch_duration(settings) == 1s);
    settings.announce_count = 11;
    CHECK(watch_duration(settings) == 1800ms);
    settings.announce_count = 0;
    CHECK(watch_duration(settings) == 1s);
    settings.duplicate_check = false;
    CHECK(watch_duration(settings) == 0ms);
}

TEST_CASE("the prefix is the configured one, else the network's, else a host's own") {
    CHECK(choose_prefix(placed("10.0.0.50/28"), 24) == 28);
    CHECK(choose_prefix(placed("10.0.0.50"), 24) == 24);
    CHECK(choose_prefix(placed("10.0.0.50"), std::nullopt) == 32);
    CHECK(choose_prefix(placed("fd00::50"), std::nullopt) == 128);
}

TEST_CASE("a link that is down or without carrier has a fault that names it") {
    support::Link link;
    link.name = "eth7";
    CHECK(find_link_fault(link)->find("eth7 is down") != std::string::npos);
    link.flags = IFF_UP;
    CHECK(find_link_fault(link)->find("no carrier") != std::string::npos);
    link.has_carrier = true;
    CHECK(!find_link_fault(link));
}
