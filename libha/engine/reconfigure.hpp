// Requests for a change of the configuration as commands. Pure: refused with the rule, or the
// commands and what to say when they are committed.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "engine/input.hpp"
#include "model/command.hpp"
#include "model/state.hpp"

namespace ha::engine {

Result<std::vector<model::Command>> commands_of(const model::ClusterState& state,
                                                const SpecApply& request, std::string& done);
Result<std::vector<model::Command>> commands_of(const model::ClusterState& state,
                                                const SpecConfirm& request, std::string& done);
Result<std::vector<model::Command>> commands_of(const model::ClusterState& state,
                                                const SpecRevert& request, std::string& done);

}  // namespace ha::engine
