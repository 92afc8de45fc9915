// One monitor on this node: when to check, when bad is bad enough, and what to do about it.
//
//   Invariants
//   (1) Checks never overlap: while one is out, no other is begun, even when it is given up on or
//       from before an end. (It has a timeout from the next begin to come back; then that is bad.)
//   (2) A report counts only between BeginMonitor and EndMonitor, and a check's only once.
//   (3) Restarts and failovers are counted here and nowhere else; the counters outlive the end of
//       an activation and are reset by `reset_after` of health only.
//
//        begin              answer ok
//   idle -------> unknown -------------> ok <------------+
//    ^  ^            |  bad, `retries` more in a row     | answer ok (of `multi`: warning)
//    |  |            +---------> bad --------------------+
//    |  +--- end ------- any
//    +--- end, paused: paused
//
//   idle, paused -> unknown [begin]       any -> idle, paused [end, set_paused]
//   unknown, ok, bad -> unknown, ok, bad  [on_report, tick]
//
// What follows from bad is one step at a time [choose_recovery]: restart the target up to
// restart_threshold times, then fail over up to failover_threshold times, then the final action,
// once.
#pragma once

#include <optional>
#include <string>

#include "base/reflect.hpp"
#include "lifecycle/context.hpp"
#include "lifecycle/operation.hpp"
#include "lifecycle/status.hpp"
#include "model/spec.hpp"

namespace ha::lifecycle {

enum class Recovery : std::uint8_t { none, restart, failover, final_action };
const char* to_string(Recovery r) noexcept;

/// What the members of a monitor of type `multi` say together.
struct MembersVerdict {
    Verdict verdict = Verdict::unknown;
    bool is_warning = false;
    std::string text;
};

class MonitorRun {
   public:
    /// For recordings (base/archive.hpp).
    auto members() {
        return reflect::fields(spec_, state_, text_, is_running_, check_, is_given_up_, is_stale_,
                               check_begun_, check_timeout_, next_check_, healthy_since_,
                               bad_in_a_row_, unknown_in_a_row_, restarts_, failovers_,
                               is_final_done_, is_injected_, good_state_);
    }

    /// To be filled in.
    MonitorRun() = default;
    explicit MonitorRun(model::MonitorSpec spec) : spec_(std::move(spec)) {}

    const model::MonitorSpec& spec() const { return spec_; }
    bool is_running() const { return is_running_; }

    void begin(Context& context, const Epoch& epoch);
    void end(Context& context);
    void set_paused(Context& context, bool is_paused);

    /// True when it counts as bad now: recovery is due.
    bool on_report(Context& context, const MonitorReport& report);
    bool tick(Context& context);
    /// Of type `multi`, in place of a tick.
    bool on_members(Context& context, const MembersVerdict& members);
    bool is_multi() const { return spec_.type == model::k_multi_type; }
    /// A drill: each check says "bad", whatever it sees.
    void set_injected(bool is_injected) { is_injected_ = is_injected; }
    Instant next_deadline() const;

    /// The next step of the escalation, counted as done.
    Recovery choose_recovery();

    MonitorState state() const { return state_; }
    MonitorLine line() const;

   private:
    bool on_verdict(Context& context, Verdict verdict, const std::string& text, bool is_at_once);
    bool count_bad(std::uint32_t& in_a_row, bool is_at_once);
    void note_health(Instant now);
    void set_state(Context& context, MonitorState state);
    void warn_when_slow(Context& context);
    std::string object() const { return "monitor " + spec_.name; }

    model::MonitorSpec spec_;
    MonitorState state_ = MonitorState::idle;
    std::string text_;
    bool is_running_ = false;
    std::optional<OperationId> check_;  ///< the one that is out
    bool is_given_up_ = false;          ///< `check_` is past its deadline
    bool is_stale_ = false;             ///< `check_` is from before the last begin
    Instant check_begun_;
    Duration check_timeout_{0};         ///< of the check that is out
    Instant next_check_ = Instant::max();
    std::optional<Instant> healthy_since_;
    std::uint32_t bad_in_a_row_ = 0;
    std::uint32_t unknown_in_a_row_ = 0;
    std::uint32_t restarts_ = 0;
    std::uint32_t failovers_ = 0;
    bool is_final_done_ = false;
    bool is_injected_ = false;
    MonitorState good_state_ = MonitorState::ok;
};

}  // namespace ha::lifecycle
