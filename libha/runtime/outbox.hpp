// Outbox: how other threads reach the loop, also those that come back after it is gone.
#pragma once

#include <functional>
#include <mutex>
#include <utility>

#include "runtime/loop.hpp"

namespace ha::runtime {

/// Shared by everything that may outlive the loop: a call that hangs for an hour ends into nothing.
class Outbox {
   public:
    explicit Outbox(Loop& loop) : loop_(&loop) {}

    /// Any thread. False: dropped, because it is closed.
    bool post(Loop::Task task) {
        std::lock_guard guard(mutex_);
        if (loop_ == nullptr) return false;
        loop_->post(std::move(task));
        return true;
    }
    void close() {
        std::lock_guard guard(mutex_);
        loop_ = nullptr;
    }

   private:
    std::mutex mutex_;
    Loop* loop_;
};

}  // namespace ha::runtime
