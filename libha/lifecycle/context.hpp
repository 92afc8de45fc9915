// What one step of the service wing may look at and write to. Lives for the length of the step.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/event.hpp"
#include "base/time.hpp"
#include "lifecycle/operations.hpp"
#include "lifecycle/service.hpp"

namespace ha::lifecycle {

/// What changed in this step and concerns more than one group.
struct Changes {
    bool held = false;      ///< the set of held groups
    bool activity = false;  ///< a group came online or is not any more
};

struct Context {
    Instant now;
    /// What starts wait for; empty: nothing but the lease.
    std::string start_block;
    /// Why our lease allows no start; empty: it does.
    std::string lease_block;
    Instant not_after;      ///< of starts under the lease
    std::uint32_t parallel_limit = 0;
    std::uint32_t slow_percent = 100;
    const model::ClusterState& state;
    Operations& operations;
    ServiceOutput& out;
    Changes& changes;

    /// A timeout under the ratio in force.
    Duration stretched(Duration timeout) const { return model::stretched(state, timeout); }

    void tell(EventKind kind, std::string object,
              std::vector<std::pair<std::string, std::string>> parameters) {
        out.events.push_back(Event{now, kind, std::move(object), std::move(parameters)});
    }
};

}  // namespace ha::lifecycle
