// The parameters of a floating address: their description, and reading them.
#pragma once

#include "ha/plugin.hpp"
#include "resource/fip/plan.hpp"

namespace ha::fip {

inline constexpr std::int64_t k_second = 1'000'000'000;

inline constexpr plugin::Parameter k_parameters[] = {
    {.name = "address",
     .type = plugin::ParameterType::string,
     .required = true,
     .minimum = 2,
     .maximum = 64,
     .help = "The floating address, IPv4 or IPv6, with an optional prefix and link: 192.168.1.50, "
             "192.168.1.50/24, fd00::50/64, 192.168.1.50%eth0."},
    {.name = "interface",
     .type = plugin::ParameterType::string,
     .minimum = 1,
     .maximum = 15,
     .help = "The link to put it on: a card, bond, VLAN, bridge or macvlan. Without it the link is "
             "found by the address's network; of several the one with the longest prefix, then the "
             "lowest number."},
    {.name = "prefix",
     .type = plugin::ParameterType::integer,
     .minimum = 0,
     .maximum = 128,
     .help = "Length of the network prefix. Default: that of the link's network that holds the "
             "address, else 32 (IPv4) or 128 (IPv6)."},
    {.name = "announce_count",
     .type = plugin::ParameterType::integer,
     .default_value = "5",
     .minimum = 0,
     .maximum = 100,
     .help = "How many gratuitous ARPs (IPv6: unsolicited neighbour advertisements) are sent; the "
             "first two at once, the rest in the background."},
    {.name = "announce_interval",
     .type = plugin::ParameterType::duration,
     .default_value = "200ms",
     .minimum = k_second / 1000,
     .maximum = 60 * k_second,
     .help = "Time between the announcements after the first two."},
    {.name = "duplicate_check",
     .type = plugin::ParameterType::boolean,
     .default_value = "true",
     .help = "Ask the wire before the address is taken whether somebody else has it, and go on "
             "listening for a second after it."},
    {.name = "duplicate_check_timeout",
     .type = plugin::ParameterType::duration,
     .default_value = "60ms",
     .minimum = 0,
     .maximum = 60 * k_second,
     .help = "How long an answer is waited for when the group is started from nothing. 0: no "
             "check."},
    {.name = "duplicate_check_timeout_handover",
     .type = plugin::ParameterType::duration,
     .default_value = "5ms",
     .minimum = 0,
     .maximum = 60 * k_second,
     .help = "The same when the cluster moves or restarts the group: shorter, since clients wait "
             "and the old holder is known. 0: no check."},
    {.name = "duplicate_check_retries",
     .type = plugin::ParameterType::integer,
     .default_value = "0",
     .minimum = 0,
     .maximum = 1000,
     .help = "How often the check is repeated when the address is in use, before it is refused."},
    {.name = "duplicate_check_interval",
     .type = plugin::ParameterType::duration,
     .default_value = "1s",
     .minimum = 0,
     .maximum = 3600 * k_second,
     .help = "Time between these repetitions."},
    {.name = "force",
     .type = plugin::ParameterType::boolean,
     .default_value = "false",
     .help = "Activate the address although somebody else has it; an event tells who."},
    {.name = "link_down_is_failure",
     .type = plugin::ParameterType::boolean,
     .default_value = "false",
     .help = "A link that is down or without carrier makes the address failed; otherwise it is "
             "only told."},
};

/// Throws Error{invalid} that names the parameter, its value, and what would be right.
Settings read_settings(const plugin::Parameters& parameters);

}  // namespace ha::fip
