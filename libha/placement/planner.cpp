// The planner: decides about every group, in numbers.
#include "placement/planner.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace ha::placement {

using model::Exclusion;
using model::Goal;
using model::NodeStatus;

Planner::Planner(const model::ClusterState& state, const View& view) : state_(state), view_(view) {
    HA_ASSERT(std::is_sorted(view.members.begin(), view.members.end()));
    const auto is_member = [&](NodeId id) {
        return std::binary_search(view.members.begin(), view.members.end(), id);
    };
    bool are_all_there = true;
    nodes_.reserve(state.nodes.size());
    for (const auto& [id, record] : state.nodes) {
        if (node_places_.size() <= id.value) node_places_.resize(std::size_t{id.value} + 1);
        node_places_[id.value] = static_cast<std::uint16_t>(nodes_.size());
        nodes_.push_back({id, &record, is_member(id), {}, 0});
        are_all_there = are_all_there && is_member(id) && record.status == NodeStatus::up;
    }
    may_place_unowned_ = view.is_startup_wait_over || are_all_there;
    groups_.reserve(state.groups.size());
    for (const auto& [id, record] : state.groups) {
        const auto* spec = model::find_group(state.spec, id);
        HA_ASSERT(spec != nullptr);
        groups_.push_back({id, spec, &record, {}});
    }
}

const NodeFacts& Planner::facts_of(NodeId node) const {
    HA_ASSERT(node.value < node_places_.size());
    const auto& facts = nodes_[node_places_[node.value]];
    HA_ASSERT(facts.id == node);
    return facts;
}

NodeFacts& Planner::facts_of(NodeId node) {
    return const_cast<NodeFacts&>(std::as_const(*this).facts_of(node));
}

void Planner::run() {
    count_owners();
    reserve_moves_under_way();
    for (auto& group : groups_)
        if (needs_owner(group) && group.record->target) decide_wished(group);
    for (auto& group : groups_)
        if (needs_owner(group) && group.choice.act == Choice::Act::none) decide_homeless(group);
    for (auto& group : groups_)
        if (!needs_owner(group)) decide_settled(group);
}

void Planner::occupy(const GroupFacts& group, NodeId node) {
    if (group.spec->exclusion == Exclusion::off) return;
    auto& facts = facts_of(node);
    facts.exclusive_count++;
    if (group.spec->exclusion == Exclusion::full && !facts.full_by) facts.full_by = group.id;
}

/// Everybody who has not released it counts: evicted, failed to stop, down, goal offline.
void Planner::count_owners() {
    for (const auto& group : groups_)
        if (group.record->owner) occupy(group, group.record->owner);
}

/// A place that somebody is on the way to is not given away meanwhile (original B34).
void Planner::reserve_moves_under_way() {
    for (const auto& group : groups_) {
        const auto& record = *group.record;
        if (record.goal != Goal::online || !record.owner || !record.is_evicted) continue;
        if (!record.target || record.target == record.owner || needs_owner(group)) continue;
        if (judge_wish(group, record.target) == Verdict::eligible) occupy(group, record.target);
    }
}

bool Planner::needs_owner(const GroupFacts& group) const {
    const auto& record = *group.record;
    if (record.goal != Goal::online) return false;
    return !record.owner || facts_of(record.owner).record->status == NodeStatus::down;
}

Verdict Planner::judge(const GroupFacts& group, NodeId node) const {
    const auto& facts = facts_of(node);
    switch (facts.record->status) {
        case NodeStatus::absent: return Verdict::absent;
        case NodeStatus::down: return Verdict::down;
        case NodeStatus::left: return Verdict::left;
        case NodeStatus::leaving: return Verdict::leaving;
        case NodeStatus::up: break;
    }
    if (facts.record->is_in_maintenance) return Verdict::maintenance;
    if (!facts.is_member) return Verdict::silent;
    for (const auto& ban : group.record->bans)
        if (ban.node == node) return Verdict::banned;
    if (group.spec->exclusion == Exclusion::full && facts.full_by && facts.full_by != group.id)
        return Verdict::exclusion;
    return Verdict::eligible;
}

/// Of a node that does not come from the policy as it is now.
Verdict Planner::judge_wish(const GroupFacts& group, NodeId node) const {
    const auto& policy = group.spec->policy;
    if (std::find(policy.begin(), policy.end(), node) == policy.end())
        return Verdict::not_in_policy;
    return judge(group, node);
}

/// A `normal` group avoids such a node while another is free.
bool Planner::is_shared(const GroupFacts& group, NodeId node) const {
    return group.spec->exclusion == Exclusion::normal && facts_of(node).exclusive_count > 0;
}

/// The first node of the policy that can take it; none, with the strongest reason, when none can.
NodeId Planner::choose(const GroupFacts& group, Rule& blocked) const {
    NodeId shared;
    blocked = Rule::no_node;
    for (const auto node : group.spec->policy) {
        const auto verdict = judge(group, node);
        if (verdict == Verdict::eligible) {
            if (!is_shared(group, node)) return node;
            if (!shared) shared = node;
        }
        if (verdict == Verdict::exclusion) blocked = Rule::excluded;
        if (verdict == Verdict::banned && blocked == Rule::no_node) blocked = Rule::all_banned;
    }
    return shared;
}

