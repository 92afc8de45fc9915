// The registry: what consensus asks for, what is durable, and what is applied.
#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "engine/impl.hpp"

namespace ha::engine {

PersistSeq Engine::Impl::persist(wire::StoreBatch batch) {
    persist_asked = PersistSeq{persist_asked.value + 1};
    wire::apply(store, batch);
    // A store that failed keeps nothing any more, so nothing waits for it either.
    if (is_store_failed) return persist_asked;
    PersistUnderWay under_way;
    under_way.seq = persist_asked;
    under_way.counter = store.counter;
    under_way.asked = now;
    if (batch.cluster) under_way.cluster = *batch.cluster;
    persists.push_back(std::move(under_way));
    actions.persist.push_back({persist_asked, std::move(batch)});
    return persist_asked;
}

/// Takes out what consensus wants: to persist, to send, to apply. Repeats until it wants nothing.
void Engine::Impl::drain_consensus() {
    while (raft) {
        auto out = raft->take_output();
        const bool is_idle = out.persist_number == 0 && out.send.empty() && !out.restored &&
                             out.committed.empty() && !out.cluster;
        if (out.persist_number != 0) {
            // Durable in the one step in which the history that shows them is gone.
            if (out.persist.store_anew) out.persist.forked = std::exchange(forks_pending, {});
            persist(std::move(out.persist));
            if (!is_store_failed) persists.back().consensus_number = out.persist_number;
            rescan_log();
        }
        for (auto& outgoing : out.send) {
            if (auto* append = std::get_if<wire::WitnessAppend>(&outgoing.message))
                complete(*append);
            auto message = std::visit([](auto& m) { return wire::Message(std::move(m)); },
                                      outgoing.message);
            if (outgoing.after <= consensus_durable)
                send(outgoing.to, message);
            else if (!is_store_failed && held_messages.size() < k_limit_held_messages)
                held_messages.push_back({outgoing.after, outgoing.to, std::move(message)});
        }
        if (out.restored) restore(*out.restored);
        for (const auto& entry : out.committed) apply_entry(entry);
        if (out.restored || !out.committed.empty()) on_applied();
        if (is_idle) return;
    }
}

void Engine::Impl::on_persisted(const Persisted& input) {
    while (!persists.empty() && persists.front().seq <= input.seq) {
        auto done = std::move(persists.front());
        persists.pop_front();
        write_times.add(now - done.asked);
        counter_durable = done.counter;
        if (done.cluster) cluster_durable = done.cluster;
        if (done.consensus_number != 0) {
            consensus_durable = done.consensus_number;
            raft->persisted(now, done.consensus_number);
        }
        for (const auto& held : done.promises)
            own_releases.push_back(model::Release{held.group, self, held.epoch.incarnation,
                                                 "stopped on " + node_object(self)});
        if (!done.promises.empty()) reports_due = now;
        // A promise that leaders wait for travels at once, not with the next heartbeat.
        if (!taken_uncommitted.empty()) is_heartbeat_urgent = true;
        is_duty_due = true;
    }
    is_slow_store_told = false;
    release_held_messages();
    if (final_action && final_action->counted <= input.seq) begin_final_action();
}

void Engine::Impl::release_held_messages() {
    while (!held_messages.empty() && held_messages.front().after <= consensus_durable) {
        send(held_messages.front().to, held_messages.front().message);
        held_messages.pop_front();
    }
}

void Engine::Impl::on_persist_failed(const PersistFailed& input) {
    if (is_store_failed) return;
    // A failed write is never tried again: what the kernel kept of it is unknown (safety.md F9).
    // Groups go on as long as the other voters answer our lease.
    is_store_failed = true;
    persists.clear();
    held_messages.clear();
    tell(EventKind::store_failed, node_object(self), {{"reason", input.text}});
    if (raft) raft->lose_vote(now);
    fail_recovery("the store of this node failed: " + input.text);
    if (final_action && final_action->is_for_safety) begin_final_action();
    if (final_action && !final_action->is_begun) {
        const auto abandoned = *std::exchange(final_action, std::nullopt);
        suppress_reboot(abandoned.action, abandoned.reason,
                        "it could not be counted, because the store of this node failed");
    }
}

void Engine::Impl::restore(const wire::Snapshot& snapshot) {
    auto state = model::decode_state(snapshot.document, version_max);
    if (!state) {
        is_apply_stopped = true;
        tell(EventKind::command_ignored, {}, {{"rule", state.error().context}});
        return;
    }
    registry = std::move(*state);
    newest_records = {};
    applied = snapshot.index;
    applied_term = snapshot.term;
    is_apply_stopped = is_state_diverged = false;
    document.reset();
    rescan_marks();
    journal.restored();
    actions.is_spec_changed = true;
    configure_peers();
    tell(EventKind::spec_changed, {}, {{"revision", std::to_string(registry.spec.revision.value)}});
}

void Engine::Impl::apply_entry(const wire::LogEntry& entry) {
    if (is_apply_stopped) return;
    if (entry.kind == wire::EntryKind::commands) {
        const auto commands = model::decode_commands(entry.payload, version_max);
        if (!commands) {
            // Written by a newer version: never skipped, or our state would differ from all others
            // (safety.md F23). The document brings us back.
            is_apply_stopped = true;
            tell(EventKind::command_ignored, {},
                 {{"index", std::to_string(entry.index.value)},
                  {"rule", commands.error().context}});
            return;
        }
        const auto revision = registry.spec.revision;
        const auto ratio = registry.timeout_ratio;
        const auto lease_before = timing().lease;
        journal_batch(entry, *commands);
        for (const auto& command : *commands) {
            journal.before(registry, command);
            auto done = model::apply(registry, {entry.index, entry.term}, command);
            for (auto& event : done.events) {
                event.at = now;
                actions.events.push_back(std::move(event));
            }
            if (!done.is_ignored)
                journal_applied(entry, command);
            else
                tell(EventKind::command_ignored, {},
                     {{"command", model::describe(registry.spec, command)}, {"rule", done.rule}});
        }
        journal.end();
        if (registry.spec.revision != revision) actions.is_spec_changed = true;
        if (registry.spec.revision != revision || registry.timeout_ratio != ratio)
            configure_peers();
        // Whoever starts with this store must know how long the leases were that it gave.
        if (timing().lease < lease_before)
            compact_after = std::max(compact_after, now + 2 * lease_before);
    } else if (entry.kind == wire::EntryKind::voters) {
        tell(EventKind::voter_added, {}, {{"voters", std::to_string(raft->voters().size())}});
    }
    applied = entry.index;
    applied_term = entry.term;
    if (applied.value % k_digest_interval_entries == 0) {
        digest_index = applied;
        digest = model::state_digest(registry);
    }
    settle_requests(applied, applied_term);
}

void Engine::Impl::on_applied() {
    std::erase_if(own_releases, [&](const model::Release& release) {
        return is_noted(release.group, release.incarnation);
    });
    NodeSet learners;
    for (const auto& node : registry.spec.nodes)
        if (node.id != self) learners.insert(node.id);
    if (is_witness_wanted()) learners.insert(k_witness_node);
    raft->set_learners(now, learners);
    if (const auto* me = model::find_node(registry.spec, self)) raft->set_rank(me->rank);
    rescan_log();
    forget_released();
    settle_recovery();
    is_duty_due = true;
    // A node that was refused its lease until it applied something tells at once that it has.
    if (!was_lease_held) is_heartbeat_urgent = true;
    compact_if_long();
}

void Engine::Impl::compact_if_long() {
    if (is_apply_stopped) return;
    const bool is_long = raft->entries_since_snapshot() >= log_entries_max && now >= compact_after;
    if (!is_long && !is_recovery_to_compact()) return;
    raft->compact(applied, model::encode(registry));
}

}  // namespace ha::engine
