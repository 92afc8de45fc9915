// Spawn: starts a program with nothing inherited that it should not have.
#include "support/process/spawn.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "ha/plugin/failure.hpp"
#include "ha/plugin/values.hpp"

namespace ha::support {
namespace {

using plugin::Error;
using plugin::ErrorCode;
using plugin::system_error;

constexpr std::size_t k_child_stack_bytes = 64 * 1024;

/// All that the child needs, prepared by the parent: the child may not allocate.
struct ChildPlan {
    char* const* arguments = nullptr;
    char* const* environment = nullptr;
    const char* working_directory = nullptr;
    const Credentials* credentials = nullptr;
    int input_fd = -1;
    int output_fd = -1;
    int error_fd = -1;
    bool dies_with_us = false;
    itimerval life{};
    int cgroup_fd = -1;
    int record_fd = -1;
    const char* record_fresh = nullptr;  // renamed to record_path when written
    const char* record_path = nullptr;
    // The child's answer; it shares our memory.
    const char* failed_step = nullptr;
    int error_number = 0;
};

[[noreturn]] void give_up(ChildPlan& plan, const char* step) {
    plan.error_number = errno;
    plan.failed_step = step;
    _exit(127);
}

void reset_signals() {
    struct sigaction standard{};
    standard.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; ++number) sigaction(number, &standard, nullptr);
}

/// Normal scheduling and OOM score, whatever the host gave itself.
void reset_priorities() {
    if (sched_getscheduler(0) != SCHED_OTHER) {
        const sched_param normal{};
        sched_setscheduler(0, SCHED_OTHER, &normal);
    }
    const int score = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
    if (score < 0) return;
    char first = 0;
    if (pread(score, &first, 1, 0) == 1 && first == '-') {
        const ssize_t ignored = pwrite(score, "0", 1, 0);
        static_cast<void>(ignored);  // a host without the right to raise it keeps what it has
    }
    close(score);
}

std::size_t append_number(char* out, std::uint64_t value) {
    char digits[24];
    std::size_t count = 0;
    do {
        digits[count++] = static_cast<char>('0' + value % 10);
        value /= 10;
    } while (value != 0);
    for (std::size_t i = 0; i < count; ++i) out[i] = digits[count - 1 - i];
    return count;
}

/// The child's own start time: field 22 of its stat line, counted from the last ')'.
bool read_own_start(std::uint64_t& start_ticks) {
    const int file = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    char text[1024];
    const ssize_t size = read(file, text, sizeof(text) - 1);
    close(file);
    if (size <= 0) return false;
    text[size] = '\0';
    const char* at = std::strrchr(text, ')');
    for (int blanks = 0; at != nullptr && blanks < 20; ++blanks) {
        at = std::strchr(at, ' ');
        if (at != nullptr) ++at;
    }
    if (at == nullptr || *at < '0' || *at > '9') return false;
    for (start_ticks = 0; *at >= '0' && *at <= '9'; ++at)
        start_ticks = start_ticks * 10 + static_cast<std::uint64_t>(*at - '0');
    return true;
}

void write_own_record(ChildPlan& plan) {
    std::uint64_t start_ticks = 0;
    if (!read_own_start(start_ticks)) give_up(plan, "read /proc/self/stat");
    char text[96];
    std::size_t size = 0;
    std::memcpy(text, "pid ", 4);
    size += 4;
    size += append_number(text + size, static_cast<std::uint64_t>(getpid()));
    std::memcpy(text + size, "\nstart ", 7);
    size += 7;
    size += append_number(text + size, start_ticks);
    text[size++] = '\n';
    if (write(plan.record_fd, text, size) != static_cast<ssize_t>(size) ||
        rename(plan.record_fresh, plan.record_path) != 0)
        give_up(plan, "write its record");
}

/// By the system call: the C library's versions would signal every thread of the host.
void become(ChildPlan& plan) {
    const Credentials& who = *plan.credentials;
    if (syscall(SYS_setgroups, who.groups.size(), who.groups.data()) != 0)
        give_up(plan, "set its groups");
    if (syscall(SYS_setresgid, who.group, who.group, who.group) != 0)
        give_up(plan, "set its group");
    if (syscall(SYS_setresuid, who.user, who.user, who.user) != 0) give_up(plan, "set its user");
}

/// Runs in the child, on a stack of its own, in memory shared with a suspended parent.
int run_child(void* argument) {
    auto& plan = *static_cast<ChildPlan*>(argument);
    reset_signals();
    if (setsid() < 0) give_up(plan, "make a session");
    reset_priorities();
    if (plan.cgroup_fd >= 0 && write(plan.cgroup_fd, "0", 1) != 1) give_up(plan, "enter its cgroup");
    if (plan.dies_with_us && prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        give_up(plan, "tie it to its parent");
    // Both survive the execution, the timer with its default action: to end the process.
    if (timerisset(&plan.life.it_value) && setitimer(ITIMER_REAL, &plan.life, nullptr) != 0)
        give_up(plan, "limit its life");
    if (dup2(plan.input_fd, 0) < 0 || dup2(plan.output_fd, 1) < 0 || dup2(plan.error_fd, 2) < 0)
        give_up(plan, "set its standard descriptors");
    if (syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) != 0)
        give_up(plan, "close descriptors");
    if (plan.record_fd >= 0) write_own_record(plan);
    umask(022);
    if (plan.credentials != nullptr) become(plan);
    if (chdir(plan.working_directory) != 0) give_up(plan, "enter its working directory");
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    execve(plan.arguments[0], plan.arguments, plan.environment);
    give_up(plan, "execute");
}

std::vector<char*> to_pointers(const std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (const auto& text : texts) out.push_back(const_cast<char*>(text.c_str()));
    out.push_back(nullptr);
    return out;
}

/// Above the standard descriptors, which the child replaces one after the other.
Fd duplicate_above_standard(int fd) {
    Fd copy(fcntl(fd, F_DUPFD_CLOEXEC, 3));
    if (!copy) throw system_error("duplicate a descriptor");
    return copy;
}

Fd open_fresh_record(const std::string& fresh) {
    Fd file(open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) throw system_error("create " + fresh);
    const std::string head = record_head();
    if (write(file.get(), head.data(), head.size()) != static_cast<ssize_t>(head.size()))
        throw system_error("write " + fresh);
    return duplicate_above_standard(file.get());
}

void reap(int process) {
    siginfo_t info{};
    while (waitid(P_PIDFD, static_cast<id_t>(process), &info, WEXITED) != 0 && errno == EINTR) {
    }
}

/// The number of the child, which runs `plan` while this thread is suspended.
pid_t clone_child(ChildPlan& plan, int& process) {
    std::vector<char> stack(k_child_stack_bytes);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t pid = clone(run_child, stack.data() + stack.size() - stack.size() % 16,
                            CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &plan, &process);
    const int error_number = errno;
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    errno = error_number;
    return pid;
}

}  // namespace

