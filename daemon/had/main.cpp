// had: one node of a cluster as a daemon. Configuration, cluster handle, management API, and a wait
// for signals; everything else is the library's.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <iostream>
#include <mutex>
#include <optional>
#include <utility>

#include "exit_code.hpp"
#include "final_action.hpp"
#include "ha/admin.hpp"
#include "log.hpp"
#include "notify.hpp"
#include "options.hpp"
#include "witness.hpp"

namespace had {

namespace {

using namespace std::chrono_literals;

/// What callbacks of the library tell the main thread.
struct Inbox {
    std::mutex mutex;
    bool is_stopped = false;                     ///< leaving is complete
    std::optional<ha::FinalAction> final_action;
    std::string reason;
    std::optional<ha::ServiceOrder> order;       ///< to be carried out when leaving is complete
    std::string order_reason;
};

ha::Options library_options(const Options& from, Inbox& inbox) {
    ha::Options to;
    to.config_file = from.config;
    to.node = from.node;
    to.key_file = from.key_file;
    to.state_directory = from.state_directory;
    to.run_directory = from.run_directory;
    to.plugin_directories = from.plugin_directories;
    to.is_realtime = from.is_realtime;
    to.is_memory_locked = from.is_realtime;
    to.is_memory_saved = true;
    to.may_reboot = from.may_reboot;
    to.boot_id = from.boot_id;
    to.guard = from.guard;
    to.watchdog = from.watchdog;
    to.watchdog_timeout = std::chrono::seconds(from.watchdog_timeout_s);
    to.watchdog_pretimeout = std::chrono::seconds(from.watchdog_pretimeout_s);
    to.is_self_fence_always = from.self_fence == "always";
    to.is_recorded = from.record != "off";
    if (to.is_recorded) to.record_directory = from.record;
    to.hold_version = from.hold_version;
    to.record_bytes_max = std::uint64_t{from.record_mib} << 20;
    to.on_notice = [](const ha::Notice& notice) { log(notice); };
    to.on_log = [](int severity, const std::string& text) {
        constexpr Level k_levels[] = {Level::debug, Level::info, Level::warning, Level::error};
        log(severity >= 0 && severity < 4 ? k_levels[severity] : Level::error, text);
    };
    to.on_final_action = [&inbox](ha::FinalAction action, const std::string& reason) {
        std::lock_guard guard(inbox.mutex);
        inbox.final_action = action;
        inbox.reason = reason;
        ::kill(::getpid(), SIGUSR1);  // wakes the main thread
    };
    to.on_order = [&inbox](ha::ServiceOrder order, const std::string& reason) {
        std::lock_guard guard(inbox.mutex);
        inbox.order = order;
        inbox.order_reason = reason;
        ::kill(::getpid(), SIGUSR1);
    };
    to.on_stopped = [&inbox] {
        std::lock_guard guard(inbox.mutex);
        inbox.is_stopped = true;
        ::kill(::getpid(), SIGUSR1);
    };
    return to;
}

/// Blocked in all threads, and taken by the main thread alone.
sigset_t block_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int one : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) sigaddset(&signals, one);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    return signals;
}

/// The next signal; 0 when `time` has passed.
int wait_for_signal(const sigset_t& signals, std::chrono::microseconds time) {
    const auto s = std::chrono::duration_cast<std::chrono::seconds>(time);
    const timespec limit{s.count(), (time - s).count() * 1000};
    const int signal = ::sigtimedwait(&signals, nullptr, &limit);
    return signal > 0 ? signal : 0;
}

/// Leaving, and how long it may take.
class Departure {
   public:
    explicit Departure(std::chrono::seconds limit) : limit_(limit) {}

    bool is_begun() const { return is_begun_; }
    void begin(const std::string& reason, bool is_for_good = true) {
        if (is_begun_) return;
        is_begun_ = true;
        end_ = std::chrono::steady_clock::now() + limit_;
        log(Level::notice, "leaving: " + reason);
        // One that begins anew in this process does not stop for systemd, which would end it later.
        if (!is_for_good) return notify("STATUS=handing over: " + reason);
        // systemd must not cut off what is still within the limit.
        notify("STOPPING=1\nSTATUS=handing over: " + reason + "\nEXTEND_TIMEOUT_USEC=" +
               std::to_string(std::chrono::microseconds(limit_ + 10s).count()));
    }
    bool is_too_late() const {
        return is_begun_ && limit_.count() > 0 && std::chrono::steady_clock::now() >= end_;
    }
    /// As long as nothing has to be looked at because of it.
    std::chrono::microseconds quiet(std::chrono::microseconds most) const {
        if (!is_begun_ || limit_.count() == 0) return most;
        const auto left = std::chrono::duration_cast<std::chrono::microseconds>(
            end_ - std::chrono::steady_clock::now());
        return std::clamp(left, std::chrono::microseconds(1000), most);
    }

