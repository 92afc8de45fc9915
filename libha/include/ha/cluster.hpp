// Cluster: this program's membership in a cluster, as one object.
//
// Several may live in one process. All functions may be called from any thread, also while another
// one calls stop(); only the destructor has to be alone. What waits for callbacks says so, and is
// refused in one. Failures are thrown as ha::Error.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ha/error.hpp"
#include "ha/insight.hpp"
#include "ha/notice.hpp"
#include "ha/options.hpp"
#include "ha/status.hpp"

struct ha_plugin_factory;

namespace ha {

/// What became of a request; the text is a sentence either way.
struct Outcome {
    bool ok = false;
    ErrorCode code = ErrorCode::invalid;  ///< when not ok
    std::string text;
};
using OnDone = std::function<void(const Outcome&)>;

struct ApplyOptions {
    /// It is taken back unless config_confirm() is called within this time; zero: it stays.
    std::chrono::nanoseconds confirm_within{0};
    /// Groups whose resources change are stopped for it, and started again. Without this such a
    /// change is refused.
    bool may_stop_groups = false;
};

class Cluster {
   public:
    /// Reads configuration and key and loads plugins; nothing runs yet.
    explicit Cluster(Options options);
    /// As stop().
    ~Cluster();
    Cluster(const Cluster&) = delete;
    Cluster& operator=(const Cluster&) = delete;

    /// Types of the program itself; before start(). The factory lives as long as the program.
    void register_type(const ha_plugin_factory* factory);
    /// Opens the store, makes the threads, and begins to take part. Not in a callback.
    void start();
    /// Hands all groups over, stops what is left, and tells the others; waits, not in a callback.
    /// False: not complete within `timeout`, and still going on, or ended by stop().
    bool leave(std::chrono::nanoseconds timeout, const std::string& reason = "asked to leave");
    /// Ends at once: to the others this node falls silent. What runs here goes on running, for a
    /// later start of this node to go on with. Waits for the disk and, within
    /// Options::callback_grace, for callbacks; not in a callback.
    void stop();

    /// Waits for the engine, which never blocks.
    Status status() const;
    /// The group's checkpoint by names of sections, as far as this node knows: where the group has
    /// started, all that earlier activations had been told is written.
    std::vector<SectionStatus> checkpoint(const std::string& group) const;
    /// Numbered above `after`, oldest first; waits up to `wait` when there is none.
    std::vector<Notice> notices(std::uint64_t after, std::size_t count_max,
                                std::chrono::nanoseconds wait = {}) const;
    /// This node holds the group at exactly this epoch, and its lease still runs.
    bool epoch_valid(const std::string& group, const EpochValue& epoch) const;

    /// Why the group is where it is, and why not elsewhere.
    Explanation explain(const std::string& group) const;
    /// What the planner would do with the groups of this node if it died now, and which groups
    /// nothing could run.
    std::vector<Explanation> simulate_kill(const std::string& node) const;
    /// What a request would do; changes nothing. Refused as the request would be.
    Rehearsal rehearse(const Operation& operation) const;
    /// What would become of the groups if these things happened one after the other, each with
    /// everything that follows from it: groups that would change their place or be blocked.
    std::vector<Explanation> simulate(const std::vector<Supposed>& events) const;
    /// The configuration in force, every default spelt out, secrets hidden.
    std::string config_text() const;
    /// Everything that is wrong with a configuration, checked against the types that are loaded
    /// here. `name` is that of its file.
    ConfigReport config_check(const std::string& text, const std::string& name) const;

    /// What the configuration in force promises about each group, and what was measured.
    std::vector<GroupSafety> config_safety() const;

