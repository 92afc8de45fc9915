// Leases: holder, granter, ledger.
#include "membership/lease.hpp"

#include <algorithm>
#include <array>

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "base/seeded_bug.hpp"

namespace ha::membership {
namespace {

/// The instant that a quorum of these has reached or passed; max (or zero) never counts as reached.
Instant quorum_latest(std::span<Instant> ends, std::size_t voter_count) {
    const auto quorum = quorum_size(voter_count);
    if (quorum == 0 || ends.size() < quorum) return Instant{};
    const auto nth = ends.begin() + static_cast<std::ptrdiff_t>(quorum - 1);
    std::nth_element(ends.begin(), nth, ends.end(), std::greater<>());
    return *nth;
}

}  // namespace

void LeaseHolder::on_sent(HeartbeatSeq seq, Instant now) {
    HA_ASSERT(seq.value == newest_.value + 1);
    newest_ = seq;
    sent_[seq.value % k_sent_kept] = now;
}

std::optional<Instant> LeaseHolder::sent_at(HeartbeatSeq seq) const {
    if (seq > newest_ || !seq || newest_.value - seq.value >= k_sent_kept) return std::nullopt;
    return sent_[seq.value % k_sent_kept];
}

void LeaseHolder::on_answer(NodeId voter, HeartbeatSeq seq, Duration length) {
    const auto sent =
        sent_at(is_seeded(SeededBug::lease_from_newest_heartbeat) ? newest_ : seq);
    if (!sent) return;
    const auto end = *sent + length;
    auto& known = ends_[voter];
    known = std::max(known, end);
}

void LeaseHolder::surrender() {
    ends_.clear();
    own_length_ = Duration::zero();
}

Instant LeaseHolder::end_without(std::span<const NodeId> voters, NodeId silent) const {
    // Asked for several times in every step, so without the heap.
    std::array<Instant, k_limit_voters> ends;
    std::size_t count = 0;
    HA_ASSERT(voters.size() <= ends.size());
    for (auto voter : voters) {
        if (silent && voter == silent) continue;
        if (voter == self_) {
            if (newest_ && own_length_ > Duration::zero())
                ends[count++] = sent_[newest_.value % k_sent_kept] + own_length_;
            continue;
        }
        const auto known = ends_.find(voter);
        if (known != ends_.end()) ends[count++] = known->second;
    }
    return quorum_latest(std::span(ends).first(count), voters.size());
}

LeaseGranter::LeaseGranter(Instant started, Duration length_max, std::uint32_t drift_ppm)
    : restart_length_(length_max), started_(started), drift_ppm_(drift_ppm) {}

Duration LeaseGranter::stretched(Duration length) const {
    // x (1 + 2 drift), rounded up.
    return length + Duration{length.count() / 1'000'000 * 2 * drift_ppm_ + 2 * drift_ppm_};
}

void LeaseGranter::on_answered(Instant now, NodeId node, Duration length) {
    auto& end = ends_[node];
    end = std::max(end, now + stretched(length));
}

Duration LeaseGranter::remaining(Instant now, NodeId node) const {
    // A restarted voter has forgotten what it answered: at most until just before it started.
    auto end = started_ + stretched(restart_length_);
    if (is_seeded(SeededBug::answers_forgotten_at_restart)) end = started_;
    const auto known = ends_.find(node);
    if (known != ends_.end()) end = std::max(end, known->second);
    return std::max(Duration::zero(), end - now);
}

void LeaseLedger::on_block(Instant received, NodeId voter, NodeId node, LogIndex index,
                           Duration remaining) {
    auto& block = blocks_[node][voter];
    const auto over = received + remaining;
    // The same promise told again can only have become more exact: keep the earlier end.
    if (block.index != index)
        block = {index, over};
    else
        block.over = std::min(block.over, over);
}

Instant LeaseLedger::over_at(NodeId node, LogIndex index, std::span<const NodeId> voters) const {
    const auto known = blocks_.find(node);
    if (known == blocks_.end()) return Instant::max();
    std::vector<Instant> overs;
    for (auto voter : voters) {
        if (voter == node) continue;  // its own word does not count
        const auto block = known->second.find(voter);
        if (block != known->second.end() && block->second.index >= index)
            overs.push_back(block->second.over);
    }
    const auto quorum =
        is_seeded(SeededBug::lease_over_at_first_promise) ? 1 : quorum_size(voters.size());
    if (overs.size() < quorum) return Instant::max();
    std::nth_element(overs.begin(), overs.begin() + static_cast<std::ptrdiff_t>(quorum - 1),
                     overs.end());
    return overs[quorum - 1];
}

bool LeaseLedger::is_over(Instant now, NodeId node, LogIndex index,
                          std::span<const NodeId> voters) const {
    return over_at(node, index, voters) <= now;
}

}  // namespace ha::membership
