// The rules of placement: one name for each reason why a group is, or is not, somewhere.
//
// The planner works with these numbers; text is made only for those who ask (plan.cpp).
#pragma once

#include <cstdint>

namespace ha::placement {

/// What was decided about a group.
enum class Rule : std::uint8_t {
    // It gets an owner.
    as_asked,         ///< the wished node
    destination,      ///< of a move that the policy began
    first_in_policy,
    next_in_policy,   ///< those before it cannot
    owner_down,       ///< failover to the first that can
    found_there,      ///< it is active there already, as somebody has started it
    returns,          ///< manual failover: the node that was lost under it is back
    // Its owner is told to release it.
    move,             ///< the wished node
    failback,
    hand_over,        ///< its owner is about to stop
    drained,          ///< its owner is on standby
    gives_place,      ///< to a group of higher priority that runs nowhere
    owner_not_in_policy,
    // It is left as it is.
    goal_offline,
    runs,
    move_refused,     ///< the wished node cannot take it: the wish is dropped
    evicted,          ///< its owner is stopping it
    owner_silent,     ///< not heard, but not declared down either
    startup_wait,
    stays_on_standby, ///< its owner is on standby, and no other node can take it
    waits_for_group,  ///< that is started before it
    waits_to_stop,    ///< until a group is stopped that goes before it
    makes_room,       ///< groups of lower priority give their place
    // It should run, and nothing can be done about it now.
    frozen,           ///< by an operator
    stop_failed,
    owner_left,       ///< without having released it
    failover_manual,
    fencing_required,
    owner_holds_on,   ///< and no lease of it ends what it runs (safety.md F13)
    all_banned,
    failover_limit,
    excluded,
    no_room,
    no_node,
    found_elsewhere,  ///< it is active where it cannot be given to, and is stopped there first
};

const char* to_string(Rule rule) noexcept;
bool is_blocked(Rule rule) noexcept;

/// Whether a node can take a group, or the first rule against it.
enum class Verdict : std::uint8_t {
    eligible,
    not_in_policy,
    absent,
    down,
    left,
    leaving,
    maintenance,
    standby,
    isolated,
    silent,
    banned,
    exclusion,  ///< another `full` group occupies it, or is on its way there
    no_room,    ///< less of its capacity is left than the group uses
    found_elsewhere,  ///< the group is active on another node, which has no right to it
};

const char* to_string(Verdict verdict) noexcept;

}  // namespace ha::placement
