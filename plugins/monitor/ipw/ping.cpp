// Asks hosts for an echo and waits for the answers.
#include "monitor/ipw/ping.hpp"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace ha::ipw {

using support::IpAddress;
using support::IpFamily;
using support::os_error;
using support::Result;

namespace {

constexpr int k_replies_per_wakeup_max = 256;
constexpr std::size_t k_received_size_max = 256;

std::size_t place_of(IpFamily family) {
    return family == IpFamily::v4 ? 0 : 1;
}

/// Only echo replies with our identifier reach a raw socket's queue.
bool attach_filter(int fd, IpFamily family, std::uint16_t identifier) {
    sock_filter v4[] = {
        BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),  // length of the IPv4 header
        BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0),   // type
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP_ECHOREPLY, 0, 3),
        BPF_STMT(BPF_LD | BPF_H | BPF_IND, 4),  // identifier
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, identifier, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, k_received_size_max),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    sock_filter v6[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP6_ECHO_REPLY, 0, 3),
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, identifier, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, k_received_size_max),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    const sock_fprog program =
        family == IpFamily::v4 ? sock_fprog{std::size(v4), v4} : sock_fprog{std::size(v6), v6};
    return ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
}

/// Refusals that say something of this node and nothing of the target.
bool is_own_fault(int os) {
    return os == EPERM || os == EACCES || os == ENOBUFS || os == ENOMEM || os == EMFILE ||
           os == ENFILE || os == EAGAIN || os == EAFNOSUPPORT;
}

std::string text_of(int os) {
    return std::generic_category().message(os);
}

}  // namespace

Result<EchoSocket> EchoSocket::open(IpFamily family, std::uint16_t identifier) {
    const int domain = family == IpFamily::v4 ? AF_INET : AF_INET6;
    const int protocol = family == IpFamily::v4 ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6};
    constexpr int flags = SOCK_CLOEXEC | SOCK_NONBLOCK;
    if (const int fd = ::socket(domain, SOCK_DGRAM | flags, protocol); fd >= 0)
        return EchoSocket(fd, family, false);
    const int fd = ::socket(domain, SOCK_RAW | flags, protocol);
    if (fd < 0)
        return os_error(std::string("no ") + to_string(family) +
                            " echo socket: neither a ping socket (net.ipv4.ping_group_range) nor a "
                            "raw one (CAP_NET_RAW)",
                        errno);
    EchoSocket socket(fd, family, true);
    if (!attach_filter(fd, family, identifier))
        return os_error("the filter of an echo socket was not taken", errno);
    return socket;
}

EchoSocket::EchoSocket(EchoSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), family_(other.family_), is_raw_(other.is_raw_) {}

EchoSocket::~EchoSocket() {
    if (fd_ >= 0) ::close(fd_);
}

