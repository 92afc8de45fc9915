// The executor: carries out what lifecycle asks of plugins, and says what came of it.
//
//   call --> gate (run record written?) --> lane of the resource --> worker --> plugin
//                                           sever: urgent worker, waits for nothing
//   plugin returned, or the deadline has passed --> report, exactly one for each operation
//
// It decides nothing. What it guards: a start does not begin after `not_after`, and is severed at
// once when the lease ran out while it started (safety.md F34); a call that hangs is reported and
// left behind, and delays only its own resource.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/event.hpp"
#include "lifecycle/operation.hpp"
#include "lifecycle/service.hpp"
#include "model/spec.hpp"
#include "plugin/registry.hpp"
#include "runtime/board.hpp"
#include "runtime/guard_link.hpp"
#include "runtime/outbox.hpp"
#include "runtime/run_record.hpp"
#include "runtime/workers.hpp"

namespace ha::runtime {

/// After its deadline an operation is cancelled, and has this long to return with its own words
/// before it is reported as hanging.
inline constexpr Duration k_return_grace = 50ms;
/// An event-driven monitor that says "ok" is armed again no sooner than this after it was armed.
inline constexpr Duration k_rearm_interval_min = 20ms;

struct ExecutorOptions {
    NodeId self;
    std::string state_root;  ///< of the plugins' state directories; its parent exists
    bool is_self_fence_always = false;  ///< see NodeOptions
};

struct ExecutorEvents {
    // On the loop's thread:
    std::function<void(lifecycle::OperationReport)> operation;
    std::function<void(lifecycle::MonitorReport)> monitor;
    /// What a plugin wishes to say.
    std::function<void(Event)> event;
    /// Any thread: a line for the log, with one of HA_SEVERITY_*.
    std::function<void(std::uint32_t severity, const std::string& text)> log;
    /// On the loop's thread.
    std::function<void(lifecycle::FenceReport)> fence;
};

/// All calls on the loop's thread. What is handed in by reference outlives it.
class Executor {
   public:
    struct Hands {
        Loop& loop;
        Workers& workers;  ///< for whatever may block
        Workers& urgent;   ///< for severing and the run record
        std::shared_ptr<Outbox> outbox;
        std::shared_ptr<Board> board;
        std::shared_ptr<const plugin::Registry> registry;
        std::shared_ptr<const RunRecord> run_record;
        std::shared_ptr<GuardLink> guard;  ///< null: none is wanted
    };
    Executor(Hands hands, ExecutorOptions options, ExecutorEvents events);
    ~Executor();

    /// The configuration in force. A resource that is active keeps the parameters it was started
    /// with until it is stopped: only they say what there is to stop.
    void use(const model::ClusterSpec& spec);
    /// Groups that an earlier process left running, as described then; before the first use().
    /// `held`: what it held, for a guard that may be as new as this process.
    void adopt(const model::ClusterSpec& spec, const std::vector<model::GroupSpec>& groups,
               std::vector<lifecycle::Held> held);
    /// To be on disk before any call made after this, severing excepted.
    void set_run_record(std::vector<lifecycle::Held> held);
    void call(const lifecycle::PluginCall& call);
    void tick(Instant at);
    Instant next_deadline() const;

   private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace ha::runtime
