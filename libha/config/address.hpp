// Addresses of nodes: host and port, brought into one form so that equal ones are found.
#pragma once

#include <string>
#include <string_view>

namespace ha::config {

struct Address {
    enum class Family { ipv4, ipv6, name };
    Family family = Family::name;
    std::string text;   ///< "192.0.2.1:29002", "[2001:db8::1]:29002", "host:29002"
    std::string flaw;   ///< what is wrong and what would be right; empty: nothing
};

/// The port may be left out.
Address parse_address(std::string_view text);

}  // namespace ha::config
