// One group on this node: what is begun when, in which order, and what it leads to.
#include <algorithm>

#include "base/assert.hpp"
#include "lifecycle/group_run.hpp"

namespace ha::lifecycle {

bool GroupRun::is_any_busy() const {
    return std::any_of(resources_.begin(), resources_.end(),
                       [](const ResourceRun& r) { return r.is_busy(); });
}

/// A group that needs nobody's agreement is restarted in place without a lease; its first start
/// needs one all the same, because without it what we know may be old (safety.md F2).
bool GroupRun::may_start(const Context& context) const {
    bool is_lease_needed =
        requirement_ != model::Requirement::nothing || phase_ != Phase::starting || !was_online_;
    return context.start_block.empty() && (context.lease_block.empty() || !is_lease_needed) &&
           wish_.kind == WishKind::run && wish_.is_ours && !is_severed_ &&
           released_ != epoch_.incarnation && spec_flaw_.empty();
}

void GroupRun::advance(Context& context) {
    take_next_spec(context);
    switch (phase_) {
        case Phase::idle:
        case Phase::online:
        case Phase::failed: return;
        case Phase::waiting: leave_waiting(context); return;
        case Phase::probing: advance_probes(context); return;
        case Phase::starting: advance_starts(context); return;
        case Phase::restarting: advance_restart(context); return;
        case Phase::stopping: advance_stops(context); return;
        case Phase::stopped: release_if_due(context); return;
    }
}

namespace {

OperationFactor factor_of(model::StartKind kind) {
    switch (kind) {
        case model::StartKind::start: return OperationFactor::group_start;
        case model::StartKind::failover: return OperationFactor::group_failover;
        case model::StartKind::move: return OperationFactor::group_move;
    }
    return OperationFactor::none;
}

}  // namespace

void GroupRun::leave_waiting(Context& context) {
    if (!may_start(context)) return;
    start_kind_ = wish_.start_kind;
    factor_ = factor_of(start_kind_);
    if (is_in_doubt_) {
        set_phase(context, Phase::probing);  // looking needs nobody's note
        advance_probes(context);
    } else if (wish_.is_clear && !is_haunted()) {
        is_cleared_ = true;
        enter_starting(context, factor_);
    }
}

void GroupRun::advance_probes(Context& context) {
    bool is_done = true;
    for (auto i : dependencies_.order) {
        auto& resource = resources_[i];
        if (resource.is_looked_at()) continue;
        is_done = false;
        if (resource.is_busy() || !context.operations.has_slot(context.parallel_limit)) continue;
        resource.begin_probe(context, activation());
    }
    if (is_done) judge_probes(context);
}

/// What is online, on ground that is online, is left alone. But whoever has started it all, it is
/// not online as ours while a former owner's lease may run.
void GroupRun::judge_probes(Context& context) {
    std::vector<bool> broken(resources_.size());
    stopped_set_ = stopped_set();
    for (std::size_t i = 0; i < resources_.size(); i++)
        broken[i] = stopped_set_[i] ? !resources_[i].is_clean() : !resources_[i].is_online();
    bool is_any = std::any_of(broken.begin(), broken.end(), [](bool b) { return b; });
    if (!is_any && !is_cleared_) return;
    is_in_doubt_ = false;
    is_adopted_ = true;
    if (is_any)
        enter_restarting(context, std::move(broken), OperationFactor::group_start);
    else
        enter_online(context);
    advance(context);
}

void GroupRun::enter_starting(Context& context, OperationFactor factor) {
    hold(context);
    factor_ = factor;
    text_.clear();
    stopped_set_ = stopped_set();
    for (auto& resource : resources_) resource.reset_attempts();
    set_phase(context, Phase::starting);
    context.tell(EventKind::group_starting, object(),
                 {{"incarnation", std::to_string(epoch_.incarnation.value)},
                  {"factor", to_string(factor)}});
    advance_starts(context);
}

void GroupRun::advance_starts(Context& context) {
    bool is_complete = true;
    for (auto i : dependencies_.order) {
        auto& resource = resources_[i];
        if (resource.is_online() || (stopped_set_[i] && resource.is_clean())) continue;
        is_complete = false;
        if (stopped_set_[i]) continue;
        if (!resource.may_start() || !may_start(context) || !is_cleared_) continue;
        bool is_founded = std::all_of(
            dependencies_.needs[i].begin(), dependencies_.needs[i].end(),
            [this](std::size_t need) { return resources_[need].is_online(); });
        if (!is_founded || !context.operations.has_slot(context.parallel_limit)) continue;
        resource.begin_start(context, activation(),
                             context.lease_block.empty() ? context.not_after : Instant::max());
    }
    if (is_complete) enter_online(context);
}

void GroupRun::enter_online(Context& context) {
    text_.clear();
    was_online_ = true;
    set_phase(context, Phase::online);
    context.tell(is_adopted_ ? EventKind::group_adopted : EventKind::group_online, object(),
                 {{"incarnation", std::to_string(epoch_.incarnation.value)}});
    is_adopted_ = false;
}

void GroupRun::enter_restarting(Context& context, std::vector<bool> from, OperationFactor factor) {
    factor_ = factor;
    is_stop_failure_ = false;
    restart_set_ = with_dependents(dependencies_, std::move(from));
    for (auto& resource : resources_) resource.reset_attempts();
    set_phase(context, Phase::restarting);
}

void GroupRun::advance_restart(Context& context) {
    switch (stop_some(context, restart_set_)) {
        case StopProgress::clean: enter_starting(context, factor_); return;
        case StopProgress::under_way: return;
        case StopProgress::stuck: enter_stop_failed(context); return;
    }
}

void GroupRun::enter_stopping(Context& context, OperationFactor factor, std::string reason) {
    factor_ = factor;
    text_ = std::move(reason);
    is_stop_failure_ = false;
    is_adopted_ = false;
    for (auto& resource : resources_) {
        resource.reset_attempts();
        resource.cancel(context);
    }
    set_phase(context, Phase::stopping);
    context.tell(EventKind::group_stopping, object(),
                 {{"factor", to_string(factor)}, {"reason", text_}});
}

void GroupRun::advance_stops(Context& context) {
    switch (stop_some(context, std::vector<bool>(resources_.size(), true))) {
        case StopProgress::clean: enter_stopped(context); return;
        case StopProgress::under_way: return;
        case StopProgress::stuck: enter_stop_failed(context); return;
    }
}

GroupRun::StopProgress GroupRun::stop_some(Context& context, const std::vector<bool>& which) {
    if (!spec_flaw_.empty() && is_held_) return StopProgress::stuck;  // nobody knows what runs
    bool is_clean = true;
    bool is_held_up = false;
    for (auto it = dependencies_.order.rbegin(); it != dependencies_.order.rend(); ++it) {
        auto& resource = resources_[*it];
        if (!which[*it] || resource.is_clean()) continue;
        is_clean = false;
        if (!resource.may_stop()) continue;
        const auto& above = dependencies_.needed_by[*it];
        bool is_free = std::all_of(above.begin(), above.end(),
                                   [this](std::size_t i) { return resources_[i].is_clean(); });
        if (!is_free) continue;
        // Stopping what is not ours any more waits for nobody.
        if (is_severed_ || context.operations.has_slot(context.parallel_limit))
            resource.begin_stop(context, activation());
        else
            is_held_up = true;
    }
    if (is_clean) return StopProgress::clean;
    return is_held_up || is_any_busy() ? StopProgress::under_way : StopProgress::stuck;
}

void GroupRun::enter_stopped(Context& context) {
    if (is_held_) {
        is_held_ = false;
        context.changes.held = true;
        context.tell(EventKind::group_offline, object(), {{"reason", text_}});
    }
    is_in_doubt_ = false;
    is_condemned_ = false;
    is_foreign_ = false;
    is_stop_failure_ = false;
    was_online_ = false;
    set_phase(context, Phase::stopped);
    std::erase_if(pending_, [](const model::Command& c) {
        return std::holds_alternative<model::StopFailed>(c);
    });
    take_next_spec(context);
    adopt_record(context);
    advance(context);
}

/// The record must show first why we give it up: a release would wipe out a ban or a goal that is
/// still on its way.
void GroupRun::release_if_due(Context& context) {
    if (is_held_ || !wish_.is_ours || wish_.epoch != epoch_ || !pending_.empty()) return;
    if (released_ == epoch_.incarnation) return;
    released_ = epoch_.incarnation;
    context.out.released.push_back(Held{group_, epoch_});
}

void GroupRun::enter_stop_failed(Context& context) {
    is_stop_failure_ = true;
    text_ = failures();
    set_phase(context, Phase::failed);
    context.tell(EventKind::group_failed, object(), {{"reason", text_}});
    ask(context, model::StopFailed{group_, self_, epoch_.incarnation, text_});
}

std::string GroupRun::failures() const {
    if (!spec_flaw_.empty()) return spec_flaw_;
    for (const auto& resource : resources_) {
        if (resource.has_stop_failed())
            return "resource " + resource.spec().name +
                   " could not be stopped: " + resource.text();
        if (!resource.is_clean() && resource.is_haunted())
            return "an operation on resource " + resource.spec().name +
                   " has not come back, and may still start it";
    }
    return "some resources could not be stopped";
}

}  // namespace ha::lifecycle
