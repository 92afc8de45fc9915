// Two histories that meet (safety.md F7): one is given up, saved, and replaced by the other's
// document; what ran under it goes through cluster.md 6.
#include <algorithm>

#include "base/seeded_bug.hpp"
#include "engine/impl.hpp"

namespace ha::engine {

namespace {

std::string name_history(std::span<const ViewMark> marks, LogIndex committed) {
    if (marks.empty()) return "entry " + std::to_string(committed.value) + ", never alone";
    const auto& mark = marks.back();
    return "view " + std::to_string(mark.number) + " of node " + std::to_string(mark.node.value) +
           " in term " + std::to_string(mark.term.value) + ", entry " +
           std::to_string(committed.value);
}

}  // namespace

/// The marks of our whole log, uncommitted ones too: the newest view in it counts (F7).
void Engine::Impl::rescan_marks() {
    view_marks = registry.view_marks;
    if (!raft) return;
    for (const auto& entry : raft->entries_after(applied)) {
        if (entry.kind != wire::EntryKind::commands) continue;
        const auto commands = model::decode_commands(entry.payload);
        if (!commands) continue;
        for (const auto& command : *commands) {
            const auto* gone = std::get_if<model::GoneAlone>(&command);
            if (gone == nullptr) continue;
            const auto number = view_marks.empty() ? 1 : view_marks.back().number + 1;
            view_marks.push_back({number, entry.term, gone->rank, gone->node, entry.index,
                                  gone->mark});
        }
    }
    if (view_marks.size() > k_limit_view_marks)
        view_marks.erase(view_marks.begin(), view_marks.end() - k_limit_view_marks);
}

/// Called with each newest heartbeat, before anything else that it says is used.
void Engine::Impl::judge_history(NodeId node, const wire::Heartbeat& heartbeat) {
    if (!raft || !store.cluster || heartbeat.cluster != store.cluster || raft->has_given_up()) {
        forked.erase(node);
        return;
    }
    using membership::Kinship;
    const auto kinship = membership::compare_histories(view_marks, raft->committed(),
                                                       heartbeat.view_marks, heartbeat.committed);
    switch (kinship) {
        case Kinship::same:
        case Kinship::older: forked.erase(node); return;
        case Kinship::newer:
            forked.erase(node);
            // It has gone on without us: what we run, and our view, are of yesterday.
            if (node == partner()) {
                alone.is_view_current = false;
                runs_until = {};
            }
            return;
        case Kinship::forked: on_fork(node, heartbeat); return;
    }
}

void Engine::Impl::on_fork(NodeId node, const wire::Heartbeat& heartbeat) {
    const bool is_ours = membership::is_ours_base(view_marks, heartbeat.view_marks);
    const bool is_resolved = node == partner() && !is_seeded(SeededBug::both_histories_kept);
    if (!forked.contains(node)) {
        const auto ours = name_history(view_marks, raft->committed());
        const auto theirs = name_history(heartbeat.view_marks, heartbeat.committed);
        tell(EventKind::registry_forked, node_object(node),
             {{"ours", ours},
              {"theirs", theirs},
              {"kept", !is_resolved ? "neither: an operator decides"
                       : is_ours    ? "ours"
                                    : "theirs"}});
    }
    forked.insert(node);
    if (!is_resolved) return;
    if (is_ours)
        raft->keep_history(now);
    else
        give_up_history(node, heartbeat);
}

void Engine::Impl::give_up_history(NodeId to, const wire::Heartbeat& heartbeat) {
    ForkSaved saved;
    saved.state = registry;
    saved.ours = view_marks;
    saved.theirs = heartbeat.view_marks;
    saved.kept_by = to;
    actions.fork = std::move(saved);
    forks_told.clear();
    bool is_shared_storage = false;
    for (const auto& [group, record] : registry.groups) {
        const bool is_active = service.holds(group);
        if (record.epoch)
            forks_told.push_back({group, self, record.epoch, is_active});
        const auto* spec = model::find_group(registry.spec, group);
        if (is_active && spec != nullptr &&
            model::requirement_of(*spec) == model::Requirement::fencing)
            is_shared_storage = true;
    }
    forked = {};
    raft->give_up_history(now);
    alone.is_view_current = false;
    runs_until = {};
    // Words about entries of the history that is given up.
    notes.clear();
    own_notes.clear();
    ledger.clear();
    reports.clear();
    applied_told = {};
    digest_index = {};
    is_state_diverged = false;
    document.reset();
    lease.surrender();
    check_own_lease();
    is_heartbeat_urgent = true;
    if (is_shared_storage && !final_action) reset_for_safety();
}

/// Whether the other one runs it too is not known before its document is here, and that is too late
/// for what may be written meanwhile. Counted, and never held back by the limit on reboots, because
/// it is for safety (safety.md F24).
void Engine::Impl::reset_for_safety() {
    const std::string reason =
        "a group that requires fencing was active here in a history that is given up";
    final_action = FinalActionUnderWay{model::FinalAction::reboot, reason, {}, false};
    if (!is_store_failed) {
        wire::StoreBatch batch;
        batch.reboots = store.reboots + 1;
        persist(std::move(batch));
        tell(EventKind::reboot_counted, node_object(self),
             {{"count", std::to_string(store.reboots)},
              {"limit", std::to_string(registry.spec.max_reboots)},
              {"reason", reason}});
    }
    begin_final_action();
}

/// What the other history must know of ours: told until its state shows it.
void Engine::Impl::tell_forks() {
    if (forks_told.empty() || raft->has_given_up() || now < forks_due) return;
    std::erase_if(forks_told, [&](const model::ForkedGroup& told) {
        const auto record = registry.groups.find(told.group);
        return record == registry.groups.end() ||
               record->second.incarnation_floor >= told.epoch.incarnation;
    });
    if (forks_told.empty()) return;
    forks_due = now + 2 * timing().heartbeat_interval;
    const std::vector<model::Command> commands(forks_told.begin(), forks_told.end());
    if (raft->is_leader()) {
        auto& mine = reports[self];
        mine.insert(mine.end(), commands.begin(), commands.end());
        is_duty_due = true;
    } else if (raft->leader()) {
        send(raft->leader(), wire::Report{model::encode(commands)});
    }
}

}  // namespace ha::engine
