// Tie breakers outside of both nodes. Each target is a small conversation on a socket of its own;
// one poll waits for all of them.
#include "runtime/tie_breaker.hpp"

#include <arpa/inet.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>

#include "base/assert.hpp"
#include "runtime/machine.hpp"
#include "runtime/posix.hpp"

namespace ha::runtime {
namespace {

/// An echo that got lost is sent again so often within the time.
constexpr int k_echoes = 3;
constexpr std::size_t k_limit_reply_bytes = 1024;

struct Place {
    sockaddr_storage address{};
    socklen_t size = 0;
    int family = AF_UNSPEC;
};

Place place_of(const std::string& host, std::uint16_t port) {
    Place out;
    auto& v4 = reinterpret_cast<sockaddr_in&>(out.address);
    auto& v6 = reinterpret_cast<sockaddr_in6&>(out.address);
    if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
        out.family = v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        out.size = sizeof v4;
    } else if (inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
        out.family = v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        out.size = sizeof v6;
    }
    return out;
}

enum class Progress { under_way, answered, refused };

/// One target's conversation.
class Talk {
 public:
    explicit Talk(std::string target) : target_(std::move(target)) {}
    virtual ~Talk() = default;
    virtual void begin() = 0;
    /// The socket is ready, or has an error to tell.
    virtual void on_ready() = 0;
    /// A part of the time is over without an answer.
    virtual void again() {}
    virtual short waits_for() const { return POLLIN; }

    int fd() const { return progress_ == Progress::under_way ? fd_.get() : -1; }
    Progress progress() const { return progress_; }
    const std::string& target() const { return target_; }
    std::string said() const { return target_ + (why_.empty() ? " is silent" : ": " + why_); }

 protected:
    void end(Progress progress, std::string why) {
        progress_ = progress;
        why_ = std::move(why);
    }
    /// What the system says may pass: the target counts as silent for now.
    void note(std::string why) { why_ = std::move(why); }
    void fail(int error) { end(Progress::refused, error_text(error)); }

    UniqueFd fd_;

 private:
    std::string target_;
    Progress progress_ = Progress::under_way;
    std::string why_;
};

/// A ping socket where the administrator allows it (net.ipv4.ping_group_range), else a raw one.
class EchoTalk : public Talk {
 public:
    EchoTalk(std::string target, std::uint16_t number)
        : Talk(std::move(target)),
          number_(number),
          token_(static_cast<std::uint64_t>(now().ns) ^ (std::uint64_t{number} << 48)) {}

    void begin() override {
        place_ = place_of(target(), 0);
        if (place_.family == AF_UNSPEC) return end(Progress::refused, "is no IP address");
        const int protocol = place_.family == AF_INET ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6};
        constexpr int flags = SOCK_CLOEXEC | SOCK_NONBLOCK;
        fd_ = UniqueFd(::socket(place_.family, SOCK_DGRAM | flags, protocol));
        is_raw_ = !fd_;
        if (is_raw_) fd_ = UniqueFd(::socket(place_.family, SOCK_RAW | flags, protocol));
        if (!fd_) return fail(errno);
        again();
    }

    void again() override {
        icmphdr echo{};
        echo.type = place_.family == AF_INET ? std::uint8_t{ICMP_ECHO}
                                             : std::uint8_t{ICMP6_ECHO_REQUEST};
        echo.un.echo.id = htons(number_);
        echo.un.echo.sequence = htons(1);
        std::uint8_t packet[sizeof echo + sizeof token_];
        std::memcpy(packet + sizeof echo, &token_, sizeof token_);
        std::memcpy(packet, &echo, sizeof echo);
        if (place_.family == AF_INET) {  // the kernel fills it in for IPv6
            echo.checksum = checksum(packet, sizeof packet);
            std::memcpy(packet, &echo, sizeof echo);
        }
        if (::sendto(fd_.get(), packet, sizeof packet, 0,
                     reinterpret_cast<const sockaddr*>(&place_.address), place_.size) < 0)
            note(error_text(errno));
    }

    void on_ready() override {
        std::uint8_t buffer[k_limit_reply_bytes];
        for (;;) {
            const auto size = ::recv(fd_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
            if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
            if (size < 0) return note(error_text(errno));  // such as "no route": asked again
            if (is_answer(buffer, static_cast<std::size_t>(size)))
                return end(Progress::answered, {});
        }
    }

 private:
    static std::uint16_t checksum(const std::uint8_t* bytes, std::size_t size) {
        std::uint32_t sum = 0;
        for (std::size_t i = 0; i + 1 < size; i += 2) {
            std::uint16_t word = 0;
            std::memcpy(&word, bytes + i, sizeof word);
            sum += word;
        }
        while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
        return static_cast<std::uint16_t>(~sum);
    }

    /// The token is ours alone: a raw socket hears the echoes of everybody.
    bool is_answer(const std::uint8_t* bytes, std::size_t size) const {
        std::size_t at = 0;
        const bool has_header = is_raw_ && place_.family == AF_INET;
        if (has_header && size > 0) at = std::size_t{bytes[0] & 15u} * 4;
        if (size < at + sizeof(icmphdr) + sizeof token_) return false;
        const auto wanted = place_.family == AF_INET ? std::uint8_t{ICMP_ECHOREPLY}
                                                     : std::uint8_t{ICMP6_ECHO_REPLY};
        return bytes[at] == wanted &&
               std::memcmp(bytes + at + sizeof(icmphdr), &token_, sizeof token_) == 0;
    }

    std::uint16_t number_;
    std::uint64_t token_;
    Place place_;
    bool is_raw_ = false;
};

/// "http://HOST[:PORT]/PATH": any status below 500 says that the server, and the way to it, lives.
class WebTalk : public Talk {
 public:
    using Talk::Talk;

