// One simulated machine.
#include "host.hpp"

#include <algorithm>

#include "base/checksum.hpp"
#include "lifecycle/bounds.hpp"
#include "model/codec.hpp"
#include "model/state.hpp"
#include "world.hpp"

namespace ha::sim {

Host::Host(World& world, NodeId id)
    : world_(world), id_(id), disk_(world.queue(), world.random()) {
    disk_.landed = [this](const wire::StoreBatch& batch) {
        world_.checkers().witness_after_disks.landed(batch);
    };
}

Instant Host::local_now() const { return clock_.read(world_.queue().now()); }

bool Host::is_excused() const {
    if (world_.has_guards()) return false;
    return !is_running() || world_.queue().now() < excused_until;
}

void Host::power_on() {
    if (state_ != HostState::off || is_lost) return;
    auto& random = world_.random();
    boot_ = random_id<BootId>(random);
    clock_.zero = world_.queue().now();
    clock_.offset_ns = 1'000'000'000 + static_cast<std::int64_t>(random.below(1'000'000'000));
    const auto bound = static_cast<std::int64_t>(world_.spec().timing.drift_ppm);
    clock_.drift_ppm = static_cast<std::int64_t>(random.below(2 * bound + 1)) - bound;
    state_ = HostState::dead;
    start_daemon();
}

void Host::power_off() {
    if (state_ == HostState::off) return;
    end_engine();
    disk_.power_lost();
    active_.clear();
    under_way_.clear();
    begun_.clear();
    run_record_.clear();
    queued_.clear();
    guard_ = {};
    state_ = HostState::off;
}

void Host::wipe_store() {
    if (state_ != HostState::off) return;
    wire::StoreState known;
    known.start = disk_.start();
    disk_.create(random_id<StoreId>(world_.random()), known);
}

void Host::kill_daemon() {
    if (state_ != HostState::running && state_ != HostState::paused) return;
    end_engine();
    disk_.process_died();
    under_way_.clear();  // children of the daemon's plugin workers die with it
    begun_.clear();
    queued_.clear();
    state_ = HostState::dead;
}

void Host::end_engine() {
    engine_.reset();
    arrived_.clear();
    life_++;
    check_recorded();
    recorded_.reset();
}

void Host::check_recorded() {
    if (!recorded_) return;
    const auto wrong = recorded_->check();
    if (!wrong.empty())
        world_.fail("invariant 8, replay of node " + std::to_string(id_.value) + ": " + wrong);
}

void Host::start_daemon() {
    if (state_ != HostState::dead) return;
    auto& random = world_.random();
    if (!is_store_made_) {
        disk_.create(random_id<StoreId>(random));
        is_store_made_ = true;
    }
    engine::Start start;
    auto recovered = disk_.open(boot_, start.is_reset_for_safety);
    start.is_store_replaced =
        recovered.is_lost && !is_seeded(SeededBug::older_record_keeps_vote);
    if (start.is_store_replaced) {
        // As the runtime does it: a new store with a new id, which knows only how often it started.
        // What was counted in this opening is not counted once more.
        bool is_counted = false;
        disk_.create(random_id<StoreId>(random), recovered.state);
        recovered = disk_.open(boot_, is_counted);
        world_.note("node " + std::to_string(id_.value) + " lost its store");
    }
    // As the runtime does it: what this software cannot read is left to one that can.
    if (recovered.state.cluster &&
        !model::decode_state(recovered.state.snapshot.document, version)) {
        world_.note("node " + std::to_string(id_.value) +
                    ": its software is too old for its store");
        return;
    }
    if (version < model::version_of(world_.spec())) {
        world_.note("node " + std::to_string(id_.value) +
                    ": its software is too old for its configuration");
        return;
    }
    version_seen = std::max(version_seen, version);
    // What was under way when the power went may have landed whole.
    wire::StoreBatch found;
    found.snapshot = recovered.state.snapshot;
    found.append = recovered.state.entries;
    world_.checkers().witness_after_disks.landed(found);
    start.self = id_;
    start.spec = world_.spec();
    start.store = recovered.state;
    start.boot = boot_;
    start.log_entries_max = world_.log_entries_max();
    start.version_max = version;
    start.held = run_record_;
    if (world_.has_guards()) {
        start.lease_inherited = guard_.lease_end;
        for (const auto& [resource, held] : guard_.severed) start.severed.push_back(held);
        guard_.is_untold = false;
    }
    has_had_lease_ = false;
    for (auto& word : start.seed) word = random.next();
    start.keys = {{1, wire::Key{}}};
    start.key_in_use = 1;
    state_ = HostState::running;
    is_store_failed_ = false;
    order_ = model::NodeOrder::none;
    life_++;
    excused_until = world_.queue().now() + world_.spec().timing.lease;
    world_.checkers().same_history.forget_position(id_);
    world_.checkers().journal_replays.forget(id_);
    world_.checkers().reboot_limit.daemon_started(id_);
    world_.checkers().application.forget(id_);
    world_.checkers().whole_spec.forget(id_);
    if (is_recorded) recorded_ = std::make_unique<Recorded>(crypto_);
    engine_ = std::make_unique<engine::Engine>(local_now(), start,
                                               recorded_ ? recorded_->crypto() : crypto_);
    if (recorded_) recorded_->begin(local_now(), start);
    start_etcd_witness(start.store.start);
    step(engine::Tick{});
}

