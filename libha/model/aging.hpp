// Aging: what the agreed state knows of time. Ages, and what follows from them.
//
// No wall clock decides anything (safety.md F37): the leader counts on its boot clock and commits
// what has passed (TimePassed). Ages stand in the state, so the next leader goes on from where the
// last one has committed, and a change of leader can only make something later, never earlier. An
// age grows as far as it matters and then stops, so that a state at rest does not change.
#pragma once

#include "model/state.hpp"

namespace ha::model {

/// The node is not to be given the group. A ban that is over still keeps automatic failback away.
bool is_active(const Ban& ban) noexcept;
/// None: there is none about the node.
const Ban* find_ban(const GroupRecord& group, NodeId node);
/// Since the group last failed somewhere; max: it has not, as far as is remembered.
Duration since_failure(const GroupRecord& group);

/// Does any age grow?
bool is_aging(const ClusterState& state);
/// Until an age reaches what decides something; max: none will.
Duration next_coming_of_age(const ClusterState& state);
/// Until anything happens by time alone: that, or the end of what is counted down.
Duration next_by_time(const ClusterState& state);
/// True when something has changed.
bool age(ClusterState& state, Duration elapsed);

}  // namespace ha::model
