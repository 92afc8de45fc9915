// The document of a history that was given up, for people (safety.md F7).
#pragma once

#include <string>
#include <vector>

#include "base/view_mark.hpp"
#include "model/state.hpp"

namespace ha::config {

struct GivenUp {
    std::string time;              ///< for people
    NodeId node;                   ///< that gave it up
    NodeId kept_by;                ///< whose history is kept
    std::vector<ViewMark> marks;   ///< of the history that was given up
    std::vector<ViewMark> kept;    ///< of the other
};

/// As JSON text: what the cluster had agreed on in that history.
std::string write_history(const model::ClusterState& state, const GivenUp& about);

}  // namespace ha::config
