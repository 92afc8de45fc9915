// Arguments: parsing, and the help that is made from the table of commands.
#include "arguments.hpp"

#include <algorithm>
#include <cstdlib>

#include "config/problem.hpp"
#include "ha/plugin/values.hpp"

namespace hactl {

namespace {

std::vector<std::string> split(const char* text) {
    std::vector<std::string> out;
    for (const auto part : ha::plugin::split_list(text, ' '))
        if (!part.empty()) out.emplace_back(part);
    return out;
}

constexpr const char* k_value_options =
    "--socket --timeout --since --kill --return --drain --move --start --stop --deadline --for "
    "--confirm --confirm-within --until --group";
constexpr const char* k_supposed_options = "--kill --return --drain --move --start --stop";
constexpr const char* k_common_options = "--socket --json --help --version";

bool is_in(const std::string& word, const char* list) {
    const auto all = split(list);
    return std::find(all.begin(), all.end(), word) != all.end();
}

std::string set_value(Arguments& a, const std::string& option, const std::string& value) {
    if (option == "--socket") a.socket = value;
    if (is_in(option, k_supposed_options)) a.supposed.emplace_back(option.substr(2), value);
    if (option == "--deadline" || option == "--for") {
        const auto time = ha::plugin::parse_duration(value);
        if (!time || time->count() <= 0)
            return option + " takes a time such as 30s or 2min, not '" + value + "'";
        (option == "--for" ? a.duration : a.deadline) = value;
    }
    if (option == "--confirm") a.confirm = value;
    if (option == "--confirm-within") {
        const auto time = ha::plugin::parse_duration(value);
        if (!time || time->count() < 1'000'000'000)
            return "--confirm-within takes a time of at least 1s, such as 60s, not '" + value + "'";
        a.confirm_within = value;
    }
    if (option == "--until") a.until = value;
    if (option == "--group") a.group = value;
    if (option == "--since") {
        const auto number = ha::plugin::parse_integer(value);
        if (!number || *number < 0)
            return "--since takes the number of an event, not '" + value + "'";
        a.since = static_cast<std::uint64_t>(*number);
    }
    if (option == "--timeout") {
        const auto time = ha::plugin::parse_duration(value);
        if (!time || time->count() < 1'000'000)
            return "--timeout takes a time such as 30s or 2min, not '" + value + "'";
        a.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(*time);
    }
    return {};
}

bool set_flag(Parsed& parsed, const std::string& option) {
    auto& a = parsed.arguments;
    if (option == "--json") return a.is_json = true;
    if (option == "--watch") return a.is_watching = true;
    if (option == "--follow") return a.is_following = true;
    if (option == "--alone") return a.is_alone = true;
    if (option == "--all") return a.is_all = true;
    if (option == "--lose-quorum") return a.may_lose_quorum = true;
    if (option == "--stop-groups") return a.may_stop_groups = true;
    if (option == "--events") return a.is_telling_events = true;
    if (option == "--quiet") return a.is_quiet = true;
    if (option == "--no-wait") return !(a.is_waiting = false);
    if (option == "--dry-run") return a.is_dry_run = true;
    if (option == "--reset") return a.is_reset = true;
    if (option == "--off") return a.is_off = true;
    if (option == "--ban") return a.is_banning = true;
    if (option == "--help" || option == "-h") return parsed.wants_help = true;
    if (option == "--version") return parsed.wants_version = true;
    return false;
}

std::vector<std::string> command_names() {
    std::vector<std::string> names;
    for (const auto& command : all_commands()) names.emplace_back(command.words);
    return names;
}

/// The command whose words stand first; the longest wins.
const Command* find_command(const std::vector<std::string>& words, std::size_t& used) {
    const Command* found = nullptr;
    used = 0;
    for (const auto& command : all_commands()) {
        const auto wanted = split(command.words);
        if (wanted.size() <= used || wanted.size() > words.size()) continue;
        if (!std::equal(wanted.begin(), wanted.end(), words.begin())) continue;
        found = &command;
        used = wanted.size();
    }
    return found;
}

std::string unknown_command(const std::vector<std::string>& words) {
    const auto known = command_names();
    std::vector<std::string> below;
    for (const auto& name : known)
        if (name.starts_with(words[0] + " ")) below.push_back(name);
    if (!below.empty() && words.size() == 1) {
        std::string list;
        for (const auto& name : below) list += (list.empty() ? "" : ", ") + name;
        return "'" + words[0] + "' needs a second word: " + list;
    }
    const auto said = words.size() > 1 ? words[0] + " " + words[1] : words[0];
    auto meant = ha::config::nearest(said, known);
    if (meant.empty()) meant = ha::config::nearest(words[0], known);
    return "there is no command '" + said + "'" +
           (meant.empty() ? "" : "; did you mean '" + meant + "'?");
}

std::string check_options(const Parsed& parsed, const std::vector<std::string>& options) {
    for (const auto& option : options)
        if (!is_in(option, k_common_options) && option != "-h" &&
            !is_in(option, parsed.command->options))
            return "'" + std::string(parsed.command->words) + "' does not take " + option;
    return {};
}

std::string check_words(const Parsed& parsed) {
    const auto& command = *parsed.command;
    const auto count = parsed.arguments.words.size();
    if (count >= command.words_min && count <= command.words_max) return {};
    return "usage: hactl " + std::string(command.words) +
           (*command.arguments != '\0' ? " " + std::string(command.arguments) : "");
}

}  // namespace

Parsed parse_arguments(const std::vector<std::string>& words) {
    Parsed parsed;
    if (const char* socket = std::getenv("HA_SOCKET"); socket != nullptr && *socket != '\0')
        parsed.arguments.socket = socket;
    std::vector<std::string> plain, options;
    for (std::size_t i = 0; i < words.size(); i++) {
        if (!words[i].starts_with("-") || words[i] == "-") {
            plain.push_back(words[i]);
            continue;
        }
        const auto equals = words[i].find('=');
        const auto option = words[i].substr(0, equals);
        options.push_back(option);
        if (is_in(option, k_value_options)) {
            if (equals == std::string::npos && i + 1 >= words.size())
                parsed.mistake = option + " needs a value";
            else
                parsed.mistake = set_value(parsed.arguments, option,
                                           equals != std::string::npos ? words[i].substr(equals + 1)
                                                                       : words[++i]);
        } else if (equals != std::string::npos || !set_flag(parsed, option)) {
            parsed.mistake = "there is no option " + words[i];
        }
        if (!parsed.mistake.empty()) return parsed;
    }
    parsed.is_default = plain.empty();
    if (plain.empty()) plain.emplace_back("status");  // what a newcomer types first
    if (plain[0] == "help") {
        parsed.wants_help = true;
        plain.erase(plain.begin());
    }
    std::size_t used = 0;
    parsed.command = find_command(plain, used);
    if (parsed.wants_help) return parsed;
    if (parsed.command == nullptr) {
        parsed.mistake = unknown_command(plain);
        return parsed;
    }
    if (std::find(options.begin(), options.end(), "--timeout") == options.end())
        parsed.arguments.timeout = parsed.command->timeout;
    parsed.arguments.words.assign(plain.begin() + static_cast<std::ptrdiff_t>(used), plain.end());
    parsed.mistake = check_options(parsed, options);
    if (parsed.mistake.empty()) parsed.mistake = check_words(parsed);
    return parsed;
}

std::string help_text() {
    std::string out = "hactl asks the cluster through the daemon on this node.\n\n"
                      "usage: hactl [--socket PATH] [--json] COMMAND ...\n\n";
    std::size_t width = 0;
    const auto line_of = [](const Command& command) {
        return std::string(command.words) + (*command.arguments != '\0' ? " " : "") +
               command.arguments;
    };
    for (const auto& command : all_commands()) width = std::max(width, line_of(command).size());
    for (const auto& command : all_commands()) {
        const auto line = line_of(command);
        out += "  " + line + std::string(width + 2 - line.size(), ' ') + command.help + "\n";
    }
    return out +
           "\n  --socket PATH  of the daemon; default /run/ha/had.sock, or HA_SOCKET\n"
           "  --json         for programs\n"
           "\n'hactl help COMMAND' says more.\n"
           "exit codes: 0 done; 1 refused; 2 wrong command line; 3 no daemon answers;\n"
           "4 not done in time; 5 tried and failed\n";
}

std::string help_text(const Command& command) {
    std::string out = "usage: hactl " + std::string(command.words);
    if (*command.arguments != '\0') out += " " + std::string(command.arguments);
    if (*command.options != '\0') {
        for (const auto& option : split(command.options))
            out += " [" + option + (is_in(option, k_value_options) ? " VALUE]" : "]");
    }
    return out + "\n\n" + command.help + "\n";
}

}  // namespace hactl
