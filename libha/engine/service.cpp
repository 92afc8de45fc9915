// The service wing's glue: what it may do now, and what becomes of what it says.
#include <algorithm>

#include "engine/impl.hpp"

namespace ha::engine {

bool Engine::Impl::is_admitted() const {
    const auto record = registry.nodes.find(self);
    return record != registry.nodes.end() && model::is_up(registry, self) &&
           record->second.boot == boot && record->second.start == store.start;
}

/// Have we applied what the leader we follow had committed when we last heard it?
bool Engine::Impl::is_caught_up() const {
    if (!raft || !raft->leader() || is_apply_stopped) return false;
    if (raft->leader() == self) return raft->has_committed_in_term();
    const auto peer = peers.find(raft->leader());
    return peer != peers.end() && peer->second.has_heartbeat &&
           is_of_this_cluster(raft->leader()) && applied >= peer->second.heartbeat.committed;
}

/// All that must not run here is stopped, so we may ask to be trusted again (safety.md F12).
bool Engine::Impl::wants_lease() const {
    return cluster_durable && is_settle_asked && service.is_settled() && !is_apply_stopped &&
           !is_to_isolate &&
           !raft->has_diverged() && !raft->has_given_up() && !is_notice_sent && !is_gone;
}

lifecycle::Permission Engine::Impl::permission() const {
    lifecycle::Permission out;
    out.lease_end = was_lease_held ? lease_end() : Instant{};
    out.is_admitted = is_admitted();
    out.is_frozen = registry.spec.quorum_loss == model::QuorumLoss::freeze && !was_quorate;
    out.is_quorate = was_quorate;
    for (const auto& [group, record] : registry.groups) {
        if (record.owner != self) continue;
        const bool is_released = std::binary_search(
            store.released.begin(), store.released.end(),
            wire::Released{group, record.epoch.incarnation});
        const bool is_clear =
            std::all_of(record.waits.begin(), record.waits.end(), [&](const auto& wait) {
                const auto note = notes.find(wait.node);
                return note != notes.end() && note->second >= wait.index;
            });
        if (is_clear && !is_released) out.clear_to_start.insert(group);
    }
    return out;
}

void Engine::Impl::run_service() {
    if (!is_settle_asked && is_caught_up()) {
        is_settle_asked = true;
        service.settle(now, registry);
        is_heartbeat_urgent = true;
        is_duty_due = true;
    }
    // A running lease moves with every answer, and operations carry its end: so this is each step.
    const bool was_settled = wants_lease();
    journal.leases_seen(now, registry, notes, raft->is_leader());
    service.update(now, registry, permission());
    service.tick(now, registry);
    drain_service();
    ask_to_be_isolated();
    if (wants_lease() != was_settled) {
        is_heartbeat_urgent = true;
        is_duty_due = true;
    }
    send_releases();
    tell_forks();
}

void Engine::Impl::drain_service() {
    auto out = service.take_output();
    if (!out.calls.empty() || !out.events.empty() || out.run_record) refresh_status();
    if (out.run_record) note_armed(*out.run_record);
    if (out.run_record) actions.run_record = std::move(out.run_record);
    if (!out.released.empty()) {
        wire::StoreBatch batch;
        for (const auto& held : out.released)
            batch.released_add.push_back({held.group, held.epoch.incarnation});
        persist(std::move(batch));
        // Without a store there is no promise; the down notice tells of it (F11).
        if (!is_store_failed) persists.back().promises = std::move(out.released);
    }
    // The service tells these again by itself, until the state shows them.
    if (!out.reports.empty() && raft->is_leader()) {
        auto& mine = reports[self];
        mine.insert(mine.end(), out.reports.begin(), out.reports.end());
        is_duty_due = true;
    } else if (!out.reports.empty() && raft->leader()) {
        send(raft->leader(), wire::Report{model::encode(out.reports)});
    }
    for (auto& call : out.calls) actions.calls.push_back(std::move(call));
    for (auto& event : out.events) actions.events.push_back(std::move(event));
    if (out.node_action)
        on_final_action(*out.node_action, out.node_action_reason, out.is_for_safety);
}

/// Durable releases are told to the leader until the state shows them.
void Engine::Impl::send_releases() {
    if (own_releases.empty() || now < reports_due) return;
    reports_due = now + 2 * timing().heartbeat_interval;
    if (raft->is_leader()) {
        is_duty_due = true;
        return;
    }
    if (raft->leader())
        send(raft->leader(),
             wire::Report{model::encode({own_releases.begin(), own_releases.end()})});
}

/// Has the state taken note of our promise? After a start it may not have come to where the group
/// was given to us: what it says before that says nothing about the promise.
bool Engine::Impl::is_noted(GroupId group, Incarnation released) const {
    const auto record = registry.groups.find(group);
    if (record == registry.groups.end()) return is_settle_asked;
    const auto reached = record->second.epoch.incarnation;
    return reached > released || (reached == released && record->second.owner != self);
}

/// Promises that the registry has taken note of need not be remembered any longer.
void Engine::Impl::forget_released() {
    wire::StoreBatch batch;
    for (const auto& released : store.released)
        if (is_noted(released.group, released.incarnation))
            batch.released_remove.push_back(released);
    if (!batch.released_remove.empty() && !is_store_failed) persist(std::move(batch));
}

/// Nothing of the service's status changes without a call or an event.
void Engine::Impl::refresh_status() {
    auto status_now = service.status();
    status_now.reboots = store.reboots;
    status_now.fences = fencing.status();
    if (status_now == status_sent) return;
    status_sent = std::move(status_now);
    journal.service_seen(now, self, status_sent);
    if (is_order_waited_for()) is_duty_due = true;
    status_version++;
}

void Engine::Impl::publish_status() {
    for (auto node : contact) {
        auto& peer = peers[node];
        const bool is_new = peer.status_sent_version != status_version;
        if (peer.status_version_seen >= status_version ||
            (!is_new && now - peer.status_sent_at < k_status_resend))
            continue;
        peer.status_sent_version = status_version;
        peer.status_sent_at = now;
        send(node, wire::StatusReport{status_version, lifecycle::encode(status_sent), software});
    }
}

}  // namespace ha::engine
