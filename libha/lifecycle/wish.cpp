// What the agreed state asks of one group on this node.
#include "lifecycle/wish.hpp"

#include "base/seeded_bug.hpp"

namespace ha::lifecycle {

namespace {

/// Declared down, left or never seen: nothing that we hold is ours while the record says so.
bool is_node_void(const model::ClusterState& state, NodeId self) {
    auto found = state.nodes.find(self);
    if (found == state.nodes.end()) return true;
    switch (found->second.status) {
        case model::NodeStatus::up:
        case model::NodeStatus::leaving: return false;
        case model::NodeStatus::absent:
        case model::NodeStatus::left:
        case model::NodeStatus::down: return true;
    }
    return true;
}

bool is_leaving(const model::ClusterState& state, NodeId self) {
    auto found = state.nodes.find(self);
    return found != state.nodes.end() && found->second.status == model::NodeStatus::leaving;
}

}  // namespace

Wish judge_wish(const model::ClusterState& state, NodeId self, GroupId group, const Epoch& held) {
    Wish wish;
    auto found = state.groups.find(group);
    if (found == state.groups.end()) {
        if (held) wish.kind = WishKind::voided;
        wish.factor = OperationFactor::group_stop;
        return wish;
    }
    const auto& record = found->second;
    bool is_ours = record.owner == self && (!held || record.epoch == held);
    if (is_seeded(SeededBug::forget_epoch_check) && held) is_ours = true;
    wish.is_ours = is_ours;
    wish.is_evicted = record.is_evicted;
    wish.is_stop_failed = record.stop_failed;
    wish.goal = record.goal;
    wish.epoch = record.epoch;
    wish.start_kind = record.start_kind;
    wish.is_frozen = record.is_frozen;
    wish.stopped = record.stopped;
    if (!is_ours || (is_node_void(state, self) && !is_seeded(SeededBug::forget_epoch_check))) {
        wish.kind = held ? WishKind::voided : WishKind::nothing;
        wish.factor = OperationFactor::lease_lost;
        return wish;
    }
    wish.kind = WishKind::run;
    if (record.goal == model::Goal::offline || record.is_evicted) {
        wish.kind = WishKind::leave;
        wish.factor = OperationFactor::group_move;
        if (record.goal == model::Goal::offline) wish.factor = OperationFactor::group_stop;
        if (is_leaving(state, self)) wish.factor = OperationFactor::node_leave;
    }
    return wish;
}

}  // namespace ha::lifecycle
