// Paths: by which configuration nodes reach each other. By the one in force, with two exceptions.
//
// A node that has been taken out keeps the last one that it was part of: it is out when the others
// say so, and when they take it in again it has to hear that, or it would be deaf for ever.
//
// A configuration on trial may have addresses by which nothing is reached. Nobody could take it
// back then, because nobody could agree on that. So a node that has no quorum by its addresses goes
// back to those before it for a while, and then tries the others again; the nodes lose the quorum
// together, so they meet there. Who counts, and by which times, is still what is in force: only
// where datagrams go and come from is another thing, and a trial ends as it would have ended.
#include <algorithm>

#include "engine/impl.hpp"

namespace ha::engine {
namespace {

/// One that is tried for so long has had the time for an election.
constexpr Duration k_paths_try_min = 5s;

bool is_same_witness(const model::ClusterSpec& a, const model::ClusterSpec& b) {
    return a.witness.address == b.witness.address && a.witness.etcd == b.witness.etcd;
}

/// The same nodes, and other ways to reach them.
bool differ_in_paths(const model::ClusterSpec& a, const model::ClusterSpec& b) {
    if (a.nodes.size() != b.nodes.size()) return false;
    bool is_other = !is_same_witness(a, b);
    for (const auto& node : a.nodes) {
        const auto* before = model::find_node(b, node.id);
        if (before == nullptr) return false;
        is_other = is_other || node.addresses != before->addresses;
    }
    return is_other;
}

}  // namespace

/// Takes the configuration that says where everybody is.
void Engine::Impl::choose_paths() {
    if (!registry.spec_trial) is_on_former_paths = false;
    const auto& wanted = is_on_former_paths ? registry.spec_trial->previous : registry.spec;
    if (model::find_node(wanted, self) != nullptr) reached_by = wanted;
}

void Engine::Impl::consider_paths() {
    const bool is_trial = registry.spec_trial &&
                          model::find_node(registry.spec, self) != nullptr &&
                          differ_in_paths(registry.spec, registry.spec_trial->previous);
    const bool is_left_over = is_on_former_paths && !is_trial;
    if (!is_trial || was_quorate) paths_due = Instant::max();
    if (!is_left_over && (!is_trial || was_quorate)) return;
    const auto wait = std::max(k_paths_try_min, 4 * timing().heartbeat_timeout);
    if (!is_left_over && paths_due == Instant::max()) paths_due = now + wait;
    if (!is_left_over && now < paths_due) return;
    paths_due = now + wait;
    is_on_former_paths = !is_on_former_paths;
    configure_peers();
    actions.is_spec_changed = true;
    if (!is_on_former_paths) return;
    tell(EventKind::spec_stuck, {},
         {{"reason", "no quorum by the addresses of configuration " +
                         std::to_string(registry.spec.revision.value) +
                         ", which is on trial: those before it are used meanwhile"}});
}

}  // namespace ha::engine
