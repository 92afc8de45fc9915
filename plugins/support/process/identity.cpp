// Identity: which process, beyond its number.
#include "support/process/identity.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <vector>

#include "ha/plugin/failure.hpp"
#include "ha/plugin/values.hpp"

namespace ha::support {

using plugin::Error;
using plugin::ErrorCode;
using plugin::parse_integer;
using plugin::split_list;

std::optional<ProcessStat> parse_stat(std::string_view text) {
    const auto number = [](std::string_view word) { return parse_integer(word).value_or(-1); };
    const auto open = text.find('(');
    const auto close = text.rfind(')');
    if (open == std::string_view::npos || close == std::string_view::npos || open < 2 ||
        close + 2 >= text.size())
        return {};
    ProcessStat stat;
    stat.pid = static_cast<pid_t>(number(text.substr(0, open - 1)));
    const auto words = split_list(text.substr(close + 2), ' ');
    constexpr std::size_t k_state = 0, k_group = 2, k_session = 3, k_start = 19;
    if (words.size() <= k_start || words[k_state].size() != 1) return {};
    stat.state = words[k_state][0];
    stat.group = static_cast<pid_t>(number(words[k_group]));
    stat.session = static_cast<pid_t>(number(words[k_session]));
    const auto start = number(words[k_start]);
    if (stat.pid <= 0 || stat.group < 0 || stat.session < 0 || start < 0) return {};
    stat.start_ticks = static_cast<std::uint64_t>(start);
    return stat;
}

std::optional<ProcessStat> read_stat(pid_t pid) {
    std::optional<std::string> text;
    try {
        text = read_file("/proc/" + std::to_string(pid) + "/stat");
    } catch (const Error&) {
        return {};  // it ended while we were reading: ESRCH
    }
    return text ? parse_stat(*text) : std::nullopt;
}

std::string read_boot_id() {
    auto text = read_file("/proc/sys/kernel/random/boot_id");
    if (!text || text->empty()) throw Error(ErrorCode::io, "/proc has no boot_id; is it mounted?");
    text->pop_back();
    return *text;
}

std::string record_head() { return "ha-process 1\nboot " + read_boot_id() + "\n"; }

std::optional<ProcessIdentity> read_record(const std::string& path) {
    const auto text = read_file(path);
    if (!text) return {};
    const auto lines = split_list(*text);
    const auto value = [&](std::size_t i, std::string_view key) -> std::string_view {
        if (i >= lines.size() || !lines[i].starts_with(key))
            throw Error(ErrorCode::corrupt, "record " + path + " is damaged at line " +
                                                std::to_string(i + 1) + ": expected '" +
                                                std::string(key) + "'");
        return lines[i].substr(key.size());
    };
    value(0, "ha-process 1");
    if (value(1, "boot ") != read_boot_id()) return {};
    const auto pid = parse_integer(value(2, "pid "));
    const auto start = parse_integer(value(3, "start "));
    if (!pid || *pid <= 1 || *pid > INT32_MAX || !start || *start < 0)
        throw Error(ErrorCode::corrupt, "record " + path + " holds no process number");
    return ProcessIdentity{static_cast<pid_t>(*pid), static_cast<std::uint64_t>(*start)};
}

Fd open_process(const ProcessIdentity& identity) {
    if (identity.pid <= 1) return {};
    Fd process(static_cast<int>(syscall(SYS_pidfd_open, identity.pid, 0U)));
    if (!process) return {};
    // Looked at after the open: if it is the one meant now, the descriptor is of that one.
    const auto stat = read_stat(identity.pid);
    if (!stat || stat->start_ticks != identity.start_ticks) return {};
    return process;
}

}  // namespace ha::support
