// Orders: what an operator has one node, or all of them, do with its service or its machine.
//
// An order is committed, so it outlives the leader that took it, and it is about one start of a
// node, so it is carried out once: the node hands over what it runs, tells that its start is over,
// and only then does the rest. When all nodes have one there is nobody to hand over to, and groups
// stop.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>

#include "base/ids.hpp"

namespace ha::model {

enum class NodeOrder : std::uint8_t {
    none,
    stop,      ///< the daemon ends
    restart,   ///< it ends, and begins anew
    reboot,    ///< the machine does
    poweroff,
};
const char* to_string(NodeOrder order) noexcept;

struct OrderNode {
    NodeId node;
    StartNumber start;
    NodeOrder order = NodeOrder::none;
    bool is_last = false;  ///< it stays until the others are gone: somebody watches there
    std::string reason;
    bool operator==(const OrderNode&) const = default;
};

/// Nothing is placed and nothing is recovered, while groups run on. Leases go on as ever: a node
/// that loses its own ends what it runs (safety.md F13).
struct SetSuspended {
    bool on = false;
    std::string reason;
    bool operator==(const SetSuspended&) const = default;
};

/// Every configured node has said that it knows this version (safety.md F23): by its rules go what
/// the entries after this one say.
struct RaiseVersion {
    std::uint32_t to = 0;  ///< the cluster's version plus one
    bool operator==(const RaiseVersion&) const = default;
};

}  // namespace ha::model
