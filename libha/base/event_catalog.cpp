// The catalogue of events: stable names and usual severities, in the order of the numbers.
//
// A number, once given, keeps its name for ever: scripts and alert rules of users stand on both.
#include <algorithm>
#include <iterator>

#include "base/assert.hpp"
#include "base/event.hpp"

namespace ha {

namespace {

struct Row {
    EventKind kind;
    std::string_view name;
    Severity severity;
};

constexpr Row k_catalog[] = {
    {EventKind::node_started, "node_started", Severity::info},
    {EventKind::node_up, "node_up", Severity::notice},
    {EventKind::node_down, "node_down", Severity::alert},
    {EventKind::node_left, "node_left", Severity::notice},
    {EventKind::node_leaving, "node_leaving", Severity::notice},
    {EventKind::node_suspected, "node_suspected", Severity::warning},
    {EventKind::node_heard, "node_heard", Severity::info},
    {EventKind::fencing_requested, "fencing_requested", Severity::warning},
    {EventKind::node_fenced, "node_fenced", Severity::alert},
    {EventKind::fencing_failed, "fencing_failed", Severity::alert},
    {EventKind::interconnect_silent, "interconnect_silent", Severity::warning},
    {EventKind::interconnect_heard, "interconnect_heard", Severity::notice},
    {EventKind::heartbeat_delayed, "heartbeat_delayed", Severity::warning},
    {EventKind::one_sided_contact, "one_sided_contact", Severity::warning},
    {EventKind::clock_gap, "clock_gap", Severity::warning},
    {EventKind::interconnect_poor, "interconnect_poor", Severity::warning},
    {EventKind::interconnect_good, "interconnect_good", Severity::notice},
    {EventKind::fencing_ended, "fencing_ended", Severity::notice},
    {EventKind::fencing_attempt_failed, "fencing_attempt_failed", Severity::warning},
    {EventKind::node_mode, "node_mode", Severity::notice},
    {EventKind::leader_elected, "leader_elected", Severity::notice},
    {EventKind::leader_lost, "leader_lost", Severity::warning},
    {EventKind::quorum_gained, "quorum_gained", Severity::notice},
    {EventKind::quorum_lost, "quorum_lost", Severity::alert},
    {EventKind::cluster_founded, "cluster_founded", Severity::notice},
    {EventKind::voter_added, "voter_added", Severity::notice},
    {EventKind::voter_removed, "voter_removed", Severity::notice},
    {EventKind::spec_changed, "spec_changed", Severity::notice},
    {EventKind::command_ignored, "command_ignored", Severity::warning},
    {EventKind::leader_misplaced, "leader_misplaced", Severity::notice},
    {EventKind::lease_held, "lease_held", Severity::info},
    {EventKind::lease_lost, "lease_lost", Severity::error},
    {EventKind::lease_blocked, "lease_blocked", Severity::notice},
    {EventKind::lease_over, "lease_over", Severity::notice},
    {EventKind::store_lost, "store_lost", Severity::alert},
    {EventKind::store_failed, "store_failed", Severity::alert},
    {EventKind::store_slow, "store_slow", Severity::warning},
    {EventKind::peer_refused, "peer_refused", Severity::warning},
    {EventKind::state_diverged, "state_diverged", Severity::alert},
    {EventKind::state_restored, "state_restored", Severity::warning},
    {EventKind::fence_device_unwell, "fence_device_unwell", Severity::warning},
    {EventKind::fence_device_well, "fence_device_well", Severity::notice},
    {EventKind::timeout_ratio, "timeout_ratio", Severity::warning},
    {EventKind::group_given, "group_given", Severity::notice},
    {EventKind::group_starting, "group_starting", Severity::info},
    {EventKind::group_online, "group_online", Severity::notice},
    {EventKind::group_stopping, "group_stopping", Severity::info},
    {EventKind::group_offline, "group_offline", Severity::notice},
    {EventKind::group_failed, "group_failed", Severity::error},
    {EventKind::group_released, "group_released", Severity::info},
    {EventKind::group_adopted, "group_adopted", Severity::notice},
    {EventKind::group_evicted, "group_evicted", Severity::notice},
    {EventKind::group_blocked, "group_blocked", Severity::error},
    {EventKind::resource_state, "resource_state", Severity::debug},
    {EventKind::operation_failed, "operation_failed", Severity::error},
    {EventKind::operation_timed_out, "operation_timed_out", Severity::error},
    {EventKind::operation_slow, "operation_slow", Severity::warning},
    {EventKind::resource_severed, "resource_severed", Severity::warning},
    {EventKind::group_frozen, "group_frozen", Severity::warning},
    {EventKind::group_thawed, "group_thawed", Severity::notice},
    {EventKind::resources_stopped, "resources_stopped", Severity::notice},
    {EventKind::move_undone, "move_undone", Severity::error},
    {EventKind::recovery_left_out, "recovery_left_out", Severity::warning},
    {EventKind::recovery_started, "recovery_started", Severity::warning},
    {EventKind::final_action, "final_action", Severity::alert},
    {EventKind::monitor_state, "monitor_state", Severity::notice},
    {EventKind::monitor_slow, "monitor_slow", Severity::warning},
    {EventKind::monitor_paused, "monitor_paused", Severity::warning},
    {EventKind::monitor_resumed, "monitor_resumed", Severity::notice},
    {EventKind::monitor_injected, "monitor_injected", Severity::warning},
    {EventKind::recovery_script, "recovery_script", Severity::notice},
    {EventKind::reboot_suppressed, "reboot_suppressed", Severity::alert},
    {EventKind::reboot_counted, "reboot_counted", Severity::warning},
    {EventKind::request_done, "request_done", Severity::info},
    {EventKind::request_refused, "request_refused", Severity::notice},
    {EventKind::spec_pending, "spec_pending", Severity::notice},
    {EventKind::spec_on_trial, "spec_on_trial", Severity::warning},
    {EventKind::spec_confirmed, "spec_confirmed", Severity::notice},
    {EventKind::spec_reverted, "spec_reverted", Severity::warning},
    {EventKind::spec_cancelled, "spec_cancelled", Severity::notice},
    {EventKind::spec_stuck, "spec_stuck", Severity::error},
    {EventKind::node_ordered, "node_ordered", Severity::notice},
    {EventKind::cluster_suspended, "cluster_suspended", Severity::warning},
    {EventKind::plugin_failed, "plugin_failed", Severity::error},
    {EventKind::plugin_note, "plugin_note", Severity::info},
    {EventKind::runtime_note, "runtime_note", Severity::notice},
    {EventKind::callback_slow, "callback_slow", Severity::warning},
    {EventKind::cluster_resumed, "cluster_resumed", Severity::notice},
    {EventKind::version_raised, "version_raised", Severity::notice},
    {EventKind::recording_ended, "recording_ended", Severity::warning},
    {EventKind::guard_running, "guard_running", Severity::info},
    {EventKind::guard_missing, "guard_missing", Severity::error},
    {EventKind::guard_severed, "guard_severed", Severity::alert},
    {EventKind::watchdog_unwell, "watchdog_unwell", Severity::error},
    {EventKind::watchdog_well, "watchdog_well", Severity::notice},
    {EventKind::witness_heard, "witness_heard", Severity::notice},
    {EventKind::witness_silent, "witness_silent", Severity::warning},
    {EventKind::witness_problem, "witness_problem", Severity::error},
    {EventKind::gone_alone, "gone_alone", Severity::alert},
    {EventKind::registry_forked, "registry_forked", Severity::alert},
    {EventKind::dual_activation, "dual_activation", Severity::alert},
    {EventKind::tie_breaker_answered, "tie_breaker_answered", Severity::notice},
    {EventKind::partition_lost, "partition_lost", Severity::alert},
    {EventKind::alone_waits, "alone_waits", Severity::alert},
    {EventKind::fork_risk_over, "fork_risk_over", Severity::notice},
    {EventKind::foreign_activation, "foreign_activation", Severity::alert},
    {EventKind::found_ended, "found_ended", Severity::notice},
    {EventKind::resource_found, "resource_found", Severity::alert},
    {EventKind::probe_failing, "probe_failing", Severity::warning},
    {EventKind::found_again, "found_again", Severity::alert},
};

constexpr bool is_before(const Row& a, const Row& b) { return a.kind < b.kind; }
static_assert(std::is_sorted(std::begin(k_catalog), std::end(k_catalog), is_before));

const Row& row_of(EventKind kind) noexcept {
    const auto row = std::lower_bound(std::begin(k_catalog), std::end(k_catalog),
                                      Row{kind, {}, Severity::debug}, is_before);
    HA_ASSERT(row != std::end(k_catalog) && row->kind == kind);
    return *row;
}

}  // namespace

const char* to_string(Severity severity) noexcept {
    switch (severity) {
        case Severity::debug: return "debug";
        case Severity::info: return "info";
        case Severity::notice: return "notice";
        case Severity::warning: return "warning";
        case Severity::error: return "error";
        case Severity::alert: return "alert";
    }
    return "unknown";
}

std::vector<EventKind> all_event_kinds() {
    std::vector<EventKind> kinds;
    for (const auto& row : k_catalog) kinds.push_back(row.kind);
    return kinds;
}

std::string_view name_of(EventKind kind) noexcept { return row_of(kind).name; }

Severity severity_of(EventKind kind) noexcept { return row_of(kind).severity; }

}  // namespace ha
