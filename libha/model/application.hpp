// apply(state, command), inside: one function per command, each with its guards first.
//
// apply_nodes.cpp has those of membership, apply_fencing.cpp those of lost nodes that are made
// harmless, apply.cpp those of groups and all others.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "model/apply.hpp"
#include "model/apply_found.hpp"
#include "model/apply_operate.hpp"
#include "model/apply_reconfigure.hpp"

namespace ha::model {

/// Why a command is ignored; empty when it has been carried out.
using Refusal = std::string;

/// One command on one state.
class Application {
   public:
    Application(ClusterState& state, const Position& position)
        : state_(state), position_(position) {}

    Refusal on(const SetSpec& c);
    Refusal on(const NodeUp& c);
    Refusal on(const NodeDown& c);
    Refusal on(const RequestFence& c);
    Refusal on(const FenceDone& c);
    Refusal on(const ConfirmOff& c);
    Refusal on(const NodeLeaving& c);
    Refusal on(const NodeLeft& c);
    Refusal on(const OrderNode& c);
    Refusal on(const SetSuspended& c);
    Refusal on(const RaiseVersion& c);
    Refusal on(const Give& c);
    Refusal on(const Evict& c);
    Refusal on(const Release& c);
    Refusal on(const StopFailed& c);
    Refusal on(const SetGoal& c);
    Refusal on(const ClearBans& c);
    Refusal on(const SetNodeMode& c);
    /// Those of operate.hpp.
    template <class C>
        requires requires(Operating& it, const C& c) { operate(it, c); }
    Refusal on(const C& c) {
        Operating it{state_, applied_.events};
        return operate(it, c);
    }
    Refusal on(const GoneAlone& c);
    Refusal on(const EndForkRisk& c);
    Refusal on(const BindToStop& c);
    Refusal on(const PromiseReset& c);
    Refusal on(const NodeReset& c);
    Refusal on(const ForkedGroup& c);
    /// Those of reconfigure.hpp.
    template <class C>
        requires requires(Reconfiguring& it, const C& c) { reconfigure(it, c); }
    Refusal on(const C& c) {
        Reconfiguring it{state_, position_, applied_.events};
        return reconfigure(it, c);
    }

    Applied& applied() { return applied_; }

   private:
    using Parameters = std::vector<std::pair<std::string, std::string>>;

    NodeRecord* find_record(NodeId id) {
        const auto it = state_.nodes.find(id);
        return it == state_.nodes.end() ? nullptr : &it->second;
    }
    GroupRecord* find_record(GroupId id) {
        const auto it = state_.groups.find(id);
        return it == state_.groups.end() ? nullptr : &it->second;
    }
    std::string name(NodeId id) const { return "node " + name_of(state_.spec, id); }
    std::string name(GroupId id) const { return "group " + name_of(state_.spec, id); }
    void tell(EventKind kind, std::string object, Parameters parameters) {
        applied_.events.push_back({Instant{}, kind, std::move(object), std::move(parameters)});
    }

    Refusal refusal_of_up(const NodeUp& c, const NodeRecord& node) const;
    Refusal refusal_of_give(const Give& c, const GroupRecord& group) const;
    Refusal refusal_of_full_share(const GroupSpec& spec, NodeId node) const;
    /// Of commands about one activation: the owner and the incarnation are the present ones.
    Refusal refusal_of_activation(GroupId id, NodeId node, Incarnation incarnation);
    bool free_groups_of(NodeId id, const std::string& reason);
    void end_waits_for(NodeId id);
    void unpin_behind(NodeId id);
    void free(GroupId id, GroupRecord& group, const std::string& reason);
    Refusal refusal_of_fencing(NodeId id, StartNumber start) const;
    void release_fenced(NodeId id, const std::string& reason);
    void ban(GroupId id, GroupRecord& group, const Evict& c);
    void serve_anew(NodeId id);
    void begin_recovered_history(const GoneAlone& c);

    ClusterState& state_;
    const Position position_;
    Applied applied_;
};

}  // namespace ha::model
