// Status: what this node knows, copied out for display.
#include "engine/impl.hpp"

namespace ha::engine {

namespace {

std::string waiting_reason(const Engine::Impl& e) {
    if (e.is_store_failed) return "its store failed: nothing can be made durable";
    if (!e.store.cluster)
        return e.is_store_replaced ? "its store was lost: it waits to be added anew"
                               : "the cluster is not founded: waiting for all configured nodes";
    if (e.version_needed != 0)
        return "the cluster is of version " + std::to_string(e.version_needed) +
               ", and this node knows versions up to " + std::to_string(e.version_max) +
               ": upgrade its software";
    if (e.is_apply_stopped) return "it could not read an entry of the log: waits for the document";
    if (e.is_state_diverged) return "its state differs from the leader's: waits for the document";
    if (model::find_node(e.registry.spec, e.self) == nullptr)
        return "this node is not in the configuration any more: waits to be added anew";
    if (e.raft->has_diverged())
        return "its history contradicts that of the leader: its store must be made anew";
    if (e.raft->has_given_up())
        return "its history was given up for that of another node: waits for the document";
    if (auto reason = e.alone_waits_for(); !reason.empty()) return reason;
    if (!e.raft->leader() && e.partner() && !e.is_voter())
        return "it has no vote in the newest view that it knows: it waits for the other node";
    if (!e.raft->leader()) return "no leader: not in contact with a quorum of voters";
    if (!e.is_caught_up()) return "it is catching up with the leader";
    if (e.is_to_isolate)
        return "this machine was reset too often: it asks to take no group until an operator has "
               "looked at it";
    if (const auto me = e.registry.nodes.find(e.self);
        me != e.registry.nodes.end() && model::is_being_fenced(me->second))
        return "it is being fenced" +
               (me->second.fencer ? " from node " + model::name_of(e.registry.spec,
                                                                   me->second.fencer)
                                  : std::string()) +
               ": it takes part when no shot can be under way any more";
    if (!e.was_lease_held) return "it holds no lease";
    if (!e.is_admitted()) return "the leader has not admitted this start yet";
    return {};
}

}  // namespace

WitnessStatus Engine::Impl::witness_status(Instant at) const {
    WitnessStatus out;
    out.is_configured = has_witness();
    if (!out.is_configured) return out;
    out.address = model::witness_place(registry.spec);
    out.is_etcd = model::has_etcd(registry.spec);
    out.round_trip_expected = registry.spec.witness.round_trip;
    out.is_answering = is_witness_answering();
    out.is_voter = is_voter_store(k_witness_node, witness.state.store);
    out.is_wanted = is_witness_wanted();
    out.is_needed = is_witness_voter() && !do_nodes_suffice(raft->voters());
    out.is_light = witness.state.is_light;
    out.answered_ago = witness.answered ? at - witness.answered_at : Duration::max();
    out.round_trip = witness.round_trip;
    out.kept_bytes = witness.state.kept_bytes;
    out.kept_last = witness.state.kept_last;
    out.problem = witness_problem();
    if (out.problem.empty() && witness.is_too_large)
        out.problem = "the cluster's document is larger than what it may keep";
    return out;
}

EngineStatus Engine::Impl::status(Instant at) const {
    EngineStatus out;
    out.self = self;
    out.cluster = store.cluster;
    out.start = store.start;
    if (raft) {
        out.role = raft->role();
        out.leader = raft->leader();
        out.term = raft->term();
        out.committed = raft->committed();
    }
    out.applied = applied;
    out.is_quorate = was_quorate;
    out.is_lease_held = was_lease_held && at < lease_end();
    out.lease_remaining = out.is_lease_held ? lease_end() - at : Duration::zero();
    out.is_voter = is_voter();
    out.trial_left = trial_left_at(at);
    out.is_store_lost = is_store_lost;
    out.is_leaving = is_leaving;
    out.waits_for = waiting_reason(*this);
    out.voters = voter_nodes();
    out.is_running_alone = out.is_lease_held && at >= lease.end(out.voters);
    out.tie_breaker_text = alone.text;
    out.forked = forked.nodes();
    for (const auto& [node, record] : registry.nodes)
        if (record.status == model::NodeStatus::down && !model::groups_of(registry, node).empty() &&
            !model::stops_by_itself(registry, node))
            out.waits_for_nodes.push_back(node);
    out.state = registry;
    tell_version(out);
    out.view = placement_view();
    const NodeSet members(out.view.members);
    for (const auto& [node, peer] : peers) {
        PeerStatus line;
        line.node = node;
        line.is_heard = hearing.heard.contains(node);
        line.hears_us = contact.contains(node);
        line.is_voter = is_voter_store(node, peer.heartbeat.store);
        line.is_member = members.contains(node);
        line.wants_lease = peer.heartbeat.wants_lease;
        line.has_left = peer.down_notice.has_value();
        line.version_max = peer.version_max;
        line.software = peer.software;
        const auto* spec = model::find_node(registry.spec, node);
        if (spec == nullptr) continue;
        for (const auto& [interconnect, address] : spec->addresses) {
            InterconnectStatus path;
            path.interconnect = interconnect;
            path.is_heard = detector.suspicion(node, interconnect) != detect::Suspicion::red;
            path.silence = detector.silence(at, node, interconnect);
            const auto trip = peer.round_trip.find(interconnect);
            if (trip != peer.round_trip.end()) path.round_trip = trip->second;
            const auto quality = peer.quality.find(interconnect);
            if (quality != peer.quality.end()) {
                path.loss_percent = quality->second.loss_percent();
                path.jitter = quality->second.jitter();
                path.is_poor = quality->second.is_poor();
            }
            line.interconnects.push_back(path);
        }
        out.services[node] = peer.service;
        out.peers.push_back(std::move(line));
    }
    out.services[self] = service.status();
    out.services[self].reboots = store.reboots;
    out.witness = witness_status(at);
    out.services[self].fences = fencing.status();
    return out;
}

}  // namespace ha::engine
