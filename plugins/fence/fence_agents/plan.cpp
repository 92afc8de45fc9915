// Plan of fence_agents, pure: which program, what it is told, and what its exit code means.
#include "plan.hpp"

#include <algorithm>

namespace ha::fence_agents {
namespace {

constexpr const char* k_agent_directory = "/usr/sbin/";
constexpr std::size_t k_secret_bytes_min = 3;
constexpr std::size_t k_names_shown_max = 40;

bool is_name(const std::string& text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-';
    });
}

std::string agent_path(const plugin::Parameters& parameters) {
    const auto agent = parameters.string("agent");
    if (agent.find('/') == std::string::npos) {
        if (!is_name(agent))
            throw parameters.wrong("agent", "must be the name of a program in /usr/sbin, such as "
                                            "fence_ipmilan, or its path");
        return k_agent_directory + agent;
    }
    if (agent.front() != '/') throw parameters.wrong("agent", "must be a name or an absolute path");
    return agent;
}

std::vector<Option> read_options(const plugin::Parameters& parameters, const char* name,
                                 bool is_secret) {
    std::vector<Option> out;
    if (!parameters.has(name)) return out;
    for (const auto& item : parameters.list(name)) {
        const auto equals = item.find('=');
        const auto option = item.substr(0, equals);
        if (equals == std::string::npos || !is_name(option))
            throw plugin::Error(plugin::ErrorCode::invalid,
                                std::string("parameter '") + name + "': item " +
                                    (is_secret ? "" : "'" + item + "' ") +
                                    "must be NAME=VALUE");
        if (option == "action" || option == "nodename")
            throw parameters.wrong(name, "'" + option + "' is given by the cluster; leave it out");
        out.emplace_back(option, item.substr(equals + 1));
    }
    return out;
}

/// The same name with '-' and '_', as agents read both.
std::string canonical(std::string name) {
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
}

std::string list_of(const Metadata& metadata) {
    std::string out;
    std::size_t shown = 0;
    for (const auto& [name, option] : metadata.options) {
        if (shown++ == k_names_shown_max) return out + ", ...";
        out += (out.empty() ? "" : ", ") + name;
    }
    return out;
}

bool is_secret_name(const std::string& name) {
    return name == "password" || name == "passwd" || name.ends_with("_password") ||
           name == "snmp_priv_passwd" || name == "secret_key" || name == "token";
}

}  // namespace

Settings read_settings(const plugin::Parameters& parameters) {
    Settings out;
    out.agent = agent_path(parameters);
    out.options = read_options(parameters, "options", false);
    out.secret_options = read_options(parameters, "secret_options", true);
    for (const auto& [name, value] : out.options)
        if (is_secret_name(canonical(name)))
            throw plugin::Error(plugin::ErrorCode::invalid,
                                "parameter 'options' holds '" + name +
                                    "', which everybody who sees the configuration would see; use "
                                    "'password_file', the agent's 'password_script', or "
                                    "'secret_options'");
    if (parameters.has("password_file")) out.password_file = parameters.path("password_file");
    return out;
}

std::string make_input(const std::string& action, const Settings& settings,
                       const std::string& password) {
    std::string out = "action=" + action + "\n";
    for (const auto* options : {&settings.options, &settings.secret_options})
        for (const auto& [name, value] : *options) out += name + "=" + value + "\n";
    if (!password.empty()) out += "password=" + password + "\n";
    return out;
}

std::string find_fault(const Settings& settings, const Metadata& metadata) {
    std::set<std::string> given;
    for (const auto* options : {&settings.options, &settings.secret_options})
        for (const auto& [name, value] : *options) given.insert(canonical(name));
    if (!settings.password_file.empty()) given.insert("password");
    std::set<std::string> known;
    for (const auto& [name, option] : metadata.options) known.insert(canonical(name));
    for (const auto& name : given)
        if (!known.contains(name))
            return metadata.agent + " has no option '" + name + "'; it knows " +
                   list_of(metadata);
    for (const auto& [name, option] : metadata.options)
        if (option.is_required && name != "action" && !given.contains(canonical(name)) &&
            !given.contains(canonical(option.obsoletes)))
            return metadata.agent + " needs the option '" + name + "'";
    for (const char* action : {"off", "status"})
        if (!metadata.actions.contains(action))
            return metadata.agent + " has no action '" + action +
                   "', without which nothing can be verified; choose another agent";
    return {};
}

plugin::Power power_of(int exit_code) {
    if (exit_code == 0) return plugin::Power::on;
    if (exit_code == 2) return plugin::Power::off;
    return plugin::Power::unknown;
}

std::string without_secrets(std::string text, const std::vector<std::string>& secrets) {
    for (const auto& secret : secrets) {
        if (secret.size() < k_secret_bytes_min) continue;
        for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at + 3))
            text.replace(at, secret.size(), "***");
    }
    return text;
}

}  // namespace ha::fence_agents
