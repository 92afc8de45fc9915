// Plan of exec, pure: what to run, with which environment, and what its exit code means.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "ha/plugin.hpp"

namespace ha::exec {

enum class Mode {
    sync,   ///< the start command's success is the resource's
    async,  ///< the process that it leaves running is the resource
};

/// Ranges of exit codes that mean success; none: all of them do.
class ExitCodes {
   public:
    /// Items "0" or "2-5". Throws std::invalid_argument with what would be right.
    static ExitCodes parse(const std::vector<std::string>& items);
    bool contains(int code) const;

   private:
    std::vector<std::pair<int, int>> ranges_;
};

/// All parameters, parsed.
struct Settings {
    std::string start;
    std::string stop;   ///< empty: none
    std::string probe;  ///< empty: none
    Mode mode = Mode::sync;
    ExitCodes normal_exit_codes;
    int stop_signal = 0;
    std::chrono::nanoseconds stop_grace{0};
    std::chrono::nanoseconds settle{0};
    std::string working_directory;  ///< empty: that of the program, or "/"
    std::string user;               ///< empty: that of the host
    std::vector<std::string> environment;
    bool is_confined = true;
    bool is_exclusive = false;
    std::string log_file;  ///< empty: none
    std::int64_t log_bytes_max = 0;
};

/// Throws Error{invalid} for what the description of the parameters cannot say.
Settings read_settings(const plugin::Parameters& parameters);

/// A path to an executable file is run directly; anything else by the shell.
std::vector<std::string> to_arguments(const std::string& command);
/// The program's own directory when a path is run directly, else "/".
std::string default_directory(const std::string& command);

struct Names {
    std::string node;
    std::string group;
    std::string resource;
};

/// The whole environment of a command: HA_* and, for existing scripts, CLP_*. `timeout` is the time
/// that it has. Items of the settings come last and win.
std::vector<std::string> make_environment(const Settings& settings, const Names& names,
                                          const ha_operation_t& operation,
                                          std::chrono::nanoseconds timeout);

/// "incarnation:term:node".
std::string to_string(const ha_epoch_t& epoch);

}  // namespace ha::exec
