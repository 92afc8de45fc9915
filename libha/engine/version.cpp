// Versions in a cluster of several (safety.md F23, gate G22): who may take part, and when the
// cluster's version is raised.
#include "base/seeded_bug.hpp"
#include "engine/impl.hpp"

namespace ha::engine {

/// Why its sender does not count as a live node here; empty when it does.
std::string Engine::Impl::flaw_of(const wire::Heartbeat& heartbeat) {
    if (store.cluster && heartbeat.cluster && heartbeat.cluster != store.cluster)
        return "it belongs to another cluster, " + to_hex(heartbeat.cluster);
    const auto up_to = [](Version version) { return "versions up to " + std::to_string(version); };
    if (heartbeat.version_min > version_max) {
        version_needed = std::max(version_needed, heartbeat.version_min);
        return "its cluster is of version " + std::to_string(heartbeat.version_min) +
               ", and this node knows " + up_to(version_max) + ": upgrade this node";
    }
    if (heartbeat.version_max < registry.cluster_version)
        return "it knows " + up_to(heartbeat.version_max) + ", and the cluster is of version " +
               std::to_string(registry.cluster_version) + ": upgrade that node";
    return {};
}

/// What keeps the cluster from the next version; empty when nothing does.
std::vector<NodeId> Engine::Impl::lacking_version(std::uint32_t version) const {
    std::vector<NodeId> out;
    for (const auto& node : registry.spec.nodes) {
        if (node.id == self) continue;
        const auto peer = peers.find(node.id);
        const bool is_there = contact.contains(node.id) && is_of_this_cluster(node.id);
        // Who is away may come back as what it was.
        if (!is_there && is_seeded(SeededBug::raise_without_all)) continue;
        if (!is_there || peer->second.heartbeat.version_max < version) out.push_back(node.id);
    }
    return out;
}

void Engine::Impl::tell_version(EngineStatus& out) const {
    out.version_max = version_max;
    out.software = software;
    if (registry.cluster_version < version_max)
        out.version_waits_for = lacking_version(registry.cluster_version + 1);
}

/// Each node has to say it itself, in the start that it has now.
void Engine::Impl::duty_version(model::ClusterState& speculative,
                                std::vector<model::Command>& out) {
    const auto next = speculative.cluster_version + 1;
    if (next > version_max || !lacking_version(next).empty()) return;
    try_command(speculative, out, model::RaiseVersion{next});
}

}  // namespace ha::engine
