// Events: the only way out of the core for whatever an operator may want to know (cluster.md 9).
//
// Alerts, syslog, metrics, the web page and the command line are all readers of this stream. An
// event has a stable number and a stable name; new ones are appended in event_catalog.cpp.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace ha {

enum class Severity : std::uint8_t { debug, info, notice, warning, error, alert };
const char* to_string(Severity severity) noexcept;

enum class EventKind : std::uint16_t {
    node_started = 100,       ///< this node's engine began; parameters: start, store
    node_up = 101,            ///< committed: a node takes part
    node_down = 102,          ///< committed: a node has been declared down; parameter: reason
    node_left = 103,          ///< committed: a node stopped cleanly
    node_leaving = 104,       ///< a node hands its groups over before it stops
    /// Silent for the timeout; `verdict` stalled: its machine is not. No `silence_ms`: it said
    /// that it stops.
    node_suspected = 105,
    node_heard = 106,         ///< heard again
    fencing_requested = 107,  ///< committed, or durable at one of two: to be made harmless
    node_fenced = 108,        ///< committed: it is harmless, and what it owned is released
    fencing_failed = 109,     ///< committed: no device could do it; parameter: reason
    interconnect_silent = 110,
    interconnect_heard = 111,
    heartbeat_delayed = 112,  ///< silence passed delay_warning percent of the timeout
    one_sided_contact = 113,  ///< we hear a node that does not hear us
    clock_gap = 114,          ///< own time jumped: this process was paused or starved
    interconnect_poor = 115,  ///< loses much or is uneven; parameters: loss_percent, jitter_ms
    interconnect_good = 116,  ///< and does so no more
    fencing_ended = 117,      ///< committed: it is not needed any more; parameter: reason
    fencing_attempt_failed = 118,  ///< one device of several, or one of several attempts
    node_mode = 119,          ///< committed: in_service, maintenance, standby or isolated
    leader_elected = 120,
    leader_lost = 121,
    quorum_gained = 122,
    quorum_lost = 123,
    cluster_founded = 124,
    voter_added = 125,
    voter_removed = 126,
    spec_changed = 127,       ///< a new configuration is committed
    command_ignored = 128,    ///< a committed command did not apply; parameter: rule
    leader_misplaced = 129,   ///< it hands over to a node with more contacts; parameter: successor
    lease_held = 130,
    lease_lost = 131,
    lease_blocked = 132,      ///< a voter answers a node no more
    lease_over = 133,         ///< leader: the lease of a node that is down has run out
    store_lost = 140,         ///< the store lost its newest record: this node is no voter
    store_failed = 141,
    store_slow = 142,
    peer_refused = 143,       ///< a packet or session was refused; parameter: reason
    state_diverged = 144,     ///< a digest of the state differs from the leader's
    state_restored = 145,     ///< the leader's document took the place of our state
    fence_device_unwell = 146,  ///< asked while its node is well; parameters: device, text
    fence_device_well = 147,  ///< it answers as it should again; parameter: device
    timeout_ratio = 148,      ///< committed; parameters: ratio, left_ms (0: no end), reason
    group_given = 150,        ///< committed: a group has an owner
    group_starting = 151,
    group_online = 152,
    group_stopping = 153,
    group_offline = 154,
    group_failed = 155,
    group_released = 156,
    group_adopted = 157,      ///< a restarted daemon goes on with what runs
    group_evicted = 158,      ///< committed: the owner must stop and release
    group_blocked = 159,      ///< a group should run and nothing can run it; parameter: reason
    resource_state = 160,     ///< parameters: from, to
    operation_failed = 161,
    operation_timed_out = 162,
    operation_slow = 163,
    resource_severed = 164,
    group_frozen = 165,       ///< committed: nothing is done about the group; parameter: reason
    group_thawed = 166,       ///< committed: and it is again
    resources_stopped = 167,  ///< committed: these are to be stopped; parameters: resources, reason
    move_undone = 168,        ///< leader: a move was not done in its time; parameters: to, reason
    recovery_left_out = 169,  ///< a step that nobody could carry out; parameters: step, reason
    recovery_started = 170,   ///< a monitor restarts or fails over its target
    final_action = 171,
    monitor_state = 172,
    monitor_slow = 173,
    monitor_paused = 174,     ///< committed; parameter: left_ms (0: until it is resumed)
    monitor_resumed = 175,
    monitor_injected = 176,   ///< committed: it says "bad" for a drill; parameters: on, left_ms
    recovery_script = 177,    ///< the script before a step has ended; parameters: step, outcome
    reboot_suppressed = 178,  ///< a final action was not carried out; parameters: action, reason
    reboot_counted = 179,     ///< parameters: count, limit, reason
    request_done = 180,
    request_refused = 181,
    spec_pending = 182,       ///< committed: groups are stopped for a change; parameter: groups
    spec_on_trial = 183,      ///< committed: taken back unless confirmed; parameter: left_ms
    spec_confirmed = 184,     ///< committed
    spec_reverted = 185,      ///< committed: the configuration before the one on trial is back
    spec_cancelled = 186,     ///< committed: a change under way was given up
    spec_stuck = 187,         ///< leader: a change under way can not go on; parameter: reason
    node_ordered = 188,       ///< committed: by an operator; parameters: order, reason
    cluster_suspended = 189,  ///< committed: nothing is placed or recovered; parameter: reason
    plugin_failed = 190,
    plugin_note = 191,        ///< what a plugin wished to say
    runtime_note = 192,       ///< of this process and its machine; parameter: text
    callback_slow = 193,      ///< a callback of the embedding program does not return
    cluster_resumed = 194,    ///< committed; parameter: reason
    version_raised = 195,     ///< committed: the cluster's version; parameter: version
    recording_ended = 199,    ///< the flight recorder has stopped; parameter: text
    guard_running = 200,      ///< ha-guard severs here when this process cannot
    guard_missing = 201,      ///< nobody does: two owners are possible while this process stops
    guard_severed = 202,      ///< it had to, because the lease ran out; parameters: took_us, ...
    watchdog_unwell = 203,    ///< ha-guard does not use it as it is set; parameter: text
    watchdog_well = 204,      ///< now it does
    witness_heard = 210,      ///< the witness answers (again)
    witness_silent = 211,     ///< it does not answer; parameter: needed
    witness_problem = 212,    ///< it answers, and its vote does not count; parameter: reason
    gone_alone = 230,         ///< committed: a node goes on without the others; parameter: reason
    registry_forked = 231,    ///< two histories met; parameters: ours, theirs, kept
    dual_activation = 232,    ///< a group was active on both nodes, or was found on one by probing
    tie_breaker_answered = 233,  ///< the other is silent, and the tie breaker said something
    partition_lost = 234,     ///< a partition was decided against this node; parameter: action
    alone_waits = 235,        ///< one of two nodes does nothing; parameter: for
    fork_risk_over = 236,     ///< committed: the node has taken the recovered history over
    foreign_activation = 237, ///< committed: active, and nobody owns it; parameters: node, resource
    found_ended = 238,        ///< committed: it is active there no more; parameter: node
    resource_found = 239,     ///< here, without a right; parameters: group, owner, action
    probe_failing = 240,      ///< nothing is known of what somebody might have started
    found_again = 241,        ///< stopped here before, and come back; parameters: group, times
};

/// All kinds, in the order of their numbers.
std::vector<EventKind> all_event_kinds();

/// Stable name of a kind, such as "node_down", and its usual severity.
std::string_view name_of(EventKind kind) noexcept;
Severity severity_of(EventKind kind) noexcept;

struct Event {
    Instant at;               ///< boot clock of the node that tells it
    EventKind kind;
    std::string object;       ///< "node web1", "group db", "resource vip"; empty for the cluster
    std::vector<std::pair<std::string, std::string>> parameters;
};

}  // namespace ha
