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
    /// The store is new because the one before lost a record (safety.md F9): its id is no voter's
    /// until a leader adds it, and it founds no cluster.
    bool is_store_replaced = false;
    BootId boot;
    std::vector<lifecycle::Held> held;  ///< from the run record of this boot
    Seed seed{};
    std::vector<std::pair<std::uint32_t, wire::Key>> keys;  ///< key id, key
    std::uint32_t key_in_use = 0;
};

/// Time passed. May come at any time; has to come at Actions::next_deadline at the latest.
struct Tick {};

struct DatagramReceived {
    InterconnectId interconnect;
    Bytes bytes;
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
    bool is_banned = false;   ///< it is not to come back before the ban is over, or cleared
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
    MonitorId monitor;
    bool paused = false;
};
struct SpecApply {
    model::ClusterSpec spec;  ///< its revision is the one it was made from
};
/// Found a cluster of this node alone; the others join it (safety.md D3).
struct ClusterInit {};

using RequestBody = std::variant<GroupStart, GroupStop, GroupMove, GroupClear, ResourceRestart,
                                 SetNodeMode, MonitorPause, SpecApply, ClusterInit>;

struct Request {
    RequestId id;
    RequestBody body;
};

/// Hand everything over and stop. Ends with Actions::is_stopped.
struct Leave {
    std::string reason;
};

using Input = std::variant<Tick, DatagramReceived, Persisted, PersistFailed,
                           lifecycle::OperationReport, lifecycle::MonitorReport, Request, Leave>;

Bytes encode(const RequestBody& body);
Result<RequestBody> decode_request(ByteView bytes);

}  // namespace ha::engine
