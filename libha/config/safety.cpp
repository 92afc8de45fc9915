// Safety: can two nodes ever own a group at once, by which rule not, or how.
#include "config/safety.hpp"

#include <algorithm>

#include "config/safety_outage.hpp"
#include "config/words.hpp"

namespace ha::config {

namespace {

using model::ClusterSpec;
using model::GroupSpec;
using model::QuorumPolicy;
using model::Requirement;
using model::ResourceSpec;
using model::TieBreaker;

/// Why two owners are possible; the first that is found, gravest first.
struct Danger {
    std::string rule;
    std::string answer;
    std::string story;
};

struct Cast {
    std::string first = "one node", second = "another";
};

/// Names for the two nodes of a story.
Cast cast_of(const ClusterSpec& spec, const GroupSpec& group) {
    Cast out;
    if (!group.policy.empty()) out.first = "node " + model::name_of(spec, group.policy[0]);
    if (group.policy.size() > 1) out.second = "node " + model::name_of(spec, group.policy[1]);
    return out;
}

std::optional<Danger> danger_of_requirement(const ClusterSpec& spec, const GroupSpec& group) {
    const auto cast = cast_of(spec, group);
    for (const auto& one : group.resources) {
        if (one.requirement != Requirement::nothing) continue;
        return Danger{"requires_nothing",
                      "yes: resource " + one.name + " requires nothing, so no lease ends it",
                      cast.first + " is cut off and runs on; the others declare it down, and " +
                          cast.second + " starts the group: resource " + one.name +
                          " runs on both until the network heals"};
    }
    return {};
}

std::optional<Danger> danger_of_quorum(const ClusterSpec& spec, const GroupSpec& group) {
    if (spec.quorum != QuorumPolicy::two_node) return {};
    if (model::requirement_of(group) == Requirement::fencing) return {};
    const auto cast = cast_of(spec, group);
    const auto cut = "the network between " + cast.first + " and " + cast.second + " is cut; ";
    switch (spec.tie_breaker) {
        case TieBreaker::fencing: return {};
        case TieBreaker::none:
            return Danger{"no_tie_breaker", "yes: two nodes, and nothing decides between them",
                          cut + "each finds the other silent, goes on alone, and runs the group"};
        case TieBreaker::ping:
        case TieBreaker::http:
            return Danger{"weak_tie_breaker",
                          "yes: the tie breaker is asked whether it answers, not who may go on",
                          cut + "both still reach " +
                              (spec.tie_breaker_targets.empty() ? std::string("the target")
                                                                : spec.tie_breaker_targets[0]) +
                              ", and each goes on alone with the group"};
    }
    return {};
}

/// What is not made harmless by the end of the lease may run on for a while beside the new owner.
std::optional<Danger> danger_of_severing(const ClusterSpec& spec, const GroupSpec& group,
                                         const SafetyFacts& facts) {
    if (!facts.types.find) return {};
    const auto cast = cast_of(spec, group);
    for (const auto& one : group.resources) {
        const auto* type = facts.types.find(HA_KIND_RESOURCE, one.type);
        if (type == nullptr || one.requirement != Requirement::quorum) continue;
        const bool can_sever = (type->flags & HA_TYPE_CAN_SEVER) != 0;
        const Duration bound{type->sever_bound_ns};
        if (can_sever && bound <= spec.timing.sever_bound) continue;
        const auto takes = can_sever ? "takes up to " + show_time(bound) + ", sever_bound is " +
                                           show_time(spec.timing.sever_bound)
                                     : "can only be stopped, which takes up to " +
                                           show_time(one.stop.timeout);
        return Danger{"slow_to_sever",
                      "yes, for a while: resource " + one.name + " " + takes,
                      cast.first + " loses its lease; " + cast.second +
                          " starts the group when the lease is over, and " + one.name +
                          " has not ended on " + cast.first + " yet"};
    }
    return {};
}

std::optional<Danger> danger_of_guard(const ClusterSpec& spec, const GroupSpec& group,
                                      const SafetyFacts& facts) {
    if (facts.has_guard.value_or(true)) return {};
    if (model::requirement_of(group) == Requirement::fencing) return {};
    const auto cast = cast_of(spec, group);
    return Danger{"no_guard", "yes, while a daemon is stopped: nothing severs in its place",
                  "had on " + cast.first + " is stopped, or starved, for longer than lease " +
                      show_time(spec.timing.lease) + "; " + cast.second +
                      " starts the group, which runs on " + cast.first + " until had goes on"};
}

/// Release by time, for what requires fencing (F21). What each watchdog is stands in the status of
/// its node: the configuration does not know it.
std::string word_of_watchdogs(const ClusterSpec& spec, const GroupSpec& group) {
    if (!model::binds_to_stop(spec) || spec.quorum != model::QuorumPolicy::majority) return {};
    std::string without;
    bool is_any = false;
    for (const auto id : group.policy) {
        const auto* node = model::find_node(spec, id);
        if (node == nullptr) continue;
        is_any = is_any || !node->clock_may_stop;
        if (node->clock_may_stop) without += (without.empty() ? "" : ", ") + node->name;
    }
    if (!is_any) return {};
    return ", was reset by a watchdog that it had verified" +
           (without.empty() ? "" : " (never on " + without + ": the clock may stop)");
}

void judge_owners(const ClusterSpec& spec, const GroupSpec& group, const SafetyFacts& facts,
                  GroupSafety& out) {
    auto danger = danger_of_requirement(spec, group);
    if (!danger) danger = danger_of_quorum(spec, group);
    // Who keeps what it runs is waited for, so nothing has to end in time.
    const bool has_to_end = model::binds_to_stop(spec);
    if (!danger && has_to_end) danger = danger_of_severing(spec, group, facts);
    if (!danger && has_to_end) danger = danger_of_guard(spec, group, facts);
    if (danger) {
        out.can_have_two_owners = true;
        out.rule = danger->rule;
        out.answer = danger->answer;
        out.counter_example = danger->story;
        return;
    }
    const bool is_fenced = spec.quorum == QuorumPolicy::two_node && !has_to_end;
    if (model::requirement_of(group) == Requirement::fencing || is_fenced) {
        out.rule = "fencing";
        out.answer = "no: it is started elsewhere only when its node has released it, is made "
                     "harmless by a fence device" +
                     word_of_watchdogs(spec, group) + ", or an operator says that it is off";
        return;
    }
    if (!has_to_end) {
        out.rule = "quorum_loss";
        out.answer = "no: a node without a quorum keeps it, and it is started elsewhere only when "
                     "that node is back, has booted anew, or an operator says that it is off";
        return;
    }
    out.rule = "lease";
    out.answer = "no: a lease by a quorum of voters ends, and with it what runs there, before "
                 "another node starts it";
    if (!facts.has_guard)
        out.answer += "; while had is stopped that rests on ha-guard, see the status of each node";
}

/// What differs from the type's own requirement was lowered by hand.
void warn_of_lowered(const GroupSpec& group, const SafetyFacts& facts, GroupSafety& out) {
    if (!facts.types.find) return;
    for (const auto& one : group.resources) {
        const auto* type = facts.types.find(HA_KIND_RESOURCE, one.type);
        if (type == nullptr || static_cast<std::uint32_t>(one.requirement) >= type->requirement)
            continue;
        out.warnings.push_back("resource " + one.name + " requires less than its type " +
                               one.type + " does: 'requires' was lowered to " +
                               word_of(one.requirement));
    }
}

void warn(const ClusterSpec& spec, const GroupSpec& group, const SafetyFacts& facts,
          GroupSafety& out) {
    if (out.can_have_two_owners) out.warnings.push_back("two owners are possible: " + out.answer);
    warn_of_lowered(group, facts, out);
    for (const auto& outage : out.outages) {
        if (outage.open_end.empty() || outage.event == "moved") continue;
        const auto* when = outage.event == "node_lost" ? "when its node is lost" : "when it fails";
        out.warnings.push_back(std::string(when) + " it waits for " + outage.open_end);
    }
    if (spec.nodes.size() > 1 && spec.interconnects.size() == 1)
        out.warnings.push_back("there is one interconnect: one cable is all the evidence that a "
                               "node is down");
}

}  // namespace

std::vector<GroupSafety> safety_of(const ClusterSpec& spec, const SafetyFacts& facts) {
    std::vector<GroupSafety> out;
    for (const auto& group : spec.groups) {
        GroupSafety one;
        one.group = group.name;
        judge_owners(spec, group, facts, one);
        one.outages = outages_of(spec, group);
        warn(spec, group, facts, one);
        out.push_back(std::move(one));
    }
    return out;
}

}  // namespace ha::config
