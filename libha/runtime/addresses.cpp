// Resolving the addresses of a configuration.
#include "runtime/addresses.hpp"

#include <netdb.h>

#include <cstring>
#include <memory>

namespace ha::runtime {

bool operator==(const SocketAddress& a, const SocketAddress& b) {
    return a.size == b.size && std::memcmp(&a.storage, &b.storage, a.size) == 0;
}

static Failure badly_written(const std::string& text) {
    return failure(FailureCode::invalid,
                   "\"" + text +
                       "\" is no address; right is \"192.0.2.1:29002\", \"[2001:db8::1]:29002\" or "
                       "\"name:29002\"");
}

Result<SocketAddress> resolve_address(const std::string& text) {
    auto colon = text.rfind(':');
    if (colon == std::string::npos || colon == 0) return badly_written(text);
    auto host = text.substr(0, colon);
    auto port = text.substr(colon + 1);
    bool is_bracketed = host.front() == '[' && host.back() == ']';
    if (is_bracketed) host = host.substr(1, host.size() - 2);
    // A colon without brackets is half of an IPv6 address, and the port would be a guess.
    if (host.empty() || (!is_bracketed && host.find(':') != std::string::npos))
        return badly_written(text);
    if (port.empty() || port.size() > 5 ||
        port.find_first_not_of("0123456789") != std::string::npos)
        return badly_written(text);
    int number = std::stoi(port);
    if (number < 1 || number > 65535)
        return failure(FailureCode::invalid, "port " + port + " in \"" + text +
                                                 "\" is out of range; right is 1 to 65535");
    addrinfo hints{};
    hints.ai_family = is_bracketed ? AF_INET6 : AF_UNSPEC;
    hints.ai_socktype = SOCK_DGRAM;
    hints.ai_flags = AI_NUMERICSERV | (is_bracketed ? AI_NUMERICHOST : 0);
    addrinfo* found = nullptr;
    int error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
    std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, ::freeaddrinfo);
    if (error != 0 || found == nullptr) {
        if (is_bracketed) return badly_written(text);
        return failure(FailureCode::unavailable, "cannot resolve \"" + host + "\" of \"" + text +
                                                     "\": " + ::gai_strerror(error));
    }
    SocketAddress out;
    std::memcpy(&out.storage, found->ai_addr, found->ai_addrlen);
    out.size = found->ai_addrlen;
    return out;
}

std::string to_string(const SocketAddress& address) {
    char host[NI_MAXHOST], port[NI_MAXSERV];
    if (::getnameinfo(address.get(), address.size, host, sizeof host, port, sizeof port,
                      NI_NUMERICHOST | NI_NUMERICSERV | NI_DGRAM) != 0)
        return "(no address)";
    if (address.family() == AF_INET6) return "[" + std::string(host) + "]:" + port;
    return std::string(host) + ":" + port;
}

/// The witness is reached from whatever address the routes choose, and a port of its own.
static void add_witness(const model::ClusterSpec& spec, AddressBook& out) {
    if (spec.witness.address.empty()) return;
    auto address = resolve_address(spec.witness.address);
    if (!address) {
        out.unresolved += (out.unresolved.empty() ? "" : "; ") + ("witness: " +
                                                                  address.error().context);
        return;
    }
    out.peers[{k_witness_node, k_witness_interconnect}] = *address;
    auto& own = out.own[k_witness_interconnect];
    own.name = "witness";
    own.text = "any address, to the witness at " + spec.witness.address;
    own.address.size = address->size;
    own.address.storage.ss_family = static_cast<sa_family_t>(address->family());
}

Result<AddressBook> resolve_addresses(const model::ClusterSpec& spec, NodeId self) {
    AddressBook out;
    for (auto& node : spec.nodes) {
        for (auto& [interconnect, text] : node.addresses) {
            auto address = resolve_address(text);
            if (!address) {
                auto what = "node " + node.name + ": " + address.error().context;
                if (node.id == self || address.error().code == FailureCode::invalid)
                    return failure(address.error().code, what);
                out.unresolved += (out.unresolved.empty() ? "" : "; ") + what;
                continue;
            }
            if (node.id != self) {
                out.peers[{node.id, interconnect}] = *address;
                continue;
            }
            auto& own = out.own[interconnect];
            own.text = text;
            own.address = *address;
            for (auto& i : spec.interconnects)
                if (i.id == interconnect) own.name = i.name;
        }
    }
    add_witness(spec, out);
    return out;
}

}  // namespace ha::runtime
