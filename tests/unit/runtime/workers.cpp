// Workers, lanes and the callback thread: what hangs delays nothing else.
#include "runtime/workers.hpp"

#include <doctest/doctest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "runtime/callbacks.hpp"
#include "runtime/event_log.hpp"
#include "runtime/lane.hpp"
#include "runtime/machine.hpp"
#include "runtime/thread.hpp"
#include "support.hpp"

namespace ha::runtime {

using test::Door;
using test::Mailbox;

TEST_CASE("a call that hangs delays no other call") {
    auto workers = Workers::start({.name = "test"});
    REQUIRE(workers);
    auto door = std::make_shared<Door>();
    auto done = std::make_shared<Mailbox<int>>();
    for (int i = 0; i < 20; i++) REQUIRE((*workers)->run([door] { door->pass(); }));
    for (int i = 0; i < 100; i++) {
        REQUIRE((*workers)->run([done, i] { done->put(i); }));
        CHECK(done->take() == i);
    }
    CHECK((*workers)->load().threads >= 21);
    door->open();
}

TEST_CASE("threads stay within their limit, and calls beyond it wait their turn") {
    auto workers = Workers::start({.name = "test", .threads_max = 3});
    REQUIRE(workers);
    auto door = std::make_shared<Door>();
    auto begun = std::make_shared<Mailbox<int>>();
    for (int i = 0; i < 8; i++)
        REQUIRE((*workers)->run([=] {
            begun->put(i);
            door->pass();
        }));
    for (int i = 0; i < 3; i++) begun->take();
    auto load = (*workers)->load();
    CHECK(load.threads == 3);
    CHECK(load.busy == 3);
    CHECK(load.waiting == 5);
    CHECK(begun->is_empty());
    door->open();
    for (int i = 3; i < 8; i++) begun->take();
}

TEST_CASE("workers end while calls hang, and what hangs harms nobody later") {
    auto door = std::make_shared<Door>();
    auto ended = std::make_shared<Mailbox<int>>();
    {
        auto workers = Workers::start({.name = "test", .threads_max = 2});
        REQUIRE(workers);
        auto begun = std::make_shared<Mailbox<int>>();
        for (int i = 0; i < 2; i++)
            REQUIRE((*workers)->run([=] {
                begun->put(i);
                door->pass();
                ended->put(i);
            }));
        begun->take();
        begun->take();
        REQUIRE((*workers)->run([] { FAIL("a call that had not begun is dropped"); }));
    }
    CHECK(ended->is_empty());
    door->open();
    CHECK(ended->take() + ended->take() == 1);
}

TEST_CASE("threads of the library take no signals and inherit no real-time priority") {
    if (auto realtime = make_this_thread_realtime(); !realtime)
        CHECK(realtime.error().context.find("CAP_SYS_NICE") != std::string::npos);
    Mailbox<int> policy;
    auto thread = Thread::start({.name = "a-name-that-is-far-too-long"}, [&] {
        sigset_t mask;
        ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
        CHECK(::sigismember(&mask, SIGTERM) == 1);
        CHECK(::sigismember(&mask, SIGINT) == 1);
        CHECK(::sigismember(&mask, SIGCHLD) == 1);
        policy.put(::sched_getscheduler(0));  // of this thread; the C library remembers another
    });
    REQUIRE(thread);
    CHECK(policy.take() == SCHED_OTHER);
    thread->join();
    sigset_t mine;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &mine);
    CHECK(::sigismember(&mine, SIGTERM) == 0);  // ours is as it was
    sched_param ordinary{};
    ::pthread_setschedparam(::pthread_self(), SCHED_OTHER, &ordinary);
}

TEST_CASE("a favoured worker has a better nice value, and what it starts has not") {
    auto workers = Workers::start({.name = "test", .is_favoured = true});
    REQUIRE(workers);
    const int ours = ::getpriority(PRIO_PROCESS, 0);
    Mailbox<int> of_worker, of_child;
    REQUIRE((*workers)->run([&] {
        of_worker.put(::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid())));
        const pid_t child = ::fork();
        if (child == 0) ::_exit(::getpriority(PRIO_PROCESS, 0) + 20);
        int status = 0;
        ::waitpid(child, &status, 0);
        of_child.put(WEXITSTATUS(status) - 20);
    }));
    const int favoured = of_worker.take();
    CHECK((favoured == -15 || favoured == ours));  // the latter without the permission
    CHECK(of_child.take() >= std::min(ours, 0));
}

