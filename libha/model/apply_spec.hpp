// The part of apply() that takes a new configuration into the state.
#pragma once

#include <string>
#include <vector>

#include "base/event.hpp"
#include "model/apply.hpp"

namespace ha::model {

/// Why the configuration can not come into force, whatever is stopped for it; empty: it can.
std::string refusal_of_change(const ClusterState& state, SpecRevision base,
                              const ClusterSpec& next, bool is_revert);
/// Why the configuration does not apply to this state; empty when it does. `completes`: it is the
/// one that the change under way is about.
std::string refusal_of(const ClusterState& state, const SetSpec& command, bool completes = false);

/// Takes it in; refusal_of() must have been empty.
void take_spec(ClusterState& state, const Position& position, const SetSpec& command,
               std::vector<Event>& events);
/// That it was taken in, and whether for good.
void tell_spec(std::vector<Event>& events, const ClusterState& state, const SetSpec& command);

/// Is the group of a removed node that is down released by the end of that node's lease?
bool is_freed_with(const ClusterState& state, const GroupSpec& group, NodeId removed);

}  // namespace ha::model
