// One resource on this node: which operation is under way, what is known, what may still run.
//
//   Invariants
//   (1) `is_clean()` is true only if nothing of the resource can be running: a stop or a probe said
//       so after the last start, and no start that was begun is still out.
//   (2) At most one probe, start or stop is awaited at a time; severing goes beside it.
//   (3) No start is begun while an operation of this resource that was given up on may still act.
//
//              begin_start                   report ok
//   offline ----------------> starting -------------------------> online
//      ^  ^                     |  attempts used up, cancelled       |
//      |  |                     v                                    | begin_stop
//      |  |                  failed ---------------+                 v
//      |  |                     ^      begin_stop  +-----------> stopping
//      |  +---------------------|------------------------------------+ report ok
//      |                        +------------------------------------+ attempts used up, and a
//      | probe: offline                                                probe does not say offline
//   unknown <-- doubt(): adopted, not looked at yet; a start that was given up on came back
//
//   offline -> starting, failed -> starting, unknown -> starting   [begin_start]
//   any but offline -> stopping                                    [begin_stop]
//   starting -> online | failed, stopping -> offline | failed,
//   unknown -> online | offline | failed                           [on_report, on_overdue]
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/reflect.hpp"
#include "lifecycle/context.hpp"
#include "lifecycle/operation.hpp"
#include "lifecycle/status.hpp"
#include "model/spec.hpp"

namespace ha::lifecycle {

/// On whose behalf operations are done.
struct Activation {
    GroupId group;
    Epoch epoch;
    model::StartKind start_kind = model::StartKind::start;
    OperationFactor factor = OperationFactor::none;
};

/// What a report did to the resource, as far as its group must know.
enum class ResourceStep : std::uint8_t {
    settled,       ///< look again at what is to be done next
    start_failed,  ///< all attempts are used up
    stop_failed,   ///< all attempts are used up, and it is not known to be offline
};

class ResourceRun {
   public:
    /// For recordings (base/archive.hpp).
    auto members() {
        return reflect::fields(position_, spec_, state_, text_, operation_, sever_, loose_,
                               loose_starts_, attempts_, may_run_, may_have_run_, is_verifying_,
                               has_come_back_, is_looked_at_, has_start_failed_, has_stop_failed_);
    }

    /// To be filled in.
    ResourceRun() = default;
    ResourceRun(std::size_t position, model::ResourceSpec spec);

    /// New timeouts and retries for the same resource.
    void set_spec(model::ResourceSpec spec) { spec_ = std::move(spec); }
    const model::ResourceSpec& spec() const { return spec_; }

    /// It may be running: nobody knows until it has been looked at.
    void doubt(Context& context);
    void begin_probe(Context& context, const Activation& activation);
    void begin_start(Context& context, const Activation& activation, Instant not_after);
    void begin_stop(Context& context, const Activation& activation);
    void sever(Context& context, const Activation& activation);
    /// A start or a probe that is not wanted any more.
    void cancel(Context& context);
    /// New attempts are allowed, and what failed may be tried again.
    void reset_attempts();

    ResourceStep on_report(Context& context, const Activation& activation,
                           const Operation& operation, const OperationReport& report);
    /// No report came by the deadline and the grace.
    ResourceStep on_overdue(Context& context, const Activation& activation,
                            const Operation& operation);

    ResourceState state() const { return state_; }
    const std::string& text() const { return text_; }
    bool is_online() const { return state_ == ResourceState::online && !is_busy(); }
    bool is_clean() const { return !may_run_ && !operation_ && !sever_ && loose_starts_ == 0; }
    /// Everything that we waited for has come back or has been given up on.
    bool is_busy() const { return operation_ || sever_; }
    /// Something that was given up on may still act on it.
    bool is_haunted() const { return !loose_.empty(); }
    bool is_looked_at() const { return is_looked_at_; }
    bool has_start_failed() const { return has_start_failed_; }
    bool has_stop_failed() const { return has_stop_failed_; }
    bool may_start() const { return !is_busy() && !is_haunted() && !has_start_failed_; }
    /// Another stop would make sense.
    bool may_stop() const {
        return !is_busy() && may_run_ && !has_stop_failed_ && !has_too_many_loose();
    }

   private:
    bool has_too_many_loose() const;
    void call(Context& context, const Activation& activation, OperationKind kind, Duration timeout,
              Instant not_after);
    void set_state(Context& context, ResourceState state);
    bool take_come_back(Context& context);
    void tell_failure(Context& context, const Operation& operation, Outcome outcome);
    ResourceStep on_started(Context& context, const Operation& operation,
                            const OperationReport& report);
    ResourceStep on_stopped(Context& context, const Activation& activation,
                            const OperationReport& report);
    ResourceStep on_probed(Context& context, const OperationReport& report);
    ResourceStep on_came_back(Context& context, const Operation& operation,
                              const OperationReport& report);
    std::string object() const { return "resource " + spec_.name; }

    std::size_t position_ = 0;
    model::ResourceSpec spec_;
    ResourceState state_ = ResourceState::offline;
    std::string text_;
    std::optional<OperationId> operation_;
    std::optional<OperationId> sever_;
    std::vector<OperationId> loose_;
    std::size_t loose_starts_ = 0;
    std::uint32_t attempts_ = 0;       ///< failed ones of the present start or stop
    bool may_run_ = false;
    bool may_have_run_ = false;        ///< `may_run_` before the start under way
    bool is_verifying_ = false;        ///< the probe under way follows a stop that failed
    bool has_come_back_ = false;       ///< a start given up on ended during a stop or probe
    bool is_looked_at_ = true;
    bool has_start_failed_ = false;
    bool has_stop_failed_ = false;
};

}  // namespace ha::lifecycle
