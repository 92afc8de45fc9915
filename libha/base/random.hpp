// Pseudo-random numbers from a seed that is an input: the core has no random device (F33).
//
// xoshiro256** by Blackman and Vigna (2018), seeded by splitmix64.
#pragma once

#include <array>
#include <cstdint>

#include "base/reflect.hpp"
#include "base/time.hpp"

namespace ha {

/// 256 random bits handed in by the runtime at start, and recorded.
using Seed = std::array<std::uint64_t, 4>;

/// Spreads one number over a whole seed, for tests and the simulator.
Seed seed_from(std::uint64_t number);

class Random {
   public:
    /// For recordings (base/archive.hpp).
    auto members() {
        return reflect::fields(state_);
    }

    explicit Random(const Seed& seed);

    std::uint64_t next();
    /// Uniform in [0, bound); bound > 0.
    std::uint64_t below(std::uint64_t bound);
    /// Uniform in [0, bound]; bound >= 0.
    Duration up_to(Duration bound);
    /// True with probability `per_million` / 1,000,000.
    bool chance(std::uint32_t per_million) { return below(1'000'000) < per_million; }

   private:
    std::array<std::uint64_t, 4> state_;
};

/// An id of random bytes, and never the one that means none.
template <class Id>
Id random_id(Random& random) {
    Id out;
    for (auto& byte : out.bytes) byte = static_cast<std::uint8_t>(random.next());
    out.bytes[0] |= 1;
    return out;
}

}  // namespace ha
