// ha-guard as the rules see it: what a stopped or dead daemon left running is made harmless when
// the time that it told last is over, less the sever bound (safety.md F8).
#include <algorithm>

#include "base/seeded_bug.hpp"
#include "host.hpp"
#include "world.hpp"

namespace ha::sim {

namespace {

/// Longer than the stop of most groups of these worlds takes.
constexpr Duration k_watchdog_time = 5s;

}  // namespace

/// After each step. Until a daemon has held a lease of its own, its predecessor's word stands.
void Host::tell_guard() {
    if (!world_.has_guards() || engine_ == nullptr) return;
    const auto end = engine_->lease_end();
    has_had_lease_ = has_had_lease_ || end != Instant{};
    if (!has_had_lease_ || end == guard_.lease_end) return;
    guard_.lease_end = end;
    guard_.sever_bound = model::timing_of(engine_->state()).sever_bound;
    const auto due = end - guard_.sever_bound;
    // A later end is seen when the timer fires; only an earlier one needs another timer.
    if (guard_.due == Instant{} || due < guard_.due) arm_guard(due);
}

/// Shared storage is not: only the reset of its machine ends it.
bool Host::is_severable(GroupId group) const {
    const auto* found = model::find_group(world_.spec(), group);
    return !world_.has_watchdogs() || found == nullptr ||
           model::requirement_of(*found) != model::Requirement::fencing;
}

/// It is armed before what needs it is started, and disarmed when that is verified stopped.
bool Host::needs_watchdog() const {
    return std::any_of(run_record_.begin(), run_record_.end(),
                       [&](const lifecycle::Held& held) { return !is_severable(held.group); });
}

void Host::tell_watchdog() {
    if (!world_.has_watchdogs()) return;
    world_.queue().after(1ms, [this, life = life_] {
        if (life == life_)
            feed(engine::WatchdogTold{needs_watchdog() ? k_watchdog_time : Duration::zero()});
    });
}

/// The lease is over. Unless there is another one by then, the machine is reset.
void Host::stop_feeding() {
    if (!needs_watchdog()) return;
    const auto due = std::max(guard_.lease_end, local_now()) + k_watchdog_time;
    world_.queue().at(std::max(clock_.when(due), world_.queue().now()), [this, boot = boot_] {
        const bool is_fed = local_now() < guard_.lease_end + k_watchdog_time - 1ms;
        if (boot != boot_ || state_ == HostState::off || is_fed || !needs_watchdog()) return;
        world_.note("node " + std::to_string(id_.value) + " is reset by its watchdog");
        power_off();
        world_.queue().after(Duration{200ms} + world_.random().up_to(9s), [this] { power_on(); });
    });
}

void Host::arm_guard(Instant local_due) {
    guard_.due = local_due;
    auto at = clock_.when(local_due) + world_.random().up_to(200us);
    if (is_seeded(SeededBug::sever_late)) at = at + world_.spec().timing.lease / 2;
    world_.queue().at(std::max(at, world_.queue().now()), [this, boot = boot_, local_due] {
        if (boot == boot_ && state_ != HostState::off && guard_.due == local_due) look_as_guard();
    });
}

void Host::look_as_guard() {
    guard_.due = {};
    const auto severs_at = guard_.lease_end - guard_.sever_bound;
    if (local_now() < severs_at) return arm_guard(severs_at);
    std::map<ResourceId, lifecycle::Held> hit;
    stop_feeding();
    for (const auto& [resource, active] : active_) {
        if (!is_severable(active.group) || active.is_by_hand) continue;  // nobody told it of that
        hit[resource] = {active.group, active.epoch};
        guard_.cut_off[resource] = active.epoch.incarnation;
    }
    for (const auto& [id, operation] : under_way_)
        if (operation.kind == lifecycle::OperationKind::start && is_severable(operation.group))
            hit[operation.resource] = {operation.group, operation.epoch};
    if (hit.empty()) return;
    guard_.is_untold = engine_ != nullptr;
    for (const auto& [resource, held] : hit) guard_.severed[resource] = held;
    world_.queue().after(
        world_.random().up_to(world_.spec().timing.sever_bound / 2), [this, boot = boot_, hit] {
            if (boot != boot_) return;
            std::erase_if(active_, [&](const auto& item) {
                const auto found = hit.find(item.first);
                return found != hit.end() && found->second.epoch == item.second.epoch;
            });
        });
}

}  // namespace ha::sim
