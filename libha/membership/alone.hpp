// Two nodes: may the one that is left go on alone, what may it run until that is decided, and which
// of two histories counts when they meet. Pure functions of what is known (safety.md F7).
//
//   together --- the other falls silent ---> undecided --- evidence, its lease over ---> alone
//      ^                                       |  |                                        |
//      |        contact, with the same view    |  | own right to run is over (ping, http)  |
//      +---------------------------------------+  v                                        |
//      ^                                       decided against --- contact, operator       |
//      |                                                                                   |
//      +------- the other returns, gets the document, and is a voter again ----------------+
//
// `alone` is a fact of the log (a voters entry that names this node only, behind a ViewMark); all
// other states are of this process, and a new process begins with none of them: it waits.
#pragma once

#include <span>

#include "base/time.hpp"
#include "base/view_mark.hpp"

namespace ha::membership {

/// What one of two nodes knows about its view, the other node, and the tie breaker.
struct AloneFacts {
    bool is_pair = false;             ///< the newest voters entry names both, with our store
    bool is_view_current = false;     ///< it was the other's view too, since this process started
    bool is_other_silent = false;     ///< on every path, for the timeout; or it said goodbye
    bool is_decided_against = false;  ///< our right to run went out while we were alone
    bool has_evidence = false;        ///< the tie breaker's, got after the other fell silent
    bool may_start_alone = false;     ///< alone_at_start is allowed, and the startup wait is over
    Duration other_lease_remaining{0};
};

enum class AloneVerdict : std::uint8_t {
    not_alone,           ///< no view of two, or the other is there
    waits_for_contact,   ///< this process does not know that its view is the newest
    lost,                ///< the partition was decided against us: contact, or an operator
    waits_for_evidence,
    waits_for_lease,     ///< the other may still run something under a lease that we gave
    may_go_alone,
};

AloneVerdict judge_alone(const AloneFacts& facts);

/// How the history of another node stands to ours.
enum class Kinship : std::uint8_t {
    same,        ///< no mark that the other has not
    newer,       ///< it has gone on behind what we have; we can follow
    older,
    forked,      ///< both have gone on: one of them has to be given up
};

/// `committed`: of the log that holds the marks. Symmetric: who asks at the other node gets the
/// mirrored answer.
Kinship compare_histories(std::span<const ViewMark> ours, LogIndex our_committed,
                          std::span<const ViewMark> theirs, LogIndex their_committed);

/// Has told every mark of ours, or has forgotten it as too old: it is of our history.
bool has_all_marks(std::span<const ViewMark> theirs, std::span<const ViewMark> ours);

/// A recovery parts the two: one of them was made without the majority of the other (safety.md D4).
bool is_parted_by_recovery(std::span<const ViewMark> ours, std::span<const ViewMark> theirs);

/// Of two histories that have forked: is ours the one that counts? The higher view number, then the
/// higher term, then the lower rank of who went on; one without marks never counts.
bool is_ours_base(std::span<const ViewMark> ours, std::span<const ViewMark> theirs);

}  // namespace ha::membership
