// The leader's duties: what it proposes, as one batch, on the state as it will be.
//
// `speculative` is the committed state with everything applied that is in our log and not committed
// yet. A duty is done only when it changes that state, so nothing is proposed twice, and a command
// that apply() would ignore is never written.
#include <algorithm>

#include "base/limits.hpp"
#include "base/seeded_bug.hpp"
#include "engine/impl.hpp"
#include "engine/plan_filter.hpp"
#include "model/aging.hpp"

namespace ha::engine {

model::ClusterState Engine::Impl::speculative_state() const {
    auto state = registry;
    for (const auto& entry : raft->entries_after(applied)) {
        if (entry.kind != wire::EntryKind::commands) continue;
        const auto commands = model::decode_commands(entry.payload, version_max);
        if (!commands) continue;
        for (const auto& command : *commands)
            model::apply(state, {entry.index, entry.term}, command);
    }
    return state;
}

bool Engine::Impl::is_startup_wait_over() const {
    return were_all_there || now - started >= timing().startup_wait;
}

/// What was complete once does not start any more: who is lost or leaves later is not waited for,
/// or a group that its owner hands over would run nowhere meanwhile.
void Engine::Impl::note_all_there() {
    if (were_all_there || registry.nodes.empty()) return;
    for (const auto& [node, record] : registry.nodes)
        if (record.status != model::NodeStatus::up || (node != self && !contact.contains(node)))
            return;
    were_all_there = true;
    is_duty_due = true;
}

placement::View Engine::Impl::placement_view() const {
    placement::View view;
    view.members = membership::membership(hearing).nodes();
    view.is_startup_wait_over = is_startup_wait_over();
    view.online = online_groups();
    return view;
}

/// Of those that others start after: what its owner says is online at the epoch that is committed.
std::vector<placement::Online> Engine::Impl::online_groups() const {
    std::set<GroupId> waited_for;
    for (const auto& spec : registry.spec.groups)
        for (const auto& order : spec.start_after) waited_for.insert(order.group);
    std::vector<placement::Online> out;
    for (const auto group : waited_for) {
        const auto& record = model::record_of(registry, group);
        const auto peer = peers.find(record.owner);
        if (record.owner != self && peer == peers.end()) continue;
        const auto& told = record.owner == self ? status_sent : peer->second.service;
        const auto is_it = [&](const auto& line) {
            return line.group == group && line.state == lifecycle::GroupState::online &&
                   line.epoch == record.epoch;
        };
        if (std::any_of(told.groups.begin(), told.groups.end(), is_it))
            out.push_back({group, record.epoch.incarnation});
    }
    return out;
}

/// Somebody waits for a group to come online: news of it may let others start.
bool Engine::Impl::is_order_waited_for() const {
    return raft && raft->is_leader() &&
           std::any_of(registry.spec.groups.begin(), registry.spec.groups.end(),
                       [](const auto& group) { return !group.start_after.empty(); });
}

void Engine::Impl::try_command(model::ClusterState& speculative,
                               std::vector<model::Command>& out, model::Command command) {
    const model::Position position{LogIndex{raft->last_index().value + 1}, raft->term()};
    // apply() leaves the state untouched when it ignores a command.
    if (model::apply(speculative, position, command).is_ignored) return;
    out.push_back(std::move(command));
}

/// Down takes the word of everybody who could hear the node. Who has listened for less than the
/// timeout has nothing to say yet; for a node that was never heard, nodes have time to start.
bool Engine::Impl::is_silent_for_all(NodeId node) const {
    if (membership::is_heard_by_anyone(hearing, node)) return false;
    const auto timeout = timing().heartbeat_timeout;
    if (now - started < timeout) return false;
    for (auto other : contact)
        if (now - peers.at(other).heard_since < timeout) return false;
    return detector.was_heard(node) || peers.at(node).has_heartbeat || is_startup_wait_over();
}

void Engine::Impl::duty_nodes(model::ClusterState& speculative, std::vector<model::Command>& out) {
    const auto records = speculative.nodes;
    for (const auto& [node, record] : records) {
        const bool is_self = node == self;
        const bool is_up = record.status == model::NodeStatus::up ||
                           record.status == model::NodeStatus::leaving;
        if (is_self) {
            const bool is_current = is_up && record.boot == boot && record.start == store.start;
            if (!is_current && wants_lease() && applied >= record.taken_index)
                try_command(speculative, out, model::NodeUp{self, boot, store.start});
            if (is_leaving)
                try_command(speculative, out, model::NodeLeaving{self, store.start});
            continue;
        }
        const auto& peer = peers[node];
        if (peer.down_notice && is_up && peer.start == record.start) {
            for (const auto& released : peer.down_notice->released)
                try_command(speculative, out,
                            model::Release{released.group, node, released.incarnation,
                                           "released by its down notice"});
            try_command(speculative, out, model::NodeLeft{node, record.start});
            continue;
        }
        if (contact.contains(node) && is_of_this_cluster(node)) {
            const auto& told = peer.heartbeat;
            const bool is_current = is_up && record.boot == told.boot && record.start == peer.start;
            const bool is_ready = told.wants_lease && !told.leaving;
            if (!is_current && is_ready && told.applied >= record.taken_index)
                try_command(speculative, out, model::NodeUp{node, told.boot, peer.start});
            if (told.leaving && is_current)
                try_command(speculative, out, model::NodeLeaving{node, peer.start});
            continue;
        }
        // Who left without having released all is declared down, so that the end of its lease can
        // release the rest (safety.md F11, rule 3).
        const bool has_left_something = record.status == model::NodeStatus::left &&
                                        !model::groups_of(speculative, node).empty();
        if ((is_up || has_left_something) && is_silent_for_all(node))
            try_command(speculative, out,
                        model::NodeDown{node, record.start, "silent on every interconnect"});
    }
}

/// Who has said that it acts by a configuration that makes it stop is bound by it (safety.md F13).
void Engine::Impl::duty_binding(model::ClusterState& speculative,
                                std::vector<model::Command>& out) {
    if (!model::binds_to_stop(registry.spec)) return;
    const auto unbound = speculative.unbound;
    for (const auto node : unbound) {
        const auto& record = model::record_of(speculative, node);
        const auto peer = peers.find(node);
        const bool has_told = peer != peers.end() && contact.contains(node) &&
                              is_of_this_cluster(node) && peer->second.start == record.start &&
                              peer->second.heartbeat.applied >= registry.binding_index;
        if (has_told || (node == self && applied >= registry.binding_index))
            try_command(speculative, out, model::BindToStop{node, record.start});
    }
}

/// Groups that are wanted nowhere, of owners that are down: the end of the lease releases them, as
/// it does those that are given to others. It never does what only fencing may release.
void Engine::Impl::duty_lost_groups(model::ClusterState& speculative,
                                    std::vector<model::Command>& out) {
    for (const auto& [group, record] : registry.groups) {
        const auto& wanted = speculative.groups.find(group);
        if (!record.owner || wanted == speculative.groups.end() ||
            wanted->second.goal != model::Goal::offline ||
            wanted->second.epoch != record.epoch)
            continue;
        const auto& owner = model::record_of(registry, record.owner);
        const auto note = notes.find(record.owner);
        const auto* spec = model::find_group(registry.spec, group);
        if (owner.status != model::NodeStatus::down || note == notes.end() ||
            note->second < owner.taken_index || spec == nullptr ||
            model::requirement_of(*spec) == model::Requirement::fencing ||
            !model::stops_by_itself(registry, record.owner))
            continue;
        const auto later = speculative.nodes.find(record.owner);
        if (later == speculative.nodes.end() || later->second != owner) continue;
        try_command(speculative, out,
                    model::Release{group, record.owner, record.epoch.incarnation,
                                   "the lease of its lost owner is over"});
    }
}

void Engine::Impl::duty_reports(model::ClusterState& speculative,
                                std::vector<model::Command>& out) {
    if (is_seeded(SeededBug::digest_as_release)) {
        for (const auto& [group, record] : registry.groups) {
            const auto peer = peers.find(record.owner);
            if (peer == peers.end() || peer->second.service_version == 0) continue;
            const auto& lines = peer->second.service.groups;
            const bool is_seen = std::any_of(lines.begin(), lines.end(), [&](const auto& line) {
                return line.group == group && line.state == lifecycle::GroupState::online;
            });
            if (!is_seen)
                try_command(speculative, out,
                            model::Release{group, record.owner, record.epoch.incarnation,
                                           "seeded"});
        }
    }
    auto asked = std::move(reports);
    reports.clear();
    for (const auto& release : own_releases) asked[self].emplace_back(release);
    for (auto& [node, commands] : asked)
        for (auto& command : commands)
            try_command(speculative, out, std::move(command));
}

std::vector<model::Command> Engine::Impl::duties(model::ClusterState& speculative) {
    std::vector<model::Command> out;
    const bool is_time_due = duty_time(speculative, out);
    duty_nodes(speculative, out);
    duty_binding(speculative, out);
    duty_fork_risk(speculative, out);
    duty_lost_groups(speculative, out);
    duty_reports(speculative, out);
    duty_requests(speculative, out);
    if (!speculative.is_suspended) duty_trials(speculative, out);
    duty_resets(speculative, out);
    duty_fencing(speculative, out);
    duty_change(speculative, out);
    duty_version(speculative, out);
    planned_from = out.size();
    if (!speculative.is_suspended) {
        // What the planner wants now may let it want more: a release in this batch frees a group.
        const auto view = placement_view();
        for (auto& command :
             without_frozen(speculative, placement::plan_commands(speculative, view)))
            try_command(speculative, out, std::move(command));
        tell_blocked(speculative, view);
    }
    const bool is_only_time =
        out.size() == 1 && std::holds_alternative<model::TimePassed>(out.front());
    if (is_only_time && !is_time_due) out.clear();
    return out;
}

/// Groups that should run and cannot, each told once. Words are made only when there is such a one.
void Engine::Impl::tell_blocked(const model::ClusterState& speculative,
                                const placement::View& view) {
    const auto may_be_blocked = [&](const auto& entry) {
        const auto& record = entry.second;
        return record.goal == model::Goal::online &&
               (!record.owner || record.stop_failed || !model::is_up(speculative, record.owner));
    };
    std::erase_if(blocked_told,
                  [&](const auto& told) { return !speculative.groups.contains(told.first); });
    const bool is_any_told = std::any_of(blocked_told.begin(), blocked_told.end(),
                                         [](const auto& told) { return !told.second.empty(); });
    if (!is_any_told && std::none_of(speculative.groups.begin(), speculative.groups.end(),
                                     may_be_blocked))
        return;
    for (const auto& decision : placement::plan(speculative, view).decisions) {
        const bool is_blocked = decision.is_blocked;
        auto& told = blocked_told[decision.group];
        const auto reason = is_blocked ? decision.reason : std::string{};
        if (told == reason) continue;
        told = reason;
        if (is_blocked)
            tell(EventKind::group_blocked, group_object(decision.group), {{"reason", reason}});
    }
}

void Engine::Impl::lead() {
    if (!raft || !raft->is_leader() || is_apply_stopped || raft->is_transferring()) return;
    if (!is_duty_due) return;
    is_duty_due = false;
    auto speculative = speculative_state();
    const auto commands = duties(speculative);
    if (!commands.empty()) {
        const auto index = raft->propose(now, wire::EntryKind::commands, model::encode(commands));
        if (index) journal_proposed(*index, commands);
        if (index) note_time(commands);
        for (auto& request : requests) {
            if (!request.is_in_batch) continue;
            request.is_in_batch = false;
            if (index) {
                request.index = *index;
                request.term = raft->term();
            }
        }
        // Refused because too much waits for the disk or for others: when that moves on, a duty
        // is due by itself.
    }
    maintain_voters();
}

bool Engine::Impl::maintain_voters() {
    if (!raft->is_leader() || raft->is_voters_change_under_way() || !raft->has_committed_in_term())
        return false;
    if (maintain_witness()) return true;
    auto voters = raft->voters();
    const auto propose = [&] {
        std::sort(voters.begin(), voters.end());
        return raft->propose(now, wire::EntryKind::voters, wire::encode_voters(voters)).has_value();
    };
    // A voter that is configured no more, or came back with another store, or with one that forgot
    // something, is removed; it is added anew when it has caught up (safety.md F9).
    for (auto voter = voters.begin(); voter != voters.end(); ++voter) {
        const bool is_configured = model::find_node(registry.spec, voter->node) != nullptr;
        if (voter->node == self || voter->node == k_witness_node) continue;
        const auto& peer = peers[voter->node];
        const bool has_other_store = contact.contains(voter->node) && peer.has_heartbeat &&
                                     (peer.heartbeat.store != voter->store ||
                                      peer.heartbeat.store_lost || peer.is_store_behind);
        if (is_configured && !has_other_store) continue;
        tell(EventKind::voter_removed, node_object(voter->node));
        voters.erase(voter);
        return propose();
    }
    const auto learner = find_ready_learner();
    if (!learner) return false;
    is_view_waited_for = !may_vote_without_a_gap(learner->node);
    if (is_view_waited_for) return false;
    // Never both at once: with the witness's vote an odd number of nodes would need more of them.
    if (is_witness_voter()) {
        std::erase_if(voters, [](const auto& v) { return v.node == k_witness_node; });
        return do_nodes_suffice(voters) && propose();
    }
    if (voters.size() < k_limit_voters) {
        voters.push_back(*learner);
        return propose();
    }
    // Losing half of a large cluster in steps keeps a quorum: the lost give way to the present, one
    // change at a time (safety.md F29).
    const auto lost = std::find_if(voters.begin(), voters.end(), [&](const auto& voter) {
        return is_lost_voter(voter.node);
    });
    if (lost == voters.end()) return false;
    tell(EventKind::voter_removed, node_object(lost->node),
         {{"reason", "silent for long; " + node_object(learner->node) + " takes its place"}});
    voters.erase(lost);
    return propose();
}

/// A leader whose own disk lags behind is worse than any voter whose disk does not (F32); one that
/// cannot read its log (F23) decides nothing at all.
void Engine::Impl::hand_over_if_unfit() {
    const auto lag = persists.empty() ? Duration::zero() : now - persists.front().asked;
    const bool is_slow = lag >= timing().heartbeat_timeout;
    if (!is_slow && !is_apply_stopped) return;
    if (is_slow && !is_slow_store_told) {
        is_slow_store_told = true;
        tell(EventKind::store_slow, node_object(self),
             {{"waiting_ms", std::to_string(lag.count() / 1'000'000)}});
    }
    if (!raft || !raft->is_leader() || raft->is_transferring()) return;
    for (const auto& voter : raft->voters())
        if (voter.node != self && contact.contains(voter.node) &&
            raft->match_of(voter.node) >= raft->committed() &&
            raft->transfer_leadership(now, voter.node))
            return;
}

}  // namespace ha::engine
