// Cancellation: one flag and one descriptor that tell a plugin to end its operation.
#pragma once

#include <atomic>

namespace ha::plugin {

/// Owned by whoever asks for the operation; lives until the operation has returned. cancel may be
/// called from any thread, any number of times.
class Cancellation {
   public:
    Cancellation();
    ~Cancellation();
    Cancellation(const Cancellation&) = delete;
    Cancellation& operator=(const Cancellation&) = delete;

    void cancel() noexcept;
    bool is_cancelled() const noexcept { return is_cancelled_.load(std::memory_order_acquire); }
    /// Readable for ever once cancelled; -1 when the system gave none.
    int fd() const noexcept { return fd_; }

   private:
    std::atomic<bool> is_cancelled_{false};
    int fd_;
};

}  // namespace ha::plugin
