// Route netlink messages as bytes: built from values and read back into values, without a socket.
//
// Built apart from the socket for two reasons: a prepared message can be sent later by someone who
// may neither think nor allocate (severing), and the readers can be tested with damaged bytes.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "support/netlink/ip.hpp"

namespace ha::support {

constexpr std::size_t k_hardware_address_length_max = 32;

/// A network interface of any make: a card, a bond, a VLAN, a bridge, a macvlan, one end of a veth.
struct Link {
    std::uint32_t index = 0;
    std::string name;
    std::string kind;            ///< "bond", "vlan", "bridge", "macvlan" ...; empty for hardware
    std::uint16_t hardware = 0;  ///< ARPHRD_*
    std::uint32_t flags = 0;     ///< IFF_*
    bool has_carrier = false;
    std::optional<bool> promotes_secondaries;  ///< IPv4 only; unknown on a link without IPv4
    std::array<std::uint8_t, k_hardware_address_length_max> hardware_address{};
    std::uint8_t hardware_address_length = 0;

    bool is_up() const;
    bool is_loopback() const;
    /// Ethernet-like and doing ARP: announcing and probing make sense here.
    bool resolves_neighbours() const;
    std::array<std::uint8_t, 6> mac() const;
};

/// An address on a link.
struct LinkAddress {
    std::uint32_t link = 0;
    IpAddress address;
    IpAddress
        network;  ///< the address whose prefix is the network: a tunnel's far end, else `address`
    std::uint8_t prefix = 0;
    std::uint32_t flags = 0;  ///< IFA_F_*

    bool is_secondary() const;
    bool failed_duplicate_detection() const;
};

/// What a route lookup says about a destination.
struct RouteMatch {
    bool is_local = false;  ///< the destination is an address of this host
    std::uint8_t prefix = 0;
    std::uint32_t link = 0;
};

using Message = std::vector<std::uint8_t>;

Message build_get_link(std::uint32_t sequence, std::string_view name);
Message build_get_link(std::uint32_t sequence, std::uint32_t index);
Message build_dump_links(std::uint32_t sequence);
/// `link` 0 = of all links. The kernel filters by it when strict checking is on.
Message build_dump_addresses(std::uint32_t sequence, IpFamily family, std::uint32_t link);
/// One IPv6 address, asked for by value (the kernel has no such question for IPv4).
Message build_get_address(std::uint32_t sequence, std::uint32_t link, const IpAddress& address);
Message build_get_route(std::uint32_t sequence, const IpAddress& destination);
/// IPv6 is added without the kernel's duplicate detection: it would hold the address back for a
/// second or more. Whoever adds a floating address has looked for a holder before.
Message build_add_address(std::uint32_t sequence, const LinkAddress& address);
/// IPv4 goes by address and link alone, whatever its prefix; IPv6 needs the prefix to be right.
Message build_remove_address(std::uint32_t sequence, const LinkAddress& address);
Message build_promote_secondaries(std::uint32_t sequence, std::uint32_t link);

/// One message from the kernel, as far as its header goes.
struct Reply {
    std::uint16_t type = 0;
    std::uint16_t flags = 0;
    std::uint32_t sequence = 0;
    std::span<const std::uint8_t> bytes;  ///< the whole message, header included
};

/// Takes the first message off `datagram`; nothing at its end or when what is left is damaged.
std::optional<Reply> take_reply(std::span<const std::uint8_t>& datagram);

std::optional<Link> read_link(const Reply& reply);
std::optional<LinkAddress> read_address(const Reply& reply);
std::optional<RouteMatch> read_route(const Reply& reply);

/// The kernel's verdict on a request: 0 or errno, with its own words where it gave some.
struct Verdict {
    int os = 0;
    std::string text;
};
std::optional<Verdict> read_verdict(const Reply& reply);

}  // namespace ha::support
