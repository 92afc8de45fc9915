// Two nodes: going on alone, and histories that meet.
#include "membership/alone.hpp"

#include <algorithm>
#include <tuple>

#include "base/seeded_bug.hpp"

namespace ha::membership {

AloneVerdict judge_alone(const AloneFacts& facts) {
    if (!facts.is_pair || !facts.is_other_silent) return AloneVerdict::not_alone;
    const bool is_current = facts.is_view_current || facts.may_start_alone ||
                            is_seeded(SeededBug::two_node_cold_start_alone);
    if (!is_current) return AloneVerdict::waits_for_contact;
    if (facts.is_decided_against) return AloneVerdict::lost;
    if (!facts.has_evidence) return AloneVerdict::waits_for_evidence;
    if (facts.other_lease_remaining > Duration::zero() &&
        !is_seeded(SeededBug::view_without_lease_wait))
        return AloneVerdict::waits_for_lease;
    return AloneVerdict::may_go_alone;
}

namespace {

/// Marks that `a` has and `b` has not. A mark older than all that the other one names was forgotten
/// there, or left out, and says nothing.
template <class Visit>
void for_each_missing(std::span<const ViewMark> a, std::span<const ViewMark> b, Visit visit) {
    for (const auto& mark : a) {
        if (!b.empty() && mark.number < b.front().number) continue;
        if (std::find(b.begin(), b.end(), mark) == b.end()) visit(mark);
    }
}

}  // namespace

Kinship compare_histories(std::span<const ViewMark> ours, LogIndex our_committed,
                          std::span<const ViewMark> theirs, LogIndex their_committed) {
    bool has_ours = false;
    bool has_theirs = false;
    bool is_contradicted = false;
    // A mark stands behind the voters entry that belongs to it. Who has committed something else at
    // that place, or behind it, has gone another way. Behind a recovery there may be anything: the
    // majority had agreed on what the one that recovered does not know, and whoever was in it may
    // not know either that it was agreed on. Only who has nothing has nothing that contradicts.
    const auto contradicts = [](const ViewMark& mark, LogIndex committed) {
        if (mark.is_recovery && !is_seeded(SeededBug::recovered_history_followed))
            return committed > LogIndex{};
        return mark.index.value <= committed.value + 1;
    };
    for_each_missing(theirs, ours, [&](const ViewMark& mark) {
        has_theirs = true;
        is_contradicted = is_contradicted || contradicts(mark, our_committed);
    });
    for_each_missing(ours, theirs, [&](const ViewMark& mark) {
        has_ours = true;
        is_contradicted = is_contradicted || contradicts(mark, their_committed);
    });
    if (is_contradicted || (has_ours && has_theirs)) return Kinship::forked;
    if (has_theirs) return Kinship::newer;
    return has_ours ? Kinship::older : Kinship::same;
}

bool has_all_marks(std::span<const ViewMark> theirs, std::span<const ViewMark> ours) {
    bool has_all = true;
    for_each_missing(ours, theirs, [&](const ViewMark&) { has_all = false; });
    return has_all;
}

bool is_parted_by_recovery(std::span<const ViewMark> ours, std::span<const ViewMark> theirs) {
    bool is_parted = false;
    const auto look = [&](const ViewMark& mark) { is_parted = is_parted || mark.is_recovery; };
    for_each_missing(theirs, ours, look);
    for_each_missing(ours, theirs, look);
    return is_parted;
}

bool is_ours_base(std::span<const ViewMark> ours, std::span<const ViewMark> theirs) {
    if (ours.empty() || theirs.empty()) return !ours.empty();
    const auto& a = ours.back();
    const auto& b = theirs.back();
    // The random id only parts marks that agree in all the rest, which none can.
    return std::tuple(a.number, a.term, b.rank, a.id) > std::tuple(b.number, b.term, a.rank, b.id);
}

}  // namespace ha::membership
