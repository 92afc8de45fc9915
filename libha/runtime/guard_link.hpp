// The way to ha-guard: finds the one of this run directory or starts one, tells it until when this
// node may run what it runs, and hands it the actions that make resources harmless.
//
// The loop's thread writes the page, which is memory; everything that talks over the socket blocks,
// and is called on workers. What was handed over is kept here too, for a guard that has to be
// started anew.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/guard.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "lifecycle/service.hpp"
#include "runtime/posix.hpp"

namespace ha::runtime {

struct WatchdogOptions {
    std::string path;          ///< empty: none
    Duration timeout{0};
    Duration pretimeout{0};
};

struct GuardOptions {
    std::string program;       ///< path of ha-guard
    std::string directory;     ///< the run directory; exists
    bool is_realtime = true;
    WatchdogOptions watchdog;
};

/// What a guard that was there before us says of the time until now.
struct GuardFound {
    bool was_there = false;
    Instant lease_end;                   ///< of our predecessor; zero: none
    std::vector<lifecycle::Held> severed;
};

/// Actions of one resource, with descriptors of their own.
struct SeverActions {
    std::vector<guard::Action> actions;
    std::vector<UniqueFd> fds;
};

class GuardLink {
   public:
    /// Fails when there is none and none can be started.
    static Result<std::shared_ptr<GuardLink>> open(GuardOptions options);
    /// To none, because of `problem`: until revive() has succeeded.
    static std::shared_ptr<GuardLink> to_none(GuardOptions options, std::string problem);
    ~GuardLink();

    const GuardFound& found() const { return found_; }

    // The loop's thread:
    /// Until when this node may run what it runs.
    void say(Instant lease_end, Duration sever_bound);
    /// How often the time has run out while something was held, since this link was made; never
    /// goes back.
    std::uint64_t severings() const;
    /// A descriptor that is readable when the guard has ended; -1: there is none, or the system has
    /// none to give (watch_problem).
    int process_fd() const { return process_.get(); }

    // Any thread that may block:
    /// In place of what was put for this resource before. `refused`: the lease is over, and what
    /// they undo must not be made active. Other failures leave the resource without a guard.
    Result<void> put(ResourceId resource, GroupId group, const Epoch& epoch, SeverActions actions);
    void drop(ResourceId resource);
    bool has_watchdog() const { return !options_.watchdog.path.empty(); }
    /// With true it returns when the device is armed, or says why it is not. It is fed as long as
    /// the lease runs, and disarmed only by false.
    Result<void> want_watchdog(bool is_wanted);
    /// Tells the guard of the watchdog's settings again, after it has refused them.
    void retry_watchdog();
    /// The guard has ended: start another, and hand it what the last one held.
    Result<void> revive();
    /// The node has left: the guard may end.
    void leave();

    // Any thread:
    bool is_there() const;
    bool has(ResourceId resource) const;
    /// What the guard says of itself, and what it was told last.
    guard::Verdict verdict() const;
    guard::Word word() const;
    std::string problem() const;
    /// Why the guard does not use the watchdog as it is set; empty: it does. It guards the same.
    std::string watchdog_problem() const;
    /// Why it cannot be seen at once that the guard has ended, and what would help; empty: it can.
    std::string watch_problem() const;
    /// Its process has ended; until revive() has succeeded there is none.
    void mark_gone() { set_problem("ha-guard has ended"); }

   private:
    explicit GuardLink(GuardOptions options);
    Result<void> connect();
    Result<void> start_program();
    Result<void> connect_or_start();
    Result<void> hello();
    Result<void> send_put(ResourceId resource);
    Result<void> send_watchdog();
    void watch_process(std::uint32_t pid);
    void take_page(guard::Page* page);
    std::uint64_t severings_locked() const;
    Result<guard::Reply> ask(const void* request, std::size_t size,
                             const std::vector<int>& fds = {}, UniqueFd* received = nullptr);
    void read_found();
    void set_problem(std::string text);
    void unmap();

    struct Put {
        GroupId group;
        Epoch epoch;
        SeverActions actions;
        bool is_there = false;      ///< the guard has confirmed it
    };

    GuardOptions options_;
    const Instant begun_;
    GuardFound found_;

    std::mutex talk_;               ///< one request at a time; of the socket
    UniqueFd socket_;
    UniqueFd process_;

    mutable std::mutex mutex_;      ///< of what follows; never held while talking
    guard::Page* page_ = nullptr;
    std::uint64_t severings_before_ = 0;  ///< by guards before the one that is there
    std::uint64_t severings_old_ = 0;     ///< by the one that is there, before this link was made
    guard::Word word_;
    bool is_watchdog_said_ = false;       ///< whether it is wanted: what was said before is over
    std::string problem_;
    std::string watchdog_problem_;
    std::string watch_problem_;
    std::map<ResourceId, Put> puts_;
};

}  // namespace ha::runtime
