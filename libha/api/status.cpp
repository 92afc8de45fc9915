// From the engine's status to the API's: names in place of numbers.
#include "api/cluster_impl.hpp"
#include "base/assert.hpp"

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

NodeStatus to_node(const engine::EngineStatus& status, const model::NodeSpec& spec) {
    NodeStatus out;
    out.name = spec.name;
    out.id = spec.id.value;
    out.is_self = spec.id == status.self;
    out.is_leader = spec.id == status.leader;
    out.status = model::to_string(model::NodeStatus::absent);
    if (auto record = status.state.nodes.find(spec.id); record != status.state.nodes.end()) {
        out.status = model::to_string(record->second.status);
        out.reason = record->second.reason;
        out.is_in_maintenance = record->second.is_in_maintenance;
    }
    if (out.is_self) out.is_voter = status.is_voter;
    for (auto& peer : status.peers) {
        if (peer.node != spec.id) continue;
        out.is_voter = peer.is_voter;
        out.is_heard = peer.is_heard;
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

GroupStatus to_group(const engine::EngineStatus& status, const model::GroupSpec& spec) {
    auto& cluster = status.state.spec;
    GroupStatus out;
    out.name = spec.name;
    out.goal = model::to_string(model::Goal::offline);
    const lifecycle::GroupLine* line = nullptr;
    if (auto at = status.state.groups.find(spec.id); at != status.state.groups.end()) {
        auto& record = at->second;
        out.goal = model::to_string(record.goal);
        out.reason = record.reason;
        out.failover_count = record.failover_count;
        out.epoch = {record.epoch.incarnation.value, record.epoch.term.value,
                     record.epoch.node.value};
        if (record.owner) out.owner = model::name_of(cluster, record.owner);
        for (auto& ban : record.bans) out.banned.push_back(model::name_of(cluster, ban.node));
        line = line_of(status, record.owner, spec.id);
    }
    out.state = lifecycle::to_string(line ? line->state : lifecycle::GroupState::offline);
    if (line) out.text = line->text;
    for (auto node : spec.policy) out.policy.push_back(model::name_of(cluster, node));
    for (auto& resource : spec.resources) {
        ResourceStatus r{resource.name, resource.type,
                         lifecycle::to_string(lifecycle::ResourceState::offline), {}};
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
                           line.failovers});
        }
    }
    return out;
}

}  // namespace

Status to_status(const runtime::NodeStatus& from) {
    auto& e = from.engine;
    Status out;
    out.cluster = e.state.spec.name;
    if (e.cluster) out.cluster_id = to_hex(e.cluster);
    out.node = model::name_of(e.state.spec, e.self);
    if (e.leader) out.leader = model::name_of(e.state.spec, e.leader);
    out.quorum_policy = model::to_string(e.state.spec.quorum);
    out.waits_for = e.waits_for;
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
    out.callback_running = from.callback_running;
    out.notices_dropped = from.events_dropped;
    out.recording = {from.recorder.is_recording, from.recorder.file, from.recorder.problem,
                     from.recorder.bytes, from.recorder.bytes_max};
    for (auto& node : e.state.spec.nodes) out.nodes.push_back(to_node(e, node));
    for (auto& group : e.state.spec.groups) out.groups.push_back(to_group(e, group));
    out.monitors = to_monitors(e);
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
