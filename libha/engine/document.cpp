// The leader's document, for a node whose own state cannot be right (safety.md F23): it has met an
// entry that it cannot read, or its state differs from the leader's at the same checkpoint. The
// log is as it should be, so this is no matter of consensus: only what was made of the log is
// replaced, and what was committed since is applied to it.
#include "engine/impl.hpp"

namespace ha::engine {

/// The leader tells the digest of its state at its newest checkpoint; ours is of the same entry or
/// of another one, and then says nothing.
void Engine::Impl::judge_digest(NodeId from, const wire::Heartbeat& heartbeat) {
    if (!digest_index || heartbeat.digest_index != digest_index || heartbeat.leader != from ||
        heartbeat.state_digest == digest || diverged_told == digest_index)
        return;
    diverged_told = digest_index;
    is_state_diverged = true;
    has_news = true;
    document_due = now;
    tell(EventKind::state_diverged, node_object(self),
         {{"index", std::to_string(digest_index.value)},
          {"reason", "the state differs from that of " + node_object(from) +
                         " at this entry; its document is asked for"}});
}

void Engine::Impl::ask_for_document() {
    const auto leader = raft->leader();
    if (!wants_document() || !leader || leader == self || document || now < document_due) return;
    document_due = now + k_document_resend;
    send(leader, wire::DocumentRequest{applied});
}

void Engine::Impl::on_document_request(NodeId from, const wire::DocumentRequest& request) {
    // Of a leader that has not applied what the other has, it would be a step back: asked again.
    if (!raft->is_leader() || wants_document() || !is_of_this_cluster(from) ||
        applied < request.applied)
        return;
    send(from, wire::DocumentReply{applied, applied_term, model::encode(registry)});
}

void Engine::Impl::on_document(NodeId from, const wire::DocumentReply& reply) {
    if (!wants_document() || from != raft->leader() || reply.index < applied) return;
    document = reply;
}

/// It counts when its entry is committed here, too: everything after it is then applied to it.
void Engine::Impl::take_document() {
    if (!document || raft->committed() < document->index) return;
    const auto taken = std::move(*document);
    document.reset();
    auto state = model::decode_state(taken.document, version_max);
    if (!state || !wants_document() || taken.index < raft->snapshot_index()) return;
    const auto committed = raft->committed();
    const auto later = raft->entries_after(taken.index);
    registry = std::move(*state);
    newest_records = {};
    applied = taken.index;
    applied_term = taken.term;
    digest_index = {};
    is_apply_stopped = is_state_diverged = false;
    journal.restored();
    actions.is_spec_changed = true;
    configure_peers();
    tell(EventKind::state_restored, node_object(self),
         {{"index", std::to_string(taken.index.value)}});
    for (const auto& entry : later) {
        if (entry.index > committed) break;
        apply_entry(entry);
    }
    on_applied();
    // A restart would find the old state in the store again.
    if (!is_apply_stopped && applied > raft->snapshot_index())
        raft->compact(applied, model::encode(registry));
    drain_consensus();
}

}  // namespace ha::engine
