// The service wing on one node: glue between the state, the groups and the monitors.
#include "lifecycle/service.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "base/archive.hpp"
#include "base/assert.hpp"
#include "base/seeded_bug.hpp"
#include "lifecycle/bounds.hpp"
#include "lifecycle/service_impl.hpp"
#include "lifecycle/wish.hpp"

namespace ha::lifecycle {

/// The end of a lease that is not there.
static constexpr Instant k_no_lease{};

// ---- a step ----

bool Service::Impl::is_lease_running(Instant now) const {
    return permission.lease_end != k_no_lease && now < permission.lease_end - sever_bound;
}

std::string Service::Impl::start_block() const {
    if (is_ending) return "nothing: this node is stopping";
    if (!is_settled) return "the state of the cluster";
    if (!permission.is_admitted) return "this node's admission";
    return {};
}

Context Service::Impl::open(Instant now, const model::ClusterState& state) {
    sever_bound = state.spec.timing.sever_bound;
    parallel_limit = state.spec.parallel_operations;
    slow_percent = state.spec.timing.delay_warning_percent;
    bool has_lease =
        (!is_lease_lost && is_lease_running(now)) || is_seeded(SeededBug::ignore_lease);
    Context context{now,
                    start_block(),
                    has_lease ? "" : "a lease",
                    is_seeded(SeededBug::ignore_lease) ? Instant::max()
                                                       : permission.lease_end - sever_bound,
                    parallel_limit,
                    slow_percent,
                    state,
                    operations,
                    out,
                    changes};
    take_spec(context, state);
    check_lease(context);
    return context;
}

void Service::Impl::close(Context& context, const model::ClusterState& state) {
    if (parallel_limit > 0)
        for (auto& [id, run] : runs) run.advance(context);
    if (changes.held) {
        // A group that let go may have been given to us anew meanwhile.
        for (auto& [id, run] : runs)
            if (!run.is_held()) judge(context, state, run);
    }
    if (changes.activity || is_first_step) sync_monitors(context, state);
    if (changes.held) {
        std::vector<Held> held;
        for (const auto& [id, run] : runs)
            if (run.is_recorded()) held.push_back({id, run.epoch()});
        if (held != held_told) out.run_record = held;
        held_told = std::move(held);
    }
    std::erase_if(runs, [](const auto& entry) { return entry.second.is_forgettable(); });
    changes = {};
    is_first_step = false;
}

/// The end of the lease is compared with now before anything else is handled (safety.md F34).
void Service::Impl::check_lease(Context& context) {
    if (is_lease_lost || is_lease_running(context.now)) return;
    if (is_seeded(SeededBug::ignore_lease)) return;
    sever_all(context);
}

void Service::Impl::sever_all(Context& context) {
    if (is_seeded(SeededBug::ignore_lease)) return;
    is_lease_lost = true;
    lookout.distrust();
    context.lease_block = "a lease";
    for (auto& [id, run] : runs) run.lose_lease(context);
}

// ---- groups ----

GroupRun* Service::Impl::find_run(GroupId group) {
    auto found = runs.find(group);
    return found == runs.end() ? nullptr : &found->second;
}

GroupRun& Service::Impl::run_of(Context& context, const model::ClusterState& state,
                                GroupId group) {
    if (auto* run = find_run(group)) return *run;
    auto& run = runs.emplace(group, GroupRun(group, options.self)).first->second;
    if (const auto* spec = model::find_group(state.spec, group)) run.set_spec(context, *spec);
    for (const auto& released : options.released)
        if (released.group == group) run.set_released(released.epoch.incarnation);
    return run;
}

void Service::Impl::judge(Context& context, const model::ClusterState& state, GroupRun& run) {
    auto wish = judge_wish(state, options.self, run.id(), run.is_held() ? run.epoch() : Epoch{});
    bool is_cut_off = was_admitted && !permission.is_admitted && run.is_held();
    if (is_cut_off && !is_seeded(SeededBug::forget_epoch_check)) {
        wish.kind = WishKind::voided;
        wish.factor = OperationFactor::lease_lost;
    }
    wish.is_found = run.is_untouched() && lookout.found(run.id());
    wish.is_clear = permission.clear_to_start.contains(run.id());
    run.on_wish(context, wish);
    if (is_ending && !run.is_held())
        run.stop(context, OperationFactor::node_leave, "this node is stopping");
}

void Service::Impl::judge_all(Context& context, const model::ClusterState& state) {
    for (const auto& [group, record] : state.groups)
        if (record.owner == options.self) run_of(context, state, group);
    for (auto& [id, run] : runs) judge(context, state, run);
}

/// What we held, or might hold, is in doubt; what of it is not ours any more is severed and stopped
/// by the first judgement.
void Service::Impl::settle(Context& context, const model::ClusterState& state) {
    if (is_settled) return;
    is_settled = true;
    context.start_block = start_block();
    for (const auto& held : options.held) {
        const auto* spec = model::find_group(state.spec, held.group);
        const auto then = options.held_specs.find(held.group);
        if (spec == nullptr && then == options.held_specs.end()) {
            context.tell(EventKind::group_failed, "group " + std::to_string(held.group.value),
                         {{"reason",
                           "this node ran it before its daemon was restarted, and it is not in the "
                           "configuration any more: what is left of it must be stopped by hand"}});
            continue;
        }
        auto& run = run_of(context, state, held.group);
        if (run.is_held()) continue;
        if (then != options.held_specs.end()) run.set_spec(context, then->second);
        run.doubt(context, held.epoch, true);
        const auto& severed = options.severed;
        if (std::find(severed.begin(), severed.end(), held) != severed.end())
            run.condemn(context, "it was severed while this node's daemon was away");
        if (spec != nullptr) run.set_spec(context, *spec);  // taken over when it is released
    }
    for (const auto& [group, record] : state.groups) {
        if (record.owner != options.self) continue;
        auto& run = run_of(context, state, group);
        if (run.is_held() || run.is_released(record.epoch)) continue;
        run.doubt(context, record.epoch, false);
    }
}

void Service::Impl::take_spec(Context& context, const model::ClusterState& state) {
    if (revision == state.spec.revision) return;
    revision = state.spec.revision;
    for (auto& [id, run] : runs)
        if (const auto* spec = model::find_group(state.spec, id)) run.set_spec(context, *spec);
    take_monitors(context, state);
}

void Service::Impl::on_overdue(Context& context, const model::ClusterState& state) {
    for (auto id : operations.overdue(context.now)) {
        auto operation = *operations.find(id);
        operations.mark_loose(id);
        auto* run = find_run(operation.group);
        HA_ASSERT(run != nullptr);
        run->on_overdue(context, operation);
        if (changes.held) judge(context, state, *run);
    }
}

// ---- what somebody else has started ----

void Service::Impl::look_out(Context& context, const model::ClusterState& state) {
    LookoutPermission allowed;
    allowed.may_look = is_settled && permission.is_admitted && !is_ending;
    allowed.may_act = context.lease_block.empty() && !permission.is_frozen;
    for (const auto& one : lookout.advance(context, runs, allowed)) expel(context, state, one);
}

void Service::Impl::expel(Context& context, const model::ClusterState& state,
                          const Expulsion& found) {
    const auto& record = model::record_of(state, found.group);
    auto& run = run_of(context, state, found.group);
    const bool is_first = !run.is_foreign();
    const auto reason =
        "it is active here without a right: " +
        (record.owner ? "node " + model::name_of(state.spec, record.owner) + " owns it"
                      : std::string("it is to be started elsewhere"));
    // Of an epoch that is not ours, whatever it may be.
    const auto epoch = record.epoch ? record.epoch
                                    : Epoch{Incarnation{1}, Term{}, options.self};
    run.expel(context, epoch, found.requirement, reason);
    judge(context, state, run);
    if (is_first && record.owner && found.requirement == model::Requirement::fencing)
        reset_for_safety(context, state,
                         "group " + model::name_of(state.spec, found.group) + ": " + reason);
}

/// A second writer may have done harm already: this node is not trusted any more (cluster.md 6).
/// One that nothing is trusted to anyhow, or that may be the one who is wrong, only stops it.
void Service::Impl::reset_for_safety(Context& context, const model::ClusterState& state,
                                     const std::string& reason) {
    const auto node = state.nodes.find(options.self);
    const bool is_isolated =
        node == state.nodes.end() || node->second.mode == model::NodeMode::isolated;
    if (is_isolated || !permission.is_quorate) {
        context.tell(EventKind::reboot_suppressed,
                     "node " + model::name_of(state.spec, options.self),
                     {{"action", model::to_string(model::FinalAction::reboot)},
                      {"reason", reason},
                      {"why", is_isolated ? "this node is isolated, and stops the group only"
                                          : "this node has no quorum, and stops the group only"}});
        return;
    }
    out.node_action = model::FinalAction::reboot;
    out.node_action_reason = reason;
    out.is_for_safety = true;
}

// ---- the door ----

Service::Service(ServiceOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {
    HA_ASSERT(impl_->options.self);
    impl_->held_told = impl_->options.held;
}
Service::~Service() = default;
Service::Service(Service&&) noexcept = default;
Service& Service::operator=(Service&&) noexcept = default;

void Service::settle(Instant now, const model::ClusterState& state) {
    auto& it = *impl_;
    auto context = it.open(now, state);
    it.settle(context, state);
    it.judge_all(context, state);
    it.close(context, state);
}

void Service::update(Instant now, const model::ClusterState& state,
                     const Permission& permission) {
    auto& it = *impl_;
    it.permission = permission;
    if (it.is_lease_running(now)) it.is_lease_lost = false;
    auto context = it.open(now, state);
    if (it.is_settled) it.judge_all(context, state);
    if (it.is_suspended != state.is_suspended) it.changes.activity = true;
    if (it.paused != state.paused_monitors || it.injected != it.injected_here(state))
        it.changes.activity = true;
    it.was_admitted = permission.is_admitted;
    it.close(context, state);
}

void Service::lengthen_lease(Instant end) {
    auto& known = impl_->permission.lease_end;
    if (known != k_no_lease) known = std::max(known, end);
}

void Service::lose_lease(Instant now, const model::ClusterState& state) {
    auto& it = *impl_;
    auto context = it.open(now, state);
    // What an earlier process left running is severed as well, whoever may own it by now.
    it.settle(context, state);
    it.sever_all(context);
    it.close(context, state);
}

void Service::on_operation(Instant now, const model::ClusterState& state,
                           const OperationReport& report) {
    auto& it = *impl_;
    auto context = it.open(now, state);
    if (const auto* found = it.operations.find(report.id)) {
        auto operation = *found;
        it.operations.finish(report.id);
        auto* run = it.find_run(operation.group);
        HA_ASSERT(run != nullptr);
        run->on_report(context, operation, report);
    } else if (it.lookout.on_report(context, it.runs, report)) {
        it.look_out(context, state);
    } else {
        context.tell(EventKind::plugin_note, "",
                     {{"text", "the report of operation " + std::to_string(report.id.value) +
                                   ", which is not under way, is ignored"}});
    }
    it.close(context, state);
}

void Service::on_monitor(Instant now, const model::ClusterState& state,
                         const MonitorReport& report) {
    auto& it = *impl_;
    auto context = it.open(now, state);
    it.on_monitor_report(context, report);
    it.close(context, state);
}

void Service::tick(Instant now, const model::ClusterState& state) {
    auto& it = *impl_;
    auto context = it.open(now, state);
    it.on_overdue(context, state);
    for (auto& [id, run] : it.runs) run.repeat_reports(context);
    it.give_up_scripts(context);
    for (auto& [id, monitor] : it.monitors)
        if (monitor.next_deadline() <= now) it.look(context, monitor);
    it.look_out(context, state);
    it.close(context, state);
}

void Service::stop_all(Instant now, const model::ClusterState& state, OperationFactor factor) {
    auto& it = *impl_;
    it.is_ending = true;
    auto context = it.open(now, state);
    if (!it.is_settled) {
        it.settle(context, state);
        it.judge_all(context, state);
    }
    for (auto& [id, run] : it.runs) run.stop(context, factor, "this node is stopping");
    it.look_out(context, state);
    it.changes.activity = true;
    it.close(context, state);
}

bool Service::restart(Instant now, const model::ClusterState& state, GroupId group,
                      ResourceId resource) {
    auto& it = *impl_;
    auto context = it.open(now, state);
    auto* run = it.find_run(group);
    auto factor =
        resource ? OperationFactor::resource_restart : OperationFactor::group_restart;
    bool is_done = run != nullptr && !it.is_ending && !it.permission.is_frozen &&
                   run->restart(context, resource, factor, "asked for by an operator");
    it.close(context, state);
    return is_done;
}

bool Service::is_settled() const {
    return impl_->is_settled &&
           std::none_of(impl_->runs.begin(), impl_->runs.end(),
                        [](const auto& entry) { return entry.second.is_stray(); });
}

bool Service::is_empty() const {
    if (!impl_->is_settled) return impl_->options.held.empty();
    return std::none_of(impl_->runs.begin(), impl_->runs.end(),
                        [](const auto& entry) { return entry.second.is_held(); });
}

bool Service::is_stuck() const {
    bool is_any = false;
    for (const auto& [id, run] : impl_->runs) {
        if (!run.is_held()) continue;
        if (run.state() != GroupState::failed) return false;
        is_any = true;
    }
    return is_any;
}

bool Service::holds(GroupId group) const {
    const auto* run = impl_->find_run(group);
    return run != nullptr && run->is_held();
}

void Service::put_archive(Writer& w) const { archive::put(w, *impl_); }
void Service::get_archive(Reader& r) { archive::get(r, *impl_); }
std::uint64_t Service::archive_layout() { return archive::layout_of<Impl>(); }

ServiceOutput Service::take_output() { return std::exchange(impl_->out, {}); }

ServiceStatus Service::status() const {
    ServiceStatus status;
    auto start_block = impl_->start_block();
    bool has_lease = !impl_->is_lease_lost;
    for (const auto& [id, run] : impl_->runs)
        if (run.is_worth_showing())
            status.groups.push_back(run.line(start_block, has_lease ? "" : "a lease"));
    for (const auto& [id, monitor] : impl_->monitors) status.monitors.push_back(monitor.line());
    return status;
}

Instant Service::next_deadline() const {
    auto out = std::min(impl_->operations.next_deadline(), impl_->lookout.next_deadline());
    bool is_any_held = false;
    for (const auto& [id, run] : impl_->runs) {
        out = std::min(out, run.next_deadline());
        is_any_held = is_any_held || run.is_held();
    }
    for (const auto& [id, monitor] : impl_->monitors) out = std::min(out, monitor.next_deadline());
    for (const auto& [id, script] : impl_->scripts) out = std::min(out, script.give_up);
    if (is_any_held && !impl_->is_lease_lost)
        out = std::min(out, impl_->permission.lease_end - impl_->sever_bound);
    return out;
}

}  // namespace ha::lifecycle
