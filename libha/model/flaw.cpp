// Flaws of a spec or a state: ids, names, references, limits, cycles.
#include "model/flaw.hpp"

#include <algorithm>
#include <set>

#include "base/limits.hpp"

namespace ha::model {

namespace {

using Flaw = std::optional<std::string>;

Flaw flaw_of_name(const std::string& kind, const std::string& name) {
    if (name.empty()) return "a " + kind + " has no name; every " + kind + " needs one";
    if (name.size() > k_limit_name_bytes)
        return kind + " name " + name.substr(0, 20) + "... is longer than " +
               std::to_string(k_limit_name_bytes) + " bytes";
    return {};
}

/// Ids are not none and unique, names are given and unique, and there are not too many.
template <class T>
Flaw flaw_of_list(const std::string& kind, const std::vector<T>& all, std::size_t limit) {
    if (all.size() > limit)
        return std::to_string(all.size()) + " " + kind + "s are more than the limit of " +
               std::to_string(limit);
    std::set<decltype(T::id)> ids;
    std::set<std::string_view> names;
    for (const auto& one : all) {
        if (auto flaw = flaw_of_name(kind, one.name)) return flaw;
        if (!one.id) return kind + " " + one.name + " has the id 0; ids begin at 1";
        if (!ids.insert(one.id).second)
            return kind + " " + one.name + " has the id " + std::to_string(one.id.value) +
                   " of another " + kind;
        if (!names.insert(one.name).second) return "two " + kind + "s have the name " + one.name;
    }
    return {};
}

Flaw flaw_of_fences(const NodeSpec& node) {
    if (node.fences.size() > k_limit_fences)
        return "node " + node.name + " has " + std::to_string(node.fences.size()) +
               " fence devices; at most " + std::to_string(k_limit_fences) + " are allowed";
    std::set<std::string_view> names;
    for (const auto& fence : node.fences) {
        if (auto flaw = flaw_of_name("fence device", fence.name)) return flaw;
        if (!names.insert(fence.name).second)
            return "two fence devices of node " + node.name + " have the name " + fence.name;
        if (fence.timeout <= Duration::zero() || fence.status_timeout <= Duration::zero())
            return "fence device " + fence.name + " of node " + node.name +
                   " has a timeout of zero; it must be longer";
    }
    return {};
}

Flaw flaw_of_quorum(const ClusterSpec& spec) {
    const bool needs_targets =
        spec.tie_breaker == TieBreaker::ping || spec.tie_breaker == TieBreaker::http;
    if (spec.quorum == QuorumPolicy::majority) return {};
    if (has_witness(spec))
        return "a witness is a vote under the quorum policy majority, and the policy is two_node; "
               "take majority, or leave the witness out";
    if (spec.nodes.size() != 2)
        return "the quorum policy two_node is for two nodes, and the cluster has " +
               std::to_string(spec.nodes.size()) + "; use majority";
    if (needs_targets && spec.tie_breaker_targets.empty())
        return std::string("the tie breaker ") + to_string(spec.tie_breaker) +
               " has no target; name at least one that is outside of both nodes";
    if (spec.tie_breaker == TieBreaker::fencing)
        for (const auto& node : spec.nodes)
            if (node.fences.empty())
                return "the tie breaker is fencing, and node " + node.name +
                       " has no fence device; each of the two needs one";
    return {};
}

Flaw flaw_of_nodes(const ClusterSpec& spec) {
    if (spec.nodes.empty()) return std::string("the cluster has no node; it needs at least one");
    if (auto flaw = flaw_of_list("node", spec.nodes, k_limit_nodes)) return flaw;
    std::set<std::uint32_t> ranks;
    std::set<InterconnectId> interconnects;
    for (const auto& one : spec.interconnects) interconnects.insert(one.id);
    for (const auto& node : spec.nodes) {
        if (!ranks.insert(node.rank).second)
            return "node " + node.name + " has the rank of another node; ranks are unique";
        for (const auto& [id, address] : node.addresses)
            if (!interconnects.contains(id))
                return "node " + node.name + " has an address on interconnect " +
                       std::to_string(id.value) + ", which does not exist";
        if (auto flaw = flaw_of_fences(node)) return flaw;
    }
    return flaw_of_quorum(spec);
}

/// Kahn's algorithm: what cannot be taken away stands in a cycle.
Flaw flaw_of_dependencies(const GroupSpec& group) {
    std::map<ResourceId, std::size_t> open;  // resource -> dependencies not yet started
    std::map<ResourceId, std::vector<ResourceId>> dependents;
    for (const auto& resource : group.resources) open[resource.id] = resource.depends_on.size();
    for (const auto& resource : group.resources) {
        std::set<ResourceId> seen;
        for (auto on : resource.depends_on) {
            if (!open.contains(on))
                return "resource " + resource.name + " depends on resource " +
                       std::to_string(on.value) + ", which is not in group " + group.name;
            if (!seen.insert(on).second)
                return "resource " + resource.name + " names one dependency twice";
            dependents[on].push_back(resource.id);
        }
    }
    std::vector<ResourceId> ready;
    for (const auto& [id, count] : open)
        if (count == 0) ready.push_back(id);
    std::size_t started = 0;
    while (!ready.empty()) {
        const auto id = ready.back();
        ready.pop_back();
        started++;
        for (auto dependent : dependents[id])
            if (--open[dependent] == 0) ready.push_back(dependent);
    }
    if (started == group.resources.size()) return {};
    for (const auto& resource : group.resources)
        if (open[resource.id] != 0)
            return "resource " + resource.name + " of group " + group.name +
                   " depends on itself in a circle";
    return {};
}

Flaw flaw_of_policy(const ClusterSpec& spec, const GroupSpec& group) {
    if (group.policy.empty())
        return "group " + group.name + " has no node in its policy; name at least one";
    std::set<NodeId> seen;
    for (auto node : group.policy) {
        if (find_node(spec, node) == nullptr)
            return "the policy of group " + group.name + " names node " +
                   std::to_string(node.value) + ", which does not exist";
        if (!seen.insert(node).second)
            return "the policy of group " + group.name + " names node " + name_of(spec, node) +
                   " twice";
    }
    return {};
}

using Order = std::vector<OrderSpec> GroupSpec::*;

/// What cannot be taken away, one that waits for nobody after the other, stands in a circle.
Flaw flaw_of_circle(const ClusterSpec& spec, Order order, const std::string& word) {
    std::map<GroupId, std::size_t> open;
    std::map<GroupId, std::vector<GroupId>> behind;
    std::vector<GroupId> ready;
    for (const auto& group : spec.groups) {
        open[group.id] = (group.*order).size();
        for (const auto& one : group.*order) behind[one.group].push_back(group.id);
        if ((group.*order).empty()) ready.push_back(group.id);
    }
    std::size_t done = 0;
    while (!ready.empty()) {
        const auto id = ready.back();
        ready.pop_back();
        done++;
        for (const auto next : behind[id])
            if (--open[next] == 0) ready.push_back(next);
    }
    if (done == spec.groups.size()) return {};
    for (const auto& group : spec.groups)
        if (open[group.id] != 0)
            return "group " + group.name + " waits for itself in a circle of " + word;
    return {};
}

Flaw flaw_of_order(const ClusterSpec& spec, Order order, const std::string& word) {
    for (const auto& group : spec.groups) {
        std::set<GroupId> seen;
        for (const auto& one : group.*order) {
            if (find_group(spec, one.group) == nullptr)
                return word + " of group " + group.name + " names group " +
                       std::to_string(one.group.value) + ", which does not exist";
            if (!seen.insert(one.group).second)
                return word + " of group " + group.name + " names group " +
                       name_of(spec, one.group) + " twice";
        }
    }
    return flaw_of_circle(spec, order, word);
}

Flaw flaw_of_groups(const ClusterSpec& spec) {
    if (auto flaw = flaw_of_list("group", spec.groups, k_limit_groups)) return flaw;
    std::set<ResourceId> ids;
    std::set<std::string_view> names;
    for (const auto& group : spec.groups) {
        if (auto flaw = flaw_of_policy(spec, group)) return flaw;
        if (auto flaw = flaw_of_list("resource", group.resources, k_limit_group_resources))
            return flaw;
        for (const auto& resource : group.resources) {
            if (!ids.insert(resource.id).second)
                return "resource " + resource.name + " has the id of a resource in another group";
            if (!names.insert(resource.name).second)
                return "two resources have the name " + resource.name;
            if (resource.start.timeout <= Duration::zero() ||
                resource.stop.timeout <= Duration::zero() ||
                resource.probe_timeout <= Duration::zero())
                return "resource " + resource.name + " has a timeout of zero; it must be longer";
        }
        if (auto flaw = flaw_of_dependencies(group)) return flaw;
        if (group.failover_limit > k_limit_failovers)
            return "group " + group.name + " has a failover limit of " +
                   std::to_string(group.failover_limit) + "; at most " +
                   std::to_string(k_limit_failovers) + " are counted";
    }
    if (auto flaw = flaw_of_order(spec, &GroupSpec::start_after, "start_after")) return flaw;
    return flaw_of_order(spec, &GroupSpec::stop_before, "stop_before");
}

Flaw flaw_of_members(const ClusterSpec& spec, const MonitorSpec& monitor) {
    if (monitor.type != k_multi_type) {
        if (!monitor.members.empty())
            return "monitor " + monitor.name + " has members, and is not of type multi";
        return {};
    }
    if (monitor.members.empty())
        return "monitor " + monitor.name + " of type multi has no members; name at least one";
    if (monitor.error_threshold > monitor.members.size() ||
        monitor.warning_threshold > monitor.members.size())
        return "monitor " + monitor.name + " can never have as many bad members as its threshold";
    std::set<MonitorId> seen;
    for (const auto id : monitor.members) {
        const auto* member = find_monitor(spec, id);
        if (member == nullptr)
            return "monitor " + monitor.name + " has a member that does not exist";
        if (member->type == k_multi_type)
            return "monitor " + monitor.name + " has the member " + member->name +
                   ", which is of type multi itself";
        if (!seen.insert(id).second)
            return "monitor " + monitor.name + " names the member " + member->name + " twice";
    }
    return {};
}

Flaw flaw_of_recovery(const ClusterSpec& spec, const MonitorSpec& monitor) {
    if (monitor.nice < -20 || monitor.nice > 19)
        return "monitor " + monitor.name + " has the nice value " + std::to_string(monitor.nice) +
               "; -20 to 19 are possible";
    if (!monitor.script.empty() && monitor.script_timeout <= Duration::zero())
        return "the script of monitor " + monitor.name +
               " has a timeout of zero; it must be longer";
    return flaw_of_members(spec, monitor);
}

Flaw flaw_of_monitors(const ClusterSpec& spec) {
    if (auto flaw = flaw_of_list("monitor", spec.monitors, k_limit_monitors)) return flaw;
    for (const auto& monitor : spec.monitors) {
        const auto* group = find_group(spec, monitor.group);
        if (monitor.group && group == nullptr)
            return "monitor " + monitor.name + " watches a group that does not exist";
        if (monitor.resource && (group == nullptr || !find_resource(*group, monitor.resource)))
            return "monitor " + monitor.name + " watches a resource that is not in its group";
        for (auto node : monitor.nodes)
            if (find_node(spec, node) == nullptr)
                return "monitor " + monitor.name + " runs on node " + std::to_string(node.value) +
                       ", which does not exist";
        if (monitor.interval <= Duration::zero() || monitor.timeout <= Duration::zero())
            return "monitor " + monitor.name +
                   " has an interval or timeout of zero; both must be longer";
        if (auto flaw = flaw_of_recovery(spec, monitor)) return flaw;
    }
    return {};
}

}  // namespace

std::optional<std::string> flaw_of(const ClusterSpec& spec) {
    if (auto flaw = flaw_of_list("interconnect", spec.interconnects, k_limit_interconnects))
        return flaw;
    if (auto flaw = flaw_of_nodes(spec)) return flaw;
    if (auto flaw = flaw_of_groups(spec)) return flaw;
    return flaw_of_monitors(spec);
}

std::optional<std::string> flaw_of(const ClusterState& state) {
    if (state.nodes.size() != state.spec.nodes.size() ||
        state.groups.size() != state.spec.groups.size())
        return std::string("the records are not those of its configuration");
    for (const auto& node : state.spec.nodes)
        if (!state.nodes.contains(node.id)) return "node " + node.name + " has no record";
    for (const auto& group : state.spec.groups) {
        const auto it = state.groups.find(group.id);
        if (it == state.groups.end()) return "group " + group.name + " has no record";
        const auto& record = it->second;
        for (const auto node : {record.owner, record.target, record.stranded_on,
                                record.trial.from})
            if (node && !state.nodes.contains(node))
                return "group " + group.name + " names node " + std::to_string(node.value) +
                       ", which is not in the configuration";
        for (const auto& [node, found] : record.found)
            if (!state.nodes.contains(node) || node == record.owner)
                return "group " + group.name + " was found on node " + std::to_string(node.value) +
                       ", which owns it or is not in the configuration";
        if (record.owner && !record.epoch)
            return "group " + group.name + " has an owner but was never given";
        if (!std::is_sorted(record.stopped.begin(), record.stopped.end()))
            return "the stopped resources of group " + group.name + " are not in their order";
    }
    if (checkpoint_bytes(state) > k_limit_checkpoints_bytes)
        return std::string("its checkpoints are larger than allowed");
    for (const auto& [group, checkpoint] : state.checkpoints) {
        if (!state.groups.contains(group) || checkpoint.empty())
            return "there is a checkpoint of group " + std::to_string(group.value) +
                   ", which is not in the configuration, or nothing in it";
        for (const auto& [name, section] : checkpoint)
            if (!section.version || section.version > state.newest_section_version)
                return "section " + name + " has version " +
                       std::to_string(section.version.value) + ", and the newest is " +
                       std::to_string(state.newest_section_version.value);
    }
    if (state.timeout_ratio == 0 || state.timeout_ratio > k_limit_timeout_ratio)
        return "the timeout ratio is " + std::to_string(state.timeout_ratio);
    return {};
}

}  // namespace ha::model
