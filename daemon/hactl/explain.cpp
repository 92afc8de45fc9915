// Explain: why a group is where it is, and the story of how it came there.
#include <algorithm>
#include <array>
#include <cstdio>

#include "show.hpp"

namespace hactl {

namespace {

const Json& field(const Json& json, const char* name) {
    static const Json k_none;
    const auto it = json.find(name);
    return it == json.end() ? k_none : *it;
}

/// Of a moment {"boot_ns", "wall_us"}; 0 when it is null.
std::int64_t time_in(const Json& moment, const char* clock) {
    const auto& value = field(moment, clock);
    return value.is_number_integer() ? value.get<std::int64_t>() : 0;
}

std::string in_ms(double ms) {
    std::array<char, 48> text{};
    const int size = std::snprintf(text.data(), text.size(), "%.1f ms", ms);
    return std::string(text.data(), static_cast<std::size_t>(size));
}

std::string named(const std::string& node, const char* otherwise) {
    return node.empty() ? otherwise : node;
}

std::string after_colon(const std::string& text) { return text.empty() ? "" : ": " + text; }

/// "takeover a -> b", "stop on a", "start on b"
std::string title_of(const Json& d) {
    auto kind = text_of(d, "kind");
    std::replace(kind.begin(), kind.end(), '_', ' ');
    const auto from = text_of(d, "from"), to = text_of(d, "to");
    if (!from.empty() && !to.empty() && from != to) return kind + " " + from + " -> " + to;
    const auto place = to.empty() ? from : to;
    return kind + (place.empty() ? "" : " on " + place);
}

std::string trigger_of(const Json& d) {
    const auto& trigger = field(d, "trigger");
    const auto kind = text_of(trigger, "kind"), text = text_of(trigger, "text");
    const auto node = named(text_of(trigger, "node"), "its node");
    if (kind == "node_down") return node + " was declared down" + after_colon(text);
    if (kind == "node_leaving") return node + " was about to stop";
    if (kind == "node_returned") return node + " came back without it" + after_colon(text);
    if (kind == "released") return node + " let go of it" + after_colon(text);
    if (kind == "failure") return "it failed on " + node + after_colon(text);
    if (kind == "request")
        return "asked for" + (text_of(trigger, "node").empty() ? "" : " at " + node);
    if (kind == "wanted") return "it was to be online, and nobody had it";
    return text.empty() ? kind : text;
}

/// The newest moment of it that has a wall time; 0: none.
std::int64_t newest_wall(const Json& d) {
    std::int64_t newest = 0;
    for (const auto& one : field(d, "phases"))
        newest = std::max(newest, time_in(field(one, "at"), "wall_us"));
    return newest;
}

std::string outcome_of(const Json& d) {
    const auto outcome = text_of(d, "outcome");
    if (outcome == "under_way") return "still under way";
    return outcome == "overtaken" ? "not finished: something else came" : "";
}

using Lines = std::vector<std::pair<std::string, std::string>>;

void add_evidence(const Json& e, Lines& lines) {
    if (!e.is_object()) return;
    const auto node = text_of(e, "node");
    std::string heard;
    for (const auto& path : field(e, "paths")) {
        const auto& silence = field(path, "silence_ms");
        heard += (heard.empty() ? "" : ", ") + ("on " + text_of(path, "interconnect")) +
                 (silence.is_number() ? " for " + in_ms(silence.get<double>()) : " at all");
    }
    if (!heard.empty())
        lines.push_back({"evidence", "this node had not heard it " + heard +
                                         (is_set(e, "of_leader") ? " when it decided"
                                                                 : " when that was committed")});
    const auto& silent = field(e, "silent_for");
    if (!silent.empty())
        lines.push_back({"", join(silent) + (silent.size() == 1
                                                 ? " did not hear it either, by its own word"
                                                 : " did not hear it either, by their own words")});
    if (const auto others = join(field(e, "heard_by")); !others.empty())
        lines.push_back({"", "but " + others + " heard it"});
}

std::string replay_of(const Json& d) {
    const auto& replay = field(d, "replay");
    const auto result = text_of(replay, "result"), inputs = text_of(replay, "inputs");
    if (result == "same") return "replayed here: the same decision (inputs " + inputs + ")";
    if (result == "different")
        return "REPLAYED HERE: ANOTHER DECISION (inputs " + inputs + "); please report this";
    if (result == "other_view") return "not replayed: this node saw other members than the leader";
    if (result == "no_plan") return "decided by who asked, not by a rule";
    return "its inputs are not kept here";
}

std::string phase_text(const std::string& name, const Json& d) {
    const auto from = named(text_of(d, "from"), "the node that had it");
    const auto to = named(text_of(d, "to"), "the new node");
    if (name == "last_heard") return from + " last heard";
    if (name == "suspected") return from + " silent for the whole timeout";
    if (name == "decided") return "decided by this node, the leader";
    if (name == "evicted") return from + " told to give it up";
    if (name == "stop_begun") return "stop begun on " + from;
    if (name == "released") return "released by " + from;
    if (name == "down") return from + " declared down";
    if (name == "given") return "given to " + to;
    if (name == "clear") {
        std::string of;
        for (const auto& lease : field(d, "leases"))
            of += (of.empty() ? "" : ", ") + text_of(lease, "node");
        return of.empty() ? "clear to start" : "clear to start: the lease of " + of + " is over";
    }
    if (name == "start_begun") return "start begun on " + to;
    if (name == "online") return "online on " + to;
    return name;
}

std::string show_phases(const Json& d, const Paint& paint) {
    std::vector<Json> seen;
    std::string missing;
    for (const auto& one : field(d, "phases")) {
        const auto name = text_of(one, "name");
        if (text_of(one, "seen") != "not_seen")
            seen.push_back(one);
        else if (name != "decided" || text_of(d, "leader").empty())
            missing += (missing.empty() ? "" : ", ") + phase_text(name, d);
    }
    std::stable_sort(seen.begin(), seen.end(), [](const Json& a, const Json& b) {
        return time_in(field(a, "at"), "boot_ns") < time_in(field(b, "at"), "boot_ns");
    });
    std::string out;
    for (const auto& one : seen) {
        const auto since = time_in(field(one, "at"), "boot_ns") -
                           time_in(field(seen.front(), "at"), "boot_ns");
        auto time = in_ms(static_cast<double>(since) / 1e6);
        time.insert(0, time.size() < 12 ? 12 - time.size() : 0, ' ');
        out += "  " + time + "  " + printable(phase_text(text_of(one, "name"), d)) +
               (text_of(one, "seen") == "told" ? paint(Colour::dim, " (as told by another node)")
                                               : "") +
               "\n";
    }
    if (!missing.empty() && text_of(d, "outcome") != "under_way")
        out += paint(Colour::dim, "     not seen  " + printable(missing)) + "\n";
    return out;
}

std::string shown(const Lines& lines, const Paint& paint) {
    std::string out;
    for (const auto& [name, text] : lines) {
        const auto gap = name.size() < 10 ? 10 - name.size() : 1;
        out += "  " + paint(Colour::dim, name) + std::string(gap, ' ') + printable(text) + "\n";
    }
    return out;
}

}  // namespace

std::string show_decision(const Json& d, const Paint& paint) {
    std::string out = paint(Colour::bold, printable(title_of(d)));
    if (const auto wall = newest_wall(d); wall != 0) out += ", " + time_text(wall);
    if (const auto outcome = outcome_of(d); !outcome.empty())
        out += ", " + paint(Colour::busy, outcome);
    out += "\n";
    Lines lines{{"because", trigger_of(d)}};
    add_evidence(field(d, "evidence"), lines);
    const auto rule = text_of(d, "rule");
    if (!rule.empty()) lines.push_back({"decision", text_of(d, "reason") + " [" + rule + "]"});
    for (const auto& one : field(d, "rejected"))
        lines.push_back({"", "not " + text_of(one, "node") + ": it " + text_of(one, "reason") +
                                 " [" + text_of(one, "rule") + "]"});
    const auto term = std::to_string(time_in(d, "term"));
    lines.push_back({"by", named(text_of(d, "leader"), "the leader") + " in term " + term +
                               ", entry " + std::to_string(time_in(d, "index")) + "; " +
                               replay_of(d)});
    return out + shown(lines, paint) + show_phases(d, paint);
}

std::string show_explanation_in_full(const Json& e, const Paint& paint) {
    std::string out = show_explanation(e, paint);
    const auto& decisions = field(e, "decisions");
    if (!decisions.is_array() || decisions.empty()) return out;
    out += "\nhow it came there: " + show_decision(decisions.front(), paint);
    for (std::size_t i = 1; i < decisions.size(); i++) {
        const auto& d = decisions[i];
        const auto wall = newest_wall(d);
        const auto outcome = outcome_of(d);
        if (i == 1) out += "\nbefore that:\n";
        out += "  " + (wall != 0 ? time_text(wall) : std::string("before this daemon started")) +
               "  " + printable(title_of(d)) + ": " + printable(trigger_of(d)) +
               (outcome.empty() ? "" : " (" + outcome + ")") + "\n";
    }
    return out;
}

int explain_command(Context& c) {
    const auto e = c.get("/v1/groups/" + escape(c.arguments.words[0]) + "/explain");
    c.out << (c.arguments.is_json ? e.dump(2) + "\n" : show_explanation_in_full(e, c.paint));
    return k_exit_ok;
}

}  // namespace hactl
