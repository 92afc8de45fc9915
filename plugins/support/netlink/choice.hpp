// On which link a floating address belongs, by rule (pure).
//
// The rule, first match wins:
//   1. the link that the configuration names;
//   2. the link where the address is already (a restarted host finds its work again);
//   3. of the links with an address whose network holds it: the longest prefix, then the lowest
//      link number.
// Several cards on one network are no error: rule 3 chooses, and the choice says that it had to.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "support/netlink/error.hpp"
#include "support/netlink/messages.hpp"

namespace ha::support {

struct LinkChoice {
    std::uint32_t link = 0;
    std::optional<std::uint8_t> prefix;  ///< of the network found there; none if there is none
    bool is_present = false;             ///< the address is on that link already
    std::uint32_t rivals = 0;            ///< other links on a network that holds the address
};

/// Rules 2 and 3. `addresses` are those of the family, of all links; loopback addresses of the host
/// (on `loopback`) never decide. The error says which networks there are.
Result<LinkChoice> choose_link(const IpAddress& address, std::span<const LinkAddress> addresses,
                               std::uint32_t loopback);

/// The prefix of the network on one link that holds the address: the longest; nothing if none does.
std::optional<std::uint8_t> network_prefix(const IpAddress& address,
                                           std::span<const LinkAddress> addresses,
                                           std::uint32_t link);

}  // namespace ha::support
