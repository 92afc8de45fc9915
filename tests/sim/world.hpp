// The simulated world: machines, network, faults, checkers and the trace, under one virtual time.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "checkers.hpp"
#include "etcd_host.hpp"
#include "host.hpp"
#include "model/spec.hpp"
#include "network.hpp"
#include "options.hpp"
#include "witness_host.hpp"

namespace ha::sim {

class World {
   public:
    explicit World(const Options& options);
    Verdict run();

    // For scenarios: no faults but those that they make.
    void begin();
    /// False when an invariant broke.
    bool run_for(Duration time);
    const Verdict& verdict() const { return verdict_; }
    Host* leader();

    Queue& queue() { return queue_; }
    Random& random() { return random_; }
    Network& network() { return network_; }
    const model::ClusterSpec& spec() const { return spec_; }
    const Options& options() const { return options_; }
    std::vector<std::unique_ptr<Host>>& hosts() { return hosts_; }
    Host& host(NodeId id) { return *hosts_[id.value - 1]; }
    WitnessMachine* witness() { return witness_.get(); }  ///< null: the configuration names none
    EtcdHost* etcd() { return etcd_; }           ///< the same, if it is one
    Checkers& checkers() { return checkers_; }

    void fail(const std::string& what);
    void told(const Host& host, const Event& event);
    void after_step(const Host& host);
    void note(const std::string& what);          ///< a fault or an operator's deed, for the trace
    bool has_guards() const { return ha::sim::has_guards(options_); }
    bool has_watchdogs() const { return ha::sim::has_watchdogs(options_); }
    /// Two nodes may both go on alone, and then one history is given up, with what was in it.
    bool has_checkpoints() const { return options_.seed % 4 == 2 && !options_.two_node; }
    /// Every third world lives on snapshots: its seconds are too few for logs of the usual length.
    std::uint64_t log_entries_max() const {
        const auto nth = options_.seed / 4;
        return nth % 3 == 0 ? 4 + nth % 61 : k_limit_log_entries;
    }
    bool is_quiet() const { return is_quiet_; }  ///< the end of the run: no new faults
    void count_start() { verdict_.starts++; }
    /// The world outside of both nodes.
    void ask_tie_breaker(Host& host, const engine::TieBreakerQuestion& question);
    /// A fence device cuts this machine off; the shot is at that start of its daemon, and was
    /// decided in that history.
    void hit(const Shot& shot);

   private:
    void schedule_faults();
    void one_fault();
    void one_network_fault(std::uint32_t kind);
    void one_host_fault(std::uint32_t kind);
    void trouble_monitors(Host& host, Duration time);
    void one_witness_fault(std::uint32_t kind);
    void one_request();
    void one_operation();
    void look_for_held_up();
    void write_checkpoints();
    void undo_operations();
    void start_groups();
    Host& any_running_host();
    void one_fence_request();
    void spoil_fences(Host& host, Duration time);
    void one_mode_request(Host& host);
    void one_change();
    void one_order();
    void storm_an_election();
    void watch_for_leader(Host* first, Instant until);
    void lose_site_power();
    void heal_by_half();
    void hang_unfenced();
    void forget_an_entry();
    void answer_late();
    void forget_promises();
    void split_the_vote();
    void cut(NodeId a, NodeId b, bool is_cut);
    void heal_after(Duration time);
    Host* owner_beside_leader();
    void choose_software();
    void start_by_hand();
    void change_software(Host& host);
    void upgrade_all();
    std::string check_version(const Host& host) const;
    void lose_target();
    void split_with_target();
    void start_one_cold();
    void part_during_a_move();
    void watch_for_move(Instant until);
    void each_way(const std::function<void(LinkFaults&)>& change);
    void lose_majority();
    void calm_down();
    void wake(Host& host);
    void ask_to_recover();
    void recovered(const Host& lone);
    void bring_back(Host& host, bool is_wiped);
    void wait_for_joining(Instant until);
    void heal_everything();
    bool is_shot_waited_for() const;
    void check_recovered();
    void check_witness(const Host& leader);
    void gives_up_history(const Host& host);
    std::string owners() const;
    void trace_line();


    Options options_;
    Queue queue_;
    Random random_;
    model::ClusterSpec spec_;
    Network network_;
    std::vector<std::unique_ptr<Host>> hosts_;
    std::unique_ptr<WitnessMachine> witness_;
    EtcdHost* etcd_ = nullptr;
    Checkers checkers_;
    Verdict verdict_;
    bool is_quiet_ = false;
    std::uint64_t faults_allowed_ = 0;     ///< swarm: a random subset of kinds per seed
    std::optional<std::uint32_t> fault_often_;
    std::uint32_t stores_damaged_ = 0;
    std::set<ViewMarkId> lone_runs_;       ///< by the mark that each of them left
    std::string last_line_;
    std::string settled_owners_;
    /// The majority is lost for good, and an operator mends that.
    struct MajorityLoss {
        NodeId lone;
        std::set<NodeId> lost;
        StoreId store_before;              ///< of the one that is left
        int crashes = 0;
        bool is_recovered = false;
        bool is_over = false;              ///< all have joined again
    };
    std::optional<MajorityLoss> loss_;
    std::map<NodeId, bool> target_cut_;    ///< the node does not reach the tie breaker's target
};

/// A random cluster of the kind that the options ask for: 2 to 5 nodes, 1 or 2 interconnects, some
/// groups with dependencies.
model::ClusterSpec random_spec(Random& random, const Options& options);

}  // namespace ha::sim
