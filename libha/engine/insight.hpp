// Insight: what the planner says about the state as it is, and as it would be. Pure; proposes nothing.
#pragma once

#include "base/result.hpp"
#include "engine/input.hpp"
#include "engine/status.hpp"
#include "placement/plan.hpp"

namespace ha::engine {

/// Why the group is where it is, and why not elsewhere. The group exists.
placement::Decision explain(const EngineStatus& status, GroupId group);

/// Something that is supposed to happen. Its node and group exist.
struct Supposition {
    enum class What : std::uint8_t { kill, comes_back, drain, move, start, stop };
    What what = What::kill;
    NodeId node;              ///< of move and start: where to; none: the policy decides
    GroupId group;
};
struct Outlook {
    model::ClusterState state;     ///< as it would be in the end
    placement::View view;
    bool is_quorate = true;        ///< of the voters, more than half are left
    bool is_settled = true;        ///< it came to rest
    /// Of each group that would be elsewhere than now, that nothing could run, or that an event
    /// was about.
    std::vector<placement::Decision> decisions;
};
/// One after the other, each with all that follows: owners that are there release what they are
/// told to, and what is given comes online.
Outlook suppose(const EngineStatus& status, const std::vector<Supposition>& events);

/// A request, made for the sake of seeing what it would do.
struct Rehearsal {
    std::string done;                ///< what the request is about, as when it is carried out
    std::vector<std::string> steps;  ///< what would be agreed on, one sentence each, in order
    /// Groups that would be placed anew by it, and why there.
    std::vector<placement::Decision> decisions;
};
/// Pure: works on a copy of what this node knows. Refused as the request itself would be.
Result<Rehearsal> rehearse(const EngineStatus& status, const RequestBody& body);

/// What a new configuration would do to what runs.
struct ChangeOutlook {
    std::string refusal;           ///< why it can not be applied as things are; empty: it can
    std::vector<GroupId> stopped;  ///< have to be stopped for it
    /// Groups that would get another place, or that nothing could run any more.
    std::vector<placement::Decision> moved;
    model::ClusterState state;     ///< as it would be, with what was stopped running again
};
ChangeOutlook simulate_change(const EngineStatus& status, const model::ClusterSpec& next);

}  // namespace ha::engine
