// Placement in words: commands with their reasons, and the explanations.
#include "placement/plan.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "model/aging.hpp"
#include "placement/planner.hpp"

namespace ha::placement {

using model::ClusterState;
using model::StartKind;

namespace {

std::string because(const std::string& reason) { return reason.empty() ? "" : ": " + reason; }

/// Puts the decisions of a finished planner into words.
class Speaker {
   public:
    Speaker(const ClusterState& state, const Planner& planner) : state_(state), planner_(planner) {}

    void add_commands(const GroupFacts& group, std::vector<model::Command>& out) const;
    Decision decision_of(const GroupFacts& group) const;

   private:
    std::string name(NodeId id) const { return model::name_of(state_.spec, id); }
    std::string name(GroupId id) const { return model::name_of(state_.spec, id); }
    std::string reason_of(const GroupFacts& group) const;
    std::string words_of(const GroupFacts& group, NodeId node, Verdict verdict) const;
    std::string words_of_fencing(NodeId node) const;
    std::string names_of_found(const GroupFacts& group) const;
    std::string words_of_found(const GroupFacts& group) const;
    std::string words_of_keeper(NodeId node) const;
    void add_stops(const GroupFacts& group, std::vector<model::Command>& out) const;
    std::string mode_reason(NodeId node) const {
        return because(model::record_of(state_, node).mode_reason);
    }
    std::string shortage_on(const GroupFacts& group, NodeId node) const;
    bool against_taste(const GroupFacts& group, NodeId node, Rejected& out) const;
    bool against_return(const GroupFacts& group, NodeId node, Rejected& out) const;
    Rejected rejected(const GroupFacts& group, NodeId node, bool is_before) const;
    std::vector<Rejected> rejections(const GroupFacts& group) const;

