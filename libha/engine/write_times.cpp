// How long durable writes take on this node.
#include "engine/write_times.hpp"

#include <algorithm>

namespace ha::engine {

namespace {
constexpr int k_slower_allowed = 1;  // of a window of 128
}

void WriteTimes::add(Duration took) {
    window_[next_] = took;
    count_ = std::min(count_ + 1, k_enough);
    next_ = (next_ + 1) % window_.size();
    auto sorted = window_;
    const auto usual = sorted.end() - 1 - k_slower_allowed;
    std::nth_element(sorted.begin(), usual, sorted.end());
    usual_max_ = *usual;
}

}  // namespace ha::engine
