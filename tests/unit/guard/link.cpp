// The way to a real ha-guard: it severs when nobody speaks any more, and is found again.
#include "runtime/guard_link.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ha/plugin/ext/sever_actions.h"
#include "runtime/machine.hpp"
#include "support.hpp"

using namespace ha;
using runtime::GuardLink;
using runtime::SeverActions;
using runtime::UniqueFd;

namespace link_cases {
namespace {

constexpr Epoch k_epoch{Incarnation{7}, Term{3}, NodeId{1}};

bool wait_until(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + runtime::test::k_patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        ::poll(nullptr, 0, 2);
    }
    return true;
}

/// A resource whose severing is one byte in a pipe.
struct Resource {
    Resource() {
        int ends[2];
        REQUIRE(::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
        out = UniqueFd(ends[0]);
        in = UniqueFd(ends[1]);
    }
    SeverActions actions() const {
        SeverActions made;
        guard::Action action;
        action.kind = HA_SEVER_WRITE;
        action.byte_count = 1;
        action.bytes[0] = 'x';
        made.actions.push_back(action);
        made.fds.emplace_back(::fcntl(in.get(), F_DUPFD_CLOEXEC, 3));
        return made;
    }
    /// Since the last look.
    int severed() const {
        char text[64];
        const auto size = ::read(out.get(), text, sizeof text);
        return size > 0 ? static_cast<int>(size) : 0;
    }
    UniqueFd out, in;
};

struct Bench {
    ~Bench() {
        for (const auto pid : pids) ::kill(pid, SIGKILL);
    }
    std::shared_ptr<GuardLink> open() {
        auto made = GuardLink::open({HA_GUARD_PROGRAM, directory.path(), false, {}});
        REQUIRE(made);
        remember(**made);
        return *made;
    }
    void remember(const GuardLink& link) { pids.push_back(pid_of(link)); }
    static pid_t pid_of(const GuardLink& link) {
        return static_cast<pid_t>(link.verdict().pid);
    }
    static void lease(GuardLink& link, Duration length) {
        link.say(runtime::now() + length, 5ms);
    }
    runtime::test::TemporaryDirectory directory;
    std::vector<pid_t> pids;
};

}  // namespace

TEST_CASE("F8: at the lease's end the guard severs, though nobody says anything any more") {
    Bench bench;
    const auto link = bench.open();
    CHECK(!link->found().was_there);
    const Resource resource;
    const auto end = runtime::now() + 2s;
    Bench::lease(*link, 2s);
    REQUIRE(link->put(ResourceId{1}, GroupId{2}, k_epoch, resource.actions()));
    CHECK(link->has(ResourceId{1}));
    REQUIRE(wait_until([&] { return link->severings() == 1; }));
    CHECK(runtime::now() > end - 50ms);  // and not before
    CHECK(wait_until([&] { return resource.severed() == 1; }));
}

TEST_CASE("F8: a guard holds nothing of what the process that began it has open") {
    Bench bench;
    int ends[2];
    REQUIRE(::pipe2(ends, 0) == 0);  // not to be closed at an exec
    const auto link = bench.open();
    ::close(ends[1]);
    // Closed by the last that has it open.
    pollfd closed{ends[0], POLLIN, 0};
    CHECK(::poll(&closed, 1, 5'000) == 1);
    CHECK((closed.revents & POLLHUP) != 0);
    ::close(ends[0]);
}

TEST_CASE("F8: while the lease is renewed nothing is severed") {
    Bench bench;
    const auto link = bench.open();
    const Resource resource;
    // So long that a machine that is busy for seconds does not end it.
    Bench::lease(*link, 60s);
    REQUIRE(link->put(ResourceId{1}, GroupId{2}, k_epoch, resource.actions()));
    for (int i = 0; i < 100; i++) {
        Bench::lease(*link, 60s);
        ::poll(nullptr, 0, 2);
    }
    CHECK(link->severings() == 0);
    link->drop(ResourceId{1});
    CHECK(!link->has(ResourceId{1}));
    CHECK(link->verdict().held == 0);
    CHECK(resource.severed() == 0);
}

TEST_CASE("F8: nothing may be made active when the lease is over") {
    Bench bench;
    const auto link = bench.open();
    const Resource resource;
    const auto put = link->put(ResourceId{1}, GroupId{2}, k_epoch, resource.actions());
    REQUIRE(!put);
    CHECK(put.error().code == FailureCode::refused);
    CHECK(resource.severed() == 1);
}

TEST_CASE("F12: a daemon that comes back finds the guard, its lease and what was severed") {
    Bench bench;
    const Resource first, second;
    Instant end;
    {
        const auto link = bench.open();
        Bench::lease(*link, 2s);
        REQUIRE(link->put(ResourceId{1}, GroupId{2}, k_epoch, first.actions()));
        REQUIRE(wait_until([&] { return link->severings() == 1; }));
        end = runtime::now() + 60s;
        link->say(end, 5ms);
        REQUIRE(link->put(ResourceId{5}, GroupId{6}, k_epoch, second.actions()));
    }
    const auto link = bench.open();
    CHECK(bench.pids[0] == bench.pids[1]);
    const auto& found = link->found();
    CHECK(found.was_there);
    CHECK(found.lease_end == end);
    REQUIRE(found.severed.size() == 1);
    CHECK(found.severed[0] == lifecycle::Held{GroupId{2}, k_epoch});
    CHECK(second.severed() == 0);
    // And it goes on from the word of the one before.
    link->say(end + 1s, 5ms);
    CHECK(guard::sever_at(link->word()) == end + 1s - 5ms);
}

TEST_CASE("F8: a guard that dies is started anew, and severs what the last one held") {
    Bench bench;
    const auto link = bench.open();
    const Resource resource;
    Bench::lease(*link, 60s);
    REQUIRE(link->put(ResourceId{1}, GroupId{2}, k_epoch, resource.actions()));
    ::kill(bench.pids[0], SIGKILL);
    pollfd ended{link->process_fd(), POLLIN, 0};
    REQUIRE(::poll(&ended, 1, 30'000) == 1);
    link->mark_gone();
    CHECK(!link->is_there());
    CHECK(!link->has(ResourceId{1}));
    REQUIRE(link->revive());
    bench.remember(*link);
    CHECK(bench.pids[0] != bench.pids[1]);
    CHECK(link->is_there());
    CHECK(link->has(ResourceId{1}));
    CHECK(resource.severed() == 0);
    Bench::lease(*link, 10ms);
    // It sees the shorter lease at the latest when it shows that it lives.
    CHECK(wait_until([&] { return resource.severed() == 1; }));
    CHECK(link->severings() == 1);
}

TEST_CASE("F8: a guard that is stopped is found out by the next request, and taken back") {
    Bench bench;
    const auto link = bench.open();
    const Resource resource;
    Bench::lease(*link, 60s);
    REQUIRE(link->put(ResourceId{1}, GroupId{2}, k_epoch, resource.actions()));
    ::kill(bench.pids[0], SIGSTOP);
    CHECK(!link->put(ResourceId{2}, GroupId{2}, k_epoch, resource.actions()));
    CHECK(!link->is_there());
    CHECK(!link->revive());
    ::kill(bench.pids[0], SIGCONT);
    CHECK(wait_until([&] { return link->revive().has_value(); }));
    CHECK(Bench::pid_of(*link) == bench.pids[0]);
    CHECK(link->has(ResourceId{1}));
    CHECK(link->has(ResourceId{2}));
    CHECK(link->severings() == 0);
}

namespace {

/// As of a daemon that began while its guard did not answer; revive() finds it.
std::shared_ptr<GuardLink> late_link(const Bench& bench) {
    return GuardLink::to_none({HA_GUARD_PROGRAM, bench.directory.path(), false, {}},
                              "it did not answer when this daemon began");
}

}  // namespace

TEST_CASE("F12: what a late guard severed before its daemon began is no news, what came since is") {
    Bench bench;
    const auto earlier = bench.open();
    const Resource first, second, third;
    Bench::lease(*earlier, 50ms);
    static_cast<void>(earlier->put(ResourceId{1}, GroupId{2}, k_epoch, first.actions()));
    REQUIRE(wait_until([&] { return first.severed() == 1; }));
    Bench::lease(*earlier, 60s);
    REQUIRE(earlier->put(ResourceId{2}, GroupId{2}, k_epoch, second.actions()));
    const auto link = late_link(bench);
    REQUIRE(link->revive());
    CHECK(link->severings() == 0);
    // And one that began before this, and greets it after.
    const auto later = late_link(bench);
    Bench::lease(*link, 10ms);
    CHECK(wait_until([&] { return second.severed() == 1; }));
    CHECK(wait_until([&] { return link->severings() == 1; }));
    REQUIRE(later->revive());
    CHECK(later->severings() == 1);
    Bench::lease(*link, 60s);
    REQUIRE(link->put(ResourceId{3}, GroupId{2}, k_epoch, third.actions()));
    Bench::lease(*link, 10ms);
    CHECK(wait_until([&] { return later->severings() == 2; }));
    CHECK(link->severings() == 2);
}

TEST_CASE("F8: of a late guard's page only the lease counts, once this daemon has spoken") {
    Bench bench;
    const auto earlier = bench.open();
    const auto end = runtime::now() + 60s;
    earlier->say(end, 5ms);
    CHECK(!earlier->want_watchdog(true));  // there is none; but it is wanted
    for (const bool is_wanted : {false, true}) {
        CAPTURE(is_wanted);
        const auto link = late_link(bench);
        CHECK(!link->want_watchdog(is_wanted));  // nobody is there to hear it
        REQUIRE(link->revive());
        CHECK(link->word().watchdog_wanted == (is_wanted ? 1u : 0u));
        CHECK(link->word().lease_end_ns == static_cast<std::uint64_t>(end.ns));
        CHECK(link->word().sever_bound_ns == 5'000'000u);
    }
    // Who has said nothing of it goes on with what was said before.
    const auto silent = late_link(bench);
    REQUIRE(silent->revive());
    CHECK(silent->word().watchdog_wanted == 1u);
}

namespace {

/// This process may open `left` descriptors more, until this goes.
struct FewDescriptors {
    explicit FewDescriptors(std::size_t left) {
        REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
        auto few = before;
        few.rlim_cur = std::min<rlim_t>(before.rlim_cur, 512);
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
        for (int fd = 0; fd >= 0;) {
            fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
            if (fd >= 0) taken.emplace_back(fd);
        }
        REQUIRE(taken.size() > left);
        taken.resize(taken.size() - left);
    }
    ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before); }
    rlimit before{};
    std::vector<UniqueFd> taken;
};

}  // namespace

TEST_CASE("F8: a guard that cannot be watched is one all the same, and what would help is told") {
    Bench bench;
    const auto earlier = bench.open();
    CHECK(earlier->watch_problem().empty());
    const auto link = late_link(bench);
    {
        // A socket and the page; nothing is left for the process.
        const FewDescriptors few(2);
        REQUIRE(link->revive());
    }
    CHECK(link->is_there());
    CHECK(link->problem().empty());
    CHECK(link->process_fd() == -1);
    INFO(link->watch_problem());
    CHECK(link->watch_problem().find("Too many open files") != std::string::npos);
    CHECK(link->watch_problem().find("LimitNOFILE") != std::string::npos);
    const Resource resource;
    Bench::lease(*link, 60s);
    CHECK(link->put(ResourceId{1}, GroupId{2}, k_epoch, resource.actions()));
    REQUIRE(link->revive());
    CHECK(link->process_fd() >= 0);
    CHECK(link->watch_problem().empty());
}

TEST_CASE("F8: a guard ends when its node has left, and not while it holds anything") {
    Bench bench;
    const auto link = bench.open();
    const Resource resource;
    Bench::lease(*link, 60s);
    REQUIRE(link->put(ResourceId{1}, GroupId{2}, k_epoch, resource.actions()));
    link->leave();
    CHECK(link->put(ResourceId{1}, GroupId{2}, k_epoch, resource.actions()));  // it is still there
    link->drop(ResourceId{1});
    link->leave();
    pollfd ended{link->process_fd(), POLLIN, 0};
    CHECK(::poll(&ended, 1, 30'000) == 1);
}

namespace {

/// A pipe where a device would be: what is written to it can be read here.
struct FakeDevice {
    explicit FakeDevice(const std::string& path) {
        REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
        out = UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
        REQUIRE(static_cast<bool>(out));
    }
    /// Everything since the last look.
    std::string take() {
        char bytes[256];
        const auto size = ::read(out.get(), bytes, sizeof bytes);
        return std::string(bytes, size > 0 ? static_cast<std::size_t>(size) : 0);
    }
    bool is_fed() { return take().find('\0') != std::string::npos; }
    UniqueFd out;
};

}  // namespace

TEST_CASE("F21: a watchdog is fed while the lease runs, and not a moment longer") {
    Bench bench;
    FakeDevice device(bench.directory.file("dog"));
    auto made = GuardLink::open({HA_GUARD_PROGRAM, bench.directory.path(), false,
                                 {bench.directory.file("dog"), 400ms, 0s}});
    REQUIRE(made);
    const auto link = *made;
    bench.remember(*link);
    CHECK(device.take().empty());
    CHECK(!link->want_watchdog(true));  // without a lease it is not armed
    Bench::lease(*link, 60s);
    REQUIRE(link->want_watchdog(true));
    for (int i = 0; i < 3; i++) CHECK(wait_until([&] { return device.is_fed(); }));
    Bench::lease(*link, 0s);
    REQUIRE(wait_until([&] { return link->want_watchdog(true).has_value(); }));  // still armed
    device.take();
    ::poll(nullptr, 0, 500);
    CHECK(device.take().empty());  // neither fed nor closed: it would reset the machine
    Bench::lease(*link, 60s);
    REQUIRE(link->want_watchdog(true));
    CHECK(wait_until([&] { return device.is_fed(); }));
    REQUIRE(link->want_watchdog(false));
    const auto last = device.take();
    REQUIRE(!last.empty());
    CHECK(last.back() == 'V');
    CHECK(last.find('V') == last.size() - 1);
}

TEST_CASE("F8: a watchdog is held by the guard: it goes on being fed when its daemon is gone") {
    Bench bench;
    FakeDevice device(bench.directory.file("dog"));
    {
        auto made = GuardLink::open({HA_GUARD_PROGRAM, bench.directory.path(), false,
                                     {bench.directory.file("dog"), 400ms, 0s}});
        REQUIRE(made);
        bench.remember(**made);
        Bench::lease(**made, 60s);
        REQUIRE((*made)->want_watchdog(true));
    }
    device.take();
    for (int i = 0; i < 3; i++) CHECK(wait_until([&] { return device.is_fed(); }));
}

TEST_CASE("F8: settings of a watchdog that the guard refuses are no problem of the guard") {
    Bench bench;
    FakeDevice device(bench.directory.file("dog"));
    const auto with = [&](Duration time) {
        return runtime::GuardOptions{HA_GUARD_PROGRAM, bench.directory.path(), false,
                                     {bench.directory.file("dog"), time, 0s}};
    };
    {
        auto made = GuardLink::open(with(400ms));
        REQUIRE(made);
        bench.remember(**made);
        CHECK((*made)->watchdog_problem().empty());
        Bench::lease(**made, 60s);
        REQUIRE((*made)->want_watchdog(true));
    }
    auto made = GuardLink::open(with(800ms));
    REQUIRE(made);
    const auto link = *made;
    for (int i = 0; i < 2; i++) {
        CHECK(link->is_there());
        CHECK(link->problem().empty());
        CHECK(link->watchdog_problem().find("holds one open with other settings") !=
              std::string::npos);
        REQUIRE(link->revive());
    }
    CHECK(link->want_watchdog(true));  // it is armed, as it was
    link->retry_watchdog();
    CHECK_FALSE(link->watchdog_problem().empty());
    REQUIRE(link->want_watchdog(false));
    link->retry_watchdog();
    CHECK(link->watchdog_problem().empty());
    REQUIRE(link->want_watchdog(true));
    CHECK(link->verdict().watchdog_timeout_ns == 800'000'000u);
}

TEST_CASE("F8: a guard that nobody needs ends, though it was given a watchdog") {
    Bench bench;
    FakeDevice device(bench.directory.file("dog"));
    UniqueFd process;
    {
        auto made = GuardLink::open({HA_GUARD_PROGRAM, bench.directory.path(), false,
                                     {bench.directory.file("dog"), 400ms, 0s}});
        REQUIRE(made);
        bench.remember(**made);
        process = UniqueFd(::fcntl((*made)->process_fd(), F_DUPFD_CLOEXEC, 3));
    }
    pollfd ended{process.get(), POLLIN, 0};
    CHECK(::poll(&ended, 1, 120'000) == 1);
}

TEST_CASE("F8: a watchdog that cannot be armed is a failure that names it") {
    Bench bench;
    auto made = GuardLink::open({HA_GUARD_PROGRAM, bench.directory.path(), false,
                                 {bench.directory.file("none"), 10s, 0s}});
    REQUIRE(made);
    bench.remember(**made);
    Bench::lease(**made, 60s);
    const auto wanted = (*made)->want_watchdog(true);
    REQUIRE(!wanted);
    CHECK(wanted.error().context.find("/none") != std::string::npos);
}

TEST_CASE("a guard that cannot be started is a failure that names its program") {
    const runtime::test::TemporaryDirectory directory;
    const auto made = GuardLink::open({directory.file("nothing"), directory.path(), false, {}});
    REQUIRE(!made);
    CHECK(made.error().context.find("nothing") != std::string::npos);
}

}  // namespace link_cases
