// The guard's rules under virtual time: when it severs, what it tells, what it forgets.
#include "guard.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

using namespace ha;
using guard::PutRequest;
using guard::Reply;

namespace {

constexpr std::uint32_t k_write = 2;  // HA_SEVER_WRITE

// What the hands did; a guard has no state of the test's, so these are global.
std::vector<int> g_done;
std::vector<int> g_closed;
int g_result = 0;
Instant g_clock;

int do_action(const guard::Action&, int fd) noexcept {
    g_done.push_back(fd);
    return g_result;
}
void close_fd(int fd) noexcept { g_closed.push_back(fd); }
Instant read_clock() noexcept { return g_clock; }

/// One that is not there, until a test says otherwise.
class AbsentDevice final : public ha_guard::WatchdogDevice {
   public:
    int open(const char*) noexcept override { return open_error; }
    int set_up(Duration timeout, Duration, ha_guard::DeviceFacts& facts) noexcept override {
        facts = {.is_known = true, .timeout = timeout};
        return 0;
    }
    int feed() noexcept override {
        if (feed_error == 0) feeds++;
        return feed_error;
    }
    int close_disarmed() noexcept override { return 0; }
    int open_error = ENOENT, feed_error = 0, feeds = 0;
};

struct Bench {
    Bench() {
        g_done.clear();
        g_closed.clear();
        g_result = 0;
        g_clock = Instant{} + 1s;
    }
    void lease(Duration from_now, Duration bound = 5ms, bool is_dog_wanted = false) {
        guard::write_word(page, {0, static_cast<std::uint64_t>((g_clock + from_now).ns),
                                 static_cast<std::uint64_t>(bound.count()), is_dog_wanted});
    }
    void give_dog() {
        guard::WatchdogRequest request;
        std::strcpy(request.path, "/dev/dog");
        request.timeout_ns = 2'000'000'000;
        REQUIRE(it->use_watchdog(request) == 0);
    }
    /// It wakes up within a second, though nobody calls it.
    bool is_awake() const { return it->next_deadline(g_clock) <= g_clock + 1s; }
    int put(std::uint32_t resource, int fd, std::uint64_t incarnation = 1) {
        PutRequest request;
        request.head.resource = resource;
        request.head.group = resource * 10;
        request.head.incarnation = incarnation;
        request.head.count = 1;
        request.actions[0].kind = k_write;
        request.actions[0].byte_count = 1;
        return it->put(g_clock, request, &fd, 1);
    }
    /// As the loop does it: woken at its deadline, or at the end of `time`.
    void pass(Duration time) {
        const auto end = g_clock + time;
        for (;;) {
            const auto due = it->next_deadline(g_clock);
            if (due > end) break;
            g_clock = std::max(due, g_clock);
            it->look(g_clock, due);
        }
        g_clock = end;
        it->look(g_clock);
    }
    std::vector<guard::Told> told() {
        Reply reply;
        it->tell(0, reply);
        return {reply.told, reply.told + reply.count};
    }

    guard::Page page;
    AbsentDevice device;
    std::unique_ptr<ha_guard::Guard> it = std::make_unique<ha_guard::Guard>(
        page, device, ha_guard::Guard::Hands{&do_action, &close_fd, &read_clock});
};

}  // namespace

