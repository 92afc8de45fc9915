// One link's wire for a floating address: sends its frames and hears who else claims the address.
//
// A packet socket, so that nothing depends on the address being usable yet as a source. Its filter
// runs in the kernel: on a busy link only ARP, or neighbour discovery, wakes anybody up.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "resource/fip/frames.hpp"
#include "support/netlink/error.hpp"

namespace ha::fip {

class Wire {
 public:
    using Clock = std::chrono::steady_clock;

    /// Opens the wire of link number `link` for this address. `own` is the link's own address.
    static support::Result<Wire> open(std::uint32_t link, const support::IpAddress& address,
                                      const Mac& own);
    Wire(Wire&& other) noexcept;
    Wire& operator=(Wire&& other) noexcept;
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;
    ~Wire();

    support::Result<void> announce(unsigned turn);
    support::Result<void> probe();

    enum class Heard { nothing, claim, woken };
    struct Answer {
        Heard heard = Heard::nothing;
        Mac mac{};  ///< of who claims the address
    };
    /// Waits until somebody else claims the address, `wake` (a descriptor, or -1) becomes readable,
    /// or `deadline` has passed. Frames that say nothing of the address do not end the wait.
    Answer listen(Clock::time_point deadline, int wake);

 private:
    Wire(int fd, std::uint32_t link, const support::IpAddress& address, const Mac& own)
        : fd_(fd), link_(link), address_(address), own_(own) {}
    support::Result<void> send(const Frame& frame, const char* what);
    /// Reads what is there; a claim if one was among it. Bounded, so that a flood cannot hold it.
    std::optional<Mac> read_claims();

    int fd_ = -1;
    std::uint32_t link_ = 0;
    support::IpAddress address_;
    Mac own_{};
};

}  // namespace ha::fip
