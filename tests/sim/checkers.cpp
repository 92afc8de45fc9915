// Checkers of the invariants.
#include "checkers.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "model/apply_reconfigure.hpp"
#include "model/codec.hpp"
#include "world.hpp"

namespace ha::sim {

bool is_weak(const model::ClusterSpec& spec) {
    return spec.quorum == model::QuorumPolicy::two_node &&
           spec.tie_breaker != model::TieBreaker::fencing;
}

ViewMarkId history_of(const Host& host, const model::ClusterSpec& spec) {
    ViewMarkId newest;
    for (const auto& mark : host.engine()->state().view_marks)
        if (mark.is_recovery || is_weak(spec)) newest = mark.id;
    return newest;
}

bool TwoOwners::excuse(World& world, const model::ClusterSpec& spec) {
    if (!is_weak(spec)) return false;
    const auto at = world.queue().now();
    bool are_well = world.network().is_whole();
    // Nobody gives a history up for one that is not durable yet, however long that takes.
    for (const auto& host : world.hosts())
        are_well = are_well && host->is_running() && !host->disk().is_stuck();
    if (!are_well)
        whole_since_.reset();
    else if (!whole_since_)
        whole_since_ = at;
    // Long enough for either to be heard, and for what was undecided to be decided.
    const bool is_over = whole_since_ && at - *whole_since_ > 4 * spec.timing.heartbeat_timeout +
                                                                  2 * spec.timing.lease;
    if (is_over) reached_ = {};
    return spec.tie_breaker == model::TieBreaker::none || reached_.size() == 2;
}

std::string TwoOwners::check(World& world, const model::ClusterSpec& spec) {
    if (!is_weak(spec)) return {};
    const auto text = OneOwner().check(world.hosts(), spec, false);
    if (text.empty() || !whole_since_) {
        dual_since_.reset();
        return {};
    }
    const auto at = world.queue().now();
    if (!dual_since_) dual_since_ = at;
    // Contact, the document, and a stop that is severed first: no more than this.
    const auto bound = 3 * spec.timing.heartbeat_timeout + spec.timing.lease + Duration{2s};
    if (at - std::max(*dual_since_, *whole_since_) <= bound) return {};
    return "cluster.md 6: two owners met and were not resolved within " +
           std::to_string(bound.count() / 1'000'000) + " ms: " + text;
}

std::string OneOwner::check(const Hosts& hosts, const model::ClusterSpec& spec,
                            bool is_world_excused) const {
    if (is_world_excused) return {};
    std::map<GroupId, const Host*> owner;
    for (const auto& host : hosts) {
        const bool is_excused = host->is_excused();
        std::set<GroupId> here;
        for (const auto& [resource, active] : host->active())
            if (!active.is_by_hand) here.insert(active.group);
        for (auto group : here) {
            const auto* found = model::find_group(spec, group);
            const bool needs_fencing =
                found != nullptr && model::requirement_of(*found) == model::Requirement::fencing;
            if (is_excused && !needs_fencing) continue;
            const auto [at, is_first] = owner.emplace(group, host.get());
            if (!is_first)
                return "invariant 1: group " + model::name_of(spec, group) + " is active on node " +
                       model::name_of(spec, at->second->id()) + " and on node " +
                       model::name_of(spec, host->id());
        }
    }
    return {};
}

std::string FullExclusion::check(const Hosts& hosts, const model::ClusterSpec& spec) const {
    for (const auto& host : hosts) {
        if (host->is_excused()) continue;
        GroupId first;
        for (const auto& [resource, active] : host->active()) {
            const auto* group = model::find_group(spec, active.group);
            if (group == nullptr || group->exclusion != model::Exclusion::full ||
                active.is_by_hand)
                continue;
            if (!first) first = active.group;
            if (first != active.group)
                return "invariant 2: the exclusive groups " + model::name_of(spec, first) + " and " +
                       group->name + " are active on node " + model::name_of(spec, host->id());
        }
    }
    return {};
}

void NoLateShot::learn(const Host& host, const model::ClusterSpec& spec) {
    const auto index = host.engine()->applied();
    auto& newest = histories_[history_of(host, spec)];
    if (index <= newest.index) return;
    const auto& state = host.engine()->state();
    newest = {index, {}, {}};
    for (const auto& mark : state.view_marks) newest.marks.insert(mark.id);
    for (const auto& [node, record] : state.nodes)
        if (model::is_up(state, node)) newest.taking_part.emplace(node, record.start);
}

std::string NoLateShot::check(const Shot& shot, const Host& by) const {
    const Newest* newest = nullptr;
    for (const auto& [history, known] : histories_)
        if ((!shot.history || known.marks.contains(shot.history)) &&
            (newest == nullptr || known.index > newest->index))
            newest = &known;
    if (newest == nullptr) return {};
    const auto found = newest->taking_part.find(shot.node);
    if (found == newest->taking_part.end()) return {};
    bool is_late = found->second != shot.start || !shot.is_own;
    if (!is_late && by.is_running()) {
        const auto status = by.engine()->status(by.local_now());
        for (const auto& peer : status.peers)
            is_late = is_late || (peer.node == shot.node && peer.hears_us);
    }
    if (!is_late) return {};
    return "F22: node " + std::to_string(shot.node.value) + " takes part with start " +
           std::to_string(found->second.value) + " and is hit by a shot at start " +
           std::to_string(shot.start.value);
}

void OneSurvivor::told(const Host& host, const Event& event, Instant at) {
    Decision decision{at, {}, {}, {}};
    bool is_own = false;
    for (const auto& [key, value] : event.parameters)
        if (key == "silence_ms") {
            is_own = true;
            decision.silence = std::chrono::milliseconds(std::stoll(value));
        } else if (key == "order") {
            decision.order = value;
        }
    if (!is_own) return;
    newest_[host.id()] = std::move(decision);
}

std::string OneSurvivor::hit(const Shot& shot, Instant at, const model::ClusterSpec& spec) {
    const auto ours = newest_.find(shot.by);
    const auto theirs = newest_.find(shot.node);
    if (!shot.is_own || ours == newest_.end()) return {};
    ours->second.hit_at = at;
    if (theirs == newest_.end() || theirs->second.hit_at == Instant{}) return {};
    const auto& a = ours->second;
    const auto& b = theirs->second;
    const auto apart = [](Instant one, Instant other) {
        return std::max(one - other, other - one);
    };
    // They began to miss each other in one moment, and neither waited for the other's shot.
    const auto delay = std::max<Duration>(spec.fence_delay, 2s);
    const bool is_one_loss = apart(a.at - a.silence, b.at - b.silence) < 500ms;
    const bool was_nobody_late = a.silence < delay / 2 && b.silence < delay / 2;
    // The first shoots again and again; the others once each, and not in the same moment.
    const bool was_nobody_first = a.order != "first" && b.order != "first";
    const bool is_one_moment = was_nobody_first && apart(a.at, b.at) < delay / 2;
    if (!is_one_loss || (!was_nobody_late && !is_one_moment)) return {};
    return "F22: nodes " + std::to_string(shot.by.value) + " and " +
           std::to_string(shot.node.value) + " have shot each other off, neither waited for the "
           "other";
}

std::string WithinCapacity::check(const Hosts& hosts, const model::ClusterSpec& spec) const {
    for (const auto& host : hosts) {
        const auto* node = model::find_node(spec, host->id());
        if (host->is_excused() || node->capacity.empty()) continue;
        std::set<GroupId> here;
        for (const auto& [resource, active] : host->active())
            if (!active.is_by_hand) here.insert(active.group);
        for (const auto& [kind, capacity] : node->capacity) {
            std::uint64_t used = 0;
            for (const auto group : here) {
                const auto* known = model::find_group(spec, group);
                if (known != nullptr && known->uses.contains(kind)) used += known->uses.at(kind);
            }
            if (used > capacity)
                return "capacity: " + std::to_string(used) + " of " + std::to_string(capacity) +
                       " " + kind + " are used by what is active on node " + node->name;
        }
    }
    return {};
}

std::string SameHistory::check(const Host& host, const model::ClusterSpec& spec) {
    const auto index = host.engine()->applied();
    const auto history = history_of(host, spec);
    auto& position = positions_[host.id()];
    if (index == position.index && history == position.history) return {};
    // Once: the first change after that is the other one's document. It may be of the times that
    // both histories share, as what a node has that was just started.
    const bool may_go_back = giving_up_.contains(host.id());
    giving_up_.erase(host.id());
    if (index < position.index && !may_go_back)
        return "invariant 3: node " + std::to_string(host.id().value) + " went back from entry " +
               std::to_string(position.index.value) + " to " + std::to_string(index.value);
    position = {history, index};
    const auto digest = model::state_digest(host.engine()->state());
    const auto [known, is_new] = digests_.emplace(std::pair{history, index}, digest);
    if (is_new || known->second == digest) return {};
    return "invariant 3: node " + std::to_string(host.id().value) + " has another state at entry " +
           std::to_string(index.value) + " than another node had";
}

std::string OneLeader::check(const Host& host, const model::ClusterSpec& spec) {
    const auto brief = host.engine()->brief(host.local_now());
    if (brief.role != consensus::Role::leader) return {};
    // A lone leader that has not applied the mark it has just made cannot say yet what it leads.
    if (is_weak(spec) && host.engine()->status(host.local_now()).voters.size() == 1) {
        const auto& marks = host.engine()->state().view_marks;
        if (marks.empty() || marks.back().node != host.id()) return {};
    }
    // Two of a recovered cluster share no term either: a thousand of them lie between (D4).
    const auto history = is_weak(spec) ? history_of(host, spec) : ViewMarkId{};
    const auto [known, is_new] = leaders_.emplace(std::pair{history, brief.term}, host.id());
    if (is_new || known->second == host.id()) return {};
    return "election safety: nodes " + std::to_string(known->second.value) + " and " +
           std::to_string(host.id().value) + " both lead in term " +
           std::to_string(brief.term.value);
}

std::string FencingEpoch::started(NodeId node, GroupId group, const Epoch& epoch,
                                  ViewMarkId history) {
    auto& highest = highest_[{history, group}];
    auto& here = highest_here_[{node, group}];
    if (epoch.node != node)
        return "epochs: node " + std::to_string(node.value) + " starts an activation of node " +
               std::to_string(epoch.node.value);
    if (const auto& before = std::max(highest, here); epoch < before)
        return "epochs: node " + std::to_string(node.value) + " starts incarnation " +
               std::to_string(epoch.incarnation.value) + " of group " +
               std::to_string(group.value) + " after incarnation " +
               std::to_string(before.incarnation.value) + " was started";
    if (epoch.incarnation == highest.incarnation && epoch != highest)
        return "epochs: incarnation " + std::to_string(epoch.incarnation.value) + " of group " +
               std::to_string(group.value) + " is started on two nodes";
    highest = here = epoch;
    return {};
}

std::string RebootLimit::rebooted(Instant now, NodeId node, const model::ClusterSpec& spec) {
    auto& row = rows_[node];
    const bool is_for_safety = std::exchange(row.is_reset_next, false);
    // A little less than the time itself: clocks drift.
    const auto reset = spec.reboots_reset_after - spec.reboots_reset_after / 100;
    if (row.count > 0 && now - row.last >= reset) row.count = 0;
    row.count++;
    row.last = now;
    if (is_for_safety || spec.max_reboots == 0 || row.count <= spec.max_reboots) return {};
    return "invariant 7: node " + std::to_string(node.value) + " reboots for the " +
           std::to_string(row.count) + "th time, and the limit is " +
           std::to_string(spec.max_reboots);
}

namespace {

std::string parameter(const Event& event, const std::string& name) {
    for (const auto& [key, value] : event.parameters)
        if (key == name) return value;
    return {};
}

/// "monitor m1: why" -> m1; nothing when it is not about a monitor.
const model::MonitorSpec* monitor_in(const model::ClusterSpec& spec, const std::string& text) {
    constexpr std::string_view k_prefix = "monitor ";
    if (!text.starts_with(k_prefix)) return nullptr;
    const auto name = text.substr(k_prefix.size(), text.find(':') - k_prefix.size());
    return model::find_monitor(spec, name);
}

}  // namespace

std::string RecoveryAllowed::told(const Host& host, const Event& event) const {
    if (event.kind != EventKind::recovery_started || !event.object.starts_with("group "))
        return {};
    const auto& state = host.engine()->state();
    const auto* monitor = monitor_in(state.spec, parameter(event, "reason"));
    const auto* group = model::find_group(state.spec, event.object.substr(6));
    if (monitor == nullptr || group == nullptr) return {};
    const auto what = "monitor " + monitor->name + " on node " +
                      std::to_string(host.id().value) + " recovers group " + group->name;
    if (model::record_of(state, group->id).is_frozen) return what + ", which is frozen";
    if (state.paused_monitors.contains(monitor->id)) return what + ", and is paused";
    for (const auto& [id, operation] : host.under_way()) {
        const bool is_change = operation.kind == lifecycle::OperationKind::start ||
                               operation.kind == lifecycle::OperationKind::stop;
        if (operation.group == group->id && is_change)
            return what + " while it is " + lifecycle::to_string(operation.kind) + "ing";
    }
    return {};
}

void WholeSpec::asked(const model::ClusterSpec& spec) { digests_.insert(model::spec_digest(spec)); }

std::string WholeSpec::check(const Host& host) {
    const auto& spec = host.engine()->state().spec;
    const auto [known, is_new] = seen_.emplace(host.id(), spec.revision);
    if (!is_new && known->second == spec.revision) return {};
    known->second = spec.revision;
    if (digests_.contains(model::spec_digest(spec))) return {};
    return "configuration: node " + std::to_string(host.id().value) + " has revision " +
           std::to_string(spec.revision.value) + ", which nobody asked for";
}

std::string RunsAsConfigured::check(const Host& host) const {
    if (host.active().empty()) return {};
    const auto& state = host.engine()->state();
    for (const auto& [id, active] : host.active()) {
        if (active.revision == state.spec.revision) continue;
        const auto record = state.groups.find(active.group);
        if (record == state.groups.end() || record->second.owner != host.id() ||
            record->second.epoch != active.epoch)
            continue;
        const auto* resource = model::find_resource(
            *model::find_group(state.spec, active.group), id);
        if (resource == nullptr || !model::runs_alike(*resource, active.spec))
            return "configuration: node " + std::to_string(host.id().value) +
                   " runs resource " + std::to_string(id.value) +
                   " as an older configuration describes it";
    }
    return {};
}

std::string NothingHeldUp::look(const Host& host) {
    auto& waiting = waiting_[host.id()];
    const auto brief = host.engine()->brief(host.local_now());
    const auto& state = host.engine()->state();
    if (!brief.is_lease_held || !brief.is_admitted || state.spec.parallel_operations != 0) {
        waiting.clear();
        return {};
    }
    const auto status = host.engine()->status(host.local_now());
    std::set<ResourceId> busy;
    for (const auto& [id, operation] : host.under_way()) busy.insert(operation.resource);
    std::map<ResourceId, int> now_waiting;
    for (const auto& line : status.services.at(host.id()).groups) {
        const auto* group = model::find_group(state.spec, line.group);
        if (group == nullptr || line.state != lifecycle::GroupState::starting) continue;
        const auto& record = model::record_of(state, line.group);
        const bool is_ours = record.owner == host.id() && record.epoch == line.epoch &&
                             record.goal == model::Goal::online && !record.is_evicted &&
                             record.waits.empty() && !status.is_leaving;
        std::set<ResourceId> online;
        bool is_any_stopping = false;
        for (const auto& one : line.resources) {
            if (one.state == lifecycle::ResourceState::online) online.insert(one.resource);
            is_any_stopping = is_any_stopping || one.state == lifecycle::ResourceState::stopping;
        }
        // A restart first stops what it is about; only then may anything start.
        if (!is_ours || is_any_stopping) continue;
        for (const auto& one : line.resources) {
            const auto* resource = model::find_resource(*group, one.resource);
            const bool is_off = one.state == lifecycle::ResourceState::offline;
            if (resource == nullptr || !is_off || busy.contains(one.resource)) continue;
            const auto& kept_off = record.stopped;
            if (std::find(kept_off.begin(), kept_off.end(), one.resource) != kept_off.end())
                continue;
            const bool is_ready = std::all_of(resource->depends_on.begin(),
                                              resource->depends_on.end(),
                                              [&](auto need) { return online.contains(need); });
            if (is_ready) now_waiting[one.resource] = waiting[one.resource] + 1;
        }
    }
    waiting = std::move(now_waiting);
    for (const auto& [resource, looks] : waiting)
        if (looks > 3)
            return "invariant 6: resource " + std::to_string(resource.value) + " of node " +
                   std::to_string(host.id().value) +
                   " could be started for a while, and something that it does not depend on "
                   "holds it up";
    return {};
}

void WitnessAfterDisks::landed(const wire::StoreBatch& batch) {
    if (batch.snapshot) durable_.emplace(batch.snapshot->term, batch.snapshot->index);
    for (const auto& entry : batch.append) durable_.emplace(entry.term, entry.index);
}

std::string WitnessAfterDisks::took(Term term, LogIndex last) const {
    if (!last || durable_.contains({term, last})) return {};
    return "the witness acknowledges entry " + std::to_string(last.value) + " of term " +
           std::to_string(term.value) + ", which is durable on no node";
}

namespace {

using engine::Phase;

std::string flaw_of(const engine::JournalEntry& entry, NodeId self) {
    // Those that this node saw itself, in the order in which they have to happen.
    constexpr Phase k_order[] = {Phase::down, Phase::given, Phase::clear, Phase::start_begun,
                                 Phase::online};
    Instant last;
    for (const auto phase : k_order) {
        const auto& mark = entry.phase(phase);
        if (!mark || mark->is_told) continue;
        if (mark->at < last) return std::string(to_string(phase)) + " before what it waits for";
        last = mark->at;
    }
    const bool is_started_here = entry.to == self && entry.phase(Phase::start_begun);
    if (is_started_here && entry.phase(Phase::given) && !entry.phase(Phase::clear))
        return "started before the leases of lost owners were over";
    if (entry.trigger != engine::Trigger::node_down || !entry.phase(Phase::given)) return {};
    if (!entry.trigger_node || entry.trigger_text.empty()) return "a takeover without a trigger";
    if (!entry.evidence || !entry.evidence->is_of_leader) return {};
    if (entry.trigger_text == engine::k_reason_fence_asked) return {};  // heard, and to go
    for (const auto& word : entry.evidence->words)
        if (word.is_hearing) return "the leader took over from a node that somebody heard";
    return {};
}

}  // namespace

std::string JournalReplays::check(const Host& host) {
    const auto& journal = host.engine()->journal();
    auto& seen = seen_[host.id()];
    if (journal.inputs().empty() || journal.inputs().back().index <= seen) return {};
    const auto here = "journal of node " + std::to_string(host.id().value);
    for (const auto& input : journal.inputs()) {
        if (input.index <= seen) continue;
        const auto replayed = engine::replay(input);
        if (input.is_of_leader && !replayed.is_same)
            return here + ": entry " + std::to_string(input.index.value) +
                   " replays to another decision than was committed";
    }
    seen = journal.inputs().back().index;
    for (const auto& entry : journal.entries())
        if (const auto flaw = flaw_of(entry, host.id()); !flaw.empty())
            return here + ": group " + std::to_string(entry.group.value) + ", entry " +
                   std::to_string(entry.index.value) + ": " + flaw;
    return {};
}

}  // namespace ha::sim
