// The journal: reading it again. The planner is run on what it was given, and what it says is held
// against what was committed.
#include <algorithm>
#include <set>

#include "engine/journal.hpp"
#include "engine/plan_filter.hpp"
#include "model/codec.hpp"

namespace ha::engine {

using model::Command;

namespace {

model::ResourceSpec small_copy_of(const model::ResourceSpec& resource) {
    model::ResourceSpec out;
    out.id = resource.id;
    out.name = resource.name;
    out.type = resource.type;
    out.requirement = resource.requirement;
    out.start = resource.start;
    out.stop = resource.stop;
    out.probe_timeout = resource.probe_timeout;
    return out;
}

/// The one with the strongest requirement, and those that were found somewhere.
std::vector<model::ResourceSpec> resources_that_count(const model::GroupSpec& group,
                                                      const model::ClusterState& state) {
    std::set<ResourceId> kept;
    const auto strongest = std::max_element(
        group.resources.begin(), group.resources.end(),
        [](const auto& a, const auto& b) { return a.requirement < b.requirement; });
    if (strongest != group.resources.end()) kept.insert(strongest->id);
    if (const auto record = state.groups.find(group.id); record != state.groups.end())
        for (const auto& [node, found] : record->second.found) kept.insert(found.resource);
    std::vector<model::ResourceSpec> out;
    for (const auto& resource : group.resources)
        if (kept.contains(resource.id)) out.push_back(small_copy_of(resource));
    return out;
}

}  // namespace

/// Of each group the resources are left that count; nothing of monitors, addresses and parameters.
/// What the rules read is as it was, names among it.
model::ClusterState essence_of(const model::ClusterState& state) {
    model::ClusterState out;
    out.cluster_version = state.cluster_version;
    out.spec.revision = state.spec.revision;
    out.spec.name = state.spec.name;
    out.spec.quorum = state.spec.quorum;
    out.spec.tie_breaker = state.spec.tie_breaker;
    out.spec.quorum_loss = state.spec.quorum_loss;
    out.spec.timing = state.spec.timing;
    out.spec.parallel_operations = state.spec.parallel_operations;
    for (const auto& node : state.spec.nodes) {
        model::NodeSpec small;
        small.id = node.id;
        small.name = node.name;
        small.rank = node.rank;
        small.capacity = node.capacity;
        out.spec.nodes.push_back(std::move(small));
    }
    for (const auto& group : state.spec.groups) {
        model::GroupSpec small;
        small.id = group.id;
        small.name = group.name;
        small.startup = group.startup;
        small.failover = group.failover;
        small.failback = group.failback;
        small.exclusion = group.exclusion;
        small.policy = group.policy;
        small.failback_delay = group.failback_delay;
        small.ban_expiry = group.ban_expiry;
        small.retry_delay = group.retry_delay;
        small.priority = group.priority;
        small.failover_limit = group.failover_limit;
        small.preempts = group.preempts;
        small.start_after = group.start_after;
        small.stop_before = group.stop_before;
        small.labels = group.labels;
        small.near = group.near;
        small.apart = group.apart;
        small.uses = group.uses;
        small.resources = resources_that_count(group, state);
        out.spec.groups.push_back(std::move(small));
    }
    out.nodes = state.nodes;
    out.groups = state.groups;
    out.incarnation_floor = state.incarnation_floor;
    out.unbound = state.unbound;
    return out;
}

Replayed replay(const JournalInput& input) {
    Replayed out;
    auto state = model::decode_state(input.state);
    const auto commands = model::decode_commands(input.commands);
    if (!state || !commands) return out;
    const model::Position position{input.index, input.term};
    const std::size_t tries = input.is_of_leader ? 0 : k_limit_replay_tries;
    for (std::size_t from = 0; from <= std::min(tries, commands->size()); from++) {
        if (from != 0) {
            const auto& skipped = (*commands)[from - 1];
            if (std::holds_alternative<model::Give>(skipped)) break;  // nobody else gives
            model::apply(*state, position, skipped);
        }
        auto plan = placement::plan(*state, input.view);
        plan.commands = without_frozen(*state, std::move(plan.commands));
        if (!std::equal(plan.commands.begin(), plan.commands.end(),
                        commands->begin() + static_cast<std::ptrdiff_t>(from), commands->end()))
            continue;
        out.is_same = true;
        out.commands = std::move(plan.commands);
        out.decisions = std::move(plan.decisions);
        break;
    }
    return out;
}

namespace {

bool is_about(const Command& command, GroupId group) {
    return std::visit(
        [&](const auto& c) {
            if constexpr (requires { c.group; })
                return c.group == group;
            else
                return false;
        },
        command);
}

}  // namespace

/// The newest decision counts: where it was given to says more than that it had to leave.
JournalAccount account_of(const JournalStory& story) {
    JournalAccount out;
    const auto& entry = story.entry;
    if (story.inputs.empty() && !entry.is_unplanned) return out;
    out.replay = ReplayResult::no_plan;
    bool is_any_different = false;
    bool is_given_kept = !entry.given_index;
    for (const auto& input : story.inputs) {
        out.digest = input.digest;
        is_given_kept = is_given_kept || input.index == entry.given_index;
        auto replayed = replay(input);
        if (!replayed.is_same) {
            is_any_different = is_any_different || input.is_of_leader;
            out.replay = ReplayResult::other_view;
            out.decision.reset();
            continue;
        }
        const bool is_planned =
            std::any_of(replayed.commands.begin(), replayed.commands.end(),
                        [&](const auto& command) { return is_about(command, entry.group); });
        if (!is_planned) continue;
        out.replay = ReplayResult::same;
        for (auto& decision : replayed.decisions)
            if (decision.group == entry.group) out.decision = std::move(decision);
    }
    if (!is_given_kept) out.replay = ReplayResult::not_kept;
    if (is_any_different) out.replay = ReplayResult::different;
    return out;
}

bool has_phase(JournalKind kind, Trigger trigger, Phase phase) noexcept {
    const bool is_down = trigger == Trigger::node_down;
    switch (phase) {
        case Phase::last_heard:
        case Phase::suspected:
        case Phase::down: return is_down;
        case Phase::decided: return true;
        case Phase::evicted:
            return kind == JournalKind::failover || kind == JournalKind::move ||
                   kind == JournalKind::failback || kind == JournalKind::hand_over;
        case Phase::stop_begun:
            return kind == JournalKind::stop || has_phase(kind, trigger, Phase::evicted);
        case Phase::released:
            return kind != JournalKind::start && kind != JournalKind::stay && !is_down;
        case Phase::given:
        case Phase::clear:
        case Phase::start_begun:
        case Phase::online:
            return kind != JournalKind::stop && kind != JournalKind::release &&
                   kind != JournalKind::stay;
    }
    return false;
}

const char* to_string(JournalKind kind) noexcept {
    switch (kind) {
        case JournalKind::start: return "start";
        case JournalKind::takeover: return "takeover";
        case JournalKind::failover: return "failover";
        case JournalKind::move: return "move";
        case JournalKind::failback: return "failback";
        case JournalKind::hand_over: return "hand_over";
        case JournalKind::stop: return "stop";
        case JournalKind::release: return "release";
        case JournalKind::stay: return "stay";
    }
    return "unknown";
}

const char* to_string(Trigger trigger) noexcept {
    switch (trigger) {
        case Trigger::node_down: return "node_down";
        case Trigger::node_leaving: return "node_leaving";
        case Trigger::node_returned: return "node_returned";
        case Trigger::released: return "released";
        case Trigger::failure: return "failure";
        case Trigger::request: return "request";
        case Trigger::configuration: return "configuration";
        case Trigger::policy: return "policy";
        case Trigger::wanted: return "wanted";
    }
    return "unknown";
}

const char* to_string(JournalOutcome outcome) noexcept {
    switch (outcome) {
        case JournalOutcome::under_way: return "under_way";
        case JournalOutcome::done: return "done";
        case JournalOutcome::overtaken: return "overtaken";
    }
    return "unknown";
}

const char* to_string(Phase phase) noexcept {
    switch (phase) {
        case Phase::last_heard: return "last_heard";
        case Phase::suspected: return "suspected";
        case Phase::decided: return "decided";
        case Phase::evicted: return "evicted";
        case Phase::stop_begun: return "stop_begun";
        case Phase::released: return "released";
        case Phase::down: return "down";
        case Phase::given: return "given";
        case Phase::clear: return "clear";
        case Phase::start_begun: return "start_begun";
        case Phase::online: return "online";
    }
    return "unknown";
}

const char* to_string(ReplayResult result) noexcept {
    switch (result) {
        case ReplayResult::same: return "same";
        case ReplayResult::different: return "different";
        case ReplayResult::other_view: return "other_view";
        case ReplayResult::not_kept: return "not_kept";
        case ReplayResult::no_plan: return "no_plan";
    }
    return "unknown";
}

}  // namespace ha::engine
