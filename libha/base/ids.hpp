// Identifiers: small types that never mix with integers or with each other.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>

namespace ha {

/// An integer that is a name. `Tag` keeps the kinds apart; 0 is "none" for every kind.
template <class Tag, class Rep>
struct Id {
    using rep = Rep;
    Rep value = 0;

    constexpr explicit operator bool() const { return value != 0; }
    auto operator<=>(const Id&) const = default;
};

/// Nodes, groups, resources, monitors and interconnects are numbered from 1 by the configuration
/// (config/ keeps the number of a name stable over changes of the document).
using NodeId = Id<struct NodeTag, std::uint16_t>;
using GroupId = Id<struct GroupTag, std::uint32_t>;
using ResourceId = Id<struct ResourceTag, std::uint32_t>;
using MonitorId = Id<struct MonitorTag, std::uint32_t>;
using InterconnectId = Id<struct InterconnectTag, std::uint16_t>;

/// Position in the replicated log; the first entry is 1.
using LogIndex = Id<struct LogIndexTag, std::uint64_t>;
/// Election term of the log.
using Term = Id<struct TermTag, std::uint64_t>;
/// Durable count of starts of a node's daemon, raised before the first packet (safety.md F17).
using StartNumber = Id<struct StartNumberTag, std::uint64_t>;
/// Sequence number of a heartbeat within one start.
using HeartbeatSeq = Id<struct HeartbeatSeqTag, std::uint64_t>;
/// Sequence number of a durable write asked of the runtime, from 1 within one start.
using PersistSeq = Id<struct PersistSeqTag, std::uint64_t>;
/// A plugin operation asked of the runtime, unique within one start.
using OperationId = Id<struct OperationTag, std::uint64_t>;
/// A request of an administrator or an embedder, unique within one start of the asking node.
using RequestId = Id<struct RequestTag, std::uint64_t>;
/// How often a group has been given to a node; part of its epoch.
using Incarnation = Id<struct IncarnationTag, std::uint64_t>;
/// Of a section of a checkpoint, counted over all of the cluster.
using SectionVersion = Id<struct SectionVersionTag, std::uint64_t>;
/// Number of a committed configuration; a higher one is newer.
using SpecRevision = Id<struct SpecRevisionTag, std::uint64_t>;

/// The witness, in lists of voters and in packets: a vote without a service (safety.md F10). Nodes
/// are numbered from 1 and never get there.
inline constexpr NodeId k_witness_node{0xffff};
/// The way to the witness, which is no interconnect: nobody is judged by what is heard on it.
inline constexpr InterconnectId k_witness_interconnect{0xffff};

/// 128 random bits that name a thing for ever.
template <class Tag>
struct Id128 {
    std::array<std::uint8_t, 16> bytes{};

    constexpr explicit operator bool() const {
        for (auto b : bytes)
            if (b != 0) return true;
        return false;
    }
    auto operator<=>(const Id128&) const = default;
};

/// A cluster, made when it is founded (safety.md D3).
using ClusterId = Id128<struct ClusterIdTag>;
/// A store directory, made when it is created; a voter is (node, store id) (safety.md F9).
using StoreId = Id128<struct StoreIdTag>;
/// A boot of the operating system; another one means that all that ran before is gone (F12).
using BootId = Id128<struct BootIdTag>;

/// Lower-case hexadecimal, 32 characters.
template <class Tag>
std::string to_hex(const Id128<Tag>& id) {
    static constexpr char k_digits[] = "0123456789abcdef";
    std::string out;
    for (auto b : id.bytes) {
        out += k_digits[b >> 4];
        out += k_digits[b & 15];
    }
    return out;
}

/// The fencing epoch of a group's activation (safety.md F7): compared in this order, equal only
/// when all three are. It goes with the activation to the plugin, its scripts and the API.
struct Epoch {
    Incarnation incarnation;
    Term term;
    NodeId node;

    constexpr explicit operator bool() const { return static_cast<bool>(incarnation); }
    auto operator<=>(const Epoch&) const = default;
};

}  // namespace ha

template <class Tag, class Rep>
struct std::hash<ha::Id<Tag, Rep>> {
    std::size_t operator()(const ha::Id<Tag, Rep>& id) const noexcept {
        return std::hash<Rep>{}(id.value);
    }
};
