// Output: one durable batch per step, and what may leave only after it.
#include <utility>

#include "base/assert.hpp"
#include "base/seeded_bug.hpp"
#include "consensus/raft.hpp"

namespace ha::consensus {

void Raft::send(NodeId to, wire::ConsensusMessage message, Order order) {
    pending_.push_back({to, std::move(message), order});
}

bool Raft::may_vote() const {
    if (has_diverged_ || has_given_up_) return false;
    return options_.may_vote || is_seeded(SeededBug::older_record_keeps_vote);
}

bool Raft::is_ballot_durable() const {
    if (is_seeded(SeededBug::skip_persisting_vote)) return true;
    return !is_ballot_changed_ && ballot_number_ <= durable_number_;
}

Output Raft::take_output() {
    if (is_leader())
        for (auto& peer : peers_) replicate(peer);
    check_invariants();

    Output out;
    if (std::exchange(is_cluster_changed_, false)) {
        out.persist.cluster = cluster_;
        out.cluster = cluster_;
    }
    const bool is_ballot_new = std::exchange(is_ballot_changed_, false);
    if (is_ballot_new)
        out.persist.ballot = wire::StoreBatch::Ballot{
            term_, is_seeded(SeededBug::skip_persisting_vote) ? NodeId{} : voted_for_};
    log_.take_changes(out.persist);
    if (is_ballot_new || out.cluster || out.persist.snapshot || !out.persist.append.empty()) {
        out.persist_number = ++number_;
        log_.on_written(number_);
        if (is_ballot_new) ballot_number_ = number_;
    }
    // Whatever waits for a write waits for the newest one: what a message says rests on all we
    // have.
    const auto newest = number_ > durable_number_ ? number_ : 0;
    for (auto& [to, message, order] : std::exchange(pending_, {}))
        out.send.push_back({to, std::move(message), order == Order::when_durable ? newest : 0});
    out.restored = std::exchange(restored_, std::nullopt);
    const auto entries = log_.entries_after(delivered_);
    const auto count = committed_.value - delivered_.value;
    out.committed.assign(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(count));
    delivered_ = committed_;
    return out;
}

void Raft::check_invariants() const {
    HA_ASSERT(delivered_ <= committed_);
    HA_ASSERT(committed_ <= log_.last_index());
    HA_ASSERT(log_.snapshot().index <= delivered_);
    HA_ASSERT(log_.last_term() <= term_);
    HA_ASSERT(is_leader() == (leader_ == options_.self));
    HA_ASSERT(is_leader() || (peers_.empty() && !transfer_to_));
    HA_ASSERT((role_ == Role::learner) <= !is_voter());
}

}  // namespace ha::consensus
