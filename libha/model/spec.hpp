// The cluster as its administrator described it. All defaults are filled in before it gets here
// (config/ is the only place they stand), because a stored configuration must mean the same thing
// to every version that reads it (safety.md F23).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace ha::model {

inline constexpr std::size_t k_limit_failovers = 99;  ///< remembered of one group
inline constexpr std::size_t k_limit_labels = 32;     ///< of one group, in each list
inline constexpr std::size_t k_limit_capacities = 16; ///< kinds of capacity of one node

using Parameters = std::map<std::string, std::string>;

/// Whose agreement an activation needs (cluster.md 4). The order is that of strength.
enum class Requirement : std::uint8_t { nothing, quorum, fencing };
/// Who decides which nodes may go on after a partition (cluster.md 3).
enum class QuorumPolicy : std::uint8_t { majority, two_node };
/// two_node: what tells the survivor that it is one.
enum class TieBreaker : std::uint8_t {
    none,     ///< nothing: both may go on
    fencing,  ///< the other was made harmless, for certain
    ping,     ///< an address outside still answers
    http,     ///< a web server outside still answers
};
/// What a node does with its groups when it is no part of a quorum (cluster.md 3, safety.md F13).
enum class QuorumLoss : std::uint8_t {
    stop,     ///< makes them harmless by the end of its lease, then stops them
    freeze,   ///< leaves them alone: nothing is started, restarted or stopped
    ignore,   ///< goes on with what it has, restarts in place included; gets nothing new
};
/// What a node does, besides stopping its groups, when a partition was decided against it.
enum class PartitionAction : std::uint8_t {
    stop_groups,        ///< no more than that
    stop_node_service,  ///< its daemon ends: somebody has to start it again
    reboot,
    poweroff,
};
/// What becomes of a group that was found active on both nodes (cluster.md 6).
enum class DualActivation : std::uint8_t {
    keep_one,   ///< the registry's owner keeps it, the other makes an emergency stop
    stop_both,  ///< both stop it, and an operator starts it again
};
enum class Startup : std::uint8_t { automatic, manual };
enum class Failover : std::uint8_t { automatic, manual };
enum class Failback : std::uint8_t { manual, automatic };
enum class Exclusion : std::uint8_t { off, normal, full };
enum class FinalAction : std::uint8_t {
    none,
    stop_group,
    failover,
    stop_node_service,
    reboot,
    poweroff
};
enum class MonitorTiming : std::uint8_t { always, while_active };
/// What a monitor restarts or moves.
enum class RecoveryTarget : std::uint8_t {
    resource,
    group,
    none,
    all_groups,  ///< every group that is online on the monitor's node
    node,        ///< the node itself: nothing is restarted or moved, only the final action counts
};

/// What a configuration means that is of a version in which this could not be said: the default.
inline constexpr Duration k_probe_interval_unsaid = 60s;

/// Relations between these are checked by config/ (safety.md F35):
/// interval <= timeout/3, lease <= timeout, sever_bound <= lease/4.
struct Timing {
    Duration heartbeat_interval{0};
    Duration heartbeat_timeout{0};
    Duration lease{0};
    Duration sever_bound{0};          ///< severing starts this long before the lease ends
    Duration engine_stall{0};         ///< an engine older than this is no evidence of life (F18)
    Duration startup_wait{0};         ///< 0: place groups without waiting for absent nodes
    Duration leave_timeout{0};  ///< a leaving node that is not rid of its groups by then stops them
    std::uint32_t drift_ppm = 1000;   ///< bound on the drift of boot clocks
    std::uint32_t delay_warning_percent = 80;  ///< 100: never warn
    /// How often a node looks for what somebody has started by hand; 0: never. Since version 2.
    Duration probe_interval = k_probe_interval_unsaid;
    bool operator==(const Timing&) const = default;
};

struct InterconnectSpec {
    InterconnectId id;
    std::string name;
    bool operator==(const InterconnectSpec&) const = default;
};

/// One way to make a node harmless: a device that can cut it off, and the plugin that works it.
struct FenceSpec {
    std::string name;                 ///< unique among those of the node
    std::string type;                 ///< of a fence plugin
    Parameters parameters;
    Duration timeout{0};              ///< of one attempt to switch it off
    std::uint32_t retries = 0;        ///< further attempts after the first, before the next device
    Duration status_timeout{0};       ///< of the look that proves it
    bool switches_on = true;          ///< again, when it is certain that it was off
    bool operator==(const FenceSpec&) const = default;
};

