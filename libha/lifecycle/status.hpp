// The states of groups, resources and monitors on one node, for people and for the other nodes.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "lifecycle/operation.hpp"

namespace ha::lifecycle {

enum class ResourceState : std::uint8_t { offline, starting, online, stopping, failed, unknown };
enum class GroupState : std::uint8_t {
    offline,
    waiting,   ///< ours, and not to be started yet: lease, the leader's note, adoption
    starting,
    online,
    stopping,
    failed,    ///< could not be stopped, or could not be started and nothing else is to be done
};
enum class MonitorState : std::uint8_t {
    idle, ok, bad, unknown, paused,
    warning,  ///< some members of it are bad, not enough to be bad itself
};

struct ResourceLine {
    ResourceId resource;
    ResourceState state = ResourceState::offline;
    std::string text;            ///< last failure
    bool operator==(const ResourceLine&) const = default;
};
struct GroupLine {
    GroupId group;
    GroupState state = GroupState::offline;
    Epoch epoch;
    std::string text;            ///< what it waits for, or what failed
    std::vector<ResourceLine> resources;
    bool operator==(const GroupLine&) const = default;
};
struct MonitorLine {
    MonitorId monitor;
    MonitorState state = MonitorState::idle;
    std::string text;
    std::uint32_t restarts = 0;  ///< recoveries counted so far
    std::uint32_t failovers = 0;
    bool is_injected = false;    ///< says "bad" for a drill, whatever it sees
    bool operator==(const MonitorLine&) const = default;
};
/// A node that this one makes harmless.
struct FenceLine {
    NodeId node;
    std::string text;            ///< what is being done, with which device
    bool operator==(const FenceLine&) const = default;
};
struct ServiceStatus {
    std::vector<GroupLine> groups;      ///< those that are not simply offline, and those owned
    std::vector<MonitorLine> monitors;
    std::uint32_t reboots = 0;   ///< automatic ones of this node that are counted
    std::vector<FenceLine> fences;
    bool operator==(const ServiceStatus&) const = default;
};

Bytes encode(const ServiceStatus& status);
Result<ServiceStatus> decode_status(ByteView bytes);

const char* to_string(ResourceState s) noexcept;
const char* to_string(GroupState s) noexcept;
const char* to_string(MonitorState s) noexcept;

}  // namespace ha::lifecycle
