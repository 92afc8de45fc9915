// Words: the names of the model's enumerations in a document, in the order of their values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "model/spec.hpp"

namespace ha::config {

template <class Enum>
struct Words;

template <>
struct Words<model::Requirement> {
    static constexpr std::array<const char*, 3> k_all{"nothing", "quorum", "fencing"};
};
template <>
struct Words<model::QuorumPolicy> {
    static constexpr std::array<const char*, 2> k_all{"majority", "two_node"};
};
template <>
struct Words<model::TieBreaker> {
    static constexpr std::array<const char*, 4> k_all{"none", "fencing", "ping", "http"};
};
template <>
struct Words<model::QuorumLoss> {
    static constexpr std::array<const char*, 3> k_all{"stop", "freeze", "ignore"};
};
template <>
struct Words<model::PartitionAction> {
    static constexpr std::array<const char*, 4> k_all{"stop_groups", "stop_node_service", "reboot",
                                                      "poweroff"};
};
template <>
struct Words<model::DualActivation> {
    static constexpr std::array<const char*, 2> k_all{"keep_one", "stop_both"};
};
enum class AloneAtStart : std::uint8_t { wait, allow };
template <>
struct Words<AloneAtStart> {
    static constexpr std::array<const char*, 2> k_all{"wait", "allow"};
};
template <>
struct Words<model::Startup> {
    static constexpr std::array<const char*, 2> k_all{"automatic", "manual"};
};
template <>
struct Words<model::Failover> {
    static constexpr std::array<const char*, 2> k_all{"automatic", "manual"};
};
template <>
struct Words<model::Failback> {
    static constexpr std::array<const char*, 2> k_all{"manual", "automatic"};
};
template <>
struct Words<model::Exclusion> {
    static constexpr std::array<const char*, 3> k_all{"off", "normal", "full"};
};
template <>
struct Words<model::FinalAction> {
    static constexpr std::array<const char*, 6> k_all{
        "none", "stop_group", "failover", "stop_node_service", "reboot", "poweroff"};
};
template <>
struct Words<model::MonitorTiming> {
    static constexpr std::array<const char*, 2> k_all{"always", "while_active"};
};
template <>
struct Words<model::RecoveryTarget> {
    static constexpr std::array<const char*, 5> k_all{"resource", "group", "none", "all_groups",
                                                      "node"};
};

enum class NodeClock : std::uint8_t { steady, may_stop };
template <>
struct Words<NodeClock> {
    static constexpr std::array<const char*, 2> k_all{"steady", "may_stop"};
};

/// What becomes of a node that a fence device has switched off.
enum class FenceEnd : std::uint8_t { off, reboot };
template <>
struct Words<FenceEnd> {
    static constexpr std::array<const char*, 2> k_all{"off", "reboot"};
};

template <class Enum>
const char* word_of(Enum value) {
    const auto at = static_cast<std::size_t>(value);
    return at < Words<Enum>::k_all.size() ? Words<Enum>::k_all[at] : "unknown";
}

template <class Enum>
std::optional<Enum> enum_of(std::string_view word) {
    for (std::size_t i = 0; i < Words<Enum>::k_all.size(); i++)
        if (Words<Enum>::k_all[i] == word) return static_cast<Enum>(i);
    return {};
}

}  // namespace ha::config
