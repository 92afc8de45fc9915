// The journal: what was decided about each group, why, on which evidence, and when each step of it
// was seen. Pure and bounded; nothing is decided by it.
//
// Every node writes its own, from what all nodes apply alike and from what it sees itself: the
// leader knows what it was deciding on, the new owner when its start began. What a node has not
// seen stays empty; what it was told by another says so. An entry is one change of place:
//
//   trigger -> (evicted -> stop begun -> released | down) -> given -> clear -> start -> online
//
// Replay: what the planner was given is kept in small (the state without what the rules do not
// read, the view, the commands of the batch). replay() runs the planner on it again and holds what
// it says against what was committed.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "base/reflect.hpp"
#include "base/time.hpp"
#include "lifecycle/status.hpp"
#include "model/apply.hpp"
#include "model/command.hpp"
#include "model/state.hpp"
#include "placement/plan.hpp"

namespace ha::engine {

inline constexpr std::size_t k_limit_journal_entries = 256;
inline constexpr std::size_t k_limit_journal_inputs = 64;
inline constexpr std::size_t k_limit_journal_input_bytes = 512 * 1024;
/// Batches that a leader proposed and that are not applied yet.
inline constexpr std::size_t k_limit_journal_proposals = 64;
/// Where the planner's part of a batch may begin, for one who was not the planner.
inline constexpr std::size_t k_limit_replay_tries = 16;

/// The reason that the commands of an administrator's request carry.
inline constexpr const char* k_reason_asked = "asked for";
inline constexpr const char* k_reason_fence_asked = "an operator asked to fence it";

enum class JournalKind : std::uint8_t {
    start,      ///< nobody had it
    takeover,   ///< its owner is lost
    failover,   ///< it failed where it was
    move,       ///< asked for, or its owner may not have it any more
    failback,
    hand_over,  ///< its owner is about to stop
    stop,
    release,    ///< not wanted, and let go by an owner that is lost
    stay,       ///< it was asked to move, and could not
};
enum class Trigger : std::uint8_t {
    node_down,
    node_leaving,
    node_returned,  ///< with nothing of what it had
    released,       ///< by its owner, unasked
    failure,        ///< of a resource or a monitor's target
    request,
    configuration,
    policy,
    wanted,         ///< online, and nobody has it
};
enum class JournalOutcome : std::uint8_t {
    under_way,
    done,
    overtaken,  ///< by the next entry of the group
};
/// In the order in which they are told.
enum class Phase : std::uint8_t {
    last_heard,   ///< the lost owner, by this node
    suspected,    ///< silent on all interconnects for the timeout, to this node
    decided,      ///< this node, as the leader, proposed the first command
    evicted,      ///< committed
    stop_begun,
    released,     ///< committed
    down,         ///< committed
    given,        ///< committed
    clear,        ///< to start: every lease that was waited for is over
    start_begun,
    online,
};
inline constexpr std::size_t k_phases = 11;

const char* to_string(JournalKind kind) noexcept;
const char* to_string(Trigger trigger) noexcept;
const char* to_string(JournalOutcome outcome) noexcept;
const char* to_string(Phase phase) noexcept;
/// Could an entry of this kind and trigger have the phase at all?
bool has_phase(JournalKind kind, Trigger trigger, Phase phase) noexcept;

struct Mark {
    Instant at;            ///< of this node's clock
    bool is_told = false;  ///< by another node, so it was a little earlier
};

/// Why a node was declared down, as this node saw it.
struct JournalEvidence {
    struct Path {
        InterconnectId interconnect;
        std::optional<Instant> last_heard;  ///< none: never, by this process
    };
    struct Word {
        NodeId node;
        bool is_hearing = false;  ///< it said that it hears the node
    };
    NodeId about;
    std::string reason;          ///< as committed
    LogIndex index;
    Instant down_at;             ///< committed, here
    bool is_of_leader = false;   ///< this node proposed it: these are the facts it decided on
    std::optional<Instant> suspected;
    std::vector<Path> paths;
    std::vector<Word> words;     ///< of the nodes in contact with this one
};

struct JournalLease {
    NodeId node;
    LogIndex index;                  ///< over as of this entry
    std::optional<Instant> over_at;  ///< when this node knew that it is over
};

struct JournalEntry {
    std::uint64_t number = 0;  ///< from 1 within one run of this node
    GroupId group;
    NodeId from;               ///< none: it ran nowhere
    NodeId to;                 ///< none: not given to anybody yet, or not wanted
    JournalKind kind = JournalKind::start;
    JournalOutcome outcome = JournalOutcome::under_way;
    Epoch epoch_from;
    Epoch epoch;               ///< of the Give; none before
    Trigger trigger = Trigger::wanted;
    NodeId trigger_node;       ///< that was lost, leaves, or where the request was made; or none
    std::string trigger_text;
    std::optional<JournalEvidence> evidence;  ///< of node_down
    std::vector<JournalLease> leases;         ///< waited for
    std::string reason;        ///< of the newest command, as committed
    LogIndex index;            ///< of that command
    Term term;
    NodeId leader;             ///< of that term, when this node knew it
    bool is_unplanned = false; ///< this node knows that no rule was asked
    LogIndex decided_index;    ///< first command of the entry
    LogIndex given_index;
    std::array<std::optional<Mark>, k_phases> phases;

