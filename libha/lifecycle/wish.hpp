// What the agreed state asks of one group on this node. Pure: the only place that compares epochs.
#pragma once

#include <vector>

#include "base/ids.hpp"
#include "lifecycle/operation.hpp"
#include "model/state.hpp"

namespace ha::lifecycle {

enum class WishKind : std::uint8_t {
    nothing,  ///< the group is not ours
    run,      ///< ours at `epoch`, and wanted online
    leave,    ///< ours at `epoch`: stop it in order, then release it
    voided,   ///< what we hold is not ours any more: sever it first, then stop it
};

struct Wish {
    WishKind kind = WishKind::nothing;
    /// The record names us as owner, at the epoch that we hold where we hold one: a release of it
    /// means something.
    bool is_ours = false;
    bool is_clear = false;       ///< no former owner's lease may still run; the service fills it in
    bool is_evicted = false;
    bool is_stop_failed = false;
    model::Goal goal = model::Goal::offline;
    Epoch epoch;                 ///< of the record
    model::StartKind start_kind = model::StartKind::start;
    OperationFactor factor = OperationFactor::none;  ///< of `leave` and `voided`
    bool is_frozen = false;      ///< what fails is left as it is
    std::vector<ResourceId> stopped;  ///< resources that an operator wants stopped; sorted
    /// Active here before it was given to us: adopted, not started. The service fills it in.
    bool is_found = false;
    bool operator==(const Wish&) const = default;
};

/// `held` is the epoch of what is possibly running here; none: nothing is.
/// A wish for a move (a target alone) is no reason to stop: whether and when is placement's to
/// decide, and it says so by evicting.
Wish judge_wish(const model::ClusterState& state, NodeId self, GroupId group, const Epoch& held);

}  // namespace ha::lifecycle