   private:
    std::chrono::seconds limit_;
    bool is_begun_ = false;
    std::chrono::steady_clock::time_point end_;
};

/// Until the node has left, or is told not to wait for that.
int run(ha::Cluster& cluster, Inbox& inbox, const Options& options, const sigset_t& signals) {
    const auto watchdog = watchdog_interval();
    int exit_code = k_exit_ok;
    bool is_signalled = false;
    Departure departure(options.leave_within);
    const auto leave = [&](const std::string& reason) {
        departure.begin(reason);
        cluster.leave(0s, reason);
    };
    for (;;) {
        const int signal = wait_for_signal(
            signals, departure.quiet(watchdog.count() > 0 ? watchdog : 3600s));
        if (departure.is_too_late()) {
            log(Level::error, "not left within " + std::to_string(options.leave_within.count()) +
                                  " s: stopping at once");
            return k_exit_interrupted;
        }
        if (signal == 0 && watchdog.count() > 0) {
            cluster.status();  // a node that does not answer is not alive; this throws then
            notify("WATCHDOG=1");
        }
        if (signal == SIGHUP)
            log(Level::notice, "HUP changes nothing; 'hactl config apply FILE' does");
        if (signal == SIGTERM || signal == SIGINT) {
            const bool is_second = std::exchange(is_signalled, true);
            if (is_second) {
                log(Level::warning, "a second signal: stopping at once, without leaving");
                return k_exit_interrupted;
            }
            if (!departure.is_begun())
                leave(signal == SIGTERM ? "asked by TERM" : "asked by INT");
            std::lock_guard guard(inbox.mutex);
            // Whoever ends the service does not want it to begin anew.
            if (inbox.order == ha::ServiceOrder::restart) inbox.order = ha::ServiceOrder::stop;
        }
        std::unique_lock guard(inbox.mutex);
        if (inbox.order && !departure.is_begun())
            departure.begin(std::string("told to ") + ha::to_string(*inbox.order),
                            *inbox.order != ha::ServiceOrder::restart);
        // The node has left before it tells of its final action.
        if (const auto action = std::exchange(inbox.final_action, std::nullopt)) {
            exit_code = k_exit_final_action;
            if (*action != ha::FinalAction::stop_node_service)
                restart_machine(*action, inbox.reason, options.may_reboot);
        }
        if (inbox.is_stopped) return exit_code;
    }
}

/// `order`: what is to follow.
int main_with(const Options& options, const sigset_t& signals,
              std::optional<ha::ServiceOrder>& order, std::string& reason) {
    Inbox inbox;
    std::optional<ha::Cluster> cluster;
    try {
        cluster.emplace(library_options(options, inbox));
    } catch (const ha::Error& error) {
        std::cerr << "had: " << error.what() << "\n";
        return error.code() == ha::ErrorCode::invalid ? k_exit_config : k_exit_failed;
    }
    try {
        cluster->start();
        const ha::AdminServer admin(*cluster, options.socket);
        log(Level::notice, "node " + options.node + " has started; management socket " +
                               options.socket);
        notify("READY=1\nSTATUS=node " + options.node + " takes part");
        const int exit_code = run(*cluster, inbox, options, signals);
        order = inbox.order;
        reason = inbox.order_reason;
        return exit_code;
    } catch (const ha::Error& error) {
        log(Level::error, error.what());
        return k_exit_failed;
    }
}

}  // namespace

}  // namespace had

int main(int argc, char** argv) {
    const auto parsed = had::parse_options(argc, argv);
    if (parsed.exit_code) return *parsed.exit_code;
    had::init_log(parsed.options.is_verbose);
    const auto signals = had::block_signals();
    if (parsed.options.is_witness) return had::run_witness(parsed.options, signals);
    std::optional<ha::ServiceOrder> order;
    std::string reason;
    const int exit_code = had::main_with(parsed.options, signals, order, reason);
    if (order) had::carry_out(*order, reason, parsed.options.may_reboot, argv);
    return exit_code;
}
