// SnapshotRequest and its reply: the whole document for a node that is far behind (chapter 5).
#include <algorithm>

#include "base/assert.hpp"
#include "consensus/raft.hpp"

namespace ha::consensus {

void Raft::on_message(Instant now, NodeId from, const wire::SnapshotRequest& request) {
    const auto& snapshot = request.snapshot;
    const bool is_ours = !cluster_ || cluster_ == request.cluster;
    if (!is_ours || !request.cluster || !snapshot.index || snapshot.term > request.term ||
        snapshot.voters.empty()) {
        refused_count_++;
        return;
    }
    if (!accept_leader(now, from, request.term)) {
        if (request.term < term_) reply_append(from, false, committed_);
        return;
    }
    if (has_given_up_) {
        replace_history(request);
    } else if (log_.holds(snapshot.index, snapshot.term)) {
        set_committed(snapshot.index);  // we lack nothing but the knowledge that it is committed
    } else if (snapshot.index > committed_) {
        install_snapshot(request);
    }
    send(from,
         wire::SnapshotReply{.term = term_,
                             .index = std::max(committed_, snapshot.index),
                             .store = answering_store()},
         Order::when_durable);
}

/// Our log contradicts the document, or ends before it: the document takes its place.
void Raft::install_snapshot(const wire::SnapshotRequest& request) {
    HA_ASSERT(request.snapshot.index > committed_);
    if (!cluster_) {
        cluster_ = request.cluster;
        is_cluster_changed_ = true;
    }
    log_.install(request.snapshot);
    committed_ = request.snapshot.index;
    delivered_ = committed_;
    restored_ = request.snapshot;
    settle_role();
}

/// What we had was another history: nothing of it is looked at, committed or not. The document may
/// be an old one, and entries that follow it then bring back, one by one, lists of voters that name
/// this node, and even this node alone. They mean a store that had all that came after them, so it
/// must not be this one any more.
void Raft::replace_history(const wire::SnapshotRequest& request) {
    HA_ASSERT(has_given_up_);
    has_given_up_ = false;
    options_.store = store_anew_;
    log_.replace(request.snapshot, store_anew_);
    committed_ = request.snapshot.index;
    delivered_ = committed_;
    restored_ = request.snapshot;
    settle_role();
}

void Raft::on_message(Instant now, NodeId from, const wire::SnapshotReply& reply) {
    if (reply.term > term_) return become_follower(now, reply.term, NodeId{});
    auto* peer = find_peer(from);
    if (!is_leader() || reply.term < term_ || peer == nullptr) return;
    if (reply.index > log_.last_index()) {
        refused_count_++;
        return;
    }
    peer->on_answer(reply.store);
    on_stored(now, *peer, reply.index);
}

}  // namespace ha::consensus
