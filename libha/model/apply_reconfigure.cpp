// Changes of the configuration in steps, or on trial.
#include "model/apply_reconfigure.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/seeded_bug.hpp"
#include "model/apply_spec.hpp"
#include "model/flaw.hpp"
#include "model/text.hpp"

namespace ha::model {

namespace {

/// Of commands about the change under way.
std::string refusal_of_pending(const ClusterState& state, SpecRevision base) {
    if (!state.pending_spec) return "no change of the configuration is under way";
    if (base != state.spec.revision)
        return "this is about revision " + number_of(base) + ", and revision " +
               number_of(state.spec.revision) + " is in force";
    return {};
}

/// A frozen one has to be thawed first.
bool is_to_be_held(const GroupRecord& record) {
    return record.goal == Goal::online && !record.is_frozen;
}

void hold(ClusterState& state, const std::vector<GroupId>& groups) {
    for (const auto id : groups) {
        const auto found = state.groups.find(id);
        if (found == state.groups.end() || !is_to_be_held(found->second)) continue;
        auto& record = found->second;
        state.pending_spec->stopped.insert(id);
        record.goal = Goal::offline;
        // It is started again where it was, where it can be.
        const auto owner = state.nodes.find(record.owner);
        const bool is_there = owner != state.nodes.end() && owner->second.status == NodeStatus::up;
        record.target = is_there ? record.owner : NodeId{};
        record.trial = {};
        record.reason = "its configuration changes";
    }
}

void let_go(ClusterState& state) {
    for (const auto id : state.pending_spec->stopped) {
        const auto found = state.groups.find(id);
        if (found == state.groups.end()) continue;
        found->second.goal = Goal::online;
        found->second.next_kind = StartKind::start;
        found->second.stranded_on = {};
        found->second.reason = "its configuration has changed";
    }
    state.pending_spec.reset();
}

/// The second and every further one of those that would be on one node and exclude each other.
void add_exclusive_ones(const ClusterState& state, const ClusterSpec& next,
                        std::set<GroupId>& out) {
    std::set<NodeId> occupied;
    for (const auto& group : next.groups) {
        const auto it = state.groups.find(group.id);
        if (group.exclusion != Exclusion::full || it == state.groups.end()) continue;
        const auto owner = it->second.owner;
        if (!owner || find_node(next, owner) == nullptr || out.contains(group.id)) continue;
        if (!occupied.insert(owner).second) out.insert(group.id);
    }
}

}  // namespace

bool runs_alike(const ResourceSpec& a, const ResourceSpec& b) {
    return a.id == b.id && a.name == b.name && a.type == b.type && a.parameters == b.parameters &&
           a.node_parameters == b.node_parameters && a.depends_on == b.depends_on &&
           a.requirement == b.requirement;
}

bool runs_alike(const GroupSpec& a, const GroupSpec& b) {
    if (is_seeded(SeededBug::change_under_running)) return true;
    return std::equal(a.resources.begin(), a.resources.end(), b.resources.begin(),
                      b.resources.end(), [](const ResourceSpec& x, const ResourceSpec& y) {
                          return runs_alike(x, y);
                      });
}

std::vector<GroupId> groups_to_stop(const ClusterState& state, const ClusterSpec& next) {
    std::set<GroupId> out;
    for (const auto& [id, record] : state.groups) {
        const auto* was = find_group(state.spec, id);
        const auto* will = find_group(next, id);
        HA_ASSERT(was != nullptr);
        if (will == nullptr) {
            if (record.goal != Goal::offline || record.owner) out.insert(id);
            continue;
        }
        if (!record.owner) continue;
        const bool loses_node = find_node(next, record.owner) == nullptr &&
                                !is_freed_with(state, *was, record.owner);
        if (loses_node || !runs_alike(*was, *will)) out.insert(id);
    }
    add_exclusive_ones(state, next, out);
    return {out.begin(), out.end()};
}

std::string refusal_of_stops(const ClusterState& state, const std::vector<GroupId>& groups) {
    for (const auto id : groups) {
        const auto found = state.groups.find(id);
        if (found != state.groups.end() && found->second.is_frozen)
            return "group " + name_of(state.spec, id) +
                   " would have to be stopped for it and is frozen; thaw it first";
    }
    return {};
}

std::string reconfigure(Reconfiguring& it, const BeginChange& c) {
    auto& state = it.state;
    if (auto refusal = refusal_of_change(state, c.base, c.spec, c.is_revert); !refusal.empty())
        return refusal;
    if (!std::is_sorted(c.groups.begin(), c.groups.end())) return "its groups are not in order";
    if (auto refusal = refusal_of_stops(state, c.groups); !refusal.empty()) return refusal;
    state.pending_spec = PendingSpec{c.spec, c.confirm_within, c.is_revert, {}};
    hold(state, c.groups);
    std::string names;
    for (const auto id : c.groups) names += (names.empty() ? "" : ", ") + name_of(state.spec, id);
    it.events.push_back({Instant{}, EventKind::spec_pending, "",
                         {{"revision", std::to_string(c.base.value + 1)}, {"groups", names}}});
    return {};
}

std::string reconfigure(Reconfiguring& it, const HoldForChange& c) {
    if (auto refusal = refusal_of_pending(it.state, c.base); !refusal.empty()) return refusal;
    const bool is_any = std::any_of(c.groups.begin(), c.groups.end(), [&](GroupId id) {
        const auto found = it.state.groups.find(id);
        return found != it.state.groups.end() && is_to_be_held(found->second);
    });
    if (!is_any) return "none of these groups is to be stopped";
    hold(it.state, c.groups);
    return {};
}

std::string reconfigure(Reconfiguring& it, const CompleteChange& c) {
    auto& state = it.state;
    if (auto refusal = refusal_of_pending(state, c.base); !refusal.empty()) return refusal;
    const auto& pending = *state.pending_spec;
    const SetSpec command{c.base, pending.spec, pending.confirm_within, pending.is_revert};
    if (auto refusal = refusal_of(state, command, true); !refusal.empty()) return refusal;
    take_spec(state, it.position, command, it.events);
    let_go(state);
    tell_spec(it.events, state, command);
    return {};
}

std::string reconfigure(Reconfiguring& it, const CancelChange& c) {
    if (auto refusal = refusal_of_pending(it.state, c.base); !refusal.empty()) return refusal;
    let_go(it.state);
    it.events.push_back({Instant{}, EventKind::spec_cancelled, "",
                         {{"revision", number_of(it.state.spec.revision)}}});
    return {};
}

std::string reconfigure(Reconfiguring& it, const ConfirmSpec& c) {
    auto& state = it.state;
    if (!state.spec_trial) return "the configuration in force is not on trial";
    if (c.revision != state.spec.revision)
        return "revision " + number_of(c.revision) + " is not on trial; revision " +
               number_of(state.spec.revision) + " is";
    if (state.pending_spec) return "it is being taken back already";
    state.spec_trial.reset();
    it.events.push_back(
        {Instant{}, EventKind::spec_confirmed, "", {{"revision", number_of(c.revision)}}});
    return {};
}

}  // namespace ha::model
