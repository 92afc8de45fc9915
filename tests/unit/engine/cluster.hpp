// A small cluster of engines under virtual time, with verbs that tell the story of a test.
//
// The network takes 1 ms, a disk and a plugin operation as long as the test says. Nothing is random
// but the seeds, which are fixed. Processes hold their resources across a restart of their daemon.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "clock.hpp"
#include "engine/recording.hpp"
#include "toy_crypto.hpp"

namespace ha::test {

/// What a fence device does when it is asked for something.
struct FenceDeed {
    Duration takes{0};
    lifecycle::Outcome outcome = lifecycle::Outcome::ok;
    bool hits = false;                  ///< the node loses power, or gets it, at that moment
    std::optional<lifecycle::PowerStatus> power{};  ///< of `status`; none: the truth
    Duration returns_after{0};          ///< it is left behind, and comes back so much later
    std::function<void()> on_end{};     ///< when it has come back
};

class EngineCluster {
 public:
    /// Nodes 1..n of ranks 0..n-1, one interconnect, interval 150 ms, timeout and lease 600 ms.
    explicit EngineCluster(std::uint16_t nodes);

    static model::GroupSpec group(std::uint32_t number, std::vector<std::uint16_t> policy);
    model::ClusterSpec spec;  ///< change it before the first node is started

    // Nodes.
    void start(std::uint16_t node);  ///< the daemon, and the machine if that was off
    void start_all();
    void power_off(std::uint16_t node);  ///< nothing of the machine goes on
    void kill(std::uint16_t node);       ///< the daemon only: what runs there runs on
    void pause(std::uint16_t node, Duration how_long);
    void leave(std::uint16_t node);
    /// By somebody, whatever the cluster thinks of it.
    void start_by_hand(std::uint16_t node, std::uint32_t group);
    bool is_active(std::uint16_t node, std::uint32_t group) const;
    /// What its disk holds, to be changed while it is not running.
    wire::StoreState& disk(std::uint16_t node) { return nodes_.at(node).disk; }
    /// What a guard beside the next daemon of this node will say (safety.md F12).
    void guard_says(std::uint16_t node, std::optional<Instant> lease_end, bool has_severed);
    void replace_store(std::uint16_t node);  ///< while it is not running: its records are lost

    std::map<std::uint16_t, Version> versions;  ///< that its software knows, from its next start on

    // Surroundings.
    void cut(std::uint16_t from, std::uint16_t to);
    void cut_off(std::uint16_t node);
    void heal();
    void set_disk(std::uint16_t node, Duration latency);
    void fail_disk(std::uint16_t node);
    /// What this node sends to another, and that `drops` is true of, is lost.
    std::function<bool(std::uint16_t from, std::uint16_t to, std::size_t size)> drops;
    std::map<std::pair<std::uint16_t, std::uint16_t>, Duration> delays;  ///< from, to; else 1 ms
    std::uint64_t log_entries_max = k_limit_log_entries;  ///< of nodes that are started from now on
    std::set<InterconnectId> dead_interconnects;  ///< nothing arrives by them
    /// What arrives at a node whose daemon does not run.
    std::function<void(std::uint16_t to, InterconnectId on, const Bytes&)> unheard;
    void deliver(std::uint16_t to, InterconnectId on, const Bytes& bytes);
    /// What the tie breaker says to a node's question after 1 ms; without one it says nothing.
    std::function<bool(std::uint16_t node, const engine::TieBreakerQuestion&)> tie_breaker;
    std::function<FenceDeed(std::uint16_t by, const lifecycle::FenceOperation&)> fence_device;
    bool is_stop_failing = false;
    bool is_start_failing = false;
    std::map<MonitorId, lifecycle::Verdict> verdicts;  ///< of checks; ok where nothing is said

    // Recordings: of every start of the node from now on, the newest one.
    void record(std::uint16_t node) { record(node, crypto_); }
    void record(std::uint16_t node, wire::Crypto& crypto) { nodes_.at(node).recorded_by = &crypto; }
    void image(std::uint16_t node);
    const std::vector<Bytes>& recording(std::uint16_t node) const {
        return nodes_.at(node).records;
    }
    /// Sees what arrives.
    std::function<void(std::uint16_t to, const Bytes& bytes)> sniff;
    wire::Key key{};

    // Time.
    void run_for(Duration time);
    /// Runs until it holds, and says how long that took; none when it does not within `limit`.
    std::optional<Duration> run_until(const std::function<bool()>& holds, Duration limit = 30s);
    Instant now() const { return queue_.now(); }
    void later(Duration time, std::function<void()> what) { queue_.after(time, std::move(what)); }

