// The cluster as its administrator described it: lookups and names.
#include "model/spec.hpp"

#include <algorithm>

namespace ha::model {

namespace {

/// Ids are numbered from 1, mostly without gaps and in order: the place id - 1 is looked at first,
/// so that a loop over all groups does not become quadratic.
template <class T, class Id>
const T* find_by_id(const std::vector<T>& all, Id id) {
    if (!id) return nullptr;
    if (id.value <= all.size() && all[id.value - 1].id == id) return &all[id.value - 1];
    for (const auto& one : all)
        if (one.id == id) return &one;
    return nullptr;
}

template <class T>
const T* find_by_name(const std::vector<T>& all, std::string_view name) {
    for (const auto& one : all)
        if (one.name == name) return &one;
    return nullptr;
}

}  // namespace

const NodeSpec* find_node(const ClusterSpec& spec, NodeId id) { return find_by_id(spec.nodes, id); }

const NodeSpec* find_node(const ClusterSpec& spec, std::string_view name) {
    return find_by_name(spec.nodes, name);
}

const GroupSpec* find_group(const ClusterSpec& spec, GroupId id) {
    return find_by_id(spec.groups, id);
}

const GroupSpec* find_group(const ClusterSpec& spec, std::string_view name) {
    return find_by_name(spec.groups, name);
}

const ResourceSpec* find_resource(const GroupSpec& group, ResourceId id) {
    if (!id) return nullptr;
    for (const auto& resource : group.resources)
        if (resource.id == id) return &resource;
    return nullptr;
}

const MonitorSpec* find_monitor(const ClusterSpec& spec, MonitorId id) {
    return find_by_id(spec.monitors, id);
}

const MonitorSpec* find_monitor(const ClusterSpec& spec, std::string_view name) {
    return find_by_name(spec.monitors, name);
}

ResourcePlace find_resource(const ClusterSpec& spec, std::string_view name) {
    for (const auto& group : spec.groups)
        for (const auto& resource : group.resources)
            if (resource.name == name) return {&group, &resource};
    return {};
}

std::string name_of(const ClusterSpec& spec, NodeId id) {
    if (!id) return "no node";
    if (const auto* node = find_node(spec, id)) return node->name;
    return "node " + std::to_string(id.value);
}

std::string name_of(const ClusterSpec& spec, GroupId id) {
    if (!id) return "no group";
    if (const auto* group = find_group(spec, id)) return group->name;
    return "group " + std::to_string(id.value);
}

Requirement requirement_of(const GroupSpec& group) {
    auto strongest = Requirement::nothing;
    for (const auto& resource : group.resources)
        strongest = std::max(strongest, resource.requirement);
    return strongest;
}

Requirement requirement_of(const GroupSpec& group, ResourceId resource) {
    const auto* found = find_resource(group, resource);
    return found == nullptr ? requirement_of(group) : found->requirement;
}

model::Parameters parameters_on(const ResourceSpec& resource, NodeId node) {
    auto out = resource.parameters;
    if (const auto own = resource.node_parameters.find(node); own != resource.node_parameters.end())
        for (const auto& [name, value] : own->second) out[name] = value;
    return out;
}

bool has_etcd(const ClusterSpec& spec) { return !spec.witness.etcd.endpoints.empty(); }

bool has_witness(const ClusterSpec& spec) {
    return !spec.witness.address.empty() || has_etcd(spec);
}

std::string witness_place(const ClusterSpec& spec) {
    if (!has_etcd(spec)) return spec.witness.address;
    std::string out;
    for (const auto& endpoint : spec.witness.etcd.endpoints)
        out += (out.empty() ? "etcd at " : ", ") + endpoint;
    return out;
}

bool binds_to_stop(const ClusterSpec& spec) {
    // With fencing nobody else can start what a lone node runs before that node is harmless, so it
    // runs on (safety.md F7). With the tie breaker `none` it runs on too, and two owners are what
    // that policy says they are: possible.
    const bool is_fenced = spec.quorum == QuorumPolicy::two_node &&
                           spec.tie_breaker == TieBreaker::fencing;
    return spec.quorum_loss == QuorumLoss::stop && !is_fenced;
}

std::uint32_t version_of(const ClusterSpec& spec) noexcept {
    return spec.timing.probe_interval == k_probe_interval_unsaid ? k_version_oldest : 2;
}

}  // namespace ha::model
