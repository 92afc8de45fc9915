// The ledger of operations under way on this node: names, deadlines and slots.
//
// Invariants: (1) an id is given out once; (2) an operation is in the ledger from its call to its
// report; (3) it holds a slot until it is reported or loose; (4) `loose` means that nobody waits
// for it any more, and that it may still do something.
#pragma once

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "base/reflect.hpp"
#include "base/time.hpp"
#include "lifecycle/operation.hpp"

namespace ha::lifecycle {

struct Operation {
    OperationId id;
    OperationKind kind = OperationKind::probe;
    GroupId group;
    std::size_t position = 0;  ///< of the resource in its group
    Instant begun;
    Duration timeout{0};
    Instant give_up;           ///< without a report by then it is loose
    bool is_cancelled = false;
    bool is_loose = false;
};

class Operations {
   public:
    /// For recordings (base/archive.hpp).
    auto members() {
        return reflect::fields(last_, operations_, due_, slots_taken_);
    }

    /// The next name; checks of monitors draw from the same row.
    OperationId next_id() { return OperationId{++last_.value}; }

    const Operation& begin(Instant now, OperationKind kind, GroupId group, std::size_t position,
                           Duration timeout);
    const Operation* find(OperationId id) const;
    /// From now on the report is due within the grace.
    void mark_cancelled(Instant now, OperationId id);
    void mark_loose(OperationId id);
    void finish(OperationId id);

    bool has_slot(std::uint32_t limit) const { return limit == 0 || slots_taken_ < limit; }
    std::vector<OperationId> overdue(Instant now) const;
    Instant next_deadline() const;

   private:
    void set_give_up(Operation& operation, Instant give_up);

    OperationId last_;
    std::map<OperationId, Operation> operations_;
    std::set<std::pair<Instant, OperationId>> due_;  ///< those that are not loose
    std::uint32_t slots_taken_ = 0;                  ///< severing takes none
};

}  // namespace ha::lifecycle
