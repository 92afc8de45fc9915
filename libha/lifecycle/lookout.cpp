// The lookout of one node: what is active here without a right.
#include "lifecycle/lookout.hpp"

#include <algorithm>

#include "base/seeded_bug.hpp"
#include "lifecycle/bounds.hpp"

namespace ha::lifecycle {

namespace {

/// Its probes that never came back; older ones are forgotten, and their reports noted as unknown.
constexpr std::size_t k_limit_left_behind = 64;

const GroupRun* run_in(const Lookout::Runs& runs, GroupId group) {
    const auto run = runs.find(group);
    return run == runs.end() ? nullptr : &run->second;
}

const model::FoundActivation* shown_on(const model::GroupRecord& record, NodeId node) {
    const auto found = record.found.find(node);
    return found == record.found.end() ? nullptr : &found->second;
}

std::string resource_object(const model::GroupSpec& group, ResourceId id) {
    const auto* resource = model::find_resource(group, id);
    return "resource " + (resource == nullptr ? std::to_string(id.value) : resource->name);
}

}  // namespace

// ---- what is looked at ----

void Lookout::leave_behind(OperationId id) {
    if (left_behind_.size() >= k_limit_left_behind) left_behind_.erase(left_behind_.begin());
    left_behind_.insert(id);
}

void Lookout::switch_off(Context& context) {
    if (under_way_) {
        if (!under_way_->is_stale) context.out.calls.push_back(CancelOperation{under_way_->id});
        leave_behind(under_way_->id);
    }
    under_way_.reset();
    lines_.clear();
    revision_.reset();
    is_on_ = false;
}

/// Groups that this node could run by its place in their policies: elsewhere what a resource needs
/// may not be there, and what a command of the user's says there means nothing.
void Lookout::take_groups(Context& context, bool is_joined) {
    const auto& spec = context.state.spec;
    if (!is_joined && revision_ == spec.revision) return;
    revision_ = spec.revision;
    interval_ = spec.timing.probe_interval;
    if (under_way_ && !under_way_->is_stale) cancel(context);
    std::map<GroupId, Line> lines;
    for (const auto& group : spec.groups) {
        if (std::find(group.policy.begin(), group.policy.end(), self_) == group.policy.end())
            continue;
        const auto known = lines_.find(group.id);
        auto line = known == lines_.end() ? Line{} : std::move(known->second);
        // A change of the configuration is no reason to look at what it is not about.
        if (known == lines_.end() || line.next != 0) look_anew(line, context.now);
        line.due = std::min(line.due, context.now + interval_);
        std::erase_if(line.active, [&](ResourceId id) {
            return model::find_resource(group, id) == nullptr;
        });
        std::erase_if(line.failures, [&](const auto& one) {
            return model::find_resource(group, one.first) == nullptr;
        });
        lines.emplace(group.id, std::move(line));
    }
    lines_ = std::move(lines);
}

bool Lookout::is_to_look_at(const Context& context, const Runs& runs, GroupId group) const {
    const auto record = context.state.groups.find(group);
    if (record == context.state.groups.end() || record->second.owner == self_) return false;
    const auto* run = run_in(runs, group);
    return run == nullptr || run->is_untouched();
}

bool Lookout::is_as_begun(const Context& context, const Runs& runs) const {
    if (!is_to_look_at(context, runs, under_way_->group)) return false;
    const auto& record = context.state.groups.at(under_way_->group);
    return record.owner == under_way_->owner &&
           record.epoch.incarnation == under_way_->incarnation;
}

void Lookout::look_anew(Line& line, Instant due) {
    line.next = 0;
    line.is_looked = false;
    line.due = due;
}

// ---- probes ----

void Lookout::cancel(Context& context) {
    context.out.calls.push_back(CancelOperation{under_way_->id});
    under_way_->is_stale = true;
    under_way_->give_up = std::min(under_way_->give_up, context.now + k_report_grace);
}

/// What is done to the group on this node, or who it was given to, makes worthless what a probe
/// that began before may say.
void Lookout::check_under_way(Context& context, const Runs& runs) {
    if (!under_way_) return;
    const auto line = lines_.find(under_way_->group);
    if (!under_way_->is_stale && !is_as_begun(context, runs)) {
        cancel(context);
        if (line != lines_.end()) look_anew(line->second, context.now);
    }
    if (context.now < under_way_->give_up) return;
    const auto probe = *under_way_;
    under_way_.reset();
    leave_behind(probe.id);
    if (probe.is_stale) return;
    context.out.calls.push_back(CancelOperation{probe.id});
    note(context, probe, {probe.id, Outcome::timed_out, ResourceStatus::unknown,
                          "the probe did not come back"});
}

void Lookout::begin(Context& context, GroupId group, const model::ResourceSpec& resource) {
    const auto& record = context.state.groups.at(group);
    const auto timeout = context.stretched(resource.probe_timeout);
    Probe probe;
    probe.id = context.operations.next_id();
    probe.group = group;
    probe.resource = resource.id;
    probe.owner = record.owner;
    probe.incarnation = record.epoch.incarnation;
    probe.give_up = context.now + timeout + k_report_grace;
    StartOperation call;
    call.id = probe.id;
    call.kind = OperationKind::probe;
    call.resource = resource.id;
    call.group = group;
    call.deadline = context.now + timeout;
    call.is_search = true;
    context.out.calls.push_back(call);
    under_way_ = probe;
}

/// The one that has waited longest.
void Lookout::begin_due(Context& context, const Runs& runs) {
    while (!under_way_) {
        auto next = lines_.end();
        for (auto line = lines_.begin(); line != lines_.end(); ++line)
            if (line->second.due <= context.now && !line->second.is_expelled &&
                (next == lines_.end() || line->second.due < next->second.due))
                next = line;
        if (next == lines_.end()) return;
        auto& [group, line] = *next;
        const auto* spec = model::find_group(context.state.spec, group);
        if (spec != nullptr && line.next < spec->resources.size() &&
            is_to_look_at(context, runs, group))
            begin(context, group, spec->resources[line.next]);
        else
            look_anew(line, context.now + interval_);
    }
}

void Lookout::note_failure(Context& context, Line& line, const Probe& probe,
                           const std::string& text) {
    if (++line.failures[probe.resource] != k_probe_failures_told) return;
    const auto* spec = model::find_group(context.state.spec, probe.group);
    context.tell(EventKind::probe_failing, resource_object(*spec, probe.resource),
                 {{"text", clipped(text)},
                  {"meaning", "whether somebody has started it here is not known"}});
}

void Lookout::note(Context& context, const Probe& probe, const OperationReport& report) {
    const auto found = lines_.find(probe.group);
    const auto* spec = model::find_group(context.state.spec, probe.group);
    if (found == lines_.end() || spec == nullptr) return;
    auto& line = found->second;
    const bool is_ok = report.outcome == Outcome::ok;
    if (is_ok && report.status == ResourceStatus::online) {
        line.active.insert(probe.resource);
        line.failures.erase(probe.resource);
    } else if (is_ok && report.status == ResourceStatus::offline) {
        line.active.erase(probe.resource);
        line.failures.erase(probe.resource);
    } else if (report.outcome != Outcome::not_begun && report.status != ResourceStatus::failed) {
        note_failure(context, line, probe,
                     report.text.empty() ? "it could not be found out" : report.text);
    }
    if (++line.next < spec->resources.size()) return;
    line.next = 0;
    line.is_looked = true;
    line.due = context.now + interval_;
}

bool Lookout::on_report(Context& context, const Runs& runs, const OperationReport& report) {
    if (left_behind_.erase(report.id) != 0) return true;
    if (!under_way_ || under_way_->id != report.id) return false;
    const bool is_current = !under_way_->is_stale && is_as_begun(context, runs);
    const auto probe = *under_way_;
    under_way_.reset();
    const auto line = lines_.find(probe.group);
    if (is_current)
        note(context, probe, report);
    else if (!probe.is_stale && line != lines_.end())
        look_anew(line->second, context.now);
    return true;
}

// ---- what follows from it ----

ResourceId Lookout::found(GroupId group) const {
    const auto line = lines_.find(group);
    if (line == lines_.end() || line->second.active.empty()) return {};
    return *line->second.active.begin();
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
    return record.owner || (shown != nullptr && shown->is_to_stop);
}

void Lookout::tell(Context& context, GroupId group, Line& line) const {
    if (std::exchange(line.is_told, true)) return;
    const auto* spec = model::find_group(context.state.spec, group);
    const auto& record = context.state.groups.at(group);
    context.tell(EventKind::resource_found, resource_object(*spec, *line.active.begin()),
                 {{"group", spec->name},
                  {"owner", record.owner ? model::name_of(context.state.spec, record.owner) : ""},
                  {"action", line.is_acted_on ? "the group is stopped here" : "left alone"}});
}

void Lookout::report(Context& context, GroupId group, Line& line) const {
    const auto& record = context.state.groups.at(group);
    const auto* shown = shown_on(record, self_);
    const bool is_active = !line.active.empty();
    bool is_shown = shown == nullptr && !is_active;
    if (shown != nullptr && is_active)
        is_shown = line.active.contains(shown->resource) &&
                   (shown->is_acted_on || !line.is_acted_on);
    const bool is_waited_for = line.report_due != Instant::max() && context.now < line.report_due;
    if (is_shown) line.report_due = Instant::max();
    if (is_shown || is_waited_for) return;
    line.report_due = context.now + k_report_repeat;
    context.out.reports.push_back(model::FoundActive{
        group, self_, model::record_of(context.state, self_).start,
        is_active ? *line.active.begin() : ResourceId{}, is_active, line.is_acted_on});
}

/// True: the group is to be expelled now, or once more.
bool Lookout::follow(Context& context, const Runs& runs, GroupId group, Line& line, bool may_act) {
    const auto& record = context.state.groups.at(group);
    const auto* run = run_in(runs, group);
    if (line.is_expelled && (run == nullptr || !run->is_foreign())) {
        line.is_expelled = false;
        line.active.clear();
        look_anew(line, context.now);
    }
    const bool is_ours = record.owner == self_;  // by now: what ran was taken over
    if (is_ours) line.active.clear();
    if (line.active.empty()) {
        const bool is_over = is_ours || line.is_looked;
        if (is_over) line.is_told = line.is_acted_on = false;
        line.report_due = is_over && !is_ours ? line.report_due : Instant::max();
        if (is_over && !is_ours) report(context, group, line);
        if (line.is_expelled && context.now >= line.due) line.due = context.now + interval_;
        return false;
    }
    const bool is_again = line.is_expelled && run->state() == GroupState::failed &&
                          context.now >= line.due;
    const bool is_first = !line.is_expelled && is_to_look_at(context, runs, group);
    const bool is_to_expel = (is_again || is_first) && is_to_act(context, group, may_act);
    if (is_to_expel) line.is_acted_on = line.is_expelled = true;
    if (line.is_expelled && context.now >= line.due) line.due = context.now + interval_;
    tell(context, group, line);
    report(context, group, line);
    return is_to_expel;
}

std::vector<GroupId> Lookout::advance(Context& context, const Runs& runs,
                                      const LookoutPermission& permission) {
    std::vector<GroupId> expelled;
    const auto& state = context.state;
    const bool is_wanted = state.cluster_version >= 2 &&
                           state.spec.timing.probe_interval > Duration::zero();
    if (!permission.may_look || !is_wanted) {
        if (is_on_) switch_off(context);
        return expelled;
    }
    take_groups(context, !std::exchange(is_on_, true));
    check_under_way(context, runs);
    for (auto& [group, line] : lines_) {
        const auto record = state.groups.find(group);
        if (record == state.groups.end()) continue;
        const bool is_any = !line.active.empty() || line.is_expelled || line.is_acted_on ||
                            line.report_due != Instant::max() ||
                            record->second.found.contains(self_);
        if (is_any && follow(context, runs, group, line, permission.may_act))
            expelled.push_back(group);
    }
    begin_due(context, runs);
    return expelled;
}

Instant Lookout::next_deadline() const {
    auto out = Instant::max();
    if (!is_on_) return out;
    if (under_way_) out = under_way_->give_up;
    for (const auto& [group, line] : lines_) {
        if (!under_way_ || line.is_expelled) out = std::min(out, line.due);
        out = std::min(out, line.report_due);
    }
    return out;
}

}  // namespace ha::lifecycle
