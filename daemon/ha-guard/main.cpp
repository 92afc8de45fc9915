// ha-guard: makes this node's resources harmless when its lease is over, whatever its daemon does.
//
//   ha-guard --directory RUN [--no-realtime] [--foreground]
//
// Started by the daemon; goes into the background when its socket RUN/guard is there, and then
// outlives the daemon, its crash and its upgrade. One for each run directory.
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>

#include "server.hpp"

namespace ha_guard {

namespace {

using namespace ha;

/// Above the daemon's, which is 10: its last word must not wait for the daemon.
constexpr int k_priority = 20;

struct Options {
    const char* directory = nullptr;
    bool is_realtime = true;
    bool is_foreground = false;
};

[[noreturn]] void fail(const char* what) {
    std::fprintf(stderr, "ha-guard: cannot %s: %s\n", what, std::strerror(errno));
    ::_exit(1);
}

Options parse(int argc, char** argv) {
    Options out;
    for (int i = 1; i < argc; i++) {
        if (std::strcmp(argv[i], "--directory") == 0 && i + 1 < argc)
            out.directory = argv[++i];
        else if (std::strcmp(argv[i], "--no-realtime") == 0)
            out.is_realtime = false;
        else if (std::strcmp(argv[i], "--foreground") == 0)
            out.is_foreground = true;
        else
            out.directory = nullptr, i = argc;
    }
    if (out.directory == nullptr) {
        std::fprintf(stderr, "usage: ha-guard --directory RUN [--no-realtime] [--foreground]\n");
        ::_exit(2);
    }
    return out;
}

/// The lock outlives no process, so a socket that is there without its lock is a dead one's.
int listen_in(const char* directory) {
    if (::chdir(directory) != 0) fail("enter the run directory");
    const int lock = ::open("guard.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0) fail("open guard.lock");
    // One that is told to leave may need a moment for it.
    bool is_locked = false;
    for (int i = 0; i < 100 && !is_locked; i++) {
        is_locked = ::flock(lock, LOCK_EX | LOCK_NB) == 0;
        if (!is_locked) ::poll(nullptr, 0, 10);
    }
    if (!is_locked) fail("lock guard.lock: another guard is here");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, guard::k_socket_name);
    ::unlink(address.sun_path);
    const int fd = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) fail("make a socket");
    const auto mask = ::umask(0177);
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        fail("bind its socket");
    ::umask(mask);
    if (::listen(fd, 8) != 0) fail("listen on its socket");
    return fd;
}

guard::Page& make_page(int& fd) {
    fd = ::memfd_create("ha-guard", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0 || ::ftruncate(fd, 4096) != 0) fail("make the page");
    // Nobody can take the page away under whoever has it mapped.
    (void)::fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
    void* at = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) fail("map the page");
    auto& page = *::new (at) guard::Page;
    page.magic = guard::k_magic;
    page.version = guard::k_version;
    return page;
}

/// The parent ends when all is in place, so whoever waits for it may connect.
void go_into_background() {
    const auto child = ::fork();
    if (child < 0) fail("go into the background");
    if (child > 0) ::_exit(0);
    ::setsid();
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; null >= 0 && fd < 3; fd++) ::dup2(null, fd);
}

/// What asks politely to end is obeyed when nothing is held.
int block_signals() {
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
    sigset_t polite;
    ::sigemptyset(&polite);
    ::sigaddset(&polite, SIGTERM);
    ::sigaddset(&polite, SIGINT);
    return ::signalfd(-1, &polite, SFD_CLOEXEC | SFD_NONBLOCK);
}

void take_privileges(const Options& options, guard::Verdict& verdict) {
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &files);
    }
    if (const int score = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC); score >= 0) {
        (void)!::write(score, "-1000", 5);
        ::close(score);
    }
    verdict.is_locked = ::mlockall(MCL_CURRENT | MCL_FUTURE) == 0 ? 1 : 0;
    sched_param priority{};
    priority.sched_priority = k_priority;
    verdict.is_realtime =
        options.is_realtime && ::sched_setscheduler(0, SCHED_FIFO, &priority) == 0 ? 1 : 0;
}

void close_fd(int fd) noexcept { ::close(fd); }

KernelWatchdog device;
alignas(Guard) unsigned char guard_memory[sizeof(Guard)];

int main_with(const Options& options) {
    // It outlives who began it, and must not hold what that one has open: a listening socket would
    // go on answering for a daemon that is dead, and keep the next one out.
    ::closefrom(3);
    Doors doors;
    doors.listening = listen_in(options.directory);
    auto& page = make_page(doors.page);
    if (!options.is_foreground) go_into_background();
    if (::chdir("/") != 0) fail("enter /");
    doors.ended = block_signals();
    doors.timer = ::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (doors.timer < 0) fail("make a timer");
    auto& guard_ = *::new (static_cast<void*>(guard_memory))
                       Guard(page, device, {&carry_out, &close_fd, &boot_now});
    page.verdict.pid = static_cast<std::uint64_t>(::getpid());
    take_privileges(options, page.verdict);
    return serve(guard_, doors);
}

}  // namespace

}  // namespace ha_guard

int main(int argc, char** argv) { return ha_guard::main_with(ha_guard::parse(argc, argv)); }
