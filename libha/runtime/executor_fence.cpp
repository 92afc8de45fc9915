// The executor's fence devices: one lane for each, so that one that hangs delays no other.
//
//   call --> lane of the device --> worker --> plugin --> report
//                 deadline: cancelled; still not back after the grace: reported as left behind, and
//                 once more when it returns at last
#include "base/assert.hpp"
#include "runtime/executor_impl.hpp"
#include "runtime/machine.hpp"

namespace ha::runtime {

namespace {

using lifecycle::FenceAction;
using lifecycle::FenceReport;
using lifecycle::Outcome;
using lifecycle::PowerStatus;

FenceReport report_of(OperationId id, const Result<void>& result) {
    if (result) return {id, Outcome::ok, PowerStatus::unknown, {}, true};
    const bool is_late = result.error().code == FailureCode::timed_out;
    return {id, is_late ? Outcome::timed_out : Outcome::failed, PowerStatus::unknown,
            result.error().context, true};
}

FenceReport look(plugin::FenceInstance& device, const plugin::Call& call) {
    const auto answer = device.status(call);
    const auto power = answer.power == plugin::FencePower::off  ? PowerStatus::off
                       : answer.power == plugin::FencePower::on ? PowerStatus::on
                                                                : PowerStatus::unknown;
    return {call.id, Outcome::ok, power, answer.reason, true};
}

/// On a worker, for as long as the plugin takes.
FenceReport perform(const lifecycle::FenceOperation& operation, FenceHolder& holder,
                    const plugin::Call& call) {
    if (now() > operation.not_after)
        return {operation.id, Outcome::not_begun, PowerStatus::unknown,
                "too late to begin: the lease that allowed it may be over", true};
    if (call.cancellation->is_cancelled())
        return {operation.id, Outcome::timed_out, PowerStatus::unknown,
                "it could not begin by its deadline", true};
    auto device = holder.get();
    if (!device) return report_of(operation.id, device.error());
    switch (operation.action) {
        case FenceAction::status: return look(**device, call);
        case FenceAction::off: return report_of(operation.id, (*device)->off(call));
        case FenceAction::on: return report_of(operation.id, (*device)->on(call));
    }
    HA_ASSERT(false);
}

}  // namespace

void Executor::Impl::use_fences(const model::ClusterSpec& cluster) {
    std::set<DeviceKey> seen;
    for (const auto& node : cluster.nodes) {
        for (const auto& fence : node.fences) {
            const DeviceKey key{node.id, fence.name};
            seen.insert(key);
            auto& device = devices[key];
            if (!device.lane) device.lane = std::make_shared<Lane>(hands.workers, hands.outbox);
            device.wanted = instance_spec(cluster, options, fence.type, fence.name, {},
                                          fence.parameters, {});
            device.wanted.target = node.name;
        }
    }
    std::erase_if(devices, [&](const auto& item) {
        return !seen.contains(item.first) && item.second.lane->is_idle();
    });
}

std::shared_ptr<FenceHolder> Executor::Impl::holder_of(Device& device) {
    const bool is_stale = device.holder && device.lane->is_idle() &&
                          !is_same(device.holder->spec(), device.wanted);
    if (!device.holder || is_stale)
        device.holder = std::make_shared<FenceHolder>(device.wanted, hands.registry, host,
                                                      &plugin::Registry::create_fence);
    return device.holder;
}

void Executor::Impl::on_fence(const lifecycle::FenceOperation& operation) {
    const auto found = devices.find({operation.node, operation.device});
    if (found == devices.end()) {
        tell({operation.id, Outcome::failed, PowerStatus::unknown,
              "this node's configuration has no such device", true});
        return;
    }
    auto& device = found->second;
    HA_ASSERT(operation.id && !fencings.contains(operation.id));
    auto cancellation = std::make_shared<plugin::Cancellation>();
    fencings[operation.id] = {found->first, operation.deadline, false, false, cancellation};
    plugin::Call call;
    call.id = operation.id;
    call.deadline = operation.deadline;
    call.attempt = operation.attempt;
    device.lane->submit({operation.id, [=, weak = weak_from_this(), holder = holder_of(device),
                                        cancellation = cancellation]() mutable {
        call.cancellation = cancellation.get();
        auto report = perform(operation, *holder, call);
        return [weak, report = std::move(report)]() mutable {
            auto self = weak.lock();
            if (!self || self->fencings.erase(report.id) == 0) return;
            self->tell(std::move(report));
        };
    }});
}

void Executor::Impl::tell(FenceReport report) {
    if (events.fence) events.fence(std::move(report));
}

void Executor::Impl::tick_fences(Instant at) {
    std::vector<FenceReport> late;
    for (auto fencing = fencings.begin(); fencing != fencings.end();) {
        auto& [id, underway] = *fencing;
        if (underway.is_left_behind || underway.deadline > at) {
            ++fencing;
            continue;
        }
        if (!underway.is_cancelled) {
            underway.is_cancelled = true;
            underway.cancellation->cancel();
            underway.deadline = underway.deadline + k_return_grace;
            ++fencing;
            continue;
        }
        const auto device = devices.find(underway.device);
        if (device != devices.end() && device->second.lane->drop(id)) {
            late.push_back({id, Outcome::timed_out, PowerStatus::unknown,
                            "it could not begin by its deadline, because an earlier operation of "
                            "this device still hangs",
                            true});
            fencing = fencings.erase(fencing);
            continue;
        }
        underway.is_left_behind = true;
        late.push_back({id, Outcome::timed_out, PowerStatus::unknown,
                        "it has not returned by its deadline, and was left behind", false});
        ++fencing;
    }
    for (auto& report : late) tell(std::move(report));
}

Instant Executor::Impl::fence_deadline() const {
    auto next = Instant::max();
    for (const auto& [id, underway] : fencings)
        if (!underway.is_left_behind) next = std::min(next, underway.deadline);
    return next;
}

}  // namespace ha::runtime
