// The corridor: one step of the engine, in its fixed order.
#include "engine/engine.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/seeded_bug.hpp"
#include "engine/held.hpp"
#include "engine/impl.hpp"

namespace ha::engine {
namespace {

Seed next_seed(Random& random) {
    return {random.next(), random.next(), random.next(), random.next()};
}

/// The store's, decoded here at most; it is left in `start` as taken. None there: the store has
/// none, or one that this software cannot read.
model::ClusterState take_recovered_state(Start& start) {
    if (!start.document && start.store.cluster) {
        auto state = model::decode_state(start.store.snapshot.document, start.version_max);
        if (state) start.document = std::move(*state);
    }
    return start.document ? std::move(*start.document) : model::initial_state(start.spec);
}

std::uint32_t rank_of(const model::ClusterSpec& spec, NodeId node) {
    const auto* found = model::find_node(spec, node);
    return found == nullptr ? static_cast<std::uint32_t>(spec.nodes.size()) : found->rank;
}

lifecycle::ServiceOptions service_options(const Start& start,
                                          std::map<GroupId, model::GroupSpec> held) {
    lifecycle::ServiceOptions options;
    options.self = start.self;
    options.held = start.held;
    if (!is_seeded(SeededBug::adopt_what_was_severed)) options.severed = start.severed;
    for (const auto& released : start.store.released)
        options.released.push_back({released.group, Epoch{released.incarnation, {}, start.self}});
    options.held_specs = std::move(held);
    return options;
}

/// The longest lease that a process before us, with this store, may have given (see LeaseGranter).
Duration longest_lease(const Start& start, const model::ClusterState& recovered) {
    model::ClusterState longest;
    longest.spec.timing.lease = std::max(start.spec.timing.lease, recovered.spec.timing.lease);
    longest.timeout_ratio = recovered.timeout_ratio;
    if (recovered.pending_spec)
        longest.spec.timing.lease = std::max(longest.spec.timing.lease,
                                             recovered.pending_spec->spec.timing.lease);
    for (const auto& entry : start.store.entries) {
        const auto commands = model::decode_commands(entry.payload, start.version_max);
        if (entry.kind != wire::EntryKind::commands || !commands) continue;
        for (const auto& command : *commands) {
            auto& lease = longest.spec.timing.lease;
            if (const auto* set = std::get_if<model::SetSpec>(&command))
                lease = std::max(lease, set->spec.timing.lease);
            if (const auto* set = std::get_if<model::SetRatio>(&command))
                longest.timeout_ratio = std::max(longest.timeout_ratio, set->ratio);
            if (const auto* begin = std::get_if<model::BeginChange>(&command))
                lease = std::max(lease, begin->spec.timing.lease);
        }
    }
    return model::timing_of(longest).lease;
}

}  // namespace

Engine::Impl::Impl(Instant at, Start start, wire::Crypto& crypto_)
    : self(start.self),
      crypto(crypto_),
      boot(start.boot),
      file_spec(start.spec),
      file_spec_digest(model::spec_digest(start.spec)),
      is_store_replaced(start.is_store_replaced),
      random(start.seed),
      keys(start.keys),
      key_in_use(start.key_in_use),
      now(at),
      started(at),
      promised_deadline(Instant::max()),
      channels({.self = start.self,
                .start = start.store.start,
                .seed = next_seed(random),
                .keys = start.keys,
                .key_in_use = start.key_in_use,
                .version_max = start.version_max},
               crypto),
      detector({start.spec.timing.heartbeat_timeout, start.spec.timing.delay_warning_percent}),
      store(start.store),
      cluster_durable(start.store.cluster),
      counter_durable(start.store.counter),
      lease(start.self),
      granter(at, Duration::zero(), start.spec.timing.drift_ppm),
      registry(take_recovered_state(start)),
      held_groups(held_specs(start, registry)),
      service(service_options(start, held_groups)),
      may_reboot(start.may_reboot),
      log_entries_max(start.log_entries_max),
      version_max(start.version_max),
      software(start.software),
      is_to_isolate(start.is_reset_for_safety && is_at_reboot_limit()) {
    hearing.self = self;
    is_apply_stopped = store.cluster && !start.document;
    is_heir = !start.held.empty();
    if (!is_seeded(SeededBug::adopt_what_was_severed)) lease_inherited = start.lease_inherited;
    if (store.cluster) {
        applied = store.snapshot.index;
        applied_term = store.snapshot.term;
    }
    granter = membership::LeaseGranter(at, longest_lease(start, registry),
                                       registry.spec.timing.drift_ppm);
    consensus::Options options;
    options.self = self;
    options.store = store.store;
    options.rank = rank_of(registry.spec, self);
    options.election_step = k_election_step_unknown;
    options.resend = std::max(k_resend_min, registry.spec.timing.heartbeat_interval);
    options.seed = next_seed(random);
    raft.emplace(options, store, at);
    // Promises that no leader has taken note of yet are told again.
    for (const auto& released : store.released)
        own_releases.push_back(model::Release{released.group, self, released.incarnation,
                                             "stopped before this start"});
    reached_by = std::move(start.spec);
    configure_peers();
    rescan_log();
    heartbeat_due = at;
    tell(EventKind::node_started, node_object(self),
         {{"start", std::to_string(store.start.value)}, {"store", to_hex(store.store)}});
    if (is_store_replaced) tell(EventKind::store_lost, node_object(self));
    if (start.is_reset_for_safety)
        tell(EventKind::reboot_counted, node_object(self),
             {{"count", std::to_string(store.reboots)},
              {"limit", std::to_string(registry.spec.max_reboots)},
              {"reason", "this machine was reset, or lost power, while it held something that "
                         "needs fencing"}});
}

void Engine::Impl::tell(EventKind kind, std::string object,
                        std::vector<std::pair<std::string, std::string>> parameters) {
    actions.events.push_back({now, kind, std::move(object), std::move(parameters)});
}

std::string Engine::Impl::node_object(NodeId node) const {
    return "node " + model::name_of(registry.spec, node);
}

std::string Engine::Impl::group_object(GroupId group) const {
    return "group " + model::name_of(registry.spec, group);
}

/// Own health first: was this process stopped, or starved, since it asked to be woken? Then its
/// judgement of others is widened by that, and its own lease is looked at before anything else.
void Engine::Impl::begin_step(Instant at) {
    HA_ASSERT(at >= now);
    now = at;
    const auto tolerance =
        std::max(k_gap_tolerance_min, timing().heartbeat_interval / 4);
    if (promised_deadline < now && now - promised_deadline > tolerance) {
        const auto gap = now - promised_deadline;
        detector.widen(now, gap);
        if (gap > timing().heartbeat_interval)
            tell(EventKind::clock_gap, node_object(self),
                 {{"gap_ms", std::to_string(gap.count() / 1'000'000)}});
    }
    const bool was_held = was_lease_held;
    check_own_lease();
    has_news |= was_held != was_lease_held;
}

Actions Engine::Impl::step(Instant at, const Input& input) {
    if (is_gone) return {};
    const auto* datagram = std::get_if<DatagramReceived>(&input);
    const bool has_more = datagram != nullptr && datagram->has_more;
    if (!is_reading || !has_more) begin_step(at);
    has_news |= datagram == nullptr || now >= promised_deadline;
    std::visit(
        [&](const auto& in) {
            using T = std::decay_t<decltype(in)>;
            if constexpr (std::is_same_v<T, Tick>) {
            } else if constexpr (std::is_same_v<T, DatagramReceived>) {
                on_datagram(in);
            } else if constexpr (std::is_same_v<T, Persisted>) {
                on_persisted(in);
            } else if constexpr (std::is_same_v<T, PersistFailed>) {
                on_persist_failed(in);
            } else if constexpr (std::is_same_v<T, lifecycle::OperationReport>) {
                service.on_operation(now, registry, in);
            } else if constexpr (std::is_same_v<T, lifecycle::MonitorReport>) {
                service.on_monitor(now, registry, in);
            } else if constexpr (std::is_same_v<T, lifecycle::FenceReport>) {
                fencing.on_report(now, in);
            } else if constexpr (std::is_same_v<T, Request>) {
                on_request(self, in.id, in.body);
            } else if constexpr (std::is_same_v<T, Leave>) {
                on_leave(in);
            } else if constexpr (std::is_same_v<T, Severed>) {
                service.lose_lease(now, registry);
                drain_service();
            } else if constexpr (std::is_same_v<T, TieBreakerAnswered>) {
                on_tie_breaker(in);
            } else if constexpr (std::is_same_v<T, WatchdogTold>) {
                watchdog = in.timeout;
            }
        },
        input);
    is_reading = has_more;
    if (is_reading) {  // the last one decides; should it never come, the next tick does
        // What is applied keeps up with the log: the next one may be judged by both.
        drain_consensus();
        actions.next_deadline = promised_deadline = std::max(promised_deadline, now + k_step_min);
        return std::exchange(actions, {});
    }
    if (may_rest()) {
        if (was_lease_held) service.lengthen_lease(lease_end());
        actions.next_deadline = promised_deadline = std::min(promised_deadline, heartbeat_due);
        return std::exchange(actions, {});
    }
    has_news = false;
    rounds++;
    corridor();
    duty_due = std::min(listening_deadline(), fencing_deadline());
    actions.next_deadline = promised_deadline = next_deadline();
    return std::exchange(actions, {});
}

void Engine::Impl::corridor() {
    judge_witness();
    consider_paths();
    judge_contact();           // 1 detect, 2 membership
    consider_alone();
    found_if_all_are_here();
    raft->tick(now);           // 3 consensus, 4 apply
    drain_consensus();
    take_document();
    ask_for_document();
    hand_over_if_unfit();
    hand_over_if_misplaced();
    note_silent_voters();
    forward_requests();
    expire_requests();
    if (now >= duty_due) is_duty_due = true;
    lead();                    // 5 placement
    drain_consensus();
    note_leases_over();
    check_own_lease();
    run_service();             // 6 lifecycle
    run_fencing();
    promise_reset();
    if (is_duty_due) {         // what it reported, when we lead: the one loop, once
        lead();
        drain_consensus();
    }
    publish_status();
    forget_reboots_when_well();
    take_order();
    advance_leave();
    if (raft->has_diverged() && !is_divergence_told) {
        is_divergence_told = true;
        tell(EventKind::state_diverged, node_object(self),
             {{"reason", "the leader's history contradicts what is committed here"}});
    }
    const auto leader = raft->leader();
    if (leader != known_leader) {
        tell(leader ? EventKind::leader_elected : EventKind::leader_lost,
             node_object(leader ? leader : known_leader),
             {{"term", std::to_string(raft->term().value)}});
        known_leader = leader;
        is_heartbeat_urgent = true;
        is_duty_due = true;
        reports_due = now;
    }
    auto near = voters_near();
    if (!is_voter_store(k_witness_node, witness.state.store)) near.erase(k_witness_node);
    const bool is_quorate = membership::has_quorum(voter_nodes(), near) && !voter_nodes().empty();
    if (is_quorate != was_quorate) {
        tell(is_quorate ? EventKind::quorum_gained : EventKind::quorum_lost, node_object(self));
        was_quorate = is_quorate;
    }
    send_founding();
    advance_witness();
    send_heartbeat_if_due();
    channels.tick(now, actions.datagrams);
}

/// Leader: when somebody has listened for long enough to be asked about a silent node.
Instant Engine::Impl::listening_deadline() const {
    const auto timeout = timing().heartbeat_timeout;
    auto next = Instant::max();
    const auto consider = [&](Instant when) {
        if (when > now) next = std::min(next, when);
    };
    consider(started + timeout);
    consider(started + timing().startup_wait);
    for (auto other : contact) consider(peers.at(other).heard_since + timeout);
    consider(countdown_deadline());
    return next;
}

/// Deadlines that have passed were looked at, and wait for something else than time.
Instant Engine::Impl::leave_step_deadline() const {
    if (!is_leaving) return Instant::max();
    if (is_notice_sent) return std::min(std::max(notice_due, now), notice_deadline);
    auto next = Instant::max();
    if (others_gone_at != Instant::max() && others_gone_at + k_last_stay > now)
        next = others_gone_at + k_last_stay;
    if (leave_deadline > now) next = std::min(next, leave_deadline);
    if (is_stop_asked && give_up_deadline > now) next = std::min(next, give_up_deadline);
    return next;
}

Instant Engine::Impl::next_deadline() const {
    if (is_gone) return Instant::max();
    auto next = std::min({heartbeat_due, detector.next_deadline(), raft->next_deadline(),
                          channels.next_deadline(), service.next_deadline(),
                          fencing.next_deadline()});
    if (was_lease_held) next = std::min(next, lease_end() - timing().sever_bound);
    if (is_heir) next = std::min(next, heir_deadline());
    next = std::min({next, alone_deadline(), paths_due, promise_deadline()});
    if (wants_document() && raft->leader() && raft->leader() != self)
        next = std::min(next, document_due);
    if (raft->is_leader())
        next = std::min(
            {next, listening_deadline(), standing_deadline(), fencing_deadline()});
    if (raft->is_leader()) {
        const auto& voters = voter_nodes();
        for (const auto& [node, index] : leases_to_end()) {
            const auto note = notes.find(node);
            if (note == notes.end() || note->second < index)
                next = std::min(next, ledger.over_at(node, index, voters));
        }
    }
    next = std::min(next, reboot_deadline());
    if (!own_releases.empty()) next = std::min(next, std::max(reports_due, now));
    next = std::min({next, leave_step_deadline(), witness_deadline()});
    // Nothing is done while leadership is handed over, however much there is to do.
    const bool may_do_duty = raft->is_leader() && !raft->is_transferring() && !is_apply_stopped;
    if (is_duty_due && may_do_duty) next = now;
    // Always after now: a deadline that has passed was looked at in this step.
    return std::max(next, now + k_step_min);
}

Engine::Engine(Instant at, Start start, wire::Crypto& crypto)
    : impl_(std::make_unique<Impl>(at, std::move(start), crypto)) {}
Engine::~Engine() = default;

Actions Engine::step(Instant at, const Input& input) { return impl_->step(at, input); }
EngineStatus Engine::status(Instant at) const { return impl_->status(at); }
EngineBrief Engine::brief(Instant at) const {
    return {impl_->raft->role(), impl_->raft->term(), impl_->applied,
            impl_->was_lease_held && at < impl_->lease_end(), impl_->is_admitted(),
            impl_->rounds};
}
const model::ClusterState& Engine::state() const { return impl_->registry; }
std::vector<model::GroupSpec> Engine::held_groups() const {
    std::vector<model::GroupSpec> out;
    for (const auto& [id, spec] : impl_->held_groups) out.push_back(spec);
    return out;
}
const model::ClusterSpec& Engine::reached_by() const { return impl_->reached_by; }
const Journal& Engine::journal() const { return impl_->journal; }
LogIndex Engine::applied() const { return impl_->applied; }
Instant Engine::lease_end() const { return impl_->lease_end(); }

}  // namespace ha::engine
