// View marks: where in a history one node of two went on without the other (safety.md F7).
//
// Everything else that is written to the log needs a quorum, so two logs can only contradict each
// other behind such a mark. Both logs name the ones they hold; that is enough to tell a node that
// is merely behind from one that has gone another way.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>

#include "base/ids.hpp"

namespace ha {

/// Random, made with the mark.
using ViewMarkId = Id<struct ViewMarkIdTag, std::uint64_t>;

/// Marks that a document keeps. A node that has missed more is told from them by the newest alone.
inline constexpr std::size_t k_limit_view_marks = 8;
/// A heartbeat has room for all of them in a cluster of this size; in a larger one, where only an
/// operator's `recover` makes a mark, it names the newest alone.
inline constexpr std::size_t k_limit_nodes_for_marks = 32;

struct ViewMark {
    std::uint32_t number = 0;  ///< 1, and grows by one along a history
    Term term;                 ///< of the entry
    std::uint32_t rank = 0;    ///< of the node when it made the mark
    NodeId node;
    LogIndex index;            ///< of the entry
    ViewMarkId id;
    /// An operator's `recover` (D4): what the others had agreed on is not known behind it, so who
    /// lacks it has another history, however little it has of it.
    bool is_recovery = false;
    bool operator==(const ViewMark&) const = default;
};

}  // namespace ha
