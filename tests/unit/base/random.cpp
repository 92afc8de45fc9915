// Random numbers: the same seed gives the same numbers, and bounds hold.
#include "base/random.hpp"

#include <doctest/doctest.h>

using namespace ha;

TEST_CASE("the same seed gives the same numbers, another seed others") {
    Random a(seed_from(1)), b(seed_from(1)), c(seed_from(2));
    bool differs = false;
    for (int i = 0; i < 100; i++) {
        const auto x = a.next();
        CHECK(x == b.next());
        differs |= x != c.next();
    }
    CHECK(differs);
}

TEST_CASE("below and up_to stay in their bounds and reach both ends") {
    Random r(seed_from(3));
    bool zero = false, top = false;
    for (int i = 0; i < 1000; i++) {
        const auto v = r.below(3);
        CHECK(v < 3);
        zero |= v == 0;
        top |= v == 2;
        CHECK(r.up_to(Duration{5}) <= Duration{5});
    }
    CHECK(zero);
    CHECK(top);
    CHECK(r.up_to(Duration{0}) == Duration{0});
}
