// Two nodes: the rule of going on alone over all of its facts, and histories that meet.
#include "membership/alone.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace ha;
using namespace ha::membership;

namespace {

ViewMark mark(std::uint32_t number, std::uint64_t term, std::uint16_t node, std::uint64_t index) {
    return {number, Term{term}, node - 1u, NodeId{node}, LogIndex{index},
            ViewMarkId{1000 * node + index}};
}

using Marks = std::vector<ViewMark>;

/// Both sides say the same about each other.
Kinship compare(const Marks& ours, std::uint64_t our_committed, const Marks& theirs,
                std::uint64_t their_committed) {
    const auto here = compare_histories(ours, LogIndex{our_committed}, theirs,
                                        LogIndex{their_committed});
    const auto there = compare_histories(theirs, LogIndex{their_committed}, ours,
                                         LogIndex{our_committed});
    switch (here) {
        case Kinship::same: CHECK(there == Kinship::same); break;
        case Kinship::newer: CHECK(there == Kinship::older); break;
        case Kinship::older: CHECK(there == Kinship::newer); break;
        case Kinship::forked: CHECK(there == Kinship::forked); break;
    }
    return here;
}

}  // namespace

TEST_CASE("F7: a node goes on alone exactly when every one of the conditions holds") {
    std::size_t allowed = 0;
    for (unsigned bits = 0; bits < 128; bits++) {
        AloneFacts facts;
        facts.is_pair = (bits & 1) != 0;
        facts.is_view_current = (bits & 2) != 0;
        facts.is_other_silent = (bits & 4) != 0;
        facts.is_decided_against = (bits & 8) != 0;
        facts.has_evidence = (bits & 16) != 0;
        facts.may_start_alone = (bits & 32) != 0;
        facts.other_lease_remaining = (bits & 64) != 0 ? Duration{1} : Duration{0};
        const bool is_known = facts.is_view_current || facts.may_start_alone;
        const bool expected = facts.is_pair && is_known && facts.is_other_silent &&
                              !facts.is_decided_against && facts.has_evidence &&
                              facts.other_lease_remaining == Duration::zero();
        CAPTURE(bits);
        CHECK((judge_alone(facts) == AloneVerdict::may_go_alone) == expected);
        allowed += expected;
    }
    CHECK(allowed == 3);
}

TEST_CASE("F7: what a node waits for is named, the thing that no time ends first") {
    AloneFacts facts;
    facts.is_pair = true;
    CHECK(judge_alone(facts) == AloneVerdict::not_alone);
    facts.is_other_silent = true;
    facts.other_lease_remaining = 1s;
    CHECK(judge_alone(facts) == AloneVerdict::waits_for_contact);
    facts.is_view_current = true;
    facts.is_decided_against = true;
    CHECK(judge_alone(facts) == AloneVerdict::lost);
    facts.is_decided_against = false;
    CHECK(judge_alone(facts) == AloneVerdict::waits_for_evidence);
    facts.has_evidence = true;
    CHECK(judge_alone(facts) == AloneVerdict::waits_for_lease);
}

TEST_CASE("F7: a log that has gone on behind what another has is newer, and no fork") {
    const Marks none;
    const Marks alone{mark(1, 3, 1, 12)};
    CHECK(compare(none, 9, none, 20) == Kinship::same);
    CHECK(compare(alone, 30, alone, 12) == Kinship::same);
    // B was away: what it had committed ends before A's mark, however long its tail is.
    CHECK(compare(none, 10, alone, 30) == Kinship::newer);
    CHECK(compare(alone, 30, none, 10) == Kinship::older);
}

TEST_CASE("F7 e: two lone runs from one point are a fork on either side, also uncommitted") {
    const Marks a{mark(1, 3, 1, 12)};
    const Marks b{mark(1, 3, 2, 12)};
    CHECK(compare(a, 20, b, 15) == Kinship::forked);
    CHECK(compare(a, 10, b, 10) == Kinship::forked);
    CHECK(compare(a, 20, b, 10) == Kinship::forked);
    // B's tail was longer when it went on: the mark is behind all that A has committed.
    const Marks late{mark(1, 3, 2, 40)};
    CHECK(compare(a, 20, late, 45) == Kinship::forked);
}

