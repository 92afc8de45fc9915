// Watchdogs: what a node promises of its own, and when that releases what a lost node held
// (safety.md F21, cluster.md 4 release rule 3 for groups that require fencing).
//
//   armed and verified here -> PromiseReset committed, while we take part
//   declared down -> its lease is over -> + T + k_reset_time, with drift -> NodeReset: it is free
//
// The promise is about all that it holds: the runtime starts nothing that requires fencing while
// the device is not armed, and feeds it while the lease runs only, whatever this process does (F8).
// A promise that the leader does not know of releases nothing, so it may come late. Under two_node
// nobody promises: a lone node may hold on there, and goes on feeding.
#include <algorithm>

#include "base/seeded_bug.hpp"
#include "engine/impl.hpp"

namespace ha::engine {

namespace {

/// All attempts to stop it, one resource after the other.
Duration time_to_stop(const model::GroupSpec& group) {
    Duration out{0};
    for (const auto& resource : group.resources)
        out += resource.stop.timeout * (std::int64_t{resource.stop.retries} + 1);
    return out;
}

}  // namespace

/// What we may promise: no watchdog that would reset us in the midst of an orderly stop, and none
/// that is fed while we are alone.
Duration Engine::Impl::watchdog_promise() const {
    if (registry.spec.quorum != model::QuorumPolicy::majority) return Duration::zero();
    for (const auto& group : registry.spec.groups)
        if (model::requirement_of(group) == model::Requirement::fencing &&
            std::find(group.policy.begin(), group.policy.end(), self) != group.policy.end() &&
            time_to_stop(group) >= watchdog)
            return Duration::zero();
    return watchdog;
}

bool Engine::Impl::is_promise_due() const {
    if (!raft || !raft->leader() || !is_admitted()) return false;
    const auto record = registry.nodes.find(self);
    return record != registry.nodes.end() && record->second.watchdog != watchdog_promise();
}

/// Told again until the state shows it.
void Engine::Impl::promise_reset() {
    if (!is_promise_due() || (promise_told != Instant{} && now < promise_told + k_request_resend))
        return;
    promise_told = now;
    const model::PromiseReset promise{self, store.start, watchdog_promise()};
    if (raft->is_leader()) {
        reports[self].emplace_back(promise);
        is_duty_due = true;
    } else {
        send(raft->leader(), wire::Report{model::encode(std::vector<model::Command>{promise})});
    }
}

Instant Engine::Impl::promise_deadline() const {
    return is_promise_due() ? std::max(now + k_step_min, promise_told + k_request_resend)
                            : Instant::max();
}

void Engine::Impl::duty_resets(model::ClusterState& speculative,
                               std::vector<model::Command>& out) {
    std::erase_if(leases_ended, [&](const auto& ended) {
        const auto record = registry.nodes.find(ended.first);
        return record == registry.nodes.end() ||
               record->second.status != model::NodeStatus::down ||
               record->second.taken_index != ended.second.index;
    });
    for (const auto& [node, record] : registry.nodes) {
        const auto note = notes.find(node);
        if (record.status != model::NodeStatus::down || note == notes.end() ||
            note->second < record.taken_index ||
            record.fencing == model::FencingState::confirmed ||
            model::groups_of(registry, node).empty())
            continue;
        const auto time = model::time_to_reset(registry, node);
        if (!time) continue;
        // We may have learnt of it late, never early.
        const auto since =
            leases_ended.try_emplace(node, LeaseEnded{record.taken_index, now}).first->second.since;
        if (now - since < *time && !is_seeded(SeededBug::reset_without_watchdog_time)) continue;
        const auto found = speculative.nodes.find(node);
        if (found == speculative.nodes.end() || found->second != record) continue;
        try_command(speculative, out,
                    model::NodeReset{node, record.start,
                                     "its lease is over, and its watchdog has reset it since"});
    }
}

Instant Engine::Impl::resets_deadline() const {
    auto next = Instant::max();
    for (const auto& [node, ended] : leases_ended)
        if (const auto time = model::time_to_reset(registry, node);
            time && ended.since + *time > now)
            next = std::min(next, ended.since + *time);
    return next;
}

}  // namespace ha::engine
