// Insight: the planner on a copy of the state.
#include "engine/insight.hpp"

#include <algorithm>
#include <set>

#include "engine/plan_filter.hpp"
#include "engine/translate.hpp"
#include "model/apply.hpp"
#include "model/apply_reconfigure.hpp"
#include "model/apply_spec.hpp"

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
    if (status.witness.is_voter) {
        voters++;
        if (status.witness.is_answering) left++;
    }
    return left * 2 > voters;
}

}  // namespace

namespace {

/// What the planner would do with a frozen group, or in a suspended cluster, is not done.
placement::Decision with_frozen(const model::ClusterState& state, placement::Decision decision) {
    if (!state.is_suspended && !is_held_back(state, decision.group)) return decision;
    const auto& record = model::record_of(state, decision.group);
    const bool has_place = record.owner && model::is_up(state, record.owner);
    decision.node = record.owner;
    decision.rule = state.is_suspended ? "suspended" : "frozen";
    decision.reason = state.is_suspended
                          ? "the cluster is suspended: nothing is done about it until it is resumed"
                          : "it is frozen: whatever happens, nothing is done about it";
    decision.is_blocked = !has_place && record.goal == model::Goal::online;
    return decision;
}

}  // namespace

placement::Decision explain(const EngineStatus& status, GroupId group) {
    return with_frozen(status.state, placement::explain(status.state, status.view, group));
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
        const auto commands =
            without_frozen(state_, placement::plan_commands(state_, view_));
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
    for (auto& planned : placement::plan(world.state(), world.view()).decisions) {
        auto decision = with_frozen(world.state(), std::move(planned));
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

namespace {

/// How often the planner is asked what follows: a stop, the start after it, what that makes room
/// for.
constexpr int k_rehearsal_rounds = 4;

class Rehearsing {
   public:
    Rehearsing(const EngineStatus& status, Rehearsal& out)
        : state_(status.state), view_(status.view), out_(out),
          position_{LogIndex{status.applied.value + 1}, status.term} {}

    void take(const model::Command& command) {
        if (model::apply(state_, position_, command).is_ignored) return;
        out_.steps.push_back(model::describe(state_.spec, command));
    }

    /// Owners that are told to stop do, and the planner goes on from there.
    void play_on() {
        for (int round = 0; round < k_rehearsal_rounds; round++) {
            const auto releases = due_releases();
            for (const auto& release : releases) take(release);
            auto plan = placement::plan(state_, view_);
            const auto commands = without_frozen(state_, std::move(plan.commands));
            if (releases.empty() && commands.empty()) return;
            for (const auto& command : commands) {
                note_decision(command, plan.decisions);
                take(command);
            }
        }
    }

   private:
    std::vector<model::Release> due_releases() const {
        std::vector<model::Release> out;
        for (const auto& [id, record] : state_.groups) {
            const bool is_to_stop = record.is_evicted || record.goal == model::Goal::offline;
            if (record.owner && is_to_stop && model::is_up(state_, record.owner))
                out.push_back({id, record.owner, record.epoch.incarnation, "stopped there"});
        }
        return out;
    }

    void note_decision(const model::Command& command,
                       const std::vector<placement::Decision>& decisions) {
        const auto* give = std::get_if<model::Give>(&command);
        for (const auto& decision : decisions)
            if (give != nullptr && decision.group == give->group)
                out_.decisions.push_back(decision);
    }

    model::ClusterState state_;
    const placement::View view_;
    Rehearsal& out_;
    const model::Position position_;
};

}  // namespace

Result<Rehearsal> rehearse(const EngineStatus& status, const RequestBody& body) {
    auto translated = translate(status.state, status.view, body);
    if (!translated) return translated.error();
    Rehearsal out;
    out.done = translated->done;
    if (const auto* restart = std::get_if<ResourceRestart>(&body)) {
        const auto record = status.state.groups.find(restart->group);
        if (record == status.state.groups.end() || !record->second.owner)
            return failure(FailureCode::refused, "the group runs nowhere");
        out.done = "restart in place on node " +
                   model::name_of(status.state.spec, record->second.owner);
    }
    Rehearsing rehearsing(status, out);
    for (const auto& command : translated->commands) rehearsing.take(command);
    if (!translated->commands.empty()) rehearsing.play_on();
    return out;
}

ChangeOutlook simulate_change(const EngineStatus& status, const model::ClusterSpec& next) {
    ChangeOutlook out;
    out.state = status.state;
    auto& state = out.state;
    const auto base = state.spec.revision;
    out.refusal = model::refusal_of_change(state, base, next, false);
    if (!out.refusal.empty()) return out;
    out.stopped = model::groups_to_stop(state, next);
    out.refusal = model::refusal_of_stops(state, out.stopped);
    if (!out.refusal.empty()) return out;
    const model::Position position{LogIndex{status.applied.value + 1}, status.term};
    model::apply(state, position, model::BeginChange{base, next, {}, false, out.stopped});
    for (const auto id : out.stopped) {
        const auto record = model::record_of(state, id);
        if (record.owner)
            model::apply(state, position, model::Release{id, record.owner,
                                                         record.epoch.incarnation, "simulated"});
    }
    const auto done = model::apply(state, position, model::CompleteChange{base});
    if (done.is_ignored) {
        out.refusal = done.rule;
        return out;
    }
    auto view = status.view;
    view.is_startup_wait_over = true;
    for (auto& planned : placement::plan(state, view).decisions) {
        auto decision = with_frozen(state, std::move(planned));
        const auto before = status.state.groups.find(decision.group);
        const auto owner = before == status.state.groups.end() ? NodeId{} : before->second.owner;
        if (decision.node != owner || decision.is_blocked) out.moved.push_back(std::move(decision));
    }
    return out;
}

}  // namespace ha::engine
