// The actions on real descriptors: pipes, files, sockets and processes.
#include "actions.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "ha/plugin/ext/sever_actions.h"

using namespace ha;
using ha_guard::carry_out;

namespace {

guard::Action write_of(const char* text) {
    guard::Action out;
    out.kind = HA_SEVER_WRITE;
    out.byte_count = static_cast<std::uint32_t>(std::strlen(text));
    std::memcpy(out.bytes, text, out.byte_count);
    return out;
}

/// A process that leads a group, with a child in it; both wait to be killed. The child closes the
/// pipe when it is gone, and so tells that it is.
struct Pair {
    Pair() {
        int ends[2];
        REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
        leader = ::fork();
        if (leader == 0) {
            ::setsid();
            if (::fork() == 0) ::close(ends[0]);
            ::raise(SIGSTOP);
            for (;;) ::pause();
        }
        ::close(ends[1]);
        child_gone = ends[0];
        int status = 0;
        REQUIRE(::waitpid(leader, &status, WUNTRACED) == leader);
        process = static_cast<int>(::syscall(SYS_pidfd_open, leader, 0U));
        REQUIRE(process >= 0);
    }
    ~Pair() {
        if (!is_reaped) ::kill(leader, SIGKILL), ::waitpid(leader, nullptr, 0);
        ::close(process);
        ::close(child_gone);
    }
    pid_t leader = 0;
    int process = -1;
    int child_gone = -1;
    bool is_reaped = false;
};

}  // namespace

TEST_CASE("F8: a write goes to the beginning of a file each time, as control files want it") {
    const int file = ::memfd_create("control", MFD_CLOEXEC);
    REQUIRE(carry_out(write_of("1"), file) == 0);
    REQUIRE(carry_out(write_of("2"), file) == 0);
    char text[8] = {};
    CHECK(::pread(file, text, sizeof text, 0) == 1);
    CHECK(text[0] == '2');
    ::close(file);
}

TEST_CASE("F8: a write reaches a pipe, and the socket of a program that serves a resource") {
    int pipe[2], pair[2];
    REQUIRE(::pipe2(pipe, O_CLOEXEC) == 0);
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    CHECK(carry_out(write_of("lapse"), pipe[1]) == 0);
    CHECK(carry_out(write_of("lapse"), pair[1]) == 0);
    char text[16] = {};
    CHECK(::read(pipe[0], text, sizeof text) == 5);
    CHECK(::read(pair[0], text, sizeof text) == 5);
    for (const int fd : {pipe[0], pipe[1], pair[0], pair[1]}) ::close(fd);
}

TEST_CASE("F8: an action never waits: a socket that is full is an error at once") {
    int pair[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    const std::string block(100, 'x');
    int error = 0;
    const auto action = write_of(block.c_str());
    for (int i = 0; error == 0 && i < 100'000; i++) error = carry_out(action, pair[1]);
    CHECK(error == EAGAIN);
    ::close(pair[0]);
    ::close(pair[1]);
}

TEST_CASE("F8: an error that says 'gone already' is none where the plugin said so") {
    auto action = write_of("1");
    CHECK(carry_out(action, -1) == EBADF);
    action.harmless[3] = EBADF;
    CHECK(carry_out(action, -1) == 0);
}

TEST_CASE("F8: a signal reaches the process and its group, and nobody once the leader is reaped") {
    Pair pair;
    guard::Action action;
    action.kind = HA_SEVER_SIGNAL;
    action.number = SIGKILL;
    action.group = static_cast<std::uint32_t>(pair.leader);
    REQUIRE(carry_out(action, pair.process) == 0);
    int status = 0;
    CHECK(::waitpid(pair.leader, &status, 0) == pair.leader);
    pair.is_reaped = true;
    CHECK(WIFSIGNALED(status));
    char nothing = 0;
    CHECK(::read(pair.child_gone, &nothing, 1) == 0);  // the child is gone as well
    CHECK(carry_out(action, pair.process) == ESRCH);
}

TEST_CASE("F8: what cannot be done is refused beforehand") {
    auto action = write_of("1");
    CHECK(ha_guard::judge(action) == 0);
    action.byte_count = 0;
    CHECK(ha_guard::judge(action) == EINVAL);
    action.byte_count = guard::k_limit_action_bytes + 1;
    CHECK(ha_guard::judge(action) == EINVAL);
    guard::Action signal;
    signal.kind = HA_SEVER_SIGNAL;
    CHECK(ha_guard::judge(signal) == EINVAL);
    signal.kind = 99;
    CHECK(ha_guard::judge(signal) == EOPNOTSUPP);
}
