// Requests of administrators and embedders: from whichever node they are made at, to the leader,
// into the log, and back with what became of them.
//
// A request is answered once: when its entry is applied, when it is refused, or when its time is
// over. A request that was proposed by a leader that then lost leadership is asked again; each is
// harmless when done twice.
#include <algorithm>

#include "base/limits.hpp"
#include "engine/impl.hpp"
#include "placement/rules.hpp"

namespace ha::engine {
namespace {

Failure unknown(const char* what, std::uint64_t id) {
    return failure(FailureCode::not_found,
                   std::string("no ") + what + " with number " + std::to_string(id));
}

/// Where a group would go if it had to leave where it is, by the same rules that place it.
placement::Decision decide_move(model::ClusterState state, const placement::View& view,
                                GroupId group, NodeId target) {
    auto& record = state.groups.at(group);
    if (!target && record.owner) {
        std::erase_if(record.bans, [&](const auto& ban) { return ban.node == record.owner; });
        record.bans.push_back({record.owner, "it is to move away", true, {}, {}});
        std::sort(record.bans.begin(), record.bans.end(),
                  [](const auto& a, const auto& b) { return a.node < b.node; });
    }
    // What runs is moved to a place that is free and that it may have now, or not at all.
    for (auto& spec : state.spec.groups) {
        if (spec.id != group || !record.owner) continue;
        spec.retry_delay = Duration::zero();
        spec.preempts = false;
        spec.failover_limit = 0;
    }
    record.owner = NodeId{};
    record.is_evicted = false;
    record.target = target;
    record.is_pinned = static_cast<bool>(target);
    return placement::explain(state, view, group);
}

/// Why the group cannot go to the node that was asked for; of no node: to none at all.
std::string reasons(const model::ClusterSpec& spec, const placement::Decision& decision,
                    NodeId target) {
    std::string policy;
    for (const auto node : model::find_group(spec, decision.group)->policy)
        policy += (policy.empty() ? "" : ", ") + model::name_of(spec, node);
    std::string out = target ? "" : decision.reason;
    for (const auto& rejected : decision.rejected) {
        if (target && rejected.node != target) continue;
        out += (out.empty() ? "" : "; ") + ("node " + model::name_of(spec, rejected.node)) + " " +
               rejected.reason;
    }
    if (!out.empty()) return out;
    return "node " + model::name_of(spec, target) + " is not in its policy: " + policy;
}

}  // namespace

void Engine::Impl::on_request(NodeId origin, RequestId id, const RequestBody& body) {
    const bool is_known = std::any_of(requests.begin(), requests.end(), [&](const auto& request) {
        return request.origin == origin && request.id == id;
    });
    if (is_known || (origin != self && answer_again(origin, id))) return;
    // Only a leader carries requests of others: their origin tells the next one by itself.
    const bool is_for_leader = !std::holds_alternative<ResourceRestart>(body);
    if (origin != self && is_for_leader && !raft->is_leader()) return;
    PendingRequest request;
    request.origin = origin;
    request.id = id;
    request.body = body;
    request.deadline = now + k_request_timeout;
    if (requests.size() >= k_limit_requests) {
        answer(request,
               failure(FailureCode::limit, "too many requests are under way on this node"));
        return;
    }
    if (request_done_locally(request)) return;
    requests.push_back(std::move(request));
    is_duty_due = true;
}

/// Requests that are not for the registry.
bool Engine::Impl::request_done_locally(const PendingRequest& request) {
    if (std::holds_alternative<ClusterInit>(request.body)) {
        const auto founded = std::find_if(peers.begin(), peers.end(), [&](const auto& peer) {
            return contact.contains(peer.first) && peer.second.heartbeat.cluster;
        });
        if (store.cluster) {
            answer(request, failure(FailureCode::refused, "this node belongs to cluster " +
                                                              to_hex(store.cluster) + " already"));
        } else if (is_store_failed) {
            answer(request, failure(FailureCode::refused, "the store of this node failed"));
        } else if (founded != peers.end()) {
            answer(request,
                   failure(FailureCode::refused,
                           node_object(founded->first) + " belongs to cluster " +
                               to_hex(founded->second.heartbeat.cluster) +
                               " already, which brings this node its document by itself"));
        } else {
            found({{self, store.store}});
            answer(request, std::string("a new cluster of this node alone; the others join it"));
        }
        return true;
    }
    const auto* restart = std::get_if<ResourceRestart>(&request.body);
    if (restart == nullptr) return false;
    const auto record = registry.groups.find(restart->group);
    if (record == registry.groups.end()) {
        answer(request, unknown("group", restart->group.value));
        return true;
    }
    if (record->second.owner == self) {
        begin_restart(request);
        return true;
    }
    if (!record->second.owner || request.origin != self) {
        answer(request, failure(FailureCode::refused,
                                record->second.owner ? "the group runs on another node by now"
                                                     : "the group runs nowhere"));
        return true;
    }
    return false;  // travels to the owner
}

void Engine::Impl::begin_restart(const PendingRequest& request) {
    const auto& restart = std::get<ResourceRestart>(request.body);
    const bool is_begun = service.restart(now, registry, restart.group, restart.resource);
    drain_service();
    if (is_begun)
        answer(request, std::string("the restart has begun"));
    else
        answer(request, failure(FailureCode::refused,
                                group_object(restart.group) +
                                    " is not online here, or has no such resource"));
}

/// True: it was answered before, and the answer is on its way once more.
bool Engine::Impl::answer_again(NodeId origin, RequestId id) {
    const auto kept = std::find_if(answers_kept.begin(), answers_kept.end(), [&](const auto& a) {
        return a.origin == origin && a.reply.request == id;
    });
    if (kept == answers_kept.end()) return false;
    send(origin, kept->reply);
    return true;
}

/// The node was started anew, and counts its requests from 1 again.
void Engine::Impl::forget_requests_of(NodeId origin) {
    const auto is_of_it = [&](const auto& item) { return item.origin == origin; };
    std::erase_if(requests, is_of_it);
    std::erase_if(answers_kept, is_of_it);
}

void Engine::Impl::answer(const PendingRequest& request, Result<std::string> result) {
    if (request.origin == self) {
        actions.answers.push_back({request.id, std::move(result)});
        return;
    }
    wire::RequestAnswer reply;
    reply.request = request.id;
    reply.ok = result.has_value();
    reply.code = result ? FailureCode::invalid : result.error().code;
    reply.text = result ? *result : result.error().context;
    reply.text.resize(std::min(reply.text.size(), k_limit_reason_bytes));
    send(request.origin, reply);
    if (answers_kept.size() >= k_limit_answers_kept) answers_kept.pop_front();
    answers_kept.push_back({request.origin, std::move(reply)});
}

void Engine::Impl::on_request_answer(const wire::RequestAnswer& reply) {
    const auto request = std::find_if(requests.begin(), requests.end(), [&](const auto& r) {
        return r.origin == self && r.id == reply.request;
    });
    if (request == requests.end()) return;  // answered already
    if (reply.ok)
        answer(*request, reply.text);
    else
        answer(*request, failure(reply.code, reply.text));
    requests.erase(request);
}

void Engine::Impl::forward_requests() {
    const bool leads = raft && raft->is_leader();
    std::erase_if(requests, [&](const auto& request) {
        const bool is_for_leader = !std::holds_alternative<ResourceRestart>(request.body);
        return request.origin != self && is_for_leader && !leads;
    });
    for (auto request = requests.begin(); request != requests.end();) {
        // The group that is to be restarted may have come to us, or stopped, meanwhile.
        const bool is_restart = std::holds_alternative<ResourceRestart>(request->body);
        if (is_restart && request_done_locally(*request))
            request = requests.erase(request);
        else
            ++request;
    }
    for (auto& request : requests) {
        if (request.index && (!leads || raft->term() != request.term)) {
            request.index.reset();  // deposed: whether it commits is not known; ask again
            request.forwarded_to = NodeId{};
            is_duty_due = true;
        }
        if (request.origin != self || request.index) continue;
        auto to = leads || !raft ? NodeId{} : raft->leader();
        if (const auto* restart = std::get_if<ResourceRestart>(&request.body)) {
            const auto record = registry.groups.find(restart->group);
            to = record == registry.groups.end() ? NodeId{} : record->second.owner;
        }
        if (!to || to == self || !contact.contains(to)) continue;
        // Either of request and answer may be lost; who has answered before answers the same again.
        if (request.forwarded_to == to && now < request.forwarded_at + k_request_resend) continue;
        request.forwarded_to = to;
        request.forwarded_at = now;
        send(to, wire::ForwardedRequest{request.id, encode(request.body)});
    }
}

void Engine::Impl::expire_requests() {
    for (auto request = requests.begin(); request != requests.end();) {
        if (now < request->deadline) {
            ++request;
            continue;
        }
        answer(*request,
               failure(FailureCode::unavailable,
                       raft && raft->leader()
                           ? "not committed in time; the cluster may still carry it out"
                           : "no leader: fewer than a quorum of voters are in contact"));
        request = requests.erase(request);
    }
}

void Engine::Impl::duty_requests(model::ClusterState& speculative,
                                 std::vector<model::Command>& out) {
    for (auto request = requests.begin(); request != requests.end();) {
        if (request->index || request->is_in_batch ||
            std::holds_alternative<ResourceRestart>(request->body)) {
            ++request;
            continue;
        }
        std::string done;
        auto commands = commands_for(speculative, request->body, done);
        if (!commands) {
            tell(EventKind::request_refused, {}, {{"reason", commands.error().context}});
            answer(*request, commands.error());
            request = requests.erase(request);
            continue;
        }
        const auto before = out.size();
        for (auto& command : *commands) try_command(speculative, out, std::move(command));
        if (out.size() == before) {
            answer(*request, done + " (nothing to do)");
            request = requests.erase(request);
            continue;
        }
        request->done_text = done;
        request->is_in_batch = true;
        ++request;
    }
}

void Engine::Impl::settle_requests(LogIndex index, Term term) {
    for (auto request = requests.begin(); request != requests.end();) {
        // The entry of another leader may have taken the place of ours.
        if (request->index == index && request->term != term) request->index.reset();
        if (request->index != index) {
            ++request;
            continue;
        }
        tell(EventKind::request_done, {}, {{"what", request->done_text}});
        answer(*request, request->done_text);
        request = requests.erase(request);
    }
}

namespace {

/// One request to commands: refused with the rule, or the commands and what to say when done.
struct Translate {
    const model::ClusterState& state;
    const placement::View& view;
    std::string& done;
    using Commands = Result<std::vector<model::Command>>;

