// Trial: loads a plugin in a process that is thrown away, so that one which crashes or hangs while
// it loads is refused and this process goes on.
#pragma once

#include <string>

#include "base/result.hpp"
#include "base/time.hpp"

namespace ha::plugin {

/// Success: loading, init, descriptors and deinit went well there.
Result<void> try_load(const std::string& path, Duration timeout);

}  // namespace ha::plugin
