// The callback thread: the user's code runs here and nowhere else, so that a callback that blocks
// delays other callbacks and nothing of the cluster (G23).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"

namespace ha::runtime {

/// Callbacks that wait behind one that blocks. Of the droppable kind, later ones are dropped.
inline constexpr std::size_t k_limit_waiting_callbacks = 4096;

class Callbacks {
   public:
    static Result<std::unique_ptr<Callbacks>> start();
    /// As end(0).
    ~Callbacks();

    /// Runs what waits already, except the droppable ones, then ends. A callback that blocks longer
    /// than `grace` is let go with its thread, and what waits behind it is not called any more:
    /// what it would use may be gone by then. Not on the callback thread.
    void end(Duration grace);

    enum class Importance : std::uint8_t { droppable, kept };
    /// Any thread, never blocks. `name` is a literal, said when the callback blocks. Kept ones are
    /// answers to requests, which are bounded already. False: dropped, or ended.
    bool post(const char* name, Importance importance, std::function<void()> callback);

    struct Running {
        std::string name;
        Instant since;
    };
    /// The callback that runs now; none when the thread is idle.
    std::optional<Running> running() const;
    /// How many callbacks were dropped so far.
    std::uint64_t dropped() const;
    /// Another droppable one would be dropped.
    bool is_full() const;
    /// Is this called by one of these callbacks?
    bool is_callback_thread() const;

   private:
    struct Impl;
    explicit Callbacks(std::shared_ptr<Impl> impl);
    std::shared_ptr<Impl> impl_;
};

}  // namespace ha::runtime
