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
    /// Runs what waits already, except the droppable ones, then ends. A callback that blocks longer
    /// than `grace` is let go with its thread.
    ~Callbacks();

    enum class Importance : std::uint8_t { droppable, kept };
    /// Any thread, never blocks. `name` is a literal, said when the callback blocks. Kept ones are
    /// answers to requests, which are bounded already. False: dropped.
    bool post(const char* name, Importance importance, std::function<void()> callback);

    struct Running {
        std::string name;
        Instant since;
    };
    /// The callback that runs now; none when the thread is idle.
    std::optional<Running> running() const;
    /// How many callbacks were dropped so far.
    std::uint64_t dropped() const;
    void set_grace(Duration grace);

   private:
    struct Impl;
    explicit Callbacks(std::shared_ptr<Impl> impl);
    std::shared_ptr<Impl> impl_;
};

}  // namespace ha::runtime
