// From a request to the commands that carry it out, on the state as it is going to be.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "engine/input.hpp"
#include "placement/plan.hpp"

namespace ha::engine {

struct Translation {
    std::vector<model::Command> commands;  ///< none: it is so already
    std::string done;                      ///< what to say when they are carried out
};

/// There is none of that number.
Failure unknown(const char* what, std::uint64_t id);

/// Refused with the rule; nothing is changed either way. Requests that are not for the registry
/// give no command.
Result<Translation> translate(const model::ClusterState& state, const placement::View& view,
                              const RequestBody& body);

}  // namespace ha::engine
