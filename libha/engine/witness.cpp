// The witness: asked for leases and votes by every node, told where the log ends by the leader, and
// asked for what it keeps by a node that is behind (safety.md F10, D6).
//
//                       asks                     told of the log           its word counts for
//   nodes suffice       once a second            copies of what is         nothing that is needed
//                                                committed, at leisure
//   a lease runs low    with every heartbeat                               the lease
//   no quorum without   with every heartbeat     at once, from our disk    vote, commit, verdict
#include <algorithm>

#include "base/limits.hpp"
#include "engine/impl.hpp"

namespace ha::engine {

bool Engine::Impl::has_witness() const {
    return model::has_witness(registry.spec) &&
           registry.spec.quorum == model::QuorumPolicy::majority;
}

bool Engine::Impl::is_witness_voter() const {
    if (!raft) return false;
    const auto& voters = raft->voters();
    return std::any_of(voters.begin(), voters.end(),
                       [](const auto& voter) { return voter.node == k_witness_node; });
}

/// A vote among an odd number of nodes would only make the quorum larger, so it is given to it
/// while their number is even: then the nodes' own majority is never raised by it.
bool Engine::Impl::is_witness_wanted() const {
    if (!raft || !has_witness()) return false;
    std::size_t nodes = 0;
    for (const auto& voter : raft->voters()) nodes += voter.node != k_witness_node;
    return nodes >= 2 && nodes % 2 == 0 && nodes < k_limit_voters;
}

/// Its record is of this cluster, and has forgotten nothing that we have heard of.
bool Engine::Impl::is_witness_trusted() const {
    return witness.has_answered && !witness.is_behind && store.cluster &&
           witness.state.cluster == store.cluster;
}

bool Engine::Impl::is_witness_answering() const {
    const auto timeout = timing().heartbeat_timeout;
    return has_witness() && witness.has_answered &&
           (witness.silent_since == Instant::max() || now - witness.silent_since < timeout);
}

NodeSet Engine::Impl::voters_near() const {
    auto near = contact;
    near.insert(self);
    if (is_witness_answering() && is_witness_trusted()) near.insert(k_witness_node);
    return near;
}

/// Are the nodes in contact a quorum of these, with no help of the witness?
bool Engine::Impl::do_nodes_suffice(const std::vector<wire::Voter>& voters) const {
    std::vector<NodeId> list;
    NodeSet with;
    for (const auto& voter : voters) {
        list.push_back(voter.node);
        if (voter.node == k_witness_node) continue;
        const auto peer = peers.find(voter.node);
        const bool is_here =
            voter.node == self ? is_voter()
                               : contact.contains(voter.node) && peer != peers.end() &&
                                     peer->second.heartbeat.store == voter.store &&
                                     !peer->second.heartbeat.store_lost &&
                                     !peer->second.is_store_behind;
        if (is_here) with.insert(voter.node);
    }
    return membership::has_quorum(list, with);
}

/// When we begin to ask it with every heartbeat: half a lease is left for its answer.
Instant Engine::Impl::witness_pressing_at() const {
    if (!is_witness_voter()) return Instant::max();
    if (!do_nodes_suffice(raft->voters())) return Instant{};
    if (!wants_lease() || !was_lease_held) return Instant::max();
    const auto& nodes = voter_nodes();
    return lease.end_without(nodes, k_witness_node) - timing().lease / 2;
}

Instant Engine::Impl::witness_deadline() const {
    if (!has_witness()) return Instant::max();
    auto at = Instant::max();
    if (!witness.is_pressing) at = std::min(at, witness_pressing_at());
    if (witness.is_heard_told && witness.silent_since != Instant::max())
        at = std::min(at, witness.silent_since + timing().heartbeat_timeout);
    return at;
}

/// Once a step, before consensus: does it answer, and is it needed soon?
void Engine::Impl::judge_witness() {
    if (!has_witness()) {
        witness.is_pressing = false;
        return;
    }
    const bool is_pressing = now >= witness_pressing_at();
    if (is_pressing && !witness.is_pressing) is_heartbeat_urgent = true;
    witness.is_pressing = is_pressing;
    // Its place among the voters is not what it should be: the leader looks again and again.
    const bool is_in_place = is_witness_wanted() == is_witness_voter() &&
                             (!is_witness_voter() ||
                              is_voter_store(k_witness_node, witness.state.store)) &&
                             !witness.is_behind && !is_witness_renewal_asked;
    if (raft && raft->is_leader() && !is_in_place && now >= witness.duty_due) {
        witness.duty_due = now + k_witness_renew_resend;
        is_duty_due = true;
    }
    const bool is_heard = is_witness_answering();
    if (is_heard == witness.is_heard_told) return;
    witness.is_heard_told = is_heard;
    is_duty_due = true;
    tell(is_heard ? EventKind::witness_heard : EventKind::witness_silent, "witness",
         {{"needed", is_pressing ? "true" : "false"}});
}

/// For how long no other node is to be elected after each ask of ours, the leader's.
Duration Engine::Impl::witness_hold() const {
    // Shorter than what the others wait for, so that a dead leader is not held for longer.
    if (!model::has_etcd(registry.spec)) return timing().heartbeat_timeout / 4 * 3;
    // There a beat has to be written, to a store that remembers each: only while the nodes are no
    // quorum by themselves, and then seldom, for it is the death of a second one that waits for it.
    if (!raft->is_witness_needed()) return Duration::zero();
    return std::max(k_etcd_hold_min, 2 * timing().heartbeat_timeout);
}

/// With a heartbeat, so that a lease rests on the send time that the heartbeat has.
void Engine::Impl::ask_witness_if_due() {
    if (!has_witness() || !cluster_durable || !channels.has_session(k_witness_node)) return;
    if (!witness.is_pressing && now < witness.ask_due) return;
    witness.ask_due = now + k_witness_ask_slow;
    witness.asked = heartbeat_seq;
    if (witness.silent_since == Instant::max()) witness.silent_since = now;
    wire::WitnessAsk ask;
    ask.seq = heartbeat_seq;
    ask.cluster = cluster_durable;
    ask.wants_lease = wants_lease() && is_witness_voter();
    ask.lease_length = timing().lease;
    ask.applied = applied_told;
    ask.voters_index = raft->voters_index();
    ask.is_leader = raft->is_leader();
    ask.term = raft->term();
    if (ask.is_leader) ask.hold = witness_hold();
    send(k_witness_node, ask);
}

void Engine::Impl::on_witness(const wire::Delivery& delivery) {
    if (!has_witness() || delivery.start < witness.start) return;
    if (delivery.start > witness.start) {
        WitnessPeer fresh;
        fresh.start = delivery.start;
        fresh.is_heard_told = witness.is_heard_told;
        fresh.is_pressing = witness.is_pressing;
        fresh.renew_to = witness.renew_to;
        fresh.problem_told = witness.problem_told;
        fresh.counted_store = witness.counted_store;
        fresh.counter_max = witness.counter_max;
        fresh.counter_since = heartbeat_seq;
        fresh.is_behind = witness.is_behind;
        witness = std::move(fresh);
    }
    if (const auto* state = std::get_if<wire::WitnessState>(&delivery.message))
        on_witness_state(*state);
    else if (const auto* vote = std::get_if<wire::VoteReply>(&delivery.message)) {
        if (is_witness_trusted()) raft->receive(now, k_witness_node, *vote);
    } else if (const auto* kept = std::get_if<wire::WitnessKept>(&delivery.message))
        on_witness_kept(*kept);
}

/// An answer to an ask that was sent after we had heard of a counter tells at least that counter.
void Engine::Impl::count_witness(const wire::WitnessState& state) {
    if (witness.counted_store != state.store) {
        witness.counted_store = state.store;
        witness.counter_max = 0;
        witness.is_behind = false;
    }
    if (state.seq > witness.counter_since && state.counter < witness.counter_max)
        witness.is_behind = true;
    if (state.counter <= witness.counter_max) return;
    witness.counter_max = state.counter;
    witness.counter_since = heartbeat_seq;
}

void Engine::Impl::on_witness_state(const wire::WitnessState& state) {
    if (state.seq > witness.answered && state.seq <= witness.asked) {
        witness.answered = state.seq;
        witness.answered_at = now;
        witness.silent_since = state.seq == witness.asked ? Instant::max() : now;
        if (const auto sent = lease.sent_at(state.seq)) {
            auto& smooth = witness.round_trip;
            const auto trip = now - *sent;
            smooth = smooth == Duration::zero() ? trip : (smooth * 7 + trip) / 8;
        }
    }
    if (!state.is_brief) {
        count_witness(state);
        witness.state = state;
        witness.has_answered = true;
        tell_witness_problem();
    }
    if (!is_witness_trusted()) return;
    const bool is_voter_of_ours = is_voter_store(k_witness_node, state.store);
    if (state.lease_length > Duration::zero() && state.seq && is_voter_of_ours)
        lease.on_answer(k_witness_node, state.seq, state.lease_length);
    if (state.is_brief) return;
    // Its blocks are of the log that it acknowledged: that log has to be ours.
    if (raft->is_leader() && state.term == raft->term() && is_voter_of_ours &&
        raft->holds(state.last, state.last_term)) {
        for (const auto& block : state.blocks)
            ledger.on_block(now, k_witness_node, block.node, block.index, block.remaining);
        is_duty_due = true;
    }
    raft->receive(now, k_witness_node, state);
}

std::string Engine::Impl::witness_problem() const {
    if (!witness.has_answered) return {};
    if (witness.state.cluster && store.cluster && witness.state.cluster != store.cluster)
        return "its record belongs to another cluster, " + to_hex(witness.state.cluster) +
               "; \"hactl witness renew\" begins a new one";
    if (witness.is_behind)
        return "its record is behind what it had told before; it is renewed when a majority of "
               "the nodes is there";
    if (is_witness_voter() && !is_voter_store(k_witness_node, witness.state.store))
        return "its record is a new one: it has no vote until a majority of the nodes adds it anew";
    return {};
}

void Engine::Impl::tell_witness_problem() {
    auto problem = witness_problem();
    if (problem == witness.problem_told) return;
    witness.problem_told = std::move(problem);
    is_duty_due = true;
    if (!witness.problem_told.empty())
        tell(EventKind::witness_problem, "witness", {{"reason", witness.problem_told}});
}

/// Leader: gives the witness its vote, takes it away, or has its record made anew. True when a
/// change of the voters was proposed.
bool Engine::Impl::maintain_witness() {
    auto voters = raft->voters();
    const auto at = std::find_if(voters.begin(), voters.end(), [](const auto& voter) {
        return voter.node == k_witness_node;
    });
    const bool is_wanted = is_witness_wanted();
    const auto propose = [&] {
        std::sort(voters.begin(), voters.end());
        return raft->propose(now, wire::EntryKind::voters, wire::encode_voters(voters)).has_value();
    };
    if (at != voters.end()) {
        const bool is_other = is_witness_answering() && (!is_witness_trusted() ||
                                                         witness.state.store != at->store);
        if (is_wanted && !is_other && !is_witness_renewal_asked) return false;
        // Never by a vote that would then be missing: the nodes alone must be able to decide it.
        voters.erase(at);
        if (!do_nodes_suffice(voters)) return false;
        tell(EventKind::voter_removed, "witness");
        return propose();
    }
    if (!is_wanted || !is_witness_answering() || !do_nodes_suffice(voters)) return false;
    // A node that is ready comes first: with it their number is odd.
    if (voters.size() < k_limit_voters && find_ready_learner()) return false;
    if (is_witness_renewal_asked || witness.is_behind) {
        renew_witness();
        return false;
    }
    if (!is_witness_trusted() || voters.size() >= k_limit_voters) return false;
    if (raft->store_of(k_witness_node) != witness.state.store) return false;
    voters.push_back({k_witness_node, witness.state.store});
    return propose();
}

Result<std::string> Engine::Impl::ask_witness_renewal() {
    if (!has_witness())
        return failure(FailureCode::not_found, "the configuration names no witness");
    auto nodes = raft->voters();
    std::erase_if(nodes, [](const auto& voter) { return voter.node == k_witness_node; });
    if (!do_nodes_suffice(nodes))
        return failure(FailureCode::refused,
                       "the witness is renewed only with a majority of the nodes in contact, "
                       "because its old record may be what keeps a stale node from winning");
    if (!is_witness_answering())
        return failure(FailureCode::unavailable, "the witness does not answer");
    is_witness_renewal_asked = true;
    is_duty_due = true;
    return std::string("the witness gets a new record, and its vote again after that");
}

/// Not before its removal is committed: a new identity must not vote beside the old one.
void Engine::Impl::renew_witness() {
    if (witness.renew_to && witness.state.store == witness.renew_to && !witness.is_behind &&
        witness.state.cluster == store.cluster) {
        is_witness_renewal_asked = false;
        witness.renew_to = StoreId{};
        is_duty_due = true;
        return;
    }
    if (now < witness.renew_due) return;
    witness.renew_due = now + k_witness_renew_resend;
    if (!witness.renew_to || witness.renew_to == witness.state.store)
        witness.renew_to = random_id<StoreId>(random);
    send(k_witness_node, wire::WitnessRenew{store.cluster, raft->term(), witness.state.store,
                                            witness.renew_to});
}

/// All that is taken from whom by our log up to `last`, whether committed or not.
std::vector<wire::WitnessBlock> Engine::Impl::witness_blocks(LogIndex last) const {
    std::map<NodeId, LogIndex> taken = leases_to_end();
    for (const auto& [node, record] : registry.nodes)
        if (record.taken_index) taken[node] = std::max(taken[node], record.taken_index);
    for (const auto& [node, index] : taken_uncommitted)
        if (index <= last) taken[node] = std::max(taken[node], index);
    std::vector<wire::WitnessBlock> out;
    for (const auto& [node, index] : taken)
        if (out.size() < k_limit_nodes) out.push_back({node, index});
    return out;
}

/// Consensus says where the log ends; what else the witness has to know of it is added here.
void Engine::Impl::complete(wire::WitnessAppend& append) {
    append.blocks = witness_blocks(append.last);
    append.parts = parts_to_keep(append.last);
    // A commit waits for this message: a document travels after it, by itself.
    if (wire::kept_bytes(append.parts) > k_witness_append_bytes) append.parts.clear();
    if (!append.parts.empty()) witness.keep_due = now + k_witness_fetch_resend;
}

/// Copies of what is committed, while the witness is not needed: when it is, only the newest
/// entries have to travel.
void Engine::Impl::keep_at_witness() {
    if (!raft || !raft->is_leader() || !is_witness_voter() || !is_witness_answering() ||
        !is_witness_trusted() || now < witness.keep_due)
        return;
    const bool is_needed = raft->is_witness_needed();
    const auto last = is_needed ? raft->durable() : std::min(raft->committed(), raft->durable());
    if (witness.state.kept_last >= last && raft->holds(witness.state.kept_last,
                                                       witness.state.kept_term))
        return;
    witness.keep_due = now + (is_needed ? k_witness_fetch_resend : k_witness_keep_slow);
    wire::WitnessAppend append;
    append.cluster = store.cluster;
    append.term = raft->term();
    append.parts = parts_to_keep(last);
    if (!append.parts.empty()) send(k_witness_node, append);
}

void Engine::Impl::advance_witness() {
    if (!has_witness() || !raft) return;
    keep_at_witness();
    // A node that the witness refuses, because it lacks what was committed without it.
    const auto& told = witness.state;
    const auto newest = std::pair(raft->last_term(), raft->last_index());
    const bool is_behind = std::pair(told.kept_term, told.kept_last) > newest;
    if (raft->leader() || !is_witness_answering() || !is_witness_trusted() || !is_behind ||
        told.is_held || now < witness.fetch_due)
        return;
    witness.fetch_due = now + k_witness_fetch_resend;
    send(k_witness_node, wire::WitnessFetch{});
}

}  // namespace ha::engine
