// Heartbeats: evidence of life in both directions, and all that travels with it.
#include <algorithm>
#include <utility>

#include "base/seeded_bug.hpp"
#include "engine/impl.hpp"

namespace ha::engine {
namespace {

/// Messages of consensus that nodes exchange; those of the witness have their own way.
template <class T, class... Kinds>
constexpr bool is_one_of(const std::variant<Kinds...>*) {
    return (std::is_same_v<T, Kinds> || ...);
}
template <class T>
constexpr bool is_of_consensus =
    is_one_of<T>(static_cast<const wire::ConsensusMessage*>(nullptr)) &&
    !std::is_same_v<T, wire::WitnessAppend> && !std::is_same_v<T, wire::WitnessState>;

}  // namespace

void Engine::Impl::configure_peers() {
    choose_paths();
    const auto& spec = reached_by;
    std::vector<wire::Peer> list;
    std::map<NodeId, std::vector<InterconnectId>> paths;
    const auto* me = model::find_node(spec, self);
    for (const auto& node : spec.nodes) {
        if (node.id == self || me == nullptr) continue;
        std::vector<InterconnectId> shared;
        for (const auto& [interconnect, address] : node.addresses)
            if (me->addresses.contains(interconnect)) shared.push_back(interconnect);
        paths[node.id] = shared;
        list.push_back({node.id, shared});
    }
    if (has_witness() && me != nullptr && list.size() < k_limit_nodes)
        list.push_back({k_witness_node, {k_witness_interconnect}});
    std::erase_if(peers, [&](const auto& peer) { return !paths.contains(peer.first); });
    for (const auto& [node, shared] : paths) peers[node];
    // Who was taken out while it was heard is no more in contact, from this moment on.
    for (const auto node : NodeSet(contact))
        if (!paths.contains(node)) contact.erase(node);
    channels.set_peers(std::move(list));
    detector.set_timing({timing().heartbeat_timeout, registry.spec.timing.delay_warning_percent});
    detector.set_paths(paths);
    granter.set_drift(registry.spec.timing.drift_ppm);
    is_heartbeat_urgent = true;
}

void Engine::Impl::on_datagram(const DatagramReceived& input) {
    std::vector<wire::Delivery> deliveries;
    std::vector<wire::Refusal> refusals_now;
    channels.receive(now, input.interconnect, input.bytes, deliveries, actions.datagrams,
                     refusals_now);
    // Who sends such packets is not known, so nobody may fill the event log with them.
    refusals += refusals_now.size();
    if (!refusals_now.empty() && now >= refusals_due) {
        refusals_due = now + k_refusals_quiet;
        tell(EventKind::peer_refused, node_object(refusals_now.front().claimed),
             {{"reason", refusals_now.front().reason}, {"count", std::to_string(refusals)}});
    }
    has_news |= deliveries.empty();  // sessions begin, and have their own deadlines
    for (const auto& delivery : deliveries) {
        has_news |= is_news(delivery);
        on_delivery(delivery);
    }
}

bool Engine::Impl::is_of_this_cluster(NodeId node) const {
    const auto peer = peers.find(node);
    return peer != peers.end() && peer->second.has_heartbeat && store.cluster &&
           peer->second.heartbeat.cluster == store.cluster && !forked.contains(node);
}

/// A node without a document may only be led, and so be brought one; what it stored counts only
/// once its store is a voter.
template <class T>
void Engine::Impl::on_consensus(NodeId from, const Peer& peer, const T& message) {
    if (may_hit(from)) return;  // it takes part in nothing (safety.md F22)
    constexpr bool leads = std::is_same_v<T, wire::AppendRequest>;
    constexpr bool follows =
        std::is_same_v<T, wire::AppendReply> || std::is_same_v<T, wire::SnapshotReply>;
    if constexpr (std::is_same_v<T, wire::SnapshotRequest>) {
        if (store.cluster && message.cluster != store.cluster) return;
        if (forked.contains(from) || is_document_ahead_of_heartbeat(peer)) return;
    } else {
        const bool is_bringing =
            (leads && !store.cluster) || (follows && !peer.heartbeat.cluster);
        if (!is_of_this_cluster(from) && !is_bringing) return;
    }
    // What a store that forgot records says it granted or stored does not count (F9).
    constexpr bool is_word =
        std::is_same_v<T, wire::VoteReply> || std::is_same_v<T, wire::AppendReply>;
    if (is_word && peer.is_store_behind) return;
    wire::ConsensusMessage taken(message);
    if (leads && persists.size() >= k_limit_writes_under_way)
        std::get<wire::AppendRequest>(taken).entries.clear();  // asked for again
    raft->receive(now, from, taken);
}

void Engine::Impl::on_delivery(const wire::Delivery& delivery) {
    if (delivery.from == k_witness_node) return on_witness(delivery);
    const auto found = peers.find(delivery.from);
    if (found == peers.end()) return;
    auto& peer = found->second;
    if (delivery.start < peer.start) return;  // of an earlier run: says nothing about this one
    if (delivery.start > peer.start) {
        Peer fresh;
        fresh.start = delivery.start;
        fresh.counted_store = peer.counted_store;
        fresh.counter_max = peer.counter_max;
        peer = std::move(fresh);
        hearing.told.erase(delivery.from);
        forget_requests_of(delivery.from);
    }
    const auto from = delivery.from;
    heard_anywhere[from] = now;
    std::visit(
        [&](const auto& message) {
            using T = std::decay_t<decltype(message)>;
            if constexpr (std::is_same_v<T, wire::Heartbeat>) {
                on_heartbeat(delivery, message);
            } else if constexpr (std::is_same_v<T, wire::HeartbeatReply>) {
                on_heartbeat_reply(delivery, message);
            } else if constexpr (std::is_same_v<T, wire::Founding>) {
                on_founding(from, message);
            } else if constexpr (std::is_same_v<T, wire::DownNotice>) {
                peer.down_notice = message;
                detector.forget(from);
                is_duty_due = true;
            } else if constexpr (std::is_same_v<T, wire::Report>) {
                auto commands = model::decode_commands(message.commands, version_max);
                if (!commands) return;
                if (!raft->is_leader()) return;  // told again
                auto& asked = reports[from];
                if (asked.size() + commands->size() > k_limit_reports) return;  // told again
                asked.insert(asked.end(), commands->begin(), commands->end());
                is_duty_due = true;
            } else if constexpr (std::is_same_v<T, wire::StatusReport>) {
                auto service_status = lifecycle::decode_status(message.body);
                if (!service_status || message.version < peer.service_version) return;
                peer.service = std::move(*service_status);
                peer.software = message.software;
                peer.service_version = message.version;
                journal.service_seen(now, from, peer.service);
                if (is_order_waited_for()) is_duty_due = true;
            } else if constexpr (std::is_same_v<T, wire::ForwardedRequest>) {
                auto body = decode_request(message.body);
                if (body) on_request(from, message.request, *body);
            } else if constexpr (std::is_same_v<T, wire::RequestAnswer>) {
                on_request_answer(message);
            } else if constexpr (std::is_same_v<T, wire::DocumentRequest>) {
                on_document_request(from, message);
            } else if constexpr (std::is_same_v<T, wire::DocumentReply>) {
                on_document(from, message);
            } else if constexpr (is_of_consensus<T>) {
                on_consensus(from, peer, message);
            }  // what only the witness says, or is asked, means nothing between nodes
        },
        delivery.message);
}

void Engine::Impl::remember_counter(Peer& peer, NodeId node, const wire::Heartbeat& heartbeat) {
    if (peer.counted_store != heartbeat.store) {
        peer.counted_store = heartbeat.store;
        peer.counter_max = 0;
        peer.is_store_behind = false;
    }
    // A delayed heartbeat of this run may carry a lower counter; only the newest one is judged.
    if (heartbeat.store_counter < peer.counter_max && !peer.is_store_behind &&
        heartbeat.seq >= peer.heartbeat.seq) {
        peer.is_store_behind = true;
        tell(EventKind::store_lost, node_object(node),
             {{"reason", "its store is behind what it had told before"}});
    }
    peer.counter_max = std::max(peer.counter_max, heartbeat.store_counter);
}

void Engine::Impl::on_heartbeat(const wire::Delivery& from, const wire::Heartbeat& heartbeat) {
    auto& peer = peers[from.from];
    if (peer.down_notice) return;  // this run is over; a late heartbeat does not revive it
    peer.version_max = heartbeat.version_max;
    if (const auto flaw = flaw_of(heartbeat); !flaw.empty()) {
        if (std::exchange(peer.is_refusal_told, true)) return;
        tell(EventKind::peer_refused, node_object(from.from), {{"reason", flaw}});
        return;
    }
    // A machine that lives with an engine that stands still is no live node: whatever sends for it
    // repeats what it last prepared, and that extends nothing (safety.md F18).
    if (heartbeat.engine_age >= timing().engine_stall) {
        peer.stalled_at = now;
        return;
    }
    detector.heard(now, from.from, from.interconnect);
    peer.quality[from.interconnect].heard(heartbeat.seq.value);
    judge_quality(from.from, peer, from.interconnect);

    const bool is_newest = !peer.has_heartbeat || heartbeat.seq > peer.heartbeat.seq;
    if (is_newest) {
        remember_counter(peer, from.from, heartbeat);
        const auto& old = peer.heartbeat;
        is_duty_due |= !peer.has_heartbeat || old.wants_lease != heartbeat.wants_lease ||
                       old.leaving != heartbeat.leaving || old.applied != heartbeat.applied ||
                       old.hears != heartbeat.hears || old.store != heartbeat.store;
        hearing.told[from.from] = NodeSet(heartbeat.hears);
        for (const auto node : heartbeat.hears) heard_anywhere[node] = now;
        if (!peer.has_heartbeat) peer.heard_since = now;
        peer.heartbeat = heartbeat;
        peer.heartbeat_at = now;
        peer.has_heartbeat = true;
        judge_history(from.from, heartbeat);
        for (const auto& note : heartbeat.leases_over) {
            if (!is_of_this_cluster(from.from) || raft->has_given_up()) break;
            auto& known = notes[note.node];
            if (note.index > known) {
                known = note.index;
            }
        }
        if (raft && raft->is_leader() && is_of_this_cluster(from.from) &&
            heartbeat.term == raft->term() && !peer.is_store_behind &&
            is_voter_store(from.from, heartbeat.store)) {
            for (const auto& block : heartbeat.blocks)
                if (!block.term || term_at(block.index) == block.term)
                    ledger.on_block(now, from.from, block.node, block.index, block.remaining);
        }
        if (raft && is_of_this_cluster(from.from))
            raft->observe(now, from.from, {heartbeat.term, heartbeat.leader, heartbeat.committed});
        if (!forked.contains(from.from)) judge_digest(from.from, heartbeat);
    }
    answer(from, heartbeat, is_newest);
    if (heartbeat.reply) on_heartbeat_reply(from, *heartbeat.reply);
}

void Engine::Impl::answer(const wire::Delivery& from, const wire::Heartbeat& heartbeat,
                          bool is_newest) {
    const auto& peer = peers[from.from];
    wire::HeartbeatReply reply;
    reply.seq = heartbeat.seq;
    reply.status_version_seen = peer.service_version;
    reply.store_counter_seen = peer.counter_max;
    reply.lease_length = lease_answer(from.from, heartbeat, reply.blocked_index);
    if (reply.lease_length > Duration::zero())
        granter.on_answered(now, from.from, reply.lease_length);
    const bool is_along = is_newest && raft && raft->leader() == from.from && !beat_along &&
                          follow_beat();
    // A heartbeat of a large cluster may fill its datagram.
    if (is_along && registry.spec.nodes.size() <= k_limit_nodes_for_marks)
        beat_along = {from.from, from.interconnect, reply};
    else
        channels.send_on(now, from.from, from.interconnect, reply, actions.datagrams);
}

/// Followers beat when their leader has beaten, and answer it in the same datagram. A processor is
/// then woken once in an interval, for all of it, and finds its caches as it left them. Only the
/// leader's beat is followed, so no round trip, however long, makes a circle of beats that grows
/// faster. True when ours is due soon, and so is sent now; who has just beaten waits a little
/// longer than an interval for its next one, until the leader comes first.
bool Engine::Impl::follow_beat() {
    const auto interval = timing().heartbeat_interval;
    if (heartbeat_due - now <= interval / 2) {
        heartbeat_due = now;
        return true;
    }
    heartbeat_due = heartbeat_sent + interval + interval / k_beat_along_slack;
    return false;
}

void Engine::Impl::on_heartbeat_reply(const wire::Delivery& from,
                                      const wire::HeartbeatReply& reply) {
    auto& peer = peers[from.from];
    if (peer.down_notice) return;
    detector.heard(now, from.from, from.interconnect);
    peer.status_version_seen = std::max(peer.status_version_seen, reply.status_version_seen);
    if (reply.store_counter_seen > counter_durable && !is_store_lost) {
        is_store_lost = true;
        tell(EventKind::store_lost, node_object(self),
             {{"reason", "another node has heard of records that this store does not have"}});
        if (raft) raft->lose_vote(now);
    }
    const auto sent = lease.sent_at(reply.seq);
    if (sent) {
        auto& smooth = peer.round_trip[from.interconnect];
        const auto trip = now - *sent;
        smooth = smooth == Duration::zero() ? trip : (smooth * 7 + trip) / 8;
        peer.quality[from.interconnect].timed(trip);
    }
    const bool is_alone = is_view_of_self();
    if (reply.lease_length > Duration::zero() && is_of_this_cluster(from.from) &&
        (is_alone || is_voter_store(from.from, peer.heartbeat.store)))
        lease.on_answer(from.from, reply.seq, reply.lease_length);
    if (is_alone || is_view_waited_for) is_duty_due = true;  // it may be fit for the view now
}

/// Says which path is bad, though it is heard (G3); nothing else comes of it.
void Engine::Impl::judge_quality(NodeId node, Peer& peer, InterconnectId interconnect) {
    auto& quality = peer.quality[interconnect];
    if (!quality.judge(std::max(timing().heartbeat_interval, k_jitter_never_poor)))
        return;
    const auto jitter = std::chrono::duration_cast<std::chrono::milliseconds>(quality.jitter());
    tell(quality.is_poor() ? EventKind::interconnect_poor : EventKind::interconnect_good,
         node_object(node),
         {{"interconnect", interconnect_name(interconnect)},
          {"loss_percent", std::to_string(quality.loss_percent())},
          {"jitter_ms", std::to_string(jitter.count())}});
}

std::string Engine::Impl::interconnect_name(InterconnectId id) const {
    for (const auto& interconnect : registry.spec.interconnects)
        if (interconnect.id == id) return interconnect.name;
    return std::to_string(id.value);
}

bool Engine::Impl::is_stalled(NodeId node) const {
    const auto peer = peers.find(node);
    return peer != peers.end() && peer->second.stalled_at &&
           now - *peer->second.stalled_at < timing().heartbeat_timeout;
}

void Engine::Impl::tell_suspected(NodeId node, std::string silence_ms) {
    std::vector<std::pair<std::string, std::string>> parameters;
    if (!silence_ms.empty()) parameters.emplace_back("silence_ms", std::move(silence_ms));
    parameters.emplace_back("verdict", is_stalled(node) ? "stalled" : "silent");
    tell(EventKind::node_suspected, node_object(node), std::move(parameters));
}

void Engine::Impl::judge_contact() {
    for (const auto& change : detector.update(now)) {
        using detect::Suspicion;
        // Of a node that was never heard, or that took its leave, there is none to tell.
        const bool is_known = change.silence != Duration::max();
        const auto silence = std::to_string(change.silence / 1ms);
        if (!change.interconnect) {
            if (change.to == Suspicion::red)
                tell_suspected(change.node, is_known ? silence : std::string());
            else if (change.from == Suspicion::red)
                tell(EventKind::node_heard, node_object(change.node));
            if (change.to == Suspicion::red)
                journal.suspected(now, change.node);
            else
                journal.heard(change.node);
            is_duty_due = true;
            continue;
        }
        const auto kind = change.to == Suspicion::red      ? EventKind::interconnect_silent
                          : change.to == Suspicion::yellow ? EventKind::heartbeat_delayed
                                                           : EventKind::interconnect_heard;
        if (change.from == Suspicion::yellow && change.to == Suspicion::green) continue;
        tell(kind, node_object(change.node),
             {{"interconnect", interconnect_name(change.interconnect)}, {"silence_ms", silence}});
    }
    const auto heard = detector.heard_nodes();
    if (heard != hearing.heard) {
        hearing.heard = heard;
        is_heartbeat_urgent = true;
    }
    auto near = membership::contacts(hearing);
    for (auto node : forked) near.erase(node);
    // Whom a shot of ours may still hit takes part in nothing (safety.md F22).
    near.erase(store.shot.node);
    for (auto node : heard) {
        if (near.contains(node) || !peers[node].has_heartbeat || one_sided.contains(node)) continue;
        one_sided.insert(node);
        tell(EventKind::one_sided_contact, node_object(node));
    }
    for (auto node : near) one_sided.erase(node);
    if (near != contact) {
        contact = near;
        is_duty_due = true;
    }
    note_all_there();
    if (!raft) return;
    auto reachable = voters_near();
    reachable.erase(self);
    raft->set_reachable(now, reachable);
}

wire::Heartbeat Engine::Impl::make_heartbeat() {
    wire::Heartbeat h;
    heartbeat_seq = HeartbeatSeq{heartbeat_seq.value + 1};
    h.seq = heartbeat_seq;
    // An empty store, and one whose founding document is not durable yet, are in no cluster.
    h.cluster = cluster_durable;
    h.version_min = static_cast<Version>(registry.cluster_version);
    h.version_max = version_max;
    h.boot = boot;
    h.store = store.store;
    h.store_counter = counter_durable;
    h.store_lost = is_store_lost || (is_store_replaced && !cluster_durable);
    h.spec_digest = file_spec_digest;
    if (raft) {
        h.term = raft->term();
        h.leader = raft->leader();
        h.last = raft->last_index();
        h.voters_index = raft->voters_index();
    }
    // Who tells that it has applied its loss says that nothing of it runs here any more: the leader
    // takes that for the end of our lease, and voters answer us again.
    if (is_settle_asked && service.is_settled()) applied_told = applied;
    h.applied = applied_told;
    tell_history(h);
    if (registry.spec.nodes.size() > k_limit_nodes_for_marks && h.view_marks.size() > 1)
        h.view_marks.erase(h.view_marks.begin(), h.view_marks.end() - 1);
    if (raft && raft->has_given_up()) {  // what we had is not of this history
        h.committed = h.last = h.voters_index = h.applied = {};
        h.view_marks.clear();
    }
    h.wants_lease = wants_lease();
    h.leaving = is_leaving;
    h.engine_age = Duration::zero();  // the engine itself sends: it has just stepped
    h.write_time = write_time();
    h.fence_time = fencing.longest_measured();
    auto heard = hearing.heard;
    heard.erase(store.shot.node);
    h.hears = heard.nodes();
    h.blocks = make_blocks();
    h.leases_over = own_notes;
    h.status_version = status_version;
    h.digest_index = digest_index;
    h.state_digest = digest;
    return h;
}

/// Heartbeats out of turn go at once while they are few. Where many nodes come or go together, each
/// change would make every node tell every other, who then hears something new in its turn: the
/// rest of what changes within an interval is told together.
bool Engine::Impl::may_beat_out_of_turn() {
    const auto nodes = std::max<std::size_t>(reached_by.nodes.size(), 1);
    const auto most = std::max(k_beats_out_of_turn / nodes, k_beats_out_of_turn_min);
    const auto interval = timing().heartbeat_interval;
    const auto each = interval / static_cast<std::int64_t>(most);
    // A bucket that holds an interval's worth, as the time at which it will be full again.
    const auto full_at = std::clamp(beats_full_at, now, now + interval) + each;
    if (full_at - now > interval) {
        heartbeat_due = std::min(heartbeat_due, full_at - interval);
        return false;
    }
    beats_full_at = full_at;
    return true;
}

void Engine::Impl::send_heartbeat_if_due() {
    if (is_gone) return;
    const bool is_urgent = std::exchange(is_heartbeat_urgent, false);
    if (now < heartbeat_due && !(is_urgent && may_beat_out_of_turn())) return;
    const auto interval = timing().heartbeat_interval;
    const auto along = std::exchange(beat_along, std::nullopt);
    // The leader's next one is waited for a little longer, or the two timers would race.
    heartbeat_sent = now;
    heartbeat_due = now + interval + (along ? interval / k_beat_along_slack : 0ns);
    space_candidates();
    wire::Message message = make_heartbeat();
    auto& heartbeat = std::get<wire::Heartbeat>(message);
    lease.on_sent(heartbeat_seq, now);
    ask_witness_if_due();
    const auto* me = model::find_node(reached_by, self);
    if (me == nullptr) return;
    for (const auto& node : reached_by.nodes) {
        if (node.id == self) continue;
        for (const auto& [interconnect, address] : node.addresses) {
            if (!me->addresses.contains(interconnect)) continue;
            heartbeat.reply.reset();
            if (along && along->to == node.id && along->on == interconnect)
                heartbeat.reply = along->reply;
            channels.send_on(now, node.id, interconnect, message, actions.datagrams);
        }
    }
}

void Engine::Impl::send(NodeId to, const wire::Message& message) {
    channels.send(now, to, message, actions.datagrams);
}

}  // namespace ha::engine
