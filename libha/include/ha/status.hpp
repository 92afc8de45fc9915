// What a node knows of its cluster, as plain values with names instead of numbers.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace ha {

/// The fencing epoch of a group's activation: compared in this order, equal only if all are.
struct EpochValue {
    std::uint64_t incarnation = 0;  ///< 0: none
    std::uint64_t term = 0;
    std::uint32_t node = 0;
};

/// Of the checkpoint of a group.
struct SectionStatus {
    std::string name;
    std::uint64_t version = 0;  ///< of its newest write, counted over the cluster
    EpochValue epoch;           ///< of the activation that wrote it
    std::string data;
};

struct ResourceStatus {
    std::string name;
    std::string type;
    std::string state;   ///< offline, starting, online, stopping, failed, unknown
    std::string text;    ///< of the last failure
};
/// A node that is not to be given a group.
struct BanStatus {
    std::string node;
    std::string reason;
    bool is_asked = false;  ///< somebody moved it away; else it failed there
    bool is_over = false;   ///< it may be given the group again, but failback does not go there
    /// Until it is over, as far as the cluster has counted; max(): until it is cleared.
    std::chrono::nanoseconds remaining{0};
};
struct GroupStatus {
    std::string name;
    std::string goal;    ///< online, offline
    std::string owner;   ///< name of the node; empty: none
    /// On its owner: offline, waiting, starting, online, stopping, failed; unknown: that is down.
    std::string state;
    std::string reason;  ///< why it is where it is
    std::string text;    ///< what it waits for, or what failed
    EpochValue epoch;
    std::uint32_t failover_count = 0;
    std::vector<std::string> policy;  ///< nodes, most preferred first
    std::vector<std::string> banned;  ///< nodes that are not to be given it now
    bool is_frozen = false;           ///< nothing is done about it
    std::vector<std::string> stopped; ///< resources that an operator wants stopped
    std::string returns_to;           ///< of a move on trial: where it goes back to; else empty
    std::vector<ResourceStatus> resources;
    std::vector<BanStatus> bans;      ///< those and what is over, with reasons
    std::uint32_t priority = 0;
    /// "node b: resource vip, is stopped there": active without a right to be, as far as is known.
    std::vector<std::string> found;
};
struct MonitorStatus {
    std::string name;
    std::string node;
    std::string state;   ///< idle, ok, bad, unknown, paused, warning
    std::string text;
    std::uint32_t restarts = 0;
    std::uint32_t failovers = 0;
    bool is_injected = false;                 ///< it says "bad" for a drill
    std::chrono::nanoseconds pause_left{0};   ///< of `paused`; 0: until it is resumed
};
struct InterconnectStatus {
    std::string name;
    bool is_heard = false;
    std::chrono::nanoseconds silence{0};     ///< max(): never heard
    std::chrono::nanoseconds round_trip{0};
    std::uint32_t loss_percent = 0;  ///< of what was sent to us lately
    std::chrono::nanoseconds jitter{0};
    bool is_poor = false;            ///< loses much, or is very uneven
};
struct NodeStatus {
    std::string name;
    std::uint32_t id = 0;
    std::string status;  ///< absent, up, leaving, left, down
    std::string reason;
    bool is_self = false;
    bool is_leader = false;
    bool is_voter = false;
    bool is_heard = false;
    bool is_in_maintenance = false;
    std::uint32_t reboots = 0;  ///< automatic ones, as it last told; counted against max_reboots
    std::uint64_t start = 0;  ///< how often its daemon has begun; of the newest one that took part
    std::string order;        ///< an operator's, that it is carrying out; empty: none
    bool has_left = false;    ///< it has told that this start is over
    std::vector<InterconnectStatus> interconnects;
    std::uint32_t version_max = 0;  ///< it knows versions up to this one; 0: it has not told
    std::string software;           ///< what it runs; empty: it has not told
    std::string fencing;            ///< none, requested, confirmed, failed
    std::string fencing_reason;     ///< why it was requested, or how it ended
    std::string fenced_by;          ///< node whose shot may be under way: this one takes no part
    std::string fencing_progress;   ///< what that node is doing
    std::uint32_t fencing_count = 0;
    std::vector<std::string> fence_devices;
    /// Its watchdog, as it promised: so long after its lease it is reset for certain; 0: nothing
    /// counts on one.
    std::chrono::nanoseconds reset_within{0};
    std::string mode;         ///< in_service, maintenance, standby, isolated
    std::string mode_reason;
};
/// One of this node's own sockets.
struct SocketStatus {
    std::string interconnect;
    std::string address;
    std::string problem;  ///< empty: usable
    std::uint64_t sent = 0, received = 0, send_errors = 0, send_drops = 0, oversized = 0;
};
/// The process that makes resources harmless when this one cannot.
struct GuardStatus {
    bool is_wanted = false;
    bool is_running = false;
    std::string problem;         ///< why not, if so
    std::string guarantee;       ///< what holds here while this daemon is stopped; a sentence
    std::uint32_t pid = 0;
    bool is_realtime = false;
    bool is_memory_locked = false;
    std::uint64_t held = 0;      ///< resources that it could sever now
    std::uint64_t severings = 0; ///< how often it had to
    std::chrono::nanoseconds sever_bound{0};    ///< of the configuration
    std::chrono::nanoseconds sever_took_max{0}; ///< measured
    std::chrono::nanoseconds wake_late_max{0};  ///< measured: how late its timers were
    std::vector<std::string> unguarded;         ///< active resources that it could not sever
    std::string watchdog;        ///< none, idle, armed, failed
    std::chrono::nanoseconds watchdog_timeout{0};  ///< in force while armed
    bool is_watchdog_verified = false;             ///< the device itself has confirmed that time
    std::string watchdog_problem;  ///< why it is not used as it is set; empty: it is
};
/// The witness as this node sees it.
struct WitnessSeen {
    /// "192.0.2.9:29003", or "etcd at" and its endpoints; empty: the configuration names none.
    std::string address;
    bool is_etcd = false;    ///< its record lies in an etcd; else it is a had --witness
    bool is_answering = false;
    bool is_voter = false;   ///< it has a vote now
    bool is_wanted = false;  ///< an even number of nodes votes, so it should have one
    bool is_needed = false;  ///< without its answers there is no quorum now
    bool is_light = false;   ///< keeps no copy for a node that is behind
    std::chrono::nanoseconds answered_ago{0};  ///< max(): never
    std::chrono::nanoseconds round_trip{0};
    std::chrono::nanoseconds round_trip_expected{0};
    std::uint64_t kept_bytes = 0;
    std::uint64_t kept_last = 0;  ///< newest entry of that copy
    std::string problem;     ///< why its vote does not count, or what it cannot keep
};
/// The flight recorder of this node.
struct RecordingStatus {
    bool is_recording = false;
    std::string file;         ///< the newest; empty: there is none
    std::string problem;      ///< why it does not record; empty: it does, or it is off
    std::uint64_t bytes = 0, bytes_max = 0;  ///< of all recordings that are kept
};
struct Status {
    std::string cluster;      ///< its name
    std::string cluster_id;   ///< empty: not founded yet
    std::string node;         ///< this one
    std::string leader;       ///< empty: nobody leads, as far as this node knows
    std::string quorum_policy;
    std::string waits_for;    ///< why this node does nothing, if so
    std::uint64_t start = 0, term = 0, committed = 0, applied = 0, spec_revision = 0;
    bool is_quorate = false;
    bool is_lease_held = false;
    bool is_store_lost = false;
    bool is_leaving = false;
    std::chrono::nanoseconds lease_remaining{0};
    /// The configuration in force is on trial for so long; negative: it is not.
    std::chrono::nanoseconds config_trial_left{-1};
    /// A change of it waits until these groups have stopped; empty while none is under way.
    std::vector<std::string> config_waits_for;
    bool is_suspended = false;  ///< groups run on, and nothing is placed or recovered
    bool is_config_changing = false;  ///< such a change is under way
    std::string callback_running;  ///< a callback that has not returned yet
    std::uint64_t notices_dropped = 0;
    std::uint32_t timeout_ratio = 1;           ///< all timeouts are so many times as long
    std::chrono::nanoseconds ratio_left{0};
    std::uint32_t max_reboots = 0;             ///< 0: no limit
    std::vector<NodeStatus> nodes;
    std::vector<GroupStatus> groups;
    std::vector<MonitorStatus> monitors;
    std::vector<SocketStatus> sockets;
    GuardStatus guard;
    /// What this process was not allowed (real-time priority, locked memory), and what would allow
    /// it; sentences.
    std::vector<std::string> shortcomings;
    std::string tie_breaker;       ///< of the policy two_node: none, fencing, ping, http
    std::string tie_breaker_said;  ///< what became of its newest question; empty: none was asked
    std::string quorum_loss;       ///< stop, freeze, ignore
    std::vector<std::string> view; ///< nodes whose votes count, by this node's log
    bool is_running_alone = false; ///< what runs here does so without answers of other nodes
    std::vector<std::string> forked;     ///< nodes whose history contradicts ours
    /// Nodes that were named as off when the majority was lost for good, and have not joined since:
    /// together they may still hold the old majority.
    std::vector<std::string> fork_risk;
    std::vector<std::string> waits_for_nodes;  ///< lost nodes that go on without a quorum
    WitnessSeen witness;
    RecordingStatus recording;
    std::uint32_t version = 0;      ///< of the cluster: what all its nodes know
    std::uint32_t version_max = 0;  ///< that this node knows
    /// The cluster is raised by one when these know it too; empty: nothing to raise to, or to come.
    std::vector<std::string> version_waits_for;
};

}  // namespace ha
