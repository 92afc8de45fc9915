// Quorum: when do votes suffice? One pure function, asked by pre-vote, vote, commit, check-quorum,
// leases and the verdict alike (safety.md F31), so that no two of them can disagree.
#pragma once

#include <cstddef>
#include <span>

#include "base/ids.hpp"
#include "base/node_set.hpp"

namespace ha::membership {

/// How many of `voter_count` voters are more than half. Of no voters it is 1: nobody can reach it.
constexpr std::size_t quorum_size(std::size_t voter_count) {
    return voter_count / 2 + 1;
}

/// Are more than half of `voters` in `with`? Members of `with` that are no voters count for
/// nothing. `voters` holds each node once.
bool has_quorum(std::span<const NodeId> voters, const NodeSet& with);

}  // namespace ha::membership
