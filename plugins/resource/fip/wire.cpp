// One link's wire for a floating address: a packet socket with a filter.
#include "resource/fip/wire.hpp"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace ha::fip {

using support::IpAddress;
using support::IpFamily;
using support::os_error;
using support::Result;

namespace {

constexpr int k_frames_per_wakeup_max = 64;
constexpr std::size_t k_received_size_max = 256;  // what we read of a frame: all that is looked at

// Of IPv6 only neighbour solicitations and advertisements (types 135 and 136) straight behind the
// header: extension headers are forbidden there (RFC 6980).
sock_filter k_neighbour_discovery[] = {
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 58, 0, 4),
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 40),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 135, 1, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 136, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, k_received_size_max),
    BPF_STMT(BPF_RET | BPF_K, 0),
};

Result<void> prepare(int fd, std::uint32_t link, const IpAddress& address) {
    if (address.family == IpFamily::v6) {
        const sock_fprog program{std::size(k_neighbour_discovery), k_neighbour_discovery};
        if (::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) < 0)
            return os_error("the filter for neighbour discovery was not taken", errno);
        packet_mreq group{};
        group.mr_ifindex = static_cast<int>(link);
        group.mr_type = PACKET_MR_MULTICAST;
        group.mr_alen = 6;
        std::ranges::copy(solicited_node_mac(address), group.mr_address);
        if (::setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &group, sizeof group) < 0)
            return os_error(
                "the solicited-node group of " + to_string(address) + " could not be joined",
                errno);
    }
    sockaddr_ll place{};
    place.sll_family = AF_PACKET;
    place.sll_protocol = htons(ethertype_of(address.family));
    place.sll_ifindex = static_cast<int>(link);
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&place), sizeof place) < 0)
        return os_error("a packet socket could not be bound to link number " + std::to_string(link),
                        errno);
    return {};
}

}  // namespace

Result<Wire> Wire::open(std::uint32_t link, const IpAddress& address, const Mac& own) {
    // Protocol 0: nothing is received before the filter stands and the link is bound.
    const int fd = ::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return os_error("a packet socket could not be opened (CAP_NET_RAW is needed)", errno);
    Wire wire(fd, link, address, own);
    if (auto prepared = prepare(fd, link, address); !prepared) return prepared.error();
    return wire;
}

Wire::Wire(Wire&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      link_(other.link_),
      address_(other.address_),
      own_(other.own_) {}

Wire& Wire::operator=(Wire&& other) noexcept {
    std::swap(fd_, other.fd_);
    link_ = other.link_;
    address_ = other.address_;
    own_ = other.own_;
    return *this;
}

Wire::~Wire() {
    if (fd_ >= 0) ::close(fd_);
}

Result<void> Wire::announce(unsigned turn) {
    return send(build_announcement(address_, own_, turn), "announcing");
}

Result<void> Wire::probe() {
    return send(build_probe(address_, own_), "probing for");
}

Result<void> Wire::send(const Frame& frame, const char* what) {
    sockaddr_ll place{};
    place.sll_family = AF_PACKET;
    place.sll_protocol = htons(frame.ethertype);
    place.sll_ifindex = static_cast<int>(link_);
    place.sll_halen = static_cast<unsigned char>(frame.destination.size());
    std::ranges::copy(frame.destination, place.sll_addr);
    ssize_t sent = 0;
    do {
        sent = ::sendto(fd_, frame.bytes.data(), frame.size, 0,
                        reinterpret_cast<const sockaddr*>(&place), sizeof place);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) return os_error(std::string(what) + " " + to_string(address_), errno);
    return {};
}

std::optional<Mac> Wire::read_claims() {
    for (int i = 0; i < k_frames_per_wakeup_max; ++i) {
        std::array<std::uint8_t, k_received_size_max> buffer;
        sockaddr_ll sender{};
        socklen_t sender_size = sizeof sender;
        const auto size = ::recvfrom(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT,
                                     reinterpret_cast<sockaddr*>(&sender), &sender_size);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return std::nullopt;  // nothing more, or the link went down: read and cleared
        if (sender.sll_pkttype == PACKET_OUTGOING || sender.sll_halen != own_.size()) continue;
        Mac mac{};
        std::copy_n(sender.sll_addr, mac.size(), mac.begin());
        if (mac == own_) continue;
        const std::span<const std::uint8_t> payload{buffer.data(), static_cast<std::size_t>(size)};
        if (claims_address(ntohs(sender.sll_protocol), payload, address_)) return mac;
    }
    return std::nullopt;
}

Wire::Answer Wire::listen(Clock::time_point deadline, int wake) {
    for (;;) {
        if (const auto mac = read_claims()) return {Heard::claim, *mac};
        const auto left = std::max(deadline - Clock::now(), Clock::duration::zero());
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
        const timespec wait{seconds.count(), std::chrono::nanoseconds(left - seconds).count()};
        pollfd ready[] = {{fd_, POLLIN, 0}, {wake, POLLIN, 0}};
        const int count = ::ppoll(ready, 2, &wait, nullptr);
        if (count > 0 && ready[1].revents != 0) return {Heard::woken, {}};
        if (count < 0 && errno != EINTR) return {};
        if (left == Clock::duration::zero()) return {};  // also when a flood keeps it readable
    }
}

}  // namespace ha::fip
