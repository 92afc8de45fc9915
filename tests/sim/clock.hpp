// Virtual time: one queue of things to happen, in the order of true time and of being asked for.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

#include "base/time.hpp"

namespace ha::sim {

class Queue {
   public:
    void at(Instant when, std::function<void()> what) {
        items_.push(Item{when < now_ ? now_ : when, next_++, std::move(what)});
    }
    void after(Duration delay, std::function<void()> what) { at(now_ + delay, std::move(what)); }
    Instant now() const { return now_; }

    /// Runs the next thing, unless it lies after `end`.
    bool run_next(Instant end) {
        if (items_.empty() || items_.top().when > end) {
            now_ = end;
            return false;
        }
        auto what = std::move(const_cast<Item&>(items_.top()).what);
        now_ = items_.top().when;
        items_.pop();
        what();
        return true;
    }

   private:
    struct Item {
        Instant when;
        std::uint64_t order;
        std::function<void()> what;
        bool operator<(const Item& other) const {
            return when != other.when ? when > other.when : order > other.order;
        }
    };
    std::priority_queue<Item> items_;
    Instant now_{1'000'000'000};
    std::uint64_t next_ = 0;
};

/// A node's boot clock: runs a little faster or slower than true time, within the drift bound.
struct Clock {
    Instant zero;                ///< true time at which it read `offset`
    std::int64_t offset_ns = 0;
    std::int64_t drift_ppm = 0;

    Instant read(Instant true_time) const {
        const auto passed = true_time.ns - zero.ns;
        return Instant{offset_ns + passed + passed / 1000 * drift_ppm / 1000};
    }
    /// The first true time at which the clock reads at least `local`.
    Instant when(Instant local) const {
        if (local == Instant::max()) return local;
        const auto passed = local.ns - offset_ns;
        auto guess = Instant{zero.ns + passed - passed / 1000 * drift_ppm / 1000};
        while (read(guess) < local) guess = guess + (local - read(guess)) + Duration{1};
        return guess;
    }
};

}  // namespace ha::sim
