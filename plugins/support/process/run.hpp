// Run: a program from its start to its end, with text on its standard input, and what it says.
//
// It gets a session of its own, no shell, and nothing but the environment that is given. When its
// time is over, or the operation is cancelled, all of its session is killed; the call returns when
// that is done, however long it takes, so that who returns has left nothing behind. Should this
// process be stopped or killed meanwhile, the kernel ends the program.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "ha/plugin/operation.hpp"
#include "support/process/session.hpp"

namespace ha::support {

struct RunRequest {
    std::vector<std::string> arguments;    ///< the first is the path of the program
    std::vector<std::string> environment;  ///< "NAME=value"; all of it
    std::string input;                     ///< not seen by anybody else, unlike arguments
    std::size_t output_bytes_max = 16 * 1024;  ///< of each; more is read and thrown away
};

struct RunResult {
    Ending ending;
    std::string output;
    std::string errors;
    bool is_cut = false;  ///< it wrote more than is kept
};

/// Longest time that a program is given beyond the operation's deadline when nobody can end it.
inline constexpr std::chrono::seconds k_life_beyond_deadline{4};

/// Throws when it could not be started, when its time was over, or when it was cancelled.
RunResult run_to_end(const RunRequest& request, const plugin::Operation& operation);

/// The last line that is not empty, of at most `bytes_max`: what a program says of its failure.
std::string last_line(const std::string& text, std::size_t bytes_max = 300);

}  // namespace ha::support
