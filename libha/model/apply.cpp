// apply(state, command): one function per command, each with its guards first.
//
// A guard that does not hold makes the command ignored, with the rule: late and doubled commands
// are normal life (a deposed leader's proposals, a retried request), and never an error. Frozen per
// cluster version (safety.md F23).
#include "model/apply.hpp"

#include <algorithm>
#include <optional>

#include "base/assert.hpp"
#include "base/seeded_bug.hpp"
#include "model/aging.hpp"
#include "model/apply_found.hpp"
#include "model/apply_operate.hpp"
#include "model/apply_reconfigure.hpp"
#include "model/apply_spec.hpp"
#include "model/text.hpp"

namespace ha::model {

namespace {

/// Why a command is ignored; empty when it has been carried out.
using Refusal = std::string;


class Application {
   public:
    Application(ClusterState& state, const Position& position)
        : state_(state), position_(position) {}

    Refusal on(const SetSpec& c);
    Refusal on(const NodeUp& c);
    Refusal on(const NodeDown& c);
    Refusal on(const RequestFence& c);
    Refusal on(const FenceDone& c);
    Refusal on(const ConfirmOff& c);
    Refusal on(const NodeLeaving& c);
    Refusal on(const NodeLeft& c);
    Refusal on(const OrderNode& c);
    Refusal on(const SetSuspended& c);
    Refusal on(const RaiseVersion& c);
    Refusal on(const Give& c);
    Refusal on(const Evict& c);
    Refusal on(const Release& c);
    Refusal on(const StopFailed& c);
    Refusal on(const SetGoal& c);
    Refusal on(const ClearBans& c);
    Refusal on(const SetNodeMode& c);
    /// Those of operate.hpp.
    template <class C>
        requires requires(Operating& it, const C& c) { operate(it, c); }
    Refusal on(const C& c) {
        Operating it{state_, applied_.events};
        return operate(it, c);
    }
    Refusal on(const GoneAlone& c);
    Refusal on(const EndForkRisk& c);
    Refusal on(const BindToStop& c);
    Refusal on(const PromiseReset& c);
    Refusal on(const NodeReset& c);
    Refusal on(const ForkedGroup& c);
    /// Those of reconfigure.hpp.
    template <class C>
        requires requires(Reconfiguring& it, const C& c) { reconfigure(it, c); }
    Refusal on(const C& c) {
        Reconfiguring it{state_, position_, applied_.events};
        return reconfigure(it, c);
    }

    Applied& applied() { return applied_; }

   private:
    using Parameters = std::vector<std::pair<std::string, std::string>>;

    NodeRecord* find_record(NodeId id) {
        const auto it = state_.nodes.find(id);
        return it == state_.nodes.end() ? nullptr : &it->second;
    }
    GroupRecord* find_record(GroupId id) {
        const auto it = state_.groups.find(id);
        return it == state_.groups.end() ? nullptr : &it->second;
    }
    std::string name(NodeId id) const { return "node " + name_of(state_.spec, id); }
    std::string name(GroupId id) const { return "group " + name_of(state_.spec, id); }
    void tell(EventKind kind, std::string object, Parameters parameters) {
        applied_.events.push_back({Instant{}, kind, std::move(object), std::move(parameters)});
    }

    Refusal refusal_of_up(const NodeUp& c, const NodeRecord& node) const;
    Refusal refusal_of_give(const Give& c, const GroupRecord& group) const;
    Refusal refusal_of_full_share(const GroupSpec& spec, NodeId node) const;
    /// Of commands about one activation: the owner and the incarnation are the present ones.
    Refusal refusal_of_activation(GroupId id, NodeId node, Incarnation incarnation);
    bool free_groups_of(NodeId id, const std::string& reason);
    void end_waits_for(NodeId id);
    void unpin_behind(NodeId id);
    void free(GroupId id, GroupRecord& group, const std::string& reason);
    Refusal refusal_of_fencing(NodeId id, StartNumber start) const;
    void release_fenced(NodeId id, const std::string& reason);
    void ban(GroupId id, GroupRecord& group, const Evict& c);
    void serve_anew(NodeId id);
    void begin_recovered_history(const GoneAlone& c);

