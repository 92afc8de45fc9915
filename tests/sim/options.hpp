// What one simulated run is made of. Everything follows from the seed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "base/event.hpp"
#include "base/seeded_bug.hpp"
#include "base/time.hpp"
#include "model/spec.hpp"

namespace ha::sim {

struct Options {
    std::uint64_t seed = 1;
    Duration duration{40s};        ///< with faults; in a quiet end of 37 s after it all must heal
    std::optional<model::TieBreaker> two_node;  ///< every cluster has two nodes and this one
    bool has_witness = false;      ///< every cluster has one
    bool loses_majority = false;   ///< once, for good; an operator recovers without it (D4)
    bool has_etcd = false;         ///< and its record lies in an etcd
    bool is_witness_light = false; ///< of a scenario's; else it follows from the seed
    std::string often;             ///< every second fault is of this kind, see fault_names()
    bool is_traced = false;        ///< one line per transition, one column per node
    bool is_verbose = false;       ///< every event of every engine, too
    std::optional<model::ClusterSpec> spec;  ///< of a scenario; else it follows from the seed
};

/// A part of the seeds does without: then what a stopped daemon left running is excused.
constexpr bool has_guards(const Options& options) { return options.seed % 4 != 3; }
/// Machines with a watchdog, which the guard feeds: a group that requires fencing cannot be severed
/// there, only reset with the machine.
constexpr bool has_watchdogs(const Options& options) {
    return has_guards(options) && options.seed % 5 == 1;
}

/// One seed in so many has one node recorded, and its run replayed from that.
inline constexpr std::uint64_t k_recorded_every = 4;

/// What a run found.
struct Verdict {
    std::string violation;         ///< empty: none
    std::uint64_t fingerprint = 0; ///< of all actions of all engines, for the check of determinism
    std::uint64_t steps = 0;
    std::uint64_t takeovers = 0;   ///< groups given after their owner was declared down
    std::uint64_t starts = 0;      ///< of groups
    std::map<EventKind, std::uint64_t> events;  ///< coverage: how often each was told
    std::uint64_t alone = 0;       ///< times that one of two nodes went on without the other
    std::uint64_t forks = 0;       ///< histories given up
    std::uint64_t recoveries = 0;  ///< a node went on without a majority that was lost for good
    Duration outage_max{0};        ///< longest time a wanted group was nowhere while a quorum was well
};

Verdict run(const Options& options);

std::span<const char* const> fault_names();

}  // namespace ha::sim
