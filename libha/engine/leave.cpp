// Leaving: hand every group over, tell that this start is over, stop (safety.md F11).
//
//   leaving told in heartbeats -> the planner moves our groups away, one release at a time
//   -> nothing is held, all promises durable -> down notice on every interconnect -> gone
//
// Without a quorum, or when it takes longer than leave_timeout, we stop our groups by ourselves;
// what could not be stopped is not in the notice, and waits for another kind of release.
#include <algorithm>

#include "engine/impl.hpp"

namespace ha::engine {
namespace {

/// Nobody stays whom anything could be handed over to.
bool is_nobody_left(const model::ClusterState& state, NodeId self) {
    return std::none_of(state.nodes.begin(), state.nodes.end(), [&](const auto& entry) {
        return entry.first != self && entry.second.status == model::NodeStatus::up;
    });
}

}  // namespace

void Engine::Impl::on_leave(const Leave& input) {
    if (is_leaving) return;
    is_leaving = true;
    is_heartbeat_urgent = true;
    is_duty_due = true;
    leave_deadline = now + timing().leave_timeout;
    tell(EventKind::node_leaving, node_object(self), {{"reason", input.reason}});
}

void Engine::Impl::advance_leave() {
    if (!is_leaving || is_gone) return;
    // A final action waits for nobody's leave to stop what is here.
    const bool is_alone = !raft || !raft->leader() || !is_admitted() || final_action ||
                          is_nobody_left(registry, self) || registry.is_suspended;
    if (!is_stop_asked && !is_notice_sent && (now >= leave_deadline || is_alone)) {
        is_stop_asked = true;
        service.stop_all(now, registry, lifecycle::OperationFactor::node_leave);
        drain_service();
        give_up_deadline = now + timing().leave_timeout;
    }
    const bool is_free = service.is_empty() && persists.empty();
    if (!is_notice_sent && is_free && now < leave_deadline && is_to_stay_last()) return;
    // Others lead on: a leader that leaves hands leadership over first.
    if (raft && raft->is_leader() && !is_notice_sent && is_free) {
        for (const auto& voter : raft->voters())
            if (voter.node != self && contact.contains(voter.node) &&
                (raft->is_transferring() || raft->transfer_leadership(now, voter.node)))
                if (now < leave_deadline) return;
    }
    const bool is_stuck = final_action && service.is_stuck();
    const bool gives_up = is_stop_asked && (now >= give_up_deadline || is_stuck);
    if (!is_notice_sent && (is_free || gives_up)) {
        is_notice_sent = true;
        lease.surrender();
        notice_deadline = now + 3 * timing().heartbeat_interval;
    }
    if (!is_notice_sent) return;
    const auto record = registry.nodes.find(self);
    const bool is_noted =
        record != registry.nodes.end() && record->second.status == model::NodeStatus::left;
    if (now >= notice_due && !is_noted) {
        notice_due = now + timing().heartbeat_interval;
        wire::DownNotice notice;
        notice.released = store.released;
        for (const auto& [node, peer] : peers)
            for (const auto& [interconnect, address] :
                 model::find_node(registry.spec, node)->addresses)
                channels.send_on(now, node, interconnect, notice, actions.datagrams);
    }
    if (is_noted || now >= notice_deadline) {
        is_gone = true;
        actions.is_stopped = true;
        if (final_action) {
            actions.node_action = final_action->action;
            actions.node_action_reason = final_action->reason;
        }
    }
}

}  // namespace ha::engine
