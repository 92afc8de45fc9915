// Operation: one call into an instance, as C++ sees it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "ha/plugin/failure.hpp"
#include "ha/plugin/operation.h"

namespace ha::plugin {

/// A view of the host's struct; valid during the call that it was handed to.
class Operation {
   public:
    Operation(const ha_operation_t* operation, const ha_host_t* host)
        : operation_(operation), host_(host) {}

    const ha_operation_t& abi() const { return *operation_; }
    std::int64_t deadline_ns() const { return operation_->deadline_ns; }
    const ha_epoch_t& epoch() const { return operation_->epoch; }

    /// Time left until the deadline, never negative.
    std::chrono::nanoseconds remaining() const {
        const std::int64_t left = operation_->deadline_ns - host_->now_ns(host_);
        return std::chrono::nanoseconds(left > 0 ? left : 0);
    }
    bool is_cancelled() const { return operation_->is_cancelled(operation_) != 0; }
    /// To be polled for reading beside the plugin's own descriptors; -1 when the host has none.
    int cancel_fd() const { return operation_->cancel_fd; }

    /// Throws when the operation is to end: cancelled, or past its deadline.
    void check() const {
        if (is_cancelled()) throw Error(ErrorCode::cancelled, "cancelled");
        if (remaining().count() == 0) throw Error(ErrorCode::timed_out, "deadline has passed");
    }

    /// A sentence that goes with the result: why a probe says failed, why a check says bad.
    void explain(const std::string& sentence) const {
        operation_->set_error(operation_, sentence.c_str());
    }

   private:
    const ha_operation_t* operation_;
    const ha_host_t* host_;
};

}  // namespace ha::plugin