void Host::pause() {
    if (state_ == HostState::running) state_ = HostState::paused;
}

void Host::resume() {
    if (state_ != HostState::paused) return;
    // The first step after a pause looks at the lease before anything else, and severs.
    state_ = HostState::running;
    excused_until = std::max(excused_until,
                             world_.queue().now() + world_.spec().timing.sever_bound);
    step(engine::Tick{});
    while (!queued_.empty() && is_running()) {
        auto input = std::move(queued_.front());
        queued_.pop_front();
        step(input);
    }
    for (auto& what : std::exchange(etcd_waiting_, {}))
        if (is_running()) what();
}

void Host::leave() {
    if (is_running()) step(engine::Leave{"asked for"});
}

void Host::receive(InterconnectId on, const Bytes& bytes) {
    if (state_ == HostState::paused) {
        if (queued_.size() < 2000) queued_.push_back(engine::DatagramReceived{on, bytes});
        return;
    }
    if (!is_running()) return;
    // A busy machine looks a moment later, and then finds several.
    arrived_.push_back({on, bytes});
    if (arrived_.size() > 1) return;
    if (world_.random().below(4) != 0) return read_arrived(life_);
    world_.queue().after(world_.random().up_to(300us),
                         [this, life = life_] { read_arrived(life); });
}

void Host::read_arrived(std::uint64_t life) {
    if (life != life_) return;
    auto batch = std::exchange(arrived_, {});
    for (std::size_t i = 0; i < batch.size(); i++) {
        batch[i].has_more = i + 1 < batch.size();
        if (state_ == HostState::paused)
            queued_.push_back(batch[i]);
        else if (is_running())
            step(batch[i]);
    }
}

void Host::request(const engine::RequestBody& body) {
    if (!is_running()) return;
    requests_asked++;
    step(engine::Request{RequestId{++request_next_}, body});
}

void Host::feed(const engine::Input& input) {
    if (state_ == HostState::paused)
        queued_.push_back(input);
    else if (is_running())
        step(input);
}

/// What runs here writes its checkpoint.
void Host::write_checkpoints() {
    auto& application = world_.checkers().application;
    std::map<GroupId, Epoch> running;
    for (const auto& [resource, active] : active_)
        if (!active.is_by_hand) running[active.group] = active.epoch;
    for (const auto& [group, epoch] : running) {
        if (!is_running()) return;
        auto write = application.next_write(*engine_, id_, group, epoch);
        if (!write) continue;
        application.asked(id_, RequestId{request_next_ + 1});
        request(*write);
    }
}

