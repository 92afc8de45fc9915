// Replay: a recording of the flight recorder, on any machine and without a daemon.
#include "ha/replay.hpp"

#include <cstdlib>
#include <ctime>
#include <optional>

#include "ha/admin.hpp"
#include "ha/error.hpp"
#include "ha/plugin/values.hpp"
#include "show.hpp"

namespace hactl {

namespace {

/// "2026-11-29 14:41:28.5", local time as all times of hactl; microseconds since 1970.
std::optional<std::int64_t> parse_time(const std::string& text) {
    tm parts{};
    const char* end = ::strptime(text.c_str(), "%Y-%m-%d", &parts);
    if (end == nullptr || (*end != ' ' && *end != 'T')) return {};
    end = ::strptime(end + 1, "%H:%M:%S", &parts);
    if (end == nullptr) return {};
    std::int64_t us = 0;
    if (*end == '.') {
        std::string digits;
        for (end++; *end >= '0' && *end <= '9'; end++) digits += *end;
        if (digits.empty()) return {};
        digits.resize(6, '0');
        us = std::strtoll(digits.c_str(), nullptr, 10);
    }
    if (*end != '\0') return {};
    parts.tm_isdst = -1;
    const auto seconds = std::mktime(&parts);
    if (seconds == -1) return {};
    return std::int64_t{seconds} * 1'000'000 + us;
}

/// A step or a time. False: it is neither.
bool take_until(const std::string& text, ha::ReplayOptions& options) {
    if (text.empty()) return true;
    const auto step = ha::plugin::parse_integer(text);
    if (step && *step > 0) {
        options.until_step = static_cast<std::uint64_t>(*step);
        return true;
    }
    const auto time = parse_time(text);
    if (time) options.until_wall_us = *time;
    return time.has_value();
}

Json json_of(const ha::Moment& at) { return {{"boot_ns", at.boot_ns}, {"wall_us", at.wall_us}}; }

Json json_of(const ha::ReplayLine& line) {
    auto groups = Json::object();
    for (const auto& [name, state] : line.groups) groups[name] = state;
    return {{"step", line.step},         {"at", json_of(line.at)},
            {"input", line.input},       {"role", line.role},
            {"leader", line.leader},     {"term", line.term},
            {"applied", line.applied},   {"lease", line.is_lease_held},
            {"admitted", line.is_admitted}, {"groups", std::move(groups)}};
}

Json json_of(const ha::ReplayReport& r) {
    Json out{{"version", r.version},       {"version_here", r.version_here},
             {"layout_same", r.is_layout_same},
             {"cluster", r.cluster},       {"node", r.node},
             {"start", r.start},           {"segment", r.segment},
             {"begins_at_start", r.begins_at_start},
             {"first_step", r.first_step}, {"last_step", r.last_step},
             {"begin", json_of(r.begin)},  {"end", json_of(r.end)},
             {"same", !r.difference},      {"stopped", r.stopped},
             {"complete", r.is_complete},  {"cut_off", r.is_cut_off},
             {"last_words", r.last_words}, {"difference", nullptr},
             {"explanation", nullptr}};
    if (r.difference)
        out["difference"] = {{"step", r.difference->step},
                             {"at", json_of(r.difference->at)},
                             {"input", r.difference->input},
                             {"recorded", r.difference->recorded},
                             {"replayed", r.difference->replayed}};
    if (r.explanation) out["explanation"] = Json::parse(ha::to_json(*r.explanation));
    return out;
}

/// The states of groups are those on the node that recorded.
std::string show_line(const ha::ReplayLine& line, const Paint& paint) {
    auto step = std::to_string(line.step);
    step.insert(0, step.size() < 8 ? 8 - step.size() : 0, ' ');
    std::string out = paint(Colour::dim, time_text(line.at.wall_us) + " " + step) + "  " +
                      line.role + " in term " + std::to_string(line.term) +
                      (line.leader.empty() ? ", no leader" : ", led by " + printable(line.leader)) +
                      ", entry " + std::to_string(line.applied) +
                      (line.is_lease_held ? "" : ", no lease");
    for (const auto& [name, state] : line.groups)
        out += "  " + printable(name) + " " + paint(colour_of_state(state), state);
    return out;
}

std::string show_head(const ha::ReplayReport& r) {
    return "node " + printable(r.node) + " of cluster " + printable(r.cluster) + ", start " +
           std::to_string(r.start) + ", file " + std::to_string(r.segment) + ", from " +
           (r.begins_at_start ? "its start" : "an image") + " at " +
           time_text(r.begin.wall_us) + " to " + time_text(r.end.wall_us) + "; version " +
           printable(r.version) +
           (r.is_layout_same ? "" : ", which records other things than " + r.version_here) + "\n";
}

std::string show_verdict(const ha::ReplayReport& r, const Paint& paint) {
    const auto count = r.last_step + 1 - r.first_step;
    if (r.difference) {
        const auto& d = *r.difference;
        return paint(Colour::bad, "differs") + " at step " + std::to_string(d.step) + ", " +
               time_text(d.at.wall_us) + ", input " + d.input + "\n  recorded  " +
               printable(d.recorded) + "\n  replayed  " + printable(d.replayed) + "\n" +
               (r.version == r.version_here
                    ? ""
                    : "  it was recorded by version " + printable(r.version) +
                          ", and this is " + r.version_here + "\n");
    }
    std::string out = paint(Colour::good, "same") + ": " + std::to_string(count) +
                      " steps came out as they were recorded, byte for byte\n";
    if (!r.stopped.empty())
        out += paint(Colour::bad, "stopped") + ": " + printable(r.stopped) + "\n";
    if (r.is_complete) out += "the recording ends: " + printable(r.last_words) + "\n";
    return out;
}

}  // namespace

int replay_command(Context& c) {
    ha::ReplayOptions options;
    options.file = c.arguments.words[0];
    options.group = c.arguments.group;
    if (!take_until(c.arguments.until, options)) {
        c.err << "hactl: --until takes the number of a step or a time such as '2026-11-29 "
                 "14:41:28.5', not '" << c.arguments.until << "'\n";
        return k_exit_usage;
    }
    ha::ReplayListener listener;
    listener.line = [&](const ha::ReplayLine& line) {
        if (!c.arguments.is_quiet)
            c.out << (c.arguments.is_json ? Json({{"line", json_of(line)}}).dump()
                                          : show_line(line, c.paint)) << "\n";
    };
    if (c.arguments.is_telling_events)
        listener.notice = [&](const ha::Notice& notice) {
            const auto json = Json::parse(ha::to_json(notice));
            c.out << (c.arguments.is_json ? Json({{"event", json}}).dump()
                                          : "  " + show_event(json, c.paint)) << "\n";
        };
    ha::ReplayReport report;
    try {
        report = ha::replay(options, listener);
    } catch (const ha::Error& error) {
        if (c.arguments.is_json)
            c.out << Json({{"code", ha::to_string(error.code())}, {"message", error.what()}}).dump()
                  << "\n";
        c.err << "hactl: " << printable(error.what()) << "\n";
        return k_exit_refused;
    }
    if (c.arguments.is_json) {
        c.out << Json({{"report", json_of(report)}}).dump() << "\n";
    } else {
        c.out << show_head(report) << show_verdict(report, c.paint);
        if (report.explanation)
            c.out << "\n" << show_explanation_in_full(Json::parse(ha::to_json(*report.explanation)),
                                                      c.paint);
    }
    return !report.difference && report.stopped.empty() ? k_exit_ok : k_exit_refused;
}

}  // namespace hactl
