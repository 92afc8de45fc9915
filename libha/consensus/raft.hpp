// Raft: one node's part in electing a leader and replicating the log, as a value that is fed.
//
// After Ongaro, "Consensus: Bridging Theory and Practice" (2014), with pre-vote (9.6), check-quorum
// (6.2, last paragraph), leadership transfer (3.10), changes of one voter at a time (4.1-4.3, and
// the correction of 2015: none before an entry of the leader's own term is committed), and
// snapshots of the whole document (chapter 5). Numbers in comments are sections of that text.
//
// What our case changes. (1) There is no election timer: who is there is the failure detector's
// business. A node that follows a leader it is in contact with never stands, and refuses votes to
// others; a leader that is not in contact with a quorum steps down at once. (2) Candidates stand
// one after the other, by rank (safety.md F33). (3) A voter is (node, store): votes and
// acknowledgements of another store than the voters entry names count for nothing (F9).
//
//                         +-----------------------------------------------+
//                         | contact with its leader, or a higher term     |
//   learner               v                                               |
//     |  ^         +-> follower --- delay over ---> pre_candidate --+      |
//     |  |         |      |  ^                        |    ^        | pre-votes
//     v  |         |      |  +------------------------+    |        v      |
//   [settle_role]  |      |                     round over |    candidate -+
//   its voters     |      +------- TimeoutNow -------------+------> |
//   entry decides  |                                                | votes, own vote durable
//                  +---- higher term, no quorum in contact ---- leader
//
//   learner <-> follower [settle_role]   * -> follower [become_follower]
//   follower -> pre_candidate [become_pre_candidate]
//   pre_candidate -> candidate [become_candidate]    candidate -> leader [become_leader]
//   follower -> candidate [become_candidate, after TimeoutNow]
//
// The witness (k_witness_node, safety.md F10) is a voter like any other in all that counts votes.
// It differs in what it is sent: not entries but where our durable log ends, and only while the
// nodes in contact are no quorum without it; then alone do its acknowledgements count. See
// witness.cpp.
//
// Invariants:
// 1. A term never falls, and holds at most one vote of this store; both are durable before anybody
//    hears of the vote.
// 2. A leader's own vote and own entries count only once they are durable; it may commit on the
//    acknowledgements of others alone.
// 3. delivered <= committed <= last_index(); nothing committed is ever truncated here.
// 4. Only entries of its own term are committed by counting (3.6.2).
// 5. At most one uncommitted voters entry; it differs from the one before by one voter. A node that
//    goes on alone (go_alone) is excepted: its entry is behind whatever it had.
// 6. What is sent with `after` = n must not leave before write n is durable.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/ids.hpp"
#include "base/node_set.hpp"
#include "base/random.hpp"
#include "base/reflect.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "consensus/log.hpp"
#include "consensus/peer.hpp"
#include "wire/messages.hpp"
#include "wire/store.hpp"

