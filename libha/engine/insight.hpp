// Insight: what the planner says about the state as it is, and as it would be. Pure; proposes nothing.
#pragma once

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

}  // namespace ha::engine
