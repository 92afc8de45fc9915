// A small cluster of engines under virtual time.
#include "cluster.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/assert.hpp"

namespace ha::test {

EngineCluster::EngineCluster(std::uint16_t nodes) {
    spec.name = "test";
    auto& timing = spec.timing;
    timing.heartbeat_interval = 150ms;
    timing.heartbeat_timeout = 600ms;
    timing.lease = 600ms;
    timing.sever_bound = 5ms;
    timing.engine_stall = 600ms;
    timing.leave_timeout = 5s;
    timing.startup_wait = 5s;
    spec.interconnects.push_back({InterconnectId{1}, "lan1"});
    for (std::uint16_t n = 1; n <= nodes; n++) {
        model::NodeSpec node;
        node.id = NodeId{n};
        node.name = "n" + std::to_string(n);
        node.rank = n - 1u;
        node.addresses[InterconnectId{1}] = "10.0.0." + std::to_string(n) + ":29002";
        spec.nodes.push_back(std::move(node));
        nodes_[n];
    }
}

model::GroupSpec EngineCluster::group(std::uint32_t number, std::vector<std::uint16_t> policy) {
    model::GroupSpec out;
    out.id = GroupId{number};
    out.name = "g" + std::to_string(number);
    for (auto node : policy) out.policy.push_back(NodeId{node});
    model::ResourceSpec resource;
    resource.id = ResourceId{number};
    resource.name = "r" + std::to_string(number);
    resource.type = "test";
    resource.start = {2s, 0, model::FinalAction::failover};
    resource.stop = {2s, 0, model::FinalAction::none};
    resource.probe_timeout = 1s;
    out.resources.push_back(std::move(resource));
    return out;
}

void EngineCluster::start(std::uint16_t number) {
    auto& node = nodes_.at(number);
    HA_ASSERT(!node.engine);
    if (!node.is_on) node.boots++;
    node.is_on = true;
    if (!node.disk.store) {
        node.stores++;
        node.disk.store.bytes[0] = static_cast<std::uint8_t>(number);
        node.disk.store.bytes[1] = node.stores;
    }
    engine::Start start;
    start.boot.bytes[0] = static_cast<std::uint8_t>(number);
    start.boot.bytes[1] = node.boots;
    wire::apply(node.disk,
                wire::begin_start(node.disk, StartNumber{node.disk.start.value + 1}, start.boot,
                                  start.is_reset_for_safety));
    start.self = NodeId{number};
    start.spec = spec;
    start.store = node.disk;
    start.log_entries_max = log_entries_max;
    start.is_store_replaced = std::exchange(node.is_store_replaced, false);
    start.held = node.run_record;
    start.lease_inherited = std::exchange(node.lease_inherited, std::nullopt);
    if (std::exchange(node.was_severed, false)) start.severed = node.run_record;
    start.seed = {number, node.disk.start.value, 3, 4};
    if (const auto known = versions.find(number); known != versions.end())
        start.version_max = known->second;
    start.software = "software " + std::to_string(start.version_max);
    start.keys = {{1, key}};
    start.key_in_use = 1;
    node.life++;
    node.is_stopped = false;
    node.is_disk_failed = false;
    node.disk_free = queue_.now();
    node.writes = 0;
    node.requests = 0;
    node.answers.clear();
    node.engine.reset();
    if (node.recorded_by != nullptr)
        node.recorder = std::make_unique<engine::RunRecorder>(*node.recorded_by);
    node.engine = std::make_unique<engine::Engine>(
        queue_.now(), start, node.recorder ? node.recorder->crypto() : crypto_);
    if (node.recorder) node.records = {node.recorder->begin(queue_.now(), std::move(start))};
    step(number, engine::Tick{});
}

void EngineCluster::guard_says(std::uint16_t number, std::optional<Instant> lease_end,
                               bool has_severed) {
    nodes_.at(number).lease_inherited = lease_end;
    nodes_.at(number).was_severed = has_severed;
    if (has_severed) nodes_.at(number).active.clear();
}

void EngineCluster::start_all() {
    for (auto& [number, node] : nodes_)
        if (!node.engine) start(number);
}

void EngineCluster::kill(std::uint16_t number) {
    auto& node = nodes_.at(number);
    node.engine.reset();
    node.life++;
}

void EngineCluster::power_off(std::uint16_t number) {
    kill(number);
    auto& node = nodes_.at(number);
    node.is_on = false;
    node.active.clear();
    node.run_record.clear();
}

void EngineCluster::pause(std::uint16_t number, Duration how_long) {
    auto& node = nodes_.at(number);
    node.paused_until = queue_.now() + how_long;
    queue_.at(node.paused_until, [this, number, life = node.life] {
        if (nodes_.at(number).life == life) step(number, engine::Tick{});
    });
}

void EngineCluster::leave(std::uint16_t number) { step(number, engine::Leave{"asked for"}); }

void EngineCluster::replace_store(std::uint16_t number) {
    auto& node = nodes_.at(number);
    HA_ASSERT(!node.engine);
    const auto start = node.disk.start;
    node.disk = {};
    node.disk.start = start;
    node.is_store_replaced = true;
}

void EngineCluster::cut(std::uint16_t from, std::uint16_t to) { cuts_.insert({from, to}); }

void EngineCluster::cut_off(std::uint16_t node) {
    for (const auto& [other, unused] : nodes_) {
        cut(node, other);
        cut(other, node);
    }
}

void EngineCluster::heal() { cuts_.clear(); }

void EngineCluster::set_disk(std::uint16_t node, Duration latency) {
    nodes_.at(node).disk_latency = latency;
}

void EngineCluster::fail_disk(std::uint16_t node) { nodes_.at(node).is_disk_failed = true; }

void EngineCluster::run_for(Duration time) {
    const auto end = queue_.now() + time;
    while (queue_.run_next(end)) {
    }
}

std::optional<Duration> EngineCluster::run_until(const std::function<bool()>& holds,
                                                 Duration limit) {
    const auto begin = queue_.now();
    while (!holds()) {
        if (queue_.now() - begin >= limit) return std::nullopt;
        queue_.run_next(begin + limit);
    }
    return queue_.now() - begin;
}

std::uint64_t EngineCluster::ask(std::uint16_t number, const engine::RequestBody& body) {
    const auto id = ++nodes_.at(number).requests;
    step(number, engine::Request{RequestId{id}, body});
    return id;
}

std::vector<EngineCluster::Told> EngineCluster::answers(std::uint16_t number,
                                                        std::uint64_t request) const {
    const auto& kept = nodes_.at(number).answers;
    const auto found = kept.find(request);
    return found == kept.end() ? std::vector<Told>{} : found->second;
}

std::uint16_t EngineCluster::leader() const {
    for (const auto& [number, node] : nodes_)
        if (node.engine && node.engine->brief(queue_.now()).role == consensus::Role::leader)
            return number;
    return 0;
}

bool EngineCluster::is_online(std::uint32_t group, std::uint16_t number) const {
    const auto& active = nodes_.at(number).active;
    return std::any_of(active.begin(), active.end(),
                       [&](const auto& entry) { return entry.second == GroupId{group}; });
}

void EngineCluster::start_by_hand(std::uint16_t node, std::uint32_t group) {
    for (const auto& resource : model::find_group(spec, GroupId{group})->resources)
        nodes_.at(node).active[resource.id] = GroupId{group};
}

bool EngineCluster::is_active(std::uint16_t node, std::uint32_t group) const {
    const auto& active = nodes_.at(node).active;
    return std::any_of(active.begin(), active.end(),
                       [&](const auto& one) { return one.second == GroupId{group}; });
}

std::uint16_t EngineCluster::place_of(std::uint32_t group) const {
    std::uint16_t out = 0;
    for (const auto& [number, node] : nodes_)
        if (is_online(group, number)) out = out == 0 ? number : std::uint16_t{99};
    return out;
}

engine::EngineStatus EngineCluster::status(std::uint16_t node) const {
    return nodes_.at(node).engine->status(queue_.now());
}

std::size_t EngineCluster::count(EventKind kind, const std::string& object) const {
    return static_cast<std::size_t>(
        std::count_if(events_.begin(), events_.end(), [&](const Event& event) {
            return event.kind == kind && (object.empty() || event.object == object);
        }));
}

std::size_t EngineCluster::count(EventKind kind, const std::string& object,
                                 const std::pair<std::string, std::string>& parameter) const {
    return static_cast<std::size_t>(
        std::count_if(events_.begin(), events_.end(), [&](const Event& event) {
            const auto& all = event.parameters;
            return event.kind == kind && event.object == object &&
                   std::find(all.begin(), all.end(), parameter) != all.end();
        }));
}

std::size_t EngineCluster::count_starts(std::uint32_t group) const {
    std::size_t out = 0;
    for (const auto& [number, node] : nodes_) {
        const auto found = node.starts.find(GroupId{group});
        if (found != node.starts.end()) out += found->second;
    }
    return out;
}

std::size_t EngineCluster::count_calls(std::uint32_t group) const {
    const auto found = calls_.find(GroupId{group});
    return found == calls_.end() ? 0 : found->second;
}

void EngineCluster::step(std::uint16_t number, const engine::Input& input) {
    auto& node = nodes_.at(number);
    if (!node.engine) return;
    if (queue_.now() < node.paused_until) {
        queue_.at(node.paused_until + Duration{1}, [this, number, life = node.life, input] {
            if (nodes_.at(number).life == life) step(number, input);
        });
        return;
    }
    node.steps++;
    if (const auto* datagram = std::get_if<engine::DatagramReceived>(&input); datagram && sniff)
        sniff(number, datagram->bytes);
    auto actions = node.engine->step(queue_.now(), input);
    if (node.recorder)
        node.records.push_back(node.recorder->step(queue_.now(), input, actions));
    carry_out(number, std::move(actions));
}

void EngineCluster::image(std::uint16_t number) {
    auto& node = nodes_.at(number);
    node.records.push_back(node.recorder->image(*node.engine));
}

void EngineCluster::deliver(std::uint16_t to, InterconnectId on, const Bytes& bytes) {
    step(to, engine::DatagramReceived{on, bytes});
}

void EngineCluster::carry_out(std::uint16_t number, engine::Actions actions) {
    auto& node = nodes_.at(number);
    const auto life = node.life;
    if (actions.run_record) node.run_record = *actions.run_record;
    for (auto& persist : actions.persist) write(number, std::move(persist));
    for (auto& datagram : actions.datagrams) {
        const auto to = datagram.to.value;
        if (cuts_.contains({number, to})) continue;
        if (dead_interconnects.contains(datagram.interconnect)) continue;
        if (drops && drops(number, to, datagram.bytes.size())) continue;
        const auto delay = delays.find({number, to});
        const Duration takes = delay == delays.end() ? 1ms : delay->second;
        queue_.after(takes, [this, to, on = datagram.interconnect, bytes = datagram.bytes] {
            if (!nodes_.at(to).engine && unheard) unheard(to, on, bytes);
            deliver(to, on, bytes);
        });
    }
    for (const auto& c : actions.calls) {
        if (const auto* operation = std::get_if<lifecycle::StartOperation>(&c)) {
            if (!operation->is_search) calls_[operation->group]++;
            call(number, *operation);
        }
        if (const auto* one = std::get_if<lifecycle::CheckMonitor>(&c)) check(number, *one);
        if (const auto* fence = std::get_if<lifecycle::FenceOperation>(&c))
            work_device(number, *fence);
    }
    if (actions.node_action) {
        CHECK(actions.is_stopped);
        node.node_actions.push_back(*actions.node_action);
    }
    for (auto& told : actions.answers)
        node.answers[told.id.value].push_back(
            {told.result.has_value(), told.result ? *told.result : told.result.error().context});
    events_.insert(events_.end(), actions.events.begin(), actions.events.end());
    if (actions.fork) node.forks.push_back(*actions.fork);
    if (actions.tie_breaker) {
        node.questions++;
        queue_.after(1ms, [this, number, life, question = *actions.tie_breaker] {
            if (!tie_breaker || nodes_.at(number).life != life) return;
            const bool is_given = tie_breaker(number, question);
            step(number, engine::TieBreakerAnswered{question.number, is_given,
                                                    is_given ? "it answered" : "no answer"});
        });
    }
    if (actions.is_stopped) {
        queue_.after(1us, [this, number, life] {
            if (nodes_.at(number).life != life) return;
            kill(number);
            nodes_.at(number).is_stopped = true;
        });
    }
    arm(number, actions.next_deadline);
}

void EngineCluster::write(std::uint16_t number, engine::Persist persist) {
    auto& node = nodes_.at(number);
    node.writes++;
    node.disk_free = std::max(node.disk_free, queue_.now()) + node.disk_latency;
    queue_.at(node.disk_free, [this, number, life = node.life, persist = std::move(persist)] {
        auto& at = nodes_.at(number);
        if (at.life != life) return;
        at.writes--;
        if (at.is_disk_failed) return step(number, engine::PersistFailed{persist.seq, "test"});
        wire::apply(at.disk, persist.batch);
        step(number, engine::Persisted{persist.seq});
    });
}

void EngineCluster::call(std::uint16_t number, const lifecycle::StartOperation& operation) {
    queue_.after(1ms, [this, number, life = nodes_.at(number).life, operation] {
        using lifecycle::OperationKind;
        auto& node = nodes_.at(number);
        if (node.life != life) return;
        lifecycle::OperationReport report;
        report.id = operation.id;
        switch (operation.kind) {
            case OperationKind::probe: break;
            case OperationKind::start:
                node.starts[operation.group]++;
                if (is_start_failing || queue_.now() >= operation.not_after)
                    report.outcome = lifecycle::Outcome::failed;
                else
                    node.active[operation.resource] = operation.group;
                break;
            case OperationKind::stop:
                if (is_stop_failing)
                    report.outcome = lifecycle::Outcome::failed;
                else
                    node.active.erase(operation.resource);
                break;
            case OperationKind::sever: node.active.erase(operation.resource); break;
        }
        report.status = node.active.contains(operation.resource)
                            ? lifecycle::ResourceStatus::online
                            : lifecycle::ResourceStatus::offline;
        step(number, report);
    });
}

void EngineCluster::check(std::uint16_t number, const lifecycle::CheckMonitor& check) {
    queue_.after(1ms, [this, number, life = nodes_.at(number).life, check] {
        if (nodes_.at(number).life != life) return;
        const auto said = verdicts.find(check.monitor);
        const auto verdict = said == verdicts.end() ? lifecycle::Verdict::ok : said->second;
        step(number, lifecycle::MonitorReport{check.monitor, check.id, verdict, "checked"});
    });
}

void EngineCluster::work_device(std::uint16_t number, const lifecycle::FenceOperation& operation) {
    HA_ASSERT(fence_device);
    const auto deed = fence_device(number, operation);
    const auto life = nodes_.at(number).life;
    const auto report = [this, number, life, operation, deed](bool is_returned) {
        if (nodes_.at(number).life != life) return;
        const auto target = operation.node.value;
        if (deed.hits && is_returned && operation.action == lifecycle::FenceAction::off)
            power_off(target);
        lifecycle::FenceReport out;
        out.id = operation.id;
        out.outcome = deed.outcome;
        out.text = deed.outcome == lifecycle::Outcome::ok ? "" : "it does not work";
        out.power = deed.power.value_or(nodes_.at(target).is_on ? lifecycle::PowerStatus::on
                                                                : lifecycle::PowerStatus::off);
        out.is_returned = is_returned;
        if (is_returned && deed.on_end) deed.on_end();
        step(number, out);
    };
    const bool is_left = deed.returns_after > Duration::zero();
    queue_.after(deed.takes, [report, is_left] { report(!is_left); });
    if (is_left) queue_.after(deed.takes + deed.returns_after, [report] { report(true); });
}

void EngineCluster::arm(std::uint16_t number, Instant deadline) {
    const auto timer = ++nodes_.at(number).timer;
    if (deadline == Instant::max()) return;
    queue_.at(deadline, [this, number, life = nodes_.at(number).life, timer] {
        const auto& node = nodes_.at(number);
        if (node.life == life && node.timer == timer) step(number, engine::Tick{});
    });
}

void decide_by(model::ClusterSpec& spec, model::TieBreaker kind) {
    spec.quorum = model::QuorumPolicy::two_node;
    spec.tie_breaker = kind;
    spec.tie_breaker_targets = {"192.0.2.1"};
    spec.fence_delay = 2s;
    for (auto& node : spec.nodes) node.fences = {{"off", "test", {}, 5s, 0, 5s}};
}

void begin_one_group(EngineCluster& cluster, const std::vector<std::uint16_t>& policy) {
    cluster.spec.groups.push_back(EngineCluster::group(1, policy));
    cluster.start_all();
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == policy.front(); }));
    cluster.run_for(6s);  // the startup wait is over
    REQUIRE(cluster.leader() == 1);
}

}  // namespace ha::test
