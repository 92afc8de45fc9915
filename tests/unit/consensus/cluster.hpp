// A cluster of Rafts in virtual time, with a network, disks and a detector of its own. Its verbs
// tell the story of a test; everything is decided by one seed.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "checkers.hpp"
#include "consensus/raft.hpp"

namespace test {

template <class T>
bool ok(const Result<T>& result) {
    return result.has_value();
}

/// How badly the world behaves. Zero everywhere: a quiet one, in which runs can be foretold.
struct World {
    Duration latency{200'000};  ///< of a message
    Duration latency_jitter{0};
    Duration disk{1'000'000};  ///< of a durable write
    Duration disk_jitter{0};
    Duration detection{30'000'000};  ///< until a lost node is out of contact
    Duration contact{2'000'000};     ///< until a new one is in
    Duration heartbeat{10'000'000};
    std::uint32_t loss_ppm = 0;
    std::uint32_t duplicate_ppm = 0;
    std::uint32_t keep_write_ppm = 0;  ///< chance that a write under way survives a crash
};

class Cluster {
 public:
    /// Nodes 1..count, of which the first `voters` vote; all founded with the same document.
    Cluster(std::uint16_t count, std::uint16_t voters, World world = {}, std::uint64_t seed = 1);

    // Verbs.
    void run_for(Duration time);
    /// Runs until the condition holds; false when it does not within `deadline` of virtual time.
    bool run_until(const std::function<bool()>& condition, Duration deadline = 20s);
    void crash(std::uint16_t node);
    void restart(std::uint16_t node);
    /// Restarts with an empty store of another id: a node that was installed anew.
    void restart_wiped(std::uint16_t node);
    /// Restarts from what the disk held `writes` writes ago, and says so or not.
    void restart_older(std::uint16_t node, std::size_t writes);
    void pause(std::uint16_t node, Duration time);
    /// Only nodes of the same part reach each other; those in no part reach nobody.
    void partition(const std::vector<std::vector<std::uint16_t>>& parts);
    void cut(std::uint16_t from, std::uint16_t to);  ///< one direction
    void heal();
    Result<LogIndex> propose(std::uint16_t node, const std::string& text);
    Result<LogIndex> propose_voters(std::uint16_t node, const std::vector<std::uint16_t>& voters);
    Result<void> transfer(std::uint16_t from, std::uint16_t to);
    void compact(std::uint16_t node);
    void set_learners(const std::vector<std::uint16_t>& nodes);
    void lose_vote(std::uint16_t node);
    void go_alone(std::uint16_t node, const std::string& text, std::uint64_t term_step = 1);
    /// As go_alone, as another store.
    void recover(std::uint16_t node, const std::string& text, std::uint64_t term_step = 1000);
    void give_up_history(std::uint16_t node);
    void keep_history(std::uint16_t node);

    // Questions.
    std::uint16_t leader() const;  ///< of the highest term among running ones; 0: none
    bool has_elected() const { return leader() != 0; }
    bool is_up(std::uint16_t node) const { return at(node).raft != nullptr; }
    const Raft& raft(std::uint16_t node) const;
    StoreId store(std::uint16_t node) const { return at(node).disk.store; }
    const wire::StoreState& disk(std::uint16_t node) const { return at(node).disk; }
    bool is_committed_everywhere(LogIndex index) const;
    std::vector<std::string> applied(std::uint16_t node) const { return at(node).texts; }
    std::size_t restored_count(std::uint16_t node) const { return at(node).restored_count; }
    std::uint16_t count() const { return static_cast<std::uint16_t>(nodes_.size()); }
    Instant now() const { return now_; }
    const std::vector<std::string>& violations() const { return checkers_.violations(); }
    void check_logs();
    /// One line per change of role or leader: "   31.4 ms  2 follower -> pre_candidate, term 1".
    const std::string& story() const { return story_; }
    /// One line per node: what it is and has now.
    std::string summary() const;
    std::uint64_t message_count() const { return message_count_; }
    Random& random() { return random_; }

    /// Puts a log on a disk before the node runs; for figures that begin in the middle.
    void write_disk(std::uint16_t node, const std::vector<std::uint64_t>& terms, Term term);
    /// Called before a message is handed over; true: it is lost.
    std::function<bool(NodeId from, NodeId to, const wire::ConsensusMessage&)> drop;

 private:
    struct Held {
        std::uint64_t after;
        NodeId to;
        wire::ConsensusMessage message;
    };
    struct Node {
        NodeId id;
        wire::StoreState disk;
        std::vector<wire::StoreState> older;  ///< newest last
        std::deque<wire::StoreBatch> writes;  ///< under way
        std::uint64_t done = 0;               ///< number of the newest durable write
        std::unique_ptr<Raft> raft;
        std::uint64_t life = 0;
        Instant disk_free_at;
        Instant paused_until;
        std::vector<Held> held;
        NodeSet reachable;
        Bytes document;
        LogIndex applied;
        std::vector<std::string> texts;
        std::size_t restored_count = 0;
        consensus::Role role = consensus::Role::learner;
    };
    struct Event {
        Instant at;
        std::uint64_t order;
        std::function<void()> run;
        bool operator<(const Event& other) const {
            return std::tie(at, order) > std::tie(other.at, other.order);
        }
    };
    Node& at(std::uint16_t node) { return nodes_.at(node - 1U); }
    const Node& at(std::uint16_t node) const { return nodes_.at(node - 1U); }
    void schedule(Instant at, std::function<void()> run);
    bool step(Instant until);
    void boot(Node& node, bool may_vote);
    void collect(Node& node);
    void start_write(Node& node, const wire::StoreBatch& batch);
    void finish_write(Node& node, std::uint64_t life);
    void transmit(NodeId from, NodeId to, const wire::ConsensusMessage& message);
    void deliver(NodeId from, NodeId to, const wire::ConsensusMessage& message);
    void refresh_contact();
    void detect(Node& node, bool is_loss_due);
    void heartbeat(Node& node, std::uint64_t life);
    void note_role(Node& node);
    bool is_linked(NodeId a, NodeId b) const;

    World world_;
    Random random_;
    Instant now_;
    std::vector<Node> nodes_;
    NodeSet learners_;
    std::map<std::pair<NodeId, NodeId>, bool> cut_;
    std::priority_queue<Event> events_;
    std::uint64_t order_ = 0;
    std::uint64_t message_count_ = 0;
    Checkers checkers_;
    std::string story_;
};

}  // namespace test
