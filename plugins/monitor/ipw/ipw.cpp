// The IP monitor.
#include "monitor/ipw/ipw.hpp"

#include <algorithm>

#include "monitor/ipw/ping.hpp"

namespace ha::ipw {

using namespace std::chrono_literals;

namespace {

/// Left of the operation's time for telling the result.
constexpr auto k_margin = std::chrono::milliseconds(5);
/// How often is_cancelled is asked where the host offers no descriptor for it.
constexpr auto k_cancel_poll = std::chrono::milliseconds(100);

/// Waits out one attempt. Throws when the operation is cancelled.
void wait(Round& round, Require require, std::chrono::nanoseconds time,
          const plugin::Operation& operation) {
    const auto end = Round::Clock::now() + time;
    for (;;) {
        const auto now = Round::Clock::now();
        const auto until = operation.cancel_fd() < 0 ? std::min(end, now + k_cancel_poll) : end;
        const bool is_woken = !round.wait(require, until, operation.cancel_fd());
        if (is_woken || operation.is_cancelled())
            throw plugin::Error(plugin::ErrorCode::cancelled, "cancelled");
        if (is_settled(require, round.states()) || Round::Clock::now() >= end) return;
    }
}

}  // namespace

IpMonitor::IpMonitor(const plugin::Context& context) {
    const auto parameters = context.parameters();
    std::string error;
    targets_ = parse_targets(parameters.list("targets"), error);
    if (!error.empty()) throw parameters.wrong("targets", error);
    require_ = parse_require(parameters.string("require")).value();
    timeout_ = parameters.duration("timeout");
    attempts_ = static_cast<unsigned>(parameters.integer("retries")) + 1;
}

plugin::Verdict IpMonitor::check(const plugin::Operation& operation) {
    Round round(targets_);
    bool is_cut_short = false;
    for (unsigned i = 0; i < attempts_ && !is_cut_short; ++i) {
        const auto time = std::max(operation.remaining() - k_margin, std::chrono::nanoseconds(0));
        is_cut_short = time < timeout_;
        round.ask();
        wait(round, require_, std::min(timeout_, time), operation);
        if (judge(require_, round.states()) == Judgement::ok) return plugin::Verdict::ok();
    }
    // Silence counts only after all the time that the targets were promised.
    if (is_cut_short)
        return plugin::Verdict::unknown(
            round.describe() + "; the check's own timeout left no time for " +
            std::to_string(attempts_) + " attempts of " + std::to_string(timeout_ / 1ms) +
            " ms: give it more than that");
    if (judge(require_, round.states()) == Judgement::bad)
        return plugin::Verdict::bad(round.describe());
    return plugin::Verdict::unknown(round.describe());
}

}  // namespace ha::ipw
