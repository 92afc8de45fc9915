// Ground: what stands on which node while a plan is made.
#include "placement/ground.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "base/assert.hpp"
#include "base/seeded_bug.hpp"

namespace ha::placement {

using model::Exclusion;

namespace {

/// Names that groups use, as small numbers.
class Numbers {
   public:
    std::uint16_t of(const std::string& name) {
        const auto next = static_cast<std::uint16_t>(numbers_.size());
        return numbers_.emplace(name, next).first->second;
    }
    std::size_t size() const { return numbers_.size(); }
    const std::map<std::string, std::uint16_t>& all() const { return numbers_; }

   private:
    std::map<std::string, std::uint16_t> numbers_;
};

}  // namespace

Ground::Ground(const model::ClusterState& state, const View& view) : state_(state) {
    HA_ASSERT(std::is_sorted(view.members.begin(), view.members.end()));
    nodes_.reserve(state.nodes.size());
    for (const auto& [id, record] : state.nodes) {
        if (node_places_.size() <= id.value) node_places_.resize(std::size_t{id.value} + 1);
        node_places_[id.value] = static_cast<std::uint16_t>(nodes_.size());
        NodeFacts node;
        node.id = id;
        node.record = &record;
        node.is_member = std::binary_search(view.members.begin(), view.members.end(), id);
        are_all_there_ =
            are_all_there_ && node.is_member && record.status == model::NodeStatus::up;
        nodes_.push_back(std::move(node));
    }
    groups_.reserve(state.groups.size());
    for (const auto& [id, record] : state.groups) {
        const auto* spec = model::find_group(state.spec, id);
        HA_ASSERT(spec != nullptr);
        GroupFacts group;
        group.id = id;
        group.spec = spec;
        group.record = &record;
        group.rank = spec->priority;
        if (!record.found.empty()) group.found = model::found_elsewhere(state, id, NodeId{});
        groups_.push_back(std::move(group));
    }
    number_labels();
    number_capacities();
    rank_groups();
    turn_stop_order();
    for (auto& group : groups_)
        if (group.record->owner) occupy(group, group.record->owner);
}

void Ground::number_labels() {
    const auto is_any = [](const GroupFacts& g) {
        return !g.spec->near.empty() || !g.spec->apart.empty();
    };
    if (std::none_of(groups_.begin(), groups_.end(), is_any)) return;
    Numbers numbers;
    for (auto& group : groups_) {
        for (const auto& name : group.spec->labels) group.labels.push_back(numbers.of(name));
        for (const auto& name : group.spec->near) group.near.push_back(numbers.of(name));
        for (const auto& name : group.spec->apart) group.apart.push_back(numbers.of(name));
    }
    for (auto& node : nodes_) node.labels.resize(numbers.size());
}

void Ground::number_capacities() {
    const auto is_any = [](const GroupFacts& g) { return !g.spec->uses.empty(); };
    if (std::none_of(groups_.begin(), groups_.end(), is_any)) return;
    Numbers numbers;
    for (auto& group : groups_)
        for (const auto& [name, amount] : group.spec->uses)
            group.uses.emplace_back(numbers.of(name), amount);
    for (auto& node : nodes_) {
        node.used.resize(numbers.size());
        node.capacity.assign(numbers.size(), UINT64_MAX);
        const auto* spec = model::find_node(state_.spec, node.id);
        HA_ASSERT(spec != nullptr);
        for (const auto& [name, number] : numbers.all())
            if (const auto it = spec->capacity.find(name); it != spec->capacity.end())
                node.capacity[number] = it->second;
    }
}

/// A group that others wait for is as important as the most important of these, and comes before
/// them. There are no circles (flaw_of), so this ends after the longest chain.
void Ground::rank_groups() {
    for (bool is_changed = true; is_changed;) {
        is_changed = false;
        for (auto& group : groups_) {
            for (const auto& order : group.spec->start_after) {
                auto& first = this->group(order.group);
                if (first.rank < group.rank) {
                    first.rank = group.rank;
                    is_changed = true;
                }
                if (group.depth <= first.depth) {
                    group.depth = first.depth + 1;
                    is_changed = true;
                }
            }
        }
    }
}

void Ground::turn_stop_order() {
    for (const auto& first : groups_)
        for (const auto& order : first.spec->stop_before)
            group(order.group).stops_after.push_back({first.id, order.is_same_node});
}

const GroupFacts& Ground::group(GroupId id) const {
    const auto it =
        std::lower_bound(groups_.begin(), groups_.end(), id,
                         [](const GroupFacts& group, GroupId wanted) { return group.id < wanted; });
    HA_ASSERT(it != groups_.end() && it->id == id);
    return *it;
}

GroupFacts& Ground::group(GroupId id) {
    return const_cast<GroupFacts&>(std::as_const(*this).group(id));
}

const NodeFacts& Ground::node(NodeId id) const {
    HA_ASSERT(id.value < node_places_.size());
    const auto& facts = nodes_[node_places_[id.value]];
    HA_ASSERT(facts.id == id);
    return facts;
}

NodeFacts& Ground::facts(NodeId id) {
    return const_cast<NodeFacts&>(std::as_const(*this).node(id));
}

void Ground::occupy(GroupFacts& group, NodeId id) {
    if (group.stands_on(id)) return;
    HA_ASSERT(!group.places[1]);
    group.places[group.places[0] ? 1 : 0] = id;
    auto& node = facts(id);
    for (const auto label : group.labels) node.labels[label]++;
    for (const auto& [number, amount] : group.uses) node.used[number] += amount;
    if (group.spec->exclusion == Exclusion::off) return;
    node.exclusive_count++;
    if (group.spec->exclusion == Exclusion::full && !node.full_by) node.full_by = group.id;
}

bool Ground::is_excluded(const GroupFacts& group, NodeId id) const {
    if (is_seeded(SeededBug::exclusion_forgotten)) return false;
    const auto by = node(id).full_by;
    return group.spec->exclusion == Exclusion::full && by && by != group.id;
}

bool Ground::has_room(const GroupFacts& group, NodeId id,
                      const std::vector<const GroupFacts*>& gone) const {
    if (group.stands_on(id) || is_seeded(SeededBug::capacity_forgotten)) return true;
    const auto& facts = node(id);
    for (const auto& [number, amount] : group.uses) {
        auto used = facts.used[number];
        for (const auto* other : gone)
            for (const auto& [of, freed] : other->uses)
                if (of == number) used -= std::min<std::uint64_t>(used, freed);
        if (used + amount > facts.capacity[number]) return false;
    }
    return true;
}

bool Ground::is_shared(const GroupFacts& group, NodeId id) const {
    if (group.spec->exclusion != Exclusion::normal) return false;
    return node(id).exclusive_count > (group.stands_on(id) ? 1u : 0u);
}

std::uint32_t Ground::count_label(const GroupFacts& group, const NodeFacts& node,
                                  std::uint16_t label) const {
    const bool is_own = group.stands_on(node.id) &&
                        std::find(group.labels.begin(), group.labels.end(), label) !=
                            group.labels.end();
    return node.labels[label] - (is_own ? 1u : 0u);
}

bool Ground::is_beside(const GroupFacts& group, NodeId id) const {
    return std::any_of(group.apart.begin(), group.apart.end(),
                       [&](auto label) { return count_label(group, node(id), label) > 0; });
}

bool Ground::is_far(const GroupFacts& group, NodeId id) const {
    return !group.near.empty() &&
           std::none_of(group.near.begin(), group.near.end(),
                        [&](auto label) { return count_label(group, node(id), label) > 0; });
}

}  // namespace ha::placement
