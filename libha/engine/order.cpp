// Orders of an operator: to whom they go, when they are refused, and how a node takes its own.
#include "engine/order.hpp"

#include "engine/impl.hpp"

namespace ha::engine {

Result<std::vector<model::Command>> commands_of(const model::ClusterState& state,
                                                const ServiceOrder& request, std::string& done) {
    if (request.order == model::NodeOrder::none)
        return failure(FailureCode::invalid, "an order to do nothing is none");
    const auto verb = std::string(model::to_string(request.order));
    std::vector<model::Command> out;
    std::string names;
    for (const auto& [id, record] : state.nodes) {
        if (request.node && id != request.node) continue;
        if (!model::is_up(state, id)) {
            if (!request.node) continue;
            return failure(FailureCode::refused,
                           "node " + model::name_of(state.spec, id) + " is not up but " +
                               model::to_string(record.status));
        }
        names += (names.empty() ? "" : ", ") + model::name_of(state.spec, id);
        out.push_back(model::OrderNode{id, record.start, request.order,
                                       !request.node && id == request.asked_at, request.reason});
    }
    if (out.empty() && request.node)
        return failure(FailureCode::not_found,
                       "no node with number " + std::to_string(request.node.value));
    if (out.empty()) return failure(FailureCode::refused, "no node is up");
    done = "told to " + verb + ": " + names;
    return out;
}

Result<std::vector<model::Command>> commands_of(const model::ClusterState& state,
                                                const ClusterSuspend& request, std::string& done) {
    done = request.on ? "the cluster is suspended: groups run on, and nothing is done about them"
                      : "the cluster is resumed";
    if (state.is_suspended == request.on) return std::vector<model::Command>{};
    return {{model::SetSuspended{request.on, k_reason_asked}}};
}

std::string refusal_of_suspended(const model::ClusterState& state, const RequestBody& request) {
    const bool is_about_groups = std::holds_alternative<GroupStart>(request) ||
                                 std::holds_alternative<GroupStop>(request) ||
                                 std::holds_alternative<GroupMove>(request) ||
                                 std::holds_alternative<GroupFailover>(request) ||
                                 std::holds_alternative<ResourceWish>(request) ||
                                 std::holds_alternative<ResourceRestart>(request);
    if (!state.is_suspended || !is_about_groups) return {};
    return "the cluster is suspended, and nothing is done about groups; resume it first";
}

/// One node of several goes: can those that stay go on?
std::string Engine::Impl::refusal_of_order(const model::ClusterState& state,
                                           const RequestBody& body) const {
    const auto* asked = std::get_if<ServiceOrder>(&body);
    if (asked == nullptr || !asked->node || asked->may_lose_quorum || !raft) return {};
    // One of two goes on as the policy says, or waits: that is what was chosen.
    if (state.spec.quorum == model::QuorumPolicy::two_node) return {};
    NodeSet stay;
    bool is_any = false;
    for (const auto& [id, record] : state.nodes) {
        const bool stays = id != asked->node && record.status == model::NodeStatus::up &&
                           (id == self || contact.contains(id));
        if (stays) stay.insert(id);
        is_any = is_any || stays;
    }
    if (voters_near().contains(k_witness_node)) stay.insert(k_witness_node);
    if (!is_any || membership::has_quorum(voter_nodes(), stay)) return {};
    return "without node " + model::name_of(state.spec, asked->node) +
           " the nodes that stay are no quorum and would stop their groups; stop all nodes, or "
           "say that this is meant";
}

/// All leave, and this node was asked to be the last: are the others gone, and was there time to
/// see it?
bool Engine::Impl::is_to_stay_last() {
    const auto record = registry.nodes.find(self);
    if (record == registry.nodes.end() || !record->second.leaves_last) return false;
    for (const auto& [id, other] : registry.nodes) {
        const auto peer = peers.find(id);
        if (id == self || peer == peers.end() || other.order == model::NodeOrder::none) continue;
        if (contact.contains(id) && !peer->second.down_notice) {
            others_gone_at = Instant::max();
            return true;
        }
    }
    others_gone_at = std::min(others_gone_at, now);
    return now - others_gone_at < k_last_stay;
}

/// Ours is in the state: hand over, leave, and then do it.
void Engine::Impl::take_order() {
    const auto record = registry.nodes.find(self);
    if (record == registry.nodes.end() || !is_admitted()) return;
    const auto ordered = record->second.order;
    if (ordered == model::NodeOrder::none || ordered == order) return;
    order = ordered;
    actions.order = ordered;
    actions.order_reason = record->second.reason;
    on_leave(Leave{std::string("told to ") + model::to_string(ordered) + ": " +
                   record->second.reason});
}

}  // namespace ha::engine
