// Insight: the planner on a copy of the state.
#include "engine/insight.hpp"

#include <algorithm>
#include <set>

#include "model/apply.hpp"

namespace ha::engine {

namespace {

/// More than half of the voters answer, and are not among those that die.
bool is_quorate_without(const EngineStatus& status, const std::set<NodeId>& dead) {
    std::size_t voters = status.is_voter ? 1 : 0;
    std::size_t left = dead.contains(status.self) ? 0 : voters;
    for (const auto& peer : status.peers) {
        if (!peer.is_voter) continue;
        voters++;
        if (!dead.contains(peer.node) && peer.is_heard) left++;
    }
    return left * 2 > voters;
}

}  // namespace

placement::Decision explain(const EngineStatus& status, GroupId group) {
    return placement::explain(status.state, status.view, group);
}

namespace {

/// The world of a supposition: whatever is decided is carried out, at once.
class Imagined {
   public:
    explicit Imagined(const EngineStatus& status)
        : index_(status.applied.value), term_(status.term) {
        state_ = status.state;
        view_ = status.view;
        view_.is_startup_wait_over = true;
        for (const auto& [id, node] : state_.nodes)
            index_ = std::max(index_, node.taken_index.value);
    }
    void happen(const Supposition& event);
    /// False: it does not come to rest.
    bool settle();
    model::ClusterState& state() { return state_; }
    placement::View& view() { return view_; }

   private:
    void apply(const model::Command& command) {
        model::apply(state_, {LogIndex{++index_}, term_}, command);
    }
    void come_back(NodeId node);
    void obey();

    model::ClusterState state_;
    placement::View view_;
    std::uint64_t index_;
    Term term_;
};

void Imagined::come_back(NodeId node) {
    const auto record = model::record_of(state_, node);
    const bool is_member = std::binary_search(view_.members.begin(), view_.members.end(), node);
    if (is_member && record.status == model::NodeStatus::up) return;
    auto boot = record.boot;
    boot.bytes[0] ^= 0xff;  // it has booted anew
    apply(model::NodeUp{node, boot, StartNumber{record.start.value + 1}});
    auto& members = view_.members;
    const auto at = std::lower_bound(members.begin(), members.end(), node);
    if (at == members.end() || *at != node) members.insert(at, node);
}

void Imagined::happen(const Supposition& event) {
    using What = Supposition::What;
    const auto asked = model::Goal::online;
    switch (event.what) {
        case What::kill:
            std::erase(view_.members, event.node);
            apply(model::NodeDown{event.node, model::record_of(state_, event.node).start,
                                  "as supposed"});
            return;
        case What::comes_back: return come_back(event.node);
        case What::drain:
            return apply(model::SetNodeMode{event.node, model::NodeMode::standby, "as supposed"});
        case What::start:
            return apply(model::SetGoal{event.group, asked, event.node, true, "as supposed"});
        case What::stop:
            return apply(model::SetGoal{event.group, model::Goal::offline, {}, false,
                                        "as supposed"});
        case What::move: {
            const auto& record = model::record_of(state_, event.group);
            if (!event.node && record.owner) {
                apply(model::Evict{event.group, record.epoch.incarnation, {}, true,
                                   model::StartKind::move, "as supposed"});
                return;
            }
            return apply(model::SetGoal{event.group, asked, event.node, false, "as supposed"});
        }
    }
}

void Imagined::obey() {
    const auto groups = state_.groups;
    for (const auto& [id, group] : groups) {
        const bool is_told = group.is_evicted || group.goal == model::Goal::offline;
        if (group.owner && is_told && !group.stop_failed && model::is_up(state_, group.owner))
            apply(model::Release{id, group.owner, group.epoch.incarnation, "as supposed"});
    }
    view_.online.clear();
    for (const auto& [id, group] : state_.groups)
        if (group.owner && model::is_up(state_, group.owner) && !group.is_evicted)
            view_.online.push_back({id, group.epoch.incarnation});
}

bool Imagined::settle() {
    for (std::size_t round = 0; round < 8 + 4 * state_.groups.size(); round++) {
        obey();
        const auto commands = placement::plan_commands(state_, view_);
        if (commands.empty()) return true;
        for (const auto& command : commands) apply(command);
    }
    return false;
}

}  // namespace

Outlook suppose(const EngineStatus& status, const std::vector<Supposition>& events) {
    Imagined world(status);
    Outlook out;
    std::set<NodeId> dead;
    for (const auto& event : events) {
        if (event.what == Supposition::What::kill) dead.insert(event.node);
        if (event.what == Supposition::What::comes_back) dead.erase(event.node);
        out.is_quorate = out.is_quorate && is_quorate_without(status, dead);
        world.happen(event);
        out.is_settled = world.settle() && out.is_settled;
    }
    for (auto& decision : placement::plan(world.state(), world.view()).decisions) {
        const auto& was = model::record_of(status.state, decision.group);
        const auto& is = model::record_of(world.state(), decision.group);
        const bool is_asked = std::any_of(events.begin(), events.end(), [&](const auto& event) {
            return event.group && event.group == decision.group;
        });
        if (was.owner != is.owner || was.goal != is.goal || decision.is_blocked || is_asked)
            out.decisions.push_back(std::move(decision));
    }
    out.state = std::move(world.state());
    out.view = std::move(world.view());
    return out;
}

}  // namespace ha::engine
