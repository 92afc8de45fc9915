// The unit tests of monitor/ipw/plan: targets, echoes, judgement.
#include "monitor/ipw/plan.hpp"

#include <doctest/doctest.h>

using namespace ha;
using namespace ha::ipw;

namespace {

constexpr auto k_silent = TargetState::silent;
constexpr auto k_answered = TargetState::answered;
constexpr auto k_not_asked = TargetState::not_asked;

std::vector<Target> targets(std::vector<std::string> items) {
    std::string error;
    auto parsed = parse_targets(items, error);
    CHECK_MESSAGE(error.empty(), error);
    return parsed;
}
std::string complaint(std::vector<std::string> items) {
    std::string error;
    CHECK(parse_targets(items, error).empty());
    CHECK(!error.empty());
    return error;
}
Judgement judged(Require require, std::vector<TargetState> states) {
    return judge(require, states);
}
bool settled(Require require, std::vector<TargetState> states) {
    return is_settled(require, states);
}
/// The answer of a host to a request: another type, and the checksum that follows from it.
EchoBytes answer_to(EchoBytes request, support::IpFamily family) {
    request[0] = family == support::IpFamily::v4 ? 0 : 129;
    return request;
}

}  // namespace

TEST_CASE("targets are addresses of either family, link-local ones with their link") {
    const auto parsed = targets({"10.0.0.1", "fd00::1", "fe80::1%eth0"});
    REQUIRE(parsed.size() == 3);
    CHECK(to_string(parsed[0]) == "10.0.0.1");
    CHECK(to_string(parsed[2]) == "fe80::1%eth0");
}

TEST_CASE("wrong targets are refused with what is wrong") {
    CHECK(complaint({}).find("one target at least") != std::string::npos);
    CHECK(complaint({"gateway"}).find("\"gateway\"") != std::string::npos);
    CHECK(complaint({"10.0.0.1/24"}).find("no prefix") != std::string::npos);
    CHECK(complaint({"fe80::1"}).find("fe80::1%eth0") != std::string::npos);
    CHECK(complaint({"10.0.0.1%eth0"}).find("link-local") != std::string::npos);
    CHECK(complaint({"224.0.0.1"}).find("group") != std::string::npos);
    CHECK(complaint({"0.0.0.0"}).find("no host") != std::string::npos);
    CHECK(complaint({"10.0.0.1", "10.0.0.1"}).find("twice") != std::string::npos);
    CHECK(complaint(std::vector<std::string>(65, "10.0.0.1")).find("64") != std::string::npos);
}

TEST_CASE("an echo comes back as it was sent") {
    for (const auto family : {support::IpFamily::v4, support::IpFamily::v6}) {
        const Echo sent{0x1234, 7, 0x0123456789ABCDEF};
        const auto read = read_echo_reply(family, answer_to(build_echo(family, sent), family));
        REQUIRE(read);
        CHECK(read->identifier == sent.identifier);
        CHECK(read->sequence == sent.sequence);
        CHECK(read->token == sent.token);
    }
}

TEST_CASE("the checksum of an IPv4 echo is right") {
    const auto bytes = build_echo(support::IpFamily::v4, {0xFFFF, 1, 0xFEDCBA9876543210});
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < bytes.size(); i += 2)
        sum += static_cast<std::uint32_t>(bytes[i] << 8) + bytes[i + 1];
    while (sum > 0xFFFF) sum = (sum & 0xFFFF) + (sum >> 16);
    CHECK(sum == 0xFFFF);
}

TEST_CASE("what is no echo reply of this length is not read as one") {
    const auto family = support::IpFamily::v4;
    const auto request = build_echo(family, {1, 2, 3});
    CHECK(!read_echo_reply(family, request));  // our own question on a loopback link
    const auto reply = answer_to(request, family);
    for (std::size_t size = 0; size < reply.size(); ++size)
        CHECK(!read_echo_reply(family, std::span(reply).first(size)));
    CHECK(!read_echo_reply(support::IpFamily::v6, reply));
    auto coded = reply;
    coded[1] = 1;
    CHECK(!read_echo_reply(family, coded));
}

TEST_CASE("the header of an IPv4 packet is skipped, options included, and damage refused") {
    std::vector<std::uint8_t> packet(28, 0xEE);
    packet[0] = 0x45;
    CHECK(skip_ipv4_header(packet).size() == 8);
    packet[0] = 0x46;
    CHECK(skip_ipv4_header(packet).size() == 4);
    packet[0] = 0x44;
    CHECK(skip_ipv4_header(packet).empty());
    packet[0] = 0x65;
    CHECK(skip_ipv4_header(packet).empty());
    packet[0] = 0x4F;
    CHECK(skip_ipv4_header(packet).empty());
    packet.resize(19);
    packet[0] = 0x45;
    CHECK(skip_ipv4_header(packet).empty());
    CHECK(skip_ipv4_header({}).empty());
}

TEST_CASE("with any, one answer is enough, and only silence of all is bad") {
    CHECK(judged(Require::any, {k_silent, k_answered, k_not_asked}) == Judgement::ok);
    CHECK(judged(Require::any, {k_silent, k_silent}) == Judgement::bad);
    CHECK(judged(Require::any, {k_silent, k_not_asked}) == Judgement::unknown);
}

TEST_CASE("with all, one silent target is bad") {
    CHECK(judged(Require::all, {k_answered, k_answered}) == Judgement::ok);
    CHECK(judged(Require::all, {k_answered, k_silent}) == Judgement::bad);
    CHECK(judged(Require::all, {k_not_asked, k_silent}) == Judgement::bad);
}

TEST_CASE("a node that cannot ask has no evidence against anybody") {
    for (const auto require : {Require::any, Require::all}) {
        CHECK(judged(require, {k_not_asked, k_not_asked}) == Judgement::unknown);
        CHECK(judged(require, {}) == Judgement::unknown);
    }
    CHECK(judged(Require::all, {k_answered, k_not_asked}) == Judgement::unknown);
}

TEST_CASE("waiting ends when no answer can change the result any more") {
    CHECK(settled(Require::any, {k_silent, k_answered}));
    CHECK(!settled(Require::any, {k_silent, k_silent}));
    CHECK(settled(Require::any, {k_not_asked, k_not_asked}));
    CHECK(!settled(Require::any, {k_not_asked, k_silent}));
    CHECK(settled(Require::all, {k_answered, k_answered}));
    CHECK(!settled(Require::all, {k_answered, k_silent}));
}

TEST_CASE("only any and all can be required") {
    CHECK(parse_require("any") == Require::any);
    CHECK(parse_require("all") == Require::all);
    for (const char* text : {"", "ANY", "most"}) CHECK(!parse_require(text));
}

TEST_CASE("the description names the silent ones and why, and stays short") {
    const auto two = targets({"10.0.0.1", "10.0.0.2"});
    CHECK(describe(two, std::vector{k_silent, k_answered},
                   std::vector<std::string>{"no route", ""}) ==
          "1 of 2 targets did not answer: 10.0.0.1 (no route)");
    std::vector<std::string> items;
    for (int i = 1; i <= 64; ++i) items.push_back("10.0.0." + std::to_string(i));
    const auto text = describe(targets(items), std::vector<TargetState>(64, k_silent),
                               std::vector<std::string>(64));
    CHECK(text.find("64 of 64") == 0);
    CHECK(text.find("and more") != std::string::npos);
    CHECK(text.size() < 200);
}
