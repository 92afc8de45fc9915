// What the cluster has agreed on: lookups, the first state, and the names of the enumerations.
#include "model/state.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace ha::model {

ClusterState initial_state(const ClusterSpec& spec) {
    ClusterState state;
    state.cluster_version = version_of(spec);
    state.spec = spec;
    for (const auto& node : spec.nodes) state.nodes[node.id];
    for (const auto& group : spec.groups)
        state.groups[group.id].goal =
            group.startup == Startup::automatic ? Goal::online : Goal::offline;
    return state;
}

const NodeRecord& record_of(const ClusterState& state, NodeId node) {
    const auto it = state.nodes.find(node);
    HA_ASSERT(it != state.nodes.end());
    return it->second;
}

const GroupRecord& record_of(const ClusterState& state, GroupId group) {
    const auto it = state.groups.find(group);
    HA_ASSERT(it != state.groups.end());
    return it->second;
}

bool is_up(const ClusterState& state, NodeId node) {
    const auto it = state.nodes.find(node);
    if (it == state.nodes.end()) return false;
    return it->second.status == NodeStatus::up || it->second.status == NodeStatus::leaving;
}

bool is_being_fenced(const NodeRecord& node) {
    return node.fencer || node.fencing == FencingState::requested;
}

bool is_fenced(const ClusterState& state, NodeId node, StartNumber start) {
    const auto it = state.nodes.find(node);
    return it != state.nodes.end() && it->second.start == start &&
           it->second.status == NodeStatus::down &&
           it->second.fencing == FencingState::confirmed;
}

std::vector<NodeId> found_elsewhere(const ClusterState& state, GroupId group, NodeId node) {
    std::vector<NodeId> out;
    const auto* spec = find_group(state.spec, group);
    for (const auto& [where, found] : record_of(state, group).found) {
        if (where == node) continue;
        const bool is_waited_for =
            spec != nullptr && requirement_of(*spec, found.resource) == Requirement::fencing;
        if (is_waited_for || is_up(state, where)) out.push_back(where);
    }
    return out;
}

bool is_found_on(const ClusterState& state, NodeId node, Requirement requirement) {
    return std::any_of(state.groups.begin(), state.groups.end(), [&](const auto& entry) {
        const auto found = entry.second.found.find(node);
        const auto* spec = find_group(state.spec, entry.first);
        return found != entry.second.found.end() && spec != nullptr &&
               requirement_of(*spec, found->second.resource) >= requirement;
    });
}

std::vector<GroupId> groups_of(const ClusterState& state, NodeId node) {
    std::vector<GroupId> out;
    if (!node) return out;
    for (const auto& [id, record] : state.groups)
        if (record.owner == node) out.push_back(id);
    return out;
}

namespace {

/// Far below what could overflow when it is added to an instant.
constexpr Duration k_limit_timeout = 24h * 365 * 20;

Duration times(Duration timeout, std::uint32_t ratio, Duration limit) {
    if (timeout >= limit || ratio <= 1) return timeout;  // what was longer before stays as it was
    return timeout > limit / static_cast<std::int64_t>(ratio)
               ? limit
               : timeout * static_cast<std::int64_t>(ratio);
}

}  // namespace

Duration stretched(const ClusterState& state, Duration timeout) {
    return times(timeout, state.timeout_ratio, k_limit_timeout);
}

Timing timing_of(const ClusterState& state) {
    auto out = state.spec.timing;
    if (state.timeout_ratio <= 1) return out;
    // The same function of each keeps lease <= timeout, and makes none of them shorter, so
    // interval <= timeout/3 and sever_bound <= lease/4 stay true as well.
    for (auto* time : {&out.heartbeat_timeout, &out.lease, &out.engine_stall})
        *time = times(*time, state.timeout_ratio, k_limit_device_timeout);
    out.leave_timeout = stretched(state, out.leave_timeout);
    return out;
}

std::optional<Duration> next_countdown(const ClusterState& state) {
    std::optional<Duration> least;
    const auto consider = [&](Duration left) {
        if (left > Duration::zero() && (!least || left < *least)) least = left;
    };
    for (const auto& [id, left] : state.paused_monitors) consider(left);
    for (const auto& [id, left] : state.injected_monitors) consider(left);
    consider(state.ratio_left);
    for (const auto& [id, group] : state.groups)
        if (group.trial.from) consider(group.trial.left);
    if (state.spec_trial) consider(state.spec_trial->left);
    return least;
}

Incarnation next_incarnation(const GroupRecord& group) {
    return Incarnation{std::max(group.epoch.incarnation, group.incarnation_floor).value + 1};
}

bool stops_by_itself(const ClusterState& state, NodeId node) {
    return binds_to_stop(state.spec) && !state.unbound.contains(node);
}

std::optional<Duration> time_to_reset(const ClusterState& state, NodeId node) {
    const auto record = state.nodes.find(node);
    const auto* spec = find_node(state.spec, node);
    if (record == state.nodes.end() || spec == nullptr || spec->clock_may_stop) return {};
    // Under two_node a lone node goes on without anybody's answers, and is fed with that.
    if (state.spec.quorum != QuorumPolicy::majority) return {};
    if (record->second.watchdog == Duration::zero() || !stops_by_itself(state, node)) return {};
    const auto sum = record->second.watchdog + k_reset_time;
    return sum + sum / 1'000'000 * (2 * std::int64_t{state.spec.timing.drift_ppm});
}

