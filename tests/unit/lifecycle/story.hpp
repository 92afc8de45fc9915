// A story about one node: a state that the cluster agreed on, plugins that answer as scripted, and
// virtual time. Its verbs tell what happens; its lists tell what the service did.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "lifecycle/service.hpp"

namespace ha::lifecycle::test {

inline constexpr NodeId k_self{1};
inline constexpr NodeId k_other{2};

/// How a scripted plugin answers one operation; `hang` never does.
struct Answer {
    Outcome outcome = Outcome::ok;
    ResourceStatus status = ResourceStatus::unknown;
    bool is_hanging = false;
    std::string text = {};
    bool is_unsearchable = false;
};
inline Answer ok() { return {}; }
inline Answer failed(std::string text = "no") {
    return {Outcome::failed, ResourceStatus::unknown, false, std::move(text)};
}
inline Answer hang() { return {Outcome::ok, ResourceStatus::unknown, true, ""}; }
inline Answer unsearchable() {
    return {Outcome::not_begun, ResourceStatus::unknown, false, "its type does not tell", true};
}
inline Answer is(ResourceStatus status) { return {Outcome::ok, status, false, ""}; }

class Story {
   public:
    explicit Story(ServiceOptions options = {});

    // -- the cluster, before `begin` --
    /// A group given to this node, "r1" first; `needs` by number in the group, from 1.
    GroupId group(std::uint32_t id, const std::vector<std::vector<std::uint32_t>>& needs);
    GroupId chain(std::uint32_t id, std::uint32_t length);
    model::GroupSpec& spec(GroupId group);
    model::ResourceSpec& spec(GroupId group, std::uint32_t number);
    model::MonitorSpec& monitor(std::uint32_t id, GroupId group, std::uint32_t number);
    void spec_changed() { state.spec.revision.value++; }

    // -- what happens --
    /// Settled, admitted and under a lease: groups that are given to us start.
    void begin();
    void settle();
    void admit();
    void lease(Duration length);
    void pass(Duration time);
    void update();
    void evict(GroupId group, NodeId target = {});
    void set_goal(GroupId group, model::Goal goal);
    void give(GroupId group, NodeId node);
    void declare_down();
    void lose_lease();
    /// What the service reported so far is committed, releases too.
    void commit_reports();
    /// Answers all calls that do not hang, until none is left.
    void run_plugins();
    /// Answers the oldest unanswered operation of that kind on the resource.
    void answer(OperationKind kind, std::string name, const Answer& with);
    void monitor_says(MonitorId id, Verdict verdict);   ///< on its own
    void check_answers(MonitorId id, Verdict verdict);  ///< the check that is out
    void script_ends(const std::string& outcome);       ///< the newest that was run
    void restart(GroupId group, ResourceId resource = {});

    // -- what can be seen --
    GroupState seen(GroupId group) const;
    ResourceState seen(const std::string& name) const;
    std::string text_of(GroupId group) const;
    MonitorLine line_of(MonitorId id) const;
    /// "start g1r1", "stop g1r1", "cancel start g1r1", "begin m1", in order, then forgotten.
    std::vector<std::string> take_calls();
    bool is_out(OperationKind kind, const std::string& name) const;
    bool has_report(const std::string& name) const;
    std::vector<std::string> report_names() const;
    std::size_t count_events(EventKind kind) const;
    bool is_released(GroupId group) const;

    /// Operations that are out, for tests that choose among them.
    std::size_t out_count() const { return out_.size(); }
    const StartOperation& out_at(std::size_t i) const { return out_.at(i).call; }
    void answer_at(std::size_t i, const Answer& with);
    /// Sees each output of the service before anything else does.
    std::function<void(const ServiceOutput&)> watch;

    /// Plugins: by "start g1r1"; the default is ok. Used up one by one, the last stays.
    std::map<std::string, std::deque<Answer>> script;
    /// What a probe finds where nothing is scripted.
    std::map<std::string, ResourceStatus> running;

    model::ClusterState state;
    Permission permission;
    Instant now{1'000'000'000};
    Service service;
    std::vector<model::Command> reports;       ///< distinct, not yet committed
    std::vector<Held> released;
    std::vector<Held> run_record;
    std::vector<Event> events;
    std::vector<StartOperation> starts;        ///< all calls of operations, for closer looks
    std::optional<model::FinalAction> node_action;
    std::size_t step_count = 0;
    Instant script_deadline;                   ///< of the newest script

   private:
    struct Out {
        StartOperation call;
        std::string name;
        bool is_cancelled = false;
        bool is_hanging = false;
    };
    void take();
    std::string name_of(GroupId group, ResourceId resource) const;
    Answer script_for(const Out& out);
    void report(const Out& out, const Answer& with);

    std::deque<Out> out_;
    std::map<MonitorId, OperationId> checks_;
    RunScript script_run_;
    std::vector<std::string> calls_;
    std::uint64_t index_ = 100;
};

}  // namespace ha::lifecycle::test
