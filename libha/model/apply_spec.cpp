// Taking in a new configuration. What runs is never lost by it: a group that somebody owns and a
// node that owns something cannot be taken out.
//
// Nor is it changed under itself: a group that somebody owns keeps its resources as they are. What
// stops groups for a change, and starts them again, is apply_reconfigure.cpp.
//
// One exception keeps a dead machine from staying in the configuration for ever: a node that is
// down may be taken out, and its groups become free with a LeaseWait, exactly as a Give would have
// added it. Groups that need fencing do not, because for them the end of a lease is no release.
#include "model/apply_spec.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "model/apply_found.hpp"
#include "model/apply_reconfigure.hpp"
#include "model/codec.hpp"
#include "model/flaw.hpp"

namespace ha::model {

namespace {

std::string refusal_of_removed_groups(const ClusterState& state, const ClusterSpec& next) {
    for (const auto& [id, record] : state.groups) {
        if (find_group(next, id) != nullptr) continue;
        const auto name = "group " + name_of(state.spec, id);
        if (record.goal != Goal::offline)
            return name + " is removed but not stopped; stop it first";
        if (record.owner)
            return name + " is removed but node " + name_of(state.spec, record.owner) +
                   " has not released it yet";
    }
    return {};
}

Duration longest_timeout(const NodeSpec& node) {
    Duration out{0};
    for (const auto& device : node.fences) out = std::max(out, device.timeout);
    return out;
}

/// How long a shot may be under way follows from the configuration: no shorter time meanwhile.
std::string refusal_of_fences(const ClusterState& state, const ClusterSpec& next) {
    for (const auto& [id, record] : state.nodes) {
        if (!is_being_fenced(record)) continue;
        const auto* was = find_node(state.spec, id);
        const auto* is = find_node(next, id);
        const auto name = "node " + name_of(state.spec, id);
        if (is == nullptr)
            return name + " is removed but is being fenced; wait until that is over";
        if (was != nullptr && longest_timeout(*is) < longest_timeout(*was))
            return "the longest timeout of the fence devices of " + name +
                   " becomes shorter while it is being fenced; wait until that is over";
    }
    return {};
}

std::string refusal_of_removed_nodes(const ClusterState& state, const ClusterSpec& next) {
    for (const auto& [id, record] : state.groups) {
        if (!record.owner || find_node(next, record.owner) != nullptr) continue;
        const auto* group = find_group(state.spec, id);
        HA_ASSERT(group != nullptr);
        if (is_freed_with(state, *group, record.owner)) continue;
        return "node " + name_of(state.spec, record.owner) + " is removed but still owns group " +
               group->name + "; move or stop the group first";
    }
    return {};
}

std::string refusal_of_changed_groups(const ClusterState& state, const ClusterSpec& next) {
    for (const auto& [id, record] : state.groups) {
        const auto* was = find_group(state.spec, id);
        const auto* will = find_group(next, id);
        HA_ASSERT(was != nullptr);
        if (!record.owner || will == nullptr || runs_alike(*was, *will)) continue;
        return "the resources of group " + was->name + " change, and node " +
               name_of(state.spec, record.owner) + " runs it; stop it first";
    }
    return {};
}

/// What a group waits for is kept when the node is taken out, and has a limit.
std::string refusal_of_waits(const ClusterState& state, const ClusterSpec& next) {
    for (const auto& [id, record] : state.groups) {
        const auto count = std::count_if(
            record.waits.begin(), record.waits.end(),
            [&](const LeaseWait& wait) { return find_node(next, wait.node) == nullptr; });
        if (static_cast<std::size_t>(count) >= k_limit_nodes)
            return "group " + name_of(state.spec, id) +
                   " waits for the leases of too many nodes that were taken out; put one back and "
                   "let it come up";
    }
    return {};
}

std::string refusal_of_exclusion(const ClusterState& state, const ClusterSpec& next) {
    std::map<NodeId, const GroupSpec*> occupied;
    for (const auto& group : next.groups) {
        const auto it = state.groups.find(group.id);
        if (group.exclusion != Exclusion::full || it == state.groups.end()) continue;
        const auto owner = it->second.owner;
        if (!owner || find_node(next, owner) == nullptr) continue;
        const auto [other, is_first] = occupied.emplace(owner, &group);
        if (!is_first)
            return "groups " + other->second->name + " and " + group.name +
                   " become fully exclusive but are both on node " + name_of(next, owner) +
                   "; move one of them first";
    }
    return {};
}

void free_from_removed_node(ClusterState& state, GroupRecord& record) {
    const auto& node = record_of(state, record.owner);
    const LeaseWait wait{record.owner, node.taken_index};
    std::erase_if(record.waits, [&](const LeaseWait& w) { return w.node == wait.node; });
    record.waits.insert(std::lower_bound(record.waits.begin(), record.waits.end(), wait), wait);
    record.reason = "node " + name_of(state.spec, record.owner) + " was removed while down";
    record.owner = {};
    record.is_evicted = false;
    record.stop_failed = false;
    record.next_kind = StartKind::failover;
}

void take_nodes(ClusterState& state, const Position& position, const ClusterSpec& next) {
    for (auto& [id, record] : state.groups) {
        if (record.owner && find_node(next, record.owner) == nullptr)
            free_from_removed_node(state, record);
        const auto is_gone = [&](NodeId n) { return n && find_node(next, n) == nullptr; };
        if (is_gone(record.target)) record.target = {};
        // The node under the group will not come back: it waits for nobody.
        if (is_gone(record.stranded_on)) record.stranded_on = {};
        if (is_gone(record.trial.from)) record.trial = {};
        std::erase_if(record.bans, [&](const Ban& ban) { return is_gone(ban.node); });
        std::erase_if(record.found, [&](const auto& one) { return is_gone(one.first); });
    }
    std::erase_if(state.nodes, [&](const auto& n) { return find_node(next, n.first) == nullptr; });
    for (const auto& node : next.nodes) {
        const auto [it, is_new] = state.nodes.try_emplace(node.id);
        // A node of an earlier life of this id may have slept through its loss: it gets no lease
        // before it has seen that it was added anew (safety.md F2).
        if (is_new) it->second.taken_index = position.index;
    }
}

void take_groups(ClusterState& state, const ClusterSpec& next) {
    for (auto it = state.groups.begin(); it != state.groups.end();) {
        if (find_group(next, it->first) != nullptr) {
            ++it;
            continue;
        }
        state.incarnation_floor = std::max(state.incarnation_floor, it->second.epoch.incarnation);
        it = state.groups.erase(it);
    }
    for (const auto& group : next.groups) {
        const auto [it, is_new] = state.groups.try_emplace(group.id);
        std::erase_if(it->second.stopped,
                      [&](ResourceId id) { return find_resource(group, id) == nullptr; });
        if (!is_new) continue;
        it->second.epoch.incarnation = state.incarnation_floor;
        it->second.goal = group.startup == Startup::automatic ? Goal::online : Goal::offline;
        it->second.reason = "added to the configuration";
    }
}

std::string refusal_of_next(const ClusterState& state, SpecRevision base, const ClusterSpec& next,
                            bool is_revert) {
    const auto in_force = std::to_string(state.spec.revision.value);
    if (base != state.spec.revision)
        return "made from revision " + std::to_string(base.value) + ", but revision " + in_force +
               " is in force";
    if (auto flaw = flaw_of(next)) return *flaw;
    if (state.spec_trial && !is_revert)
        return "revision " + in_force + " is on trial; confirm it, or take it back, first";
    if (is_revert && !state.spec_trial) return "revision " + in_force + " is not on trial";
    return refusal_of_waits(state, next);
}

/// Beside the one in force the state keeps the one that follows or was before; while a trial is
/// taken back, that one twice.
std::string refusal_of_size(const ClusterState& state, const ClusterSpec& next) {
    const auto bytes = 2 * encode(state.spec).size() + encode(next).size();
    if (bytes <= k_limit_specs_bytes) return {};
    return "the configuration is too large to be changed in steps or on trial (" +
           std::to_string(bytes) + " bytes would be kept, and " +
           std::to_string(k_limit_specs_bytes) + " fit)";
}

}  // namespace

bool is_freed_with(const ClusterState& state, const GroupSpec& group, NodeId removed) {
    return record_of(state, removed).status == NodeStatus::down &&
           requirement_of(group) != Requirement::fencing && stops_by_itself(state, removed);
}

std::string refusal_of_change(const ClusterState& state, SpecRevision base, const ClusterSpec& next,
                              bool is_revert) {
    if (state.pending_spec) return "another change of the configuration is under way";
    auto refusal = refusal_of_next(state, base, next, is_revert);
    return refusal.empty() && !is_revert ? refusal_of_size(state, next) : refusal;
}

std::string refusal_of(const ClusterState& state, const SetSpec& command, bool completes) {
    if (state.pending_spec && !completes) return "another change of the configuration is under way";
    auto refusal = refusal_of_next(state, command.base, command.spec, command.is_revert);
    if (!refusal.empty()) return refusal;
    if (command.confirm_within > Duration::zero() && !completes)
        if (auto text = refusal_of_size(state, command.spec); !text.empty()) return text;
    for (const auto refuse :
         {refusal_of_removed_groups, refusal_of_fences, refusal_of_removed_nodes,
          refusal_of_changed_groups, refusal_of_exclusion})
        if (auto text = refuse(state, command.spec); !text.empty()) return text;
    return {};
}

void tell_spec(std::vector<Event>& events, const ClusterState& state, const SetSpec& command) {
    const auto revision = std::to_string(state.spec.revision.value);
    events.push_back({Instant{}, EventKind::spec_changed, "", {{"revision", revision}}});
    if (command.is_revert)
        events.push_back({Instant{}, EventKind::spec_reverted, "", {{"revision", revision}}});
    if (state.spec_trial)
        events.push_back({Instant{}, EventKind::spec_on_trial, "",
                          {{"revision", revision},
                           {"left_ms", std::to_string(state.spec_trial->left / 1ms)}}});
}

void take_spec(ClusterState& state, const Position& position, const SetSpec& command,
               std::vector<Event>& events) {
    take_nodes(state, position, command.spec);
    take_groups(state, command.spec);
    const auto is_gone = [&](const auto& entry) {
        return find_monitor(command.spec, entry.first) == nullptr;
    };
    std::erase_if(state.paused_monitors, is_gone);
    std::erase_if(state.injected_monitors, is_gone);
    std::erase_if(state.checkpoints, [&](const auto& entry) {
        return find_group(command.spec, entry.first) == nullptr;
    });
    std::erase_if(state.done_requests, [&](const auto& entry) {
        return find_node(command.spec, entry.first) == nullptr;
    });
    // Who may go on without a quorum by the rules that it knows does so until it knows others.
    if (!binds_to_stop(state.spec) || !binds_to_stop(command.spec))
        for (const auto& [id, node] : state.nodes)
            if (node.status != NodeStatus::absent) state.unbound.insert(id);
    const auto is_no_node = [&](NodeId id) { return find_node(command.spec, id) == nullptr; };
    std::erase_if(state.unbound, is_no_node);
    std::erase_if(state.fork_risk, is_no_node);
    if (!(binds_to_stop(state.spec) && binds_to_stop(command.spec)))
        state.binding_index = position.index;
    // A watchdog was promised by the rules that its node knew: it promises anew by the new ones.
    if (state.spec.quorum != command.spec.quorum)
        for (auto& [id, node] : state.nodes) node.watchdog = {};
    const auto before = std::exchange(state.spec, command.spec);
    if (state.spec.timing.probe_interval == Duration::zero()) forget_found(state, events);
    state.spec.revision = SpecRevision{command.base.value + 1};
    state.spec_trial.reset();
    if (command.confirm_within > Duration::zero())
        state.spec_trial = SpecTrial{before, command.confirm_within};
}

}  // namespace ha::model
