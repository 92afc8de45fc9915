// One node goes on without a quorum, and two histories meet (safety.md F7).
//
// Raft has no such thing, and needs none of its rules broken for it: the lone node appends a voters
// entry that names itself alone, and is elected by that list. Whether it may is decided outside.
#include "base/assert.hpp"
#include "base/seeded_bug.hpp"
#include "consensus/raft.hpp"

namespace ha::consensus {

void Raft::go_alone(Instant now, std::uint64_t term_step, Bytes commands) {
    HA_ASSERT(now >= now_);
    HA_ASSERT(term_step >= 1);
    HA_ASSERT(may_vote());
    now_ = now;
    become_follower(now, Term{term_.value + term_step - 1}, NodeId{});
    const Term term{term_.value + 1};
    const std::vector<wire::Voter> alone{{options_.self, options_.store}};
    log_.append({after(log_.last_index()), term, wire::EntryKind::voters,
                 wire::encode_voters(alone)});
    log_.append({after(log_.last_index()), term, wire::EntryKind::commands, std::move(commands)});
    settle_role();
    // Ballot and entries travel in one durable write; its own vote counts after that.
    become_candidate(now, false);
    HA_ASSERT(term_ == term && role_ == Role::candidate);
}

/// Whatever the old store had promised to the majority that is gone, its votes among it, is left
/// with its id: in the lists of voters that others may still have, this node is not any more.
void Raft::recover(Instant now, std::uint64_t term_step, const StoreId& anew, Bytes commands) {
    HA_ASSERT(!has_diverged_ && !has_given_up_);
    HA_ASSERT(anew && anew != options_.store);
    options_.may_vote = true;
    if (!is_seeded(SeededBug::recover_keeps_store_id)) {
        options_.store = anew;
        log_.become(anew);
    }
    go_alone(now, term_step, std::move(commands));
}

void Raft::give_up_history(Instant now, const StoreId& anew) {
    HA_ASSERT(now >= now_);
    HA_ASSERT(anew && anew != options_.store);
    now_ = now;
    has_diverged_ = false;
    has_given_up_ = true;
    store_anew_ = anew;
    become_follower(now, term_, NodeId{});
}

void Raft::keep_history(Instant now) {
    HA_ASSERT(now >= now_);
    now_ = now;
    if (!has_diverged_ && !has_given_up_) return;
    has_diverged_ = false;
    has_given_up_ = false;
    become_follower(now, term_, NodeId{});
}

}  // namespace ha::consensus
