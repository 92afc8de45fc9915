// The witness as a node sees it.
#pragma once

#include <cstdint>

#include "base/ids.hpp"
#include "base/limits.hpp"
#include "base/time.hpp"
#include "wire/witness.hpp"

namespace ha::engine {

/// The witness is asked so often as long as nobody needs it: the session stays warm (safety.md F17;
/// below the silence after which one is made anew), and it is known whether it would answer.
inline constexpr Duration k_witness_ask_slow = 500ms;
/// What is committed is copied to it at this pace, while it is not needed.
inline constexpr Duration k_witness_keep_slow = 1s;
inline constexpr Duration k_witness_fetch_resend = 500ms;
inline constexpr Duration k_witness_renew_resend = 500ms;
/// What may travel with the news that waits for its acknowledgement: a few datagrams.
inline constexpr std::size_t k_witness_append_bytes = 8 * 1024;
/// Its chain is begun anew, with a fresh document, when it has come so near to its limit.
inline constexpr std::size_t k_witness_chain_bytes = k_limit_witness_kept_bytes / 4 * 3;
inline constexpr std::size_t k_witness_chain_parts = k_limit_witness_parts / 4 * 3;
/// In an etcd the places of all parts are written anew with each change.
inline constexpr std::size_t k_etcd_chain_parts = 48;
/// A leader that only an etcd lets go on is held there for so long after its last beat.
inline constexpr Duration k_etcd_hold_min = 3s;

struct WitnessPeer {
    StartNumber start;
    bool has_answered = false;      ///< this start
    wire::WitnessState state;       ///< newest that was not brief
    HeartbeatSeq asked;             ///< newest ask
    HeartbeatSeq answered;          ///< newest ask that was answered
    Instant ask_due;
    Instant silent_since = Instant::max();  ///< max: nothing is unanswered
    Instant answered_at;
    Duration round_trip{0};         ///< smoothed
    bool is_heard_told = false;
    bool is_pressing = false;       ///< asked with every heartbeat
    Instant keep_due;
    bool is_too_large = false;      ///< the document does not fit; shown
    Instant fetch_due;
    Instant renew_due;
    Instant duty_due;
    StoreId renew_to;               ///< the identity it was given by us last
    std::string problem_told;
    // About its store, whatever its start:
    StoreId counted_store;
    std::uint64_t counter_max = 0;
    HeartbeatSeq counter_since;     ///< asks after this one are answered with that, or more
    bool is_behind = false;         ///< it forgot changes (safety.md F9)
};

}  // namespace ha::engine
