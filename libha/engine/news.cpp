// News: which datagrams can change what the engine decides.
//
// Where nothing happens, nearly all of them are heartbeats that repeat what is known, and answers
// that lengthen a lease which is held anyway: in every interval two of each from each other node
// and interconnect. They are taken note of, and answered, at once. The corridor would find what it
// found before, and so waits for its next deadline, at most an interval away; else a node's work
// would grow with the third power of the number of nodes.
#include <utility>

#include "engine/impl.hpp"

namespace ha::engine {
namespace {

/// Does it say what its sender said last? Heartbeats differ in their number, and in the answer that
/// travels with some of them.
bool is_repeated(Peer& peer, const wire::Heartbeat& heartbeat) {
    auto& last = peer.heartbeat;
    const auto seq = std::exchange(last.seq, heartbeat.seq);
    const auto reply = std::exchange(last.reply, heartbeat.reply);
    const bool is_same = last == heartbeat;
    last.seq = seq;
    last.reply = reply;
    return is_same;
}

}  // namespace

/// Our own part of it: nothing is under way for which every word may count.
bool Engine::Impl::is_settled() const {
    return raft && store.cluster && was_lease_held && forked.empty() && !raft->has_given_up() &&
           !is_view_waited_for && !is_view_of_self() && !is_leaving && !is_store_lost &&
           fencing.is_idle();
}

bool Engine::Impl::is_news(const wire::Delivery& delivery) {
    const auto found = peers.find(delivery.from);
    if (found == peers.end() || !is_settled() || !contact.contains(delivery.from)) return true;
    auto& peer = found->second;
    if (delivery.start != peer.start || !peer.has_heartbeat ||
        detector.suspicion(delivery.from, delivery.interconnect) != detect::Suspicion::green)
        return true;
    if (const auto* heartbeat = std::get_if<wire::Heartbeat>(&delivery.message))
        return heartbeat->term != raft->term() || heartbeat->leader != raft->leader() ||
               heartbeat->committed != raft->committed() || !is_repeated(peer, *heartbeat) ||
               (heartbeat->reply && is_news(delivery.from, peer, *heartbeat->reply));
    if (const auto* reply = std::get_if<wire::HeartbeatReply>(&delivery.message))
        return is_news(delivery.from, peer, *reply);
    return true;
}

bool Engine::Impl::is_news(NodeId from, const Peer& peer, const wire::HeartbeatReply& reply) const {
    const bool counts = is_voter_store(from, peer.heartbeat.store);
    return counts == (reply.lease_length == Duration::zero()) || reply.blocked_index ||
           reply.store_counter_seen > counter_durable ||
           reply.status_version_seen != peer.status_version_seen;
}

/// Asked when a datagram has been handled: has it left the corridor anything to do?
bool Engine::Impl::may_rest() const {
    const bool has_duty = is_duty_due && raft->is_leader();
    return !has_news && !has_duty && !is_heartbeat_urgent && now < heartbeat_due &&
           forked.empty();
}

}  // namespace ha::engine
