// Fencing: makes lost nodes harmless with their devices, on the node that was chosen for it.
//
// A task comes from the agreed state, which holds the request before anything is done (safety.md
// F22). One run for each lost node; runs know nothing of each other, of groups, or of leases but
// the time after which nothing may be begun.
//
//   Invariants
//   (1) Nothing is begun that the task does not want, nor at or after `not_after`.
//   (2) One operation of a run at a time; a shot that has begun is waited for, never cancelled.
//   (3) A node counts as harmless only when a device says that it is off *and* looking again
//       agrees, or when the node has booted anew: then without another shot. A node that was heard
//       shortly before has to fall silent, too: a device may be wired to another machine.
//   (4) Whatever else is said, "over" is told only when every shot has come back, and those that
//       were not proven have had k_fence_echo: what a device was asked for may be on its way.
//   (5) A verdict is told again until the state shows it.
//
//                    +------- not off, attempts left: after a pause -------+
//                    v                                                     |
//   waiting --> switching off --ok--> looking --off--> confirmed --> switching on --> over
//                    |                   | on or unknown: again, until status_timeout
//                    |                   v
//                    +--failed------> next attempt, next device, none left: failed ----> over
//
// The rejected alternative was to take the agent's word, as its exit code: agents that answer from
// a cache, for another outlet, or that only queue the command, are known from every vendor.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/event.hpp"
#include "base/reflect.hpp"
#include "lifecycle/operation.hpp"
#include "lifecycle/status.hpp"
#include "model/command.hpp"

namespace ha::lifecycle {

/// One node that we are to make harmless. A policy that cannot commit its request (two_node) makes
/// one itself and takes the FenceDone as its evidence.
struct FenceTask {
    NodeId node;
    StartNumber start;        ///< that is shot at
    std::uint32_t count = 0;  ///< which request
    /// Still wanted; else only what is under way comes to its end.
    bool is_wanted = true;
    /// Why it is harmless already (it has booted anew), or need not be made so; else empty.
    std::string proof;
    std::string needless;
    Instant not_before;
    Instant heard;            ///< when this boot of its machine was heard last; none: never
    /// "Over" is not told earlier: shots of an earlier process of ours may hit until then.
    Instant quiet_from;
};

struct FencingOutput {
    std::vector<PluginCall> calls;
    std::vector<model::Command> reports;
    std::vector<Event> events;
};

class Fencing {
   public:
    /// For recordings (base/archive.hpp).
    auto members() {
        return reflect::fields(runs_, watch_, not_after_, updated_, timing_, last_id_,
                               longest_, out_);
    }

    /// All tasks there are now. Nothing is begun at or after `not_after`.
    void update(Instant now, const model::ClusterSpec& spec, const std::vector<FenceTask>& tasks,
                Instant not_after);
    /// Asks the devices of a node that is well for their status, one after the other, again and
    /// again: one that does not answer is known before it is needed, and how long they take is
    /// measured. None: no node. Call it after update(); a node that is shot at is not looked at.
    void watch(Instant now, const model::ClusterSpec& spec, NodeId node);
    void on_report(Instant now, const FenceReport& report);
    /// The longest that a device has taken for what it did, in this process; zero: none has yet.
    Duration longest_measured() const { return longest_; }
    /// Shots may still be under way.
    bool is_idle() const { return runs_.empty(); }
    FencingOutput take_output();
    std::vector<FenceLine> status() const;
    Instant next_deadline() const;

   private:
    enum class Step : std::uint8_t { off, look, on, done };
    struct Run {
        FenceTask task;
        std::string name;                  ///< of the node
        std::vector<model::FenceSpec> devices;
        bool is_abandoned = false;         ///< the state knows nothing of it any more
        Step step = Step::off;
        std::size_t device = 0;
        std::uint32_t attempt = 0;
        Instant due;                       ///< of the next thing to begin
        Instant look_until;
        Instant claimed_at;                ///< the device said that it is off
        OperationId under_way;
        Instant begun;                     ///< when that was begun
        Instant give_up;                   ///< without a report by then it is left behind
        std::set<OperationId> left_behind; ///< shots that may still hit
        Instant quiet_from;                ///< until then one that failed may still hit
        bool is_concluded = false;
        bool switches_on = false;
        model::FenceDone verdict;
        Instant report_due;
        std::string failures;              ///< of each device, for people
    };
    struct Watch {
        NodeId node;
        std::size_t device = 0;            ///< the next one, or the one that is asked
        std::string name;                  ///< of it
        std::string node_name;
        OperationId under_way;
        Instant begun;
        Instant give_up;
        Instant due;
        std::set<std::string> silent;      ///< devices that gave no status when last asked
    };
    bool may_watch(Instant now) const;
    void on_watched(Instant now, const FenceReport& report);
    void take(Run& run, const FenceTask& task, const model::ClusterSpec& spec);
    void advance(Instant now, Run& run);
    void begin(Instant now, Run& run, FenceAction action);
    void on_off(Instant now, Run& run, const FenceReport& report);
    void on_look(Instant now, Run& run, const FenceReport& report);
    void on_seen_off(Instant now, Run& run);
    void on_on(Instant now, Run& run, const FenceReport& report);
    void fail_attempt(Instant now, Run& run, const std::string& text, bool may_retry = true);
    void conclude(Instant now, Run& run, bool is_confirmed, bool is_needless, std::string reason);
    void settle(Instant now, Run& run);
    static bool may_hit(Instant now, const Run& run);
    static bool must_tell(const Run& run);
    static std::string text_of(const Run& run);

    std::map<NodeId, Run> runs_;
    Watch watch_;
    Instant not_after_;
    Instant updated_;
    model::Timing timing_;
    std::uint64_t last_id_ = 0;
    Duration longest_{0};
    FencingOutput out_;
};

/// After the end of the lease of a node that worked the devices of `node` nothing of it can be
/// under way any more when this has passed.
Duration longest_shot(const model::NodeSpec& node, std::uint32_t drift_ppm);

}  // namespace ha::lifecycle
