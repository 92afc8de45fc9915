// One group on this node: from the wish of the agreed state to operations on its resources.
//
//   Invariants
//   (1) A start is called only in `starting`, with a wish to run at the very epoch that is held.
//   (2) `is_held()` from before the first start is called, or the first doubt, until every resource
//       is verified stopped.
//   (3) A resource is stopped only when all that depend on it are clean; severing knows no order.
//   (4) `released` is told once for an activation, only while nothing is held, and only while the
//       record still names us at that epoch; after that, or after severing, it is never started
//       again.
//   (5) A report (evict, stop failed, goal) is repeated until the state shows it; a release waits
//       for it, because it would wipe out what the report has to say.
//
//                      may start, no doubt                all online
//   idle --> waiting -------------------------> starting ------------> online
//    ^          | in doubt                       ^   ^ |                | restart
//    |          v            all online          |   | |                v
//    |       probing ---> online                 |   | | failed    restarting
//    |          |  some not: those and what      |   | | for good     |    | set is clean
//    |          |  stands on them                |   | v              |    v
//    |          +------> restarting -------------+   | stopping/failed|  starting
//    |                                               +----------------+
//    |   any of these --leave, voided, lease lost--> stopping --all clean--> stopped --> idle
//    |                                                   |  ^                   (released)
//    |                                                   v  | tried again
//    |                                                  failed
//
//   idle -> waiting [adopt_record]      waiting -> probing, starting [leave_waiting]
//   probing -> restarting, online [judge_probes]    restarting -> starting [advance_restart]
//   starting -> online [enter_online]   any -> stopping [enter_stopping]
//   stopping -> stopped [enter_stopped], failed [enter_stop_failed]
//   starting -> failed [on_start_failed]            stopped -> idle [adopt_record]
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/reflect.hpp"
#include "lifecycle/context.hpp"
#include "lifecycle/dependency.hpp"
#include "lifecycle/resource_run.hpp"
#include "lifecycle/wish.hpp"
#include "model/command.hpp"

namespace ha::lifecycle {

class GroupRun {
   public:
    /// For recordings (base/archive.hpp).
    auto members() {
        return reflect::fields(group_, self_, spec_, next_spec_, dependencies_, spec_flaw_,
                               requirement_, resources_, phase_, wish_, epoch_, start_kind_,
                               factor_, text_, is_held_, is_in_doubt_, is_adopted_, is_cleared_,
                               was_online_, is_severed_, is_condemned_, is_foreign_,
                               foreign_requirement_, is_stop_failure_, was_left_frozen_,
                               had_stop_failure_shown_, restart_set_, stopped_set_, released_,
                               pending_, repeat_at_);
    }

    /// To be filled in.
    GroupRun() = default;
    GroupRun(GroupId group, NodeId self);

    /// From the run record (then it had been cleared), or given to us before this process came to
    /// be: whether and what runs is not known. Before the first step.
    void doubt(Context& context, const Epoch& epoch, bool is_from_run_record);
    /// What is in doubt was severed by others: it is stopped, and this epoch is never gone on with.
    void condemn(Context& context, const std::string& reason);
    /// Something of it is active here without a right (lookout.hpp): make it harmless at once and
    /// stop it, or try that again. What was found and requires fencing is a stray; `requirement` is
    /// that of what was found, not of the group.
    void expel(Context& context, const Epoch& epoch, model::Requirement requirement,
               const std::string& reason);
    /// Nothing was done to it and nothing is under way or may come back: a probe tells the truth.
    bool is_untouched() const {
        return !is_held_ && !is_haunted() &&
               (phase_ == Phase::idle || phase_ == Phase::stopped);
    }
    bool is_foreign() const { return is_foreign_; }
    /// Held, and ours: it has such a resource, with these parameters on this node.
    bool is_holding_the_same(const model::ResourceSpec& resource, NodeId node) const;
    /// Promised to another process's engine: never to run at this incarnation.
    void set_released(Incarnation incarnation) { released_ = incarnation; }
    bool is_released(const Epoch& epoch) const { return released_ == epoch.incarnation; }
    /// Taken over at once where the resources are the same ones, else when nothing is held.
    void set_spec(Context& context, const model::GroupSpec& spec);

    void on_wish(Context& context, const Wish& wish);
    void on_report(Context& context, const Operation& operation, const OperationReport& report);
    void on_overdue(Context& context, const Operation& operation);
    /// Begin what can be begun now.
    void advance(Context& context);
    /// Reports that the state does not show yet, when it is time.
    void repeat_reports(Context& context);

    void lose_lease(Context& context);
    /// Make harmless at once, then stop and never go on at this epoch.
    void sever_and_stop(Context& context, OperationFactor factor, const std::string& reason);
    /// Stop and release, whatever the state wishes.
    void stop(Context& context, OperationFactor factor, const std::string& reason);
    /// In place. None as resource: all. False: not in a state to be restarted.
    bool restart(Context& context, ResourceId resource, OperationFactor factor,
                 const std::string& reason);
    /// Ask for an eviction with a ban; what runs goes on until it is agreed.
    void ask_failover(Context& context, const std::string& reason);
    void ask_offline(Context& context, const std::string& reason);

