// Node: putting the hands together, and taking them apart.
#include "runtime/node.hpp"

#include <future>

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "model/codec.hpp"
#include "runtime/machine.hpp"
#include "runtime/memory.hpp"
#include "runtime/node_impl.hpp"
#include "runtime/player.hpp"
#include "runtime/thread.hpp"

namespace ha::runtime {

Node::Node(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Node>> Node::start(NodeOptions options, NodeEvents events) {
    HA_ASSERT(options.registry != nullptr);
    if (model::find_node(options.spec, options.self) == nullptr)
        return failure(FailureCode::not_found, "the configuration has no node with the number " +
                                                   std::to_string(options.self.value));
    auto impl = std::make_unique<Impl>(std::move(options), std::move(events));
    if (auto r = impl->prepare(); !r) return r.error();
    return std::unique_ptr<Node>(new Node(std::move(impl)));
}

Node::~Node() = default;
void Node::end() { impl_->end(); }

Result<void> Node::request(engine::RequestBody body, Done done) {
    return impl_->request(std::move(body), std::move(done));
}

namespace {

/// After the calls under way when a node ends, so long is waited for those that come back at once.
constexpr Duration k_worker_grace = 1s;

Failure ended() { return failure(FailureCode::unavailable, "this node has been stopped"); }

/// Runs `ask` on the loop's thread and waits for what it returns.
template <class T>
Result<T> ask_loop(Outbox& outbox, Duration timeout, std::function<T()> ask) {
    auto promise = std::make_shared<std::promise<T>>();
    auto future = promise->get_future();
    // What is taken is also run, because the outbox closes before the loop stops.
    if (!outbox.post([promise, ask = std::move(ask)] { promise->set_value(ask()); }))
        return ended();
    if (future.wait_for(timeout) != std::future_status::ready)
        return failure(FailureCode::timed_out, "this node's engine does not answer");
    return future.get();
}

}  // namespace

Result<void> Node::leave(std::string reason) {
    bool is_asked = impl_->outbox->post([i = impl_.get(), reason = std::move(reason)] {
        i->step(engine::Leave{reason});
    });
    if (!is_asked) return ended();
    return {};
}

Result<NodeStatus> Node::status(Duration timeout) {
    return ask_loop<NodeStatus>(*impl_->outbox, timeout, [i = impl_.get()] { return i->status(); });
}

Result<std::vector<engine::JournalStory>> Node::journal(GroupId group, std::size_t count_max,
                                                        Duration timeout) {
    return ask_loop<std::vector<engine::JournalStory>>(
        *impl_->outbox, timeout, [i = impl_.get(), group, count_max] {
            return i->engine->journal().stories(group, count_max);
        });
}

Result<model::ClusterSpec> Node::spec(Duration timeout) {
    return ask_loop<model::ClusterSpec>(*impl_->outbox, timeout,
                                        [i = impl_.get()] { return i->engine->state().spec; });
}

std::shared_ptr<EventLog> Node::event_log() const { return impl_->event_log; }

bool Node::is_epoch_valid(const std::string& group, const Epoch& epoch) const {
    return impl_->board->is_epoch_valid(group, epoch, now());
}

bool Node::is_callback_thread() const { return impl_->callbacks->is_callback_thread(); }

Node::Impl::Impl(NodeOptions o, NodeEvents e) : options(std::move(o)), events(std::move(e)) {}

/// Whoever cannot read its document would begin with a state that it made up.
Result<void> Node::Impl::read_document(const wire::StoreState& store,
                                       std::optional<model::ClusterState>& out) const {
    if (!store.cluster) return {};
    auto state = model::decode_state(store.snapshot.document, options.version_max);
    if (state) {
        out = std::move(*state);
        return {};
    }
    const auto& found = state.error();
    const auto where = "the store in " + options.state_directory + ": " + found.context;
    if (found.code == FailureCode::refused)
        return failure(found.code,
                       where + ". Start software that knows this version; a node that has to stay "
                               "with older software cannot be of this cluster any more");
    return failure(found.code,
                   where + ". Its checksums are right, so it was written like that, or is read "
                           "wrongly: keep it for whoever looks into that. With an empty state "
                           "directory this node joins the others anew");
}

Result<void> Node::Impl::prepare() {
    if (auto r = make_directories(options.run_directory); !r) return r;
    auto boot = options.boot ? Result<BootId>(*options.boot) : read_boot_id();
    if (!boot) return boot.error();
    // The store's lock first: it is what keeps two processes from being one node.
    engine::Start start;
    auto opened = open_store(options.state_directory, *boot, [&](const wire::StoreState& state) {
        return read_document(state, start.document);
    });
    if (!opened) return opened.error();
    run_record = std::make_shared<const RunRecord>(options.run_directory, *boot);
    auto held = run_record->read();
    if (!held) return held.error();
    if (options.is_memory_saved) save_memory();
    auto made = OpensslCrypto::make();
    if (!made) return made.error();
    crypto = std::move(*made);

    start.self = options.self;
    start.spec = options.spec;
    start.store = opened->state;
    start.version_max = options.version_max;
    start.software = build_version();
    start_number = opened->state.start;
    start.is_store_replaced = opened->is_lost;
    start.is_reset_for_safety = opened->is_reset_for_safety;
    start.may_reboot = options.may_reboot && events.node_action != nullptr;
    start.boot = *boot;
    start.held = *held;
    start.seed = random_seed();
    start.keys = options.keys.keys;
    start.key_in_use = options.keys.key_in_use;
    open_guard(start);
    auto note = opened->note;
    if (auto r = make_threads(std::move(*opened)); !r) return r;
    board->set_held(*held);
    if (!options.record_directory.empty())
        run_recorder = std::make_unique<engine::RunRecorder>(*crypto);
    const auto at = now();
    engine = std::make_unique<engine::Engine>(
        at, start, run_recorder ? run_recorder->crypto() : *crypto);
    start.document.reset();  // a replay has its bytes
    if (run_recorder)
        if (auto r = begin_recording(at, std::move(start)); !r) return r;
    if (!note.empty()) tell(EventKind::runtime_note, "store", note);
    for (auto& n : options.notes) tell(EventKind::plugin_failed, "plugin", n);
    auto book = resolve_addresses(engine->reached_by(), options.self);
    if (!book) return book.error();
    return begin(std::move(*book), std::move(*held));
}

Result<void> Node::Impl::make_threads(OpenedStore opened) {
    auto loop_made = Loop::make();
    if (!loop_made) return loop_made.error();
    loop = std::move(*loop_made);
    outbox = std::make_shared<Outbox>(*loop);
    auto callbacks_made = Callbacks::start();
    if (!callbacks_made) return callbacks_made.error();
    callbacks = std::move(*callbacks_made);
    auto workers_made = Workers::start({.name = "ha-worker", .threads_max = options.workers_max,
                                        .is_favoured = options.is_realtime});
    if (!workers_made) return workers_made.error();
    workers = std::move(*workers_made);
    constexpr std::size_t k_urgent_workers = 32;
    auto urgent_made = Workers::start({.name = "ha-urgent", .threads_max = k_urgent_workers,
                                       .is_realtime = options.is_realtime});
    if (!urgent_made) return urgent_made.error();
    urgent = std::move(*urgent_made);
    auto storage_made = Storage::start(
        std::move(opened),
        [this, box = outbox](StorageDone done) { box->post([this, done] { on_stored(done); }); },
        {.is_realtime = options.is_realtime});
    if (!storage_made) return storage_made.error();
    storage = std::move(*storage_made);
    return {};
}

Result<void> Node::Impl::begin_recording(Instant at, engine::Start start) {
    RecorderOptions o;
    o.directory = options.record_directory;
    o.bytes_max = options.record_bytes_max;
    o.header.version = build_version();
    o.header.protocol = start.version_max;
    o.header.layout = engine::recording_layout();
    o.header.cluster = options.spec.name;
    o.header.node = model::name_of(options.spec, options.self);
    o.header.start = start.store.start;
    auto made = Recorder::start(std::move(o), [this, box = outbox](std::string problem) {
        box->post([this, problem = std::move(problem)] {
            if (problem.empty())
                tell(EventKind::runtime_note, "recorder", "recording again, in a new file");
            else
                tell(EventKind::recording_ended, "recorder", problem);
        });
    });
    if (!made) return made.error();
    recorder = std::move(*made);
    recorder->begin_segment(run_recorder->begin(at, std::move(start)), 1);
    return {};
}

Result<void> Node::Impl::begin(AddressBook book, std::vector<lifecycle::Held> held) {
    transport = std::make_unique<Transport>(
        *loop, TransportEvents{
                   [this](InterconnectId id, Bytes bytes, bool has_more) {
                       step(engine::DatagramReceived{id, std::move(bytes), has_more});
                   },
                   [this](InterconnectId, const std::string& name, const std::string& problem) {
                       if (problem.empty() && !unbound.erase(name)) return;
                       if (!problem.empty()) unbound.insert(name);
                       tell(EventKind::runtime_note, "interconnect " + name,
                            problem.empty() ? "usable again" : problem);
                   }});
    etcd_witness = std::make_unique<EtcdWitness>(
        EtcdWitnessOptions{options.self, start_number, options.keys},
        EtcdWitnessEvents{[this](Bytes bytes) {
                              step(engine::DatagramReceived{k_witness_interconnect,
                                                            std::move(bytes), false});
                          },
                          [this](const std::string& problem) { on_etcd_problem(problem); }},
        outbox);
    executor = std::make_unique<Executor>(
        Executor::Hands{*loop, *workers, *urgent, outbox, board, options.registry, run_record,
                        guard},
        ExecutorOptions{options.self, options.run_directory + "/plugins",
                        options.is_self_fence_always},
        ExecutorEvents{[this](lifecycle::OperationReport r) { step(std::move(r)); },
                       [this](lifecycle::MonitorReport r) { step(std::move(r)); },
                       [this](Event event) { publish(std::move(event)); },
                       [this](std::uint32_t severity, const std::string& text) {
                           log(severity, text);
                       },
                       [this](lifecycle::FenceReport r) { step(std::move(r)); }});
    if (options.is_memory_locked)
        if (auto r = lock_memory(); !r) tell_shortcoming("memory", r.error().context);
    // Posted first, so it runs before anything else can reach the engine.
    loop->post([this, book = std::move(book), held = std::move(held)]() mutable {
        if (options.is_realtime)
            if (auto r = make_this_thread_realtime(); !r)
                tell_shortcoming("process", r.error().context);
        board->set_spec(engine->state().spec);
        executor->adopt(engine->state().spec, engine->held_groups(), std::move(held));
        executor->use(engine->state().spec);
        if (!book.unresolved.empty()) tell(EventKind::runtime_note, "addresses", book.unresolved);
        transport->use(std::move(book));
        use_etcd(engine->reached_by());
        watch_guard();
        warn_of_clock();
        step(engine::Tick{});
    });
    auto made = Thread::start({.name = "ha-engine"}, [this] { loop->run(); });
    if (!made) return made.error();
    thread = std::move(*made);
    return {};
}

Node::Impl::~Impl() { end(); }

/// In the order in which nobody is called any more: the loop first, the user last. What other
/// threads may be using at this moment is emptied here, and destroyed with the node.
void Node::Impl::end() {
    {
        std::lock_guard guard(requests_mutex);
        if (std::exchange(is_ended, true)) return;
    }
    if (outbox) outbox->close();
    if (thread.is_joinable()) {
        loop->stop();
        thread.join();
    }
    if (guard) guard->leave();  // it goes if nothing is held; else it outlives us
    executor.reset();
    transport.reset();
    etcd_witness.reset();
    recorder.reset();
    storage.reset();  // what was asked of the disk is written; nobody hears of it
    if (urgent) urgent->set_grace(k_worker_grace);
    if (workers) workers->set_grace(k_worker_grace);
    urgent.reset();
    workers.reset();
    for (auto& [id, asked] : requests)
        answer_later(asked.name, std::move(asked.done),
                     failure(FailureCode::unavailable,
                             "this node was stopped before the request was answered; it may have "
                             "been carried out"));
    requests.clear();
    if (callbacks) callbacks->end(options.callback_grace);
    event_log->close();
}

}  // namespace ha::runtime
