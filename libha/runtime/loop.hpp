// The engine thread's event loop: posted tasks, one alarm on the boot clock, descriptors to watch.
//
// The only file that knows Boost.Asio is loop.cpp; everything else of the runtime waits through this.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/result.hpp"
#include "base/time.hpp"

namespace ha::runtime {

class Loop {
   public:
    using Task = std::function<void()>;
    using WatchId = std::uint64_t;

    static Result<std::unique_ptr<Loop>> make();
    ~Loop();

    /// Runs until stop(); the calling thread is the loop's thread from then on.
    void run();
    /// Any thread. Tasks posted before it are still run.
    void stop();
    /// Any thread; tasks of one thread run in their order. Nothing is lost, so posters must be
    /// bounded themselves.
    void post(Task task);

    // On the loop's thread, or before it runs:

    /// Calls `task` once the boot clock has reached `at` (also when the machine slept through it).
    /// There is one alarm: setting it again replaces it.
    void set_alarm(Instant at, Task task);
    /// Calls `task` whenever the descriptor is readable, until unwatch(). The descriptor stays the
    /// caller's, and open until then. Fails for what cannot be waited for, such as a plain file.
    Result<WatchId> watch_readable(int fd, Task task);
    void unwatch(WatchId id);

   private:
    struct Impl;
    explicit Loop(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace ha::runtime
