// Final actions that reach beyond groups, and the limit on reboots.
//
//   asked -> at the limit: suppressed, with an alert
//         -> counted durably -> stop what is here, tell the others (leave.cpp) -> the program
//   asked for safety -> marked durably as an end that the next boot counts -> the same
//
// The limit is for recovery: a machine that reboots again and again helps nobody. A reset for
// safety (a lease that ran out under something that needs fencing, such a thing active beside its
// owner) is never held back by it; who comes back from one is counted, and at the limit takes no
// group until an operator has looked at it (safety.md F24).
#include <algorithm>

#include "base/seeded_bug.hpp"
#include "engine/impl.hpp"

namespace ha::engine {

bool Engine::Impl::is_at_reboot_limit() const {
    return registry.spec.max_reboots > 0 && store.reboots >= registry.spec.max_reboots;
}

void Engine::Impl::suppress_reboot(model::FinalAction action, const std::string& reason,
                                   const std::string& why) {
    tell(EventKind::reboot_suppressed, node_object(self),
         {{"action", model::to_string(action)}, {"reason", reason}, {"why", why}});
}

void Engine::Impl::on_final_action(model::FinalAction action, const std::string& reason,
                                   bool is_for_safety) {
    if (is_for_safety && may_reboot) return reset_for_safety(reason);
    // The first one is under way, and takes this node down with all that is on it.
    if (final_action || is_gone) return;
    final_action = FinalActionUnderWay{action, reason, {}, false, false};
    if (action == model::FinalAction::stop_node_service) {
        begin_final_action();
        return;
    }
    std::string why;
    if (!may_reboot)
        why = "this program may not reboot its machine; had needs --allow-reboot for that";
    else if (is_at_reboot_limit())
        why = "the limit of " + std::to_string(registry.spec.max_reboots) +
              " automatic reboots is reached; 'hactl node reboots' shows and resets it";
    else if (is_store_failed)
        why = "it could not be counted, because the store of this node failed";
    if (!why.empty()) {
        final_action.reset();
        suppress_reboot(action, reason, why);
        return;
    }
    if (is_seeded(SeededBug::reboot_count_after_reboot)) {
        begin_final_action();
        return;
    }
    wire::StoreBatch batch;
    batch.reboots = store.reboots + 1;
    final_action->counted = persist(std::move(batch));
    tell(EventKind::reboot_counted, node_object(self),
         {{"count", std::to_string(store.reboots)},
          {"limit", std::to_string(registry.spec.max_reboots)},
          {"reason", reason}});
}

/// No limit holds it back, and it is not counted here: the machine may be down before that would be
/// durable. The next boot counts it, as it counts each end that nobody could tell of, and there the
/// limit says whether this node takes groups again.
void Engine::Impl::reset_for_safety(const std::string& reason) {
    if (is_gone || (final_action && final_action->is_for_safety)) return;
    const bool is_begun = final_action && final_action->is_begun;
    const bool is_poweroff = final_action && final_action->action == model::FinalAction::poweroff;
    const auto action = is_poweroff ? model::FinalAction::poweroff : model::FinalAction::reboot;
    final_action = FinalActionUnderWay{action, reason, {}, is_begun, true};
    tell(EventKind::final_action, node_object(self),
         {{"action", model::to_string(action)}, {"reason", reason}});
    if (is_store_failed) return begin_final_action();
    wire::StoreBatch batch;
    batch.armed = boot;
    final_action->counted = persist(std::move(batch));
}

void Engine::Impl::begin_final_action() {
    if (!final_action || final_action->is_begun) return;
    final_action->is_begun = true;
    on_leave(Leave{std::string("final action ") + model::to_string(final_action->action) + ": " +
                   final_action->reason});
}

void Engine::Impl::reset_reboots() {
    if (store.reboots == 0 || is_store_failed) return;
    wire::StoreBatch batch;
    batch.reboots = 0;
    persist(std::move(batch));
}

Instant Engine::Impl::reboot_deadline() const {
    const auto after = registry.spec.reboots_reset_after;
    if (store.reboots == 0 || after == Duration::zero() || well_since == Instant::max())
        return Instant::max();
    return final_action || is_store_failed ? Instant::max() : well_since + after;
}

/// A node that has held its lease for so long is well (original.md 7.3, B36).
void Engine::Impl::forget_reboots_when_well() {
    if (now < reboot_deadline()) return;
    reset_reboots();
    refresh_status();
}

/// Durable, for the process after the next boot: did a reset hit something that needs fencing?
void Engine::Impl::note_armed(const std::vector<lifecycle::Held>& held) {
    // That all is stopped before the reset does not make it an orderly one.
    if (final_action && final_action->is_for_safety) return;
    const bool is_armed = std::any_of(held.begin(), held.end(), [&](const lifecycle::Held& one) {
        const auto* group = model::find_group(registry.spec, one.group);
        return group != nullptr && model::requirement_of(*group) == model::Requirement::fencing;
    });
    if (is_armed == (store.armed == boot) || is_store_failed) return;
    wire::StoreBatch batch;
    batch.armed = is_armed ? boot : BootId{};
    persist(std::move(batch));
}

/// Until the state shows it we ask for no lease, so nothing can be given to us before.
void Engine::Impl::ask_to_be_isolated() {
    if (!is_to_isolate || !is_caught_up()) return;
    const auto record = registry.nodes.find(self);
    if (record == registry.nodes.end() || record->second.mode == model::NodeMode::isolated) {
        is_to_isolate = false;
        is_heartbeat_urgent = true;
        is_duty_due = true;
        return;
    }
    if (now < isolate_due) return;
    isolate_due = now + k_request_resend;
    const std::string reason = "this machine was reset " + std::to_string(store.reboots) +
                               " times while it held something that needs fencing";
    const model::SetNodeMode wish{self, model::NodeMode::isolated, reason};
    if (raft->is_leader()) {
        reports[self].emplace_back(wish);
        is_duty_due = true;
    } else if (raft->leader()) {
        send(raft->leader(), wire::Report{model::encode(std::vector<model::Command>{wish})});
    }
}

}  // namespace ha::engine
