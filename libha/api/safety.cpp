// Safety: what the configuration promises, beside what was measured.
#include "config/safety.hpp"

#include <algorithm>

#include "api/cluster_impl.hpp"

namespace ha {

namespace {

/// So many decisions of a group are looked through for a measured one.
constexpr std::size_t k_limit_decisions_searched = 64;

/// The kinds of decisions that are outages of this event.
bool is_of(const std::string& event, const Decision& decision) {
    if (event == "node_lost") return decision.kind == "takeover";
    if (event == "resource_failed") return decision.kind == "failover";
    return decision.kind == "move" || decision.kind == "failback" || decision.kind == "hand_over";
}

/// The phase with which the group went away: nobody knows the moment of a failure better.
const char* first_phase(const std::string& event) {
    if (event == "node_lost") return "last_heard";
    return event == "moved" ? "stop_begun" : "decided";
}

std::optional<OutageMeasured> measured(const std::string& event,
                                       const std::vector<Decision>& decisions) {
    for (const auto& decision : decisions) {
        if (decision.outcome != "done" || !is_of(event, decision)) continue;
        OutageMeasured out;
        auto last = Moment{};
        for (const auto& phase : decision.phases) {
            if (phase.at.boot_ns == 0) continue;
            if (phase.name == first_phase(event)) out.began = last = phase.at;
            if (last.boot_ns == 0 || phase.at.boot_ns <= last.boot_ns) continue;
            out.parts.emplace_back(phase.name, Duration{phase.at.boot_ns - last.boot_ns});
            last = phase.at;
        }
        const bool is_whole = out.began.boot_ns != 0 && !out.parts.empty() &&
                              out.parts.back().first == "online";
        if (!is_whole) continue;
        out.time = Duration{last.boot_ns - out.began.boot_ns};
        return out;
    }
    return {};
}

std::vector<Decision> decisions_of(const std::shared_ptr<runtime::Node>& node,
                                   const std::string& group) {
    if (!node) return {};
    const auto spec = node->spec();
    if (!spec) return {};
    const auto* found = model::find_group(*spec, group);
    if (found == nullptr) return {};
    const auto stories = node->journal(found->id, k_limit_decisions_searched);
    if (!stories) return {};
    return to_decisions(*spec, *stories, clock_offset());
}

}  // namespace

std::vector<GroupSafety> to_safety(const std::shared_ptr<runtime::Node>& node,
                                   const model::ClusterSpec& spec,
                                   const config::TypeCatalog& types) {
    std::vector<GroupSafety> out;
    for (auto& from : config::safety_of(spec, {types, {}})) {
        GroupSafety to{std::move(from.group), from.can_have_two_owners,
                       std::move(from.rule), std::move(from.answer),
                       std::move(from.counter_example), {}, std::move(from.warnings)};
        const auto decisions = decisions_of(node, to.group);
        for (auto& outage : from.outages) {
            Outage one{outage.event, outage.sum(), {}, std::move(outage.open_end),
                       measured(outage.event, decisions)};
            for (auto& part : outage.parts)
                one.parts.push_back({std::move(part.name), part.time, part.is_assumed,
                                     std::move(part.text)});
            to.outages.push_back(std::move(one));
        }
        out.push_back(std::move(to));
    }
    return out;
}

}  // namespace ha
