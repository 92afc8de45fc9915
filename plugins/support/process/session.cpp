// Session: a spawned process with all that it started in its session.
#include "support/process/session.hpp"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "ha/plugin/failure.hpp"
#include "ha/plugin/values.hpp"

namespace ha::support {
namespace {

using std::chrono::nanoseconds;

nanoseconds now() {
    timespec t{};
    clock_gettime(CLOCK_BOOTTIME, &t);
    return std::chrono::seconds(t.tv_sec) + nanoseconds(t.tv_nsec);
}

/// ppoll with a timeout that is never negative; a signal ends it early, which callers allow for.
int poll_for(pollfd* fds, nfds_t count, nanoseconds timeout) {
    const auto left = std::max(timeout, nanoseconds(0));
    const timespec limit{static_cast<time_t>(left.count() / 1'000'000'000),
                         static_cast<long>(left.count() % 1'000'000'000)};
    return ppoll(fds, count, &limit, nullptr);
}

}  // namespace

std::string to_string(const Ending& ending) {
    if (!ending.is_known) return "ended (it is not our child, so how is not known)";
    if (!ending.is_signal) return "exited with code " + std::to_string(ending.number);
    const char* name = sigabbrev_np(ending.number);
    return "was killed by " + (name == nullptr ? "signal " + std::to_string(ending.number)
                                               : "SIG" + std::string(name));
}

bool has_ended(int process) {
    pollfd waiting{process, POLLIN, 0};
    return poll_for(&waiting, 1, nanoseconds(0)) == 1;
}

Waited wait_for_end(int process, nanoseconds timeout, const plugin::Operation* operation) {
    // Without a descriptor for it, cancellation is looked at this often.
    constexpr nanoseconds k_look = std::chrono::milliseconds(20);
    const int cancel_fd = operation == nullptr ? -1 : operation->cancel_fd();
    const bool must_look = operation != nullptr && cancel_fd < 0;
    const auto deadline = now() + timeout;
    for (;;) {
        pollfd waiting[2] = {{process, POLLIN, 0}, {cancel_fd, POLLIN, 0}};
        const auto left = deadline - now();
        poll_for(waiting, 2, must_look ? std::min(left, k_look) : left);
        if (waiting[0].revents != 0) return Waited::ended;
        if (operation != nullptr && operation->is_cancelled()) return Waited::cancelled;
        if (now() >= deadline) return Waited::timed_out;
    }
}

Ending reap_ended(int process) {
    siginfo_t info{};
    int result = 0;
    do {
        result = waitid(P_PIDFD, static_cast<id_t>(process), &info, WEXITED | WNOHANG);
    } while (result != 0 && errno == EINTR);
    if (result != 0 || info.si_pid == 0) return {};
    return {true, info.si_code != CLD_EXITED, info.si_status};
}

bool signal_process(int process, int signal_number) {
    return syscall(SYS_pidfd_send_signal, process, signal_number, nullptr, 0U) == 0;
}

std::vector<ProcessStat> list_session(const ProcessIdentity& leader) {
    std::vector<ProcessStat> members;
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir("/proc"), &closedir);
    if (!directory) throw plugin::system_error("open /proc");
    while (const dirent* entry = readdir(directory.get())) {
        const auto pid = plugin::parse_integer(entry->d_name);
        if (!pid) continue;
        const auto stat = read_stat(static_cast<pid_t>(*pid));
        if (!stat || (stat->session != leader.pid && stat->group != leader.pid)) continue;
        // The number was given away: that only happens when nothing of ours is left.
        if (stat->pid == leader.pid && stat->start_ticks != leader.start_ticks) return {};
        if (!stat->is_dead()) members.push_back(*stat);
    }
    return members;
}

void signal_group(const ProcessIdentity& leader, int process, int signal_number) {
    if (leader.pid <= 1) return;
    if (signal_process(process, signal_number)) kill(-leader.pid, signal_number);
}

bool kill_session(const ProcessIdentity& leader, int process, nanoseconds timeout,
                  Ending* ending) {
    const auto deadline = now() + timeout;
    if (process >= 0) {
        signal_group(leader, process, SIGKILL);
        if (wait_for_end(process, timeout, nullptr) != Waited::ended) return false;
        const Ending how = reap_ended(process);
        if (ending != nullptr) *ending = how;
    }
    nanoseconds pause = std::chrono::milliseconds(1);
    for (;;) {
        const auto members = list_session(leader);
        if (members.empty()) return true;
        for (const auto& member : members)
            if (const Fd one = open_process({member.pid, member.start_ticks}))
                signal_process(one.get(), SIGKILL);
        if (now() >= deadline) return false;
        poll_for(nullptr, 0, std::min(pause, deadline - now()));
        pause = std::min<nanoseconds>(pause * 2, std::chrono::milliseconds(20));
    }
}

}  // namespace ha::support
