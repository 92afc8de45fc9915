// Requests of administrators and embedders: from whichever node they are made at, to the leader,
// into the log, and back with what became of them.
//
// A request is answered once: when its entry is applied, when it is refused, or when its time is
// over. A request that was proposed by a leader that then lost leadership is asked again; each is
// harmless when done twice.
#include <algorithm>

#include "base/limits.hpp"
#include "engine/impl.hpp"
#include "engine/order.hpp"
#include "engine/translate.hpp"
#include "model/apply_operate.hpp"

namespace ha::engine {
namespace {

constexpr const char* k_done_before =
    "carried out already; the first answer was lost with the leader that gave it";

/// Carried out by one node, not by the leader.
bool is_for_one_node(const RequestBody& body) {
    return std::holds_alternative<ResourceRestart>(body) ||
           std::holds_alternative<RebootsReset>(body);
}

/// Who has the answer reads what it wrote: it is given when the write is applied here, too.
bool is_of_checkpoint(const RequestBody& body) {
    return std::holds_alternative<model::WriteSection>(body) ||
           std::holds_alternative<model::EraseSection>(body);
}

}  // namespace

/// A write of a checkpoint without an epoch is of the activation that runs here; false when there
/// is none.
bool Engine::Impl::bind_to_activation(RequestBody& body) const {
    const auto bind = [&](auto& write) {
        const auto record = registry.groups.find(write.group);
        if (write.epoch || record == registry.groups.end()) return true;
        write.epoch = record->second.epoch;
        return record->second.owner == self;
    };
    if (auto* write = std::get_if<model::WriteSection>(&body)) return bind(*write);
    if (auto* erase = std::get_if<model::EraseSection>(&body)) return bind(*erase);
    return true;
}

void Engine::Impl::on_request(NodeId origin, RequestId id, const RequestBody& body) {
    const bool is_known = std::any_of(requests.begin(), requests.end(), [&](const auto& request) {
        return request.origin == origin && request.id == id;
    });
    if (is_known || (origin != self && answer_again(origin, id))) return;
    // Only a leader carries requests of others: their origin tells the next one by itself.
    const bool is_for_leader = !is_for_one_node(body);
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
    if (origin == self && !bind_to_activation(request.body)) {
        answer(request, failure(FailureCode::refused,
                                "the group does not run on this node; only where it runs is its "
                                "checkpoint written"));
        return;
    }
    if (request_done_locally(request)) return;
    requests.push_back(std::move(request));
    is_duty_due = true;
}

NodeId Engine::Impl::executor_of(const RequestBody& body) const {
    if (const auto* reset = std::get_if<RebootsReset>(&body)) return reset->node;
    const auto* restart = std::get_if<ResourceRestart>(&body);
    if (restart == nullptr) return {};
    const auto record = registry.groups.find(restart->group);
    return record == registry.groups.end() ? NodeId{} : record->second.owner;
}

/// Requests are numbered anew by each start of the node that they are made at.
StartNumber Engine::Impl::start_of(NodeId origin) const {
    if (origin == self) return store.start;
    const auto peer = peers.find(origin);
    return peer == peers.end() ? StartNumber{} : peer->second.start;
}

/// Requests that are not for the registry.
bool Engine::Impl::request_done_locally(const PendingRequest& request) {
    if (request_alone(request) || request_recovery(request)) return true;
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
    if (const auto* reset = std::get_if<RebootsReset>(&request.body)) {
        const bool is_known = model::find_node(registry.spec, reset->node) != nullptr;
        if (reset->node != self && is_known && request.origin == self) return false;
        if (!is_known) {
            answer(request, unknown("node", reset->node.value));
            return true;
        }
        reset_reboots();
        refresh_status();
        answer(request, node_object(self) + " counts its automatic reboots from 0 again");
        return true;
    }
    if (std::holds_alternative<RenewWitness>(request.body) && raft->is_leader()) {
        answer(request, ask_witness_renewal());
        return true;
    }
    const auto* restart = std::get_if<ResourceRestart>(&request.body);
    if (restart == nullptr) return false;
    if (auto refusal = refusal_of_suspended(registry, request.body); !refusal.empty()) {
        answer(request, failure(FailureCode::refused, std::move(refusal)));
        return true;
    }
    const auto record = registry.groups.find(restart->group);
    if (record == registry.groups.end()) {
        answer(request, unknown("group", restart->group.value));
        return true;
    }
    if (record->second.is_frozen) {
        answer(request, failure(FailureCode::refused, group_object(restart->group) +
                                                          " is frozen; 'hactl group thaw' ends "
                                                          "that first"));
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
    if (reply.ok && is_of_checkpoint(request->body) &&
        !model::is_done(registry, self, store.start, request->id))
        return;  // answered when it is applied here
    if (reply.ok)
        answer(*request, reply.text);
    else
        answer(*request, failure(reply.code, reply.text));
    requests.erase(request);
}

void Engine::Impl::forward_requests() {
    const bool leads = raft && raft->is_leader();
    std::erase_if(requests, [&](const auto& request) {
        return request.origin != self && !is_for_one_node(request.body) && !leads;
    });
    for (auto request = requests.begin(); request != requests.end();) {
        // The group that is to be restarted may have come to us, or stopped, meanwhile; or we
        // lead by now.
        const bool is_local = is_for_one_node(request->body) ||
                              std::holds_alternative<RenewWitness>(request->body);
        if (is_local && request_done_locally(*request))
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
        if (is_for_one_node(request.body)) to = executor_of(request.body);
        if (!to || to == self || !contact.contains(to)) continue;
        // Either of request and answer may be lost; who has answered before answers the same again.
        if (request.forwarded_to == to && now < request.forwarded_at + k_request_resend) continue;
        request.forwarded_to = to;
        request.forwarded_at = now;
        send(to, wire::ForwardedRequest{request.id, encode(request.body)});
    }
}

void Engine::Impl::expire_requests() {
    expire_recovery();
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
        const auto start = start_of(request->origin);
        if (model::is_done(registry, request->origin, start, request->id)) {
            answer(*request, std::string(k_done_before));
            request = requests.erase(request);
            continue;
        }
        if (request->index || request->is_in_batch || is_for_one_node(request->body) ||
            model::is_done(speculative, request->origin, start, request->id)) {
            ++request;
            continue;
        }
        auto translated = translate_request(speculative, request->body);
        if (!translated) {
            tell(EventKind::request_refused, {}, {{"reason", translated.error().context}});
            answer(*request, translated.error());
            request = requests.erase(request);
            continue;
        }
        const auto before = out.size();
        for (auto& command : translated->commands)
            try_command(speculative, out, std::move(command));
        if (out.size() == before) {
            answer(*request, translated->done + " (nothing to do)");
            request = requests.erase(request);
            continue;
        }
        // In the same entry: if the answer is lost with this leader, the next one knows.
        try_command(speculative, out, model::RequestDone{request->origin, start, request->id});
        request->done_text = translated->done;
        request->is_in_batch = true;
        ++request;
    }
}

void Engine::Impl::settle_requests(LogIndex index, Term term) {
    for (auto request = requests.begin(); request != requests.end();) {
        if (request->origin == self && !request->index && is_of_checkpoint(request->body) &&
            model::is_done(registry, self, store.start, request->id)) {
            answer(*request, std::string("the checkpoint is changed as asked"));
            request = requests.erase(request);
            continue;
        }
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

}  // namespace ha::engine
