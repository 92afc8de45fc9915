// Changes of the configuration in steps, or on trial: what they need, and carrying them out.
#pragma once

#include <string>
#include <vector>

#include "base/event.hpp"
#include "model/apply.hpp"
#include "model/reconfigure.hpp"
#include "model/state.hpp"

namespace ha::model {

/// Do both describe the same thing to run, so that one that runs need not be touched? Timeouts,
/// retries and final actions are about what is done with it, and may differ.
bool runs_alike(const ResourceSpec& a, const ResourceSpec& b);
bool runs_alike(const GroupSpec& a, const GroupSpec& b);

/// Groups that have to be stopped and released before `next` can be in force; sorted.
std::vector<GroupId> groups_to_stop(const ClusterState& state, const ClusterSpec& next);
/// Why these can not be stopped for a change; empty: they can.
std::string refusal_of_stops(const ClusterState& state, const std::vector<GroupId>& groups);

/// One command of reconfigure.hpp: carried out, or why it is ignored, with the state untouched.
struct Reconfiguring {
    ClusterState& state;
    Position position;
    std::vector<Event>& events;
};
std::string reconfigure(Reconfiguring& it, const BeginChange& c);
std::string reconfigure(Reconfiguring& it, const HoldForChange& c);
std::string reconfigure(Reconfiguring& it, const CompleteChange& c);
std::string reconfigure(Reconfiguring& it, const CancelChange& c);
std::string reconfigure(Reconfiguring& it, const ConfirmSpec& c);

}  // namespace ha::model
