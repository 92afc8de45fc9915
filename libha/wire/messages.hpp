// Messages between nodes. Each travels inside an authenticated session (session.hpp), so the sender
// and its start number are known before a message is looked at.
//
// message          from      to         meaning
// Heartbeat        node      node       I live; what I have, hear, block and want
// HeartbeatReply   voter     node       I heard heartbeat `seq`; a lease, or refused. Also within a
//                                       heartbeat that follows one of the leader's at once
// VoteRequest/Reply          Raft 5.2, with pre-vote (dissertation 9.6)
// AppendRequest/Reply        Raft 5.3
// SnapshotRequest/Reply      Raft 7, whole document; large messages travel by bulk.hpp
// TimeoutNow       leader    voter      leadership transfer (dissertation 3.10)
// Founding         founder   node       the first document of a cluster (safety.md D3)
// DownNotice       node      node       this start is over; these groups are verified stopped (F11)
// Report           node      leader     commands the sender asks to be committed; idempotent
// StatusReport     node      node       states of the sender's groups, for display only
// ForwardedRequest node      leader     an administrator's request made at another node
// RequestAnswer    leader    node       what became of it
// Witness...       node      witness    see witness.hpp
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/version.hpp"
#include "base/view_mark.hpp"
#include "wire/log.hpp"
#include "wire/witness.hpp"

