// The witness as a server.
#include "runtime/witness_server.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <future>
#include <map>
#include <set>
#include <unordered_map>

#include "base/limits.hpp"
#include "membership/witness_seat.hpp"
#include "runtime/addresses.hpp"
#include "runtime/crypto_openssl.hpp"
#include "runtime/datagram.hpp"
#include "runtime/keys.hpp"
#include "runtime/loop.hpp"
#include "runtime/machine.hpp"
#include "runtime/outbox.hpp"
#include "runtime/thread.hpp"
#include "runtime/witness_keys.hpp"
#include "runtime/witness_storage.hpp"

namespace ha::runtime {

namespace {

constexpr int k_socket_buffer_bytes = 8 * 1024 * 1024;
/// Keys tried a second for hellos from addresses that stand for no cluster yet. Where many clusters
/// use the same number, a hello is tried with the key of each; this bounds what strangers can cost.
constexpr std::uint32_t k_key_tries = 200'000;
/// Addresses that stand for a cluster; when there are more, all prove themselves anew.
constexpr std::size_t k_limit_endpoints = 64 * 1024;

struct Endpoint {
    std::size_t socket = 0;
    SocketAddress address;
};

/// What tells endpoints apart, as a key for a map.
std::string key_of(const Endpoint& endpoint) {
    std::string out(reinterpret_cast<const char*>(&endpoint.address.storage),
                    endpoint.address.size);
    out.push_back(static_cast<char>(endpoint.socket));
    return out;
}

/// So many a second, and as many at once.
class Bucket {
   public:
    bool take(Instant now, std::uint32_t rate) {
        const auto passed = now - filled_;
        const auto gain = passed.count() >= 1'000'000'000
                              ? std::uint64_t{rate}
                              : static_cast<std::uint64_t>(passed.count()) * rate / 1'000'000'000;
        if (gain > 0) {
            tokens_ = std::min<std::uint64_t>(rate, tokens_ + gain);
            filled_ = now;
        }
        if (tokens_ == 0) return false;
        tokens_--;
        return true;
    }

   private:
    std::uint64_t tokens_ = 0;
    Instant filled_;
};

struct Cluster {
    std::string name;
    Keys keys;
    /// Of its own: it keeps a context for each key, and finds one among few.
    std::unique_ptr<OpensslCrypto> crypto;
    std::unique_ptr<membership::WitnessSeat> seat;
    std::map<NodeId, Endpoint> endpoints;  ///< where a node was heard last, proven
    Bucket bucket;
    std::uint64_t dropped = 0;
    Instant deadline = Instant::max();     ///< its place in the order of deadlines
    std::uint64_t kept_bytes = 0;
};

}  // namespace

struct WitnessServer::Impl {
    Impl(WitnessServerOptions o, Log l) : options(std::move(o)), log(std::move(l)) {}

    Result<void> prepare();
    Result<void> bind_sockets();
    void use_keys(std::map<std::string, Keys> wanted);
    void add_cluster(const std::string& name, Keys keys);
    void receive(std::size_t socket);
    void take(const Endpoint& from, ByteView bytes);
    Cluster* find_cluster(const Endpoint& from, ByteView bytes, Instant at);
    void send(Cluster& cluster, const std::vector<wire::Datagram>& out, const Endpoint* from,
              NodeId claimed);
    void after_step(Cluster& cluster);
    void flush();
    void on_durable(const std::vector<WitnessStorage::Durable>& durable, const std::string& failed);
    void on_alarm();
    void arm();
    WitnessServerStatus status();

    const WitnessServerOptions options;
    const Log log;
    std::unique_ptr<OpensslCrypto> crypto;
    std::unique_ptr<Loop> loop;
    std::shared_ptr<Outbox> outbox;
    std::unique_ptr<WitnessStorage> storage;
    Thread thread;

