// Aging: what the agreed state knows of time.
#include "model/aging.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace ha::model {

namespace {

/// How long a node has to be in service before it makes no difference any more.
Duration longest_failback_delay(const ClusterSpec& spec) {
    Duration longest{0};
    for (const auto& group : spec.groups)
        if (group.failback == Failback::automatic)
            longest = std::max(longest, group.failback_delay);
    return longest;
}

/// Calls on(age, limit) for every age that grows, with the age up to which it matters.
template <class State, class On>
void for_each_age(State& state, On on) {
    const auto longest = longest_failback_delay(state.spec);
    for (auto& [id, node] : state.nodes)
        if (node.status == NodeStatus::up && node.mode == NodeMode::in_service &&
            node.in_service < longest)
            on(node.in_service, longest);
    for (const auto& spec : state.spec.groups) {
        auto& group = state.groups.at(spec.id);
        for (auto& ban : group.bans) {
            const auto limit = std::max(ban.lasts, ban.is_asked ? Duration{0} : spec.retry_delay);
            if (ban.age < limit) on(ban.age, limit);
        }
        for (auto& ago : group.failovers)
            if (ago < k_failover_window) on(ago, k_failover_window);
    }
}

void consider(Duration& next, Duration age, Duration at) {
    if (age < at) next = std::min(next, at - age);
}

}  // namespace

bool is_active(const Ban& ban) noexcept {
    return ban.lasts == Duration::zero() || ban.age < ban.lasts;
}

const Ban* find_ban(const GroupRecord& group, NodeId node) {
    const auto it = std::find_if(group.bans.begin(), group.bans.end(),
                                 [&](const Ban& ban) { return ban.node == node; });
    return it == group.bans.end() ? nullptr : &*it;
}

Duration since_failure(const GroupRecord& group) {
    auto newest = Duration::max();
    for (const auto& ban : group.bans)
        if (!ban.is_asked) newest = std::min(newest, ban.age);
    return newest;
}

bool is_aging(const ClusterState& state) {
    bool is_any = false;
    for_each_age(state, [&](const Duration&, Duration) { is_any = true; });
    return is_any;
}

Duration next_coming_of_age(const ClusterState& state) {
    auto next = Duration::max();
    for_each_age(state, [&](const Duration& age, Duration limit) { consider(next, age, limit); });
    for (const auto& spec : state.spec.groups) {
        const auto& group = record_of(state, spec.id);
        for (const auto& ban : group.bans) {
            consider(next, ban.age, ban.lasts);
            if (!ban.is_asked) consider(next, ban.age, spec.retry_delay);
        }
        if (spec.failback != Failback::automatic) continue;
        for (const auto& [id, node] : state.nodes)
            if (node.status == NodeStatus::up && node.mode == NodeMode::in_service)
                consider(next, node.in_service, spec.failback_delay);
    }
    return next;
}

Duration next_by_time(const ClusterState& state) {
    return std::min(next_coming_of_age(state), next_countdown(state).value_or(Duration::max()));
}

bool age(ClusterState& state, Duration elapsed) {
    HA_ASSERT(elapsed > Duration::zero());
    bool is_any = false;
    for_each_age(state, [&](Duration& age, Duration limit) {
        age = limit - age <= elapsed ? limit : age + elapsed;
        is_any = true;
    });
    for (auto& [id, group] : state.groups) {
        // What somebody asked for is over with its time. A failure is remembered: see is_active.
        std::erase_if(group.bans, [](const Ban& b) { return b.is_asked && !is_active(b); });
        std::erase_if(group.failovers, [](Duration ago) { return ago >= k_failover_window; });
    }
    return is_any;
}

}  // namespace ha::model