    // Requests: the number under which the answers are kept.
    std::uint64_t ask(std::uint16_t node, const engine::RequestBody& body);
    struct Told {
        bool ok = false;
        std::string text;
    };
    std::vector<Told> answers(std::uint16_t node, std::uint64_t request) const;

    // What is.
    std::uint16_t leader() const;  ///< 0: none
    bool is_online(std::uint32_t group, std::uint16_t node) const;
    std::uint16_t place_of(std::uint32_t group) const;  ///< 0: nowhere; 99: at two nodes
    const engine::Engine& engine(std::uint16_t node) const { return *nodes_.at(node).engine; }
    engine::EngineStatus status(std::uint16_t node) const;
    bool is_running(std::uint16_t node) const { return nodes_.at(node).engine != nullptr; }
    bool is_stopped(std::uint16_t node) const { return nodes_.at(node).is_stopped; }
    std::size_t count(EventKind kind, const std::string& object = {}) const;
    /// Those of them with this parameter and value.
    std::size_t count(EventKind kind, const std::string& object,
                      const std::pair<std::string, std::string>& parameter) const;
    /// Final actions that this node was told to carry out, since it was made.
    std::vector<model::FinalAction> node_actions(std::uint16_t node) const {
        return nodes_.at(node).node_actions;
    }
    const std::vector<engine::ForkSaved>& forks(std::uint16_t node) const {
        return nodes_.at(node).forks;
    }
    std::size_t questions(std::uint16_t node) const { return nodes_.at(node).questions; }
    const std::vector<Event>& events() const { return events_; }
    std::size_t count_calls(std::uint32_t group) const;  ///< operations on its resources
    std::size_t steps(std::uint16_t node) const { return nodes_.at(node).steps; }
    /// How often it has judged and decided; not every step does.
    std::uint64_t rounds(std::uint16_t node) const { return engine(node).brief(now()).rounds; }
    std::size_t count_starts(std::uint32_t group) const;
    std::size_t writes_waiting(std::uint16_t node) const { return nodes_.at(node).writes; }
    void step(std::uint16_t node, const engine::Input& input);

 private:
    struct Node {
        wire::Crypto* recorded_by = nullptr;
        std::unique_ptr<engine::RunRecorder> recorder;
        std::vector<Bytes> records;
        std::unique_ptr<engine::Engine> engine;
        wire::StoreState disk;
        bool is_store_replaced = false;
        std::uint8_t boots = 0;
        std::uint8_t stores = 0;
        bool is_on = false;
        bool is_stopped = false;
        bool is_disk_failed = false;
        std::vector<model::FinalAction> node_actions;
        std::optional<Instant> lease_inherited;
        bool was_severed = false;
        Instant paused_until;
        std::vector<lifecycle::Held> run_record;
        std::map<ResourceId, GroupId> active;
        std::map<GroupId, std::size_t> starts;
        Duration disk_latency{1ms};
        Instant disk_free;
        std::size_t writes = 0;
        std::uint64_t life = 0;
        std::uint64_t timer = 0;
        std::uint64_t requests = 0;
        std::size_t steps = 0;
        std::vector<engine::ForkSaved> forks;
        std::size_t questions = 0;
        std::map<std::uint64_t, std::vector<Told>> answers;
    };
    void carry_out(std::uint16_t number, engine::Actions actions);
    void write(std::uint16_t number, engine::Persist persist);
    void call(std::uint16_t number, const lifecycle::StartOperation& operation);
    void check(std::uint16_t number, const lifecycle::CheckMonitor& check);
    void work_device(std::uint16_t number, const lifecycle::FenceOperation& operation);
    void arm(std::uint16_t number, Instant deadline);

    sim::Queue queue_;
    std::map<std::uint16_t, Node> nodes_;
    std::set<std::pair<std::uint16_t, std::uint16_t>> cuts_;
    std::vector<Event> events_;
    std::map<GroupId, std::size_t> calls_;
    ToyCrypto crypto_;
};

inline bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// Into maintenance, or back in service.
inline engine::SetNodeMode mode_of(NodeId node, bool is_in_maintenance) {
    return {node,
            is_in_maintenance ? model::NodeMode::maintenance : model::NodeMode::in_service, {}};
}

/// Two nodes decide by it; each has a device that takes the other's power away.
void decide_by(model::ClusterSpec& spec, model::TieBreaker kind);

/// Founded, group 1 online where its policy begins, the startup wait over, and node 1 leads.
void begin_one_group(EngineCluster& cluster, const std::vector<std::uint16_t>& policy);

}  // namespace ha::test
