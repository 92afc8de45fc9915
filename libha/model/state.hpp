// What the cluster has agreed on: the one replicated document.
//
// Values only; apply.hpp is the only thing that changes them. Maps are ordered, because equal
// states must encode to equal bytes (the digest of safety.md F23).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/limits.hpp"
#include "base/version.hpp"
#include "base/view_mark.hpp"
#include "model/checkpoint.hpp"
#include "model/order.hpp"
#include "model/spec.hpp"

namespace ha::model {

enum class NodeStatus : std::uint8_t {
    absent,   ///< never took part since it was configured
    up,       ///< takes part with (boot, start)
    leaving,  ///< up, and hands its groups over
    left,     ///< stopped cleanly; holds nothing
    down,     ///< declared down at `taken_index`
};

enum class FencingState : std::uint8_t {
    none,
    requested,  ///< committed before the first shot; the node does not take part until it is over
    confirmed,  ///< harmless for certain: it holds nothing
    failed,     ///< no device could do it; tried again, or an operator confirms that it is off
};

/// What an operator, or the node's own history, allows a node that takes part.
enum class NodeMode : std::uint8_t {
    in_service,
    maintenance,  ///< gets nothing new; what runs stays
    standby,      ///< gets nothing new, and what runs is moved away where another node can take it
    isolated,     ///< votes, and takes no group: something is wrong with it; what runs stays
};

struct NodeRecord {
    NodeStatus status = NodeStatus::absent;
    BootId boot;
    StartNumber start;
    /// The newest entry that took something from this node: no voter answers its lease until it has
    /// applied this one (safety.md F1, F2). Stays when the node comes up again.
    LogIndex taken_index;
    NodeMode mode = NodeMode::in_service;
    FencingState fencing = FencingState::none;  ///< of `start`
    std::uint32_t fencing_count = 0; ///< requests for this start: which attempt a report is about
    std::string reason;              ///< of the status, for people
    /// Works the devices of this node. While it is set a shot may be under way, whatever `fencing`
    /// says by now, and the node does not take part (safety.md F22).
    NodeId fencer;
    std::string fencing_reason;      ///< why it was requested, or how that ended; for people
    bool is_fencing_asked = false;   ///< by an operator: done even when the node comes back
    std::string mode_reason;         ///< of the mode
    Duration in_service{0};          ///< up and in service for so long, as far as it matters
    NodeOrder order = NodeOrder::none;  ///< of `start`: what it does when it has left
    bool leaves_last = false;        ///< as in OrderNode
    /// Sorted: drills that were begun before this start came up. They are over for it, else one
    /// that ends daemons would end each of them again and again, and with them who counts its time.
    std::vector<MonitorId> spared;
    /// Of `start`: it holds what requires fencing only under a watchdog that was verified, and that
    /// resets its machine this long after its lease at the latest. 0: it has not said so.
    Duration watchdog{0};
    bool operator==(const NodeRecord&) const = default;
};

enum class Goal : std::uint8_t { offline, online };

/// Why a group is started where it is started; scripts see it (original.md 2.5, CLP_EVENT).
enum class StartKind : std::uint8_t { start, failover, move };

/// A node that is not to run the group: it failed there, or somebody moved it away for a while.
/// Times are counted by leaders on their boot clocks (TimePassed), never by a wall clock (F37).
struct Ban {
    NodeId node;
    std::string reason;
    bool is_asked = false;     ///< by an operator; else made by a failure
    Duration lasts{0};         ///< 0: until it is cleared
    Duration age{0};           ///< counted as far as it matters
    bool operator==(const Ban&) const = default;
};

/// A former owner that was declared down: the new owner starts only when the leader has noted that
/// the lease of `node` as of `index` is over (safety.md F1, F32).
struct LeaseWait {
    NodeId node;
    LogIndex index;
    auto operator<=>(const LeaseWait&) const = default;
};

/// Failovers of a group are counted over this long.
inline constexpr Duration k_failover_window = std::chrono::hours(1);

/// Waits of one group: for nodes of the configuration, and for as many that were taken out of it.
inline constexpr std::size_t k_limit_waits = 2 * k_limit_nodes;

/// A move that is undone when the group is not online where it went within `left`.
struct MoveTrial {
    NodeId from;                     ///< where it goes back to; none: no trial
    Duration left{0};
    bool operator==(const MoveTrial&) const = default;
};

/// A group that is active on a node without a right to be there: by somebody's hand, or left over.
struct FoundActivation {
    ResourceId resource;             ///< one that is active
    bool is_acted_on = false;        ///< the node is stopping it
    bool is_to_stop = false;         ///< the node has to: the group is to start elsewhere
    bool operator==(const FoundActivation&) const = default;
};

/// Invariants: (1) `epoch.incarnation` only grows, by one, and only by Give. (2) `owner` is some
/// node from Give until its release; a node that is `down` stays owner until the next Give, because
/// its lease may still run. (3) `is_evicted`, `target`, `stop_failed` are clear when there is no
/// owner, but for `target`, which then says where the next Give goes. (4) A wait names a node that
/// is down, or that was down when it was taken out of the configuration: a node that comes up ends
/// its waits.
struct GroupRecord {
    Goal goal = Goal::offline;
    NodeId owner;                    ///< none: released, or never given
    Epoch epoch;                     ///< of the newest Give
    StartKind start_kind = StartKind::start;
    std::vector<LeaseWait> waits;    ///< sorted by node
    bool is_evicted = false;         ///< the owner must stop and release
    NodeId target;                   ///< wish of a move; none: the policy decides
    /// Somebody asked for the node where it is, or is to go: automatic failback leaves it there
    /// until a more preferred node comes up anew.
    bool is_pinned = false;
    bool stop_failed = false;        ///< the owner could not stop it, and still counts as owner
    StartKind next_kind = StartKind::start;  ///< what asked for the next Give
    /// The node that left or was lost under the group. With manual failover the group goes back
    /// there, or waits for an operator.
    NodeId stranded_on;
    std::vector<Ban> bans;           ///< sorted by node
    std::uint32_t failover_count = 0;
    std::string reason;              ///< of the last change, for people
    std::vector<Duration> failovers; ///< how long ago, newest first; kept where there is a limit
    bool is_frozen = false;          ///< nothing is done about it, whatever happens, but on request
    /// Resources that an operator wants stopped while the group runs, and all that depend on them;
    /// sorted. The next start of the group forgets it.
    std::vector<ResourceId> stopped;
    MoveTrial trial;
    /// The next Give goes above this too: another history has used incarnations up to it (F7).
    Incarnation incarnation_floor;
    /// Since version 2: where it was found active without a right to be (cluster.md 6).
    std::map<NodeId, FoundActivation> found;
    bool operator==(const GroupRecord&) const = default;
};

/// Requests that are carried out and came from one start of a node: one that is asked once more,
/// because a leader was lost with the answer, is answered and not done again. Oldest first.
struct DoneRequests {
    StartNumber start;
    std::vector<RequestId> ids;
    bool operator==(const DoneRequests&) const = default;
};
inline constexpr std::size_t k_limit_done_requests = 64;

/// A configuration that comes into force when what is stopped for it is released.
struct PendingSpec {
    ClusterSpec spec;
    Duration confirm_within{0};
    bool is_revert = false;
    std::set<GroupId> stopped;       ///< for it; wanted online again afterwards
    bool operator==(const PendingSpec&) const = default;
};

/// The configuration in force is on trial: the one before returns unless somebody confirms it.
struct SpecTrial {
    ClusterSpec previous;
    Duration left{0};                ///< 0: it is over, and the leader takes it back
    bool operator==(const SpecTrial&) const = default;
};

/// Times that are counted down carry zero for "without an end".
struct ClusterState {
    std::uint32_t cluster_version = k_version_oldest;  ///< see base/version.hpp
    ClusterSpec spec;
    std::map<NodeId, NodeRecord> nodes;    ///< one for each node of the spec
    std::map<GroupId, GroupRecord> groups; ///< one for each group of the spec
    std::map<MonitorId, Duration> paused_monitors;    ///< time left
    /// Say "bad", for a drill, but on nodes that are spared; time left.
    std::map<MonitorId, Duration> injected_monitors;
    /// Groups that are added begin here, so that an id used a second time never repeats an epoch.
    Incarnation incarnation_floor;
    std::uint32_t timeout_ratio = 1;  ///< all timeouts are this many times as long
    Duration ratio_left{0};
    std::map<NodeId, DoneRequests> done_requests;     ///< by the node that they were made at
    /// Where this history went on with one node alone, oldest first; the last k_limit_view_marks.
    std::vector<ViewMark> view_marks;
    /// Nodes that were said to be off when this history was recovered (D4), and have not taken it
    /// over since: together they may still hold a majority of another history.
    std::set<NodeId> fork_risk;
    /// Nodes whose last acknowledged configuration lets them go on without a quorum: for them the
    /// end of a lease releases nothing (safety.md F13).
    std::set<NodeId> unbound;
    /// The entry whose application binds them again.
    LogIndex binding_index;
    std::map<GroupId, Checkpoint> checkpoints;        ///< none of them is empty
    SectionVersion newest_section_version;
    bool is_suspended = false;       ///< nothing is placed or recovered
    std::optional<PendingSpec> pending_spec;
    std::optional<SpecTrial> spec_trial;
    LogIndex raised_index;           ///< since version 2: the entry that raised the version
    bool operator==(const ClusterState&) const = default;
};

/// The state right after founding: the spec, all nodes absent, automatic groups wanted online.
ClusterState initial_state(const ClusterSpec& spec);

const NodeRecord& record_of(const ClusterState& state, NodeId node);   ///< asserts that it exists
const GroupRecord& record_of(const ClusterState& state, GroupId group);
bool is_up(const ClusterState& state, NodeId node);                    ///< up or leaving
/// A shot at it may be under way: it does not take part (safety.md F22).
bool is_being_fenced(const NodeRecord& node);
/// After a watchdog's time its machine may go on for so long until the reset has taken effect.
inline constexpr Duration k_reset_time = 5s;
/// When the lease of the node, which is down, is over, its watchdog has reset it for certain after
/// this; none: it will not (release rule 3 for groups that require fencing, safety.md F21).
std::optional<Duration> time_to_reset(const ClusterState& state, NodeId node);
/// This start of it, which is down, was made harmless for certain: it holds nothing any more. The
/// evidence that a survivor of two needs (safety.md F7).
bool is_fenced(const ClusterState& state, NodeId node, StartNumber start);
/// Where the group is known to be active without a right to be, other than on `node`: it is started
/// nowhere else. Of a node that is lost nobody knows any more, and its end counts as for what it
/// owned: where what was found requires fencing, until the node is harmless or has booted anew.
std::vector<NodeId> found_elsewhere(const ClusterState& state, GroupId group, NodeId node);
/// Something is known to be active there without a right to be, of this requirement at least.
bool is_found_on(const ClusterState& state, NodeId node,
                 Requirement requirement = Requirement::nothing);
/// Of all checkpoints together, names of sections included.
std::size_t checkpoint_bytes(const ClusterState& state);
/// Groups that the node owns, released ones not among them.
std::vector<GroupId> groups_of(const ClusterState& state, NodeId node);

/// The longest timeout that a ratio may make: what the software watchdog of Linux can be set to.
inline constexpr Duration k_limit_device_timeout = 65'535s;
inline constexpr std::uint32_t k_limit_timeout_ratio = 10'000;
/// `timeout` under the ratio in force; never shorter, never too long to be reckoned with.
Duration stretched(const ClusterState& state, Duration timeout);
/// The times of the cluster under the ratio. What a lease or a watchdog is made of stays within
/// what the device can be set to, and all relations of safety.md F35 that held go on to hold.
Timing timing_of(const ClusterState& state);
/// The least of all times that are counted down; none when nothing is.
std::optional<Duration> next_countdown(const ClusterState& state);
/// The incarnation that the next Give has to carry.
Incarnation next_incarnation(const GroupRecord& group);
/// Is the end of the node's lease the end of what it runs (release rule 3; safety.md F13, F7)?
bool stops_by_itself(const ClusterState& state, NodeId node);

const char* to_string(NodeStatus s) noexcept;
const char* to_string(NodeMode m) noexcept;
const char* to_string(FencingState s) noexcept;
const char* to_string(Goal g) noexcept;
const char* to_string(StartKind k) noexcept;
const char* to_string(Requirement r) noexcept;
const char* to_string(QuorumPolicy q) noexcept;
const char* to_string(TieBreaker t) noexcept;
const char* to_string(QuorumLoss q) noexcept;
const char* to_string(PartitionAction a) noexcept;
const char* to_string(DualActivation d) noexcept;
const char* to_string(Startup s) noexcept;
const char* to_string(Failover f) noexcept;
const char* to_string(Failback f) noexcept;
const char* to_string(Exclusion e) noexcept;
const char* to_string(FinalAction a) noexcept;
const char* to_string(MonitorTiming t) noexcept;
const char* to_string(RecoveryTarget t) noexcept;

}  // namespace ha::model
