// Placement: what should run where, as a pure function of the agreed state and of who is there.
//
// It has no memory. The leader runs it on the state *as it will be* when everything already
// proposed is applied, so a decision is never made twice. `hactl simulate` and `explain` run the
// same function on a changed copy.
#pragma once

#include <string>
#include <vector>

#include "model/command.hpp"
#include "model/state.hpp"

namespace ha::placement {

/// Who is there, as the leader sees it now.
struct View {
    std::vector<NodeId> members;       ///< sorted; nodes that may be given something
    bool is_startup_wait_over = true;  ///< else only groups that have an owner are touched, unless
                                       ///< all nodes of the spec are members
};

/// A node that was not chosen, and the rule that said so.
struct Rejected {
    NodeId node;
    std::string rule;
};

/// One decision of the plan, or the explanation why nothing is done.
struct Decision {
    GroupId group;
    NodeId node;                       ///< chosen, or where it is; none when nowhere
    std::string rule;                  ///< short stable name: "first_in_policy", "owner_down", ...
    std::string reason;                ///< one sentence for people
    std::vector<Rejected> rejected;
};

struct Plan {
    std::vector<model::Command> commands;  ///< to propose, in this order, as one batch
    std::vector<Decision> decisions;       ///< one for each group, in order of group id
};

Plan plan(const model::ClusterState& state, const View& view);

/// Why the group is where it is, and why not elsewhere.
Decision explain(const model::ClusterState& state, const View& view, GroupId group);

}  // namespace ha::placement
