// The guard's socket, its timer and its loop.
#include "server.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <iterator>

namespace ha_guard {

using namespace ha;
using guard::Ask;
using guard::Reply;

namespace {

constexpr int k_limit_clients = 8;
constexpr int k_listening = 0, k_timer = 1, k_ended = 2, k_first_client = 3;

/// The longest request; a union of the three would be the same.
union Incoming {
    Incoming() : put{} {}
    guard::Request head;
    guard::PutRequest put;
    guard::WatchdogRequest watchdog;
};

struct Received {
    ssize_t size = 0;
    int fds[guard::k_limit_actions];
    std::size_t fd_count = 0;
};

// One of each is enough, and they are too large for a stack that is to be small.
Incoming incoming;
Reply reply;

void set_timer(int timer, Instant at) noexcept {
    itimerspec when{};
    if (at != Instant::max()) {
        const auto ns = std::max<std::int64_t>(at.ns, 1);
        when.it_value.tv_sec = ns / 1'000'000'000;
        when.it_value.tv_nsec = ns % 1'000'000'000;
    }
    ::timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, nullptr);
}

Received receive(int client) noexcept {
    Received out;
    std::memset(static_cast<void*>(&incoming), 0, sizeof incoming);
    iovec part{&incoming, sizeof incoming};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * guard::k_limit_actions)];
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    out.size = ::recvmsg(client, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (out.size < 0) return out;
    for (auto* one = CMSG_FIRSTHDR(&message); one != nullptr; one = CMSG_NXTHDR(&message, one)) {
        if (one->cmsg_level != SOL_SOCKET || one->cmsg_type != SCM_RIGHTS) continue;
        out.fd_count = std::min<std::size_t>((one->cmsg_len - CMSG_LEN(0)) / sizeof(int),
                                             guard::k_limit_actions);
        std::memcpy(out.fds, CMSG_DATA(one), out.fd_count * sizeof(int));
    }
    return out;
}

/// With the page's descriptor when `fd` is one.
void answer(int client, int fd) noexcept {
    const auto size = offsetof(Reply, told) + reply.count * sizeof(guard::Told);
    iovec part{&reply, size};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (fd >= 0) {
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        auto* one = CMSG_FIRSTHDR(&message);
        one->cmsg_level = SOL_SOCKET;
        one->cmsg_type = SCM_RIGHTS;
        one->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(one), &fd, sizeof fd);
    }
    (void)::sendmsg(client, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/// True when it is to end.
bool handle(Guard& guard_, int client, const Received& got, const Doors& doors) noexcept {
    const auto& head = incoming.head;
    reply.error = 0;
    reply.count = 0;
    reply.more_from = 0;
    int fd = -1;
    bool is_to_end = false;
    const bool is_sound = got.size >= static_cast<ssize_t>(sizeof head) &&
                          head.magic == guard::k_magic && head.version == guard::k_version;
    const auto ask = is_sound ? head.ask : Ask{};
    if (ask == Ask::put) {
        reply.error = guard_.put(boot_now(), incoming.put, got.fds, got.fd_count);
    } else {
        for (std::size_t i = 0; i < got.fd_count; i++) ::close(got.fds[i]);
        switch (ask) {
            case Ask::hello: fd = doors.page; break;
            case Ask::drop: guard_.drop(head.resource); break;
            case Ask::tell: guard_.tell(head.first, reply); break;
            case Ask::watchdog: reply.error = guard_.use_watchdog(incoming.watchdog); break;
            case Ask::leave:
                is_to_end = guard_.is_idle();
                reply.error = is_to_end ? 0 : EBUSY;
                break;
            case Ask::put: break;
            default: reply.error = EPROTO; break;
        }
    }
    answer(client, fd);
    return is_to_end;
}

/// Only processes of the user that this one belongs to.
void accept_client(int listening, pollfd* polls) noexcept {
    const int client = ::accept4(listening, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client < 0) return;
    ucred who{};
    socklen_t size = sizeof who;
    const bool is_ours = ::getsockopt(client, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 &&
                         (who.uid == ::getuid() || who.uid == 0);
    for (int i = k_first_client; is_ours && i < k_first_client + k_limit_clients; i++) {
        if (polls[i].fd >= 0) continue;
        polls[i].fd = client;
        return;
    }
    ::close(client);
}

}  // namespace

namespace {

/// A guard that nobody needs ends after so long.
constexpr Duration k_lonely = 10s;

bool is_anybody_there(const pollfd* polls) noexcept {
    for (int i = k_first_client; i < k_first_client + k_limit_clients; i++)
        if (polls[i].fd >= 0) return true;
    return false;
}

/// Of the signals that ask for the end; taken, so that they are told once.
bool is_end_asked(pollfd& ended) noexcept {
    if ((ended.revents & POLLIN) == 0) return false;
    signalfd_siginfo info{};
    return ::read(ended.fd, &info, sizeof info) == sizeof info;
}

/// True when one of them asks for the end, and it may be.
bool handle_clients(Guard& guard_, pollfd* polls, const Doors& doors) noexcept {
    for (int i = k_first_client; i < k_first_client + k_limit_clients; i++) {
        if (polls[i].fd < 0 || polls[i].revents == 0) continue;
        const auto got = receive(polls[i].fd);
        if (got.size < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (got.size <= 0) {
            ::close(polls[i].fd);
            polls[i].fd = -1;
            continue;
        }
        if (handle(guard_, polls[i].fd, got, doors)) return true;
    }
    return false;
}

}  // namespace

Instant boot_now() noexcept {
    timespec t{};
    ::clock_gettime(CLOCK_BOOTTIME, &t);
    return Instant{static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec};
}

int serve(Guard& guard_, const Doors& doors) noexcept {
    pollfd polls[k_first_client + k_limit_clients];
    for (auto& one : polls) one = {-1, POLLIN, 0};
    polls[k_listening].fd = doors.listening;
    polls[k_timer].fd = doors.timer;
    polls[k_ended].fd = doors.ended;
    reply.pid = static_cast<std::uint32_t>(::getpid());
    bool is_ending = false;
    auto lonely_until = Instant::max();
    for (;;) {
        const auto now = boot_now();
        if (!guard_.is_idle() || is_anybody_there(polls))
            lonely_until = Instant::max();
        else if (lonely_until == Instant::max())
            lonely_until = now + k_lonely;
        const auto planned = std::min(guard_.next_deadline(now), lonely_until);
        set_timer(doors.timer, planned);
        if (::poll(polls, std::size(polls), -1) < 0) continue;
        // The time first, whatever else there is to do.
        const bool is_timer = (polls[k_timer].revents & POLLIN) != 0;
        std::uint64_t times = 0;
        if (is_timer) (void)!::read(doors.timer, &times, sizeof times);
        guard_.look(boot_now(), is_timer ? planned : Instant::max());
        is_ending = is_end_asked(polls[k_ended]) || is_ending;
        // Somebody at the door comes first.
        const bool is_asked = (polls[k_listening].revents & POLLIN) != 0;
        const bool is_lonely = !is_asked && boot_now() >= lonely_until;
        if (guard_.is_idle() && (is_ending || is_lonely)) return 0;
        if (handle_clients(guard_, polls, doors)) return 0;
        if (is_asked) accept_client(doors.listening, polls);
    }
}

}  // namespace ha_guard
