// Insight: the planner on a copy of the state.
#include "engine/insight.hpp"

#include <algorithm>

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
    return left * 2 > voters;
}

}  // namespace

placement::Decision explain(const EngineStatus& status, GroupId group) {
    return placement::explain(status.state, status.view, group);
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

}  // namespace ha::engine
