// Log: lines on standard error. Under systemd each begins with the priority that journald reads.
#pragma once

#include <string>

#include "ha/notice.hpp"

namespace had {

enum class Level { debug = 7, info = 6, notice = 5, warning = 4, error = 3, alert = 1 };

/// Once, before any thread is there.
void init_log(bool is_verbose);
void log(Level level, const std::string& text);
void log(const ha::Notice& notice);

}  // namespace had
