// Faults: what goes wrong, when, and when it is mended. Each seed allows a random subset of the
// kinds (swarm testing), so that rare ones are not drowned by common ones.
#include <algorithm>

#include "world.hpp"

namespace ha::sim {
namespace {

enum FaultKind : std::uint32_t {
    partition, one_way, cut_pairs, lossy, slow_link, corrupting, replaying, power,
    daemon_kill, pausing, slow_disk, failing_disk, lost_record, plugin_trouble, operators,
    leaving, election_storm, amnesia, half_healed, monitor_trouble, operations,
    fence_trouble, fence_operators, reconfiguring, ordering, site_power, late_answers,
    forgetful_voters, split_vote, upgrading, by_hand,
    witness_power, witness_cut, witness_slow, witness_lost,  // with a witness only
    target_lost, split_apart, one_cold,                      // two nodes only
    moved_apart, unfenced_hang,                               // with --often only
    fault_kinds
};
constexpr const char* k_fault_names[] = {
    "partition", "one_way", "cut_pairs", "lossy", "slow_link", "corrupting", "replaying", "power",
    "daemon_kill", "pausing", "slow_disk", "failing_disk", "lost_record", "plugin_trouble",
    "operators", "leaving", "election_storm", "amnesia", "half_healed", "monitor_trouble",
    "operations", "fence_trouble", "fence_operators", "reconfiguring", "ordering", "site_power",
    "late_answers", "forgetful_voters", "split_vote", "upgrading", "by_hand", "witness_power",
    "witness_cut", "witness_slow", "witness_lost", "target_lost", "split_apart", "one_cold",
    "moved_apart", "unfenced_hang",
};
static_assert(std::size(k_fault_names) == fault_kinds);
static_assert(fault_kinds <= 64);  // one bit each in faults_allowed_

FenceFaults random_fence_faults(Random& random) {
    const auto below = [&](std::uint64_t per_million) {
        return static_cast<std::uint32_t>(random.below(per_million));
    };
    return {below(400'000), below(300'000), below(700'000), below(500'000)};
}

}  // namespace

std::span<const char* const> fault_names() { return k_fault_names; }

void World::schedule_faults() {
    faults_allowed_ = random_.next();
    if (random_.below(8) == 0) faults_allowed_ = ~std::uint64_t{0};
    const auto often = std::ranges::find(k_fault_names, options_.often);
    if (often != std::end(k_fault_names))
        fault_often_ = static_cast<std::uint32_t>(often - std::begin(k_fault_names));
    const auto mean = Duration{500ms} + random_.up_to(4s);
    auto at = queue_.now() + Duration{2s};
    const auto end = queue_.now() + options_.duration;
    while (at < end) {
        queue_.at(at, [this] { one_fault(); });
        at = at + Duration{50ms} + random_.up_to(2 * mean);
    }
}

void World::one_fault() {
    if (is_quiet_ || (loss_ && !loss_->is_over)) return;
    for (int tries = 0; tries < 20; tries++) {
        const bool is_two = spec_.quorum == model::QuorumPolicy::two_node;
        const auto kinds = is_two ? moved_apart : witness_ ? target_lost : witness_power;
        auto kind = static_cast<std::uint32_t>(random_.below(kinds));
        if (fault_often_ && random_.below(2) == 0) kind = *fault_often_;
        if (kind >= witness_power && kind <= witness_lost && !witness_) continue;
        // Of all kinds this one reaches most paths of the service wing: it comes more often.
        if (random_.below(6) == 0) kind = plugin_trouble;
        if (((faults_allowed_ >> kind) & 1) == 0 && kind != fault_often_) continue;
        if (kind <= replaying)
            one_network_fault(kind);
        else if (kind == operators)
            one_request();
        else if (kind == operations)
            one_operation();
        else if (kind == fence_operators)
            one_fence_request();
        else if (kind == fence_trouble)
            spoil_fences(*hosts_[random_.below(hosts_.size())], 2s + random_.up_to(30s));
        else if (kind == ordering)
            one_order();
        else if (kind == reconfiguring)
            one_change();
        else if (kind == election_storm)
            storm_an_election();
        else if (kind == site_power)
            lose_site_power();
        else if (kind == late_answers)
            answer_late();
        else if (kind == forgetful_voters)
            forget_promises();
        else if (kind == split_vote)
            split_the_vote();
        else if (kind == unfenced_hang)
            hang_unfenced();
        else if (kind == upgrading)
            change_software(*hosts_[random_.below(hosts_.size())]);
        else if (kind == by_hand)
            start_by_hand();
        else if (kind == half_healed)
            heal_by_half();
        else if (kind == amnesia)
            forget_an_entry();
        else if (kind == target_lost)
            lose_target();
        else if (kind == split_apart)
            split_with_target();
        else if (kind == one_cold)
            start_one_cold();
        else if (kind == moved_apart)
            part_during_a_move();
        else if (kind >= witness_power && kind <= witness_lost)
            one_witness_fault(kind);
        else
            one_host_fault(kind);
        return;
    }
}

void World::one_network_fault(std::uint32_t kind) {
    const auto all = spec_.interconnects.size();
    const bool is_one_only = random_.below(3) == 0;
    const auto chosen = InterconnectId{static_cast<std::uint16_t>(1 + random_.below(all))};
    const auto heal_after = Duration{100ms} + random_.up_to(6s);
    const auto from_mask = random_.next();
    const auto pair_mask = random_.next() & random_.next();  // one pair in four
    const auto a = NodeId{static_cast<std::uint16_t>(1 + random_.below(hosts_.size()))};
    const auto b = NodeId{static_cast<std::uint16_t>(1 + random_.below(hosts_.size()))};
    if (kind == replaying) {
        for (int i = 0; i < 20; i++) network_.replay_one();
        return note("old packets are replayed");
    }
    const auto each = [&](const std::function<void(LinkFaults&)>& change) {
        for (const auto& from : spec_.nodes)
            for (const auto& to : spec_.nodes) {
                if (from.id == to.id) continue;
                const bool is_split = ((from_mask >> from.id.value) & 1) !=
                                      ((from_mask >> to.id.value) & 1);
                // Each pair by itself: everybody sees somebody, and nobody sees all.
                const auto pair = std::minmax(from.id.value, to.id.value);
                const auto place = (pair.first * 11 + pair.second) % 64;
                const bool is_pair_cut = ((pair_mask >> place) & 1) != 0;
                const bool is_hit = kind == partition   ? is_split
                                    : kind == one_way   ? from.id == a && to.id == b
                                    : kind == cut_pairs ? is_pair_cut
                                                        : from.id == a || to.id == a;
                if (!is_hit) continue;
                for (const auto& on : spec_.interconnects)
                    if (!is_one_only || on.id == chosen) change(network_.link(from.id, to.id, on.id));
            }
    };
    const auto loss = static_cast<std::uint32_t>(100'000 + random_.below(500'000));
    const auto slow = Duration{5ms} + random_.up_to(Duration{600ms});
    each([&](LinkFaults& link) {
        switch (kind) {
            case partition:
            case one_way:
            case cut_pairs: link.is_cut = true; break;
            case lossy: link.loss_per_million = loss; link.double_per_million = loss / 2; break;
            case slow_link: link.delay_max = std::max(slow, link.delay_min); break;
            default: link.corrupt_per_million = loss / 2; break;
        }
    });
    static const char* const names[] = {"partition",   "one-way cut", "cut pairs",
                                        "lossy links", "slow links",  "corrupting links"};
    note(std::string(names[kind]) + " around node " + std::to_string(a.value) +
         (is_one_only ? " on one interconnect" : ""));
    queue_.after(heal_after, [this] {
        network_.heal();
        note("network healed");
    });
}

