// Log file of exec: where its commands and its process write, kept near a size.
//
// The process writes to the file itself, not through us: a daemon that restarts must not take its
// services' output away. So the size is kept by copying the file aside and emptying it, which
// appending writers do not notice, whenever exec has something to do anyway.
#pragma once

#include <cstdint>
#include <string>

#include "support/process/file.hpp"

namespace ha::exec {

/// For appending; nothing for an empty path. Throws when it cannot be opened.
support::Fd open_log(const std::string& path);

/// Above the size, the content goes to "<path>.1" and the file becomes empty.
void limit_log(const std::string& path, std::int64_t bytes_max);

}  // namespace ha::exec
