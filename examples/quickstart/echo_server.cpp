// echo_server: answers each UDP datagram with its bytes and the name of the node, from the address
// that was asked. The demo's service: small enough that an outage of a millisecond shows.
//
//   echo_server PORT          the name is taken from $HA_NODE, which the exec resource sets
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

/// One datagram in, one out. False when the socket is of no use any more.
bool answer_one(int fd, const std::string& name) {
    char bytes[2048];
    alignas(cmsghdr) char control[256];
    sockaddr_in6 from{};
    iovec io{bytes, sizeof bytes - name.size()};
    msghdr message{};
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    message.msg_iov = &io;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const auto size = ::recvmsg(fd, &message, 0);
    if (size < 0) return errno == EINTR || errno == ECONNREFUSED || errno == EAGAIN;
    std::memcpy(bytes + size, name.data(), name.size());
    io.iov_len = static_cast<std::size_t>(size) + name.size();
    // What came with the datagram says which of our addresses was asked. Without the index of the
    // interface it is the right source of the answer too.
    for (auto part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != IPPROTO_IPV6 || part->cmsg_type != IPV6_PKTINFO) continue;
        in6_pktinfo info;
        std::memcpy(&info, CMSG_DATA(part), sizeof info);
        info.ipi6_ifindex = 0;
        std::memcpy(CMSG_DATA(part), &info, sizeof info);
    }
    ::sendmsg(fd, &message, MSG_DONTWAIT);  // lost is lost: it is a datagram
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    const int port = argc == 2 ? std::atoi(argv[1]) : 0;
    if (port < 1 || port > 65535) {
        std::fprintf(stderr, "usage: echo_server PORT\n");
        return 2;
    }
    const char* node = std::getenv("HA_NODE");
    const std::string name = std::string(node ? node : "unnamed").substr(0, 64);
    const int fd = ::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);  // IPv4 as mapped addresses
    const int on = 1, off = 0;
    sockaddr_in6 any{};
    any.sin6_family = AF_INET6;
    any.sin6_port = htons(static_cast<std::uint16_t>(port));
    if (fd < 0 || ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) != 0 ||
        ::setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on) != 0 ||
        ::bind(fd, reinterpret_cast<sockaddr*>(&any), sizeof any) != 0) {
        std::perror("echo_server");
        return 1;
    }
    while (answer_one(fd, name)) {
    }
    std::perror("echo_server");
    return 1;
}
