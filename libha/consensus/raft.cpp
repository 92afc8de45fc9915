// Raft: construction, and the inputs that are no messages.
#include "consensus/raft.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace ha::consensus {

const char* to_string(Role role) noexcept {
    switch (role) {
        case Role::learner:
            return "learner";
        case Role::follower:
            return "follower";
        case Role::pre_candidate:
            return "pre_candidate";
        case Role::candidate:
            return "candidate";
        case Role::leader:
            return "leader";
    }
    return "unknown";
}

Raft::Raft(const Options& options, const wire::StoreState& recovered, Instant now)
    : options_(options),
      random_(options.seed),
      now_(now),
      cluster_(recovered.cluster),
      term_(recovered.term),
      voted_for_(recovered.voted_for),
      log_(recovered),
      committed_(recovered.snapshot.index),
      delivered_(recovered.snapshot.index) {
    HA_ASSERT(options.self);
    HA_ASSERT(options.election_step > Duration::zero());
    HA_ASSERT(options.resend > Duration::zero());
    HA_ASSERT(options.keepalive > Duration::zero());
    HA_ASSERT(term_ >= log_.last_term());
    settle_role();
    arm_candidacy(now);
}

void Raft::receive(Instant now, NodeId from, const wire::ConsensusMessage& message) {
    HA_ASSERT(now >= now_);
    now_ = now;
    if (from == options_.self || !from) {
        refused_count_++;
        return;
    }
    std::visit([&](const auto& m) { on_message(now, from, m); }, message);
}

void Raft::set_reachable(Instant now, const NodeSet& reachable) {
    HA_ASSERT(now >= now_);
    now_ = now;
    const auto before_now = std::exchange(reachable_, reachable);
    reachable_.erase(options_.self);
    for (auto& peer : peers_) {
        const bool is_new = is_reachable(peer.node) != before_now.contains(peer.node);
        if (!is_new) continue;
        peer.become_probe();
        // Also a node that needs nothing is told who leads.
        peer.needs_notice = is_reachable(peer.node);
    }
    if (is_leader()) {
        if (!has_quorum_in_contact()) become_follower(now, term_, NodeId{});
    } else if (leader_ && !is_reachable(leader_)) {
        drop_leader(now);
    } else {
        arm_candidacy(now);
    }
}

void Raft::observe(Instant now, NodeId from, const Standing& standing) {
    HA_ASSERT(now >= now_);
    now_ = now;
    if (is_leader()) {
        auto* peer = find_peer(from);
        if (peer != nullptr && standing.committed < std::min(committed_, peer->match) &&
            now - peer->sent_at >= options_.resend)
            peer->needs_notice = true;
        return;
    }
    // An old heartbeat may be wrong about this; then the leader's next word puts it right, and
    // until then nobody is elected against it, because the others still follow.
    if (from == leader_ && standing.leader != from && standing.term >= term_) drop_leader(now);
}

void Raft::tick(Instant now) {
    HA_ASSERT(now >= now_);
    now_ = now;
    if (is_leader()) {
        tick_peers(now);
        tick_transfer(now);
        return;
    }
    if (leader_ && now - leader_heard_at_ >= options_.keepalive * k_missed_keepalives_max)
        drop_leader(now);
    if (now < election_at_) return;
    if (role_ == Role::candidate && !is_ballot_durable()) {
        // Its own vote still waits for the disk: another round would only make that wait longer.
        election_at_ = now + options_.election_step * 2 + candidacy_jitter();
        return;
    }
    if (role_ == Role::pre_candidate || role_ == Role::candidate)
        failed_rounds_ = std::min(failed_rounds_ + 1, k_limit_failed_rounds);
    if (may_stand()) {
        become_pre_candidate(now);
    } else {
        become_follower(now, term_, leader_);
    }
}

void Raft::persisted(Instant now, std::uint64_t number) {
    HA_ASSERT(now >= now_);
    HA_ASSERT(number <= number_);
    now_ = now;
    durable_number_ = std::max(durable_number_, number);
    log_.on_persisted(number);
    if (role_ == Role::candidate) check_election(now);
    if (is_leader()) advance_commit(now);
}

void Raft::set_learners(Instant now, const NodeSet& learners) {
    HA_ASSERT(now >= now_);
    now_ = now;
    learners_ = learners;
    if (is_leader()) settle_peers(now);
}

void Raft::lose_vote(Instant now) {
    HA_ASSERT(now >= now_);
    now_ = now;
    options_.may_vote = false;
    become_follower(now, term_, is_leader() ? NodeId{} : leader_);
}

Result<void> Raft::found(Instant now, ClusterId cluster, const wire::Snapshot& snapshot) {
    HA_ASSERT(now >= now_);
    now_ = now;
    if (cluster_ || log_.last_index())
        return failure(FailureCode::refused, "this node already belongs to a cluster");
    if (!cluster || !snapshot.index || !snapshot.term || snapshot.voters.empty())
        return failure(FailureCode::invalid,
                       "a founding document needs a cluster id, an index, a term and voters");
    if (snapshot.term > term_) become_follower(now, snapshot.term, NodeId{});
    install_snapshot({snapshot.term, cluster, snapshot});
    arm_candidacy(now);
    return {};
}

Instant Raft::next_deadline() const {
    auto at = election_at_;
    if (!is_leader()) {
        if (leader_)
            at = std::min(at, leader_heard_at_ + options_.keepalive * k_missed_keepalives_max);
        return at;
    }
    for (const auto& peer : peers_) {
        if (!is_reachable(peer.node)) continue;
        if (peer.node == k_witness_node) {
            if (is_witness_waiting(peer)) at = std::min(at, peer.resend_at);
            continue;
        }
        at = std::min(at, peer.sent_at + options_.keepalive);
        if (peer.is_waiting()) at = std::min(at, peer.resend_at);
    }
    if (transfer_to_) at = std::min({at, transfer_until_, transfer_resend_at_});
    return at;
}

std::span<const wire::LogEntry> Raft::entries_after(LogIndex index) const {
    return log_.entries_after(std::max(index, log_.base()));
}

bool Raft::is_voter() const {
    const wire::Voter self{options_.self, options_.store};
    return may_vote() && std::ranges::find(voters(), self) != voters().end();
}

bool Raft::has_committed_in_term() const {
    return log_.term_at(committed_) == term_;
}

LogIndex Raft::match_of(NodeId node) const {
    if (node == options_.self) return log_.durable();
    const auto* peer = find_peer(node);
    return peer == nullptr ? LogIndex{} : peer->match;
}

StoreId Raft::store_of(NodeId node) const {
    if (node == options_.self) return answering_store();
    const auto* peer = find_peer(node);
    return peer == nullptr ? StoreId{} : peer->store;
}

}  // namespace ha::consensus