namespace ha::wire {

/// A voter answers no lease of `node` until that node has applied `index` (safety.md F1), and the
/// last lease it answered is over at the latest `remaining` after this was sent.
///
/// `term` is that of the entry at `index`: the leader counts the block only when its own log has
/// the same entry and the sender is in its term. Without that, a voter whose uncommitted entry was
/// cut off, and which then answered `node` again, would be counted on its old word.
struct LeaseBlock {
    NodeId node;
    LogIndex index;
    Term term;               ///< none: applied here, hence committed
    Duration remaining{0};
    bool operator==(const LeaseBlock&) const = default;
};

/// The leader's note that the lease of `node` as of `index` is over for certain. Never taken back.
struct LeaseOver {
    NodeId node;
    LogIndex index;
    auto operator<=>(const LeaseOver&) const = default;
};

struct HeartbeatReply {
    HeartbeatSeq seq;
    Duration lease_length{0};           ///< 0: refused, see blocked_index
    LogIndex blocked_index;             ///< refused: apply (or, for voters, store) this first
    std::uint64_t store_counter_seen = 0;  ///< highest that this store id was ever heard with (F9)
    std::uint64_t status_version_seen = 0;
    bool operator==(const HeartbeatReply&) const = default;
};

struct Heartbeat {
    HeartbeatSeq seq;
    Version version_min = k_version_oldest;  ///< who knows none of these cannot take part with me
    Version version_max = k_version_newest;
    ClusterId cluster;                ///< none: this store is empty
    BootId boot;
    StoreId store;
    std::uint64_t store_counter = 0;  ///< newest durable record of this store
    bool store_lost = false;          ///< the store lost records, or replaces one that did and
                                      ///< has no document yet: neither votes nor founds
    std::uint64_t spec_digest = 0;    ///< of the configuration file, for founding
    Term term;
    NodeId leader;                    ///< whom I follow; none if nobody
    LogIndex committed;
    LogIndex applied;
    LogIndex last;                    ///< newest entry in the log
    LogIndex voters_index;            ///< of the newest voters entry in the log
    bool wants_lease = false;         ///< all that must not run here is stopped
    bool leaving = false;             ///< hand my groups over, I am about to stop
    Duration engine_age{0};           ///< age of the engine's last step (F18)
    Duration write_time{0};           ///< of a durable write, as a rule not exceeded (F33)
    Duration fence_time{0};           ///< longest that a fence device took; 0: not known (F22)
    std::vector<NodeId> hears;        ///< nodes heard within the timeout
    std::vector<LeaseBlock> blocks;
    std::vector<LeaseOver> leases_over;
    std::uint64_t status_version = 0; ///< newest StatusReport of this start
    LogIndex digest_index;            ///< checkpoint of `state_digest` (F23)
    std::uint64_t state_digest = 0;
    std::vector<ViewMark> view_marks; ///< of my log, uncommitted ones included (F7)
    std::optional<HeartbeatReply> reply;  ///< to the heartbeat that this one follows at once
    bool operator==(const Heartbeat&) const = default;
};

struct VoteRequest {
    bool pre = false;
    bool transfer = false;              ///< asked by the leader itself: live leaders do not refuse it
    Term term;
    LogIndex last_index;
    Term last_term;
    StoreId store;
    bool operator==(const VoteRequest&) const = default;
};
struct VoteReply {
    bool pre = false;
    bool granted = false;
    Term term;
    StoreId store;
    bool operator==(const VoteReply&) const = default;
};
struct AppendRequest {
    Term term;
    LogIndex previous_index;
    Term previous_term;
    LogIndex committed;
    std::vector<LogEntry> entries;
    bool operator==(const AppendRequest&) const = default;
};
struct AppendReply {
    Term term;
    bool success = false;
    LogIndex match;                     ///< success: stored up to here; else: try from here
    StoreId store;
    bool operator==(const AppendReply&) const = default;
};
struct SnapshotRequest {
    Term term;
    ClusterId cluster;
    Snapshot snapshot;
    bool operator==(const SnapshotRequest&) const = default;
};
struct SnapshotReply {
    Term term;
    LogIndex index;
    StoreId store;
    bool operator==(const SnapshotReply&) const = default;
};
struct TimeoutNow {
    Term term;
    bool operator==(const TimeoutNow&) const = default;
};

struct Founding {
    ClusterId cluster;
    Snapshot snapshot;                  ///< index 1, term 1
    bool operator==(const Founding&) const = default;
};
struct DownNotice {
    std::vector<Released> released;
    bool operator==(const DownNotice&) const = default;
};
struct Report {
    Bytes commands;                     ///< model::encode of a command batch
    bool operator==(const Report&) const = default;
};
struct StatusReport {
    std::uint64_t version = 0;
    Bytes body;                         ///< lifecycle::encode of a NodeServiceStatus
    std::string software;               ///< since version 2; what the sender runs, for display
    bool operator==(const StatusReport&) const = default;
};
struct ForwardedRequest {
    RequestId request;
    Bytes body;                         ///< engine::encode of a request
    bool operator==(const ForwardedRequest&) const = default;
};
struct RequestAnswer {
    RequestId request;
    bool ok = false;
    FailureCode code = FailureCode::invalid;
    std::string text;
    bool operator==(const RequestAnswer&) const = default;
};

/// A follower whose state cannot be right any more asks its leader for the document (F23).
struct DocumentRequest {
    LogIndex applied;                   ///< nothing older is of use
    bool operator==(const DocumentRequest&) const = default;
};
struct DocumentReply {
    LogIndex index;                     ///< the document as of this entry
    Term term;
    Bytes document;                     ///< model::encode of the state
    bool operator==(const DocumentReply&) const = default;
};

/// Consensus speaks only these.
using ConsensusMessage = std::variant<VoteRequest, VoteReply, AppendRequest, AppendReply,
                                      SnapshotRequest, SnapshotReply, TimeoutNow, WitnessAppend,
                                      WitnessState>;

using Message = std::variant<Heartbeat, HeartbeatReply, VoteRequest, VoteReply, AppendRequest,
                             AppendReply, SnapshotRequest, SnapshotReply, TimeoutNow, Founding,
                             DownNotice, Report, StatusReport, ForwardedRequest, RequestAnswer,
                             DocumentRequest, DocumentReply, WitnessAsk, WitnessState,
                             WitnessAppend, WitnessRenew, WitnessFetch, WitnessKept>;

/// One message: its kind (the place in the variant), then its fields as version 1 had them. One
/// that has had another form since: kind + k_form_mark, the version of the form, and the fields.
/// It is made in the newest form that `version` knows, that of sender and receiver together.
Bytes encode(const Message& message, Version version = k_version_newest);
/// Fails on unknown kinds, forms above `version`, damaged fields, anything over its limit, and
/// trailing bytes.
Result<Message> decode(ByteView bytes, Version version = k_version_newest);
inline constexpr std::uint8_t k_form_mark = 0x80;
/// Name of the kind, for traces.
const char* name_of(const Message& message) noexcept;

}  // namespace ha::wire