/// Why a group that needs an owner is not given one at all.
std::optional<Rule> Planner::obstacle_of(const GroupFacts& group) const {
    const auto& record = *group.record;
    if (!record.owner) {
        if (!may_place_unowned_) return Rule::startup_wait;
        return {};
    }
    // The end of a lease is no release for what can do harm after it (safety.md F21).
    if (model::requirement_of(*group.spec) == model::Requirement::fencing)
        return Rule::fencing_required;
    return {};
}

std::vector<FenceNeed> Planner::fence_needs() const {
    std::vector<FenceNeed> out;
    for (const auto& group : groups_) {
        const auto& record = *group.record;
        if (group.choice.rule != Rule::fencing_required || group.choice.act != Choice::Act::none)
            continue;
        if (record.is_frozen) continue;  // it is not given to anybody anyway
        if (group.spec->failover == model::Failover::manual && !record.target) continue;
        const bool is_known = std::any_of(out.begin(), out.end(), [&](const FenceNeed& need) {
            return need.node == record.owner;
        });
        Rule blocked{};
        if (!is_known && choose(group, blocked)) out.push_back({record.owner, group.id});
    }
    return out;
}

void Planner::give(GroupFacts& group, NodeId node, Rule rule) {
    occupy(group, node);
    group.choice.rule = rule;
    group.choice.act = Choice::Act::give;
    group.choice.node = node;
}

void Planner::evict(GroupFacts& group, NodeId target, Rule rule) {
    if (target && judge_wish(group, target) == Verdict::eligible) occupy(group, target);
    group.choice.rule = rule;
    group.choice.act = Choice::Act::evict;
    group.choice.target = target;
}

void Planner::decide_wished(GroupFacts& group) {
    const auto target = group.record->target;
    if (obstacle_of(group) || judge_wish(group, target) != Verdict::eligible) return;
    // A better node that came up meanwhile saves the second move; a person's wish is a wish.
    if (choose_failback(group, target)) return;
    give(group, target, group.record->is_pinned ? Rule::as_asked : Rule::destination);
}

void Planner::decide_homeless(GroupFacts& group) {
    const auto& record = *group.record;
    auto& choice = group.choice;
    choice.node = record.owner;
    if (const auto obstacle = obstacle_of(group)) {
        choice.rule = *obstacle;
        return;
    }
    const bool is_manual = group.spec->failover == model::Failover::manual;
    if (is_manual && (record.owner || record.stranded_on)) {
        // It may go back to the node that was lost under it: that is no failover.
        if (record.owner || judge_wish(group, record.stranded_on) != Verdict::eligible)
            choice.rule = Rule::failover_manual;
        else if (const auto better = choose_failback(group, record.stranded_on))
            give(group, better, Rule::next_in_policy);
        else
            give(group, record.stranded_on, Rule::returns);
        return;
    }
    const auto node = choose(group, choice.rule);
    if (!node) return;
    if (record.owner)
        give(group, node, Rule::owner_down);
    else
        give(group, node,
             node == group.spec->policy.front() ? Rule::first_in_policy : Rule::next_in_policy);
}

/// A group whose goal is offline, or whose owner is there or at least not down.
void Planner::decide_settled(GroupFacts& group) {
    const auto& record = *group.record;
    auto& choice = group.choice;
    choice.node = record.owner;
    if (record.goal == Goal::offline) {
        choice.rule = record.stop_failed ? Rule::stop_failed : Rule::goal_offline;
        return;
    }
    const auto& owner = facts_of(record.owner);
    if (owner.record->status == NodeStatus::left || owner.record->status == NodeStatus::absent)
        choice.rule = Rule::owner_left;
    else if (record.stop_failed)
        choice.rule = Rule::stop_failed;
    else if (record.is_evicted)
        choice.rule = Rule::evicted;
    else if (owner.record->status == NodeStatus::leaving)
        // Without a wish its next node is chosen when it is released: the one that is best then.
        evict(group, record.target, Rule::hand_over);
    else if (!owner.is_member)
        choice.rule = Rule::owner_silent;
    else
        consider_improvement(group);
}

/// The owner runs it: a wish, a place that it may not have any more, a better place.
void Planner::consider_improvement(GroupFacts& group) {
    const auto& record = *group.record;
    auto& choice = group.choice;
    choice.rule = Rule::runs;
    if (record.target && record.target != record.owner) {
        choice.wish = judge_wish(group, record.target);
        if (choice.wish == Verdict::eligible) return evict(group, record.target, Rule::move);
        // A wish that waits would move the group hours later, when nobody expects it.
        choice.refused = record.target;
        choice.rule = Rule::move_refused;
    }
    const auto& policy = group.spec->policy;
    if (std::find(policy.begin(), policy.end(), record.owner) == policy.end()) {
        Rule blocked{};
        if (const auto node = choose(group, blocked)) evict(group, node, Rule::owner_not_in_policy);
        return;
    }
    if (const auto node = choose_failback(group, record.owner)) evict(group, node, Rule::failback);
}

/// A node that is better than `place` for a group that likes to go back.
NodeId Planner::choose_failback(const GroupFacts& group, NodeId place) const {
    if (group.spec->failback != model::Failback::automatic || group.record->is_pinned)
        return {};
    for (const auto node : group.spec->policy) {
        if (node == place) return {};
        if (judge(group, node) == Verdict::eligible && !is_shared(group, node)) return node;
    }
    return {};
}

}  // namespace ha::placement
