// From a request to the commands that carry it out.
#include "engine/translate.hpp"

#include <algorithm>
#include <set>

#include "engine/journal.hpp"
#include "engine/order.hpp"
#include "engine/reconfigure.hpp"
#include "model/apply.hpp"
#include "model/apply_operate.hpp"
#include "placement/rules.hpp"

namespace ha::engine {

Failure unknown(const char* what, std::uint64_t id) {
    return failure(FailureCode::not_found,
                   std::string("no ") + what + " with number " + std::to_string(id));
}

namespace {

/// A ratio that is forgotten would hide failures for ever.
constexpr Duration k_limit_ratio_time = 24h * 30;

/// Where a group would go if it had to leave where it is, by the same rules that place it.
placement::Decision decide_move(model::ClusterState state, const placement::View& view,
                                GroupId group, NodeId target) {
    auto& record = state.groups.at(group);
    if (!target && record.owner) {
        std::erase_if(record.bans, [&](const auto& ban) { return ban.node == record.owner; });
        record.bans.push_back({record.owner, "it is to move away", true, {}, {}});
        std::sort(record.bans.begin(), record.bans.end(),
                  [](const auto& a, const auto& b) { return a.node < b.node; });
    }
    // What runs is moved to a place that is free and that it may have now, or not at all.
    for (auto& spec : state.spec.groups) {
        if (spec.id != group || !record.owner) continue;
        spec.retry_delay = Duration::zero();
        spec.preempts = false;
        spec.failover_limit = 0;
    }
    record.owner = NodeId{};
    record.is_evicted = false;
    record.target = target;
    record.is_pinned = static_cast<bool>(target);
    return placement::explain(state, view, group);
}

/// Why the group cannot go to the node that was asked for; of no node: to none at all.
std::string reasons(const model::ClusterSpec& spec, const placement::Decision& decision,
                    NodeId target) {
    std::string policy;
    for (const auto node : model::find_group(spec, decision.group)->policy)
        policy += (policy.empty() ? "" : ", ") + model::name_of(spec, node);
    std::string out = target ? "" : decision.reason;
    for (const auto& rejected : decision.rejected) {
        if (target && rejected.node != target) continue;
        out += (out.empty() ? "" : "; ") + ("node " + model::name_of(spec, rejected.node)) + " " +
               rejected.reason;
    }
    if (!out.empty()) return out;
    return "node " + model::name_of(spec, target) + " is not in its policy: " + policy;
}

/// With all that depend on it (`is_up`), or all that it needs.
std::set<ResourceId> closure_of(const model::GroupSpec& group, ResourceId resource, bool is_up) {
    std::set<ResourceId> out{resource};
    for (bool is_grown = true; is_grown;) {
        const auto before = out.size();
        for (const auto& one : group.resources)
            for (const auto need : one.depends_on) {
                if (is_up && out.contains(need)) out.insert(one.id);
                if (!is_up && out.contains(one.id)) out.insert(need);
            }
        is_grown = out.size() != before;
    }
    return out;
}

std::string names_of(const model::GroupSpec& group, const std::set<ResourceId>& ids) {
    std::string out;
    for (const auto& one : group.resources)
        if (ids.contains(one.id)) out += (out.empty() ? "" : ", ") + one.name;
    return out;
}

/// One request to commands: refused with the rule, or the commands and what to say when done.
struct Translate {
    const model::ClusterState& state;
    const placement::View& view;
    std::string& done;
    using Commands = Result<std::vector<model::Command>>;

    std::string name(GroupId id) const { return "group " + model::name_of(state.spec, id); }
    std::string name(NodeId id) const { return "node " + model::name_of(state.spec, id); }
    Failure frozen(GroupId id) const {
        return failure(FailureCode::refused,
                       name(id) + " is frozen; 'hactl group thaw' ends that first");
    }
    /// Where a group that is to leave goes, or why it cannot.
    Result<NodeId> new_home(GroupId id, NodeId wanted, const char* verb) const {
        const auto decision = decide_move(state, view, id, wanted);
        if (decision.node && (!wanted || decision.node == wanted)) return decision.node;
        return failure(FailureCode::refused, name(id) + " cannot " + verb + ": " +
                                                 reasons(state.spec, decision, wanted));
    }

