// Insight: the planner on a copy of the state.
#include "engine/insight.hpp"

#include <algorithm>

#include "engine/plan_filter.hpp"
#include "engine/translate.hpp"
#include "model/apply.hpp"

namespace ha::engine {

namespace {

/// More than half of the voters answer and are not the node that dies.
bool is_quorate_without(const EngineStatus& status, NodeId node) {
    std::size_t voters = status.is_voter ? 1 : 0;
    std::size_t left = node == status.self ? 0 : voters;
    for (const auto& peer : status.peers) {
        if (!peer.is_voter) continue;
        voters++;
        if (peer.node != node && peer.is_heard) left++;
    }
    if (status.witness.is_voter) {
        voters++;
        if (status.witness.is_answering) left++;
    }
    return left * 2 > voters;
}

}  // namespace

placement::Decision explain(const EngineStatus& status, GroupId group) {
    auto out = placement::explain(status.state, status.view, group);
    if (!is_held_back(status.state, group)) return out;
    const auto& record = model::record_of(status.state, group);
    out.node = record.owner;
    out.rule = "frozen";
    out.reason = "it is frozen: whatever happens, nothing is done about it";
    out.is_blocked = !record.owner && record.goal == model::Goal::online;
    return out;
}

WhatIf simulate_down(const EngineStatus& status, NodeId node) {
    auto state = status.state;
    auto view = status.view;
    std::erase(view.members, node);
    view.is_startup_wait_over = true;
    const auto& record = model::record_of(state, node);
    const auto next = LogIndex{std::max(status.applied, record.taken_index).value + 1};
    model::apply(state, {next, status.term},
                 model::NodeDown{node, record.start, "as simulated"});
    WhatIf what;
    what.is_quorate = is_quorate_without(status, node);
    for (auto& decision : placement::plan(state, view).decisions) {
        const bool was_there = model::record_of(status.state, decision.group).owner == node;
        if (was_there || decision.is_blocked) what.decisions.push_back(std::move(decision));
    }
    return what;
}

namespace {

/// How often the planner is asked what follows: a stop, the start after it, what that makes room
/// for.
constexpr int k_rehearsal_rounds = 4;

class Rehearsing {
   public:
    Rehearsing(const EngineStatus& status, Rehearsal& out)
        : state_(status.state), view_(status.view), out_(out),
          position_{LogIndex{status.applied.value + 1}, status.term} {}

    void take(const model::Command& command) {
        if (model::apply(state_, position_, command).is_ignored) return;
        out_.steps.push_back(model::describe(state_.spec, command));
    }

    /// Owners that are told to stop do, and the planner goes on from there.
    void play_on() {
        for (int round = 0; round < k_rehearsal_rounds; round++) {
            const auto releases = due_releases();
            for (const auto& release : releases) take(release);
            auto plan = placement::plan(state_, view_);
            const auto commands = without_frozen(state_, std::move(plan.commands));
            if (releases.empty() && commands.empty()) return;
            for (const auto& command : commands) {
                note_decision(command, plan.decisions);
                take(command);
            }
        }
    }

   private:
    std::vector<model::Release> due_releases() const {
        std::vector<model::Release> out;
        for (const auto& [id, record] : state_.groups) {
            const bool is_to_stop = record.is_evicted || record.goal == model::Goal::offline;
            if (record.owner && is_to_stop && model::is_up(state_, record.owner))
                out.push_back({id, record.owner, record.epoch.incarnation, "stopped there"});
        }
        return out;
    }

    void note_decision(const model::Command& command,
                       const std::vector<placement::Decision>& decisions) {
        const auto* give = std::get_if<model::Give>(&command);
        for (const auto& decision : decisions)
            if (give != nullptr && decision.group == give->group)
                out_.decisions.push_back(decision);
    }

    model::ClusterState state_;
    const placement::View view_;
    Rehearsal& out_;
    const model::Position position_;
};

}  // namespace

Result<Rehearsal> rehearse(const EngineStatus& status, const RequestBody& body) {
    auto translated = translate(status.state, status.view, body);
    if (!translated) return translated.error();
    Rehearsal out;
    out.done = translated->done;
    if (const auto* restart = std::get_if<ResourceRestart>(&body)) {
        const auto record = status.state.groups.find(restart->group);
        if (record == status.state.groups.end() || !record->second.owner)
            return failure(FailureCode::refused, "the group runs nowhere");
        out.done = "restart in place on node " +
                   model::name_of(status.state.spec, record->second.owner);
    }
    Rehearsing rehearsing(status, out);
    for (const auto& command : translated->commands) rehearsing.take(command);
    if (!translated->commands.empty()) rehearsing.play_on();
    return out;
}

}  // namespace ha::engine
