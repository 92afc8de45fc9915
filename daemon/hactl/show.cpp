// Showing: nodes, groups, monitors and reasons as tables for people.
#include "show.hpp"

#include <array>
#include <cstdio>
#include <ctime>

namespace hactl {

namespace {

std::string milliseconds(double ms) {
    std::array<char, 48> text{};
    const auto* format = ms >= 10'000 ? "%.0f s" : ms >= 1000 ? "%.1f s" : ms >= 10 ? "%.0f ms"
                                                                                 : "%.2f ms";
    const int size = std::snprintf(text.data(), text.size(), format, ms >= 1000 ? ms / 1000 : ms);
    return std::string(text.data(), static_cast<std::size_t>(size));
}

/// "lan0 0.31 ms, lan1 silent 2.4 s": the round trip of what is heard, the silence of what is not;
/// and what is wrong with a path that is heard all the same: "lan1 0.4 ms (poor: 31% lost)".
std::string interconnects_of(const Json& node) {
    std::string out;
    for (const auto& one : node.value("interconnects", Json::array())) {
        const bool is_heard = is_set(one, "heard");
        const auto time = one.find(is_heard ? "round_trip_ms" : "silence_ms");
        out += (out.empty() ? "" : ", ") + text_of(one, "name") + (is_heard ? "" : " silent");
        const bool is_known = time != one.end() && time->is_number();
        if (is_known && time->get<double>() > 0) out += " " + milliseconds(time->get<double>());
        if (!is_heard || !is_set(one, "poor")) continue;
        const auto lost = one.value("loss_percent", 0);
        out += " (poor: " + (lost > 0 ? std::to_string(lost) + "% lost"
                                      : "late by " + milliseconds(one.value("jitter_ms", 0.0))) +
               ")";
    }
    return out;
}

/// "is being fenced from a: device ipmi, attempt 1 of 2: switching off"; empty when nothing is
/// done.
std::string fencing_of(const Json& node) {
    const auto fencing = node.value("fencing", Json::object());
    const auto state = text_of(fencing, "state");
    const auto by = text_of(fencing, "by");
    const auto progress = text_of(fencing, "progress");
    const auto reason = text_of(fencing, "reason");
    if (state == "requested")
        return "is being fenced" + (by.empty() ? "" : " from " + by) +
               (progress.empty() ? "" : ": " + progress);
    std::string out;
    if (state == "confirmed") out = "harmless: " + reason;
    if (state == "failed") out = "fencing failed: " + reason;
    if (!by.empty() && !out.empty()) out += "; a shot from " + by + " may still be under way";
    return out;
}

std::string note_of_mode(const Json& node) {
    const auto mode = text_of(node, "mode"), reason = text_of(node, "mode_reason");
    std::string note;
    if (mode == "maintenance" || is_set(node, "maintenance")) note = "in maintenance";
    if (mode == "standby") note = "on standby";
    if (mode == "isolated") note = "isolated";
    return note + (note.empty() || reason.empty() ? "" : ": " + reason);
}

/// "failed on b (3min left), not to go to c": what keeps the group from nodes.
std::string note_of_bans(const Json& group) {
    std::string out;
    for (const auto& ban : group.value("bans", Json::array())) {
        if (is_set(ban, "over")) continue;
        out += (out.empty() ? "" : ", ") +
               ((is_set(ban, "asked") ? "not to go to " : "failed on ") + text_of(ban, "node"));
        const auto left = ban.find("remaining_ms");
        if (left != ban.end() && left->is_number())
            out += " (" + milliseconds(left->get<double>()) + " left)";
    }
    const auto banned = join(group.value("banned", Json::array()));
    return out.empty() && !banned.empty() ? "failed on " + banned : out;
}

std::string note_of_group(const Json& group) {
    auto note = text_of(group, "text");
    if (note.empty() && text_of(group, "state") != "online") note = text_of(group, "reason");
    if (const auto found = join(group.value("found", Json::array())); !found.empty())
        note = "ACTIVE WITHOUT A RIGHT on " + found + (note.empty() ? "" : "; ") + note;
    if (is_set(group, "frozen")) note += (note.empty() ? "" : "; ") + std::string("frozen");
    if (const auto back = text_of(group, "returns_to"); !back.empty())
        note += (note.empty() ? "" : "; ") + ("on trial, else back to " + back);
    if (const auto bans = note_of_bans(group); !bans.empty())
        note += (note.empty() ? "" : "; ") + bans;
    return note;
}

std::string note_of_monitor(const Json& monitor) {
    auto note = text_of(monitor, "text");
    if (is_set(monitor, "injected"))
        note += (note.empty() ? "" : "; ") + std::string("a drill: it says bad whatever it sees");
    const auto left = monitor.value("pause_left_ms", 0.0);
    if (text_of(monitor, "state") == "paused" && left > 0)
        note += (note.empty() ? "" : "; ") + ("for another " + milliseconds(left));
    return note;
}

}  // namespace

std::string text_of(const Json& json, const char* field) {
    const auto it = json.find(field);
    return it != json.end() && it->is_string() ? it->get<std::string>() : std::string();
}

bool is_set(const Json& json, const char* field) {
    const auto it = json.find(field);
    return it != json.end() && it->is_boolean() && it->get<bool>();
}

std::string time_text(std::int64_t wall_us) {
    const std::time_t seconds = wall_us / 1'000'000;
    tm parts{};
    ::localtime_r(&seconds, &parts);
    char text[32];
    std::string out(text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts));
    return out + "." + std::to_string(1'000'000 + wall_us % 1'000'000).substr(1);
}

