// Commands of membership: nodes that take part, are lost, leave, or go on alone.
#include "model/application.hpp"

#include <algorithm>

#include "base/seeded_bug.hpp"
#include "model/aging.hpp"
#include "model/text.hpp"

namespace ha::model {

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

/// The node has come back, or is in service again: what is counted from then begins anew, and a
/// failure that was over is forgotten.
void Application::serve_anew(NodeId id) {
    find_record(id)->in_service = Duration{0};
    for (auto& [group_id, group] : state_.groups)
        std::erase_if(group.bans, [&](const Ban& b) { return b.node == id && !is_active(b); });
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

}  // namespace ha::model