    std::string name(GroupId id) const { return "group " + model::name_of(state.spec, id); }
    std::string name(NodeId id) const { return "node " + model::name_of(state.spec, id); }

    Commands operator()(const GroupStart& r) const {
        const auto found = state.groups.find(r.group);
        if (found == state.groups.end()) return unknown("group", r.group.value);
        const auto& record = found->second;
        if (r.node && record.owner && record.owner != r.node)
            return failure(FailureCode::refused, name(r.group) + " is on " + name(record.owner) +
                                                     "; move it instead");
        auto wanted = state;
        wanted.groups.at(r.group).bans.clear();
        wanted.groups.at(r.group).goal = model::Goal::online;
        if (!record.owner) {
            const auto decision = decide_move(wanted, view, r.group, r.node);
            // It starts by itself when what starts before it is online.
            const bool has_to_wait =
                decision.rule == placement::to_string(placement::Rule::waits_for_group);
            const bool is_there = decision.node && (!r.node || decision.node == r.node);
            if (!is_there && !has_to_wait)
                return failure(FailureCode::refused, name(r.group) + " cannot start: " +
                                                         reasons(state.spec, decision, r.node));
        }
        done = name(r.group) + " is to be online";
        return {{model::SetGoal{r.group, model::Goal::online, r.node, true, k_reason_asked}}};
    }
    Commands operator()(const GroupStop& r) const {
        if (!state.groups.contains(r.group)) return unknown("group", r.group.value);
        done = name(r.group) + " is to be offline";
        return {{model::SetGoal{r.group, model::Goal::offline, {}, false, k_reason_asked}}};
    }
    Commands operator()(const GroupMove& r) const {
        const auto found = state.groups.find(r.group);
        if (found == state.groups.end()) return unknown("group", r.group.value);
        const auto& record = found->second;
        if (record.goal != model::Goal::online)
            return failure(FailureCode::refused, name(r.group) + " is stopped; start it instead");
        if (record.owner && record.owner == r.node) {
            done = name(r.group) + " is on " + name(r.node) + " already";
            return std::vector<model::Command>{};
        }
        const auto decision = decide_move(state, view, r.group, r.node);
        if (!decision.node || (r.node && decision.node != r.node))
            return failure(FailureCode::refused,
                           name(r.group) + " cannot move: " +
                               reasons(state.spec, decision, r.node));
        done = name(r.group) + " is to move to " + name(decision.node);
        // The wish makes the group stay there; evicted alone, automatic failback would undo it.
        std::vector<model::Command> commands{model::SetGoal{
            r.group, model::Goal::online, decision.node, false, k_reason_asked}};
        if (record.owner && model::is_up(state, record.owner))
            commands.push_back(model::Evict{r.group, record.epoch.incarnation, decision.node,
                                            r.is_banned, model::StartKind::move, "asked to move"});
        return commands;
    }
    Commands operator()(const GroupClear& r) const {
        if (!state.groups.contains(r.group)) return unknown("group", r.group.value);
        done = "the failures of " + name(r.group) + " are forgotten";
        return {{model::ClearBans{r.group, r.node, false}}};
    }
    Commands operator()(const ResourceRestart&) const { return std::vector<model::Command>{}; }
    Commands operator()(const ClusterInit&) const { return std::vector<model::Command>{}; }
    Commands operator()(const SetNodeMode& r) const {
        if (!state.nodes.contains(r.node)) return unknown("node", r.node.value);
        if (r.mode == model::NodeMode::isolated && r.reason.empty())
            return failure(FailureCode::invalid,
                           "a node is isolated for a reason, which is shown: give one");
        switch (r.mode) {
            case model::NodeMode::in_service: done = name(r.node) + " is in service"; break;
            case model::NodeMode::maintenance: done = name(r.node) + " is in maintenance"; break;
            case model::NodeMode::standby: done = name(r.node) + " is on standby"; break;
            case model::NodeMode::isolated: done = name(r.node) + " is isolated"; break;
        }
        return {{model::SetNodeMode{r.node, r.mode, r.reason}}};
    }
    Commands operator()(const MonitorPause& r) const {
        const auto* monitor = model::find_monitor(state.spec, r.monitor);
        if (monitor == nullptr) return unknown("monitor", r.monitor.value);
        done = "monitor " + monitor->name + (r.paused ? " is paused" : " is resumed");
        return {{model::PauseMonitor{r.monitor, r.paused}}};
    }
    Commands operator()(const SpecApply& r) const {
        auto wanted = r.spec;
        wanted.revision = state.spec.revision;
        if (wanted == state.spec) {
            done = "the configuration is in force already";
            return std::vector<model::Command>{};
        }
        model::SetSpec command{r.spec.revision, r.spec};
        auto trial = state;
        const auto result = model::apply(trial, {LogIndex{1}, Term{1}}, command);
        if (result.is_ignored) return failure(FailureCode::refused, result.rule);
        done = "configuration " + std::to_string(trial.spec.revision.value) + " is in force";
        return {{std::move(command)}};
    }
};

}  // namespace

Result<std::vector<model::Command>> Engine::Impl::commands_for(const model::ClusterState& state,
                                                               const RequestBody& body,
                                                               std::string& done) {
    const auto view = placement_view();
    return std::visit(Translate{state, view, done}, body);
}

}  // namespace ha::engine
