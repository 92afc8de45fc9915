// fence_agents: a program that speaks the protocol of Debian's package fence-agents.
#include "fence_agents.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "metadata.hpp"

namespace ha::fence_agents {
namespace {

using plugin::Error;
using plugin::ErrorCode;
using plugin::Operation;
using plugin::Power;

constexpr std::size_t k_text_bytes_max = 16 * 1024;
constexpr std::size_t k_metadata_bytes_max = 256 * 1024;

void require_program(const std::string& path) {
    struct stat status{};
    if (stat(path.c_str(), &status) != 0)
        throw Error(ErrorCode::not_found,
                    "there is no " + path + " on this node; install the agent (Debian: package "
                                            "fence-agents)");
    if (!S_ISREG(status.st_mode) || access(path.c_str(), X_OK) != 0)
        throw Error(ErrorCode::invalid, path + " is no program that can be run");
}

}  // namespace

FenceAgents::FenceAgents(const plugin::Context& context)
    : settings_(read_settings(context.parameters())) {}

std::string FenceAgents::read_password() const {
    if (settings_.password_file.empty()) return {};
    struct stat status{};
    if (stat(settings_.password_file.c_str(), &status) == 0 && (status.st_mode & 077) != 0)
        throw Error(ErrorCode::refused, settings_.password_file +
                                            " can be read by others; chmod it to 0600");
    const auto text = support::read_file(settings_.password_file);
    if (!text)
        throw Error(ErrorCode::not_found, "there is no " + settings_.password_file +
                                              " on this node; it holds the password");
    auto line = text->substr(0, text->find('\n'));
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty())
        throw Error(ErrorCode::invalid, "the first line of " + settings_.password_file +
                                            " is empty; it must be the password");
    return line;
}

support::RunResult FenceAgents::run(const char* action, const Operation& operation,
                                    std::size_t output_bytes_max) {
    require_program(settings_.agent);
    const bool is_about_itself = std::string_view(action) == "metadata";
    const auto password = is_about_itself ? std::string() : read_password();
    secrets_ = {password};
    for (const auto& [name, value] : settings_.secret_options) secrets_.push_back(value);
    support::RunRequest request;
    request.arguments = {settings_.agent};
    request.environment = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                           "LANG=C.UTF-8", "HOME=/"};
    request.input = make_input(action, is_about_itself ? Settings{} : settings_, password);
    request.output_bytes_max = output_bytes_max;
    try {
        return support::run_to_end(request, operation);
    } catch (const Error& error) {
        throw Error(error.code(), without_secrets(error.what(), secrets_));
    }
}

std::string FenceAgents::said(const support::RunResult& result) const {
    auto line = support::last_line(result.errors);
    if (line.empty()) line = support::last_line(result.output);
    return without_secrets(settings_.agent + " " + support::to_string(result.ending) +
                               (line.empty() ? "" : ": " + line),
                           secrets_);
}

void FenceAgents::switch_to(const char* action, const Operation& operation) {
    const auto result = run(action, operation, k_text_bytes_max);
    if (result.ending.is_known && !result.ending.is_signal && result.ending.number == 0) return;
    throw Error(ErrorCode::io, std::string(action) + ": " + said(result));
}

void FenceAgents::off(const Operation& operation) { switch_to("off", operation); }
void FenceAgents::on(const Operation& operation) { switch_to("on", operation); }

Power FenceAgents::status(const Operation& operation) {
    const auto result = run("status", operation, k_text_bytes_max);
    const auto power = result.ending.is_known && !result.ending.is_signal
                           ? power_of(result.ending.number)
                           : Power::unknown;
    if (power == Power::unknown) operation.explain("status: " + said(result));
    return power;
}

void FenceAgents::validate(const Operation& operation) {
    const auto result = run("metadata", operation, k_metadata_bytes_max);
    if (!result.ending.is_known || result.ending.is_signal || result.ending.number != 0)
        throw Error(ErrorCode::invalid, "it does not tell its metadata: " + said(result));
    if (result.is_cut)
        throw Error(ErrorCode::limit, settings_.agent + " tells more than " +
                                          std::to_string(k_metadata_bytes_max) +
                                          " bytes of metadata");
    try {
        if (const auto fault = find_fault(settings_, parse_metadata(result.output));
            !fault.empty())
            throw Error(ErrorCode::invalid, fault);
    } catch (const Error& error) {
        throw Error(error.code(), settings_.agent + ": " + error.what());
    }
    read_password();
}

}  // namespace ha::fence_agents
