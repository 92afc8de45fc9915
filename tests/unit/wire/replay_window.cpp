// Replay window: held against the plain definition.
#include "wire/replay_window.hpp"

#include <doctest/doctest.h>

#include <set>

#include "base/random.hpp"

using namespace ha;
using namespace ha::wire;

TEST_CASE("a counter is taken once, and 0 and those that are 1,024 behind never") {
    ReplayWindow w;
    CHECK_FALSE(w.is_fresh(0));
    CHECK(w.is_fresh(1));
    w.take(1);
    CHECK_FALSE(w.is_fresh(1));
    w.take(1025);
    CHECK(w.is_fresh(2));
    CHECK_FALSE(w.is_fresh(1));
    w.take(1026);
    CHECK_FALSE(w.is_fresh(2));
    CHECK(w.is_fresh(3));
    w.take(1'000'000);
    CHECK_FALSE(w.is_fresh(1026));
    CHECK(w.is_fresh(1'000'000 - 1023));
}

TEST_CASE("the window agrees with a set of all counters seen") {
    Random random(seed_from(7));
    ReplayWindow w;
    std::set<std::uint64_t> seen;
    std::uint64_t highest = 0;
    for (int i = 0; i < 50'000; i++) {
        const auto jump = random.below(100) == 0 ? random.below(5000) : random.below(40);
        const auto base = highest + jump;
        const auto back = random.below(1200);
        const auto counter = base > back ? base - back : base + 1;
        const bool expected = counter > 0 && seen.count(counter) == 0 &&
                              (counter > highest || highest - counter < 1024);
        REQUIRE(w.is_fresh(counter) == expected);
        if (!expected) continue;
        w.take(counter);
        seen.insert(counter);
        highest = std::max(highest, counter);
    }
}
