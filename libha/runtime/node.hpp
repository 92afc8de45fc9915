// Node: one engine with its hands: sockets, disk, timers, workers, plugins, and the user's callbacks.
//
//   loop thread      the engine, all sockets, the alarm; never waits for anything else
//   storage thread   waits for the disk
//   workers          wait for plugins; urgent ones sever and write the run record
//   callback thread  waits for the user
//
// It performs the engine's actions in their order and feeds back what became of them. It decides
// nothing about the cluster.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/event.hpp"
#include "engine/actions.hpp"
#include "engine/input.hpp"
#include "engine/journal.hpp"
#include "engine/status.hpp"
#include "plugin/registry.hpp"
#include "runtime/event_log.hpp"
#include "runtime/guard_link.hpp"
#include "runtime/keys.hpp"
#include "runtime/recorder.hpp"
#include "runtime/transport.hpp"
#include "runtime/workers.hpp"

namespace ha::runtime {

struct NodeOptions {
    model::ClusterSpec spec;           ///< of the configuration file
    NodeId self;
    Keys keys;
    std::string state_directory;       ///< the durable store; of this node alone
    std::string run_directory;         ///< ends with the boot: run record, plugins' state
    std::optional<BootId> boot;        ///< for tests that reboot a node without the machine
    std::shared_ptr<const plugin::Registry> registry;
    bool is_realtime = true;           ///< try real-time priority for the loop and the store
    bool may_reboot = true;            ///< node_action carries out reboots and power-offs
    bool is_memory_locked = false;     ///< try to lock the pages of this whole process
    bool is_memory_saved = false;      ///< settings of this whole process (runtime/memory.hpp)
    std::optional<std::string> guard;  ///< path of ha-guard; none: not wanted
    WatchdogOptions watchdog;          ///< held by the guard
    bool is_self_fence_always = false; ///< armed while any group is held, not only a fencing one
    std::size_t workers_max = k_limit_workers;
    std::vector<std::string> notes;    ///< of what came before the start; told as events
    Duration callback_slow = 1s;       ///< a callback that takes longer is told of
    Duration callback_grace = 10s;     ///< so long the end waits for a callback
    std::string record_directory;      ///< of the flight recorder; empty: it is off
    std::uint64_t record_bytes_max = k_recording_bytes_default;
    Version version_max = k_version_newest;  ///< takes part as software of this version would
};

/// Called on the callback thread, one at a time; each may be empty.
struct NodeEvents {
    std::function<void(const Event&)> event;
    /// A line for the log of a program, `severity` as in ha/plugin/host.h.
    std::function<void(std::uint32_t severity, const std::string& text)> log;
    /// A final action that reaches beyond groups: what could be stopped here is, and the others
    /// know. The program ends, and before that reboots the machine or switches it off.
    std::function<void(model::FinalAction, const std::string& reason)> node_action;
    /// An operator's order was taken; it is to be carried out when `stopped` comes.
    std::function<void(model::NodeOrder, const std::string& reason)> ordered;
    /// Leaving is complete: nothing runs here any more and the others know it.
    std::function<void()> stopped;
    /// On a worker's thread: a history that was given up is to be kept for people; says where.
    std::function<Result<std::string>(const engine::ForkSaved&)> fork;
};

/// The process that severs at the lease's end when this one cannot (safety.md F8).
struct GuardStatus {
    bool is_wanted = false;
    bool is_there = false;
    std::string problem;               ///< why it is not there
    std::string watchdog_problem;      ///< why it does not use the watchdog as it is set
    guard::Verdict verdict;
    std::vector<std::string> unguarded;  ///< active resources that it could not sever
};

struct NodeStatus {
    engine::EngineStatus engine;
    GuardStatus guard;
    std::vector<std::string> shortcomings;  ///< what this process was not allowed; sentences
    std::vector<TransportCounters> interconnects;
    Workers::Load workers;
    std::string callback_running;      ///< name of the callback that runs now; empty: none
    Duration callback_running_for{0};
    std::uint64_t events_dropped = 0;
    RecorderStatus recorder;
};

class Node {
   public:
    using Done = std::function<void(Result<std::string>)>;

    /// Recovers the store, makes the threads and begins. What fails here has changed nothing but
    /// the start number.
    static Result<std::unique_ptr<Node>> start(NodeOptions options, NodeEvents events);
    /// As end().
    ~Node();

    /// Ends at once, without leaving: to the others this node falls silent. Groups go on running,
    /// for a later process of this boot to go on with. Then waits for the callback that runs. Not
    /// on the callback thread; one thread, and others may go on to call what follows.
    void end();

    // Any thread; once ended they fail with `unavailable`:
    /// `done` is called exactly once, on the callback thread, unless the request is refused here,
    /// or a callback before it does not return while the node ends.
    Result<void> request(engine::RequestBody body, Done done);
    Result<void> leave(std::string reason);
    /// Fails when the loop does not answer within `timeout`.
    Result<NodeStatus> status(Duration timeout = 5s);
    /// What was decided about the group, newest first.
    Result<std::vector<engine::JournalStory>> journal(GroupId group, std::size_t count_max,
                                                      Duration timeout = 5s);
    /// The configuration in force: the committed one, else that of the file.
    Result<model::ClusterSpec> spec(Duration timeout = 5s);
    /// The newest events; readable also while a callback hangs, and after the node is gone.
    std::shared_ptr<EventLog> event_log() const;
    bool is_epoch_valid(const std::string& group, const Epoch& epoch) const;
    /// Is this called by one of this node's callbacks?
    bool is_callback_thread() const;

   private:
    struct Impl;
    explicit Node(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace ha::runtime
