// The service wing on one node: brings what the agreed state says to life, here, and no further.
//
// It never starts a group that the committed state does not give to this node at this epoch, never
// without permission (a running lease, and the leader's note where the give waits for one), and
// never calls a group released that is not verified stopped.
//
//   state, permission --update--> [ Service ] --take_output--> plugin calls, reports, events
//   plugin reports ----on_*-----^
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "base/bytes.hpp"
#include "base/event.hpp"
#include "base/ids.hpp"
#include "lifecycle/operation.hpp"
#include "lifecycle/status.hpp"
#include "model/command.hpp"
#include "model/state.hpp"

namespace ha::lifecycle {

/// What the engine allows now. Everything else that this node might want to do has to wait.
struct Permission {
    /// Our lease; nothing may be started at or after its end, less the sever bound. Zero: none.
    Instant lease_end;
    /// The committed state names our boot and start as up: we may act on what it gives us.
    bool is_admitted = false;
    /// Groups whose LeaseWaits are all fulfilled, or that have none.
    std::set<GroupId> clear_to_start;
    /// Without a quorum, and told to leave everything as it is: nothing is recovered (F13, freeze).
    bool is_frozen = false;
    /// The voters that answer are a quorum.
    bool is_quorate = false;
};

/// A group that the run record of an earlier process of this boot says we held (safety.md F12).
struct Held {
    GroupId group;
    Epoch epoch;
    bool operator==(const Held&) const = default;
};

struct ServiceOutput {
    std::vector<PluginCall> calls;
    /// To be committed. The service asks again every k_report_repeat until the state shows them, so
    /// each is idempotent. A Release is never among them: see `released`.
    std::vector<model::Command> reports;
    /// Verified stopped: the engine makes the promise durable, then reports the Release (F11).
    std::vector<Held> released;
    /// The set of held groups changed: to be written to the run record before any call is made.
    std::optional<std::vector<Held>> run_record;
    std::vector<Event> events;
    /// A final action that reaches beyond groups.
    std::optional<model::FinalAction> node_action;
    std::string node_action_reason;
    bool is_for_safety = false;  ///< that action is: no limit holds it back (safety.md F24)
};

struct ServiceOptions {
    NodeId self;
    std::vector<Held> held;      ///< from the run record; empty after a boot
    /// Those of `held`, as they were described when they were started, where that is known: they
    /// are ended as that, whatever the configuration says by now.
    std::map<GroupId, model::GroupSpec> held_specs;
    /// Of these, what was severed while no process of ours could do it: never gone on with, and
    /// stopped before a lease is asked for (safety.md F12).
    std::vector<Held> severed;
    /// Releases that are durable and that the state may not show yet: these incarnations are never
    /// started again, and are not told as released once more.
    std::vector<Held> released;
};

class Service {
   public:
    explicit Service(ServiceOptions options);
    ~Service();
    Service(Service&&) noexcept;
    Service& operator=(Service&&) noexcept;

    /// The state has caught up with what the cluster had agreed when this process began. Decides
    /// what of the run record is adopted and what is a stray, to be stopped before a lease is asked
    /// for. Nothing is started before it is called, so it is called once even if nothing was held.
    void settle(Instant now, const model::ClusterState& state);
    /// The state or the permission may have changed. Call after every change of either; cheap when
    /// nothing that concerns this node did.
    void update(Instant now, const model::ClusterState& state, const Permission& permission);
    /// The lease that is held ends later than the last update said; nothing else has changed.
    void lengthen_lease(Instant end);
    /// The lease is over, or will be within the sever bound: sever all that can be severed, then
    /// stop every group in order. What was running is released when it is verified stopped.
    void lose_lease(Instant now, const model::ClusterState& state);
    void on_operation(Instant now, const model::ClusterState& state, const OperationReport& report);
    void on_monitor(Instant now, const model::ClusterState& state, const MonitorReport& report);
    void tick(Instant now, const model::ClusterState& state);

    /// Stop everything without asking anyone (a leaving node without quorum, a final action). This
    /// process starts nothing any more, and its monitors end.
    void stop_all(Instant now, const model::ClusterState& state, OperationFactor factor);
    /// Restart a resource, or (none) the whole group in place, for an operator. On a group that
    /// could not be stopped the stop is tried again. False: it is not in a state to be restarted.
    bool restart(Instant now, const model::ClusterState& state, GroupId group, ResourceId resource);

    /// Nothing that must not run here is running: adoption is decided, strays and what a `down`
    /// took from us are stopped (F12). Not before this is a lease asked for.
    bool is_settled() const;
    /// No group is held, starting, running or stopping.
    bool is_empty() const;
    /// Something is held, and all of it has failed to stop: waiting will not help.
    bool is_stuck() const;
    /// This one is held.
    bool holds(GroupId group) const;

    // For recordings (base/archive.hpp).
    void put_archive(Writer& w) const;
    void get_archive(Reader& r);
    static std::uint64_t archive_layout();

    ServiceOutput take_output();
    ServiceStatus status() const;
    Instant next_deadline() const;

   private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ha::lifecycle
