// The failure detector: silence per node and interconnect, without anybody's clock.
#include "detect/detector.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace ha;
using detect::Change;
using detect::Detector;
using detect::Suspicion;

namespace {

constexpr NodeId k_a{1};
constexpr NodeId k_b{2};
constexpr InterconnectId k_lan1{1};
constexpr InterconnectId k_lan2{2};
constexpr Instant k_begin{1'000'000'000'000};

Detector detector_of(std::uint32_t warning_percent = 80) {
    Detector detector({600ms, warning_percent});
    detector.set_paths({{k_a, {k_lan1, k_lan2}}, {k_b, {k_lan1}}});
    return detector;
}

bool tells(const std::vector<Change>& changes, NodeId node, InterconnectId on, Suspicion to) {
    return std::any_of(changes.begin(), changes.end(), [&](const Change& change) {
        return change.node == node && change.interconnect == on && change.to == to;
    });
}

/// Heard every 150 ms from `from` to before `to`.
void hear(Detector& detector, Instant from, Instant to, NodeId node, InterconnectId on) {
    for (auto at = from; at < to; at = at + Duration{150ms}) {
        detector.heard(at, node, on);
        detector.update(at);
    }
}

}  // namespace

TEST_CASE("a node that was never heard is red, and was never heard") {
    auto detector = detector_of();
    CHECK(detector.update(k_begin).empty());
    CHECK(detector.suspicion(k_a) == Suspicion::red);
    CHECK(detector.heard_nodes().size() == 0);
    CHECK_FALSE(detector.was_heard(k_a));
    CHECK(detector.silence(k_begin, k_a, k_lan1) == Duration::max());
    CHECK(detector.next_deadline() == Instant::max());
}

TEST_CASE("S9: a node is green when heard, yellow at the warning, red at the timeout") {
    auto detector = detector_of();
    detector.heard(k_begin, k_b, k_lan1);
    auto changes = detector.update(k_begin);
    CHECK(tells(changes, k_b, k_lan1, Suspicion::green));
    CHECK(tells(changes, k_b, {}, Suspicion::green));
    CHECK(detector.next_deadline() == k_begin + Duration{480ms});
    CHECK(detector.update(k_begin + Duration{479ms}).empty());
    CHECK(tells(detector.update(k_begin + Duration{480ms}), k_b, k_lan1, Suspicion::yellow));
    CHECK(detector.next_deadline() == k_begin + Duration{600ms});
    CHECK(detector.update(k_begin + Duration{599ms}).empty());
    changes = detector.update(k_begin + Duration{600ms});
    CHECK(tells(changes, k_b, k_lan1, Suspicion::red));
    CHECK(tells(changes, k_b, {}, Suspicion::red));
    CHECK(detector.was_heard(k_b));
    CHECK(detector.silence(k_begin + Duration{1s}, k_b, k_lan1) == Duration{1s});
}

TEST_CASE("with a warning at 100 percent nothing is ever yellow") {
    auto detector = detector_of(100);
    detector.heard(k_begin, k_b, k_lan1);
    detector.update(k_begin);
    CHECK(detector.next_deadline() == k_begin + Duration{600ms});
    CHECK(detector.update(k_begin + Duration{599ms}).empty());
}

TEST_CASE("cluster.md 2: one interconnect that works keeps the node, and the silent one is told "
          "alone") {
    auto detector = detector_of();
    detector.heard(k_begin, k_a, k_lan1);
    hear(detector, k_begin, k_begin + Duration{600ms}, k_a, k_lan2);
    const auto changes = detector.update(k_begin + Duration{600ms});
    CHECK(tells(changes, k_a, k_lan1, Suspicion::red));
    CHECK_FALSE(tells(changes, k_a, {}, Suspicion::red));
    CHECK(detector.suspicion(k_a, k_lan1) == Suspicion::red);
    CHECK(detector.suspicion(k_a) != Suspicion::red);
}

