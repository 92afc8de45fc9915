// Pseudo-random numbers from a seed that is an input.
#include "base/random.hpp"

#include <bit>

#include "base/assert.hpp"

namespace ha {

Seed seed_from(std::uint64_t number) {
    Seed seed;
    for (auto& word : seed) {
        number += 0x9e3779b97f4a7c15u;
        auto z = number;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        word = z ^ (z >> 31);
    }
    return seed;
}

Random::Random(const Seed& seed) : state_(seed) {
    // The all-zero state is the one from which the generator never leaves.
    if ((state_[0] | state_[1] | state_[2] | state_[3]) == 0) state_ = seed_from(0);
}

std::uint64_t Random::next() {
    auto& s = state_;
    const auto out = std::rotl(s[1] * 5, 7) * 9;
    const auto t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = std::rotl(s[3], 45);
    return out;
}

std::uint64_t Random::below(std::uint64_t bound) {
    HA_ASSERT(bound > 0);
    // Rejecting the first 2^64 mod bound values keeps it uniform.
    const auto threshold = (0 - bound) % bound;
    for (;;) {
        const auto r = next();
        if (r >= threshold) return r % bound;
    }
}

Duration Random::up_to(Duration bound) {
    HA_ASSERT(bound >= Duration::zero());
    const auto count = static_cast<std::uint64_t>(bound.count());
    return Duration{static_cast<std::int64_t>(below(count + 1))};
}

}  // namespace ha
