// Ground: what stands on which node while a plan is made, and what each node has room for.
//
// A group stands on its owner until that has released it, whatever is wrong with either, and on the
// node that it is on its way to.
#pragma once

#include <array>
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
    GroupId other;                ///< the group that the rule is about
    bool is_retry = false;        ///< its failures are to be forgotten first
};

struct GroupFacts {
    GroupId id;
    const model::GroupSpec* spec;
    const model::GroupRecord* record;
    Choice choice;
    std::array<NodeId, 2> places{};  ///< where it stands, and where to it is on its way
    std::uint32_t rank = 0;          ///< the highest priority of those that start after it
    std::uint32_t depth = 0;         ///< of groups that are started before it, one after another
    std::vector<model::OrderSpec> stops_after;  ///< those that say that they stop before it
    bool is_settled = false;         ///< its choice is made
    std::vector<NodeId> found;       ///< where it is active without a right, as far as that counts
    std::vector<std::uint16_t> labels, near, apart;                    ///< by number
    std::vector<std::pair<std::uint16_t, std::uint32_t>> uses;         ///< capacity by number

    bool stands_on(NodeId node) const {
        return node && (places[0] == node || places[1] == node);
    }
};

struct NodeFacts {
    NodeId id;
    const model::NodeRecord* record = nullptr;
    bool is_member = false;
    GroupId full_by;               ///< the `full` group that stands on it
    std::uint32_t exclusive_count = 0;  ///< groups with any exclusion that stand on it
    std::vector<std::uint32_t> labels;  ///< groups on it by number of the label
    std::vector<std::uint64_t> used;    ///< by number of the capacity
    std::vector<std::uint64_t> capacity;
};

/// Holds pointers into state and view: both must outlive it.
class Ground {
   public:
    Ground(const model::ClusterState& state, const View& view);

    std::vector<GroupFacts>& groups() { return groups_; }
    const std::vector<GroupFacts>& groups() const { return groups_; }
    const GroupFacts& group(GroupId id) const;
    GroupFacts& group(GroupId id);
    const std::vector<NodeFacts>& nodes() const { return nodes_; }
    const NodeFacts& node(NodeId id) const;
    bool are_all_there() const { return are_all_there_; }

    void occupy(GroupFacts& group, NodeId node);
    /// Another `full` group stands there.
    bool is_excluded(const GroupFacts& group, NodeId node) const;
    /// With what is said to be gone from it.
    bool has_room(const GroupFacts& group, NodeId node,
                  const std::vector<const GroupFacts*>& gone = {}) const;
    /// A `normal` group avoids such a node while another is free.
    bool is_shared(const GroupFacts& group, NodeId node) const;
    /// A group that it is to be apart from stands there.
    bool is_beside(const GroupFacts& group, NodeId node) const;
    /// It wishes to be near some group, and none of those stands there.
    bool is_far(const GroupFacts& group, NodeId node) const;
    /// The less the better; 0: nothing speaks against it.
    unsigned penalty(const GroupFacts& group, NodeId node) const {
        return is_shared(group, node) * 4u + is_beside(group, node) * 2u + is_far(group, node);
    }

   private:
    void number_labels();
    void number_capacities();
    void rank_groups();
    void turn_stop_order();
    std::uint32_t count_label(const GroupFacts& group, const NodeFacts& node,
                              std::uint16_t label) const;
    NodeFacts& facts(NodeId id);

    const model::ClusterState& state_;
    bool are_all_there_ = true;
    std::vector<NodeFacts> nodes_;
    std::vector<std::uint16_t> node_places_;  ///< by the number of the node
    std::vector<GroupFacts> groups_;          ///< in the order of ids
};

}  // namespace ha::placement
