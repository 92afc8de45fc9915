// Carrying out what nodes say that they found active without a right to it (cluster.md 6): each
// gives the rule by which it is ignored, or nothing.
//
// What was found releases nothing and ends no wait: it only keeps the group from being started at a
// second place.
#pragma once

#include <string>

#include "model/apply_operate.hpp"

namespace ha::model {

std::string operate(Operating& it, const FoundActive& c);
std::string operate(Operating& it, const StopFound& c);

/// The node is known to run nothing: it was made harmless, or has booted anew.
void forget_found_on(ClusterState& state, NodeId node);
/// Nobody looks any more, so nobody could say that it is over.
void forget_found(ClusterState& state, std::vector<Event>& events);
/// It is not to be started elsewhere any more, or has an owner who decides.
void withdraw_stops(GroupRecord& record);

}  // namespace ha::model