void Host::step(const engine::Input& input) {
    if (std::exchange(guard_.is_untold, false)) step(engine::Severed{});
    if (engine_ == nullptr) return;
    auto actions = engine_->step(local_now(), input);
    steps++;
    if (recorded_) recorded_->step(local_now(), input, *engine_, actions);
    note_fingerprint(actions);
    take_over_what_was_started_by_hand(actions);
    tell_guard();
    carry_out(std::move(actions));
    world_.after_step(*this);
}

void Host::carry_out(engine::Actions actions) {
    if (actions.run_record) {
        run_record_ = *actions.run_record;
        tell_watchdog();
    }
    for (auto& persist : actions.persist) {
        disk_.write(persist.batch, [this, life = life_, seq = persist.seq](bool is_ok) {
            if (life != life_) return;
            engine::Input input = engine::Persisted{seq};
            if (!is_ok) is_store_failed_ = true;
            if (!is_ok) input = engine::PersistFailed{seq, "simulated"};
            if (state_ == HostState::paused)
                queued_.push_back(std::move(input));
            else if (is_running())
                step(input);
        });
    }
    for (const auto& datagram : actions.datagrams) {
        if (datagram.to == k_witness_node && etcd_witness_)
            to_etcd_witness(datagram.bytes);
        else
            world_.network().send(id_, datagram);
    }
    for (const auto& event : actions.events) world_.told(*this, event);
    for (const auto& c : actions.calls) call(c);
    if (actions.tie_breaker) world_.ask_tie_breaker(*this, *actions.tie_breaker);
    requests_answered += actions.answers.size();
    for (const auto& answer : actions.answers) {
        auto& application = world_.checkers().application;
        const bool is_ok = answer.result.has_value();
        if (const auto wrong = is_ok ? application.read_back(*engine_, id_, answer.id) : "";
            !wrong.empty())
            world_.fail(wrong);
        application.answered(id_, answer.id, is_ok);
    }
    if (actions.is_stopped)
        world_.queue().after(1ms, [this, life = life_, action = actions.node_action] {
            if (life == life_) end_node(action);
        });
    if (actions.order) order_ = *actions.order;
    arm(actions.next_deadline);
}

/// It has left: its daemon or its machine ends, and comes back.
void Host::end_by_order() {
    const bool is_machine =
        order_ == model::NodeOrder::reboot || order_ == model::NodeOrder::poweroff;
    kill_daemon();
    if (is_machine) power_off();
    world_.queue().after(Duration{50ms} + world_.random().up_to(4s), [this, life = life_] {
        if (life != life_) return;
        power_on();
        start_daemon();
    });
}

void Host::arm(Instant local_deadline) {
    const auto timer = ++timer_;
    if (local_deadline == Instant::max()) return;
    // A timer fires a little late, as real ones do.
    const auto late = world_.random().up_to(200us);
    world_.queue().at(clock_.when(local_deadline) + late, [this, life = life_, timer] {
        if (life == life_ && timer == timer_ && is_running()) step(engine::Tick{});
    });
}

void Host::call(const lifecycle::PluginCall& call) {
    if (const auto* start = std::get_if<lifecycle::StartOperation>(&call)) {
        begin(*start);
    } else if (const auto* cancel = std::get_if<lifecycle::CancelOperation>(&call)) {
        const auto found = under_way_.find(cancel->id);
        if (found == under_way_.end()) return;
        const auto operation = found->second;
        world_.queue().after(100us, [this, life = life_, operation] {
            // It had begun: what it did by now stays done.
            if (life == life_) finish(operation, lifecycle::Outcome::failed);
        });
    } else if (const auto* check = std::get_if<lifecycle::CheckMonitor>(&call)) {
        check_monitor(*check);
    } else if (const auto* script = std::get_if<lifecycle::RunScript>(&call)) {
        run_script(*script);
    } else if (const auto* fence = std::get_if<lifecycle::FenceOperation>(&call)) {
        begin_fence(*fence);
    }
}