int EchoSocket::send(const Target& target, const Echo& echo) {
    const auto bytes = build_echo(family_, echo);
    sockaddr_in v4{};
    sockaddr_in6 v6{};
    const sockaddr* place = reinterpret_cast<const sockaddr*>(&v4);
    socklen_t size = sizeof v4;
    if (family_ == IpFamily::v4) {
        v4.sin_family = AF_INET;
        std::memcpy(&v4.sin_addr, target.address.bytes.data(), 4);
    } else {
        v6.sin6_family = AF_INET6;
        std::memcpy(&v6.sin6_addr, target.address.bytes.data(), 16);
        if (!target.link.empty()) v6.sin6_scope_id = ::if_nametoindex(target.link.c_str());
        if (!target.link.empty() && v6.sin6_scope_id == 0) return ENODEV;
        place = reinterpret_cast<const sockaddr*>(&v6);
        size = sizeof v6;
    }
    ssize_t sent = 0;
    do {
        sent = ::sendto(fd_, bytes.data(), bytes.size(), 0, place, size);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? errno : 0;
}

std::optional<EchoSocket::Reply> EchoSocket::receive() {
    for (int i = 0; i < k_replies_per_wakeup_max; ++i) {
        std::array<std::uint8_t, k_received_size_max> buffer;
        sockaddr_storage from{};
        socklen_t from_size = sizeof from;
        const auto size = ::recvfrom(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT,
                                     reinterpret_cast<sockaddr*>(&from), &from_size);
        if (size < 0 && errno == EAGAIN) return std::nullopt;
        if (size < 0) continue;  // a pending error of the socket: read, and thereby cleared
        std::span<const std::uint8_t> bytes{buffer.data(), static_cast<std::size_t>(size)};
        if (is_raw_ && family_ == IpFamily::v4) bytes = skip_ipv4_header(bytes);
        const auto echo = read_echo_reply(family_, bytes);
        if (!echo) continue;
        const auto* raw = family_ == IpFamily::v4
                              ? reinterpret_cast<const std::uint8_t*>(
                                    &reinterpret_cast<const sockaddr_in*>(&from)->sin_addr)
                              : reinterpret_cast<const std::uint8_t*>(
                                    &reinterpret_cast<const sockaddr_in6*>(&from)->sin6_addr);
        const auto address = support::ip_from_bytes(
            {raw, family_ == IpFamily::v4 ? std::size_t{4} : std::size_t{16}});
        return Reply{*echo, *address};
    }
    return std::nullopt;
}

Round::Round(std::vector<Target> targets)
    : targets_(std::move(targets)),
      states_(targets_.size(), TargetState::silent),
      reasons_(targets_.size()) {
    std::uint64_t random[2] = {};
    // Not secret: it tells our echoes from others'. Early in a boot a clock has to do.
    if (::getrandom(random, sizeof random, GRND_NONBLOCK) != sizeof random)
        random[0] = random[1] = static_cast<std::uint64_t>(Clock::now().time_since_epoch().count());
    token_ = random[0];
    identifier_ = static_cast<std::uint16_t>(random[1]);
}

std::optional<EchoSocket>& Round::socket_for(const Target& target) {
    return sockets_[place_of(target.address.family)];
}

void Round::ask_one(std::size_t index) {
    const auto& target = targets_[index];
    auto& socket = socket_for(target);
    if (!socket) {
        auto opened = EchoSocket::open(target.address.family, identifier_);
        if (!opened) {
            states_[index] = TargetState::not_asked;
            reasons_[index] = opened.error().text;
            return;
        }
        socket.emplace(*std::move(opened));
    }
    const int os = socket->send(target, {identifier_, static_cast<std::uint16_t>(index), token_});
    states_[index] = is_own_fault(os) ? TargetState::not_asked : TargetState::silent;
    reasons_[index] = os == 0 ? "" : text_of(os);
}

void Round::ask() {
    for (std::size_t i = 0; i < targets_.size(); ++i)
        if (states_[i] != TargetState::answered) ask_one(i);
}

void Round::read_answers(EchoSocket& socket) {
    for (int i = 0; i < k_replies_per_wakeup_max; ++i) {
        const auto reply = socket.receive();
        if (!reply) return;
        const auto index = reply->echo.sequence;
        if (reply->echo.token != token_ || index >= targets_.size()) continue;
        if (targets_[index].address != reply->from) continue;
        states_[index] = TargetState::answered;
        reasons_[index].clear();
    }
}

bool Round::wait(Require require, Clock::time_point deadline, int wake) {
    for (;;) {
        for (auto& socket : sockets_)
            if (socket) read_answers(*socket);
        if (is_settled(require, states_)) return true;
        const auto left = std::max(deadline - Clock::now(), Clock::duration::zero());
        if (left == Clock::duration::zero()) return true;
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
        const timespec time{seconds.count(), std::chrono::nanoseconds(left - seconds).count()};
        pollfd ready[] = {{sockets_[0] ? sockets_[0]->fd() : -1, POLLIN, 0},
                          {sockets_[1] ? sockets_[1]->fd() : -1, POLLIN, 0},
                          {wake, POLLIN, 0}};
        const int count = ::ppoll(ready, std::size(ready), &time, nullptr);
        if (count > 0 && ready[2].revents != 0) return false;
        if (count < 0 && errno != EINTR) return true;
    }
}

}  // namespace ha::ipw
