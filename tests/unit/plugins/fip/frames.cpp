// The unit tests of resource/fip/frames: bytes on the wire, and reading what others send.
#include "resource/fip/frames.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace ha;
using namespace ha::fip;

namespace {

constexpr Mac k_own{0x02, 0, 0, 0, 0, 0xAA};
constexpr Mac k_other{0x02, 0, 0, 0, 0, 0xBB};
const auto k_v4 = *support::parse_ip("10.0.0.50");
const auto k_v6 = *support::parse_ip("fd00::12:3456");

using Bytes = std::vector<std::uint8_t>;
Bytes bytes(const Frame& frame) {
    return {frame.payload().begin(), frame.payload().end()};
}

/// The one's complement sum over pseudo header and body is all ones when the checksum is right.
bool has_right_checksum(const Bytes& packet) {
    std::uint32_t sum = 58 + static_cast<std::uint32_t>(packet.size() - 40);
    for (std::size_t i = 8; i + 1 < packet.size(); i += 2)
        sum += static_cast<std::uint32_t>(packet[i] << 8) + packet[i + 1];
    while (sum > 0xFFFF) sum = (sum & 0xFFFF) + (sum >> 16);
    return sum == 0xFFFF;
}
Bytes advertisement_of(const support::IpAddress& address) {
    return bytes(build_announcement(address, k_other, 0));
}

}  // namespace

TEST_CASE("an IPv4 announcement is a gratuitous ARP, first as request, then as reply") {
    const auto request = build_announcement(k_v4, k_own, 0);
    CHECK(request.ethertype == 0x0806);
    CHECK(request.destination == Mac{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF});
    CHECK(bytes(request) == Bytes{0,  1, 8, 0,  6, 4, 0, 1, 2, 0, 0,  0, 0, 0xAA,
                                  10, 0, 0, 50, 0, 0, 0, 0, 0, 0, 10, 0, 0, 50});
    const auto reply = build_announcement(k_v4, k_own, 1);
    CHECK(bytes(reply) == Bytes{0,  1, 8, 0,  6, 4, 0, 2, 2, 0,    0,  0, 0, 0xAA,
                                10, 0, 0, 50, 2, 0, 0, 0, 0, 0xAA, 10, 0, 0, 50});
    CHECK(bytes(build_announcement(k_v4, k_own, 2)) == bytes(request));
}

TEST_CASE("an IPv4 probe teaches nobody anything: its sender address is 0.0.0.0") {
    CHECK(bytes(build_probe(k_v4, k_own)) == Bytes{0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0,  0, 0, 0xAA,
                                                   0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 50});
}

TEST_CASE("an IPv6 announcement overrides what neighbours know, and its checksum is right") {
    const auto frame = build_announcement(k_v6, k_own, 0);
    const auto packet = bytes(frame);
    CHECK(frame.ethertype == 0x86DD);
    CHECK(frame.destination == Mac{0x33, 0x33, 0, 0, 0, 1});
    REQUIRE(packet.size() == 72);
    CHECK(packet[7] == 255);
    CHECK(packet[40] == 136);
    CHECK(packet[44] == 0x20);  // override, neither router nor solicited
    CHECK(Bytes(packet.end() - 6, packet.end()) == Bytes(k_own.begin(), k_own.end()));
    CHECK(has_right_checksum(packet));
}

TEST_CASE("an IPv6 probe comes from nobody and goes to the solicited-node group") {
    const auto frame = build_probe(k_v6, k_own);
    const auto packet = bytes(frame);
    CHECK(frame.destination == Mac{0x33, 0x33, 0xFF, 0x12, 0x34, 0x56});
    REQUIRE(packet.size() == 64);
    CHECK(packet[40] == 135);
    CHECK(Bytes(packet.begin() + 8, packet.begin() + 24) == Bytes(16, 0));
    CHECK(has_right_checksum(packet));
}

