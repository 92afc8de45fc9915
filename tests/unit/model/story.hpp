// A story of one cluster state: verbs that apply commands, for the tests of the model.
#pragma once

#include <string>
#include <vector>

#include "base/assert.hpp"
#include "model/apply.hpp"

namespace ha::test {

inline constexpr NodeId k_a{1}, k_b{2}, k_c{3};
inline constexpr GroupId k_web{1}, k_db{2};

inline BootId boot_number(std::uint8_t n) {
    BootId boot;
    boot.bytes[15] = n;
    return boot;
}

inline model::ResourceSpec resource_spec(std::uint32_t id) {
    model::ResourceSpec r;
    r.id = ResourceId{id};
    r.name = "resource" + std::to_string(id);
    r.type = "exec";
    r.start.timeout = r.stop.timeout = r.probe_timeout = std::chrono::seconds(1);
    return r;
}

inline model::NodeSpec node_spec(std::uint16_t id) {
    model::NodeSpec n;
    n.id = NodeId{id};
    n.name = std::string(1, static_cast<char>('a' + id - 1));
    n.rank = id - 1u;
    return n;
}

inline model::GroupSpec group_spec(std::uint32_t id, const std::string& name) {
    model::GroupSpec g;
    g.id = GroupId{id};
    g.name = name;
    g.policy = {k_a, k_b, k_c};
    g.resources = {resource_spec(id * 10)};
    return g;
}

/// Nodes a, b, c; groups web and db that may run on each of them.
inline model::ClusterSpec small_spec() {
    model::ClusterSpec spec;
    spec.name = "test";
    for (std::uint16_t i = 1; i <= 3; i++) spec.nodes.push_back(node_spec(i));
    spec.groups = {group_spec(1, "web"), group_spec(2, "db")};
    return spec;
}

struct Story {
    model::ClusterState state;
    std::uint64_t index = 0;
    std::uint64_t term = 1;
    std::string rule;  ///< of the command ignored last
    std::vector<Event> events;

    explicit Story(const model::ClusterSpec& spec = small_spec())
        : state(model::initial_state(spec)) {}

    /// True when it was carried out. An ignored command must not have changed anything.
    bool apply(const model::Command& command) {
        const auto before = state;
        auto applied = model::apply(state, {LogIndex{++index}, Term{term}}, command);
        rule = applied.rule;
        events = applied.events;
        HA_ASSERT(!applied.is_ignored || state == before);
        return !applied.is_ignored;
    }
    bool up(NodeId node, std::uint64_t start = 1, std::uint8_t boot = 1) {
        return apply(model::NodeUp{node, boot_number(boot), StartNumber{start}});
    }
    bool down(NodeId node, std::uint64_t start = 1) {
        return apply(model::NodeDown{node, StartNumber{start}, "silent"});
    }
    bool leaving(NodeId node, std::uint64_t start = 1) {
        return apply(model::NodeLeaving{node, StartNumber{start}});
    }
    bool left(NodeId node, std::uint64_t start = 1) {
        return apply(model::NodeLeft{node, StartNumber{start}});
    }
    void all_up() {
        for (auto node : {k_a, k_b, k_c}) up(node);
    }
    bool give(GroupId group, NodeId node, model::StartKind kind = model::StartKind::start) {
        const Incarnation next{record(group).epoch.incarnation.value + 1};
        return apply(model::Give{group, node, next, kind, "test"});
    }
    bool evict(GroupId group, NodeId target = {}, bool ban = false,
               model::StartKind kind = model::StartKind::start) {
        return apply(
            model::Evict{group, record(group).epoch.incarnation, target, ban, kind, "test"});
    }
    bool release(GroupId group) {
        const auto& r = record(group);
        return apply(model::Release{group, r.owner, r.epoch.incarnation, "stopped"});
    }
    bool stop_failed(GroupId group) {
        const auto& r = record(group);
        return apply(model::StopFailed{group, r.owner, r.epoch.incarnation, "hangs"});
    }
    bool goal(GroupId group, model::Goal goal, NodeId target = {}) {
        return apply(model::SetGoal{group, goal, target, false, "asked"});
    }
    const model::GroupRecord& record(GroupId group) const { return model::record_of(state, group); }
    const model::NodeRecord& record(NodeId node) const { return model::record_of(state, node); }
    bool told(EventKind kind) const {
        for (const auto& event : events)
            if (event.kind == kind) return true;
        return false;
    }
};

}  // namespace ha::test
