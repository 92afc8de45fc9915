// Commands of operators, beyond goals and moves: freezing, single resources, drills, timeouts, and
// the time that has passed for what has an end.
//
// No clock of any node decides when something ends: the leader counts on its boot clock and
// commits how much time has passed (safety.md F37). A leader that is lost takes at most what it
// had not committed yet with it, so an end may come late by that, and never early.
#pragma once

#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace ha::model {

/// The monitor says "bad" whatever it sees, or says what it sees again.
struct InjectFailure {
    MonitorId monitor;        ///< none, and `on` is false: all
    bool on = false;
    Duration left{0};         ///< 0: until it is taken back
    bool operator==(const InjectFailure&) const = default;
};
struct SetFrozen {
    GroupId group;
    bool on = false;
    std::string reason;
    bool operator==(const SetFrozen&) const = default;
};
/// All resources of the group that are to be stopped while the group runs.
struct SetStopped {
    GroupId group;
    std::vector<ResourceId> resources;  ///< sorted, with all that depend on them
    std::string reason;
    bool operator==(const SetStopped&) const = default;
};
/// A move under way is undone unless it has succeeded in time; none as `from`: it is over.
struct SetTrial {
    GroupId group;
    NodeId from;
    Duration left{0};
    bool operator==(const SetTrial&) const = default;
};
struct SetRatio {
    std::uint32_t ratio = 1;  ///< 1: as configured
    Duration left{0};         ///< 0: until it is set anew
    std::string reason;
    bool operator==(const SetRatio&) const = default;
};
/// So much time has passed for everything that is counted down. What ends by it, ends here.
struct TimePassed {
    Duration passed{0};
    bool operator==(const TimePassed&) const = default;
};
/// Stands beside the commands of a request that must not be carried out twice.
struct RequestDone {
    NodeId node;              ///< that it was made at
    StartNumber start;
    RequestId id;
    bool operator==(const RequestDone&) const = default;
};

}  // namespace ha::model
