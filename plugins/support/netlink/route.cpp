// A conversation with the kernel about links and addresses (rtnetlink).
#include "support/netlink/route.hpp"

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <cstring>

namespace ha::support {

namespace {

constexpr std::size_t k_receive_buffer_size = 32U * 1024;
/// The kernel answers within the call; this only bounds a wait that should never be one.
constexpr std::chrono::milliseconds k_answer_wait_max{5000};
/// How often a list is asked for again when it changed or overran while it was being read.
constexpr int k_dump_attempts_max = 8;
constexpr std::size_t k_dump_entries_max = 65536;
/// Datagrams read for one answer, strays included.
constexpr int k_datagrams_per_answer_max = 65536;

Error verdict_error(std::string_view what, const Verdict& verdict) {
    std::string text{what};
    if (!verdict.text.empty()) text += " (" + verdict.text + ")";
    return os_error(std::move(text), verdict.os);
}

}  // namespace

void RouteSocket::Close::operator()(mnl_socket* socket) const noexcept {
    mnl_socket_close(socket);
}

Result<RouteSocket> RouteSocket::open() {
    mnl_socket* raw = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    if (raw == nullptr) return os_error("a netlink socket could not be opened", errno);
    RouteSocket result{raw};
    if (mnl_socket_bind(raw, 0, MNL_SOCKET_AUTOPID) < 0)
        return os_error("a netlink socket could not be bound", errno);
    int on = 1;
    // Both are wishes: an older kernel lists more and explains less, and that is handled.
    (void)mnl_socket_setsockopt(raw, NETLINK_GET_STRICT_CHK, &on, sizeof on);
    (void)mnl_socket_setsockopt(raw, NETLINK_EXT_ACK, &on, sizeof on);
    return result;
}

int RouteSocket::fd() const noexcept {
    return mnl_socket_get_fd(socket_.get());
}

Result<void> RouteSocket::send(const Message& message) {
    ++traffic_.requests;
    if (mnl_socket_sendto(socket_.get(), message.data(), message.size()) < 0)
        return os_error("the kernel did not take a netlink message", errno);
    return {};
}

int RouteSocket::order_prepared(std::span<const std::uint8_t> message) noexcept {
    const int fd = mnl_socket_get_fd(socket_.get());
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    const auto sent = ::sendto(fd, message.data(), message.size(), MSG_DONTWAIT,
                               reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel);
    if (sent != static_cast<ssize_t>(message.size())) return sent < 0 ? errno : EMSGSIZE;
    // The kernel has done it within the call; its verdict lies ready.
    alignas(nlmsghdr) std::array<std::uint8_t, 1024> answer;
    const auto size = ::recv(fd, answer.data(), answer.size(), MSG_DONTWAIT);
    if (size < 0) return errno;
    const auto* header = reinterpret_cast<const nlmsghdr*>(answer.data());
    nlmsgerr verdict{};
    if (static_cast<std::size_t>(size) < NLMSG_HDRLEN + sizeof verdict ||
        header->nlmsg_type != NLMSG_ERROR)
        return EPROTO;
    std::memcpy(&verdict, answer.data() + NLMSG_HDRLEN, sizeof verdict);
    return -verdict.error;
}

Result<std::span<const std::uint8_t>> RouteSocket::receive() {
    const int fd = mnl_socket_get_fd(socket_.get());
    buffer_.resize(k_receive_buffer_size);  // at the first answer: a sender of orders needs none
    const auto deadline = std::chrono::steady_clock::now() + k_answer_wait_max;
    for (;;) {
        sockaddr_nl sender{};
        iovec part{buffer_.data(), buffer_.size()};
        msghdr header{};
        header.msg_name = &sender;
        header.msg_namelen = sizeof sender;
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        const auto size = ::recvmsg(fd, &header, MSG_DONTWAIT);
        if (size >= 0) {
            if (sender.nl_pid != 0) continue;  // only the kernel is listened to
            if ((header.msg_flags & MSG_TRUNC) != 0)
                return Error{"a netlink answer was longer than the kernel promises", EMSGSIZE};
            ++traffic_.messages_received;
            traffic_.bytes_received += static_cast<std::uint64_t>(size);
            return std::span<const std::uint8_t>{buffer_.data(), static_cast<std::size_t>(size)};
        }
        if (errno == EINTR) continue;
        if (errno != EAGAIN) return os_error("a netlink answer could not be read", errno);
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        if (left.count() <= 0) return Error{"the kernel did not answer over netlink", ETIMEDOUT};
        pollfd ready{fd, POLLIN, 0};
        (void)::poll(&ready, 1, static_cast<int>(left.count()));
    }
}

void RouteSocket::renumber(Message& message) {
    ++sequence_;
    reinterpret_cast<nlmsghdr*>(message.data())->nlmsg_seq = sequence_;
}

void RouteSocket::drain() {
    // Also what a dump still has to say: the kernel refuses a second one while the first goes on.
    for (int i = 0; i < k_datagrams_per_answer_max; ++i) {
        const auto size =
            ::recv(mnl_socket_get_fd(socket_.get()), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
        if (size < 0 && errno != ENOBUFS && errno != EINTR) return;
    }
}

template <class T>
Result<T> RouteSocket::ask(Message message, std::optional<T> (*read)(const Reply&),
                           std::string_view what) {
    if (auto sent = send(message); !sent) return sent.error();
    int overruns = 0;
    for (int i = 0; i < k_datagrams_per_answer_max; ++i) {
        auto datagram = receive();
        if (!datagram && datagram.error().os == ENOBUFS && ++overruns < k_dump_attempts_max) {
            // The queue overran and the answer may be lost. Asking again does no harm: what was
            // done is answered as done already.
            drain();
            renumber(message);
            if (auto sent = send(message); !sent) return sent.error();
            continue;
        }
        if (!datagram) return datagram.error();
        auto rest = *datagram;
        while (const auto reply = take_reply(rest)) {
            if (reply->sequence != sequence_) continue;  // an answer nobody waits for any more
            if (const auto verdict = read_verdict(*reply)) return verdict_error(what, *verdict);
            if (auto value = read(*reply)) return *std::move(value);
        }
    }
    return Error{std::string(what) + ": the kernel's answer does not come", ETIMEDOUT};
}

Result<void> RouteSocket::order(Message message, std::string_view what) {
    // An order is answered by a verdict alone: 0 is success.
    auto verdict = ask<Verdict>(
        std::move(message), [](const Reply&) -> std::optional<Verdict> { return std::nullopt; },
        what);
    if (verdict || verdict.error().os == 0) return {};
    return verdict.error();
}

template <class T>
Result<bool> RouteSocket::dump_once(const Message& message, std::optional<T> (*read)(const Reply&),
                                    std::string_view what, std::vector<T>& found) {
    if (auto sent = send(message); !sent) return sent.error();
    bool is_whole = true;
    for (int i = 0; i < k_datagrams_per_answer_max; ++i) {
        auto datagram = receive();
        if (!datagram && datagram.error().os == ENOBUFS) return false;
        if (!datagram) return datagram.error();
        auto rest = *datagram;
        while (const auto reply = take_reply(rest)) {
            if (reply->sequence != sequence_) continue;
            if ((reply->flags & NLM_F_DUMP_INTR) != 0) is_whole = false;
            if (reply->type == NLMSG_DONE) return is_whole;
            if (const auto verdict = read_verdict(*reply)) return verdict_error(what, *verdict);
            auto value = read(*reply);
            if (value && found.size() >= k_dump_entries_max)
                return Error{std::string(what) + ": more than " +
                                 std::to_string(k_dump_entries_max) + " entries",
                             EOVERFLOW};
            if (value) found.push_back(*std::move(value));
        }
    }
    return Error{std::string(what) + ": the list does not end", ETIMEDOUT};
}

template <class T>
Result<std::vector<T>> RouteSocket::dump(Message message, std::optional<T> (*read)(const Reply&),
                                         std::string_view what) {
    for (int attempt = 0; attempt < k_dump_attempts_max; ++attempt) {
        std::vector<T> found;
        auto whole = dump_once(message, read, what, found);
        if (!whole) return whole.error();
        if (*whole) return found;
        // The list changed or overran under our hands: what was read is worth nothing.
        ++traffic_.dumps_repeated;
        drain();
        renumber(message);
    }
    return Error{std::string(what) + ": the list changes faster than it can be read", EAGAIN};
}

Result<Link> RouteSocket::link_named(std::string_view name) {
    return ask<Link>(build_get_link(++sequence_, name), read_link,
                     "link \"" + std::string(name) + "\"");
}

Result<Link> RouteSocket::link_at(std::uint32_t index) {
    return ask<Link>(build_get_link(++sequence_, index), read_link,
                     "link number " + std::to_string(index));
}

Result<std::vector<Link>> RouteSocket::links() {
    return dump<Link>(build_dump_links(++sequence_), read_link, "the list of links");
}

Result<std::vector<LinkAddress>> RouteSocket::addresses(IpFamily family, std::uint32_t link) {
    auto all = dump<LinkAddress>(build_dump_addresses(++sequence_, family, link), read_address,
                                 std::string("the list of ") + to_string(family) + " addresses");
    if (all && link != 0)
        std::erase_if(*all, [&](const LinkAddress& entry) { return entry.link != link; });
    if (all) std::erase_if(*all, [&](const auto& entry) { return entry.address.family != family; });
    return all;
}

Result<std::optional<LinkAddress>> RouteSocket::find(std::uint32_t link, const IpAddress& address) {
    using Found = std::optional<LinkAddress>;
    if (address.family == IpFamily::v6) {
        auto entry = ask<LinkAddress>(build_get_address(++sequence_, link, address), read_address,
                                      "address " + to_string(address));
        if (entry) return Found{*entry};
        if (entry.error().os == EADDRNOTAVAIL) return Found{};
        return entry.error();
    }
    auto listed = addresses(address.family, link);
    if (!listed) return listed.error();
    for (const auto& entry : *listed)
        if (entry.address == address) return Found{entry};
    return Found{};
}

Result<bool> RouteSocket::is_on_link(std::uint32_t link, const IpAddress& address) {
    if (address.family == IpFamily::v4) {
        // An IPv4 address of the host is a local route of full length: one lookup in a tree.
        auto holder = link_by_route(address);
        if (holder && *holder == link) return true;
    }
    auto entry = find(link, address);
    if (!entry) return entry.error();
    return entry->has_value();
}

Result<std::optional<std::uint32_t>> RouteSocket::link_by_route(const IpAddress& address) {
    using Found = std::optional<std::uint32_t>;
    if (address.family == IpFamily::v6) {
        auto entry = find(0, address);
        if (!entry) return entry.error();
        return *entry ? Found{(*entry)->link} : Found{};
    }
    auto match = ask<RouteMatch>(build_get_route(++sequence_, address), read_route,
                                 "route to " + to_string(address));
    // No route at all is an answer too: it is no address of this host as far as routing knows.
    if (!match) return Found{};
    const bool is_own = match->is_local && match->prefix == address.prefix_max();
    return is_own && match->link != 0 ? Found{match->link} : Found{};
}

Result<bool> RouteSocket::add(const LinkAddress& address) {
    auto done = order(
        build_add_address(++sequence_, address),
        "adding address " + to_string(address.address) + "/" + std::to_string(address.prefix));
    if (done) return true;
    if (done.error().os == EEXIST) return false;
    return done.error();
}

Result<bool> RouteSocket::remove(const LinkAddress& address) {
    auto done = order(build_remove_address(++sequence_, address),
                      "removing address " + to_string(address.address));
    if (done) return true;
    if (done.error().os == EADDRNOTAVAIL) return false;
    return done.error();
}

Result<void> RouteSocket::promote_secondaries(std::uint32_t link) {
    return order(build_promote_secondaries(++sequence_, link),
                 "making secondary addresses survive on link number " + std::to_string(link));
}

}  // namespace ha::support
