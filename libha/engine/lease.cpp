// Leases: whom we answer, when our own ends, and what the leader may tell about those of others.
#include <algorithm>

#include "base/limits.hpp"
#include "base/seeded_bug.hpp"
#include "engine/impl.hpp"

namespace ha::engine {

const std::vector<NodeId>& Engine::Impl::voter_nodes() const {
    static const std::vector<NodeId> k_none;
    return raft ? raft->voter_nodes() : k_none;
}

bool Engine::Impl::is_voter_store(NodeId node, StoreId id) const {
    if (!raft) return false;
    const auto& voters = raft->voters();
    return std::find(voters.begin(), voters.end(), wire::Voter{node, id}) != voters.end();
}

bool Engine::Impl::is_voter() const {
    const bool may_vote = !is_store_lost || is_seeded(SeededBug::older_record_keeps_vote);
    // By the store that the list of voters is of: both change in one moment (safety.md F7).
    return may_vote && !is_store_failed && raft && is_voter_store(self, raft->store());
}

LogIndex Engine::Impl::taken_from(NodeId node) const {
    LogIndex taken;
    const auto record = registry.nodes.find(node);
    if (record != registry.nodes.end()) taken = record->second.taken_index;
    const auto uncommitted = taken_uncommitted.find(node);
    if (uncommitted != taken_uncommitted.end()) taken = std::max(taken, uncommitted->second);
    return taken;
}

/// Nodes whose lease has to be over before what they had may run elsewhere, and as of which entry:
/// those that are down or left, and those that were taken out of the configuration since then.
std::map<NodeId, LogIndex> Engine::Impl::leases_to_end() const {
    std::map<NodeId, LogIndex> out;
    for (const auto& [node, record] : registry.nodes)
        if (record.taken_index && !model::is_up(registry, node)) out[node] = record.taken_index;
    for (const auto& [id, group] : registry.groups)
        for (const auto& wait : group.waits)
            if (!registry.nodes.contains(wait.node))
                out[wait.node] = std::max(out[wait.node], wait.index);
    return out;
}

/// The term of an entry that is still in our log; none otherwise.
Term Engine::Impl::term_at(LogIndex index) const {
    if (!raft || !index) return {};
    const auto entries = raft->entries_after(LogIndex{index.value - 1});
    return !entries.empty() && entries.front().index == index ? entries.front().term : Term{};
}

/// Looks through the part of our log that is not applied yet: from the moment an entry that takes
/// something from a node is in our log, that node is answered no more (safety.md F1).
void Engine::Impl::rescan_log() {
    rescan_marks();
    const auto before = std::move(taken_uncommitted);
    taken_uncommitted.clear();
    is_tail_unreadable = false;
    if (!raft) return;
    for (const auto& entry : raft->entries_after(applied)) {
        if (entry.kind != wire::EntryKind::commands) continue;
        const auto commands = model::decode_commands(entry.payload, version_max);
        is_tail_unreadable |= !commands;
        if (!commands) continue;
        for (const auto& [node, record] : registry.nodes) {
            const auto taken = model::taken_by(*commands, entry.index, node);
            if (taken) taken_uncommitted[node] = taken;
        }
    }
    for (const auto& [node, index] : taken_uncommitted) {
        const auto known = before.find(node);
        if (known != before.end() && known->second == index) continue;
        is_heartbeat_urgent = true;  // its durable promise is what the leader waits for
        tell(EventKind::lease_blocked, node_object(node),
             {{"index", std::to_string(index.value)}});
    }
}

/// Who joins a view of one answers before it votes: as soon as the view names both, the lease of
/// the other rests on these answers, and must not end for want of them (F7, D4).
bool Engine::Impl::is_joining(NodeId node) const {
    if (!raft || is_store_lost || is_store_failed) return false;
    const auto& voters = raft->voters();
    return voters.size() == 1 && voters.front().node == node;
}

/// Is what it answers enough for us to go on under a view that names both?
bool Engine::Impl::is_answered_by(NodeId node) const {
    if (!was_lease_held) return true;  // there is nothing that could end
    const std::vector<NodeId> both{self, node};
    return lease.end(both) > now + timing().sever_bound + timing().heartbeat_interval;
}

/// With one more in view the lease needs more answers, and must not end for want of them: it is
/// waited for until those that are there give one by the new view, too.
bool Engine::Impl::may_vote_without_a_gap(NodeId learner) const {
    if (is_view_of_self()) return is_answered_by(learner);
    if (!was_lease_held) return true;
    auto all = voter_nodes();
    std::erase(all, k_witness_node);  // it gives way to the learner
    if (all.size() >= k_limit_voters) return true;  // so does one that is lost, before that
    all.push_back(learner);
    return lease.end(all) > now + timing().sever_bound + timing().heartbeat_interval;
}

/// The length of the lease that we answer to this heartbeat; zero when refused.
Duration Engine::Impl::lease_answer(NodeId node, const wire::Heartbeat& heartbeat,
                                    LogIndex& blocked) const {
    if (!is_voter() && !is_joining(node)) return Duration::zero();
    if (!heartbeat.wants_lease || is_apply_stopped) return Duration::zero();
    if (!store.cluster || heartbeat.cluster != store.cluster) return Duration::zero();
    if (forked.contains(node) || raft->has_given_up()) return Duration::zero();
    // Two majorities meet in one voter only while their voters differ by one: an older list of
    // voters is not enough to rest a lease on.
    if (heartbeat.voters_index < raft->voters_index()) {
        blocked = raft->voters_index();
        return Duration::zero();
    }
    LogIndex taken = taken_from(node);
    if (is_seeded(SeededBug::answer_lease_after_down)) {
        const auto record = registry.nodes.find(node);
        taken = record == registry.nodes.end() || record->second.status == model::NodeStatus::down
                    ? LogIndex{}
                    : record->second.taken_index;
    }
    if (is_seeded(SeededBug::lease_before_catch_up)) {
        const auto uncommitted = taken_uncommitted.find(node);
        taken = uncommitted == taken_uncommitted.end() ? LogIndex{} : uncommitted->second;
    }
    if (heartbeat.applied < taken) {
        blocked = taken;
        return Duration::zero();
    }
    return timing().lease;
}

/// What we have durably promised about nodes that are down, for the leader's ledger.
std::vector<wire::LeaseBlock> Engine::Impl::make_blocks() const {
    std::vector<wire::LeaseBlock> out;
    if (!is_voter()) return out;
    for (const auto& [node, index] : taken_uncommitted)
        if (node != self &&
            (index <= raft->durable() || is_seeded(SeededBug::promise_before_durable)))
            out.push_back({node, index, term_at(index), granter.remaining(now, node)});
    // A node that was taken out is answered nothing any more, as one that is down.
    for (const auto& [node, index] : leases_to_end()) {
        if (node == self || taken_uncommitted.contains(node)) continue;
        if (out.size() >= k_limit_nodes) break;
        const bool is_bug = is_seeded(SeededBug::view_without_lease_wait) && is_view_of_self();
        out.push_back({node, index, Term{},
                       is_bug ? Duration::zero() : granter.remaining(now, node)});
    }
    return out;
}

Instant Engine::Impl::lease_end() const {
    // Our own vote counts only if our store may vote; LeaseHolder is told so by the length.
    const auto& nodes = voter_nodes();
    // What we may run without being answered is longer only while we are alone (safety.md F7, F13).
    return is_gone ? Instant{} : std::max(lease.end(nodes), runs_until);
}

/// Not known is: at the latest, had our predecessor been answered just before we began.
Instant Engine::Impl::heir_deadline() const {
    if (lease_inherited) return *lease_inherited - timing().sever_bound;
    // The shortest that it can have been: how the ratio stood then is not known for certain.
    return started + registry.spec.timing.lease - timing().sever_bound;
}

/// Before anything else is handled: is our lease over, or will it be before we can look again?
void Engine::Impl::check_own_lease() {
    const bool may_answer = is_voter() && wants_lease() && !is_recovery_waited_for();
    lease.set_own_answer(may_answer ? timing().lease : Duration::zero());
    const auto end = lease_end();
    const auto sever_bound = timing().sever_bound;
    const bool is_held = wants_lease() && now < end - sever_bound;
    // What a process before us left running was under its lease, which is over by now, unless we
    // have taken one of our own in time.
    const bool is_heir_late = is_heir && !is_held && now >= heir_deadline();
    if (is_held == was_lease_held && !is_heir_late) return;
    is_heir = false;
    has_lost_right = !is_held && was_lease_held && !is_leaving;
    was_lease_held = is_held;
    well_since = is_held ? now : Instant::max();
    if (is_held) {
        tell(EventKind::lease_held, node_object(self));
        return;
    }
    tell(EventKind::lease_lost, node_object(self));
    service.lose_lease(now, registry);
    drain_service();
}

/// Leader: which leases of nodes that are down are over for certain. A note is only made about a
/// committed entry, and is never taken back.
void Engine::Impl::note_leases_over() {
    if (!raft || !raft->is_leader()) {
        own_notes.clear();
        ledger.clear();
        return;
    }
    const auto& voters = voter_nodes();
    for (const auto& block : make_blocks())
        ledger.on_block(now, self, block.node, block.index, block.remaining);
    std::vector<wire::LeaseOver> over;
    for (const auto& [node, index] : leases_to_end()) {
        // The node's own word is as good: it has applied its loss, so it has stopped. Without this
        // a cluster of three with one node dead could never take from the second (tests/formal).
        const auto peer = peers.find(node);
        const bool has_applied = peer != peers.end() && is_of_this_cluster(node) &&
                                 peer->second.heartbeat.applied >= index;
        if (notes[node] < index && !has_applied && !ledger.is_over(now, node, index, voters))
            continue;
        if (over.size() < k_limit_nodes) over.push_back({node, index});
        if (notes[node] >= index) continue;
        notes[node] = index;
        is_duty_due = true;
        tell(EventKind::lease_over, node_object(node), {{"index", std::to_string(index.value)}});
    }
    if (over != own_notes) is_heartbeat_urgent = true;
    own_notes = std::move(over);
}

}  // namespace ha::engine
