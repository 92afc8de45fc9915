// address_watch: sees every moment at which an address is added to or removed from a host.
//
//   address_watch ADDRESS NAMESPACE...      network namespaces by name; until TERM
//
// The kernel tells each change over a socket inside each namespace, so nothing is missed between two
// looks. Prints "TIME_US NAMESPACE added|removed" as it happens, and "TIME_US overlap A B" when a
// second host has the address while the first still does. Start it while nobody has the address.
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <set>
#include <string>
#include <vector>

namespace {

volatile sig_atomic_t g_is_ended = 0;

struct Host {
    std::string name;
    int fd = -1;
    std::set<int> links;   ///< that have the address
};

/// A socket that hears of all addresses of that namespace; -1 on failure.
int listen_in(const std::string& name) {
    const int home = ::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    const int there = ::open(("/run/netns/" + name).c_str(), O_RDONLY | O_CLOEXEC);
    if (home < 0 || there < 0 || ::setns(there, CLONE_NEWNET) != 0) return -1;
    const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = RTMGRP_IPV4_IFADDR;
    const bool is_bound = ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    if (::setns(home, CLONE_NEWNET) != 0 || !is_bound) return -1;
    ::close(home);
    ::close(there);
    return fd;
}

std::int64_t now_us() {
    timespec at{};
    ::clock_gettime(CLOCK_REALTIME, &at);
    return at.tv_sec * std::int64_t{1'000'000} + at.tv_nsec / 1000;
}

void note(std::vector<Host>& hosts, Host& host, int link, bool is_added) {
    const bool had = !host.links.empty();
    if (is_added)
        host.links.insert(link);
    else
        host.links.erase(link);
    if (had == !host.links.empty()) return;
    std::printf("%" PRId64 " %s %s\n", now_us(), host.name.c_str(), is_added ? "added" : "removed");
    for (auto& other : hosts)
        if (is_added && &other != &host && !other.links.empty())
            std::printf("%" PRId64 " overlap %s %s\n", now_us(), other.name.c_str(),
                        host.name.c_str());
    std::fflush(stdout);
}

bool is_about(const nlmsghdr& message, in_addr wanted) {
    auto* part = IFA_RTA(static_cast<const ifaddrmsg*>(NLMSG_DATA(&message)));
    for (auto size = static_cast<int>(IFA_PAYLOAD(&message)); RTA_OK(part, size);
         part = RTA_NEXT(part, size))
        if (part->rta_type == IFA_LOCAL &&
            std::memcmp(RTA_DATA(part), &wanted, sizeof wanted) == 0)
            return true;
    return false;
}

/// False when the kernel could not keep up: then something may have been missed.
bool read_all(std::vector<Host>& hosts, Host& host, in_addr wanted) {
    alignas(nlmsghdr) char bytes[16 * 1024];
    for (;;) {
        const auto got = ::recv(host.fd, bytes, sizeof bytes, 0);
        if (got < 0) return errno == EAGAIN || errno == EINTR;
        auto size = static_cast<std::size_t>(got);
        for (auto* m = reinterpret_cast<nlmsghdr*>(bytes); NLMSG_OK(m, size);
             m = NLMSG_NEXT(m, size)) {
            if (m->nlmsg_type != RTM_NEWADDR && m->nlmsg_type != RTM_DELADDR) continue;
            if (!is_about(*m, wanted)) continue;
            const auto* body = static_cast<const ifaddrmsg*>(NLMSG_DATA(m));
            note(hosts, host, static_cast<int>(body->ifa_index), m->nlmsg_type == RTM_NEWADDR);
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    in_addr wanted{};
    if (argc < 3 || ::inet_pton(AF_INET, argv[1], &wanted) != 1) {
        std::fprintf(stderr, "usage: address_watch ADDRESS NAMESPACE...\n");
        return 2;
    }
    struct sigaction end{};
    end.sa_handler = [](int) { g_is_ended = 1; };
    ::sigaction(SIGTERM, &end, nullptr);
    std::vector<Host> hosts;
    std::vector<pollfd> waits;
    for (int i = 2; i < argc; i++) {
        hosts.push_back({argv[i], listen_in(argv[i]), {}});
        if (hosts.back().fd < 0) {
            std::perror(argv[i]);
            return 1;
        }
        waits.push_back({hosts.back().fd, POLLIN, 0});
    }
    std::puts("ready");
    std::fflush(stdout);
    while (!g_is_ended) {
        if (::poll(waits.data(), waits.size(), 1000) <= 0) continue;
        for (auto& host : hosts) {
            if (read_all(hosts, host, wanted)) continue;
            std::printf("%" PRId64 " missed something in %s\n", now_us(), host.name.c_str());
            return 1;
        }
    }
    return 0;
}
