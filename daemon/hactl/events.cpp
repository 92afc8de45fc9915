// Events: what happened, and what happens.
#include "show.hpp"

namespace hactl {

namespace {

Colour colour_of_severity(const std::string& severity) {
    if (severity == "error" || severity == "alert") return Colour::bad;
    if (severity == "warning") return Colour::busy;
    if (severity == "debug") return Colour::dim;
    return Colour::none;
}

/// All there are, which takes several questions: one answer holds a limited number.
int list_events(Context& c) {
    auto all = Json::array();
    Json answer;
    auto after = c.arguments.since;
    std::string start;
    for (;;) {
        answer = c.get("/v1/events?limit=1000&since=" + std::to_string(after) + start);
        const auto& events = answer.at("events");
        if (events.empty()) break;
        if (answer.value("reset", false)) all.clear();  // the daemon began anew between two answers
        for (const auto& event : events) {
            if (c.arguments.is_json)
                all.push_back(event);
            else
                c.out << show_event(event, c.paint) << "\n";
        }
        after = answer.at("next").get<std::uint64_t>();
        start = "&start=" + std::to_string(answer.at("start").get<std::uint64_t>());
    }
    if (!c.arguments.is_json) return k_exit_ok;
    answer["events"] = std::move(all);
    c.out << answer.dump(2) << "\n";
    return k_exit_ok;
}

bool show_line(Context& c, const std::string& line) {
    const auto event = Json::parse(line, nullptr, false);
    if (!event.is_object() || event.value("name", "") == "alive") return true;
    c.out << (c.arguments.is_json ? line : show_event(event, c.paint)) << "\n" << std::flush;
    return static_cast<bool>(c.out);
}

}  // namespace

std::string show_event(const Json& event, const Paint& paint) {
    const auto severity = event.value("severity", std::string());
    std::string out = paint(Colour::dim, time_text(event.value("wall_us", std::int64_t{0}))) + " ";
    out += paint(colour_of_severity(severity),
                 severity + std::string(severity.size() < 7 ? 7 - severity.size() : 0, ' ') + " " +
                     printable(event.value("name", std::string())));
    if (const auto object = event.value("object", std::string()); !object.empty())
        out += " " + paint(Colour::bold, printable(object));
    const auto parameters = event.value("parameters", Json::object());
    for (const auto& [name, value] : parameters.items())
        if (value.is_string())
            out += " " + paint(Colour::dim, name + "=") + printable(value.get<std::string>());
    return out;
}

int events_command(Context& c) {
    const auto since = std::to_string(c.arguments.since);
    if (!c.arguments.is_following) return list_events(c);
    std::string rest;
    follow(c.arguments.socket, "/v1/events?follow=1&since=" + since, [&](const std::string& data) {
        rest += data;
        for (auto end = rest.find('\n'); end != rest.npos; end = rest.find('\n')) {
            if (!show_line(c, rest.substr(0, end))) return false;
            rest.erase(0, end + 1);
        }
        return true;
    });
    c.err << "hactl: the daemon has ended the stream\n";
    return k_exit_unreachable;
}

}  // namespace hactl