struct NodeSpec {
    NodeId id;
    std::string name;
    std::uint32_t rank = 0;                          ///< 0 is asked first; unique
    std::map<InterconnectId, std::string> addresses; ///< "192.0.2.1:29002", "[2001:db8::1]:29002"
    std::vector<FenceSpec> fences;                   ///< tried in this order
    std::map<std::string, std::uint32_t> capacity;   ///< by name; one not named has no limit
    /// A hypervisor may stop its clock: no lease or watchdog of it proves anything (safety.md F21).
    bool clock_may_stop = false;
    bool operator==(const NodeSpec&) const = default;
};

struct OperationSpec {
    Duration timeout{0};              ///< never 0: a computed timeout of zero is an error
    std::uint32_t retries = 0;        ///< further attempts after the first
    FinalAction final_action = FinalAction::none;
    bool operator==(const OperationSpec&) const = default;
};

struct ResourceSpec {
    ResourceId id;
    std::string name;                 ///< unique in the cluster
    std::string type;                 ///< of a plugin, such as "fip"
    Parameters parameters;
    std::map<NodeId, Parameters> node_parameters;  ///< these win on that node
    std::vector<ResourceId> depends_on;            ///< of the same group; started before this one
    Requirement requirement = Requirement::quorum;
    OperationSpec start;
    OperationSpec stop;
    Duration probe_timeout{0};
    bool operator==(const ResourceSpec&) const = default;
};

/// A group that another one waits for.
struct OrderSpec {
    GroupId group;
    bool is_same_node = false;        ///< only where both are on one node
    bool operator==(const OrderSpec&) const = default;
};

struct GroupSpec {
    GroupId id;
    std::string name;
    Startup startup = Startup::automatic;
    Failover failover = Failover::automatic;
    Failback failback = Failback::manual;
    Exclusion exclusion = Exclusion::off;
    std::vector<NodeId> policy;       ///< nodes that may run it, most preferred first
    std::vector<ResourceSpec> resources;
    Duration failback_delay{0};       ///< a node was in service for so long before it goes back
    Duration ban_expiry{0};           ///< a failure is forgotten after this; 0: when it is cleared
    Duration retry_delay{0};          ///< with no node left, all are tried again; 0: never
    std::uint32_t priority = 0;       ///< the higher one is placed first
    std::uint32_t failover_limit = 0; ///< failovers within k_failover_window; 0: no limit
    bool preempts = false;            ///< may take the place of groups of lower priority
    std::vector<OrderSpec> start_after;  ///< these are online before it is started
    std::vector<OrderSpec> stop_before;  ///< it is stopped before these, when both are to stop
    std::set<std::string> labels;     ///< what others may say about it
    std::set<std::string> near;       ///< prefers a node where a group with such a label is
    std::set<std::string> apart;      ///< avoids a node where one is, while another is free
    std::map<std::string, std::uint32_t> uses;  ///< of the node's capacity
    bool operator==(const GroupSpec&) const = default;
};

struct MonitorSpec {
    MonitorId id;
    std::string name;
    std::string type;
    Parameters parameters;
    std::map<NodeId, Parameters> node_parameters;
    MonitorTiming timing = MonitorTiming::always;
    GroupId group;                    ///< watched and recovered; none: recovers nothing
    ResourceId resource;              ///< of `group`; none: the whole group
    std::vector<NodeId> nodes;        ///< where it runs; empty: everywhere
    Duration interval{0};
    Duration timeout{0};
    Duration start_delay{0};
    std::uint32_t retries = 0;        ///< further bad answers in a row before it counts
    std::uint32_t delay_warning_percent = 80;
    bool unknown_is_bad = false;      ///< "unknown" never silently equals ok or bad (pains.md 30)
    RecoveryTarget recovery = RecoveryTarget::resource;
    std::uint32_t restart_threshold = 3;
    std::uint32_t failover_threshold = 1;
    FinalAction final_action = FinalAction::none;
    Duration reset_after{0};  ///< counters go back to 0 after this long without trouble; 0: never
    std::int32_t nice = 0;            ///< of what looks; -20 to 19, higher gives way to others
    std::string script;               ///< run before each step of recovery; empty: none
    Duration script_timeout{0};       ///< of the script; then it is killed, and the step taken
    /// Of type k_multi_type: monitors it is made of. It looks at nothing by itself.
    std::vector<MonitorId> members;
    std::uint32_t error_threshold = 0;    ///< bad members that make it bad; 0: all of them
    std::uint32_t warning_threshold = 0;  ///< bad members that make it warn; 0: never
    bool operator==(const MonitorSpec&) const = default;
};

