// Inputs of the engine: everything that can happen to a node, as values. A recorded list of these
// replays an incident exactly (cluster.md 9).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "base/limits.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "lifecycle/operation.hpp"
#include "lifecycle/service.hpp"
#include "model/command.hpp"
#include "wire/crypto.hpp"
#include "wire/store.hpp"

namespace ha::engine {

/// Everything the engine needs to begin. It is given to the constructor, not to step().
struct Start {
    NodeId self;
    model::ClusterSpec spec;            ///< of the configuration file; the committed one wins
    wire::StoreState store;             ///< as recovered
    /// The store's document, if it was decoded already: what the engine would make of its bytes.
    std::optional<model::ClusterState> document;
    /// The store is new because the one before lost a record (safety.md F9): its id is no voter's
    /// until a leader adds it, and it founds no cluster.
    bool is_store_replaced = false;
    /// The machine was reset while it held something that needs fencing (safety.md F24).
    bool is_reset_for_safety = false;
    bool may_reboot = true;             ///< the program can carry out a reboot or power-off
    BootId boot;
    std::vector<lifecycle::Held> held;  ///< from the run record of this boot
    /// What a guard beside us says of the time before this start (safety.md F12): what it severed,
    /// and until when our predecessor's lease runs. None: there was no guard, or it knows nothing.
    std::vector<lifecycle::Held> severed;
    std::optional<Instant> lease_inherited;
    std::uint64_t log_entries_max = k_limit_log_entries;  ///< before a snapshot is taken; 1 or more
    Version version_max = k_version_newest;  ///< takes part as software of this version would
    std::string software;               ///< what the program calls its version, for display
    Seed seed{};
    std::vector<std::pair<std::uint32_t, wire::Key>> keys;  ///< key id, key
    std::uint32_t key_in_use = 0;
};

/// Time passed. May come at any time; has to come at Actions::next_deadline at the latest.
struct Tick {};

struct DatagramReceived {
    InterconnectId interconnect;
    Bytes bytes;
    /// Another one came with it and is handed in next: nothing is decided before the last is read.
    bool has_more = false;
};

/// The batch with this number, and all before it, are durable.
struct Persisted {
    PersistSeq seq;
};
/// A batch could not be made durable. The store counts as lost from here on (safety.md F9).
struct PersistFailed {
    PersistSeq seq;
    std::string text;
};

// Requests of administrators and embedders. Each is answered by exactly one Answer.
struct GroupStart {
    GroupId group;
    NodeId node;              ///< none: the policy decides
};
struct GroupStop {
    GroupId group;
};
struct GroupMove {
    GroupId group;
    NodeId node;              ///< none: the next one of the policy
    Duration deadline{0};     ///< it goes back unless it is online there by then; 0: it stays
    bool is_banned = false;   ///< it is not to come back before the ban is over, or cleared
};
struct GroupFailover {        ///< as if its owner had failed
    GroupId group;
    NodeId node;              ///< none: the next one of the policy
};
struct GroupFreeze {          ///< nothing is done about it, but what is asked for
    GroupId group;
    bool on = false;
};
/// Of a group that goes on running: stop the resource and what depends on it, or start it and what
/// it needs. Stays so until the group is started anew.
struct ResourceWish {
    GroupId group;
    ResourceId resource;
    bool is_stopped = false;
};
struct GroupClear {           ///< forget on which nodes it failed
    GroupId group;
    NodeId node;              ///< none: all
};
struct ResourceRestart {      ///< in place, on the owner; resource none: the whole group
    GroupId group;
    ResourceId resource;
};
struct SetNodeMode {
    NodeId node;
    model::NodeMode mode = model::NodeMode::in_service;
    std::string reason;       ///< for people; isolated needs one
};
struct MonitorPause {
    MonitorId monitor;        ///< none: all
    bool paused = false;
    Duration left{0};         ///< 0: until it is resumed
};
struct MonitorInject {        ///< it says "bad", for a drill
    MonitorId monitor;        ///< none, to end it: all
    bool on = false;
    Duration left{0};         ///< 0: until it is taken back
};
struct TimeoutRatio {         ///< all timeouts so many times as long
    std::uint32_t ratio = 1;
    Duration left{0};
};
struct RebootsReset {         ///< the node begins to count its reboots anew
    NodeId node;
};
struct SpecApply {
    model::ClusterSpec spec;  ///< its revision is the one it was made from
    Duration confirm_within{0};    ///< taken back unless confirmed by then; 0: it stays
    bool may_stop_groups = false;  ///< and start them again, where the change needs that
};
/// The configuration that is on trial stays.
struct SpecConfirm {};
/// It is taken back now; or a change that is under way is given up.
struct SpecRevert {};
/// A node, or all of them, stops its service, restarts it, or takes its machine down.
struct ServiceOrder {
    NodeId node;              ///< none: all that are up
    model::NodeOrder order = model::NodeOrder::stop;
    NodeId asked_at;          ///< leaves last when all do, so that who asked sees the end
    bool may_lose_quorum = false;  ///< else refused when the others could not go on
    std::string reason;
};
/// Groups run on, and nothing is placed or recovered; or that again.
struct ClusterSuspend {
    bool on = false;
};
/// Found a cluster of this node alone; the others join it (safety.md D3).
struct ClusterInit {};

/// One of two nodes goes on without the other, which an operator says is off (safety.md F7).
struct GoAlone {
    NodeId without;
};
/// The majority is gone for good: this node goes on alone; all others, each of which an operator
/// names, are off (safety.md D4).
struct RecoverAlone {
    std::vector<NodeId> off;
};
/// Make a node harmless by its fence devices, whether it is lost or not.
struct NodeFence {
    NodeId node;
};
/// An operator says that this start of the node, which is down, is off (safety.md F37).
struct NodeConfirmOff {
    NodeId node;
    StartNumber start;
};
/// Begin a new record at the witness: it was restored from a copy, or belongs to another cluster.
/// Accepted only with a majority of the nodes (safety.md F10).
struct RenewWitness {};

// Of a checkpoint: model::WriteSection and EraseSection as they are. Without an epoch they are of
// the activation that runs on the node where they are asked for.

using RequestBody = std::variant<GroupStart, GroupStop, GroupMove, GroupClear, ResourceRestart,
                                 SetNodeMode, MonitorPause, SpecApply, ClusterInit,
                                 GroupFailover, GroupFreeze, ResourceWish, MonitorInject,
                                 TimeoutRatio, RebootsReset, NodeFence, NodeConfirmOff,
                                 GoAlone, RecoverAlone, RenewWitness,
                                 model::WriteSection, model::EraseSection, SpecConfirm,
                                 SpecRevert, ServiceOrder, ClusterSuspend>;

struct Request {
    RequestId id;
    RequestBody body;
};

/// A guard beside us has severed all that needs a lease, because the time that we had told it was
/// over. What had been running is stopped, and goes on at no epoch of before (safety.md F8).
struct Severed {};

/// Hand everything over and stop. Ends with Actions::is_stopped.
struct Leave {
    std::string reason;
};

/// What became of a TieBreakerQuestion.
struct TieBreakerAnswered {
    std::uint64_t number = 0;
    bool is_given = false;
    std::string text;         ///< a part of a sentence for people: "192.0.2.1 answered"
};

/// What the watchdog of this machine is: it resets the machine this long after it was fed last, and
/// it is fed while our lease runs only. Zero: none is armed, or the device has not confirmed its
/// time (safety.md F21).
struct WatchdogTold {
    Duration timeout{0};
};

using Input = std::variant<Tick, DatagramReceived, Persisted, PersistFailed,
                           lifecycle::OperationReport, lifecycle::MonitorReport, Request, Leave,
                           Severed, lifecycle::FenceReport, TieBreakerAnswered,
                           WatchdogTold>;

Bytes encode(const RequestBody& body);
Result<RequestBody> decode_request(ByteView bytes);

}  // namespace ha::engine
