// Two nodes: which of them shoots at the other, when, and what is durable before it does
// (safety.md F22).
//
//   silent --- our turn: noted durably ---> shooting --- off, and verified ---> goes on alone
//                      ^                       |  |
//                      |                       |  +--- heard again: no further shot ---+
//                      |                       v                                       v
//                      +--- first: a pause --- failed, and no shot can hit any more --- over
//
// The one with more to lose shoots at once, and again after a pause. The other waits for
// fence_delay, so that by then it would be off, and shoots once: were it to go on, a device network
// that heals would have both shoot in the same moment. From the note until the last shot is over
// the other one takes part in nothing here, also for a process of ours that starts meanwhile.
//
// Who has more to lose both have to find alike, and what they have applied may differ: a group that
// is given to the other in the moment of the loss makes both the first, and both are off. But two
// voters commit nothing that both do not have. So the newest entry that either of them knows to be
// committed lies in both logs, and not before what either has applied: of all the states that a
// node passes from the one it has applied to the end of its log, one is among the other's, too. An
// order that is the same in all of them is certain; two that are certain have a state in common,
// and agree. Who is not certain waits for longer than the second of those who are, by a number that
// cannot change, and shoots once:
//
//   first: at once | second: fence_delay | unsure: 2 x fence_delay, of the higher number 3 x
//
// Whatever two of these meet, fence_delay lies between them. Rejected: the order of numbers
// whenever a node is unsure. The other one may be certain of the contrary, and no node can know
// whether it is (that would be agreement without contact).
//
// With the tie breaker `fencing` the shot is the evidence, and cannot be committed before it: that
// is what the note in the store is for. Once alone the registry takes the request over, under the
// same number, and with it the switching on again. With `none`, `ping` and `http` nobody shoots
// before it has gone on alone; then the registry holds the request, and only the order is kept
// here.
#include <algorithm>
#include <utility>

#include "base/seeded_bug.hpp"
#include "engine/impl.hpp"

