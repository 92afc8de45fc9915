// Carrying out what nodes say that they found active without a right to it.
#include "model/apply_found.hpp"

#include "model/text.hpp"

namespace ha::model {

namespace {

std::string resource_name(const ClusterState& state, GroupId group, ResourceId id) {
    const auto* spec = find_group(state.spec, group);
    const auto* resource = spec == nullptr ? nullptr : find_resource(*spec, id);
    return resource == nullptr ? "resource " + std::to_string(id.value) : resource->name;
}

std::string refusal_of_found(const ClusterState& state, const FoundActive& c) {
    const auto group = state.groups.find(c.group);
    const auto node = state.nodes.find(c.node);
    if (group == state.groups.end()) return "the group is not in the configuration";
    if (node == state.nodes.end()) return "the node is not in the configuration";
    const auto name = "node " + name_of(state.spec, c.node);
    if (c.start != node->second.start) return "this is about another start of " + name;
    if (!is_up(state, c.node)) return name + " does not take part";
    const auto known = group->second.found.find(c.node);
    const bool is_known = known != group->second.found.end();
    if (!c.is_active)
        return is_known ? std::string() : name + " is not known to run it without a right";
    if (state.spec.timing.probe_interval == Duration::zero())
        return "probe_interval is 0, so nobody looks";
    const auto* spec = find_group(state.spec, c.group);
    if (spec == nullptr || find_resource(*spec, c.resource) == nullptr)
        return "the group has no such resource";
    if (group->second.owner == c.node) return name + " has a right to it meanwhile";
    if (is_known && known->second.resource == c.resource &&
        (known->second.is_acted_on || !c.is_acted_on))
        return name + " is known to run it without a right";
    return {};
}

/// Two ran it: an owner that is to stop as well is told so by the goal.
void stop_owner_too(ClusterState& state, GroupRecord& record) {
    if (state.spec.dual_activation != DualActivation::stop_both) return;
    record.goal = Goal::offline;
    record.target = {};
    record.is_pinned = false;
    record.reason = "it was active on two nodes, and dual_activation is stop_both";
}

}  // namespace

std::string operate(Operating& it, const FoundActive& c) {
    if (auto refusal = refusal_of_found(it.state, c); !refusal.empty()) return refusal;
    auto& record = it.state.groups.at(c.group);
    const auto object = "group " + name_of(it.state.spec, c.group);
    const auto node = name_of(it.state.spec, c.node);
    if (!c.is_active) {
        record.found.erase(c.node);
        it.events.push_back({Instant{}, EventKind::found_ended, object, {{"node", node}}});
        return {};
    }
    auto& found = record.found[c.node];
    found.resource = c.resource;
    const bool is_begun = c.is_acted_on && !found.is_acted_on;
    found.is_acted_on = found.is_acted_on || c.is_acted_on;
    const auto resource = resource_name(it.state, c.group, c.resource);
    const std::string action =
        found.is_acted_on ? "it is stopped there" : "nothing is done about it there so far";
    if (!record.owner) {
        it.events.push_back({Instant{}, EventKind::foreign_activation, object,
                             {{"node", node}, {"resource", resource}, {"action", action}}});
        return {};
    }
    const bool is_both = is_begun && it.state.spec.dual_activation == DualActivation::stop_both;
    it.events.push_back({Instant{}, EventKind::dual_activation, object,
                         {{"kept_on", is_both ? "" : name_of(it.state.spec, record.owner)},
                          {"found_on", node},
                          {"resource", resource},
                          {"action", is_both ? "it is stopped on both" : action}}});
    if (is_begun) stop_owner_too(it.state, record);
    return {};
}

std::string operate(Operating& it, const StopFound& c) {
    const auto group = it.state.groups.find(c.group);
    if (group == it.state.groups.end()) return "the group is not in the configuration";
    const auto found = group->second.found.find(c.node);
    const auto name = "node " + name_of(it.state.spec, c.node);
    if (found == group->second.found.end()) return name + " runs nothing of it without a right";
    if (group->second.owner) return "the group has an owner, so that is decided";
    if (group->second.goal != Goal::online) return "the group is not wanted online";
    if (group->second.is_frozen) return "the group is frozen";
    if (found->second.is_to_stop) return name + " is to stop it already";
    found->second.is_to_stop = true;
    return {};
}

void forget_found_on(ClusterState& state, NodeId node) {
    for (auto& [id, record] : state.groups) record.found.erase(node);
}

void forget_found(ClusterState& state, std::vector<Event>& events) {
    for (auto& [id, record] : state.groups) {
        for (const auto& [node, found] : record.found)
            events.push_back({Instant{}, EventKind::found_ended,
                              "group " + name_of(state.spec, id),
                              {{"node", name_of(state.spec, node)},
                               {"reason", "nobody looks for it any more"}}});
        record.found.clear();
    }
}

void withdraw_stops(GroupRecord& record) {
    for (auto& [node, found] : record.found) found.is_to_stop = false;
}

}  // namespace ha::model
