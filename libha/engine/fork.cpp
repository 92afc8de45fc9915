// Two histories that meet (safety.md F7): one is given up, saved, and replaced by the other's
// document; what ran under it goes through cluster.md 6.
//
// Heartbeats show that there are two. What comes from the other's leader may overtake them, and
// must not take a mark of ours away before its history is saved. Entries cannot. A mark that is
// durable is committed as well, for its node alone is the quorum, and entries that contradict what
// is committed are not taken (Raft::store_entries). After a restart it is not known as committed
// yet; but then our first heartbeat tells it, and a leader without it sends nothing to a node that
// it has not heard in this run, or that is of another history. A mark that is not durable has had
// no consequences. A document, however, takes the place of whatever stands before it, and who sends
// it may have heard us last before our mark: it waits for the heartbeat that shows whose it is.
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

void add_fork(std::vector<wire::Forked>& forks, const wire::Forked& fork) {
    const auto at = std::ranges::lower_bound(forks, fork.group, {}, &wire::Forked::group);
    if (at == forks.end() || at->group != fork.group) {
        forks.insert(at, fork);
        return;
    }
    at->epoch = std::max(at->epoch, fork.epoch);  // the incarnation counts first
    at->was_active |= fork.was_active;
}

}  // namespace

/// The marks of our whole log, uncommitted ones too: the newest view in it counts (F7).
void Engine::Impl::rescan_marks() {
    view_marks = registry.view_marks;
    if (!raft) return;
    for (const auto& entry : raft->entries_after(applied)) {
        if (entry.kind != wire::EntryKind::commands) continue;
        const auto commands = model::decode_commands(entry.payload, version_max);
        if (!commands) continue;
        for (const auto& command : *commands) {
            const auto* gone = std::get_if<model::GoneAlone>(&command);
            if (gone == nullptr) continue;
            const auto number = view_marks.empty() ? 1 : view_marks.back().number + 1;
            view_marks.push_back({number, entry.term, gone->rank, gone->node, entry.index,
                                  gone->mark, gone->incarnation_step != 0});
        }
    }
    if (view_marks.size() > k_limit_view_marks)
        view_marks.erase(view_marks.begin(), view_marks.end() - k_limit_view_marks);
}

/// The lone view of another node is a voters entry and, behind it, a mark. Whoever follows may have
/// come to stand between the two: it has the view, and cannot name it yet. To say that it has
/// committed so much and lacks the mark would make it one that has gone another way.
LogIndex Engine::Impl::with_whole_views(LogIndex committed) const {
    const auto& voters = raft->voters();
    const bool is_mark_to_come = voters.size() == 1 && voters.front().node != self &&
                                 raft->voters_index() == committed &&
                                 raft->last_index() == committed;
    return is_mark_to_come ? LogIndex{committed.value - 1} : committed;
}

/// Another node gives its history up for what is told here. So a mark is told when it is durable,
/// as a vote is: one that a crash can take back leaves two nodes of which neither has a history.
void Engine::Impl::tell_history(wire::Heartbeat& heartbeat) const {
    heartbeat.view_marks = view_marks;
    if (!raft) return;
    heartbeat.committed = with_whole_views(raft->committed());
    auto& told = heartbeat.view_marks;
    while (!told.empty() && told.back().index > raft->durable()) {
        // Not the voters entry before it, either.
        const auto before_view = std::max<std::uint64_t>(told.back().index.value, 2) - 2;
        heartbeat.committed = std::min(heartbeat.committed, LogIndex{before_view});
        told.pop_back();
    }
}

/// Its sender has not told all the marks that stand here. (Who has given up has none that count.)
bool Engine::Impl::is_document_ahead_of_heartbeat(const Peer& peer) const {
    return raft && !raft->has_given_up() &&
           !membership::has_all_marks(peer.heartbeat.view_marks, view_marks);
}

/// Called with each newest heartbeat, before anything else that it says is used.
void Engine::Impl::judge_history(NodeId node, const wire::Heartbeat& heartbeat) {
    const bool is_without = raft && raft->has_given_up() && !heartbeat.cluster;
    if (is_without && node == other_of_two()) return take_history_back(node, heartbeat);
    if (!raft || !store.cluster || heartbeat.cluster != store.cluster) {
        forked.erase(node);
        return;
    }
    using membership::Kinship;
    // As of what is applied: the marks are of the log as it was then, or newer.
    const auto kinship =
        membership::compare_histories(view_marks, with_whole_views(applied),
                                      heartbeat.view_marks, heartbeat.committed);
    if (raft->has_given_up()) {
        // Of several others, only who has what ours was given up for brings its document.
        const bool is_base = kinship == Kinship::forked &&
                             !membership::is_ours_base(view_marks, heartbeat.view_marks);
        if (is_base || node == other_of_two())
            forked.erase(node);
        else
            forked.insert(node);
        const bool is_ours = kinship == Kinship::same || kinship == Kinship::older ||
                             (kinship == Kinship::forked &&
                              membership::is_ours_base(view_marks, heartbeat.view_marks));
        if (is_ours && node == other_of_two()) take_history_back(node, heartbeat);
        return;
    }
    switch (kinship) {
        case Kinship::same:
        case Kinship::older: forked.erase(node); return;
        case Kinship::newer:
            forked.erase(node);
            // It has gone on without us: what we run, and our view, are of yesterday.
            if (node == other_of_two()) {
                alone.is_view_current = false;
                runs_until = {};
            }
            return;
        case Kinship::forked: on_fork(node, heartbeat); return;
    }
}

