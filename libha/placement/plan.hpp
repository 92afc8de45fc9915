// Placement: what should run where, as a pure function of the agreed state and of who is there.
//
// It has no memory. The leader runs it on the state *as it will be* when everything already
// proposed is applied, so a decision is never made twice. `hactl simulate` and `explain` run the
// same function on a changed copy.
//
// The order within one plan is the order of importance: what a move under way has reserved, then
// groups that run nowhere (those with a wished node first), then moves, failback and hand-over of
// groups that run. Within each, groups are taken by priority, those that others start after before
// these, then in the order of their ids. So a group that only wants to run somewhere nicer never
// takes the place of one that does not run at all.
//
// Properties (tests/unit/placement/properties.cpp):
// (1) apply() accepts every command of a plan, in order. (2) After that the plan is empty: nothing
// oscillates. (3) No two `full` groups are given one node; an owner that is evicted, could not stop
// the group, or is not there still occupies its node.
#pragma once

#include <string>
#include <vector>

#include "model/command.hpp"
#include "model/state.hpp"

namespace ha::placement {

/// A group that runs, in this incarnation.
struct Online {
    GroupId group;
    Incarnation incarnation;
    auto operator<=>(const Online&) const = default;
};

/// Who is there, as the leader sees it now.
struct View {
    std::vector<NodeId> members;       ///< sorted; nodes that may be given something
    bool is_startup_wait_over = true;  ///< else only groups that have an owner are touched, unless
                                       ///< all nodes of the spec are members
    std::vector<Online> online;    ///< sorted; as their owners say, of those that others wait for
};

/// A node of the policy that was not chosen, and the rule that said so.
struct Rejected {
    NodeId node;
    std::string rule;  ///< short stable name: "down", "banned", "exclusion", "less_preferred", ...
    std::string reason;  ///< a part of a sentence for people: "is in maintenance"
};

/// One decision of the plan, or the explanation why nothing is done.
struct Decision {
    GroupId group;
    NodeId node;                    ///< chosen, or where it is; none when nowhere
    std::string rule;               ///< short stable name: "first_in_policy", "owner_down", ...
    std::string reason;             ///< one sentence for people
    bool is_blocked = false;        ///< it should run, and nothing can be done about it now
    std::vector<Rejected> rejected; ///< the other nodes of its policy, in its order
};

struct Plan {
    std::vector<model::Command> commands;  ///< to propose, in this order, as one batch
    std::vector<Decision> decisions;       ///< one for each group, in order of group id
};

Plan plan(const model::ClusterState& state, const View& view);

/// Only the commands of the plan: much cheaper when there is nothing to do, for each step.
std::vector<model::Command> plan_commands(const model::ClusterState& state, const View& view);

/// A lost node that must be made harmless before `group` can run where it would go then: its owner,
/// or one where something of it was found that requires fencing.
struct FenceNeed {
    NodeId node;
    GroupId group;
};
/// At most one for each node. Nothing is to be shot at for a group that could run nowhere else, nor
/// for one whose failover is manual.
std::vector<FenceNeed> fence_needs(const model::ClusterState& state, const View& view);

/// Which of two nodes that lost each other shoots first: the one that owns more, else the one of
/// lower rank (safety.md F22). Both come to the same answer from the same state.
bool fences_first(const model::ClusterState& state, NodeId node, NodeId other);

/// Why the group is where it is, and why not elsewhere. The group exists.
Decision explain(const model::ClusterState& state, const View& view, GroupId group);

}  // namespace ha::placement
