// What an earlier process of this boot left running, as it was described when it was started.
#pragma once

#include <map>

#include "engine/input.hpp"
#include "model/state.hpp"

namespace ha::engine {

/// The configuration may have changed since: what runs has to be ended as what it is. Resources of
/// a group are never changed while somebody owns it, so the description as of the epoch that is
/// held is the right one; it is in our own store, because we acted on it. `state`: as recovered.
std::map<GroupId, model::GroupSpec> held_specs(const Start& start, model::ClusterState state);

}  // namespace ha::engine
