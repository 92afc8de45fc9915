// Lanes: the calls of one resource or monitor, one at a time and in order, on workers.
#pragma once

#include <deque>
#include <functional>
#include <memory>

#include "base/ids.hpp"
#include "runtime/outbox.hpp"
#include "runtime/workers.hpp"

namespace ha::runtime {

/// `work` runs on a worker and may block; what it returns runs on the loop's thread afterwards, and
/// may touch what belongs to that thread. Work owns all that it uses, because it may hang for ever.
struct LaneJob {
    OperationId id;  ///< none: cannot be dropped
    std::function<std::function<void()>()> work;
};

/// Used on the loop's thread only.
class Lane : public std::enable_shared_from_this<Lane> {
   public:
    Lane(Workers& workers, std::shared_ptr<Outbox> outbox)
        : workers_(workers), outbox_(std::move(outbox)) {}

    void submit(LaneJob job);
    /// Takes back a job that waits; false when it runs already, or is not here.
    bool drop(OperationId id);
    bool is_busy() const { return is_busy_; }
    bool is_idle() const { return !is_busy_ && waiting_.empty(); }

   private:
    void begin_next();

    Workers& workers_;
    std::shared_ptr<Outbox> outbox_;
    std::deque<LaneJob> waiting_;
    bool is_busy_ = false;
};

}  // namespace ha::runtime
