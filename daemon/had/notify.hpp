// Notify: what systemd is told, by one datagram each; nothing when it did not ask.
#pragma once

#include <chrono>
#include <string>

namespace had {

/// "READY=1", "STATUS=...", "STOPPING=1", "WATCHDOG=1"; several with newlines between them.
void notify(const std::string& state);
/// How often WATCHDOG=1 is due; zero: never.
std::chrono::microseconds watchdog_interval();

}  // namespace had
