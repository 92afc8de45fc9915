// had --witness.
#include "witness.hpp"

#include <iostream>

#include "exit_code.hpp"
#include "ha/witness.hpp"
#include "log.hpp"
#include "notify.hpp"

namespace had {

namespace {

using namespace std::chrono_literals;

/// How often the line of figures is written.
constexpr auto k_status_every = 60s;

std::string status_line(const ha::WitnessStatus& status) {
    std::size_t heard = 0, leaders = 0;
    std::uint64_t dropped = 0;
    for (const auto& cluster : status.clusters) {
        heard += cluster.heard_ago < 10s;
        leaders += cluster.leader != 0;
        dropped += cluster.dropped;
    }
    return "witness: clusters=" + std::to_string(status.clusters.size()) +
           " heard=" + std::to_string(heard) + " led=" + std::to_string(leaders) +
           " received=" + std::to_string(status.received) + " sent=" + std::to_string(status.sent) +
           " refused=" + std::to_string(status.refused) + " dropped=" + std::to_string(dropped) +
           " syncs=" + std::to_string(status.syncs) +
           " kept_bytes=" + std::to_string(status.kept_bytes);
}

ha::WitnessOptions library_options(const Options& from) {
    ha::WitnessOptions to;
    to.state_directory = from.state_directory;
    if (to.state_directory.empty()) to.state_directory = "/var/lib/ha-witness";
    to.listen = from.listen;
    to.key_directory = from.key_directory;
    to.is_light = from.is_light;
    to.rate_max = from.rate_max;
    to.kept_bytes_max = from.kept_mib_max * 1024 * 1024;
    to.is_realtime = from.is_realtime;
    to.on_log = [](int severity, const std::string& text) {
        constexpr Level k_levels[] = {Level::debug, Level::info, Level::warning, Level::error};
        log(severity >= 0 && severity < 4 ? k_levels[severity] : Level::error, text);
    };
    return to;
}

int serve(ha::Witness& witness, const sigset_t& signals) {
    const auto watchdog = watchdog_interval();
    const auto wait = watchdog.count() > 0 ? std::min<std::chrono::microseconds>(watchdog,
                                                                                 k_status_every)
                                           : std::chrono::microseconds(k_status_every);
    auto told = std::chrono::steady_clock::now();
    for (;;) {
        const auto s = std::chrono::duration_cast<std::chrono::seconds>(wait);
        const timespec limit{s.count(), (wait - s).count() * 1000};
        const int signal = ::sigtimedwait(&signals, nullptr, &limit);
        if (signal == SIGTERM || signal == SIGINT) {
            notify("STOPPING=1");
            log(Level::notice, status_line(witness.status()));
            return k_exit_ok;
        }
        if (signal == SIGHUP) witness.reload_keys();
        const auto status = witness.status();  // throws when it does not answer any more
        if (!status.failed.empty()) return k_exit_failed;
        if (watchdog.count() > 0) notify("WATCHDOG=1");
        const auto now = std::chrono::steady_clock::now();
        if (signal != SIGUSR1 && now - told < k_status_every) continue;
        told = now;
        log(Level::info, status_line(status));
        notify("STATUS=" + status_line(status));
    }
}

}  // namespace

int run_witness(const Options& options, const sigset_t& signals) {
    try {
        ha::Witness witness(library_options(options));
        std::string where;
        for (const auto& address : options.listen) where += (where.empty() ? "" : ", ") + address;
        log(Level::notice, "the witness listens on " + where);
        notify("READY=1\nSTATUS=the witness listens on " + where);
        return serve(witness, signals);
    } catch (const ha::Error& error) {
        std::cerr << "had: " << error.what() << "\n";
        return error.code() == ha::ErrorCode::invalid ? k_exit_config : k_exit_failed;
    }
}

}  // namespace had
