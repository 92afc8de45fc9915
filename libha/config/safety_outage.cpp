// How long a group is away, part by part.
#include "config/safety_outage.hpp"

#include <algorithm>
#include <map>

#include "base/limits.hpp"
#include "ha/plugin/values.hpp"

namespace ha::config {

namespace {

using model::ClusterSpec;
using model::GroupSpec;
using model::ResourceSpec;

/// What votes and commits take on a disk and a network that nobody has measured yet.
constexpr Duration k_assumed_vote = 8ms;
constexpr Duration k_assumed_commit = 10ms;

Duration attempts(const model::OperationSpec& operation) {
    return operation.timeout * (std::int64_t{operation.retries} + 1);
}

/// The longest chain of `time`, from what depends on nothing to what nothing depends on. With a
/// limit on parallel operations the chain may be all of them, one after the other.
template <class Time>
Duration longest_chain(const ClusterSpec& spec, const GroupSpec& group, Time time) {
    std::map<ResourceId, Duration> done;
    Duration sum{0}, longest{0};
    // As often as there are resources: by then the order in the document does not matter.
    for (std::size_t round = 0; round <= group.resources.size(); round++)
        for (const auto& one : group.resources) {
            Duration before{0};
            for (const auto on : one.depends_on) before = std::max(before, done[on]);
            done[one.id] = before + time(one);
            longest = std::max(longest, done[one.id]);
            if (round == 0) sum += time(one);
        }
    return spec.parallel_operations == 0 ? longest : sum;
}

OutagePart part(std::string name, Duration time, std::string text, bool is_assumed = false) {
    return {std::move(name), time, is_assumed, std::move(text)};
}

std::string times(const char* what, std::uint32_t count, Duration each) {
    return std::string(what) + ": " + std::to_string(count) + " x " + show_time(each);
}

void add_election(const ClusterSpec& spec, Outage& out) {
    const auto voters = std::min<std::size_t>(spec.nodes.size(), k_limit_voters);
    if (voters < 2) return;
    const auto steps = static_cast<std::uint32_t>(voters) + 1;
    out.parts.push_back(part("election", steps * k_assumed_vote,
                             times("if it led; votes by rank", steps, k_assumed_vote), true));
}

void add_commits(std::uint32_t count, const char* what, Outage& out) {
    out.parts.push_back(
        part("commits", count * k_assumed_commit, times(what, count, k_assumed_commit), true));
}

void add_start(const ClusterSpec& spec, const GroupSpec& group, Outage& out) {
    out.parts.push_back(part("start", longest_start(spec, group),
                             "start_timeout of the longest chain of resources, all attempts"));
}

Outage node_lost(const ClusterSpec& spec, const GroupSpec& group) {
    const auto& t = spec.timing;
    Outage out;
    out.event = "node_lost";
    out.parts.push_back(part("detection", t.heartbeat_timeout, "heartbeat_timeout"));
    add_election(spec, out);
    add_commits(2, "that the node is down, and who gets the group", out);
    const auto lease = t.lease + t.lease / 1'000'000 * (2 * std::int64_t{t.drift_ppm});
    if (model::has_etcd(spec) && spec.nodes.size() == 2)
        out.parts.push_back(part("lease", lease,
                                 "an etcd has no clock: lease " + show_time(t.lease) +
                                     " x (1 + 2 x drift) is counted from the commit"));
    else
        out.parts.push_back(part("lease", std::max(lease - t.heartbeat_timeout, Duration{0}),
                                 "what is left of lease " + show_time(t.lease) +
                                     " x (1 + 2 x drift) after the detection"));
    const bool is_tie_broken_by_it = spec.quorum == model::QuorumPolicy::two_node &&
                                     spec.tie_breaker == model::TieBreaker::fencing;
    if (is_tie_broken_by_it) {
        Duration longest{0};
        for (const auto& node : spec.nodes)
            for (const auto& device : node.fences) longest = std::max(longest, device.timeout);
        const bool is_given = spec.fence_delay > Duration::zero();
        out.parts.push_back(part("fence_delay", is_given ? spec.fence_delay : 2s + longest,
                                 is_given ? "the node that owned less shoots later, by this"
                                          : "the node that owned less shoots later, by 2 s and "
                                            "what a shot takes: the timeout of a device, until "
                                            "one was measured"));
    }
    if (is_tie_broken_by_it || model::requirement_of(group) == model::Requirement::fencing) {
        Duration longest{0};
        for (const auto& node : spec.nodes) {
            Duration all{0};
            for (const auto& fence : node.fences)
                all += fence.timeout * (std::int64_t{fence.retries} + 1) + fence.status_timeout;
            if (all.count() == 0 && std::find(group.policy.begin(), group.policy.end(), node.id) !=
                                        group.policy.end())
                out.open_end = "an operator, who says that node " + node.name +
                               " is off: it has no fence device";
            longest = std::max(longest, all);
        }
        out.parts.push_back(part("fencing", longest, "all devices and attempts of one node"));
    }
    add_start(spec, group, out);
    if (group.failover == model::Failover::manual)
        out.open_end = "an operator: failover is manual";
    else if (group.policy.size() < 2)
        out.open_end = "the only node of its policy";
    else if (spec.quorum == model::QuorumPolicy::majority && spec.nodes.size() == 2 &&
             !model::has_witness(spec))
        out.open_end = "the lost node, or an operator: one of two nodes is no majority";
    else if (spec.quorum == model::QuorumPolicy::majority && !model::binds_to_stop(spec) &&
             model::requirement_of(group) != model::Requirement::fencing)
        out.open_end = "the lost node, or an operator: quorum_loss lets it keep what it runs";
    return out;
}

/// By the monitor that takes longest to see it; none: nothing watches the group.
Outage resource_failed(const ClusterSpec& spec, const GroupSpec& group) {
    Outage out;
    out.event = "resource_failed";
    const model::MonitorSpec* slowest = nullptr;
    const auto time_of = [](const model::MonitorSpec& m) {
        return (m.interval + m.timeout) * (std::int64_t{m.retries} + 1);
    };
    for (const auto& monitor : spec.monitors)
        if (monitor.group == group.id && monitor.recovery != model::RecoveryTarget::none &&
            (slowest == nullptr || time_of(monitor) > time_of(*slowest)))
            slowest = &monitor;
    if (slowest == nullptr) {
        out.open_end = "somebody who notices: no monitor watches the group";
        return out;
    }
    const auto once = longest_stop(spec, group) + longest_start(spec, group);
    out.parts.push_back(part("detection", time_of(*slowest),
                             "monitor " + slowest->name + ": " +
                                 times("(interval + timeout)", slowest->retries + 1,
                                       slowest->interval + slowest->timeout)));
    if (slowest->restart_threshold > 0)
        out.parts.push_back(part(
            "restarts", slowest->restart_threshold * (once + time_of(*slowest)),
            times("stop, start, look again", slowest->restart_threshold,
                  once + time_of(*slowest))));
    if (slowest->failover_threshold > 0 && group.policy.size() > 1) {
        out.parts.push_back(part("stop", longest_stop(spec, group), "stop_timeout, all attempts"));
        add_commits(3, "evicted, released, given", out);
        add_start(spec, group, out);
    } else {
        out.open_end = "an operator, when restarts do not help: it does not fail over";
    }
    return out;
}

Outage moved(const ClusterSpec& spec, const GroupSpec& group) {
    Outage out;
    out.event = "moved";
    add_commits(1, "evicted", out);
    out.parts.push_back(part("stop", longest_stop(spec, group), "stop_timeout, all attempts"));
    add_commits(2, "released, given", out);
    add_start(spec, group, out);
    if (group.policy.size() < 2) out.open_end = "a second node in its policy";
    return out;
}

}  // namespace

Duration Outage::sum() const {
    Duration out{0};
    for (const auto& one : parts) out += one.time;
    return out;
}

std::string show_time(Duration time) {
    const auto unit = time >= 10s ? std::chrono::duration_cast<Duration>(100ms) : Duration{1ms};
    const auto rounded = (time.count() + unit.count() - 1) / unit.count() * unit;
    return plugin::format_duration(rounded);
}

Duration longest_start(const ClusterSpec& spec, const GroupSpec& group) {
    return longest_chain(spec, group, [](const ResourceSpec& r) { return attempts(r.start); });
}

Duration longest_stop(const ClusterSpec& spec, const GroupSpec& group) {
    return longest_chain(spec, group, [](const ResourceSpec& r) { return attempts(r.stop); });
}

std::vector<Outage> outages_of(const ClusterSpec& spec, const GroupSpec& group) {
    return {node_lost(spec, group), resource_failed(spec, group), moved(spec, group)};
}

}  // namespace ha::config
