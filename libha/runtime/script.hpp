// Script: a program of the administrator, bounded in time, with everything it starts.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace ha::runtime {

/// Runs `path` in a process group of its own, with these variables and a PATH, /dev/null as input
/// and our own output, and a clean signal mask. Waits for it; at the deadline, and when it has
/// ended, the whole group is killed. Gives its exit code. For a worker: it blocks.
Result<int> run_script(const std::string& path, const std::vector<std::string>& environment,
                       Instant deadline);

}  // namespace ha::runtime
