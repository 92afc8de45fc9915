// A node and its guard: the process that severs at the lease's end when this one cannot.
#include <algorithm>

#include "runtime/machine.hpp"
#include "runtime/node_impl.hpp"

namespace ha::runtime {

namespace {

/// A guard that could not be started, or does not answer, is tried again so often.
constexpr Duration k_guard_retry = 1s;
constexpr Duration k_guard_retry_max = 60s;  ///< starting a process is not for nothing
/// It looks at least once in a lease while it holds anything; one that did not for so long is
/// stopped, or starved.
constexpr Duration k_guard_silence_min = 2s;

}  // namespace

/// Before the engine begins: what became of our predecessor's groups is its first knowledge.
void Node::Impl::open_guard(engine::Start& start) {
    const GuardOptions wanted{options.guard.value_or(""), options.run_directory,
                              options.is_realtime, options.watchdog};
    auto opened = GuardLink::open(wanted);
    if (!opened) {
        // Sought for ever: a machine that is busy when it boots is not to be without one since.
        if (options.guard) guard = GuardLink::to_none(wanted, opened.error().context);
        return;
    }
    // Not wanted: one that an earlier process left is let go, unless it would sever what runs.
    const bool is_needed = options.guard || (*opened)->verdict().held > 0;
    if (!is_needed) return (*opened)->leave();
    guard = std::move(*opened);
    severings_seen = guard->severings();
    const auto& found = guard->found();
    if (!found.was_there) return;
    start.severed = found.severed;
    start.lease_inherited = found.lease_end;
}

void Node::Impl::watch_guard() {
    if (guard == nullptr) return;
    if (!guard->is_there()) {
        is_guard_told_missing = true;
        return tell(EventKind::guard_missing, "ha-guard",
                    guard->problem() + "; two owners are possible while this process is stopped");
    }
    const auto verdict = guard->verdict();
    std::string text = "process " + std::to_string(verdict.pid);
    if (verdict.is_realtime == 0) text += ", without real-time priority";
    if (verdict.is_locked == 0) text += ", with memory that is not locked";
    tell(EventKind::guard_running, "ha-guard", text);
    if (guard->process_fd() < 0) {
        if (!std::exchange(is_watch_told, true))
            tell_shortcoming("ha-guard", guard->watch_problem());
        return;
    }
    auto watched = loop->watch_readable(guard->process_fd(), [this] {
        if (auto watch = std::exchange(guard_watch, std::nullopt)) loop->unwatch(*watch);
        guard->mark_gone();
        look_at_guard();
        arm();
    });
    if (watched) guard_watch = *watched;
}

/// Until we have held a lease of our own, what our predecessor told last stands.
void Node::Impl::tell_guard() {
    if (guard == nullptr) return;
    const auto end = engine->lease_end();
    has_had_lease = has_had_lease || end != Instant{};
    if (!has_had_lease) return;
    guard->say(end, model::timing_of(engine->state()).sever_bound);
}

/// Before each step: has it severed what we take to be running? Is it there?
void Node::Impl::look_at_guard() {
    if (guard == nullptr) return;
    const auto verdict = guard->verdict();
    if (const auto count = guard->severings(); count != severings_seen) {
        severings_seen = count;
        publish({now(), EventKind::guard_severed, "ha-guard",
                 {{"took_us", std::to_string(verdict.sever_took_ns / 1000)},
                  {"woke_late_us", std::to_string(verdict.wake_late_ns / 1000)}}});
        run_step(engine::Severed{});
    }
    tell_watchdog();
    look_at_watchdog();
    const auto silence = now() - Instant{static_cast<std::int64_t>(verdict.alive_ns)};
    const auto lease = model::timing_of(engine->state()).lease;
    const auto allowed = std::max(3 * lease, k_guard_silence_min);
    const bool is_stuck = verdict.held > 0 && silence > allowed;
    if (guard->is_there() && !is_stuck) return;
    if (!std::exchange(is_guard_told_missing, true))
        tell(EventKind::guard_missing, "ha-guard",
             (is_stuck ? "it does not run" : guard->problem()) +
                 "; two owners are possible while this process is stopped");
    if (guard_retry == Instant::max() && !is_guard_reviving) guard_retry = now();
}

/// Only a device that has confirmed its time counts (safety.md F21).
void Node::Impl::tell_watchdog() {
    const auto verdict = guard->verdict();
    const auto state = static_cast<guard::WatchdogState>(verdict.watchdog);
    const bool is_sure = guard->is_there() && state == guard::WatchdogState::armed &&
                         verdict.watchdog_is_verified != 0;
    const Duration time{is_sure ? static_cast<std::int64_t>(verdict.watchdog_timeout_ns) : 0};
    if (std::exchange(watchdog_told, time) == time) return;
    run_step(engine::WatchdogTold{time});
}

/// Settings that the guard refuses: told of when that changes, and offered again, because a device
/// that was armed with others may be let go.
void Node::Impl::look_at_watchdog() {
    const auto problem = guard->watchdog_problem();
    if (problem != watchdog_problem_told) {
        watchdog_problem_told = problem;
        tell(problem.empty() ? EventKind::watchdog_well : EventKind::watchdog_unwell, "watchdog",
             problem.empty() ? "ha-guard uses it as it is set" : problem);
    }
    if (!problem.empty() && watchdog_retry == Instant::max() && !is_watchdog_retried)
        watchdog_retry = now() + k_guard_retry;
}

void Node::Impl::retry_watchdog() {
    watchdog_retry = Instant::max();
    auto work = [this, link = guard, box = outbox] {
        link->retry_watchdog();
        box->post([this] {
            is_watchdog_retried = false;
            look_at_guard();
            arm();
        });
    };
    is_watchdog_retried = urgent->run(std::move(work));
    if (!is_watchdog_retried) watchdog_retry = now() + k_guard_retry;
}

/// A hypervisor may stop this machine's clock, and with it lease and watchdog; only people know.
void Node::Impl::warn_of_clock() {
    const auto& spec = engine->state().spec;
    const auto* me = model::find_node(spec, options.self);
    if (me == nullptr || me->clock_may_stop || guard == nullptr || !guard->has_watchdog()) return;
    const auto sign = sign_of_hypervisor();
    if (sign.empty()) return;
    tell_shortcoming("clock",
                     "this seems to be a virtual machine (" + sign +
                         "): if it may be paused, snapshot or migrated, its watchdog stands still "
                         "meanwhile; say so with \"clock\": \"may_stop\" of node " + me->name);
}

void Node::Impl::revive_guard() {
    guard_retry = Instant::max();
    is_guard_reviving = true;
    auto work = [this, link = guard, box = outbox] {
        auto result = link->revive();
        box->post([this, result] { on_guard_revived(result); });
    };
    if (!urgent->run(std::move(work))) on_guard_revived(failure(FailureCode::limit, "no thread"));
}

void Node::Impl::on_guard_revived(const Result<void>& result) {
    is_guard_reviving = false;
    if (!result) {
        // What is held needs one; what is not can wait.
        const auto most = guard->verdict().held > 0 ? k_guard_retry : k_guard_retry_max;
        guard_pause = std::clamp(guard_pause * 2, k_guard_retry, most);
        guard_retry = now() + guard_pause;
        return arm();
    }
    guard_pause = {};
    is_guard_told_missing = false;
    if (auto watch = std::exchange(guard_watch, std::nullopt)) loop->unwatch(*watch);
    watch_guard();
}

GuardStatus Node::Impl::guard_status(const engine::EngineStatus& status) const {
    GuardStatus out;
    out.is_wanted = options.guard.has_value();
    if (guard != nullptr) {
        out.problem = guard->problem();
        out.watchdog_problem = guard->watchdog_problem();
        out.is_there = guard->is_there() && !is_guard_told_missing;
        out.verdict = guard->verdict();
    }
    const auto own = status.services.find(status.self);
    if (own == status.services.end()) return out;
    for (const auto& group : own->second.groups)
        for (const auto& line : group.resources) {
            const auto* spec = model::find_group(status.state.spec, group.group);
            const auto* resource =
                spec == nullptr ? nullptr : model::find_resource(*spec, line.resource);
            const bool is_leased = resource != nullptr && model::requirement_of(*spec) !=
                                                              model::Requirement::nothing;
            const bool may_run = line.state != lifecycle::ResourceState::offline;
            if (is_leased && may_run && (guard == nullptr || !guard->has(line.resource)))
                out.unguarded.push_back(resource->name);
        }
    return out;
}

}  // namespace ha::runtime
