// The newest events of a node, numbered, for readers who come later or want to follow.
//
// Beside the event callback, because a callback that hangs must not hide what happens meanwhile.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

#include "base/event.hpp"

namespace ha::runtime {

inline constexpr std::size_t k_limit_kept_events = 2048;

struct NumberedEvent {
    std::uint64_t number = 0;    ///< from 1, without gaps; those before the oldest kept are gone
    std::int64_t wall_us = 0;    ///< microseconds of the wall clock, for people
    Event event;
};

/// Any thread.
class EventLog {
   public:
    void add(Event event);
    /// At most `count_max` events with a number above `after`, oldest first. Waits up to `wait` for
    /// one when there is none; ends early when closed.
    std::vector<NumberedEvent> read(std::uint64_t after, std::size_t count_max,
                                    Duration wait = Duration{0});
    std::uint64_t newest() const;
    /// No more events come: readers do not wait any longer.
    void close();

   private:
    mutable std::mutex mutex_;
    std::condition_variable added_;
    std::deque<NumberedEvent> events_;
    std::uint64_t newest_ = 0;
    bool is_closed_ = false;
};

}  // namespace ha::runtime
