// How far apart candidates stand: as far as a vote takes on these disks and links (safety.md F33).
#include <algorithm>
#include <vector>

#include "engine/impl.hpp"
#include "membership/quorum.hpp"

namespace ha::engine {

/// A write that hangs counts with its age: it is at least that slow.
Duration Engine::Impl::write_time() const {
    const auto age = persists.empty() ? Duration::zero() : now - persists.front().asked;
    return std::max(write_times.usual_max(), age);
}

/// A candidate makes its own vote durable, asks, and is answered when the others' are: the slowest
/// of the quickest quorum says how long that takes.
Duration Engine::Impl::vote_time() const {
    std::vector<std::pair<Duration, NodeId>> answers;
    std::vector<NodeId> voters;
    for (const auto& voter : raft->voters()) {
        voters.push_back(voter.node);
        const auto peer = peers.find(voter.node);
        if (peer == peers.end() || !contact.contains(voter.node)) continue;
        Duration trip{0};
        for (const auto& [interconnect, time] : peer->second.round_trip)
            trip = std::max(trip, time);
        answers.emplace_back(peer->second.heartbeat.write_time + trip, voter.node);
    }
    std::sort(answers.begin(), answers.end());
    NodeSet with{self};
    Duration out{0};
    for (const auto& [time, node] : answers) {
        if (membership::has_quorum(voters, with)) break;
        with.insert(node);
        out = time;
    }
    return write_time() + out;
}

void Engine::Impl::space_candidates() {
    if (!raft) return;
    const auto least = write_times.is_known() ? k_election_step_min : k_election_step_unknown;
    raft->set_election_step(std::clamp(vote_time(), least, k_election_step_max));
}

}  // namespace ha::engine
