// Proposals: what a leader appends to its own log, and which changes of the voters it may (4.2).
#include <algorithm>
#include <string>

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "consensus/raft.hpp"

namespace ha::consensus {

Result<LogIndex> Raft::propose(Instant now, wire::EntryKind kind, Bytes payload) {
    HA_ASSERT(now >= now_);
    now_ = now;
    if (!is_leader()) return failure(FailureCode::unavailable, "this node is not the leader");
    if (transfer_to_)
        return failure(FailureCode::unavailable,
                       "leadership is being handed to node " + std::to_string(transfer_to_.value));
    if (payload.size() > k_limit_entry_bytes)
        return failure(FailureCode::limit,
                       "an entry of " + std::to_string(payload.size()) + " bytes; at most " +
                           std::to_string(k_limit_entry_bytes) + " are allowed");
    const auto settled = std::min(committed_, log_.durable());
    if (log_.last_index().value - settled.value >= k_limit_uncommitted_entries)
        return failure(FailureCode::limit,
                       std::to_string(k_limit_uncommitted_entries) +
                           " entries wait to be committed and to be durable here already");
    if (kind == wire::EntryKind::voters)
        if (auto checked = check_voters(payload); !checked) return checked.error();
    return append_own(kind, std::move(payload));
}

LogIndex Raft::append_own(wire::EntryKind kind, Bytes payload) {
    HA_ASSERT(is_leader());
    wire::LogEntry entry{.index = after(log_.last_index()),
                         .term = term_,
                         .kind = kind,
                         .payload = std::move(payload)};
    log_.append(std::move(entry));
    // Voters count from the moment they are stored (4.1).
    if (kind == wire::EntryKind::voters) settle_peers(now_);
    return log_.last_index();
}

/// One voter added or removed; the ones that stay keep a majority in common (4.1).
Result<void> Raft::check_voters(ByteView payload) const {
    std::vector<wire::Voter> wanted;
    if (!wire::decode_voters(payload, wanted))
        return failure(FailureCode::invalid, "the list of voters cannot be read");
    if (wanted.empty()) return failure(FailureCode::invalid, "a cluster needs at least one voter");
    if (!has_committed_in_term())  // the correction of 2015
        return failure(FailureCode::unavailable,
                       "this leader has committed no entry of its own term yet");
    if (is_voters_change_under_way())
        return failure(FailureCode::unavailable, "another change of the voters is under way");
    std::vector<wire::Voter> added;
    std::size_t removed = 0;
    for (const auto& voter : wanted)
        if (std::ranges::find(voters(), voter) == voters().end()) added.push_back(voter);
    for (const auto& voter : voters())
        if (std::ranges::find(wanted, voter) == wanted.end()) removed++;
    if (added.size() + removed != 1)
        return failure(FailureCode::refused,
                       "exactly one voter can be added or removed at a time; this adds " +
                           std::to_string(added.size()) + " and removes " +
                           std::to_string(removed));
    if (added.empty()) return {};
    const auto* peer = find_peer(added.front().node);
    const bool is_ready = peer != nullptr && peer->has_answered && is_reachable(peer->node) &&
                          peer->store == added.front().store &&
                          peer->match.value + k_limit_voter_lag_entries >= committed_.value;
    if (is_ready || added.front() == wire::Voter{options_.self, answering_store()}) return {};
    return failure(FailureCode::unavailable,
                   "node " + std::to_string(added.front().node.value) +
                       " is not in contact with that store, or has not caught up yet");
}

void Raft::compact(LogIndex index, Bytes document) {
    HA_ASSERT(index <= delivered_);
    HA_ASSERT(document.size() <= k_limit_document_bytes);
    if (index <= log_.snapshot().index) return;
    log_.compact(index, std::move(document));
}

}  // namespace ha::consensus
