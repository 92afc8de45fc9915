// Trial: loads a plugin in a process that is thrown away.
//
// The child is a plain fork: it must run the loader and the plugin's constructors with all that
// this process has linked, and an embedder has no second program to start. In a program of many
// threads that is allowed as far as the C library makes its own locks (memory, streams, dynamic
// loader) usable in the child, which glibc does. Should the child hang nevertheless, the deadline
// ends it, and the plugin is refused with that reason.
//
// The answer comes through a pipe and not through the exit status, because a host that ignores
// SIGCHLD never gets to see that.
#include "plugin/trial.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>

#include "plugin/limits.hpp"
#include "plugin/load.hpp"

namespace ha::plugin {
namespace {

/// First byte of the answer when all went well; else it is a FailureCode and a text follows.
constexpr char k_went_well = '+';

std::int64_t now_ns() {
    timespec t{};
    clock_gettime(CLOCK_BOOTTIME, &t);
    return t.tv_sec * 1'000'000'000LL + t.tv_nsec;
}

void write_all(int fd, const std::string& bytes) {
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t n = write(fd, bytes.data() + done, bytes.size() - done);
        if (n <= 0 && errno != EINTR) return;
        if (n > 0) done += static_cast<std::size_t>(n);
    }
}

/// Nothing of the host may be touched by the plugin from here: no handlers, no descriptors, no core
/// file, and no life after the host.
void become_harmless(int answer_fd, pid_t host) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != host) _exit(1);
    for (int signal_number = 1; signal_number < NSIG; ++signal_number)
        signal(signal_number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    const rlimit no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    const auto kept = static_cast<unsigned>(answer_fd);
    if (kept > 3) syscall(SYS_close_range, 3U, kept - 1, 0U);
    syscall(SYS_close_range, kept + 1, ~0U, 0U);
}

[[noreturn]] void run_child(const std::string& path, int answer_fd, pid_t host) {
    become_harmless(answer_fd, host);
    std::string answer;
    {
        auto module = Module::load(path);
        if (!module) {
            answer = static_cast<char>('A' + static_cast<int>(module.error().code));
            answer += module.error().context.substr(0, k_limit_trial_report_bytes - 1);
        }
    }  // deinit and unloading are part of the trial
    if (answer.empty()) answer = k_went_well;
    write_all(answer_fd, answer);
    _exit(0);
}

/// What the child wrote until it closed the pipe; nothing when the deadline came first.
std::optional<std::string> read_answer(int fd, std::int64_t deadline_ns) {
    std::string answer;
    for (;;) {
        const std::int64_t left_ms = (deadline_ns - now_ns()) / 1'000'000;
        if (left_ms <= 0) return {};
        pollfd waiting{fd, POLLIN, 0};
        if (poll(&waiting, 1, static_cast<int>(std::min<std::int64_t>(left_ms, 1000))) <= 0)
            continue;
        char buffer[512];
        const ssize_t n = read(fd, buffer, sizeof(buffer));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return answer;
        answer.append(buffer, static_cast<std::size_t>(n));
        if (answer.size() > k_limit_trial_report_bytes) return answer;
    }
}

/// How the child ended, for a person.
std::string reap(pid_t child) {
    siginfo_t info{};
    int result = 0;
    do {
        result = waitid(P_PID, static_cast<id_t>(child), &info, WEXITED);
    } while (result != 0 && errno == EINTR);
    if (result != 0) return "ended";
    if (info.si_code == CLD_EXITED) return "exited with " + std::to_string(info.si_status);
    const char* name = sigabbrev_np(info.si_status);
    return std::string("was killed by SIG") + (name == nullptr ? "?" : name);
}

}  // namespace

Result<void> try_load(const std::string& path, Duration timeout) {
    const auto no = [&](FailureCode code, const std::string& why) {
        return failure(code, "plugin " + path + ": " + why);
    };
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return no(FailureCode::io, "pipe: " + std::generic_category().message(errno));
    const std::int64_t deadline_ns = now_ns() + timeout.count();
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t host = getpid();
    const pid_t child = fork();
    if (child == 0) run_child(path, ends[1], host);
    const int fork_error = errno;
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return no(FailureCode::io, "fork: " + std::generic_category().message(fork_error));
    }

    // By descriptor, not by number: under a host that ignores SIGCHLD the number is free at once.
    const int handle = static_cast<int>(syscall(SYS_pidfd_open, child, 0U));
    const auto answer = read_answer(ends[0], deadline_ns);
    close(ends[0]);
    // Also after an answer: a thread that the plugin left behind must not keep the child.
    if (handle >= 0) {
        syscall(SYS_pidfd_send_signal, handle, SIGKILL, nullptr, 0U);
        close(handle);
    }
    const std::string end = reap(child);
    if (!answer)
        return no(FailureCode::timed_out, "hung while it was loaded in a trial process; ended");
    if (answer->empty())
        return no(FailureCode::invalid,
                  "crashed while it was loaded: the trial process " + end + "; refused");
    if (answer->front() == k_went_well) return {};
    return failure(static_cast<FailureCode>(answer->front() - 'A'), answer->substr(1));
}

}  // namespace ha::plugin
