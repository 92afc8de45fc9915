// One simulated machine: its clock, its disk, what runs on it, and the engine while had is alive.
//
// What runs on a machine outlives the daemon and not the machine. An operation has its effect on the
// machine at some moment between its beginning and its end; a sever takes effect within the sever
// bound and also voids a start that is under way.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/random.hpp"
#include "clock.hpp"
#include "disk.hpp"
#include "engine/engine.hpp"
#include "membership/witness_shared.hpp"
#include "recorded.hpp"
#include "toy_crypto.hpp"

namespace ha::sim {

enum class HostState : std::uint8_t {
    off,      ///< no power
    dead,     ///< the machine runs, the daemon does not
    paused,   ///< the daemon is stopped and will go on
    running,
};

/// A resource that is active on a machine: it would harm if it were active on two.
struct Active {
    GroupId group;
    Epoch epoch;
    model::ResourceSpec spec;   ///< as it was when it was begun
    SpecRevision revision;
    bool is_by_hand = false;    ///< somebody has started it, and nobody was given it here
};

struct PluginFaults {
    std::uint32_t fail_per_million = 0;
    std::uint32_t hang_per_million = 0;
    std::uint32_t slow_per_million = 0;
    std::uint32_t monitor_bad_per_million = 0;
    std::uint32_t monitor_hang_per_million = 0;
};

/// Of the devices that cut this machine off. A device that lies says that it did, and did not; a
/// late one is given up by whoever waits for it, and hits after all.
struct FenceFaults {
    std::uint32_t fail_per_million = 0;
    std::uint32_t hang_per_million = 0;
    std::uint32_t lie_per_million = 0;
    std::uint32_t late_per_million = 0;
};

class World;
struct EtcdReply;

/// A fence device is to cut a machine off.
struct Shot {
    NodeId node;
    StartNumber start;   ///< of its daemon, that the shot is at
    NodeId by;
    ViewMarkId history;  ///< in which it was decided
    bool is_own = false; ///< of one of two, which could not commit it before (safety.md F22)
};

class Host {
   public:
    Host(World& world, NodeId id);

    void power_on();
    void power_off();
    void kill_daemon();
    void start_daemon();
    void pause();
    void resume();
    void leave();
    /// While it has no power. It counts its starts on, as a machine that was installed anew does.
    void wipe_store();
    void lose_newest_record() { disk_.damage_newest(); }
    /// What this life has recorded so far is replayed, and has to come out the same.
    void check_recorded();

    void receive(InterconnectId on, const Bytes& bytes);
    void request(const engine::RequestBody& body);
    /// Given to the daemon as it is now; one that is paused gets it later.
    void feed(const engine::Input& input);
    std::uint64_t life() const { return life_; }
    void write_checkpoints();
    /// By somebody, whatever the cluster may think of it. False: it is active here, or on its way.
    bool start_by_hand(const model::GroupSpec& group, const model::ResourceSpec& resource);

    NodeId id() const { return id_; }
    HostState state() const { return state_; }
    /// Nobody could sever here in this moment, so what is active is no one's fault. With a guard
    /// somebody always can.
    bool is_excused() const;
    bool is_running() const { return state_ == HostState::running; }
    const engine::Engine* engine() const { return engine_.get(); }
    Instant local_now() const;
    const std::map<ResourceId, Active>& active() const { return active_; }
    Disk& disk() { return disk_; }
    const std::map<OperationId, lifecycle::StartOperation>& under_way() const {
        return under_way_;
    }
    bool had_store_failure() const { return is_store_failed_; }
    PluginFaults plugin_faults;
    FenceFaults fence_faults;
    bool is_recorded = false;
    Version version = k_version_newest;      ///< of its software, from the next start on
    Version version_seen = k_version_oldest; ///< the newest it ever ran
    bool is_lost = false;  ///< has no power, and gets none, whoever switches it on
    /// Until then nobody here can have severed: the daemon has only just begun to run (again).
    Instant excused_until;
    std::uint64_t fingerprint = 0;
    std::uint64_t steps = 0;
    std::uint64_t requests_asked = 0;
    std::uint64_t requests_answered = 0;

