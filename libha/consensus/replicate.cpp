// The leader's side: what is sent to whom, and what is committed by it (3.5, 3.6.2).
#include <algorithm>

#include "base/assert.hpp"
#include "consensus/raft.hpp"
#include "membership/quorum.hpp"

namespace ha::consensus {

/// Peers are the voters and the learners, less ourselves; those that stay keep what we know of
/// them.
void Raft::settle_peers(Instant now) {
    auto nodes = learners_;
    for (auto node : voter_nodes()) nodes.insert(node);
    nodes.erase(options_.self);
    std::erase_if(peers_, [&](const Peer& peer) { return !nodes.contains(peer.node); });
    for (auto node : nodes) {
        if (find_peer(node) != nullptr) continue;
        Peer peer{
            .node = node, .next = after(log_.last_index()), .needs_notice = true, .sent_at = now};
        const auto at = std::ranges::lower_bound(peers_, node, {}, &Peer::node);
        peers_.insert(at, peer);
    }
}

Peer* Raft::find_peer(NodeId node) {
    const auto at = std::ranges::lower_bound(peers_, node, {}, &Peer::node);
    return at != peers_.end() && at->node == node ? &*at : nullptr;
}

const Peer* Raft::find_peer(NodeId node) const {
    return const_cast<Raft*>(this)->find_peer(node);
}

/// With the store that the voters entry names, or not yet heard in this term.
bool Raft::answers_as_voter(const Peer& peer) const {
    for (const auto& voter : voters())
        if (voter.node == peer.node) return !peer.has_answered || voter.store == peer.store;
    return false;
}

NodeSet Raft::voters_in_contact() const {
    NodeSet with;
    if (is_voter()) with.insert(options_.self);
    for (const auto& peer : peers_)
        if (is_reachable(peer.node) && answers_as_voter(peer)) with.insert(peer.node);
    return with;
}

bool Raft::has_quorum_in_contact() const {
    return membership::has_quorum(voter_nodes(), voters_in_contact());
}

/// Sends what this peer lacks, as far as it may be sent now.
void Raft::replicate(Peer& peer) {
    HA_ASSERT(is_leader());
    if (!is_reachable(peer.node)) return;
    if (peer.node == k_witness_node) return replicate_witness(peer);
    while (peer.may_send() && peer.next <= log_.last_index()) {
        if (before(peer.next) < log_.base()) return send_snapshot(peer);
        send_append(peer, true);
    }
    if (peer.needs_notice) send_append(peer, false);
}

void Raft::send_append(Peer& peer, bool with_entries) {
    // A peer that gets the document is asked whether it has it by now.
    auto previous = before(peer.next);
    if (peer.mode == PeerMode::snapshot || previous < log_.base()) previous = log_.snapshot().index;
    wire::AppendRequest request{.term = term_,
                                .previous_index = previous,
                                .previous_term = *log_.term_at(previous),
                                .committed = committed_,
                                .entries = {}};
    std::size_t bytes = 0;
    for (const auto& entry : log_.entries_after(previous)) {
        if (!with_entries || request.entries.size() == k_limit_append_entries) break;
        constexpr std::size_t k_entry_overhead_bytes = 24;
        bytes += entry.payload.size() + k_entry_overhead_bytes;
        if (bytes > k_limit_append_bytes && !request.entries.empty()) break;
        request.entries.push_back(entry);
    }
    if (with_entries || peer.mode == PeerMode::probe) {
        if (peer.in_flight == 0) peer.resend_at = now_ + options_.resend;
        peer.in_flight++;
        if (peer.mode == PeerMode::replicate)
            peer.next = LogIndex{peer.next.value + request.entries.size()};
    }
    peer.needs_notice = false;
    peer.sent_at = now_;
    const auto last = request.previous_index.value + request.entries.size();
    const bool ends_lone_view = log_.voters_index().value <= last && is_end_of_lone_view_volatile();
    send(peer.node, std::move(request), ends_lone_view ? Order::when_durable : Order::at_once);
}

/// Whoever commits alone may be started anew by what is on its disk, alone again, and no other
/// node's answer would show what was lost. So the entry that makes the other one a voter, who may
/// then go on without us, is told when it stands there (safety.md F7).
bool Raft::is_end_of_lone_view_volatile() const {
    if (log_.durable() >= log_.voters_index()) return false;
    const auto before_it = log_.voters_before();
    return before_it.size() == 1 && before_it.front().node == options_.self;
}

void Raft::send_snapshot(Peer& peer) {
    peer.become_snapshot(now_ + options_.snapshot_resend);
    peer.needs_notice = false;
    peer.sent_at = now_;
    send(peer.node,
         wire::SnapshotRequest{.term = term_, .cluster = cluster_, .snapshot = log_.snapshot()},
         Order::at_once);
}

void Raft::on_stored(Instant now, Peer& peer, LogIndex index) {
    if (peer.on_stored(index)) peer.resend_at = now + options_.resend;
    if (transfer_to_ == peer.node) try_transfer(now);
    advance_commit(now);
}

/// The newest index that a quorum has stored, if it is of our own term (3.6.2, figure 3.7).
void Raft::advance_commit(Instant now) {
    HA_ASSERT(is_leader());
    std::vector<std::pair<NodeId, LogIndex>> stored;
    if (is_voter()) stored.emplace_back(options_.self, log_.durable());
    const bool takes_witness = is_witness_needed();
    for (const auto& peer : peers_)
        if (peer.has_answered && answers_as_voter(peer) &&
            (takes_witness || peer.node != k_witness_node))
            stored.emplace_back(peer.node, peer.match);
    auto newest = committed_;
    for (const auto& [node, index] : stored) {
        NodeSet with;
        for (const auto& [other, match] : stored)
            if (match >= index) with.insert(other);
        if (membership::has_quorum(voter_nodes(), with)) newest = std::max(newest, index);
    }
    if (newest == committed_ || log_.term_at(newest) != term_) return;
    set_committed(newest);
    // Followers learn it at once, not with whatever comes next (safety.md F32).
    for (auto& peer : peers_) peer.needs_notice = true;
    const auto is_self = [&](const wire::Voter& v) {
        return v == wire::Voter{options_.self, options_.store};
    };
    if (!is_voters_change_under_way() && std::ranges::none_of(voters(), is_self)) resign(now);
}

void Raft::set_committed(LogIndex index) {
    HA_ASSERT(index <= log_.last_index());
    committed_ = std::max(committed_, index);
    settle_role();
}

/// Repeats what was not answered, and says that we lead to those who heard nothing for a while.
void Raft::tick_peers(Instant now) {
    for (auto& peer : peers_) {
        if (!is_reachable(peer.node) || peer.node == k_witness_node) continue;
        if (peer.is_waiting() && now >= peer.resend_at) {
            peer.become_probe();
            peer.needs_notice = true;
        }
        if (now - peer.sent_at >= options_.keepalive) peer.needs_notice = true;
    }
}

}  // namespace ha::consensus
