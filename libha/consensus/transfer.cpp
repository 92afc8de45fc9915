// Leadership transfer (3.10), and how a leader that is no voter any more leaves (4.2.2).
#include <algorithm>
#include <string>

#include "base/assert.hpp"
#include "consensus/raft.hpp"

namespace ha::consensus {

Result<void> Raft::transfer_leadership(Instant now, NodeId to) {
    HA_ASSERT(now >= now_);
    now_ = now;
    if (!is_leader()) return failure(FailureCode::unavailable, "this node is not the leader");
    if (to == options_.self) return failure(FailureCode::refused, "this node leads already");
    if (to == k_witness_node) return failure(FailureCode::refused, "the witness never leads");
    const auto* peer = find_peer(to);
    const auto name = "node " + std::to_string(to.value);
    if (peer == nullptr || !peer->has_answered || !answers_as_voter(*peer))
        return failure(FailureCode::refused, name + " is no voter that has answered this leader");
    if (!is_reachable(to)) return failure(FailureCode::unavailable, name + " is not in contact");
    transfer_to_ = to;
    // An election or a resent entry each fit in; then we go on leading.
    transfer_until_ = now + options_.resend * 4 + options_.election_step * 4;
    transfer_resend_at_ = Instant::max();
    try_transfer(now);
    return {};
}

/// It must have our whole log, or it could not win.
void Raft::try_transfer(Instant now) {
    const auto* peer = find_peer(transfer_to_);
    HA_ASSERT(is_leader() && peer != nullptr);
    if (peer->match < log_.last_index() || transfer_resend_at_ != Instant::max()) return;
    transfer_resend_at_ = now + options_.resend;
    send(transfer_to_, wire::TimeoutNow{term_}, Order::at_once);
}

void Raft::tick_transfer(Instant now) {
    if (!transfer_to_) return;
    if (now >= transfer_until_ || find_peer(transfer_to_) == nullptr ||
        !is_reachable(transfer_to_)) {
        transfer_to_ = NodeId{};
    } else if (now >= transfer_resend_at_) {
        transfer_resend_at_ = Instant::max();
        try_transfer(now);
    }
}

void Raft::on_message(Instant now, NodeId from, const wire::TimeoutNow& message) {
    if (message.term != term_ || from != leader_ || !is_voter()) return;
    become_candidate(now, true);
}

/// The best to lead after us: in contact, with the most of our log.
const Peer* Raft::best_successor() const {
    const Peer* best = nullptr;
    for (const auto& peer : peers_) {
        if (peer.node == k_witness_node || !is_reachable(peer.node)) continue;
        if (!peer.has_answered || !answers_as_voter(peer)) continue;
        if (best == nullptr || peer.match > best->match) best = &peer;
    }
    return best;
}

/// Our removal is committed: the others are told so, the best of them is asked to stand at once.
void Raft::resign(Instant now) {
    HA_ASSERT(is_leader());
    for (auto& peer : peers_) replicate(peer);
    if (const auto* successor = best_successor())
        send(successor->node, wire::TimeoutNow{term_}, Order::at_once);
    become_follower(now, term_, NodeId{});
}

}  // namespace ha::consensus
