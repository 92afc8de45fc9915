// The way to ha-guard: finding the one that runs, or starting one.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "runtime/guard_link.hpp"

extern char** environ;

namespace ha::runtime {

namespace {

/// A guard answers within microseconds; one that does not is stopped.
constexpr timeval k_patience{1, 0};

/// Signals as after a boot, and a session of its own: what is sent to the daemon's group is not for
/// the guard.
class SpawnAttributes {
   public:
    SpawnAttributes() {
        ::posix_spawnattr_init(&attributes_);
        sigset_t none, all;
        ::sigemptyset(&none);
        ::sigfillset(&all);
        ::posix_spawnattr_setsigmask(&attributes_, &none);
        ::posix_spawnattr_setsigdefault(&attributes_, &all);
        ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
                                                     POSIX_SPAWN_SETSIGDEF);
    }
    ~SpawnAttributes() { ::posix_spawnattr_destroy(&attributes_); }
    const posix_spawnattr_t* get() const { return &attributes_; }

   private:
    posix_spawnattr_t attributes_;
};

}  // namespace

/// By way of the directory's descriptor, because paths of sockets are short.
Result<void> GuardLink::connect() {
    UniqueFd directory(::open(options_.directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!directory) return os_failure("cannot open", options_.directory, errno);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto path =
        "/proc/self/fd/" + std::to_string(directory.get()) + "/" + guard::k_socket_name;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    if (!fd) return os_failure("cannot make", "a socket", errno);
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &k_patience, sizeof k_patience);
    ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &k_patience, sizeof k_patience);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return os_failure("cannot reach ha-guard in", options_.directory, errno);
    socket_ = std::move(fd);
    return {};
}

/// It is there when the process that we began has ended: that one has left it in the background.
Result<void> GuardLink::start_program() {
    if (options_.program.empty())
        return failure(FailureCode::not_found, "no ha-guard runs, and none is named");
    // A name that begins so is not waited for when the machine shuts down, nor killed: what it
    // holds is made harmless, or its watchdog fed, until there is no machine (so systemd treats
    // storage daemons). Otherwise a group that cannot be stopped would hold a shutdown for 90 s.
    const std::string name = "@" + options_.program;
    std::vector<const char*> words = {name.c_str(), "--directory",
                                      options_.directory.c_str()};
    if (!options_.is_realtime) words.push_back("--no-realtime");
    words.push_back(nullptr);
    const SpawnAttributes attributes;
    pid_t pid = 0;
    const int error = ::posix_spawn(&pid, options_.program.c_str(), nullptr, attributes.get(),
                                    const_cast<char* const*>(words.data()), environ);
    if (error != 0) return os_failure("cannot start", options_.program, error);
    int status = 0;
    pid_t ended = 0;
    do ended = ::waitpid(pid, &status, 0);
    while (ended < 0 && errno == EINTR);
    // Without an ending to be had (SIGCHLD ignored by the program) the connection will tell.
    if (ended == pid && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
        return failure(FailureCode::io, options_.program + " did not start: it ended with " +
                                            std::to_string(status));
    return {};
}

/// One that is just about to end (its node has left) is no guard any more; one that is stopped is.
Result<void> GuardLink::connect_or_start() {
    if (connect()) {
        found_.was_there = true;
        auto greeted = hello();
        if (greeted || greeted.error().code == FailureCode::timed_out) return greeted;
    }
    found_.was_there = false;
    if (auto r = start_program(); !r) return r;
    if (auto r = connect(); !r) return r;
    return hello();
}

Result<void> GuardLink::hello() {
    guard::Request request;
    UniqueFd memory;
    auto reply = ask(&request, sizeof request, {}, &memory);
    if (!reply) return reply.error();
    if (!memory) return failure(FailureCode::corrupt, "ha-guard has sent no page");
    watch_process(reply->pid);
    void* at = ::mmap(nullptr, sizeof(guard::Page), PROT_READ | PROT_WRITE, MAP_SHARED,
                      memory.get(), 0);
    if (at == MAP_FAILED) return os_failure("cannot map", "the page of ha-guard", errno);
    take_page(static_cast<guard::Page*>(at));
    return {};
}

/// Without a descriptor its end is noticed all the same, by its silence, while it holds anything.
void GuardLink::watch_process(std::uint32_t pid) {
    process_ = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)));
    const int error = process_ ? 0 : errno;
    std::string text;
    if (error != 0)
        text = "should ha-guard (process " + std::to_string(pid) +
               ") end, that is noticed late, by its silence: it cannot be watched: " +
               error_text(error);
    if (error == EMFILE) text += "; allow this process more open files (LimitNOFILE= of its unit)";
    if (error == ENFILE) text += "; the machine has no more open files to give (fs.file-max)";
    if (error == ENOSYS) text += "; Linux can do that since version 5.3";
    if (error == EPERM) text += "; a filter of system calls has to allow pidfd_open";
    std::lock_guard guard(mutex_);
    watch_problem_ = std::move(text);
}

void GuardLink::take_page(guard::Page* page) {
    std::lock_guard guard(mutex_);
    if (page_ == nullptr || page_->verdict.pid != page->verdict.pid) {
        severings_before_ = severings_locked();
        // What one that is late did before this link was made is no news. Read in this order: what
        // it does meanwhile counts.
        severings_old_ = guard::load(page->verdict.severings);
        const Instant newest{static_cast<std::int64_t>(guard::load(page->verdict.severed_at_ns))};
        if (severings_old_ > 0 && newest >= begun_) severings_old_--;
    }
    if (page_ != nullptr) ::munmap(page_, sizeof *page_);
    page_ = page;
    // A guard that was there knows more than we do: the word of our predecessor counts, but for
    // what we have said ourselves.
    if (!found_.was_there || word_.sequence != 0 || word_.lease_end_ns != 0) return;
    const auto said = word_;
    word_ = guard::read_word(*page_);
    if (is_watchdog_said_) word_.watchdog_wanted = said.watchdog_wanted;
}

}  // namespace ha::runtime
