// What somebody starts by hand: the fault, the probes that look for it, and the checker.
#include <algorithm>

#include "checkers.hpp"
#include "world.hpp"

namespace ha::sim {

namespace {

/// Longer between two looks: a run would be over before the second.
constexpr Duration k_interval_max = 10s;

/// Two looks, the pause after what was stopped there before, a stop that was under way, one more
/// that is tried again, and the words about it.
Duration bound_of(const model::ClusterState& state) {
    return 2 * state.spec.timing.probe_interval + 12s;
}

/// Nothing keeps this node from looking and from stopping what it finds.
bool is_able(const Host& host, GroupId group) {
    if (!host.is_running()) return false;
    const auto& state = host.engine()->state();
    const auto brief = host.engine()->brief(host.local_now());
    const auto node = state.nodes.find(host.id());
    const auto record = state.groups.find(group);
    const auto& faults = host.plugin_faults;
    return state.cluster_version >= 2 && brief.is_lease_held && brief.is_admitted &&
           node != state.nodes.end() && node->second.status == model::NodeStatus::up &&
           node->second.mode != model::NodeMode::maintenance && record != state.groups.end() &&
           !record->second.is_frozen && !state.is_suspended && !state.pending_spec &&
           state.timeout_ratio == 1 && faults.fail_per_million == 0 &&
           faults.hang_per_million == 0 && faults.slow_per_million == 0;
}

}  // namespace

bool Host::start_by_hand(const model::GroupSpec& group, const model::ResourceSpec& resource) {
    const bool is_on_its_way =
        std::any_of(under_way_.begin(), under_way_.end(), [&](const auto& operation) {
            return operation.second.resource == resource.id && !operation.second.is_search;
        });
    if (state_ == HostState::off || active_.contains(resource.id) || is_on_its_way) return false;
    active_[resource.id] = {group.id, {}, resource, {}, true};
    return true;
}

/// What its node holds as its owner by now, and nobody else runs, is no different from what it has
/// started. That the state names it as owner is not enough: it may be an old one, or not be true
/// any more, and the node knows that.
void Host::take_over_what_was_started_by_hand(const engine::Actions& actions) {
    if (engine_ == nullptr) return;
    const auto& state = engine_->state();
    const auto& held = actions.run_record ? *actions.run_record : run_record_;
    for (auto& [id, active] : active_) {
        if (!active.is_by_hand) continue;
        const auto record = state.groups.find(active.group);
        if (record == state.groups.end() || record->second.owner != id_) continue;
        const lifecycle::Held ours{active.group, record->second.epoch};
        if (std::find(held.begin(), held.end(), ours) == held.end()) continue;
        bool is_elsewhere = false;
        for (const auto& host : world_.hosts())
            for (const auto& [other, running] : host->active())
                is_elsewhere = is_elsewhere || (host->id() != id_ && !running.is_by_hand &&
                                                running.group == active.group);
        if (is_elsewhere) continue;
        active.is_by_hand = false;
        active.epoch = record->second.epoch;
        active.revision = state.spec.revision;
    }
}

/// Looking takes a moment; where plugins are in trouble it fails, or does not come back.
void Host::search(const lifecycle::StartOperation& call) {
    auto& random = world_.random();
    auto takes = Duration{100us} + random.up_to(5ms);
    auto outcome = lifecycle::Outcome::ok;
    if (random.chance(plugin_faults.fail_per_million)) outcome = lifecycle::Outcome::failed;
    if (random.chance(plugin_faults.hang_per_million)) {
        takes = std::max(call.deadline - local_now(), Duration{1ms}) + random.up_to(4s);
        outcome = lifecycle::Outcome::timed_out;
    }
    world_.queue().after(takes, [this, life = life_, call, outcome] {
        if (life == life_) finish(call, outcome);
    });
}

/// One resource of a group, somewhere in its policy where it does not run.
void World::start_by_hand() {
    const auto interval = spec_.timing.probe_interval;
    if (interval == Duration::zero() || interval > k_interval_max) return;
    const auto& group = spec_.groups[random_.below(spec_.groups.size())];
    const auto& resource = group.resources[random_.below(group.resources.size())];
    auto& host = this->host(group.policy[random_.below(group.policy.size())]);
    if (!host.start_by_hand(group, resource)) return;
    note("node " + std::to_string(host.id().value) + ": somebody starts resource " +
         resource.name + " of group " + group.name + " by hand");
}

std::string ByHand::told(const Host& host, const Event& event) {
    if (event.kind == EventKind::node_started)
        std::erase_if(expelled_, [&](const auto& one) { return one.first == host.id(); });
    if (!event.object.starts_with("group ")) return {};
    const auto name = event.object.substr(6);
    if (event.kind == EventKind::group_offline) expelled_.erase({host.id(), name});
    const bool is_expelled =
        event.kind == EventKind::group_stopping &&
        std::any_of(event.parameters.begin(), event.parameters.end(), [](const auto& one) {
            return one.first == "reason" && one.second.starts_with("it is active here without");
        });
    // What does not stop is tried again, and may have stopped meanwhile.
    if (!is_expelled || !expelled_.insert({host.id(), name}).second) return {};
    const auto* group = model::find_group(host.engine()->state().spec, name);
    for (const auto& [resource, active] : host.active())
        if (group != nullptr && active.group == group->id) return {};
    return "cluster.md 6: node " + std::to_string(host.id().value) + " stops group " + name +
           " as somebody else's, and nothing of it is active there";
}

std::string ByHand::check(World& world) {
    std::map<std::pair<NodeId, ResourceId>, Since> still;
    const auto at = world.queue().now();
    std::string wrong;
    for (const auto& host : world.hosts()) {
        for (const auto& [resource, active] : host->active()) {
            if (!active.is_by_hand || !is_able(*host, active.group)) continue;
            const auto& state = host->engine()->state();
            const auto& record = state.groups.at(active.group);
            // Nobody owns it: it is told, and left to whoever may start it there.
            if (!record.owner && record.found.contains(host->id())) continue;
            const auto known = since_.find({host->id(), resource});
            const bool is_new = known == since_.end() || known->second.owner != record.owner ||
                                known->second.incarnation != record.epoch.incarnation;
            const auto since = is_new ? Since{at, record.owner, record.epoch.incarnation}
                                      : known->second;
            still.emplace(std::pair{host->id(), resource}, since);
            if (at - since.at <= bound_of(state)) continue;
            wrong = "cluster.md 6: group " + model::name_of(state.spec, active.group) +
                    " was started by hand on node " + std::to_string(host->id().value) +
                    (record.owner ? " and still runs there beside its owner after "
                                  : ", and nobody has been told of it after ") +
                    std::to_string(bound_of(state) / 1ms) + " ms";
        }
    }
    since_ = std::move(still);
    return wrong;
}

}  // namespace ha::sim
