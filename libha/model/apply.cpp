// apply(state, command): one function per command, each with its guards first.
//
// A guard that does not hold makes the command ignored, with the rule: late and doubled commands
// are normal life (a deposed leader's proposals, a retried request), and never an error. Frozen per
// cluster version (safety.md F23).
#include "model/application.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "model/aging.hpp"
#include "model/apply_spec.hpp"
#include "model/text.hpp"

namespace ha::model {

Refusal Application::on(const SetSpec& c) {
    if (auto refusal = refusal_of(state_, c); !refusal.empty()) return refusal;
    take_spec(state_, position_, c, applied_.events);
    tell_spec(applied_.events, state_, c);
    return {};
}

Refusal Application::on(const SetSuspended& c) {
    if (state_.is_suspended == c.on)
        return c.on ? "the cluster is suspended already" : "the cluster is not suspended";
    state_.is_suspended = c.on;
    tell(c.on ? EventKind::cluster_suspended : EventKind::cluster_resumed, "",
         {{"reason", std::string(clipped_reason(c.reason))}});
    return {};
}

Refusal Application::on(const RaiseVersion& c) {
    if (c.to != state_.cluster_version + 1)
        return "the cluster is of version " + std::to_string(state_.cluster_version) +
               "; the next one is the one above it";
    state_.cluster_version = c.to;
    state_.raised_index = position_.index;
    tell(EventKind::version_raised, "", {{"version", std::to_string(c.to)}});
    return {};
}

Refusal Application::refusal_of_full_share(const GroupSpec& spec, NodeId node) const {
    if (spec.exclusion != Exclusion::full) return {};
    for (const auto& other : state_.spec.groups)
        if (other.exclusion == Exclusion::full && other.id != spec.id &&
            record_of(state_, other.id).owner == node)
            return name(other.id) + " is on " + name(node) + " and both are fully exclusive";
    return {};
}

Refusal Application::refusal_of_give(const Give& c, const GroupRecord& group) const {
    const auto* spec = find_group(state_.spec, c.group);
    HA_ASSERT(spec != nullptr);
    const auto it = state_.nodes.find(c.node);
    if (it == state_.nodes.end()) return name(c.node) + " is not in the configuration";
    if (group.goal != Goal::online) return name(c.group) + " is not wanted online";
    if (group.is_frozen) return name(c.group) + " is frozen";
    if (c.incarnation != next_incarnation(group))
        return "incarnation " + number_of(c.incarnation) + " of " + name(c.group) +
               " does not follow " +
               number_of(std::max(group.epoch.incarnation, group.incarnation_floor));
    if (it->second.status != NodeStatus::up)
        return name(c.node) + " is not up but " + to_string(it->second.status);
    if (std::find(spec->policy.begin(), spec->policy.end(), c.node) == spec->policy.end())
        return name(c.node) + " is not in the policy of " + name(c.group);
    if (group.owner && record_of(state_, group.owner).status != NodeStatus::down)
        return name(group.owner) + " has not released " + name(c.group);
    if (group.owner && !stops_by_itself(state_, group.owner))
        return name(group.owner) + " goes on without a quorum, and has not released " +
               name(c.group);
    if (const auto elsewhere = found_elsewhere(state_, c.group, c.node); !elsewhere.empty())
        return name(c.group) + " is active on " + name(elsewhere.front()) +
               ", which has no right to it";
    return refusal_of_full_share(*spec, c.node);
}

Refusal Application::on(const Give& c) {
    auto* group = find_record(c.group);
    if (group == nullptr) return name(c.group) + " is not in the configuration";
    if (auto refusal = refusal_of_give(c, *group); !refusal.empty()) return refusal;
    if (group->owner) {
        const LeaseWait wait{group->owner, record_of(state_, group->owner).taken_index};
        auto& waits = group->waits;
        std::erase_if(waits, [&](const LeaseWait& w) { return w.node == wait.node; });
        waits.insert(std::lower_bound(waits.begin(), waits.end(), wait), wait);
    }
    // It is tried there once more: a failure that was over is forgotten.
    std::erase_if(group->bans, [&](const Ban& b) { return b.node == c.node && !is_active(b); });
    group->found.erase(c.node);
    withdraw_stops(*group);
    group->owner = c.node;
    group->epoch = Epoch{c.incarnation, position_.term, c.node};
    group->start_kind = c.kind;
    group->is_evicted = false;
    group->is_pinned =
        group->is_pinned && (c.node == group->target || c.node == group->stranded_on);
    group->target = {};
    group->stop_failed = false;
    group->next_kind = StartKind::start;
    group->stranded_on = {};
    group->stopped.clear();
    if (c.kind == StartKind::failover) {
        group->failover_count++;
        const auto limit = find_group(state_.spec, c.group)->failover_limit;
        if (limit > 0) group->failovers.insert(group->failovers.begin(), Duration{0});
        if (group->failovers.size() > limit) group->failovers.resize(limit);
    }
    group->reason = clipped_reason(c.reason);
    tell(EventKind::group_given, name(c.group),
         {{"node", name_of(state_.spec, c.node)},
          {"incarnation", number_of(c.incarnation)},
          {"kind", to_string(c.kind)},
          {"reason", group->reason}});
    return {};
}

Refusal Application::refusal_of_activation(GroupId id, NodeId node, Incarnation incarnation) {
    const auto* group = find_record(id);
    if (group == nullptr) return name(id) + " is not in the configuration";
    if (!group->owner) return name(id) + " has no owner";
    if (incarnation != group->epoch.incarnation)
        return "this is about incarnation " + number_of(incarnation) + " of " + name(id) +
               ", which has incarnation " + number_of(group->epoch.incarnation) + " now";
    if (node != group->owner) return name(id) + " is on " + name(group->owner);
    return {};
}

/// A move says that somebody asked for it; anything else, that the group failed there.
void Application::ban(GroupId id, GroupRecord& group, const Evict& c) {
    const Ban made{group.owner, std::string(clipped_reason(c.reason)), c.kind == StartKind::move,
                   find_group(state_.spec, id)->ban_expiry, Duration{0}};
    const auto it = std::lower_bound(group.bans.begin(), group.bans.end(), made.node,
                                     [](const Ban& b, NodeId node) { return b.node < node; });
    if (it != group.bans.end() && it->node == made.node)
        *it = made;
    else
        group.bans.insert(it, made);
}

Refusal Application::on(const Evict& c) {
    auto* group = find_record(c.group);
    const auto owner = group == nullptr ? NodeId{} : group->owner;
    if (auto refusal = refusal_of_activation(c.group, owner, c.incarnation); !refusal.empty())
        return refusal;
    if (!is_up(state_, owner)) return name(owner) + " is not there to stop " + name(c.group);
    if (c.target && find_record(c.target) == nullptr)
        return name(c.target) + " is not in the configuration";
    // A node that stops takes what is on it down in any case: then it is handed over in order.
    if (group->is_frozen && record_of(state_, owner).status != NodeStatus::leaving)
        return name(c.group) + " is frozen";
    const auto* known = find_ban(*group, owner);
    const bool is_banned = known != nullptr && is_active(*known);
    if (group->is_evicted && group->target == c.target && (is_banned || !c.ban_owner))
        return name(c.group) + " is being stopped already";
    if (c.ban_owner) ban(c.group, *group, c);
    group->is_evicted = true;
    if (group->goal == Goal::online) group->target = c.target;
    group->next_kind = c.kind;
    group->reason = clipped_reason(c.reason);
    tell(EventKind::group_evicted, name(c.group),
         {{"node", name_of(state_.spec, owner)}, {"reason", group->reason}});
    return {};
}

void Application::free(GroupId id, GroupRecord& group, const std::string& reason) {
    const auto owner = group.owner;
    const auto status = record_of(state_, owner).status;
    const bool is_stranded = group.goal == Goal::online && status != NodeStatus::up;
    group.stranded_on = is_stranded ? owner : NodeId{};
    if (is_stranded && status == NodeStatus::down)
        group.next_kind = StartKind::failover;
    else if (is_stranded && group.next_kind == StartKind::start)
        group.next_kind = StartKind::move;
    group.owner = {};
    group.is_evicted = false;
    group.stop_failed = false;
    group.reason = clipped_reason(reason);
    tell(EventKind::group_released, name(id),
         {{"node", name_of(state_.spec, owner)}, {"reason", group.reason}});
}

Refusal Application::on(const Release& c) {
    if (auto refusal = refusal_of_activation(c.group, c.node, c.incarnation); !refusal.empty())
        return refusal;
    free(c.group, *find_record(c.group), c.reason);
    return {};
}

Refusal Application::on(const StopFailed& c) {
    if (auto refusal = refusal_of_activation(c.group, c.node, c.incarnation); !refusal.empty())
        return refusal;
    auto& group = *find_record(c.group);
    if (group.stop_failed) return name(c.group) + " is known to have failed to stop";
    group.stop_failed = true;
    group.reason = clipped_reason(c.reason);
    tell(EventKind::group_failed, name(c.group),
         {{"node", name_of(state_.spec, c.node)}, {"reason", group.reason}});
    return {};
}

Refusal Application::on(const SetGoal& c) {
    auto* group = find_record(c.group);
    if (group == nullptr) return name(c.group) + " is not in the configuration";
    const auto& policy = find_group(state_.spec, c.group)->policy;
    if (c.target && std::find(policy.begin(), policy.end(), c.target) == policy.end())
        return name(c.target) + " is not in the policy of " + name(c.group);
    if (group->is_frozen) return name(c.group) + " is frozen";
    group->goal = c.goal;
    // What somebody has stopped while it was stopped for a change stays so after it.
    if (c.goal == Goal::offline && state_.pending_spec) state_.pending_spec->stopped.erase(c.group);
    group->target = c.goal == Goal::online ? c.target : NodeId{};
    group->is_pinned = static_cast<bool>(group->target);
    if (group->target == group->owner && !group->is_evicted) group->target = {};
    // Asked for by somebody who has seen how things are: a stop that failed is tried again, and the
    // next start is a plain one.
    group->stop_failed = false;
    group->next_kind = StartKind::start;
    group->stranded_on = {};
    group->stopped.clear();
    group->trial = {};
    if (c.clear_bans) group->bans.clear();
    group->failovers.clear();
    withdraw_stops(*group);  // the leader asks again for what has to be stopped still
    group->reason = clipped_reason(c.reason);
    return {};
}

Refusal Application::on(const ClearBans& c) {
    auto* group = find_record(c.group);
    if (group == nullptr) return name(c.group) + " is not in the configuration";
    const auto count = std::erase_if(group->bans, [&](const Ban& ban) {
        return (!c.node || ban.node == c.node) && !(c.only_failures && ban.is_asked);
    });
    if (count == 0) return name(c.group) + " has no failure to forget there";
    return {};
}

Refusal Application::on(const ForkedGroup& c) {
    auto* group = find_record(c.group);
    if (group == nullptr) return name(c.group) + " is not in the configuration";
    if (find_record(c.node) == nullptr) return name(c.node) + " is not in the configuration";
    if (group->incarnation_floor >= c.epoch.incarnation)
        return "incarnation " + number_of(c.epoch.incarnation) + " of " + name(c.group) +
               " is known to be used";
    group->incarnation_floor = c.epoch.incarnation;
    const bool was_dual = c.was_active && group->owner && group->owner != c.node;
    if (!was_dual) return {};
    tell(EventKind::dual_activation, name(c.group),
         {{"kept_on", name_of(state_.spec, group->owner)},
          {"stopped_on", name_of(state_.spec, c.node)},
          {"action", to_string(state_.spec.dual_activation)}});
    if (state_.spec.dual_activation == DualActivation::keep_one) return {};
    group->goal = Goal::offline;
    group->target = {};
    group->is_pinned = false;
    group->reason = "it was active on both nodes, and dual_activation is stop_both";
    return {};
}

Applied apply(ClusterState& state, const Position& position, const Command& command) {
    Application application(state, position);
    // Who is of an older version does not know it: it must do nothing on those who do, either.
    const bool is_known = version_of(command) <= state.cluster_version ||
                          std::holds_alternative<RaiseVersion>(command);
    auto refusal =
        is_known ? std::visit([&](const auto& c) { return application.on(c); }, command)
                 : "it is of version " + std::to_string(version_of(command)) +
                       ", and the cluster of version " + std::to_string(state.cluster_version);
    auto applied = std::move(application.applied());
    if (refusal.empty()) return applied;
    HA_ASSERT(applied.events.empty());
    applied.is_ignored = true;
    applied.rule = std::move(refusal);
    applied.events.push_back({Instant{},
                              EventKind::command_ignored,
                              "",
                              {{"command", name_of(command)}, {"rule", applied.rule}}});
    return applied;
}

LogIndex taken_by(const std::vector<Command>& commands, LogIndex index, NodeId node) {
    for (const auto& command : commands) {
        const auto* down = std::get_if<NodeDown>(&command);
        const auto* left = std::get_if<NodeLeft>(&command);
        if ((down != nullptr && down->node == node) || (left != nullptr && left->node == node))
            return index;
    }
    return {};
}

}  // namespace ha::model
