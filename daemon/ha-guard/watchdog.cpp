// The watchdog.
#include "watchdog.hpp"

#include <fcntl.h>
#include <linux/watchdog.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace ha_guard {

using namespace ha;
using guard::WatchdogState;

namespace {

/// After a failure to arm it is tried again so often.
constexpr Duration k_retry = 1s;

int whole_seconds(Duration time) {
    return static_cast<int>((time + 999ms) / 1s);
}

/// Of a device whose driver was loaded so that it can never be switched off.
bool is_nowayout(int fd) noexcept {
    struct stat info {};
    if (::fstat(fd, &info) != 0 || !S_ISCHR(info.st_mode)) return false;
    char path[64];
    std::snprintf(path, sizeof path, "/sys/dev/char/%u:%u/nowayout", major(info.st_rdev),
                  minor(info.st_rdev));
    const int file = ::open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    char first = '0';
    const bool is_read = ::read(file, &first, 1) == 1;
    ::close(file);
    return is_read && first == '1';
}

}  // namespace

KernelWatchdog::~KernelWatchdog() {
    if (fd_ >= 0) ::close(fd_);
}

int KernelWatchdog::open(const char* path) noexcept {
    fd_ = ::open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
    return fd_ >= 0 ? 0 : errno;
}

int KernelWatchdog::set_up(Duration timeout, Duration pretimeout, DeviceFacts& facts) noexcept {
    facts = {};
    facts.timeout = timeout;
    watchdog_info info{};
    if (::ioctl(fd_, WDIOC_GETSUPPORT, &info) != 0) return errno == ENOTTY ? 0 : errno;
    facts.is_known = true;
    facts.has_pretimeout = (info.options & WDIOF_PRETIMEOUT) != 0;
    const bool has_magic = (info.options & WDIOF_MAGICCLOSE) != 0;
    facts.can_be_disarmed = has_magic && !is_nowayout(fd_);
    // Without magic close the kernel stops the device at any close, also at that of a killed guard.
    facts.survives_close = has_magic || is_nowayout(fd_);
    int seconds = whole_seconds(timeout);
    if ((info.options & WDIOF_SETTIMEOUT) != 0 && ::ioctl(fd_, WDIOC_SETTIMEOUT, &seconds) != 0)
        return errno;
    if (pretimeout > Duration::zero() && facts.has_pretimeout) {
        int before = whole_seconds(pretimeout);
        if (::ioctl(fd_, WDIOC_SETPRETIMEOUT, &before) != 0) return errno;
    }
    int in_force = 0;
    if (::ioctl(fd_, WDIOC_GETTIMEOUT, &in_force) != 0) return errno;
    facts.timeout = std::chrono::seconds(in_force);
    return 0;
}

int KernelWatchdog::feed() noexcept {
    return ::write(fd_, "", 1) == 1 ? 0 : errno;
}

/// Asked to stop before it is closed: not every kernel tells beforehand that a driver cannot be
/// switched off, and one that is closed then would go off with nobody left to feed it.
int KernelWatchdog::close_disarmed() noexcept {
    int stop = WDIOS_DISABLECARD;
    if (::ioctl(fd_, WDIOC_SETOPTIONS, &stop) != 0 && errno == EBUSY) return EBUSY;
    const int error = ::write(fd_, "V", 1) == 1 ? 0 : errno;
    ::close(fd_);
    fd_ = -1;
    return error;
}

int Watchdog::use(const char* path, Duration timeout, Duration pretimeout) noexcept {
    const bool is_same = std::strcmp(path, path_) == 0 && timeout == timeout_ &&
                         pretimeout == pretimeout_;
    if (is_same) return 0;
    if (is_open_) return EBUSY;
    if (std::strlen(path) >= sizeof path_) return ENAMETOOLONG;
    if (path[0] != '\0' && timeout <= Duration::zero()) return EINVAL;
    std::strcpy(path_, path);
    timeout_ = timeout;
    pretimeout_ = pretimeout;
    facts_ = {};
    state_ = path_[0] == '\0' ? WatchdogState::none : WatchdogState::idle;
    feed_at_ = Instant{};
    was_not_switched_off_ = false;  // it may be another one
    return 0;
}

void Watchdog::arm(Instant now) noexcept {
    if (now < feed_at_) return;
    feed_at_ = now + k_retry;
    state_ = WatchdogState::failed;
    if (device_.open(path_) != 0) return;
    is_open_ = true;
    set_up(now);
}

void Watchdog::set_up(Instant now) noexcept {
    is_set_up_ = device_.set_up(timeout_, pretimeout_, facts_) == 0;
    if (was_not_switched_off_) facts_.can_be_disarmed = false;
    if (is_set_up_) return feed(now);
    // Armed by the opening, with a time that nobody asked for: it must not go off.
    if (facts_.can_be_disarmed)
        disarm(now);
    else
        feed(now);
    if (!is_open_) feed_at_ = now + k_retry;
    facts_.is_known = false;
    state_ = WatchdogState::failed;
}

void Watchdog::feed(Instant now) noexcept {
    const bool is_fed = device_.feed() == 0;
    if (is_fed) feeds_++;
    state_ = is_fed ? WatchdogState::armed : WatchdogState::failed;
    feed_at_ = now + std::min<Duration>(facts_.timeout / 4, 1s);
}

void Watchdog::disarm(Instant now) noexcept {
    const int error = device_.close_disarmed();
    if (error == EBUSY) {
        was_not_switched_off_ = true;
        facts_.can_be_disarmed = false;
        return feed(now);
    }
    state_ = error == 0 ? WatchdogState::idle : WatchdogState::failed;
    is_open_ = is_set_up_ = false;
    feed_at_ = Instant{};
}

void Watchdog::look(Instant now, bool is_wanted, bool is_lease_running) noexcept {
    if (path_[0] == '\0') return;
    if (!is_open_) {
        if (is_wanted && is_lease_running) arm(now);
        if (!is_wanted) state_ = WatchdogState::idle;
        return;
    }
    if (is_wanted) {
        if (!is_lease_running || now < feed_at_) return;
        return is_set_up_ ? feed(now) : set_up(now);
    }
    if (!facts_.can_be_disarmed) {
        if (now >= feed_at_) feed(now);
        return;
    }
    disarm(now);
}

Instant Watchdog::next_deadline() const noexcept {
    return is_open_ || state_ == WatchdogState::failed ? feed_at_ : Instant::max();
}

bool Watchdog::is_verified() const noexcept {
    return is_open_ && state_ == WatchdogState::armed && facts_.is_known &&
           facts_.survives_close && facts_.timeout > Duration::zero() &&
           facts_.timeout <= timeout_ + 1s;
}

}  // namespace ha_guard