    void begin() override {
        constexpr std::string_view k_scheme = "http://";
        const std::string_view url = target();
        if (!url.starts_with(k_scheme)) return end(Progress::refused, "is no http:// address");
        const auto rest = url.substr(k_scheme.size());
        const auto slash = rest.find('/');
        host_ = rest.substr(0, slash);
        path_ = slash == rest.npos ? "/" : std::string(rest.substr(slash));
        const auto place = parse_host();
        if (place.family == AF_UNSPEC)
            return end(Progress::refused, "names no host by its IP address");
        fd_ = UniqueFd(::socket(place.family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        if (!fd_) return fail(errno);
        const auto* address = reinterpret_cast<const sockaddr*>(&place.address);
        if (::connect(fd_.get(), address, place.size) != 0 && errno != EINPROGRESS)
            return fail(errno);
    }

    short waits_for() const override { return is_asked_ ? POLLIN : POLLOUT; }

    void on_ready() override {
        if (!is_asked_) return ask();
        char buffer[k_limit_reply_bytes];
        const auto size = ::recv(fd_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
        if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (size < 0) return fail(errno);
        if (size == 0) return end(Progress::refused, "it closed without an answer");
        reply_.append(buffer, static_cast<std::size_t>(size));
        judge();
    }

 private:
    Place parse_host() const {
        std::string_view host = host_;
        std::uint16_t port = 80;
        const auto end = host.starts_with("[") ? host.find(']') : host.find(':');
        auto tail = end == host.npos ? std::string_view{} : host.substr(end);
        if (host.starts_with("[")) {
            host = host.substr(1, end == host.npos ? end : end - 1);
            if (!tail.empty()) tail.remove_prefix(1);
        } else {
            host = host.substr(0, end);
        }
        if (tail.starts_with(":"))
            std::from_chars(tail.data() + 1, tail.data() + tail.size(), port);
        return place_of(std::string(host), port);
    }

    void ask() {
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) return fail(error);
        const auto request = "GET " + path_ + " HTTP/1.1\r\nHost: " + host_ +
                             "\r\nUser-Agent: had\r\nConnection: close\r\n\r\n";
        if (::send(fd_.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
            static_cast<ssize_t>(request.size()))
            return fail(errno);
        is_asked_ = true;
    }

    /// Of "HTTP/1.1 200 OK" the number is all that matters.
    void judge() {
        const auto line_end = reply_.find("\r\n");
        if (line_end == reply_.npos) {
            if (reply_.size() > k_limit_reply_bytes) end(Progress::refused, "it speaks no HTTP");
            return;
        }
        const auto line = reply_.substr(0, line_end);
        const auto space = line.find(' ');
        int status = 0;
        if (line.starts_with("HTTP/1.") && space != line.npos)
            std::from_chars(line.data() + space + 1, line.data() + line.size(), status);
        if (status >= 100 && status < 500) return end(Progress::answered, {});
        end(Progress::refused, status == 0 ? "it speaks no HTTP" : "it answered '" + line + "'");
    }

    std::string host_;
    std::string path_;
    std::string reply_;
    bool is_asked_ = false;
};

std::unique_ptr<Talk> make_talk(model::TieBreaker kind, const std::string& target,
                                std::size_t number) {
    if (kind == model::TieBreaker::http) return std::make_unique<WebTalk>(target);
    return std::make_unique<EchoTalk>(target, static_cast<std::uint16_t>(number + 1));
}

/// Waits once for whatever is ready, at most until `until`.
void wait_once(std::vector<std::unique_ptr<Talk>>& talks, Instant until) {
    std::vector<pollfd> ready;
    for (const auto& talk : talks) ready.push_back({talk->fd(), talk->waits_for(), 0});
    const auto left = std::max(until - now(), Duration::zero());
    const auto left_ms = std::chrono::duration_cast<std::chrono::milliseconds>(left) + 1ms;
    if (::poll(ready.data(), ready.size(), static_cast<int>(left_ms.count())) <= 0) return;
    for (std::size_t i = 0; i < talks.size(); i++)
        if (ready[i].revents != 0) talks[i]->on_ready();
}

}  // namespace

TargetsAnswer ask_targets(model::TieBreaker kind, const std::vector<std::string>& targets,
                          Duration timeout) {
    HA_ASSERT(kind == model::TieBreaker::ping || kind == model::TieBreaker::http);
    std::vector<std::unique_ptr<Talk>> talks;
    for (std::size_t i = 0; i < targets.size(); i++)
        talks.push_back(make_talk(kind, targets[i], i));
    const auto begun = now();
    for (auto& talk : talks) talk->begin();
    const auto is_under_way = [](const auto& talk) {
        return talk->progress() == Progress::under_way;
    };
    int round = 1;
    while (now() < begun + timeout && std::any_of(talks.begin(), talks.end(), is_under_way)) {
        wait_once(talks, begun + timeout * std::min(round, k_echoes) / k_echoes);
        for (const auto& talk : talks)
            if (talk->progress() == Progress::answered) return {true, talk->target() + " answered"};
        if (now() < begun + timeout * round / k_echoes || round >= k_echoes) continue;
        round++;
        for (auto& talk : talks)
            if (is_under_way(talk)) talk->again();
    }
    std::string text = "no target answered";
    for (const auto& talk : talks) text += (&talk == &talks.front() ? ": " : ", ") + talk->said();
    return {false, std::move(text)};
}

}  // namespace ha::runtime
