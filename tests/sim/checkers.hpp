// Checkers: objects that watch all machines from outside and say when an invariant of the design is
// broken. They see what runs, not what the engines believe.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/node_set.hpp"
#include "application.hpp"
#include "host.hpp"
#include "model/state.hpp"

namespace ha::sim {

using Hosts = std::vector<std::unique_ptr<Host>>;

/// Two histories are possible: two nodes that only ask outside, or nobody. Everywhere else, in
/// clusters with a majority, with a witness, and with `fencing`, no check below is any weaker.
bool is_weak(const model::ClusterSpec& spec);

/// The newest lone run or recovery that this node's state knows of; none where only one history is
/// possible.
ViewMarkId history_of(const Host& host, const model::ClusterSpec& spec);

/// Invariant 1: no group is active on two machines, whatever their daemons do (safety.md F8, F37).
/// Where there is no guard, a machine whose daemon is stopped or dead has nobody who could sever
/// there: it is left out until the daemon has had the sever bound after a pause, or a lease's
/// length after a start. A group that requires fencing is never active on two
/// machines, whatever becomes of daemons and guards.
class OneOwner {
   public:
    /// `excuse`: two owners are possible now by the policy, and found by TwoOwners.
    std::string check(const Hosts& hosts, const model::ClusterSpec& spec,
                      bool is_world_excused) const;
};

class World;

/// cluster.md 3 and 6, for two nodes. Two owners are possible under `none`, and under `ping` and
/// `http` only when both reached a target since they lost each other; and when the nodes meet
/// again, they are found and resolved within a bound.
class TwoOwners {
   public:
    /// The target answered this node.
    void reached(NodeId node) { reached_.insert(node); }
    bool excuse(World& world, const model::ClusterSpec& spec);
    std::string check(World& world, const model::ClusterSpec& spec);

   private:
    NodeSet reached_;                    ///< since all was well for the last time
    std::optional<Instant> whole_since_;
    std::optional<Instant> dual_since_;  ///< with nothing in the way of resolving it
};

/// Invariant 2: two fully exclusive groups are never active on one machine.
class FullExclusion {
   public:
    std::string check(const Hosts& hosts, const model::ClusterSpec& spec) const;
};

/// Like invariant 2, of what a node has room for: what the groups that are active on a machine use
/// of a capacity is never more than it has.
class WithinCapacity {
   public:
    std::string check(const Hosts& hosts, const model::ClusterSpec& spec) const;
};

/// Invariant 3: all engines that applied an entry have the same state after it, for ever, and no
/// engine's position goes back.
class SameHistory {
   public:
    std::string check(const Host& host, const model::ClusterSpec& spec);
    void forget_position(NodeId node) { positions_.erase(node); }
    /// The node gives its history up: it may go back once, into the other one.
    void gives_up(NodeId node) { giving_up_.insert(node); }

   private:
    struct Position {
        ViewMarkId history;
        LogIndex index;
    };
    /// Claimed for `majority` and `fencing` (safety.md F7); under weak policies for each history.
    std::map<std::pair<ViewMarkId, LogIndex>, std::uint64_t> digests_;
    std::map<NodeId, Position> positions_;
    NodeSet giving_up_;
};

/// No machine that takes part is hit by a shot: it was lost when that was decided (safety.md F22).
/// Who takes part is what the newest entry says that anybody has ever applied: the machines that
/// have applied it may all be off when the shot falls, and the victim's own state be an old one.
class NoLateShot {
   public:
    /// To be called after every step of a host.
    void learn(const Host& host, const model::ClusterSpec& spec);
    /// The shot's history is none where there is only one. Under a weak policy the victim may have
    /// a history of its own, in which it takes part. The shot is another's: only that history, or
    /// one that came of it, says who does. One of two that shoots by its own word has the victim
    /// as taking part still; it must not work together with it.
    std::string check(const Shot& shot, const Host& by) const;

   private:
    struct Newest {
        LogIndex index;
        std::set<ViewMarkId> marks;
        std::map<NodeId, StartNumber> taking_part;
    };
    std::map<ViewMarkId, Newest> histories_;
};

/// Of two nodes that lost each other at the same time one is left, whatever each of them knows of
/// what the other has: one waits for longer than the other's shot may take (safety.md F22).
class OneSurvivor {
   public:
    void told(const Host& host, const Event& event, Instant at);
    /// A machine that was on is switched off by it.
    std::string hit(const Shot& shot, Instant at, const model::ClusterSpec& spec);

   private:
    struct Decision {
        Instant at;
        Duration silence{0};                ///< how long the other was silent then
        std::string order;                  ///< of the two, as it thinks
        Instant hit_at;
    };
    std::map<NodeId, Decision> newest_;     ///< by who shoots
};

/// Epochs: an incarnation of a group is started on one node only, and never after a higher one was.
/// Two histories number alike (safety.md F7 e), so it is that for each of them; and no node ever
/// starts less than it has started before, whatever became of the history that it had then.
class FencingEpoch {
   public:
    std::string started(NodeId node, GroupId group, const Epoch& epoch, ViewMarkId history);

