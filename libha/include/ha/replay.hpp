// Replay: a recording of a node's flight recorder once more, on any machine, without keys, and
// whether this build decides the same from it, byte for byte.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ha/insight.hpp"
#include "ha/notice.hpp"

namespace ha {

struct ReplayOptions {
    std::string file;
    /// Stop after this step, or before the first one that is later; 0: go to the end.
    std::uint64_t until_step = 0;
    std::int64_t until_wall_us = 0;
    /// Explain this group as it is at the end of the replay. Empty: none.
    std::string group;
};

/// What the node was at a step, told when any of it changes.
struct ReplayLine {
    std::uint64_t step = 0;
    Moment at;              ///< by the clocks of the machine that recorded
    std::string input;      ///< kind of what was fed in: Tick, DatagramReceived, ...
    std::string role;
    std::string leader;     ///< empty: nobody leads, as far as the node knows
    std::uint64_t term = 0, applied = 0;
    bool is_lease_held = false;
    bool is_admitted = false;
    std::vector<std::pair<std::string, std::string>> groups;  ///< and their states, on this node
};

/// Where the replay parted from what was recorded.
struct ReplayDifference {
    std::uint64_t step = 0;
    Moment at;
    std::string input;
    std::string recorded;   ///< what came out there; a sentence
    std::string replayed;   ///< what comes out here
};

struct ReplayReport {
    std::string version;        ///< of the build that recorded
    std::string version_here;
    bool is_layout_same = true; ///< both record the same things; else only part can be replayed
    std::string cluster, node;
    std::uint64_t start = 0;    ///< which start of the node
    std::uint32_t segment = 0;  ///< which file of that start
    bool begins_at_start = false;  ///< else with an image
    std::uint64_t first_step = 0, last_step = 0;
    Moment begin, end;
    std::optional<ReplayDifference> difference;
    std::string stopped;        ///< why it could not go on, such as records of another build
    bool is_complete = false;   ///< the recording was replayed to its end
    bool is_cut_off = false;    ///< it has no proper end: a power cut, or it still grows
    std::string last_words;     ///< how the recording ends, when it was replayed to its end
    std::optional<Explanation> explanation;
};

/// Each may be empty.
struct ReplayListener {
    std::function<void(const ReplayLine&)> line;
    std::function<void(const Notice&)> notice;
};

/// Throws when there is no recording that this build can begin with; a difference is in the report.
ReplayReport replay(const ReplayOptions& options, const ReplayListener& listener);

}  // namespace ha
