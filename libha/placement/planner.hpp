// The planner: decides about every group, in numbers. plan.cpp puts its decisions into words.
#pragma once

#include <optional>
#include <vector>

#include "model/state.hpp"
#include "placement/plan.hpp"
#include "placement/rules.hpp"

namespace ha::placement {

/// What is to be done with a group, and why.
struct Choice {
    enum class Act : std::uint8_t { none, give, evict };

    Rule rule = Rule::runs;
    Act act = Act::none;
    NodeId node;                  ///< given to, or where it is; none when nowhere
    NodeId target;                ///< of an eviction
    NodeId refused;               ///< a wished node that is to be forgotten, besides
    Verdict wish = Verdict::eligible;  ///< what spoke against it
};

struct GroupFacts {
    GroupId id;
    const model::GroupSpec* spec;
    const model::GroupRecord* record;
    Choice choice;
};

struct NodeFacts {
    NodeId id;
    const model::NodeRecord* record = nullptr;
    bool is_member = false;
    GroupId full_by;               ///< the `full` group that occupies it or is on its way there
    std::uint32_t exclusive_count = 0;  ///< groups with any exclusion that occupy it
};

/// Holds pointers into state and view: both must outlive it.
class Planner {
   public:
    Planner(const model::ClusterState& state, const View& view);

    /// Decides about all groups; once.
    void run();

    const std::vector<GroupFacts>& groups() const { return groups_; }
    /// After run(): whom fencing would take a group from that could run elsewhere then.
    std::vector<FenceNeed> fence_needs() const;
    const NodeFacts& facts_of(NodeId node) const;
    /// As things stand, with everything decided so far.
    Verdict judge(const GroupFacts& group, NodeId node) const;
    bool is_shared(const GroupFacts& group, NodeId node) const;

   private:
    void count_owners();
    void reserve_moves_under_way();
    void decide_wished(GroupFacts& group);
    void decide_homeless(GroupFacts& group);
    void decide_settled(GroupFacts& group);
    void consider_improvement(GroupFacts& group);
    std::optional<Rule> obstacle_of(const GroupFacts& group) const;
    bool needs_owner(const GroupFacts& group) const;
    NodeId choose(const GroupFacts& group, Rule& blocked) const;
    NodeId choose_failback(const GroupFacts& group, NodeId place) const;
    Verdict judge_wish(const GroupFacts& group, NodeId node) const;
    void give(GroupFacts& group, NodeId node, Rule rule);
    void evict(GroupFacts& group, NodeId target, Rule rule);
    void occupy(const GroupFacts& group, NodeId node);
    NodeFacts& facts_of(NodeId node);

    const model::ClusterState& state_;
    const View& view_;
    bool may_place_unowned_;
    std::vector<NodeFacts> nodes_;
    std::vector<std::uint16_t> node_places_;  ///< by the number of the node
    std::vector<GroupFacts> groups_;          ///< in the order of ids
};

}  // namespace ha::placement
