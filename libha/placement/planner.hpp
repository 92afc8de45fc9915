// The planner: decides about every group, in numbers. plan.cpp puts its decisions into words.
#pragma once

#include <optional>
#include <vector>

#include "model/state.hpp"
#include "placement/ground.hpp"
#include "placement/plan.hpp"
#include "placement/rules.hpp"

namespace ha::placement {

/// Holds pointers into state and view: both must outlive it.
class Planner {
   public:
    Planner(const model::ClusterState& state, const View& view);

    /// Decides about all groups; once.
    void run();

    const Ground& ground() const { return ground_; }
    const std::vector<GroupFacts>& groups() const { return ground_.groups(); }
    /// After run(): whom fencing would take a group from that could run elsewhere then.
    std::vector<FenceNeed> fence_needs() const;
    /// As things stand, with everything decided so far.
    Verdict judge(const GroupFacts& group, NodeId node) const;
    /// Of a node that does not come from the policy as it is now.
    Verdict judge_wish(const GroupFacts& group, NodeId node) const;
    /// It was in service for long enough, and the group has not failed there, for a return.
    bool may_return(const GroupFacts& group, NodeId node) const;

   private:
    // planner.cpp: what is done with whom
    void reserve_moves_under_way();
    void decide_wished(GroupFacts& group);
    void decide_homeless(GroupFacts& group);
    void decide_stranded(GroupFacts& group);
    void settle(GroupFacts& group);
    void decide_settled(GroupFacts& group);
    void consider_improvement(GroupFacts& group);
    void leave_in_order(GroupFacts& group, NodeId target, Rule rule);
    bool needs_owner(const GroupFacts& group) const;
    bool is_about_to_stop(const GroupFacts& group) const;
    GroupId waits_to_stop(const GroupFacts& group);
    void give(GroupFacts& group, NodeId node, Rule rule);
    void evict(GroupFacts& group, NodeId target, Rule rule);

    // choose.cpp: which node
    Verdict judge_standing(NodeId id) const;
    bool is_kept_from(const GroupFacts& group, NodeId id) const;
    Verdict judge_node(const GroupFacts& group, NodeId node) const;
    bool is_banned(const GroupFacts& group, NodeId node, bool is_retry) const;
    std::optional<Rule> obstacle_of(const GroupFacts& group) const;
    NodeId choose(const GroupFacts& group, Rule& blocked, bool is_retry = false) const;
    NodeId choose_failback(const GroupFacts& group, NodeId place) const;
    bool is_retry_due(const GroupFacts& group) const;
    bool is_failover(const GroupFacts& group, NodeId node) const;
    bool could_run(const GroupFacts& group) const;
    bool is_lost(NodeId node) const;
    std::vector<NodeId> lost_keepers(const GroupFacts& group) const;
    GroupId waits_for(const GroupFacts& group, NodeId node) const;

    // preempt.cpp: whose place is taken
    bool preempt(GroupFacts& group);
    bool is_gone_soon(const GroupFacts& other, NodeId node) const;
    std::optional<std::vector<GroupId>> victims(const GroupFacts& group, NodeId node) const;

    const model::ClusterState& state_;
    const View& view_;
    Ground ground_;
    bool may_place_unowned_;
    std::vector<GroupFacts*> order_;  ///< the most important first
};

}  // namespace ha::placement
