// The lookout of one node: what is looked at, and what its probes say.
#include "lifecycle/lookout.hpp"

#include <algorithm>

#include "lifecycle/bounds.hpp"

namespace ha::lifecycle {

namespace {

/// Its probes that never came back; older ones are forgotten, and their reports noted as unknown.
constexpr std::size_t k_limit_left_behind = 64;

const GroupRun* looked_up(const Lookout::Runs& runs, GroupId group) {
    const auto run = runs.find(group);
    return run == runs.end() ? nullptr : &run->second;
}

/// What a group that this node holds has active is that, whatever other group names it as well.
bool is_explained(const Lookout::Runs& runs, NodeId self, const model::ResourceSpec& resource) {
    return std::any_of(runs.begin(), runs.end(), [&](const auto& entry) {
        return entry.second.is_holding_the_same(resource, self);
    });
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
/// may not be there, and what a command of the user's says there means nothing. But what was found
/// is looked at until it is over.
void Lookout::take_group(Context& context, const Runs& runs, const model::GroupSpec& group,
                         std::map<GroupId, Line>& into) {
    const auto record = context.state.groups.find(group.id);
    const auto known = lines_.find(group.id);
    const auto* run = looked_up(runs, group.id);
    const bool is_being_stopped = run != nullptr && run->is_foreign();
    const bool is_found_here =
        record != context.state.groups.end() && record->second.found.contains(self_);
    const bool is_ours_to_see =
        std::find(group.policy.begin(), group.policy.end(), self_) != group.policy.end() ||
        is_found_here || is_being_stopped;
    if (!is_ours_to_see) return;
    auto line = known == lines_.end() ? Line{} : std::move(known->second);
    // A change of the configuration is no reason to look at what it is not about.
    if (known == lines_.end() || line.next != 0) look_anew(line, context.now);
    line.due = std::min(line.due, context.now + interval_);
    if (is_being_stopped) enter(line, LineState::expelled);
    const auto is_gone = [&](const auto& one) {
        return model::find_resource(group, one.first) == nullptr;
    };
    std::erase_if(line.active, is_gone);
    std::erase_if(line.failures, is_gone);
    into.emplace(group.id, std::move(line));
}

void Lookout::take_groups(Context& context, const Runs& runs, bool is_joined) {
    const auto& spec = context.state.spec;
    if (!is_joined && revision_ == spec.revision) return;
    revision_ = spec.revision;
    interval_ = spec.timing.probe_interval;
    if (under_way_ && !under_way_->is_stale) cancel(context);
    std::map<GroupId, Line> lines;
    for (const auto& group : spec.groups) take_group(context, runs, group, lines);
    lines_ = std::move(lines);
    std::erase_if(past_, [&](const auto& one) {
        return model::find_group(spec, one.first) == nullptr;
    });
}

bool Lookout::is_to_look_at(const Context& context, const Runs& runs, GroupId group) const {
    const auto record = context.state.groups.find(group);
    if (record == context.state.groups.end() || record->second.owner == self_) return false;
    const auto* run = looked_up(runs, group);
    return run == nullptr || run->is_untouched();
}

bool Lookout::is_as_begun(const Context& context, const Runs& runs) const {
    if (!is_to_look_at(context, runs, under_way_->group)) return false;
    const auto& record = context.state.groups.at(under_way_->group);
    return record.owner == under_way_->owner &&
           record.epoch.incarnation == under_way_->incarnation;
}

bool Lookout::is_looking(GroupId group, const Line& line) const {
    return line.next != 0 || (under_way_ && !under_way_->is_stale && under_way_->group == group);
}

void Lookout::look_anew(Line& line, Instant due) {
    line.next = 0;
    line.does_count = false;
    line.is_over = false;
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
    note(context, runs, probe,
         {probe.id, Outcome::timed_out, ResourceStatus::unknown, "the probe did not come back"});
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
void Lookout::begin_due(Context& context, const Runs& runs, bool may_act) {
    while (!under_way_) {
        auto next = lines_.end();
        for (auto line = lines_.begin(); line != lines_.end(); ++line)
            if (line->second.due <= context.now && line->second.state != LineState::expelled &&
                (next == lines_.end() || line->second.due < next->second.due))
                next = line;
        if (next == lines_.end()) return;
        auto& [group, line] = *next;
        const auto* spec = model::find_group(context.state.spec, group);
        if (spec == nullptr || line.next >= spec->resources.size() ||
            !is_to_look_at(context, runs, group)) {
            look_anew(line, context.now + interval_);
            continue;
        }
        if (line.next == 0) {
            weigh(context, group, line, may_act);
            line.does_count = line.is_allowed;
            line.is_every_one_off = true;
        }
        begin(context, group, spec->resources[line.next]);
    }
}

void Lookout::note_failure(Context& context, Line& line, const Probe& probe,
                           const std::string& text) {
    if (++line.failures[probe.resource] != k_probe_failures_told) return;
    const auto* spec = model::find_group(context.state.spec, probe.group);
    const auto* resource = model::find_resource(*spec, probe.resource);
    context.tell(EventKind::probe_failing,
                 "resource " + (resource == nullptr ? std::to_string(probe.resource.value)
                                                    : resource->name),
                 {{"text", clipped(text)},
                  {"meaning", "whether somebody has started it here is not known"}});
}

void Lookout::note(Context& context, const Runs& runs, const Probe& probe,
                   const OperationReport& report) {
    const auto found = lines_.find(probe.group);
    const auto* spec = model::find_group(context.state.spec, probe.group);
    const auto* resource = spec == nullptr ? nullptr : model::find_resource(*spec, probe.resource);
    if (found == lines_.end() || resource == nullptr) return;
    auto& line = found->second;
    const bool is_ok = report.outcome == Outcome::ok;
    const bool is_online = is_ok && report.status == ResourceStatus::online;
    const bool is_off =
        report.is_unsearchable || (is_ok && report.status == ResourceStatus::offline);
    if (is_off || (is_online && is_explained(runs, self_, *resource))) {
        line.active.erase(probe.resource);
        line.failures.erase(probe.resource);
    } else if (is_online) {
        auto& count = line.active[probe.resource];
        count = line.does_count ? std::min(count + 1, k_looks_that_decide) : 0;
        line.failures.erase(probe.resource);
        if (line.state != LineState::found) enter(line, LineState::found);
    } else {
        line.is_every_one_off = false;
        if (const auto it = line.active.find(probe.resource); it != line.active.end())
            it->second = 0;
        if (report.status != ResourceStatus::failed)
            note_failure(context, line, probe,
                         report.text.empty() ? "it could not be found out" : report.text);
    }
    if (++line.next < spec->resources.size()) return;
    line.next = 0;
    line.is_over = true;
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
        note(context, runs, probe, report);
    else if (!probe.is_stale && line != lines_.end())
        look_anew(line->second, context.now);
    return true;
}

// ---- one step ----

std::vector<Expulsion> Lookout::advance(Context& context, const Runs& runs,
                                        const LookoutPermission& permission) {
    std::vector<Expulsion> expelled;
    const auto& state = context.state;
    const bool is_wanted = state.cluster_version >= 2 &&
                           state.spec.timing.probe_interval > Duration::zero();
    if (!permission.may_look || !is_wanted) {
        if (is_on_) switch_off(context);
        return expelled;
    }
    take_groups(context, runs, !std::exchange(is_on_, true));
    check_under_way(context, runs);
    for (auto& [group, line] : lines_) {
        const auto record = state.groups.find(group);
        if (record == state.groups.end()) continue;
        const bool is_quiet = line.state == LineState::unsure || line.state == LineState::clear;
        const bool is_idle = is_quiet && !line.is_over && line.report_due == Instant::max() &&
                             !is_looking(group, line) && !record->second.found.contains(self_);
        if (is_idle) continue;
        if (const auto one = follow(context, runs, group, line, permission.may_act))
            expelled.push_back(*one);
    }
    begin_due(context, runs, permission.may_act);
    return expelled;
}

ResourceId Lookout::found(GroupId group) const {
    const auto line = lines_.find(group);
    if (line == lines_.end() || line->second.active.empty()) return {};
    return line->second.active.begin()->first;
}

Instant Lookout::next_deadline() const {
    auto out = Instant::max();
    if (!is_on_) return out;
    if (under_way_) out = under_way_->give_up;
    for (const auto& [group, line] : lines_) {
        if (!under_way_ || line.state == LineState::expelled) out = std::min(out, line.due);
        out = std::min(out, line.report_due);
    }
    return out;
}

}  // namespace ha::lifecycle