TEST_CASE("nobody is blamed for the time that we slept ourselves") {
    auto detector = detector_of();
    detector.heard(k_begin, k_b, k_lan1);
    detector.update(k_begin);
    const auto later = k_begin + Duration{10s};
    detector.widen(later, 9900ms);
    CHECK(detector.update(later).empty());
    CHECK(tells(detector.update(later + Duration{500ms}), k_b, k_lan1, Suspicion::red));
}

TEST_CASE("who was silent before we slept stays silent") {
    auto detector = detector_of();
    detector.heard(k_begin, k_b, k_lan1);
    detector.update(k_begin);
    detector.update(k_begin + Duration{600ms});
    detector.widen(k_begin + Duration{2s}, 1s);
    CHECK(detector.update(k_begin + Duration{2s}).empty());
    CHECK(detector.suspicion(k_b) == Suspicion::red);
}

TEST_CASE("a node that said that it stops is red at once, and green when heard again") {
    auto detector = detector_of();
    detector.heard(k_begin, k_b, k_lan1);
    detector.update(k_begin);
    detector.forget(k_b);
    CHECK(tells(detector.update(k_begin + Duration{1ms}), k_b, {}, Suspicion::red));
    detector.heard(k_begin + Duration{2ms}, k_b, k_lan1);
    CHECK(tells(detector.update(k_begin + Duration{2ms}), k_b, {}, Suspicion::green));
}

TEST_CASE("the first silence costs no hold-down, the second one in a minute does") {
    auto detector = detector_of();
    detector.heard(k_begin, k_b, k_lan1);
    detector.update(k_begin);
    detector.update(k_begin + Duration{1s});
    REQUIRE(detector.suspicion(k_b) == Suspicion::red);
    detector.heard(k_begin + Duration{2s}, k_b, k_lan1);
    detector.update(k_begin + Duration{2s});
    CHECK(detector.suspicion(k_b) == Suspicion::green);

    detector.update(k_begin + Duration{3s});
    REQUIRE(detector.suspicion(k_b) == Suspicion::red);
    const auto back = k_begin + Duration{4s};
    hear(detector, back, back + Duration{1s}, k_b, k_lan1);
    CHECK(detector.suspicion(k_b) == Suspicion::red);
    CHECK(detector.next_deadline() != Instant::max());
    hear(detector, back + Duration{1050ms}, back + Duration{1500ms}, k_b, k_lan1);
    CHECK(detector.suspicion(k_b) == Suspicion::green);
}

TEST_CASE("a hold-down never grows beyond its limit, and is forgotten after a quiet time") {
    auto detector = detector_of();
    auto at = k_begin;
    detector.heard(at, k_b, k_lan1);
    detector.update(at);
    for (int flap = 0; flap < 12; flap++) {
        at = at + Duration{1s};
        detector.update(at);
        const auto back = at;
        while (detector.suspicion(k_b) == Suspicion::red) {
            detector.heard(at, k_b, k_lan1);
            detector.update(at);
            at = at + Duration{100ms};
        }
        CHECK(at - back <= detect::k_hold_down_max + Duration{200ms});
    }
    at = at + Duration{1s};
    detector.update(at);
    at = at + Duration{2 * detect::k_flap_memory};
    detector.heard(at, k_b, k_lan1);
    detector.update(at);
    CHECK(detector.suspicion(k_b) == Suspicion::green);
}

TEST_CASE("paths that stay keep what is known of them, others are forgotten, strangers ignored") {
    auto detector = detector_of();
    detector.heard(k_begin, k_a, k_lan1);
    detector.heard(k_begin, k_b, k_lan1);
    detector.update(k_begin);
    detector.set_paths({{k_a, {k_lan1}}});
    CHECK(detector.suspicion(k_a) == Suspicion::green);
    CHECK(detector.suspicion(k_b) == Suspicion::red);
    CHECK_FALSE(detector.was_heard(k_b));
    detector.heard(k_begin, NodeId{9}, k_lan1);
    detector.heard(k_begin, k_a, InterconnectId{9});
    CHECK(detector.update(k_begin).empty());
    CHECK(detector.heard_nodes().nodes() == std::vector<NodeId>{k_a});
}
