// What the engine lets the journal know: its own proposals, the entries it applies, what it hears.

#include "engine/impl.hpp"

namespace ha::engine {

namespace {

/// The group that a request of an administrator gives another place, or none.
GroupId placed_by(const RequestBody& body) {
    if (const auto* start = std::get_if<GroupStart>(&body)) return start->group;
    if (const auto* stop = std::get_if<GroupStop>(&body)) return stop->group;
    if (const auto* move = std::get_if<GroupMove>(&body)) return move->group;
    if (const auto* failover = std::get_if<GroupFailover>(&body)) return failover->group;
    return {};
}

}  // namespace

/// What speaks for the silence of a node: what was heard here, and what the others said.
JournalEvidence Engine::Impl::evidence_about(NodeId node) const {
    JournalEvidence out;
    out.about = node;
    const auto* me = model::find_node(registry.spec, self);
    const auto* other = model::find_node(registry.spec, node);
    if (me != nullptr && other != nullptr) {
        for (const auto& [interconnect, address] : other->addresses) {
            if (!me->addresses.contains(interconnect)) continue;
            auto& path = out.paths.emplace_back(JournalEvidence::Path{interconnect, {}});
            const auto silence = detector.silence(now, node, interconnect);
            if (silence != Duration::max()) path.last_heard = now - silence;
        }
    }
    for (const auto voice : contact) {
        const auto told = hearing.told.find(voice);
        if (voice != node && told != hearing.told.end())
            out.words.push_back({voice, told->second.contains(node)});
    }
    return out;
}

/// Leader: what was decided on, kept until the batch is committed or overwritten.
void Engine::Impl::journal_proposed(LogIndex index, const std::vector<model::Command>& commands) {
    Journal::Proposal proposal;
    proposal.index = index;
    proposal.term = raft->term();
    proposal.at = now;
    proposal.planned_from = planned_from;
    proposal.view = placement_view();
    for (const auto& command : commands)
        if (const auto* down = std::get_if<model::NodeDown>(&command))
            proposal.evidence[down->node] = evidence_about(down->node);
    journal.proposed(std::move(proposal));
}

void Engine::Impl::journal_batch(const wire::LogEntry& entry,
                                 const std::vector<model::Command>& commands) {
    Journal::Batch batch;
    batch.now = now;
    batch.position = {entry.index, entry.term};
    if (raft->term() == entry.term) batch.leader = raft->leader();
    // What was in the store at the start of this process has happened at another time.
    batch.is_live = is_settle_asked;
    if (batch.is_live) batch.view = placement_view();
    journal.begin(std::move(batch), commands);
}

void Engine::Impl::journal_applied(const wire::LogEntry& entry, const model::Command& command) {
    Journal::Hint hint;
    if (const auto* down = std::get_if<model::NodeDown>(&command))
        hint.evidence = evidence_about(down->node);
    if (const auto* goal = std::get_if<model::SetGoal>(&command)) {
        for (const auto& request : requests) {
            if (placed_by(request.body) != goal->group) continue;
            const bool is_of_entry = request.index == entry.index && request.term == entry.term;
            if (is_of_entry || (request.origin == self && request.forwarded_to))
                hint.request_origin = request.origin;
        }
    }
    journal.after(registry, command, std::move(hint));
}

}  // namespace ha::engine