    const std::optional<Mark>& phase(Phase p) const {
        return phases[static_cast<std::size_t>(p)];
    }
};

/// What a plan was made from, and what was committed.
struct JournalInput {
    LogIndex index;
    Term term;
    Bytes state;                   ///< without what the rules do not read
    Bytes commands;                ///< those of the batch that may be the planner's
    placement::View view;
    bool is_of_leader = false;     ///< this node planned it: all of `commands` is the planner's
    std::uint64_t digest = 0;      ///< of state and view
};

struct Replayed {
    bool is_same = false;          ///< the planner says what was committed
    std::vector<model::Command> commands;  ///< that it was the planner who said
    std::vector<placement::Decision> decisions;
};
Replayed replay(const JournalInput& input);

/// An entry and what is kept of the inputs of its decisions.
struct JournalStory {
    JournalEntry entry;
    std::vector<JournalInput> inputs;
};

enum class ReplayResult : std::uint8_t {
    same,
    different,   ///< a bug, or another version of the rules
    other_view,  ///< this node was not the leader, and sees other members than it did
    not_kept,
    no_plan,     ///< no rule was asked: a request or a report decided
};
const char* to_string(ReplayResult result) noexcept;

/// What a story says when it is replayed.
struct JournalAccount {
    std::optional<placement::Decision> decision;  ///< with the alternatives; none: not known here
    ReplayResult replay = ReplayResult::not_kept;
    std::uint64_t digest = 0;
};
JournalAccount account_of(const JournalStory& story);

/// The state as the rules of placement read it.
model::ClusterState essence_of(const model::ClusterState& state);

class Journal {
   public:
    /// For recordings (base/archive.hpp).
    auto members() {
        return reflect::fields(self_, suspected_, lost_, proposals_, entries_, next_number_, open_,
                               inputs_, input_bytes_, batch_, proposal_, tail_, tail_begin_,
                               ordinal_, before_, input_, is_input_used_);
    }

    /// An entry of the log that is about to be applied.
    struct Batch {
        Instant now;
        model::Position position;
        NodeId leader;         ///< none: not known
        bool is_live = false;  ///< false: from before this run; its times are not known
        placement::View view;  ///< this node's
    };
    /// What only this node knows of a command.
    struct Hint {
        std::optional<JournalEvidence> evidence;  ///< of a NodeDown
        NodeId request_origin;
    };
    struct Proposal {
        LogIndex index;
        Term term;
        Instant at;
        std::size_t planned_from = 0;  ///< commands from here on are the planner's
        placement::View view;
        std::map<NodeId, JournalEvidence> evidence;
    };

    explicit Journal(NodeId self) : self_(self) {}

    // What this node sees.
    void suspected(Instant now, NodeId node) { suspected_[node] = now; }
    void heard(NodeId node) { suspected_.erase(node); }
    void proposed(Proposal proposal);
    /// What was proposed is given up or lost: another history uses the same places and terms.
    void forget_proposals() { proposals_.clear(); }
    /// A batch: begin(), then before() and after() around each command that is not ignored.
    void begin(Batch batch, const std::vector<model::Command>& commands);
    void before(const model::ClusterState& state, const model::Command& command);
    void after(const model::ClusterState& state, const model::Command& command, Hint hint);
    void end();
    /// The document was replaced: what led to it is not known.
    void restored();
    void service_seen(Instant now, NodeId node, const lifecycle::ServiceStatus& status);
    /// `notes`: leases that are known to be over, and as of which entry.
    void leases_seen(Instant now, const model::ClusterState& state,
                     const std::map<NodeId, LogIndex>& notes, bool is_leader);

    const std::deque<JournalEntry>& entries() const { return entries_; }
    const std::deque<JournalInput>& inputs() const { return inputs_; }
    /// The newest ones of the group, newest first.
    std::vector<JournalStory> stories(GroupId group, std::size_t count_max) const;

   private:
    struct Before {
        GroupId group;
        model::Goal goal;
        NodeId owner;
        NodeId target;
        Epoch epoch;
    };
    void on_give(const model::ClusterState& state, const Before& was, const model::GroupRecord& is,
                 const model::Give& give);
    void on_evict(const model::ClusterState& state, const Before& was, const model::Evict& evict);
    void on_goal(const Before& was, const model::GroupRecord& is, const model::SetGoal& goal,
                 NodeId origin);
    void on_change(const Before& was, const model::GroupRecord& is);
    void on_release(const model::ClusterState& state, const Before& was,
                    const model::GroupRecord& is, const model::Command& command);
    JournalEntry& open(const Before& was, JournalKind kind, Trigger trigger, NodeId trigger_node,
                       std::string text);
    JournalEntry* open_entry(GroupId group);
    /// The open entry, when the group is not given to anybody by it yet.
    JournalEntry* waiting_entry(GroupId group);
    void close(JournalEntry& entry, JournalOutcome outcome);
    void say(JournalEntry& entry, const std::string& reason);
    void mark(JournalEntry& entry, Phase phase);
    void mark_loss(JournalEntry& entry, const model::ClusterState& state, NodeId node);
    void keep_input(const model::ClusterState& state);

    NodeId self_;
    std::map<NodeId, Instant> suspected_;
    std::map<NodeId, JournalEvidence> lost_;   ///< newest NodeDown of each node
    std::deque<Proposal> proposals_;
    std::deque<JournalEntry> entries_;         ///< numbers without gaps
    std::uint64_t next_number_ = 1;
    std::map<GroupId, std::uint64_t> open_;    ///< by group, the entry under way
    std::deque<JournalInput> inputs_;
    std::size_t input_bytes_ = 0;

    // The batch under way.
    Batch batch_;
    std::optional<Proposal> proposal_;         ///< when it was ours
    std::vector<model::Command> tail_;         ///< its commands that may be the planner's
    std::size_t tail_begin_ = 0;
    std::size_t ordinal_ = 0;
    std::vector<Before> before_;
    std::optional<JournalInput> input_;
    bool is_input_used_ = false;
};

}  // namespace ha::engine
