// One group on this node: wishes, reports and phases. What is begun when is in group_advance.cpp.
#include "lifecycle/group_run.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "lifecycle/bounds.hpp"

namespace ha::lifecycle {

namespace {

bool is_node_action(model::FinalAction action) {
    switch (action) {
        case model::FinalAction::none:
        case model::FinalAction::stop_group:
        case model::FinalAction::failover: return false;
        case model::FinalAction::stop_node_service:
        case model::FinalAction::reboot:
        case model::FinalAction::poweroff: return true;
    }
    return false;
}

constexpr const char* k_waits_for_note =
    "waits for the leader's note that the former owner's lease is over";

bool has_same_resources(const model::GroupSpec& a, const model::GroupSpec& b) {
    return std::equal(a.resources.begin(), a.resources.end(), b.resources.begin(),
                      b.resources.end(),
                      [](const model::ResourceSpec& x, const model::ResourceSpec& y) {
                          return x.id == y.id && x.type == y.type && x.depends_on == y.depends_on;
                      });
}

}  // namespace

GroupRun::GroupRun(GroupId group, NodeId self) : group_(group), self_(self) {}

void GroupRun::set_phase(Context& context, Phase phase) {
    if ((phase_ == Phase::online) != (phase == Phase::online)) context.changes.activity = true;
    phase_ = phase;
}

void GroupRun::hold(Context& context) {
    if (is_held_) return;
    is_held_ = true;
    context.changes.held = true;
}

void GroupRun::take_spec(Context& context, const model::GroupSpec& spec) {
    spec_ = spec;
    requirement_ = model::Requirement::nothing;
    resources_.clear();
    spec_flaw_.clear();
    auto planned = plan_dependencies(spec);
    if (!planned) {
        spec_flaw_ = planned.error().context;
        dependencies_ = {};
        context.tell(EventKind::group_failed, object(), {{"reason", spec_flaw_}});
        return;
    }
    dependencies_ = std::move(*planned);
    for (std::size_t i = 0; i < spec.resources.size(); i++) {
        resources_.emplace_back(i, spec.resources[i]);
        requirement_ = std::max(requirement_, spec.resources[i].requirement);
    }
}

void GroupRun::set_spec(Context& context, const model::GroupSpec& spec) {
    bool is_same = has_same_resources(spec_, spec) && !spec_.name.empty() && spec_flaw_.empty();
    if (is_same) {
        spec_ = spec;
        for (std::size_t i = 0; i < resources_.size(); i++)
            resources_[i].set_spec(spec.resources[i]);
        next_spec_.reset();
        return;
    }
    next_spec_ = spec;
    take_next_spec(context);
}

void GroupRun::take_next_spec(Context& context) {
    if (!next_spec_ || is_held_ || is_haunted()) return;
    take_spec(context, *next_spec_);
    next_spec_.reset();
}

bool GroupRun::is_haunted() const {
    return std::any_of(resources_.begin(), resources_.end(),
                       [](const ResourceRun& r) { return r.is_haunted() || r.is_busy(); });
}

void GroupRun::doubt(Context& context, const Epoch& epoch, bool is_from_run_record) {
    HA_ASSERT(phase_ == Phase::idle);
    epoch_ = epoch;
    is_cleared_ = is_from_run_record;
    is_in_doubt_ = true;
    for (auto& resource : resources_) resource.doubt(context);
    hold(context);
    set_phase(context, Phase::waiting);
}

void GroupRun::condemn(Context& context, const std::string& reason) {
    HA_ASSERT(is_held_);
    is_condemned_ = true;
    sever_and_stop(context, OperationFactor::lease_lost, reason);
}

void GroupRun::expel(Context& context, const Epoch& epoch, model::Requirement requirement,
                     const std::string& reason) {
    if (is_foreign_) {
        foreign_requirement_ = std::max(foreign_requirement_, requirement);
        if (phase_ == Phase::failed) enter_stopping(context, OperationFactor::lease_lost, reason);
        advance(context);
        return;
    }
    HA_ASSERT(is_untouched());
    set_phase(context, Phase::idle);
    doubt(context, epoch, false);
    is_foreign_ = true;
    foreign_requirement_ = requirement;
    is_severed_ = false;
    sever_and_stop(context, OperationFactor::lease_lost, reason);
}

bool GroupRun::is_holding_the_same(const model::ResourceSpec& resource, NodeId node) const {
    const auto parameters = model::parameters_on(resource, node);
    // Without any it is the name that makes the difference.
    if (!is_held_ || is_foreign_ || parameters.empty()) return false;
    return std::any_of(resources_.begin(), resources_.end(), [&](const ResourceRun& r) {
        return r.spec().type == resource.type && model::parameters_on(r.spec(), node) == parameters;
    });
}

bool GroupRun::is_forgettable() const {
    return !is_held_ && wish_.kind == WishKind::nothing && !wish_.is_ours && pending_.empty() &&
           !is_haunted();
}

// ---- wishes ----

void GroupRun::on_wish(Context& context, const Wish& wish) {
    auto before = std::exchange(wish_, wish);
    if (wish_.is_clear && wish_.is_ours && wish_.epoch == epoch_) is_cleared_ = true;
    prune_pending();
    switch (phase_) {
        case Phase::idle:
        case Phase::stopped:
        case Phase::waiting:
            if (wish_.kind == WishKind::voided && is_held_)
                sever_and_stop(context, wish_.factor, "the group is not ours any more");
            else if (wish_.kind == WishKind::leave && is_held_)
                enter_stopping(context, wish_.factor, "to be stopped");
            else if (is_held_ && released_ == epoch_.incarnation)
                enter_stopping(context, OperationFactor::group_stop, "promised to be released");
            else
                adopt_record(context);
            break;
        case Phase::probing:
        case Phase::starting:
        case Phase::online:
        case Phase::restarting:
            if (wish_.kind == WishKind::leave) {
                enter_stopping(context, wish_.factor, "to be stopped");
                break;
            }
            if (wish_.kind == WishKind::run && wish_.stopped != before.stopped)
                follow_stopped(context);
            [[fallthrough]];
        case Phase::stopping:
            if (wish_.kind == WishKind::voided && !is_severed_)
                sever_and_stop(context, wish_.factor, "the group is not ours any more");
            break;
        case Phase::failed: {
            if (wish_.kind == WishKind::voided && !is_severed_) {
                sever_and_stop(context, wish_.factor, "the group is not ours any more");
                break;
            }
            // An operator's new command clears `stop_failed`, and asks for another try by that.
            bool is_asked_again = is_stop_failure_ && had_stop_failure_shown_ &&
                                  !wish_.is_stop_failed && wish_.is_ours;
            bool is_new_leave = wish_.kind == WishKind::leave && before.kind != WishKind::leave;
            const bool is_thawed = !wish_.is_frozen && std::exchange(was_left_frozen_, false);
            if (is_asked_again || is_new_leave)
                enter_stopping(context, wish_.factor, "to be stopped");
            else if (is_thawed && wish_.kind == WishKind::run && !is_stop_failure_ &&
                     !is_severed_ && spec_flaw_.empty())
                enter_restarting(context, std::vector<bool>(resources_.size(), true),
                                 OperationFactor::group_start);
            break;
        }
    }
    had_stop_failure_shown_ = wish_.is_ours && wish_.is_stop_failed;
    advance(context);
}

/// Nothing is held, or only in doubt: follow the record to where it points.
void GroupRun::adopt_record(Context& context) {
    if (is_held_) {
        // In doubt, ours and to run: wait for permission to probe. The epoch is the one we hold.
        if (wish_.kind == WishKind::run && phase_ == Phase::stopped)
            set_phase(context, Phase::waiting);
        return;
    }
    if (!wish_.is_ours || wish_.kind == WishKind::nothing) {
        set_phase(context, Phase::idle);
        text_.clear();
        is_severed_ = false;
        return;
    }
    if (wish_.epoch != epoch_) {
        epoch_ = wish_.epoch;
        is_severed_ = false;
        is_in_doubt_ = false;
        is_cleared_ = false;
        text_.clear();
        set_phase(context, Phase::waiting);
    }
    if (wish_.is_found) adopt_found(context);
    start_kind_ = wish_.start_kind;
    if (wish_.kind == WishKind::leave && phase_ != Phase::stopped) {
        if (is_held_)  // it runs, as somebody has started it: released when that is stopped
            enter_stopping(context, wish_.factor, "to be stopped");
        else
            enter_stopped(context);  // given and taken back before it was begun
        return;
    }
    if (phase_ == Phase::idle)
        set_phase(context, released_ == epoch_.incarnation ? Phase::stopped : Phase::waiting);
    if (phase_ == Phase::waiting && released_ == epoch_.incarnation)
        set_phase(context, Phase::stopped);
    if (phase_ == Phase::stopped) release_if_due(context);
}

/// It is active here already, as somebody has started it: what is well is left running.
void GroupRun::adopt_found(Context& context) {
    if (is_held_ || phase_ != Phase::waiting || is_haunted()) return;
    if (released_ == epoch_.incarnation) return;
    is_cleared_ = wish_.is_clear;
    is_in_doubt_ = true;
    for (auto& resource : resources_) resource.doubt(context);
    hold(context);
}

bool GroupRun::is_shown(const model::Command& command) const {
    if (!wish_.is_ours || wish_.epoch != epoch_) return true;  // it can not apply any more
    if (std::holds_alternative<model::Evict>(command)) return wish_.is_evicted;
    if (std::holds_alternative<model::SetGoal>(command))
        return wish_.goal == model::Goal::offline;
    if (std::holds_alternative<model::StopFailed>(command)) return wish_.is_stop_failed;
    return true;
}

void GroupRun::prune_pending() {
    std::erase_if(pending_, [this](const model::Command& c) { return is_shown(c); });
}

void GroupRun::ask(Context& context, model::Command command) {
    if (is_shown(command)) return;
    for (const auto& other : pending_)
        if (other.index() == command.index()) return;
    context.out.reports.push_back(command);
    if (pending_.empty()) repeat_at_ = context.now + k_report_repeat;
    pending_.push_back(std::move(command));
}

void GroupRun::repeat_reports(Context& context) {
    if (pending_.empty() || context.now < repeat_at_) return;
    for (const auto& command : pending_) context.out.reports.push_back(command);
    repeat_at_ = context.now + k_report_repeat;
}

void GroupRun::ask_failover(Context& context, const std::string& reason) {
    ask(context, model::Evict{group_, epoch_.incarnation, NodeId{}, true,
                              model::StartKind::failover, reason});
}

void GroupRun::ask_offline(Context& context, const std::string& reason) {
    ask(context, model::SetGoal{group_, model::Goal::offline, NodeId{}, false, reason});
}

// ---- orders from outside ----

void GroupRun::lose_lease(Context& context) {
    if (!is_held_ || requirement_ == model::Requirement::nothing) return;
    sever_and_stop(context, OperationFactor::lease_lost, "the lease is over");
}

void GroupRun::sever_and_stop(Context& context, OperationFactor factor,
                              const std::string& reason) {
    if (!is_held_ || is_severed_) return;
    is_severed_ = true;
    factor_ = factor;
    for (auto& resource : resources_)
        if (!resource.is_clean()) resource.sever(context, activation());
    enter_stopping(context, factor, reason);
    advance(context);
}

void GroupRun::stop(Context& context, OperationFactor factor, const std::string& reason) {
    if (is_held_) {
        if (phase_ != Phase::stopping) enter_stopping(context, factor, reason);
    } else if (wish_.is_ours && phase_ != Phase::stopped) {
        enter_stopped(context);
    }
    advance(context);
}

bool GroupRun::restart(Context& context, ResourceId resource, OperationFactor factor,
                       const std::string& reason) {
    bool is_failed = phase_ == Phase::failed && spec_flaw_.empty();
    if (is_failed && (is_severed_ || wish_.kind != WishKind::run)) {
        if (!is_held_) return false;
        enter_stopping(context, factor, reason);  // the stop is what is tried again
        advance(context);
        return true;
    }
    if (phase_ != Phase::online && !is_failed) return false;
    for (std::size_t i = 0; i < resources_.size(); i++)
        if (resources_[i].spec().id == resource && stopped_set()[i]) return false;
    std::vector<bool> from(resources_.size(), !resource || is_failed);
    bool is_found = !resource;
    for (std::size_t i = 0; i < resources_.size(); i++)
        if (resources_[i].spec().id == resource) from[i] = is_found = true;
    if (!is_found) return false;
    context.tell(EventKind::recovery_started, object(),
                 {{"action", to_string(factor)}, {"reason", reason}});
    enter_restarting(context, std::move(from), factor);
    advance(context);
    return true;
}

// ---- single resources that are to be stopped ----

std::vector<bool> GroupRun::stopped_set() const {
    std::vector<bool> set(resources_.size());
    for (std::size_t i = 0; i < resources_.size(); i++)
        set[i] = std::binary_search(wish_.stopped.begin(), wish_.stopped.end(),
                                    resources_[i].spec().id);
    return spec_flaw_.empty() ? with_dependents(dependencies_, std::move(set)) : set;
}

/// Stops what is to be stopped now, or starts what is not any more.
void GroupRun::follow_stopped(Context& context) {
    if (phase_ == Phase::probing || !spec_flaw_.empty()) return;  // the probes are judged with it
    stopped_set_ = stopped_set();
    bool is_any_to_stop = false;
    bool is_any_to_start = false;
    for (std::size_t i = 0; i < resources_.size(); i++) {
        is_any_to_stop = is_any_to_stop || (stopped_set_[i] && !resources_[i].is_clean());
        is_any_to_start = is_any_to_start || (!stopped_set_[i] && !resources_[i].is_online());
    }
    if (phase_ == Phase::restarting) {
        for (std::size_t i = 0; i < resources_.size(); i++)
            if (stopped_set_[i]) restart_set_[i] = true;
    } else if (is_any_to_stop) {
        for (std::size_t i = 0; i < resources_.size(); i++)
            if (stopped_set_[i]) resources_[i].cancel(context);
        enter_restarting(context, stopped_set_, OperationFactor::resource_restart);
    } else if (is_any_to_start && phase_ == Phase::online) {
        enter_starting(context, OperationFactor::resource_restart);
    }
}

bool GroupRun::is_active(ResourceId resource) const {
    if (phase_ != Phase::online) return false;
    return std::all_of(resources_.begin(), resources_.end(), [&](const ResourceRun& r) {
        return r.spec().id != resource || r.is_online();
    });
}

std::string GroupRun::stopped_text() const {
    std::string names;
    for (const auto& resource : resources_)
        if (!resource.is_online()) names += (names.empty() ? "" : ", ") + resource.spec().name;
    return names.empty() ? "" : "stopped by an operator: " + names;
}

// ---- reports ----

void GroupRun::on_report(Context& context, const Operation& operation,
                         const OperationReport& report) {
    HA_ASSERT(operation.position < resources_.size());
    auto step = resources_[operation.position].on_report(context, activation(), operation, report);
    // A start that ended after severing has undone it.
    if (operation.kind == OperationKind::start && is_severed_ &&
        !resources_[operation.position].is_clean())
        resources_[operation.position].sever(context, activation());
    on_step(context, operation.position, step);
}

void GroupRun::on_overdue(Context& context, const Operation& operation) {
    HA_ASSERT(operation.position < resources_.size());
    auto step = resources_[operation.position].on_overdue(context, activation(), operation);
    on_step(context, operation.position, step);
}

void GroupRun::on_step(Context& context, std::size_t position, ResourceStep step) {
    switch (step) {
        case ResourceStep::settled: break;
        case ResourceStep::start_failed: on_start_failed(context, position); break;
        case ResourceStep::stop_failed: on_stop_failed(context, position); break;
    }
    // What was given up on has come back, and what was stopped may run again.
    bool is_again =
        phase_ == Phase::failed && is_stop_failure_ && resources_[position].may_stop();
    bool is_late = (phase_ == Phase::stopped || phase_ == Phase::idle) &&
                   !resources_[position].is_clean();
    HA_ASSERT(!is_late);
    if (is_again) enter_stopping(context, factor_, text_);
    advance(context);
}

void GroupRun::on_start_failed(Context& context, std::size_t position) {
    if (phase_ != Phase::starting) return;
    const auto& resource = resources_[position];
    auto reason = "resource " + resource.spec().name + " could not be started: " + resource.text();
    auto action = resource.spec().start.final_action;
    if (wish_.is_frozen) action = model::FinalAction::none;
    text_ = reason;
    context.tell(EventKind::group_failed, object(), {{"reason", reason}});
    context.tell(EventKind::final_action, object(),
                 {{"action", model::to_string(action)}, {"reason", reason}});
    if (action == model::FinalAction::none) {
        is_stop_failure_ = false;
        was_left_frozen_ = wish_.is_frozen;
        set_phase(context, Phase::failed);
        return;
    }
    if (action == model::FinalAction::stop_group)
        ask_offline(context, reason);
    else
        ask_failover(context, reason);
    if (is_node_action(action)) {
        context.out.node_action = action;
        context.out.node_action_reason = object() + ": " + reason;
    }
    enter_stopping(context, OperationFactor::group_failover, reason);
}

void GroupRun::on_stop_failed(Context& context, std::size_t position) {
    const auto& resource = resources_[position];
    auto action = resource.spec().stop.final_action;
    // Group actions make no sense for what does not stop.
    if (wish_.is_frozen || !is_node_action(action)) return;
    auto reason = "resource " + resource.spec().name + " could not be stopped: " + resource.text();
    context.tell(EventKind::final_action, object(),
                 {{"action", model::to_string(action)}, {"reason", reason}});
    context.out.node_action = action;
    context.out.node_action_reason = object() + ": " + reason;
}

// ---- display ----

GroupState GroupRun::state() const {
    if (!spec_flaw_.empty() && wish_.is_ours) return GroupState::failed;
    switch (phase_) {
        case Phase::idle:
        case Phase::stopped: return GroupState::offline;
        case Phase::waiting:
        case Phase::probing: return GroupState::waiting;
        case Phase::starting:
        case Phase::restarting: return GroupState::starting;
        case Phase::online: return GroupState::online;
        case Phase::failed: return GroupState::failed;
        case Phase::stopping: return GroupState::stopping;
    }
    return GroupState::offline;
}

GroupLine GroupRun::line(const std::string& start_block,
                         const std::string& lease_block) const {
    GroupLine line{group_, state(), epoch_, text_, {}};
    if (!spec_flaw_.empty()) {
        line.text = spec_flaw_;
    } else if (phase_ == Phase::waiting) {
        if (!start_block.empty())
            line.text = "waits for " + start_block;
        else if (!lease_block.empty())
            line.text = "waits for " + lease_block;
        else if (!wish_.is_clear)
            line.text = k_waits_for_note;
        else if (is_haunted())
            line.text = "waits for an earlier operation to come back";
    } else if (phase_ == Phase::probing) {
        const bool is_done = std::all_of(resources_.begin(), resources_.end(),
                                         [](const ResourceRun& r) { return r.is_looked_at(); });
        line.text = is_done ? k_waits_for_note : "is looking at what runs";
    } else if (phase_ == Phase::online) {
        line.text = stopped_text();
    } else if (phase_ == Phase::stopped) {
        line.text = released_ == epoch_.incarnation ? "released" : "stopped: " + text_;
    }
    for (const auto& resource : resources_)
        line.resources.push_back({resource.spec().id, resource.state(), resource.text()});
    return line;
}

}  // namespace ha::lifecycle
