// An IPv4 or IPv6 address as a value, and the network it lies in.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ha::support {

enum class IpFamily : std::uint8_t { v4, v6 };

struct IpAddress {
    IpFamily family = IpFamily::v4;
    std::array<std::uint8_t, 16> bytes{};  ///< network order; an IPv4 address uses the first four

    std::size_t size() const { return family == IpFamily::v4 ? 4 : 16; }
    std::uint8_t prefix_max() const { return family == IpFamily::v4 ? 32 : 128; }
    std::span<const std::uint8_t> raw() const { return {bytes.data(), size()}; }
    auto operator<=>(const IpAddress&) const = default;
};

/// The text form of inet_pton(3) only: no host names, no brackets, no zone.
std::optional<IpAddress> parse_ip(std::string_view text);
/// From network-order bytes; nothing if there are neither 4 nor 16.
std::optional<IpAddress> ip_from_bytes(std::span<const std::uint8_t> bytes);
std::string to_string(const IpAddress& address);
const char* to_string(IpFamily family);

/// Whether both addresses have the same first `prefix` bits (and are of one family).
bool same_network(const IpAddress& a, const IpAddress& b, std::uint8_t prefix);

bool is_multicast(const IpAddress& address);
bool is_unspecified(const IpAddress& address);
bool is_loopback(const IpAddress& address);
bool is_link_local(const IpAddress& address);
/// 255.255.255.255 and the like of no network: never the address of one host.
bool is_limited_broadcast(const IpAddress& address);

/// An address with what a configuration may hang on to it: `address[/prefix][%link]`.
struct AddressText {
    IpAddress address;
    std::optional<std::uint8_t> prefix;
    std::string link;  ///< empty if none was named
};

/// `error` is set to what is wrong with the text, and what would be right, when nothing returns.
std::optional<AddressText> parse_address_text(std::string_view text, std::string& error);

/// Whether the kernel would take this as the name of a link: 1 to 15 bytes, no '/', no space.
bool is_link_name(std::string_view name);

}  // namespace ha::support
