// Arguments: the command line of hactl, and the table of its commands.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace hactl {

struct Arguments {
    std::vector<std::string> words;  ///< after the command's own words
    std::string socket = "/run/ha/had.sock";
    /// Of simulate, in their order: what, and of whom or what ("move", "web:b").
    std::vector<std::pair<std::string, std::string>> supposed;
    std::string deadline;            ///< of a move: it goes back unless it is done by then
    std::string duration;            ///< of what has an end: "10min"
    std::string confirm;             ///< what would be typed otherwise
    std::string confirm_within;      ///< of config apply; empty: for good
    bool may_stop_groups = false;
    bool is_all = false;             ///< of cluster ...: every node
    bool may_lose_quorum = false;
    std::string until, group;        ///< of replay
    std::uint64_t since = 0;
    std::chrono::milliseconds timeout{120'000};
    bool is_json = false;
    bool is_watching = false;
    bool is_following = false;
    bool is_waiting = true;
    bool is_quiet = false;
    bool is_dry_run = false;         ///< only what it would do
    bool is_reset = false;
    bool is_off = false;
    bool is_banning = false;         ///< of group move
    bool is_alone = false;           ///< of cluster recover
    bool is_telling_events = false;
};

class Context;

struct Command {
    const char* words;       ///< "group start"
    const char* arguments;   ///< "GROUP [NODE]", for people
    std::size_t words_min;   ///< of the arguments
    std::size_t words_max;
    const char* options;     ///< those that only some commands know: "--timeout --no-wait"
    const char* help;
    int (*run)(Context&);
    std::chrono::milliseconds timeout{120'000};  ///< unless --timeout says otherwise
};
std::span<const Command> all_commands();

struct Parsed {
    const Command* command = nullptr;
    Arguments arguments;
    std::string mistake;     ///< for people; empty: none
    bool is_default = false; ///< no command was given
    bool wants_help = false;
    bool wants_version = false;
};
Parsed parse_arguments(const std::vector<std::string>& words);

std::string help_text();
std::string help_text(const Command& command);

}  // namespace hactl