    // Requests. `done` is called exactly once, on the callback thread, or never when the request
    // throws. A name that is not in the configuration is thrown as not_found. They wait for the
    // engine alone, so a callback may make them. Empty node: the policy decides.
    void group_start(const std::string& group, const std::string& node, OnDone done);
    void group_stop(const std::string& group, OnDone done);
    /// With a deadline it goes back, if it still can, unless it is online there by then. With `ban`
    /// the node that it leaves is not given it again until its ban_expiry is over.
    void group_move(const std::string& group, const std::string& node, OnDone done,
                    std::chrono::nanoseconds deadline = {}, bool ban = false);
    /// As if its node had failed: scripts and counters are told so.
    void group_failover(const std::string& group, const std::string& node, OnDone done);
    /// While it is frozen nothing is done about it, whatever happens.
    void group_freeze(const std::string& group, bool on, OnDone done);
    void group_restart(const std::string& group, OnDone done);
    void group_clear(const std::string& group, const std::string& node, OnDone done);
    void resource_restart(const std::string& resource, OnDone done);
    /// Of a group that runs on: with what it needs; with what depends on it. A resource that is
    /// stopped so stays stopped until the group is started anew.
    void resource_start(const std::string& resource, OnDone done);
    void resource_stop(const std::string& resource, OnDone done);
    /// Writes a section of the group's checkpoint: what its next activation, here or elsewhere,
    /// finds when it starts, up to 16 KiB a section, 64 of them and 256 KiB in the cluster. `done`
    /// with ok: it is in the log of a majority and can be read here. It is fenced: a write of an
    /// activation that is over is refused, however late it comes. No epoch: of the activation that
    /// runs on this node. With `expected` only if the section has that version; 0: if there is
    /// none. A write that failed with `unavailable` may take place later, unless it names one.
    void checkpoint_write(const std::string& group, const std::string& section,
                          const std::string& data, OnDone done,
                          std::optional<std::uint64_t> expected = {}, const EpochValue& epoch = {});
    void checkpoint_erase(const std::string& group, const std::string& section, OnDone done,
                          const EpochValue& epoch = {});
    void node_maintenance(const std::string& node, bool on, OnDone done);
    /// Makes a node harmless with its fence devices, whether it is lost or not.
    void node_fence(const std::string& node, OnDone done);
    /// Says that this start of the node, which is down, is off (NodeStatus::start): what it owned
    /// may start elsewhere. Refused while anybody has heard it lately.
    void node_confirm_off(const std::string& node, std::uint64_t start, OnDone done);
    /// in_service; maintenance: gets nothing new; standby: its groups are moved away as well;
    /// isolated: it votes and takes no group, for a reason that has to be given.
    void node_mode(const std::string& node, const std::string& mode, const std::string& reason,
                   OnDone done);
    /// Empty: all monitors. `left`: for so long; 0: until it is resumed.
    void monitor_pause(const std::string& monitor, bool paused, OnDone done,
                       std::chrono::nanoseconds left = {});
    /// For a drill: it says "bad", whatever it sees. Empty, to end it: all.
    void monitor_inject(const std::string& monitor, bool on, OnDone done,
                        std::chrono::nanoseconds left = {});
    /// All timeouts are `ratio` times as long, for `left`, at most 30 days; 1 ends it.
    void timeout_ratio(std::uint32_t ratio, std::chrono::nanoseconds left, OnDone done);
    /// The node begins to count its automatic reboots anew.
    void reboots_reset(const std::string& node, OnDone done);
    /// Replaces the configuration of the whole cluster. What runs is never changed under itself:
    /// see ApplyOptions, and config_check() for what it would do.
    void config_apply(const std::string& text, const std::string& name, OnDone done) {
        config_apply(text, name, ApplyOptions{}, std::move(done));
    }
    void config_apply(const std::string& text, const std::string& name, const ApplyOptions& how,
                      OnDone done);
    /// The configuration that is on trial stays.
    void config_confirm(OnDone done);
    /// The one before it returns now; or a change that waits for groups to stop is given up.
    void config_revert(OnDone done);
    /// Has a node, or all of them (empty), hand over what it runs, tell that it leaves, and then do
    /// `order`. Refused when the nodes that stay would be no quorum, unless that is meant.
    void service_order(const std::string& node, ServiceOrder order, bool may_lose_quorum,
                       OnDone done);
    /// Groups run on, and nothing is placed or recovered, until it is resumed. A node that loses
    /// its lease still ends what it runs.
    void cluster_suspend(bool on, OnDone done);
    /// Founds a cluster of this node alone; the others join it.
    void cluster_init(OnDone done);
    /// Of two nodes: this one goes on without the other, which is off, as the caller says. It is
    /// believed only when that node was not heard for a while.
    void cluster_go_alone(const std::string& without, OnDone done);
    /// The majority is gone for good: this node goes on alone, as another store. `off` names each
    /// other node, and says that it is off. What they had agreed on without this node is lost, and
    /// what they owned is started here. Each is Status::fork_risk until it has joined anew; one
    /// that comes back with its old store saves it, and is made anew by itself.
    ///
    /// Answered when it is durable. Refused while there is a quorum, and while one of them is heard
    /// or was within 10 x heartbeat_timeout, of which this process must have listened all.
    /// Throws Error (not_found) when a name is not in the configuration.
    void cluster_recover(const std::vector<std::string>& off, OnDone done);
    /// Begins a new record at the witness: it was restored from a copy, or is another cluster's.
    /// Refused without a majority of the nodes.
    void witness_renew(OnDone done);

    /// Makes a request and waits for its outcome; in vain in a callback of the same cluster:
    ///     wait([&](auto done) { cluster.group_stop("db", done); })
    static Outcome wait(const std::function<void(OnDone)>& request,
                        std::chrono::nanoseconds timeout = std::chrono::seconds(30));

   private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Makes a key file for a new cluster, mode 0600; never overwrites one.
void write_new_key_file(const std::string& path);

}  // namespace ha