void Host::begin(const lifecycle::StartOperation& call) {
    using lifecycle::OperationKind;
    auto& random = world_.random();
    under_way_[call.id] = call;
    if (call.is_search) return search(call);
    if (call.kind == OperationKind::start) {
        const auto& spec = engine_->state().spec;
        const auto* group = model::find_group(spec, call.group);
        const auto* resource = group ? model::find_resource(*group, call.resource) : nullptr;
        begun_[call.id] = {call.group, call.epoch,
                           resource ? *resource : model::ResourceSpec{}, spec.revision};
        world_.count_start();
        const auto wrong = world_.checkers().fencing_epoch.started(
            id_, call.group, call.epoch,
            is_weak(world_.spec()) ? history_of(*this, world_.spec()) : ViewMarkId{});
        if (!wrong.empty()) world_.fail(wrong);
        const auto lost = world_.checkers().application.started(*engine_, call.group);
        if (!lost.empty()) world_.fail(lost);
        const auto cut_off = guard_.cut_off.find(call.resource);
        if (cut_off != guard_.cut_off.end() && cut_off->second == call.epoch.incarnation)
            world_.fail("F12: node " + std::to_string(id_.value) + " goes on with group " +
                        std::to_string(call.group.value) + " at an epoch that was severed");
        drop_at_guard(call.resource);
    }
    if (call.kind == OperationKind::sever) {
        // Prepared and without waiting: within the bound, and it voids a start under way.
        world_.queue().after(random.up_to(world_.spec().timing.sever_bound / 2),
                             [this, life = life_, call] {
                                 if (life != life_) return;
                                 effect(call);
                                 finish(call, lifecycle::Outcome::ok);
                             });
        return;
    }
    const bool is_changing = call.kind != OperationKind::probe;
    Duration takes = Duration{100us} + random.up_to(5ms);
    if (is_changing && random.chance(plugin_faults.slow_per_million)) takes += random.up_to(1900ms);
    if (is_changing && random.chance(plugin_faults.hang_per_million)) {
        const auto hung = call.deadline - local_now();
        world_.queue().after(std::max(hung, Duration{1ms}), [this, life = life_, call] {
            if (life == life_) finish(call, lifecycle::Outcome::timed_out);
        });
        return;
    }
    const bool fails = is_changing && random.chance(plugin_faults.fail_per_million);
    // A failed start may have left half of itself behind.
    const bool has_effect = !fails || random.below(2) == 0;
    const auto effect_at = random.up_to(takes);
    world_.queue().after(effect_at, [this, life = life_, call, has_effect] {
        if (life != life_ || !under_way_.contains(call.id) || !has_effect) return;
        // F34: the runtime looks at the clock once more before it lets a start have its effect.
        if (call.kind == OperationKind::start && local_now() >= call.not_after) return;
        effect(call);
    });
    world_.queue().after(takes, [this, life = life_, call, fails] {
        // Cancelled or voided by a sever: it has been answered, and another may run by now.
        if (life != life_ || !under_way_.contains(call.id)) return;
        const bool was_late =
            call.kind == OperationKind::start && local_now() >= call.not_after;
        if (was_late) {
            // Ended after the lease it was begun under: severed at once by the runtime.
            active_.erase(call.resource);
            return finish(call, lifecycle::Outcome::failed);
        }
        if (call.kind == OperationKind::stop && !fails) drop_at_guard(call.resource);
        finish(call, fails ? lifecycle::Outcome::failed : lifecycle::Outcome::ok);
    });
}

void Host::effect(const lifecycle::StartOperation& call) {
    using lifecycle::OperationKind;
    switch (call.kind) {
        case OperationKind::probe: return;
        case OperationKind::start:
            active_[call.resource] = begun_.at(call.id);
            world_.after_step(*this);
            return;
        case OperationKind::stop: active_.erase(call.resource); return;
        case OperationKind::sever:
            active_.erase(call.resource);
            std::erase_if(under_way_, [&](const auto& item) {
                const bool is_hit = item.second.resource == call.resource &&
                                    item.second.kind == OperationKind::start;
                if (is_hit) {
                    world_.queue().after(50us, [this, life = life_, voided = item.second] {
                        if (life == life_ && is_running()) {
                            under_way_[voided.id] = voided;
                            finish(voided, lifecycle::Outcome::failed);
                        }
                    });
                }
                return is_hit;
            });
            return;
    }
}

