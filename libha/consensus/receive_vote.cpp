// VoteRequest and its reply, real and preliminary (3.4, 9.6).
#include "base/assert.hpp"
#include "base/seeded_bug.hpp"
#include "consensus/raft.hpp"

namespace ha::consensus {

/// All but what the term says: is our vote free for this candidate?
bool Raft::may_grant(NodeId from, const wire::VoteRequest& request) const {
    // Without asking whether the candidate is a voter in our log: ours may be the older one
    // (4.2.3).
    if (!may_vote()) return false;
    if (!log_.is_up_to_date(request.last_index, request.last_term) &&
        !is_seeded(SeededBug::vote_for_older_log))
        return false;
    if (is_seeded(SeededBug::vote_twice_in_a_term)) return true;
    // A known leader of this term has won it: nobody else can.
    return request.pre || (!leader_ && (!voted_for_ || voted_for_ == from));
}

void Raft::on_message(Instant now, NodeId from, const wire::VoteRequest& request) {
    // Whom we follow asks to be elected: it was restarted, or stepped down.
    if (from == leader_ && request.term > term_) drop_leader(now);

    wire::VoteReply reply{
        .pre = request.pre, .granted = false, .term = term_, .store = answering_store()};
    // We are in contact with a leader: whoever stands now is cut off from it, or has not heard of
    // it yet (6.2). Not even its term is taken, or it could depose a leader that serves all others.
    if (has_live_leader() && !request.transfer && request.term > term_) {
        if (is_leader())
            if (auto* peer = find_peer(from)) peer->needs_notice = true;
        send(from, reply, Order::at_once);
        return;
    }
    if (request.pre) {
        reply.granted = request.term > term_ && may_grant(from, request);
        if (reply.granted) reply.term = request.term;
        send(from, reply, Order::at_once);
        return;
    }
    if (request.term > term_) become_follower(now, request.term, NodeId{});
    reply.term = term_;
    reply.granted = request.term == term_ && !is_leader() && may_grant(from, request);
    if (reply.granted) {
        if (voted_for_ != from) is_ballot_changed_ = true;
        voted_for_ = from;
        become_follower(now, term_, NodeId{});
        // Give it the time to win before we stand ourselves.
        if (election_at_ != Instant::max())
            election_at_ = election_at_ + options_.election_step * 2;
    }
    send(from, reply,
         is_seeded(SeededBug::skip_persisting_vote) ? Order::at_once : Order::when_durable);
}

void Raft::on_message(Instant now, NodeId from, const wire::VoteReply& reply) {
    const auto is_from_voter = [&] {
        for (const auto& voter : voters())
            if (voter.node == from) return voter.store == reply.store;
        return false;
    };
    if (!reply.granted) {
        if (reply.term > term_) become_follower(now, reply.term, NodeId{});
        return;
    }
    const bool is_of_this_round =
        reply.pre ? role_ == Role::pre_candidate && reply.term == Term{term_.value + 1}
                  : role_ == Role::candidate && reply.term == term_;
    if (!is_of_this_round || !is_from_voter()) return;
    votes_.insert(from);
    check_election(now);
}

}  // namespace ha::consensus
