// What the IP monitor asks and what the answers mean (pure).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "support/netlink/ip.hpp"

namespace ha::ipw {

constexpr std::size_t k_targets_max = 64;

struct Target {
    support::IpAddress address;
    std::string link;  ///< of a link-local IPv6 address; else empty
    bool operator==(const Target&) const = default;
};

/// Empty `error` on success, else what is wrong with which item, and what would be right.
std::vector<Target> parse_targets(std::span<const std::string> items, std::string& error);
std::string to_string(const Target& target);

/// An echo request or reply of ours: `token` is random for each check, so that answers to other
/// programs, or to a check of before, are never taken for ours.
struct Echo {
    std::uint16_t identifier = 0;
    std::uint16_t sequence = 0;  ///< the number of the target
    std::uint64_t token = 0;
};
constexpr std::size_t k_echo_size = 8 + 24;
using EchoBytes = std::array<std::uint8_t, k_echo_size>;

/// The checksum of IPv6 is left to the kernel, which knows the addresses.
EchoBytes build_echo(support::IpFamily family, const Echo& echo);
/// From the ICMP header on; nothing if it is no echo reply of this length.
std::optional<Echo> read_echo_reply(support::IpFamily family, std::span<const std::uint8_t> bytes);
/// The ICMP part of an IPv4 packet as a raw socket delivers it; empty if damaged.
std::span<const std::uint8_t> skip_ipv4_header(std::span<const std::uint8_t> packet);

enum class TargetState {
    silent,  ///< asked, or not reachable by any route; no answer
    answered,
    not_asked,  ///< this node could not ask (permission, memory): no evidence about the target
};

/// How many targets have to answer for the network to be well.
enum class Require { any, all };
std::optional<Require> parse_require(std::string_view text);

enum class Judgement { ok, bad, unknown };
/// `any`: bad only when every target was asked and is silent. `all`: bad as soon as one is silent.
/// A target that could not be asked never makes it bad.
Judgement judge(Require require, std::span<const TargetState> states);
/// Whether more answers could still change an `ok` or make one: if not, waiting is over.
bool is_settled(Require require, std::span<const TargetState> states);

/// "2 of 3 targets are silent: 10.0.0.1 (why), ..." of bounded length.
std::string describe(std::span<const Target> targets, std::span<const TargetState> states,
                     std::span<const std::string> reasons);

}  // namespace ha::ipw
