// The document of a history that was given up, kept for people: fork-TIME.json (safety.md F7).
#pragma once

#include <string>

#include "base/result.hpp"
#include "runtime/node.hpp"

namespace ha {

/// Writes it into `directory`, under the present time; gives the path.
Result<std::string> write_fork(const std::string& directory, NodeId self,
                               const engine::ForkSaved& fork);

}  // namespace ha
