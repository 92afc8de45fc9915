// The guard: what it holds, and what it does when the time is over. No socket, no clock, no memory
// of its own making: time and requests are arguments, everything else was there before the first.
//
//   Invariants
//   (1) What is held is severed at `lease end - sever_bound` of the newest whole word of the page,
//       or before; a word that is missing is a lease that is over.
//   (2) What was severed stays severed until the daemon drops it or puts it anew, and the guard
//       tells of it until then. Nothing is put in place while the time is over.
//   (3) The watchdog is fed only while the lease runs.
#pragma once

#include "actions.hpp"
#include "base/guard.hpp"
#include "watchdog.hpp"

namespace ha_guard {

using CarryOut = int (*)(const ha::guard::Action& action, int fd) noexcept;
using CloseFd = void (*)(int fd) noexcept;
using ReadClock = Instant (*)() noexcept;

class Guard {
   public:
    struct Hands {
        CarryOut carry_out = nullptr;
        CloseFd close_fd = nullptr;
        ReadClock now = nullptr;  ///< for the time that severing takes
    };
    /// The page outlives the guard.
    Guard(ha::guard::Page& page, WatchdogDevice& device, Hands hands);

    /// Looks at the time, before anything else is handled. `planned`: when this was due, or max.
    void look(Instant now, Instant planned = Instant::max()) noexcept;
    /// When look() has to be called next.
    Instant next_deadline(Instant now) const noexcept;

    /// Takes over the descriptors, whatever comes of it. 0 or errno; ETIME: severed at once,
    /// because the time is over.
    int put(Instant now, const ha::guard::PutRequest& request, const int* fds,
            std::size_t fd_count) noexcept;
    void drop(std::uint32_t resource) noexcept;
    void tell(std::uint32_t first, ha::guard::Reply& reply) const noexcept;
    int use_watchdog(const ha::guard::WatchdogRequest& request) noexcept;

    /// It may end: nothing is held, and no device is open that would go off without it.
    bool is_idle() const noexcept;

   private:
    struct Slot {
        std::uint32_t resource = 0;  ///< 0: free
        std::uint32_t group = 0;
        std::uint32_t epoch_node = 0;
        std::uint32_t count = 0;
        std::uint64_t incarnation = 0;
        std::uint64_t term = 0;
        bool is_severed = false;
        ha::guard::Action actions[ha::guard::k_limit_actions];
        int fds[ha::guard::k_limit_actions] = {-1, -1, -1, -1};
    };

    bool is_over(Instant now) const noexcept;
    void sever_all(Instant now) noexcept;
    void sever(Slot& slot) noexcept;
    void free(Slot& slot) noexcept;
    Slot* find(std::uint32_t resource) noexcept;
    void publish(Instant now) noexcept;

    ha::guard::Page& page_;
    const Hands hands_;
    Watchdog watchdog_;
    std::size_t used_ = 0;     ///< slots from the first that are or were in use
    std::size_t held_ = 0;
    std::size_t armed_ = 0;    ///< held and not severed
    Slot slots_[ha::guard::k_limit_resources];
};

}  // namespace ha_guard