std::string join(const Json& list) {
    std::string out;
    for (const auto& one : list)
        if (one.is_string()) out += (out.empty() ? "" : ", ") + one.get<std::string>();
    return out;
}

std::string node_table(const Json& nodes, const Paint& paint) {
    Table table({"NODE", "STATUS", "ROLE", "INTERCONNECTS", "NOTE"});
    for (const auto& node : nodes) {
        std::string role = is_set(node, "leader") ? "leader" : is_set(node, "voter") ? "voter" : "";
        std::string note = note_of_mode(node);
        if (const auto reboots = node.value("reboots", 0); reboots > 0)
            note += (note.empty() ? "" : "; ") + std::to_string(reboots) + " automatic reboots";
        if (const auto reason = text_of(node, "reason");
            !reason.empty() && text_of(node, "status") != "up")
            note += (note.empty() ? "" : "; ") + reason;
        if (const auto fencing = fencing_of(node); !fencing.empty())
            note += (note.empty() ? "" : "; ") + fencing;
        const auto status = text_of(node, "status");
        table.add({{text_of(node, "name") + (is_set(node, "self") ? " *" : "")},
                   {status, colour_of_state(status)},
                   {std::move(role)},
                   {is_set(node, "self") ? "" : interconnects_of(node)},
                   {std::move(note), Colour::busy}});
    }
    return table.text(paint);
}

std::string group_table(const Json& groups, const Paint& paint) {
    Table table({"GROUP", "STATE", "NODE", "RESOURCE", "TYPE", "STATE", "NOTE"});
    for (const auto& group : groups) {
        const auto state = text_of(group, "state");
        const auto& resources = group.value("resources", Json::array());
        std::vector<Cell> row{{text_of(group, "name"), Colour::bold},
                              {state, colour_of_state(state)},
                              {text_of(group, "owner")}};
        const auto note = note_of_group(group);
        if (resources.empty() || !note.empty()) {
            row.insert(row.end(), {{""}, {""}, {""}, {note, Colour::busy}});
            table.add(std::exchange(row, {{""}, {""}, {""}}));
        }
        for (const auto& resource : resources) {
            const auto of = text_of(resource, "state");
            row.insert(row.end(), {{text_of(resource, "name")},
                                   {text_of(resource, "type"), Colour::dim},
                                   {of, colour_of_state(of)},
                                   {text_of(resource, "text"), Colour::busy}});
            table.add(std::exchange(row, {{""}, {""}, {""}}));
        }
    }
    return table.text(paint);
}

std::string monitor_table(const Json& monitors, const Paint& paint) {
    Table table({"MONITOR", "NODE", "STATE", "RESTARTS", "FAILOVERS", "NOTE"});
    for (const auto& one : monitors) {
        const auto state = text_of(one, "state");
        table.add({{text_of(one, "name")},
                   {text_of(one, "node")},
                   {state, colour_of_state(state)},
                   {std::to_string(one.value("restarts", 0))},
                   {std::to_string(one.value("failovers", 0))},
                   {note_of_monitor(one), Colour::busy}});
    }
    return table.empty() ? "" : table.text(paint);
}