TEST_CASE("whoever announces or answers for the address claims it, in either family") {
    for (const unsigned turn : {0U, 1U}) {
        CHECK(claims_address(0x0806, build_announcement(k_v4, k_other, turn).payload(), k_v4));
        CHECK(claims_address(0x86DD, build_announcement(k_v6, k_other, turn).payload(), k_v6));
    }
    // The answer of a host that has it to a probe: reply to 0.0.0.0.
    const Bytes answer{0,  1, 8, 0,  6, 4, 0, 2, 2, 0,    0, 0, 0, 0xBB,
                       10, 0, 0, 50, 2, 0, 0, 0, 0, 0xAA, 0, 0, 0, 0};
    CHECK(claims_address(0x0806, answer, k_v4));
}

TEST_CASE("whoever probes for the address at the same time claims it") {
    CHECK(claims_address(0x0806, build_probe(k_v4, k_other).payload(), k_v4));
    CHECK(claims_address(0x86DD, build_probe(k_v6, k_other).payload(), k_v6));
}

TEST_CASE("a client that asks for the address does not claim it") {
    const Bytes question{0,  1, 8, 0, 6, 4, 0, 1, 2, 0, 0,  0, 0, 0xBB,
                         10, 0, 0, 7, 0, 0, 0, 0, 0, 0, 10, 0, 0, 50};
    CHECK(!claims_address(0x0806, question, k_v4));
    auto solicitation = bytes(build_probe(k_v6, k_other));
    solicitation[8] = 0xFD;  // from somebody
    CHECK(!claims_address(0x86DD, solicitation, k_v6));
}

TEST_CASE("claims of other addresses do not count") {
    const auto other_v4 = *support::parse_ip("10.0.0.51");
    const auto other_v6 = *support::parse_ip("fd00::13:3456");
    CHECK(!claims_address(0x0806, build_announcement(other_v4, k_other, 0).payload(), k_v4));
    CHECK(!claims_address(0x0806, build_probe(other_v4, k_other).payload(), k_v4));
    CHECK(!claims_address(0x86DD, build_announcement(other_v6, k_other, 0).payload(), k_v6));
    CHECK(!claims_address(0x86DD, build_probe(other_v6, k_other).payload(), k_v6));
}

TEST_CASE("an advertisement that has crossed a router, or is none, does not count") {
    auto packet = advertisement_of(k_v6);
    packet[7] = 254;
    CHECK(!claims_address(0x86DD, packet, k_v6));
    packet = advertisement_of(k_v6);
    packet[40] = 134;
    CHECK(!claims_address(0x86DD, packet, k_v6));
    packet = advertisement_of(k_v6);
    packet[6] = 17;
    CHECK(!claims_address(0x86DD, packet, k_v6));
    CHECK(!claims_address(0x0806, advertisement_of(k_v6), k_v6));
    CHECK(!claims_address(0x86DD, bytes(build_announcement(k_v4, k_other, 0)), k_v4));
}

TEST_CASE("every cut of a frame is refused without harm") {
    const auto arp = bytes(build_announcement(k_v4, k_other, 0));
    for (std::size_t size = 0; size < arp.size(); ++size)
        CHECK(!claims_address(0x0806, std::span(arp).first(size), k_v4));
    const auto packet = advertisement_of(k_v6);
    for (std::size_t size = 0; size < 64; ++size)
        CHECK(!claims_address(0x86DD, std::span(packet).first(size), k_v6));
}

TEST_CASE("ARP of another hardware, protocol or operation does not count") {
    const auto arp = bytes(build_announcement(k_v4, k_other, 0));
    for (const std::size_t place : {1U, 2U, 4U, 5U}) {
        auto changed = arp;
        changed[place] ^= 0x10;
        CHECK(!claims_address(0x0806, changed, k_v4));
    }
    auto reverse = arp;
    reverse[7] = 3;
    CHECK(!claims_address(0x0806, reverse, k_v4));
}

TEST_CASE("a hardware address is written as people write it") {
    CHECK(to_string(Mac{0x02, 0xAB, 0, 1, 0xFE, 0x0F}) == "02:ab:00:01:fe:0f");
}
