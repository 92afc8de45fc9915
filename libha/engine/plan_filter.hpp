// What of a plan is carried out: nothing is given or taken away where a group is frozen, and
// nothing at all while the cluster is suspended.
#pragma once

#include <vector>

#include "model/command.hpp"
#include "model/state.hpp"

namespace ha::engine {

/// A frozen group on a node that stops is handed over in order: it would be stopped in any case.
inline bool is_held_back(const model::ClusterState& state, GroupId id) {
    const auto found = state.groups.find(id);
    if (found == state.groups.end() || !found->second.is_frozen) return false;
    const auto owner = state.nodes.find(found->second.owner);
    return owner == state.nodes.end() || owner->second.status != model::NodeStatus::leaving;
}

inline std::vector<model::Command> without_frozen(const model::ClusterState& state,
                                                  std::vector<model::Command> plan) {
    if (state.is_suspended) return {};
    std::erase_if(plan, [&](const model::Command& command) {
        const auto* give = std::get_if<model::Give>(&command);
        const auto* evict = std::get_if<model::Evict>(&command);
        const auto* goal = std::get_if<model::SetGoal>(&command);
        const auto* clear = std::get_if<model::ClearBans>(&command);
        return (give != nullptr && is_held_back(state, give->group)) ||
               (evict != nullptr && is_held_back(state, evict->group)) ||
               (clear != nullptr && is_held_back(state, clear->group)) ||
               (goal != nullptr && state.groups.contains(goal->group) &&
                state.groups.at(goal->group).is_frozen);
    });
    return plan;
}

}  // namespace ha::engine
