// Flaws of a spec or a state: the structure that the rest of the core relies on. config/ finds the
// same flaws with file and line; this check keeps a foreign or damaged command from breaking an
// invariant.
#pragma once

#include <optional>
#include <string>

#include "model/state.hpp"

namespace ha::model {

/// What is wrong, where, and what would be right; none when the structure holds.
std::optional<std::string> flaw_of(const ClusterSpec& spec);

/// Of a state from outside: records and spec belong together, and whoever is named as owner exists.
/// The spec itself is not judged again: a stricter check of a later version must not make an old
/// snapshot unreadable.
std::optional<std::string> flaw_of(const ClusterState& state);

}  // namespace ha::model
