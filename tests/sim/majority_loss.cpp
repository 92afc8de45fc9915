// The majority is lost for good, once in a run: an operator has the node that is left go on alone,
// and brings the others back, with empty stores and with the ones they had (safety.md D4).
//
// The operator of this world keeps the promise: what is named as off is off, and comes back into a
// network where it hears the others. So no invariant is any weaker here, and the old majority,
// which may be whole when it comes back, must never act. Only what it had agreed on without the
// one that is left is lost.
#include "world.hpp"

namespace ha::sim {
namespace {

/// Long enough for all to have joined, whatever their disks and plugins did before.
constexpr Duration k_join_within = 25s;

}  // namespace

void World::lose_majority() {
    if (is_quiet_) return;
    auto& lone = *hosts_[random_.below(hosts_.size())];
    loss_ = MajorityLoss{};
    loss_->lone = lone.id();
    note("the majority will be lost for good; node " + std::to_string(lone.id().value) +
         " is left");
    calm_down();
    // In half of the worlds the others agree on something that it does not hear of.
    const bool is_cut_first = random_.below(2) == 0;
    if (is_cut_first)
        for (const auto& other : spec_.nodes) cut(lone.id(), other.id, true);
    for (int n = 0; is_cut_first && n < 4; n++)
        queue_.after(random_.up_to(3s), [this] { one_request(); });
    const auto later = is_cut_first ? Duration{500ms} + random_.up_to(3s) : Duration{0};
    queue_.after(later, [this, &lone] {
        if (is_quiet_) return;
        calm_down();
        for (auto& host : hosts_) {
            if (host.get() == &lone) continue;
            host->power_off();
            host->is_lost = true;
            loss_->lost.insert(host->id());
        }
        note("all others are lost");
        if (random_.below(3) == 0) lone.power_off();  // the whole site, and one comes back
        wake(lone);
        loss_->store_before = lone.disk().store();
        queue_.after(10 * spec_.timing.heartbeat_timeout, [this] { ask_to_recover(); });
    });
}

/// Nothing else goes wrong while an operator mends this.
void World::calm_down() {
    network_.heal();
    for (auto& host : hosts_) {
        host->plugin_faults = {};
        host->fence_faults = {};
        host->disk().latency_max = 2ms;
        host->disk().fails_next = false;
    }
}

void World::wake(Host& host) {
    host.resume();
    host.power_on();
    host.start_daemon();
    if (!host.had_store_failure()) return;
    host.kill_daemon();
    host.start_daemon();
}

/// Again and again until it is done: it is refused while the others' silence is too short, and
/// power may fail at the step, in any moment of its write.
void World::ask_to_recover() {
    if (is_quiet_ || loss_->is_recovered) return;
    auto& lone = host(loss_->lone);
    wake(lone);
    engine::RecoverAlone request;
    for (const auto node : loss_->lost) request.off.push_back(node);
    lone.request(request);
    note("asked: recover node " + std::to_string(lone.id().value));
    if (random_.below(3) == 0 && loss_->crashes < 3) {
        loss_->crashes++;
        lone.disk().latency_max = random_.up_to(40ms) + Duration{1ms};
        queue_.after(random_.up_to(60ms), [this, &lone] {
            if (is_quiet_) return;
            note("node " + std::to_string(lone.id().value) + " loses power at the step");
            lone.power_off();
            lone.disk().latency_max = 2ms;
            queue_.after(random_.up_to(1s), [this, &lone] { wake(lone); });
        });
    }
    queue_.after(1s, [this] { ask_to_recover(); });
}

/// Its state has the mark for the first time: from here on what is lost is lost, and nothing else.
void World::recovered(const Host& lone) {
    loss_->is_recovered = true;
    verdict_.recoveries++;
    checkers_.application.recovered(*lone.engine());
    if (host(loss_->lone).disk().store() == loss_->store_before)
        fail("D4: the recovered node is the store that it was before");
    const auto begin = Duration{100ms} + random_.up_to(4s);
    const bool is_all_at_once = random_.below(2) == 0;
    const auto wiped = random_.below(3) == 0 ? ~std::uint64_t{0} : random_.next() & random_.next();
    for (const auto node : loss_->lost) {
        const auto later = begin + (is_all_at_once ? random_.up_to(10ms) : random_.up_to(4s));
        const bool is_wiped = ((wiped >> node.value) & 1) != 0;
        queue_.after(later, [this, node, is_wiped] { bring_back(host(node), is_wiped); });
    }
    queue_.after(begin + Duration{4s}, [this] { wait_for_joining(queue_.now() + k_join_within); });
}

void World::bring_back(Host& host, bool is_wiped) {
    if (!host.is_lost) return;
    host.is_lost = false;
    if (is_wiped) host.wipe_store();
    checkers_.reboot_limit.forget(host.id());
    note("node " + std::to_string(host.id().value) + " comes back with " +
         (is_wiped ? "an empty store" : "its old store"));
    host.power_on();
}

/// Faults begin again when nobody is a fork risk any more.
void World::wait_for_joining(Instant until) {
    if (is_quiet_) return;
    bool are_all_here = true;
    for (auto& host : hosts_) {
        are_all_here = are_all_here && host->is_running();
        if (!host->is_running()) wake(*host);
    }
    const auto* leads = leader();
    if (are_all_here && leads != nullptr && leads->engine()->state().fork_risk.empty()) {
        note("all others have joined again");
        loss_->is_over = true;
        return;
    }
    if (queue_.now() >= until) return fail("D4: not all nodes have joined the one that recovered");
    queue_.after(100ms, [this, until] { wait_for_joining(until); });
}

}  // namespace ha::sim
