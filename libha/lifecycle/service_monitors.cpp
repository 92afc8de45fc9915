// The service wing's monitors: when they look, and what is done about what they see.
//
//   bad --choose--> step --script, when there is one--> carry_out
//
// Nothing is done about a group that is not online here, that is asked to end, or that is frozen;
// this is looked at before a step is counted, and again when its script has ended.
#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "base/seeded_bug.hpp"
#include "lifecycle/bounds.hpp"
#include "lifecycle/service_impl.hpp"
#include "model/aging.hpp"

namespace ha::lifecycle {

// ---- looking ----

void Service::Impl::take_monitors(Context& context, const model::ClusterState& state) {
    changes.activity = true;
    std::map<MonitorId, MonitorRun> next;
    for (const auto& spec : state.spec.monitors) {
        auto found = monitors.find(spec.id);
        if (found != monitors.end() && found->second.spec() == spec)
            next.insert(monitors.extract(found));
        else
            next.emplace(spec.id, MonitorRun(spec));
    }
    for (auto& [id, monitor] : monitors) monitor.end(context);  // gone, or to begin anew
    monitors = std::move(next);
}

bool Service::Impl::is_to_watch(const model::MonitorSpec& spec) const {
    if (is_ending) return false;
    bool is_here = spec.nodes.empty() || std::find(spec.nodes.begin(), spec.nodes.end(),
                                                   options.self) != spec.nodes.end();
    if (!is_here) return false;
    switch (spec.timing) {
        case model::MonitorTiming::always: return true;
        case model::MonitorTiming::while_active: {
            auto found = runs.find(spec.group);
            return found != runs.end() && found->second.is_active(spec.resource);
        }
    }
    return false;
}

/// Not before we are admitted: by then it is known which drills were begun before we came up.
std::set<MonitorId> Service::Impl::injected_here(const model::ClusterState& state) const {
    std::set<MonitorId> out;
    if (!permission.is_admitted) return out;
    const auto& spared = model::record_of(state, options.self).spared;
    for (const auto& [id, left] : state.injected_monitors)
        if (!std::binary_search(spared.begin(), spared.end(), id)) out.insert(id);
    return out;
}

void Service::Impl::sync_monitors(Context& context, const model::ClusterState& state) {
    paused = state.paused_monitors;
    injected = injected_here(state);
    is_suspended = state.is_suspended;
    for (auto& [id, monitor] : monitors) {
        monitor.set_paused(context, paused.contains(id));
        monitor.set_injected(injected.contains(id));
        bool is_wanted =
            !is_suspended && !paused.contains(id) && is_to_watch(monitor.spec());
        if (is_wanted == monitor.is_running()) continue;
        if (!is_wanted) {
            monitor.end(context);
            continue;
        }
        const auto* run = find_run(monitor.spec().group);
        bool is_active = monitor.spec().timing == model::MonitorTiming::while_active;
        monitor.begin(context, is_active && run != nullptr ? run->epoch() : Epoch{});
        look(context, monitor);
    }
}

void Service::Impl::look(Context& context, MonitorRun& monitor) {
    bool is_bad = false;
    if (!monitor.is_multi())
        is_bad = monitor.tick(context);
    else if (monitor.is_running() && monitor.next_deadline() <= context.now)
        is_bad = monitor.on_members(context, judge_members(monitor.spec()));
    if (is_bad) recover(context, monitor);
}

/// Members that do not look now, because they are paused, wait for their group, or are for other
/// nodes, are neither good nor bad. When none looks, nothing is known.
MembersVerdict Service::Impl::judge_members(const model::MonitorSpec& spec) const {
    MembersVerdict out;
    std::size_t good = 0;
    std::size_t bad = 0;
    std::string names;
    for (const auto id : spec.members) {
        const auto found = monitors.find(id);
        if (found == monitors.end()) continue;
        switch (found->second.state()) {
            case MonitorState::ok:
            case MonitorState::warning: good++; break;
            case MonitorState::bad:
                bad++;
                names += (names.empty() ? "" : ", ") + found->second.spec().name;
                break;
            case MonitorState::idle:
            case MonitorState::unknown:
            case MonitorState::paused: break;
        }
    }
    const auto error_at = spec.error_threshold == 0 ? spec.members.size() : spec.error_threshold;
    if (bad > 0)
        out.text = std::to_string(bad) + " of " + std::to_string(spec.members.size()) +
                   " are bad: " + names;
    if (bad >= error_at)
        out.verdict = Verdict::bad;
    else if (good + bad > 0)
        out.verdict = Verdict::ok;
    else
        out.text = "no member says anything";
    out.is_warning = out.verdict == Verdict::ok && spec.warning_threshold > 0 &&
                     bad >= spec.warning_threshold;
    return out;
}

void Service::Impl::on_monitor_report(Context& context, const MonitorReport& report) {
    if (on_script_report(context, report)) return;
    auto found = monitors.find(report.monitor);
    if (found == monitors.end())
        context.tell(EventKind::plugin_note, "",
                     {{"text", "the report of monitor " + std::to_string(report.monitor.value) +
                                   ", which there is not, is ignored"}});
    else if (found->second.on_report(context, report))
        recover(context, found->second);
}

// ---- recovering ----

std::vector<GroupRun*> Service::Impl::targets_of(const model::MonitorSpec& spec) {
    std::vector<GroupRun*> out;
    const bool is_for_all = spec.recovery == model::RecoveryTarget::all_groups;
    for (auto& [id, run] : runs) {
        if (!is_for_all && id != spec.group) continue;
        if (run.is_to_recover() || is_seeded(SeededBug::monitor_acts_while_stopping))
            out.push_back(&run);
    }
    return out;
}

/// A monitor never acts on a group that is not online here, nor twice for one eviction.
bool Service::Impl::has_target(const model::MonitorSpec& spec) {
    switch (spec.recovery) {
        case model::RecoveryTarget::all_groups: return !targets_of(spec).empty();
        case model::RecoveryTarget::node: return true;
        case model::RecoveryTarget::resource:
        case model::RecoveryTarget::group:
        case model::RecoveryTarget::none: return !spec.group || !targets_of(spec).empty();
    }
    return false;
}

/// Somebody else could be given the group, as far as the agreed state says.
bool Service::Impl::has_other_home(const model::ClusterState& state, GroupId group) const {
    const auto* spec = model::find_group(state.spec, group);
    if (spec == nullptr) return false;
    const auto& bans = model::record_of(state, group).bans;
    return std::any_of(spec->policy.begin(), spec->policy.end(), [&](NodeId node) {
        if (node == options.self) return false;
        const auto& record = model::record_of(state, node);
        const bool is_banned = std::any_of(bans.begin(), bans.end(), [&](const auto& ban) {
            return ban.node == node && model::is_active(ban);
        });
        return record.status == model::NodeStatus::up &&
               record.mode == model::NodeMode::in_service && !is_banned;
    });
}

/// A failover that nobody could take is counted as done: a service that runs badly is better than
/// one that runs nowhere.
Recovery Service::Impl::choose(Context& context, MonitorRun& monitor) {
    const auto& spec = monitor.spec();
    for (bool is_told = false;; is_told = true) {
        const auto step = monitor.choose_recovery();
        if (step != Recovery::failover) return step;
        const auto targets = targets_of(spec);
        const bool is_any = std::any_of(targets.begin(), targets.end(), [&](const GroupRun* run) {
            return has_other_home(context.state, run->id());
        });
        if (is_any) return step;
        if (is_told) continue;
        context.tell(EventKind::recovery_left_out, "monitor " + spec.name,
                     {{"step", "failover"}, {"reason", "no other node could take it"}});
    }
}

void Service::Impl::recover(Context& context, MonitorRun& monitor) {
    const auto& spec = monitor.spec();
    if (permission.is_frozen || !has_target(spec)) return;
    const bool is_stepping =
        std::any_of(scripts.begin(), scripts.end(),
                    [&](const auto& entry) { return entry.second.monitor == spec.id; });
    if (is_stepping) return;
    const auto reason = "monitor " + spec.name + ": " + monitor.line().text;
    const auto step = choose(context, monitor);
    if (step == Recovery::none) return;
    if (spec.script.empty())
        carry_out(context, spec, step, reason);
    else
        run_script(context, monitor, step, reason);
}

void Service::Impl::carry_out(Context& context, const model::MonitorSpec& spec, Recovery step,
                              const std::string& reason) {
    switch (step) {
        case Recovery::none: return;
        case Recovery::restart: {
            const bool is_one =
                spec.recovery == model::RecoveryTarget::resource && spec.resource;
            for (auto* run : targets_of(spec))
                run->restart(context, is_one ? spec.resource : ResourceId{},
                             is_one ? OperationFactor::resource_restart
                                    : OperationFactor::group_restart,
                             reason);
            return;
        }
        case Recovery::failover:
            for (auto* run : targets_of(spec)) {
                if (!has_other_home(context.state, run->id())) continue;
                context.tell(EventKind::recovery_started, "group " + run->name(),
                             {{"action", "failover"}, {"reason", reason}});
                run->ask_failover(context, reason);
            }
            return;
        case Recovery::final_action: carry_out_final(context, spec, reason); return;
    }
}

void Service::Impl::carry_out_final(Context& context, const model::MonitorSpec& spec,
                                    const std::string& reason) {
    context.tell(EventKind::final_action, "monitor " + spec.name,
                 {{"action", model::to_string(spec.final_action)}, {"reason", reason}});
    switch (spec.final_action) {
        case model::FinalAction::none: return;
        case model::FinalAction::stop_group:
            for (auto* run : targets_of(spec)) run->ask_offline(context, reason);
            return;
        case model::FinalAction::failover:
            for (auto* run : targets_of(spec)) run->ask_failover(context, reason);
            return;
        case model::FinalAction::stop_node_service:
        case model::FinalAction::reboot:
        case model::FinalAction::poweroff:
            out.node_action = spec.final_action;
            out.node_action_reason = reason;
            return;
    }
}

// ---- scripts before steps ----

namespace {

/// The names that scripts written for the product this follows know.
const char* classic_name(Recovery step) {
    switch (step) {
        case Recovery::restart: return "RESTART";
        case Recovery::failover: return "FAILOVER";
        case Recovery::final_action: return "FINALACTION";
        case Recovery::none: break;
    }
    return "";
}

std::vector<std::string> environment_of(const model::ClusterState& state, NodeId self,
                                        const MonitorRun& monitor, Recovery step,
                                        const std::string& reason) {
    const auto& spec = monitor.spec();
    const auto line = monitor.line();
    std::string group;
    std::string resource;
    if (const auto* g = model::find_group(state.spec, spec.group)) {
        group = g->name;
        if (const auto* r = model::find_resource(*g, spec.resource)) resource = r->name;
    }
    return {
        "HA_CLUSTER=" + state.spec.name,
        "HA_NODE=" + model::name_of(state.spec, self),
        "HA_MONITOR=" + spec.name,
        "HA_STEP=" + std::string(to_string(step)),
        "HA_FINAL_ACTION=" + std::string(model::to_string(spec.final_action)),
        "HA_GROUP=" + group,
        "HA_RESOURCE=" + resource,
        "HA_REASON=" + reason,
        "HA_RESTARTS=" + std::to_string(line.restarts),
        "HA_FAILOVERS=" + std::to_string(line.failovers),
        "CLP_MONITORNAME=" + spec.name,
        "CLP_ACTION=" + std::string(classic_name(step)),
        "CLP_GROUPNAME=" + group,
        "CLP_RESOURCENAME=" + resource,
        "CLP_RECOVERYCOUNT=0",
        "CLP_RESTARTCOUNT=" + std::to_string(line.restarts),
        "CLP_FAILOVERCOUNT=" + std::to_string(line.failovers),
    };
}

}  // namespace

void Service::Impl::run_script(Context& context, const MonitorRun& monitor, Recovery step,
                               const std::string& reason) {
    const auto& spec = monitor.spec();
    const auto id = operations.next_id();
    const auto deadline = context.now + context.stretched(spec.script_timeout);
    scripts[id] = {spec.id, step, reason, deadline + k_report_grace};
    out.calls.push_back(RunScript{
        id, spec.id, spec.script,
        environment_of(context.state, options.self, monitor, step, reason), deadline});
}

bool Service::Impl::on_script_report(Context& context, const MonitorReport& report) {
    if (!report.id || !scripts.contains(report.id)) return false;
    end_script(context, report.id, report.text);
    return true;
}

void Service::Impl::give_up_scripts(Context& context) {
    std::vector<OperationId> over;
    for (const auto& [id, script] : scripts)
        if (script.give_up <= context.now) over.push_back(id);
    for (const auto id : over) end_script(context, id, "it did not come back");
}

/// Whatever became of the script, the step is taken, unless there is nothing to take it on.
void Service::Impl::end_script(Context& context, OperationId id, const std::string& outcome) {
    const auto script = std::move(scripts.extract(id).mapped());
    const auto found = monitors.find(script.monitor);
    if (found == monitors.end()) return;
    const auto& spec = found->second.spec();
    const bool is_void = is_ending || paused.contains(script.monitor) || !has_target(spec);
    context.tell(EventKind::recovery_script, "monitor " + spec.name,
                 {{"step", to_string(script.step)},
                  {"outcome", clipped(outcome)},
                  {"then", is_void ? "nothing: nothing is left to recover" : "the step"}});
    if (!is_void) carry_out(context, spec, script.step, script.reason);
}

}  // namespace ha::lifecycle
