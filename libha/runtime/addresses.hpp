// Addresses of nodes on interconnects, from text to what a socket takes.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <map>
#include <string>
#include <utility>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "model/spec.hpp"

namespace ha::runtime {

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;

    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
    int family() const { return storage.ss_family; }
};
bool operator==(const SocketAddress& a, const SocketAddress& b);

/// "192.0.2.1:29002", "[2001:db8::1]:29002", "[fe80::1%eth1]:29002" or "name:29002". A name is
/// looked up, which may block for long: not on the engine's thread.
Result<SocketAddress> resolve_address(const std::string& text);
/// As numbers, in the form above.
std::string to_string(const SocketAddress& address);

/// Where we listen, and where the others do.
struct AddressBook {
    struct Own {
        std::string name;          ///< of the interconnect
        std::string text;
        SocketAddress address;
    };
    std::map<InterconnectId, Own> own;
    std::map<std::pair<NodeId, InterconnectId>, SocketAddress> peers;
    /// Addresses of others that could not be resolved; we go on without those paths.
    std::string unresolved;
};

/// Fails when one of our own addresses is wrong, or one of a peer is badly written; may block.
Result<AddressBook> resolve_addresses(const model::ClusterSpec& spec, NodeId self);

}  // namespace ha::runtime
