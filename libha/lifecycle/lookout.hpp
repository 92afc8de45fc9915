// The lookout of one node: is something active here that this node has no right to?
//
// Somebody starts a resource by hand, or it ran before the cluster did. No record tells of that, so
// each group that this node could run, and does not, is looked at: when the node has joined, and
// then every `probe_interval`. A look is one probe of each resource of the group, one after the
// other, beside everything else. A line is what is known of one group:
//
//            every one offline            one online
//   unsure -------------------> clear ------------------+
//    ^  ^ |                       ^                     v
//    |  | +-- one online ---------|------------------> found --+
//    |  |                         +-- every one offline --+    |
//    |  +-- some offline, the others cannot be told ------+    | two looks on end that count
//    |                                                         v
//    +-- its GroupRun has made it harmless and stopped it -- expelled
//
//   unsure -> clear, found -> clear, unsure      [judge_look]      unsure, clear -> found [note]
//   found -> expelled                            [expel]
//   expelled -> unsure                           [follow_run]
//   any -> unsure: the group is ours by now      [follow]          all of them by [enter]
//
//   Invariants
//   (1) What a probe says counts only if, from its beginning to its end, nothing was done to the
//       group on this node and nobody was given it.
//   (2) `online` alone is evidence, and `offline` of every resource alone is its end. What cannot
//       be found out, or is half there, changes nothing.
//   (3) A group is expelled only in the step in which a look ends, and only when this look and the
//       one before it saw the same resource online, both of them begun when it was allowed to act,
//       which it has been ever since: while another node owns the group or the leader wants it
//       stopped, we hold a lease, and nobody has frozen the group, suspended the cluster or put
//       this node in maintenance.
//   (4) Between two expulsions of a group there is one probe_interval at the least.
//   (5) Nothing is ever released, and no wait ended, by what was found or not found.
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
    bool may_act = false;    ///< and the lease runs
};

/// A group that is to be made harmless and stopped here now, or that this is to be tried again of.
struct Expulsion {
    GroupId group;
    model::Requirement requirement = model::Requirement::nothing;  ///< of what was found of it
};

class Lookout {
   public:
    /// For recordings (base/archive.hpp).
    auto members() {
        return reflect::fields(self_, lines_, past_, under_way_, left_behind_, revision_, interval_,
                               is_on_);
    }

    Lookout() = default;
    explicit Lookout(NodeId self) : self_(self) {}

    using Runs = std::map<GroupId, GroupRun>;
    /// Drops what is stale, tells and reports what was found, and begins the next probe.
    std::vector<Expulsion> advance(Context& context, const Runs& runs,
                                   const LookoutPermission& permission);
    /// True: it was the report of a probe of ours.
    bool on_report(Context& context, const Runs& runs, const OperationReport& report);
    /// The lease is lost, if only for a moment: what was seen until now is no reason to act.
    void distrust();
    /// The resource that was found active here, of a group that is not held; none: none was.
    ResourceId found(GroupId group) const;
    Instant next_deadline() const;

   private:
    enum class LineState : std::uint8_t { unsure, clear, found, expelled };

    struct Line {
        LineState state = LineState::unsure;
        Instant due;                         ///< of the next look; expelled: of the next try
        std::map<ResourceId, std::uint32_t> failures;
        std::map<ResourceId, std::uint32_t> active;  ///< as last seen, and in how many looks on end
                                                     ///< that count
        // The look under way.
        std::size_t next = 0;                ///< resource to be probed
        bool is_every_one_off = true;        ///< as far as it has come
        bool does_count = false;             ///< it was allowed to act ever since it began
        bool is_over = false;                ///< it has ended in this very step
        // As last weighed: evidence of other circumstances is none.
        bool is_allowed = false;             ///< to act
        NodeId owner;
        Incarnation incarnation;
        // What was said about it.
        bool is_told = false;
        bool is_acted_on = false;
        Instant report_due = Instant::max();
        auto members() {
            return reflect::fields(state, due, failures, active, next, is_every_one_off, does_count,
                                   is_over, is_allowed, owner, incarnation, is_told, is_acted_on,
                                   report_due);
        }
    };
    /// What was done about a group here. It outlives the line, which ends with an admission.
    struct Past {
        Instant expelled_at;
        std::uint32_t times = 0;
        std::uint32_t calm_looks = 0;        ///< on end
        auto members() { return reflect::fields(expelled_at, times, calm_looks); }
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

    // lookout.cpp: what is looked at, and what its probes say
    void switch_off(Context& context);
    void take_groups(Context& context, const Runs& runs, bool is_joined);
    void take_group(Context& context, const Runs& runs, const model::GroupSpec& group,
                    std::map<GroupId, Line>& into);
    bool is_to_look_at(const Context& context, const Runs& runs, GroupId group) const;
    bool is_as_begun(const Context& context, const Runs& runs) const;
    bool is_looking(GroupId group, const Line& line) const;
    void check_under_way(Context& context, const Runs& runs);
    void leave_behind(OperationId id);
    void cancel(Context& context);
    void look_anew(Line& line, Instant due);
    void begin_due(Context& context, const Runs& runs, bool may_act);
    void begin(Context& context, GroupId group, const model::ResourceSpec& resource);
    void note(Context& context, const Runs& runs, const Probe& probe,
              const OperationReport& report);
    void note_failure(Context& context, Line& line, const Probe& probe, const std::string& text);

    // lookout_lines.cpp: what follows from it
    void enter(Line& line, LineState state) const;
    bool is_to_act(const Context& context, GroupId group, bool may_act) const;
    void weigh(const Context& context, GroupId group, Line& line, bool may_act) const;
    static void forget_evidence(Line& line);
    std::optional<Expulsion> follow(Context& context, const Runs& runs, GroupId group, Line& line,
                                    bool may_act);
    std::optional<Expulsion> follow_run(Context& context, const GroupRun* run, GroupId group,
                                        Line& line, bool may_act);
    std::optional<Expulsion> judge_look(Context& context, const Runs& runs, GroupId group,
                                        Line& line);
    Expulsion expel(Context& context, GroupId group, Line& line, model::Requirement requirement);
    void calm_down(GroupId group);
    void tell(Context& context, GroupId group, Line& line) const;
    void tell_again(Context& context, GroupId group, const Line& line, std::uint32_t times) const;
    void report(Context& context, GroupId group, Line& line) const;
    void end_guest(const Context& context, GroupId group, const Line& line);

    NodeId self_;
    std::map<GroupId, Line> lines_;          ///< of the groups whose policy names us, and of what
                                             ///< was found here before it named us no more
    std::map<GroupId, Past> past_;
    std::optional<Probe> under_way_;         ///< at most one: nothing else is slowed down
    std::set<OperationId> left_behind_;      ///< did not come back by their deadline
    std::optional<SpecRevision> revision_;   ///< that `lines_` were made from
    Duration interval_{0};
    bool is_on_ = false;
};

}  // namespace ha::lifecycle
