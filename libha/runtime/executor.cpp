// The executor: the gate, the books of operations, deadlines.
#include "runtime/executor.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "runtime/executor_impl.hpp"
#include "runtime/machine.hpp"

namespace ha::runtime {

Executor::Impl::Impl(Hands h, ExecutorOptions o, ExecutorEvents e)
    : hands(std::move(h)),
      options(std::move(o)),
      events(std::move(e)),
      host(std::make_shared<PluginHost>(hands.board, hands.outbox, hands.guard, events.event,
                                        events.log)),
      search_host(std::make_shared<PluginHost>(hands.board, hands.outbox, nullptr, events.event,
                                               events.log)),
      search_lane(std::make_shared<Lane>(hands.workers, hands.outbox)) {}

Executor::Executor(Hands hands, ExecutorOptions options, ExecutorEvents events)
    : impl_(std::make_shared<Impl>(std::move(hands), std::move(options), std::move(events))) {}

Executor::~Executor() {
    for (auto& [id, monitor] : impl_->monitors) impl_->stop_watching(monitor);
    for (auto& [id, operation] : impl_->operations) operation.cancellation->cancel();
    for (auto& [id, fencing] : impl_->fencings) fencing.cancellation->cancel();
    impl_->host->close();
    impl_->search_host->close();
}

void Executor::use(const model::ClusterSpec& spec) {
    impl_->spec = spec;
    impl_->use_resources(spec);
    impl_->use_monitors(spec);
    impl_->use_fences(spec);
}

/// What resources hand over to be severed, they hand over when they are probed. But that the
/// watchdog is wanted nobody says again: what is held does not change, so no run record is asked
/// for.
void Executor::adopt(const model::ClusterSpec& spec, const std::vector<model::GroupSpec>& groups,
                     std::vector<lifecycle::Held> held) {
    impl_->spec = spec;
    impl_->adopt_resources(spec, groups);
    if (!held.empty()) set_run_record(std::move(held));
}

void Executor::set_run_record(std::vector<lifecycle::Held> held) {
    impl_->record_next = std::move(held);
    impl_->write_run_record();
}

void Executor::call(const lifecycle::PluginCall& call) {
    auto start = std::get_if<lifecycle::StartOperation>(&call);
    bool is_sever = start != nullptr && start->kind == lifecycle::OperationKind::sever;
    // What is done to another node is in no record of this one.
    bool is_fence = std::holds_alternative<lifecycle::FenceOperation>(call);
    bool is_gated = impl_->is_record_writing || impl_->record_next;
    if (is_gated && !is_sever && !is_fence)
        impl_->gated.push_back(call);
    else
        impl_->carry_out(call);
}

void Executor::tick(Instant at) { impl_->tick(at); }

Instant Executor::next_deadline() const {
    auto out = Instant::max();
    if (!impl_->deadlines.empty()) out = impl_->deadlines.begin()->first;
    for (auto& [id, monitor] : impl_->monitors) out = std::min(out, monitor.rearm_at);
    return std::min(out, impl_->fence_deadline());
}

void Executor::Impl::carry_out(const lifecycle::PluginCall& call) {
    if (auto c = std::get_if<lifecycle::StartOperation>(&call)) on_start_operation(*c);
    if (auto c = std::get_if<lifecycle::CancelOperation>(&call)) on_cancel(c->id);
    if (auto c = std::get_if<lifecycle::BeginMonitor>(&call)) on_begin(*c);
    if (auto c = std::get_if<lifecycle::EndMonitor>(&call)) on_end(c->monitor);
    if (auto c = std::get_if<lifecycle::CheckMonitor>(&call)) on_check(*c);
    if (auto c = std::get_if<lifecycle::RunScript>(&call)) on_script(*c);
    if (auto c = std::get_if<lifecycle::FenceOperation>(&call)) on_fence(*c);
}

/// One that is gone from the configuration may have needed it.
bool Executor::Impl::needs_fencing(GroupId group) const {
    const auto* found = model::find_group(spec, group);
    return found == nullptr || model::requirement_of(*found) == model::Requirement::fencing;
}

/// A group is held until all of it is verified stopped, so this is when the device may be disarmed.
bool Executor::Impl::needs_watchdog(const std::vector<lifecycle::Held>& held) const {
    if (options.is_self_fence_always) return !held.empty();
    return std::any_of(held.begin(), held.end(),
                       [this](const lifecycle::Held& h) { return needs_fencing(h.group); });
}

/// Why what needs it is not to be started; empty: it is armed, or there is none. With the first
/// lease after an adoption the guard arms it by itself.
const std::string& Executor::Impl::missing_watchdog() {
    const auto armed = static_cast<std::uint64_t>(guard::WatchdogState::armed);
    if (!watchdog_problem.empty() && hands.guard->verdict().watchdog == armed)
        watchdog_problem.clear();
    return watchdog_problem;
}

/// Only the newest record is of interest, so what comes while one is written replaces what waits.
void Executor::Impl::write_run_record() {
    if (is_record_writing || !record_next) return;
    is_record_writing = true;
    auto held = std::move(*record_next);
    record_next.reset();
    const bool is_dog_wanted = needs_watchdog(held);
    auto work = [weak = weak_from_this(), outbox = hands.outbox, record = hands.run_record,
                 guard = hands.guard, is_dog_wanted, held = std::move(held)] {
        auto written = record->write(held);
        // Armed before what needs it is started, disarmed after it is verified stopped.
        std::string dog;
        if (guard != nullptr && guard->has_watchdog())
            if (auto r = guard->want_watchdog(is_dog_wanted); !r) dog = r.error().context;
        outbox->post([weak, dog, problem = written ? std::string() : written.error().context] {
            auto self = weak.lock();
            if (!self) return;
            self->is_record_writing = false;
            self->record_problem = problem;
            self->watchdog_problem = dog;
            self->write_run_record();
            self->open_gate();
        });
    };
    if (hands.urgent.run(std::move(work))) return;
    is_record_writing = false;
    record_problem = "no thread is free to write the run record";
    open_gate();
}

void Executor::Impl::open_gate() {
    while (!gated.empty() && !is_record_writing && !record_next) {
        auto call = std::move(gated.front());
        gated.pop_front();
        carry_out(call);
    }
}

void Executor::Impl::add(OperationId id, Operation operation) {
    HA_ASSERT(id && !operations.contains(id));
    deadlines.emplace(operation.deadline, id);
    operations.emplace(id, std::move(operation));
}

std::optional<Executor::Impl::Operation> Executor::Impl::forget(OperationId id) {
    auto found = operations.find(id);
    if (found == operations.end()) return std::nullopt;
    auto out = std::move(found->second);
    operations.erase(found);
    deadlines.erase({out.deadline, id});
    return out;
}

void Executor::Impl::report(lifecycle::OperationReport report) {
    if (forget(report.id)) events.operation(std::move(report));
}

void Executor::Impl::report(lifecycle::MonitorReport report) {
    if (!report.id || forget(report.id)) events.monitor(std::move(report));
}

void Executor::Impl::on_cancel(OperationId id) {
    for (auto at = gated.begin(); at != gated.end(); ++at) {
        auto start = std::get_if<lifecycle::StartOperation>(&*at);
        if (start == nullptr || start->id != id) continue;
        gated.erase(at);
        events.operation({id, lifecycle::Outcome::not_begun, lifecycle::ResourceStatus::unknown,
                          "cancelled before it began"});
        return;
    }
    auto found = operations.find(id);
    if (found == operations.end()) return;
    auto& operation = found->second;
    operation.cancellation->cancel();
    if (operation.monitor) return;
    auto resource = resources.find(operation.resource);
    auto* lane = resource == resources.end() ? search_lane.get() : resource->second.lane.get();
    if (lane->drop(id))
        report(lifecycle::OperationReport{id, lifecycle::Outcome::not_begun,
                                          lifecycle::ResourceStatus::unknown,
                                          "cancelled before it began"});
}

/// The operation has not come back, and its grace is over too.
void Executor::Impl::give_up(OperationId id) {
    auto& operation = operations.at(id);
    if (operation.monitor) {
        auto monitor = monitors.find(operation.monitor);
        bool has_waited = monitor != monitors.end() && monitor->second.lane->drop(id);
        report(lifecycle::MonitorReport{
            operation.monitor, id, lifecycle::Verdict::unknown,
            has_waited ? "an earlier check still hangs" : "no answer by its deadline"});
        return;
    }
    auto resource = resources.find(operation.resource);
    bool has_waited = resource != resources.end() && resource->second.lane->drop(id);
    report(lifecycle::OperationReport{
        id, lifecycle::Outcome::timed_out, lifecycle::ResourceStatus::unknown,
        has_waited ? "it could not begin by its deadline, because an earlier operation of this "
                     "resource still hangs"
                   : "it has not returned by its deadline, and was left behind"});
}

void Executor::Impl::tick(Instant at) {
    tick_fences(at);
    while (!deadlines.empty() && deadlines.begin()->first <= at) {
        auto id = deadlines.begin()->second;
        auto& operation = operations.at(id);
        if (operation.is_cancelled) {
            give_up(id);
            continue;
        }
        operation.is_cancelled = true;
        operation.cancellation->cancel();
        deadlines.erase(deadlines.begin());
        operation.deadline = operation.deadline + k_return_grace;
        deadlines.emplace(operation.deadline, id);
    }
    for (auto& [id, monitor] : monitors) {
        if (monitor.rearm_at > at) continue;
        monitor.rearm_at = Instant::max();
        arm(id);
    }
}

plugin::InstanceSpec instance_spec(const model::ClusterSpec& spec, const ExecutorOptions& options,
                                   const std::string& type, const std::string& name,
                                   GroupId group, const model::Parameters& parameters,
                                   const std::map<NodeId, model::Parameters>& node_parameters) {
    plugin::InstanceSpec out;
    out.type = type;
    out.name = name;
    for (auto& g : spec.groups)
        if (g.id == group) out.group = g.name;
    for (auto& n : spec.nodes)
        if (n.id == options.self) out.node = n.name;
    out.parameters = parameters;
    auto own = node_parameters.find(options.self);
    if (own != node_parameters.end())
        for (auto& [key, value] : own->second) out.parameters[key] = value;
    out.state_root = options.state_root;
    return out;
}

bool is_same(const plugin::InstanceSpec& a, const plugin::InstanceSpec& b) {
    return a.type == b.type && a.name == b.name && a.group == b.group && a.node == b.node &&
           a.target == b.target && a.parameters == b.parameters &&
           a.state_root == b.state_root;
}

}  // namespace ha::runtime
