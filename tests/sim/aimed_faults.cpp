// Aimed faults: several steps that lead to the one interleaving a rule is against, which faults at
// random would meet too rarely.
#include <algorithm>

#include "world.hpp"

namespace ha::sim {

/// Between one node and another, both ways, on every interconnect.
void World::cut(NodeId a, NodeId b, bool is_cut) {
    for (const auto& on : spec_.interconnects) {
        network_.link(a, b, on.id).is_cut = is_cut;
        network_.link(b, a, on.id).is_cut = is_cut;
    }
}

void World::heal_after(Duration time) {
    queue_.after(time, [this] {
        network_.heal();
        note("network healed");
    });
}

/// A node that owns something and does not lead.
Host* World::owner_beside_leader() {
    auto* leads = leader();
    for (auto& host : hosts_)
        if (host.get() != leads && host->is_running() && !host->active().empty())
            return host.get();
    return nullptr;
}

/// The leader loses power; the moment another is elected, that one dies, its voters' daemons are
/// killed and started again, and the first comes back: whoever forgot its vote now makes a second
/// leader of the same term.
void World::storm_an_election() {
    auto* first = leader();
    if (first == nullptr) return;
    note("node " + std::to_string(first->id().value) + " loses power; a storm over the election");
    first->power_off();
    for (auto& host : hosts_) host->disk().latency_max = 15ms;
    watch_for_leader(first, queue_.now() + 4 * spec_.timing.heartbeat_timeout);
}

void World::watch_for_leader(Host* first, Instant until) {
    auto* elected = leader();
    if (elected == nullptr && queue_.now() < until && !is_quiet_) {
        queue_.after(200us, [this, first, until] { watch_for_leader(first, until); });
        return;
    }
    for (auto& host : hosts_) host->disk().latency_max = 2ms;
    first->power_on();
    if (elected == nullptr) return;
    note("node " + std::to_string(elected->id().value) + " is elected and dies with its voters");
    for (auto& host : hosts_) {
        if (!host->is_running() || host.get() == first) continue;
        host->kill_daemon();
        const auto later = host.get() == elected ? Duration{2s} : Duration{0};
        queue_.after(later + random_.up_to(2ms), [&host] { host->start_daemon(); });
    }
}

/// All nodes lose power at once, while something is being committed, and come back one by one: what
/// any of them acknowledged must be there (F32).
void World::lose_site_power() {
    for (auto& host : hosts_) host->disk().latency_max = 20ms;
    one_request();
    queue_.after(random_.up_to(60ms), [this] {
        for (auto& host : hosts_) host->disk().latency_max = 2ms;
        if (is_quiet_) return;
        note("the whole site loses power");
        for (auto& host : hosts_) {
            host->power_off();
            const auto later = Duration{20ms} + random_.up_to(random_.below(3) == 0 ? 12s : 2s);
            queue_.after(later, [&host] { host->power_on(); });
        }
    });
}

/// An owner is cut off for just longer than the timeout, then reaches one follower again and not
/// the leader: that follower must not answer its lease, for it has stored that the owner is down.
void World::heal_by_half() {
    auto* leads = leader();
    auto* owner = owner_beside_leader();
    if (leads == nullptr || owner == nullptr || hosts_.size() < 3) return;
    Host* friend_of_owner = nullptr;
    for (auto& host : hosts_)
        if (host.get() != leads && host.get() != owner && host->is_running())
            friend_of_owner = host.get();
    if (friend_of_owner == nullptr) return;
    note("node " + std::to_string(owner->id().value) +
         " is cut off, and will be heard again by node " +
         std::to_string(friend_of_owner->id().value) + " only");
    for (const auto& other : spec_.nodes) cut(owner->id(), other.id, true);
    const auto blink = spec_.timing.heartbeat_timeout + 5ms +
                       random_.up_to(spec_.timing.heartbeat_timeout / 2);
    queue_.after(blink, [this, owner, friend_of_owner] {
        cut(owner->id(), friend_of_owner->id(), false);
    });
    heal_after(blink + 3 * spec_.timing.lease);
}

/// The daemon of an owner of what requires fencing stands still while no device of it answers: only
/// what its watchdog has promised can release that (F21), and whoever takes it sooner makes two
/// owners.
void World::hang_unfenced() {
    const auto is_wanted = [&](const auto& active) {
        const auto* group = model::find_group(spec_, active.second.group);
        return group != nullptr && model::requirement_of(*group) == model::Requirement::fencing;
    };
    const auto found = std::ranges::find_if(hosts_, [&](const auto& host) {
        return host->is_running() && std::ranges::any_of(host->active(), is_wanted);
    });
    if (found == hosts_.end()) return;
    auto& owner = **found;
    const auto time = Duration{8s} + random_.up_to(12s);
    const auto name = "node " + std::to_string(owner.id().value);
    note(name + ": had is paused, and no fence device answers");
    owner.fence_faults = {0, 1'000'000, 0, 0};
    owner.pause();
    queue_.after(time, [&owner] {
        owner.fence_faults = {};
        owner.resume();
    });
}

/// Entries are committed by the leader and one follower while the others hear nothing; then both
/// lose power, and the follower its newest record. It must not help the others to elect a leader
/// that lacks what was committed (safety.md F9).
void World::forget_an_entry() {
    auto* first = leader();
    if (first == nullptr || hosts_.size() != 3 || stores_damaged_ > 0) return;
    stores_damaged_++;
    auto& victim = *hosts_[(first->id().value + random_.below(2)) % 3];
    auto& third = *hosts_[6 - first->id().value - victim.id().value - 1];
    note("node " + std::to_string(third.id().value) + " is cut off; node " +
         std::to_string(victim.id().value) + " will forget an entry");
    for (const auto& other : spec_.nodes) cut(third.id(), other.id, true);
    for (int n = 0; n < 3; n++) queue_.after(random_.up_to(300ms), [this] { one_request(); });
    queue_.after(400ms + random_.up_to(100ms), [this, first, &victim] {
        first->power_off();
        victim.power_off();
        victim.lose_newest_record();
        checkers_.reboot_limit.forget(victim.id());
        network_.heal();
        queue_.after(20ms, [&victim] { victim.power_on(); });
        queue_.after(Duration{4s} + random_.up_to(4s), [first] { first->power_on(); });
        note("both lose power");
    });
}

/// What an owner hears comes late, and then nothing comes: it must count its lease from when it
/// asked, not from when it was answered (cluster.md 4).
void World::answer_late() {
    Host* owner = nullptr;
    for (auto& host : hosts_)
        if (host->is_running() && !host->active().empty()) owner = host.get();
    if (owner == nullptr) return;
    const auto late = Duration{50ms} + random_.up_to(spec_.timing.lease);
    note("node " + std::to_string(owner->id().value) + " hears all late, then nothing");
    for (const auto& on : spec_.interconnects)
        for (const auto& other : spec_.nodes) {
            auto& link = network_.link(other.id, owner->id(), on.id);
            link.delay_min = late;
            link.delay_max = late + Duration{5ms};
        }
    const auto then = 2 * late + random_.up_to(spec_.timing.heartbeat_timeout);
    queue_.after(then, [this, owner] {
        for (const auto& other : spec_.nodes) cut(owner->id(), other.id, true);
    });
    heal_after(then + spec_.timing.heartbeat_timeout + 2 * spec_.timing.lease + random_.up_to(2s));
}

/// An owner is cut off, and those who answered it lose power for a moment about when they promise
/// to answer it no more; some hear it again then, and the leader does not. What they had answered
/// before counts on, and a promise counts only if who gave it still knows it (cluster.md 4, F1).
void World::forget_promises() {
    auto* leads = leader();
    auto* owner = owner_beside_leader();
    if (leads == nullptr || owner == nullptr || hosts_.size() < 3) return;
    note("node " + std::to_string(owner->id().value) +
         " is cut off; who answered it will lose power for a moment");
    const auto timeout = spec_.timing.heartbeat_timeout;
    for (auto& host : hosts_) {
        if (host.get() == owner) continue;
        cut(owner->id(), host->id(), true);
        if (host.get() == leads) continue;
        const bool is_early = random_.below(2) == 0;
        const auto when = is_early ? random_.up_to(timeout) : timeout + random_.up_to(200ms);
        const bool is_heard_again = random_.below(2) == 0;
        host->disk().latency_max = Duration{5ms} + random_.up_to(150ms);
        queue_.after(when, [this, &host] {
            if (!is_quiet_ && host->is_running()) host->power_off();
        });
        queue_.after(when + 1ms + random_.up_to(40ms), [this, &host, owner, is_heard_again] {
            if (is_quiet_) return;
            host->power_on();
            if (is_heard_again) cut(owner->id(), host->id(), false);
        });
    }
    const auto until = timeout + 3 * spec_.timing.lease;
    queue_.after(until, [this] {
        for (auto& host : hosts_) host->disk().latency_max = 2ms;
    });
    heal_after(until);
}

/// Two that cannot hear each other stand for election at the same time, and who could vote for both
/// hears them late: nobody votes twice in a term (Raft 5.2).
void World::split_the_vote() {
    auto* first = leader();
    if (first == nullptr || hosts_.size() < 3) return;
    const auto skip = 1 + random_.below(hosts_.size() - 1);
    auto& second = *hosts_[(first->id().value - 1 + skip) % hosts_.size()];
    note("nodes " + std::to_string(first->id().value) + " and " +
         std::to_string(second.id().value) + " stand for election at the same time");
    const auto late = Duration{1ms} + random_.up_to(Duration{150ms});
    for (const auto& on : spec_.interconnects)
        for (const auto& from : spec_.nodes)
            for (const auto& to : spec_.nodes) {
                auto& link = network_.link(from.id, to.id, on.id);
                link.delay_min = late;
                link.delay_max = late + Duration{2ms};
            }
    cut(first->id(), second.id(), true);
    first->kill_daemon();
    queue_.after(random_.up_to(20ms), [first] { first->start_daemon(); });
    heal_after(2 * spec_.timing.heartbeat_timeout + random_.up_to(3s));
}

/// A group is moved, and the two lose each other in the moment in which one of them has applied
/// that and the other has not: they do not know the same of who owns more (F22).
void World::part_during_a_move() {
    const auto& group = spec_.groups[random_.below(spec_.groups.size())];
    note("asked: move group " + group.name + "; the nodes will lose each other over it");
    any_running_host().request(engine::GroupMove{group.id, NodeId{}, {}, false});
    each_way([](LinkFaults& link) { link.delay_min = link.delay_max = 1ms; });
    watch_for_move(queue_.now() + Duration{3s});
}

void World::each_way(const std::function<void(LinkFaults&)>& change) {
    for (const auto& on : spec_.interconnects)
        for (const auto& from : spec_.nodes)
            for (const auto& to : spec_.nodes)
                if (from.id != to.id) change(network_.link(from.id, to.id, on.id));
}

void World::watch_for_move(Instant until) {
    if (is_quiet_) return;
    auto &one = *hosts_.front(), &other = *hosts_.back();
    if (queue_.now() >= until || !one.is_running() || !other.is_running())
        return network_.heal();
    const auto owners = [](const Host& host) {
        std::map<GroupId, NodeId> out;
        for (const auto& [group, record] : host.engine()->state().groups)
            out[group] = record.owner;
        return out;
    };
    if (owners(one) == owners(other)) {
        queue_.after(100us, [this, until] { watch_for_move(until); });
        return;
    }
    note("the nodes lose each other, and only one knows of the move");
    each_way([](LinkFaults& link) { link.is_dead = true; });
    heal_after(Duration{500ms} + random_.up_to(Duration{12s}));
}

}  // namespace ha::sim
