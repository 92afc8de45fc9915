// Workers: threads for calls that may block, so that one that hangs delays nothing else.
//
// Each call runs on a thread of its own: an idle one if there is one, else a new one. A call that
// never comes back keeps its thread; others take its place until `threads_max` is reached. Only then
// do calls wait, and the text of waiting() says so.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"

namespace ha::runtime {

inline constexpr std::size_t k_limit_workers = 256;
inline constexpr std::size_t k_limit_waiting_calls = 16 * 1024;

struct WorkerOptions {
    std::string name;               ///< of the threads
    std::size_t threads_kept = 1;   ///< idle threads that do not end; started at once
    std::size_t threads_max = k_limit_workers;
    // Tried; without the permission they are ordinary threads.
    bool is_realtime = false;       ///< for calls known to be short
    bool is_favoured = false;       ///< for calls that may take long
    Duration idle_end = 10s;        ///< an idle thread beyond `threads_kept` ends after this
};

class Workers {
   public:
    /// Fails when the kept threads cannot be started.
    static Result<std::unique_ptr<Workers>> start(WorkerOptions options);
    /// Drops calls that have not begun. Threads whose call does not come back within `grace` are
    /// let go, not waited for: what their calls use must be owned by the calls.
    ~Workers();

    /// Any thread, never blocks. False when too many calls wait already: the call is dropped.
    [[nodiscard]] bool run(std::function<void()> call);

    struct Load {
        std::size_t threads = 0;
        std::size_t busy = 0;
        std::size_t waiting = 0;
    };
    Load load() const;
    /// Waited for by the destructor; 0 by default.
    void set_grace(Duration grace);

   private:
    struct Impl;
    explicit Workers(std::shared_ptr<Impl> impl);
    std::shared_ptr<Impl> impl_;
};

}  // namespace ha::runtime