    const ClusterState& state_;
    const Planner& planner_;
};

StartKind kind_of(const GroupFacts& group) {
    const auto& record = *group.record;
    if (record.owner) return StartKind::failover;
    // A start on the node where it was is none, whatever happened there.
    return group.choice.node == record.epoch.node ? StartKind::start : record.next_kind;
}

/// A move that is refused leaves the group where it is, and not free to go back somewhere.
NodeId stay_of(const GroupFacts& group) {
    const auto& policy = group.spec->policy;
    const auto is_listed =
        std::find(policy.begin(), policy.end(), group.record->owner) != policy.end();
    return is_listed ? group.record->owner : NodeId{};
}

void Speaker::add_commands(const GroupFacts& group, std::vector<model::Command>& out) const {
    const auto& choice = group.choice;
    const auto& record = *group.record;
    if (choice.refused)
        out.push_back(model::SetGoal{group.id, model::Goal::online, stay_of(group), false,
                                     "not moved to node " + name(choice.refused) + ", which " +
                                         words_of(group, choice.refused, choice.wish)});
    if (choice.is_retry) out.push_back(model::ClearBans{group.id, {}, true});
    switch (choice.act) {
        case Choice::Act::none:
            if (choice.rule == Rule::found_elsewhere) add_stops(group, out);
            return;
        case Choice::Act::give:
            out.push_back(model::Give{group.id, choice.node,
                                      model::next_incarnation(record),
                                      kind_of(group), reason_of(group)});
            return;
        case Choice::Act::evict:
            out.push_back(model::Evict{group.id, record.epoch.incarnation, choice.target, false,
                                       StartKind::move, reason_of(group)});
            return;
    }
}

std::string all_banned_text(const model::GroupSpec& spec) {
    const std::string text = "it has failed on every node of its policy that is there; ";
    if (spec.retry_delay == Duration::zero()) return text + "clear its failures";
    return text + "all are tried again after a while, or when you clear its failures";
}

constexpr const char* k_startup_wait =
    "the cluster waits for absent nodes before it places groups";
constexpr const char* k_excluded =
    "every node of its policy that could take it is occupied by an exclusive group";
constexpr const char* k_holds_on =
    " is down, and goes on without a quorum by the rules it knows: it has to come back, or be made "
    "harmless, or an operator says that it is off";

std::string Speaker::reason_of(const GroupFacts& group) const {
    const auto& choice = group.choice;
    const auto& record = *group.record;
    const auto node = "node " + name(choice.node);
    const auto owner = "node " + name(record.owner);
    const auto target = "node " + name(choice.target);
    const std::string down = record.owner ? owner + " is down; " : "";
    switch (choice.rule) {
        case Rule::as_asked: return down + node + " was asked for";
        case Rule::destination: return down + node + " is where it was to go";
        case Rule::first_in_policy: return node + " is the first of the policy";
        case Rule::next_in_policy:
        case Rule::owner_down: return down + node + " is the first of the policy that can take it";
        case Rule::found_there:
        case Rule::found_elsewhere: return down + words_of_found(group);
        case Rule::returns: return node + " is back, and failover is manual";
        case Rule::move: return target + " was asked for";
        case Rule::failback: return "failback to " + target + ", which comes earlier in the policy";
        case Rule::hand_over: return owner + " is about to stop";
        case Rule::drained: return owner + " is on standby; " + target + " can take it";
        case Rule::gives_place:
            return "gives its place on " + owner + " to group " + name(choice.other) +
                   ", which has a higher priority";
        case Rule::owner_not_in_policy:
            return owner + " is not in the policy any more; " + target + " can take it";
        case Rule::goal_offline:
            return "it is not wanted online" +
                   (record.owner ? "; " + owner + " has not released it yet" : "");
        case Rule::runs: return owner + " owns it" + because(record.reason);
        case Rule::move_refused:
            return owner + " owns it; node " + name(choice.refused) + " was asked for, but it " +
                   words_of(group, choice.refused, choice.wish);
        case Rule::evicted:
            return owner + " is stopping it" +
                   (record.target ? " for node " + name(record.target) : "") +
                   because(record.reason);
        case Rule::owner_silent: return owner + " owns it and is silent, but not declared down";
        case Rule::startup_wait: return k_startup_wait;
        case Rule::stays_on_standby:
            return owner + " is on standby, and no other node of its policy can take it now";
        case Rule::waits_for_group:
            return down + "group " + name(choice.other) + " starts before it and is not online";
        case Rule::waits_to_stop:
            return owner + " is to give it up when group " + name(choice.other) + " is stopped";
        case Rule::makes_room:
            return down + target + " can take it when groups of lower priority have left it";
        case Rule::frozen: return down + "it is frozen: whatever happens, nothing is done about it";
        case Rule::stop_failed:
            return owner + " could not stop it and still counts as its owner" +
                   because(record.reason);
        case Rule::owner_left: return owner + " has left without having released it";
        case Rule::failover_manual:
            return "node " + name(record.owner ? record.owner : record.stranded_on) +
                   " is lost and failover is manual: an operator must name a node";
        case Rule::fencing_required:
            return owner + " is down, and only fencing could release what it may still write to" +
                   words_of_fencing(record.owner);
        case Rule::owner_holds_on: return owner + k_holds_on;
        case Rule::all_banned: return all_banned_text(*group.spec);
        case Rule::failover_limit:
            return down + "it has used up its limit of failovers within an hour, which is " +
                   std::to_string(group.spec->failover_limit) +
                   "; start it, or it waits until the hour is over";
        case Rule::excluded: return k_excluded;
        case Rule::no_room:
            return "no node of its policy that could take it has enough capacity left";
        case Rule::no_node: return "no node of its policy can take it";
    }
    return {};
}

std::string Speaker::names_of_found(const GroupFacts& group) const {
    std::string out;
    for (const auto node : group.found) out += (out.empty() ? "node " : ", node ") + name(node);
    return out;
}

std::string Speaker::words_of_found(const GroupFacts& group) const {
    auto out = "it is active on " + names_of_found(group) + ", as somebody has started it there";
    if (!is_blocked(group.choice.rule)) return out;
    out += ", and has to be stopped there first";
    for (const auto node : group.found) out += words_of_keeper(node);
    return out;
}

/// Why it is not stopped there, where that is so, and what can be done.
std::string Speaker::words_of_keeper(NodeId node) const {
    const auto& facts = planner_.ground().node(node);
    const auto who = "; node " + name(node);
    switch (facts.record->status) {
        case model::NodeStatus::down:
            return who + " is down, and has to be made harmless or to be back" +
                   words_of_fencing(node);
        case model::NodeStatus::left:
        case model::NodeStatus::absent:
            return who + " has left, and has to be back, or an operator says that it is off";
        case model::NodeStatus::up:
        case model::NodeStatus::leaving: break;
    }
    if (facts.record->mode == model::NodeMode::maintenance)
        return who + " is in maintenance, where nothing is stopped: end that, or stop it by hand";
    return facts.is_member ? "" : who + " is silent";
}

/// A node in maintenance is left alone, with all that somebody does there.
void Speaker::add_stops(const GroupFacts& group, std::vector<model::Command>& out) const {
    if (group.record->owner) return;
    for (const auto node : group.found) {
        const auto& facts = planner_.ground().node(node);
        if (!facts.is_member || facts.record->mode == model::NodeMode::maintenance ||
            group.record->found.at(node).is_to_stop)
            continue;
        out.push_back(model::StopFound{group.id, node, "the group is to be started, and cannot be "
                                                       "given to that node"});
    }
}

/// How far that is, for who waits for it.
std::string Speaker::words_of_fencing(NodeId node) const {
    const auto& record = model::record_of(state_, node);
    switch (record.fencing) {
        case model::FencingState::requested:
            return "; it is being fenced" +
                   (record.fencer ? " from node " + name(record.fencer) : "") +
                   (record.fencing_count > 1 ? because(record.fencing_reason) : "");
        case model::FencingState::failed:
            return "; fencing failed and is tried again" + because(record.fencing_reason);
        case model::FencingState::confirmed:
        case model::FencingState::none: break;
    }
    return {};
}

/// The first kind of which too little is left.
std::string Speaker::shortage_on(const GroupFacts& group, NodeId node) const {
    const auto& facts = planner_.ground().node(node);
    const auto use = std::find_if(group.uses.begin(), group.uses.end(), [&](const auto& one) {
        return facts.used[one.first] + one.second > facts.capacity[one.first];
    });
    if (use == group.uses.end()) return "has too little capacity left";
    // `uses` is in the order of the names in the configuration.
    const auto at = static_cast<std::ptrdiff_t>(use - group.uses.begin());
    const auto& kind = std::next(group.spec->uses.begin(), at)->first;
    const auto capacity = facts.capacity[use->first];
    const auto left = capacity - std::min(capacity, facts.used[use->first]);
    return "has " + std::to_string(left) + " of " + std::to_string(capacity) + " " + kind +
           " left, and it uses " + std::to_string(use->second);
}

std::string Speaker::words_of(const GroupFacts& group, NodeId node, Verdict verdict) const {
    switch (verdict) {
        case Verdict::eligible: return "can take it";
        case Verdict::not_in_policy: return "is not in the policy";
        case Verdict::absent: return "has never taken part";
        case Verdict::down: return "is down";
        case Verdict::left: return "has stopped";
        case Verdict::leaving: return "is about to stop";
        case Verdict::maintenance: return "is in maintenance" + mode_reason(node);
        case Verdict::standby: return "is on standby" + mode_reason(node);
        case Verdict::isolated: return "is isolated" + mode_reason(node);
        case Verdict::silent: return "is silent";
        case Verdict::banned:
            if (const auto* ban = model::find_ban(*group.record, node))
                return (ban->is_asked ? "is not to have it: " : "has failed with it: ") +
                       ban->reason;
            return "has failed with it";
        case Verdict::exclusion:
            return "is occupied by group " + name(planner_.ground().node(node).full_by);
        case Verdict::no_room: return shortage_on(group, node);
        case Verdict::found_elsewhere:
            return "cannot have it while it is active on " + names_of_found(group) +
                   ", where somebody has started it";
    }
    return {};
}

Rejected Speaker::rejected(const GroupFacts& group, NodeId node, bool is_before) const {
    const auto verdict = planner_.judge(group, node);
    const auto rule = group.choice.rule;
    if (verdict != Verdict::eligible)
        return {node, to_string(verdict), words_of(group, node, verdict)};
    if (is_blocked(rule) || rule == Rule::goal_offline || rule == Rule::startup_wait ||
        rule == Rule::waits_for_group)
        return {node, to_string(rule), "could take it otherwise"};
    if (rule == Rule::evicted || rule == Rule::owner_silent || rule == Rule::hand_over ||
        rule == Rule::gives_place || rule == Rule::waits_to_stop)
        return {node, "not_released", "can be given it only when it is released"};
    if (rule == Rule::stays_on_standby)
        return {node, "waits_for_group",
                "could take it, but a group that starts before it is not online"};
    if (!is_before) return {node, "less_preferred", "comes later in the policy"};
    if (rule == Rule::as_asked || rule == Rule::move)
        return {node, "not_asked_for", "comes earlier in the policy, but was not asked for"};
    Rejected out{node, {}, {}};
    if (against_taste(group, node, out)) return out;
    if (group.record->is_pinned)
        return {node, "pinned", "comes earlier in the policy, but the group was asked to be here"};
    if (rule == Rule::returns) return {node, "failover_manual", "would be a failover"};
    if (group.spec->failback == model::Failback::automatic && against_return(group, node, out))
        return out;
    return {node, "failback_manual", "comes earlier in the policy, but failback is manual"};
}

/// It could take the group, but another one is nicer.
bool Speaker::against_taste(const GroupFacts& group, NodeId node, Rejected& out) const {
    const auto& ground = planner_.ground();
    out.rule.clear();
    if (ground.is_shared(group, node)) {
        out.rule = "shared";
        out.reason = "runs another exclusive group while this node is free of them";
    } else if (ground.is_beside(group, node)) {
        out.rule = "apart";
        out.reason = "runs a group from which this one is to be apart";
    } else if (ground.is_far(group, node)) {
        out.rule = "near";
        out.reason = "runs none of the groups that this one is to be near";
    }
    return !out.rule.empty();
}

/// It comes earlier in the policy, and failback is automatic.
bool Speaker::against_return(const GroupFacts& group, NodeId node, Rejected& out) const {
    if (const auto* ban = model::find_ban(*group.record, node); ban != nullptr) {
        out.rule = "failed_before";
        out.reason = "comes earlier in the policy, but had failed with it: " + ban->reason;
    } else if (!planner_.may_return(group, node)) {
        out.rule = "failback_delay";
        out.reason = "comes earlier in the policy, but has not been in service for long enough";
    } else if (group.choice.rule == Rule::runs) {
        out.rule = "waits_for_group";
        out.reason = "comes earlier in the policy, but a group that starts before it is not online";
    }
    return !out.rule.empty();
}

std::vector<Rejected> Speaker::rejections(const GroupFacts& group) const {
    const auto& choice = group.choice;
    const auto place = choice.target ? choice.target : choice.node;
    std::vector<Rejected> out;
    out.reserve(group.spec->policy.size());
    bool is_before = true;
    for (const auto node : group.spec->policy) {
        if (node == place) {
            is_before = false;
            continue;
        }
        out.push_back(rejected(group, node, is_before));
    }
    return out;
}

Decision Speaker::decision_of(const GroupFacts& group) const {
    const auto& choice = group.choice;
    return {group.id,          choice.target ? choice.target : choice.node,
            to_string(choice.rule), reason_of(group),
            is_blocked(choice.rule), rejections(group)};
}

std::vector<model::Command> commands_of(const ClusterState& state, const Planner& planner) {
    std::vector<model::Command> out;
    const Speaker speaker(state, planner);
    for (const auto& group : planner.groups()) speaker.add_commands(group, out);
    return out;
}

}  // namespace

Plan plan(const ClusterState& state, const View& view) {
    Planner planner(state, view);
    planner.run();
    Plan out;
    out.commands = commands_of(state, planner);
    const Speaker speaker(state, planner);
    out.decisions.reserve(planner.groups().size());
    for (const auto& group : planner.groups()) out.decisions.push_back(speaker.decision_of(group));
    return out;
}

std::vector<model::Command> plan_commands(const ClusterState& state, const View& view) {
    Planner planner(state, view);
    planner.run();
    return commands_of(state, planner);
}

std::vector<FenceNeed> fence_needs(const ClusterState& state, const View& view) {
    const auto may_need = [&](const auto& entry) {
        const auto& record = entry.second;
        if (record.goal != model::Goal::online) return false;
        const auto is_lost = [&](NodeId node) {
            return model::record_of(state, node).status == model::NodeStatus::down;
        };
        return (record.owner && is_lost(record.owner)) ||
               std::any_of(record.found.begin(), record.found.end(),
                           [&](const auto& found) { return is_lost(found.first); });
    };
    if (std::none_of(state.groups.begin(), state.groups.end(), may_need)) return {};
    Planner planner(state, view);
    planner.run();
    return planner.fence_needs();
}

bool fences_first(const ClusterState& state, NodeId node, NodeId other) {
    // Priorities first, then how many: groups without a priority are something to lose as well.
    const auto weight = [&](NodeId owner) {
        const auto owned = model::groups_of(state, owner);
        std::uint64_t sum = 0;
        for (const auto id : owned)
            if (const auto* group = model::find_group(state.spec, id)) sum += group->priority;
        return std::pair(sum, owned.size());
    };
    const auto ours = weight(node);
    const auto theirs = weight(other);
    if (ours != theirs) return ours > theirs;
    const auto* mine = model::find_node(state.spec, node);
    const auto* others = model::find_node(state.spec, other);
    HA_ASSERT(mine != nullptr && others != nullptr);
    return mine->rank < others->rank;
}

Decision explain(const ClusterState& state, const View& view, GroupId id) {
    Planner planner(state, view);
    planner.run();
    const auto& groups = planner.groups();
    const auto it = std::find_if(groups.begin(), groups.end(),
                                 [&](const GroupFacts& group) { return group.id == id; });
    HA_ASSERT(it != groups.end());
    return Speaker(state, planner).decision_of(*it);
}

}  // namespace ha::placement
