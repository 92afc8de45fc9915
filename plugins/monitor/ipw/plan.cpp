// What the IP monitor asks and what the answers mean.
#include "monitor/ipw/plan.hpp"

#include <algorithm>

namespace ha::ipw {

using support::IpAddress;
using support::IpFamily;

namespace {

constexpr std::size_t k_described_max = 8;  // targets named in one text
constexpr std::size_t k_icmp_header_size = 8;
constexpr std::size_t k_ipv4_header_size_min = 20;

struct EchoTypes {
    std::uint8_t request, reply;
};
EchoTypes types_of(IpFamily family) {
    return family == IpFamily::v4 ? EchoTypes{8, 0} : EchoTypes{128, 129};
}

std::uint16_t internet_checksum(std::span<const std::uint8_t> bytes) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2)
        sum += static_cast<std::uint32_t>(bytes[i] << 8) + bytes[i + 1];
    while (sum > 0xFFFF) sum = (sum & 0xFFFF) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

std::string find_fault(const support::AddressText& text) {
    if (text.prefix) return "a target is one host and has no prefix";
    if (is_unspecified(text.address)) return "it is the address of no host";
    if (is_multicast(text.address) || is_limited_broadcast(text.address))
        return "a target is one host, no group";
    const bool is_zoned = text.address.family == IpFamily::v6 && is_link_local(text.address);
    if (is_zoned && text.link.empty())
        return "a link-local address needs its link, as in fe80::1%eth0";
    if (!is_zoned && !text.link.empty()) return "only a link-local IPv6 address takes a link";
    return {};
}

}  // namespace

std::vector<Target> parse_targets(std::span<const std::string> items, std::string& error) {
    std::vector<Target> targets;
    error.clear();
    if (items.empty()) error = "name one target at least, for example the gateway's address";
    if (items.size() > k_targets_max)
        error = std::to_string(items.size()) + " targets are more than " +
                std::to_string(k_targets_max);
    for (const auto& item : items) {
        if (!error.empty()) return {};
        const auto text = support::parse_address_text(item, error);
        if (!text) return {};
        if (const auto fault = find_fault(*text); !fault.empty())
            error = "\"" + item + "\": " + fault;
        const Target target{text->address, text->link};
        if (std::ranges::find(targets, target) != targets.end())
            error = "\"" + item + "\" is named twice";
        targets.push_back(target);
    }
    return error.empty() ? targets : std::vector<Target>{};
}

std::string to_string(const Target& target) {
    return to_string(target.address) + (target.link.empty() ? "" : "%" + target.link);
}

EchoBytes build_echo(IpFamily family, const Echo& echo) {
    EchoBytes bytes{};
    bytes[0] = types_of(family).request;
    bytes[4] = static_cast<std::uint8_t>(echo.identifier >> 8);
    bytes[5] = static_cast<std::uint8_t>(echo.identifier);
    bytes[6] = static_cast<std::uint8_t>(echo.sequence >> 8);
    bytes[7] = static_cast<std::uint8_t>(echo.sequence);
    for (std::size_t i = 0; i < 8; ++i)
        bytes[k_icmp_header_size + i] = static_cast<std::uint8_t>(echo.token >> (56 - 8 * i));
    if (family == IpFamily::v4) {
        const auto checksum = internet_checksum(bytes);
        bytes[2] = static_cast<std::uint8_t>(checksum >> 8);
        bytes[3] = static_cast<std::uint8_t>(checksum);
    }
    return bytes;
}

std::optional<Echo> read_echo_reply(IpFamily family, std::span<const std::uint8_t> bytes) {
    if (bytes.size() != k_echo_size || bytes[0] != types_of(family).reply || bytes[1] != 0)
        return std::nullopt;
    Echo echo;
    echo.identifier = static_cast<std::uint16_t>((bytes[4] << 8) | bytes[5]);
    echo.sequence = static_cast<std::uint16_t>((bytes[6] << 8) | bytes[7]);
    for (std::size_t i = 0; i < 8; ++i)
        echo.token = (echo.token << 8) | bytes[k_icmp_header_size + i];
    return echo;
}

std::span<const std::uint8_t> skip_ipv4_header(std::span<const std::uint8_t> packet) {
    if (packet.size() < k_ipv4_header_size_min) return {};
    const std::size_t size = std::size_t{packet[0] & 0x0FU} * 4;
    if ((packet[0] >> 4) != 4 || size < k_ipv4_header_size_min || size > packet.size()) return {};
    return packet.subspan(size);
}

std::optional<Require> parse_require(std::string_view text) {
    if (text == "any") return Require::any;
    if (text == "all") return Require::all;
    return std::nullopt;
}

Judgement judge(Require require, std::span<const TargetState> states) {
    const auto count = [&](TargetState state) { return std::ranges::count(states, state); };
    const bool is_some_unasked = count(TargetState::not_asked) > 0;
    if (require == Require::any) {
        if (count(TargetState::answered) > 0) return Judgement::ok;
        return is_some_unasked || states.empty() ? Judgement::unknown : Judgement::bad;
    }
    if (count(TargetState::silent) > 0) return Judgement::bad;
    return is_some_unasked || states.empty() ? Judgement::unknown : Judgement::ok;
}

bool is_settled(Require require, std::span<const TargetState> states) {
    const auto has = [&](TargetState state) {
        return std::ranges::find(states, state) != states.end();
    };
    if (!has(TargetState::silent)) return true;  // nobody is left who could still answer
    return require == Require::any && has(TargetState::answered);
}

std::string describe(std::span<const Target> targets, std::span<const TargetState> states,
                     std::span<const std::string> reasons) {
    std::string names;
    std::size_t quiet = 0;
    for (std::size_t i = 0; i < targets.size(); ++i) {
        if (states[i] == TargetState::answered) continue;
        if (++quiet > k_described_max) continue;
        if (!names.empty()) names += ", ";
        names += to_string(targets[i]);
        if (!reasons[i].empty()) names += " (" + reasons[i] + ")";
    }
    if (quiet > k_described_max) names += " and more";
    return std::to_string(quiet) + " of " + std::to_string(targets.size()) +
           (targets.size() == 1 ? " target" : " targets") + " did not answer: " + names;
}

}  // namespace ha::ipw
