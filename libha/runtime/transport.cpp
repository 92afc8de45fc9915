// UDP sockets of the interconnects.
#include "runtime/transport.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>

#include "base/limits.hpp"
#include "runtime/datagram.hpp"
#include "runtime/machine.hpp"
#include "runtime/posix.hpp"

namespace ha::runtime {

namespace {

constexpr Duration k_bind_retry_min = 20ms;
constexpr Duration k_bind_retry_max = 1s;
constexpr int k_receive_buffer_bytes = 1024 * 1024;
/// Class selector 6, network control: what routers use for their own heartbeats.
constexpr int k_traffic_class = 0xc0;
constexpr int k_socket_priority = 6;

struct Socket {
    AddressBook::Own own;
    UniqueFd fd;
    Loop::WatchId watch = 0;
    Instant retry_at = Instant::max();
    Duration retry_wait = k_bind_retry_min;
    bool is_told = false;
    TransportCounters counters;
};

void set_option(int fd, int level, int name, int value) {
    // Each of these is a wish: heartbeats travel without it too.
    static_cast<void>(::setsockopt(fd, level, name, &value, sizeof value));
}

void set_options(int fd, int family) {
    set_option(fd, SOL_SOCKET, SO_RCVBUF, k_receive_buffer_bytes);
    set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, k_receive_buffer_bytes);
    set_option(fd, SOL_SOCKET, SO_PRIORITY, k_socket_priority);
    // Our datagrams are below every sensible path MTU; where one is not, a fragment that arrives
    // beats a datagram that does not.
    if (family == AF_INET6) {
        set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
        set_option(fd, IPPROTO_IPV6, IPV6_TCLASS, k_traffic_class);
        set_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT);
    } else {
        set_option(fd, IPPROTO_IP, IP_TOS, k_traffic_class);
        set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
    }
}

/// Without SO_REUSEADDR on purpose: UDP needs no wait after a restart, and with it a second process
/// could bind the same port and silently take the datagrams.
Result<UniqueFd> bind_socket(const AddressBook::Own& own) {
    int family = own.address.family();
    UniqueFd fd(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return os_failure("cannot make a socket for", own.text, errno);
    set_options(fd.get(), family);
    if (::bind(fd.get(), own.address.get(), own.address.size) == 0) return fd;
    int error = errno;
    auto out = os_failure("cannot bind to", own.text, error);
    if (error == EADDRNOTAVAIL)
        out.context += "; no interface of this machine has that address (yet)";
    if (error == EADDRINUSE) out.context += "; another program uses that port";
    return out;
}

}  // namespace

struct Transport::Impl {
    Impl(Loop& l, TransportEvents e) : loop(l), events(std::move(e)) {}

    void open(InterconnectId id, Socket& socket);
    void close(Socket& socket);
    void tell(InterconnectId id, Socket& socket, const std::string& problem);
    void receive(InterconnectId id);

    Loop& loop;
    TransportEvents events;
    AddressBook book;
    std::map<InterconnectId, Socket> sockets;
    std::array<std::array<std::uint8_t, k_buffer_bytes>, k_batch_datagrams> buffers;
};

Transport::Transport(Loop& loop, TransportEvents events)
    : impl_(std::make_unique<Impl>(loop, std::move(events))) {}

Transport::~Transport() {
    for (auto& [id, socket] : impl_->sockets) impl_->close(socket);
}

void Transport::Impl::close(Socket& socket) {
    if (socket.watch != 0) loop.unwatch(std::exchange(socket.watch, 0));
    socket.fd.reset();
    socket.counters.is_bound = false;
}

void Transport::Impl::tell(InterconnectId id, Socket& socket, const std::string& problem) {
    bool is_change = !socket.is_told || socket.counters.problem.empty() != problem.empty();
    socket.counters.problem = problem;
    if (!is_change) return;
    socket.is_told = true;
    events.state(id, socket.own.name, problem);
}

