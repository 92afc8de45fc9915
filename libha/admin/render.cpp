// Rendering: what the management API says, as JSON.
#include "admin/render.hpp"

#include <nlohmann/json.hpp>

namespace ha::admin {

// One set of overloads with those of the header, so that lists find them all.

static double in_ms(std::chrono::nanoseconds duration) {
    return static_cast<double>(duration.count() / 1000) / 1000.0;
}

static Json render(const EpochValue& epoch) {
    if (epoch.incarnation == 0) return nullptr;
    return {{"incarnation", epoch.incarnation}, {"term", epoch.term}, {"node", epoch.node}};
}

static Json render(const NodeStatus& node) {
    auto interconnects = Json::array();
    for (const auto& one : node.interconnects)
        interconnects.push_back({{"name", one.name},
                                 {"heard", one.is_heard},
                                 {"silence_ms", one.silence == one.silence.max()
                                                    ? Json()
                                                    : Json(in_ms(one.silence))},
                                 {"round_trip_ms", in_ms(one.round_trip)},
                                 {"loss_percent", one.loss_percent},
                                 {"jitter_ms", in_ms(one.jitter)},
                                 {"poor", one.is_poor}});
    return {{"name", node.name},
            {"id", node.id},
            {"status", node.status},
            {"reason", node.reason},
            {"self", node.is_self},
            {"leader", node.is_leader},
            {"voter", node.is_voter},
            {"heard", node.is_heard},
            {"maintenance", node.is_in_maintenance},
            {"reboots", node.reboots},
            {"start", node.start},
            {"fencing",
             {{"state", node.fencing},
              {"reason", node.fencing_reason},
              {"by", node.fenced_by},
              {"progress", node.fencing_progress},
              {"requests", node.fencing_count},
              {"reset_within_ms", in_ms(node.reset_within)},
              {"devices", node.fence_devices}}},
            {"mode", node.mode},
            {"mode_reason", node.mode_reason},
            {"order", node.order},
            {"version", node.version_max},
            {"software", node.software},
            {"has_left", node.has_left},
            {"interconnects", std::move(interconnects)}};
}

static Json render(const MonitorStatus& monitor) {
    return {{"name", monitor.name},         {"node", monitor.node},
            {"state", monitor.state},       {"text", monitor.text},
            {"restarts", monitor.restarts}, {"failovers", monitor.failovers},
            {"injected", monitor.is_injected}, {"pause_left_ms", in_ms(monitor.pause_left)}};
}

static Json render(const SocketStatus& socket) {
    return {{"interconnect", socket.interconnect}, {"address", socket.address},
            {"problem", socket.problem},           {"sent", socket.sent},
            {"received", socket.received},         {"send_errors", socket.send_errors},
            {"send_drops", socket.send_drops},     {"oversized", socket.oversized}};
}

static Json render(const WitnessSeen& witness) {
    if (witness.address.empty()) return nullptr;
    const bool was_heard = witness.answered_ago != witness.answered_ago.max();
    return {{"address", witness.address},
            {"kind", witness.is_etcd ? "etcd" : "daemon"},
            {"answering", witness.is_answering},
            {"voter", witness.is_voter},
            {"wanted", witness.is_wanted},
            {"needed", witness.is_needed},
            {"light", witness.is_light},
            {"answered_ms_ago", was_heard ? Json(in_ms(witness.answered_ago)) : Json()},
            {"round_trip_ms", in_ms(witness.round_trip)},
            {"round_trip_expected_ms", in_ms(witness.round_trip_expected)},
            {"kept_bytes", witness.kept_bytes},
            {"kept_last", witness.kept_last},
            {"problem", witness.problem}};
}

static Json render(const RecordingStatus& one) {
    return {{"recording", one.is_recording},
            {"file", one.file},
            {"problem", one.problem},
            {"bytes", one.bytes},
            {"bytes_max", one.bytes_max}};
}

static Json render(const Rejection& one) {
    return {{"node", one.node}, {"rule", one.rule}, {"reason", one.reason}};
}

static Json render(const BanStatus& ban) {
    return {{"node", ban.node},
            {"reason", ban.reason},
            {"asked", ban.is_asked},
            {"over", ban.is_over},
            {"remaining_ms", ban.remaining == ban.remaining.max() ? Json(nullptr)
                                                                  : Json(in_ms(ban.remaining))}};
}

static Json render(const Decision& d);
static Json render(const Outage& outage);

template <class T>
static Json render_list(const std::vector<T>& all) {
    auto out = Json::array();
    for (const auto& one : all) out.push_back(render(one));
    return out;
}

/// What the policy promises, in words (cluster.md 3). Whether it also holds here while this node's
/// daemon is stopped is said by the guard.
static const char* guarantee_of(const std::string& policy, const std::string& tie_breaker) {
    if (policy == "majority") return "never two owners";
    if (tie_breaker == "fencing") return "never two owners";
    if (tie_breaker == "ping" || tie_breaker == "http")
        return "at most one owner unless the nodes lose each other while both reach the target";
    if (tie_breaker == "none")
        return "two owners possible in a partition; found and resolved on contact";
    return "";
}

static Json render(const GuardStatus& guard) {
    return {{"wanted", guard.is_wanted},
            {"running", guard.is_running},
            {"problem", guard.problem},
            {"guarantee", guard.guarantee},
            {"pid", guard.is_running ? Json(guard.pid) : Json()},
            {"realtime", guard.is_realtime},
            {"memory_locked", guard.is_memory_locked},
            {"held", guard.held},
            {"severings", guard.severings},
            {"sever_bound_ms", in_ms(guard.sever_bound)},
            {"sever_took_max_ms", in_ms(guard.sever_took_max)},
            {"wake_late_max_ms", in_ms(guard.wake_late_max)},
            {"unguarded", guard.unguarded},
            {"watchdog",
             {{"state", guard.watchdog},
              {"timeout_ms", in_ms(guard.watchdog_timeout)},
              {"verified", guard.is_watchdog_verified},
              {"problem", guard.watchdog_problem}}}};
}

Json render(const GroupStatus& group) {
    auto resources = Json::array();
    for (const auto& one : group.resources)
        resources.push_back(
            {{"name", one.name}, {"type", one.type}, {"state", one.state}, {"text", one.text}});
    return {{"name", group.name},
            {"goal", group.goal},
            {"owner", group.owner},
            {"state", group.state},
            {"reason", group.reason},
            {"text", group.text},
            {"epoch", render(group.epoch)},
            {"failover_count", group.failover_count},
            {"policy", group.policy},
            {"priority", group.priority},
            {"banned", group.banned},
            {"frozen", group.is_frozen},
            {"stopped", group.stopped},
            {"returns_to", group.returns_to},
            {"found", group.found},
            {"bans", render_list(group.bans)},
            {"resources", std::move(resources)}};
}

static Json render_config(const Status& s) {
    const bool is_on_trial = s.config_trial_left >= s.config_trial_left.zero();
    return {{"revision", s.spec_revision},
            {"on_trial", is_on_trial},
            {"trial_left_ms", is_on_trial ? Json(in_ms(s.config_trial_left)) : Json(nullptr)},
            {"changing", s.is_config_changing},
            {"waits_for", s.config_waits_for}};
}

Json render(const Status& s) {
    return {{"cluster", s.cluster},
            {"cluster_id", s.cluster_id},
            {"node", s.node},
            {"leader", s.leader},
            {"quorum",
             {{"policy", s.quorum_policy},
              {"quorate", s.is_quorate},
              {"guarantee", guarantee_of(s.quorum_policy, s.tie_breaker)},
              {"tie_breaker", s.tie_breaker},
              {"tie_breaker_said", s.tie_breaker_said},
              {"on_loss", s.quorum_loss},
              {"view", s.view},
              {"running_alone", s.is_running_alone},
              {"waits_for_nodes", s.waits_for_nodes},
              {"forked", s.forked},
              {"fork_risk", s.fork_risk}}},
            {"lease", {{"held", s.is_lease_held}, {"remaining_ms", in_ms(s.lease_remaining)}}},
            {"waits_for", s.waits_for},
            {"version",
             {{"cluster", s.version},
              {"known", s.version_max},
              {"waits_for", s.version_waits_for}}},
            {"start", s.start},
            {"term", s.term},
            {"committed", s.committed},
            {"applied", s.applied},
            {"revision", s.spec_revision},
            {"config", render_config(s)},
            {"store_lost", s.is_store_lost},
            {"leaving", s.is_leaving},
            {"suspended", s.is_suspended},
            {"callback_running", s.callback_running},
            {"events_dropped", s.notices_dropped},
            {"timeout_ratio", s.timeout_ratio},
            {"timeout_ratio_left_ms", in_ms(s.ratio_left)},
            {"max_reboots", s.max_reboots},
            {"recorder", render(s.recording)},
            {"nodes", render_list(s.nodes)},
            {"groups", render_list(s.groups)},
            {"monitors", render_list(s.monitors)},
            {"sockets", render_list(s.sockets)},
            {"guard", render(s.guard)},
            {"shortcomings", s.shortcomings},
            {"witness", render(s.witness)}};
}

Json render(const Notice& notice) {
    auto parameters = Json::object();
    for (const auto& [name, value] : notice.parameters) parameters[name] = value;
    return {{"number", notice.number},     {"wall_us", notice.wall_us},
            {"boot_ns", notice.boot_ns},   {"kind", notice.kind},
            {"name", notice.name},         {"severity", notice.severity},
            {"object", notice.object},     {"parameters", std::move(parameters)}};
}

static Json render(const Moment& moment) {
    if (moment.boot_ns == 0) return nullptr;
    return {{"boot_ns", moment.boot_ns}, {"wall_us", moment.wall_us}};
}

static Json render(const DecisionEvidence& e) {
    auto paths = Json::array();
    for (const auto& one : e.paths) {
        const bool is_known = one.last_heard.boot_ns != 0;
        paths.push_back({{"interconnect", one.interconnect},
                         {"last_heard", render(one.last_heard)},
                         {"silence_ms", is_known ? Json(in_ms(one.silence)) : Json(nullptr)}});
    }
    return {{"node", e.node},
            {"reason", e.reason},
            {"of_leader", e.is_of_leader},
            {"paths", std::move(paths)},
            {"silent_for", e.silent_for},
            {"heard_by", e.heard_by}};
}

static Json render(const Decision& d) {
    auto leases = Json::array();
    for (const auto& one : d.leases)
        leases.push_back({{"node", one.node}, {"over", render(one.over)}});
    auto phases = Json::array();
    for (const auto& one : d.phases)
        phases.push_back({{"name", one.name}, {"seen", one.seen}, {"at", render(one.at)}});
    return {{"number", d.number},
            {"kind", d.kind},
            {"outcome", d.outcome},
            {"from", d.from},
            {"to", d.to},
            {"trigger",
             {{"kind", d.trigger}, {"node", d.trigger_node}, {"text", d.trigger_text}}},
            {"evidence", d.evidence ? render(*d.evidence) : Json(nullptr)},
            {"leases", std::move(leases)},
            {"rule", d.rule},
            {"reason", d.reason},
            {"rejected", render_list(d.rejected)},
            {"leader", d.leader},
            {"term", d.term},
            {"index", d.index},
            {"phases", std::move(phases)},
            {"replay", {{"result", d.replay}, {"inputs", d.inputs}}}};
}

Json render(const Explanation& e) {
    return {{"group", e.group},
            {"owner", e.owner},
            {"node", e.node},
            {"rule", e.rule},
            {"reason", e.reason},
            {"blocked", e.is_blocked},
            {"rejected", render_list(e.rejected)},
            {"decisions", render_list(e.decisions)}};
}

Json render(const Rehearsal& rehearsal) {
    return {{"dry_run", true},
            {"message", rehearsal.text},
            {"steps", rehearsal.steps},
            {"groups", render_list(rehearsal.groups)}};
}

static Json render(const ConfigPlan& plan) {
    if (!plan.is_known) return nullptr;
    auto changes = Json::array();
    for (const auto& one : plan.changes)
        changes.push_back({{"path", one.path},
                           {"before", one.before},
                           {"after", one.after},
                           {"effect", one.effect},
                           {"group", one.group},
                           {"note", one.note}});
    return {{"revision", plan.revision},
            {"refusal", plan.refusal},
            {"changes", std::move(changes)},
            {"stopped", plan.stopped},
            {"moved", render_list(plan.moved)},
            {"untouched", plan.untouched}};
}

static Json render(const Outage& outage) {
    auto parts = Json::array();
    for (const auto& one : outage.parts)
        parts.push_back({{"name", one.name},
                         {"ms", in_ms(one.time)},
                         {"assumed", one.is_assumed},
                         {"text", one.text}});
    Json measured;
    if (const auto& seen = outage.measured) {
        auto steps = Json::array();
        for (const auto& [phase, time] : seen->parts)
            steps.push_back({{"phase", phase}, {"ms", in_ms(time)}});
        measured = {{"began", render(seen->began)}, {"ms", in_ms(seen->time)},
                    {"phases", std::move(steps)}};
    }
    return {{"event", outage.event},
            {"sum_ms", in_ms(outage.sum)},
            {"parts", std::move(parts)},
            {"waits_for", outage.open_end},
            {"measured", std::move(measured)}};
}

Json render(const std::vector<GroupSafety>& safety) {
    auto out = Json::array();
    for (const auto& one : safety)
        out.push_back({{"group", one.group},
                       {"two_owners_possible", one.can_have_two_owners},
                       {"rule", one.rule},
                       {"answer", one.answer},
                       {"counter_example", one.counter_example},
                       {"outages", render_list(one.outages)},
                       {"warnings", one.warnings}});
    return out;
}

Json render(const ConfigReport& report) {
    const auto list = [](const std::vector<ConfigProblem>& problems) {
        auto out = Json::array();
        for (const auto& one : problems)
            out.push_back({{"line", one.line},
                           {"column", one.column},
                           {"path", one.path},
                           {"text", one.text}});
        return out;
    };
    return {{"ok", report.errors.empty()},
            {"errors", list(report.errors)},
            {"warnings", list(report.warnings)},
            {"timing", report.timing},
            {"plan", render(report.plan)},
            {"safety", render(report.safety)}};
}

Json render_error(const std::string& code, const std::string& message) {
    return {{"code", code}, {"message", message}};
}

std::string to_text(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace ha::admin
