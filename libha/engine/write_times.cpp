// How long durable writes take on this node.
#include "engine/write_times.hpp"

#include <algorithm>

namespace ha::engine {

namespace {
constexpr std::size_t k_slower_allowed = 1;  // of a window of 128
}

void WriteTimes::add(Duration took) {
    window_[next_] = took;
    count_ = std::min(count_ + 1, k_enough);
    next_ = (next_ + 1) % window_.size();
    std::array<Duration, k_slower_allowed + 1> slowest{};
    std::partial_sort_copy(window_.begin(), window_.end(), slowest.begin(), slowest.end(),
                           std::greater<>{});
    usual_max_ = slowest.back();
}

}  // namespace ha::engine
