// What a node knows about the cluster, for display: values copied out of the engine.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "consensus/raft.hpp"
#include "lifecycle/status.hpp"
#include "model/state.hpp"
#include "placement/plan.hpp"

namespace ha::engine {

struct InterconnectStatus {
    InterconnectId interconnect;
    bool is_heard = false;
    Duration silence{0};          ///< since the last heartbeat on it; max: none was ever heard
    Duration round_trip{0};       ///< smoothed; 0: not measured
    std::uint32_t loss_percent = 0;  ///< of what it sent lately
    Duration jitter{0};           ///< smoothed difference of one round trip to the next
    bool is_poor = false;         ///< too much of either
};

struct PeerStatus {
    NodeId node;
    bool is_heard = false;        ///< on some interconnect within the timeout
    bool hears_us = false;
    bool is_voter = false;
    bool is_member = false;       ///< of the view of the leader, else of our own contact
    bool wants_lease = false;
    bool has_left = false;        ///< its down notice is here: its start is over
    Version version_max = 0;      ///< it knows versions up to this one; 0: it has not told
    std::string software;         ///< what it runs; empty: it has not told
    std::vector<InterconnectStatus> interconnects;
};

/// The witness, if the configuration names one.
struct WitnessStatus {
    bool is_configured = false;
    std::string address;          ///< or "etcd at" and its endpoints
    bool is_etcd = false;
    bool is_answering = false;
    bool is_voter = false;        ///< it has a vote now
    bool is_needed = false;       ///< without its answers there is no quorum here
    bool is_wanted = false;       ///< an even number of nodes votes, so it should have one
    bool is_light = false;        ///< keeps no copy for a node that is behind
    Duration answered_ago{0};     ///< max: never
    Duration round_trip{0};
    Duration round_trip_expected{0};
    std::uint64_t kept_bytes = 0;
    LogIndex kept_last;
    std::string problem;          ///< why its vote does not count, or what it cannot keep
};

/// The few values that a trace shows at every step.
struct EngineBrief {
    consensus::Role role = consensus::Role::learner;
    Term term;
    LogIndex applied;
    bool is_lease_held = false;
    bool is_admitted = false;
    std::uint64_t rounds = 0;     ///< through the corridor, since this engine was made
};

struct EngineStatus {
    NodeId self;
    ClusterId cluster;            ///< none: not founded
    StartNumber start;
    consensus::Role role = consensus::Role::learner;
    NodeId leader;                ///< none: nobody leads, as far as we know
    Term term;
    LogIndex committed;
    LogIndex applied;
    bool is_quorate = false;      ///< we are in contact with a quorum of voters
    bool is_lease_held = false;
    Duration lease_remaining{0};
    bool is_voter = false;
    bool is_store_lost = false;
    bool is_leaving = false;
    Duration trial_left{0};       ///< of the configuration, when it is on trial
    std::string waits_for;        ///< why this node does nothing, if so; for people
    std::vector<NodeId> voters;   ///< the voters of the newest entry in our log
    bool is_running_alone = false;   ///< what runs here does so without answers of others
    std::string tie_breaker_text; ///< what the tie breaker said last; empty: it was not asked
    std::vector<NodeId> forked;   ///< whose history contradicts ours
    /// Nodes that hold on without a quorum, so that the end of their lease releases nothing.
    std::vector<NodeId> waits_for_nodes;
    Version version_max = k_version_newest;  ///< that this node knows
    std::string software;         ///< that this node runs
    /// Nodes for which the next version waits; empty: none, or nobody here knows a next one.
    std::vector<NodeId> version_waits_for;
    std::vector<PeerStatus> peers;  ///< without this node
    WitnessStatus witness;
    /// By node, this one included; of others as they last reported.
    std::map<NodeId, lifecycle::ServiceStatus> services;
    model::ClusterState state;
    placement::View view;         ///< the leader's, or what ours would be
};

}  // namespace ha::engine
