// bad_link PORT PORT LOSS JITTER: carries frames between two network ports of this namespace, as a
// bad cable does: LOSS percent of them are lost, and each is late by up to JITTER milliseconds, so
// that they also overtake each other. Prints "ready" when it carries, ends by a signal.
//
// For tests on kernels without netem. A port is an Ethernet interface that nobody else reads.
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Frame = std::vector<unsigned char>;

constexpr std::size_t k_frame_bytes_max = 65536;
constexpr std::size_t k_waiting_max = 100'000;

struct Late {
    int to;
    Frame frame;
};

int open_port(const char* name) {
    const int fd = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL));
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_ALL);
    address.sll_ifindex = static_cast<int>(::if_nametoindex(name));
    packet_mreq everything{};
    everything.mr_ifindex = address.sll_ifindex;
    everything.mr_type = PACKET_MR_PROMISC;
    if (fd < 0 || address.sll_ifindex == 0 ||
        ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &everything, sizeof everything) != 0) {
        std::perror(name);
        std::exit(1);
    }
    return fd;
}

/// A virtual cable leaves checksums to a card that is not there; for UDP on IPv4 none is valid too.
void drop_checksum(Frame& frame) {
    constexpr std::size_t k_ip = 14;
    if (frame.size() < k_ip + 20 || frame[12] != 0x08 || frame[13] != 0x00) return;
    const std::size_t udp = k_ip + static_cast<std::size_t>(frame[k_ip] & 0x0f) * 4;
    const bool is_first = (frame[k_ip + 6] & 0x1f) == 0 && frame[k_ip + 7] == 0;
    if (frame[k_ip + 9] != IPPROTO_UDP || !is_first || frame.size() < udp + 8) return;
    frame[udp + 6] = frame[udp + 7] = 0;
}

/// False: nothing more to read now.
bool receive(int fd, Frame& frame) {
    frame.resize(k_frame_bytes_max);
    sockaddr_ll from{};
    socklen_t size = sizeof from;
    const auto got = ::recvfrom(fd, frame.data(), frame.size(), 0,
                                reinterpret_cast<sockaddr*>(&from), &size);
    if (got < 0) return false;
    frame.resize(from.sll_pkttype == PACKET_OUTGOING ? 0 : static_cast<std::size_t>(got));
    return true;
}

}  // namespace

int main(int count, char** words) {
    if (count != 5) {
        std::fprintf(stderr, "usage: bad_link PORT PORT LOSS_PERCENT JITTER_MS\n");
        return 2;
    }
    const std::array<int, 2> ports = {open_port(words[1]), open_port(words[2])};
    const int loss_percent = std::atoi(words[3]);
    std::mt19937 random(1);
    std::uniform_int_distribution<int> percent(0, 99);
    std::uniform_int_distribution<int> lateness_us(0, std::atoi(words[4]) * 1000);
    std::multimap<Clock::time_point, Late> waiting;
    std::puts("ready");
    std::fflush(stdout);
    Frame frame;
    for (;;) {
        timespec wait{1, 0};
        if (!waiting.empty()) {
            const auto left = std::max(waiting.begin()->first - Clock::now(), Clock::duration(0));
            wait = {std::min<time_t>(left.count() / 1'000'000'000, 1),
                    left.count() % 1'000'000'000};
        }
        std::array<pollfd, 2> polled = {pollfd{ports[0], POLLIN, 0}, pollfd{ports[1], POLLIN, 0}};
        ::ppoll(polled.data(), polled.size(), &wait, nullptr);
        for (std::size_t i = 0; i < 2; i++)
            while (receive(ports[i], frame)) {
                const bool is_lost = percent(random) < loss_percent;
                if (frame.empty() || is_lost || waiting.size() >= k_waiting_max) continue;
                drop_checksum(frame);
                waiting.emplace(Clock::now() + std::chrono::microseconds(lateness_us(random)),
                                Late{ports[1 - i], frame});
            }
        while (!waiting.empty() && waiting.begin()->first <= Clock::now()) {
            const auto& late = waiting.begin()->second;
            // What does not fit is lost, as on any cable.
            static_cast<void>(!::send(late.to, late.frame.data(), late.frame.size(), 0));
            waiting.erase(waiting.begin());
        }
    }
}
