// The witness in consensus: when it is told of our log, when its word counts, and what it kept of
// the log of another (safety.md F10, D6).
//
//   nodes in contact      the witness is told          its acknowledgement
//   a quorum              nothing                      does not count
//   one only with it      where our durable log ends   counts
//   (it is no voter yet)  what is committed            makes it fit to be added
//
// Why not always: it may answer faster than a node, and commit what that node has not got. If the
// leader dies then, the witness rightly refuses the healthy node. Why only what is durable here: if
// we lose what it acknowledged, it refuses all that are left.
#include <algorithm>

#include "base/assert.hpp"
#include "base/seeded_bug.hpp"
#include "consensus/raft.hpp"
#include "membership/quorum.hpp"

namespace ha::consensus {

bool Raft::is_witness_needed() const {
    if (!is_leader()) return false;
    auto with = voters_in_contact();
    with.erase(k_witness_node);
    return !membership::has_quorum(voter_nodes(), with);
}

/// Up to where the witness should have acknowledged; none when nothing is to be sent.
LogIndex Raft::witness_target() const {
    const auto* peer = find_peer(k_witness_node);
    if (!is_leader() || peer == nullptr) return {};
    const auto& nodes = voter_nodes();
    const bool is_voter = std::ranges::find(nodes, k_witness_node) != nodes.end();
    if (!is_voter) {
        // Whoever may be elected has what is committed, so this never keeps a node from its vote.
        const auto last = std::min(committed_, log_.durable());
        const bool is_fit = peer->match.value + k_limit_voter_lag_entries >= committed_.value;
        return peer->has_answered && is_fit && peer->match ? LogIndex{} : last;
    }
    if (!is_witness_needed()) return {};
    if (is_seeded(SeededBug::witness_sent_before_own_disk)) return log_.last_index();
    return log_.durable();
}

bool Raft::is_witness_waiting(const Peer& peer) const {
    const auto target = witness_target();
    return target && peer.in_flight > 0 && peer.match < target;
}

void Raft::replicate_witness(Peer& peer) {
    const auto target = witness_target();
    if (!target || (peer.has_answered && peer.match >= target)) return;
    const bool is_told = peer.in_flight > 0 && peer.next == after(target);
    if (is_told && now_ < peer.resend_at) return;
    const auto term = log_.term_at(target);
    if (!term) return;  // a document that is not durable yet stands there
    peer.next = after(target);
    peer.in_flight = 1;
    peer.resend_at = now_ + options_.resend;
    peer.sent_at = now_;
    wire::WitnessAppend append;
    append.cluster = cluster_;
    append.term = term_;
    append.last = target;
    append.last_term = *term;
    append.voters_index = log_.voters_index_at(target);
    send(peer.node, std::move(append), Order::at_once);
}

void Raft::on_message(Instant, NodeId, const wire::WitnessAppend&) {
    refused_count_++;  // only the witness takes these
}

void Raft::on_message(Instant now, NodeId from, const wire::WitnessState& state) {
    if (from != k_witness_node) {
        refused_count_++;
        return;
    }
    if (state.term > term_) return become_follower(now, state.term, NodeId{});
    auto* peer = find_peer(from);
    if (!is_leader() || peer == nullptr) return;
    // A witness that lost its record knows no term until it is told of our log, as a new one.
    peer->on_answer(state.store);
    if (state.term < term_) return;
    // The log it acknowledged last may be another leader's; then it has nothing of ours.
    if (state.last && log_.holds(state.last, state.last_term)) on_stored(now, *peer, state.last);
}

bool Raft::adopt(Instant now, const std::optional<wire::Snapshot>& snapshot,
                 const std::vector<wire::LogEntry>& entries) {
    HA_ASSERT(now >= now_);
    now_ = now;
    if (is_leader() || has_live_leader() || has_diverged_ || has_given_up_ || !cluster_)
        return false;
    if (!snapshot || !snapshot->index || snapshot->voters.empty()) return false;
    wire::AppendRequest kept;
    kept.previous_index = snapshot->index;
    kept.previous_term = snapshot->term;
    kept.entries = entries;
    const auto last = entries.empty() ? snapshot->index : entries.back().index;
    kept.term = entries.empty() ? snapshot->term : entries.back().term;
    // Ours is as new: whoever may have counted on it still can.
    const bool is_newer = log_.is_up_to_date(last, kept.term) &&
                          !(last == log_.last_index() && kept.term == log_.last_term());
    if (!is_newer || !is_well_formed(kept)) return false;
    // It contradicts what is committed here: another history, which only its leader brings.
    const bool is_held = log_.holds(snapshot->index, snapshot->term);
    if (!is_held && snapshot->index <= committed_) return false;
    become_follower(now, std::max(term_, kept.term), NodeId{});
    if (is_held)
        set_committed(snapshot->index);
    else
        install_snapshot({term_, cluster_, *snapshot});
    if (kept.entries.empty()) return true;
    store_entries(kept, std::max(snapshot->index, committed_));
    arm_candidacy(now);
    return !has_diverged_;
}

}  // namespace ha::consensus
