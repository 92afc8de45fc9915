// The planner: decides about every group, in numbers.
#include "placement/planner.hpp"

#include <algorithm>
#include <tuple>

#include "base/assert.hpp"

namespace ha::placement {

using model::Goal;
using model::NodeStatus;

Planner::Planner(const model::ClusterState& state, const View& view)
    : state_(state),
      view_(view),
      ground_(state, view),
      may_place_unowned_(view.is_startup_wait_over || ground_.are_all_there()) {
    order_.reserve(ground_.groups().size());
    for (auto& group : ground_.groups()) order_.push_back(&group);
    // Those that like to be near others come when the others have their place.
    const auto key = [](const GroupFacts* g) {
        return std::make_tuple(~g->rank, g->depth, !g->spec->near.empty(), g->id);
    };
    const auto is_before = [&](const auto* a, const auto* b) { return key(a) < key(b); };
    if (!std::is_sorted(order_.begin(), order_.end(), is_before))
        std::sort(order_.begin(), order_.end(), is_before);
}

void Planner::run() {
    reserve_moves_under_way();
    for (auto* group : order_)
        if (needs_owner(*group) && group->record->target && !group->record->is_frozen)
            decide_wished(*group);
    for (auto* group : order_)
        if (needs_owner(*group) && group->choice.act == Choice::Act::none) decide_homeless(*group);
    for (auto* group : order_)
        settle(*group);
}

/// A place that somebody is on the way to is not given away meanwhile (original B34).
void Planner::reserve_moves_under_way() {
    for (auto* group : order_) {
        const auto& record = *group->record;
        if (record.goal != Goal::online || !record.owner || !record.is_evicted) continue;
        if (!record.target || record.target == record.owner || needs_owner(*group)) continue;
        if (judge_wish(*group, record.target) == Verdict::eligible)
            ground_.occupy(*group, record.target);
    }
}

bool Planner::needs_owner(const GroupFacts& group) const {
    const auto& record = *group.record;
    if (record.goal != Goal::online) return false;
    return !record.owner || ground_.node(record.owner).record->status == NodeStatus::down;
}

/// Not what was decided about on the way: a victim of a preemption, or one that stops first.
void Planner::settle(GroupFacts& group) {
    if (group.is_settled || needs_owner(group)) return;
    group.is_settled = true;
    if (group.choice.act == Choice::Act::none) decide_settled(group);
}

/// Its owner is stopping it, or will, and is there to do so.
bool Planner::is_about_to_stop(const GroupFacts& group) const {
    const auto& record = *group.record;
    if (!record.owner || record.stop_failed) return false;
    const auto& owner = ground_.node(record.owner);
    if (!owner.is_member) return false;
    if (owner.record->status == NodeStatus::leaving) return true;
    if (owner.record->status != NodeStatus::up) return false;
    return record.goal == Goal::offline || record.is_evicted ||
           group.choice.act == Choice::Act::evict || group.choice.rule == Rule::waits_to_stop;
}

/// A group that goes before this one, is to stop too, and is not stopped yet. Those are decided
/// about first; there are no circles (flaw_of).
GroupId Planner::waits_to_stop(const GroupFacts& group) {
    for (const auto& order : group.stops_after) {
        auto& first = ground_.group(order.group);
        settle(first);
        if (!is_about_to_stop(first)) continue;
        if (!order.is_same_node || first.record->owner == group.record->owner) return first.id;
    }
    return {};
}

void Planner::give(GroupFacts& group, NodeId node, Rule rule) {
    // It is given when what starts before it is online; until then its place is kept for it, if
    // what it waits for has one.
    if (const auto first = waits_for(group, node)) {
        const auto& other = ground_.group(first);
        const bool is_on_its_way = !needs_owner(other) || other.choice.act == Choice::Act::give;
        if (is_on_its_way) ground_.occupy(group, node);
        group.choice.rule = Rule::waits_for_group;
        group.choice.node = group.record->owner;
        group.choice.other = first;
        group.choice.is_retry = false;
        return;
    }
    ground_.occupy(group, node);
    group.choice.rule = rule;
    group.choice.act = Choice::Act::give;
    group.choice.node = node;
}

void Planner::evict(GroupFacts& group, NodeId target, Rule rule) {
    if (target && judge_wish(group, target) == Verdict::eligible) ground_.occupy(group, target);
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

/// With manual failover it may go back to the node that was lost under it: that is no failover.
void Planner::decide_stranded(GroupFacts& group) {
    const auto& record = *group.record;
    const auto home = record.owner ? record.target : record.stranded_on;
    // An operator has named a node, or its own is back: nothing but that keeps it from there.
    if (home && judge_wish(group, home) == Verdict::found_elsewhere)
        group.choice.rule = Rule::found_elsewhere;
    else if (record.owner || judge_wish(group, record.stranded_on) != Verdict::eligible)
        group.choice.rule = Rule::failover_manual;
    else if (const auto better = choose_failback(group, record.stranded_on))
        give(group, better, Rule::next_in_policy);
    else
        give(group, record.stranded_on, Rule::returns);
}

void Planner::decide_homeless(GroupFacts& group) {
    const auto& record = *group.record;
    auto& choice = group.choice;
    if (choice.rule == Rule::waits_for_group) return;  // at the node that was wished
    choice.node = record.owner;
    if (record.is_frozen) {  // it keeps no place from others that run nowhere, either
        choice.rule = Rule::frozen;
        return;
    }
    if (const auto obstacle = obstacle_of(group)) {
        choice.rule = *obstacle;
        return;
    }
    const bool is_manual = group.spec->failover == model::Failover::manual;
    if (is_manual && (record.owner || record.stranded_on)) return decide_stranded(group);
    auto node = choose(group, choice.rule);
    if (!node && is_retry_due(group)) {
        Rule unused{};
        node = choose(group, unused, true);
        choice.is_retry = static_cast<bool>(node);
    }
    if (!node) {
        preempt(group);
        return;
    }
    const auto limit = group.spec->failover_limit;
    if (limit != 0 && record.failovers.size() >= limit && is_failover(group, node)) {
        choice.rule = Rule::failover_limit;
        choice.is_retry = false;
        return;
    }
    if (!group.found.empty())
        give(group, node, Rule::found_there);
    else if (record.owner)
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
    const auto& owner = ground_.node(record.owner);
    if (owner.record->status == NodeStatus::left || owner.record->status == NodeStatus::absent)
        choice.rule = Rule::owner_left;
    else if (record.stop_failed)
        choice.rule = Rule::stop_failed;
    else if (record.is_evicted)
        choice.rule = Rule::evicted;
    else if (owner.record->status == NodeStatus::leaving)
        // Without a wish its next node is chosen when it is released: the one that is best then.
        leave_in_order(group, record.target, Rule::hand_over);
    else if (!owner.is_member)
        choice.rule = Rule::owner_silent;
    else
        consider_improvement(group);
}

/// What is to be stopped before it is stopped first.
void Planner::leave_in_order(GroupFacts& group, NodeId target, Rule rule) {
    if (const auto first = waits_to_stop(group)) {
        group.choice.rule = Rule::waits_to_stop;
        group.choice.other = first;
        return;
    }
    evict(group, target, rule);
}

/// The owner runs it: a wish, a place that it may not have any more, a better place.
void Planner::consider_improvement(GroupFacts& group) {
    const auto& record = *group.record;
    auto& choice = group.choice;
    choice.rule = Rule::runs;
    if (record.is_frozen) return;
    if (record.target && record.target != record.owner) {
        choice.wish = judge_wish(group, record.target);
        if (choice.wish == Verdict::eligible) return evict(group, record.target, Rule::move);
        // A wish that waits would move the group hours later, when nobody expects it.
        choice.refused = record.target;
        choice.rule = Rule::move_refused;
    }
    const auto& policy = group.spec->policy;
    const bool is_drained =
        ground_.node(record.owner).record->mode == model::NodeMode::standby;
    const bool is_stranger =
        std::find(policy.begin(), policy.end(), record.owner) == policy.end();
    if (is_drained || is_stranger) {
        Rule blocked{};
        const auto node = choose(group, blocked);
        // It would stand still until what starts before it is online there.
        if (node && !waits_for(group, node))
            leave_in_order(group, node, is_drained ? Rule::drained : Rule::owner_not_in_policy);
        else if (is_drained)
            choice.rule = Rule::stays_on_standby;
        return;
    }
    const auto node = choose_failback(group, record.owner);
    if (node && !waits_for(group, node)) evict(group, node, Rule::failback);
}

}  // namespace ha::placement
