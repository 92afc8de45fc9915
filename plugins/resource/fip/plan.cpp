// What a floating address is to do, decided from its parameters.
#include "resource/fip/plan.hpp"

#include <algorithm>

namespace ha::fip {

namespace {

/// A claim by somebody else is still heard this long after the address was added: the short check
/// before a takeover may miss a slow answer, and a late one must not stay unnoticed.
constexpr Nanoseconds k_watch_duration_min = std::chrono::seconds(1);

std::optional<std::string> find_address_fault(const Settings& settings) {
    const auto& address = settings.address;
    const auto text = to_string(address);
    if (is_unspecified(address)) return text + " is the address of no host";
    if (is_multicast(address)) return text + " is a multicast address";
    if (is_limited_broadcast(address)) return text + " is a broadcast address";
    if (is_loopback(address)) return text + " is a loopback address and reaches no other node";
    if (address.family == support::IpFamily::v6 && is_link_local(address) && settings.link.empty())
        return text + " is link-local, so the link has to be named: " + text + "%eth0";
    return std::nullopt;
}

}  // namespace

std::optional<Mistake> place_address(const std::string& address, const std::string& interface,
                                     std::int64_t prefix, Settings& settings) {
    std::string error;
    const auto text = support::parse_address_text(address, error);
    if (!text) return Mistake{"address", error};
    settings.address = text->address;
    settings.link = text->link;
    settings.prefix = text->prefix;

    if (!interface.empty() && !support::is_link_name(interface))
        return Mistake{"interface",
                       "the name of a network link: 1 to 15 characters, no space, no / or :"};
    if (!interface.empty() && !text->link.empty() && interface != text->link)
        return Mistake{"interface", "the same link as in \"address\" (" + text->link +
                                        "), or leave one of the two out"};
    if (settings.link.empty()) settings.link = interface;

    if (prefix > settings.address.prefix_max())
        return Mistake{"prefix", "a number from 0 to " +
                                     std::to_string(settings.address.prefix_max()) + " for an " +
                                     to_string(settings.address.family) + " address"};
    if (prefix >= 0 && text->prefix && *text->prefix != prefix)
        return Mistake{"prefix", "the same as in \"address\" (" + std::to_string(*text->prefix) +
                                     "), or leave one of the two out"};
    if (prefix >= 0) settings.prefix = static_cast<std::uint8_t>(prefix);
    if (const auto fault = find_address_fault(settings)) return Mistake{"address", *fault};
    return std::nullopt;
}

Nanoseconds check_timeout(const Settings& settings, bool is_handover) {
    if (!settings.duplicate_check) return Nanoseconds::zero();
    return is_handover ? settings.handover_timeout : settings.check_timeout;
}

Nanoseconds announcement_due(const Settings& settings, unsigned turn) {
    return turn < 2 ? Nanoseconds::zero() : settings.announce_interval * (turn - 1);
}

Nanoseconds watch_duration(const Settings& settings) {
    const unsigned last = std::max(settings.announce_count, 1U) - 1;
    const auto announcing = announcement_due(settings, last);
    return settings.duplicate_check ? std::max(announcing, k_watch_duration_min) : announcing;
}

std::uint8_t choose_prefix(const Settings& settings, std::optional<std::uint8_t> of_network) {
    return settings.prefix.value_or(of_network.value_or(settings.address.prefix_max()));
}

std::optional<std::string> find_link_fault(const support::Link& link) {
    if (!link.is_up()) return "link " + link.name + " is down (ip link set " + link.name + " up)";
    if (!link.has_carrier) return "link " + link.name + " has no carrier (cable, switch port)";
    return std::nullopt;
}

}  // namespace ha::fip