   private:
    void step(const engine::Input& input);
    void take_over_what_was_started_by_hand(const engine::Actions& actions);
    void search(const lifecycle::StartOperation& call);
    void carry_out(engine::Actions actions);
    void end_by_order();
    void arm(Instant local_deadline);
    void call(const lifecycle::PluginCall& call);
    void begin(const lifecycle::StartOperation& call);
    void effect(const lifecycle::StartOperation& call);
    void finish(const lifecycle::StartOperation& call, lifecycle::Outcome outcome);
    void check_monitor(const lifecycle::CheckMonitor& call);
    void run_script(const lifecycle::RunScript& call);
    void end_node(std::optional<model::FinalAction> action);
    void begin_fence(const lifecycle::FenceOperation& call);
    void shoot(const lifecycle::FenceOperation& call, Duration takes, lifecycle::FenceReport report,
               bool hits);
    void finish_fence(const lifecycle::FenceReport& report);
    Shot aim(NodeId node) const;
    void note_fingerprint(const engine::Actions& actions);
    void end_engine();
    void read_arrived(std::uint64_t life);

    // etcd_host.cpp: the witness that a daemon runs itself, its record in an etcd
    void start_etcd_witness(StartNumber start);
    void to_etcd_witness(const Bytes& datagram);
    void pump_etcd(std::vector<wire::Datagram> out);
    void take_etcd(const EtcdReply& reply);
    void arm_etcd();
    void when_running(std::uint64_t life, std::function<void()> what);

    // guard.cpp: ha-guard, as it is seen from outside
    void tell_guard();
    void arm_guard(Instant local_due);
    void look_as_guard();
    void drop_at_guard(ResourceId resource) { guard_.severed.erase(resource); }
    void tell_of_severing();
    bool needs_watchdog() const;
    bool is_severable(GroupId group) const;
    void tell_watchdog();
    void stop_feeding();

    /// What outlives the daemon, and not the machine.
    struct Guard {
        Instant lease_end;                       ///< as the page says, by our clock
        Duration sever_bound{0};
        std::map<ResourceId, lifecycle::Held> severed;  ///< not stopped or started since
        std::map<ResourceId, Incarnation> cut_off;      ///< was active then; no stop ended since
        Instant due;                             ///< of the timer that is set; zero: none is
        bool is_untold = false;                  ///< the daemon does not know of a severing yet
    };

    World& world_;
    NodeId id_;
    Guard guard_;
    bool has_had_lease_ = false;                 ///< this daemon
    HostState state_ = HostState::off;
    Clock clock_;
    BootId boot_;
    Disk disk_;
    test::ToyCrypto crypto_;
    std::unique_ptr<Recorded> recorded_;  ///< of this life, on the node that is recorded
    std::unique_ptr<engine::Engine> engine_;
    test::ToyCrypto etcd_crypto_;
    std::unique_ptr<membership::SharedWitness> etcd_witness_;  ///< null: there is no etcd
    std::vector<std::function<void()>> etcd_waiting_;          ///< came while paused
    std::uint64_t etcd_timer_ = 0;
    std::vector<lifecycle::Held> run_record_;
    std::map<ResourceId, Active> active_;
    std::map<OperationId, lifecycle::StartOperation> under_way_;
    std::map<OperationId, Active> begun_;  ///< starts, as described when they began
    std::deque<engine::Input> queued_;   ///< arrived while paused
    std::vector<engine::DatagramReceived> arrived_;  ///< and not read yet
    std::uint64_t life_ = 0;             ///< of the daemon
    model::NodeOrder order_ = model::NodeOrder::none;  ///< taken by it
    std::uint64_t timer_ = 0;
    std::uint64_t request_next_ = 0;
    bool is_store_made_ = false;
    bool is_store_failed_ = false;
};

}  // namespace ha::sim
