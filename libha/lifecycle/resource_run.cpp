// One resource on this node.
#include "lifecycle/resource_run.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "lifecycle/bounds.hpp"

namespace ha::lifecycle {

namespace {

bool is_failure(Outcome outcome) {
    return outcome == Outcome::failed || outcome == Outcome::timed_out;
}

}  // namespace

ResourceRun::ResourceRun(std::size_t position, model::ResourceSpec spec)
    : position_(position), spec_(std::move(spec)) {}

bool ResourceRun::has_too_many_loose() const { return loose_.size() >= k_limit_loose_operations; }

void ResourceRun::set_state(Context& context, ResourceState state) {
    if (state_ == state) return;
    context.tell(EventKind::resource_state, object(),
                 {{"from", to_string(state_)}, {"to", to_string(state)}});
    state_ = state;
}

void ResourceRun::call(Context& context, const Activation& activation, OperationKind kind,
                       Duration timeout, Instant not_after) {
    const auto& operation =
        context.operations.begin(context.now, kind, activation.group, position_, timeout);
    (kind == OperationKind::sever ? sever_ : operation_) = operation.id;
    context.out.calls.push_back(StartOperation{operation.id,
                                               kind,
                                               spec_.id,
                                               activation.group,
                                               activation.epoch,
                                               activation.start_kind,
                                               activation.factor,
                                               context.now + timeout,
                                               not_after});
}

void ResourceRun::doubt(Context& context) {
    HA_ASSERT(!is_busy());
    may_run_ = true;
    is_looked_at_ = false;
    set_state(context, ResourceState::unknown);
}

void ResourceRun::begin_probe(Context& context, const Activation& activation) {
    HA_ASSERT(!operation_);  // a sever may still be out: it does not speak for the resource
    call(context, activation, OperationKind::probe,
         context.stretched(spec_.probe_timeout), Instant::max());
}

void ResourceRun::begin_start(Context& context, const Activation& activation, Instant not_after) {
    HA_ASSERT(may_start());
    may_have_run_ = may_run_;
    may_run_ = true;
    set_state(context, ResourceState::starting);
    call(context, activation, OperationKind::start, context.stretched(spec_.start.timeout),
         not_after);
}

void ResourceRun::begin_stop(Context& context, const Activation& activation) {
    HA_ASSERT(may_stop());
    set_state(context, ResourceState::stopping);
    call(context, activation, OperationKind::stop, context.stretched(spec_.stop.timeout),
         Instant::max());
}

void ResourceRun::sever(Context& context, const Activation& activation) {
    if (sever_) return;
    call(context, activation, OperationKind::sever, k_sever_timeout, Instant::max());
}

void ResourceRun::cancel(Context& context) {
    if (!operation_) return;
    const auto* operation = context.operations.find(*operation_);
    HA_ASSERT(operation != nullptr);
    if (operation->is_cancelled || operation->kind == OperationKind::stop) return;
    if (is_verifying_) return;  // that one is still wanted
    context.out.calls.push_back(CancelOperation{*operation_});
    context.operations.mark_cancelled(context.now, *operation_);
}

void ResourceRun::reset_attempts() {
    attempts_ = 0;
    has_start_failed_ = false;
    has_stop_failed_ = false;
}

void ResourceRun::tell_failure(Context& context, const Operation& operation, Outcome outcome) {
    auto kind = outcome == Outcome::timed_out ? EventKind::operation_timed_out
                                              : EventKind::operation_failed;
    context.tell(kind, object(),
                 {{"operation", to_string(operation.kind)},
                  {"attempt", std::to_string(attempts_ + 1)},
                  {"text", text_}});
}

ResourceStep ResourceRun::on_report(Context& context, const Activation& activation,
                                    const Operation& operation, const OperationReport& report) {
    if (operation.is_loose) return on_came_back(context, operation, report);
    auto took = context.now - operation.begun;
    auto slow = Duration{operation.timeout.count() / 100 * context.slow_percent};
    if (context.slow_percent < 100 && !is_failure(report.outcome) && took > slow)
        context.tell(EventKind::operation_slow, object(),
                     {{"operation", to_string(operation.kind)},
                      {"took_ms", std::to_string(took / 1ms)},
                      {"timeout_ms", std::to_string(operation.timeout / 1ms)}});
    if (is_failure(report.outcome)) {
        text_ = clipped(report.text.empty() ? std::string(to_string(operation.kind)) + " " +
                                                  to_string(report.outcome)
                                            : report.text);
        if (!operation.is_cancelled) tell_failure(context, operation, report.outcome);
    }
    if (operation.kind == OperationKind::sever) {
        HA_ASSERT(sever_ == operation.id);
        sever_.reset();
        context.tell(EventKind::resource_severed, object(),
                     {{"outcome", to_string(report.outcome)}, {"text", clipped(report.text)}});
        return ResourceStep::settled;
    }
    HA_ASSERT(operation_ == operation.id);
    operation_.reset();
    switch (operation.kind) {
        case OperationKind::probe: return on_probed(context, report);
        case OperationKind::start: return on_started(context, operation, report);
        case OperationKind::stop: return on_stopped(context, activation, report);
        case OperationKind::sever: break;
    }
    return ResourceStep::settled;
}

ResourceStep ResourceRun::on_started(Context& context, const Operation& operation,
                                     const OperationReport& report) {
    if (report.outcome == Outcome::not_begun) {
        may_run_ = may_have_run_;
        set_state(context, may_run_ ? ResourceState::unknown : ResourceState::offline);
        return ResourceStep::settled;
    }
    bool is_contradiction = report.status == ResourceStatus::offline ||
                            report.status == ResourceStatus::failed;
    if (report.outcome == Outcome::ok && !is_contradiction) {
        attempts_ = 0;
        text_.clear();
        set_state(context, ResourceState::online);
        return ResourceStep::settled;
    }
    if (report.outcome == Outcome::ok) {
        text_ = std::string("the start was reported as done, but the resource is ") +
                to_string(report.status);
        tell_failure(context, operation, Outcome::failed);
    }
    if (operation.is_cancelled) {
        set_state(context, ResourceState::unknown);
        return ResourceStep::settled;
    }
    if (++attempts_ <= spec_.start.retries) return ResourceStep::settled;
    has_start_failed_ = true;
    set_state(context, ResourceState::failed);
    return ResourceStep::start_failed;
}

/// What a stop or a probe says is worth nothing if a start ended while it was under way.
bool ResourceRun::take_come_back(Context& context) {
    if (!has_come_back_) return false;
    has_come_back_ = false;
    is_verifying_ = false;
    set_state(context, ResourceState::unknown);
    return true;
}

ResourceStep ResourceRun::on_stopped(Context& context, const Activation& activation,
                                     const OperationReport& report) {
    if (take_come_back(context)) return ResourceStep::settled;
    bool is_contradiction = report.status == ResourceStatus::online ||
                            report.status == ResourceStatus::failed;
    if (report.outcome == Outcome::ok && !is_contradiction) {
        attempts_ = 0;
        may_run_ = false;
        is_looked_at_ = true;
        set_state(context, ResourceState::offline);
        return ResourceStep::settled;
    }
    if (report.outcome == Outcome::ok)
        text_ = std::string("the stop was reported as done, but the resource is ") +
                to_string(report.status);
    if (report.outcome == Outcome::not_begun) text_ = "the stop was not begun";
    if (++attempts_ <= spec_.stop.retries && !has_too_many_loose()) return ResourceStep::settled;
    // The last word has the resource itself: a stop that failed on something that is gone is none.
    is_verifying_ = true;
    begin_probe(context, activation);
    return ResourceStep::settled;
}

ResourceStep ResourceRun::on_probed(Context& context, const OperationReport& report) {
    if (take_come_back(context)) return ResourceStep::settled;
    bool is_offline = report.outcome == Outcome::ok && report.status == ResourceStatus::offline;
    if (is_offline) {
        attempts_ = 0;
        may_run_ = false;
    }
    if (is_verifying_) {
        is_verifying_ = false;
        set_state(context, is_offline ? ResourceState::offline : ResourceState::failed);
        has_stop_failed_ = !is_offline;
        return is_offline ? ResourceStep::settled : ResourceStep::stop_failed;
    }
    if (report.outcome == Outcome::not_begun) return ResourceStep::settled;
    is_looked_at_ = true;
    auto state = ResourceState::unknown;
    if (report.outcome == Outcome::ok) switch (report.status) {
            case ResourceStatus::offline: state = ResourceState::offline; break;
            case ResourceStatus::online: state = ResourceState::online; break;
            case ResourceStatus::failed: state = ResourceState::failed; break;
            case ResourceStatus::unknown: break;
        }
    set_state(context, state);
    return ResourceStep::settled;
}

ResourceStep ResourceRun::on_overdue(Context& context, const Activation& activation,
                                     const Operation& operation) {
    OperationReport report{operation.id, Outcome::timed_out, ResourceStatus::unknown,
                           std::string(to_string(operation.kind)) + " did not come back"};
    if (!operation.is_cancelled) context.out.calls.push_back(CancelOperation{operation.id});
    loose_.push_back(operation.id);
    if (operation.kind == OperationKind::start) {
        loose_starts_++;
        // A second start beside one that is still out would only double the trouble.
        attempts_ = spec_.start.retries;
    }
    return on_report(context, activation, operation, report);
}

ResourceStep ResourceRun::on_came_back(Context& context, const Operation& operation,
                                       const OperationReport& report) {
    context.tell(EventKind::plugin_note, object(),
                 {{"text", std::string("a ") + to_string(operation.kind) +
                               " that was given up on came back: " + to_string(report.outcome)}});
    auto erased = std::erase(loose_, operation.id);
    HA_ASSERT(erased == 1);
    if (operation.kind == OperationKind::sever) return ResourceStep::settled;
    has_stop_failed_ = false;  // now another try has a chance
    attempts_ = 0;
    if (operation.kind != OperationKind::start) return ResourceStep::settled;
    loose_starts_--;
    if (report.outcome == Outcome::not_begun) return ResourceStep::settled;
    may_run_ = true;
    if (operation_)
        has_come_back_ = true;
    else
        set_state(context, ResourceState::unknown);
    return ResourceStep::settled;
}

}  // namespace ha::lifecycle
