// Identity: which process, beyond its number, so that a recycled number is never taken for ours.
//
// A number is used again after a while; number, start time and boot together are not. They stand in
// a record file, which a restarted daemon reads to find its processes again:
//
//     ha-process 1
//     boot 0b9f...
//     pid 4711
//     start 183422
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "support/process/file.hpp"

namespace ha::support {

struct ProcessIdentity {
    pid_t pid = 0;
    std::uint64_t start_ticks = 0;  ///< of /proc/PID/stat
    bool operator==(const ProcessIdentity&) const = default;
};

/// Fields of /proc/PID/stat.
struct ProcessStat {
    pid_t pid = 0;
    char state = '?';
    pid_t group = 0;
    pid_t session = 0;
    std::uint64_t start_ticks = 0;

    bool is_dead() const { return state == 'Z' || state == 'X' || state == 'x'; }
};

/// Nothing for text that is no stat line. The command in it may contain anything, also ')'.
std::optional<ProcessStat> parse_stat(std::string_view text);
/// Nothing when there is no such process.
std::optional<ProcessStat> read_stat(pid_t pid);

std::string read_boot_id();

/// The text of a record up to where the process itself adds its number and start time.
std::string record_head();
/// Nothing when the file is missing or of another boot; throws Error{corrupt} when it is damaged.
std::optional<ProcessIdentity> read_record(const std::string& path);

/// A pidfd, only when the process is the one meant; a dead one that is not reaped yet counts.
Fd open_process(const ProcessIdentity& identity);

}  // namespace ha::support
