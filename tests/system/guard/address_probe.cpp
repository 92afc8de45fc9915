// address_probe: asks the wire who has an address, again and again, and tells when two hosts do.
//
//   address_probe ADDRESS LINK      in the network namespace it is started in; until TERM
//
// Every 2 ms one ARP request in the name of the link's own address: an ordinary question. (A probe
// of RFC 5227, without a sender, is a claim, and keeps others off the address.) Every host that has
// the address answers each of them from its kernel, whatever its processes do. Prints "TIME_US
// answers MAC" when another host begins to answer, and "TIME_US two MAC MAC" when one request was
// answered by two hosts, or one answers again after the other has begun to. Its last line counts.
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/if_ether.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <set>
#include <string>

namespace {

using Mac = std::array<std::uint8_t, ETH_ALEN>;

constexpr std::int64_t k_step_us = 2000;
/// The first host answering again so soon after another has begun to is no move back.
constexpr std::int64_t k_again_us = 300'000;

volatile sig_atomic_t g_is_ended = 0;

std::int64_t now_us() {
    timespec at{};
    ::clock_gettime(CLOCK_REALTIME, &at);
    return at.tv_sec * std::int64_t{1'000'000} + at.tv_nsec / 1000;
}

std::string text_of(const Mac& mac) {
    char out[18];
    std::snprintf(out, sizeof out, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
                  mac[4], mac[5]);
    return out;
}

/// Who answered, in the order of their answers.
struct Record {
    Mac current{}, before{};
    std::int64_t since_us = 0;
    std::set<Mac> of_this_request;
    std::uint64_t asked = 0, answers = 0, overlaps = 0;

    void tell(const Mac& a, const Mac& b) {
        overlaps++;
        std::printf("%" PRId64 " two %s %s\n", now_us(), text_of(a).c_str(), text_of(b).c_str());
        std::fflush(stdout);
    }
    void note(const Mac& mac) {
        answers++;
        of_this_request.insert(mac);
        if (of_this_request.size() > 1) tell(*of_this_request.begin(), *of_this_request.rbegin());
        if (mac == current) return;
        const auto at = now_us();
        if (mac == before && at - since_us < k_again_us) tell(current, mac);
        before = current;
        current = mac;
        since_us = at;
        std::printf("%" PRId64 " answers %s\n", at, text_of(mac).c_str());
        std::fflush(stdout);
    }
};

struct Wire {
    int fd = -1;
    sockaddr_ll everybody{};
    ether_arp question{};
};

bool open_wire(const char* address, const char* link, Wire& out) {
    in_addr wanted{};
    if (::inet_pton(AF_INET, address, &wanted) != 1) return false;
    out.fd = ::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ARP));
    if (out.fd < 0) return false;
    ifreq request{};
    std::snprintf(request.ifr_name, sizeof request.ifr_name, "%s", link);
    if (::ioctl(out.fd, SIOCGIFHWADDR, &request) != 0) return false;
    std::memcpy(out.question.arp_sha, request.ifr_hwaddr.sa_data, ETH_ALEN);
    if (::ioctl(out.fd, SIOCGIFADDR, &request) != 0) return false;
    sockaddr_in own{};
    std::memcpy(&own, &request.ifr_addr, sizeof own);
    std::memcpy(out.question.arp_spa, &own.sin_addr, sizeof own.sin_addr);
    if (::ioctl(out.fd, SIOCGIFINDEX, &request) != 0) return false;
    out.everybody.sll_family = AF_PACKET;
    out.everybody.sll_protocol = htons(ETH_P_ARP);
    out.everybody.sll_ifindex = request.ifr_ifindex;
    out.everybody.sll_halen = ETH_ALEN;
    std::memset(out.everybody.sll_addr, 0xff, ETH_ALEN);
    out.question.ea_hdr = {htons(1), htons(ETH_P_IP), ETH_ALEN, 4, htons(ARPOP_REQUEST)};
    std::memcpy(out.question.arp_tpa, &wanted, sizeof wanted);
    return ::bind(out.fd, reinterpret_cast<const sockaddr*>(&out.everybody),
                  sizeof out.everybody) == 0;
}

void read_answers(const Wire& wire, Record& record) {
    ether_arp answer{};
    while (::recv(wire.fd, &answer, sizeof answer, 0) >= static_cast<ssize_t>(sizeof answer)) {
        if (ntohs(answer.ea_hdr.ar_op) != ARPOP_REPLY) continue;
        if (std::memcmp(answer.arp_spa, wire.question.arp_tpa, 4) != 0) continue;
        Mac mac;
        std::memcpy(mac.data(), answer.arp_sha, mac.size());
        record.note(mac);
    }
}

}  // namespace

int main(int argc, char** argv) {
    Wire wire;
    if (argc != 3 || !open_wire(argv[1], argv[2], wire)) {
        std::fprintf(stderr, "usage: address_probe ADDRESS LINK, where that can be done\n");
        return 2;
    }
    struct sigaction end{};
    end.sa_handler = [](int) { g_is_ended = 1; };
    ::sigaction(SIGTERM, &end, nullptr);
    Record record;
    std::puts("ready");
    std::fflush(stdout);
    while (!g_is_ended) {
        // Answers come within the sending; what is late belongs to the question before.
        read_answers(wire, record);
        record.of_this_request.clear();
        record.asked++;
        (void)::sendto(wire.fd, &wire.question, sizeof wire.question, 0,
                       reinterpret_cast<const sockaddr*>(&wire.everybody), sizeof wire.everybody);
        const auto until = now_us() + k_step_us;
        for (auto left = k_step_us; left > 0 && !g_is_ended; left = until - now_us()) {
            pollfd ready{wire.fd, POLLIN, 0};
            const timespec wait{0, left * 1000};
            if (::ppoll(&ready, 1, &wait, nullptr) > 0) read_answers(wire, record);
        }
    }
    std::printf("asked=%" PRIu64 " answers=%" PRIu64 " two=%" PRIu64 "\n", record.asked,
                record.answers, record.overlaps);
    return 0;
}
