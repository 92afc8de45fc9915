// Replay window: each counter is taken once, and only while it is among the newest (safety.md F17).
//
// A ring of bits, one per counter of the window, as in RFC 6479. Nothing moves when it slides: bits
// of counters that come into the window are cleared.
#pragma once

#include <array>
#include <cstdint>

#include "base/limits.hpp"
#include "base/reflect.hpp"

namespace ha::wire {

class ReplayWindow {
   public:
    /// For recordings (base/archive.hpp).
    auto members() {
        return reflect::fields(words_, highest_);
    }

    /// True when `counter` (from 1) is new and not too old; says nothing about who sent it.
    bool is_fresh(std::uint64_t counter) const {
        if (counter == 0) return false;
        if (counter > highest_) return true;
        return highest_ - counter < k_limit_replay_window && !bit(counter);
    }

    /// Marks a fresh counter as seen; only for one that has been authenticated.
    void take(std::uint64_t counter) {
        if (counter > highest_) {
            if (counter - highest_ >= k_limit_replay_window) {
                words_.fill(0);
            } else {
                for (auto c = highest_ + 1; c < counter; c++) word(c) &= ~mask(c);
            }
            highest_ = counter;
        }
        word(counter) |= mask(counter);
    }

   private:
    static constexpr std::size_t k_words = k_limit_replay_window / 64;
    static_assert(k_words * 64 == k_limit_replay_window);

    static std::uint64_t mask(std::uint64_t counter) { return std::uint64_t{1} << (counter % 64); }
    std::uint64_t& word(std::uint64_t counter) { return words_[counter / 64 % k_words]; }
    bool bit(std::uint64_t counter) const {
        return (words_[counter / 64 % k_words] & mask(counter)) != 0;
    }

    std::array<std::uint64_t, k_words> words_{};
    std::uint64_t highest_ = 0;
};

}  // namespace ha::wire
