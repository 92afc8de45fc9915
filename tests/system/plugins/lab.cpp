// A laboratory for plugins: network namespaces on one switch.
#include "lab.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "support/netlink/route.hpp"

namespace ha::lab {

namespace {

constexpr const char* k_own_namespace = "/proc/thread-self/ns/net";

Instant boot_now() {
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return Instant{now.tv_sec * 1'000'000'000 + now.tv_nsec};
}

/// A directory that ends with the program.
const std::string& state_root() {
    struct Directory {
        std::string path;
        Directory() {
            char name[] = "/tmp/ha-lab-XXXXXX";
            path = ::mkdtemp(name);
        }
        ~Directory() { std::filesystem::remove_all(path); }
    };
    static const Directory directory;
    return directory.path;
}

}  // namespace

plugin::InstanceSpec spec_of(const std::string& type, const Parameters& parameters) {
    static std::atomic<int> count{0};
    plugin::InstanceSpec spec;
    spec.type = type;
    spec.name = type + std::to_string(++count);
    spec.group = "lab";
    spec.node = "node1";
    spec.parameters = parameters;
    spec.state_root = state_root() + "/plugins";
    return spec;
}

std::string find_obstacle() {
    if (::geteuid() != 0) return "needs root (network namespaces, packet sockets)";
    std::string obstacle;
    // In a thread of its own: what it unshares ends with it.
    std::thread([&] {
        if (::unshare(CLONE_NEWNET) != 0) {
            obstacle = "no network namespaces here";
            return;
        }
        if (std::system("ip link add name lab0 type veth peer name lab1 2>/dev/null") != 0)
            obstacle = "no veth links or no iproute2 here";
        else if (std::system("ip link add name labbr type bridge 2>/dev/null") != 0)
            obstacle = "no bridges here";
    }).join();
    return obstacle;
}

Host::Inside::Inside(const Host& host) {
    before_ = ::open(k_own_namespace, O_RDONLY | O_CLOEXEC);
    REQUIRE(before_ >= 0);
    REQUIRE(::setns(host.fd_, CLONE_NEWNET) == 0);
}
Host::Inside::~Inside() {
    if (::setns(before_, CLONE_NEWNET) != 0) std::abort();
    ::close(before_);
}

Host::Host() {
    std::thread([this] {
        if (::unshare(CLONE_NEWNET) == 0) fd_ = ::open(k_own_namespace, O_RDONLY | O_CLOEXEC);
    }).join();
    REQUIRE(fd_ >= 0);
    run("ip link set lo up");
}
Host::~Host() {
    ::close(fd_);
}

std::string Host::path() const {
    return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(fd_);
}

void Host::run(const std::string& command) const {
    const int status = in([&] { return std::system(command.c_str()); });
    REQUIRE_MESSAGE(status == 0, command);
}

std::string Host::output_of(const std::string& command) const {
    return in([&] {
        std::string text;
        FILE* pipe = ::popen(command.c_str(), "r");
        REQUIRE(pipe != nullptr);
        char line[512];
        while (std::fgets(line, sizeof line, pipe) != nullptr) text += line;
        ::pclose(pipe);
        return text;
    });
}

bool Host::has(const std::string& link, const std::string& address_with_prefix) const {
    return output_of("ip -o addr show dev " + link).find(" " + address_with_prefix + " ") !=
           std::string::npos;
}

bool Host::has_anywhere(const std::string& address) const {
    return output_of("ip -o addr show").find(" " + address + "/") != std::string::npos;
}

fip::Mac Host::mac(const std::string& link) const {
    return in([&] {
        auto route = support::RouteSocket::open();
        REQUIRE(route.has_value());
        auto found = route->link_named(link);
        REQUIRE(found.has_value());
        return found->mac();
    });
}

std::uint32_t Host::index(const std::string& link) const {
    return in([&] { return ::if_nametoindex(link.c_str()); });
}

Switch::Switch() {
    host_.run("ip link add name br0 type bridge && ip link set br0 up");
}

void Switch::plug(Host& host, const std::string& link, const std::vector<std::string>& addresses) {
    const auto port = "port" + std::to_string(ports_++);
    host_.run("ip link add name " + port + " type veth peer name " + link + " netns " +
              host.path() + " && ip link set " + port + " master br0 up");
    host.run("ip link set " + link + " up");
    for (const auto& address : addresses) {
        const bool is_v6 = address.find(':') != std::string::npos;
        host.run("ip addr add " + address + " dev " + link + (is_v6 ? " nodad" : ""));
    }
    wait_until("the link has a carrier", [&] {
        return host.in([&] {
            auto route = support::RouteSocket::open();
            return route.has_value() && route->link_named(link)->has_carrier;
        });
    });
}

Listener::Listener(const Host& host, const std::string& link, std::uint16_t ethertype)
    : ethertype_(ethertype) {
    host.in([&] {
        fd_ = ::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        sockaddr_ll place{};
        place.sll_family = AF_PACKET;
        place.sll_protocol = htons(ethertype);
        place.sll_ifindex = static_cast<int>(::if_nametoindex(link.c_str()));
        REQUIRE(::bind(fd_, reinterpret_cast<const sockaddr*>(&place), sizeof place) == 0);
    });
}
Listener::~Listener() {
    ::close(fd_);
}

Listener::Heard Listener::next() {
    pollfd ready{fd_, POLLIN, 0};
    const auto patience = std::chrono::milliseconds(k_patience).count();
    REQUIRE_MESSAGE(::poll(&ready, 1, static_cast<int>(patience)) == 1, "no frame came");
    Heard heard{{}, std::vector<std::uint8_t>(2048)};
    sockaddr_ll from{};
    socklen_t size = sizeof from;
    const auto got = ::recvfrom(fd_, heard.payload.data(), heard.payload.size(), 0,
                                reinterpret_cast<sockaddr*>(&from), &size);
    REQUIRE(got >= 0);
    heard.payload.resize(static_cast<std::size_t>(got));
    std::copy_n(from.sll_addr, heard.from.size(), heard.from.begin());
    return heard;
}

void Listener::expect_claims(const support::IpAddress& address, const fip::Mac& mac, int count) {
    while (count > 0) {
        const auto heard = next();
        if (heard.from == mac && fip::claims_address(ethertype_, heard.payload, address)) --count;
    }
}

void Services::log(const plugin::InstanceSpec&, std::uint32_t, std::string_view text) {
    if (on_log) on_log(text);
    const std::lock_guard lock(mutex_);
    lines_.emplace_back(text);
}
void Services::event(const plugin::InstanceSpec&, std::uint32_t, std::string_view name,
                     std::string_view text) {
    const std::lock_guard lock(mutex_);
    events_.emplace_back(name, text);
}
Instant Services::now() {
    return boot_now();
}

std::string Services::event_text(const std::string& name) {
    const std::lock_guard lock(mutex_);
    for (const auto& [known, text] : events_)
        if (known == name) return text;
    return {};
}
std::string Services::wait_for_event(const std::string& name) {
    wait_until(name.c_str(), [&] { return !event_text(name).empty(); });
    return event_text(name);
}
bool Services::has_logged(const std::string& part) {
    const std::lock_guard lock(mutex_);
    for (const auto& line : lines_)
        if (line.find(part) != std::string::npos) return true;
    return false;
}

const plugin::Registry& registry() {
    static const plugin::Registry loaded = [] {
        plugin::Registry types;
        for (const char* path : {FIP_PLUGIN, IPW_PLUGIN}) {
            const auto result = types.load_file(path);
            REQUIRE_MESSAGE(result.has_value(), (result ? "" : result.error().context));
        }
        return types;
    }();
    return loaded;
}

Resource::Resource(const Host& host, const std::string& type, const Parameters& parameters)
    : host_(host) {
    auto made = registry().create_resource(spec_of(type, parameters), services_);
    REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().context));
    instance_ = *std::move(made);
}

