// The executor's operations on resources.
#include <algorithm>

#include "base/assert.hpp"
#include "ha/plugin/ext/exclusive.h"
#include "ha/plugin/operation.h"
#include "runtime/executor_impl.hpp"
#include "runtime/machine.hpp"

namespace ha::runtime {

namespace {

using lifecycle::OperationKind;
using lifecycle::OperationReport;
using lifecycle::Outcome;
using lifecycle::ResourceStatus;

std::uint32_t plugin_factor(lifecycle::OperationFactor factor) {
    using lifecycle::OperationFactor;
    switch (factor) {
        case OperationFactor::none:
        case OperationFactor::group_start: return HA_FACTOR_NONE;
        case OperationFactor::group_stop: return HA_FACTOR_GROUP_STOP;
        case OperationFactor::group_move: return HA_FACTOR_GROUP_MOVE;
        case OperationFactor::group_failover:
        case OperationFactor::lease_lost: return HA_FACTOR_GROUP_FAILOVER;
        case OperationFactor::resource_restart: return HA_FACTOR_RESOURCE_RESTART;
        case OperationFactor::group_restart: return HA_FACTOR_GROUP_RESTART;
        case OperationFactor::node_leave: return HA_FACTOR_NODE_SHUTDOWN;
    }
    return HA_FACTOR_NONE;
}

OperationReport report_of(const Result<void>& result, OperationId id, ResourceStatus if_ok) {
    if (result) return {id, Outcome::ok, if_ok, {}};
    bool is_late = result.error().code == FailureCode::timed_out;
    return {id, is_late ? Outcome::timed_out : Outcome::failed, ResourceStatus::unknown,
            result.error().context};
}

OperationReport probe(plugin::ResourceInstance& instance, const plugin::Call& call) {
    auto answer = instance.probe(call);
    if (!answer) return report_of(answer.error(), call.id, ResourceStatus::unknown);
    switch (answer->status) {
        case plugin::ProbedStatus::offline:
            return {call.id, Outcome::ok, ResourceStatus::offline, answer->reason};
        case plugin::ProbedStatus::online:
            return {call.id, Outcome::ok, ResourceStatus::online, answer->reason};
        case plugin::ProbedStatus::failed:
            return {call.id, Outcome::ok, ResourceStatus::failed, answer->reason};
        case plugin::ProbedStatus::unknown: break;
    }
    return {call.id, Outcome::ok, ResourceStatus::unknown, answer->reason};
}

/// Time passed between the decision and the end of the deed; was there a lease all along (F34)?
OperationReport check_lease(OperationReport report, plugin::ResourceInstance& instance,
                            plugin::Call call, const Board& board) {
    auto at = now();
    if (at < board.lease_end()) return report;
    call.cancellation = nullptr;
    call.deadline = at + std::max<Duration>(instance.sever_bound(), 1ms);
    auto severed = instance.sever(call);
    report.outcome = Outcome::failed;
    report.status = ResourceStatus::unknown;
    report.text = "the lease ran out while it started; " +
                  (severed ? std::string("severed") : "not severed: " + severed.error().context);
    return report;
}

OperationReport start(const lifecycle::StartOperation& operation,
                      plugin::ResourceInstance& instance, const plugin::Call& call,
                      const Board& board) {
    if (now() > operation.not_after)
        return {operation.id, Outcome::not_begun, ResourceStatus::unknown,
                "too late to begin: the lease that allowed it may be over"};
    auto report = report_of(instance.start(call), operation.id, ResourceStatus::online);
    if (operation.not_after == Instant::max()) return report;  // needs no lease
    return check_lease(std::move(report), instance, call, board);
}

/// On a worker, for as long as the plugin takes.
OperationReport perform(const lifecycle::StartOperation& operation, ResourceHolder& holder,
                        const plugin::Call& call, const Board& board, GuardLink* guard) {
    if (call.cancellation->is_cancelled())
        return {operation.id, Outcome::not_begun, ResourceStatus::unknown,
                "cancelled before it began"};
    auto instance = holder.get();
    if (!instance) return report_of(instance.error(), operation.id, ResourceStatus::unknown);
    switch (operation.kind) {
        case OperationKind::probe: return probe(**instance, call);
        case OperationKind::start: return start(operation, **instance, call, board);
        case OperationKind::stop: {
            auto report =
                report_of((*instance)->stop(call), operation.id, ResourceStatus::offline);
            // Verified stopped, so there is nothing left to sever.
            if (guard != nullptr && report.outcome == Outcome::ok) guard->drop(operation.resource);
            return report;
        }
        case OperationKind::sever:
            return report_of((*instance)->sever(call), operation.id, ResourceStatus::unknown);
    }
    HA_ASSERT(false);
}

}  // namespace

void Executor::Impl::use_resources(const model::ClusterSpec& cluster) {
    std::set<ResourceId> seen;
    for (auto& group : cluster.groups) {
        for (auto& r : group.resources) {
            seen.insert(r.id);
            auto& resource = resources[r.id];
            if (!resource.lane)
                resource.lane = std::make_shared<Lane>(hands.workers, hands.outbox);
            resource.group = group.id;
            resource.spec = r;
            resource.wanted = instance_spec(cluster, options, r.type, r.name, group.id,
                                            r.parameters, r.node_parameters);
        }
    }
    // One that is gone from the configuration and still active has to be stopped by somebody.
    std::erase_if(resources, [&](const auto& item) {
        return !seen.contains(item.first) && !item.second.is_active && item.second.lane->is_idle();
    });
}

/// As if we had started them: the instance is made from that description, and kept until it is
/// known to be offline.
void Executor::Impl::adopt_resources(const model::ClusterSpec& cluster,
                                     const std::vector<model::GroupSpec>& groups) {
    for (auto& group : groups) {
        for (auto& r : group.resources) {
            auto& resource = resources[r.id];
            resource.lane = std::make_shared<Lane>(hands.workers, hands.outbox);
            resource.group = group.id;
            resource.spec = r;
            resource.wanted = instance_spec(cluster, options, r.type, r.name, group.id,
                                            r.parameters, r.node_parameters);
            holder_of(resource);
            resource.is_active = true;
        }
    }
}

std::shared_ptr<ResourceHolder> Executor::Impl::holder_of(Resource& resource) {
    bool is_stale = resource.holder && !resource.is_active && resource.lane->is_idle() &&
                    !is_same(resource.holder->spec(), resource.wanted);
    if (!resource.holder || is_stale)
        resource.holder = std::make_shared<ResourceHolder>(resource.wanted, hands.registry, host,
                                                           &plugin::Registry::create_resource);
    return resource.holder;
}

plugin::Call Executor::Impl::plugin_call(const lifecycle::StartOperation& operation) const {
    plugin::Call out;
    out.id = operation.id;
    out.deadline = operation.deadline;
    out.epoch = operation.epoch;
    out.event = operation.start_kind == model::StartKind::failover ? HA_EVENT_FAILOVER
                                                                   : HA_EVENT_START;
    out.factor = plugin_factor(operation.factor);
    for (auto& group : spec.groups) {
        if (group.id != operation.group) continue;
        auto place = std::find(group.policy.begin(), group.policy.end(), options.self);
        if (place == group.policy.end()) continue;
        out.priority = static_cast<std::uint32_t>(place - group.policy.begin()) + 1;
        out.is_at_home = out.priority == 1;
    }
    return out;
}

void Executor::Impl::on_start_operation(const lifecycle::StartOperation& operation) {
    auto found = resources.find(operation.resource);
    if (found == resources.end()) {
        events.operation({operation.id, Outcome::failed, ResourceStatus::unknown,
                          "this node's configuration has no such resource"});
        return;
    }
    auto& resource = found->second;
    if (operation.is_search) return search(operation, resource);
    auto cancellation = std::make_shared<plugin::Cancellation>();
    add(operation.id, {operation.resource, {}, operation.kind, operation.deadline, false,
                       cancellation});
    if (operation.kind == OperationKind::sever) return sever(operation, resource);
    if (operation.kind == OperationKind::start && !record_problem.empty()) {
        // A daemon that restarted now would not know that it holds the group.
        report(OperationReport{operation.id, Outcome::failed, ResourceStatus::unknown,
                               "not started: " + record_problem});
        return;
    }
    if (operation.kind == OperationKind::start &&
        (options.is_self_fence_always || needs_fencing(operation.group)) &&
        !missing_watchdog().empty()) {
        report(OperationReport{operation.id, Outcome::failed, ResourceStatus::unknown,
                               "not started: " + watchdog_problem});
        return;
    }
    auto holder = holder_of(resource);
    if (operation.kind == OperationKind::start) resource.is_active = true;
    auto call = plugin_call(operation);
    resource.lane->submit({operation.id, [=, weak = weak_from_this(), board = hands.board,
                                          guard = hands.guard,
                                          cancellation = cancellation]() mutable {
        call.cancellation = cancellation.get();
        auto result = perform(operation, *holder, call, *board, guard.get());
        return [weak, operation, result = std::move(result)]() mutable {
            auto self = weak.lock();
            if (!self) return;
            auto r = self->resources.find(operation.resource);
            bool is_offline = result.outcome == Outcome::ok &&
                              result.status == ResourceStatus::offline;
            if (r != self->resources.end()) {
                if (result.status == ResourceStatus::online) r->second.is_active = true;
                if (is_offline) r->second.is_active = false;
            }
            self->report(std::move(result));
        };
    }});
}

/// Beside whatever else happens to the resource, on a thread that nothing else can occupy.
void Executor::Impl::sever(const lifecycle::StartOperation& operation, Resource& resource) {
    auto holder = resource.holder ? resource.holder : holder_of(resource);
    auto cancellation = operations.at(operation.id).cancellation;
    auto call = plugin_call(operation);
    auto work = [=, weak = weak_from_this(), outbox = hands.outbox,
                 board = hands.board]() mutable {
        call.cancellation = cancellation.get();
        auto result = perform(operation, *holder, call, *board, nullptr);
        outbox->post([weak, result = std::move(result)]() mutable {
            if (auto self = weak.lock()) self->report(std::move(result));
        });
    };
    if (!hands.urgent.run(std::move(work)))
        report(OperationReport{operation.id, Outcome::failed, ResourceStatus::unknown,
                               "no thread is free to sever it"});
}

namespace {

OperationReport look(ResourceHolder& holder, const plugin::Call& call) {
    const OperationReport cancelled{call.id, Outcome::not_begun, ResourceStatus::unknown,
                                    "cancelled before it began"};
    if (call.cancellation->is_cancelled()) return cancelled;
    auto instance = holder.get();
    if (!instance) return report_of(instance.error(), call.id, ResourceStatus::unknown);
    if ((*instance)->get_extension(HA_EXT_EXCLUSIVE) == nullptr)
        return {call.id, Outcome::not_begun, ResourceStatus::unknown,
                "its type does not tell what others have started", true};
    // Making an instance may have taken its time.
    if (call.cancellation->is_cancelled()) return cancelled;
    return probe(**instance, call);
}

}  // namespace

/// By an instance of its own, which has no lane to keep others waiting in and tells the guard
/// nothing: what it finds is not ours.
void Executor::Impl::search(const lifecycle::StartOperation& operation, const Resource& resource) {
    if (resource.is_active || !search_lane->is_idle()) {
        events.operation({operation.id, Outcome::not_begun, ResourceStatus::unknown,
                          resource.is_active ? "it was started by this node"
                                             : "an earlier search has not come back"});
        return;
    }
    auto cancellation = std::make_shared<plugin::Cancellation>();
    add(operation.id, {{}, {}, operation.kind, operation.deadline, false, cancellation});
    auto holder = std::make_shared<ResourceHolder>(resource.wanted, hands.registry, search_host,
                                                   &plugin::Registry::create_resource);
    auto call = plugin_call(operation);
    search_lane->submit({operation.id, [=, weak = weak_from_this()]() mutable {
        call.cancellation = cancellation.get();
        auto result = look(*holder, call);
        holder.reset();
        return [weak, result = std::move(result)]() mutable {
            if (auto self = weak.lock()) self->report(std::move(result));
        };
    }});
}

}  // namespace ha::runtime
