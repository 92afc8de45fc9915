// The dependency order of a group's resources, as positions in its list. Pure.
#pragma once

#include <cstddef>
#include <vector>

#include "base/result.hpp"
#include "model/spec.hpp"

namespace ha::lifecycle {

/// Invariants: (1) `order` holds each position once, and each stands after all that it needs;
/// (2) b is in needs[a] exactly when a is in needed_by[b].
struct Dependencies {
    std::vector<std::vector<std::size_t>> needs;
    std::vector<std::vector<std::size_t>> needed_by;
    std::vector<std::size_t> order;
};

/// Fails on a cycle, on a dependency outside the group and on a resource that stands there twice.
Result<Dependencies> plan_dependencies(const model::GroupSpec& group);

/// `from`, and all that need one of them, directly or through others: what has to be down while
/// these are restarted. One flag per position.
std::vector<bool> with_dependents(const Dependencies& dependencies, std::vector<bool> from);

}  // namespace ha::lifecycle