   private:
    std::map<std::pair<ViewMarkId, GroupId>, Epoch> highest_;
    std::map<std::pair<NodeId, GroupId>, Epoch> highest_here_;
};

/// Election safety: a term has one leader.
class OneLeader {
   public:
    std::string check(const Host& host, const model::ClusterSpec& spec);

   private:
    std::map<std::pair<ViewMarkId, Term>, NodeId> leaders_;
};

/// The journal replays to the same decision: whoever planned a batch that was committed comes to
/// the same commands again from what its journal kept. A takeover names its trigger and evidence,
/// and nothing in an entry is earlier than what it waits for.
class JournalReplays {
   public:
    std::string check(const Host& host);
    /// The daemon was started anew, with an empty journal.
    void forget(NodeId node) { seen_.erase(node); }

   private:
    std::map<NodeId, LogIndex> seen_;  ///< newest input that was replayed
};

/// Invariant 7: automatic reboots never exceed the limit. A machine that is well for the time that
/// lets it count anew begins a new row of them.
class RebootLimit {
   public:
    std::string rebooted(Instant now, NodeId node, const model::ClusterSpec& spec);
    /// An operator let it count anew, or its store forgot something.
    void forget(NodeId node) { rows_.erase(node); }
    /// The next one of this daemon may be a reset for safety, which no limit holds back, and which
    /// counts for those that come after it (safety.md F24).
    void expect_reset(NodeId node) { rows_[node].is_reset_next = true; }
    void daemon_started(NodeId node) { rows_[node].is_reset_next = false; }

   private:
    struct Row {
        std::uint32_t count = 0;
        Instant last;
        bool is_reset_next = false;
    };
    std::map<NodeId, Row> rows_;
};

/// What a monitor does: nothing to what is frozen, to what it does not look at because it is
/// paused, and to a group that is being started or stopped.
class RecoveryAllowed {
   public:
    std::string told(const Host& host, const Event& event) const;
};

/// Invariant 6: what has not come back holds up nothing that does not depend on it. A resource that
/// could be begun, and is not, in two looks in a row, is held up by something else.
class NothingHeldUp {
   public:
    std::string look(const Host& host);
    void forget(NodeId node) { waiting_.erase(node); }

   private:
    std::map<NodeId, std::map<ResourceId, int>> waiting_;
};

/// The witness acknowledges only what was durable on some node before it was told of it (F10).
class WitnessAfterDisks {
   public:
    void landed(const wire::StoreBatch& batch);
    std::string took(Term term, LogIndex last) const;

   private:
    std::set<std::pair<Term, LogIndex>> durable_;
};

/// The configuration of every node is one that somebody asked for, whole (G18: old or new, never
/// mixed).
class WholeSpec {
   public:
    void asked(const model::ClusterSpec& spec);
    std::string check(const Host& host);
    void forget(NodeId node) { seen_.erase(node); }

   private:
    std::set<std::uint64_t> digests_;
    std::map<NodeId, SpecRevision> seen_;
};

/// What a node runs as owner is what the configuration says: nothing is changed under itself.
class RunsAsConfigured {
   public:
    std::string check(const Host& host) const;
};

/// cluster.md 6: what somebody started by hand is known to the cluster within a bound, and where
/// another node owns the group it is stopped within it, or its node has become the owner. The clock
/// stands while something keeps its node from that: a lost lease, plugins in trouble, an operator's
/// word that nothing is to be done; and it begins anew with each owner. And nothing is stopped as
/// somebody else's where nothing of it is active.
class ByHand {
   public:
    std::string check(World& world);
    std::string told(const Host& host, const Event& event);

   private:
    struct Since {
        Instant at;
        NodeId owner;
        Incarnation incarnation;
    };
    std::map<std::pair<NodeId, ResourceId>, Since> since_;
    std::set<std::pair<NodeId, std::string>> expelled_;  ///< groups that are being stopped, by name
};

struct Checkers {
    ByHand by_hand;
    RebootLimit reboot_limit;
    RecoveryAllowed recovery_allowed;
    NothingHeldUp nothing_held_up;
    WitnessAfterDisks witness_after_disks;
    WholeSpec whole_spec;
    RunsAsConfigured runs_as_configured;
    OneLeader one_leader;
    OneOwner one_owner;
    TwoOwners two_owners;
    FullExclusion full_exclusion;
    WithinCapacity within_capacity;
    SameHistory same_history;
    FencingEpoch fencing_epoch;
    JournalReplays journal_replays;
    NoLateShot no_late_shot;
    OneSurvivor one_survivor;
    Application application;
};

}  // namespace ha::sim