/// A monitor over other monitors (original.md 2.11, mtw).
inline constexpr std::string_view k_multi_type = "multi";
/// A vote outside the nodes (safety.md F10). It counts while an even number of nodes votes.
/// An etcd that holds the record, where each node runs the witness's rule book itself.
struct EtcdSpec {
    std::vector<std::string> endpoints;  ///< "https://192.0.2.9:2379"; none: there is no such etcd
    std::string ca_file;              ///< what signs its certificates; empty: as the machine trusts
    std::string cert_file, key_file;  ///< what a node shows; empty: nothing
    std::string user;                 ///< empty: no login
    std::string password_file;
    std::string prefix;               ///< of its keys: "/libha/witness/web/"
    bool operator==(const EtcdSpec&) const = default;
};
struct WitnessSpec {
    std::string address;              ///< of had --witness, "192.0.2.9:29003"; empty: no such
    Duration round_trip{0};           ///< what the configuration reckons with, at most
    EtcdSpec etcd;
    bool operator==(const WitnessSpec&) const = default;
};

struct ClusterSpec {
    SpecRevision revision;            ///< set when it is committed
    std::string name;
    QuorumPolicy quorum = QuorumPolicy::majority;
    TieBreaker tie_breaker = TieBreaker::none;       ///< of two_node
    std::vector<std::string> tie_breaker_targets;    ///< of ping and http; one answer is enough
    QuorumLoss quorum_loss = QuorumLoss::stop;
    Timing timing;
    /// two_node with a weak tie breaker: a node that starts and does not hear the other goes on.
    bool alone_at_start = false;
    /// two_node with fencing: who has less to lose shoots so much later (safety.md F22).
    Duration fence_delay{0};
    PartitionAction partition_action = PartitionAction::stop_groups;
    DualActivation dual_activation = DualActivation::keep_one;
    std::uint32_t parallel_operations = 0;  ///< per node; 0: no limit
    std::vector<InterconnectSpec> interconnects;
    std::vector<NodeSpec> nodes;
    std::vector<GroupSpec> groups;
    std::vector<MonitorSpec> monitors;
    /// Automatic reboots and power-offs of one node that are carried out before somebody has to
    /// look at it; 0: no limit.
    std::uint32_t max_reboots = 0;
    Duration reboots_reset_after{0};  ///< a node that is well for so long starts to count anew
    WitnessSpec witness;              ///< of majority
    bool operator==(const ClusterSpec&) const = default;
};

/// Does it name a witness, of whichever kind?
bool has_witness(const ClusterSpec& spec);
bool has_etcd(const ClusterSpec& spec);
/// Where it is, for people: "192.0.2.9:29003", "etcd at https://192.0.2.9:2379, ..."; else empty.
std::string witness_place(const ClusterSpec& spec);
// Lookups; null when there is none. Pointers live as long as the spec is not changed.
const NodeSpec* find_node(const ClusterSpec& spec, NodeId id);
const NodeSpec* find_node(const ClusterSpec& spec, std::string_view name);
const GroupSpec* find_group(const ClusterSpec& spec, GroupId id);
const GroupSpec* find_group(const ClusterSpec& spec, std::string_view name);
const ResourceSpec* find_resource(const GroupSpec& group, ResourceId id);
const MonitorSpec* find_monitor(const ClusterSpec& spec, MonitorId id);
const MonitorSpec* find_monitor(const ClusterSpec& spec, std::string_view name);
/// The resource and its group by the resource's name.
struct ResourcePlace {
    const GroupSpec* group = nullptr;
    const ResourceSpec* resource = nullptr;
};
ResourcePlace find_resource(const ClusterSpec& spec, std::string_view name);
/// The name for people: of the spec, or "node 7" for one that is gone.
std::string name_of(const ClusterSpec& spec, NodeId id);
std::string name_of(const ClusterSpec& spec, GroupId id);
/// The strongest requirement among the group's resources.
Requirement requirement_of(const GroupSpec& group);
/// That of one resource; of one that is not there any more nobody knows: that of the group.
Requirement requirement_of(const GroupSpec& group, ResourceId resource);
/// As they count on that node.
Parameters parameters_on(const ResourceSpec& resource, NodeId node);
/// Does a node that loses the others stop its groups without being told to? Only then may the end
/// of its lease release anything (safety.md F13).
bool binds_to_stop(const ClusterSpec& spec);
/// The lowest version that can say what it says.
std::uint32_t version_of(const ClusterSpec& spec) noexcept;

}  // namespace ha::model
