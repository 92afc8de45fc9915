// The fields of every type of the model in the order in which they are encoded. One list serves the
// encoder and the decoder, so the two cannot drift apart; a field is appended here and nowhere
// else.
//
// An archive `a` is either codec.cpp's Encoder (values const) or its Decoder (values filled in).
// Its version() is that of the whole which is written or read (base/version.hpp).
#pragma once

#include <type_traits>

#include "base/limits.hpp"
#include "model/command.hpp"
#include "model/state.hpp"

namespace ha::model {

/// V is T, const or not.
template <class V, class T>
concept Is = std::is_same_v<std::remove_const_t<V>, T>;

inline constexpr std::size_t k_limit_address_bytes = 255;

void fields(auto& a, Is<Timing> auto& v) {
    a.duration(v.heartbeat_interval);
    a.duration(v.heartbeat_timeout);
    a.duration(v.lease);
    a.duration(v.sever_bound);
    a.duration(v.engine_stall);
    a.duration(v.startup_wait);
    a.duration(v.leave_timeout);
    a.number(v.drift_ppm);
    a.number(v.delay_warning_percent);
    if (a.version() >= 2) a.duration(v.probe_interval);
}

void fields(auto& a, Is<InterconnectSpec> auto& v) {
    a.id(v.id);
    a.text(v.name, k_limit_name_bytes);
}

void parameters(auto& a, auto& v) {
    a.map(v, k_limit_parameters, [&](auto& key) { a.text(key, k_limit_name_bytes); },
          [&](auto& value) { a.text(value, k_limit_parameter_bytes); });
}

void amounts(auto& a, auto& v) {
    a.map(v, k_limit_capacities, [&](auto& key) { a.text(key, k_limit_name_bytes); },
          [&](auto& value) { a.number(value); });
}

void labels(auto& a, auto& v) {
    a.set(v, k_limit_labels, [&](auto& one) { a.text(one, k_limit_name_bytes); });
}

void fields(auto& a, Is<FenceSpec> auto& v) {
    a.text(v.name, k_limit_name_bytes);
    a.text(v.type, k_limit_name_bytes);
    parameters(a, v.parameters);
    a.duration(v.timeout);
    a.number(v.retries);
    a.duration(v.status_timeout);
    a.boolean(v.switches_on);
}

void fields(auto& a, Is<NodeSpec> auto& v) {
    a.id(v.id);
    a.text(v.name, k_limit_name_bytes);
    a.number(v.rank);
    a.map(v.addresses, k_limit_interconnects, [&](auto& key) { a.id(key); },
          [&](auto& value) { a.text(value, k_limit_address_bytes); });
    a.list(v.fences, k_limit_fences, [&](auto& one) { fields(a, one); });
    amounts(a, v.capacity);
    a.boolean(v.clock_may_stop);
}

void fields(auto& a, Is<OperationSpec> auto& v) {
    a.duration(v.timeout);
    a.number(v.retries);
    a.enumeration(v.final_action, FinalAction::poweroff);
}

void node_parameters(auto& a, auto& v) {
    a.map(v, k_limit_nodes, [&](auto& key) { a.id(key); },
          [&](auto& value) { parameters(a, value); });
}

void fields(auto& a, Is<ResourceSpec> auto& v) {
    a.id(v.id);
    a.text(v.name, k_limit_name_bytes);
    a.text(v.type, k_limit_name_bytes);
    parameters(a, v.parameters);
    node_parameters(a, v.node_parameters);
    a.list(v.depends_on, k_limit_group_resources, [&](auto& one) { a.id(one); });
    a.enumeration(v.requirement, Requirement::fencing);
    fields(a, v.start);
    fields(a, v.stop);
    a.duration(v.probe_timeout);
}

void fields(auto& a, Is<OrderSpec> auto& v) {
    a.id(v.group);
    a.boolean(v.is_same_node);
}

void fields(auto& a, Is<GroupSpec> auto& v) {
    a.id(v.id);
    a.text(v.name, k_limit_name_bytes);
    a.enumeration(v.startup, Startup::manual);
    a.enumeration(v.failover, Failover::manual);
    a.enumeration(v.failback, Failback::automatic);
    a.enumeration(v.exclusion, Exclusion::full);
    a.list(v.policy, k_limit_nodes, [&](auto& one) { a.id(one); });
    a.list(v.resources, k_limit_group_resources, [&](auto& one) { fields(a, one); });
    a.duration(v.failback_delay);
    a.duration(v.ban_expiry);
    a.duration(v.retry_delay);
    a.number(v.priority);
    a.number(v.failover_limit);
    a.boolean(v.preempts);
    a.list(v.start_after, k_limit_groups, [&](auto& one) { fields(a, one); });
    a.list(v.stop_before, k_limit_groups, [&](auto& one) { fields(a, one); });
    labels(a, v.labels);
    labels(a, v.near);
    labels(a, v.apart);
    amounts(a, v.uses);
}

void fields(auto& a, Is<MonitorSpec> auto& v) {
    a.id(v.id);
    a.text(v.name, k_limit_name_bytes);
    a.text(v.type, k_limit_name_bytes);
    parameters(a, v.parameters);
    node_parameters(a, v.node_parameters);
    a.enumeration(v.timing, MonitorTiming::while_active);
    a.id(v.group);
    a.id(v.resource);
    a.list(v.nodes, k_limit_nodes, [&](auto& one) { a.id(one); });
    a.duration(v.interval);
    a.duration(v.timeout);
    a.duration(v.start_delay);
    a.number(v.retries);
    a.number(v.delay_warning_percent);
    a.boolean(v.unknown_is_bad);
    a.enumeration(v.recovery, RecoveryTarget::node);
    a.number(v.restart_threshold);
    a.number(v.failover_threshold);
    a.enumeration(v.final_action, FinalAction::poweroff);
    a.duration(v.reset_after);
    a.signed_number(v.nice);
    a.text(v.script, k_limit_parameter_bytes);
    a.duration(v.script_timeout);
    a.list(v.members, k_limit_monitors, [&](auto& one) { a.id(one); });
    a.number(v.error_threshold);
    a.number(v.warning_threshold);
}

void fields(auto& a, Is<EtcdSpec> auto& v) {
    a.list(v.endpoints, k_limit_etcd_endpoints,
           [&](auto& one) { a.text(one, k_limit_target_bytes); });
    for (auto* text : {&v.ca_file, &v.cert_file, &v.key_file, &v.user, &v.password_file, &v.prefix})
        a.text(*text, k_limit_target_bytes);
}

void fields(auto& a, Is<WitnessSpec> auto& v) {
    a.text(v.address, k_limit_address_bytes);
    a.duration(v.round_trip);
    fields(a, v.etcd);
}

void fields(auto& a, Is<ClusterSpec> auto& v) {
    a.id(v.revision);
    a.text(v.name, k_limit_name_bytes);
    a.enumeration(v.quorum, QuorumPolicy::two_node);
    a.enumeration(v.tie_breaker, TieBreaker::http);
    a.list(v.tie_breaker_targets, k_limit_tie_breaker_targets,
           [&](auto& one) { a.text(one, k_limit_target_bytes); });
    a.enumeration(v.quorum_loss, QuorumLoss::ignore);
    fields(a, v.timing);
    a.boolean(v.alone_at_start);
    a.duration(v.fence_delay);
    a.enumeration(v.partition_action, PartitionAction::poweroff);
    a.enumeration(v.dual_activation, DualActivation::stop_both);
    a.number(v.parallel_operations);
    a.list(v.interconnects, k_limit_interconnects, [&](auto& one) { fields(a, one); });
    a.list(v.nodes, k_limit_nodes, [&](auto& one) { fields(a, one); });
    a.list(v.groups, k_limit_groups, [&](auto& one) { fields(a, one); });
    a.list(v.monitors, k_limit_monitors, [&](auto& one) { fields(a, one); });
    a.number(v.max_reboots);
    a.duration(v.reboots_reset_after);
    fields(a, v.witness);
}

void fields(auto& a, Is<NodeRecord> auto& v) {
    a.enumeration(v.status, NodeStatus::down);
    a.id(v.boot);
    a.id(v.start);
    a.id(v.taken_index);
    a.enumeration(v.mode, NodeMode::isolated);
    a.enumeration(v.fencing, FencingState::failed);
    a.number(v.fencing_count);
    a.reason(v.reason);
    a.id(v.fencer);
    a.reason(v.fencing_reason);
    a.boolean(v.is_fencing_asked);
    a.reason(v.mode_reason);
    a.duration(v.in_service);
    a.enumeration(v.order, NodeOrder::poweroff);
    a.boolean(v.leaves_last);
    a.list(v.spared, k_limit_monitors, [&](auto& one) { a.id(one); });
    a.duration(v.watchdog);
}

void fields(auto& a, Is<LeaseWait> auto& v) {
    a.id(v.node);
    a.id(v.index);
}

void fields(auto& a, Is<Ban> auto& v) {
    a.id(v.node);
    a.reason(v.reason);
    a.boolean(v.is_asked);
    a.duration(v.lasts);
    a.duration(v.age);
}

void fields(auto& a, Is<GroupRecord> auto& v) {
    a.enumeration(v.goal, Goal::online);
    a.id(v.owner);
    a.epoch(v.epoch);
    a.enumeration(v.start_kind, StartKind::move);
    a.sorted(v.waits, k_limit_waits);
    a.boolean(v.is_evicted);
    a.id(v.target);
    a.boolean(v.is_pinned);
    a.boolean(v.stop_failed);
    a.enumeration(v.next_kind, StartKind::move);
    a.id(v.stranded_on);
    a.sorted(v.bans, k_limit_nodes);
    a.number(v.failover_count);
    a.reason(v.reason);
    a.boolean(v.is_frozen);
    a.list(v.stopped, k_limit_group_resources, [&](auto& one) { a.id(one); });
    a.id(v.trial.from);
    a.duration(v.trial.left);
    a.list(v.failovers, k_limit_failovers, [&](auto& one) { a.duration(one); });
    a.id(v.incarnation_floor);
    if (a.version() >= 2)
        a.map(v.found, k_limit_nodes, [&](auto& key) { a.id(key); }, [&](auto& one) {
            a.id(one.resource);
            a.boolean(one.is_acted_on);
            a.boolean(one.is_to_stop);
        });
}

void countdowns(auto& a, auto& v) {
    a.map(v, k_limit_monitors, [&](auto& key) { a.id(key); },
          [&](auto& value) { a.duration(value); });
}

void fields(auto& a, Is<DoneRequests> auto& v) {
    a.id(v.start);
    a.list(v.ids, k_limit_done_requests, [&](auto& one) { a.id(one); });
}

void fields(auto& a, Is<ViewMark> auto& v) {
    a.number(v.number);
    a.id(v.term);
    a.number(v.rank);
    a.id(v.node);
    a.id(v.index);
    a.id(v.id);
    a.boolean(v.is_recovery);
}

void fields(auto& a, Is<Section> auto& v) {
    a.id(v.version);
    a.epoch(v.epoch);
    a.bytes(v.data, k_limit_section_bytes);
}

void groups(auto& a, auto& v) {
    a.set(v, k_limit_groups, [&](auto& one) { a.id(one); });
}

void fields(auto& a, Is<PendingSpec> auto& v) {
    fields(a, v.spec);
    a.duration(v.confirm_within);
    a.boolean(v.is_revert);
    groups(a, v.stopped);
}

void fields(auto& a, Is<SpecTrial> auto& v) {
    fields(a, v.previous);
    a.duration(v.left);
}

void fields(auto& a, Is<ClusterState> auto& v) {
    a.number(v.cluster_version);
    fields(a, v.spec);
    a.map(v.nodes, k_limit_nodes, [&](auto& key) { a.id(key); },
          [&](auto& value) { fields(a, value); });
    a.map(v.groups, k_limit_groups, [&](auto& key) { a.id(key); },
          [&](auto& value) { fields(a, value); });
    countdowns(a, v.paused_monitors);
    countdowns(a, v.injected_monitors);
    a.id(v.incarnation_floor);
    a.number(v.timeout_ratio);
    a.duration(v.ratio_left);
    a.map(v.done_requests, k_limit_nodes, [&](auto& key) { a.id(key); },
          [&](auto& value) { fields(a, value); });
    a.list(v.view_marks, k_limit_view_marks, [&](auto& one) { fields(a, one); });
    a.set(v.fork_risk, k_limit_nodes, [&](auto& one) { a.id(one); });
    a.set(v.unbound, k_limit_nodes, [&](auto& one) { a.id(one); });
    a.id(v.binding_index);
    a.map(v.checkpoints, k_limit_groups, [&](auto& key) { a.id(key); }, [&](auto& value) {
        a.map(value, k_limit_sections, [&](auto& name) { a.text(name, k_limit_name_bytes); },
              [&](auto& section) { fields(a, section); });
    });
    a.id(v.newest_section_version);
    a.boolean(v.is_suspended);
    a.optional(v.pending_spec);
    a.optional(v.spec_trial);
    if (a.version() >= 2) a.id(v.raised_index);
}

void fields(auto& a, Is<SetSpec> auto& v) {
    a.id(v.base);
    fields(a, v.spec);
    a.duration(v.confirm_within);
    a.boolean(v.is_revert);
}
void fields(auto& a, Is<NodeUp> auto& v) {
    a.id(v.node);
    a.id(v.boot);
    a.id(v.start);
}
void fields(auto& a, Is<NodeDown> auto& v) {
    a.id(v.node);
    a.id(v.start);
    a.reason(v.reason);
}
void fields(auto& a, Is<NodeLeaving> auto& v) {
    a.id(v.node);
    a.id(v.start);
}
void fields(auto& a, Is<NodeLeft> auto& v) {
    a.id(v.node);
    a.id(v.start);
}
void fields(auto& a, Is<Give> auto& v) {
    a.id(v.group);
    a.id(v.node);
    a.id(v.incarnation);
    a.enumeration(v.kind, StartKind::move);
    a.reason(v.reason);
}
void fields(auto& a, Is<Evict> auto& v) {
    a.id(v.group);
    a.id(v.incarnation);
    a.id(v.target);
    a.boolean(v.ban_owner);
    a.enumeration(v.kind, StartKind::move);
    a.reason(v.reason);
}
void fields(auto& a, Is<Release> auto& v) {
    a.id(v.group);
    a.id(v.node);
    a.id(v.incarnation);
    a.reason(v.reason);
}
void fields(auto& a, Is<StopFailed> auto& v) {
    a.id(v.group);
    a.id(v.node);
    a.id(v.incarnation);
    a.reason(v.reason);
}
void fields(auto& a, Is<SetGoal> auto& v) {
    a.id(v.group);
    a.enumeration(v.goal, Goal::online);
    a.id(v.target);
    a.boolean(v.clear_bans);
    a.reason(v.reason);
}
void fields(auto& a, Is<ClearBans> auto& v) {
    a.id(v.group);
    a.id(v.node);
    a.boolean(v.only_failures);
}
void fields(auto& a, Is<SetNodeMode> auto& v) {
    a.id(v.node);
    a.enumeration(v.mode, NodeMode::isolated);
    a.reason(v.reason);
}
void fields(auto& a, Is<PauseMonitor> auto& v) {
    a.id(v.monitor);
    a.boolean(v.paused);
    a.duration(v.left);
}
void fields(auto& a, Is<RequestFence> auto& v) {
    a.id(v.node);
    a.id(v.start);
    a.reason(v.reason);
    a.id(v.fencer);
    a.boolean(v.is_asked);
}
void fields(auto& a, Is<FenceDone> auto& v) {
    a.id(v.node);
    a.id(v.start);
    a.number(v.count);
    a.boolean(v.is_confirmed);
    a.reason(v.reason);
    a.boolean(v.is_over);
    a.boolean(v.is_needless);
}
void fields(auto& a, Is<ConfirmOff> auto& v) {
    a.id(v.node);
    a.id(v.start);
    a.reason(v.reason);
}
void fields(auto& a, Is<InjectFailure> auto& v) {
    a.id(v.monitor);
    a.boolean(v.on);
    a.duration(v.left);
}
void fields(auto& a, Is<SetFrozen> auto& v) {
    a.id(v.group);
    a.boolean(v.on);
    a.reason(v.reason);
}
void fields(auto& a, Is<SetStopped> auto& v) {
    a.id(v.group);
    a.list(v.resources, k_limit_group_resources, [&](auto& one) { a.id(one); });
    a.reason(v.reason);
}
void fields(auto& a, Is<SetTrial> auto& v) {
    a.id(v.group);
    a.id(v.from);
    a.duration(v.left);
}
void fields(auto& a, Is<SetRatio> auto& v) {
    a.number(v.ratio);
    a.duration(v.left);
    a.reason(v.reason);
}
void fields(auto& a, Is<TimePassed> auto& v) { a.duration(v.passed); }
void fields(auto& a, Is<RequestDone> auto& v) {
    a.id(v.node);
    a.id(v.start);
    a.id(v.id);
}
void fields(auto& a, Is<WriteSection> auto& v) {
    a.id(v.group);
    a.epoch(v.epoch);
    a.text(v.name, k_limit_name_bytes);
    a.bytes(v.data, k_limit_section_bytes);
    a.boolean(v.is_conditional);
    a.id(v.expected);
}
void fields(auto& a, Is<EraseSection> auto& v) {
    a.id(v.group);
    a.epoch(v.epoch);
    a.text(v.name, k_limit_name_bytes);
}

void fields(auto& a, Is<GoneAlone> auto& v) {
    a.id(v.node);
    a.number(v.rank);
    a.id(v.mark);
    a.reason(v.reason);
    a.number(v.incarnation_step);
}
void fields(auto& a, Is<EndForkRisk> auto& v) { a.id(v.node); }
void fields(auto& a, Is<BindToStop> auto& v) {
    a.id(v.node);
    a.id(v.start);
}
void fields(auto& a, Is<PromiseReset> auto& v) {
    a.id(v.node);
    a.id(v.start);
    a.duration(v.watchdog);
}
void fields(auto& a, Is<NodeReset> auto& v) {
    a.id(v.node);
    a.id(v.start);
    a.reason(v.reason);
}
void fields(auto& a, Is<ForkedGroup> auto& v) {
    a.id(v.group);
    a.id(v.node);
    a.epoch(v.epoch);
    a.boolean(v.was_active);
}

void fields(auto& a, Is<BeginChange> auto& v) {
    a.id(v.base);
    fields(a, v.spec);
    a.duration(v.confirm_within);
    a.boolean(v.is_revert);
    a.list(v.groups, k_limit_groups, [&](auto& one) { a.id(one); });
}
void fields(auto& a, Is<HoldForChange> auto& v) {
    a.id(v.base);
    a.list(v.groups, k_limit_groups, [&](auto& one) { a.id(one); });
}
void fields(auto& a, Is<CompleteChange> auto& v) { a.id(v.base); }
void fields(auto& a, Is<CancelChange> auto& v) { a.id(v.base); }
void fields(auto& a, Is<ConfirmSpec> auto& v) { a.id(v.revision); }

void fields(auto& a, Is<SetSuspended> auto& v) {
    a.boolean(v.on);
    a.reason(v.reason);
}

void fields(auto& a, Is<RaiseVersion> auto& v) { a.number(v.to); }

void fields(auto& a, Is<FoundActive> auto& v) {
    a.id(v.group);
    a.id(v.node);
    a.id(v.start);
    a.id(v.resource);
    a.boolean(v.is_active);
    a.boolean(v.is_acted_on);
}
void fields(auto& a, Is<StopFound> auto& v) {
    a.id(v.group);
    a.id(v.node);
    a.reason(v.reason);
}

void fields(auto& a, Is<OrderNode> auto& v) {
    a.id(v.node);
    a.id(v.start);
    a.enumeration(v.order, NodeOrder::poweroff);
    a.boolean(v.is_last);
    a.reason(v.reason);
}

}  // namespace ha::model
