// Failure detector: how long each node has been silent on each interconnect. Statistics on
// arrivals; it knows no messages and decides nothing about the cluster.
//
// Think of a lighthouse watched through several windows (the interconnects). A window is *silent*
// when no flash was seen through it for `timeout`; a node is *silent* when all its windows are.
// When the watcher himself dozed off (his own time jumped by a gap) he must not call the light out
// for the time he was asleep: widen() moves every last flash forward by the gap, so that each node
// gets the chance to be heard before it is judged (pains.md 1, 2).
//
// A flapping interconnect is held down: after each recovery that follows a silence within
// k_flap_memory it has to be heard without a gap for a while that doubles (up to k_hold_down_max)
// before it counts again. One that was silent for the first time counts at once.
#pragma once

#include <map>
#include <vector>

#include "base/ids.hpp"
#include "base/node_set.hpp"
#include "base/reflect.hpp"
#include "base/time.hpp"

namespace ha::detect {

enum class Suspicion : std::uint8_t {
    green,   ///< heard lately
    yellow,  ///< silent for longer than delay_warning_percent of the timeout
    red,     ///< silent for the whole timeout, or never heard
};

struct DetectorTiming {
    Duration timeout{0};
    std::uint32_t delay_warning_percent = 80;  ///< 100: never yellow
};

/// A change that somebody may want to hear of.
struct Change {
    NodeId node;
    InterconnectId interconnect;  ///< none: the node as a whole
    Suspicion from;
    Suspicion to;
    Duration silence;
};

inline constexpr Duration k_flap_memory = 60s;
inline constexpr Duration k_hold_down_max = 10s;

class Detector {
   public:
    /// For recordings (base/archive.hpp).
    auto members() {
        return reflect::fields(timing_, nodes_);
    }

    explicit Detector(DetectorTiming timing) : timing_(timing) {}

    void set_timing(DetectorTiming timing) { timing_ = timing; }
    /// Forgets paths that are not named.
    void set_paths(const std::map<NodeId, std::vector<InterconnectId>>& paths);

    void heard(Instant now, NodeId node, InterconnectId interconnect);
    /// The node said that it stops: red at once, until it is heard again.
    void forget(NodeId node);
    /// Our own time jumped by `gap`: nobody is blamed for it.
    void widen(Instant now, Duration gap);

    /// Brings the suspicions up to date and returns what changed.
    std::vector<Change> update(Instant now);

    Suspicion suspicion(NodeId node) const;
    Suspicion suspicion(NodeId node, InterconnectId interconnect) const;
    /// Nodes that are not red, as of the last update or heard().
    NodeSet heard_nodes() const;
    /// Was the node ever heard since this detector was made?
    bool was_heard(NodeId node) const;
    Duration silence(Instant now, NodeId node, InterconnectId interconnect) const;
    /// When the next suspicion can change by silence alone.
    Instant next_deadline() const;

   private:
    struct Path {
        bool ever = false;
        Instant last;
        Suspicion suspicion = Suspicion::red;
        Instant went_red;
        Instant held_until;      ///< does not count as heard before
        Duration hold{0};        ///< next hold-down
    };
    struct Node {
        std::map<InterconnectId, Path> paths;
        Suspicion suspicion = Suspicion::red;
    };
    Suspicion judge(Instant now, const Path& path) const;
    Suspicion worst_of(const Node& node) const;
    Duration warning() const;

    DetectorTiming timing_;
    std::map<NodeId, Node> nodes_;
};

}  // namespace ha::detect
