// Commands: how the agreed state may change. Each carries a result, not an intention (safety.md
// F23): apply() does not decide anything that a planner could decide differently in another
// version.
//
// Each command says which activation or start it is about, so that one that comes late, or twice,
// is ignored by rule and not by luck.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "model/checkpoint.hpp"
#include "model/order.hpp"
#include "model/reconfigure.hpp"
#include "model/spec.hpp"
#include "model/operate.hpp"
#include "model/state.hpp"

namespace ha::model {

/// A new configuration; `base` is the revision it was made from. Nothing has to be stopped for it.
struct SetSpec {
    SpecRevision base;
    ClusterSpec spec;
    Duration confirm_within{0};  ///< it is taken back unless it is confirmed by then; 0: it stays
    bool is_revert = false;      ///< it is the one before, which returns: the trial is over
    bool operator==(const SetSpec&) const = default;
};
/// A start of a node takes part. Another boot id than before releases all it owned (release 6).
struct NodeUp {
    NodeId node;
    BootId boot;
    StartNumber start;
    bool operator==(const NodeUp&) const = default;
};
/// The start is declared down: its lease is granted no more, its epochs are void (F1).
struct NodeDown {
    NodeId node;
    StartNumber start;
    std::string reason;
    bool operator==(const NodeDown&) const = default;
};
/// The start, which is down, is to be made harmless. Committed before the first shot (safety.md
/// F22): until it is over the node does not take part.
struct RequestFence {
    NodeId node;
    StartNumber start;
    std::string reason;
    NodeId fencer{};          ///< who is to do it
    bool is_asked = false;    ///< by an operator: done even when the node comes back
    bool operator==(const RequestFence&) const = default;
};
/// How that ended: what it owned is released (cluster.md 4, release 2), or not. Told once more when
/// a shot that was still under way is over.
struct FenceDone {
    NodeId node;
    StartNumber start;
    std::uint32_t count = 0;  ///< NodeRecord::fencing_count of the request
    bool is_confirmed = false;
    std::string reason;
    bool is_over = true;      ///< no shot at it is under way any more
    bool is_needless = false; ///< not confirmed, and nobody needs it any more: no failure
    bool operator==(const FenceDone&) const = default;
};
/// An operator says that the start, which is down, is off (release 5).
struct ConfirmOff {
    NodeId node;
    StartNumber start;
    std::string reason;
    bool operator==(const ConfirmOff&) const = default;
};
struct NodeLeaving {
    NodeId node;
    StartNumber start;
    bool operator==(const NodeLeaving&) const = default;
};
/// The start has ended cleanly. Groups it still owns here were not released: they wait (F11).
struct NodeLeft {
    NodeId node;
    StartNumber start;
    bool operator==(const NodeLeft&) const = default;
};
/// The group goes to `node` at the next incarnation. Applies only when nobody owns it, or its owner
/// is down (then a LeaseWait is added).
struct Give {
    GroupId group;
    NodeId node;
    Incarnation incarnation;  ///< the one before plus one
    StartKind kind = StartKind::start;
    std::string reason;
    bool operator==(const Give&) const = default;
};
/// The owner must stop the group and release it.
struct Evict {
    GroupId group;
    Incarnation incarnation;
    NodeId target;            ///< where it should go; none: the policy decides
    bool ban_owner = false;   ///< it failed there
    StartKind kind = StartKind::start;  ///< failover: counted, and told to the scripts
    std::string reason;
    bool operator==(const Evict&) const = default;
};
/// The owner has promised durably never to run this incarnation again (F11).
struct Release {
    GroupId group;
    NodeId node;
    Incarnation incarnation;
    std::string reason;
    bool operator==(const Release&) const = default;
};
struct StopFailed {
    GroupId group;
    NodeId node;
    Incarnation incarnation;
    std::string reason;
    bool operator==(const StopFailed&) const = default;
};
struct SetGoal {
    GroupId group;
    Goal goal = Goal::online;
    NodeId target;            ///< online: where; none: the policy decides
    bool clear_bans = false;
    std::string reason;
    bool operator==(const SetGoal&) const = default;
};
struct ClearBans {
    GroupId group;
    NodeId node;              ///< none: all of the group
    bool only_failures = false;  ///< not those that somebody asked for
    bool operator==(const ClearBans&) const = default;
};
struct SetNodeMode {
    NodeId node;
    NodeMode mode = NodeMode::in_service;
    std::string reason;
    bool operator==(const SetNodeMode&) const = default;
};
struct PauseMonitor {
    MonitorId monitor;        ///< none: all
    bool paused = false;
    Duration left{0};         ///< paused: for so long; 0: until it is resumed
    bool operator==(const PauseMonitor&) const = default;
};

/// A recovery raises terms and incarnations by this, above whatever the others may have used (D4).
inline constexpr std::uint32_t k_recovery_step = 1000;

/// From here on this node goes on without the other one (safety.md F7), or without all others as an
/// operator wants it (D4). It makes a ViewMark.
struct GoneAlone {
    NodeId node;
    std::uint32_t rank = 0;
    ViewMarkId mark;
    std::string reason;
    /// Not 0: a recovery. All incarnations go up by so much, and all other nodes are a fork risk.
    std::uint32_t incarnation_step = 0;
    bool operator==(const GoneAlone&) const = default;
};
/// The node has taken this history over, durably: what it had before the recovery is gone (D4).
struct EndForkRisk {
    NodeId node;
    bool operator==(const EndForkRisk&) const = default;
};
/// The node acts by the configuration that lets nobody go on without a quorum (safety.md F13).
struct BindToStop {
    NodeId node;
    StartNumber start;
    bool operator==(const BindToStop&) const = default;
};
/// The start holds what requires fencing only while a watchdog, verified, is armed with this time;
/// 0: it promises nothing any more (safety.md F21).
struct PromiseReset {
    NodeId node;
    StartNumber start;
    Duration watchdog{0};
    bool operator==(const PromiseReset&) const = default;
};
/// Its lease is over, and so is the time after which its watchdog has reset it: it is harmless.
struct NodeReset {
    NodeId node;
    StartNumber start;
    std::string reason;
    bool operator==(const NodeReset&) const = default;
};
/// What another history, which is given up, had made of a group (safety.md F7, cluster.md 6).
struct ForkedGroup {
    GroupId group;
    NodeId node;              ///< that tells it
    Epoch epoch;              ///< of the group there
    bool was_active = false;  ///< it ran there when the histories met
    bool operator==(const ForkedGroup&) const = default;
};

/// Since version 2: the node has looked, and found the group active without a right to it, or not
/// any more (cluster.md 6).
struct FoundActive {
    GroupId group;
    NodeId node;
    StartNumber start;
    ResourceId resource;        ///< one that is active; none when nothing is
    bool is_active = false;
    bool is_acted_on = false;   ///< it is stopping what it found
    bool operator==(const FoundActive&) const = default;
};
/// Since version 2: the group is to start, and cannot be given to the node where it was found: that
/// one stops it first.
struct StopFound {
    GroupId group;
    NodeId node;
    std::string reason;
    bool operator==(const StopFound&) const = default;
};

using Command = std::variant<SetSpec, NodeUp, NodeDown, NodeLeaving, NodeLeft, Give, Evict, Release,
                             StopFailed, SetGoal, ClearBans, SetNodeMode, PauseMonitor,
                             RequestFence, FenceDone, ConfirmOff, InjectFailure, SetFrozen,
                             SetStopped, SetTrial, SetRatio, TimePassed, RequestDone, GoneAlone,
                             BindToStop, ForkedGroup, WriteSection, EraseSection, BeginChange,
                             HoldForChange, CompleteChange, CancelChange, ConfirmSpec, OrderNode,
                             SetSuspended, EndForkRisk, PromiseReset, NodeReset, RaiseVersion,
                             FoundActive, StopFound>;

/// The lowest version that knows the command: a cluster of a lower one ignores it.
std::uint32_t version_of(const Command& command) noexcept;

const char* name_of(const Command& command) noexcept;
/// One sentence for people: "give group web to node b: node a is down".
std::string describe(const ClusterSpec& spec, const Command& command);

}  // namespace ha::model