void Transport::Impl::open(InterconnectId id, Socket& socket) {
    auto fd = bind_socket(socket.own);
    Result<Loop::WatchId> watch =
        fd ? loop.watch_readable(fd->get(), [this, id] { receive(id); }) : fd.error();
    if (!watch) {
        socket.retry_at = now() + socket.retry_wait;
        socket.retry_wait = std::min(socket.retry_wait * 2, k_bind_retry_max);
        tell(id, socket, watch.error().context);
        return;
    }
    socket.fd = std::move(*fd);
    socket.watch = *watch;
    socket.retry_at = Instant::max();
    socket.retry_wait = k_bind_retry_min;
    socket.counters.is_bound = true;
    tell(id, socket, {});
}

void Transport::Impl::receive(InterconnectId id) {
    auto found = sockets.find(id);
    if (found == sockets.end() || !found->second.fd) return;
    std::array<mmsghdr, k_batch_datagrams> headers{};
    std::array<iovec, k_batch_datagrams> vectors{};
    for (std::size_t i = 0; i < k_batch_datagrams; i++) {
        vectors[i] = {buffers[i].data(), buffers[i].size()};
        headers[i].msg_hdr.msg_iov = &vectors[i];
        headers[i].msg_hdr.msg_iovlen = 1;
    }
    // An error here is one of the network's, told on the socket; there is nothing to read then.
    int n = ::recvmmsg(found->second.fd.get(), headers.data(), k_batch_datagrams, MSG_DONTWAIT,
                       nullptr);
    // Copied first: the receiver may change the book, and the socket is none of ours then.
    std::vector<Bytes> datagrams;
    datagrams.reserve(static_cast<std::size_t>(std::max(n, 0)));
    auto& counters = found->second.counters;
    for (int i = 0; i < n; i++) {
        const auto length = headers[static_cast<std::size_t>(i)].msg_len;
        counters.received++;
        counters.oversized += length > k_limit_datagram_bytes;
        if (length > k_limit_datagram_bytes) continue;
        const auto first = buffers[static_cast<std::size_t>(i)].begin();
        datagrams.emplace_back(first, first + length);
    }
    for (std::size_t i = 0; i < datagrams.size(); i++)
        events.received(id, std::move(datagrams[i]), i + 1 < datagrams.size());
}

void Transport::use(AddressBook book) {
    auto& sockets = impl_->sockets;
    for (auto at = sockets.begin(); at != sockets.end();) {
        auto own = book.own.find(at->first);
        bool is_kept = own != book.own.end() && own->second.address == at->second.own.address;
        if (is_kept) {
            at->second.own = own->second;
            ++at;
            continue;
        }
        impl_->close(at->second);
        at = sockets.erase(at);
    }
    impl_->book = std::move(book);
    for (auto& [id, own] : impl_->book.own) {
        auto [at, is_new] = sockets.try_emplace(id);
        at->second.own = own;
        if (is_new) impl_->open(id, at->second);
    }
}

void Transport::send(NodeId to, InterconnectId interconnect, ByteView bytes) {
    auto socket = impl_->sockets.find(interconnect);
    auto peer = impl_->book.peers.find({to, interconnect});
    if (socket == impl_->sockets.end() || peer == impl_->book.peers.end()) return;
    auto& counters = socket->second.counters;
    if (!socket->second.fd) {
        counters.send_errors++;
        return;
    }
    // An address of the other family can never be reached from this socket; it is an error like any.
    auto n = ::sendto(socket->second.fd.get(), bytes.data(), bytes.size(),
                      MSG_DONTWAIT | MSG_NOSIGNAL, peer->second.get(), peer->second.size);
    if (n >= 0) {
        counters.sent++;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) {
        counters.send_drops++;
    } else {
        counters.send_errors++;
    }
}

void Transport::tick(Instant at) {
    for (auto& [id, socket] : impl_->sockets)
        if (socket.retry_at <= at) impl_->open(id, socket);
}

Instant Transport::next_deadline() const {
    auto out = Instant::max();
    for (auto& [id, socket] : impl_->sockets) out = std::min(out, socket.retry_at);
    return out;
}

std::vector<TransportCounters> Transport::counters() const {
    std::vector<TransportCounters> out;
    for (auto& [id, socket] : impl_->sockets) {
        auto counters = socket.counters;
        counters.interconnect = id;
        counters.name = socket.own.name;
        counters.address = socket.own.text;
        out.push_back(std::move(counters));
    }
    return out;
}

}  // namespace ha::runtime
