// The table of commands, the small ones among them, and the way from words to an exit code.
#include "context.hpp"
#include "ha/plugin/values.hpp"

namespace hactl {

namespace {

/// One monitor by its name; "--all" is spelt by leaving it out.
std::string monitor_path(const Context& c, const char* verb) {
    const auto& words = c.arguments.words;
    return "/v1/monitors" + (words.empty() ? "" : "/" + escape(words[0])) + "/" + verb;
}
Json with_duration(const Context& c) {
    auto body = Json::object();
    if (!c.arguments.duration.empty()) body["for"] = c.arguments.duration;
    return body;
}
int monitor_pause_command(Context& c) {
    return c.say(c.post(monitor_path(c, "pause"), with_duration(c)));
}
int monitor_resume_command(Context& c) { return c.say(c.post(monitor_path(c, "resume"))); }
int monitor_inject_command(Context& c) {
    auto body = with_duration(c);
    body["off"] = c.arguments.is_off;
    return c.say(c.post(monitor_path(c, "inject"), body));
}

std::string seconds_text(double ms) {
    return std::to_string(static_cast<long>(ms / 1000)) + " s";
}

int ratio_command(Context& c) {
    const auto& words = c.arguments.words;
    if (!words.empty()) {
        const auto ratio = ha::plugin::parse_integer(words[0]);
        if (!ratio || *ratio < 1) {
            c.err << "hactl: a ratio is a whole number from 1 to 10000, not '" << words[0] << "'\n";
            return k_exit_usage;
        }
        auto body = with_duration(c);
        body["ratio"] = *ratio;
        return c.say(c.post("/v1/timeout_ratio", body));
    }
    const auto status = c.get("/v1/status");
    const auto ratio = status.value("timeout_ratio", 1);
    const auto left = status.value("timeout_ratio_left_ms", 0.0);
    if (c.arguments.is_json) {
        c.out << Json({{"timeout_ratio", ratio}, {"timeout_ratio_left_ms", left}}).dump(2) << "\n";
    } else {
        c.out << "timeouts are " << (ratio == 1 ? "as configured" : std::to_string(ratio) +
                                                                       " times as long")
              << (left > 0 ? ", for another " + seconds_text(left) : "") << "\n";
    }
    return k_exit_ok;
}

int reboots_command(Context& c) {
    const auto& name = c.arguments.words[0];
    if (c.arguments.is_reset)
        return c.say(c.post("/v1/nodes/" + escape(name) + "/reboots/reset"));
    const auto node = c.get("/v1/nodes/" + escape(name));
    const auto limit = c.get("/v1/status").value("max_reboots", 0);
    const auto count = node.value("reboots", 0);
    if (c.arguments.is_json) {
        c.out << Json({{"node", name}, {"reboots", count}, {"max_reboots", limit}}).dump(2) << "\n";
    } else {
        c.out << "node " << name << ": " << count << " automatic reboots counted, "
              << (limit == 0 ? std::string("no limit") : "limit " + std::to_string(limit)) << "\n";
    }
    return k_exit_ok;
}
int go_alone_command(Context& c) {
    return c.say(c.post("/v1/cluster/go_alone", {{"without", c.arguments.words[0]}}));
}

int cluster_init_command(Context& c) { return c.say(c.post("/v1/cluster/init")); }
int witness_renew_command(Context& c) { return c.say(c.post("/v1/witness/renew")); }

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

constexpr const char* k_wait = "--timeout --no-wait --dry-run";
constexpr const char* k_move = "--timeout --no-wait --dry-run --deadline --ban";
constexpr const char* k_dry = "--dry-run";

constexpr const char* k_order = "--all --lose-quorum --timeout --no-wait";
constexpr std::chrono::milliseconds k_service_timeout{30'000};

constexpr Command k_commands[] = {
    {"status", "", 0, 0, "--watch", "the cluster as this node sees it", status_command},
    {"group list", "", 0, 0, "", "the groups and their resources", group_list_command},
    {"group start", "GROUP [NODE]", 1, 2, k_wait, "start it, where its policy says or on NODE",
     group_start_command},
    {"group stop", "GROUP", 1, 1, k_wait, "stop it, and keep it stopped", group_stop_command},
    {"group move", "GROUP [NODE]", 1, 2, k_move,
     "stop it here and start it there; --ban: it does not come back for ban_expiry",
     group_move_command},
    {"group failover", "GROUP [NODE]", 1, 2, k_wait, "move it as if its node had failed",
     group_failover_command},
    {"group restart", "GROUP", 1, 1, k_dry, "stop and start it where it is",
     group_restart_command},
    {"group freeze", "GROUP", 1, 1, k_dry, "do nothing about it, whatever happens",
     group_freeze_command},
    {"group thaw", "GROUP", 1, 1, k_dry, "end that", group_thaw_command},
    {"group clear", "GROUP [NODE]", 1, 2, "", "forget on which nodes it failed",
     group_clear_command},
    {"group explain", "GROUP", 1, 1, "", "why it is where it is, and how it came there",
     explain_command},
    {"node list", "", 0, 0, "", "the nodes", node_list_command},
    {"node reboots", "NODE", 1, 1, "--reset", "automatic reboots that are counted",
     reboots_command},
    {"node maintenance", "NODE on|off", 2, 2, "", "in maintenance it is given nothing new",
     node_maintenance_command},
    {"node fence", "NODE", 1, 1, k_wait, "make it harmless with its fence devices",
     node_fence_command},
    {"node confirm-off", "NODE", 1, 1, "--confirm", "say that a lost node is off, for certain",
     node_confirm_off_command},
    {"node drain", "NODE [REASON]", 1, 2, "--timeout --no-wait",
     "on standby: its groups are moved away, and nothing new comes", node_drain_command},
    {"node isolate", "NODE REASON", 2, 2, "", "it votes, and takes no group",
     node_isolate_command},
    {"node resume", "NODE", 1, 1, "", "back in service, whatever it was", node_resume_command},
    {"resource list", "", 0, 0, "", "the resources", resource_list_command},
    {"resource restart", "RESOURCE", 1, 1, k_dry, "stop and start it, and what depends on it",
     resource_restart_command},
    {"resource stop", "RESOURCE", 1, 1, k_dry,
     "stop it and what depends on it, until its group is started", resource_stop_command},
    {"resource start", "RESOURCE", 1, 1, k_dry, "start it again, and what it needs",
     resource_start_command},
    {"monitor list", "", 0, 0, "", "the monitors", monitor_list_command},
    {"monitor pause", "[MONITOR]", 0, 1, "--for", "it, or each of them, looks no more",
     monitor_pause_command},
    {"monitor resume", "[MONITOR]", 0, 1, "", "it, or each of them, looks again",
     monitor_resume_command},
    {"monitor inject", "MONITOR", 1, 1, "--for --off", "let it say that it is bad, for a drill",
     monitor_inject_command},
    {"ratio", "[NUMBER]", 0, 1, "--for", "all timeouts so many times as long; 1: as configured",
     ratio_command},
    {"events", "", 0, 0, "--follow --since", "what happened on this node", events_command},
    {"config check", "FILE", 1, 1, "", "what is wrong with it, and what it would change",
     config_check_command},
    {"config apply", "FILE", 1, 1, "--confirm-within --stop-groups --timeout --no-wait",
     "make it the configuration of the whole cluster", config_apply_command},
    {"config confirm", "", 0, 0, "", "the configuration that is on trial stays",
     config_confirm_command},
    {"config revert", "", 0, 0, "", "take it back now, or give up a change under way",
     config_revert_command},
    {"config safety", "[FILE]", 0, 1, "",
     "who can own each group, and for how long it can be away", config_safety_command},
    {"config show", "", 0, 0, "", "the configuration in force", config_show_command},
    {"config schema", "", 0, 0, "", "the JSON Schema of a configuration", config_schema_command},
    {"key new", "[FILE]", 0, 1, "", "make the key of a new cluster; default /etc/ha/key",
     key_new_command},
    {"simulate", "[--kill|--return|--drain NODE] [--move|--start GROUP[:NODE]] [--stop GROUP]...",
     0, 0,
     "--kill --return --drain --move --start --stop", "what would happen", simulate_command},
    {"replay", "FILE", 1, 1, "--until --group --events --quiet",
     "what a recording of had says, and whether it comes out the same here", replay_command},
    {"cluster init", "", 0, 0, "", "found a cluster of this node; the others join it",
     cluster_init_command},
    {"cluster go-alone", "NODE", 1, 1, "", "of two nodes: go on without NODE, which is off",
     go_alone_command},
    {"cluster recover", "--alone NODE...", 0, 63, "--alone --confirm",
     "the majority is gone for good: go on without all others, each named, each off",
     recover_command},
    {"cluster start", "[NODE | --all]", 0, 1, "--all --timeout",
     "start the service, here by default, and wait until it takes part", cluster_start_command,
     k_service_timeout},
    {"cluster stop", "NODE | --all", 0, 1, k_order, "hand over, leave, and end the service there",
     cluster_stop_command, k_service_timeout},
    {"cluster restart", "NODE | --all", 0, 1, k_order, "the same, and begin anew",
     cluster_restart_command, k_service_timeout},
    {"cluster reboot", "NODE | --all", 0, 1, k_order, "hand over, leave, and reboot the machine",
     cluster_reboot_command, k_service_timeout},
    {"cluster shutdown", "NODE | --all", 0, 1, k_order,
     "hand over, leave, and power the machine off", cluster_shutdown_command, k_service_timeout},
    {"cluster suspend", "", 0, 0, "--timeout", "groups run on, and nothing is placed or recovered",
     cluster_suspend_command, k_service_timeout},
    {"cluster resume", "", 0, 0, "--timeout", "and again it is", cluster_resume_command,
     k_service_timeout},
    {"witness renew", "", 0, 0, "", "begin a new record at the witness, after it was restored",
     witness_renew_command},
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
        bool is_coloured, std::istream* in) {
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
    context.in = in;
    if (parsed.is_default && !context.arguments.is_json) context.advice = k_first_steps;
    return run_command(*parsed.command, context);
}

}  // namespace hactl
