// The view: two-sided contact, and the fully connected membership.
#include "membership/view.hpp"

#include <algorithm>

namespace ha::membership {
namespace {

bool hears(const Hearing& hearing, NodeId who, NodeId whom) {
    if (who == hearing.self) return hearing.heard.contains(whom);
    const auto told = hearing.told.find(who);
    return told != hearing.told.end() && told->second.contains(whom);
}

std::size_t missing_contacts(const Hearing& hearing, const NodeSet& members, NodeId node) {
    return static_cast<std::size_t>(std::count_if(
        members.begin(), members.end(), [&](NodeId other) {
            return other != node && !(hears(hearing, node, other) && hears(hearing, other, node));
        }));
}

}  // namespace

NodeSet contacts(const Hearing& hearing) {
    NodeSet out;
    for (auto node : hearing.heard)
        if (node != hearing.self && hears(hearing, node, hearing.self)) out.insert(node);
    return out;
}

namespace {

/// All in contact with self, less the fewest it takes until every pair has contact.
NodeSet connected_set(const Hearing& hearing, bool is_self_kept) {
    auto members = contacts(hearing);
    members.insert(hearing.self);
    for (;;) {
        NodeId worst;
        std::size_t worst_count = 0;
        for (auto node : members) {
            if (is_self_kept && node == hearing.self) continue;
            const auto count = missing_contacts(hearing, members, node);
            if (count > 0 && count >= worst_count) {
                worst = node;
                worst_count = count;
            }
        }
        if (!worst) return members;
        members.erase(worst);
    }
}

}  // namespace

NodeSet membership(const Hearing& hearing) { return connected_set(hearing, true); }

NodeSet best_membership(const Hearing& hearing) {
    auto with_self = connected_set(hearing, true);
    auto best = connected_set(hearing, false);
    return best.size() > with_self.size() ? best : with_self;
}

std::size_t contacts_within(const Hearing& hearing, const NodeSet& members, NodeId node) {
    return members.size() - (members.contains(node) ? 1 : 0) -
           missing_contacts(hearing, members, node);
}

bool is_heard_by_anyone(const Hearing& hearing, NodeId node) {
    if (hearing.heard.contains(node)) return true;
    const auto near = contacts(hearing);
    return std::any_of(near.begin(), near.end(),
                       [&](NodeId other) { return other != node && hears(hearing, other, node); });
}

}  // namespace ha::membership
