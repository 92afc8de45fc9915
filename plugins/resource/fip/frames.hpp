// Frames of a floating address as bytes (pure): announcements and duplicate probes, and reading who
// else claims it.
//
// What is sent is what stands behind the Ethernet header (the kernel writes that one):
//
//   IPv4 announcement  ARP, sender and target both the address: as request and as reply in turn,
//                      since some switches and hosts learn from one form only (RFC 5227, 3)
//   IPv4 probe         ARP request, sender 0.0.0.0: nobody learns anything from it (RFC
//   5227, 2.1.1) IPv6 announcement  unsolicited neighbour advertisement to all nodes, override (RFC
//   4861, 7.2.6) IPv6 probe         neighbour solicitation from :: to the solicited-node group (RFC
//   4862, 5.4.2)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "support/netlink/ip.hpp"

namespace ha::fip {

using Mac = std::array<std::uint8_t, 6>;

constexpr std::size_t k_frame_size_max = 72;
constexpr std::uint16_t k_ethertype_arp = 0x0806;
constexpr std::uint16_t k_ethertype_ipv6 = 0x86DD;

struct Frame {
    std::uint16_t ethertype = 0;
    Mac destination{};
    std::array<std::uint8_t, k_frame_size_max> bytes{};
    std::size_t size = 0;

    std::span<const std::uint8_t> payload() const { return {bytes.data(), size}; }
};

std::string to_string(const Mac& mac);
std::uint16_t ethertype_of(support::IpFamily family);

/// The `turn`-th of a series (from 0).
Frame build_announcement(const support::IpAddress& address, const Mac& own, unsigned turn);
Frame build_probe(const support::IpAddress& address, const Mac& own);
/// The group that a probe of this IPv6 address goes to, as an Ethernet address: whoever listens for
/// the probes of others has to join it.
Mac solicited_node_mac(const support::IpAddress& address);

/// Whether what came in (behind its Ethernet header) says that its sender has the address or is
/// about to take it.
bool claims_address(std::uint16_t ethertype, std::span<const std::uint8_t> payload,
                    const support::IpAddress& address);

}  // namespace ha::fip