void Host::finish(const lifecycle::StartOperation& call, lifecycle::Outcome outcome) {
    const auto found = under_way_.find(call.id);
    if (found == under_way_.end()) return;
    if (state_ == HostState::paused) {
        world_.queue().after(5ms, [this, life = life_, call, outcome] {
            if (life == life_) finish(call, outcome);
        });
        return;
    }
    under_way_.erase(found);
    // Also one that failed: a probe that finds the resource gone makes good for it.
    if (call.kind == lifecycle::OperationKind::stop) guard_.cut_off.erase(call.resource);
    if (!is_running()) return;
    lifecycle::OperationReport report;
    report.id = call.id;
    report.outcome = outcome;
    const bool is_active = active_.contains(call.resource);
    report.status = is_active ? lifecycle::ResourceStatus::online
                              : lifecycle::ResourceStatus::offline;
    if (outcome == lifecycle::Outcome::failed) report.text = "simulated failure";
    step(report);
}

void Host::check_monitor(const lifecycle::CheckMonitor& call) {
    auto& random = world_.random();
    const bool is_bad = random.chance(plugin_faults.fail_per_million / 50) ||
                        random.chance(plugin_faults.monitor_bad_per_million);
    const bool is_slow = random.chance(plugin_faults.slow_per_million / 4);
    auto takes = is_slow ? Duration{900ms} : random.up_to(3ms);
    // One that hangs comes back after it has been given up on, if at all.
    if (random.chance(plugin_faults.monitor_hang_per_million))
        takes += Duration{1s} + random.up_to(9s);
    world_.queue().after(takes, [this, life = life_, call, is_bad] {
        if (life != life_ || !is_running()) return;
        lifecycle::MonitorReport report;
        report.monitor = call.monitor;
        report.id = call.id;
        report.verdict = is_bad ? lifecycle::Verdict::bad : lifecycle::Verdict::ok;
        step(report);
    });
}

void Host::run_script(const lifecycle::RunScript& call) {
    auto& random = world_.random();
    // Now and then it does not come back at all, not even killed.
    if (random.below(10) == 0) return;
    world_.queue().after(random.up_to(300ms), [this, life = life_, call] {
        if (life == life_ && is_running())
            step(lifecycle::MonitorReport{call.monitor, call.id, lifecycle::Verdict::ok,
                                          "exit code 0"});
    });
}

/// The program ends, and carries out what it ended for. Somebody brings it back some time later.
void Host::end_node(std::optional<model::FinalAction> action) {
    if (order_ != model::NodeOrder::none) return end_by_order();
    const bool is_for_machine =
        action && *action != model::FinalAction::stop_node_service;
    if (!is_for_machine) {
        kill_daemon();
        if (action) world_.queue().after(3s, [this] { start_daemon(); });
        return;
    }
    world_.note("node " + std::to_string(id_.value) + ": " + model::to_string(*action));
    const auto wrong = world_.checkers().reboot_limit.rebooted(world_.queue().now(), id_,
                                                               world_.spec());
    if (!wrong.empty()) world_.fail(wrong);
    power_off();
    const auto away = Duration{200ms} + world_.random().up_to(2s);
    world_.queue().after(away, [this] { power_on(); });
}

void Host::finish_fence(const lifecycle::FenceReport& report) {
    if (state_ == HostState::paused) {
        world_.queue().after(5ms, [this, life = life_, report] {
            if (life == life_) finish_fence(report);
        });
        return;
    }
    if (is_running()) step(report);
}

Shot Host::aim(NodeId node) const {
    const auto& record = engine_->state().nodes.at(node);
    return {node, record.start, id_, history_of(*this, world_.spec()), record.fencer != id_};
}