void Engine::Impl::on_fork(NodeId node, const wire::Heartbeat& heartbeat) {
    const bool is_ours = membership::is_ours_base(view_marks, heartbeat.view_marks);
    const bool is_by_rule = node == other_of_two() ||
                            membership::is_parted_by_recovery(view_marks, heartbeat.view_marks);
    const bool is_resolved = is_by_rule && !is_seeded(SeededBug::both_histories_kept);
    if (!forked.contains(node))
        tell_fork(node, heartbeat,
                  !is_resolved ? "neither: an operator decides" : is_ours ? "ours" : "theirs");
    forked.insert(node);
    if (!is_resolved) return;
    if (is_ours)
        raft->keep_history(now);
    else
        give_up_history(node, heartbeat);
}

void Engine::Impl::tell_fork(NodeId node, const wire::Heartbeat& heartbeat, const char* kept) {
    const auto ours = name_history(view_marks, raft->committed());
    const auto theirs = name_history(heartbeat.view_marks, heartbeat.committed);
    tell(EventKind::registry_forked, node_object(node),
         {{"ours", ours}, {"theirs", theirs}, {"kept", kept}});
}

/// The history that ours was given up for is not there any more: the other one has lost its store.
/// Ours still stands in our own, whole, and would be waited for by both.
void Engine::Impl::take_history_back(NodeId node, const wire::Heartbeat& heartbeat) {
    tell_fork(node, heartbeat, "ours, for the other one has lost its own");
    forks_pending.clear();
    raft->keep_history(now);
    is_heartbeat_urgent = true;
}

void Engine::Impl::give_up_history(NodeId to, const wire::Heartbeat& heartbeat) {
    // All that our log holds: who was just started has applied nothing of it yet, and may have run
    // what stands there before.
    auto ours = speculative_state();
    ForkSaved saved;
    saved.ours = view_marks;
    saved.theirs = heartbeat.view_marks;
    saved.kept_by = to;
    // What an earlier one had made, and nobody was told of yet, stays to be told.
    forks_pending = store.forked;
    bool is_shared_storage = false;
    for (const auto& [group, record] : ours.groups) {
        const bool is_active = service.holds(group);
        auto used = record.epoch;
        used.incarnation = std::max(used.incarnation, record.incarnation_floor);
        if (used) add_fork(forks_pending, {group, used, is_active});
        const auto* spec = model::find_group(ours.spec, group);
        if (is_active && spec != nullptr &&
            model::requirement_of(*spec) == model::Requirement::fencing)
            is_shared_storage = true;
    }
    saved.state = std::move(ours);
    actions.fork = std::move(saved);
    forked = {};
    // What we become with the other history has promised nothing in it: not even what it has.
    raft->give_up_history(now, random_id<StoreId>(random));
    alone.is_view_current = false;
    runs_until = {};
    fail_recovery("the history of this node was given up for that of another one");
    forget_words_of_history();
    applied_told = {};
    lease.surrender();
    check_own_lease();
    is_heartbeat_urgent = true;
    if (!is_shared_storage) return;
    // Whether the other one runs it too is not known before its document is here, and that is too
    // late for what may be written meanwhile.
    reset_for_safety("a group that requires fencing was active here in a history that is given up");
    begin_final_action();
}

/// Words about entries that are given up, or lost: others have their numbers, or will.
void Engine::Impl::forget_words_of_history() {
    notes.clear();
    own_notes.clear();
    ledger.clear();
    leases_ended.clear();
    reports.clear();
    digest_index = {};
    diverged_told = {};
    is_state_diverged = false;
    document.reset();
    journal.forget_proposals();
}

/// What the other history must know of ours: told until its state shows it, by whoever comes after
/// us with this store, too. Nothing of it is known there else, and an incarnation could be given
/// for the second time.
void Engine::Impl::tell_forks() {
    if (store.forked.empty() || raft->has_given_up() || now < forks_due) return;
    auto rest = store.forked;
    std::erase_if(rest, [&](const wire::Forked& told) {
        const auto record = registry.groups.find(told.group);
        return record == registry.groups.end() ||
               record->second.incarnation_floor >= told.epoch.incarnation;
    });
    if (rest != store.forked && !is_store_failed) {
        wire::StoreBatch batch;
        batch.forked = rest;
        persist(std::move(batch));
    }
    if (rest.empty()) return;
    forks_due = now + 2 * timing().heartbeat_interval;
    std::vector<model::Command> commands;
    for (const auto& told : rest)
        commands.push_back(model::ForkedGroup{told.group, self, told.epoch, told.was_active});
    if (raft->is_leader()) {
        auto& mine = reports[self];
        mine.insert(mine.end(), commands.begin(), commands.end());
        is_duty_due = true;
    } else if (raft->leader()) {
        send(raft->leader(), wire::Report{model::encode(commands)});
    }
}

}  // namespace ha::engine
