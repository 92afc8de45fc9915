// A conversation with the kernel about links and addresses (rtnetlink), one question at a time.
//
// Every question costs as few messages as the kernel allows, so that a host with 1,000 addresses
// answers as fast as one with two: a link is asked for by name, an IPv6 address by value, and an
// IPv4 address by a lookup in the routing table; lists are asked for one link at a time, and the
// kernel does the choosing (NETLINK_GET_STRICT_CHK, Linux 4.20; older kernels list all, and the
// choosing is done here).
//
// Not thread-safe: one object belongs to one thread at a time. It works in the network namespace of
// the thread that opened it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "support/netlink/error.hpp"
#include "support/netlink/messages.hpp"

struct mnl_socket;

namespace ha::support {

/// What the conversation has cost so far; the tests hold it against the number of addresses.
struct Traffic {
    std::uint64_t requests = 0;
    std::uint64_t messages_received = 0;
    std::uint64_t bytes_received = 0;
    std::uint64_t dumps_repeated = 0;
};

class RouteSocket {
 public:
    static Result<RouteSocket> open();

    /// The error's `os` is ENODEV when there is no such link.
    Result<Link> link_named(std::string_view name);
    Result<Link> link_at(std::uint32_t index);
    Result<std::vector<Link>> links();

    /// Addresses of one link, or of all with `link` 0.
    Result<std::vector<LinkAddress>> addresses(IpFamily family, std::uint32_t link);
    /// The address as it is on this link (0: on any), if it is there.
    Result<std::optional<LinkAddress>> find(std::uint32_t link, const IpAddress& address);
    /// The same without the details, and in a message or two whenever the answer is yes.
    Result<bool> is_on_link(std::uint32_t link, const IpAddress& address);
    /// The link that the routing table names for an address of this host; quick, and good for a
    /// yes only: an address in a routing table that is not asked by default is not seen.
    Result<std::optional<std::uint32_t>> link_by_route(const IpAddress& address);

    /// False if it was there already, with this prefix.
    Result<bool> add(const LinkAddress& address);
    /// False if it was not there.
    Result<bool> remove(const LinkAddress& address);
    /// From now on the removal of an IPv4 address leaves the others of its network alone.
    Result<void> promote_secondaries(std::uint32_t link);

    /// Sends an order built earlier (with an ACK asked for) and reads the kernel's verdict, which
    /// is there when the sending returns: 0 or errno. Does not wait, does not allocate. A socket
    /// for this is used for nothing else.
    int order_prepared(std::span<const std::uint8_t> message) noexcept;

    const Traffic& traffic() const { return traffic_; }
    /// Stays this object's.
    int fd() const noexcept;

 private:
    struct Close {
        void operator()(mnl_socket* socket) const noexcept;
    };
    explicit RouteSocket(mnl_socket* socket) : socket_(socket) {}
    Result<void> send(const Message& message);
    /// A new sequence number, so that answers to the old one are not taken for this one's.
    void renumber(Message& message);
    /// Throws away all that lies in the queue.
    void drain();
    /// Waits for one datagram; the span is valid until the next call.
    Result<std::span<const std::uint8_t>> receive();
    /// Asks once: the answer is one message, or the kernel's verdict.
    template <class T>
    Result<T> ask(Message message, std::optional<T> (*read)(const Reply&), std::string_view what);
    Result<void> order(Message message, std::string_view what);
    template <class T>
    Result<std::vector<T>> dump(Message message, std::optional<T> (*read)(const Reply&),
                                std::string_view what);
    /// One attempt at a dump; false when the kernel lost its place and it has to be asked again.
    template <class T>
    Result<bool> dump_once(const Message& message, std::optional<T> (*read)(const Reply&),
                           std::string_view what, std::vector<T>& found);

    std::unique_ptr<mnl_socket, Close> socket_;
    std::vector<std::uint8_t> buffer_;
    std::uint32_t sequence_ = 0;
    Traffic traffic_;
};

}  // namespace ha::support
