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

struct ResourceStatus {
    std::string name;
    std::string type;
    std::string state;   ///< offline, starting, online, stopping, failed, unknown
    std::string text;    ///< of the last failure
};
struct GroupStatus {
    std::string name;
    std::string goal;    ///< online, offline
    std::string owner;   ///< name of the node; empty: none
    std::string state;   ///< on its owner: offline, waiting, starting, online, stopping, failed
    std::string reason;  ///< why it is where it is
    std::string text;    ///< what it waits for, or what failed
    EpochValue epoch;
    std::uint32_t failover_count = 0;
    std::vector<std::string> policy;  ///< nodes, most preferred first
    std::vector<std::string> banned;  ///< nodes on which it failed
    std::vector<ResourceStatus> resources;
};
struct MonitorStatus {
    std::string name;
    std::string node;
    std::string state;   ///< idle, ok, bad, unknown, paused
    std::string text;
    std::uint32_t restarts = 0;
    std::uint32_t failovers = 0;
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
    std::vector<InterconnectStatus> interconnects;
};
/// One of this node's own sockets.
struct SocketStatus {
    std::string interconnect;
    std::string address;
    std::string problem;  ///< empty: usable
    std::uint64_t sent = 0, received = 0, send_errors = 0, send_drops = 0, oversized = 0;
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
    std::string callback_running;  ///< a callback that has not returned yet
    std::uint64_t notices_dropped = 0;
    std::vector<NodeStatus> nodes;
    std::vector<GroupStatus> groups;
    std::vector<MonitorStatus> monitors;
    std::vector<SocketStatus> sockets;
    RecordingStatus recording;
};

}  // namespace ha
