// An IPv4 or IPv6 address as a value: text forms and network arithmetic.
#include "support/netlink/ip.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace ha::support {

namespace {
constexpr std::size_t k_link_name_length_max = 15;  // IFNAMSIZ less its terminating zero

std::optional<std::uint8_t> parse_prefix(std::string_view text, std::uint8_t prefix_max) {
    unsigned value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc{} || end != text.data() + text.size() || value > prefix_max)
        return std::nullopt;
    return static_cast<std::uint8_t>(value);
}
}  // namespace

std::optional<IpAddress> parse_ip(std::string_view text) {
    char buffer[INET6_ADDRSTRLEN] = {};
    if (text.empty() || text.size() >= sizeof buffer) return std::nullopt;
    if (text.find('\0') != std::string_view::npos) return std::nullopt;
    std::memcpy(buffer, text.data(), text.size());

    IpAddress address;
    if (inet_pton(AF_INET, buffer, address.bytes.data()) == 1) return address;
    address.family = IpFamily::v6;
    if (inet_pton(AF_INET6, buffer, address.bytes.data()) == 1) return address;
    return std::nullopt;
}

std::optional<IpAddress> ip_from_bytes(std::span<const std::uint8_t> bytes) {
    if (bytes.size() != 4 && bytes.size() != 16) return std::nullopt;
    IpAddress address;
    address.family = bytes.size() == 4 ? IpFamily::v4 : IpFamily::v6;
    std::copy(bytes.begin(), bytes.end(), address.bytes.begin());
    return address;
}

std::string to_string(const IpAddress& address) {
    char buffer[INET6_ADDRSTRLEN] = {};
    const int family = address.family == IpFamily::v4 ? AF_INET : AF_INET6;
    return inet_ntop(family, address.bytes.data(), buffer, sizeof buffer);
}

const char* to_string(IpFamily family) {
    return family == IpFamily::v4 ? "IPv4" : "IPv6";
}

bool same_network(const IpAddress& a, const IpAddress& b, std::uint8_t prefix) {
    if (a.family != b.family || prefix > a.prefix_max()) return false;
    const std::size_t whole = prefix / 8;
    if (!std::equal(a.bytes.begin(), a.bytes.begin() + whole, b.bytes.begin())) return false;
    const unsigned rest = prefix % 8;
    if (rest == 0) return true;
    const auto mask = static_cast<std::uint8_t>(0xFFU << (8 - rest));
    return (a.bytes[whole] & mask) == (b.bytes[whole] & mask);
}

bool is_multicast(const IpAddress& address) {
    if (address.family == IpFamily::v4) return (address.bytes[0] & 0xF0) == 0xE0;
    return address.bytes[0] == 0xFF;
}

bool is_unspecified(const IpAddress& address) {
    return std::all_of(address.bytes.begin(), address.bytes.end(),
                       [](std::uint8_t byte) { return byte == 0; });
}

bool is_loopback(const IpAddress& address) {
    if (address.family == IpFamily::v4) return address.bytes[0] == 127;
    IpAddress one{IpFamily::v6, {}};
    one.bytes[15] = 1;
    return address == one;
}

bool is_link_local(const IpAddress& address) {
    if (address.family == IpFamily::v4) return address.bytes[0] == 169 && address.bytes[1] == 254;
    return address.bytes[0] == 0xFE && (address.bytes[1] & 0xC0) == 0x80;
}

bool is_limited_broadcast(const IpAddress& address) {
    return address.family == IpFamily::v4 &&
           std::all_of(address.bytes.begin(), address.bytes.begin() + 4,
                       [](std::uint8_t byte) { return byte == 0xFF; });
}

bool is_link_name(std::string_view name) {
    if (name.empty() || name.size() > k_link_name_length_max) return false;
    if (name == "." || name == "..") return false;
    return std::none_of(name.begin(), name.end(), [](char c) {
        return c == '/' || c == ':' || c == '%' || static_cast<unsigned char>(c) <= ' ';
    });
}

std::optional<AddressText> parse_address_text(std::string_view text, std::string& error) {
    // Both orders are in use in the field: 10.0.0.5/24%eth0 and 10.0.0.5%eth0/24.
    const auto mark = std::min(text.find('/'), text.find('%'));
    const auto address = parse_ip(text.substr(0, mark));
    const std::string quoted = "\"" + std::string(text) + "\"";
    if (!address) {
        error = quoted +
                " is no IPv4 or IPv6 address; right would be for example 192.168.1.50, "
                "192.168.1.50/24, fd00::50/64 or 192.168.1.50%eth0";
        return std::nullopt;
    }
    AddressText result{*address, std::nullopt, {}};
    std::string_view rest = mark == std::string_view::npos ? "" : text.substr(mark);
    while (!rest.empty()) {
        const char kind = rest.front();
        const auto end = std::min(rest.find_first_of("/%", 1), rest.size());
        const auto part = rest.substr(1, end - 1);
        rest = rest.substr(end);
        if ((kind == '/' && result.prefix) || (kind == '%' && !result.link.empty())) {
            error = quoted + " has two parts after " + kind + "; give ADDRESS/PREFIX%LINK";
            return std::nullopt;
        }
        if (kind == '/' && !(result.prefix = parse_prefix(part, address->prefix_max()))) {
            error = quoted + ": the prefix \"" + std::string(part) + "\" is no number from 0 to " +
                    std::to_string(address->prefix_max());
            return std::nullopt;
        }
        if (kind == '%' && !is_link_name(result.link = part)) {
            error = quoted + ": \"" + std::string(part) +
                    "\" after % is no name of a network link (1 to 15 characters, no space)";
            return std::nullopt;
        }
    }
    return result;
}

}  // namespace ha::support
