// Commands that start, stop and move groups, and wait until it is done.
#include <thread>

#include "context.hpp"

namespace hactl {

namespace {

enum class Progress { under_way, done, failed };

/// What the group looks like, in a few words: a line is printed when they change.
std::string words_of(const Json& group) {
    const auto owner = group.value("owner", std::string());
    auto words = group.value("state", std::string()) + (owner.empty() ? "" : " on " + owner);
    if (const auto text = group.value("text", std::string()); !text.empty()) words += ": " + text;
    return printable(words);
}

/// `wanted_node`: empty: any.
Progress judge_online(const Json& group, const std::string& wanted_node) {
    if (group.value("state", "") == "failed" && !group.value("owner", std::string()).empty() &&
        (wanted_node.empty() || group.value("owner", "") == wanted_node))
        return Progress::failed;
    if (group.value("goal", "") == "offline") return Progress::failed;
    if (!wanted_node.empty() && group.value("owner", "") != wanted_node) {
        for (const auto& banned : group.value("banned", Json::array()))
            if (banned == wanted_node) return Progress::failed;
        return Progress::under_way;
    }
    return group.value("state", "") == "online" ? Progress::done : Progress::under_way;
}

Progress judge_offline(const Json& group) {
    if (group.value("state", "") == "failed") return Progress::failed;
    return group.value("owner", std::string()).empty() ? Progress::done : Progress::under_way;
}

template <class Judge>
int wait_until(Context& c, const std::string& group, Judge judge) {
    const auto end = Clock::now() + c.arguments.timeout;
    std::string told;
    Json now;
    for (;;) {
        try {
            now = c.get("/v1/groups/" + escape(group));
        } catch (const Refused& refused) {
            if (refused.http_status != 504) throw;  // slow is not gone
            std::this_thread::sleep_for(k_look_interval);
            continue;
        }
        if (const auto words = words_of(now); words != told && !c.arguments.is_json) {
            c.out << group << ": " << words << "\n" << std::flush;
            told = words;
        }
        const auto progress = judge(now);
        if (progress != Progress::under_way || Clock::now() >= end) {
            if (c.arguments.is_json) c.out << now.dump(2) << "\n";
            if (progress == Progress::done) return k_exit_ok;
            c.err << "hactl: group " << group
                  << (progress == Progress::failed ? " failed" : " is not there yet")
                  << "; 'hactl group explain " << group << "' tells more\n";
            return progress == Progress::failed ? k_exit_failed : k_exit_timed_out;
        }
        std::this_thread::sleep_for(k_look_interval);
    }
}

Json node_body(const Context& c) {
    auto body = Json::object();
    if (c.arguments.words.size() > 1) body["node"] = c.arguments.words[1];
    return body;
}

/// What would be done, and why there.
int show_rehearsal(Context& c, const Json& answer) {
    if (c.arguments.is_json) {
        c.out << answer.dump(2) << "\n";
        return k_exit_ok;
    }
    c.out << "nothing is changed; it would be: " << printable(answer.value("message", ""))
          << "\n";
    for (const auto& step : answer.value("steps", Json::array()))
        c.out << "  - " << printable(step.get<std::string>()) << "\n";
    if (answer.value("steps", Json::array()).empty()) c.out << "  nothing to agree on\n";
    for (const auto& one : answer.value("groups", Json::array()))
        c.out << show_explanation(one, c.paint);
    return k_exit_ok;
}

/// Asks for it; the answer is shown at once unless it is waited for.
int act(Context& c, const char* verb, Json body, const char* what = "groups") {
    if (c.arguments.is_dry_run) body["dry_run"] = true;
    const auto answer = c.post(
        std::string("/v1/") + what + "/" + escape(c.arguments.words[0]) + "/" + verb, body);
    if (c.arguments.is_dry_run) {
        c.arguments.is_waiting = false;
        return show_rehearsal(c, answer);
    }
    if (c.arguments.is_waiting && c.arguments.is_json) return k_exit_ok;
    return c.say(answer);
}

/// Asked and answered: there is nothing to wait for.
int act_at_once(Context& c, const char* verb, const char* what) {
    c.arguments.is_waiting = false;
    return act(c, verb, Json::object(), what);
}


std::string wanted_node(const Context& c) {
    return c.arguments.words.size() > 1 ? c.arguments.words[1] : std::string();
}

/// A group that leaves its node, for the wanted one or for any other.
int act_and_wait_away(Context& c, const char* verb, const Json& body) {
    const auto before = c.get("/v1/groups/" + escape(c.arguments.words[0]));
    const auto from = before.value("owner", std::string());
    act(c, verb, body);
    if (!c.arguments.is_waiting) return k_exit_ok;
    return wait_until(c, c.arguments.words[0], [&](const Json& group) {
        const auto wanted = wanted_node(c);
        if (wanted.empty() && group.value("owner", "") == from && !from.empty())
            return Progress::under_way;
        return judge_online(group, wanted);
    });
}

}  // namespace

int group_start_command(Context& c) {
    act(c, "start", node_body(c));
    if (!c.arguments.is_waiting) return k_exit_ok;
    return wait_until(c, c.arguments.words[0],
                      [&](const Json& group) { return judge_online(group, wanted_node(c)); });
}

int group_stop_command(Context& c) {
    act(c, "stop", Json::object());
    if (!c.arguments.is_waiting) return k_exit_ok;
    return wait_until(c, c.arguments.words[0], judge_offline);
}

int group_move_command(Context& c) {
    auto body = node_body(c);
    if (!c.arguments.deadline.empty()) body["deadline"] = c.arguments.deadline;
    if (c.arguments.is_banning) body["ban"] = true;
    return act_and_wait_away(c, "move", body);
}
int group_failover_command(Context& c) { return act_and_wait_away(c, "failover", node_body(c)); }
int group_restart_command(Context& c) { return act_at_once(c, "restart", "groups"); }
int group_freeze_command(Context& c) { return act_at_once(c, "freeze", "groups"); }
int group_thaw_command(Context& c) { return act_at_once(c, "thaw", "groups"); }
int resource_restart_command(Context& c) { return act_at_once(c, "restart", "resources"); }
int resource_start_command(Context& c) { return act_at_once(c, "start", "resources"); }
int resource_stop_command(Context& c) { return act_at_once(c, "stop", "resources"); }

int group_clear_command(Context& c) {
    return c.say(c.post("/v1/groups/" + escape(c.arguments.words[0]) + "/clear", node_body(c)));
}

}  // namespace hactl
