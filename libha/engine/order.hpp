// Orders of an operator to the service of nodes, as commands. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "engine/input.hpp"
#include "model/command.hpp"
#include "model/state.hpp"

namespace ha::engine {

Result<std::vector<model::Command>> commands_of(const model::ClusterState& state,
                                                const ServiceOrder& request, std::string& done);

Result<std::vector<model::Command>> commands_of(const model::ClusterState& state,
                                                const ClusterSuspend& request, std::string& done);
/// Why a request has to wait until the cluster is resumed; empty: it has not.
std::string refusal_of_suspended(const model::ClusterState& state, const RequestBody& request);

}  // namespace ha::engine
