// clients: the nodes of many clusters, as a witness sees them, on one socket each.
//
//   clients KEYS ADDRESS CLUSTERS SECONDS PRESSED
//
// Two nodes for each cluster, with the shipped sessions and cryptography. All ask at the pace of a
// cluster that does not need its witness; PRESSED clusters ask with every heartbeat (100 ms), and
// their leader tells the witness of a new entry every second, as with one node lost. Prints one
// line of figures: answers, round trips of asks and of appends that wait for the disk.
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/addresses.hpp"
#include "runtime/crypto_openssl.hpp"
#include "runtime/machine.hpp"
#include "runtime/posix.hpp"
#include "runtime/witness_keys.hpp"
#include "wire/channel.hpp"

using namespace ha;

namespace {

constexpr Duration k_slow = 500ms;
constexpr Duration k_fast = 100ms;
constexpr Duration k_append_every = 1s;

struct Node {
    std::unique_ptr<runtime::OpensslCrypto> crypto;
    std::unique_ptr<wire::Channels> channels;
    runtime::UniqueFd fd;
    NodeId id;
    ClusterId cluster;
    bool is_pressed = false;
    HeartbeatSeq seq;
    Instant ask_due;
    Instant append_due;
    LogIndex last;
    std::map<std::uint64_t, Instant> asked;
    std::map<std::uint64_t, Instant> appended;
};

struct Figures {
    std::vector<double> asks_us, appends_us;
    std::uint64_t leases = 0;
};

void send(Node& node, const runtime::SocketAddress& to, std::vector<wire::Datagram>& out) {
    for (const auto& one : out)
        static_cast<void>(::sendto(node.fd.get(), one.bytes.data(), one.bytes.size(), MSG_DONTWAIT,
                                   to.get(), to.size));
    out.clear();
}

void receive(Node& node, const runtime::SocketAddress& to, Figures& figures) {
    std::uint8_t buffer[2048];
    for (;;) {
        const auto n = ::recv(node.fd.get(), buffer, sizeof buffer, MSG_DONTWAIT);
        if (n <= 0) return;
        const auto at = runtime::now();
        std::vector<wire::Delivery> deliveries;
        std::vector<wire::Datagram> replies;
        std::vector<wire::Refusal> refusals;
        node.channels->receive(at, k_witness_interconnect,
                               ByteView(buffer, static_cast<std::size_t>(n)), deliveries, replies,
                               refusals);
        send(node, to, replies);
        for (const auto& delivery : deliveries) {
            const auto* state = std::get_if<wire::WitnessState>(&delivery.message);
            if (state == nullptr) continue;
            auto& waiting = state->seq ? node.asked : node.appended;
            const auto key = state->seq ? state->seq.value : state->last.value;
            const auto found = waiting.find(key);
            if (found == waiting.end()) continue;
            const auto us = static_cast<double>((at - found->second).count()) / 1000.0;
            (state->seq ? figures.asks_us : figures.appends_us).push_back(us);
            figures.leases += state->lease_length > Duration::zero();
            waiting.erase(waiting.begin(), std::next(found));
        }
    }
}

void act(Node& node, const runtime::SocketAddress& to, Instant at) {
    std::vector<wire::Datagram> out;
    if (at >= node.channels->next_deadline()) node.channels->tick(at, out);
    if (node.channels->has_session(k_witness_node) && at >= node.ask_due) {
        node.ask_due = at + (node.is_pressed ? k_fast : k_slow);
        wire::WitnessAsk ask;
        ask.seq = node.seq = HeartbeatSeq{node.seq.value + 1};
        ask.cluster = node.cluster;
        ask.wants_lease = true;
        ask.lease_length = 500ms;
        ask.is_leader = node.id.value == 1;
        ask.term = Term{1};
        ask.hold = 375ms;
        node.asked[ask.seq.value] = at;
        node.channels->send(at, k_witness_node, ask, out);
    }
    if (node.is_pressed && node.id.value == 1 && node.seq.value > 2 && at >= node.append_due) {
        node.append_due = at + k_append_every;
        node.last = LogIndex{node.last.value + 1};
        wire::WitnessAppend append;
        append.cluster = node.cluster;
        append.term = append.last_term = Term{1};
        append.last = node.last;
        node.appended[append.last.value] = at;
        node.channels->send(at, k_witness_node, append, out);
    }
    send(node, to, out);
}

double at_percent(std::vector<double>& all, double percent) {
    if (all.empty()) return 0;
    std::sort(all.begin(), all.end());
    return all[static_cast<std::size_t>(percent / 100 * static_cast<double>(all.size() - 1))];
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 6) return std::fprintf(stderr, "usage: clients KEYS ADDRESS CLUSTERS SECONDS "
                                               "PRESSED\n"), 2;
    const auto keys = runtime::read_witness_keys(argv[1]);
    const auto to = runtime::resolve_address(argv[2]);
    if (!keys || !to) return std::fprintf(stderr, "clients: no keys, or no address\n"), 2;
    const auto clusters = static_cast<std::size_t>(std::atoi(argv[3]));
    const auto pressed = static_cast<std::size_t>(std::atoi(argv[5]));
    std::vector<std::unique_ptr<Node>> nodes;
    const int poll_fd = ::epoll_create1(EPOLL_CLOEXEC);
    const auto begin = runtime::now();
    for (const auto& [name, one] : *keys) {
        if (nodes.size() == 2 * clusters) break;
        const auto number = nodes.size() / 2;
        const auto cluster = runtime::random_id<ClusterIdTag>();
        for (std::uint16_t n = 1; n <= 2; n++) {
            auto node = std::make_unique<Node>();
            node->crypto = std::move(*runtime::OpensslCrypto::make());
            wire::ChannelOptions options;
            options.self = node->id = NodeId{n};
            options.start = StartNumber{static_cast<std::uint64_t>(::time(nullptr))};
            options.seed = runtime::random_seed();
            options.keys = one.keys;
            options.key_in_use = one.key_in_use;
            node->channels = std::make_unique<wire::Channels>(options, *node->crypto);
            node->channels->set_peers({{k_witness_node, {k_witness_interconnect}}});
            node->cluster = cluster;
            node->is_pressed = number < pressed;
            node->ask_due = begin + k_slow * static_cast<int>(number) / static_cast<int>(clusters);
            node->append_due = begin + k_append_every * static_cast<int>(number) /
                                           static_cast<int>(clusters);
            node->fd = runtime::UniqueFd(::socket(to->family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
            epoll_event event{};
            event.events = EPOLLIN;
            event.data.ptr = node.get();
            ::epoll_ctl(poll_fd, EPOLL_CTL_ADD, node->fd.get(), &event);
            nodes.push_back(std::move(node));
        }
    }
    Figures figures;
    const auto warm = begin + 5s;
    const auto end = warm + Duration{std::atoll(argv[4]) * 1'000'000'000};
    bool is_warm = false;
    for (auto at = begin; at < end; at = runtime::now()) {
        if (!is_warm && at >= warm) {
            is_warm = true;
            figures = {};
            std::puts("warm");
            std::fflush(stdout);
        }
        for (auto& node : nodes) act(*node, *to, at);
        epoll_event events[256];
        const int count = ::epoll_wait(poll_fd, events, 256, 1);
        for (int i = 0; i < count; i++)
            receive(*static_cast<Node*>(events[i].data.ptr), *to, figures);
    }
    std::printf("clusters=%zu pressed=%zu answers=%zu leases=%llu ask_us_p50=%.0f ask_us_p99=%.0f "
                "appends=%zu append_us_p50=%.0f append_us_p99=%.0f\n",
                nodes.size() / 2, pressed, figures.asks_us.size(),
                static_cast<unsigned long long>(figures.leases), at_percent(figures.asks_us, 50),
                at_percent(figures.asks_us, 99), figures.appends_us.size(),
                at_percent(figures.appends_us, 50), at_percent(figures.appends_us, 99));
    return figures.asks_us.empty() ? 1 : 0;
}
