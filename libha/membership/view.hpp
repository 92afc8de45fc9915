// The view: with whom this node is in contact, and which of them form the membership.
//
// Contact is two-sided: A and B are in contact when each hears the other, so that asymmetric loss
// cannot flap (cluster.md 2). The membership is the set the leader places groups on: all it is in
// contact with, less the fewest nodes it takes until every pair in it is in contact (F30).
#pragma once

#include <map>

#include "base/ids.hpp"
#include "base/node_set.hpp"

namespace ha::membership {

/// Who hears whom, as last told by each node. A node that told nothing hears nobody.
struct Hearing {
    NodeId self;
    NodeSet heard;                      ///< by self, now
    std::map<NodeId, NodeSet> told;     ///< by others, in their newest heartbeat
};

/// Nodes in two-sided contact with self; self is not in it.
NodeSet contacts(const Hearing& hearing);

/// The fully connected membership around `self`. Which node goes when a pair has no contact: the
/// one with the most missing contacts, then the higher number; self never goes.
NodeSet membership(const Hearing& hearing);

/// A larger one without self where there is one: then self is badly placed to lead (F30).
NodeSet best_membership(const Hearing& hearing);

/// With how many others of `members` the node has contact, by what self knows.
std::size_t contacts_within(const Hearing& hearing, const NodeSet& members, NodeId node);

/// Is there anybody, self or a contact of ours, who still hears `node`? Then it is not dead,
/// whatever else it is: a takeover needs evidence from all who could hear (pains.md 2).
bool is_heard_by_anyone(const Hearing& hearing, NodeId node);

}  // namespace ha::membership
