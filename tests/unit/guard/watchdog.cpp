// The watchdog behind its seam: fed only while the lease runs, disarmed only when not wanted.
#include "watchdog.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <string>
#include <utility>

using namespace ha;
using guard::WatchdogState;

namespace watchdog_cases {
namespace {

/// Writes down what is done to it: o(pen), f(eed), V (closed by the magic character).
class FakeDevice final : public ha_guard::WatchdogDevice {
   public:
    int open(const char*) noexcept override {
        if (open_error == 0) story += 'o';
        return open_error;
    }
    int set_up(Duration timeout, Duration, ha_guard::DeviceFacts& facts) noexcept override {
        facts = next_facts;
        if (facts.timeout == Duration::zero()) facts.timeout = timeout;
        return set_up_error;
    }
    int feed() noexcept override {
        story += 'f';
        return feed_error;
    }
    int close_disarmed() noexcept override {
        story += 'V';
        return close_error;
    }
    std::string take() { return std::exchange(story, {}); }

    std::string story;
    ha_guard::DeviceFacts next_facts{.is_known = true};
    int open_error = 0, set_up_error = 0, feed_error = 0, close_error = 0;
};

struct Bench {
    Bench() { REQUIRE(dog.use("/dev/watchdog", 10s, 0s) == 0); }
    void pass(Duration time, bool is_wanted, bool is_running) {
        for (const auto end = now + time; now < end; now = now + 100ms)
            dog.look(now, is_wanted, is_running);
    }
    FakeDevice device;
    ha_guard::Watchdog dog{device};
    Instant now{1'000'000'000};
};

}  // namespace

TEST_CASE("F8: a watchdog is armed only when it is wanted and the lease runs") {
    Bench bench;
    bench.pass(5s, false, true);
    bench.pass(5s, true, false);
    CHECK(bench.device.take().empty());
    CHECK(bench.dog.state() == WatchdogState::idle);
    bench.pass(100ms, true, true);
    CHECK(bench.device.take() == "of");
    CHECK(bench.dog.state() == WatchdogState::armed);
    CHECK(bench.dog.is_verified());
}

TEST_CASE("F21: feeding ends with the lease, and begins again with the next one") {
    Bench bench;
    bench.pass(3s, true, true);
    const auto fed = bench.device.take();
    CHECK(fed.size() >= 3);
    CHECK(fed.substr(0, 2) == "of");
    bench.pass(60s, true, false);
    CHECK(bench.device.take().empty());  // and it would have reset this machine by now
    bench.pass(100ms, true, true);
    CHECK(bench.device.take() == "f");
}

TEST_CASE("F8: only what is not wanted is disarmed, by the magic character") {
    Bench bench;
    bench.pass(1s, true, true);
    bench.pass(1s, true, false);
    CHECK(bench.device.take().find('V') == std::string::npos);
    bench.pass(100ms, false, false);  // verified stopped, though the lease is over
    CHECK(bench.device.take() == "V");
    CHECK(bench.dog.state() == WatchdogState::idle);
    CHECK(!bench.dog.is_verified());
}

TEST_CASE("F8: a watchdog that can never be switched off is fed for ever once it was armed") {
    Bench bench;
    bench.device.next_facts.can_be_disarmed = false;
    bench.pass(1s, true, true);
    bench.device.take();
    bench.pass(5s, false, false);
    const auto fed = bench.device.take();
    CHECK(fed.size() >= 4);
    CHECK(fed.find('V') == std::string::npos);
}

TEST_CASE("F8: a watchdog that turns out not to be switched off stays open, and is fed for ever") {
    Bench bench;
    bench.pass(1s, true, true);
    bench.device.close_error = EBUSY;
    bench.device.take();
    bench.pass(5s, false, false);
    const auto fed = bench.device.take();
    CHECK(fed.substr(0, 2) == "Vf");
    CHECK(fed.size() >= 5);
    CHECK(fed.find('V', 1) == std::string::npos);
    CHECK(bench.dog.state() == WatchdogState::armed);
    bench.pass(2s, true, true);  // and serves whoever wants it again
    CHECK(bench.device.take().find('o') == std::string::npos);
    CHECK(bench.dog.is_verified());
}

TEST_CASE("F21: one that takes no settings and cannot be switched off is fed, and not verified") {
    Bench bench;
    bench.device.set_up_error = EIO;
    bench.device.close_error = EBUSY;
    bench.pass(5s, true, true);
    CHECK(bench.device.take().size() >= 5);
    CHECK(!bench.dog.is_verified());
    CHECK(bench.dog.state() == WatchdogState::failed);
    CHECK(bench.dog.is_open());
}

TEST_CASE("F21: settings that an open watchdog did not take are asked for again, until it does") {
    Bench bench;
    bench.device.set_up_error = EIO;
    bench.device.close_error = EBUSY;
    bench.pass(3s, true, true);
    bench.device.set_up_error = 0;
    bench.device.take();
    bench.pass(2s, true, true);
    CHECK(bench.dog.state() == WatchdogState::armed);
    CHECK(bench.dog.is_verified());
    CHECK(bench.device.take().find_first_not_of('f') == std::string::npos);
    // What is known of it stays known: it is not asked to stop again.
    bench.pass(3s, false, true);
    const auto fed = bench.device.take();
    CHECK(fed.size() >= 2);
    CHECK(fed.find('V') == std::string::npos);
}

TEST_CASE("F21: a time that the device did not confirm is not verified") {
    Bench bench;
    bench.device.next_facts = {.is_known = false};
    bench.pass(100ms, true, true);
    CHECK(bench.dog.state() == WatchdogState::armed);
    CHECK(!bench.dog.is_verified());
    bench.pass(100ms, false, true);
    bench.device.next_facts = {.is_known = true, .timeout = 60s};  // more than was asked for
    bench.pass(100ms, true, true);
    CHECK(bench.dog.state() == WatchdogState::armed);
    CHECK(!bench.dog.is_verified());
}

TEST_CASE("F8: a watchdog that cannot be opened is told of as failed and tried again") {
    Bench bench;
    bench.device.open_error = EBUSY;
    bench.pass(3s, true, true);
    CHECK(bench.dog.state() == WatchdogState::failed);
    bench.device.open_error = 0;
    bench.pass(2s, true, true);
    CHECK(bench.dog.state() == WatchdogState::armed);
}

TEST_CASE("F8: one that takes no settings is not left armed with others") {
    Bench bench;
    bench.device.set_up_error = EIO;
    bench.pass(100ms, true, true);
    CHECK(bench.device.take() == "oV");
    CHECK(bench.dog.state() == WatchdogState::failed);
}

TEST_CASE("an armed watchdog is not exchanged for another") {
    Bench bench;
    bench.pass(100ms, true, true);
    CHECK(bench.dog.use("/dev/watchdog1", 10s, 0s) == EBUSY);
    CHECK(bench.dog.use("/dev/watchdog", 10s, 0s) == 0);
    bench.pass(100ms, false, true);
    CHECK(bench.dog.use("/dev/watchdog1", 10s, 0s) == 0);
    CHECK(bench.dog.use("/dev/watchdog2", 0s, 0s) == EINVAL);
    CHECK(bench.dog.use("", 0s, 0s) == 0);
    CHECK(bench.dog.state() == WatchdogState::none);
}

}  // namespace watchdog_cases
