// Type of exec: its parameters, as the configuration check and the documentation know them.
#pragma once

#include <chrono>

#include "ha/plugin.hpp"

namespace ha::exec {

using plugin::Parameter;
using plugin::ParameterType;

inline constexpr std::int64_t k_second_ns = 1'000'000'000;

inline constexpr Parameter k_parameters[] = {
    {.name = "start",
     .required = true,
     .minimum = 1,
     .maximum = 4096,
     .help = "Command that starts the service: the path of an executable file, which is run "
             "directly, or a line for the shell."},
    {.name = "stop",
     .maximum = 4096,
     .help = "Command that stops the service, as for start. Without it an async process gets "
             "stop_signal."},
    {.name = "probe",
     .maximum = 4096,
     .help = "Command whose exit code says whether the service runs. Changes nothing."},
    {.name = "mode",
     .default_value = "sync",
     .choices = "sync|async",
     .help = "sync: start ends, and its exit code is the result. async: start keeps running, and "
             "is the service; a pidw monitor can watch it."},
    {.name = "normal_exit_codes",
     .type = ParameterType::list,
     .default_value = "0",
     .maximum = 256,
     .item_type = ParameterType::string,
     .help = "Exit codes that mean success: numbers and ranges, such as 0 and 2-5. An empty list: "
             "exit codes are not judged."},
    {.name = "stop_signal",
     .default_value = "TERM",
     .choices = "TERM|INT|QUIT|HUP|USR1|USR2|WINCH",
     .help = "Signal that asks an async process to end."},
    {.name = "stop_grace",
     .type = ParameterType::duration,
     .default_value = "10s",
     .minimum = 0,
     .maximum = 9999 * k_second_ns,
     .help = "How long an async process may take to end after stop_signal before it is killed; "
             "less when the timeout of stop is near."},
    {.name = "settle",
     .type = ParameterType::duration,
     .default_value = "0s",
     .minimum = 0,
     .maximum = 9999 * k_second_ns,
     .help = "An async start succeeds only if the process still runs after this time."},
    {.name = "working_directory",
     .type = ParameterType::path,
     .help = "Default: the directory of the file when a path is run directly, else /."},
    {.name = "user",
     .maximum = 64,
     .help = "User to run as: name, name:group, or numbers. Default: the user of the daemon."},
    {.name = "environment",
     .type = ParameterType::list,
     .maximum = 256,
     .item_type = ParameterType::string,
     .help = "Further variables, NAME=value."},
    {.name = "confine",
     .type = ParameterType::boolean,
     .default_value = "true",
     .help = "Keep all that is started in a cgroup of its own, where the system allows it, so that "
             "stop and sever reach processes that left the session too."},
    {.name = "exclusive",
     .type = ParameterType::boolean,
     .default_value = "false",
     .help = "true: a sync service whose probe succeeds on a node that does not own the group was "
             "started there by hand, and is stopped there. Only for a probe that says so of this "
             "very service on this very machine."},
    {.name = "log_file",
     .type = ParameterType::path,
     .help = "File that standard output and error are appended to. Default: they are dropped."},
    {.name = "log_bytes_max",
     .type = ParameterType::integer,
     .default_value = "1000000",
     .minimum = 1,
     .maximum = 999'999'999,
     .help = "Above this size the log file is moved to .1, at the next operation."},
};

inline constexpr plugin::TypeInfo k_type{
    .name = "exec",
    .version = "1.0",
    .summary = "Runs a command, or a process that stays, with start, stop and probe.",
    .requirement = plugin::Requirement::quorum,
    .sever_bound = std::chrono::milliseconds(2),
    .parameters = k_parameters,
};

}  // namespace ha::exec
