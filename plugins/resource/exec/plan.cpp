// Plan of exec, pure: what to run, with which environment, and what its exit code means.
#include "plan.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>

namespace ha::exec {
namespace {

struct NamedSignal {
    std::string_view name;
    int number;
};
constexpr NamedSignal k_signals[] = {{"TERM", SIGTERM}, {"INT", SIGINT},   {"QUIT", SIGQUIT},
                                     {"HUP", SIGHUP},   {"USR1", SIGUSR1}, {"USR2", SIGUSR2},
                                     {"WINCH", SIGWINCH}};

const char* event_name(std::uint32_t event) {
    switch (event) {
        case HA_EVENT_START: return "START";
        case HA_EVENT_FAILOVER: return "FAILOVER";
        case HA_EVENT_RECOVER: return "RECOVER";
        default: return "";
    }
}

const char* factor_name(std::uint32_t factor) {
    switch (factor) {
        case HA_FACTOR_CLUSTER_SHUTDOWN: return "CLUSTERSHUTDOWN";
        case HA_FACTOR_NODE_SHUTDOWN: return "SERVERSHUTDOWN";
        case HA_FACTOR_GROUP_STOP: return "GROUPSTOP";
        case HA_FACTOR_GROUP_MOVE: return "GROUPMOVE";
        case HA_FACTOR_GROUP_FAILOVER: return "GROUPFAILOVER";
        case HA_FACTOR_GROUP_RESTART: return "GROUPRESTART";
        case HA_FACTOR_RESOURCE_RESTART: return "RESOURCERESTART";
        case HA_FACTOR_LEASE_LOST: return "LEASELOST";
        default: return "";
    }
}

const char* last_action_name(std::uint32_t action) {
    switch (action) {
        case HA_LAST_ACTION_REBOOT: return "REBOOT";
        case HA_LAST_ACTION_HALT: return "HALT";
        default: return "NONE";
    }
}

const char* operation_name(std::uint32_t kind) {
    switch (kind) {
        case HA_OPERATION_START: return "start";
        case HA_OPERATION_STOP: return "stop";
        default: return "probe";
    }
}

int parse_exit_code(std::string_view text, const std::string& item) {
    const auto code = plugin::parse_integer(text);
    if (!code || *code < 0 || *code > 255)
        throw std::invalid_argument("item '" + item +
                                    "' must be an exit code 0 to 255, or a range such as 2-5");
    return static_cast<int>(*code);
}

bool is_executable_file(const std::string& path) {
    struct stat status{};
    return !path.empty() && path.front() == '/' && stat(path.c_str(), &status) == 0 &&
           S_ISREG(status.st_mode) && access(path.c_str(), X_OK) == 0;
}

void check_environment(const plugin::Parameters& parameters,
                       const std::vector<std::string>& items) {
    for (const auto& item : items) {
        const auto equals = item.find('=');
        if (equals == 0 || equals == std::string::npos)
            throw parameters.wrong("environment", "item '" + item + "' must be NAME=value");
    }
}

}  // namespace

ExitCodes ExitCodes::parse(const std::vector<std::string>& items) {
    ExitCodes out;
    for (const auto& item : items) {
        const auto dash = item.find('-');
        const int first = parse_exit_code(std::string_view(item).substr(0, dash), item);
        const int last = dash == std::string::npos
                             ? first
                             : parse_exit_code(std::string_view(item).substr(dash + 1), item);
        if (last < first)
            throw std::invalid_argument("item '" + item + "' must not end below its beginning");
        out.ranges_.emplace_back(first, last);
    }
    return out;
}

bool ExitCodes::contains(int code) const {
    return ranges_.empty() || std::any_of(ranges_.begin(), ranges_.end(), [&](const auto& range) {
        return range.first <= code && code <= range.second;
    });
}

Settings read_settings(const plugin::Parameters& parameters) {
    Settings out;
    const auto optional = [&](const char* name) {
        return parameters.has(name) ? parameters.string(name) : std::string();
    };
    out.start = parameters.string("start");
    out.stop = optional("stop");
    out.probe = optional("probe");
    out.mode = parameters.string("mode") == "async" ? Mode::async : Mode::sync;
    try {
        out.normal_exit_codes = ExitCodes::parse(parameters.list("normal_exit_codes"));
    } catch (const std::invalid_argument& error) {
        throw parameters.wrong("normal_exit_codes", error.what());
    }
    const std::string signal_name = parameters.string("stop_signal");
    for (const auto& known : k_signals)
        if (known.name == signal_name) out.stop_signal = known.number;
    out.stop_grace = parameters.duration("stop_grace");
    out.settle = parameters.duration("settle");
    if (parameters.has("working_directory"))
        out.working_directory = parameters.path("working_directory");
    out.user = optional("user");
    if (parameters.has("environment")) out.environment = parameters.list("environment");
    check_environment(parameters, out.environment);
    out.is_confined = parameters.boolean("confine");
    out.is_exclusive = parameters.boolean("exclusive");
    if (parameters.has("log_file")) out.log_file = parameters.path("log_file");
    out.log_bytes_max = parameters.integer("log_bytes_max");
    return out;
}

std::vector<std::string> to_arguments(const std::string& command) {
    if (is_executable_file(command)) return {command};
    return {"/bin/sh", "-c", command};
}

std::string default_directory(const std::string& command) {
    if (!is_executable_file(command)) return "/";
    const auto slash = command.rfind('/');
    return slash == 0 ? "/" : command.substr(0, slash);
}

std::string to_string(const ha_epoch_t& epoch) {
    return std::to_string(epoch.incarnation) + ":" + std::to_string(epoch.term) + ":" +
           std::to_string(epoch.node);
}

std::vector<std::string> make_environment(const Settings& settings, const Names& names,
                                          const ha_operation_t& operation,
                                          std::chrono::nanoseconds timeout) {
    utsname system{};
    uname(&system);
    const std::string event = event_name(operation.event);
    const std::string factor = factor_name(operation.factor);
    const std::string last_action = last_action_name(operation.last_action);
    const std::string priority = std::to_string(operation.priority);
    const bool is_home = (operation.flags & HA_OPERATION_AT_HOME) != 0;
    std::vector<std::string> out = {
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG=C.UTF-8",
        "HA_NODE=" + names.node,
        "HA_GROUP=" + names.group,
        "HA_RESOURCE=" + names.resource,
        std::string("HA_OPERATION=") + operation_name(operation.kind),
        "HA_ATTEMPT=" + std::to_string(operation.attempt),
        "HA_EPOCH=" + to_string(operation.epoch),
        "HA_EVENT=" + event,
        "HA_FACTOR=" + factor,
        "HA_LAST_ACTION=" + last_action,
        "HA_PRIORITY=" + priority,
        std::string("HA_HOME=") + (is_home ? "1" : "0"),
        "HA_TIMEOUT_MS=" + std::to_string(timeout.count() / 1'000'000),
        "CLP_EVENT=" + event,
        "CLP_FACTOR=" + factor,
        "CLP_LASTACTION=" + last_action,
        std::string("CLP_SERVER=") + (is_home ? "HOME" : "OTHER"),
        "CLP_DISK=SUCCESS",
        "CLP_PRIORITY=" + priority,
        "CLP_GROUPNAME=" + names.group,
        "CLP_RESOURCENAME=" + names.resource,
        std::string("CLP_OSNAME=") + system.sysname,
        std::string("CLP_OSVER=") + system.release,
    };
    out.insert(out.end(), settings.environment.begin(), settings.environment.end());
    return out;
}

}  // namespace ha::exec