int node_list_command(Context& c) {
    const auto nodes = c.get("/v1/nodes");
    c.out << (c.arguments.is_json ? nodes.dump(2) + "\n" : node_table(nodes.at("nodes"), c.paint));
    return k_exit_ok;
}

int group_list_command(Context& c) {
    const auto groups = c.get("/v1/groups");
    c.out << (c.arguments.is_json ? groups.dump(2) + "\n"
                                  : group_table(groups.at("groups"), c.paint));
    return k_exit_ok;
}

int monitor_list_command(Context& c) {
    const auto monitors = c.get("/v1/monitors");
    c.out << (c.arguments.is_json ? monitors.dump(2) + "\n"
                                  : monitor_table(monitors.at("monitors"), c.paint));
    return k_exit_ok;
}

int resource_list_command(Context& c) {
    const auto groups = c.get("/v1/groups");
    if (c.arguments.is_json) {
        auto out = Json::array();
        for (const auto& group : groups.at("groups"))
            for (auto resource : group.at("resources")) {
                resource["group"] = group.at("name");
                resource["node"] = group.at("owner");
                out.push_back(std::move(resource));
            }
        c.out << Json({{"resources", std::move(out)}}).dump(2) << "\n";
    } else {
        c.out << group_table(groups.at("groups"), c.paint);
    }
    return k_exit_ok;
}

std::string show_explanation(const Json& e, const Paint& paint) {
    const auto node = text_of(e, "node"), owner = text_of(e, "owner");
    std::string out = paint(Colour::bold, text_of(e, "group")) + ": ";
    if (is_set(e, "blocked"))
        out += paint(Colour::bad, "blocked");
    else if (node.empty())
        out += "runs nowhere";
    else if (owner == node)
        out += "on " + paint(Colour::good, node);
    else
        out += (owner.empty() ? "" : owner + " -> ") + paint(Colour::good, node);
    out += "\n  " + printable(text_of(e, "reason")) +
           paint(Colour::dim, " [" + text_of(e, "rule") + "]") + "\n";
    Table table({"", "", ""});
    for (const auto& one : e.value("rejected", Json::array()))
        table.add({{"not " + text_of(one, "node") + ":"},
                   {text_of(one, "reason")},
                   {"[" + text_of(one, "rule") + "]", Colour::dim}});
    if (!table.empty()) {
        const auto text = table.text(paint, "  ");
        out += text.substr(text.find('\n') + 1);
    }
    return out;
}

namespace {

std::string sentence_of(const std::string& what, const std::string& name) {
    const auto colon = name.find(':');
    const auto first = name.substr(0, colon);
    const auto to = colon == std::string::npos ? "" : " to node " + name.substr(colon + 1);
    if (what == "kill") return "node " + first + " died now";
    if (what == "return") return "node " + first + " came back";
    if (what == "drain") return "node " + first + " were drained";
    if (what == "move") return "group " + first + " were moved" + to;
    if (what == "start") return "group " + first + " were started" + to;
    return "group " + first + " were stopped";
}

}  // namespace

int simulate_command(Context& c) {
    const auto& supposed = c.arguments.supposed;
    if (supposed.empty()) {
        c.err << "hactl: simulate needs --kill NODE, --return NODE, --drain NODE, "
                 "--move GROUP[:NODE], --start GROUP[:NODE] or --stop GROUP; or several\n";
        return k_exit_usage;
    }
    auto events = Json::array();
    for (const auto& [what, name] : supposed) {
        const auto colon = name.find(':');
        auto event = Json::object();
        event[what] = name.substr(0, colon);
        if (colon != std::string::npos) event["node"] = name.substr(colon + 1);
        events.push_back(std::move(event));
    }
    const auto answer = c.post("/v1/simulate", {{"events", std::move(events)}});
    if (c.arguments.is_json) {
        c.out << answer.dump(2) << "\n";
        return k_exit_ok;
    }
    std::string text;
    for (const auto& [what, name] : supposed)
        text += (text.empty() ? "" : ", then ") + sentence_of(what, name);
    c.out << "if " << text << ":\n";
    for (const auto& one : answer.at("groups")) c.out << show_explanation(one, c.paint);
    if (answer.at("groups").empty()) c.out << "every group would be where it is\n";
    return k_exit_ok;
}

}  // namespace hactl
