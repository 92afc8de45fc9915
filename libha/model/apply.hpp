// apply(state, command): the only thing that changes the agreed state. Deterministic, and frozen
// per cluster version (safety.md F23).
#pragma once

#include <string>
#include <vector>

#include "base/event.hpp"
#include "model/command.hpp"
#include "model/state.hpp"

namespace ha::model {

/// Where in the log the command stands; `term` goes into the epochs that it creates.
struct Position {
    LogIndex index;
    Term term;
};

/// What a command did, for the readers of the state.
struct Applied {
    bool is_ignored = false;
    std::string rule;             ///< why it was ignored, for people
    std::vector<Event> events;    ///< `at` is left zero; the engine fills it in
};

Applied apply(ClusterState& state, const Position& position, const Command& command);

/// The newest index up to which `node` must have applied before it is answered a lease, given the
/// commands of one entry at `index`; none when they take nothing from it.
LogIndex taken_by(const std::vector<Command>& commands, LogIndex index, NodeId node);

}  // namespace ha::model
