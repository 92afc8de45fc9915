// A node's steps: an input into the engine, its actions carried out in their order.
#include <algorithm>

#include "base/limits.hpp"
#include "runtime/machine.hpp"
#include "runtime/node_impl.hpp"
#include "runtime/tie_breaker.hpp"

namespace ha::runtime {

void Node::Impl::step(const engine::Input& input) {
    look_at_guard();
    run_step(input);
}

void Node::Impl::run_step(const engine::Input& input) {
    const auto at = now();
    auto actions = engine->step(at, input);
    // Before any call is made: plugins on other threads compare with it, and so does the guard.
    board->set_lease_end(engine->lease_end());
    tell_guard();
    if (recorder) record(at, input, actions);
    perform(std::move(actions));
}

void Node::Impl::record(Instant at, const engine::Input& input, const engine::Actions& actions) {
    const bool is_news = !actions.events.empty() || !actions.calls.empty() ||
                         !actions.answers.empty() || actions.is_stopped;
    // Also what is dropped counts, so that a later image goes on with the right numbers.
    recorder->add(run_recorder->step(at, input, actions), is_news);
    if (actions.is_stopped) recorder->set_last_words("the node left the cluster");
    if (recorder->wants_segment())
        recorder->begin_segment(run_recorder->image(*engine), run_recorder->steps() + 1);
}

void Node::Impl::perform(engine::Actions actions) {
    if (actions.is_spec_changed) use_spec(engine->state().spec, engine->reached_by());
    if (actions.run_record) {
        board->set_held(*actions.run_record);
        executor->set_run_record(std::move(*actions.run_record));
    }
    for (auto& persist : actions.persist) storage->submit({persist.seq, std::move(persist.batch)});
    for (auto& datagram : actions.datagrams) {
        if (datagram.to == k_witness_node && etcd_witness->is_used())
            etcd_witness->receive(datagram.bytes);
        else
            transport->send(datagram.to, datagram.interconnect, datagram.bytes);
    }
    for (auto& call : actions.calls) executor->call(call);
    for (auto& answer : actions.answers) on_answer(std::move(answer));
    for (auto& event : actions.events) publish(std::move(event));
    if (actions.tie_breaker) ask_tie_breaker(std::move(*actions.tie_breaker));
    if (actions.fork) save_fork(std::move(*actions.fork));
    if (actions.node_action && events.node_action)
        callbacks->post("on_final_action", Callbacks::Importance::kept,
                        [call = events.node_action, action = *actions.node_action,
                         reason = actions.node_action_reason] { call(action, reason); });
    if (actions.order && events.ordered)
        callbacks->post("on_order", Callbacks::Importance::kept,
                        [call = events.ordered, order = *actions.order,
                         reason = actions.order_reason] { call(order, reason); });
    if (actions.is_stopped && events.stopped)
        callbacks->post("on_stopped", Callbacks::Importance::kept, events.stopped);
    engine_deadline = actions.next_deadline;
    arm();
}

/// The engine goes on meanwhile; an answer that comes after the time means nothing to it.
void Node::Impl::ask_tie_breaker(engine::TieBreakerQuestion question) {
    auto ask = [this, box = outbox, question = std::move(question)] {
        auto said = ask_targets(question.kind, question.targets, question.timeout);
        engine::TieBreakerAnswered answer{question.number, said.is_given, std::move(said.text)};
        box->post([this, answer = std::move(answer)] { step(answer); });
    };
    if (!urgent->run(std::move(ask)))
        tell(EventKind::runtime_note, "tie breaker", "no thread is free to ask it");
}

void Node::Impl::save_fork(engine::ForkSaved fork) {
    if (!events.fork) return;
    auto save = [this, box = outbox, call = events.fork, fork = std::move(fork)] {
        const auto path = call(fork);
        box->post([this, text = path ? "the history that was given up is kept in " + *path
                                     : path.error().context] {
            tell(EventKind::runtime_note, "fork", text);
        });
    };
    if (!workers->run(std::move(save)))
        tell(EventKind::runtime_note, "fork", "no worker is free to save the history given up");
}

void Node::Impl::on_stored(const StorageDone& done) {
    if (done.ok)
        step(engine::Persisted{done.seq});
    else
        step(engine::PersistFailed{done.seq, done.text});
}

namespace {

/// What the answer's callback is called when it does not return.
struct AnswerName {
    const char* operator()(const engine::GroupStart&) { return "done of group_start"; }
    const char* operator()(const engine::GroupStop&) { return "done of group_stop"; }
    const char* operator()(const engine::GroupMove&) { return "done of group_move"; }
    const char* operator()(const engine::GroupClear&) { return "done of group_clear"; }
    const char* operator()(const engine::ResourceRestart& r) {
        return r.resource ? "done of resource_restart" : "done of group_restart";
    }
    const char* operator()(const engine::SetNodeMode&) { return "done of node_mode"; }
    const char* operator()(const engine::MonitorPause&) { return "done of monitor_pause"; }
    const char* operator()(const engine::SpecApply&) { return "done of config_apply"; }
    const char* operator()(const engine::ClusterInit&) { return "done of cluster_init"; }
    const char* operator()(const engine::GroupFailover&) { return "done of group_failover"; }
    const char* operator()(const engine::GroupFreeze&) { return "done of group_freeze"; }
    const char* operator()(const engine::ResourceWish& r) {
        return r.is_stopped ? "done of resource_stop" : "done of resource_start";
    }
    const char* operator()(const engine::MonitorInject&) { return "done of monitor_inject"; }
    const char* operator()(const engine::TimeoutRatio&) { return "done of timeout_ratio"; }
    const char* operator()(const engine::RebootsReset&) { return "done of reboots_reset"; }
    const char* operator()(const engine::GoAlone&) { return "done of cluster_go_alone"; }
    const char* operator()(const engine::RecoverAlone&) { return "done of cluster_recover"; }
    const char* operator()(const engine::NodeFence&) { return "done of node_fence"; }
    const char* operator()(const engine::NodeConfirmOff&) { return "done of node_confirm_off"; }
    const char* operator()(const engine::RenewWitness&) { return "done of witness_renew"; }
    const char* operator()(const model::WriteSection&) { return "done of checkpoint_write"; }
    const char* operator()(const model::EraseSection&) { return "done of checkpoint_erase"; }
    const char* operator()(const engine::SpecConfirm&) { return "done of config_confirm"; }
    const char* operator()(const engine::SpecRevert&) { return "done of config_revert"; }
    const char* operator()(const engine::ServiceOrder&) { return "done of service_order"; }
    const char* operator()(const engine::ClusterSuspend&) { return "done of cluster_suspend"; }
};

}  // namespace

void Node::Impl::answer_later(const char* name, Node::Done done, Result<std::string> result) {
    callbacks->post(name, Callbacks::Importance::kept,
                    [done = std::move(done), result = std::move(result)] { done(result); });
}

Result<void> Node::Impl::request(engine::RequestBody body, Node::Done done) {
    std::lock_guard guard(requests_mutex);
    if (is_ended) return failure(FailureCode::unavailable, "this node has been stopped");
    if (requests.size() >= k_limit_requests)
        return failure(FailureCode::limit, "more than " + std::to_string(k_limit_requests) +
                                               " requests are under way on this node");
    request_newest.value++;
    auto id = request_newest;
    requests.emplace(id, Asked{std::visit(AnswerName{}, body), std::move(done)});
    // Not refused: the outbox closes after is_ended is set.
    outbox->post([this, request = engine::Request{id, std::move(body)}] { step(request); });
    return {};
}

void Node::Impl::on_answer(engine::Answer answer) {
    std::unique_lock guard(requests_mutex);
    auto found = requests.find(answer.id);
    if (found == requests.end()) return;
    auto asked = std::move(found->second);
    requests.erase(found);
    guard.unlock();
    answer_later(asked.name, std::move(asked.done), std::move(answer.result));
}

void Node::Impl::on_alarm() {
    alarm_at = Instant::max();
    auto at = now();
    transport->tick(at);
    etcd_witness->tick(at);
    executor->tick(at);
    watch_callbacks(at);
    if (guard_retry <= at) revive_guard();
    if (watchdog_retry <= at) retry_watchdog();
    if (engine_deadline <= at)
        step(engine::Tick{});
    else
        arm();
}

/// One alarm for whatever comes first. Moving it costs a system call, so it stays when it is right.
void Node::Impl::arm() {
    auto at = std::min({engine_deadline, transport->next_deadline(), executor->next_deadline(),
                        etcd_witness->next_deadline(), guard_retry, watchdog_retry});
    if (auto running = callbacks->running(); running && running->since != callback_told_since)
        at = std::min(at, running->since + options.callback_slow);
    if (at == alarm_at) return;
    alarm_at = at;
    loop->set_alarm(at, [this] { on_alarm(); });
}

/// A user's callback that blocks delays no one but the user; it is told of once, by name (G23).
void Node::Impl::watch_callbacks(Instant at) {
    auto running = callbacks->running();
    if (running && running->since != callback_told_since &&
        at >= running->since + options.callback_slow) {
        callback_told_since = running->since;
        tell(EventKind::callback_slow, "callback " + running->name,
             "it has not returned for " + std::to_string((at - running->since) / 1ms) +
                 " ms; further callbacks wait, the cluster does not");
    }
    // Told once there is room again: otherwise that would be dropped too, and so on.
    auto dropped = callbacks->dropped();
    if (dropped == dropped_told || callbacks->is_full()) return;
    auto lost = dropped - dropped_told;
    dropped_told = dropped;
    tell(EventKind::runtime_note, "callbacks",
         std::to_string(lost) + " calls of on_notice and on_log were left out, because a callback "
                                "did not return; notices() still has the newest events");
}

void Node::Impl::use_spec(const model::ClusterSpec& spec, const model::ClusterSpec& reached_by) {
    board->set_spec(spec);
    executor->use(spec);
    use_etcd(reached_by);
    resolve_in_background(reached_by);
}

void Node::Impl::use_etcd(const model::ClusterSpec& spec) {
    if (auto r = etcd_witness->use(spec); !r) tell_shortcoming("witness", r.error().context);
}

/// That the witness is silent is the engine's to tell; this says why. Seldom: while an etcd comes
/// and goes it has a new reason at each question.
void Node::Impl::on_etcd_problem(const std::string& problem) {
    constexpr Duration k_etcd_tell_pace = 10s;
    const auto at = now();
    if (problem.empty() || (etcd_told_at != Instant{} && at < etcd_told_at + k_etcd_tell_pace))
        return;
    etcd_told_at = at;
    publish({at, EventKind::witness_problem, "witness", {{"reason", problem}}});
}

/// Names are looked up on a worker: a name server that does not answer must not stop heartbeats.
void Node::Impl::resolve_in_background(const model::ClusterSpec& spec) {
    auto generation = ++spec_generation;
    auto work = [this, box = outbox, spec, self = options.self, generation] {
        auto book = resolve_addresses(spec, self);
        box->post([this, generation, book = std::move(book)]() mutable {
            if (generation != spec_generation) return;
            if (!book) return tell(EventKind::runtime_note, "addresses", book.error().context);
            if (!book->unresolved.empty())
                tell(EventKind::runtime_note, "addresses", book->unresolved);
            transport->use(std::move(*book));
            arm();
        });
    };
    if (!workers->run(std::move(work)))
        tell(EventKind::runtime_note, "addresses", "no worker is free to resolve the addresses");
}

void Node::Impl::tell(EventKind kind, std::string object, std::string text) {
    publish({now(), kind, std::move(object), {{"text", std::move(text)}}});
}

void Node::Impl::tell_shortcoming(std::string object, std::string text) {
    shortcomings.push_back(text);
    tell(EventKind::runtime_note, std::move(object), std::move(text));
}

void Node::Impl::publish(Event event) {
    event_log->add(event);
    if (!events.event) return;
    callbacks->post("on_notice", Callbacks::Importance::droppable,
                    [call = events.event, event = std::move(event)] { call(event); });
}

void Node::Impl::log(std::uint32_t severity, const std::string& text) {
    if (!events.log) return;
    callbacks->post("on_log", Callbacks::Importance::droppable,
                    [call = events.log, severity, text] { call(severity, text); });
}

NodeStatus Node::Impl::status() {
    auto at = now();
    NodeStatus out;
    out.engine = engine->status(at);
    out.guard = guard_status(out.engine);
    out.shortcomings = shortcomings;
    out.interconnects = transport->counters();
    out.workers = workers->load();
    if (auto running = callbacks->running()) {
        out.callback_running = running->name;
        out.callback_running_for = at - running->since;
    }
    out.events_dropped = callbacks->dropped();
    if (recorder) out.recorder = recorder->status();
    if (out.engine.witness.problem.empty()) out.engine.witness.problem = etcd_witness->problem();
    return out;
}

}  // namespace ha::runtime