/// The agent is a child of the daemon: it dies with it, and goes on while it is only stopped. What
/// it has asked the device for, or a helper of its own, may go on.
void Host::shoot(const lifecycle::FenceOperation& call, Duration takes,
                 lifecycle::FenceReport report, bool hits) {
    const auto shot = aim(call.node);
    const bool goes_on = world_.random().below(2) == 0;
    world_.queue().after(takes, [this, life = life_, call, shot, report, hits, goes_on] {
        if (life != life_) {
            if (hits && goes_on && call.action == lifecycle::FenceAction::off) world_.hit(shot);
            return;
        }
        if (hits && call.action == lifecycle::FenceAction::off) world_.hit(shot);
        if (hits && call.action == lifecycle::FenceAction::on) world_.host(call.node).power_on();
        if (life == life_) finish_fence(report);  // it may have been us who were hit
    });
}

void Host::begin_fence(const lifecycle::FenceOperation& call) {
    using lifecycle::FenceAction;
    using lifecycle::Outcome;
    auto& random = world_.random();
    lifecycle::FenceReport report;
    report.id = call.id;
    if (local_now() >= call.not_after) {
        report.outcome = Outcome::not_begun;
        return shoot(call, 1ms, report, false);
    }
    if (call.action == FenceAction::status) {
        const bool is_off = world_.host(call.node).state() == HostState::off;
        if (random.chance(world_.host(call.node).fence_faults.fail_per_million)) {
            report.outcome = Outcome::failed;
            report.text = "simulated failure";
        }
        report.power = is_off ? lifecycle::PowerStatus::off : lifecycle::PowerStatus::on;
        return shoot(call, Duration{1ms} + random.up_to(100ms), report, false);
    }
    const auto& faults = world_.host(call.node).fence_faults;
    const auto takes = Duration{5ms} + random.up_to(random.below(4) == 0 ? Duration{1s} : 100ms);
    if (random.chance(faults.lie_per_million)) return shoot(call, takes, report, false);
    if (random.chance(faults.fail_per_million)) {
        report.outcome = Outcome::failed;
        report.text = "simulated failure";
        if (random.below(3) != 0) return shoot(call, takes, report, false);
        // The device does it all the same, some time after its agent has given up.
        const auto echo = random.up_to(lifecycle::k_fence_echo - 100ms);
        if (call.action == FenceAction::off)
            world_.queue().after(takes + echo,
                                 [this, shot = aim(call.node)] { world_.hit(shot); });
        return shoot(call, takes, report, false);
    }
    const bool is_late = random.chance(faults.late_per_million);
    if (!is_late && !random.chance(faults.hang_per_million))
        return shoot(call, takes, report, true);
    // It is left behind at its deadline, and comes back within what an agent is given to end.
    const auto deadline = std::max(call.deadline - local_now(), Duration{1ms});
    report.outcome = Outcome::timed_out;
    report.is_returned = false;
    shoot(call, deadline, report, false);
    report.is_returned = true;
    shoot(call, deadline + Duration{1ms} + random.up_to(lifecycle::k_fence_end_grace - 10ms),
          report, is_late);
}

void Host::note_fingerprint(const engine::Actions& actions) {
    Bytes bytes;
    Writer w(bytes);
    w.u64(fingerprint);
    w.u64(static_cast<std::uint64_t>(actions.next_deadline.ns));
    for (const auto& datagram : actions.datagrams) {
        w.id(datagram.to);
        w.blob(datagram.bytes);
    }
    for (const auto& persist : actions.persist)
        w.blob(wire::encode_record(persist.seq.value, persist.batch));
    for (const auto& event : actions.events) {
        w.u16(static_cast<std::uint16_t>(event.kind));
        w.text(event.object);
        for (const auto& [key, value] : event.parameters) w.text(value);
    }
    w.u64(actions.calls.size());
    fingerprint = digest64(bytes);
}

}  // namespace ha::sim
