// Time as the core sees it: nanoseconds of the node's own boot clock, handed in as arguments.
//
// No wall clock decides anything. Instants of different nodes are never compared.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace ha {

using Duration = std::chrono::duration<std::int64_t, std::nano>;

/// A reading of this node's boot clock (counts suspend). Starts anew at each boot of the machine.
struct Instant {
    std::int64_t ns = 0;

    static constexpr Instant max() { return Instant{INT64_MAX}; }
    auto operator<=>(const Instant&) const = default;
};

constexpr Instant operator+(Instant t, Duration d) {
    return t.ns > INT64_MAX - (d.count() > 0 ? d.count() : 0) ? Instant::max()
                                                              : Instant{t.ns + d.count()};
}
constexpr Instant operator-(Instant t, Duration d) { return Instant{t.ns - d.count()}; }
constexpr Duration operator-(Instant a, Instant b) { return Duration{a.ns - b.ns}; }

using namespace std::chrono_literals;

}  // namespace ha
