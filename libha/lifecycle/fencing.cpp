// Fencing: makes lost nodes harmless with their devices, on the node that was chosen for it.
#include "lifecycle/fencing.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "base/seeded_bug.hpp"
#include "lifecycle/bounds.hpp"

namespace ha::lifecycle {

namespace {

std::string device_name(const model::FenceSpec& device) { return "device " + device.name; }

}  // namespace

Duration longest_shot(const model::NodeSpec& node, std::uint32_t drift_ppm) {
    Duration longest{0};
    for (const auto& device : node.fences) longest = std::max(longest, device.timeout);
    longest += k_fence_end_grace + k_fence_echo;
    return longest + longest / 1'000'000 * (2 * std::int64_t{drift_ppm});
}

/// A task that is new, or asked for anew, begins with the first device; one that is known goes on.
void Fencing::take(Run& run, const FenceTask& task, const model::ClusterSpec& spec) {
    run.is_abandoned = false;
    const bool is_same = run.task.start == task.start && run.task.count == task.count &&
                         static_cast<bool>(run.task.node);
    run.task = task;
    if (is_same) return;
    // What an earlier task left behind may still hit the node.
    if (run.step == Step::look) run.quiet_from = updated_ + k_fence_echo;
    Run fresh;
    fresh.task = task;
    fresh.left_behind = std::move(run.left_behind);
    fresh.quiet_from = run.quiet_from;
    if (run.under_way) fresh.left_behind.insert(run.under_way);
    fresh.name = model::name_of(spec, task.node);
    if (const auto* node = model::find_node(spec, task.node)) fresh.devices = node->fences;
    run = std::move(fresh);
}

void Fencing::update(Instant now, const model::ClusterSpec& spec,
                     const std::vector<FenceTask>& tasks, Instant not_after) {
    not_after_ = not_after;
    updated_ = now;
    timing_ = spec.timing;
    for (auto& [node, run] : runs_) run.is_abandoned = true;
    for (const auto& task : tasks) take(runs_[task.node], task, spec);
    for (auto& [node, run] : runs_) advance(now, run);
    // The last word was heard, and nothing can hit any more: there is nothing left to remember.
    std::erase_if(runs_, [&](const auto& entry) {
        const auto& run = entry.second;
        return run.is_abandoned && !run.under_way && !may_hit(now, run);
    });
}

void Fencing::advance(Instant now, Run& run) {
    if (run.under_way && now >= run.give_up)
        on_report(now, {run.under_way, Outcome::timed_out, PowerStatus::unknown,
                        "nothing was heard of it by its deadline", false});
    if (run.under_way || run.is_abandoned) return;
    if (!run.is_concluded) {
        if (!run.task.proof.empty())
            conclude(now, run, true, false, run.task.proof);
        else if (!run.task.is_wanted)
            conclude(now, run, false, true, "it was decided otherwise");
        else if (!run.task.needless.empty())
            conclude(now, run, false, true, run.task.needless);
        else if (run.devices.empty())
            conclude(now, run, false, false, "it has no fence device");
    }
    if (run.is_concluded) return settle(now, run);
    if (now < run.due || now < run.task.not_before || now >= not_after_) return;
    begin(now, run, run.step == Step::look ? FenceAction::status : FenceAction::off);
}

void Fencing::begin(Instant now, Run& run, FenceAction action) {
    HA_ASSERT(run.device < run.devices.size() && !run.under_way);
    const auto& device = run.devices[run.device];
    FenceOperation operation;
    operation.id = run.under_way = OperationId{++last_id_};
    operation.node = run.task.node;
    operation.device = device.name;
    operation.action = action;
    operation.attempt = run.attempt + 1;
    operation.deadline =
        now + (action == FenceAction::status ? device.status_timeout : device.timeout);
    operation.not_after = not_after_;
    run.begun = now;
    run.give_up = operation.deadline + k_report_grace;
    out_.calls.emplace_back(std::move(operation));
}

bool Fencing::may_watch(Instant now) const {
    return watch_.node && !runs_.contains(watch_.node) && now < not_after_;
}

void Fencing::watch(Instant now, const model::ClusterSpec& spec, NodeId node) {
    if (watch_.under_way) {
        if (now >= watch_.give_up)
            on_watched(now, {watch_.under_way, Outcome::timed_out, PowerStatus::unknown,
                             "nothing was heard of it by its deadline", false});
        return;
    }
    if (watch_.node != node) {
        watch_ = {};
        watch_.node = node;
        watch_.due = now;
        watch_.node_name = model::name_of(spec, node);
    }
    const auto* found = model::find_node(spec, node);
    if (found == nullptr || found->fences.empty()) {
        watch_ = {};
        return;
    }
    if (now < watch_.due || !may_watch(now)) return;
    if (watch_.device >= found->fences.size()) watch_.device = 0;
    const auto& device = found->fences[watch_.device];
    FenceOperation operation;
    operation.id = watch_.under_way = OperationId{++last_id_};
    operation.node = node;
    operation.device = watch_.name = device.name;
    operation.action = FenceAction::status;
    operation.deadline = now + device.status_timeout;
    operation.not_after = not_after_;
    watch_.begun = now;
    watch_.give_up = operation.deadline + k_report_grace;
    // The next one at once, until each was asked.
    const bool is_last = ++watch_.device == found->fences.size();
    watch_.due = is_last ? now + k_fence_watch_interval : now;
    out_.calls.emplace_back(std::move(operation));
}

void Fencing::on_watched(Instant now, const FenceReport& report) {
    watch_.under_way = {};
    if (report.outcome == Outcome::not_begun) return;
    auto text = report.text;
    if (report.outcome == Outcome::ok) {
        if (report.power == PowerStatus::unknown) text = "it does not know whether it is on";
        if (report.power == PowerStatus::off)
            text = "it says that it is off, and it is heard; it may be wired to another machine";
    }
    const bool is_well = report.outcome == Outcome::ok && report.power == PowerStatus::on;
    const bool is_news = is_well ? watch_.silent.erase(watch_.name) > 0
                                 : watch_.silent.insert(watch_.name).second;
    if (!is_news) return;
    out_.events.push_back({now,
                           is_well ? EventKind::fence_device_well : EventKind::fence_device_unwell,
                           "node " + watch_.node_name,
                           {{"device", watch_.name}, {"text", clipped(text)}}});
}

void Fencing::on_report(Instant now, const FenceReport& report) {
    if (watch_.under_way && watch_.under_way == report.id) return on_watched(now, report);
    for (auto& [node, run] : runs_) {
        if (run.left_behind.erase(report.id) > 0) {
            run.quiet_from = now + k_fence_echo;
            return advance(now, run);
        }
        if (run.under_way != report.id) continue;
        run.under_way = {};
        if (report.outcome == Outcome::ok && run.step == Step::off)
            longest_ = std::max(longest_, now - run.begun);
        if (!report.is_returned && run.step != Step::look) run.left_behind.insert(report.id);
        if (run.is_abandoned) {
            if (run.step == Step::off) run.quiet_from = now + k_fence_echo;
            return;
        }
        switch (run.step) {
            case Step::off: on_off(now, run, report); break;
            case Step::look: on_look(now, run, report); break;
            case Step::on: on_on(now, run, report); break;
            case Step::done: break;
        }
        return advance(now, run);
    }
}

void Fencing::on_off(Instant now, Run& run, const FenceReport& report) {
    if (report.outcome == Outcome::not_begun) {
        // Too late for the lease it was decided under: nothing was done, so nothing has failed.
        run.due = now + k_fence_retry_pause;
        return;
    }
    const auto& device = run.devices[run.device];
    if (report.outcome != Outcome::ok)
        return fail_attempt(now, run, report.text, report.is_returned);
    if (is_seeded(SeededBug::fence_success_without_verification))
        return conclude(now, run, true, false, device_name(device) + " says so");
    run.step = Step::look;
    run.claimed_at = now;
    run.due = now;
    run.look_until = now + device.status_timeout;
}

/// What both the device and its status say is believed of a node that is silent.
void Fencing::on_seen_off(Instant now, Run& run) {
    const auto& device = run.devices[run.device];
    const bool was_heard =
        run.task.heard != Instant{} && run.task.heard + timing_.heartbeat_timeout > run.claimed_at;
    if (was_heard && run.task.heard >= run.claimed_at + timing_.heartbeat_interval)
        return fail_attempt(now, run,
                            "it claims success and its status says off, but the node is still "
                            "heard; it may be wired to another machine");
    const auto silent_by = run.claimed_at + timing_.heartbeat_timeout;
    if (was_heard && now < silent_by) {
        run.due = silent_by;
        return;
    }
    run.switches_on = device.switches_on;
    run.step = Step::done;
    conclude(now, run, true, false,
             "switched off by " + device_name(device) + ", whose status says so too");
}

void Fencing::on_look(Instant now, Run& run, const FenceReport& report) {
    if (report.outcome == Outcome::ok && report.power == PowerStatus::off)
        return on_seen_off(now, run);
    if (now + k_fence_look_interval < run.look_until) {
        run.due = now + k_fence_look_interval;
        return;
    }
    if (report.outcome == Outcome::ok && report.power == PowerStatus::on)
        return fail_attempt(now, run, "it claims success, but its status still says on");
    fail_attempt(now, run, "it claims success, but its status is not known: " + report.text);
}

/// A device that hangs is not asked again: the next attempt would only wait for it.
void Fencing::fail_attempt(Instant now, Run& run, const std::string& text, bool may_retry) {
    const auto& device = run.devices[run.device];
    out_.events.push_back({now,
                           EventKind::fencing_attempt_failed,
                           "node " + run.name,
                           {{"device", device.name},
                            {"attempt", std::to_string(run.attempt + 1)},
                            {"text", clipped(text)}}});
    run.step = Step::off;
    run.due = now + k_fence_retry_pause;
    run.quiet_from = now + k_fence_echo;
    if (may_retry && run.attempt++ < device.retries) return;
    run.failures = clipped(run.failures + (run.failures.empty() ? "" : "; ") +
                           device_name(device) + ": " + text);
    run.attempt = 0;
    run.due = now;
    if (++run.device == run.devices.size()) conclude(now, run, false, false, run.failures);
}

void Fencing::conclude(Instant now, Run& run, bool is_confirmed, bool is_needless,
                       std::string reason) {
    // A shot that nobody will look after any more.
    if (run.step == Step::look) run.quiet_from = now + k_fence_echo;
    run.is_concluded = true;
    run.step = Step::done;
    run.verdict = {run.task.node,  run.task.start, run.task.count, is_confirmed,
                   std::move(reason), false,       is_needless};
    run.report_due = now;
    settle(now, run);
}

/// After the verdict: back on, if that is wanted, and the end of the last shot.
void Fencing::settle(Instant now, Run& run) {
    HA_ASSERT(run.is_concluded);
    if (run.under_way) return;
    if (run.switches_on) {
        // First everybody shall know that it was off.
        if (!run.task.is_wanted && now < not_after_) {
            run.switches_on = false;
            run.step = Step::on;
            return begin(now, run, FenceAction::on);
        }
    } else if (!may_hit(now, run) && !run.verdict.is_over) {
        run.verdict.is_over = true;
        run.report_due = now;
    }
    if (!must_tell(run) || now < run.report_due) return;
    run.report_due = now + k_report_repeat;
    out_.reports.emplace_back(run.verdict);
}

void Fencing::on_on(Instant now, Run& run, const FenceReport& report) {
    run.step = Step::done;
    if (report.outcome == Outcome::ok) return;
    out_.events.push_back({now,
                           EventKind::fencing_attempt_failed,
                           "node " + run.name,
                           {{"device", run.devices[run.device].name},
                            {"attempt", "1"},
                            {"text", clipped("could not switch it on again: " + report.text)}}});
}

bool Fencing::may_hit(Instant now, const Run& run) {
    return !run.left_behind.empty() || now < std::max(run.quiet_from, run.task.quiet_from);
}

/// Until the state shows it: the verdict itself, then that all is over.
bool Fencing::must_tell(const Run& run) {
    return !run.is_abandoned && (run.task.is_wanted || run.verdict.is_over);
}

FencingOutput Fencing::take_output() { return std::exchange(out_, {}); }

std::string Fencing::text_of(const Run& run) {
    if (run.is_abandoned) return "an earlier shot has not come back";
    if (run.is_concluded && run.step == Step::done)
        return run.verdict.reason + (run.left_behind.empty() ? ""
                                                             : "; a shot has not come back yet");
    const auto& device = run.devices[run.device];
    auto out = device_name(device) + ", attempt " + std::to_string(run.attempt + 1) + " of " +
               std::to_string(device.retries + 1) + ": ";
    switch (run.step) {
        case Step::off: return out + (run.under_way ? "switching off" : "about to switch off");
        case Step::look: return out + "looking whether it is off";
        case Step::on: return out + "switching on again";
        case Step::done: break;
    }
    return out;
}

std::vector<FenceLine> Fencing::status() const {
    std::vector<FenceLine> out;
    for (const auto& [node, run] : runs_) out.push_back({node, clipped(text_of(run))});
    return out;
}

Instant Fencing::next_deadline() const {
    auto next = Instant::max();
    if (watch_.under_way)
        next = watch_.give_up;
    else if (const auto due = std::max(watch_.due, updated_); may_watch(due))
        next = due;
    for (const auto& [node, run] : runs_) {
        if (run.under_way) {
            next = std::min(next, run.give_up);
        } else if (run.is_abandoned) {
            continue;
        } else if (run.is_concluded) {
            if (must_tell(run)) next = std::min(next, run.report_due);
            const auto quiet = std::max({run.quiet_from, run.task.quiet_from, updated_});
            if (run.left_behind.empty() && !run.switches_on && !run.verdict.is_over)
                next = std::min(next, quiet);
        } else {
            const auto begins = std::max({run.due, run.task.not_before, updated_});
            if (begins < not_after_) next = std::min(next, begins);
        }
    }
    return next;
}

}  // namespace ha::lifecycle
