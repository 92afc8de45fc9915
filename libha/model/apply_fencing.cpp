// Commands about lost nodes that are made harmless: by a device, by hand, or by a watchdog.
#include "model/application.hpp"

#include "model/text.hpp"

namespace ha::model {

Refusal Application::refusal_of_fencing(NodeId id, StartNumber start) const {
    const auto it = state_.nodes.find(id);
    if (it == state_.nodes.end()) return name(id) + " is not in the configuration";
    if (start != it->second.start)
        return "this is about start " + number_of(start) + " of " + name(id) +
               ", which has start " + number_of(it->second.start) + " now";
    if (it->second.status != NodeStatus::down)
        return name(id) + " is not down but " + to_string(it->second.status);
    return {};
}

/// Whatever it owned, fencing groups too: it can do nothing any more (cluster.md 4, release 2).
void Application::release_fenced(NodeId id, const std::string& reason) {
    auto* node = find_record(id);
    node->fencing = FencingState::confirmed;
    node->fencing_reason = clipped_reason(reason);
    free_groups_of(id, reason);
    forget_found_on(state_, id);
    end_waits_for(id);
    tell(EventKind::node_fenced, name(id), {{"reason", std::string(clipped_reason(reason))}});
}

Refusal Application::on(const RequestFence& c) {
    if (auto refusal = refusal_of_fencing(c.node, c.start); !refusal.empty()) return refusal;
    auto* node = find_record(c.node);
    if (node->fencing == FencingState::confirmed) return name(c.node) + " is harmless already";
    if (is_being_fenced(*node)) return name(c.node) + " is being fenced already";
    if (c.fencer == c.node) return name(c.node) + " cannot fence itself";
    if (c.fencer && find_record(c.fencer) == nullptr)
        return name(c.fencer) + " is not in the configuration";
    node->fencing = FencingState::requested;
    node->fencing_count++;
    node->fencer = c.fencer;
    node->is_fencing_asked = c.is_asked;
    node->fencing_reason = clipped_reason(c.reason);
    tell(EventKind::fencing_requested, name(c.node),
         {{"reason", node->fencing_reason},
          {"by", c.fencer ? name_of(state_.spec, c.fencer) : ""}});
    return {};
}

Refusal Application::on(const FenceDone& c) {
    if (auto refusal = refusal_of_fencing(c.node, c.start); !refusal.empty()) return refusal;
    auto* node = find_record(c.node);
    if (node->fencing_count != c.count)
        return "this is about another attempt to fence " + name(c.node);
    const bool was_open = static_cast<bool>(node->fencer);
    if (c.is_over) node->fencer = {};
    if (node->fencing != FencingState::requested) {
        // Decided before, by this attempt or by an operator: only the last shot is over by now.
        if (c.is_over && was_open) return {};
        return node->fencing == FencingState::confirmed
                   ? name(c.node) + " is harmless already"
                   : "this attempt to fence " + name(c.node) + " is over already";
    }
    if (c.is_confirmed) {
        release_fenced(c.node, c.reason);
        return {};
    }
    node->fencing_reason = clipped_reason(c.reason);
    node->fencing = c.is_needless ? FencingState::none : FencingState::failed;
    tell(c.is_needless ? EventKind::fencing_ended : EventKind::fencing_failed, name(c.node),
         {{"reason", node->fencing_reason}});
    return {};
}

Refusal Application::on(const ConfirmOff& c) {
    const auto it = state_.nodes.find(c.node);
    // Who has left holds nothing of ours; what somebody has started there by hand may run on.
    if (it != state_.nodes.end() && it->second.status == NodeStatus::left &&
        it->second.start == c.start && is_found_on(state_, c.node)) {
        forget_found_on(state_, c.node);
        tell(EventKind::node_fenced, name(c.node),
             {{"reason", std::string(clipped_reason(c.reason))}});
        return {};
    }
    if (auto refusal = refusal_of_fencing(c.node, c.start); !refusal.empty()) return refusal;
    if (find_record(c.node)->fencing == FencingState::confirmed)
        return name(c.node) + " is harmless already";
    release_fenced(c.node, c.reason);
    return {};
}

Refusal Application::on(const PromiseReset& c) {
    auto* node = find_record(c.node);
    if (node == nullptr) return name(c.node) + " is not in the configuration";
    if (c.start != node->start) return "this is about another start of " + name(c.node);
    // What it promised before it was lost is what counts from there on.
    if (!is_up(state_, c.node)) return name(c.node) + " does not take part";
    if (c.watchdog < Duration::zero() || c.watchdog > k_limit_device_timeout)
        return "no watchdog has such a time";
    if (node->watchdog == c.watchdog) return name(c.node) + " has said so already";
    node->watchdog = c.watchdog;
    return {};
}

Refusal Application::on(const NodeReset& c) {
    if (auto refusal = refusal_of_fencing(c.node, c.start); !refusal.empty()) return refusal;
    if (find_record(c.node)->fencing == FencingState::confirmed)
        return name(c.node) + " is harmless already";
    if (!time_to_reset(state_, c.node)) return name(c.node) + " is not reset by a watchdog";
    if (is_found_on(state_, c.node, Requirement::fencing))
        return name(c.node) + " may run what somebody has started by hand, which no watchdog ends";
    release_fenced(c.node, c.reason);
    return {};
}

}  // namespace ha::model