TEST_CASE("F7: who has committed something else at the place of a mark has forked without one") {
    const Marks none;
    const Marks recovered{mark(1, 1004, 1, 12)};
    // The voters entry of the mark stands at 11.
    CHECK(compare(none, 11, recovered, 30) == Kinship::forked);
    CHECK(compare(none, 10, recovered, 30) == Kinship::newer);
}

TEST_CASE("F7: marks that were forgotten say nothing, the newest ones decide") {
    Marks ours;
    for (std::uint32_t n = 1; n <= k_limit_view_marks; n++) ours.push_back(mark(n, n, 1, 10 * n));
    auto theirs = ours;
    theirs.erase(theirs.begin());
    theirs.push_back(mark(k_limit_view_marks + 1, 50, 1, 900));
    CHECK(compare(ours, 100, theirs, 950) == Kinship::newer);
    CHECK(compare(ours, 899, theirs, 950) == Kinship::forked);
}

TEST_CASE("F7: a large cluster names the newest mark alone: older ones are left out, not missing") {
    const Marks ours{mark(1, 3, 1, 12), mark(2, 4, 1, 20)};
    CHECK(compare(ours, 30, {ours.back()}, 25) == Kinship::same);
    CHECK(compare({ours.front()}, 18, {ours.back()}, 25) == Kinship::newer);
    CHECK(compare({ours.front()}, 22, {ours.back()}, 25) == Kinship::forked);
    CHECK(compare(ours, 30, {mark(2, 4, 2, 20)}, 25) == Kinship::forked);
}

TEST_CASE("F7: of two forks the higher view, then the higher term, then the lower rank counts") {
    const auto is_base = [](const Marks& a, const Marks& b) {
        CHECK(is_ours_base(a, b) != is_ours_base(b, a));
        return is_ours_base(a, b);
    };
    CHECK(is_base({mark(2, 3, 2, 50)}, {mark(1, 9, 1, 60)}));
    CHECK(is_base({mark(1, 9, 2, 50)}, {mark(1, 3, 1, 60)}));
    CHECK(is_base({mark(1, 3, 1, 50)}, {mark(1, 3, 2, 60)}));
    CHECK(is_base({mark(1, 3, 2, 50)}, {}));
    auto other = mark(1, 3, 1, 50);
    other.id = ViewMarkId{7};
    is_base({mark(1, 3, 1, 50)}, {other});
}

TEST_CASE("D4: who lacks a recovery has another history, however little it has of it") {
    auto recovery = mark(2, 1004, 1, 40);
    recovery.is_recovery = true;
    const auto before = mark(1, 3, 1, 12);
    const Marks recovered{before, recovery};
    for (const std::uint64_t committed : {1, 12, 38, 39, 90}) {
        CAPTURE(committed);
        CHECK(compare({before}, committed, recovered, 45) == Kinship::forked);
        CHECK(compare({}, committed, recovered, 45) == Kinship::forked);
        CHECK(is_parted_by_recovery(Marks{before}, recovered));
        CHECK(is_ours_base(recovered, Marks{before}));
    }
    // A store that has given its history up, or holds nothing yet, can follow.
    CHECK(compare({}, 0, recovered, 45) == Kinship::newer);
    CHECK(compare(recovered, 41, recovered, 45) == Kinship::same);
    CHECK_FALSE(is_parted_by_recovery(recovered, recovered));
    // Behind it they tell each other apart as ever.
    auto longer = recovered;
    longer.push_back(mark(3, 1005, 1, 60));
    CHECK(compare(recovered, 50, longer, 70) == Kinship::newer);
    CHECK(compare(recovered, 59, longer, 70) == Kinship::forked);
    CHECK_FALSE(is_parted_by_recovery(recovered, longer));
}