    GroupId id() const { return group_; }
    bool is_held() const { return is_held_; }
    /// To be known to whoever comes after this process. What somebody has started by hand is looked
    /// for anew instead, unless it has to be fenced.
    bool is_recorded() const { return is_held_ && !is_light(); }
    const Epoch& epoch() const { return epoch_; }
    bool is_online() const { return phase_ == Phase::online; }
    /// Wanted here, and asked for nothing that would end it.
    bool is_to_recover() const {
        return phase_ == Phase::online && wish_.kind == WishKind::run && pending_.empty() &&
               !wish_.is_frozen;
    }
    /// Online, and the resource with it; none: the group.
    bool is_active(ResourceId resource) const;
    /// Something runs or may run that is not ours. What a lost lease has severed still is. What
    /// somebody has started by hand costs this node its lease only where that has to be fenced.
    bool is_stray() const {
        return is_held_ && !is_light() &&
               (wish_.kind == WishKind::voided || is_condemned_);
    }
    /// Nothing left to remember.
    bool is_forgettable() const;
    /// What starts and the lease wait for, as in Context.
    GroupLine line(const std::string& start_block, const std::string& lease_block) const;
    GroupState state() const;
    bool is_worth_showing() const { return is_held_ || wish_.is_ours; }
    Instant next_deadline() const { return pending_.empty() ? Instant::max() : repeat_at_; }
    const std::string& name() const { return spec_.name; }

   private:
    enum class Phase : std::uint8_t {
        idle, waiting, probing, starting, online, restarting, failed, stopping, stopped,
    };

    Activation activation() const { return {group_, epoch_, start_kind_, factor_}; }
    bool may_start(const Context& context) const;
    void set_phase(Context& context, Phase phase);
    void hold(Context& context);
    void take_spec(Context& context, const model::GroupSpec& spec);
    void adopt_record(Context& context);
    void adopt_found(Context& context);
    void prune_pending();
    void ask(Context& context, model::Command command);
    bool is_shown(const model::Command& command) const;

    void leave_waiting(Context& context);
    void judge_probes(Context& context);
    void enter_starting(Context& context, OperationFactor factor);
    void enter_restarting(Context& context, std::vector<bool> from, OperationFactor factor);
    void enter_online(Context& context);
    void follow_stopped(Context& context);
    std::vector<bool> stopped_set() const;
    void enter_stopping(Context& context, OperationFactor factor, std::string reason);
    void enter_stopped(Context& context);
    void enter_stop_failed(Context& context);
    void release_if_due(Context& context);
    void on_start_failed(Context& context, std::size_t position);
    void on_stop_failed(Context& context, std::size_t position);
    void on_step(Context& context, std::size_t position, ResourceStep step);

    void advance_probes(Context& context);
    void advance_starts(Context& context);
    void advance_restart(Context& context);
    void advance_stops(Context& context);
    enum class StopProgress : std::uint8_t { clean, under_way, stuck };
    /// Begins each stop that can be begun among `which`.
    StopProgress stop_some(Context& context, const std::vector<bool>& which);
    void take_next_spec(Context& context);
    bool is_haunted() const;
    bool is_any_busy() const;
    /// Held only to be stopped, and nothing of it has to be fenced.
    bool is_light() const {
        return is_foreign_ && foreign_requirement_ != model::Requirement::fencing;
    }
    std::string object() const { return "group " + spec_.name; }
    std::string failures() const;
    std::string stopped_text() const;

    GroupId group_;
    NodeId self_;
    model::GroupSpec spec_;
    std::optional<model::GroupSpec> next_spec_;
    Dependencies dependencies_;
    std::string spec_flaw_;             ///< why the group can not be run at all
    model::Requirement requirement_ = model::Requirement::nothing;
    std::vector<ResourceRun> resources_;

    Phase phase_ = Phase::idle;
    Wish wish_;
    Epoch epoch_;                       ///< of the activation
    model::StartKind start_kind_ = model::StartKind::start;
    OperationFactor factor_ = OperationFactor::none;
    std::string text_;                  ///< what failed, why it stops
    bool is_held_ = false;
    bool is_in_doubt_ = false;          ///< probe before anything is started
    bool is_adopted_ = false;
    bool is_cleared_ = false;           ///< no former owner's lease ran when this epoch was begun
    bool was_online_ = false;           ///< at this epoch
    bool is_severed_ = false;
    bool is_condemned_ = false;         ///< severed before this process began, not stopped yet
    bool is_foreign_ = false;           ///< held only to be stopped: somebody else started it
    model::Requirement foreign_requirement_ = model::Requirement::nothing;  ///< of what was found
    bool is_stop_failure_ = false;      ///< `failed` because of a stop
    bool was_left_frozen_ = false;      ///< nothing was done about it because it was frozen
    bool had_stop_failure_shown_ = false;
    std::vector<bool> restart_set_;
    std::vector<bool> stopped_set_;     ///< kept off by an operator, and what depends on that
    Incarnation released_;              ///< the newest that we told as released
    std::vector<model::Command> pending_;
    Instant repeat_at_;
};

}  // namespace ha::lifecycle
