// On which link a floating address belongs, by rule.
#include "support/netlink/choice.hpp"

#include <algorithm>
#include <vector>

namespace ha::support {

namespace {

constexpr std::size_t k_networks_named_max = 8;  // in an error text

/// Whether this entry makes its link a candidate: a network that holds the address, and no mere
/// copy of the address itself.
bool holds(const LinkAddress& entry, const IpAddress& address) {
    return entry.address != address && same_network(entry.network, address, entry.prefix);
}

std::string name_networks(std::span<const LinkAddress> addresses, std::uint32_t loopback) {
    std::string text;
    std::size_t named = 0;
    for (const auto& entry : addresses) {
        if (entry.link == loopback) continue;
        if (named++ == k_networks_named_max) return text + " and more";
        if (!text.empty()) text += ", ";
        text += to_string(entry.network) + "/" + std::to_string(entry.prefix);
    }
    return text.empty() ? "none" : text;
}

}  // namespace

std::optional<std::uint8_t> network_prefix(const IpAddress& address,
                                           std::span<const LinkAddress> addresses,
                                           std::uint32_t link) {
    std::optional<std::uint8_t> longest;
    for (const auto& entry : addresses)
        if (entry.link == link && holds(entry, address))
            longest = std::max(longest.value_or(0), entry.prefix);
    return longest;
}

Result<LinkChoice> choose_link(const IpAddress& address, std::span<const LinkAddress> addresses,
                               std::uint32_t loopback) {
    LinkChoice choice;
    std::vector<std::uint32_t> candidates;
    for (const auto& entry : addresses) {
        if (entry.link == loopback) continue;
        if (entry.address == address && (!choice.is_present || entry.link < choice.link)) {
            choice = LinkChoice{entry.link, entry.prefix, true, 0};
        }
        if (!holds(entry, address)) continue;
        candidates.push_back(entry.link);
        if (choice.is_present) continue;
        const bool is_better = !choice.prefix || entry.prefix > *choice.prefix ||
                               (entry.prefix == *choice.prefix && entry.link < choice.link);
        if (is_better) choice = LinkChoice{entry.link, entry.prefix, false, 0};
    }
    if (choice.link == 0)
        return Error{"no link of this node is on the network of " + to_string(address) + " (its " +
                         to_string(address.family) +
                         " networks: " + name_networks(addresses, loopback) +
                         "); name one by \"interface\" or bring its network up",
                     0};
    std::sort(candidates.begin(), candidates.end());
    candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
    choice.rivals = static_cast<std::uint32_t>(
        candidates.size() - std::count(candidates.begin(), candidates.end(), choice.link));
    return choice;
}

}  // namespace ha::support
