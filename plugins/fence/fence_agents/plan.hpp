// Plan of fence_agents, pure: which program, what it is told, and what its exit code means.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ha/plugin.hpp"
#include "metadata.hpp"

namespace ha::fence_agents {

using Option = std::pair<std::string, std::string>;

struct Settings {
    std::string agent;                  ///< path
    std::vector<Option> options;
    std::vector<Option> secret_options;
    std::string password_file;          ///< empty: none
};

/// Throws Error{invalid}.
Settings read_settings(const plugin::Parameters& parameters);

/// What the agent reads: one NAME=VALUE a line, the action first.
std::string make_input(const std::string& action, const Settings& settings,
                       const std::string& password);

/// What is wrong with the settings, by what the agent says about itself; empty: nothing.
std::string find_fault(const Settings& settings, const Metadata& metadata);

/// Exit codes of the status action.
plugin::Power power_of(int exit_code);

/// The text without whatever of the secrets is in it. Those of less than three letters stay: who
/// has such a secret has none.
std::string without_secrets(std::string text, const std::vector<std::string>& secrets);

}  // namespace ha::fence_agents
