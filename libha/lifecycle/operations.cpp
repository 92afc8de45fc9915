// The ledger of operations under way.
#include "lifecycle/operations.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "lifecycle/bounds.hpp"

namespace ha::lifecycle {

const Operation& Operations::begin(Instant now, OperationKind kind, GroupId group,
                                   std::size_t position, Duration timeout) {
    HA_ASSERT(timeout > Duration{0});
    Operation operation;
    operation.id = next_id();
    operation.kind = kind;
    operation.group = group;
    operation.position = position;
    operation.begun = now;
    operation.timeout = timeout;
    operation.give_up = now + timeout + k_report_grace;
    if (kind != OperationKind::sever) slots_taken_++;
    due_.emplace(operation.give_up, operation.id);
    auto [where, is_new] = operations_.emplace(operation.id, operation);
    HA_ASSERT(is_new);
    return where->second;
}

const Operation* Operations::find(OperationId id) const {
    auto found = operations_.find(id);
    return found == operations_.end() ? nullptr : &found->second;
}

void Operations::set_give_up(Operation& operation, Instant give_up) {
    due_.erase({operation.give_up, operation.id});
    operation.give_up = give_up;
    due_.emplace(operation.give_up, operation.id);
}

void Operations::mark_cancelled(Instant now, OperationId id) {
    auto& operation = operations_.at(id);
    HA_ASSERT(!operation.is_loose);
    operation.is_cancelled = true;
    set_give_up(operation, std::min(operation.give_up, now + k_report_grace));
}

void Operations::mark_loose(OperationId id) {
    auto& operation = operations_.at(id);
    HA_ASSERT(!operation.is_loose);
    operation.is_loose = true;
    due_.erase({operation.give_up, id});
    if (operation.kind != OperationKind::sever) slots_taken_--;
}

void Operations::finish(OperationId id) {
    auto found = operations_.find(id);
    HA_ASSERT(found != operations_.end());
    if (!found->second.is_loose) {
        due_.erase({found->second.give_up, id});
        if (found->second.kind != OperationKind::sever) slots_taken_--;
    }
    operations_.erase(found);
}

std::vector<OperationId> Operations::overdue(Instant now) const {
    std::vector<OperationId> out;
    for (const auto& [give_up, id] : due_) {
        if (give_up > now) break;
        out.push_back(id);
    }
    return out;
}

Instant Operations::next_deadline() const {
    return due_.empty() ? Instant::max() : due_.begin()->first;
}

}  // namespace ha::lifecycle
