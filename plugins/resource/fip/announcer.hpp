// After an address was added: announces it again and again for a while, and listens for others who
// claim it, without holding up the start.
//
// One short-lived thread per start; it ends by itself after about a second. It sends nothing unless
// the activation is still valid and the address is still on the link: a host that was stopped and
// goes on must not draw traffic to itself again.
//
// After request_stop returns, no frame goes out any more. The thread itself may take longer to end
// (closing a packet socket waits for the kernel), so joining is left to the next start or the end.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

#include "ha/plugin.hpp"
#include "resource/fip/plan.hpp"
#include "resource/fip/wire.hpp"

namespace ha::fip {

/// Whether a hardware address is one of this host's own links: with several cards on one network a
/// host hears itself.
bool is_own_mac(const Mac& mac);

class Announcer {
 public:
    explicit Announcer(plugin::Host host) : host_(host) {}
    ~Announcer();

    /// What one activation announces.
    struct Task {
        Settings settings;
        std::uint32_t link = 0;
        ha_epoch_t epoch{};
        Wire::Clock::time_point added;  ///< when the address was added
    };
    /// Announcements before `turn_next` have been sent by the caller.
    void start(Wire wire, const Task& task, unsigned turn_next);
    void request_stop();
    /// The same at once, without waiting for a frame that is being sent.
    void silence() noexcept { is_silent_ = true; }
    void join();

    /// Who else has been heard to claim the address since the last start.
    std::optional<Mac> rival();

 private:
    void run(Wire wire, Task task, unsigned turn);
    bool may_announce(const Task& task) const;
    bool announce(Wire& wire, const Task& task, unsigned turn);
    void on_claim(Wire& wire, const Task& task, const Mac& mac);

    plugin::Host host_;
    std::atomic<bool> is_silent_{true};
    std::mutex mutex_;  // held while a frame is sent; guards rival_
    std::optional<Mac> rival_;
    int wake_fd_ = -1;
    std::thread thread_;
};

}  // namespace ha::fip
