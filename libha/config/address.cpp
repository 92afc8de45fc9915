// Addresses of nodes: parsing.
#include "config/address.hpp"

#include <arpa/inet.h>

#include "config/fields.hpp"
#include "config/problem.hpp"
#include "ha/plugin/values.hpp"

namespace ha::config {

namespace {

constexpr const char* k_advice =
    "; write it as 192.0.2.1:29002, [2001:db8::1]:29002 or name:29002";

Address wrong(std::string_view text, const std::string& why) {
    Address address;
    address.flaw = in_quotes(text) + " " + why;
    return address;
}

bool is_host_name(std::string_view host) {
    bool has_letter = false;
    for (const char c : host) {
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        has_letter = has_letter || is_letter;
        if (!is_letter && !(c >= '0' && c <= '9') && c != '.' && c != '-' && c != '_') return false;
    }
    return has_letter && host.front() != '.' && host.front() != '-' && host.size() <= 253;
}

Address ipv4(std::string_view text, const std::string& host, const std::string& port) {
    in_addr bytes{};
    if (inet_pton(AF_INET, host.c_str(), &bytes) != 1)
        return wrong(text, "is no IPv4 address" + std::string(k_advice));
    if (bytes.s_addr == 0 || (ntohl(bytes.s_addr) >> 28) >= 14)
        return wrong(text, "is not the address of one host" + std::string(k_advice));
    return {Address::Family::ipv4, host + ":" + port, {}};
}

Address ipv6(std::string_view text, const std::string& inside, const std::string& port) {
    const auto percent = inside.find('%');
    const auto scope = percent == inside.npos ? std::string() : inside.substr(percent);
    in6_addr bytes{};
    if (inet_pton(AF_INET6, inside.substr(0, percent).c_str(), &bytes) != 1 || scope.size() == 1)
        return wrong(text, "is no IPv6 address" + std::string(k_advice));
    if (IN6_IS_ADDR_UNSPECIFIED(&bytes) || IN6_IS_ADDR_MULTICAST(&bytes))
        return wrong(text, "is not the address of one host" + std::string(k_advice));
    if (IN6_IS_ADDR_LINKLOCAL(&bytes) && scope.empty())
        return wrong(text, "is link-local and names no interface; write it as [fe80::1%eth0]:29002");
    char plain[INET6_ADDRSTRLEN] = "";
    inet_ntop(AF_INET6, &bytes, plain, sizeof plain);
    return {Address::Family::ipv6, "[" + std::string(plain) + scope + "]:" + port, {}};
}

}  // namespace

Address parse_address(std::string_view text) {
    std::string_view host = text;
    std::string port = k_default_port;
    const bool is_bracketed = text.starts_with("[");
    if (is_bracketed) {
        const auto end = text.find(']');
        if (end == text.npos) return wrong(text, "has no closing ']'" + std::string(k_advice));
        host = text.substr(1, end - 1);
        const auto rest = text.substr(end + 1);
        if (!rest.empty() && !rest.starts_with(":"))
            return wrong(text, "has something other than a port after ']'" + std::string(k_advice));
        if (!rest.empty()) port = rest.substr(1);
    } else if (const auto colon = text.find(':'); colon != text.npos) {
        if (text.find(':', colon + 1) != text.npos)
            return wrong(text, "has several colons; an IPv6 address stands in brackets: [2001:db8::1]"
                               ":29002");
        host = text.substr(0, colon);
        port = text.substr(colon + 1);
    }
    const auto number = plugin::parse_integer(port);
    if (!number || *number < 1 || *number > 65535 || port.size() > 5)
        return wrong(text, "has no port from 1 to 65535" + std::string(k_advice));
    port = std::to_string(*number);
    if (host.empty()) return wrong(text, "names no host" + std::string(k_advice));
    if (is_bracketed) return ipv6(text, std::string(host), port);
    if (host.find_first_not_of("0123456789.") == host.npos)
        return ipv4(text, std::string(host), port);
    if (!is_host_name(host)) return wrong(text, "is no address" + std::string(k_advice));
    return {Address::Family::name, std::string(host) + ":" + port, {}};
}

}  // namespace ha::config
