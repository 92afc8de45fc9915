// From the engine's status to the API's: names in place of numbers.
#include <algorithm>

#include "api/cluster_impl.hpp"
#include "base/assert.hpp"
#include "model/aging.hpp"
#include "model/apply_reconfigure.hpp"

namespace ha {

namespace {

using model::ClusterState;

std::vector<InterconnectStatus> to_interconnects(const ClusterState& state,
                                                 const engine::PeerStatus& peer) {
    std::vector<InterconnectStatus> out;
    for (auto& from : peer.interconnects) {
        InterconnectStatus line;
        for (auto& i : state.spec.interconnects)
            if (i.id == from.interconnect) line.name = i.name;
        line.is_heard = from.is_heard;
        line.silence = from.silence;
        line.round_trip = from.round_trip;
        line.loss_percent = from.loss_percent;
        line.jitter = from.jitter;
        line.is_poor = from.is_poor;
        out.push_back(std::move(line));
    }
    return out;
}

void add_fencing(NodeStatus& out, const engine::EngineStatus& status,
                 const model::NodeRecord& record) {
    out.fencing = model::to_string(record.fencing);
    out.fencing_reason = record.fencing_reason;
    out.fencing_count = record.fencing_count;
    if (!record.fencer) return;
    out.fenced_by = model::name_of(status.state.spec, record.fencer);
    const auto service = status.services.find(record.fencer);
    if (service == status.services.end()) return;
    for (auto& line : service->second.fences)
        if (line.node.value == out.id) out.fencing_progress = line.text;
}

NodeStatus to_node(const engine::EngineStatus& status, const model::NodeSpec& spec) {
    NodeStatus out;
    out.name = spec.name;
    out.id = spec.id.value;
    out.is_self = spec.id == status.self;
    out.is_leader = spec.id == status.leader;
    out.status = model::to_string(model::NodeStatus::absent);
    out.mode = model::to_string(model::NodeMode::in_service);
    if (auto record = status.state.nodes.find(spec.id); record != status.state.nodes.end()) {
        out.status = model::to_string(record->second.status);
        out.reason = record->second.reason;
        out.is_in_maintenance = record->second.mode == model::NodeMode::maintenance;
        out.mode = model::to_string(record->second.mode);
        out.mode_reason = record->second.mode_reason;
        out.start = record->second.start.value;
        if (record->second.order != model::NodeOrder::none)
            out.order = model::to_string(record->second.order);
        add_fencing(out, status, record->second);
    }
    for (auto& device : spec.fences) out.fence_devices.push_back(device.name);
    out.reset_within = model::time_to_reset(status.state, spec.id).value_or(Duration{0});
    if (out.is_self) {
        out.is_voter = status.is_voter;
        out.version_max = status.version_max;
        out.software = status.software;
    }
    if (auto told = status.services.find(spec.id); told != status.services.end())
        out.reboots = told->second.reboots;
    for (auto& peer : status.peers) {
        if (peer.node != spec.id) continue;
        out.is_voter = peer.is_voter;
        out.is_heard = peer.is_heard;
        out.has_left = peer.has_left;
        out.version_max = peer.version_max;
        out.software = peer.software;
        out.interconnects = to_interconnects(status.state, peer);
    }
    return out;
}

/// The group as its owner last told it; null when it told nothing of it.
const lifecycle::GroupLine* line_of(const engine::EngineStatus& status, NodeId node,
                                    GroupId group) {
    auto service = status.services.find(node);
    if (service == status.services.end()) return nullptr;
    for (auto& line : service->second.groups)
        if (line.group == group) return &line;
    return nullptr;
}

bool is_owner_down(const ClusterState& state, GroupId group) {
    const auto record = state.groups.find(group);
    if (record == state.groups.end() || !record->second.owner) return false;
    const auto owner = state.nodes.find(record->second.owner);
    return owner != state.nodes.end() && owner->second.status == model::NodeStatus::down;
}

BanStatus to_ban(const model::ClusterSpec& cluster, const model::Ban& ban) {
    BanStatus out;
    out.node = model::name_of(cluster, ban.node);
    out.reason = ban.reason;
    out.is_asked = ban.is_asked;
    out.is_over = !model::is_active(ban);
    out.remaining = ban.lasts == Duration::zero() ? out.remaining.max()
                                                  : std::max(ban.lasts - ban.age, Duration{0});
    return out;
}

std::string words_of_found(const model::ClusterSpec& cluster, const model::GroupSpec& group,
                           NodeId node, const model::FoundActivation& found) {
    const auto* resource = model::find_resource(group, found.resource);
    return "node " + model::name_of(cluster, node) + ": resource " +
           (resource ? resource->name : std::to_string(found.resource.value)) +
           (found.is_acted_on ? ", is stopped there" : ", nothing is done about it there so far");
}

GroupStatus to_group(const engine::EngineStatus& status, const model::GroupSpec& spec) {
    auto& cluster = status.state.spec;
    GroupStatus out;
    out.name = spec.name;
    out.priority = spec.priority;
    out.goal = model::to_string(model::Goal::offline);
    const lifecycle::GroupLine* line = nullptr;
    if (auto at = status.state.groups.find(spec.id); at != status.state.groups.end()) {
        auto& record = at->second;
        out.goal = model::to_string(record.goal);
        out.reason = record.reason;
        out.failover_count = record.failover_count;
        out.epoch = to_value(record.epoch);
        if (record.owner) out.owner = model::name_of(cluster, record.owner);
        for (auto& ban : record.bans) {
            out.bans.push_back(to_ban(cluster, ban));
            if (model::is_active(ban)) out.banned.push_back(model::name_of(cluster, ban.node));
        }
        out.is_frozen = record.is_frozen;
        for (const auto& [node, found] : record.found)
            out.found.push_back(words_of_found(cluster, spec, node, found));
        for (auto id : record.stopped)
            if (auto resource = model::find_resource(spec, id))
                out.stopped.push_back(resource->name);
        if (record.trial.from) out.returns_to = model::name_of(cluster, record.trial.from);
        line = line_of(status, record.owner, spec.id);
    }
    out.state = lifecycle::to_string(line ? line->state : lifecycle::GroupState::offline);
    if (line) out.text = line->text;
    if (is_owner_down(status.state, spec.id)) {
        // What it told last is no news.
        line = nullptr;
        out.state = lifecycle::to_string(lifecycle::ResourceState::unknown);
        out.text = "node " + out.owner + ", which has it, is down";
    }
    for (auto node : spec.policy) out.policy.push_back(model::name_of(cluster, node));
    for (auto& resource : spec.resources) {
        ResourceStatus r{resource.name, resource.type,
                         line || out.state != "unknown" ? "offline" : "unknown", {}};
        if (line)
            for (auto& told : line->resources)
                if (told.resource == resource.id) {
                    r.state = lifecycle::to_string(told.state);
                    r.text = told.text;
                }
        out.resources.push_back(std::move(r));
    }
    return out;
}

std::vector<MonitorStatus> to_monitors(const engine::EngineStatus& status) {
    std::vector<MonitorStatus> out;
    for (auto& [node, service] : status.services) {
        for (auto& line : service.monitors) {
            auto spec = model::find_monitor(status.state.spec, line.monitor);
            if (spec == nullptr) continue;
            out.push_back({spec->name, model::name_of(status.state.spec, node),
                           lifecycle::to_string(line.state), line.text, line.restarts,
                           line.failovers, line.is_injected, {}});
            auto pause = status.state.paused_monitors.find(line.monitor);
            if (pause != status.state.paused_monitors.end()) out.back().pause_left = pause->second;
        }
    }
    return out;
}

std::string list_of(const std::vector<std::string>& names) {
    std::string out;
    for (const auto& name : names) out += (out.empty() ? "" : ", ") + name;
    return out;
}

/// F8: what is promised, and where it is less.
std::string guarantee_of(const GuardStatus& guard) {
    if (!guard.is_running) return "two owners possible while this node's daemon is stopped";
    if (!guard.unguarded.empty())
        return "two owners of " + list_of(guard.unguarded) +
               " possible while this node's daemon is stopped: ha-guard has no way to sever it";
    if (guard.sever_took_max + guard.wake_late_max > guard.sever_bound)
        return "severing has taken longer than sever_bound: two owners possible for that long";
    return "never two owners, also while this node's daemon is stopped or dead";
}

const char* to_string(guard::WatchdogState state) {
    switch (state) {
        case guard::WatchdogState::none: return "none";
        case guard::WatchdogState::idle: return "idle";
        case guard::WatchdogState::armed: return "armed";
        case guard::WatchdogState::failed: return "failed";
    }
    return "unknown";
}

GuardStatus to_guard(const runtime::GuardStatus& from, Duration sever_bound) {
    const auto time = [](std::uint64_t ns) { return Duration{static_cast<std::int64_t>(ns)}; };
    GuardStatus out;
    out.is_wanted = from.is_wanted;
    out.is_running = from.is_there;
    out.problem = from.problem;
    out.pid = static_cast<std::uint32_t>(from.verdict.pid);
    out.is_realtime = from.verdict.is_realtime != 0;
    out.is_memory_locked = from.verdict.is_locked != 0;
    out.held = from.verdict.held;
    out.severings = from.verdict.severings;
    out.sever_bound = sever_bound;
    out.sever_took_max = time(from.verdict.sever_took_max_ns);
    out.wake_late_max = time(from.verdict.wake_late_max_ns);
    out.unguarded = from.unguarded;
    out.watchdog = to_string(static_cast<guard::WatchdogState>(from.verdict.watchdog));
    out.watchdog_timeout = time(from.verdict.watchdog_timeout_ns);
    out.is_watchdog_verified = from.verdict.watchdog_is_verified != 0;
    out.watchdog_problem = from.watchdog_problem;
    out.guarantee = guarantee_of(out);
    return out;
}

WitnessSeen to_witness(const engine::WitnessStatus& from) {
    WitnessSeen out;
    if (!from.is_configured) return out;
    out.address = from.address;
    out.is_etcd = from.is_etcd;
    out.is_answering = from.is_answering;
    out.is_voter = from.is_voter;
    out.is_wanted = from.is_wanted;
    out.is_needed = from.is_needed;
    out.is_light = from.is_light;
    out.answered_ago = from.answered_ago;
    out.round_trip = from.round_trip;
    out.round_trip_expected = from.round_trip_expected;
    out.kept_bytes = from.kept_bytes;
    out.kept_last = from.kept_last.value;
    out.problem = from.problem;
    return out;
}

}  // namespace

EpochValue to_value(const Epoch& epoch) {
    return {epoch.incarnation.value, epoch.term.value, epoch.node.value};
}

Status to_status(const runtime::NodeStatus& from) {
    auto& e = from.engine;
    Status out;
    out.cluster = e.state.spec.name;
    if (e.cluster) out.cluster_id = to_hex(e.cluster);
    out.node = model::name_of(e.state.spec, e.self);
    if (e.leader) out.leader = model::name_of(e.state.spec, e.leader);
    out.quorum_policy = model::to_string(e.state.spec.quorum);
    out.waits_for = e.waits_for;
    if (e.state.spec.quorum == model::QuorumPolicy::two_node)
        out.tie_breaker = model::to_string(e.state.spec.tie_breaker);
    out.tie_breaker_said = e.tie_breaker_text;
    out.quorum_loss = model::to_string(e.state.spec.quorum_loss);
    out.is_running_alone = e.is_running_alone;
    for (auto node : e.voters) out.view.push_back(model::name_of(e.state.spec, node));
    for (auto node : e.forked) out.forked.push_back(model::name_of(e.state.spec, node));
    for (auto node : e.state.fork_risk) out.fork_risk.push_back(model::name_of(e.state.spec, node));
    for (auto node : e.waits_for_nodes)
        out.waits_for_nodes.push_back(model::name_of(e.state.spec, node));
    out.version = e.state.cluster_version;
    out.version_max = e.version_max;
    for (auto node : e.version_waits_for)
        out.version_waits_for.push_back(model::name_of(e.state.spec, node));
    out.start = e.start.value;
    out.term = e.term.value;
    out.committed = e.committed.value;
    out.applied = e.applied.value;
    out.spec_revision = e.state.spec.revision.value;
    out.is_quorate = e.is_quorate;
    out.is_lease_held = e.is_lease_held;
    out.is_store_lost = e.is_store_lost;
    out.is_leaving = e.is_leaving;
    out.lease_remaining = e.lease_remaining;
    out.guard = to_guard(from.guard, model::timing_of(e.state).sever_bound);
    out.shortcomings = from.shortcomings;
    out.is_suspended = e.state.is_suspended;
    if (e.state.spec_trial) out.config_trial_left = e.trial_left;
    if (const auto& pending = e.state.pending_spec) {
        out.is_config_changing = true;
        for (const auto id : model::groups_to_stop(e.state, pending->spec))
            out.config_waits_for.push_back(model::name_of(e.state.spec, id));
    }
    out.callback_running = from.callback_running;
    out.notices_dropped = from.events_dropped;
    out.timeout_ratio = e.state.timeout_ratio;
    out.ratio_left = e.state.ratio_left;
    out.max_reboots = e.state.spec.max_reboots;
    out.recording = {from.recorder.is_recording, from.recorder.file, from.recorder.problem,
                     from.recorder.bytes, from.recorder.bytes_max};
    for (auto& node : e.state.spec.nodes) out.nodes.push_back(to_node(e, node));
    for (auto& group : e.state.spec.groups) out.groups.push_back(to_group(e, group));
    out.monitors = to_monitors(e);
    out.witness = to_witness(e.witness);
    for (auto& c : from.interconnects)
        out.sockets.push_back({c.name, c.address, c.problem, c.sent, c.received, c.send_errors,
                               c.send_drops, c.oversized});
    return out;
}

Notice to_notice(const Event& event) {
    Notice out;
    out.boot_ns = event.at.ns;
    out.kind = static_cast<std::uint16_t>(event.kind);
    out.name = name_of(event.kind);
    out.severity = to_string(severity_of(event.kind));
    out.object = event.object;
    out.parameters = event.parameters;
    return out;
}

}  // namespace ha
