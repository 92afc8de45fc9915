// Script: a program of the administrator, bounded in time.
#include "runtime/script.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "runtime/machine.hpp"
#include "runtime/posix.hpp"

namespace ha::runtime {

namespace {

constexpr const char* k_path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Attributes and file actions of the child, given back when this goes.
class Preparation {
   public:
    Preparation() {
        ::posix_spawnattr_init(&attributes);
        ::posix_spawn_file_actions_init(&files);
        sigset_t none;
        sigset_t all;
        sigemptyset(&none);
        sigfillset(&all);
        ::posix_spawnattr_setsigmask(&attributes, &none);
        ::posix_spawnattr_setsigdefault(&attributes, &all);
        ::posix_spawnattr_setpgroup(&attributes, 0);
        ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                    POSIX_SPAWN_SETSIGDEF);
        ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    }
    ~Preparation() {
        ::posix_spawnattr_destroy(&attributes);
        ::posix_spawn_file_actions_destroy(&files);
    }
    Preparation(const Preparation&) = delete;
    Preparation& operator=(const Preparation&) = delete;

    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t files;
};

Result<pid_t> spawn(const std::string& path, const std::vector<std::string>& environment) {
    Preparation preparation;
    std::vector<char*> variables;
    variables.push_back(const_cast<char*>(k_path));
    for (const auto& one : environment) variables.push_back(const_cast<char*>(one.c_str()));
    variables.push_back(nullptr);
    char* const arguments[] = {const_cast<char*>(path.c_str()), nullptr};
    pid_t pid = 0;
    const int error = ::posix_spawn(&pid, path.c_str(), &preparation.files,
                                    &preparation.attributes, arguments, variables.data());
    if (error != 0) return os_failure("cannot run", path, error);
    return pid;
}

/// True when it has ended by the deadline; it is not reaped.
bool wait_for_end(pid_t pid, Instant deadline) {
    const UniqueFd fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    for (;;) {
        const auto left = deadline - now();
        if (left <= Duration::zero()) return false;
        // Rounded up: a wait of 0 ms until the deadline would be a busy one.
        const auto ms = static_cast<int>(std::min<std::int64_t>(left / 1ms + 1, 60'000));
        pollfd one{fd.get(), POLLIN, 0};
        if (::poll(&one, fd ? 1 : 0, fd ? ms : std::min(ms, 20)) > 0) return true;
        siginfo_t info{};
        const bool is_seen =
            ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0;
        if (is_seen && info.si_pid == pid) return true;
    }
}

}  // namespace

Result<int> run_script(const std::string& path, const std::vector<std::string>& environment,
                       Instant deadline) {
    const auto pid = spawn(path, environment);
    if (!pid) return pid.error();
    const bool has_ended = wait_for_end(*pid, deadline);
    // Before it is reaped: its number, which names the group, cannot be somebody else's yet.
    ::kill(-*pid, SIGKILL);
    int status = 0;
    while (::waitpid(*pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (!has_ended)
        return failure(FailureCode::timed_out, path + " was not done in time, and was killed");
    if (WIFSIGNALED(status))
        return failure(FailureCode::refused,
                       path + " was ended by signal " + std::to_string(WTERMSIG(status)));
    return WEXITSTATUS(status);
}

}  // namespace ha::runtime