    // Of the loop's thread:
    StartNumber start;
    std::map<std::string, wire::WitnessRecord> records;  ///< of clusters without keys here
    std::vector<UniqueFd> sockets;
    std::map<std::string, std::unique_ptr<Cluster>> clusters;
    std::multimap<std::uint32_t, Cluster*> by_number;
    std::unordered_map<std::string, Cluster*> by_endpoint;
    std::set<std::pair<Instant, Cluster*>> deadlines;
    std::vector<std::pair<std::string, wire::WitnessChange>> changes;
    Bucket tries;
    Instant alarm_at = Instant::max();
    std::uint64_t received = 0, sent = 0, refused = 0, kept_bytes = 0;
    std::string failed;
    std::array<std::array<std::uint8_t, k_buffer_bytes>, k_batch_datagrams> buffers;
    std::array<sockaddr_storage, k_batch_datagrams> names;
};

Result<void> WitnessServer::Impl::prepare() {
    auto keys = read_witness_keys(options.key_directory);
    if (!keys) return keys.error();
    auto opened = open_witness_book(options.state_directory);
    if (!opened) return opened.error();
    if (!opened->note.empty()) log(2, opened->note);
    start = opened->book.start;
    records = opened->book.records;
    auto made = OpensslCrypto::make();
    if (!made) return made.error();
    crypto = std::move(*made);
    auto loop_made = Loop::make();
    if (!loop_made) return loop_made.error();
    loop = std::move(*loop_made);
    outbox = std::make_shared<Outbox>(*loop);
    auto storage_made = WitnessStorage::start(
        std::move(*opened), [this, box = outbox](auto durable, std::string why) {
            box->post([this, durable = std::move(durable), why = std::move(why)] {
                on_durable(durable, why);
            });
        });
    if (!storage_made) return storage_made.error();
    storage = std::move(*storage_made);
    if (auto r = bind_sockets(); !r) return r;
    use_keys(std::move(*keys));
    auto thread_made = Thread::start({.name = "ha-witness"}, [this] {
        if (options.is_realtime)
            if (auto r = make_this_thread_realtime(); !r) log(1, r.error().context);
        loop->run();
    });
    if (!thread_made) return thread_made.error();
    thread = std::move(*thread_made);
    return {};
}

Result<void> WitnessServer::Impl::bind_sockets() {
    if (options.listen.empty())
        return failure(FailureCode::invalid, "the witness needs an address to listen on");
    for (const auto& text : options.listen) {
        auto address = resolve_address(text);
        if (!address) return address.error();
        const int family = address->family();
        UniqueFd fd(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        if (!fd) return os_failure("cannot make a socket for", text, errno);
        const int size = k_socket_buffer_bytes;
        for (const int name : {SO_RCVBUF, SO_SNDBUF, SO_RCVBUFFORCE, SO_SNDBUFFORCE})
            static_cast<void>(::setsockopt(fd.get(), SOL_SOCKET, name, &size, sizeof size));
        if (::bind(fd.get(), address->get(), address->size) != 0)
            return os_failure("cannot bind to", text, errno);
        const auto number = sockets.size();
        auto watch = loop->watch_readable(fd.get(), [this, number] { receive(number); });
        if (!watch) return watch.error();
        sockets.push_back(std::move(fd));
    }
    return {};
}

void WitnessServer::Impl::add_cluster(const std::string& name, Keys keys) {
    auto crypto_made = OpensslCrypto::make();
    if (!crypto_made) return log(3, "cluster " + name + ": " + crypto_made.error().context);
    auto cluster = std::make_unique<Cluster>();
    cluster->crypto = std::move(*crypto_made);
    cluster->name = name;
    cluster->keys = keys;
    wire::WitnessRecord record;
    if (const auto known = records.find(name); known != records.end()) {
        record = std::move(known->second);
        records.erase(known);
    } else {
        record.store = random_store_id();
    }
    cluster->kept_bytes = wire::kept_bytes(record.kept);
    kept_bytes += cluster->kept_bytes;
    membership::WitnessSeatOptions seat;
    seat.start = start;
    seat.seed = random_seed();
    seat.keys = keys.keys;
    seat.key_in_use = keys.key_in_use;
    seat.is_light = options.is_light;
    cluster->seat = std::make_unique<membership::WitnessSeat>(now(), std::move(seat),
                                                              std::move(record), *cluster->crypto);
    auto& made = *clusters.emplace(name, std::move(cluster)).first->second;
    after_step(made);
}

/// Clusters that are no longer wanted give their records back, should their keys come again.
void WitnessServer::Impl::use_keys(std::map<std::string, Keys> wanted) {
    for (auto at = clusters.begin(); at != clusters.end();) {
        if (wanted.contains(at->first)) {
            ++at;
            continue;
        }
        auto& cluster = *at->second;
        log(1, "cluster " + cluster.name + " is served no more: its key file is gone");
        deadlines.erase({cluster.deadline, &cluster});
        std::erase_if(by_endpoint, [&](const auto& one) { return one.second == &cluster; });
        kept_bytes -= cluster.kept_bytes;
        records[cluster.name] = cluster.seat->record();
        at = clusters.erase(at);
    }
    for (auto& [name, keys] : wanted) {
        const auto known = clusters.find(name);
        if (known == clusters.end()) {
            add_cluster(name, std::move(keys));
            continue;
        }
        if (known->second->keys.keys == keys.keys &&
            known->second->keys.key_in_use == keys.key_in_use)
            continue;
        known->second->keys = keys;
        known->second->seat->set_keys(now(), keys.keys, keys.key_in_use);
        after_step(*known->second);
    }
    by_number.clear();
    for (auto& [name, cluster] : clusters)
        for (const auto& [number, key] : cluster->keys.keys)
            by_number.emplace(number, cluster.get());
    flush();
    log(1, "serving " + std::to_string(clusters.size()) + " clusters");
}

void WitnessServer::Impl::receive(std::size_t socket) {
    std::array<mmsghdr, k_batch_datagrams> headers{};
    std::array<iovec, k_batch_datagrams> vectors{};
    for (std::size_t i = 0; i < k_batch_datagrams; i++) {
        vectors[i] = {buffers[i].data(), buffers[i].size()};
        headers[i].msg_hdr.msg_iov = &vectors[i];
        headers[i].msg_hdr.msg_iovlen = 1;
        headers[i].msg_hdr.msg_name = &names[i];
        headers[i].msg_hdr.msg_namelen = sizeof names[i];
    }
    const int n = ::recvmmsg(sockets[socket].get(), headers.data(), k_batch_datagrams,
                             MSG_DONTWAIT, nullptr);
    for (int i = 0; i < n; i++) {
        const auto at = static_cast<std::size_t>(i);
        received++;
        if (headers[at].msg_len > k_limit_datagram_bytes) {
            refused++;
            continue;
        }
        Endpoint from;
        from.socket = socket;
        from.address.size = headers[at].msg_hdr.msg_namelen;
        std::memcpy(&from.address.storage, &names[at], from.address.size);
        take(from, ByteView(buffers[at]).first(headers[at].msg_len));
    }
    flush();
    arm();
}

/// By the address it comes from, else by the key that a hello proves to have.
Cluster* WitnessServer::Impl::find_cluster(const Endpoint& from, ByteView bytes, Instant at) {
    const auto kind = wire::kind_of(bytes);
    if (!kind) return nullptr;
    const auto known = by_endpoint.find(key_of(from));
    if (*kind == wire::PacketKind::data)
        return known == by_endpoint.end() ? nullptr : known->second;
    wire::Hello hello;
    if (!wire::decode_hello(bytes, hello) || hello.to != k_witness_node) return nullptr;
    const auto is_of = [&](const Cluster& cluster) {
        for (const auto& [number, key] : cluster.keys.keys)
            if (number == hello.key_id && wire::is_hello_genuine(bytes, key, *crypto)) return true;
        return false;
    };
    if (known != by_endpoint.end() && is_of(*known->second)) return known->second;
    const auto [first, last] = by_number.equal_range(hello.key_id);
    for (auto one = first; one != last && tries.take(at, k_key_tries); ++one) {
        if (!is_of(*one->second)) continue;
        if (by_endpoint.size() >= k_limit_endpoints) by_endpoint.clear();
        by_endpoint[key_of(from)] = one->second;
        return one->second;
    }
    return nullptr;
}

void WitnessServer::Impl::take(const Endpoint& from, ByteView bytes) {
    const auto at = now();
    auto* cluster = find_cluster(from, bytes, at);
    if (cluster == nullptr) {
        refused++;
        return;
    }
    if (!cluster->bucket.take(at, options.rate_max)) {
        cluster->dropped++;
        return;
    }
    auto& seat = *cluster->seat;
    const auto requests = seat.requests();
    std::vector<wire::Datagram> out;
    if (!seat.receive(at, bytes, out)) refused++;
    // Proven by a session, and never seen before: this is where that node is.
    if (seat.requests() != requests) cluster->endpoints[seat.newest_sender()] = from;
    wire::Hello hello;
    const bool is_hello = wire::kind_of(bytes) != wire::PacketKind::data;
    const auto claimed = is_hello && wire::decode_hello(bytes, hello) ? hello.from : NodeId{};
    send(*cluster, out, &from, claimed);
    after_step(*cluster);
}

void WitnessServer::Impl::send(Cluster& cluster, const std::vector<wire::Datagram>& out,
                               const Endpoint* from, NodeId claimed) {
    for (const auto& datagram : out) {
        const auto known = cluster.endpoints.find(datagram.to);
        const auto* to = known == cluster.endpoints.end() ? nullptr : &known->second;
        // A handshake is answered where it came from: until it is complete nothing is known.
        if (from != nullptr && (datagram.to == claimed || to == nullptr)) to = from;
        if (to == nullptr) continue;
        const auto n = ::sendto(sockets[to->socket].get(), datagram.bytes.data(),
                                datagram.bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                                to->address.get(), to->address.size);
        if (n >= 0) sent++;
    }
}

void WitnessServer::Impl::after_step(Cluster& cluster) {
    auto& seat = *cluster.seat;
    bool is_changed = false;
    while (auto change = seat.take_change()) {
        changes.emplace_back(cluster.name, std::move(*change));
        is_changed = true;
    }
    if (is_changed) {
        kept_bytes -= cluster.kept_bytes;
        cluster.kept_bytes = wire::kept_bytes(seat.record().kept);
        kept_bytes += cluster.kept_bytes;
        if (kept_bytes > options.kept_bytes_max) seat.become_light();
    }
    const auto deadline = seat.next_deadline();
    if (deadline == cluster.deadline) return;
    deadlines.erase({cluster.deadline, &cluster});
    cluster.deadline = deadline;
    if (deadline != Instant::max()) deadlines.insert({deadline, &cluster});
}

/// All that changed since the last one becomes durable by one sync.
void WitnessServer::Impl::flush() {
    if (changes.empty() || !failed.empty()) return;
    storage->submit(std::exchange(changes, {}));
}

void WitnessServer::Impl::on_durable(const std::vector<WitnessStorage::Durable>& durable,
                                     const std::string& why) {
    if (!why.empty() && failed.empty()) {
        // Nothing more is acknowledged; to the clusters this witness is as good as silent.
        failed = why;
        log(3, "the state cannot be written, so nothing is acknowledged any more: " + why);
        for (auto& [name, cluster] : clusters) cluster->seat->forget_held();
    }
    for (const auto& one : durable) {
        const auto cluster = clusters.find(one.name);
        if (cluster == clusters.end()) continue;
        std::vector<wire::Datagram> out;
        cluster->second->seat->persisted(now(), one.counter, out);
        send(*cluster->second, out, nullptr, NodeId{});
        after_step(*cluster->second);
    }
    flush();
    arm();
}

void WitnessServer::Impl::on_alarm() {
    alarm_at = Instant::max();
    const auto at = now();
    while (!deadlines.empty() && deadlines.begin()->first <= at) {
        auto& cluster = *deadlines.begin()->second;
        std::vector<wire::Datagram> out;
        cluster.seat->tick(at, out);
        send(cluster, out, nullptr, NodeId{});
        deadlines.erase(deadlines.begin());
        cluster.deadline = Instant::max();
        after_step(cluster);
        // One that has nothing to do in time must not keep the others from theirs.
        if (cluster.deadline <= at) {
            deadlines.erase({cluster.deadline, &cluster});
            cluster.deadline = at + Duration{1ms};
            deadlines.insert({cluster.deadline, &cluster});
        }
    }
    flush();
    arm();
}

void WitnessServer::Impl::arm() {
    const auto at = deadlines.empty() ? Instant::max() : deadlines.begin()->first;
    if (at == alarm_at) return;
    alarm_at = at;
    loop->set_alarm(at, [this] { on_alarm(); });
}

WitnessServerStatus WitnessServer::Impl::status() {
    WitnessServerStatus out;
    const auto at = now();
    for (const auto& [name, cluster] : clusters) {
        WitnessClusterStatus line;
        const auto& record = cluster->seat->record();
        line.name = name;
        line.cluster = record.cluster;
        line.term = record.term;
        line.last = record.last;
        line.kept_bytes = cluster->kept_bytes;
        line.requests = cluster->seat->requests();
        line.dropped = cluster->dropped;
        line.heard_ago = Duration::max();
        for (const auto& node : cluster->seat->nodes()) {
            line.nodes++;
            if (node.is_leader) line.leader = node.node;
            line.heard_ago = std::min(line.heard_ago, at - node.heard);
        }
        out.clusters.push_back(std::move(line));
    }
    out.received = received;
    out.sent = sent;
    out.refused = refused;
    out.syncs = storage->syncs();
    out.kept_bytes = kept_bytes;
    out.failed = failed;
    return out;
}

WitnessServer::WitnessServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<WitnessServer>> WitnessServer::start(WitnessServerOptions options, Log log) {
    auto impl = std::make_unique<Impl>(std::move(options), std::move(log));
    if (auto r = impl->prepare(); !r) {
        if (impl->outbox) impl->outbox->close();
        impl->storage.reset();
        return r.error();
    }
    auto* posted = impl.get();
    posted->outbox->post([posted] { posted->arm(); });
    return std::unique_ptr<WitnessServer>(new WitnessServer(std::move(impl)));
}

WitnessServer::~WitnessServer() {
    impl_->outbox->close();
    impl_->loop->stop();
    if (impl_->thread.is_joinable()) impl_->thread.join();
    impl_->storage.reset();
}

void WitnessServer::reload_keys() {
    // Files are read here, so that a slow disk delays nobody's answer.
    auto keys = read_witness_keys(impl_->options.key_directory);
    if (!keys) return impl_->log(3, keys.error().context + "; the keys stay as they were");
    impl_->outbox->post([i = impl_.get(), keys = std::move(*keys)]() mutable {
        i->use_keys(std::move(keys));
        i->arm();
    });
}

Result<WitnessServerStatus> WitnessServer::status(Duration timeout) {
    auto promise = std::make_shared<std::promise<WitnessServerStatus>>();
    auto future = promise->get_future();
    if (!impl_->outbox->post([promise, i = impl_.get()] { promise->set_value(i->status()); }))
        return failure(FailureCode::unavailable, "this witness has been stopped");
    if (future.wait_for(timeout) != std::future_status::ready)
        return failure(FailureCode::timed_out, "this witness does not answer");
    return future.get();
}

}  // namespace ha::runtime
