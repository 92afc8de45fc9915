// What the engine keeps of others and of its own doings, beside the fields of its parts (impl.hpp):
// values without rules, each used by the subjects that it names, and the times and limits of all.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "base/version.hpp"
#include "detect/quality.hpp"
#include "engine/input.hpp"
#include "lifecycle/service.hpp"
#include "membership/alone.hpp"
#include "wire/channel.hpp"

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
/// How much longer than an interval, as its fraction, a follower waits for the beat it follows.
inline constexpr int k_beat_along_slack = 8;

/// Round trips that differ by less are no news, however short the interval.
inline constexpr Duration k_jitter_never_poor = 20ms;

/// The leader's heartbeat is followed by one of ours at once, which carries the reply to it.
struct BeatAlong {
    NodeId to;
    InterconnectId on;
    wire::HeartbeatReply reply;
};

/// What another node told us, in the run (start number) that it is in.
struct Peer {
    StartNumber start;
    bool has_heartbeat = false;
    Instant heard_since;                           ///< first heartbeat of this run
    wire::Heartbeat heartbeat;                     ///< newest by sequence number
    Instant heartbeat_at;                          ///< when that came
    std::optional<Instant> stalled_at;             ///< told last that its engine stands still
    std::map<InterconnectId, Duration> round_trip; ///< smoothed
    std::map<InterconnectId, detect::PathQuality> quality;
    lifecycle::ServiceStatus service;
    std::uint64_t service_version = 0;
    std::uint64_t status_version_seen = 0;         ///< of ours, by it
    std::uint64_t status_sent_version = 0;
    Instant status_sent_at;
    std::optional<wire::DownNotice> down_notice;   ///< this run is over
    bool is_refusal_told = false;                  ///< it is of another cluster, or version
    Version version_max = 0;                       ///< as it told; 0: not yet
    std::string software;                          ///< what it runs, for display
    // These outlive a restart of the node: they are about its store.
    StoreId counted_store;
    std::uint64_t counter_max = 0;                 ///< highest record counter heard of that store
    bool is_store_behind = false;                  ///< it forgot records (safety.md F9)
};

/// A message of consensus that may leave only when its write is durable.
struct HeldMessage {
    std::uint64_t after = 0;  ///< consensus' own number
    NodeId to;
    wire::Message message;
};

/// A request under way: answered when its entry is applied, or refused, or its time is over.
struct PendingRequest {
    NodeId origin;            ///< self: answered by an Answer; else by a RequestAnswer
    RequestId id;             ///< of the origin
    RequestBody body;
    Instant deadline;
    std::optional<LogIndex> index;  ///< leader: proposed here, in `term`
    Term term;
    bool is_in_batch = false;       ///< leader: in the batch that is being made
    NodeId forwarded_to;      ///< follower: sent to this leader, at
    Instant forwarded_at;
    std::string done_text;
};

/// What another node was answered: told again when it asks again, and not done a second time.
struct AnswerKept {
    NodeId origin;
    wire::RequestAnswer reply;
};

/// Which of two that are silent to each other shoots when (shooting.cpp).
enum class ShotOrder : std::uint8_t {
    first,
    second,
    unsure,  ///< our log holds something that the other may not have, or not have applied
};
constexpr const char* to_string(ShotOrder order) {
    switch (order) {
        case ShotOrder::first: return "first";
        case ShotOrder::second: return "second";
        case ShotOrder::unsure: return "unsure";
    }
    return "?";
}

/// That the other one of two is harmless, beside its silence.
enum class Evidence : std::uint8_t {
    none,
    shot,     ///< a shot of ours, verified
    by_hand,  ///< an operator's word
};

/// One of two nodes, in this process (alone.cpp); what it decided stands in the log.
struct Alone {
    /// Our view was that of the other too since this process started, or names us alone.
    bool is_view_current = false;
    bool is_decided_against = false;
    std::optional<Instant> silent_since;   ///< of the other
    membership::AloneVerdict verdict = membership::AloneVerdict::not_alone;
    struct Question {
        std::uint64_t number = 0;
        Instant asked_at;
        Duration timeout{0};
    };
    std::deque<Question> questions;        ///< under way, oldest first
    Instant ask_due;
    std::optional<Instant> answered_at;    ///< when the newest one that was answered was asked
    bool was_given = false;
    std::string text;                      ///< of the newest answer
    // shooting.cpp; what is under way stands in the store
    ShotOrder order = ShotOrder::second;   ///< as it was when the silence began
    std::uint32_t rounds = 0;              ///< shots decided in this silence
    Instant shoot_again;
    PersistSeq shot_noted;
    bool is_shot_wanted = false;           ///< until it has come to a verdict
    bool is_shot_told = false;
    std::string failure;                   ///< of the newest one, for people
    std::optional<StartNumber> fenced;     ///< this start of the other is harmless
    bool is_off_by_hand = false;           ///< an operator says so, and no device
};

/// An operator's `recover` that is on its way to the disk (recover.cpp).
struct Recovery {
    PendingRequest request;
    LogIndex index;               ///< of the mark; applied: it is done
    bool was_lease_held = false;  ///< when it was asked for: then what runs goes on
    bool is_answered = false;     ///< the request's time was over
};

}  // namespace ha::engine
