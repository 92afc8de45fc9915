// What a configuration promises: who can own a group, and for how long it can be away.
#include "config/safety.hpp"

#include <array>
#include <cstdio>

#include "show.hpp"

namespace hactl {

namespace {

std::string time_of(double ms) {
    std::array<char, 48> text{};
    const auto size = ms >= 1000 ? std::snprintf(text.data(), text.size(), "%.2f s", ms / 1000)
                                 : std::snprintf(text.data(), text.size(), "%.0f ms", ms);
    return std::string(text.data(), static_cast<std::size_t>(size));
}

std::string words_of(const std::string& event) {
    if (event == "node_lost") return "its node is lost";
    if (event == "resource_failed") return "it fails where it runs";
    return "it is moved";
}

std::string sum_of(const Json& outage) {
    const auto waits = text_of(outage, "waits_for");
    const auto sum = time_of(outage.value("sum_ms", 0.0));
    return waits.empty() ? "at most " + sum : sum + ", and then it waits for " + waits;
}

std::string show_measured(const Json& measured) {
    if (!measured.is_object()) return "not measured here yet";
    std::string steps;
    for (const auto& one : measured.value("phases", Json::array()))
        steps += (steps.empty() ? "" : ", ") + text_of(one, "phase") + " " +
                 time_of(one.value("ms", 0.0));
    const auto began = measured.value("began", Json::object());
    const auto wall = began.is_object() ? began.value("wall_us", std::int64_t{0}) : 0;
    return "measured " + time_of(measured.value("ms", 0.0)) +
           (wall > 0 ? " at " + time_text(wall) : "") + ": " + steps;
}

std::string show_outage(const Json& outage, const Paint& paint) {
    auto out = "  " + words_of(text_of(outage, "event")) + ": " +
               paint(text_of(outage, "waits_for").empty() ? Colour::none : Colour::busy,
                     printable(sum_of(outage))) + "\n";
    Table table({"", "", ""});
    for (const auto& one : outage.value("parts", Json::array()))
        table.add({{time_of(one.value("ms", 0.0)) + (is_set(one, "assumed") ? " ?" : "")},
                   {text_of(one, "name")},
                   {text_of(one, "text"), Colour::dim}});
    if (!table.empty()) {
        const auto text = table.text(paint, "    ");
        out += text.substr(text.find('\n') + 1);
    }
    return out + "    " + paint(Colour::dim, printable(show_measured(outage.value("measured",
                                                                                  Json())))) + "\n";
}

std::string owners_line(const Json& group, const Paint& paint) {
    const bool is_possible = is_set(group, "two_owners_possible");
    auto out = "  two owners: " + paint(is_possible ? Colour::bad : Colour::good,
                                        printable(text_of(group, "answer"))) +
               paint(Colour::dim, " [" + text_of(group, "rule") + "]") + "\n";
    if (is_possible) out += "    " + printable(text_of(group, "counter_example")) + "\n";
    return out;
}

template <class T>
double in_ms(T time) {
    return static_cast<double>(time.count()) / 1e6;
}

}  // namespace

std::string show_safety(const Json& groups, const Paint& paint) {
    std::string out;
    for (const auto& group : groups) {
        out += paint(Colour::bold, text_of(group, "group")) + "\n" + owners_line(group, paint);
        for (const auto& one : group.value("outages", Json::array()))
            out += show_outage(one, paint);
        for (const auto& one : group.value("warnings", Json::array()))
            if (one.is_string())
                out += "  " + paint(Colour::busy, "! " + printable(one.get<std::string>())) + "\n";
    }
    if (out.empty()) return "there are no groups\n";
    const auto note = paint(Colour::dim, "? nothing in the configuration bounds it: assumed here");
    return out + note + "\n";
}

/// One line for each group, and what is not good.
std::string show_safety_briefly(const Json& groups, const Paint& paint) {
    std::string out;
    for (const auto& group : groups) {
        const bool is_possible = is_set(group, "two_owners_possible");
        out += "group " + text_of(group, "group") + ": " +
               paint(is_possible ? Colour::bad : Colour::good,
                     is_possible ? "two owners are possible" : "never two owners");
        const auto& outages = group.value("outages", Json::array());
        if (!outages.empty()) out += "; when its node is lost: " + printable(sum_of(outages[0]));
        out += "\n";
        for (const auto& one : group.value("warnings", Json::array()))
            if (one.is_string())
                out += paint(Colour::busy, "warning: ") + "group " + text_of(group, "group") +
                       ": " + printable(one.get<std::string>()) + "\n";
    }
    return out;
}

Json safety_of(const ha::model::ClusterSpec& spec) {
    auto out = Json::array();
    for (const auto& group : ha::config::safety_of(spec)) {
        auto outages = Json::array();
        for (const auto& one : group.outages) {
            auto parts = Json::array();
            for (const auto& part : one.parts)
                parts.push_back({{"name", part.name}, {"ms", in_ms(part.time)},
                                 {"assumed", part.is_assumed}, {"text", part.text}});
            outages.push_back({{"event", one.event}, {"sum_ms", in_ms(one.sum())},
                               {"parts", std::move(parts)}, {"waits_for", one.open_end},
                               {"measured", nullptr}});
        }
        out.push_back({{"group", group.group}, {"two_owners_possible", group.can_have_two_owners},
                       {"rule", group.rule}, {"answer", group.answer},
                       {"counter_example", group.counter_example},
                       {"outages", std::move(outages)}, {"warnings", group.warnings}});
    }
    return out;
}

}  // namespace hactl
