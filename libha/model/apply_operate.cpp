// Carrying out the commands of operate.hpp.
#include "model/apply_operate.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "model/aging.hpp"
#include "model/text.hpp"

namespace ha::model {

namespace {

using Parameters = std::vector<std::pair<std::string, std::string>>;
using Countdowns = std::map<MonitorId, Duration>;

std::string in_ms(Duration time) { return std::to_string(time / 1ms); }

void tell(Operating& it, EventKind kind, std::string object, Parameters parameters) {
    it.events.push_back({Instant{}, kind, std::move(object), std::move(parameters)});
}

std::string name(const ClusterState& state, MonitorId id) {
    const auto* monitor = find_monitor(state.spec, id);
    return "monitor " + (monitor != nullptr ? monitor->name : std::to_string(id.value));
}
std::string name(const ClusterState& state, GroupId id) {
    return "group " + name_of(state.spec, id);
}

GroupRecord* find_record(ClusterState& state, GroupId id) {
    const auto it = state.groups.find(id);
    return it == state.groups.end() ? nullptr : &it->second;
}

/// True when that changed something.
bool set(Countdowns& all, MonitorId id, bool is_on, Duration left) {
    if (!is_on) return all.erase(id) > 0;
    const auto [at, is_new] = all.try_emplace(id, left);
    if (!is_new && at->second == left) return false;
    at->second = left;
    return true;
}

void tell_pause(Operating& it, MonitorId id, bool is_paused, Duration left) {
    if (is_paused)
        tell(it, EventKind::monitor_paused, name(it.state, id), {{"left_ms", in_ms(left)}});
    else
        tell(it, EventKind::monitor_resumed, name(it.state, id), {});
}

void tell_injection(Operating& it, MonitorId id, bool is_on, Duration left) {
    tell(it, EventKind::monitor_injected, name(it.state, id),
         {{"on", is_on ? "true" : "false"}, {"left_ms", in_ms(left)}});
}

std::string no_such(MonitorId id) {
    return "monitor " + std::to_string(id.value) + " is not in the configuration";
}
std::string no_such(GroupId id) {
    return "group " + std::to_string(id.value) + " is not in the configuration";
}

}  // namespace

std::string operate(Operating& it, const PauseMonitor& c) {
    const auto left = c.paused ? c.left : Duration::zero();
    if (c.monitor) {
        if (find_monitor(it.state.spec, c.monitor) == nullptr) return no_such(c.monitor);
        if (!set(it.state.paused_monitors, c.monitor, c.paused, left))
            return name(it.state, c.monitor) +
                   (c.paused ? " is paused already" : " is not paused");
        tell_pause(it, c.monitor, c.paused, left);
        return {};
    }
    bool is_any = false;
    for (const auto& monitor : it.state.spec.monitors) {
        if (!set(it.state.paused_monitors, monitor.id, c.paused, left)) continue;
        is_any = true;
        tell_pause(it, monitor.id, c.paused, left);
    }
    return is_any ? std::string() : c.paused ? "all monitors are paused already"
                                             : "no monitor is paused";
}

std::string operate(Operating& it, const InjectFailure& c) {
    const auto left = c.on ? c.left : Duration::zero();
    if (!c.monitor) {
        if (c.on) return "a failure is injected into one monitor, not into all";
        if (it.state.injected_monitors.empty()) return "no monitor has an injected failure";
        for (const auto& [id, time] : it.state.injected_monitors)
            tell_injection(it, id, false, {});
        it.state.injected_monitors.clear();
        return {};
    }
    if (find_monitor(it.state.spec, c.monitor) == nullptr) return no_such(c.monitor);
    if (!set(it.state.injected_monitors, c.monitor, c.on, left))
        return name(it.state, c.monitor) +
               (c.on ? " has an injected failure already" : " has no injected failure");
    for (auto& [id, node] : it.state.nodes) std::erase(node.spared, c.monitor);
    tell_injection(it, c.monitor, c.on, left);
    return {};
}

std::string operate(Operating& it, const SetFrozen& c) {
    auto* group = find_record(it.state, c.group);
    if (group == nullptr) return no_such(c.group);
    if (group->is_frozen == c.on)
        return name(it.state, c.group) + (c.on ? " is frozen already" : " is not frozen");
    group->is_frozen = c.on;
    if (c.on) withdraw_stops(*group);
    group->reason = clipped_reason(c.reason);
    tell(it, c.on ? EventKind::group_frozen : EventKind::group_thawed, name(it.state, c.group),
         {{"reason", group->reason}});
    return {};
}

std::string operate(Operating& it, const SetStopped& c) {
    auto* group = find_record(it.state, c.group);
    if (group == nullptr) return no_such(c.group);
    const auto* spec = find_group(it.state.spec, c.group);
    HA_ASSERT(spec != nullptr);
    if (!std::is_sorted(c.resources.begin(), c.resources.end()))
        return "the resources are not in their order";
    for (const auto id : c.resources)
        if (find_resource(*spec, id) == nullptr)
            return "resource " + std::to_string(id.value) + " is not in " +
                   name(it.state, c.group);
    if (group->stopped == c.resources)
        return "the resources of " + name(it.state, c.group) + " are wanted like that already";
    group->stopped = c.resources;
    group->reason = clipped_reason(c.reason);
    std::string names;
    for (const auto id : c.resources)
        names += (names.empty() ? "" : " ") + find_resource(*spec, id)->name;
    tell(it, EventKind::resources_stopped, name(it.state, c.group),
         {{"resources", names}, {"reason", group->reason}});
    return {};
}

std::string operate(Operating& it, const SetTrial& c) {
    auto* group = find_record(it.state, c.group);
    if (group == nullptr) return no_such(c.group);
    if (c.from && !it.state.nodes.contains(c.from))
        return "node " + std::to_string(c.from.value) + " is not in the configuration";
    if (group->trial.from == c.from && group->trial.left == c.left)
        return name(it.state, c.group) + " is on such a trial already";
    group->trial = c.from ? MoveTrial{c.from, c.left} : MoveTrial{};
    return {};
}

std::string operate(Operating& it, const SetRatio& c) {
    if (c.ratio == 0 || c.ratio > k_limit_timeout_ratio)
        return "the timeout ratio is 1 to " + std::to_string(k_limit_timeout_ratio) + ", not " +
               std::to_string(c.ratio);
    const auto left = c.ratio == 1 ? Duration::zero() : c.left;
    if (it.state.timeout_ratio == c.ratio && it.state.ratio_left == left)
        return "the timeout ratio is " + std::to_string(c.ratio) + " already";
    it.state.timeout_ratio = c.ratio;
    it.state.ratio_left = left;
    tell(it, EventKind::timeout_ratio, "",
         {{"ratio", std::to_string(c.ratio)},
          {"left_ms", in_ms(left)},
          {"reason", std::string(clipped_reason(c.reason))}});
    return {};
}

namespace {

/// Counts down, and gives those that have come to their end.
std::vector<MonitorId> count_down(Countdowns& all, Duration passed) {
    std::vector<MonitorId> over;
    for (auto& [id, left] : all) {
        if (left == Duration::zero()) continue;
        if (left <= passed)
            over.push_back(id);
        else
            left -= passed;
    }
    for (const auto id : over) all.erase(id);
    return over;
}

}  // namespace

std::string operate(Operating& it, const TimePassed& c) {
    if (c.passed <= Duration::zero()) return "no time has passed";
    const bool is_any_older = age(it.state, c.passed);
    if (!is_any_older && !next_countdown(it.state)) return "nothing is counted down";
    for (const auto id : count_down(it.state.paused_monitors, c.passed))
        tell_pause(it, id, false, {});
    for (const auto id : count_down(it.state.injected_monitors, c.passed))
        tell_injection(it, id, false, {});
    auto& ratio_left = it.state.ratio_left;
    if (ratio_left > Duration::zero()) {
        if (ratio_left <= c.passed)
            operate(it, SetRatio{1, {}, "its time is over"});
        else
            ratio_left -= c.passed;
    }
    // Whether a move has succeeded is for the leader to say: here only its time ends.
    for (auto& [id, group] : it.state.groups)
        group.trial.left = std::max(Duration::zero(), group.trial.left - c.passed);
    // So it is for the leader to take a configuration back, which may need groups to be stopped.
    if (auto& trial = it.state.spec_trial)
        trial->left = std::max(Duration::zero(), trial->left - c.passed);
    return {};
}

bool is_done(const ClusterState& state, NodeId node, StartNumber start, RequestId id) {
    const auto it = state.done_requests.find(node);
    if (it == state.done_requests.end() || it->second.start != start) return false;
    const auto& ids = it->second.ids;
    return std::find(ids.begin(), ids.end(), id) != ids.end();
}

std::string operate(Operating& it, const RequestDone& c) {
    if (!it.state.nodes.contains(c.node))
        return "node " + std::to_string(c.node.value) + " is not in the configuration";
    if (is_done(it.state, c.node, c.start, c.id))
        return "request " + std::to_string(c.id.value) + " is noted already";
    auto& done = it.state.done_requests[c.node];
    if (done.start != c.start) done = {c.start, {}};
    if (done.ids.size() >= k_limit_done_requests) done.ids.erase(done.ids.begin());
    done.ids.push_back(c.id);
    return {};
}

}  // namespace ha::model
