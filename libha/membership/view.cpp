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

/// `members`, less the fewest nodes it takes until no pair misses contact.
template <class Missing>
NodeSet connected_set(NodeSet members, NodeId kept, Missing missing) {
    for (;;) {
        NodeId worst;
        std::size_t worst_count = 0;
        for (auto node : members) {
            if (node == kept) continue;
            const std::size_t count = missing(members, node);
            if (count > 0 && count >= worst_count) {
                worst = node;
                worst_count = count;
            }
        }
        if (!worst) return members;
        members.erase(worst);
    }
}

/// As far as self can know: of a node that it does not hear itself it takes the word of those who
/// do, and of two such nodes the best.
std::size_t missing_by_hearsay(const Hearing& hearing, const NodeSet& near, const NodeSet& members,
                               NodeId node) {
    const auto has_contact = [&](NodeId other) {
        const bool is_near = near.contains(node), is_other_near = near.contains(other);
        if (!is_near && !is_other_near) return true;
        return (!is_near || hears(hearing, node, other)) &&
               (!is_other_near || hears(hearing, other, node));
    };
    return static_cast<std::size_t>(std::count_if(members.begin(), members.end(), [&](NodeId m) {
        return m != node && !has_contact(m);
    }));
}

}  // namespace

NodeSet membership(const Hearing& hearing) {
    auto members = contacts(hearing);
    members.insert(hearing.self);
    return connected_set(std::move(members), hearing.self,
                         [&](const NodeSet& of, NodeId node) {
                             return missing_contacts(hearing, of, node);
                         });
}

NodeSet best_membership(const Hearing& hearing) {
    auto near = contacts(hearing);
    near.insert(hearing.self);
    auto all = near;
    for (auto node : near)
        if (const auto told = hearing.told.find(node); told != hearing.told.end())
            for (auto other : told->second) all.insert(other);
    auto with_self = membership(hearing);
    if (with_self.size() == all.size()) return with_self;
    auto best = connected_set(std::move(all), NodeId{}, [&](const NodeSet& of, NodeId node) {
        return missing_by_hearsay(hearing, near, of, node);
    });
    return best.size() > with_self.size() ? best : with_self;
}

std::size_t contacts_within(const Hearing& hearing, const NodeSet& members, NodeId node) {
    auto near = contacts(hearing);
    near.insert(hearing.self);
    return members.size() - (members.contains(node) ? 1 : 0) -
           missing_by_hearsay(hearing, near, members, node);
}

bool is_heard_by_anyone(const Hearing& hearing, NodeId node) {
    if (hearing.heard.contains(node)) return true;
    const auto near = contacts(hearing);
    return std::any_of(near.begin(), near.end(),
                       [&](NodeId other) { return other != node && hears(hearing, other, node); });
}

}  // namespace ha::membership
