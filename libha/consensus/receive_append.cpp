// AppendRequest and its reply (3.5).
#include <algorithm>

#include "base/assert.hpp"
#include "base/seeded_bug.hpp"
#include "consensus/raft.hpp"

namespace ha::consensus {

/// No gap, no falling term, none beyond the sender's, voters entries that can be read.
bool Raft::is_well_formed(const wire::AppendRequest& request) {
    auto index = request.previous_index;
    auto term = request.previous_term;
    for (const auto& entry : request.entries) {
        index = after(index);
        if (entry.index != index || entry.term < term) return false;
        term = entry.term;
        std::vector<wire::Voter> voters;
        if (entry.kind == wire::EntryKind::voters &&
            (!wire::decode_voters(entry.payload, voters) || voters.empty()))
            return false;
    }
    return term <= request.term;
}

/// A message that only a leader of `term` sends. False: there is nothing to take from it.
bool Raft::accept_leader(Instant now, NodeId from, Term term) {
    if (term < term_ || has_diverged_) return false;
    if (term == term_ && (is_leader() || (leader_ && leader_ != from))) {
        refused_count_++;  // two leaders in one term: somebody's promise was lost
        return false;
    }
    if (term > term_ || role_ == Role::pre_candidate || role_ == Role::candidate)
        become_follower(now, term, from);
    on_leader_heard(now, from);
    return true;
}

void Raft::on_message(Instant now, NodeId from, const wire::AppendRequest& request) {
    if (!is_well_formed(request)) {
        refused_count_++;
        return;
    }
    if (!accept_leader(now, from, request.term)) {
        if (request.term < term_) reply_append(from, false, committed_);
        return;
    }
    if (has_given_up_) {  // we have nothing that counts: the leader shall send its document
        reply_append(from, false, LogIndex{});
        return;
    }
    // What is committed here agrees with every later leader (3.6.3): no need to hold it any more.
    // Where it does not, there are two histories.
    const auto ours = log_.term_at(request.previous_index);
    if (request.previous_index <= committed_ && ours && *ours != request.previous_term) {
        has_diverged_ = true;
        return settle_role();
    }
    const auto previous = std::max(request.previous_index, std::min(committed_, log_.last_index()));
    const auto last = LogIndex{request.previous_index.value + request.entries.size()};
    if (request.previous_index > committed_ &&
        !log_.holds(request.previous_index, request.previous_term) &&
        !(is_seeded(SeededBug::append_anywhere) && request.previous_index <= log_.last_index())) {
        reply_append(from, false, mismatch_hint(request.previous_index));
        return;
    }
    store_entries(request, previous);
    if (has_diverged_) return;
    const auto matched = std::max(previous, last);
    set_committed(std::min(request.committed, matched));
    reply_append(from, true, matched);
}

/// Takes the entries after `previous`, dropping what contradicts them and all after it.
void Raft::store_entries(const wire::AppendRequest& request, LogIndex previous) {
    for (const auto& entry : request.entries) {
        // Committed entries cannot differ, unless there are two histories: then nothing is touched.
        const auto ours = log_.term_at(entry.index);
        if (entry.index <= committed_ && ours && *ours != entry.term) {
            has_diverged_ = true;
            settle_role();
            return;
        }
    }
    for (const auto& entry : request.entries) {
        if (entry.index <= previous || log_.holds(entry.index, entry.term)) continue;
        if (entry.index <= log_.last_index()) log_.truncate_from(entry.index);
        log_.append(entry);
    }
    settle_role();
}

/// From where on the leader should try: skips a whole term of ours at a time (3.5, last
/// paragraphs).
LogIndex Raft::mismatch_hint(LogIndex previous) const {
    if (previous > log_.last_index()) return log_.last_index();
    const auto wrong = log_.term_at(previous);
    auto index = before(previous);
    while (index > committed_ && log_.term_at(index) == wrong) index = before(index);
    return std::max(index, committed_);
}

void Raft::reply_append(NodeId to, bool success, LogIndex match) {
    send(to,
         wire::AppendReply{
             .term = term_, .success = success, .match = match, .store = answering_store()},
         is_seeded(SeededBug::acknowledge_before_durable) ? Order::at_once : Order::when_durable);
}

void Raft::on_message(Instant now, NodeId from, const wire::AppendReply& reply) {
    if (reply.term > term_) return become_follower(now, reply.term, NodeId{});
    auto* peer = find_peer(from);
    if (!is_leader() || reply.term < term_ || peer == nullptr) return;
    if (reply.match > log_.last_index()) {
        refused_count_++;
        return;
    }
    peer->on_answer(reply.store);
    if (reply.success) {
        on_stored(now, *peer, reply.match);
    } else {
        peer->on_mismatch(reply.match, log_.last_index());
    }
}

}  // namespace ha::consensus
