// Seeded bugs: faults that a build of the simulator switches on to prove that it would find them.
//
// Shipped builds compile every question to `false`. A build with -Dseeded_bugs=true (tests only)
// asks a variable that the simulator sets from its command line.
#pragma once

namespace ha {

enum class SeededBug {
    none,
    skip_persisting_vote,       ///< a vote is sent without being durable
    ignore_lease,               ///< a node goes on after its lease has run out
    forget_epoch_check,         ///< a start of a stale epoch is carried out
    answer_lease_after_down,    ///< a voter that has stored down(X) goes on answering X
    lease_before_catch_up,      ///< a lease is answered to a node that has not applied its loss
    digest_as_release,          ///< "offline" in a report is taken for released(G, k)
    older_record_keeps_vote,    ///< a store that lost its newest record goes on voting
    monitor_acts_while_stopping,  ///< a monitor recovers a group that starts, stops or is frozen
    reboot_count_after_reboot,  ///< a reboot is carried out before its count is durable
    adopt_what_was_severed,     ///< a restarted daemon goes on with a group that its guard severed
    sever_late,                 ///< the guard severs half a lease after the lease's end
    witness_sent_before_own_disk,        ///< the witness gets an entry that its leader may lose
    witness_votes_below_last,            ///< it votes for a node that lacks what it acknowledged
    witness_answers_lease_after_down,    ///< it answers a node whose down(X) it acknowledged
    two_node_cold_start_alone,  ///< a node that starts goes on without ever having met the other
    view_without_lease_wait,    ///< one of two goes on while the other's lease may still run
    both_histories_kept,        ///< of two histories that meet, none is given up
    fence_success_without_verification,  ///< what the agent says is taken for what is (F22)
    admit_during_shot,          ///< a node takes part while a shot at it is under way (F22)
    both_shoot_at_once,         ///< of two nodes the one with less to lose does not wait (F22)
    order_of_shots_as_applied,  ///< which of two shoots first each takes from what it applied (F22)
    reset_without_watchdog_time, ///< a lease's end counts as the reset that comes after it (F21)
    snapshot_renews_voters,     ///< a snapshot's voters are taken for as new as the snapshot
    change_under_running,       ///< resources are changed under a group that runs
    vote_for_older_log,         ///< a vote is given to a candidate that may lack what is committed
    vote_twice_in_a_term,       ///< whoever asks next is voted for too
    append_anywhere,            ///< entries are stored behind whatever stands before them
    acknowledge_before_durable, ///< an entry is acknowledged before it is durable
    lease_from_newest_heartbeat, ///< an answer counts from the newest heartbeat, not from its own
    lease_over_at_first_promise, ///< one voter's promise is taken for those of a quorum
    answers_forgotten_at_restart, ///< a restarted voter thinks that it had answered nobody
    promise_before_durable,     ///< a voter promises what its disk does not hold yet
    same_boot_taken_for_another, ///< a restarted daemon's groups are taken for stopped
    exclusion_forgotten,        ///< a node is given a group that excludes one it has
    raise_without_all,          ///< the version is raised though a lost node may not know it
    capacity_forgotten,         ///< a node is given more than it has room for
    recover_keeps_terms,        ///< a recovery takes terms and incarnations that may be used up
    recover_keeps_store_id,     ///< what the recovered store had promised goes on to count
    recovered_history_followed, ///< old stores go on with it, and are not made anew
    shared_swap_lost_is_won,    ///< a swap that another node won at a shared witness counts as ours
    shared_block_over_at_once,  ///< a lease that a shared witness answered is taken for over
    hand_started_kept,          ///< what runs without a right is told, and left running
};

#ifdef HA_SEEDED_BUGS
inline SeededBug seeded_bug_on = SeededBug::none;
inline bool is_seeded(SeededBug bug) { return seeded_bug_on == bug; }
#else
constexpr bool is_seeded(SeededBug) { return false; }
#endif

}  // namespace ha
