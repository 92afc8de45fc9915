// The table of commands, the small ones among them, and the way from words to an exit code.
#include "context.hpp"

namespace hactl {

namespace {

int maintenance_command(Context& c) {
    const auto& word = c.arguments.words[1];
    if (word != "on" && word != "off") {
        c.err << "hactl: maintenance is 'on' or 'off', not '" << word << "'\n";
        return k_exit_usage;
    }
    return c.say(c.post("/v1/nodes/" + escape(c.arguments.words[0]) + "/maintenance",
                        {{"on", word == "on"}}));
}

int resource_restart_command(Context& c) {
    return c.say(c.post("/v1/resources/" + escape(c.arguments.words[0]) + "/restart"));
}
int monitor_pause_command(Context& c) {
    return c.say(c.post("/v1/monitors/" + escape(c.arguments.words[0]) + "/pause"));
}
int monitor_resume_command(Context& c) {
    return c.say(c.post("/v1/monitors/" + escape(c.arguments.words[0]) + "/resume"));
}
int cluster_init_command(Context& c) { return c.say(c.post("/v1/cluster/init")); }

/// Names for the shell's completion, one a line; silent when there is no daemon.
int names_command(Context& c) {
    const auto& kind = c.arguments.words[0];
    const auto status = c.get("/v1/status");
    if (kind == "resources") {
        for (const auto& group : status.at("groups"))
            for (const auto& one : group.at("resources"))
                c.out << one.at("name").get<std::string>() << "\n";
    } else if (status.contains(kind) && status.at(kind).is_array()) {
        for (const auto& one : status.at(kind)) c.out << one.value("name", "") << "\n";
    }
    return k_exit_ok;
}

constexpr const char* k_wait = "--timeout --no-wait";

constexpr Command k_commands[] = {
    {"status", "", 0, 0, "--watch", "the cluster as this node sees it", status_command},
    {"group list", "", 0, 0, "", "the groups and their resources", group_list_command},
    {"group start", "GROUP [NODE]", 1, 2, k_wait, "start it, where its policy says or on NODE",
     group_start_command},
    {"group stop", "GROUP", 1, 1, k_wait, "stop it, and keep it stopped", group_stop_command},
    {"group move", "GROUP [NODE]", 1, 2, k_wait, "stop it here and start it there",
     group_move_command},
    {"group restart", "GROUP", 1, 1, "", "stop and start it where it is", group_restart_command},
    {"group clear", "GROUP [NODE]", 1, 2, "", "forget on which nodes it failed",
     group_clear_command},
    {"group explain", "GROUP", 1, 1, "", "why it is where it is, and how it came there",
     explain_command},
    {"node list", "", 0, 0, "", "the nodes", node_list_command},
    {"node maintenance", "NODE on|off", 2, 2, "", "in maintenance it is given nothing new",
     maintenance_command},
    {"resource list", "", 0, 0, "", "the resources", resource_list_command},
    {"resource restart", "RESOURCE", 1, 1, "", "stop and start it, and what depends on it",
     resource_restart_command},
    {"monitor list", "", 0, 0, "", "the monitors", monitor_list_command},
    {"monitor pause", "MONITOR", 1, 1, "", "it looks no more", monitor_pause_command},
    {"monitor resume", "MONITOR", 1, 1, "", "it looks again", monitor_resume_command},
    {"events", "", 0, 0, "--follow --since", "what happened on this node", events_command},
    {"config check", "FILE", 1, 1, "", "everything that is wrong with it", config_check_command},
    {"config apply", "FILE", 1, 1, "", "make it the configuration of the whole cluster",
     config_apply_command},
    {"config show", "", 0, 0, "", "the configuration in force", config_show_command},
    {"config schema", "", 0, 0, "", "the JSON Schema of a configuration", config_schema_command},
    {"key new", "[FILE]", 0, 1, "", "make the key of a new cluster; default /etc/ha/key",
     key_new_command},
    {"simulate", "--kill NODE", 0, 0, "--kill", "what would happen", simulate_command},
    {"replay", "FILE", 1, 1, "--until --group --events --quiet",
     "what a recording of had says, and whether it comes out the same here", replay_command},
    {"cluster init", "", 0, 0, "", "found a cluster of this node; the others join it",
     cluster_init_command},
    {"names", "KIND", 1, 1, "", "names of nodes, groups, resources or monitors, one a line",
     names_command},
};

/// For who typed nothing but the name of the program.
constexpr const char* k_first_steps =
    "\nA new cluster, on each of its nodes:\n"
    "  1. hactl key new /etc/ha/key        on one node; copy the file to the others, mode 0600\n"
    "  2. write /etc/ha/cluster.json       the same on every node\n"
    "  3. hactl config check /etc/ha/cluster.json\n"
    "  4. systemctl start had              then 'hactl' shows the cluster\n"
    "\n'hactl help' lists all commands.\n";

int run_command(const Command& command, Context& c) {
    try {
        return command.run(c);
    } catch (const Unreachable& error) {
        if (c.arguments.is_json)
            c.out << Json({{"code", "unreachable"}, {"message", error.what()}}).dump() << "\n";
        c.err << "hactl: " << error.what() << "\n" << c.advice;
        return k_exit_unreachable;
    } catch (const TimedOut& error) {
        if (c.arguments.is_json)
            c.out << Json({{"code", "timed_out"}, {"message", error.what()}}).dump() << "\n";
        c.err << "hactl: " << error.what() << "\n";
        return k_exit_timed_out;
    } catch (const Refused& error) {
        if (c.arguments.is_json && error.json.is_object()) c.out << error.json.dump() << "\n";
        c.err << "hactl: " << printable(error.what()) << "\n";
        return error.http_status == 504 ? k_exit_timed_out : k_exit_refused;
    } catch (const Json::exception&) {
        c.err << "hactl: the daemon's answer is not understood; are had and hactl of one "
                 "version?\n";
        return k_exit_failed;
    }
}

}  // namespace

std::span<const Command> all_commands() { return k_commands; }

Json Context::request(const std::string& method, const std::string& target,
                      const std::string& body) {
    const auto answer = ask(arguments.socket, method, target, body, arguments.timeout);
    auto json = Json::parse(answer.body, nullptr, false);
    if (!json.is_object())
        throw Refused(502, "the daemon's answer is not JSON; is " + arguments.socket +
                               " the management socket?");
    if (answer.status >= 200 && answer.status < 300) return json;
    throw Refused(answer.status, json.value("message", "refused without a reason"), json);
}

int Context::say(const Json& answer) {
    if (arguments.is_json)
        out << answer.dump(2) << "\n";
    else
        out << printable(answer.value("message", "done")) << "\n";
    return k_exit_ok;
}

int run(const std::vector<std::string>& words, std::ostream& out, std::ostream& err,
        bool is_coloured) {
    auto parsed = parse_arguments(words);
    if (parsed.wants_version) {
        out << "hactl " HA_VERSION "\n";
        return k_exit_ok;
    }
    if (!parsed.mistake.empty()) {
        err << "hactl: " << parsed.mistake << "\nTry 'hactl help'.\n";
        return k_exit_usage;
    }
    if (parsed.wants_help) {
        const bool is_about_one = parsed.command != nullptr && words.size() > 1;
        out << (is_about_one ? help_text(*parsed.command) : help_text());
        return k_exit_ok;
    }
    Context context(std::move(parsed.arguments), out, err, is_coloured);
    if (parsed.is_default && !context.arguments.is_json) context.advice = k_first_steps;
    return run_command(*parsed.command, context);
}

}  // namespace hactl