plugin::Call Resource::call(std::uint32_t event, const plugin::Cancellation* cancellation) {
    static std::atomic<std::uint64_t> count{0};
    plugin::Call call{};
    call.id = OperationId{++count};
    call.deadline = boot_now() + std::chrono::minutes(2);
    call.epoch = Epoch{Incarnation{1}, Term{1}, NodeId{1}};
    call.event = event;
    call.cancellation = cancellation;
    return call;
}

Result<void> Resource::try_start(std::uint32_t event, const plugin::Cancellation* cancellation) {
    return host_.in([&] { return instance_->start(call(event, cancellation)); });
}
void Resource::start(std::uint32_t event, const plugin::Cancellation* cancellation) {
    const auto result = try_start(event, cancellation);
    REQUIRE_MESSAGE(result.has_value(), (result ? "" : result.error().context));
}
Result<void> Resource::try_stop() {
    return host_.in([&] { return instance_->stop(call(0, nullptr)); });
}
void Resource::stop() {
    const auto result = try_stop();
    REQUIRE_MESSAGE(result.has_value(), (result ? "" : result.error().context));
}
plugin::ProbeAnswer Resource::probe() {
    const auto answer = host_.in([&] { return instance_->probe(call(0, nullptr)); });
    REQUIRE_MESSAGE(answer.has_value(), (answer ? "" : answer.error().context));
    return *answer;
}
void Resource::sever() {
    const auto result = host_.in([&] { return instance_->sever(call(0, nullptr)); });
    REQUIRE_MESSAGE(result.has_value(), (result ? "" : result.error().context));
}

Monitor::Monitor(const Host& host, const std::string& type, const Parameters& parameters)
    : host_(host) {
    auto made = registry().create_monitor(spec_of(type, parameters), services_);
    REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().context));
    instance_ = *std::move(made);
}
plugin::CheckAnswer Monitor::check(Duration timeout, const plugin::Cancellation* cancellation) {
    plugin::Call call{};
    call.id = OperationId{1};
    call.deadline = boot_now() + timeout;
    call.cancellation = cancellation;
    return host_.in([&] { return instance_->check(call); });
}

void wait_until(const char* what, const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + k_patience;
    while (!condition()) {
        REQUIRE_MESSAGE(std::chrono::steady_clock::now() < deadline, what);
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
}

}  // namespace ha::lab
