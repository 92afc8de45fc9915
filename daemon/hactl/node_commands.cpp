// Commands about what a node may run.
#include <thread>

#include "context.hpp"

namespace hactl {

namespace {

Json set_mode(Context& c, const std::string& mode) {
    auto body = Json::object();
    body["mode"] = mode;
    if (c.arguments.words.size() > 1) body["reason"] = c.arguments.words[1];
    return c.post("/v1/nodes/" + escape(c.arguments.words[0]) + "/mode", body);
}

std::string owned_by(const Json& groups, const std::string& node) {
    std::string out;
    for (const auto& group : groups)
        if (group.value("owner", "") == node)
            out += (out.empty() ? "" : ", ") + group.value("name", std::string());
    return out;
}

/// The planner says of each group that is left why it stays; a group that is on its way is none.
bool tell_who_stays(Context& c, const Json& groups, const std::string& node) {
    bool is_any = false;
    for (const auto& group : groups) {
        if (group.value("owner", "") != node) continue;
        const auto why = c.get("/v1/groups/" + escape(group.value("name", "")) + "/explain");
        const auto rule = why.value("rule", "");
        if (rule != "stays_on_standby" && rule != "stop_failed" && rule != "frozen") continue;
        is_any = true;
        c.err << "hactl: group " << printable(group.value("name", "")) << " stays: "
              << printable(why.value("reason", "")) << "\n";
        for (const auto& one : why.value("rejected", Json::array()))
            c.err << "  not " << printable(one.value("node", "")) << ": it "
                  << printable(one.value("reason", "")) << "\n";
    }
    return is_any;
}

}  // namespace

int node_maintenance_command(Context& c) {
    const auto& word = c.arguments.words[1];
    if (word != "on" && word != "off") {
        c.err << "hactl: maintenance is 'on' or 'off', not '" << word << "'\n";
        return k_exit_usage;
    }
    return c.say(c.post("/v1/nodes/" + escape(c.arguments.words[0]) + "/maintenance",
                        {{"on", word == "on"}}));
}

int node_isolate_command(Context& c) { return c.say(set_mode(c, "isolated")); }

int node_resume_command(Context& c) { return c.say(set_mode(c, "in_service")); }

/// Done when nothing is left on it; failed when what is left cannot go anywhere.
int node_drain_command(Context& c) {
    const auto& node = c.arguments.words[0];
    const auto answer = set_mode(c, "standby");
    if (!c.arguments.is_waiting) return c.say(answer);
    if (!c.arguments.is_json) c.say(answer);
    const auto end = Clock::now() + c.arguments.timeout;
    std::string told;
    for (;;) {
        const auto groups = c.get("/v1/groups").value("groups", Json::array());
        const auto left = owned_by(groups, node);
        if (left.empty()) {
            if (c.arguments.is_json) c.out << answer.dump(2) << "\n";
            else c.out << "node " << node << " runs nothing\n";
            return k_exit_ok;
        }
        if (left != told && !c.arguments.is_json)
            c.out << "left on node " << node << ": " << printable(left) << "\n" << std::flush;
        // What is left as it was at the last look may have nowhere to go.
        if (left == told && tell_who_stays(c, groups, node)) return k_exit_failed;
        told = left;
        if (Clock::now() >= end) {
            c.err << "hactl: not drained in time; 'hactl group explain GROUP' tells more\n";
            return k_exit_timed_out;
        }
        std::this_thread::sleep_for(k_look_interval);
    }
}

}  // namespace hactl
