// Frames of a floating address as bytes: ARP (RFC 826, RFC 5227) and neighbour discovery (RFC
// 4861).
#include "resource/fip/frames.hpp"

#include <algorithm>
#include <cstdio>

namespace ha::fip {

using support::IpAddress;
using support::IpFamily;

namespace {

constexpr Mac k_broadcast{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
constexpr Mac k_all_nodes{0x33, 0x33, 0, 0, 0, 1};
constexpr std::size_t k_arp_size = 28;
constexpr std::uint16_t k_arp_request = 1;
constexpr std::uint16_t k_arp_reply = 2;
constexpr std::size_t k_ipv6_header_size = 40;
constexpr std::uint8_t k_icmpv6 = 58;
constexpr std::uint8_t k_neighbour_solicitation = 135;
constexpr std::uint8_t k_neighbour_advertisement = 136;
constexpr std::size_t k_solicitation_size = 24;  // without options
constexpr std::uint8_t k_option_target_address = 2;
constexpr std::uint8_t k_hop_limit = 255;  // anything less crossed a router

class Writer {
 public:
    explicit Writer(Frame& frame) : frame_(frame) {}
    Writer& u8(std::uint8_t value) {
        frame_.bytes[frame_.size++] = value;
        return *this;
    }
    Writer& u16(std::uint16_t value) {
        return u8(static_cast<std::uint8_t>(value >> 8)).u8(static_cast<std::uint8_t>(value));
    }
    Writer& raw(std::span<const std::uint8_t> bytes) {
        for (const auto byte : bytes) u8(byte);
        return *this;
    }

 private:
    Frame& frame_;
};

std::uint16_t read_u16(std::span<const std::uint8_t> bytes, std::size_t offset) {
    return static_cast<std::uint16_t>((bytes[offset] << 8) | bytes[offset + 1]);
}

bool holds_address(std::span<const std::uint8_t> bytes, std::size_t offset,
                   const IpAddress& address) {
    return std::ranges::equal(bytes.subspan(offset, address.size()), address.raw());
}

Frame build_arp(std::uint16_t operation, const Mac& own, const IpAddress& sender,
                const Mac& target_mac, const IpAddress& target) {
    Frame frame{k_ethertype_arp, k_broadcast, {}, 0};
    Writer(frame)
        .u16(1)
        .u16(0x0800)
        .u8(6)
        .u8(4)
        .u16(operation)
        .raw(own)
        .raw(sender.raw())
        .raw(target_mac)
        .raw(target.raw());
    return frame;
}

/// The checksum over the pseudo header and all behind the IPv6 header (RFC 8200, 8.1), put in
/// place.
void seal_icmpv6(Frame& frame) {
    std::uint32_t sum = k_icmpv6 + static_cast<std::uint32_t>(frame.size - k_ipv6_header_size);
    for (std::size_t i = 8; i + 1 < frame.size; i += 2) sum += read_u16(frame.bytes, i);
    while (sum > 0xFFFF) sum = (sum & 0xFFFF) + (sum >> 16);
    const auto checksum = static_cast<std::uint16_t>(~sum);
    frame.bytes[k_ipv6_header_size + 2] = static_cast<std::uint8_t>(checksum >> 8);
    frame.bytes[k_ipv6_header_size + 3] = static_cast<std::uint8_t>(checksum);
}

IpAddress solicited_node_group(const IpAddress& address) {
    IpAddress group{IpFamily::v6, {0xFF, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xFF}};
    std::copy(address.bytes.begin() + 13, address.bytes.end(), group.bytes.begin() + 13);
    return group;
}

Writer begin_ipv6(Frame& frame, std::size_t body_size, const IpAddress& source,
                  const IpAddress& destination) {
    Writer writer(frame);
    writer.u8(0x60).u8(0).u16(0).u16(static_cast<std::uint16_t>(body_size));
    writer.u8(k_icmpv6).u8(k_hop_limit).raw(source.raw()).raw(destination.raw());
    return writer;
}

bool arp_claims(std::span<const std::uint8_t> arp, const IpAddress& address) {
    if (arp.size() < k_arp_size || read_u16(arp, 0) != 1 || read_u16(arp, 2) != 0x0800 ||
        arp[4] != 6 || arp[5] != 4)
        return false;
    const auto operation = read_u16(arp, 6);
    if (operation != k_arp_request && operation != k_arp_reply) return false;
    if (holds_address(arp, 14, address)) return true;  // its sender has the address
    // Somebody else probes for it at this moment: it would be taken twice (RFC 5227, 2.1.1).
    const bool is_probe =
        operation == k_arp_request && holds_address(arp, 14, IpAddress{IpFamily::v4, {}});
    return is_probe && holds_address(arp, 24, address);
}

bool neighbour_claims(std::span<const std::uint8_t> packet, const IpAddress& address) {
    if (packet.size() < k_ipv6_header_size + k_solicitation_size || (packet[0] >> 4) != 6 ||
        packet[6] != k_icmpv6 || packet[7] != k_hop_limit)
        return false;
    if (!holds_address(packet, k_ipv6_header_size + 8, address)) return false;
    const auto type = packet[k_ipv6_header_size];
    if (type == k_neighbour_advertisement) return true;
    // A solicitation is a claim only as a probe; from a real sender it is a client's question.
    return type == k_neighbour_solicitation &&
           holds_address(packet, 8, IpAddress{IpFamily::v6, {}});
}

}  // namespace

std::string to_string(const Mac& mac) {
    char text[18] = {};
    std::snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
                  mac[3], mac[4], mac[5]);
    return text;
}

std::uint16_t ethertype_of(IpFamily family) {
    return family == IpFamily::v4 ? k_ethertype_arp : k_ethertype_ipv6;
}

Mac solicited_node_mac(const IpAddress& address) {
    return Mac{0x33, 0x33, 0xFF, address.bytes[13], address.bytes[14], address.bytes[15]};
}

Frame build_announcement(const IpAddress& address, const Mac& own, unsigned turn) {
    if (address.family == IpFamily::v4) {
        const bool is_request = turn % 2 == 0;
        return build_arp(is_request ? k_arp_request : k_arp_reply, own, address,
                         is_request ? Mac{} : own, address);
    }
    IpAddress all_nodes{IpFamily::v6, {0xFF, 0x02}};
    all_nodes.bytes[15] = 1;
    Frame frame{k_ethertype_ipv6, k_all_nodes, {}, 0};
    constexpr std::size_t body_size = k_solicitation_size + 8;
    constexpr std::uint8_t flag_override = 0x20;
    begin_ipv6(frame, body_size, address, all_nodes)
        .u8(k_neighbour_advertisement)
        .u8(0)
        .u16(0)
        .u8(flag_override)
        .u8(0)
        .u16(0)
        .raw(address.raw())
        .u8(k_option_target_address)
        .u8(1)
        .raw(own);
    seal_icmpv6(frame);
    return frame;
}

Frame build_probe(const IpAddress& address, const Mac& own) {
    if (address.family == IpFamily::v4)
        return build_arp(k_arp_request, own, IpAddress{IpFamily::v4, {}}, Mac{}, address);
    Frame frame{k_ethertype_ipv6, solicited_node_mac(address), {}, 0};
    begin_ipv6(frame, k_solicitation_size, IpAddress{IpFamily::v6, {}},
               solicited_node_group(address))
        .u8(k_neighbour_solicitation)
        .u8(0)
        .u16(0)
        .u16(0)
        .u16(0)
        .raw(address.raw());
    seal_icmpv6(frame);
    return frame;
}

bool claims_address(std::uint16_t ethertype, std::span<const std::uint8_t> payload,
                    const IpAddress& address) {
    if (ethertype != ethertype_of(address.family)) return false;
    return address.family == IpFamily::v4 ? arp_claims(payload, address)
                                          : neighbour_claims(payload, address);
}

}  // namespace ha::fip
