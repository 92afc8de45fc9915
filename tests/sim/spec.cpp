// Random clusters.
#include <array>

#include "world.hpp"

namespace ha::sim {
namespace {

model::FinalAction random_node_action(Random& random) {
    constexpr model::FinalAction k_all[] = {model::FinalAction::stop_node_service,
                                            model::FinalAction::reboot,
                                            model::FinalAction::reboot,
                                            model::FinalAction::poweroff};
    return k_all[random.below(4)];
}

model::ResourceSpec random_resource(Random& random, std::uint32_t number,
                                    const std::vector<model::ResourceSpec>& before) {
    model::ResourceSpec resource;
    resource.id = ResourceId{number};
    resource.name = "r" + std::to_string(number);
    resource.type = "sim";
    for (const auto& other : before)
        if (random.below(3) == 0) resource.depends_on.push_back(other.id);
    resource.start = {2s, static_cast<std::uint32_t>(random.below(2)),
                      model::FinalAction::failover};
    resource.stop = {2s, static_cast<std::uint32_t>(random.below(2)), model::FinalAction::none};
    if (random.below(8) == 0) resource.stop.final_action = random_node_action(random);
    if (random.below(12) == 0) resource.start.final_action = random_node_action(random);
    resource.probe_timeout = 1s;
    return resource;
}

/// Times are short: all that they bring has happened before the quiet end begins.
Duration some_time(Random& random) {
    const Duration times[] = {Duration{0}, 1s, 3s, 6s};
    return times[random.below(4)];
}

/// Everything that groups can say about each other, each of it in some seeds only.
void add_rules(Random& random, const model::ClusterSpec& spec, model::GroupSpec& group) {
    group.failback_delay = some_time(random);
    group.ban_expiry = some_time(random);
    group.retry_delay = some_time(random);
    group.priority = static_cast<std::uint32_t>(random.below(3));
    group.preempts = random.below(3) == 0;
    if (random.below(6) == 0) group.startup = model::Startup::manual;
    if (random.below(8) == 0) group.failover = model::Failover::manual;
    const auto failovers = static_cast<std::uint32_t>(random.below(3));
    if (random.below(6) == 0) group.failover_limit = 1 + failovers;
    for (const auto& other : spec.groups) {
        if (random.below(6) == 0) group.start_after.push_back({other.id, random.below(2) == 0});
        if (random.below(6) == 0) group.stop_before.push_back({other.id, random.below(2) == 0});
    }
    const char* const labels[] = {"x", "y"};
    for (const auto* label : labels) {
        if (random.below(3) == 0) group.labels.insert(label);
        if (random.below(6) == 0) group.near.insert(label);
        if (random.below(6) == 0) group.apart.insert(label);
    }
    if (random.below(3) == 0) group.uses["slots"] = 1 + static_cast<std::uint32_t>(random.below(2));
}

void add_groups(Random& random, model::ClusterSpec& spec) {
    const auto count = 1 + random.below(4);
    std::uint32_t resource = 0;
    for (std::uint32_t g = 1; g <= count; g++) {
        model::GroupSpec group;
        group.id = GroupId{g};
        group.name = "g" + std::to_string(g);
        group.failback =
            random.below(3) == 0 ? model::Failback::automatic : model::Failback::manual;
        if (random.below(3) == 0) group.exclusion = model::Exclusion::full;
        if (random.below(5) == 0) group.exclusion = model::Exclusion::normal;
        add_rules(random, spec, group);
        const auto first = random.below(spec.nodes.size());
        for (std::size_t n = 0; n < spec.nodes.size(); n++)
            group.policy.push_back(spec.nodes[(first + n) % spec.nodes.size()].id);
        const auto resources = 1 + random.below(4);
        for (std::uint64_t r = 0; r < resources; r++)
            group.resources.push_back(random_resource(random, ++resource, group.resources));
        if (random.below(3) == 0)
            group.resources.front().requirement = model::Requirement::fencing;
        spec.groups.push_back(std::move(group));
    }
}

/// A watchdog promises nothing for what may take longer to stop than the watchdog waits.
void shorten_stops(model::ClusterSpec& spec) {
    for (auto& group : spec.groups)
        if (model::requirement_of(group) == model::Requirement::fencing)
            for (auto& resource : group.resources) resource.stop.timeout = 500ms;
}

void add_fences(Random& random, model::ClusterSpec& spec) {
    if (random.below(4) == 0) return;
    for (auto& node : spec.nodes) {
        const auto count = 1 + random.below(2);
        for (std::uint64_t n = 0; n < count; n++)
            node.fences.push_back({"d" + std::to_string(n), "sim", {}, 1500ms,
                                   static_cast<std::uint32_t>(random.below(2)), 1s,
                                   random.below(2) == 0});
    }
}

void add_monitors(Random& random, model::ClusterSpec& spec) {
    std::uint32_t number = 0;
    for (const auto& group : spec.groups) {
        if (random.below(2) == 0) continue;
        model::MonitorSpec monitor;
        monitor.id = MonitorId{++number};
        monitor.name = "m" + std::to_string(number);
        monitor.type = "sim";
        monitor.timing = random.below(3) == 0 ? model::MonitorTiming::always
                                              : model::MonitorTiming::while_active;
        monitor.group = group.id;
        monitor.resource = group.resources.front().id;
        monitor.interval = random.below(3) == 0 ? 300ms : 2s;
        monitor.timeout = 1s;
        monitor.retries = static_cast<std::uint32_t>(random.below(2));
        monitor.recovery = std::array{model::RecoveryTarget::resource, model::RecoveryTarget::group,
                                      model::RecoveryTarget::all_groups,
                                      model::RecoveryTarget::node}[random.below(4)];
        monitor.restart_threshold = static_cast<std::uint32_t>(random.below(3));
        monitor.failover_threshold = static_cast<std::uint32_t>(random.below(2));
        if (random.below(3) == 0) monitor.final_action = random_node_action(random);
        monitor.reset_after = random.below(2) == 0 ? 5s : 20s;
        if (random.below(4) == 0) {
            monitor.script = "/sim/script";
            monitor.script_timeout = 500ms;
        }
        spec.monitors.push_back(std::move(monitor));
    }
    if (spec.monitors.size() < 2 || random.below(2) == 0) return;
    model::MonitorSpec multi;
    multi.id = MonitorId{++number};
    multi.name = "m" + std::to_string(number);
    multi.type = model::k_multi_type;
    for (const auto& member : spec.monitors) multi.members.push_back(member.id);
    multi.interval = 500ms;
    multi.timeout = 1s;
    multi.recovery = model::RecoveryTarget::all_groups;
    multi.restart_threshold = 1;
    multi.reset_after = 5s;
    multi.warning_threshold = 1;
    spec.monitors.push_back(std::move(multi));
}

/// Two nodes and a tie breaker.
void add_two_node_policy(Random& random, model::ClusterSpec& spec, model::TieBreaker kind) {
    using model::TieBreaker;
    spec.quorum = model::QuorumPolicy::two_node;
    spec.tie_breaker = kind;
    spec.tie_breaker_targets = {"192.0.2.1"};
    // By itself it is 2 s and what devices were seen to take.
    spec.fence_delay = random.below(2) == 0 ? Duration{2s} : Duration{0};
    for (auto& node : spec.nodes) node.fences = {{"off", "sim", {}, 10s, 0, 5s}};
    if (random.below(4) == 0) spec.dual_activation = model::DualActivation::stop_both;
    const bool is_weak = spec.tie_breaker != TieBreaker::fencing;
    spec.alone_at_start = is_weak && random.below(4) == 0;
}

}  // namespace

model::ClusterSpec random_spec(Random& random, const Options& options) {
    model::ClusterSpec spec;
    spec.name = "sim";
    const bool is_fast = random.below(8) == 0;
    auto& timing = spec.timing;
    timing.heartbeat_interval = is_fast ? 20ms : 150ms;
    timing.heartbeat_timeout = is_fast ? 80ms : 600ms;
    // The configuration check allows no lease above the timeout, so that a node has severed before
    // anybody can miss it. The rules of the lease do not rest on that, and must hold when the
    // detector is wrong: a third of the seeds takes longer leases.
    const std::uint64_t quarters[] = {3, 4, 4, 4, 8, 14};
    timing.lease = timing.heartbeat_timeout / 4 * quarters[random.below(6)];
    timing.sever_bound = 5ms;
    timing.engine_stall = timing.heartbeat_timeout;
    timing.startup_wait = random.below(2) == 0 ? Duration{0} : Duration{5s};
    timing.leave_timeout = 5s;
    spec.parallel_operations = random.below(3) == 0 ? 2 : 0;
    spec.max_reboots = static_cast<std::uint32_t>(1 + random.below(3));
    spec.reboots_reset_after = random.below(2) == 0 ? 10s : 1h;
    const auto interconnects = 1 + random.below(2);
    for (std::uint16_t i = 1; i <= interconnects; i++)
        spec.interconnects.push_back({InterconnectId{i}, "lan" + std::to_string(i)});
    // Seldom more than seven, of whom some are learners: they cost much and show little else.
    const std::uint64_t counts[] = {3, 3, 3, 2, 4, 5};
    const auto drawn = random.below(24) == 0 ? 9 : counts[random.below(6)];
    // Two nodes are what a witness is for; with three it has no vote until one of them has none.
    const std::uint64_t with_witness[] = {2, 2, 2, 3, 4, 5};
    const auto nodes = options.has_witness ? with_witness[random.below(6)]
                       : options.two_node ? 2 : drawn;
    for (std::uint16_t n = 1; n <= nodes; n++) {
        model::NodeSpec node;
        node.id = NodeId{n};
        node.name = "n" + std::to_string(n);
        node.rank = n - 1u;
        for (const auto& interconnect : spec.interconnects)
            node.addresses[interconnect.id] = "10.0." + std::to_string(interconnect.id.value) +
                                              "." + std::to_string(n) + ":29002";
        spec.nodes.push_back(std::move(node));
    }
    for (auto& node : spec.nodes)
        if (random.below(2) == 0)
            node.capacity["slots"] = 1 + static_cast<std::uint32_t>(random.below(3));
    add_groups(random, spec);
    add_monitors(random, spec);
    if (options.two_node) add_two_node_policy(random, spec, *options.two_node);
    add_fences(random, spec);
    if (has_watchdogs(options)) shorten_stops(spec);
    if (options.has_witness) {
        if (options.has_etcd)
            spec.witness.etcd.endpoints = {"http://10.9.9.9:2379"};
        else
            spec.witness.address = "10.9.9.9:29003";
        spec.witness.round_trip = 5ms;
    }
    return spec;
}

}  // namespace ha::sim
