// Insight: what the planner says about the state as it is, and as it would be. Pure; proposes nothing.
#pragma once

#include "base/result.hpp"
#include "engine/input.hpp"
#include "engine/status.hpp"
#include "placement/plan.hpp"

namespace ha::engine {

/// Why the group is where it is, and why not elsewhere. The group exists.
placement::Decision explain(const EngineStatus& status, GroupId group);

struct WhatIf {
    bool is_quorate = true;   ///< the voters that are left could decide
    /// One for each group that would move, or that nothing could run.
    std::vector<placement::Decision> decisions;
};
/// If the node died now. The node exists.
WhatIf simulate_down(const EngineStatus& status, NodeId node);

/// A request, made for the sake of seeing what it would do.
struct Rehearsal {
    std::string done;                ///< what the request is about, as when it is carried out
    std::vector<std::string> steps;  ///< what would be agreed on, one sentence each, in order
    /// Groups that would be placed anew by it, and why there.
    std::vector<placement::Decision> decisions;
};
/// Pure: works on a copy of what this node knows. Refused as the request itself would be.
Result<Rehearsal> rehearse(const EngineStatus& status, const RequestBody& body);

/// What a new configuration would do to what runs.
struct ChangeOutlook {
    std::string refusal;           ///< why it can not be applied as things are; empty: it can
    std::vector<GroupId> stopped;  ///< have to be stopped for it
    /// Groups that would get another place, or that nothing could run any more.
    std::vector<placement::Decision> moved;
    model::ClusterState state;     ///< as it would be, with what was stopped running again
};
ChangeOutlook simulate_change(const EngineStatus& status, const model::ClusterSpec& next);

}  // namespace ha::engine
