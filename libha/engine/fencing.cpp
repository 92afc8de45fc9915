// Fencing: who is made harmless, by whom, and what an operator may say about a node that is lost.
//
//   leader: a group needs it -> RequestFence committed -> lifecycle::Fencing of the chosen node
//   works the devices -> FenceDone, told to the leader like any report -> committed: groups free
//
// The node that works the devices begins nothing without a running lease. So when it is lost, the
// end of its lease and the longest shot after that bound what may still hit: then the leader says
// that this request is over, and asks another node.
#include <algorithm>

#include "engine/impl.hpp"
#include "membership/quorum.hpp"

namespace ha::engine {
namespace {

/// Every node that could do it is asked once in such a round; then rounds become rarer.
constexpr Duration k_fence_pause_min = 2s;
constexpr Duration k_fence_pause_max = 120s;

Duration pause_after(std::uint32_t requests, std::size_t fencers) {
    const auto rounds = requests / std::max<std::size_t>(fencers, 1);
    return std::min(k_fence_pause_max, k_fence_pause_min * (1 << std::min<std::size_t>(rounds, 6)));
}

/// How long a node must not have been heard by anybody before it is believed to be off (F37).
constexpr int k_confirm_timeouts = 10;

std::string seconds_of(Duration time) {
    const auto tenths = time / 100ms;
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

}  // namespace

/// It has applied its loss, has stopped what it held, and asks to be admitted again.
bool Engine::Impl::is_back(NodeId node) const {
    const auto record = registry.nodes.find(node);
    if (record == registry.nodes.end()) return false;
    // A leader may lead before it is admitted again.
    if (node == self)
        return wants_lease() && !is_leaving && applied >= record->second.taken_index;
    const auto peer = peers.find(node);
    if (peer == peers.end()) return false;
    const auto& told = peer->second.heartbeat;
    return contact.contains(node) && is_of_this_cluster(node) && told.wants_lease &&
           !told.leaving && told.applied >= record->second.taken_index;
}

std::vector<lifecycle::FenceTask> Engine::Impl::fence_tasks() const {
    std::vector<lifecycle::FenceTask> out;
    for (const auto& [node, record] : registry.nodes) {
        if (record.fencer != self) continue;
        lifecycle::FenceTask task;
        task.node = node;
        task.start = record.start;
        task.count = record.fencing_count;
        task.is_wanted = record.fencing == model::FencingState::requested;
        // What a process of ours before this one began was begun before this one started.
        if (const auto* spec = model::find_node(registry.spec, node))
            task.quiet_from =
                started + lifecycle::longest_shot(*spec, registry.spec.timing.drift_ppm);
        const auto peer = peers.find(node);
        const bool is_known = peer != peers.end() && is_of_this_cluster(node);
        if (is_known && peer->second.heartbeat.boot == record.boot)
            task.heard = peer->second.heartbeat_at;
        if (is_known && peer->second.start > record.start &&
            peer->second.heartbeat.boot != record.boot)
            task.proof = "it has booted anew";
        else if (is_back(node) && !record.is_fencing_asked)
            task.needless = "it is back, and has stopped what it held";
        out.push_back(std::move(task));
    }
    if (auto task = own_shot()) out.push_back(std::move(*task));
    return out;
}

void Engine::Impl::run_fencing() {
    forget_shot_in_registry();
    const bool may_begin = was_lease_held && is_admitted() && !is_gone && !is_notice_sent;
    const auto not_after =
        may_begin ? lease_end() - timing().sever_bound : Instant{};
    fencing.update(now, registry.spec, fence_tasks(), not_after);
    // One of two rests on its devices: that they work is known before they are needed.
    const bool is_watching = is_tied_by_fencing() && contact.contains(partner());
    fencing.watch(now, registry.spec, is_watching ? partner() : NodeId{});
    auto out = fencing.take_output();
    std::erase_if(out.reports, [&](const auto& report) { return take_own_verdict(report); });
    for (auto& call : out.calls) actions.calls.push_back(std::move(call));
    for (auto& event : out.events) actions.events.push_back(std::move(event));
    // Told again by themselves, until the state shows them.
    if (!out.reports.empty() && raft->is_leader()) {
        auto& mine = reports[self];
        mine.insert(mine.end(), out.reports.begin(), out.reports.end());
        is_duty_due = true;
    } else if (!out.reports.empty() && raft->leader()) {
        send(raft->leader(), wire::Report{model::encode(out.reports)});
    }
    if (!fencing.is_idle() || !status_sent.fences.empty()) refresh_status();
}

/// Who may work the devices of this node: everybody who is there, the leader first.
std::vector<NodeId> Engine::Impl::fencers_for(NodeId node) const {
    std::vector<NodeId> out;
    const auto may = [&](NodeId id) {
        const auto record = registry.nodes.find(id);
        return id != node && record != registry.nodes.end() &&
               record->second.status == model::NodeStatus::up;
    };
    if (may(self)) out.push_back(self);
    for (const auto id : placement_view().members)
        if (id != self && may(id)) out.push_back(id);
    return out;
}

void Engine::Impl::duty_fencing(model::ClusterState& speculative,
                                std::vector<model::Command>& out) {
    end_shots_of_lost(speculative, out);
    std::erase_if(fencing_failed, [&](const auto& seen) {
        const auto record = registry.nodes.find(seen.first);
        return record == registry.nodes.end() ||
               record->second.fencing != model::FencingState::failed ||
               record->second.fencing_count != seen.second.count;
    });
    // Nothing is placed meanwhile, so nothing needs it.
    if (speculative.is_suspended) return;
    for (const auto& need : placement::fence_needs(speculative, placement_view())) {
        const auto& record = model::record_of(speculative, need.node);
        const auto* spec = model::find_node(speculative.spec, need.node);
        const auto fencers = fencers_for(need.node);
        if (spec == nullptr || spec->fences.empty() || fencers.empty() || is_back(need.node) ||
            model::is_being_fenced(record))
            continue;
        // Of two that both go on alone one shoots first (F22).
        if (need.node == partner() && alone.silent_since && now < turn_to_shoot()) continue;
        if (record.fencing == model::FencingState::failed) {
            const auto [seen, is_new] =
                fencing_failed.try_emplace(need.node, FencingSeen{record.fencing_count, now});
            if (now - seen->second.since < pause_after(record.fencing_count, fencers.size()))
                continue;
        }
        // Another one each time: what one node cannot reach another may.
        const auto fencer = fencers[record.fencing_count % fencers.size()];
        auto reason = group_object(need.group) + " cannot run elsewhere before";
        if (record.fencing == model::FencingState::failed)
            reason = "tried again after " + record.fencing_reason;
        try_command(speculative, out,
                    model::RequestFence{need.node, record.start, reason, fencer});
    }
}

/// Not up, and its lease is over: it begins nothing any more.
bool Engine::Impl::is_fencer_lost(NodeId fencer) const {
    const auto record = registry.nodes.find(fencer);
    if (record == registry.nodes.end()) return true;
    if (model::is_up(registry, fencer)) return false;
    const auto note = notes.find(fencer);
    return note != notes.end() && note->second >= record->second.taken_index;
}

void Engine::Impl::end_shots_of_lost(model::ClusterState& speculative,
                                     std::vector<model::Command>& out) {
    std::map<NodeId, FencingSeen> still_lost;
    for (const auto& [node, record] : registry.nodes) {
        const auto* spec = model::find_node(registry.spec, node);
        if (!record.fencer || spec == nullptr || !is_fencer_lost(record.fencer)) continue;
        FencingSeen seen{record.fencing_count, now};
        if (const auto known = fencers_lost.find(node);
            known != fencers_lost.end() && known->second.count == seen.count)
            seen = known->second;
        still_lost[node] = seen;
        auto wait = lifecycle::longest_shot(*spec, registry.spec.timing.drift_ppm);
        // Of a node that is configured no more nobody knows when its lease ended.
        if (!registry.nodes.contains(record.fencer)) wait += 2 * timing().lease;
        if (now - seen.since < wait) continue;
        try_command(speculative, out,
                    model::FenceDone{node, record.start, record.fencing_count, false,
                                     node_object(record.fencer) + ", which was to do it, was lost",
                                     true});
    }
    fencers_lost = std::move(still_lost);
}

/// Leader: when time alone makes a duty of this due.
Instant Engine::Impl::fencing_deadline() const {
    auto next = Instant::max();
    const auto consider = [&](Instant when) {
        if (when > now) next = std::min(next, when);
    };
    if (partner()) consider(turn_to_shoot());
    consider(resets_deadline());
    for (const auto& [node, seen] : fencing_failed)
        consider(seen.since + pause_after(seen.count, fencers_for(node).size()));
    for (const auto& [node, seen] : fencers_lost) {
        const auto* spec = model::find_node(registry.spec, node);
        if (spec == nullptr) continue;
        consider(seen.since + 2 * timing().lease +
                 lifecycle::longest_shot(*spec, registry.spec.timing.drift_ppm));
        consider(seen.since +
                 lifecycle::longest_shot(*spec, registry.spec.timing.drift_ppm));
    }
    return next;
}

/// How long nobody has heard the node, as far as we can know: not from before we began to listen.
Duration Engine::Impl::silence_everywhere(NodeId node) const {
    const auto heard = heard_anywhere.find(node);
    return now - (heard == heard_anywhere.end() ? started : std::max(started, heard->second));
}

/// Beside what the state says, some requests rest on what this node has heard.
Result<Translation> Engine::Impl::translate_request(const model::ClusterState& state,
                                                    const RequestBody& body) const {
    if (auto refusal = refusal_of_order(state, body); !refusal.empty())
        return failure(FailureCode::refused, std::move(refusal));
    if (const auto* fence = std::get_if<NodeFence>(&body)) return translate_fence(state, *fence);
    if (const auto* confirm = std::get_if<NodeConfirmOff>(&body))
        return translate_confirm(state, *confirm);
    if (std::holds_alternative<SpecConfirm>(body) && is_on_former_paths)
        return failure(FailureCode::refused,
                       "the nodes are no quorum by its addresses, and meet by those before it: "
                       "it is taken back when its time is over, or at once when you say so");
    return translate(state, placement_view(), body);
}

Result<Translation> Engine::Impl::translate_fence(const model::ClusterState& state,
                                                  const NodeFence& request) const {
    const auto refused = [&](const std::string& why) {
        return failure(FailureCode::refused, "node " + model::name_of(state.spec, request.node) +
                                                 " cannot be fenced: " + why);
    };
    const auto found = state.nodes.find(request.node);
    const auto* spec = model::find_node(state.spec, request.node);
    if (found == state.nodes.end() || spec == nullptr)
        return failure(FailureCode::not_found,
                       "no node with number " + std::to_string(request.node.value));
    const auto& record = found->second;
    if (spec->fences.empty())
        return refused("it has no fence device; give it one in \"fence\" of its configuration");
    const auto fencers = fencers_for(request.node);
    if (fencers.empty()) return refused("no other node is up to do it");
    const auto fencer = fencers[record.fencing_count % fencers.size()];
    Translation out;
    if (record.status == model::NodeStatus::absent) return refused("it has never taken part");
    if (record.status == model::NodeStatus::left)
        return refused("it has stopped, and holds nothing");
    if (model::is_up(state, request.node)) {
        auto rest = contact;
        rest.insert(self);
        rest.erase(request.node);
        if (!membership::has_quorum(voter_nodes(), rest))
            return refused("without it there would be no majority to decide anything");
        out.commands.emplace_back(
            model::NodeDown{request.node, record.start, k_reason_fence_asked});
    }
    out.done = "node " + spec->name + " is to be fenced from node " +
               model::name_of(state.spec, fencer);
    out.commands.emplace_back(model::RequestFence{request.node, record.start,
                                                  k_reason_fence_asked, fencer, true});
    return out;
}

Result<Translation> Engine::Impl::translate_confirm(const model::ClusterState& state,
                                                    const NodeConfirmOff& request) const {
    const auto found = state.nodes.find(request.node);
    if (found == state.nodes.end())
        return failure(FailureCode::not_found,
                       "no node with number " + std::to_string(request.node.value));
    const auto& record = found->second;
    const auto name = "node " + model::name_of(state.spec, request.node);
    const auto refused = [&](const std::string& why) {
        return failure(FailureCode::refused, name + " cannot be taken for off: " + why);
    };
    if (record.start != request.start)
        return refused("this is about its start " + std::to_string(request.start.value) +
                       ", and the newest is " + std::to_string(record.start.value) +
                       "; look at it again");
    // Who has left holds nothing, but for what somebody has started there by hand.
    const bool has_left_it = record.status == model::NodeStatus::left &&
                             model::is_found_on(state, request.node);
    if (record.status != model::NodeStatus::down && !has_left_it)
        return refused(std::string("it is not down but ") + model::to_string(record.status));
    const auto enough = k_confirm_timeouts * timing().heartbeat_timeout;
    const auto silence = silence_everywhere(request.node);
    if (silence < enough)
        return refused((heard_anywhere.contains(request.node)
                            ? "it was heard " + seconds_of(silence) + " ago"
                            : "the leader has listened for it for only " + seconds_of(silence)) +
                       ", and it must have been silent for " + seconds_of(enough) +
                       "; make sure that it is off, and ask again then");
    Translation out;
    out.done = name + " counts as off; what it owned may start elsewhere";
    if (!model::is_fenced(state, request.node, request.start))
        out.commands.emplace_back(model::ConfirmOff{request.node, request.start,
                                                    "an operator has confirmed that it is off"});
    return out;
}

}  // namespace ha::engine
