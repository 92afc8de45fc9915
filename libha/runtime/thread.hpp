// Threads of the runtime: named, with small stacks, deaf to signals, joined by their owner.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"

namespace ha::runtime {

struct ThreadOptions {
    std::string name;             ///< at most 15 characters are shown by the system
    std::size_t stack_bytes = 0;  ///< 0: k_thread_stack_bytes
};

/// Enough for a plugin that is not careless; only touched pages cost memory.
inline constexpr std::size_t k_thread_stack_bytes = 1024 * 1024;

/// A thread that has all signals blocked, because handlers are the embedder's and belong on the
/// embedder's threads. Destroying a joinable one is a bug.
class Thread {
   public:
    Thread();
    /// Fails when the system gives no further thread.
    static Result<Thread> start(ThreadOptions options, std::function<void()> body);
    Thread(Thread&&) noexcept;
    Thread& operator=(Thread&&) noexcept;
    ~Thread();

    bool is_joinable() const;
    void join();
    /// Lets it run on without an owner; what its body uses has to live as long as the process, or be
    /// owned by the body.
    void detach();

   private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Asks for round-robin real-time scheduling of the calling thread; its children do not inherit it.
/// The failure says what would allow it.
Result<void> make_this_thread_realtime();
/// Asks for more of the processor than ordinary threads get, without keeping them from it: for work
/// that a takeover waits for and that is not ours to bound, such as plugin calls. Its children do
/// not inherit it. The failure says what would allow it.
Result<void> favour_this_thread();

}  // namespace ha::runtime