Credentials find_credentials(const std::string& user) {
    const auto colon = user.find(':');
    const std::string name = user.substr(0, colon);
    Credentials out;
    char buffer[16384];
    passwd entry{};
    passwd* found = nullptr;
    if (const auto number = plugin::parse_integer(name)) {
        out.user = static_cast<uid_t>(*number);
        getpwuid_r(out.user, &entry, buffer, sizeof(buffer), &found);
        if (found == nullptr && colon == std::string::npos)
            throw Error(ErrorCode::invalid, "no user has the number " + name +
                                                "; give uid:gid for one that is not in the list");
    } else if (getpwnam_r(name.c_str(), &entry, buffer, sizeof(buffer), &found) != 0 ||
               found == nullptr) {
        throw Error(ErrorCode::invalid, "no user is called '" + name + "'");
    }
    if (found != nullptr) {
        out.user = found->pw_uid;
        out.group = found->pw_gid;
        out.home = found->pw_dir;
        out.name = found->pw_name;
    }
    if (colon != std::string::npos) {
        const std::string group = user.substr(colon + 1);
        char group_buffer[16384];
        ::group group_entry{};
        ::group* group_found = nullptr;
        if (const auto number = plugin::parse_integer(group)) {
            out.group = static_cast<gid_t>(*number);
        } else if (getgrnam_r(group.c_str(), &group_entry, group_buffer, sizeof(group_buffer),
                              &group_found) != 0 ||
                   group_found == nullptr) {
            throw Error(ErrorCode::invalid, "no group is called '" + group + "'");
        } else {
            out.group = group_entry.gr_gid;
        }
    }
    out.groups = {out.group};
    if (!out.name.empty()) {
        constexpr int k_groups_max = 256;
        gid_t all[k_groups_max];
        int count = k_groups_max;
        if (getgrouplist(out.name.c_str(), out.group, all, &count) >= 0)
            out.groups.assign(all, all + count);
    }
    return out;
}

Spawned spawn(const SpawnRequest& request) {
    const auto arguments = to_pointers(request.arguments);
    const auto environment = to_pointers(request.environment);
    const std::string fresh = request.record_path + ".new";
    const Fd null(open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!null) throw system_error("open /dev/null");
    const Fd input =
        duplicate_above_standard(request.input_fd >= 0 ? request.input_fd : null.get());
    const Fd output =
        duplicate_above_standard(request.output_fd >= 0 ? request.output_fd : null.get());
    const Fd error =
        duplicate_above_standard(request.error_fd >= 0 ? request.error_fd : output.get());
    const Fd record = request.record_path.empty() ? Fd() : open_fresh_record(fresh);

    ChildPlan plan;
    plan.arguments = arguments.data();
    plan.environment = environment.data();
    plan.working_directory = request.working_directory.c_str();
    plan.credentials = request.credentials ? &*request.credentials : nullptr;
    plan.input_fd = input.get();
    plan.output_fd = output.get();
    plan.error_fd = error.get();
    plan.dies_with_us = request.dies_with_us;
    plan.life.it_value = {request.life_max.count() / 1000, request.life_max.count() % 1000 * 1000};
    plan.cgroup_fd = request.cgroup_fd;
    plan.record_fd = record.get();
    plan.record_fresh = fresh.c_str();
    plan.record_path = request.record_path.c_str();

    int process = -1;
    const pid_t pid = clone_child(plan, process);
    if (pid < 0) throw system_error("start " + request.arguments[0] + ": clone");
    Spawned out{{pid, 0}, Fd(process)};
    if (plan.failed_step != nullptr) {
        reap(process);
        if (record) {
            remove_file(fresh);
            remove_file(request.record_path);
        }
        throw system_error("start " + request.arguments[0] + ": " + plan.failed_step,
                           plan.error_number);
    }
    // Not reaped by anyone but us, so the line is there even when it has ended already; not under a
    // host that ignores SIGCHLD: then the start time stays 0 and the descriptor alone names it.
    if (const auto stat = read_stat(pid)) out.identity.start_ticks = stat->start_ticks;
    return out;
}

}  // namespace ha::support
