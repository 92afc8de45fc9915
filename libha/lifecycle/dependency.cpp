// The dependency order: Kahn's algorithm, stable in the order of the list.
#include "lifecycle/dependency.hpp"

#include <map>
#include <set>

#include "base/assert.hpp"

namespace ha::lifecycle {

namespace {

Failure wrong(const model::GroupSpec& group, const std::string& what) {
    return failure(FailureCode::invalid, "group " + group.name + ": " + what);
}

Result<std::map<ResourceId, std::size_t>> positions_of(const model::GroupSpec& group) {
    std::map<ResourceId, std::size_t> positions;
    for (std::size_t i = 0; i < group.resources.size(); i++)
        if (!positions.emplace(group.resources[i].id, i).second)
            return wrong(group, "resource " + group.resources[i].name + " is listed twice");
    return positions;
}

}  // namespace

Result<Dependencies> plan_dependencies(const model::GroupSpec& group) {
    auto positions = positions_of(group);
    if (!positions) return positions.error();
    auto count = group.resources.size();
    Dependencies out{std::vector<std::vector<std::size_t>>(count),
                     std::vector<std::vector<std::size_t>>(count),
                     {}};
    for (std::size_t i = 0; i < count; i++) {
        std::set<std::size_t> needs;  // a dependency named twice is one dependency
        for (auto id : group.resources[i].depends_on) {
            auto found = positions->find(id);
            if (found == positions->end())
                return wrong(group, "resource " + group.resources[i].name +
                                        " depends on a resource outside the group");
            needs.insert(found->second);
        }
        out.needs[i].assign(needs.begin(), needs.end());
        for (auto need : needs) out.needed_by[need].push_back(i);
    }
    std::vector<std::size_t> open(count);
    std::set<std::size_t> ready;
    for (std::size_t i = 0; i < count; i++) {
        open[i] = out.needs[i].size();
        if (open[i] == 0) ready.insert(i);
    }
    while (!ready.empty()) {
        auto next = *ready.begin();
        ready.erase(ready.begin());
        out.order.push_back(next);
        for (auto above : out.needed_by[next])
            if (--open[above] == 0) ready.insert(above);
    }
    for (std::size_t i = 0; i < count; i++)
        if (open[i] > 0)
            return wrong(group, "resource " + group.resources[i].name +
                                    " depends on itself through others, or on such a one");
    return out;
}

std::vector<bool> with_dependents(const Dependencies& dependencies, std::vector<bool> from) {
    HA_ASSERT(from.size() == dependencies.order.size());
    for (auto i : dependencies.order)
        for (auto need : dependencies.needs[i])
            if (from[need]) from[i] = true;
    return from;
}

}  // namespace ha::lifecycle
