// What a floating address is to do, decided from its parameters (pure).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "support/netlink/choice.hpp"
#include "support/netlink/ip.hpp"
#include "support/netlink/messages.hpp"

namespace ha::fip {

using Nanoseconds = std::chrono::nanoseconds;

struct Settings {
    support::IpAddress address;
    std::string link;                    ///< empty: found by its network
    std::optional<std::uint8_t> prefix;  ///< none: the network's, else a host's own
    unsigned announce_count = 0;
    Nanoseconds announce_interval{};
    bool duplicate_check = true;
    Nanoseconds check_timeout{};  ///< of a start from nothing
    Nanoseconds
        handover_timeout{};  ///< when the cluster moves the address: each millisecond counts
    unsigned check_retries = 0;
    Nanoseconds check_interval{};
    bool force = false;
    bool link_down_is_failure = false;
};

/// A parameter that is wrong, and what would be right.
struct Mistake {
    const char* parameter;
    std::string advice;
};

/// Fills address, link and prefix from the texts of the parameters `address`, `interface` (may be
/// empty) and `prefix` (-1 if not given).
std::optional<Mistake> place_address(const std::string& address, const std::string& interface,
                                     std::int64_t prefix, Settings& settings);

/// How long an answer to the duplicate probe is waited for. Zero: no check.
Nanoseconds check_timeout(const Settings& settings, bool is_handover);

/// When announcement `turn` (from 0) is due after the address was added: the first two at once,
/// since one lost frame must not cost a neighbour's whole cache timeout; the rest at intervals.
Nanoseconds announcement_due(const Settings& settings, unsigned turn);

/// How long the wire is watched after the address was added.
Nanoseconds watch_duration(const Settings& settings);

/// The prefix to add the address with.
std::uint8_t choose_prefix(const Settings& settings, std::optional<std::uint8_t> of_network);

/// Why the link cannot carry traffic, or nothing.
std::optional<std::string> find_link_fault(const support::Link& link);

}  // namespace ha::fip
