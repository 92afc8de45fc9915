// Changes of the configuration: what a request for one becomes, groups that are stopped for it, and
// the time of a trial.
//
// The trial is counted down as everything is (countdown.cpp): under a leader that follows it goes
// on with what was left, so a configuration returns late at worst, and never early (safety.md F37).
#include "engine/reconfigure.hpp"

#include <algorithm>

#include "engine/impl.hpp"
#include "model/apply_reconfigure.hpp"
#include "model/apply_spec.hpp"

namespace ha::engine {
namespace {

using Commands = Result<std::vector<model::Command>>;

Failure refused(std::string text) { return failure(FailureCode::refused, std::move(text)); }

std::string names_of(const model::ClusterSpec& spec, const std::vector<GroupId>& groups) {
    std::string out;
    for (const auto id : groups) out += (out.empty() ? "" : ", ") + model::name_of(spec, id);
    return out;
}

std::string revision_after(const model::ClusterState& state) {
    return std::to_string(state.spec.revision.value + 1);
}

/// One command that applies to the state: at once, or in steps when something has to be stopped.
Commands change(const model::ClusterState& state, const model::SetSpec& command, bool may_stop,
                std::string& done) {
    const auto on_trial = command.confirm_within > Duration::zero()
                              ? ", on trial for " +
                                    std::to_string(command.confirm_within / 1s) + " s"
                              : std::string();
    const auto refusal = model::refusal_of(state, command);
    if (refusal.empty()) {
        done = "configuration " + revision_after(state) + " is in force" + on_trial;
        return {{command}};
    }
    auto never = model::refusal_of_change(state, command.base, command.spec, command.is_revert);
    if (!never.empty()) return refused(std::move(never));
    const auto groups = model::groups_to_stop(state, command.spec);
    if (state.is_suspended)
        return refused("the cluster is suspended, and groups would have to be stopped: resume it "
                       "first");
    if (auto frozen = model::refusal_of_stops(state, groups); !frozen.empty())
        return refused(std::move(frozen));
    if (!may_stop || groups.empty())
        return refused(refusal +
                       (groups.empty() ? "" : ", or allow it to be stopped for the change"));
    done = "configuration " + revision_after(state) +
           " will be in force when these groups have stopped, which are started again then: " +
           names_of(state.spec, groups) + on_trial;
    return {{model::BeginChange{command.base, command.spec, command.confirm_within,
                                command.is_revert, groups}}};
}

}  // namespace

Commands commands_of(const model::ClusterState& state, const SpecApply& request,
                     std::string& done) {
    auto wanted = request.spec;
    wanted.revision = state.spec.revision;
    if (wanted == state.spec && !state.pending_spec) {
        done = "the configuration is in force already";
        return std::vector<model::Command>{};
    }
    return change(state, {request.spec.revision, request.spec, request.confirm_within, false},
                  request.may_stop_groups, done);
}

Commands commands_of(const model::ClusterState& state, const SpecConfirm&,
                     std::string& done) {
    if (!state.spec_trial) return refused("the configuration in force is not on trial");
    if (state.pending_spec) return refused("it is being taken back already");
    done = "configuration " + std::to_string(state.spec.revision.value) + " stays";
    return {{model::ConfirmSpec{state.spec.revision}}};
}

Commands commands_of(const model::ClusterState& state, const SpecRevert&, std::string& done) {
    const auto revision = state.spec.revision;
    if (state.pending_spec) {
        if (state.pending_spec->is_revert) return refused("it is being taken back already");
        done = "configuration " + std::to_string(revision.value) +
               " stays; what was stopped for the change is started again";
        return {{model::CancelChange{revision}}};
    }
    if (!state.spec_trial) return refused("the configuration in force is not on trial");
    const model::SetSpec before{revision, state.spec_trial->previous, Duration::zero(), true};
    return change(state, before, true, done);
}

// --- the leader's duty --------------------------------------------------------------------------

/// What is left of the trial: as the leader knows it, else as it last wrote it down.
Duration Engine::Impl::trial_left_at(Instant at) const {
    if (!registry.spec_trial) return Duration::zero();
    const auto left = registry.spec_trial->left;
    if (!raft || !raft->is_leader() || counted_term != raft->term()) return left;
    return std::max(left - (at - counted_since), Duration::zero());
}

/// Why it can not go on, if so.
std::string Engine::Impl::duty_trial(model::ClusterState& speculative,
                                     std::vector<model::Command>& out) {
    if (speculative.spec_trial->left > Duration::zero()) return {};
    std::string done;
    auto commands = commands_of(speculative, SpecRevert{}, done);
    if (!commands) return commands.error().context;
    for (auto& command : *commands) try_command(speculative, out, std::move(command));
    return {};
}

std::string Engine::Impl::duty_pending(model::ClusterState& speculative,
                                       std::vector<model::Command>& out) {
    const auto base = speculative.spec.revision;
    try_command(speculative, out, model::CompleteChange{base});
    if (!speculative.pending_spec) return {};
    const auto groups = model::groups_to_stop(speculative, speculative.pending_spec->spec);
    try_command(speculative, out, model::HoldForChange{base, groups});
    std::vector<GroupId> stuck;
    for (const auto id : groups) {
        const auto& record = speculative.groups.at(id);
        const bool is_lost = record.owner && !model::is_up(speculative, record.owner);
        if (record.stop_failed || record.is_frozen || is_lost)
            stuck.push_back(id);
    }
    if (stuck.empty()) return {};
    return "these groups are not released: " + names_of(speculative.spec, stuck);
}

void Engine::Impl::duty_change(model::ClusterState& speculative,
                               std::vector<model::Command>& out) {
    std::string stuck;
    if (speculative.spec_trial && !speculative.pending_spec) stuck = duty_trial(speculative, out);
    if (speculative.pending_spec) stuck = duty_pending(speculative, out);
    tell_stuck(stuck);
}

/// Told once for each reason; empty: it goes on.
void Engine::Impl::tell_stuck(const std::string& reason) {
    if (change_stuck == reason) return;
    change_stuck = reason;
    if (!reason.empty()) tell(EventKind::spec_stuck, {}, {{"reason", reason}});
}

}  // namespace ha::engine
