// Asks hosts for an echo and waits for the answers: one socket per family, all targets at once.
//
// It sleeps in the kernel until something for it arrives or the time is over: a target that does
// not answer costs two system calls an attempt, however long it is silent. A ping socket is used
// where the administrator allows it (net.ipv4.ping_group_range), else a raw socket with a filter
// in the kernel, so that the echoes of other programs wake nobody up.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "monitor/ipw/plan.hpp"
#include "support/netlink/error.hpp"

namespace ha::ipw {

/// An ICMP socket of one family.
class EchoSocket {
 public:
    static support::Result<EchoSocket> open(support::IpFamily family, std::uint16_t identifier);
    EchoSocket(EchoSocket&& other) noexcept;
    EchoSocket(const EchoSocket&) = delete;
    EchoSocket& operator=(EchoSocket&&) = delete;
    EchoSocket& operator=(const EchoSocket&) = delete;
    ~EchoSocket();

    int fd() const { return fd_; }
    /// 0, or the errno of the system's refusal.
    int send(const Target& target, const Echo& echo);

    struct Reply {
        Echo echo;
        support::IpAddress from;
    };
    /// The next echo reply that is there; nothing when there is no more. Does not wait.
    std::optional<Reply> receive();

 private:
    EchoSocket(int fd, support::IpFamily family, bool is_raw)
        : fd_(fd), family_(family), is_raw_(is_raw) {}
    int fd_ = -1;
    support::IpFamily family_;
    bool is_raw_ = false;
};

/// One check of all targets.
class Round {
 public:
    using Clock = std::chrono::steady_clock;

    explicit Round(std::vector<Target> targets);

    /// Asks those that have not answered yet.
    void ask();
    /// Waits for answers until the targets are settled, `deadline` has passed, or `wake` (a
    /// descriptor, or -1) is readable. False when it was woken.
    bool wait(Require require, Clock::time_point deadline, int wake);

    const std::vector<TargetState>& states() const { return states_; }
    std::string describe() const { return ipw::describe(targets_, states_, reasons_); }

 private:
    std::optional<EchoSocket>& socket_for(const Target& target);
    void read_answers(EchoSocket& socket);
    void ask_one(std::size_t index);

    std::vector<Target> targets_;
    std::vector<TargetState> states_;
    std::vector<std::string> reasons_;
    std::uint64_t token_ = 0;
    std::uint16_t identifier_ = 0;
    std::optional<EchoSocket> sockets_[2];
};

}  // namespace ha::ipw
