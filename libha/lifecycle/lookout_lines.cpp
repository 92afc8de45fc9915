// The lookout of one node: what becomes of a line when a look has ended, and what is done and told.
#include <algorithm>
#include <utility>

#include "base/seeded_bug.hpp"
#include "lifecycle/bounds.hpp"
#include "lifecycle/lookout.hpp"

namespace ha::lifecycle {

namespace {

const model::FoundActivation* shown_on(const model::GroupRecord& record, NodeId node) {
    const auto found = record.found.find(node);
    return found == record.found.end() ? nullptr : &found->second;
}

/// What the leader, and people, are told of: among all that is active the one that needs most.
ResourceId gravest(const model::GroupSpec& group,
                   const std::map<ResourceId, std::uint32_t>& active) {
    ResourceId out;
    for (const auto& [id, count] : active)
        if (!out || model::requirement_of(group, id) > model::requirement_of(group, out)) out = id;
    return out;
}

/// Of what the looks agree on; none: they do not agree yet.
std::optional<model::Requirement> decided(const model::GroupSpec& group,
                                          const std::map<ResourceId, std::uint32_t>& active) {
    std::optional<model::Requirement> out;
    for (const auto& [id, count] : active)
        if (count >= k_looks_that_decide)
            out = std::max(out.value_or(model::Requirement::nothing),
                           model::requirement_of(group, id));
    return out;
}

}  // namespace

// ---- states of a line ----

void Lookout::enter(Line& line, LineState state) const {
    line.state = state;
    switch (state) {
        case LineState::unsure:
            line.active.clear();
            line.report_due = Instant::max();
            return;
        case LineState::clear:
            line.active.clear();
            line.is_told = false;
            line.is_acted_on = false;
            line.report_due = Instant::max();
            return;
        case LineState::found: line.report_due = Instant::max(); return;
        case LineState::expelled:
            line.is_acted_on = true;
            line.report_due = Instant::max();
            return;
    }
}

/// Only where what we know is not old, and nobody has said that nothing is to be done.
bool Lookout::is_to_act(const Context& context, GroupId group, bool may_act) const {
    if (is_seeded(SeededBug::hand_started_kept)) return false;
    const auto& record = context.state.groups.at(group);
    const auto node = context.state.nodes.find(self_);
    if (!may_act || record.is_frozen || context.state.is_suspended ||
        node == context.state.nodes.end() || node->second.mode == model::NodeMode::maintenance)
        return false;
    const auto* shown = shown_on(record, self_);
    if (record.owner) return record.owner != self_;
    return record.goal == model::Goal::online && shown != nullptr && shown->is_to_stop;
}

void Lookout::forget_evidence(Line& line) {
    line.does_count = false;
    for (auto& [id, count] : line.active) count = 0;
}

void Lookout::distrust() {
    for (auto& [group, line] : lines_) {
        forget_evidence(line);
        line.is_allowed = false;
    }
}

/// What looks have seen is evidence from when it is allowed to act, as long as that stays so, and
/// of the owner of that time. When it begins to be allowed, what was found is looked at at once.
void Lookout::weigh(const Context& context, GroupId group, Line& line, bool may_act) const {
    const auto& record = context.state.groups.at(group);
    const bool is_allowed = is_to_act(context, group, may_act);
    const bool is_as_before = is_allowed == line.is_allowed && record.owner == line.owner &&
                              record.epoch.incarnation == line.incarnation;
    if (is_as_before) return;
    line.is_allowed = is_allowed;
    line.owner = record.owner;
    line.incarnation = record.epoch.incarnation;
    forget_evidence(line);
    if (is_allowed && line.state == LineState::found && !is_looking(group, line))
        line.due = std::min(line.due, context.now);
}

std::optional<Expulsion> Lookout::follow(Context& context, const Runs& runs, GroupId group,
                                         Line& line, bool may_act) {
    const auto run = runs.find(group);
    std::optional<Expulsion> out;
    if (line.state == LineState::expelled) {
        out = follow_run(context, run == runs.end() ? nullptr : &run->second, group, line, may_act);
    } else if (context.state.groups.at(group).owner == self_) {
        // What ran was taken over.
        line.is_told = line.is_acted_on = false;
        enter(line, LineState::unsure);
    } else {
        weigh(context, group, line, may_act);
        if (std::exchange(line.is_over, false)) out = judge_look(context, runs, group, line);
    }
    tell(context, group, line);
    report(context, group, line);
    end_guest(context, group, line);
    return out;
}

/// Its GroupRun is at it: what does not stop is tried again, while that is still wanted.
std::optional<Expulsion> Lookout::follow_run(Context& context, const GroupRun* run, GroupId group,
                                             Line& line, bool may_act) {
    if (run == nullptr || !run->is_foreign()) {
        enter(line, LineState::unsure);
        look_anew(line, context.now);
        return {};
    }
    if (context.now < line.due) return {};
    line.due = context.now + interval_;
    if (run->state() != GroupState::failed || !is_to_act(context, group, may_act)) return {};
    return Expulsion{group, model::Requirement::nothing};
}

/// A look has ended: what it says of the group, and whether that is enough.
std::optional<Expulsion> Lookout::judge_look(Context& context, const Runs& runs, GroupId group,
                                             Line& line) {
    if (line.active.empty()) {
        const auto state = line.is_every_one_off ? LineState::clear : LineState::unsure;
        if (state != line.state) enter(line, state);
        if (state == LineState::clear) calm_down(group);
        return {};
    }
    if (!line.is_allowed) return {};
    const auto requirement = decided(*model::find_group(context.state.spec, group), line.active);
    const auto past = past_.find(group);
    const auto free_at = past == past_.end() ? context.now : past->second.expelled_at + interval_;
    if (requirement && context.now >= free_at && is_to_look_at(context, runs, group))
        return expel(context, group, line, *requirement);
    const auto soon = context.now + std::min(interval_, k_second_look_pause);
    line.due = std::min(line.due, requirement ? std::max(soon, free_at) : soon);
    return {};
}

Expulsion Lookout::expel(Context& context, GroupId group, Line& line,
                         model::Requirement requirement) {
    auto& past = past_[group];
    past.expelled_at = context.now;
    past.calm_looks = 0;
    past.times++;
    enter(line, LineState::expelled);
    look_anew(line, context.now + interval_);
    if (past.times > 1) tell_again(context, group, line, past.times);
    return {group, requirement};
}

/// What has not come back for a while is no story any more.
void Lookout::calm_down(GroupId group) {
    const auto past = past_.find(group);
    if (past != past_.end() && ++past->second.calm_looks >= k_calm_looks) past_.erase(past);
}

/// Once nothing is known of it here, a group whose policy does not name us is none of our business.
void Lookout::end_guest(const Context& context, GroupId group, const Line& line) {
    if (line.state != LineState::clear || context.state.groups.at(group).found.contains(self_))
        return;
    const auto& policy = model::find_group(context.state.spec, group)->policy;
    if (std::find(policy.begin(), policy.end(), self_) == policy.end()) revision_.reset();
}

// ---- words ----

void Lookout::tell(Context& context, GroupId group, Line& line) const {
    if (line.active.empty() || std::exchange(line.is_told, true)) return;
    const auto* spec = model::find_group(context.state.spec, group);
    const auto* resource = model::find_resource(*spec, gravest(*spec, line.active));
    const auto& record = context.state.groups.at(group);
    context.tell(EventKind::resource_found, "resource " + resource->name,
                 {{"group", spec->name},
                  {"owner", record.owner ? model::name_of(context.state.spec, record.owner) : ""},
                  {"action", line.is_allowed
                                 ? "the group is stopped here when another look says the same"
                                 : "left alone"}});
}

void Lookout::tell_again(Context& context, GroupId group, const Line& line,
                         std::uint32_t times) const {
    const auto* spec = model::find_group(context.state.spec, group);
    const auto* resource = model::find_resource(*spec, gravest(*spec, line.active));
    context.tell(EventKind::found_again, "resource " + resource->name,
                 {{"group", spec->name},
                  {"times", std::to_string(times)},
                  {"meaning", "it is stopped here and comes back again and again: somebody starts "
                              "it, or its probe takes something else for it"}});
}

void Lookout::report(Context& context, GroupId group, Line& line) const {
    const auto& record = context.state.groups.at(group);
    const bool is_active = !line.active.empty();
    const bool is_known = is_active || line.state == LineState::clear;
    const auto& spec = *model::find_group(context.state.spec, group);
    const auto* shown = shown_on(record, self_);
    const auto resource = gravest(spec, line.active);
    bool is_shown = shown == nullptr && !is_active;
    if (shown != nullptr && is_active)
        is_shown = line.active.contains(shown->resource) &&
                   model::requirement_of(spec, shown->resource) >=
                       model::requirement_of(spec, resource) &&
                   (shown->is_acted_on || !line.is_acted_on);
    if (!is_known || is_shown || record.owner == self_) {
        line.report_due = Instant::max();
        return;
    }
    if (line.report_due != Instant::max() && context.now < line.report_due) return;
    line.report_due = context.now + k_report_repeat;
    context.out.reports.push_back(
        model::FoundActive{group, self_, model::record_of(context.state, self_).start, resource,
                           is_active, is_active && line.is_acted_on});
}

}  // namespace ha::lifecycle
