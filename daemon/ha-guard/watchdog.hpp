// The watchdog: a device that resets this machine when nobody writes to it for its time.
//
//   idle --arm--> armed --disarm (magic close)--> idle
//                   | feed: only while the lease runs
//
// The device is behind a seam, so that tests can watch what is done to it. One whose driver cannot
// be switched off again (nowayout) is fed for ever once it was armed and is not wanted any more; so
// is one that has to stay open because it took no settings, and these are asked for again.
#pragma once

#include "base/guard.hpp"

namespace ha_guard {

using ha::Duration;
using ha::Instant;

/// What a device says of itself. `is_known` false: it does not speak the kernel's watchdog protocol
/// (a test's pipe), so nothing of it is verified.
struct DeviceFacts {
    bool is_known = false;
    bool can_be_disarmed = true;
    bool survives_close = true;  ///< it goes on counting when who feeds it is gone
    bool has_pretimeout = false;
    Duration timeout{0};      ///< in force, as the device tells it
};

/// The seam: the kernel's protocol. Each returns 0 or errno. Opening arms.
class WatchdogDevice {
   public:
    virtual ~WatchdogDevice() = default;
    virtual int open(const char* path) noexcept = 0;
    /// Asks the open device for these times, and what it made of them.
    virtual int set_up(Duration timeout, Duration pretimeout, DeviceFacts& facts) noexcept = 0;
    virtual int feed() noexcept = 0;
    /// With the magic character, which disarms. EBUSY: it cannot be switched off, and stays open.
    virtual int close_disarmed() noexcept = 0;
};

/// /dev/watchdog, or whatever else the path leads to.
class KernelWatchdog final : public WatchdogDevice {
   public:
    ~KernelWatchdog() override;
    int open(const char* path) noexcept override;
    int set_up(Duration timeout, Duration pretimeout, DeviceFacts& facts) noexcept override;
    int feed() noexcept override;
    int close_disarmed() noexcept override;

   private:
    int fd_ = -1;
};

class Watchdog {
   public:
    explicit Watchdog(WatchdogDevice& device) : device_(device) {}

    /// EBUSY while armed with another one. An empty path: none.
    int use(const char* path, Duration timeout, Duration pretimeout) noexcept;
    /// Does what is due: arms and feeds while `is_lease_running`, disarms when not wanted.
    void look(Instant now, bool is_wanted, bool is_lease_running) noexcept;
    /// When look() has something to do next.
    Instant next_deadline() const noexcept;

    ha::guard::WatchdogState state() const noexcept { return state_; }
    const DeviceFacts& facts() const noexcept { return facts_; }
    /// Whoever holds it open must not end: closed without a word it may go off.
    bool is_open() const noexcept { return is_open_; }
    std::uint64_t feeds() const noexcept { return feeds_; }
    /// The device itself confirmed the time after which it resets.
    bool is_verified() const noexcept;

   private:
    void arm(Instant now) noexcept;
    void set_up(Instant now) noexcept;
    void feed(Instant now) noexcept;
    void disarm(Instant now) noexcept;

    WatchdogDevice& device_;
    char path_[ha::guard::k_limit_path_bytes] = {};
    Duration timeout_{0};
    Duration pretimeout_{0};
    DeviceFacts facts_;
    ha::guard::WatchdogState state_ = ha::guard::WatchdogState::none;
    bool is_open_ = false;
    bool is_set_up_ = false;          ///< with the times that were asked for
    bool was_not_switched_off_ = false;  ///< a device that was open has refused to stop
    Instant feed_at_ = Instant::max();
    std::uint64_t feeds_ = 0;
};

}  // namespace ha_guard
