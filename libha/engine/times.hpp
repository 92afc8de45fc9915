// Times and limits of the engine, each used by the subjects that it names.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.hpp"

namespace ha::engine {

/// A checkpoint of the state's digest is taken so often (safety.md F23).
inline constexpr std::uint64_t k_digest_interval_entries = 64;
inline constexpr Duration k_founding_resend = 500ms;
inline constexpr Duration k_status_resend = 500ms;
/// Longer than the largest document travels on a bad link.
inline constexpr Duration k_document_resend = 5s;
inline constexpr Duration k_request_timeout = 15s;
/// A request that was not answered yet is told to the leader again.
inline constexpr Duration k_request_resend = 500ms;
/// Answers kept for nodes that ask again, because the answer was lost.
inline constexpr std::size_t k_limit_answers_kept = 1024;
/// Reports of one node between two duties of the leader.
inline constexpr std::size_t k_limit_reports = 16384;
/// Writes under way: with so many waiting for a disk that hangs, no entries are taken from leaders.
inline constexpr std::size_t k_limit_writes_under_way = 32;
/// Messages that wait for a write; what is dropped beyond is asked for again.
inline constexpr std::size_t k_limit_held_messages = 1024;
/// Packets that prove nothing are told of so often, with their number.
inline constexpr Duration k_refusals_quiet = 10s;
/// Bounds of the distance between candidates of neighbouring rank, which is the time of a vote.
inline constexpr Duration k_election_step_min = 2ms;
inline constexpr Duration k_election_step_max = 2s;
/// Who leaves last stays so long after the others, for those who ask it about them.
inline constexpr Duration k_last_stay = 700ms;
/// As long as the disk has not shown how quick it is.
inline constexpr Duration k_election_step_unknown = 8ms;
inline constexpr Duration k_resend_min = 20ms;
inline constexpr Duration k_step_min = 50us;
/// What is counted down is written down so often, for a leader that follows.
inline constexpr Duration k_countdown_period = 30s;
/// So often while a configuration is on trial: people wait for it to return.
inline constexpr Duration k_countdown_period_on_trial = 5s;
/// A clock that is late by less than this at a wake-up was not stopped, only noisy.
inline constexpr Duration k_gap_tolerance_min = 2ms;
/// Heartbeats out of turn in an interval, in a cluster of one node; among more, each sends fewer.
inline constexpr std::size_t k_beats_out_of_turn = 128;
/// A death is told, a promise about it, that the promise is durable, and that the lease is over.
inline constexpr std::size_t k_beats_out_of_turn_min = 4;
/// How much longer than an interval, as its fraction, a follower waits for the beat it follows.
inline constexpr int k_beat_along_slack = 8;

/// Round trips that differ by less are no news, however short the interval.
inline constexpr Duration k_jitter_never_poor = 20ms;

}  // namespace ha::engine