TEST_CASE("a lane runs its jobs one at a time and in order, on whatever worker") {
    auto loop = std::move(*Loop::make());
    auto outbox = std::make_shared<Outbox>(*loop);
    auto workers = Workers::start({.name = "test", .threads_kept = 4});
    REQUIRE(workers);
    auto lane = std::make_shared<Lane>(**workers, outbox);
    std::atomic<int> inside{0};
    std::vector<int> order;
    for (int i = 0; i < 200; i++)
        lane->submit({OperationId{static_cast<std::uint64_t>(i + 1)}, [&, i] {
            CHECK(++inside == 1);
            --inside;
            return [&, i] {
                order.push_back(i);
                if (i == 199) loop->stop();
            };
        }});
    CHECK(lane->is_busy());
    CHECK(lane->drop(OperationId{100}));
    CHECK(!lane->drop(OperationId{100}));
    CHECK(!lane->drop(OperationId{1}));  // runs already
    CHECK(!lane->drop(OperationId{}));
    loop->run();
    CHECK(lane->is_idle());
    REQUIRE(order.size() == 199);
    CHECK(std::is_sorted(order.begin(), order.end()));
    CHECK(std::find(order.begin(), order.end(), 99) == order.end());
}

TEST_CASE("what comes back after the loop is gone falls into nothing") {
    auto door = std::make_shared<Door>();
    auto ended = std::make_shared<Mailbox<int>>();
    auto workers = Workers::start({.name = "test"});
    REQUIRE(workers);
    {
        auto loop = std::move(*Loop::make());
        auto outbox = std::make_shared<Outbox>(*loop);
        auto lane = std::make_shared<Lane>(**workers, outbox);
        lane->submit({{}, [door, ended] {
            door->pass();
            ended->put(1);
            return [] { FAIL("runs on a loop that is gone"); };
        }});
        outbox->close();
    }
    door->open();
    CHECK(ended->take() == 1);
    Mailbox<int> after;
    REQUIRE((*workers)->run([&] { after.put(2); }));
    CHECK(after.take() == 2);
}

TEST_CASE("callbacks run in order, and one that blocks is known by name and since when") {
    auto callbacks = Callbacks::start();
    REQUIRE(callbacks);
    CHECK(!(*callbacks)->running());
    Door door;
    Mailbox<int> got;
    auto before = now();
    (*callbacks)->post("slow one", Callbacks::Importance::kept, [&] {
        got.put(0);
        door.pass();
    });
    CHECK(got.take() == 0);
    auto running = (*callbacks)->running();
    REQUIRE(running);
    CHECK(running->name == "slow one");
    CHECK(running->since >= before);
    for (int i = 1; i <= 5; i++)
        (*callbacks)->post("event", Callbacks::Importance::droppable, [&, i] { got.put(i); });
    CHECK(got.is_empty());
    door.open();
    for (int i = 1; i <= 5; i++) CHECK(got.take() == i);
}

TEST_CASE("behind a callback that blocks events are dropped at a limit, answers never") {
    auto callbacks = Callbacks::start();
    REQUIRE(callbacks);
    Door door;
    Mailbox<int> begun;
    std::atomic<std::size_t> events{0}, answers{0};
    (*callbacks)->post("blocks", Callbacks::Importance::kept, [&] {
        begun.put(1);
        door.pass();
    });
    begun.take();
    constexpr std::size_t k_more = 100;
    std::size_t refused = 0;
    for (std::size_t i = 0; i < k_limit_waiting_callbacks + k_more; i++)
        if (!(*callbacks)->post("event", Callbacks::Importance::droppable, [&] { events++; }))
            refused++;
    for (std::size_t i = 0; i < k_more; i++)
        CHECK((*callbacks)->post("answer", Callbacks::Importance::kept, [&] { answers++; }));
    CHECK(refused == k_more);
    CHECK((*callbacks)->dropped() == k_more);
    door.open();
    Mailbox<int> last;
    (*callbacks)->post("last", Callbacks::Importance::kept, [&] { last.put(1); });
    last.take();
    CHECK(events == k_limit_waiting_callbacks);
    CHECK(answers == k_more);
}