const char* to_string(NodeStatus s) noexcept {
    switch (s) {
        case NodeStatus::absent: return "absent";
        case NodeStatus::up: return "up";
        case NodeStatus::leaving: return "leaving";
        case NodeStatus::left: return "left";
        case NodeStatus::down: return "down";
    }
    return "unknown";
}

const char* to_string(NodeMode m) noexcept {
    switch (m) {
        case NodeMode::in_service: return "in_service";
        case NodeMode::maintenance: return "maintenance";
        case NodeMode::standby: return "standby";
        case NodeMode::isolated: return "isolated";
    }
    return "unknown";
}

const char* to_string(NodeOrder order) noexcept {
    switch (order) {
        case NodeOrder::none: return "none";
        case NodeOrder::stop: return "stop";
        case NodeOrder::restart: return "restart";
        case NodeOrder::reboot: return "reboot";
        case NodeOrder::poweroff: return "poweroff";
    }
    return "unknown";
}

const char* to_string(Goal g) noexcept {
    switch (g) {
        case Goal::offline: return "offline";
        case Goal::online: return "online";
    }
    return "unknown";
}

const char* to_string(StartKind k) noexcept {
    switch (k) {
        case StartKind::start: return "start";
        case StartKind::failover: return "failover";
        case StartKind::move: return "move";
    }
    return "unknown";
}

const char* to_string(Requirement r) noexcept {
    switch (r) {
        case Requirement::nothing: return "nothing";
        case Requirement::quorum: return "quorum";
        case Requirement::fencing: return "fencing";
    }
    return "unknown";
}

const char* to_string(QuorumPolicy q) noexcept {
    switch (q) {
        case QuorumPolicy::majority: return "majority";
        case QuorumPolicy::two_node: return "two_node";
    }
    return "unknown";
}

const char* to_string(TieBreaker t) noexcept {
    switch (t) {
        case TieBreaker::none: return "none";
        case TieBreaker::fencing: return "fencing";
        case TieBreaker::ping: return "ping";
        case TieBreaker::http: return "http";
    }
    return "unknown";
}

const char* to_string(QuorumLoss q) noexcept {
    switch (q) {
        case QuorumLoss::stop: return "stop";
        case QuorumLoss::freeze: return "freeze";
        case QuorumLoss::ignore: return "ignore";
    }
    return "unknown";
}

const char* to_string(FencingState s) noexcept {
    switch (s) {
        case FencingState::none: return "none";
        case FencingState::requested: return "requested";
        case FencingState::confirmed: return "confirmed";
        case FencingState::failed: return "failed";
    }
    return "unknown";
}

const char* to_string(PartitionAction a) noexcept {
    switch (a) {
        case PartitionAction::stop_groups: return "stop_groups";
        case PartitionAction::stop_node_service: return "stop_node_service";
        case PartitionAction::reboot: return "reboot";
        case PartitionAction::poweroff: return "poweroff";
    }
    return "unknown";
}

const char* to_string(DualActivation d) noexcept {
    switch (d) {
        case DualActivation::keep_one: return "keep_one";
        case DualActivation::stop_both: return "stop_both";
    }
    return "unknown";
}

const char* to_string(Startup s) noexcept {
    switch (s) {
        case Startup::automatic: return "auto";
        case Startup::manual: return "manual";
    }
    return "unknown";
}

const char* to_string(Failover f) noexcept {
    switch (f) {
        case Failover::automatic: return "auto";
        case Failover::manual: return "manual";
    }
    return "unknown";
}

const char* to_string(Failback f) noexcept {
    switch (f) {
        case Failback::manual: return "manual";
        case Failback::automatic: return "auto";
    }
    return "unknown";
}

const char* to_string(Exclusion e) noexcept {
    switch (e) {
        case Exclusion::off: return "off";
        case Exclusion::normal: return "normal";
        case Exclusion::full: return "full";
    }
    return "unknown";
}

const char* to_string(FinalAction a) noexcept {
    switch (a) {
        case FinalAction::none: return "none";
        case FinalAction::stop_group: return "stop_group";
        case FinalAction::failover: return "failover";
        case FinalAction::stop_node_service: return "stop_node_service";
        case FinalAction::reboot: return "reboot";
        case FinalAction::poweroff: return "poweroff";
    }
    return "unknown";
}

const char* to_string(MonitorTiming t) noexcept {
    switch (t) {
        case MonitorTiming::always: return "always";
        case MonitorTiming::while_active: return "while_active";
    }
    return "unknown";
}

const char* to_string(RecoveryTarget t) noexcept {
    switch (t) {
        case RecoveryTarget::resource: return "resource";
        case RecoveryTarget::group: return "group";
        case RecoveryTarget::none: return "none";
        case RecoveryTarget::all_groups: return "all_groups";
        case RecoveryTarget::node: return "node";
    }
    return "unknown";
}

}  // namespace ha::model