TEST_CASE("F8: what is held is severed sever_bound before the lease's end, once") {
    Bench bench;
    bench.lease(500ms);
    REQUIRE(bench.put(1, 11) == 0);
    REQUIRE(bench.put(2, 12) == 0);
    bench.pass(494ms);
    CHECK(g_done.empty());
    CHECK(bench.page.verdict.severings == 0);
    bench.pass(1ms);
    CHECK(g_done == std::vector<int>{11, 12});
    bench.pass(5s);
    CHECK(g_done.size() == 2);
    CHECK(bench.page.verdict.severings == 1);
    CHECK(bench.page.verdict.severed_at_ns == 1'495'000'000u);
}

TEST_CASE("F8: a lease that is renewed in time is seen when the old one would have ended") {
    Bench bench;
    bench.lease(500ms);
    REQUIRE(bench.put(1, 11) == 0);
    for (int i = 0; i < 20; i++) {
        bench.pass(400ms);
        bench.lease(500ms);
    }
    CHECK(g_done.empty());
    bench.pass(500ms);  // and then nobody renews it: the daemon is stopped
    CHECK(g_done == std::vector<int>{11});
}

TEST_CASE("F8: a page that holds no whole word is a lease that is over") {
    Bench bench;
    bench.lease(500ms);
    REQUIRE(bench.put(1, 11) == 0);
    bench.page.copies[0].check ^= 1;
    bench.page.copies[1].check ^= 1;
    bench.it->look(g_clock);
    CHECK(g_done == std::vector<int>{11});
}

TEST_CASE("F8: nothing is put in place while the lease is over") {
    Bench bench;
    CHECK(bench.put(1, 11) == ETIME);  // no lease was ever told
    CHECK(g_done == std::vector<int>{11});
    bench.lease(500ms);
    CHECK(bench.put(2, 12) == 0);
    bench.pass(600ms);
    CHECK(bench.put(3, 13) == ETIME);
    CHECK(g_done == std::vector<int>{11, 12, 13});
}

TEST_CASE("F12: what was severed is told until it is stopped or put anew") {
    Bench bench;
    bench.lease(500ms);
    REQUIRE(bench.put(1, 11, 7) == 0);
    REQUIRE(bench.put(2, 12, 8) == 0);
    bench.pass(600ms);
    bench.lease(500ms);  // the daemon is back, and has a lease again
    bench.it->look(g_clock);
    REQUIRE(bench.told().size() == 2);
    CHECK(bench.told()[0].is_severed == 1);
    CHECK(bench.told()[0].group == 10);
    CHECK(bench.told()[0].incarnation == 7);
    bench.it->drop(1);
    REQUIRE(bench.put(2, 22, 9) == 0);
    REQUIRE(bench.told().size() == 1);
    CHECK(bench.told()[0].resource == 2);
    CHECK(bench.told()[0].is_severed == 0);
    CHECK(bench.told()[0].incarnation == 9);
    CHECK(g_closed == std::vector<int>{11, 12});
    bench.pass(600ms);
    CHECK(g_done == std::vector<int>{11, 12, 22});
}

TEST_CASE("F8: what was dropped is not severed") {
    Bench bench;
    bench.lease(500ms);
    REQUIRE(bench.put(1, 11) == 0);
    bench.it->drop(1);
    bench.it->drop(99);
    CHECK(bench.it->is_idle());
    bench.pass(600ms);
    CHECK(g_done.empty());
    CHECK(bench.page.verdict.severings == 0);
}

TEST_CASE("F8: an action that fails does not keep the others from being done, and is counted") {
    Bench bench;
    bench.lease(500ms);
    for (std::uint32_t i = 1; i <= 3; i++) REQUIRE(bench.put(i, static_cast<int>(10 + i)) == 0);
    g_result = EIO;
    bench.pass(600ms);
    CHECK(g_done == std::vector<int>{11, 12, 13});
    CHECK(bench.page.verdict.failures == 3);
}

TEST_CASE("F8: a guard that wakes late says by how much") {
    Bench bench;
    bench.lease(500ms);
    REQUIRE(bench.put(1, 11) == 0);
    const auto due = bench.it->next_deadline(g_clock);
    CHECK(due == g_clock + 495ms);
    g_clock = due + 300us;
    bench.it->look(g_clock, due);
    CHECK(bench.page.verdict.wake_late_max_ns == 300'000);
    CHECK(g_done.size() == 1);
}

TEST_CASE("F8: what a guard cannot carry out is refused, and its descriptors are closed") {
    Bench bench;
    bench.lease(500ms);
    PutRequest request;
    request.head.resource = 1;
    request.head.count = 1;
    request.actions[0].kind = 77;
    int fd = 40;
    CHECK(bench.it->put(g_clock, request, &fd, 1) == EOPNOTSUPP);
    request.actions[0].kind = k_write;
    request.actions[0].byte_count = 1;
    CHECK(bench.it->put(g_clock, request, &fd, 0) == EINVAL);  // a descriptor is missing
    request.head.count = guard::k_limit_actions + 1;
    CHECK(bench.it->put(g_clock, request, &fd, 1) == EINVAL);
    CHECK(g_closed == std::vector<int>{40, 40});
    CHECK(bench.it->is_idle());
}

TEST_CASE("F8: as many resources as it can hold are severed, and told in pieces") {
    Bench bench;
    bench.lease(500ms);
    for (std::uint32_t i = 1; i <= guard::k_limit_resources; i++)
        REQUIRE(bench.put(i, static_cast<int>(i)) == 0);
    CHECK(bench.put(guard::k_limit_resources + 1, 5) == ENOSPC);
    std::size_t count = 0;
    Reply reply;
    std::uint32_t first = 0;
    do {
        bench.it->tell(first, reply);
        count += reply.count;
        first = reply.more_from;
    } while (first != 0);
    CHECK(count == guard::k_limit_resources);
    bench.pass(600ms);
    CHECK(g_done.size() == guard::k_limit_resources);
}

TEST_CASE("F21: which watchdog it was given shows at once, also while nothing is held") {
    Bench bench;
    bench.give_dog();
    CHECK(bench.page.verdict.watchdog == static_cast<std::uint64_t>(guard::WatchdogState::idle));
}

TEST_CASE("F21: with a watchdog it looks into the page once per second, in whatever state") {
    Bench bench;
    bench.give_dog();
    const auto state = [&] {
        return static_cast<guard::WatchdogState>(bench.page.verdict.watchdog);
    };
    bench.it->look(g_clock);
    CHECK(state() == guard::WatchdogState::idle);
    CHECK(bench.is_awake());
    bench.lease(500ms, 5ms, true);
    bench.it->look(g_clock);  // it cannot be opened
    bench.pass(5s);           // and the lease is over
    CHECK(state() == guard::WatchdogState::failed);
    CHECK(bench.is_awake());
    bench.device.open_error = 0;
    bench.lease(10s, 5ms, true);
    bench.pass(2s);
    CHECK(state() == guard::WatchdogState::armed);
    bench.pass(20s);  // nothing is held, and the lease is over again
    const auto fed = bench.device.feeds;
    CHECK(bench.is_awake());
    bench.lease(10s, 5ms, true);
    bench.pass(2s);
    CHECK(bench.device.feeds > fed);
}

TEST_CASE("F8: a guard does not end while a watchdog is open, whatever became of feeding it") {
    Bench bench;
    bench.give_dog();
    CHECK(bench.it->is_idle());
    bench.device.open_error = 0;
    bench.device.feed_error = EIO;
    bench.lease(10s, 5ms, true);
    bench.pass(100ms);
    CHECK(bench.page.verdict.watchdog == static_cast<std::uint64_t>(guard::WatchdogState::failed));
    CHECK_FALSE(bench.it->is_idle());
    bench.lease(10s, 5ms, false);
    bench.pass(2s);
    CHECK(bench.it->is_idle());
}
