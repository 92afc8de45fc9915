// Founding: the birth of a cluster (safety.md D3).
//
// A node with an empty store founds nothing by itself. When all configured nodes are in contact,
// all empty, with the same configuration, the one of the lowest rank makes the first document. It is
// durable there before anybody hears of it, so it cannot be made twice by one store; and since it
// takes all nodes, empty, two of them cannot both come to be.
#include <algorithm>

#include "base/limits.hpp"
#include "engine/impl.hpp"

namespace ha::engine {

void Engine::Impl::found_if_all_are_here() {
    if (store.cluster || is_store_replaced || is_store_lost || is_store_failed) return;
    if (file_spec.nodes.size() < 2) return found({{self, store.store}});
    if (std::ranges::min_element(file_spec.nodes, {}, &model::NodeSpec::rank)->id != self) return;
    auto nodes = file_spec.nodes;
    std::ranges::sort(nodes, {}, &model::NodeSpec::rank);
    std::vector<wire::Voter> voters;
    for (const auto& node : nodes) {
        StoreId id = store.store;
        if (node.id != self) {
            const auto& peer = peers[node.id];
            const auto& told = peer.heartbeat;
            if (!contact.contains(node.id) || !peer.has_heartbeat || told.cluster ||
                told.store_lost || told.spec_digest != file_spec_digest || !told.store)
                return;
            id = told.store;
        }
        if (voters.size() < k_limit_voters) voters.push_back({node.id, id});
    }
    found(std::move(voters));
}

void Engine::Impl::found(std::vector<wire::Voter> voters) {
    std::sort(voters.begin(), voters.end());
    const auto cluster = random_id<ClusterId>(random);
    wire::Snapshot first;
    first.index = LogIndex{1};
    first.term = Term{1};
    first.voters_index = first.index;
    first.voters = std::move(voters);
    auto spec = file_spec;
    spec.revision = SpecRevision{1};
    first.document = model::encode(model::initial_state(spec));
    tell(EventKind::cluster_founded, {}, {{"cluster", to_hex(cluster)}});
    adopt_document(cluster, first);
}

void Engine::Impl::adopt_document(const ClusterId& cluster, const wire::Snapshot& snapshot) {
    const auto result = raft->found(now, cluster, snapshot);
    if (!result) tell(EventKind::peer_refused, {}, {{"reason", result.error().context}});
}

/// A node that was empty when the founder was, is listed with the store it still has, and missed
/// the first telling.
void Engine::Impl::send_founding() {
    if (!cluster_durable || store.snapshot.index != LogIndex{1}) return;
    for (auto node : contact) {
        const auto& told = peers[node].heartbeat;
        if (told.cluster || told.store_lost || founding_sent_at[node] + k_founding_resend > now)
            continue;
        founding_sent_at[node] = now;
        send(node, wire::Founding{store.cluster, store.snapshot});
    }
}

void Engine::Impl::on_founding(NodeId from, const wire::Founding& founding) {
    if (store.cluster || is_store_replaced || is_store_lost || is_store_failed) return;
    const auto& voters = founding.snapshot.voters;
    const bool is_listed = std::find(voters.begin(), voters.end(),
                                     wire::Voter{self, store.store}) != voters.end();
    const auto state = model::decode_state(founding.snapshot.document, version_max);
    if (!is_listed || !state || founding.snapshot.index != LogIndex{1}) return;
    if (model::spec_digest(state->spec) != file_spec_digest) {
        tell(EventKind::peer_refused, node_object(from),
             {{"reason", "it founds the cluster with another configuration than ours"}});
        return;
    }
    adopt_document(founding.cluster, founding.snapshot);
}

}  // namespace ha::engine
