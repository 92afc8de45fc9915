// Path quality: loss, jitter, and when they are told of.
#include "detect/quality.hpp"

#include <doctest/doctest.h>

#include "base/random.hpp"

namespace ha::detect {

using namespace std::chrono_literals;

TEST_CASE("a path on which all arrives, in whatever order, is good") {
    PathQuality path;
    CHECK(path.loss_percent() == 0);
    for (std::uint64_t i = 1000; i < 2000; i += 4)
        for (std::uint64_t seq : {i + 3, i + 1, i, i + 2, i}) path.heard(seq);
    CHECK(path.loss_percent() == 0);
    CHECK(!path.judge(100ms));
    CHECK(!path.is_poor());
}

TEST_CASE("what is lost is counted, told of once, and forgotten when the path is well again") {
    PathQuality path;
    std::uint64_t seq = 0;
    int changes = 0;
    const auto send = [&](int count, std::uint64_t lost_of_ten) {
        for (int i = 0; i < count; i++) {
            seq++;
            if (seq % 10 >= lost_of_ten) path.heard(seq);
            if (path.judge(100ms)) changes++;
        }
    };
    send(200, 0);
    CHECK(changes == 0);
    send(200, 3);
    CHECK(path.is_poor());
    CHECK(path.loss_percent() >= 28);
    CHECK(path.loss_percent() <= 32);
    CHECK(changes == 1);
    send(400, 1);  // better, and not good
    CHECK(path.is_poor());
    CHECK(changes == 1);
    send(200, 0);
    CHECK(!path.is_poor());
    CHECK(changes == 2);
}

TEST_CASE("a few that are lost or late at the beginning are no verdict") {
    PathQuality path;
    for (std::uint64_t seq : {1, 9, 17, 25, 33}) path.heard(seq);
    CHECK(path.loss_percent() == 0);
    CHECK(!path.judge(100ms));
}

TEST_CASE("numbers from long ago and far ahead harm nothing") {
    PathQuality path;
    path.heard(UINT64_MAX - 1000);
    path.heard(1);
    path.heard(UINT64_MAX);
    path.heard(UINT64_MAX - 200);
    CHECK(path.loss_percent() == 0);
    CHECK(!path.judge(100ms));
}

TEST_CASE("a silence is no loss, and does not make a poor path good") {
    PathQuality path;
    std::uint64_t seq = 0;
    for (; seq < 300; seq++) path.heard(seq + 1);
    for (seq += 1000; seq < 1500; seq++) {
        path.heard(seq);
        CHECK(!path.judge(100ms));
    }
    for (; seq < 1700; seq += 2) {
        path.heard(seq);
        path.judge(100ms);
    }
    CHECK(path.is_poor());
    for (seq += 1000; seq < 2720; seq++) {
        path.heard(seq);
        CHECK(!path.judge(100ms));  // not known yet
    }
    for (; seq < 2800; seq++) path.heard(seq);
    CHECK(path.judge(100ms));
    CHECK(!path.is_poor());
}

TEST_CASE("round trips that differ much are told of, slow and even ones are not") {
    PathQuality path;
    for (int i = 0; i < 100; i++) path.timed(400ms + (i % 2) * 2ms);
    CHECK(!path.judge(100ms));
    CHECK(path.jitter() < 3ms);
    Random random(Seed{7});
    for (int i = 0; i < 200; i++) path.timed(std::chrono::milliseconds(random.below(500)));
    CHECK(path.judge(100ms));
    CHECK(path.is_poor());
    for (int i = 0; i < 200; i++) path.timed(1ms);
    for (std::uint64_t seq = 1; seq < 100; seq++) path.heard(seq);
    CHECK(path.judge(100ms));
    CHECK(!path.is_poor());
    CHECK(path.jitter() < 1ms);
}

}  // namespace ha::detect