/// Bad for a while, flapping, or not coming back.
void World::trouble_monitors(Host& host, Duration time) {
    host.plugin_faults.monitor_bad_per_million = static_cast<std::uint32_t>(
        random_.below(3) == 0 ? 1'000'000 : random_.below(600'000));
    host.plugin_faults.monitor_hang_per_million =
        static_cast<std::uint32_t>(random_.below(3) == 0 ? random_.below(500'000) : 0);
    const auto name = "node " + std::to_string(host.id().value);
    note(name + ": monitors see trouble");
    queue_.after(time, [this, &host, name] {
        host.plugin_faults.monitor_bad_per_million = 0;
        host.plugin_faults.monitor_hang_per_million = 0;
        note(name + ": monitors see none");
    });
}

void World::spoil_fences(Host& host, Duration time) {
    host.fence_faults = random_fence_faults(random_);
    note("node " + std::to_string(host.id().value) + ": its fence devices have trouble");
    queue_.after(time, [&host] { host.fence_faults = {}; });
}

/// The witness dies, loses its record, or is cut off from one node, from several, or slow.
void World::one_witness_fault(std::uint32_t kind) {
    if (!witness_) return;
    const auto later = Duration{20ms} + random_.up_to(random_.below(3) == 0 ? 12s : 2s);
    if (kind == witness_power || kind == witness_lost) {
        if (!witness_->is_running()) return;
        witness_->power_off();
        if (kind == witness_lost) witness_->lose_store();
        note(kind == witness_lost ? "the witness loses its record" : "the witness loses power");
        queue_.after(later, [this] {
            witness_->power_on();
            note("the witness is there again");
        });
        return;
    }
    const auto mask = random_.below(3) == 0 ? ~std::uint64_t{0} : random_.next();
    const auto slow = Duration{2ms} + random_.up_to(Duration{300ms});
    if (kind == witness_slow) witness_->disk_latency_max = slow;
    for (const auto& node : spec_.nodes) {
        if (((mask >> node.id.value) & 1) == 0) continue;
        for (auto* link : {&network_.link(node.id, k_witness_node, k_witness_interconnect),
                           &network_.link(k_witness_node, node.id, k_witness_interconnect)}) {
            link->is_cut |= kind == witness_cut;
            if (kind == witness_slow) link->delay_max = slow;
        }
    }
    note(kind == witness_cut ? "the witness is cut off from some" : "the witness is slow");
    queue_.after(later, [this] {
        network_.heal();
        witness_->disk_latency_max = 2ms;
        note("network and witness healed");
    });
}

/// What a daemon that stands still leaves running is what fencing is for.
void World::one_host_fault(std::uint32_t kind) {
    auto& host = *hosts_[random_.below(hosts_.size())];
    const auto name = "node " + std::to_string(host.id().value);
    const auto later = Duration{20ms} + random_.up_to(random_.below(3) == 0 ? 12s : 2s);
    const auto at_end = [&](const std::string& what, std::function<void()> mend) {
        queue_.after(later, [this, what, mend = std::move(mend)] {
            mend();
            note(what);
        });
    };
    if ((kind == daemon_kill || kind == pausing) && random_.below(3) == 0)
        spoil_fences(host, later);
    switch (kind) {
        case power:
            host.power_off();
            note(name + " loses power");
            at_end(name + " has power", [&host] { host.power_on(); });
            break;
        case daemon_kill:
            host.kill_daemon();
            note(name + ": had is killed");
            at_end(name + ": had is started", [&host] { host.start_daemon(); });
            break;
        case pausing:
            host.pause();
            note(name + ": had is paused");
            at_end(name + ": had goes on", [&host] { host.resume(); });
            break;
        case slow_disk:
            host.disk().latency_max = Duration{20ms} + random_.up_to(Duration{10s});
            note(name + ": slow disk");
            at_end(name + ": disk is fast again", [&host] { host.disk().latency_max = 2ms; });
            break;
        case failing_disk:
            host.disk().fails_next = true;
            note(name + ": disk fails");
            at_end(name + ": had is restarted", [&host] {
                host.kill_daemon();
                host.start_daemon();
            });
            break;
        case lost_record:
            // A majority of stores that forgot is the end of any registry: keep to one per run.
            if (stores_damaged_ > 0 || hosts_.size() < 3) return;
            stores_damaged_++;
            host.power_off();
            host.lose_newest_record();
            checkers_.reboot_limit.forget(host.id());
            note(name + " loses power and its newest record");
            at_end(name + " has power", [&host] { host.power_on(); });
            break;
        case plugin_trouble:
            host.plugin_faults = {static_cast<std::uint32_t>(random_.below(400'000)),
                                  static_cast<std::uint32_t>(random_.below(100'000)),
                                  static_cast<std::uint32_t>(random_.below(300'000))};
            note(name + ": plugins have trouble");
            at_end(name + ": plugins are well", [&host] { host.plugin_faults = {}; });
            break;
        case monitor_trouble: trouble_monitors(host, later); break;
        case leaving:
            host.leave();
            note(name + " is asked to leave");
            at_end(name + ": had is started", [&host] {
                host.kill_daemon();
                host.start_daemon();
            });
            break;
        default: break;
    }
}

Host* World::leader() {
    for (auto& host : hosts_)
        if (host->is_running() &&
            host->engine()->brief(host->local_now()).role == consensus::Role::leader)
            return host.get();
    return nullptr;
}

void World::one_mode_request(Host& host) {
    using model::NodeMode;
    const auto node = NodeId{static_cast<std::uint16_t>(1 + random_.below(hosts_.size()))};
    const NodeMode modes[] = {NodeMode::in_service, NodeMode::in_service, NodeMode::in_service,
                              NodeMode::maintenance, NodeMode::standby, NodeMode::isolated};
    const auto mode = modes[random_.below(6)];
    host.request(engine::SetNodeMode{node, mode, "a drill"});
    note("asked: node " + std::to_string(node.value) + " " + model::to_string(mode));
}

/// One node, or both, do not reach the tie breaker's target for a while.
void World::lose_target() {
    const auto later = Duration{100ms} + random_.up_to(8s);
    for (const auto& host : hosts_)
        if (random_.below(2) == 0) target_cut_[host->id()] = true;
    note("targets of tie breakers are lost");
    queue_.after(later, [this] {
        target_cut_.clear();
        note("targets of tie breakers answer");
    });
}

/// The nodes lose each other for longer than a while, and one of them, at the same moment, the
/// world: what ping is for.
void World::split_with_target() {
    const auto lost = NodeId{static_cast<std::uint16_t>(1 + random_.below(2))};
    for (const auto& on : spec_.interconnects)
        for (const auto& from : spec_.nodes)
            for (const auto& to : spec_.nodes)
                if (from.id != to.id) network_.link(from.id, to.id, on.id).is_cut = true;
    const auto is_whole_world = random_.below(4) == 0;
    if (!is_whole_world) target_cut_[lost] = true;
    note("the nodes lose each other" +
         (is_whole_world ? std::string{} : ", node " + std::to_string(lost.value) + " the world"));
    queue_.after(Duration{500ms} + random_.up_to(9s), [this] {
        network_.heal();
        target_cut_.clear();
        note("network healed");
    });
}

/// safety.md F7 b: one node goes on alone, then power fails everywhere, and the other, which has
/// missed all of that, is the only one that starts.
void World::start_one_cold() {
    const auto at = random_.below(2);
    auto* late = hosts_[at].get();
    auto* lone = hosts_[1 - at].get();
    note("node " + std::to_string(late->id().value) + " will miss what the other does alone");
    late->power_off();
    for (int n = 0; n < 4; n++) queue_.after(Duration{3s} + random_.up_to(3s), [this] {
        one_request();
    });
    const auto begin = Duration{6s} + random_.up_to(2s);
    queue_.after(begin, [this, late, lone] {
        lone->power_off();
        late->power_on();
        note("only node " + std::to_string(late->id().value) + " has power");
    });
    queue_.after(begin + Duration{1s} + random_.up_to(9s), [this, lone] {
        lone->power_on();
        note("node " + std::to_string(lone->id().value) + " has power");
    });
}

void World::ask_tie_breaker(Host& host, const engine::TieBreakerQuestion& question) {
    const auto answer = [this, &host, life = host.life(), number = question.number](bool is_given) {
        if (life != host.life()) return;
        host.feed(engine::TieBreakerAnswered{number, is_given,
                                             is_given ? "the target answered" : "no answer"});
    };
    queue_.after(random_.up_to(20ms), [this, &host, answer, timeout = question.timeout] {
        const bool is_reached = !target_cut_[host.id()] && host.state() != HostState::off;
        if (is_reached) checkers_.two_owners.reached(host.id());
        if (is_reached) return answer(true);
        queue_.after(timeout, [answer] { answer(false); });
    });
}

void World::one_request() {
    auto& host = *hosts_[random_.below(hosts_.size())];
    const auto group = GroupId{static_cast<std::uint32_t>(1 + random_.below(spec_.groups.size()))};
    const auto node = random_.below(2) == 0
                          ? NodeId{}
                          : NodeId{static_cast<std::uint16_t>(1 + random_.below(hosts_.size()))};
    switch (random_.below(6)) {
        case 0: host.request(engine::GroupStop{group}); return note("asked: stop a group");
        case 1: host.request(engine::GroupStart{group, node}); return note("asked: start a group");
        case 2:
            host.request(engine::GroupMove{group, node, {}, random_.below(4) == 0});
            return note("asked: move a group");
        case 3: host.request(engine::GroupClear{group, node}); return note("asked: clear failures");
        case 4:
            one_mode_request(host);
            return;
        default:
            host.request(engine::ResourceRestart{group, {}});
            return note("asked: restart in place");
    }
}

/// What operators do besides starting, stopping and moving groups.
void World::one_operation() {
    auto& host = *hosts_[random_.below(hosts_.size())];
    const auto& group = spec_.groups[random_.below(spec_.groups.size())];
    const auto resource = group.resources[random_.below(group.resources.size())].id;
    const auto node = random_.below(2) == 0
                          ? NodeId{}
                          : NodeId{static_cast<std::uint16_t>(1 + random_.below(hosts_.size()))};
    const auto left = random_.below(3) == 0 ? Duration{0} : Duration{100ms} + random_.up_to(5s);
    const auto monitor =
        spec_.monitors.empty()
            ? MonitorId{}
            : spec_.monitors[random_.below(spec_.monitors.size())].id;
    switch (random_.below(9)) {
        case 0:
            host.request(engine::GroupFailover{group.id, node});
            return note("asked: fail a group over");
        case 1:
            host.request(engine::GroupFreeze{group.id, random_.below(2) == 0});
            return note("asked: freeze or thaw a group");
        case 2:
            host.request(engine::ResourceWish{group.id, resource, true});
            return note("asked: stop a resource");
        case 3:
            host.request(engine::ResourceWish{group.id, resource, false});
            return note("asked: start a resource");
        case 4:
            host.request(engine::MonitorPause{random_.below(3) == 0 ? MonitorId{} : monitor,
                                              random_.below(3) != 0, left});
            return note("asked: pause or resume monitors");
        case 5:
            host.request(engine::MonitorInject{monitor, random_.below(3) != 0, left});
            return note("asked: inject a failure");
        case 6:
            host.request(engine::TimeoutRatio{1 + static_cast<std::uint32_t>(random_.below(3)),
                                              Duration{1s} + random_.up_to(6s)});
            return note("asked: timeout ratio");
        case 7:
            host.request(engine::RebootsReset{host.id()});
            checkers_.reboot_limit.forget(host.id());
            return note("asked: count reboots anew");
        default:
            host.request(
                engine::GroupMove{group.id, node, Duration{10ms} + random_.up_to(3s), false});
            return note("asked: move a group, with a deadline");
    }
}

/// Operators put everything back before it is looked at what is left.
void World::undo_operations() {
    auto& host = any_running_host();
    host.request(engine::ClusterSuspend{false});
    host.request(engine::TimeoutRatio{1, {}});
    host.request(engine::MonitorInject{MonitorId{}, false, {}});
    host.request(engine::MonitorPause{MonitorId{}, false, {}});
    for (const auto& group : spec_.groups)
        host.request(engine::GroupFreeze{group.id, false});
    for (const auto& node : spec_.nodes)
        host.request(engine::SetNodeMode{node.id, model::NodeMode::in_service, {}});
}

void World::start_groups() {
    any_running_host().request(engine::SpecConfirm{});
    for (const auto& group : spec_.groups)
        any_running_host().request(engine::GroupStart{group.id, NodeId{}});
}

/// The first; none may be running.
Host& World::any_running_host() {
    for (auto& host : hosts_)
        if (host->is_running()) return *host;
    return *hosts_.front();
}

void World::look_for_held_up() {
    for (auto& host : hosts_) {
        if (!host->is_running()) {
            checkers_.nothing_held_up.forget(host->id());
            continue;
        }
        const auto wrong = checkers_.nothing_held_up.look(*host);
        if (!wrong.empty()) fail(wrong);
    }
    queue_.after(100ms, [this] { look_for_held_up(); });
}

/// What groups leave for whoever runs them next is written all the time, in a part of the worlds.
void World::write_checkpoints() {
    for (auto& host : hosts_) host->write_checkpoints();
    queue_.after(options_.seed % 20 == 2 ? Duration{40ms} : Duration{700ms},
                 [this] { write_checkpoints(); });
}

/// An operator has a node fenced, or says that one is off. The operator of this world never lies:
/// only of a machine without power.
void World::one_fence_request() {
    auto& asked = *hosts_[random_.below(hosts_.size())];
    auto& target = *hosts_[random_.below(hosts_.size())];
    if (!asked.is_running()) return;
    const auto record = asked.engine()->state().nodes.find(target.id());
    if (target.state() == HostState::off && record != asked.engine()->state().nodes.end()) {
        note("asked: node " + std::to_string(target.id().value) + " is off");
        asked.request(engine::NodeConfirmOff{target.id(), record->second.start});
    } else if (random_.below(3) == 0) {
        // A device that lies does most harm at a node that is well.
        if (random_.below(2) == 0) spoil_fences(target, 5s);
        note("asked: fence node " + std::to_string(target.id().value));
        asked.request(engine::NodeFence{target.id()});
    }
}

/// A node, or all of them, is told to stop, to begin anew, or to take its machine down; each comes
/// back after a while.
void World::one_order() {
    auto& host = *hosts_[random_.below(hosts_.size())];
    engine::ServiceOrder order;
    if (random_.below(3) == 0) {
        const bool on = random_.below(2) == 0;
        host.request(engine::ClusterSuspend{on});
        return note(on ? "asked: suspend" : "asked: resume");
    }
    constexpr model::NodeOrder k_orders[] = {model::NodeOrder::stop, model::NodeOrder::restart,
                                             model::NodeOrder::reboot, model::NodeOrder::poweroff};
    order.order = k_orders[random_.below(4)];
    if (random_.below(4) != 0)
        order.node = NodeId{static_cast<std::uint16_t>(1 + random_.below(hosts_.size()))};
    order.asked_at = host.id();
    order.may_lose_quorum = random_.below(3) == 0;
    host.request(order);
    note(std::string("asked: ") + model::to_string(order.order) +
         (order.node ? " node " + std::to_string(order.node.value) : " all nodes"));
}

/// A change of one group, on trial or for good; or a word about the one before.
void World::one_change() {
    auto& host = *hosts_[random_.below(hosts_.size())];
    if (!host.is_running()) return;
    const auto chance = random_.below(8);
    if (chance == 0) {
        host.request(engine::SpecConfirm{});
        return note("asked: confirm the configuration");
    }
    if (chance == 1) {
        host.request(engine::SpecRevert{});
        return note("asked: take the configuration back");
    }
    engine::SpecApply change{host.engine()->state().spec};
    if (random_.below(3) == 0) change.confirm_within = Duration{1s} + random_.up_to(12s);
    change.may_stop_groups = random_.below(4) != 0;
    auto& group = change.spec.groups[random_.below(change.spec.groups.size())];
    auto& resource = group.resources[random_.below(group.resources.size())];
    switch (random_.below(4)) {
        case 0: resource.parameters["n"] = std::to_string(random_.next()); break;
        case 1: std::swap(group.policy.front(), group.policy.back()); break;
        case 2: resource.stop.timeout = Duration{1s} + random_.up_to(2s); break;
        default:
            group.failback = group.failback == model::Failback::manual
                                 ? model::Failback::automatic
                                 : model::Failback::manual;
            break;
    }
    checkers_.whole_spec.asked(change.spec);
    host.request(change);
    note("asked: change group " + group.name);
}

void World::heal_everything() {
    is_quiet_ = true;
    network_.heal();
    target_cut_.clear();
    note("everything is healed");
    upgrade_all();
    if (witness_) {
        witness_->disk_latency_max = 2ms;
        witness_->power_on();
    }
    for (auto& host : hosts_) {
        host->plugin_faults = {};
        host->fence_faults = {};
        host->disk().latency_max = 2ms;
        host->disk().fails_next = false;
        host->is_lost = false;
        // A store that failed stays out until its daemon is started anew: an operator does that.
        wake(*host);
    }
}

}  // namespace ha::sim