    ClusterState& state_;
    const Position position_;
    Applied applied_;
};

Refusal Application::on(const SetSpec& c) {
    if (auto refusal = refusal_of(state_, c); !refusal.empty()) return refusal;
    take_spec(state_, position_, c);
    tell_spec(applied_.events, state_, c);
    return {};
}

Refusal Application::refusal_of_up(const NodeUp& c, const NodeRecord& node) const {
    if (!c.start || !c.boot) return name(c.node) + " gave no start number or no boot id";
    if (c.start < node.start)
        return "start " + number_of(c.start) + " of " + name(c.node) + " is older than start " +
               number_of(node.start);
    if (is_being_fenced(node) && !is_seeded(SeededBug::admit_during_shot))
        return name(c.node) + " is being fenced; a late shot must not hit it when it takes part";
    if (c.start != node.start) return {};
    if (c.boot != node.boot)
        return "start " + number_of(c.start) + " of " + name(c.node) + " was of another boot";
    switch (node.status) {
        case NodeStatus::up: return name(c.node) + " is up with this start already";
        case NodeStatus::leaving: return name(c.node) + " is leaving with this start";
        case NodeStatus::left: return name(c.node) + " has ended this start";
        case NodeStatus::absent:
        case NodeStatus::down: return {};
    }
    return {};
}

Refusal Application::on(const NodeUp& c) {
    auto* node = find_record(c.node);
    if (node == nullptr) return name(c.node) + " is not in the configuration";
    if (auto refusal = refusal_of_up(c, *node); !refusal.empty()) return refusal;
    const bool is_first = node->status == NodeStatus::absent;
    const bool is_same_boot =
        c.boot == node->boot && !is_seeded(SeededBug::same_boot_taken_for_another);
    const bool was_void = node->status == NodeStatus::down || node->status == NodeStatus::left;
    if (!is_same_boot && !is_first) {
        // Nothing of the boot before is left (release 6). The new one must know that it lost it.
        const bool is_any = free_groups_of(c.node, name(c.node) + " has booted anew");
        forget_found_on(state_, c.node);
        if (is_any) node->taken_index = position_.index;
    } else if (was_void) {
        // The node takes part again only after it has stopped what `down` or `left` took from it.
        free_groups_of(c.node, name(c.node) + " has stopped what it held");
    }
    if (!is_same_boot || was_void) {
        end_waits_for(c.node);
        unpin_behind(c.node);
        serve_anew(c.node);
    }
    // It has booted anew, or never ran anything, since the rules that bind it are in force; else it
    // has to say that it knows them.
    if (binds_to_stop(state_.spec) && (is_first || !is_same_boot)) state_.unbound.erase(c.node);
    if (!binds_to_stop(state_.spec)) state_.unbound.insert(c.node);
    if (c.start != node->start) {
        node->spared.clear();
        for (const auto& [monitor, left] : state_.injected_monitors)
            node->spared.push_back(monitor);
    }
    node->status = NodeStatus::up;
    node->boot = c.boot;
    node->start = c.start;
    node->fencing = FencingState::none;
    node->fencing_count = 0;
    node->watchdog = {};
    node->fencer = {};
    node->fencing_reason.clear();
    node->is_fencing_asked = false;
    node->order = NodeOrder::none;
    node->leaves_last = false;
    node->reason = is_same_boot && !was_void ? "its daemon was restarted" : "takes part";
    tell(EventKind::node_up, name(c.node), {{"start", number_of(c.start)}});
    return {};
}

Refusal Application::on(const NodeDown& c) {
    auto* node = find_record(c.node);
    if (node == nullptr) return name(c.node) + " is not in the configuration";
    if (c.start != node->start)
        return "this is about start " + number_of(c.start) + " of " + name(c.node) +
               ", which has start " + number_of(node->start) + " now";
    switch (node->status) {
        case NodeStatus::absent: return name(c.node) + " never took part";
        case NodeStatus::down: return name(c.node) + " is down already";
        case NodeStatus::left:
            // It left without releasing all: the end of its lease releases the rest (F11 rule 3).
            if (!groups_of(state_, c.node).empty()) break;
            return name(c.node) + " has left and holds nothing";
        case NodeStatus::up:
        case NodeStatus::leaving: break;
    }
    node->status = NodeStatus::down;
    node->taken_index = position_.index;
    node->reason = clipped_reason(c.reason);
    tell(EventKind::node_down, name(c.node), {{"reason", node->reason}});
    return {};
}

Refusal Application::refusal_of_fencing(NodeId id, StartNumber start) const {
    const auto it = state_.nodes.find(id);
    if (it == state_.nodes.end()) return name(id) + " is not in the configuration";
    if (start != it->second.start)
        return "this is about start " + number_of(start) + " of " + name(id) +
               ", which has start " + number_of(it->second.start) + " now";
    if (it->second.status != NodeStatus::down)
        return name(id) + " is not down but " + to_string(it->second.status);
    return {};
}

/// Whatever it owned, fencing groups too: it can do nothing any more (cluster.md 4, release 2).
void Application::release_fenced(NodeId id, const std::string& reason) {
    auto* node = find_record(id);
    node->fencing = FencingState::confirmed;
    node->fencing_reason = clipped_reason(reason);
    free_groups_of(id, reason);
    forget_found_on(state_, id);
    end_waits_for(id);
    tell(EventKind::node_fenced, name(id), {{"reason", std::string(clipped_reason(reason))}});
}

Refusal Application::on(const RequestFence& c) {
    if (auto refusal = refusal_of_fencing(c.node, c.start); !refusal.empty()) return refusal;
    auto* node = find_record(c.node);
    if (node->fencing == FencingState::confirmed) return name(c.node) + " is harmless already";
    if (is_being_fenced(*node)) return name(c.node) + " is being fenced already";
    if (c.fencer == c.node) return name(c.node) + " cannot fence itself";
    if (c.fencer && find_record(c.fencer) == nullptr)
        return name(c.fencer) + " is not in the configuration";
    node->fencing = FencingState::requested;
    node->fencing_count++;
    node->fencer = c.fencer;
    node->is_fencing_asked = c.is_asked;
    node->fencing_reason = clipped_reason(c.reason);
    tell(EventKind::fencing_requested, name(c.node),
         {{"reason", node->fencing_reason},
          {"by", c.fencer ? name_of(state_.spec, c.fencer) : ""}});
    return {};
}

Refusal Application::on(const FenceDone& c) {
    if (auto refusal = refusal_of_fencing(c.node, c.start); !refusal.empty()) return refusal;
    auto* node = find_record(c.node);
    if (node->fencing_count != c.count)
        return "this is about another attempt to fence " + name(c.node);
    const bool was_open = static_cast<bool>(node->fencer);
    if (c.is_over) node->fencer = {};
    if (node->fencing != FencingState::requested) {
        // Decided before, by this attempt or by an operator: only the last shot is over by now.
        if (c.is_over && was_open) return {};
        return node->fencing == FencingState::confirmed
                   ? name(c.node) + " is harmless already"
                   : "this attempt to fence " + name(c.node) + " is over already";
    }
    if (c.is_confirmed) {
        release_fenced(c.node, c.reason);
        return {};
    }
    node->fencing_reason = clipped_reason(c.reason);
    node->fencing = c.is_needless ? FencingState::none : FencingState::failed;
    tell(c.is_needless ? EventKind::fencing_ended : EventKind::fencing_failed, name(c.node),
         {{"reason", node->fencing_reason}});
    return {};
}

Refusal Application::on(const ConfirmOff& c) {
    if (auto refusal = refusal_of_fencing(c.node, c.start); !refusal.empty()) return refusal;
    if (find_record(c.node)->fencing == FencingState::confirmed)
        return name(c.node) + " is harmless already";
    release_fenced(c.node, c.reason);
    return {};
}

Refusal Application::on(const PromiseReset& c) {
    auto* node = find_record(c.node);
    if (node == nullptr) return name(c.node) + " is not in the configuration";
    if (c.start != node->start) return "this is about another start of " + name(c.node);
    // What it promised before it was lost is what counts from there on.
    if (!is_up(state_, c.node)) return name(c.node) + " does not take part";
    if (c.watchdog < Duration::zero() || c.watchdog > k_limit_device_timeout)
        return "no watchdog has such a time";
    if (node->watchdog == c.watchdog) return name(c.node) + " has said so already";
    node->watchdog = c.watchdog;
    return {};
}

Refusal Application::on(const NodeReset& c) {
    if (auto refusal = refusal_of_fencing(c.node, c.start); !refusal.empty()) return refusal;
    if (find_record(c.node)->fencing == FencingState::confirmed)
        return name(c.node) + " is harmless already";
    if (!time_to_reset(state_, c.node)) return name(c.node) + " is not reset by a watchdog";
    release_fenced(c.node, c.reason);
    return {};
}

Refusal Application::on(const NodeLeaving& c) {
    auto* node = find_record(c.node);
    if (node == nullptr) return name(c.node) + " is not in the configuration";
    if (c.start != node->start) return "this is about another start of " + name(c.node);
    if (node->status != NodeStatus::up)
        return name(c.node) + " is not up but " + to_string(node->status);
    node->status = NodeStatus::leaving;
    node->reason = "hands its groups over";
    tell(EventKind::node_leaving, name(c.node), {});
    return {};
}

Refusal Application::on(const NodeLeft& c) {
    auto* node = find_record(c.node);
    if (node == nullptr) return name(c.node) + " is not in the configuration";
    if (c.start != node->start) return "this is about another start of " + name(c.node);
    if (node->status != NodeStatus::up && node->status != NodeStatus::leaving)
        return name(c.node) + " is not up but " + to_string(node->status);
    node->status = NodeStatus::left;
    node->taken_index = position_.index;
    node->reason = "stopped cleanly";
    tell(EventKind::node_left, name(c.node), {});
    return {};
}

Refusal Application::on(const OrderNode& c) {
    auto* node = find_record(c.node);
    if (node == nullptr) return name(c.node) + " is not in the configuration";
    if (c.start != node->start) return "this is about another start of " + name(c.node);
    if (c.order == NodeOrder::none) return "an order to do nothing is none";
    if (node->status != NodeStatus::up && node->status != NodeStatus::leaving)
        return name(c.node) + " is not up but " + to_string(node->status);
    if (node->order == c.order) return name(c.node) + " has this order already";
    if (node->status == NodeStatus::up) tell(EventKind::node_leaving, name(c.node), {});
    node->status = NodeStatus::leaving;
    node->order = c.order;
    node->leaves_last = c.is_last;
    node->reason = clipped_reason(c.reason);
    tell(EventKind::node_ordered, name(c.node),
         {{"order", to_string(c.order)}, {"reason", node->reason}});
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

/// The node has come back, or is in service again: what is counted from then begins anew, and a
/// failure that was over is forgotten.
void Application::serve_anew(NodeId id) {
    find_record(id)->in_service = Duration{0};
    for (auto& [group_id, group] : state_.groups)
        std::erase_if(group.bans, [&](const Ban& b) { return b.node == id && !is_active(b); });
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

/// Those that were wanted have failed there. True when there were any.
bool Application::free_groups_of(NodeId id, const std::string& reason) {
    bool is_any = false;
    for (auto& [group_id, group] : state_.groups) {
        if (group.owner != id) continue;
        free(group_id, group, reason);
        if (group.goal == Goal::online) {
            group.next_kind = StartKind::failover;
            group.stranded_on = id;
        }
        is_any = true;
    }
    return is_any;
}

void Application::end_waits_for(NodeId id) {
    for (auto& [group_id, group] : state_.groups)
        std::erase_if(group.waits, [&](const LeaseWait& wait) { return wait.node == id; });
}

/// What runs on a node that comes later in the policy than `id` may go back. What is on its way to
/// where somebody wants it is not turned round.
void Application::unpin_behind(NodeId id) {
    for (const auto& spec : state_.spec.groups) {
        auto& group = *find_record(spec.id);
        if (!group.is_pinned || !group.owner || group.is_evicted || group.target) continue;
        for (const auto node : spec.policy) {
            if (node == group.owner) break;
            if (node == id) group.is_pinned = false;
        }
    }
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

Refusal Application::on(const SetNodeMode& c) {
    auto* node = find_record(c.node);
    if (node == nullptr) return name(c.node) + " is not in the configuration";
    const std::string reason(clipped_reason(c.reason));
    if (node->mode == c.mode && (node->mode_reason == reason || c.mode == NodeMode::in_service))
        return name(c.node) + " has the mode " + to_string(c.mode) + " already";
    node->mode = c.mode;
    node->mode_reason = c.mode == NodeMode::in_service ? std::string() : reason;
    if (c.mode == NodeMode::in_service) serve_anew(c.node);
    tell(EventKind::node_mode, name(c.node), {{"mode", to_string(c.mode)}, {"reason", reason}});
    return {};
}

Refusal Application::on(const GoneAlone& c) {
    if (find_record(c.node) == nullptr) return name(c.node) + " is not in the configuration";
    auto& marks = state_.view_marks;
    for (const auto& mark : marks)
        if (mark.id == c.mark) return name(c.node) + " has gone on alone by this mark already";
    const auto number = marks.empty() ? 1 : marks.back().number + 1;
    const bool is_recovery = c.incarnation_step != 0;
    marks.push_back(
        {number, position_.term, c.rank, c.node, position_.index, c.mark, is_recovery});
    if (marks.size() > k_limit_view_marks) marks.erase(marks.begin());
    if (is_recovery) begin_recovered_history(c);
    tell(EventKind::gone_alone, name(c.node), {{"reason", std::string(clipped_reason(c.reason))}});
    return {};
}

/// Above whatever the majority that is gone may have used, and every other node may still hold it.
void Application::begin_recovered_history(const GoneAlone& c) {
    const auto raised = [&](Incarnation from) {
        return Incarnation{from.value + c.incarnation_step};
    };
    state_.incarnation_floor = raised(state_.incarnation_floor);
    for (auto& [id, group] : state_.groups)
        group.incarnation_floor =
            raised(std::max(group.incarnation_floor, group.epoch.incarnation));
    for (const auto& node : state_.spec.nodes)
        if (node.id != c.node) state_.fork_risk.insert(node.id);
    state_.fork_risk.erase(c.node);
}

Refusal Application::on(const EndForkRisk& c) {
    if (state_.fork_risk.erase(c.node) == 0) return name(c.node) + " is no fork risk";
    tell(EventKind::fork_risk_over, name(c.node), {});
    return {};
}

Refusal Application::on(const BindToStop& c) {
    const auto* node = find_record(c.node);
    if (node == nullptr) return name(c.node) + " is not in the configuration";
    if (c.start != node->start) return "this is about another start of " + name(c.node);
    if (!binds_to_stop(state_.spec)) return "the configuration lets nodes go on without a quorum";
    if (state_.unbound.erase(c.node) == 0) return name(c.node) + " is bound to stop already";
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

}  // namespace

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