    Commands operator()(const GroupStart& r) const {
        const auto found = state.groups.find(r.group);
        if (found == state.groups.end()) return unknown("group", r.group.value);
        const auto& record = found->second;
        if (record.is_frozen) return frozen(r.group);
        if (r.node && record.owner && record.owner != r.node)
            return failure(FailureCode::refused, name(r.group) + " is on " + name(record.owner) +
                                                     "; move it instead");
        auto wanted = state;
        wanted.groups.at(r.group).bans.clear();
        wanted.groups.at(r.group).goal = model::Goal::online;
        if (!record.owner) {
            const auto decision = decide_move(wanted, view, r.group, r.node);
            // It starts by itself when what starts before it is online, or when what somebody has
            // started by hand is stopped.
            const bool has_to_wait =
                decision.rule == placement::to_string(placement::Rule::waits_for_group) ||
                decision.rule == placement::to_string(placement::Rule::found_elsewhere);
            const bool is_there = decision.node && (!r.node || decision.node == r.node);
            if (!is_there && !has_to_wait)
                return failure(FailureCode::refused, name(r.group) + " cannot start: " +
                                                         reasons(state.spec, decision, r.node));
        }
        done = name(r.group) + " is to be online";
        return {{model::SetGoal{r.group, model::Goal::online, r.node, true, k_reason_asked}}};
    }
    Commands operator()(const GroupStop& r) const {
        const auto found = state.groups.find(r.group);
        if (found == state.groups.end()) return unknown("group", r.group.value);
        if (found->second.is_frozen) return frozen(r.group);
        done = name(r.group) + " is to be offline";
        return {{model::SetGoal{r.group, model::Goal::offline, {}, false, k_reason_asked}}};
    }
    Commands operator()(const GroupMove& r) const {
        const auto found = state.groups.find(r.group);
        if (found == state.groups.end()) return unknown("group", r.group.value);
        const auto& record = found->second;
        if (record.is_frozen) return frozen(r.group);
        if (record.goal != model::Goal::online)
            return failure(FailureCode::refused, name(r.group) + " is stopped; start it instead");
        if (r.is_banned && r.deadline > Duration::zero())
            return failure(FailureCode::invalid,
                           "a move with a deadline may have to go back, and a ban forbids that: "
                           "ask for one of them");
        if (record.owner && record.owner == r.node) {
            done = name(r.group) + " is on " + name(r.node) + " already";
            return std::vector<model::Command>{};
        }
        const auto home = new_home(r.group, r.node, "move");
        if (!home) return home.error();
        done = name(r.group) + " is to move to " + name(*home);
        // The wish makes the group stay there; evicted alone, automatic failback would undo it.
        std::vector<model::Command> commands{model::SetGoal{
            r.group, model::Goal::online, *home, false, k_reason_asked}};
        if (record.owner && model::is_up(state, record.owner))
            commands.push_back(model::Evict{r.group, record.epoch.incarnation, *home, r.is_banned,
                                            model::StartKind::move, "asked to move"});
        if (record.owner && r.deadline > Duration::zero()) {
            commands.push_back(model::SetTrial{r.group, record.owner, r.deadline});
            done += ", and back unless it is online there in " +
                    std::to_string(r.deadline / 1ms) + " ms";
        }
        return commands;
    }
    Commands operator()(const GroupClear& r) const {
        if (!state.groups.contains(r.group)) return unknown("group", r.group.value);
        done = "the failures of " + name(r.group) + " are forgotten";
        return {{model::ClearBans{r.group, r.node, false}}};
    }
    Commands operator()(const GroupFailover& r) const {
        const auto found = state.groups.find(r.group);
        if (found == state.groups.end()) return unknown("group", r.group.value);
        const auto& record = found->second;
        if (record.is_frozen) return frozen(r.group);
        if (!record.owner || !model::is_up(state, record.owner))
            return failure(FailureCode::refused,
                           name(r.group) + " runs nowhere that could be left; start it instead");
        if (record.owner == r.node)
            return failure(FailureCode::refused, name(r.group) + " is on " + name(r.node));
        const auto home = new_home(r.group, r.node, "fail over");
        if (!home) return home.error();
        done = name(r.group) + " is to fail over to " + name(*home);
        return std::vector<model::Command>{
            model::SetGoal{r.group, model::Goal::online, *home, false, k_reason_asked},
            model::Evict{r.group, record.epoch.incarnation, *home, false,
                         model::StartKind::failover, "asked to fail over"}};
    }
    Commands operator()(const GroupFreeze& r) const {
        if (!state.groups.contains(r.group)) return unknown("group", r.group.value);
        done = name(r.group) + (r.on ? " is frozen: nothing is done about it"
                                     : " is frozen no more");
        return {{model::SetFrozen{r.group, r.on, k_reason_asked}}};
    }
    Commands operator()(const ResourceWish& r) const;
    Commands operator()(const MonitorInject& r) const {
        const auto* monitor = model::find_monitor(state.spec, r.monitor);
        if (monitor == nullptr && (r.monitor || r.on)) return unknown("monitor", r.monitor.value);
        const auto what = monitor == nullptr ? "all monitors" : "monitor " + monitor->name;
        done = what + (r.on ? " says that it is bad, for a drill" : " says what it sees");
        return {{model::InjectFailure{r.monitor, r.on, r.left}}};
    }
    Commands operator()(const TimeoutRatio& r) const {
        if (r.ratio == 0 || r.ratio > model::k_limit_timeout_ratio)
            return failure(FailureCode::invalid,
                           "the timeout ratio is 1 to " +
                               std::to_string(model::k_limit_timeout_ratio) + ", not " +
                               std::to_string(r.ratio));
        if (r.ratio > 1 && (r.left <= Duration::zero() || r.left > k_limit_ratio_time))
            return failure(FailureCode::invalid,
                           "a timeout ratio needs a time after which it ends, of at most 30 days");
        done = r.ratio == 1 ? std::string("all timeouts are as configured")
                            : "all timeouts are " + std::to_string(r.ratio) + " times as long";
        return {{model::SetRatio{r.ratio, r.ratio == 1 ? Duration::zero() : r.left,
                                 k_reason_asked}}};
    }
    Commands operator()(const RebootsReset&) const { return std::vector<model::Command>{}; }
    Commands operator()(const ResourceRestart&) const { return std::vector<model::Command>{}; }
    Commands operator()(const ClusterInit&) const { return std::vector<model::Command>{}; }
    Commands operator()(const GoAlone&) const { return std::vector<model::Command>{}; }
    Commands operator()(const RecoverAlone&) const { return std::vector<model::Command>{}; }
    // Answered by what only the leader knows of the node: see fencing.cpp.
    Commands operator()(const NodeFence&) const { return std::vector<model::Command>{}; }
    Commands operator()(const NodeConfirmOff&) const { return std::vector<model::Command>{}; }
    Commands operator()(const RenewWitness&) const { return std::vector<model::Command>{}; }
    template <class C>
    Commands checkpoint(const C& command, const char* verb) const {
        if (!state.groups.contains(command.group)) return unknown("group", command.group.value);
        if (auto refusal = model::refusal_of(state, command); !refusal.empty())
            return failure(FailureCode::refused, refusal);
        done = "section " + command.name + " of " + name(command.group) + " is " + verb;
        return std::vector<model::Command>{command};
    }
    Commands operator()(const model::WriteSection& r) const { return checkpoint(r, "written"); }
    Commands operator()(const model::EraseSection& r) const { return checkpoint(r, "erased"); }
    Commands operator()(const SetNodeMode& r) const {
        if (!state.nodes.contains(r.node)) return unknown("node", r.node.value);
        if (r.mode == model::NodeMode::isolated && r.reason.empty())
            return failure(FailureCode::invalid,
                           "a node is isolated for a reason, which is shown: give one");
        switch (r.mode) {
            case model::NodeMode::in_service: done = name(r.node) + " is in service"; break;
            case model::NodeMode::maintenance: done = name(r.node) + " is in maintenance"; break;
            case model::NodeMode::standby: done = name(r.node) + " is on standby"; break;
            case model::NodeMode::isolated: done = name(r.node) + " is isolated"; break;
        }
        return {{model::SetNodeMode{r.node, r.mode, r.reason}}};
    }
    Commands operator()(const MonitorPause& r) const {
        const auto* monitor = model::find_monitor(state.spec, r.monitor);
        if (monitor == nullptr && r.monitor) return unknown("monitor", r.monitor.value);
        const bool is_one = monitor != nullptr;
        done = (is_one ? "monitor " + monitor->name : std::string("all monitors")) +
               (is_one ? " is " : " are ") + (r.paused ? "paused" : "resumed");
        return {{model::PauseMonitor{r.monitor, r.paused, r.left}}};
    }
    Commands operator()(const SpecApply& r) const { return commands_of(state, r, done); }
    Commands operator()(const SpecConfirm& r) const { return commands_of(state, r, done); }
    Commands operator()(const SpecRevert& r) const { return commands_of(state, r, done); }
    Commands operator()(const ServiceOrder& r) const { return commands_of(state, r, done); }
    Commands operator()(const ClusterSuspend& r) const { return commands_of(state, r, done); }
};

Translate::Commands Translate::operator()(const ResourceWish& r) const {
    const auto found = state.groups.find(r.group);
    const auto* group = model::find_group(state.spec, r.group);
    if (found == state.groups.end() || group == nullptr) return unknown("group", r.group.value);
    const auto* resource = model::find_resource(*group, r.resource);
    if (resource == nullptr) return unknown("resource", r.resource.value);
    const auto& record = found->second;
    if (record.is_frozen) return frozen(r.group);
    if (record.goal != model::Goal::online)
        return failure(FailureCode::refused,
                       name(r.group) + " is stopped; start it to run " + resource->name);
    const auto touched = closure_of(*group, r.resource, r.is_stopped);
    std::set<ResourceId> stopped(record.stopped.begin(), record.stopped.end());
    for (const auto id : touched) {
        if (r.is_stopped)
            stopped.insert(id);
        else
            stopped.erase(id);
    }
    done = "to be " + std::string(r.is_stopped ? "stopped" : "started") + ": " +
           names_of(*group, touched);
    return std::vector<model::Command>{model::SetStopped{
        r.group, std::vector<ResourceId>(stopped.begin(), stopped.end()), k_reason_asked}};
}

}  // namespace

Result<Translation> translate(const model::ClusterState& state, const placement::View& view,
                              const RequestBody& body) {
    if (auto refusal = refusal_of_suspended(state, body); !refusal.empty())
        return failure(FailureCode::refused, std::move(refusal));
    Translation out;
    auto commands = std::visit(Translate{state, view, out.done}, body);
    if (!commands) return commands.error();
    out.commands = std::move(*commands);
    return out;
}

}  // namespace ha::engine