namespace ha::engine {

namespace {

/// Beside the time that a device is known to take.
constexpr Duration k_fence_delay_least = 2s;
constexpr Duration k_shot_pause_min = 5s;
constexpr Duration k_shot_pause_max = 120s;

Duration shot_pause(std::uint32_t rounds) {
    if (rounds == 0) return k_shot_pause_min;
    return std::min(k_shot_pause_max, k_shot_pause_min * (1 << std::min(rounds - 1, 5U)));
}

/// How long a shot at this node takes at most: as it was seen, or as its devices may.
Duration shot_time(const model::ClusterSpec& spec, NodeId node, Duration seen) {
    if (seen > Duration::zero()) return seen;
    Duration longest{0};
    if (const auto* target = model::find_node(spec, node))
        for (const auto& device : target->fences) longest = std::max(longest, device.timeout);
    return longest;
}

std::optional<bool> is_first_in(const model::ClusterState& state, NodeId self, NodeId other) {
    const bool are_known = model::find_node(state.spec, self) != nullptr &&
                           model::find_node(state.spec, other) != nullptr;
    if (!are_known) return {};
    return placement::fences_first(state, self, other);
}

}  // namespace

bool Engine::Impl::is_tied_by_fencing() const {
    return partner() && registry.spec.tie_breaker == model::TieBreaker::fencing;
}

/// By every state from the applied one to that at the end of our log, or by none.
ShotOrder Engine::Impl::order_of_shots() const {
    auto state = registry;
    const auto other = partner();
    const auto is_first = is_first_in(state, self, other);
    bool is_certain = is_first.has_value();
    const auto later = is_seeded(SeededBug::order_of_shots_as_applied)
                           ? std::span<const wire::LogEntry>{}
                           : raft->entries_after(applied);
    for (const auto& entry : later) {
        if (entry.kind != wire::EntryKind::commands) continue;
        const auto commands = model::decode_commands(entry.payload, version_max);
        if (!commands) return ShotOrder::unsure;
        for (const auto& command : *commands)
            model::apply(state, {entry.index, entry.term}, command);
        is_certain = is_certain && is_first_in(state, self, other) == is_first;
    }
    if (!is_certain) return ShotOrder::unsure;
    return *is_first ? ShotOrder::first : ShotOrder::second;
}

/// With what stands in our log, committed or not: when this node goes on alone, all of it counts.
/// Asked at each step while this node waits, so the log is folded once for as long as it stays.
model::NodeRecord Engine::Impl::newest_record(NodeId node) const {
    const NewestRecords::Place place{store.store, applied, raft->last_index(), raft->last_term()};
    if (newest_records.place != place) newest_records = {place, speculative_state().nodes};
    const auto& nodes = newest_records.nodes;
    const auto found = nodes.find(node);
    return found == nodes.end() ? model::NodeRecord{} : found->second;
}

/// The silence has begun: what both know by now decides who is first.
void Engine::Impl::begin_silence() {
    alone.silent_since = now;
    alone.ask_due = now;
    alone.order = order_of_shots();
    alone.rounds = 0;
    alone.shoot_again = {};
    alone.failure.clear();
}

/// Longer than any shot of the two takes, at whichever of them: who is unsure of the order reckons
/// with the wait of the other, so both have to find the same. For each node's devices that is what
/// was seen of them, or, while nobody has seen it, as long as one of them may take. (What a device
/// takes to tell its status says nothing of that.)
Duration Engine::Impl::fence_delay() const {
    const auto& spec = registry.spec;
    if (spec.fence_delay > Duration::zero()) return spec.fence_delay;
    const auto other = partner();
    const auto peer = peers.find(other);
    // Each of the two works the devices of the other one.
    const auto seen_by_other =
        peer == peers.end() ? Duration::zero() : peer->second.heartbeat.fence_time;
    return k_fence_delay_least + std::max(shot_time(spec, other, fencing.longest_measured()),
                                          shot_time(spec, self, seen_by_other));
}

/// Our turn in the order of the two; max: the other one is not silent.
Instant Engine::Impl::turn_to_shoot() const {
    if (!alone.silent_since) return Instant::max();
    auto order = alone.order;
    if (is_seeded(SeededBug::both_shoot_at_once)) order = ShotOrder::first;
    switch (order) {
        case ShotOrder::first: return *alone.silent_since;
        case ShotOrder::second: return *alone.silent_since + fence_delay();
        case ShotOrder::unsure:
            return *alone.silent_since + fence_delay() * (self < partner() ? 2 : 3);
    }
    return Instant::max();
}

/// When a shot is to be noted; max: not as things are.
Instant Engine::Impl::shot_due() const {
    if (!is_tied_by_fencing() || !is_view_of_two() || is_leaving || store.shot.node)
        return Instant::max();
    if (!alone.silent_since || !alone.is_view_current || alone.fenced || !may_hold_on())
        return Instant::max();
    // Nothing is placed meanwhile, so nothing needs it; and people may be at the cables.
    if (registry.is_suspended) return Instant::max();
    const auto record = registry.nodes.find(partner());
    if (record == registry.nodes.end() || peers.at(partner()).down_notice) return Instant::max();
    const bool has_run = model::is_up(registry, partner()) ||
                         record->second.status == model::NodeStatus::down;
    if (!has_run || model::is_being_fenced(record->second)) return Instant::max();
    if (alone.rounds > 0 && alone.order != ShotOrder::first) return Instant::max();
    return std::max(turn_to_shoot(), alone.shoot_again);
}

void Engine::Impl::note_shot(const wire::Shot& shot) {
    wire::StoreBatch batch;
    batch.shot = shot;
    alone.shot_noted = persist(std::move(batch));
}

bool Engine::Impl::is_shot_durable() const {
    return store.shot.node && !is_store_failed &&
           (persists.empty() || persists.front().seq > alone.shot_noted);
}

/// A shot of ours may be under way, or is about to be.
bool Engine::Impl::may_hit(NodeId node) const { return node && store.shot.node == node; }

/// The registry holds the request: from here on it is one as any other.
bool Engine::Impl::is_shot_in_registry() const {
    const auto& shot = store.shot;
    const auto record = registry.nodes.find(shot.node);
    if (record == registry.nodes.end()) return true;  // it is configured no more
    return record->second.start > shot.start ||
           (record->second.start == shot.start && record->second.fencing_count >= shot.count);
}

void Engine::Impl::forget_shot_in_registry() {
    if (store.shot.node && is_shot_in_registry()) note_shot({});
}

void Engine::Impl::consider_shot() {
    if (now < shot_due()) return;
    // What came while a flapping path was held down did not end the silence, and may have changed
    // who has more to lose.
    alone.order = order_of_shots();
    if (now < shot_due()) return;
    const auto other = partner();
    const auto record = newest_record(other);
    alone.rounds++;
    alone.is_shot_wanted = true;
    alone.is_shot_told = false;
    // A request may stand in our log already, as the leader's that we were.
    const auto requests = record.fencing_count + (model::is_being_fenced(record) ? 0 : 1);
    note_shot({other, record.start, requests});
    const auto silence = (now - *alone.silent_since).count() / 1'000'000;
    tell(EventKind::fencing_requested, node_object(other),
         {{"reason", "it is silent, and one of the two has to end"},
          {"by", model::name_of(registry.spec, self)},
          {"silence_ms", std::to_string(silence)},
          {"order", to_string(alone.order)}});
}

/// The shot that is in our store and not in the registry.
std::optional<lifecycle::FenceTask> Engine::Impl::own_shot() const {
    const auto& shot = store.shot;
    if (!is_shot_durable() || is_shot_in_registry()) return {};
    lifecycle::FenceTask task;
    task.node = shot.node;
    task.start = shot.start;
    task.count = shot.count;
    const auto peer = peers.find(shot.node);
    const bool is_heard = hearing.heard.contains(shot.node);
    task.is_wanted = alone.is_shot_wanted && !is_heard && is_tied_by_fencing();
    if (const auto* spec = model::find_node(registry.spec, shot.node))
        task.quiet_from = started + lifecycle::longest_shot(*spec, timing().drift_ppm);
    const auto record = registry.nodes.find(shot.node);
    if (peer == peers.end() || record == registry.nodes.end()) return task;
    const auto& told = peer->second;
    if (told.heartbeat.boot == record->second.boot) task.heard = told.heartbeat_at;
    if (told.start > shot.start && told.heartbeat.boot != record->second.boot)
        task.proof = "it has booted anew";
    else if (told.down_notice)
        task.needless = "it has stopped cleanly";
    else if (is_heard)
        task.needless = "it is heard again";
    return task;
}

/// A verdict about the shot that is in our store; false: it is for the registry.
bool Engine::Impl::take_own_verdict(const model::Command& command) {
    const auto* done = std::get_if<model::FenceDone>(&command);
    const auto& shot = store.shot;
    if (done == nullptr || !own_shot()) return false;
    if (done->node != shot.node || done->start != shot.start || done->count != shot.count)
        return false;
    if (!std::exchange(alone.is_shot_told, true)) {
        // Who was heard since then is not off, whatever its device says.
        if (done->is_confirmed && alone.is_shot_wanted && alone.silent_since)
            alone.fenced = done->start;
        if (!done->is_confirmed) alone.is_shot_wanted = false;
        if (!done->is_confirmed && !done->is_needless) alone.failure = done->reason;
        if (done->is_confirmed) alone.text = done->reason;
        tell(done->is_confirmed   ? EventKind::tie_breaker_answered
             : done->is_needless ? EventKind::fencing_ended
                                  : EventKind::fencing_failed,
             node_object(done->is_confirmed ? self : shot.node),
             {{"given", done->is_confirmed ? "yes" : "no"}, {"reason", done->reason},
              {"text", done->reason}});
    }
    // Who is to go on alone keeps it for the registry, which switches the other on again.
    if (!done->is_over || alone.fenced) return true;
    alone.shoot_again = now + shot_pause(alone.rounds);
    note_shot({});
    return true;
}

/// What the registry is told of it by the one that goes on alone: about the node as it is then,
/// behind all that stands in our log. Of an earlier start of the node it would count for nothing,
/// and what it owned would wait for another shot.
void Engine::Impl::tell_evidence(model::ClusterState& speculative, Evidence evidence,
                                 const std::string& reason, std::vector<model::Command>& out) {
    const auto other = partner();
    if (evidence == Evidence::none || !speculative.nodes.contains(other)) return;
    const auto start = model::record_of(speculative, other).start;
    if (evidence == Evidence::by_hand)
        return try_command(speculative, out, model::ConfirmOff{other, start, reason});
    try_command(speculative, out, model::RequestFence{other, start, reason, self});
    // The end of the last shot is told by the run that goes on.
    const auto count = model::record_of(speculative, other).fencing_count;
    try_command(speculative, out, model::FenceDone{other, start, count, true, reason, false});
}

/// An operator's word in place of the device's, at the node that it is said to (release 5).
bool Engine::Impl::request_confirm(const PendingRequest& request) {
    const auto* confirm = std::get_if<NodeConfirmOff>(&request.body);
    if (confirm == nullptr || !is_tied_by_fencing() || !is_view_of_two()) return false;
    if (raft->is_leader() && contact.contains(partner())) return false;
    auto refusal = refusal_of_alone({confirm->node});
    const auto record = registry.nodes.find(confirm->node);
    // The newest start may be in our log only, and then nobody is shown it.
    const auto newest = newest_record(partner()).start;
    if (confirm->node != partner() || record == registry.nodes.end())
        refusal = "name the other node, " + model::name_of(registry.spec, partner());
    else if (record->second.start != confirm->start && newest != confirm->start)
        refusal = "this is about its start " + std::to_string(confirm->start.value) +
                  ", and the newest is " + std::to_string(record->second.start.value) +
                  "; look at it again";
    else if (refusal.empty() && !alone.silent_since)
        refusal = node_object(partner()) + " is not silent";
    else if (refusal.empty() && !alone.is_view_current)
        refusal = "this node has started alone, and does not know what the other did without it; "
                  "'hactl cluster go-alone " + model::name_of(registry.spec, partner()) +
                  "' goes on from what is here";
    if (!refusal.empty()) {
        tell(EventKind::request_refused, {}, {{"reason", refusal}});
        answer(request, failure(FailureCode::refused, refusal));
        return true;
    }
    alone.fenced = newest;
    alone.is_off_by_hand = !may_hit(partner());
    alone.text = "an operator has confirmed that it is off";
    answer(request, node_object(partner()) + " counts as off; this node goes on alone");
    return true;
}

/// For people: why the other one is not harmless yet, and what would end that.
std::string Engine::Impl::shot_waits_for() const {
    const auto name = model::name_of(registry.spec, partner());
    const auto by_hand = "; when it is off for certain, 'hactl node confirm-off " + name +
                         "' at this node ends it by hand";
    const auto begin = "the fencing of node " + name + ", which is silent";
    if (registry.is_suspended)
        return begin + ": the cluster is suspended, and nothing is shot at meanwhile" + by_hand;
    if (store.shot.node) return begin + ": it is under way" + by_hand;
    if (alone.failure.empty()) return begin + by_hand;
    return begin + ": it failed (" + alone.failure + "), and is " +
           (alone.order == ShotOrder::first
                ? "tried again"
                : "not tried again, because the other one may have had more to lose, and shoot at "
                  "this node") +
           by_hand;
}

}  // namespace ha::engine
