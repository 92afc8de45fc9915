// fence_exec: programs of the user's that cut a node off.
#include "fence_exec.hpp"

#include <sys/stat.h>
#include <unistd.h>

namespace ha::fence_exec {
namespace {

using plugin::Error;
using plugin::ErrorCode;
using plugin::Operation;
using plugin::Power;
using support::RunResult;

std::vector<std::string> read(const plugin::Parameters& parameters, const char* name) {
    if (!parameters.has(name)) return {};
    auto out = parameters.list(name);
    if (out.empty() || out.front().empty() || out.front().front() != '/')
        throw parameters.wrong(name, "must begin with the absolute path of a program");
    return out;
}

bool is_exit(const RunResult& result, int code) {
    return result.ending.is_known && !result.ending.is_signal && result.ending.number == code;
}

std::string said(const std::string& program, const RunResult& result) {
    auto line = support::last_line(result.errors);
    if (line.empty()) line = support::last_line(result.output);
    return program + " " + support::to_string(result.ending) + (line.empty() ? "" : ": " + line);
}

}  // namespace

FenceExec::FenceExec(const plugin::Context& context)
    : off_(read(context.parameters(), "off")),
      status_(read(context.parameters(), "status")),
      on_(read(context.parameters(), "on")),
      target_(context.target()),
      node_(context.node()),
      device_(context.name()) {}

RunResult FenceExec::run(const char* what, const Arguments& arguments,
                         const Operation& operation) const {
    support::RunRequest request;
    request.arguments = arguments;
    request.environment = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                           "LANG=C.UTF-8",
                           "HOME=/",
                           "HA_NODE=" + node_,
                           "HA_TARGET=" + target_,
                           "HA_DEVICE=" + device_,
                           std::string("HA_OPERATION=") + what,
                           "HA_ATTEMPT=" + std::to_string(operation.abi().attempt)};
    return support::run_to_end(request, operation);
}

void FenceExec::switch_to(const char* what, const Arguments& arguments,
                          const Operation& operation) const {
    const auto result = run(what, arguments, operation);
    if (!is_exit(result, 0))
        throw Error(ErrorCode::io, std::string(what) + ": " + said(arguments.front(), result));
}

void FenceExec::off(const Operation& operation) { switch_to("off", off_, operation); }

void FenceExec::on(const Operation& operation) {
    if (on_.empty())
        throw Error(ErrorCode::unsupported, "parameter 'on' names no program that could do it");
    switch_to("on", on_, operation);
}

Power FenceExec::status(const Operation& operation) {
    const auto result = run("status", status_, operation);
    if (is_exit(result, 0)) return Power::on;
    if (is_exit(result, 2)) return Power::off;
    operation.explain("status: " + said(status_.front(), result));
    return Power::unknown;
}

void FenceExec::validate(const Operation&) {
    for (const auto* arguments : {&off_, &status_, &on_}) {
        if (arguments->empty()) continue;
        struct stat found{};
        const auto& path = arguments->front();
        if (stat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode) ||
            access(path.c_str(), X_OK) != 0)
            throw Error(ErrorCode::not_found,
                        path + " is no program that can be run on this node");
    }
}

}  // namespace ha::fence_exec
