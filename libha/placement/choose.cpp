// The planner: which node can take a group, and which one it is given to.
#include <algorithm>

#include "model/aging.hpp"
#include "placement/planner.hpp"

namespace ha::placement {

using model::NodeMode;
using model::NodeStatus;

/// What speaks against the node, whichever group it is about.
Verdict Planner::judge_standing(NodeId id) const {
    const auto& node = ground_.node(id);
    switch (node.record->status) {
        case NodeStatus::absent: return Verdict::absent;
        case NodeStatus::down: return Verdict::down;
        case NodeStatus::left: return Verdict::left;
        case NodeStatus::leaving: return Verdict::leaving;
        case NodeStatus::up: break;
    }
    switch (node.record->mode) {
        case NodeMode::maintenance: return Verdict::maintenance;
        case NodeMode::standby: return Verdict::standby;
        case NodeMode::isolated: return Verdict::isolated;
        case NodeMode::in_service: break;
    }
    return node.is_member ? Verdict::eligible : Verdict::silent;
}

/// What is active on one node only, without a right, and has no owner that is there, may be given
/// to that node, unless another one was asked for; all else waits until it is stopped.
bool Planner::is_kept_from(const GroupFacts& group, NodeId id) const {
    if (group.found.empty()) return false;
    if (group.found.size() > 1 || group.found.front() != id || !needs_owner(group)) return true;
    const auto target = group.record->target;
    return target && target != id && judge_standing(target) == Verdict::eligible;
}

/// What speaks against the node, whatever has failed there and whatever stands on it.
Verdict Planner::judge_node(const GroupFacts& group, NodeId id) const {
    const auto verdict = judge_standing(id);
    if (verdict != Verdict::eligible || !is_kept_from(group, id)) return verdict;
    return Verdict::found_elsewhere;
}

/// A retry does not mind failures; what somebody asked for holds.
bool Planner::is_banned(const GroupFacts& group, NodeId node, bool is_retry) const {
    const auto* ban = model::find_ban(*group.record, node);
    return ban != nullptr && model::is_active(*ban) && (ban->is_asked || !is_retry);
}

Verdict Planner::judge(const GroupFacts& group, NodeId node) const {
    const auto verdict = judge_node(group, node);
    if (verdict != Verdict::eligible) return verdict;
    if (is_banned(group, node, group.choice.is_retry)) return Verdict::banned;
    if (ground_.is_excluded(group, node)) return Verdict::exclusion;
    return ground_.has_room(group, node) ? Verdict::eligible : Verdict::no_room;
}

Verdict Planner::judge_wish(const GroupFacts& group, NodeId node) const {
    const auto& policy = group.spec->policy;
    if (std::find(policy.begin(), policy.end(), node) == policy.end())
        return Verdict::not_in_policy;
    return judge(group, node);
}

/// The one with the least against it, the first of these in the policy; none, with the strongest
/// reason, when none can.
NodeId Planner::choose(const GroupFacts& group, Rule& blocked, bool is_retry) const {
    NodeId best;
    unsigned least = 0;
    blocked = Rule::no_node;
    for (const auto node : group.spec->policy) {
        if (judge_node(group, node) != Verdict::eligible) continue;
        if (is_banned(group, node, is_retry)) {
            if (blocked == Rule::no_node) blocked = Rule::all_banned;
        } else if (ground_.is_excluded(group, node)) {
            blocked = Rule::excluded;
        } else if (!ground_.has_room(group, node)) {
            if (blocked != Rule::excluded) blocked = Rule::no_room;
        } else if (const auto penalty = ground_.penalty(group, node); !best || penalty < least) {
            best = node;
            least = penalty;
            if (penalty == 0) break;
        }
    }
    if (!best && !group.found.empty()) blocked = Rule::found_elsewhere;
    return best;
}

bool Planner::may_return(const GroupFacts& group, NodeId node) const {
    return model::find_ban(*group.record, node) == nullptr &&
           ground_.node(node).record->in_service >= group.spec->failback_delay;
}

/// A node that is better than `place` for a group that likes to go back. It is never worse in
/// anything that would have had the group placed elsewhere: or it would go to and fro.
NodeId Planner::choose_failback(const GroupFacts& group, NodeId place) const {
    if (group.spec->failback != model::Failback::automatic || group.record->is_pinned) return {};
    for (const auto node : group.spec->policy) {
        if (node == place) return {};
        if (judge(group, node) != Verdict::eligible || !may_return(group, node)) continue;
        if (ground_.is_shared(group, node)) continue;
        if (ground_.penalty(group, node) <= ground_.penalty(group, place)) return node;
    }
    return {};
}

/// Every node that is there has failed with it, for long enough.
bool Planner::is_retry_due(const GroupFacts& group) const {
    const auto delay = group.spec->retry_delay;
    if (delay == Duration::zero()) return false;
    const auto since = model::since_failure(*group.record);
    return since != Duration::max() && since >= delay;
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
    if (!model::stops_by_itself(state_, record.owner)) return Rule::owner_holds_on;
    return {};
}

/// To be told to the scripts as such, and to be counted.
bool Planner::is_failover(const GroupFacts& group, NodeId node) const {
    const auto& record = *group.record;
    if (record.owner) return true;
    return node != record.epoch.node && record.next_kind == model::StartKind::failover;
}

/// A group that is wanted, starts before this one, and is not online yet; none: it may start.
GroupId Planner::waits_for(const GroupFacts& group, NodeId node) const {
    for (const auto& order : group.spec->start_after) {
        const auto& first = ground_.group(order.group);
        if (first.record->goal != model::Goal::online) continue;
        // What its owner said last is worth nothing while nobody hears the owner.
        const bool is_online = !needs_owner(first) && !first.record->is_evicted &&
                               ground_.node(first.record->owner).is_member &&
                               std::binary_search(
                                   view_.online.begin(), view_.online.end(),
                                   Online{order.group, first.record->epoch.incarnation});
        if (is_online) continue;
        if (!order.is_same_node || first.stands_on(node)) return order.group;
    }
    return {};
}

/// If it had no owner: somebody would get it.
bool Planner::could_run(const GroupFacts& group) const {
    const auto limit = group.spec->failover_limit;
    if (limit != 0 && group.record->failovers.size() >= limit) return false;
    Rule unused{};
    if (choose(group, unused)) return true;
    if (is_retry_due(group) && choose(group, unused, true)) return true;
    const auto& policy = group.spec->policy;
    return group.spec->preempts && std::any_of(policy.begin(), policy.end(), [&](NodeId node) {
        return judge_node(group, node) == Verdict::eligible && !is_banned(group, node, false) &&
               victims(group, node);
    });
}

/// Lost nodes that keep the group from running: its owner, and those where something of it was
/// found that requires fencing.
std::vector<NodeId> Planner::lost_keepers(const GroupFacts& group) const {
    std::vector<NodeId> out;
    const auto& record = *group.record;
    const auto rule = group.choice.rule;
    if (group.choice.act != Choice::Act::none || record.is_frozen) return out;
    if (rule != Rule::fencing_required && rule != Rule::found_elsewhere) return out;
    const bool is_manual = group.spec->failover == model::Failover::manual;
    if (is_manual && record.owner && !record.target) return out;
    if (rule == Rule::fencing_required) out.push_back(record.owner);
    for (const auto node : group.found)
        if (is_lost(node)) out.push_back(node);
    return out;
}

bool Planner::is_lost(NodeId node) const {
    return ground_.node(node).record->status == NodeStatus::down;
}

std::vector<FenceNeed> Planner::fence_needs() const {
    std::vector<FenceNeed> out;
    for (const auto& group : groups()) {
        const auto keepers = lost_keepers(group);
        if (keepers.empty()) continue;
        auto freed = group;
        std::erase_if(freed.found, [&](NodeId node) { return is_lost(node); });
        if (!could_run(freed)) continue;
        for (const auto node : keepers) {
            const bool is_known = std::any_of(
                out.begin(), out.end(), [&](const FenceNeed& need) { return need.node == node; });
            if (!is_known) out.push_back({node, group.id});
        }
    }
    return out;
}

}  // namespace ha::placement
