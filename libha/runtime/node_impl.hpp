// Insides of a node: the engine, its hands, and the way between them.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>

#include "engine/recording.hpp"
#include "runtime/board.hpp"
#include "runtime/callbacks.hpp"
#include "runtime/crypto_openssl.hpp"
#include "runtime/etcd_witness.hpp"
#include "runtime/event_log.hpp"
#include "runtime/executor.hpp"
#include "runtime/loop.hpp"
#include "runtime/node.hpp"
#include "runtime/outbox.hpp"
#include "runtime/run_record.hpp"
#include "runtime/storage.hpp"
#include "runtime/thread.hpp"

namespace ha::runtime {

struct Node::Impl {
    Impl(NodeOptions o, NodeEvents e);
    ~Impl();

    // node.cpp
    Result<void> read_document(const wire::StoreState& store,
                               std::optional<model::ClusterState>& out) const;
    Result<void> prepare();
    Result<void> make_threads(OpenedStore opened);
    Result<void> begin(AddressBook book, std::vector<lifecycle::Held> held);
    Result<void> begin_recording(Instant at, engine::Start start);
    void end();

    // node_guard.cpp: the process that severs when this one cannot
    void open_guard(engine::Start& start);
    void watch_guard();
    void tell_guard();
    void look_at_guard();
    void revive_guard();
    void on_guard_revived(const Result<void>& result);
    void tell_watchdog();
    void look_at_watchdog();
    void retry_watchdog();
    void warn_of_clock();
    GuardStatus guard_status(const engine::EngineStatus& status) const;

    // node_steps.cpp, on the loop's thread
    void step(const engine::Input& input);
    void run_step(const engine::Input& input);
    void record(Instant at, const engine::Input& input, const engine::Actions& actions);
    void perform(engine::Actions actions);
    void on_stored(const StorageDone& done);
    void on_answer(engine::Answer answer);
    void ask_tie_breaker(engine::TieBreakerQuestion question);
    void save_fork(engine::ForkSaved fork);
    void on_alarm();
    void arm();
    void watch_callbacks(Instant at);
    void use_etcd(const model::ClusterSpec& spec);
    void on_etcd_problem(const std::string& problem);
    void use_spec(const model::ClusterSpec& spec, const model::ClusterSpec& reached_by);
    void resolve_in_background(const model::ClusterSpec& spec);
    void tell(EventKind kind, std::string object, std::string text);
    /// The same, and it stays in the status: what this process was not allowed.
    void tell_shortcoming(std::string object, std::string text);
    void publish(Event event);
    NodeStatus status();

    // Any thread:
    Result<void> request(engine::RequestBody body, Node::Done done);
    void answer_later(const char* name, Node::Done done, Result<std::string> result);
    void log(std::uint32_t severity, const std::string& text);

    const NodeOptions options;
    const NodeEvents events;
    const std::shared_ptr<Board> board = std::make_shared<Board>();
    const std::shared_ptr<EventLog> event_log = std::make_shared<EventLog>();
    std::unique_ptr<OpensslCrypto> crypto;
    std::shared_ptr<const RunRecord> run_record;
    std::shared_ptr<GuardLink> guard;       ///< null: not wanted

    std::unique_ptr<Loop> loop;
    std::shared_ptr<Outbox> outbox;
    std::unique_ptr<Callbacks> callbacks;
    std::unique_ptr<Workers> workers;
    std::unique_ptr<Workers> urgent;
    std::unique_ptr<Storage> storage;
    std::unique_ptr<engine::RunRecorder> run_recorder;  ///< none: nothing is recorded
    std::unique_ptr<engine::Engine> engine;
    std::unique_ptr<Recorder> recorder;
    std::unique_ptr<Transport> transport;
    std::unique_ptr<EtcdWitness> etcd_witness;
    std::unique_ptr<Executor> executor;
    Thread thread;

    struct Asked {
        const char* name;  ///< of the callback that answers
        Node::Done done;
    };
    /// Requests that are not answered yet; what is in here when the node ends is answered then.
    std::mutex requests_mutex;
    std::map<RequestId, Asked> requests;
    RequestId request_newest;
    bool is_ended = false;                  ///< no request is taken any more

    StartNumber start_number;

    // Of the loop's thread:
    Instant engine_deadline;
    Instant alarm_at = Instant::max();
    std::set<std::string> unbound;          ///< interconnects that were told of as not usable
    std::uint64_t spec_generation = 0;
    Instant callback_told_since;            ///< of the callback that was told of as slow
    std::uint64_t dropped_told = 0;
    std::vector<std::string> shortcomings;
    bool has_had_lease = false;             ///< of our own: until then our predecessor's counts
    std::uint64_t severings_seen = 0;
    Duration watchdog_told{0};              ///< to the engine
    std::optional<Loop::WatchId> guard_watch;
    bool is_guard_told_missing = false;
    bool is_guard_reviving = false;
    Instant guard_retry = Instant::max();
    Duration guard_pause{0};  ///< between attempts that fail; longer each time
    bool is_watch_told = false;             ///< that the guard's end is noticed late
    std::string watchdog_problem_told;
    bool is_watchdog_retried = false;       ///< at this moment
    Instant watchdog_retry = Instant::max();
    Instant etcd_told_at;                   ///< of the newest problem with it; zero: none yet
};

}  // namespace ha::runtime