TEST_CASE("callbacks end although one never returns, and what waits behind it is not called") {
    auto door = std::make_shared<Door>();
    auto returned = std::make_shared<Mailbox<int>>();
    auto waiting = std::make_shared<int>(0);
    {
        auto callbacks = Callbacks::start();
        REQUIRE(callbacks);
        auto begun = std::make_shared<Mailbox<int>>();
        (*callbacks)->post("never", Callbacks::Importance::kept, [=] {
            begun->put(1);
            door->pass();
            returned->put(1);
        });
        begun->take();
        (*callbacks)->post("behind it", Callbacks::Importance::kept, [waiting] { ++*waiting; });
        CHECK(waiting.use_count() == 2);
        (*callbacks)->end(1ms);
        CHECK(waiting.use_count() == 1);  // gone with what it owned, not called
        CHECK(!(*callbacks)->post("late", Callbacks::Importance::kept, [waiting] { ++*waiting; }));
    }
    door->open();
    returned->take();
    CHECK(*waiting == 0);
}

TEST_CASE("answers that wait when callbacks end are still given, events are not") {
    int answers = 0, events = 0;
    {
        auto callbacks = Callbacks::start();
        REQUIRE(callbacks);
        Door door;
        Mailbox<bool> own;
        (*callbacks)->post("first", Callbacks::Importance::kept, [&] {
            own.put((*callbacks)->is_callback_thread());
            door.pass();
        });
        CHECK(own.take());
        CHECK(!(*callbacks)->is_callback_thread());
        for (int i = 0; i < 10; i++) {
            (*callbacks)->post("answer", Callbacks::Importance::kept, [&] { answers++; });
            (*callbacks)->post("event", Callbacks::Importance::droppable, [&] { events++; });
        }
        CHECK(!(*callbacks)->is_full());
        auto ender = Thread::start({.name = "ender"}, [&] { (*callbacks)->end(test::k_patience); });
        REQUIRE(ender);
        while ((*callbacks)->post("more", Callbacks::Importance::kept, [] {}))
            ::sched_yield();  // until it is ending
        door.open();
        ender->join();
    }
    CHECK(answers == 10);
    CHECK(events == 0);
}

TEST_CASE("the event log numbers events without gaps, keeps the newest, and can be followed") {
    EventLog log;
    CHECK(log.read(0, 10).empty());
    for (int i = 0; i < 3; i++)
        log.add({Instant{i}, EventKind::node_up, "node " + std::to_string(i), {}});
    auto two = log.read(1, 10);
    REQUIRE(two.size() == 2);
    CHECK(two[0].number == 2);
    CHECK(two[0].event.object == "node 1");
    CHECK(two[0].wall_us > 0);
    CHECK(log.read(0, 1).size() == 1);
    for (std::size_t i = 0; i < k_limit_kept_events; i++)
        log.add({Instant{}, EventKind::node_down, "", {}});
    auto all = log.read(0, SIZE_MAX);
    CHECK(all.size() == k_limit_kept_events);
    CHECK(all.front().number == 4);
    CHECK(all.back().number == log.newest());

    Mailbox<std::uint64_t> followed;
    auto reader = Thread::start({.name = "reader"}, [&, after = log.newest()]() mutable {
        for (int i = 0; i < 2; i++) {
            auto next = log.read(after, 1, test::k_patience);
            followed.put(next.empty() ? 0 : next[0].number);
            after++;
        }
    });
    REQUIRE(reader);
    log.add({Instant{}, EventKind::node_left, "", {}});
    CHECK(followed.take() == log.newest());
    log.close();
    CHECK(followed.take() == 0);
    reader->join();
}

}  // namespace ha::runtime
