// The simulated world: a run from its first packet to its quiet end.
#include "world.hpp"

#include <cstdio>
#include <set>

#include "consensus/raft.hpp"
#include "engine/status.hpp"

namespace ha::sim {

World::World(const Options& options)
    : options_(options),
      random_(seed_from(options.seed)),
      spec_(options.spec ? *options.spec : random_spec(random_, options)),
      network_(queue_, random_, [this](NodeId to, InterconnectId on, const Bytes& bytes) {
          if (to == k_witness_node && witness_) return witness_->receive(bytes);
          if (to && to.value <= hosts_.size()) host(to).receive(on, bytes);
      }) {
    for (std::uint32_t n = 0; n < spec_.nodes.size(); n++)
        hosts_.push_back(std::make_unique<Host>(*this, spec_.nodes[n].id));
    if (!spec_.witness.address.empty())
        witness_ = std::make_unique<WitnessHost>(
            *this, options.is_witness_light || (!options.spec && random_.below(4) == 0));
    if (model::has_etcd(spec_)) {
        auto made = std::make_unique<EtcdHost>(*this);
        etcd_ = made.get();
        witness_ = std::move(made);
    }
    choose_software();
    checkers_.whole_spec.asked(spec_);
    // Recording one node takes no random number, so a seed is the same run with and without.
    if (options.seed % k_recorded_every == 0)
        hosts_[options.seed / k_recorded_every % hosts_.size()]->is_recorded = true;
}

void World::fail(const std::string& what) {
    if (!verdict_.violation.empty()) return;
    char at[32];
    std::snprintf(at, sizeof at, "%.6f s: ", static_cast<double>(queue_.now().ns) / 1e9);
    verdict_.violation = at + what;
    note("VIOLATION " + what);
}

void World::after_step(const Host& host) {
    if (host.engine() == nullptr) return;
    checkers_.no_late_shot.learn(host, spec_);
    for (auto wrong : {checkers_.one_leader.check(host, spec_),
                       checkers_.same_history.check(host, spec_),
                       checkers_.one_owner.check(hosts_, spec_, checkers_.two_owners.excuse(
                                                                    *this, spec_)),
                       checkers_.two_owners.check(*this, spec_),
                       checkers_.full_exclusion.check(hosts_, spec_),
                       checkers_.within_capacity.check(hosts_, spec_),
                       checkers_.journal_replays.check(host), checkers_.whole_spec.check(host),
                       checkers_.runs_as_configured.check(host), check_version(host),
                       checkers_.by_hand.check(*this)})
        if (!wrong.empty()) fail(wrong);
    if (options_.is_traced) trace_line();
}

void World::hit(const Shot& shot) {
    auto& target = host(shot.node);
    note("node " + std::to_string(shot.node.value) + " is hit by a fence device");
    const auto is_on = target.state() != HostState::off;
    for (auto wrong : {checkers_.no_late_shot.check(shot, host(shot.by)),
                       is_on ? checkers_.one_survivor.hit(shot, queue_.now(), spec_)
                             : std::string{}})
        if (!wrong.empty()) fail(wrong);
    target.power_off();
    // Whoever is not switched on again by the device is by somebody, some time.
    const auto later = is_quiet_ ? Duration{1s} : Duration{1s} + random_.up_to(10s);
    queue_.after(later, [&target] { target.power_on(); });
}

/// A node that gives up a history in which it ran what requires fencing may reset itself for that:
/// by what this machine really runs, whatever the engine says of its reason.
void World::gives_up_history(const Host& host) {
    verdict_.forks++;
    checkers_.same_history.gives_up(host.id());
    std::set<GroupId> here;
    for (const auto& [resource, active] : host.active()) here.insert(active.group);
    for (const auto& [resource, operation] : host.under_way()) here.insert(operation.group);
    for (const auto group : here) {
        const auto* found = model::find_group(spec_, group);
        if (found != nullptr && model::requirement_of(*found) == model::Requirement::fencing)
            checkers_.reboot_limit.expect_reset(host.id());
    }
}

void World::told(const Host& host, const Event& event) {
    verdict_.events[event.kind]++;
    if (const auto wrong = checkers_.recovery_allowed.told(host, event); !wrong.empty())
        fail(wrong);
    if (const auto wrong = checkers_.by_hand.told(host, event); !wrong.empty()) fail(wrong);
    // What requires fencing and runs where it must not resets its node, whatever has been counted.
    if (event.kind == EventKind::final_action && event.object.starts_with("node "))
        checkers_.reboot_limit.expect_reset(host.id());
    if (event.kind == EventKind::fencing_requested)
        checkers_.one_survivor.told(host, event, queue_.now());
    if (event.kind == EventKind::group_given)
        for (const auto& [key, value] : event.parameters)
            if (key == "kind" && value == "failover") verdict_.takeovers++;
    if (event.kind == EventKind::registry_forked) {
        const bool is_one_only = !is_weak(spec_) && !(loss_ && loss_->is_recovered);
        if (is_one_only) fail("two histories are found where there can be only one");
        for (const auto& [key, value] : event.parameters)
            if (key == "kept" && value == "theirs") gives_up_history(host);
    }
    if (event.kind == EventKind::gone_alone && loss_ && !loss_->is_recovered &&
        host.id() == loss_->lone)
        recovered(host);
    // Told by each process that applies it: a lone run is counted by its mark, once.
    if (event.kind == EventKind::gone_alone && host.engine() != nullptr)
        for (const auto& mark : host.engine()->state().view_marks) lone_runs_.insert(mark.id);
    verdict_.alone = lone_runs_.size();
    if (!options_.is_verbose) return;
    std::string line = std::string(name_of(event.kind)) + " " + event.object;
    for (const auto& [key, value] : event.parameters) line += " " + key + "=" + value;
    note("  n" + std::to_string(host.id().value) + " " + line);
}

void World::note(const std::string& what) {
    if (!options_.is_traced) return;
    std::printf("%12.6f  %s\n", static_cast<double>(queue_.now().ns) / 1e9, what.c_str());
}

/// One column per node: its role, its lease, and what is active on it.
void World::trace_line() {
    std::string line;
    for (const auto& host : hosts_) {
        char cell[64];
        std::string groups;
        for (const auto& [resource, active] : host->active()) {
            const auto name = std::to_string(active.group.value);
            if (groups.find(name) == std::string::npos) groups += name;
        }
        const char* role = host->state() == HostState::off      ? "off"
                           : host->state() == HostState::dead   ? "dead"
                           : host->state() == HostState::paused ? "stop"
                                                                : nullptr;
        if (role != nullptr) {
            std::snprintf(cell, sizeof cell, "| %-5s     %-8s", role, groups.c_str());
        } else {
            const auto& engine = *host->engine();
            const auto brief = engine.brief(host->local_now());
            std::snprintf(cell, sizeof cell, "| %c%-3llu %c%c@%-4llu %-6s",
                          "lfpcL"[static_cast<int>(brief.role)],
                          static_cast<unsigned long long>(brief.term.value),
                          brief.is_lease_held ? '+' : '-', brief.is_admitted ? 'a' : '.',
                          static_cast<unsigned long long>(brief.applied.value), groups.c_str());
        }
        line += cell;
    }
    if (line == last_line_) return;
    last_line_ = line;
    note(line);
}

std::string World::owners() const {
    std::string out;
    for (const auto& host : hosts_)
        for (const auto& [resource, active] : host->active())
            out += std::to_string(host->id().value) + ":" + std::to_string(active.group.value) + "." +
                   std::to_string(resource.value) + " ";
    return out;
}

/// Invariant 4: with faults over, what is wanted and possible is online, all of it.
void World::check_recovered() {
    const Host* leader = nullptr;
    for (const auto& host : hosts_)
        if (host->is_running() && host->engine()->brief(host->local_now()).role ==
                                      consensus::Role::leader)
            leader = host.get();
    if (leader == nullptr) return fail("invariant 4: no leader after everything was healed");
    const auto& state = leader->engine()->state();
    const auto status = leader->engine()->status(leader->local_now());
    if (state.pending_spec || state.spec_trial)
        return fail("invariant 4: a change of the configuration has not come to its end");
    if (state.cluster_version != k_version_newest)
        return fail("invariant 4: every node knows version " + std::to_string(k_version_newest) +
                    ", and the cluster is still of version " +
                    std::to_string(state.cluster_version));
    for (const auto& group : state.spec.groups) {
        const auto& record = state.groups.at(group.id);
        std::size_t active = 0;
        for (const auto& host : hosts_)
            for (const auto& [resource, a] : host->active()) active += a.group == group.id;
        const bool is_up = active == group.resources.size();
        const bool is_wanted = record.goal == model::Goal::online;
        if (is_wanted && !is_up) {
            const auto why = placement::explain(state, status.view, group.id);
            // Nowhere to go by the rules is no failure to recover.
            if (!why.node) continue;
            return fail("invariant 4: group " + group.name + " is not online " +
                        "after everything was healed (" + why.reason + ")");
        }
        // What somebody started by hand, of a group that nobody wants, is theirs.
        std::size_t by_hand = 0;
        for (const auto& host : hosts_)
            for (const auto& [resource, a] : host->active())
                by_hand += a.group == group.id && a.is_by_hand;
        if (!is_wanted && active != by_hand)
            return fail("invariant 4: group " + group.name + " is active and should be offline");
    }
    settled_owners_ = owners();
    check_witness(*leader);
}

/// By what any node has applied, or works itself.
bool World::is_shot_waited_for() const {
    for (const auto& host : hosts_) {
        if (!host->is_running()) continue;
        for (const auto& [node, record] : host->engine()->state().nodes)
            if (record.fencer) return true;
        const auto status = host->engine()->status(host->local_now());
        const auto own = status.services.find(host->id());
        if (own != status.services.end() && !own->second.fences.empty()) return true;
    }
    return false;
}

/// With faults over, the witness has its vote again wherever an even number of nodes votes.
void World::check_witness(const Host& leader) {
    const auto told = leader.engine()->status(leader.local_now()).witness;
    if (!told.is_configured) return;
    if (!told.is_answering) return fail("the witness does not answer after everything was healed");
    if (told.is_wanted != told.is_voter)
        fail(std::string("the witness ") + (told.is_voter ? "still has" : "does not have") +
             " a vote after everything was healed: " + told.problem);
}

void World::begin() {
    for (auto& host : hosts_)
        queue_.after(random_.up_to(1s), [&host] { host->power_on(); });
    if (witness_) queue_.after(random_.up_to(3s), [this] { witness_->power_on(); });
}

bool World::run_for(Duration time) {
    const auto end = queue_.now() + time;
    while (verdict_.violation.empty() && queue_.run_next(end)) {
    }
    return verdict_.violation.empty();
}

Verdict World::run() {
    begin();
    schedule_faults();
    if (options_.loses_majority)
        queue_.after(Duration{3s} + random_.up_to(6s), [this] { lose_majority(); });
    look_for_held_up();
    if (has_checkpoints()) queue_.after(1s, [this] { write_checkpoints(); });
    const auto begin = queue_.now();
    const auto end_faults = begin + options_.duration;
    const auto run_until = [this](Instant end) {
        while (verdict_.violation.empty() && queue_.run_next(end)) {
        }
    };
    run_until(end_faults);
    if (verdict_.violation.empty()) heal_everything();
    // Operators ask more than once: the node they ask may be on its way down, or without a leader.
    for (auto at = end_faults + Duration{11s}; at < end_faults + Duration{17s}; at = at + 1s) {
        run_until(at);
        if (verdict_.violation.empty()) undo_operations();
    }
    // Then they clear what failures have banned, and all must come up.
    for (auto at = end_faults + Duration{17s}; at < end_faults + Duration{20s}; at = at + 1s) {
        run_until(at);
        if (verdict_.violation.empty()) start_groups();
    }
    // A node that was shot at waits until that shot is over, and anew when the daemon that shot was
    // started anew or its history was given up: then groups may still have to move.
    const bool is_waited_for = verdict_.forks > 0 || is_shot_waited_for();
    const auto more = is_waited_for ? Duration{30s} : Duration{0};
    run_until(end_faults + more + Duration{29s});
    if (verdict_.violation.empty()) check_recovered();
    run_until(end_faults + more + Duration{37s});
    if (verdict_.violation.empty() && settled_owners_ != owners())
        fail("invariant 4: groups moved in the quiet end, from " + settled_owners_ + "to " +
             owners());
    if (verdict_.violation.empty())
        for (const auto& host : hosts_) host->check_recorded();
    for (const auto& host : hosts_) {
        verdict_.steps += host->steps;
        verdict_.fingerprint = verdict_.fingerprint * 31 + host->fingerprint;
    }
    if (witness_) verdict_.fingerprint = verdict_.fingerprint * 31 + witness_->fingerprint;
    return verdict_;
}

Verdict run(const Options& options) {
    World world(options);
    return world.run();
}

}  // namespace ha::sim
