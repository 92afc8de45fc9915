// What the cluster would do and why, and what is wrong with a configuration; as plain values.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ha {

/// A node that was not chosen, and the rule that said so.
struct Rejection {
    std::string node;
    std::string rule;
    std::string reason;  ///< part of a sentence: "is in maintenance"
};
/// A point in time as this node knows it.
struct Moment {
    std::int64_t boot_ns = 0;  ///< nanoseconds of this machine's boot clock; 0: not known
    std::int64_t wall_us = 0;  ///< microseconds since 1970, for people
};
/// A step of a decision that was carried out. `name`: last_heard, suspected, decided, evicted,
/// stop_begun, released, down, given, clear, start_begun, online.
struct DecisionPhase {
    std::string name;
    std::string seen;  ///< here, told (by another node: it was a little earlier), not_seen
    Moment at;
};
struct SilentPath {
    std::string interconnect;
    Moment last_heard;                    ///< zero: never, by this process
    std::chrono::nanoseconds silence{0};  ///< when it was decided that the node is down
};
/// Why a node was declared down, as this node saw it.
struct DecisionEvidence {
    std::string node;
    std::string reason;
    bool is_of_leader = false;            ///< the facts that it was decided on
    std::vector<SilentPath> paths;        ///< from that node to this one
    std::vector<std::string> silent_for;  ///< others who said that they do not hear it either
    std::vector<std::string> heard_by;    ///< others who said that they hear it
};
/// A lease of a lost owner that had to be over before the group was started elsewhere.
struct LeaseWaited {
    std::string node;
    Moment over;  ///< when this node knew; zero: not yet
};
/// What was decided about a group, why, and how long it took; as this node knows it.
struct Decision {
    std::uint64_t number = 0;   ///< grows within one run of this node
    std::string kind;           ///< start, takeover, failover, move, failback, hand_over, stop, ...
    std::string outcome;        ///< under_way, done, overtaken
    std::string from, to;       ///< nodes; empty: none
    std::string trigger;        ///< node_down, node_leaving, failure, request, policy, ...
    std::string trigger_node;   ///< that was lost, leaves, where it failed, where it was asked
    std::string trigger_text;
    std::string rule, reason;   ///< rule: empty when not known here, or none was asked
    std::vector<Rejection> rejected;
    std::string leader;         ///< who decided; empty: not known here
    std::uint64_t term = 0, index = 0;
    std::optional<DecisionEvidence> evidence;
    std::vector<LeaseWaited> leases;
    std::vector<DecisionPhase> phases;  ///< all that it could have, in their order
    /// The planner, run again on what is kept of its inputs, says: same, different, other_view (we
    /// were not the leader and see other members), not_kept, no_plan (no rule was asked).
    std::string replay;
    std::string inputs;         ///< digest of them, 16 hexadecimal digits; empty: not kept
};
/// Where a group is or would be, and why.
struct Explanation {
    std::string group;
    std::string owner;       ///< now; empty: none
    std::string node;        ///< chosen, or where it stays; empty: nowhere
    std::string rule;        ///< short stable name
    std::string reason;      ///< a sentence
    bool is_blocked = false; ///< it should run, and nothing can be done about it
    std::vector<Rejection> rejected;
    /// What led here, newest first; of this run of this node. Empty in a simulation.
    std::vector<Decision> decisions;
};

/// A request by its name: group_start, group_stop, group_move, group_failover, group_restart,
/// group_freeze, group_thaw, resource_start, resource_stop, resource_restart.
struct Operation {
    std::string verb;
    std::string object;  ///< name of the group or resource
    std::string node;    ///< of start, move and failover; empty: the policy decides
};
/// What it would do if it were asked for now.
struct Rehearsal {
    std::string text;                 ///< what it is about
    std::vector<std::string> steps;   ///< what would be agreed on, one sentence each, in order
    std::vector<Explanation> groups;  ///< that would be placed anew, and why there
};

/// Something that is supposed to happen, in a simulation.
struct Supposed {
    std::string what;  ///< kill, return, drain (nodes); move, start, stop (groups)
    std::string name;  ///< of the node or group
    std::string node;  ///< of move and start: where to; empty: the policy decides
};

struct ConfigProblem {
    std::size_t line = 0;
    std::size_t column = 0;
    std::string path;  ///< of the field; empty: the document
    std::string text;
};
/// A field that a configuration would change.
struct ConfigChange {
    std::string path;    ///< "groups.web.policy"
    std::string before;  ///< as JSON; empty: it was not there, or is a thing of its own
    std::string after;
    std::string effect;  ///< online, restarts_group, stops_group
    std::string group;   ///< that it is about; empty: none
    std::string note;    ///< what else to know
};
/// What a configuration would do, held against the one in force and what runs now.
struct ConfigPlan {
    bool is_known = false;               ///< false: none is in force here to compare with
    std::uint64_t revision = 0;          ///< the one in force
    std::string refusal;                 ///< why it can not be applied as things are; empty: it can
    std::vector<ConfigChange> changes;
    std::vector<std::string> stopped;    ///< groups that run and have to be stopped for it
    std::vector<Explanation> moved;      ///< groups that would get another place, or none
    std::vector<std::string> untouched;  ///< groups to which nothing happens
};
/// One step of an outage, and the time that the configuration gives it.
struct OutagePart {
    std::string name;  ///< detection, election, commits, lease, fencing, start, stop, restarts
    std::chrono::nanoseconds time{0};
    bool is_assumed = false;  ///< nothing in the configuration bounds it
    std::string text;         ///< where it comes from
};
/// The newest one of its kind that this node has seen from its beginning to its end.
struct OutageMeasured {
    Moment began;
    std::chrono::nanoseconds time{0};
    std::vector<std::pair<std::string, std::chrono::nanoseconds>> parts;  ///< up to that phase
};
struct Outage {
    std::string event;     ///< node_lost, resource_failed, moved
    std::chrono::nanoseconds sum{0};
    std::vector<OutagePart> parts;
    std::string open_end;  ///< for whom it waits without an end; empty: it ends
    std::optional<OutageMeasured> measured;
};
/// What a configuration promises about a group.
struct GroupSafety {
    std::string group;
    bool can_have_two_owners = false;
    std::string rule;             ///< that forbids it, or that is missing
    std::string answer;           ///< a sentence
    std::string counter_example;  ///< how two nodes would come to own it; empty: they can not
    std::vector<Outage> outages;
    std::vector<std::string> warnings;
};
struct ConfigReport {
    std::vector<ConfigProblem> errors;
    std::vector<ConfigProblem> warnings;
    std::vector<std::string> timing;  ///< the chain of times, one relation each; when it was read
    ConfigPlan plan;
    std::vector<GroupSafety> safety;  ///< one for each group; when it was read
};

}  // namespace ha
