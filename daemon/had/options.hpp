// Options of had: the command line.
#pragma once

#include <chrono>
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
    std::string watchdog;
    unsigned watchdog_timeout_s = 10;
    unsigned watchdog_pretimeout_s = 0;
    std::string self_fence = "fencing";
    std::string guard = "auto";   ///< auto, off, or the path of ha-guard
    std::chrono::seconds leave_within{150};  ///< zero: no limit
    std::string record;            ///< a directory, or "off"; empty: the default
    std::uint32_t record_mib = 64;
    std::uint16_t hold_version = 0;      ///< 0: the newest that is known
    bool may_reboot = false;
    bool is_realtime = true;
    bool is_verbose = false;

    // had --witness
    bool is_witness = false;
    std::vector<std::string> listen;
    std::string key_directory = "/etc/ha/witness-keys";
    bool is_light = false;
    std::uint32_t rate_max = 2000;
    std::uint64_t kept_mib_max = 256;
};

/// The exit code when there is nothing to run: --help, --version, or a mistake that has been told.
struct Parsed {
    Options options;
    std::optional<int> exit_code;
};

Parsed parse_options(int argc, char** argv);

}  // namespace had
