// The executor's checks and event-driven monitors.
//
//   begin --> arm (worker) --> watch the descriptor (loop) --> readable --> on_ready (worker)
//               ^                                                              |
//               +---- ok: again, not too fast <--------------------------------+--> report
//               +---- bad: after the next check that says ok
#include "base/assert.hpp"
#include "plugin/check.hpp"
#include "runtime/executor_impl.hpp"
#include "runtime/machine.hpp"
#include "runtime/nice.hpp"
#include "runtime/script.hpp"

namespace ha::runtime {

namespace {

using lifecycle::MonitorReport;
using lifecycle::Verdict;

Verdict verdict_of(plugin::CheckedVerdict verdict) {
    switch (verdict) {
        case plugin::CheckedVerdict::ok: return Verdict::ok;
        case plugin::CheckedVerdict::bad: return Verdict::bad;
        case plugin::CheckedVerdict::unknown: break;
    }
    return Verdict::unknown;
}

plugin::Call call_for(const Epoch& epoch, Instant deadline) {
    plugin::Call out;
    out.deadline = deadline;
    out.epoch = epoch;
    return out;
}

/// What a monitor watches need not be named twice. A configuration that was read before the types
/// were known, such as the file of a node that starts, could not fill it in.
void name_watched(const model::ClusterSpec& cluster, const model::MonitorSpec& monitor,
                  const plugin::Registry& registry, plugin::InstanceSpec& wanted) {
    const auto* type = registry.find(plugin::Kind::monitor, monitor.type);
    const auto* group = model::find_group(cluster, monitor.group);
    if (type == nullptr || group == nullptr) return;
    const auto* resource = model::find_resource(*group, monitor.resource);
    if (resource != nullptr && plugin::find_parameter(*type->descriptor, "resource") != nullptr)
        wanted.parameters.try_emplace("resource", resource->name);
}

/// Of arming and of on_ready, which are quick by contract.
Instant quick_deadline() { return now() + 1s; }

}  // namespace

void Executor::Impl::use_monitors(const model::ClusterSpec& cluster) {
    std::set<MonitorId> seen;
    for (auto& m : cluster.monitors) {
        seen.insert(m.id);
        auto& monitor = monitors[m.id];
        if (!monitor.lane) monitor.lane = std::make_shared<Lane>(hands.workers, hands.outbox);
        monitor.spec = m;
        monitor.wanted = instance_spec(cluster, options, m.type, m.name, m.group, m.parameters,
                                       m.node_parameters);
        name_watched(cluster, m, *hands.registry, monitor.wanted);
        if (!monitor.holder || is_same(monitor.holder->spec(), monitor.wanted)) continue;
        // Begin anew with the new parameters.
        bool was_begun = monitor.is_begun;
        if (was_begun) on_end(m.id);
        monitor.holder.reset();
        if (was_begun) on_begin({m.id, monitor.epoch});
    }
    for (auto at = monitors.begin(); at != monitors.end();) {
        if (seen.contains(at->first)) {
            ++at;
            continue;
        }
        stop_watching(at->second);
        at = monitors.erase(at);
    }
}

void Executor::Impl::on_begin(const lifecycle::BeginMonitor& call) {
    auto found = monitors.find(call.monitor);
    if (found == monitors.end()) return;
    auto& monitor = found->second;
    stop_watching(monitor);
    monitor.is_begun = true;
    monitor.generation++;
    monitor.epoch = call.epoch;
    if (!monitor.holder)
        monitor.holder = std::make_shared<MonitorHolder>(monitor.wanted, hands.registry, host,
                                                         &plugin::Registry::create_monitor);
    arm(call.monitor);
}

void Executor::Impl::stop_watching(Monitor& monitor) {
    if (monitor.watch) hands.loop.unwatch(*monitor.watch);
    monitor.watch.reset();
    monitor.rearm_at = Instant::max();
    monitor.wants_arm = false;
}

void Executor::Impl::on_end(MonitorId id) {
    auto found = monitors.find(id);
    if (found == monitors.end() || !found->second.is_begun) return;
    auto& monitor = found->second;
    stop_watching(monitor);
    monitor.is_begun = false;
    monitor.generation++;
    monitor.lane->submit({{}, [holder = monitor.holder] {
        if (auto instance = holder->get()) (*instance)->disarm();
        return [] {};
    }});
}

void Executor::Impl::arm(MonitorId id) {
    auto& monitor = monitors.at(id);
    auto work = [holder = monitor.holder, epoch = monitor.epoch]() -> Result<int> {
        auto instance = holder->get();
        if (!instance) return instance.error();
        if (!(*instance)->is_event_driven())
            return failure(FailureCode::not_found, "not event-driven");
        (*instance)->disarm();
        return (*instance)->arm(call_for(epoch, quick_deadline()));
    };
    monitor.armed_at = now();
    monitor.lane->submit(
        {{}, [weak = weak_from_this(), id, generation = monitor.generation, work] {
             return std::function<void()>([weak, id, generation, fd = work()] {
                 if (auto self = weak.lock()) self->on_armed(id, generation, fd);
             });
         }});
}

void Executor::Impl::on_armed(MonitorId id, std::uint64_t generation, const Result<int>& fd) {
    auto found = monitors.find(id);
    if (found == monitors.end() || found->second.generation != generation) return;
    auto& monitor = found->second;
    if (!fd) {
        // The periodic checks go on, so nothing is unwatched; after a good one it is tried again.
        monitor.wants_arm = fd.error().code != FailureCode::not_found;
        return;
    }
    auto watch = hands.loop.watch_readable(*fd, [this, id, generation] {
        on_readable(id, generation);
    });
    if (watch) monitor.watch = *watch;
}

void Executor::Impl::on_readable(MonitorId id, std::uint64_t generation) {
    auto found = monitors.find(id);
    if (found == monitors.end() || found->second.generation != generation) return;
    auto& monitor = found->second;
    // Not polled any more before the plugin looks: it may close the descriptor.
    if (monitor.watch) hands.loop.unwatch(*monitor.watch);
    monitor.watch.reset();
    auto work = [holder = monitor.holder, epoch = monitor.epoch]() -> plugin::CheckAnswer {
        auto instance = holder->get();
        if (!instance) return {plugin::CheckedVerdict::unknown, instance.error().context};
        return (*instance)->on_ready(call_for(epoch, quick_deadline()));
    };
    monitor.lane->submit({{}, [weak = weak_from_this(), id, generation, work] {
        return std::function<void()>([weak, id, generation, answer = work()] {
            if (auto self = weak.lock()) self->on_ready(id, generation, answer);
        });
    }});
}

void Executor::Impl::on_ready(MonitorId id, std::uint64_t generation,
                              const plugin::CheckAnswer& answer) {
    auto found = monitors.find(id);
    if (found == monitors.end() || found->second.generation != generation) return;
    auto& monitor = found->second;
    // What is dead stays readable, so arming again at once would only spin.
    if (answer.verdict == plugin::CheckedVerdict::ok)
        monitor.rearm_at = monitor.armed_at + k_rearm_interval_min;
    else
        monitor.wants_arm = true;
    report(MonitorReport{id, {}, verdict_of(answer.verdict), answer.reason});
}

void Executor::Impl::on_check(const lifecycle::CheckMonitor& call) {
    auto found = monitors.find(call.monitor);
    if (found == monitors.end()) {
        events.monitor({call.monitor, call.id, Verdict::unknown,
                        "this node's configuration has no such monitor"});
        return;
    }
    auto& monitor = found->second;
    auto cancellation = std::make_shared<plugin::Cancellation>();
    add(call.id, {{}, call.monitor, lifecycle::OperationKind::probe, call.deadline, false,
                  cancellation});
    if (!monitor.holder)
        monitor.holder = std::make_shared<MonitorHolder>(monitor.wanted, hands.registry, host,
                                                         &plugin::Registry::create_monitor);
    auto work = [holder = monitor.holder, epoch = monitor.epoch, call, cancellation,
                 nice = monitor.spec.nice]() -> plugin::CheckAnswer {
        if (cancellation->is_cancelled())
            return {plugin::CheckedVerdict::unknown, "cancelled before it began"};
        auto instance = holder->get();
        if (!instance) return {plugin::CheckedVerdict::unknown, instance.error().context};
        auto plugin_call = call_for(epoch, call.deadline);
        plugin_call.id = call.id;
        plugin_call.cancellation = cancellation.get();
        const NiceScope scope(nice);
        return (*instance)->check(plugin_call);
    };
    monitor.lane->submit({call.id, [weak = weak_from_this(), call, work,
                                    generation = monitor.generation] {
        return std::function<void()>([weak, call, generation, answer = work()] {
            auto self = weak.lock();
            if (!self) return;
            auto m = self->monitors.find(call.monitor);
            if (m != self->monitors.end() && m->second.generation == generation &&
                m->second.wants_arm && m->second.is_begun &&
                answer.verdict == plugin::CheckedVerdict::ok) {
                m->second.wants_arm = false;
                self->arm(call.monitor);
            }
            self->report(MonitorReport{call.monitor, call.id, verdict_of(answer.verdict),
                                       answer.reason});
        });
    }});
}

/// A thread of its own for each: a script that hangs holds up nothing but its own step.
void Executor::Impl::on_script(const lifecycle::RunScript& call) {
    auto work = [weak = weak_from_this(), outbox = hands.outbox, call] {
        const auto code = run_script(call.path, call.environment, call.deadline);
        const auto text = code ? "exit code " + std::to_string(*code) : code.error().context;
        outbox->post([weak, call, text] {
            if (auto self = weak.lock())
                self->events.monitor({call.monitor, call.id, Verdict::ok, text});
        });
    };
    if (hands.workers.run(std::move(work))) return;
    events.monitor({call.monitor, call.id, Verdict::unknown, "no thread is free to run it"});
}

}  // namespace ha::runtime
