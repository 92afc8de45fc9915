// The witness's one rule book: what becomes of its record, and what it answers (safety.md F10).
//
// It is a voter that runs no groups and stores no log. What it must never forget of a log is where
// the newest one that it acknowledged ended: so it never helps a node to win that lacks what was
// committed with its help. Between two logs the order is (term, index): a new leader's shorter log
// replaces a longer old one, and nothing ever goes back.
//
// Invariants of the record:
//  1. `term` never falls; in one term at most one vote is given.
//  2. (last_term, last) never falls in this order, within one `store`.
//  3. No vote, real or preliminary, is given to a log that ends before it.
//  4. `blocks` are those of the log that ends at `last`; no lease is answered against them.
//  5. `kept` is one chain: each part continues the one before.
#pragma once

#include <variant>

#include "base/ids.hpp"
#include "wire/messages.hpp"

namespace ha::membership {

/// The longest lease a witness answers; a node that asks for more is refused.
inline constexpr Duration k_witness_lease_max{30 * 24 * 3'600'000'000'000};

using WitnessRequest = std::variant<wire::VoteRequest, wire::WitnessAsk, wire::WitnessAppend,
                                    wire::WitnessRenew, wire::WitnessFetch>;
using WitnessAnswer = std::variant<wire::VoteReply, wire::WitnessState, wire::WitnessKept>;

struct WitnessStep {
    wire::WitnessRecord record;  ///< `counter` one higher when anything changed; else as it was
    WitnessAnswer answer;        ///< must not be sent before the record is durable
    bool is_kept_replaced = false;
    std::size_t kept_added = 0;  ///< parts at the end of `kept` that are new
};

/// Pure: the same arguments give the same step. In the answer, the times that leases still run and
/// whether a leader is heard are not filled in: they are no part of the record.
WitnessStep witness_step(wire::WitnessRecord record, NodeId from, const WitnessRequest& request,
                         bool is_light);

/// What the record says, as an answer to something else than an ask.
wire::WitnessState witness_state(const wire::WitnessRecord& record, bool is_light);

}  // namespace ha::membership
