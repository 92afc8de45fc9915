// The part of apply() that takes a new configuration into the state.
#pragma once

#include <string>

#include "model/apply.hpp"

namespace ha::model {

/// Why the configuration does not apply to this state; empty when it does.
std::string refusal_of(const ClusterState& state, const SetSpec& command);

/// Takes it in; refusal_of() must have been empty.
void take_spec(ClusterState& state, const Position& position, const SetSpec& command);

}  // namespace ha::model
