// Failure detector: silence per node and interconnect.
#include "detect/detector.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace ha::detect {

Duration Detector::warning() const {
    return timing_.timeout / 100 * timing_.delay_warning_percent;
}

void Detector::set_paths(const std::map<NodeId, std::vector<InterconnectId>>& paths) {
    std::map<NodeId, Node> next;
    for (const auto& [node, interconnects] : paths) {
        auto& to = next[node];
        const auto old = nodes_.find(node);
        for (auto interconnect : interconnects) {
            auto& path = to.paths[interconnect];
            if (old == nodes_.end()) continue;
            const auto known = old->second.paths.find(interconnect);
            if (known != old->second.paths.end()) path = known->second;
        }
        to.suspicion = worst_of(to);
    }
    nodes_ = std::move(next);
}

void Detector::heard(Instant now, NodeId node, InterconnectId interconnect) {
    const auto n = nodes_.find(node);
    if (n == nodes_.end()) return;
    const auto p = n->second.paths.find(interconnect);
    if (p == n->second.paths.end()) return;
    auto& path = p->second;
    const bool was_silent = path.ever && judge(now, path) == Suspicion::red;
    if (was_silent && path.suspicion == Suspicion::red && path.held_until <= now) {
        const bool flaps = path.hold > Duration::zero() && now - path.went_red < k_flap_memory;
        path.hold = flaps ? std::min(path.hold * 2, k_hold_down_max) : timing_.timeout;
        if (flaps) path.held_until = now + path.hold;
    }
    path.ever = true;
    path.last = std::max(path.last, now);
}

void Detector::forget(NodeId node) {
    const auto n = nodes_.find(node);
    if (n == nodes_.end()) return;
    for (auto& [interconnect, path] : n->second.paths) path = Path{};
}

void Detector::widen(Instant now, Duration gap) {
    HA_ASSERT(gap >= Duration::zero());
    for (auto& [id, node] : nodes_)
        for (auto& [interconnect, path] : node.paths)
            if (path.ever && path.suspicion != Suspicion::red)
                path.last = std::min(now, path.last + gap);
}

Suspicion Detector::judge(Instant now, const Path& path) const {
    if (!path.ever || now < path.held_until) return Suspicion::red;
    const auto silence = now - path.last;
    if (silence >= timing_.timeout) return Suspicion::red;
    if (timing_.delay_warning_percent < 100 && silence >= warning()) return Suspicion::yellow;
    return Suspicion::green;
}

Suspicion Detector::worst_of(const Node& node) const {
    // The node is as well as its best window: one interconnect that works is enough.
    auto best = Suspicion::red;
    for (const auto& [interconnect, path] : node.paths) best = std::min(best, path.suspicion);
    return best;
}

std::vector<Change> Detector::update(Instant now) {
    std::vector<Change> changes;
    for (auto& [id, node] : nodes_) {
        Duration silence = Duration::max();
        for (auto& [interconnect, path] : node.paths) {
            const auto to = judge(now, path);
            if (path.ever) silence = std::min(silence, now - path.last);
            if (to == path.suspicion) continue;
            if (to == Suspicion::red) path.went_red = now;
            changes.push_back({id, interconnect, path.suspicion, to, now - path.last});
            path.suspicion = to;
        }
        const auto to = worst_of(node);
        if (to == node.suspicion) continue;
        changes.push_back({id, InterconnectId{}, node.suspicion, to, silence});
        node.suspicion = to;
    }
    return changes;
}

Suspicion Detector::suspicion(NodeId node) const {
    const auto n = nodes_.find(node);
    return n == nodes_.end() ? Suspicion::red : n->second.suspicion;
}

Suspicion Detector::suspicion(NodeId node, InterconnectId interconnect) const {
    const auto n = nodes_.find(node);
    if (n == nodes_.end()) return Suspicion::red;
    const auto p = n->second.paths.find(interconnect);
    return p == n->second.paths.end() ? Suspicion::red : p->second.suspicion;
}

NodeSet Detector::heard_nodes() const {
    NodeSet out;
    for (const auto& [id, node] : nodes_)
        if (node.suspicion != Suspicion::red) out.insert(id);
    return out;
}

bool Detector::was_heard(NodeId node) const {
    const auto n = nodes_.find(node);
    if (n == nodes_.end()) return false;
    return std::any_of(n->second.paths.begin(), n->second.paths.end(),
                       [](const auto& path) { return path.second.ever; });
}

Duration Detector::silence(Instant now, NodeId node, InterconnectId interconnect) const {
    const auto n = nodes_.find(node);
    if (n == nodes_.end()) return Duration::max();
    const auto p = n->second.paths.find(interconnect);
    if (p == n->second.paths.end() || !p->second.ever) return Duration::max();
    return now - p->second.last;
}

Instant Detector::next_deadline() const {
    auto next = Instant::max();
    for (const auto& [id, node] : nodes_)
        for (const auto& [interconnect, path] : node.paths) {
            if (!path.ever) continue;
            if (path.suspicion == Suspicion::red) {
                // Heard again, and waiting for the hold-down to end.
                if (path.last >= path.went_red && path.held_until > path.last)
                    next = std::min(next, path.held_until);
                continue;
            }
            const bool warns = timing_.delay_warning_percent < 100;
            const auto step = path.suspicion == Suspicion::green && warns ? warning()
                                                                         : timing_.timeout;
            next = std::min(next, path.last + step);
        }
    return next;
}

}  // namespace ha::detect
