// How long durable writes take on this node, as candidates have to reckon with it (safety.md F33).
#pragma once

#include <array>
#include <cstddef>

#include "base/reflect.hpp"
#include "base/time.hpp"

namespace ha::engine {

/// A window over the last writes. One write in a hundred may be slower than what it says: a single
/// hiccup of a disk must not slow down elections for hours.
class WriteTimes {
 public:
    /// For recordings (base/archive.hpp).
    auto members() {
        return reflect::fields(window_, next_, count_, usual_max_);
    }

    void add(Duration took);
    /// 99 of 100 took no longer; zero when nothing was written yet.
    Duration usual_max() const { return usual_max_; }
    /// A handful of writes, all made at a start perhaps, says little.
    bool is_known() const { return count_ >= k_enough; }

 private:
    static constexpr std::size_t k_enough = 16;

    std::array<Duration, 128> window_{};
    std::size_t next_ = 0;
    std::size_t count_ = 0;  ///< counts up to enough
    Duration usual_max_{0};
};

}  // namespace ha::engine
