// Quorum: more than half of the voters.
#include "membership/quorum.hpp"

namespace ha::membership {

bool has_quorum(std::span<const NodeId> voters, const NodeSet& with) {
    std::size_t count = 0;
    for (auto voter : voters) count += with.contains(voter) ? 1 : 0;
    return count >= quorum_size(voters.size());
}

}  // namespace ha::membership
