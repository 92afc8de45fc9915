// Transport over loopback, addresses, and the loop below them.
#include "runtime/transport.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "base/limits.hpp"
#include "runtime/machine.hpp"
#include "runtime/posix.hpp"
#include "runtime/thread.hpp"
#include "support.hpp"

namespace ha::runtime {

using test::k_patience;
using test::Mailbox;

/// A loop on a thread of its own.
struct RunningLoop {
    RunningLoop() : loop(std::move(*Loop::make())) {
        auto made = Thread::start({.name = "test-loop"}, [this] { loop->run(); });
        REQUIRE(made);
        thread = std::move(*made);
    }
    ~RunningLoop() {
        loop->stop();
        thread.join();
    }
    void run(std::function<void()> task) {
        Mailbox<int> done;
        loop->post([&] {
            task();
            done.put(1);
        });
        done.take();
    }
    std::unique_ptr<Loop> loop;
    Thread thread;
};

/// A UDP socket bound to a free port of an address, to take ports from and to send garbage with.
struct PlainSocket {
    explicit PlainSocket(const char* address) {
        bool is_six = std::strchr(address, ':') != nullptr;
        fd = UniqueFd(::socket(is_six ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        sockaddr_in6 six{};
        six.sin6_family = AF_INET6;
        sockaddr_in four{};
        four.sin_family = AF_INET;
        ::inet_pton(is_six ? AF_INET6 : AF_INET, address,
                    is_six ? static_cast<void*>(&six.sin6_addr) : &four.sin_addr);
        auto p = is_six ? reinterpret_cast<sockaddr*>(&six) : reinterpret_cast<sockaddr*>(&four);
        socklen_t size = is_six ? sizeof six : sizeof four;
        is_usable = ::bind(fd.get(), p, size) == 0;
        ::getsockname(fd.get(), p, &size);
        port = ntohs(is_six ? six.sin6_port : four.sin_port);
        text = is_six ? "[" + std::string(address) + "]" : address;
        text += ":" + std::to_string(port);
    }
    void send(const SocketAddress& to, ByteView bytes) {
        CHECK(::sendto(fd.get(), bytes.data(), bytes.size(), 0, to.get(), to.size) ==
              static_cast<ssize_t>(bytes.size()));
    }
    UniqueFd fd;
    bool is_usable = false;
    int port = 0;
    std::string text;
};

static std::string free_address(const char* address) { return PlainSocket(address).text; }

struct Received {
    InterconnectId interconnect;
    Bytes bytes;
};

/// One node's transport on a loop, its receipts and states in mailboxes.
struct Host {
    Host() {
        running.run([this] {
            transport = std::make_unique<Transport>(
                *running.loop,
                TransportEvents{
                    [this](InterconnectId i, Bytes b, bool) { received.put({i, std::move(b)}); },
                    [this](InterconnectId, const std::string&, const std::string& problem) {
                        states.put(problem);
                    }});
        });
    }
    ~Host() {
        running.run([this] { transport.reset(); });
    }
    void use(AddressBook book) {
        running.run([&] { transport->use(std::move(book)); });
    }
    void send(NodeId to, InterconnectId interconnect, const Bytes& bytes) {
        running.run([&] { transport->send(to, interconnect, bytes); });
    }
    TransportCounters counters(std::size_t at = 0) {
        TransportCounters out;
        running.run([&] { out = transport->counters().at(at); });
        return out;
    }
    /// Stands in for the alarm of the node.
    void tick() {
        running.run([this] { transport->tick(Instant::max() - 1ns); });
    }
    RunningLoop running;
    Mailbox<Received> received;
    Mailbox<std::string> states;
    std::unique_ptr<Transport> transport;
};

static AddressBook book(const std::string& own, const std::string& peer) {
    AddressBook out;
    out.own[InterconnectId{1}] = {"lan", own, resolve_address(own).value()};
    out.peers[{NodeId{2}, InterconnectId{1}}] = resolve_address(peer).value();
    return out;
}

TEST_CASE("datagrams travel between two nodes over IPv4 and IPv6") {
    for (auto address : {"127.0.0.1", "::1"}) {
        if (!PlainSocket(address).is_usable) {
            MESSAGE("skipped: this machine has no " << address);
            continue;
        }
        auto a_text = free_address(address), b_text = free_address(address);
        Host a, b;
        a.use(book(a_text, b_text));
        b.use(book(b_text, a_text));
        for (std::uint8_t i = 0; i < 100; i++) {
            a.send(NodeId{2}, InterconnectId{1}, Bytes(1 + i * 14u, i));
            auto got = b.received.take();
            CHECK(got.interconnect == InterconnectId{1});
            REQUIRE(got.bytes == Bytes(1 + i * 14u, i));
        }
        b.send(NodeId{2}, InterconnectId{1}, Bytes(k_limit_datagram_bytes, 9));
        CHECK(a.received.take().bytes.size() == k_limit_datagram_bytes);
        CHECK(a.counters().is_bound);
        CHECK(a.counters().sent == 100);
        CHECK(b.counters().received == 100);
    }
}

TEST_CASE("a datagram that is too long is dropped and counted, and the next one arrives") {
    auto text = free_address("127.0.0.1");
    Host host;
    host.use(book(text, free_address("127.0.0.1")));
    PlainSocket stranger("127.0.0.1");
    auto to = resolve_address(text).value();
    stranger.send(to, Bytes(k_limit_datagram_bytes + 1, 1));
    stranger.send(to, Bytes(60'000, 1));
    stranger.send(to, Bytes{});
    stranger.send(to, Bytes(3, 5));
    CHECK(host.received.take().bytes.empty());
    CHECK(host.received.take().bytes == Bytes(3, 5));
    CHECK(host.counters().oversized == 2);
    CHECK(host.counters().received == 4);
}

TEST_CASE("a flood is read in portions, in order, without a loss that the kernel did not make") {
    auto text = free_address("127.0.0.1");
    Host host;
    host.use(book(text, free_address("127.0.0.1")));
    PlainSocket stranger("127.0.0.1");
    auto to = resolve_address(text).value();
    for (std::uint8_t i = 0; i < 200; i++) stranger.send(to, Bytes(10, i));
    for (std::uint8_t i = 0; i < 200; i++) REQUIRE(host.received.take().bytes == Bytes(10, i));
}

TEST_CASE("sending to nobody, or to an unreachable address, is counted and harmless") {
    auto text = free_address("127.0.0.1");
    Host host;
    auto addresses = book(text, free_address("127.0.0.1"));
    addresses.peers[{NodeId{3}, InterconnectId{1}}] = resolve_address("[::1]:9").value();
    host.use(std::move(addresses));
    for (int i = 0; i < 10; i++) host.send(NodeId{2}, InterconnectId{1}, Bytes(5, 5));  // no one
    host.send(NodeId{3}, InterconnectId{1}, Bytes(5, 5));   // the other family
    host.send(NodeId{77}, InterconnectId{1}, Bytes(5, 5));  // not known
    host.send(NodeId{2}, InterconnectId{9}, Bytes(5, 5));
    CHECK(host.counters().sent == 10);
    CHECK(host.counters().send_errors == 1);
    CHECK(host.counters().is_bound);
}

TEST_CASE("an address that is not there is told, tried again, and used when it can be bound") {
    Host host;
    auto addresses = book("192.0.2.77:29002", free_address("127.0.0.1"));
    host.use(addresses);
    auto problem = host.states.take();
    CHECK(problem.find("192.0.2.77:29002") != std::string::npos);
    CHECK(problem.find("EADDRNOTAVAIL") != std::string::npos);
    CHECK(!host.counters().is_bound);
    CHECK(host.transport->next_deadline() < Instant::max());
    host.send(NodeId{2}, InterconnectId{1}, Bytes(5, 5));
    CHECK(host.counters().send_errors == 1);

    auto taken = std::make_unique<PlainSocket>("127.0.0.1");
    auto text = taken->text;
    host.use(book(text, free_address("127.0.0.1")));
    CHECK(host.states.take().find("another program") != std::string::npos);
    host.tick();
    host.tick();
    CHECK(host.states.is_empty());  // told once, not with every attempt
    taken.reset();
    host.tick();
    CHECK(host.states.take().empty());
    CHECK(host.counters().is_bound);
    CHECK(host.transport->next_deadline() == Instant::max());
}

TEST_CASE("a second program cannot bind to a node's port") {
    auto text = free_address("127.0.0.1");
    Host one, two;
    one.use(book(text, free_address("127.0.0.1")));
    CHECK(one.states.take().empty());
    two.use(book(text, free_address("127.0.0.1")));
    CHECK(two.states.take().find("EADDRINUSE") != std::string::npos);
}

TEST_CASE("a new address book closes what is gone and keeps what is the same") {
    auto first = free_address("127.0.0.1"), second = free_address("127.0.0.1");
    auto peer = free_address("127.0.0.1");
    Host host;
    host.use(book(first, peer));
    host.states.take();
    host.send(NodeId{2}, InterconnectId{1}, Bytes(1, 1));
    host.use(book(first, peer));
    CHECK(host.counters().sent == 1);  // the same socket
    host.use(book(second, peer));
    host.states.take();
    CHECK(host.counters().sent == 0);
    PlainSocket stranger("127.0.0.1");
    stranger.send(resolve_address(second).value(), Bytes(2, 2));
    CHECK(host.received.take().bytes == Bytes(2, 2));
    host.use({});
    host.running.run([&] { CHECK(host.transport->counters().empty()); });
}

TEST_CASE("addresses are read in each of their forms, and mistakes are told with what is right") {
    CHECK(to_string(resolve_address("192.0.2.1:29002").value()) == "192.0.2.1:29002");
    CHECK(to_string(resolve_address("[2001:db8::1]:1").value()) == "[2001:db8::1]:1");
    CHECK(resolve_address("localhost:65535"));
    for (auto text : {"", ":", "192.0.2.1", "192.0.2.1:", ":29002", "2001:db8::1:29002", "[]:1",
                      "[2001:db8::1]", "[2001:db8::1]1", "192.0.2.1:x", "192.0.2.1:123456",
                      "[192.0.2.1]:1", "[::zz]:1"}) {
        CAPTURE(text);
        auto result = resolve_address(text);
        REQUIRE(!result);
        CHECK(result.error().code == FailureCode::invalid);
        CHECK(result.error().context.find("right is") != std::string::npos);
    }
    for (auto text : {"192.0.2.1:0", "192.0.2.1:65536"})
        CHECK(resolve_address(text).error().context.find("1 to 65535") != std::string::npos);
}

TEST_CASE("an address book has our addresses and those of others, and errors name the node") {
    model::ClusterSpec spec;
    spec.interconnects = {{InterconnectId{1}, "lan"}};
    model::NodeSpec a, b;
    a.id = NodeId{1};
    a.name = "alpha";
    a.addresses[InterconnectId{1}] = "127.0.0.1:29002";
    b.id = NodeId{2};
    b.name = "beta";
    b.addresses[InterconnectId{1}] = "127.0.0.1:29003";
    spec.nodes = {a, b};
    auto made = resolve_addresses(spec, NodeId{1});
    REQUIRE(made);
    CHECK(made->own.at(InterconnectId{1}).name == "lan");
    CHECK(made->peers.size() == 1);
    spec.nodes[1].addresses[InterconnectId{1}] = "nonsense";
    CHECK(resolve_addresses(spec, NodeId{1}).error().context.find("beta") != std::string::npos);
}

TEST_CASE("the loop's alarm rings once it is due, and a later one replaces an earlier") {
    RunningLoop running;
    Mailbox<int> rings;
    running.run([&] {
        running.loop->set_alarm(now() + 1h, [&] { rings.put(1); });
        running.loop->set_alarm(now() + 2ms, [&] { rings.put(2); });
    });
    CHECK(rings.take() == 2);
    running.run([&] { running.loop->set_alarm(Instant{0}, [&] { rings.put(3); }); });  // overdue
    CHECK(rings.take() == 3);
    running.run([&] {
        running.loop->set_alarm(now() + 1ms, [&] { rings.put(4); });
        running.loop->set_alarm(Instant::max(), [&] { rings.put(5); });
    });
    running.run([&] { running.loop->set_alarm(now(), [&] { rings.put(6); }); });
    CHECK(rings.take() == 6);
}

TEST_CASE("a watched descriptor is told of until it is unwatched, and stays open") {
    RunningLoop running;
    UniqueFd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    Mailbox<int> told;
    Loop::WatchId id = 0;
    auto on_readable = [&] {
        std::uint64_t value = 0;
        CHECK(::read(fd.get(), &value, sizeof value) == sizeof value);
        told.put(static_cast<int>(value));
    };
    running.run([&] { id = running.loop->watch_readable(fd.get(), on_readable).value(); });
    for (int i = 1; i <= 3; i++) {
        CHECK(::eventfd_write(fd.get(), static_cast<eventfd_t>(i)) == 0);
        CHECK(told.take() == i);
    }
    running.run([&] { running.loop->unwatch(id); });
    CHECK(::eventfd_write(fd.get(), 9) == 0);
    running.run([] {});
    CHECK(told.is_empty());
    // The same descriptor can be watched again, and is told of at once when it is readable.
    running.run([&] { id = running.loop->watch_readable(fd.get(), on_readable).value(); });
    CHECK(told.take() == 9);
    running.run([&] { running.loop->unwatch(id); });
    running.run([&] {
        CHECK(!running.loop->watch_readable(UniqueFd(::open("/", O_RDONLY)).get(), [] {}));
        CHECK(!running.loop->watch_readable(-1, [] {}));
    });
}

}  // namespace ha::runtime
