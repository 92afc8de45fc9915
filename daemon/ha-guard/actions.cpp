// Carrying out one prepared action.
#include "actions.hpp"

#include <linux/netlink.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "ha/plugin/ext/sever_actions.h"

namespace ha_guard {

namespace {

using ha::guard::Action;

static_assert(ha::guard::k_limit_actions == HA_LIMIT_SEVER_ACTIONS &&
              ha::guard::k_limit_action_bytes == HA_LIMIT_SEVER_BYTES &&
              ha::guard::k_limit_harmless == HA_LIMIT_SEVER_HARMLESS);

int send_netlink(const Action& action, int fd) noexcept {
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    const auto sent = ::sendto(fd, action.bytes, action.byte_count, MSG_DONTWAIT,
                               reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel);
    if (sent != static_cast<ssize_t>(action.byte_count)) return sent < 0 ? errno : EMSGSIZE;
    // The kernel has done it within the call; its verdict lies ready.
    alignas(nlmsghdr) char answer[1024];
    const auto size = ::recv(fd, answer, sizeof answer, MSG_DONTWAIT);
    if (size < 0) return errno;
    nlmsghdr header{};
    nlmsgerr verdict{};
    if (static_cast<std::size_t>(size) < NLMSG_HDRLEN + sizeof verdict) return EPROTO;
    std::memcpy(&header, answer, sizeof header);
    if (header.nlmsg_type != NLMSG_ERROR) return EPROTO;
    std::memcpy(&verdict, answer + NLMSG_HDRLEN, sizeof verdict);
    return -verdict.error;
}

int write_bytes(const Action& action, int fd) noexcept {
    auto done = ::pwrite(fd, action.bytes, action.byte_count, 0);
    if (done < 0 && errno == ESPIPE)  // a socket or pipe has no beginning
        done = ::send(fd, action.bytes, action.byte_count, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (done < 0 && errno == ENOTSOCK) done = ::write(fd, action.bytes, action.byte_count);
    if (done < 0) return errno;
    return done == static_cast<ssize_t>(action.byte_count) ? 0 : EIO;
}

/// The group only while its leader is not reaped: until then the number is nobody else's.
int signal_process(const Action& action, int fd) noexcept {
    if (::syscall(SYS_pidfd_send_signal, fd, action.number, nullptr, 0U) != 0) return errno;
    if (action.group > 1 && ::kill(-static_cast<pid_t>(action.group), action.number) != 0)
        return errno;
    return 0;
}

}  // namespace

int carry_out(const Action& action, int fd) noexcept {
    int error = EOPNOTSUPP;
    switch (action.kind) {
        case HA_SEVER_NETLINK: error = send_netlink(action, fd); break;
        case HA_SEVER_WRITE: error = write_bytes(action, fd); break;
        case HA_SEVER_SIGNAL: error = signal_process(action, fd); break;
        default: break;
    }
    for (const auto harmless : action.harmless)
        if (harmless != 0 && error == harmless) return 0;
    return error;
}

int judge(const Action& action) noexcept {
    switch (action.kind) {
        case HA_SEVER_NETLINK:
        case HA_SEVER_WRITE:
            return action.byte_count > 0 && action.byte_count <= sizeof action.bytes ? 0 : EINVAL;
        case HA_SEVER_SIGNAL: return action.number > 0 && action.number < NSIG ? 0 : EINVAL;
        default: return EOPNOTSUPP;
    }
}

}  // namespace ha_guard
