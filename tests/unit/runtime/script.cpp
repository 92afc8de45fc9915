// Scripts of recovery as real programs, and the nice value of a thread.
#include "runtime/script.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <thread>

#include "runtime/machine.hpp"
#include "runtime/nice.hpp"
#include "support.hpp"

namespace ha::runtime {

using test::TemporaryDirectory;

namespace {

std::string write_script(const TemporaryDirectory& directory, const std::string& text) {
    const auto path = directory.file("script");
    std::ofstream(path) << "#!/bin/sh\n" << text;
    REQUIRE(::chmod(path.c_str(), 0755) == 0);
    return path;
}

std::string read(const std::string& path) {
    std::ifstream in(path);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

}  // namespace

TEST_CASE("a script finds its environment, and its exit code is told") {
    TemporaryDirectory directory;
    const auto out = directory.file("out");
    const auto path =
        write_script(directory, "echo \"$HA_STEP $CLP_ACTION\" > " + out + "\nexit 7\n");
    const auto code = run_script(path, {"HA_STEP=restart", "CLP_ACTION=RESTART"}, now() + 60s);
    REQUIRE(code.has_value());
    CHECK(*code == 7);
    CHECK(read(out) == "restart RESTART\n");
}

TEST_CASE("a script that is not done in time is killed, with everything that it started") {
    TemporaryDirectory directory;
    const auto out = directory.file("pid");
    const auto path = write_script(directory, "sleep 600 &\necho $! > " + out + "\nwait\n");
    const auto begun = now();
    const auto code = run_script(path, {}, begun + 2s);
    REQUIRE(!code.has_value());
    CHECK(code.error().code == FailureCode::timed_out);
    CHECK(now() - begun >= 2s);
    const auto pid = std::atoi(read(out).c_str());
    if (pid > 0) {  // on a busy machine it may not have come so far
        const auto end = now() + test::k_patience;
        while (::kill(pid, 0) == 0 && now() < end) {
            // A killed orphan is a zombie until somebody reaps it; that is no life.
            const auto state = read("/proc/" + std::to_string(pid) + "/stat");
            if (state.find(") Z ") != std::string::npos) break;
            std::this_thread::yield();
        }
        CHECK(now() < end);
    }
}

TEST_CASE("S74: a script starts with a clean signal mask") {
    TemporaryDirectory directory;
    const auto out = directory.file("out");
    const auto path = write_script(
        directory, "sed -n 's/^SigBlk:[^0-9]*//p' /proc/self/status > " + out + "\n");
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, &before);
    const auto code = run_script(path, {}, now() + 60s);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    REQUIRE(code.has_value());
    CHECK(read(out).find_first_not_of("0\n") == std::string::npos);
}

TEST_CASE("a script that is not there, or dies, is a failure that says so") {
    TemporaryDirectory directory;
    const auto missing = run_script(directory.file("none"), {}, now() + 60s);
    REQUIRE(!missing.has_value());
    CHECK(missing.error().context.find("none") != std::string::npos);
    const auto died = run_script(write_script(directory, "kill -9 $$\n"), {}, now() + 60s);
    REQUIRE(!died.has_value());
    CHECK(died.error().context.find("signal 9") != std::string::npos);
}

TEST_CASE("S42: the nice value holds for this thread and what it starts, and is put back") {
    TemporaryDirectory directory;
    const auto out = directory.file("out");
    const auto path = write_script(directory, "cut -d ' ' -f 19 /proc/self/stat > " + out + "\n");
    const auto nice_now = [] { return ::getpriority(PRIO_PROCESS, 0); };
    const auto before = nice_now();
    int inside = before;
    bool is_refused = false;
    // A thread of its own: what goes wrong here must not slow down the other tests.
    std::thread([&] {
        const NiceScope scope(15);
        is_refused = scope.is_refused();
        inside = nice_now();
        static_cast<void>(run_script(path, {}, now() + 60s));
    }).join();
    CHECK(nice_now() == before);
    if (is_refused) {
        CHECK(inside == before);  // not permitted to come back up, so it never went down
        return;
    }
    CHECK(inside == 15);
    CHECK(read(out) == "15\n");
    int after = 99;
    std::thread([&] {
        { const NiceScope scope(15); }
        after = nice_now();
        const NiceScope none(0);
        CHECK(nice_now() == after);
    }).join();
    CHECK(after == before);
}

}  // namespace ha::runtime
