// Standing: which voters are lost for long, who may take their place, and whether this leader is
// placed well enough to lead.
#include <algorithm>

#include "engine/impl.hpp"

namespace ha::engine {
namespace {

/// A voter that is silent for so many timeouts is replaced where somebody can (safety.md F29).
constexpr int k_voter_patience_timeouts = 10;
/// A leader must be seen to be badly placed for so long, not only while others fall silent.
constexpr int k_misplaced_timeouts = 2;
/// One hand-over must have settled before the next.
constexpr int k_hand_over_rest_timeouts = 10;

}  // namespace

/// In contact, caught up, with a store that may vote, and none yet; in the order of the nodes.
std::optional<wire::Voter> Engine::Impl::find_ready_learner() const {
    for (const auto& node : registry.spec.nodes) {
        const bool is_voter_now = std::any_of(
            raft->voters().begin(), raft->voters().end(),
            [&](const auto& voter) { return voter.node == node.id; });
        if (is_voter_now || node.id == self || !contact.contains(node.id)) continue;
        const auto& peer = peers.at(node.id);
        if (!is_of_this_cluster(node.id) || peer.heartbeat.store_lost || peer.is_store_behind)
            continue;
        const auto match = raft->match_of(node.id).value;
        // Who may go on alone has to know who did so before: the newest mark at least (F7).
        if (!view_marks.empty() && match < view_marks.back().index.value) continue;
        if (match + consensus::k_limit_voter_lag_entries < raft->last_index().value) continue;
        if (raft->store_of(node.id) != peer.heartbeat.store) continue;
        return wire::Voter{node.id, peer.heartbeat.store};
    }
    return {};
}

Duration Engine::Impl::voter_patience() const {
    return timing().heartbeat_timeout * k_voter_patience_timeouts;
}

/// Counted by each leader for itself: a new one begins anew.
void Engine::Impl::note_silent_voters() {
    if (!raft->is_leader()) return voters_silent_since.clear();
    const auto& voters = voter_nodes();
    std::erase_if(voters_silent_since, [&](const auto& line) {
        return contact.contains(line.first) ||
               std::find(voters.begin(), voters.end(), line.first) == voters.end();
    });
    for (auto node : voters) {
        if (node == self || node == k_witness_node || contact.contains(node)) continue;
        const auto [line, is_new] = voters_silent_since.emplace(node, now);
        // Only when all places are taken is anybody removed: else the duty has nothing to do.
        const auto over = line->second + voter_patience();
        if (!is_new && now >= over && voters.size() >= k_limit_voters && find_ready_learner())
            is_duty_due = true;
    }
}

bool Engine::Impl::is_lost_voter(NodeId node) const {
    const auto line = voters_silent_since.find(node);
    return line != voters_silent_since.end() && now >= line->second + voter_patience();
}

/// A leader outside of the largest membership gives nothing to those whom it does not reach: it
/// hands over to the member with most contacts, then by rank (safety.md F30).
void Engine::Impl::hand_over_if_misplaced() {
    const auto best = raft->is_leader() ? membership::best_membership(hearing) : NodeSet{};
    if (!raft->is_leader() || best.contains(self)) {
        misplaced_since = Instant::max();
        return;
    }
    const auto timeout = timing().heartbeat_timeout;
    if (misplaced_since == Instant::max()) misplaced_since = now;
    if (now < misplaced_since + timeout * k_misplaced_timeouts || now < hand_over_rest ||
        raft->is_transferring())
        return;
    NodeId successor;
    std::size_t most = 0;
    for (const auto& node : registry.spec.nodes) {  // in the order of their ranks, mostly
        const auto count = membership::contacts_within(hearing, best, node.id);
        const bool may_lead = best.contains(node.id) && contact.contains(node.id) &&
                              is_voter_store(node.id, peers.at(node.id).heartbeat.store);
        if (may_lead && count > most) {
            successor = node.id;
            most = count;
        }
    }
    hand_over_rest = now + timeout * k_hand_over_rest_timeouts;
    if (successor && raft->transfer_leadership(now, successor))
        tell(EventKind::leader_misplaced, node_object(self),
             {{"successor", node_object(successor)}});
}

Instant Engine::Impl::standing_deadline() const {
    auto next = Instant::max();
    const auto consider = [&](Instant when) {
        if (when > now) next = std::min(next, when);
    };
    for (const auto& [node, since] : voters_silent_since) consider(since + voter_patience());
    if (misplaced_since != Instant::max()) {
        const auto timeout = timing().heartbeat_timeout;
        consider(std::max(misplaced_since + timeout * k_misplaced_timeouts, hand_over_rest));
    }
    return next;
}

}  // namespace ha::engine