namespace ha::consensus {

/// Entries a leader takes that are not yet committed, or not durable here; more are refused until
/// some are.
inline constexpr std::size_t k_limit_uncommitted_entries = 1024;
/// Payload of one append message: with headers it fits one datagram. A larger entry travels alone.
inline constexpr std::size_t k_limit_append_bytes = 1100;
inline constexpr std::size_t k_limit_append_entries = 128;
/// A node may become a voter when it lacks at most so many entries.
inline constexpr std::uint64_t k_limit_voter_lag_entries = 64;
/// Jitter doubles with each failed round up to this (safety.md F33).
inline constexpr std::uint32_t k_limit_failed_rounds = 5;
/// And however slow the disks are: whoever waits does not learn that they have become fast again,
/// and nobody else may be left that could stand.
inline constexpr Duration k_limit_candidacy_jitter = 8s;
/// A leader that is in contact, but has not led for so many keepalives, is none.
inline constexpr int k_missed_keepalives_max = 4;

enum class Role : std::uint8_t { learner, follower, pre_candidate, candidate, leader };
const char* to_string(Role role) noexcept;

struct Options {
    NodeId self;
    StoreId store;
    /// Place in the order of candidates; 0 stands first. Two nodes should not share one.
    std::uint32_t rank = 0;
    /// Distance between two candidates of neighbouring rank; at least the time a vote takes with
    /// its durable write (p99), else the next one stands while the first is still being elected.
    Duration election_step{10'000'000};
    /// Unanswered messages are repeated after this; above the round trip with a durable write.
    Duration resend{50'000'000};
    /// The same for a whole document, which takes many datagrams.
    Duration snapshot_resend{5'000'000'000};
    /// A leader with nothing to say says so this often. It finds no failures (the detector does);
    /// it mends what a lost message left behind.
    Duration keepalive{1'000'000'000};
    Seed seed{};
    /// False: the store lost what it had promised (F9). It casts no vote and its acks are void.
    bool may_vote = true;
};

struct Outgoing {
    NodeId to;
    wire::ConsensusMessage message;
    std::uint64_t after = 0;  ///< durable write that must be done before; 0: none
};

/// What to do, in this order: persist, then send (see Outgoing), then apply.
struct Output {
    std::uint64_t persist_number = 0;  ///< 0: nothing to make durable; else one more than the last
    wire::StoreBatch persist;
    std::vector<Outgoing> send;
    std::optional<wire::Snapshot> restored;  ///< replaces the document, before `committed`
    std::vector<wire::LogEntry> committed;   ///< in order, each once
    std::optional<ClusterId> cluster;        ///< learnt: this node belongs to that cluster now
};

/// What a node tells of itself in its heartbeats.
struct Standing {
    Term term;
    NodeId leader;
    LogIndex committed;
};

class Raft {
 public:
    /// For recordings (base/archive.hpp).
    auto members() {
        return reflect::fields(options_, random_, now_, reachable_, learners_, cluster_, term_,
                               voted_for_, log_, committed_, delivered_, role_, leader_,
                               leader_heard_at_, votes_, failed_rounds_, election_at_, peers_,
                               transfer_to_, transfer_until_, transfer_resend_at_, pending_,
                               restored_, is_ballot_changed_, is_cluster_changed_, number_,
                               durable_number_, ballot_number_, has_diverged_, has_given_up_,
                               store_anew_, refused_count_);
    }

    /// `recovered`: what this node's store held when it was opened. The document of its snapshot is
    /// the caller's to restore; entries after it are delivered again when they are known committed.
    Raft(const Options& options, const wire::StoreState& recovered, Instant now);

    // Inputs. `now` never goes back. After any of them: take_output().
    void receive(Instant now, NodeId from, const wire::ConsensusMessage& message);
    /// Nodes in two-sided contact by the detector, and the witness if it answers; self is implied.
    void set_reachable(Instant now, const NodeSet& reachable);
    /// A heartbeat of `from`: tells at once that a node leads no more, or missed a commit.
    void observe(Instant now, NodeId from, const Standing& standing);
    void tick(Instant now);
    /// Writes up to `number` are durable.
    void persisted(Instant now, std::uint64_t number);

    /// Nodes that get the log without a vote; voters may be among them.
    void set_learners(Instant now, const NodeSet& learners);
    void set_rank(std::uint32_t rank) { options_.rank = rank; }
    /// Of the next delay; one that runs already is not changed.
    void set_election_step(Duration step);
    /// The store turned out to have forgotten something (F9): from now on as may_vote = false.
    void lose_vote(Instant now);
    /// The first document of a cluster (safety.md D3), on a node that has none.
    Result<void> found(Instant now, ClusterId cluster, const wire::Snapshot& snapshot);

    /// Leader only. A voters payload must differ from voters() by one voter added or removed.
    Result<LogIndex> propose(Instant now, wire::EntryKind kind, Bytes payload);
    /// Hands leadership to a voter. Until that is over, or given up, nothing can be proposed.
    Result<void> transfer_leadership(Instant now, NodeId to);
    /// This store alone is the view from now on, and `commands` are its first entry, in a term
    /// that is `term_step` higher. The caller has made sure that nobody else may go on (safety.md
    /// F7, D4); nothing here could. This node leads as soon as that is durable.
    void go_alone(Instant now, std::uint64_t term_step, Bytes commands);
    /// The same without a majority that is gone for good (safety.md D4): in the same write this
    /// becomes the store `anew`, which may vote, whatever the old one had forgotten.
    void recover(Instant now, std::uint64_t term_step, const StoreId& anew, Bytes commands);
    /// The history here is given up for that of another node (F7): until its document comes this
    /// store votes for nobody and acknowledges nothing; with it, it becomes the store `anew`, which
    /// is in no list of voters yet.
    void give_up_history(Instant now, const StoreId& anew);
    bool has_given_up() const { return has_given_up_; }
    /// The history here is the one that counts, whatever a leader of the other one has sent, and
    /// also when it had been given up and no document has come yet.
    void keep_history(Instant now);
    /// The document as of `index`, which has been delivered: everything before it may go.
    void compact(LogIndex index, Bytes document);

    /// What the witness kept of the log of a leader that is gone: taken if it is newer than ours
    /// (safety.md D6). `entries` follow the snapshot without a gap.
    bool adopt(Instant now, const std::optional<wire::Snapshot>& snapshot,
               const std::vector<wire::LogEntry>& entries);

    Output take_output();
    Instant next_deadline() const;

    // Queries.
    Role role() const { return role_; }
    bool is_leader() const { return role_ == Role::leader; }
    Term term() const { return term_; }
    NodeId leader() const { return leader_; }  ///< none: unknown
    const StoreId& store() const { return options_.store; }
    ClusterId cluster() const { return cluster_; }
    LogIndex committed() const { return committed_; }
    LogIndex last_index() const { return log_.last_index(); }
    Term last_term() const { return log_.last_term(); }
    LogIndex durable() const { return log_.durable(); }
    std::span<const wire::LogEntry> entries_after(LogIndex index) const;
    const std::vector<wire::Voter>& voters() const { return log_.voters(); }
    /// Their nodes, in the same order; valid until the log changes.
    const std::vector<NodeId>& voter_nodes() const { return log_.voter_nodes(); }
    LogIndex voters_index() const { return log_.voters_index(); }
    bool is_voter() const;  ///< this node, with this store
    /// Who may vote by any list that may count: while the newest is not known committed here, the
    /// one before it is another.
    NodeSet possible_voters() const;
    bool is_voters_change_under_way() const { return log_.voters_index() > committed_; }
    bool is_transferring() const { return static_cast<bool>(transfer_to_); }
    bool has_committed_in_term() const;
    /// Leader: the nodes in contact are no quorum without the witness.
    bool is_witness_needed() const;
    /// Leader: newest entry known durable on `node`; none if unknown.
    LogIndex match_of(NodeId node) const;
    /// Leader: the store that `node` answered with in this term; none if it has not, or lost its
    /// own.
    StoreId store_of(NodeId node) const;
    /// Does our log have this entry (of an index that is not compacted away)?
    bool holds(LogIndex index, Term term) const { return log_.holds(index, term); }
    LogIndex snapshot_index() const { return log_.snapshot().index; }
    const wire::Snapshot& snapshot() const { return log_.snapshot(); }
    std::size_t entries_since_snapshot() const { return log_.entries_since_snapshot(); }
    std::size_t bytes_since_snapshot() const { return log_.bytes_since_snapshot(); }
    /// A leader's log contradicted what is committed here: two histories. Nothing more is taken
    /// from leaders, and it votes no more.
    bool has_diverged() const { return has_diverged_; }
    /// Messages that made no sense and were dropped.
    std::uint64_t refused_count() const { return refused_count_; }

 private:
    // role.cpp
    void become_follower(Instant now, Term term, NodeId leader);
    void become_pre_candidate(Instant now);
    void become_candidate(Instant now, bool is_transfer);
    void become_leader(Instant now);
    void settle_role();
    bool is_electable() const;
    void arm_candidacy(Instant now);
    void drop_leader(Instant now);
    Duration candidacy_jitter();
    bool may_stand() const;
    bool has_live_leader() const;
    void check_election(Instant now);
    void send_vote_requests(bool is_pre, bool is_transfer);
    void on_leader_heard(Instant now, NodeId leader);

    // receive_*.cpp: one message each; terms below ours are answered there
    void on_message(Instant now, NodeId from, const wire::VoteRequest& request);
    void on_message(Instant now, NodeId from, const wire::VoteReply& reply);
    void on_message(Instant now, NodeId from, const wire::AppendRequest& request);
    void on_message(Instant now, NodeId from, const wire::AppendReply& reply);
    void on_message(Instant now, NodeId from, const wire::SnapshotRequest& request);
    void on_message(Instant now, NodeId from, const wire::SnapshotReply& reply);
    void on_message(Instant now, NodeId from, const wire::TimeoutNow& message);
    void on_message(Instant now, NodeId from, const wire::WitnessAppend& message);
    void on_message(Instant now, NodeId from, const wire::WitnessState& state);
    bool may_grant(NodeId from, const wire::VoteRequest& request) const;
    static bool is_well_formed(const wire::AppendRequest& request);
    bool accept_leader(Instant now, NodeId from, Term term);
    void store_entries(const wire::AppendRequest& request, LogIndex previous);
    LogIndex mismatch_hint(LogIndex previous) const;
    void reply_append(NodeId to, bool success, LogIndex match);
    void install_snapshot(const wire::SnapshotRequest& request);
    void replace_history(const wire::SnapshotRequest& request);

    // replicate.cpp: the leader's side
    void settle_peers(Instant now);
    Peer* find_peer(NodeId node);
    const Peer* find_peer(NodeId node) const;
    bool answers_as_voter(const Peer& peer) const;
    void replicate(Peer& peer);
    void send_append(Peer& peer, bool with_entries);
    bool is_end_of_lone_view_volatile() const;
    void send_snapshot(Peer& peer);
    void on_stored(Instant now, Peer& peer, LogIndex index);
    void advance_commit(Instant now);
    void set_committed(LogIndex index);
    void tick_peers(Instant now);
    bool has_quorum_in_contact() const;
    NodeSet voters_in_contact() const;

    // witness.cpp
    LogIndex witness_target() const;
    bool is_witness_waiting(const Peer& peer) const;
    void replicate_witness(Peer& peer);

    // transfer.cpp, propose.cpp
    void tick_transfer(Instant now);
    void try_transfer(Instant now);
    void resign(Instant now);
    const Peer* best_successor() const;
    Result<void> check_voters(ByteView payload) const;
    LogIndex append_own(wire::EntryKind kind, Bytes payload);

    // output.cpp
    enum class Order : std::uint8_t { at_once, when_durable };
    void send(NodeId to, wire::ConsensusMessage message, Order order);
    bool is_reachable(NodeId node) const {
        return node == options_.self || reachable_.contains(node);
    }
    bool may_vote() const;
    bool is_ballot_durable() const;
    StoreId answering_store() const { return may_vote() ? options_.store : StoreId{}; }
    void check_invariants() const;

    struct Pending {
        NodeId to;
        wire::ConsensusMessage message;
        Order order;
    };

    Options options_;
    Random random_;
    Instant now_;
    NodeSet reachable_;
    NodeSet learners_;

    ClusterId cluster_;
    Term term_;
    NodeId voted_for_;
    Log log_;
    LogIndex committed_;
    LogIndex delivered_;

    Role role_ = Role::learner;
    NodeId leader_;
    Instant leader_heard_at_;
    NodeSet votes_;  ///< of (pre_)candidate: granted in this round
    std::uint32_t failed_rounds_ = 0;
    Instant election_at_ = Instant::max();  ///< stand, or give this round up
    std::vector<Peer> peers_;               ///< of leader: sorted by node
    NodeId transfer_to_;
    Instant transfer_until_;
    Instant transfer_resend_at_ = Instant::max();

    std::vector<Pending> pending_;
    std::optional<wire::Snapshot> restored_;
    bool is_ballot_changed_ = false;
    bool is_cluster_changed_ = false;
    std::uint64_t number_ = 0;  ///< of the newest write handed out
    std::uint64_t durable_number_ = 0;
    std::uint64_t ballot_number_ = 0;  ///< write that carries our ballot
    bool has_diverged_ = false;
    bool has_given_up_ = false;
    StoreId store_anew_;  ///< when given up: what this store is to become
    std::uint64_t refused_count_ = 0;
};

}  // namespace ha::consensus
