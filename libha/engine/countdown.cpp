// Times that are counted down by the leader on its boot clock (safety.md F37), and moves on trial.
//
// How much time has passed is a command. It is made before anything that begins to be counted, when
// something ends or comes of age, and after each period, so that a leader that follows goes
// on with what was left. What the lost leader had not written down is counted once more: an end
// comes late by that, never early.
#include <algorithm>

#include "engine/impl.hpp"
#include "model/aging.hpp"

namespace ha::engine {

namespace {

/// Until time is to be written down: something happens by it, or a period is over.
Duration next_count(const model::ClusterState& state) {
    const auto next = model::next_by_time(state);
    if (next == Duration::max()) return next;
    return std::min(next, state.spec_trial ? k_countdown_period_on_trial : k_countdown_period);
}

}  // namespace

Instant Engine::Impl::countdown_deadline() const {
    if (!raft || !raft->is_leader() || counted_term != raft->term()) return Instant::max();
    const auto next = next_count(registry);
    return next == Duration::max() ? Instant::max() : counted_since + next;
}

/// At the head of every batch, so that what begins to be counted by the rest of it begins at zero.
/// True: something happens by it, or the count is to be kept, so that it is worth a batch of its
/// own.
bool Engine::Impl::duty_time(model::ClusterState& speculative, std::vector<model::Command>& out) {
    const auto next = next_count(speculative);
    if (counted_term != raft->term() || next == Duration::max()) {
        counted_term = raft->term();
        counted_since = now;
        return false;
    }
    const auto passed = now - counted_since;
    if (passed <= Duration::zero()) return false;
    try_command(speculative, out, model::TimePassed{passed});
    return passed >= next;
}

/// The batch is in our log.
void Engine::Impl::note_time(const std::vector<model::Command>& proposed) {
    for (const auto& command : proposed)
        if (std::holds_alternative<model::TimePassed>(command)) counted_since = now;
}

/// As its owner last told.
bool Engine::Impl::is_online_at(GroupId group, const model::GroupRecord& record) const {
    const auto is_line_of_it = [&](const lifecycle::GroupLine& line) {
        return line.group == group && line.epoch == record.epoch &&
               line.state == lifecycle::GroupState::online;
    };
    const lifecycle::ServiceStatus* told = &status_sent;
    if (record.owner != self) {
        const auto peer = peers.find(record.owner);
        if (peer == peers.end()) return false;
        told = &peer->second.service;
    }
    return std::any_of(told->groups.begin(), told->groups.end(), is_line_of_it);
}

/// A move that is online where it went has succeeded; one whose time is over goes back, when there
/// is still somebody to go back to. One whose target died is failed over as any other group.
void Engine::Impl::duty_trials(model::ClusterState& speculative,
                               std::vector<model::Command>& out) {
    for (const auto& [id, record] : registry.groups) {
        const auto& trial = record.trial;
        if (!trial.from || speculative.groups.at(id).trial.from != trial.from) continue;
        const bool has_moved = record.owner && record.owner != trial.from;
        if (has_moved && is_online_at(id, record)) {
            try_command(speculative, out, model::SetTrial{id, {}, {}});
            continue;
        }
        if (trial.left > now - counted_since && trial.left > Duration::zero()) continue;
        const auto reason = "not online in time on " + node_object(record.owner ? record.owner
                                                                                : record.target);
        const bool is_back = record.owner == trial.from && !record.is_evicted;
        const bool has_home = model::record_of(speculative, trial.from).status ==
                              model::NodeStatus::up;
        if (is_back || !has_home || record.goal != model::Goal::online) {
            try_command(speculative, out, model::SetTrial{id, {}, {}});
            continue;
        }
        tell(EventKind::move_undone, group_object(id),
             {{"to", model::name_of(registry.spec, trial.from)}, {"reason", reason}});
        // A goal ends the trial with it.
        try_command(speculative, out,
                    model::SetGoal{id, model::Goal::online, trial.from, false, reason});
        if (record.owner && record.owner != trial.from && model::is_up(speculative, record.owner))
            try_command(speculative, out,
                        model::Evict{id, record.epoch.incarnation, trial.from, false,
                                     model::StartKind::move, reason});
    }
}

}  // namespace ha::engine
