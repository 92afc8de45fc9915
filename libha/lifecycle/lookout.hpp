// The lookout of one node: is something active here that this node has no right to?
//
// Somebody starts a resource by hand, or it ran before the cluster did. No record tells of that, so
// each group that this node could run, and does not, is probed: once when the node has joined, and
// then every `probe_interval`, one resource at a time, beside everything else.
//
//   due --> probe its resources, one by one --> all offline --> due again
//                |                                               ^
//                | online                                        | nothing is active any more
//                v                                               |
//             found: alert, report until the state shows it -----+
//                |
//                | another node owns it, or the leader wants it stopped; we hold a lease; nobody
//                | has frozen the group, suspended the cluster or put this node in maintenance
//                v
//             expelled: severed and stopped by its GroupRun, then looked at again
//
//   Invariants
//   (1) What a probe says counts only if, from its beginning to its end, nothing was done to the
//       group on this node and nobody was given it.
//   (2) `online` alone is evidence. What cannot be found out, or is half there, changes nothing.
//   (3) Nothing is ever released, and no wait ended, by what was found or not found.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/reflect.hpp"
#include "lifecycle/context.hpp"
#include "lifecycle/group_run.hpp"
#include "model/command.hpp"

namespace ha::lifecycle {

/// What the service lets it do now.
struct LookoutPermission {
    bool may_look = false;   ///< settled, admitted, and not about to stop
    bool may_act = false;    ///< and the lease runs, with a quorum
};

class Lookout {
   public:
    /// For recordings (base/archive.hpp).
    auto members() {
        return reflect::fields(self_, lines_, under_way_, left_behind_, revision_, interval_,
                               is_on_);
    }

    Lookout() = default;
    explicit Lookout(NodeId self) : self_(self) {}

    using Runs = std::map<GroupId, GroupRun>;
    /// Drops what is stale, tells and reports what was found, and begins the next probe. Gives the
    /// groups that are to be expelled now.
    std::vector<GroupId> advance(Context& context, const Runs& runs,
                                 const LookoutPermission& permission);
    /// True: it was the report of a probe of ours.
    bool on_report(Context& context, const Runs& runs, const OperationReport& report);
    /// The resource that was found active here, of a group that is not held; none: none was.
    ResourceId found(GroupId group) const;
    Instant next_deadline() const;

   private:
    struct Line {
        Instant due;
        std::size_t next = 0;                ///< resource to be probed in the look under way
        std::set<ResourceId> active;         ///< as last seen
        std::map<ResourceId, std::uint32_t> failures;
        bool is_looked = false;              ///< wholly, since it was last uncertain
        bool is_told = false;
        bool is_acted_on = false;
        bool is_expelled = false;            ///< its GroupRun is at it
        Instant report_due = Instant::max();
        auto members() {
            return reflect::fields(due, next, active, failures, is_looked, is_told, is_acted_on,
                                   is_expelled, report_due);
        }
    };
    struct Probe {
        OperationId id;
        GroupId group;
        ResourceId resource;
        NodeId owner;                        ///< of the record when it began
        Incarnation incarnation;
        Instant give_up;
        bool is_stale = false;               ///< cancelled: its report is waited for, not read
        auto members() {
            return reflect::fields(id, group, resource, owner, incarnation, give_up, is_stale);
        }
    };

    void switch_off(Context& context);
    void take_groups(Context& context, bool is_joined);
    bool is_to_look_at(const Context& context, const Runs& runs, GroupId group) const;
    bool is_as_begun(const Context& context, const Runs& runs) const;
    void check_under_way(Context& context, const Runs& runs);
    void leave_behind(OperationId id);
    void cancel(Context& context);
    void look_anew(Line& line, Instant due);
    void begin_due(Context& context, const Runs& runs);
    void begin(Context& context, GroupId group, const model::ResourceSpec& resource);
    void note(Context& context, const Probe& probe, const OperationReport& report);
    void note_failure(Context& context, Line& line, const Probe& probe, const std::string& text);
    bool is_to_act(const Context& context, GroupId group, bool may_act) const;
    bool follow(Context& context, const Runs& runs, GroupId group, Line& line, bool may_act);
    void tell(Context& context, GroupId group, Line& line) const;
    void report(Context& context, GroupId group, Line& line) const;

    NodeId self_;
    std::map<GroupId, Line> lines_;          ///< of the groups whose policy names us
    std::optional<Probe> under_way_;         ///< at most one: nothing else is slowed down
    std::set<OperationId> left_behind_;      ///< did not come back by their deadline
    std::optional<SpecRevision> revision_;   ///< that `lines_` were made from
    Duration interval_{0};
    bool is_on_ = false;
};

}  // namespace ha::lifecycle
