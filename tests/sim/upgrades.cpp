// Rolling upgrades: nodes whose software knows different versions, going up, and sometimes back
// (gate G22, safety.md F23).
#include "world.hpp"

namespace ha::sim {

/// Half of all runs begin with the software before the newest.
void World::choose_software() {
    const bool is_old = random_.below(2) == 0;
    for (auto& host : hosts_) host->version = is_old ? k_version_newest - 1 : k_version_newest;
    if (is_old || options_.spec) return;
    spec_.timing.probe_interval = Duration{1s} + random_.up_to(4s);
    // The cluster begins with the version that its configuration needs: who reads that, knows it.
    for (auto& host : hosts_) host->version_seen = host->version;
}

/// As an operator does it: the daemon ends, cleanly or not, and another one starts. Going back is
/// allowed at any time here; what comes of it when the cluster was raised is that the node has to
/// stay away.
void World::change_software(Host& host) {
    const bool is_back = host.version == k_version_newest;
    if (is_back && random_.below(3) != 0) return;
    host.version = is_back ? k_version_newest - 1 : k_version_newest;
    const auto name = "node " + std::to_string(host.id().value);
    note(name + (is_back ? ": its software is put back" : ": its software is upgraded"));
    const auto start_anew = [this, &host, name] {
        host.kill_daemon();
        host.start_daemon();
        note(name + ": had is started");
    };
    if (random_.below(2) == 0) return start_anew();
    host.leave();
    queue_.after(Duration{500ms} + random_.up_to(3s), start_anew);
}

/// Everybody has the newest in the end.
void World::upgrade_all() {
    for (auto& host : hosts_) {
        if (host->version == k_version_newest) continue;
        host->version = k_version_newest;
        host->kill_daemon();
        host->start_daemon();
    }
}

/// The version is raised when every node has had the software for it, and never before.
std::string World::check_version(const Host& host) const {
    const auto version = host.engine()->state().cluster_version;
    for (const auto& other : hosts_)
        if (version > other->version_seen)
            return "versions: node " + std::to_string(host.id().value) + " is of version " +
                   std::to_string(version) + ", and node " + std::to_string(other->id().value) +
                   " has never known more than " + std::to_string(other->version_seen);
    return {};
}

}  // namespace ha::sim
