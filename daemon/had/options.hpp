// Options of had: the command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace had {

struct Options {
    std::string config = "/etc/ha/cluster.json";
    std::string node;
    std::string state_directory;
    std::string run_directory;
    std::string key_file = "/etc/ha/key";
    std::vector<std::string> plugin_directories;
    std::string socket = "/run/ha/had.sock";
    std::string boot_id;
    std::string record;            ///< a directory, or "off"; empty: the default
    std::uint32_t record_mib = 64;
    bool may_reboot = false;
    bool is_realtime = true;
    bool is_verbose = false;
};

/// The exit code when there is nothing to run: --help, --version, or a mistake that has been told.
struct Parsed {
    Options options;
    std::optional<int> exit_code;
};

Parsed parse_options(int argc, char** argv);

}  // namespace had
