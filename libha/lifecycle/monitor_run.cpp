// One monitor on this node.
#include "lifecycle/monitor_run.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "lifecycle/bounds.hpp"

namespace ha::lifecycle {

static constexpr const char* k_injected = "an injected failure, for a drill";

void MonitorRun::set_state(Context& context, MonitorState state) {
    if (state_ == state) return;
    context.tell(EventKind::monitor_state, object(),
                 {{"from", to_string(state_)}, {"to", to_string(state)}, {"text", text_}});
    state_ = state;
}

void MonitorRun::begin(Context& context, const Epoch& epoch) {
    HA_ASSERT(!is_running_);
    is_running_ = true;
    bad_in_a_row_ = unknown_in_a_row_ = 0;
    healthy_since_.reset();
    text_.clear();
    next_check_ = context.now + spec_.start_delay;
    check_begun_ = context.now;
    is_stale_ = check_.has_value();
    is_given_up_ = false;
    if (!is_multi()) context.out.calls.push_back(BeginMonitor{spec_.id, epoch});
    set_state(context, MonitorState::unknown);
}

void MonitorRun::end(Context& context) {
    if (!is_running_) return;
    is_running_ = false;
    next_check_ = Instant::max();
    if (check_ && !is_given_up_) context.out.calls.push_back(CancelOperation{*check_});
    if (!is_multi()) context.out.calls.push_back(EndMonitor{spec_.id});
    set_state(context, MonitorState::idle);
}

void MonitorRun::set_paused(Context& context, bool is_paused) {
    if (is_paused) {
        end(context);
        set_state(context, MonitorState::paused);
    } else if (state_ == MonitorState::paused) {
        set_state(context, MonitorState::idle);
    }
}

void MonitorRun::warn_when_slow(Context& context) {
    if (spec_.delay_warning_percent >= 100) return;
    auto took = context.now - check_begun_;
    if (took <= Duration{check_timeout_.count() / 100 * spec_.delay_warning_percent}) return;
    context.tell(EventKind::monitor_slow, object(),
                 {{"took_ms", std::to_string(took / 1ms)},
                  {"timeout_ms", std::to_string(check_timeout_ / 1ms)}});
}

bool MonitorRun::on_report(Context& context, const MonitorReport& report) {
    if (!report.id) {
        if (is_running_ && is_injected_ && report.verdict == Verdict::ok) return false;
        if (is_running_) return on_verdict(context, report.verdict, report.text, true);
        context.tell(EventKind::plugin_note, object(),
                     {{"text", "a report of a monitor that does not run is ignored"}});
        return false;
    }
    if (check_ != report.id) {
        context.tell(EventKind::plugin_note, object(),
                     {{"text", "the report of a check that is not awaited is ignored"}});
        return false;
    }
    check_.reset();
    bool is_late = std::exchange(is_given_up_, false);
    if (std::exchange(is_stale_, false) || is_late || !is_running_) {
        context.tell(EventKind::plugin_note, object(),
                     {{"text", "a check that was given up on came back, and is ignored"}});
        return false;
    }
    warn_when_slow(context);
    next_check_ = std::max(context.now, check_begun_ + spec_.interval);
    if (is_injected_) return on_verdict(context, Verdict::bad, k_injected, false);
    return on_verdict(context, report.verdict, report.text, false);
}

bool MonitorRun::tick(Context& context) {
    if (!is_running_) return false;
    if (check_ && !is_given_up_) {
        if (context.now < check_begun_ + check_timeout_) return false;
        is_given_up_ = true;
        context.out.calls.push_back(CancelOperation{*check_});
        warn_when_slow(context);
        next_check_ = context.now + spec_.interval;
        return on_verdict(context, Verdict::bad, "the check timed out", false);
    }
    if (context.now < next_check_) return false;
    if (check_) {
        next_check_ = context.now + spec_.interval;
        return on_verdict(context, Verdict::bad, "an earlier check has not come back", false);
    }
    check_ = context.operations.next_id();
    check_begun_ = context.now;
    check_timeout_ = context.stretched(spec_.timeout);
    context.out.calls.push_back(CheckMonitor{*check_, spec_.id, context.now + check_timeout_});
    return false;
}

Instant MonitorRun::next_deadline() const {
    if (!is_running_) return Instant::max();
    return check_ && !is_given_up_ ? check_begun_ + check_timeout_ : next_check_;
}

bool MonitorRun::on_members(Context& context, const MembersVerdict& members) {
    HA_ASSERT(is_running_ && is_multi());
    next_check_ = context.now + spec_.interval;
    if (is_injected_) return on_verdict(context, Verdict::bad, k_injected, false);
    good_state_ = members.is_warning ? MonitorState::warning : MonitorState::ok;
    return on_verdict(context, members.verdict, members.text, false);
}

/// Saturates, and says whether there were more than `retries` of them.
bool MonitorRun::count_bad(std::uint32_t& in_a_row, bool is_at_once) {
    if (in_a_row < UINT32_MAX) in_a_row++;
    return is_at_once || in_a_row > spec_.retries;
}

bool MonitorRun::on_verdict(Context& context, Verdict verdict, const std::string& text,
                            bool is_at_once) {
    text_ = clipped(text);
    switch (verdict) {
        case Verdict::ok:
            bad_in_a_row_ = unknown_in_a_row_ = 0;
            note_health(context.now);
            set_state(context, good_state_);
            return false;
        case Verdict::bad:
            healthy_since_.reset();
            if (!count_bad(bad_in_a_row_, is_at_once)) return false;
            bad_in_a_row_ = 0;
            set_state(context, MonitorState::bad);
            return true;
        case Verdict::unknown:
            healthy_since_.reset();
            if (!count_bad(unknown_in_a_row_, is_at_once)) return false;
            unknown_in_a_row_ = 0;
            set_state(context, spec_.unknown_is_bad ? MonitorState::bad : MonitorState::unknown);
            return spec_.unknown_is_bad;
    }
    return false;
}

void MonitorRun::note_health(Instant now) {
    if (!healthy_since_) healthy_since_ = now;
    if (spec_.reset_after == Duration{0} || now - *healthy_since_ < spec_.reset_after) return;
    restarts_ = failovers_ = 0;
    is_final_done_ = false;
}

Recovery MonitorRun::choose_recovery() {
    bool has_target = false;
    switch (spec_.recovery) {
        case model::RecoveryTarget::resource:
        case model::RecoveryTarget::group: has_target = static_cast<bool>(spec_.group); break;
        case model::RecoveryTarget::all_groups: has_target = true; break;
        case model::RecoveryTarget::none:
        case model::RecoveryTarget::node: break;
    }
    if (has_target && restarts_ < spec_.restart_threshold) {
        restarts_++;
        return Recovery::restart;
    }
    if (has_target && failovers_ < spec_.failover_threshold) {
        failovers_++;
        return Recovery::failover;
    }
    if (is_final_done_ || spec_.final_action == model::FinalAction::none) return Recovery::none;
    is_final_done_ = true;
    return Recovery::final_action;
}

const char* to_string(Recovery r) noexcept {
    switch (r) {
        case Recovery::none: return "none";
        case Recovery::restart: return "restart";
        case Recovery::failover: return "failover";
        case Recovery::final_action: return "final_action";
    }
    return "none";
}

MonitorLine MonitorRun::line() const {
    return {spec_.id, state_, text_, restarts_, failovers_, is_injected_};
}

}  // namespace ha::lifecycle
