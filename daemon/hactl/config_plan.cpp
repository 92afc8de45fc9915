// What a configuration would change, as the daemon found it, for people.
#include "show.hpp"

namespace hactl {

namespace {

/// A value of the configuration that is not too long for a line.
std::string short_value(const std::string& value) {
    constexpr std::size_t k_width = 48;
    return value.size() <= k_width ? value : value.substr(0, k_width - 3) + "...";
}

std::string what_changes(const Json& change) {
    const auto before = text_of(change, "before"), after = text_of(change, "after");
    if (before.empty() && after.empty()) return {};
    if (before.empty()) return short_value(after);
    return short_value(before) + " -> " + short_value(after);
}

std::string effect_of(const Json& change, const Json& stopped) {
    const auto effect = text_of(change, "effect"), group = text_of(change, "group");
    if (effect == "online") return "at once";
    for (const auto& one : stopped)
        if (one == group) return effect == "stops_group" ? "stops " + group : "restarts " + group;
    return "at once, the group does not run";
}

std::string line(const char* what, const Json& names) {
    const auto list = join(names);
    return list.empty() ? "" : std::string(what) + list + "\n";
}

}  // namespace

std::string show_plan(const Json& plan, const Paint& paint) {
    if (!plan.is_object()) return {};
    const auto revision = std::to_string(plan.value("revision", 0));
    const auto& changes = plan.value("changes", Json::array());
    if (changes.empty()) return "nothing changes: it is revision " + revision + ", in force\n";
    const auto& stopped = plan.value("stopped", Json::array());
    Table table({"CHANGE", "FROM -> TO", "TAKES EFFECT", "NOTE"});
    for (const auto& one : changes) {
        const bool is_online = text_of(one, "effect") == "online";
        table.add({{text_of(one, "path")},
                   {what_changes(one)},
                   {effect_of(one, stopped), is_online ? Colour::good : Colour::busy},
                   {text_of(one, "note"), Colour::dim}});
    }
    auto out = "against revision " + revision + ", which is in force:\n" + table.text(paint);
    out += line("stopped for it, and started again unless removed: ", stopped);
    for (const auto& one : plan.value("moved", Json::array())) out += show_explanation(one, paint);
    out += line("untouched: ", plan.value("untouched", Json::array()));
    if (const auto refusal = text_of(plan, "refusal"); !refusal.empty())
        out += paint(Colour::bad, "it can not be applied now: " + printable(refusal)) + "\n";
    else if (!stopped.empty())
        out += "it has to be allowed: 'hactl config apply FILE --stop-groups'\n";
    return out;
}

}  // namespace hactl
