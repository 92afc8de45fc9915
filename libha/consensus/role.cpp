// Roles: become_X are the only functions that change them; who may stand, and when.
#include <algorithm>

#include "base/assert.hpp"
#include "base/seeded_bug.hpp"
#include "consensus/raft.hpp"
#include "membership/quorum.hpp"

namespace ha::consensus {

void Raft::become_follower(Instant now, Term term, NodeId leader) {
    HA_ASSERT(term >= term_);
    if (term > term_) {
        term_ = term;
        voted_for_ = NodeId{};
        is_ballot_changed_ = true;
    }
    role_ = Role::follower;
    settle_role();
    leader_ = leader;
    votes_ = {};
    peers_.clear();
    transfer_to_ = NodeId{};
    election_at_ = Instant::max();
    arm_candidacy(now);
}

/// Voters are, and also whoever the newest entry removes as long as that is not known committed: it
/// may be the only one with that entry, and then nobody else could win (4.2.2). It has no vote
/// then.
bool Raft::is_electable() const {
    if (is_voter()) return true;
    if (!may_vote() || !is_voters_change_under_way()) return false;
    return std::ranges::find(log_.voters_before(), wire::Voter{options_.self, options_.store}) !=
           log_.voters_before().end();
}

NodeSet Raft::possible_voters() const {
    NodeSet out;
    for (const auto& voter : log_.voters()) out.insert(voter.node);
    if (is_voters_change_under_way())
        for (const auto& voter : log_.voters_before()) out.insert(voter.node);
    return out;
}

/// Learner or follower: the newest voters entry decides.
void Raft::settle_role() {
    switch (role_) {
        case Role::learner:
        case Role::follower:
            role_ = is_electable() ? Role::follower : Role::learner;
            return;
        case Role::pre_candidate:
        case Role::candidate:
            HA_ASSERT(is_electable());
            return;  // their log does not change
        case Role::leader:
            return;  // leads until the entry without it is committed (4.2.2)
    }
}

/// Asks whether it would be elected, without raising the term (9.6).
void Raft::become_pre_candidate(Instant now) {
    HA_ASSERT(may_stand());
    role_ = Role::pre_candidate;
    leader_ = NodeId{};
    votes_ = {options_.self};
    election_at_ = now + options_.election_step * 2 + candidacy_jitter();
    send_vote_requests(true, false);
    check_election(now);
}

void Raft::become_candidate(Instant now, bool is_transfer) {
    HA_ASSERT(is_electable());
    role_ = Role::candidate;
    leader_ = NodeId{};
    term_ = Term{term_.value + 1};
    voted_for_ = options_.self;
    is_ballot_changed_ = true;
    votes_ = {};
    election_at_ = now + options_.election_step * 2 + candidacy_jitter();
    send_vote_requests(false, is_transfer);
    check_election(now);
}

void Raft::become_leader(Instant now) {
    HA_ASSERT(role_ == Role::candidate);
    HA_ASSERT(voted_for_ == options_.self);
    role_ = Role::leader;
    leader_ = options_.self;
    votes_ = {};
    failed_rounds_ = 0;
    election_at_ = Instant::max();
    peers_.clear();
    settle_peers(now);
    append_own(wire::EntryKind::noop, {});
    // The quorum that elected us may be gone by now: a leader is never without one.
    if (!has_quorum_in_contact()) become_follower(now, term_, NodeId{});
}

/// The leader is silent, or leads no more: if we may, we stand after our delay.
void Raft::drop_leader(Instant now) {
    leader_ = NodeId{};
    arm_candidacy(now);
}

void Raft::on_leader_heard(Instant now, NodeId leader) {
    leader_ = leader;
    leader_heard_at_ = now;
    failed_rounds_ = 0;
    election_at_ = Instant::max();
}

bool Raft::has_live_leader() const {
    return leader_ && is_reachable(leader_);
}

/// With nobody to vote for us it is no use to stand, and would only raise delays.
bool Raft::may_stand() const {
    if (!is_electable() || has_live_leader()) return false;
    auto with = reachable_;
    with.insert(options_.self);
    return membership::has_quorum(voter_nodes(), with);
}

Duration Raft::candidacy_jitter() {
    const auto longest = options_.election_step * (std::int64_t{1} << failed_rounds_);
    return random_.up_to(std::min(longest, k_limit_candidacy_jitter));
}

void Raft::set_election_step(Duration step) {
    HA_ASSERT(step > Duration::zero());
    options_.election_step = step;
}

/// Starts the delay before we stand, if it does not run yet; stops it if we must not.
void Raft::arm_candidacy(Instant now) {
    if (role_ != Role::follower && role_ != Role::learner) return;
    if (!may_stand()) {
        election_at_ = Instant::max();
    } else if (election_at_ == Instant::max()) {
        election_at_ = now + options_.election_step * options_.rank + candidacy_jitter();
    }
}

void Raft::send_vote_requests(bool is_pre, bool is_transfer) {
    wire::VoteRequest request;
    request.pre = is_pre;
    request.transfer = is_transfer;
    request.term = is_pre ? Term{term_.value + 1} : term_;
    request.last_index = log_.last_index();
    request.last_term = log_.last_term();
    request.store = options_.store;
    // A vote is given to the log that we name, so that log must not get lost after it was named.
    for (auto node : voter_nodes())
        if (node != options_.self)
            send(node, request, is_pre ? Order::at_once : Order::when_durable);
}

/// Goes on to the next role when the votes suffice.
void Raft::check_election(Instant now) {
    if (role_ == Role::candidate && is_ballot_durable()) votes_.insert(options_.self);
    if (!membership::has_quorum(voter_nodes(), votes_)) return;
    switch (role_) {
        case Role::pre_candidate:
            return become_candidate(now, false);
        case Role::candidate:
            // Had it been elected by others before its own vote was durable, a crash could make it
            // stand again in the same term, with another log.
            if (is_ballot_durable()) become_leader(now);
            return;
        case Role::learner:
        case Role::follower:
        case Role::leader:
            return;
    }
}

}  // namespace ha::consensus
