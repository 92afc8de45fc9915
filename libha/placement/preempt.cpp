// The planner: taking the place of groups of lower priority.
//
// Only a group that says so (`preempts`), is wanted and runs nowhere does it, and only where
// nothing but full exclusion or capacity keeps it from a node. Ranks are compared strictly, and
// are what groups are placed by, so two groups never push each other out in turn. Nothing is
// remembered: until the place is free the same is decided each time, and keeps the place from
// everybody of lower rank.
#include <algorithm>
#include <tuple>

#include "base/assert.hpp"
#include "placement/planner.hpp"

namespace ha::placement {

using model::Goal;

/// It has been told to leave this node, and is expected to do so.
bool Planner::is_gone_soon(const GroupFacts& other, NodeId node) const {
    const auto& record = *other.record;
    if (record.owner != node || record.stop_failed) return false;
    return record.goal == Goal::offline || record.is_evicted ||
           other.choice.act == Choice::Act::evict;
}

/// Those that would have to leave the node, the least important first; none: it would not help.
std::optional<std::vector<GroupId>> Planner::victims(const GroupFacts& group, NodeId node) const {
    std::vector<const GroupFacts*> gone, lower;
    for (const auto& other : ground_.groups()) {
        if (other.id == group.id || !other.stands_on(node)) continue;
        const bool is_owner = other.record->owner == node && !other.record->stop_failed &&
                              !other.record->is_frozen;
        if (is_gone_soon(other, node))
            gone.push_back(&other);
        else if (is_owner && other.choice.act == Choice::Act::none &&
                 other.rank < group.rank)
            lower.push_back(&other);
    }
    std::sort(lower.begin(), lower.end(), [](const auto* a, const auto* b) {
        return std::tie(a->rank, a->id) < std::tie(b->rank, b->id);
    });
    const auto blocker = ground_.is_excluded(group, node) ? ground_.node(node).full_by : GroupId{};
    const auto is_blocker = [&](const GroupFacts* other) { return other->id == blocker; };
    std::vector<GroupId> out;
    if (blocker && std::none_of(gone.begin(), gone.end(), is_blocker)) {
        const auto it = std::find_if(lower.begin(), lower.end(), is_blocker);
        if (it == lower.end()) return {};
        out.push_back(blocker);
        gone.push_back(*it);
        lower.erase(it);
    }
    for (const auto* other : lower) {
        if (ground_.has_room(group, node, gone)) break;
        gone.push_back(other);
        out.push_back(other->id);
    }
    if (!ground_.has_room(group, node, gone)) return {};
    return out;
}

/// True: a place will be free for it, and is kept for it.
bool Planner::preempt(GroupFacts& group) {
    if (!group.spec->preempts || group.record->is_frozen) return false;
    NodeId best;
    std::vector<GroupId> leaving;
    for (const auto node : group.spec->policy) {
        if (judge_node(group, node) != Verdict::eligible || is_banned(group, node, false)) continue;
        if (waits_for(group, node)) continue;
        auto found = victims(group, node);
        // A place that becomes free anyway is better than any that somebody has to give.
        if (!found || (best && !found->empty())) continue;
        best = node;
        leaving = std::move(*found);
        if (leaving.empty()) break;
    }
    if (!best) return false;
    for (const auto id : leaving) {
        auto& victim = ground_.group(id);
        victim.choice.node = best;
        victim.choice.other = group.id;
        evict(victim, {}, Rule::gives_place);
    }
    ground_.occupy(group, best);
    group.choice.rule = Rule::makes_room;
    group.choice.target = best;
    return true;
}

}  // namespace ha::placement
