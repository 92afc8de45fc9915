// Recovery from the loss of the majority for good (safety.md D4): one node goes on without all
// others, because an operator says, by name, that each of them is off.
//
// One durable write makes it so: this node becomes another store, its log ends with a voters entry
// that names that store alone and with a mark that says how this history came to be, and the term
// of both is above all that the others may have used. Nothing is acted on before that is durable;
// who loses power meanwhile has the old store, whole, and is asked again.
//
// What the others had agreed on since this node last heard of them is lost, and is not known here.
// So a store that lacks the mark holds another history, whatever it holds: it takes part in nothing
// (fork.cpp) until it has saved that, and has become another store with this node's document. Until
// each of the others has done so they are a fork risk: together they may have the old majority.
#include <algorithm>

#include "base/seeded_bug.hpp"
#include "engine/impl.hpp"

namespace ha::engine {
namespace {

std::string names_of(const model::ClusterSpec& spec, const std::vector<NodeId>& nodes) {
    std::string out;
    for (const auto node : nodes) out += (out.empty() ? "" : ", ") + model::name_of(spec, node);
    return out;
}

const ViewMark* newest_recovery(const std::vector<ViewMark>& marks) {
    const auto found = std::find_if(marks.rbegin(), marks.rend(),
                                    [](const auto& mark) { return mark.is_recovery; });
    return found == marks.rend() ? nullptr : &*found;
}

/// `off` is sorted. Empty: each node but this one is named, and nobody else. Who is a voter and not
/// configured any more is one of them: it may still vote, and give the others a majority.
std::string refusal_of_names(const model::ClusterSpec& spec, const NodeSet& voters, NodeId self,
                             const std::vector<NodeId>& off) {
    const auto is_named = [&](NodeId node) {
        return std::binary_search(off.begin(), off.end(), node);
    };
    for (const auto node : off)
        if (model::find_node(spec, node) == nullptr && !voters.contains(node))
            return "node " + std::to_string(node.value) + " is not configured";
    if (is_named(self))
        return "node " + model::name_of(spec, self) +
               " is this node itself: name all others as off, and not the one that goes on";
    std::vector<NodeId> missing;
    for (const auto& node : spec.nodes)
        if (node.id != self && !is_named(node.id)) missing.push_back(node.id);
    if (!missing.empty())
        return "not named as off: " + names_of(spec, missing) +
               "; each node but this one has to be named, and has to be off";
    for (const auto node : voters) {
        if (node == self || node == k_witness_node || is_named(node)) continue;
        const auto number = std::to_string(node.value);
        return "not named as off: node " + number + ", which is not configured any more, and may "
               "still vote; name it by its number, " + number + ", when it is off";
    }
    return {};
}

}  // namespace

std::string Engine::Impl::refusal_of_recovery(const model::ClusterState& state,
                                              const std::vector<NodeId>& off) const {
    if (recovery) return "a recovery is under way on this node";
    if (!store.cluster)
        return "this node belongs to no cluster, so it has nothing to go on with: recover on one "
               "that has its store, or found a new cluster with 'hactl cluster init'";
    if (is_store_failed)
        return "the store of this node failed, and nothing can be made durable: mend the disk and "
               "start the daemon anew";
    if (is_apply_stopped || is_tail_unreadable)
        return "this node cannot read an entry of its log: install the version that wrote it";
    if (version_needed != 0)
        return "others of this cluster are there, of version " + std::to_string(version_needed) +
               ", which this node does not know: upgrade its software";
    if (model::find_node(state.spec, self) == nullptr)
        return "this node is not in the configuration any more: recover on one that is";
    if (raft->has_given_up())
        return "this node has given its history up for that of another node, and waits for its "
               "document: recover there; if that one is gone for good, too, start the daemon here "
               "anew, and ask again";
    if (auto refusal = refusal_of_names(state.spec, raft->possible_voters(), self, off);
        !refusal.empty())
        return refusal;
    if (const auto leader = raft->leader(); leader)
        return "the cluster has a quorum, led by node " + model::name_of(state.spec, leader) +
               "; there is nothing to recover ('hactl node confirm-off' is for a node that is off)";
    return refusal_of_heard(state.spec, off);
}

/// What was heard lately is not off, whatever an operator says (safety.md F37); and who has only
/// just begun to listen has not heard that anybody is silent.
std::string Engine::Impl::refusal_of_heard(const model::ClusterSpec& spec,
                                           const std::vector<NodeId>& off) const {
    const auto quiet = 10 * timing().heartbeat_timeout;
    const auto in_ms = [](Duration time) {
        return std::to_string(time.count() / 1'000'000) + " ms";
    };
    for (const auto node : off) {
        if (node == partner() && is_partner_without_vote()) continue;
        const auto* found = model::find_node(spec, node);
        const auto name =
            "node " + (found == nullptr ? std::to_string(node.value) : found->name);
        if (hearing.heard.contains(node)) return name + " is heard: it is not off";
        // Heard is also who is not listened to: of another version, or with an engine that stands.
        const auto silence = silence_everywhere(node);
        if (silence >= quiet) continue;
        const auto then = " of silence: ask again in " + in_ms(quiet - silence);
        return heard_anywhere.contains(node)
                   ? name + " was heard a moment ago; it counts as off only after " +
                         in_ms(quiet) + then
                   : "this daemon was started a moment ago; who is off is known only after " +
                         in_ms(quiet) + then;
    }
    return {};
}

/// A request that this node answers by itself: nobody else is there to agree.
bool Engine::Impl::request_recovery(const PendingRequest& request) {
    const auto* asked = std::get_if<RecoverAlone>(&request.body);
    if (asked == nullptr) return false;
    auto off = asked->off;
    std::sort(off.begin(), off.end());
    off.erase(std::unique(off.begin(), off.end()), off.end());
    // With all that stands in our log: how much of it was agreed on nobody can say any more.
    auto state = speculative_state();
    if (auto refusal = refusal_of_recovery(state, off); !refusal.empty()) {
        tell(EventKind::request_refused, {}, {{"reason", refusal}});
        answer(request, failure(FailureCode::refused, std::move(refusal)));
        return true;
    }
    recover(state, off);
    recovery->request = request;
    recovery->request.done_text =
        "this node goes on alone, in term " + std::to_string(raft->term().value) +
        ", with what it knew; what the others had agreed on without it is lost. " +
        (off.empty() ? std::string("There is no other node")
                     : "Do not let " + names_of(state.spec, off) +
                           " meet each other without this node: best with an empty store, each "
                           "gets the document and joins by itself. Until then status shows a fork "
                           "risk");
    return true;
}

void Engine::Impl::recover(model::ClusterState& state, const std::vector<NodeId>& off) {
    const std::string reason = "an operator has said that all others are off for good";
    const auto step = is_seeded(SeededBug::recover_keeps_terms) ? 1 : model::k_recovery_step;
    if (raft->has_diverged()) raft->keep_history(now);
    const auto* me = model::find_node(state.spec, self);
    std::vector<model::Command> commands;
    try_command(state, commands,
                model::GoneAlone{self, me->rank, ViewMarkId{random.next() | 1}, reason, step});
    for (const auto node : off) {
        if (contact.contains(node)) continue;  // it has no vote any more, and speaks for itself
        if (!state.nodes.contains(node)) continue;  // a voter only, and owns nothing
        const auto start = model::record_of(state, node).start;
        try_command(state, commands, model::NodeDown{node, start, reason});
        try_command(state, commands, model::ConfirmOff{node, start, reason});
    }
    Recovery begun;
    begun.was_lease_held = was_lease_held;
    if (!was_lease_held) let_go_of_own(state, commands);
    is_store_lost = false;
    forks_pending = store.forked;  // travels with the new store
    forget_words_of_history();
    raft->recover(now, step, random_id<StoreId>(random), model::encode(commands));
    begun.index = raft->last_index();
    recovery = std::move(begun);
    is_duty_due = true;
    is_heartbeat_urgent = true;
    drain_consensus();
}

/// What ran here until our lease was over may have been given to others, by a majority that we did
/// not hear of. It is given anew, above whatever that one used. (Under a lease that still runs, as
/// with `freeze`, nobody else can have got it by time, and it runs on.)
void Engine::Impl::let_go_of_own(model::ClusterState& state,
                                 std::vector<model::Command>& commands) {
    const std::string reason = "the majority is gone, and may have given it to another node";
    for (const auto group : model::groups_of(state, self)) {
        const auto incarnation = model::record_of(state, group).epoch.incarnation;
        if (service.holds(group)) {
            model::Evict evict;
            evict.group = group;
            evict.incarnation = incarnation;
            evict.reason = reason;
            try_command(state, commands, std::move(evict));
        } else {
            try_command(state, commands, model::Release{group, self, incarnation, reason});
        }
    }
}

/// A recovery that is not durable gives no right to run anything.
bool Engine::Impl::is_recovery_waited_for() const {
    return recovery.has_value() && !recovery->was_lease_held;
}

/// When the mark is applied, all that comes before it is durable, and counts.
void Engine::Impl::settle_recovery() {
    if (!recovery || applied < recovery->index) return;
    tell(EventKind::request_done, {}, {{"what", recovery->request.done_text}});
    if (!recovery->is_answered) answer(recovery->request, recovery->request.done_text);
    recovery.reset();
}

void Engine::Impl::fail_recovery(const std::string& reason) {
    if (!recovery) return;
    if (!recovery->is_answered) answer(recovery->request, failure(FailureCode::io, reason));
    recovery.reset();
}

void Engine::Impl::expire_recovery() {
    if (!recovery || recovery->is_answered || now < recovery->request.deadline) return;
    recovery->is_answered = true;
    answer(recovery->request,
           failure(FailureCode::timed_out, "the store of this node has not taken it yet; status "
                                           "shows what becomes of it"));
}

/// Who joins gets a document that has the mark, never an older one and entries up to it: it would
/// be taken for a store of the other history meanwhile.
bool Engine::Impl::is_recovery_to_compact() const {
    const auto* mark = newest_recovery(registry.view_marks);
    return mark != nullptr && mark->index > raft->snapshot_index();
}

/// Leader: who has told that it holds the mark, durably, holds nothing of the other history.
void Engine::Impl::duty_fork_risk(model::ClusterState& speculative,
                                  std::vector<model::Command>& out) {
    const auto* mark = newest_recovery(registry.view_marks);
    const auto risk = speculative.fork_risk;
    for (const auto node : risk) {
        const auto peer = peers.find(node);
        const bool has_mark = mark != nullptr && peer != peers.end() && contact.contains(node) &&
                              is_of_this_cluster(node) &&
                              peer->second.heartbeat.committed >= mark->index;
        if (has_mark) try_command(speculative, out, model::EndForkRisk{node});
    }
}

}  // namespace ha::engine
