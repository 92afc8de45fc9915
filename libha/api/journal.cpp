// From the engine's journal to the API's decisions: names in place of numbers, wall time beside the
// boot clock.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "api/cluster_impl.hpp"
#include "runtime/machine.hpp"

namespace ha {

namespace {

/// Knows the names, and what the wall clock shows against the boot clock.
class Teller {
   public:
    Teller(const model::ClusterSpec& spec, Duration offset) : spec_(spec), offset_(offset) {}

    Decision decision_of(const engine::JournalStory& story) const;

   private:
    std::string name(NodeId node) const { return node ? model::name_of(spec_, node) : ""; }
    Moment moment(Instant at) const { return {at.ns, (at.ns + offset_.count()) / 1000}; }
    std::string name(InterconnectId id) const {
        for (const auto& one : spec_.interconnects)
            if (one.id == id) return one.name;
        return std::to_string(id.value);
    }
    DecisionEvidence evidence_of(const engine::JournalEntry& entry) const;
    std::vector<DecisionPhase> phases_of(const engine::JournalEntry& entry) const;

    const model::ClusterSpec& spec_;
    Duration offset_;
};

DecisionEvidence Teller::evidence_of(const engine::JournalEntry& entry) const {
    const auto& from = *entry.evidence;
    DecisionEvidence out;
    out.node = name(from.about);
    out.reason = from.reason;
    out.is_of_leader = from.is_of_leader;
    const auto& decided = entry.phase(engine::Phase::decided);
    const auto at = decided && from.is_of_leader ? std::min(decided->at, from.down_at)
                                                 : from.down_at;
    for (const auto& path : from.paths) {
        auto& to = out.paths.emplace_back();
        to.interconnect = name(path.interconnect);
        if (!path.last_heard) continue;
        to.last_heard = moment(*path.last_heard);
        to.silence = at - *path.last_heard;
    }
    for (const auto& word : from.words)
        (word.is_hearing ? out.heard_by : out.silent_for).push_back(name(word.node));
    return out;
}

std::vector<DecisionPhase> Teller::phases_of(const engine::JournalEntry& entry) const {
    std::vector<DecisionPhase> out;
    for (std::size_t i = 0; i < engine::k_phases; i++) {
        const auto phase = static_cast<engine::Phase>(i);
        const auto& mark = entry.phase(phase);
        if (!mark && !has_phase(entry.kind, entry.trigger, phase)) continue;
        auto& to = out.emplace_back(DecisionPhase{to_string(phase), "not_seen", {}});
        if (!mark) continue;
        to.seen = mark->is_told ? "told" : "here";
        to.at = moment(mark->at);
    }
    return out;
}

Decision Teller::decision_of(const engine::JournalStory& story) const {
    const auto& entry = story.entry;
    const auto account = account_of(story);
    Decision out;
    out.number = entry.number;
    out.kind = to_string(entry.kind);
    out.outcome = to_string(entry.outcome);
    out.from = name(entry.from);
    out.to = name(entry.to);
    out.trigger = to_string(entry.trigger);
    out.trigger_node = name(entry.trigger_node);
    out.trigger_text = entry.trigger_text;
    out.reason = entry.reason;
    out.leader = name(entry.leader);
    out.term = entry.term.value;
    out.index = entry.index.value;
    out.replay = to_string(account.replay);
    if (account.decision) {
        out.rule = account.decision->rule;
        out.reason = account.decision->reason;
        for (const auto& one : account.decision->rejected)
            out.rejected.push_back({name(one.node), one.rule, one.reason});
    }
    if (!story.inputs.empty()) {
        std::array<char, 24> digits{};
        std::snprintf(digits.data(), digits.size(), "%016llx",
                      static_cast<unsigned long long>(account.digest));
        out.inputs = digits.data();
    }
    if (entry.evidence) out.evidence = evidence_of(entry);
    for (const auto& lease : entry.leases)
        out.leases.push_back({name(lease.node), lease.over_at ? moment(*lease.over_at) : Moment{}});
    out.phases = phases_of(entry);
    return out;
}

}  // namespace

Duration clock_offset() {
    const auto wall = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<Duration>(wall) - (runtime::now() - Instant{});
}

std::vector<Decision> to_decisions(const model::ClusterSpec& spec,
                                   const std::vector<engine::JournalStory>& stories,
                                   Duration offset) {
    const Teller teller(spec, offset);
    std::vector<Decision> out;
    for (const auto& story : stories) out.push_back(teller.decision_of(story));
    return out;
}

}  // namespace ha
