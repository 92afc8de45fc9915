// The journal: keeping it. journal_replay.cpp reads it again.
#include "engine/journal.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/checksum.hpp"
#include "model/codec.hpp"

namespace ha::engine {

namespace {

/// Kinds of command that the planner makes.
bool may_be_planned(const model::Command& command) {
    return std::holds_alternative<model::Give>(command) ||
           std::holds_alternative<model::Evict>(command) ||
           std::holds_alternative<model::ClearBans>(command) ||
           std::holds_alternative<model::SetGoal>(command);
}

/// The group that a command is about; none when it is about others, or many.
GroupId group_of(const model::Command& command) {
    return std::visit(
        [](const auto& c) {
            if constexpr (requires { c.group; })
                return c.group;
            else
                return GroupId{};
        },
        command);
}

/// The node that it says is harmless: it was lost before.
bool is_about_lost_node(const model::Command& command) {
    return std::holds_alternative<model::FenceDone>(command) ||
           std::holds_alternative<model::ConfirmOff>(command) ||
           std::holds_alternative<model::NodeReset>(command);
}

/// Of the configuration, in steps: it has groups stopped and started again.
bool is_change(const model::Command& command) {
    return std::holds_alternative<model::BeginChange>(command) ||
           std::holds_alternative<model::HoldForChange>(command) ||
           std::holds_alternative<model::CompleteChange>(command) ||
           std::holds_alternative<model::CancelChange>(command);
}

bool may_free_groups(const model::Command& command) {
    return is_about_lost_node(command) || std::holds_alternative<model::NodeUp>(command) ||
           std::holds_alternative<model::SetSpec>(command) || is_change(command);
}

bool is_in_policy(const model::ClusterState& state, GroupId group, NodeId node) {
    const auto* spec = model::find_group(state.spec, group);
    return spec != nullptr &&
           std::find(spec->policy.begin(), spec->policy.end(), node) != spec->policy.end();
}

std::uint64_t digest_of(const Bytes& state, const placement::View& view) {
    auto bytes = state;
    for (const auto node : view.members) {
        bytes.push_back(static_cast<std::uint8_t>(node.value & 255));
        bytes.push_back(static_cast<std::uint8_t>(node.value >> 8));
    }
    bytes.push_back(view.is_startup_wait_over ? 1 : 0);
    Writer w(bytes);
    for (const auto& one : view.online) w.id(one.group), w.id(one.incarnation);
    return digest64(bytes);
}

}  // namespace

// --- entries ------------------------------------------------------------------------------------

JournalEntry* Journal::open_entry(GroupId group) {
    const auto found = open_.find(group);
    if (found == open_.end()) return nullptr;
    HA_ASSERT(!entries_.empty());
    const auto first = entries_.front().number;
    if (found->second < first) {  // so many others came since then that it is gone
        open_.erase(found);
        return nullptr;
    }
    return &entries_[static_cast<std::size_t>(found->second - first)];
}

JournalEntry* Journal::waiting_entry(GroupId group) {
    auto* entry = open_entry(group);
    return entry != nullptr && !entry->given_index ? entry : nullptr;
}

void Journal::close(JournalEntry& entry, JournalOutcome outcome) {
    entry.outcome = outcome;
    open_.erase(entry.group);
}

JournalEntry& Journal::open(const Before& was, JournalKind kind, Trigger trigger,
                            NodeId trigger_node, std::string text) {
    if (auto* old = open_entry(was.group)) close(*old, JournalOutcome::overtaken);
    if (entries_.size() >= k_limit_journal_entries) entries_.pop_front();
    JournalEntry entry;
    entry.number = next_number_++;
    entry.group = was.group;
    entry.from = was.owner;
    entry.kind = kind;
    entry.epoch_from = was.epoch;
    entry.trigger = trigger;
    entry.trigger_node = trigger_node;
    entry.trigger_text = std::move(text);
    entry.decided_index = batch_.position.index;
    if (proposal_) entry.phases[static_cast<std::size_t>(Phase::decided)] = Mark{proposal_->at};
    entries_.push_back(std::move(entry));
    open_[was.group] = entries_.back().number;
    return entries_.back();
}

void Journal::say(JournalEntry& entry, const std::string& reason) {
    entry.reason = reason;
    entry.index = batch_.position.index;
    entry.term = batch_.position.term;
    entry.leader = batch_.leader;
    entry.is_unplanned = proposal_ && tail_.empty() && !entry.given_index;
    is_input_used_ = true;
}

void Journal::mark(JournalEntry& entry, Phase phase) {
    auto& at = entry.phases[static_cast<std::size_t>(phase)];
    if (batch_.is_live && !at) at = Mark{batch_.now};
}

void Journal::mark_loss(JournalEntry& entry, const model::ClusterState& state, NodeId node) {
    const auto lost = lost_.find(node);
    if (lost == lost_.end()) {  // declared before this run, and the snapshot says only why
        const auto record = state.nodes.find(node);
        if (record != state.nodes.end()) entry.trigger_text = record->second.reason;
        return;
    }
    const auto& evidence = lost->second;
    entry.trigger_text = evidence.reason;
    if (evidence.down_at == Instant{}) return;  // of before this run
    entry.evidence = evidence;
    std::optional<Instant> newest;
    for (const auto& path : evidence.paths)
        if (path.last_heard && (!newest || *newest < *path.last_heard)) newest = path.last_heard;
    const auto note = [&](Phase phase, std::optional<Instant> at) {
        if (at) entry.phases[static_cast<std::size_t>(phase)] = Mark{*at};
    };
    note(Phase::last_heard, newest);
    note(Phase::suspected, evidence.suspected);
    note(Phase::down, evidence.down_at);
}

// --- batches ------------------------------------------------------------------------------------

void Journal::proposed(Proposal proposal) {
    while (!proposals_.empty() && proposals_.back().index >= proposal.index)
        proposals_.pop_back();  // of an earlier term, overwritten
    if (proposals_.size() >= k_limit_journal_proposals) proposals_.pop_front();
    proposals_.push_back(std::move(proposal));
}

void Journal::begin(Batch batch, const std::vector<model::Command>& commands) {
    batch_ = std::move(batch);
    proposal_.reset();
    while (!proposals_.empty() && proposals_.front().index <= batch_.position.index) {
        if (proposals_.front().index == batch_.position.index &&
            proposals_.front().term == batch_.position.term)
            proposal_ = std::move(proposals_.front());
        proposals_.pop_front();
    }
    tail_begin_ = commands.size();
    if (proposal_) {
        tail_begin_ = std::min(proposal_->planned_from, commands.size());
    } else {
        while (tail_begin_ > 0 && may_be_planned(commands[tail_begin_ - 1])) tail_begin_--;
    }
    tail_.assign(commands.begin() + static_cast<std::ptrdiff_t>(tail_begin_), commands.end());
    ordinal_ = 0;
    input_.reset();
    is_input_used_ = false;
}

void Journal::keep_input(const model::ClusterState& state) {
    JournalInput input;
    input.index = batch_.position.index;
    input.term = batch_.position.term;
    input.state = model::encode(essence_of(state));
    input.commands = model::encode(tail_);
    input.view = proposal_ ? proposal_->view : batch_.view;
    input.is_of_leader = proposal_.has_value();
    input.digest = digest_of(input.state, input.view);
    input_ = std::move(input);
}

void Journal::before(const model::ClusterState& state, const model::Command& command) {
    if (ordinal_ == tail_begin_ && batch_.is_live) keep_input(state);
    ordinal_++;
    before_.clear();
    const auto only = group_of(command);
    if (!only && !may_free_groups(command)) return;
    for (const auto& [id, group] : state.groups)
        if (!only || id == only)
            before_.push_back({id, group.goal, group.owner, group.target, group.epoch});
}

void Journal::after(const model::ClusterState& state, const model::Command& command, Hint hint) {
    if (const auto* down = std::get_if<model::NodeDown>(&command)) {
        auto evidence = hint.evidence.value_or(JournalEvidence{});
        if (proposal_ && proposal_->evidence.contains(down->node)) {
            evidence = proposal_->evidence.at(down->node);
            evidence.is_of_leader = true;
        }
        evidence.about = down->node;
        evidence.reason = down->reason;
        evidence.index = batch_.position.index;
        evidence.down_at = batch_.is_live ? batch_.now : Instant{};
        const auto suspected = suspected_.find(down->node);
        if (suspected != suspected_.end()) evidence.suspected = suspected->second;
        lost_[down->node] = std::move(evidence);
        return;
    }
    if (const auto* up = std::get_if<model::NodeUp>(&command)) lost_.erase(up->node);
    for (const auto& was : before_) {
        const auto found = state.groups.find(was.group);
        if (found == state.groups.end()) {
            if (auto* entry = open_entry(was.group)) close(*entry, JournalOutcome::overtaken);
            continue;
        }
        const auto& is = found->second;
        if (const auto* give = std::get_if<model::Give>(&command))
            on_give(state, was, is, *give);
        else if (const auto* evict = std::get_if<model::Evict>(&command))
            on_evict(state, was, *evict);
        else if (const auto* goal = std::get_if<model::SetGoal>(&command))
            on_goal(was, is, *goal, hint.request_origin);
        else if (is_change(command) && was.goal != is.goal)
            on_change(was, is);
        else if (was.owner && !is.owner)
            on_release(state, was, is, command);
    }
}

void Journal::end() {
    if (!input_ || !is_input_used_ || tail_.empty()) return;
    input_bytes_ += input_->state.size() + input_->commands.size();
    inputs_.push_back(std::move(*input_));
    input_.reset();
    while (inputs_.size() > k_limit_journal_inputs ||
           (input_bytes_ > k_limit_journal_input_bytes && !inputs_.empty())) {
        input_bytes_ -= inputs_.front().state.size() + inputs_.front().commands.size();
        inputs_.pop_front();
    }
}

void Journal::restored() {
    while (!open_.empty()) {
        auto* entry = open_entry(open_.begin()->first);
        if (entry != nullptr) close(*entry, JournalOutcome::overtaken);
    }
    lost_.clear();
}

// --- commands -----------------------------------------------------------------------------------

void Journal::on_give(const model::ClusterState& state, const Before& was,
                      const model::GroupRecord& is, const model::Give& give) {
    auto* entry = waiting_entry(was.group);
    if (was.owner) {
        entry = &open(was, JournalKind::takeover, Trigger::node_down, was.owner, {});
        mark_loss(*entry, state, was.owner);
    } else if (entry == nullptr) {
        entry = &open(was, JournalKind::start, Trigger::wanted, {}, {});
    }
    entry->to = give.node;
    entry->epoch = is.epoch;
    entry->given_index = batch_.position.index;
    for (const auto& wait : is.waits) entry->leases.push_back({wait.node, wait.index, {}});
    mark(*entry, Phase::given);
    say(*entry, give.reason);
}

void Journal::on_evict(const model::ClusterState& state, const Before& was,
                       const model::Evict& evict) {
    auto* entry = waiting_entry(was.group);
    const bool is_asked = evict.ban_owner && evict.kind == model::StartKind::move;
    const bool is_failure =
        (evict.ban_owner && !is_asked) || evict.kind == model::StartKind::failover;
    const auto owner = state.nodes.find(was.owner);
    const bool is_leaving =
        owner != state.nodes.end() && owner->second.status == model::NodeStatus::leaving;
    if (entry == nullptr || (is_failure && entry->kind != JournalKind::failover)) {
        if (is_failure)
            entry = &open(was, JournalKind::failover, Trigger::failure, was.owner, evict.reason);
        else if (is_leaving)
            entry = &open(was, JournalKind::hand_over, Trigger::node_leaving, was.owner, {});
        else if (!is_in_policy(state, was.group, was.owner))
            entry = &open(was, JournalKind::move, Trigger::configuration, {}, evict.reason);
        else if (!evict.target || owner == state.nodes.end() ||
                 owner->second.mode == model::NodeMode::standby)
            entry = &open(was, JournalKind::move, Trigger::policy, {}, evict.reason);
        else
            entry = &open(was, JournalKind::failback, Trigger::policy, {}, evict.reason);
    }
    if (evict.target) entry->to = evict.target;
    mark(*entry, Phase::evicted);
    say(*entry, evict.reason);
}

void Journal::on_goal(const Before& was, const model::GroupRecord& is, const model::SetGoal& goal,
                      NodeId origin) {
    const bool is_goal_new = was.goal != is.goal;
    if (!is_goal_new && was.target == is.target) return;
    JournalEntry* entry = nullptr;
    if (is.goal == model::Goal::offline) {
        // A service that stops a group as its last resort reports it; nobody else names no origin.
        const bool is_asked = static_cast<bool>(origin) || goal.reason == k_reason_asked;
        entry = &open(was, JournalKind::stop, is_asked ? Trigger::request : Trigger::failure,
                      is_asked ? origin : was.owner, goal.reason);
        if (!was.owner) close(*entry, JournalOutcome::done);
    } else if (is_goal_new || !was.owner) {
        entry = &open(was, JournalKind::start, Trigger::request, origin, goal.reason);
        entry->to = is.target;
    } else if (is.target) {
        entry = &open(was, JournalKind::move, Trigger::request, origin, goal.reason);
        entry->to = is.target;
    } else {
        entry = &open(was, JournalKind::stay, Trigger::policy, {}, goal.reason);
        entry->to = was.owner;
        close(*entry, JournalOutcome::done);
    }
    say(*entry, goal.reason);
}

void Journal::on_change(const Before& was, const model::GroupRecord& is) {
    const bool is_stop = is.goal == model::Goal::offline;
    auto& entry = open(was, is_stop ? JournalKind::stop : JournalKind::start,
                       Trigger::configuration, {}, is.reason);
    if (is_stop && !was.owner) close(entry, JournalOutcome::done);
    say(entry, is.reason);
}

void Journal::on_release(const model::ClusterState& state, const Before& was,
                         const model::GroupRecord& is, const model::Command& command) {
    auto* entry = waiting_entry(was.group);
    const bool is_wanted = is.goal == model::Goal::online;
    if (entry == nullptr) {
        const auto* up = std::get_if<model::NodeUp>(&command);
        const bool is_fenced = is_about_lost_node(command);
        const auto trigger = up != nullptr ? Trigger::node_returned
                             : is_fenced   ? Trigger::node_down
                                           : Trigger::released;
        entry = &open(was, is_wanted ? JournalKind::takeover : JournalKind::release, trigger,
                      was.owner, is.reason);
        if (is_fenced) mark_loss(*entry, state, was.owner);
    }
    mark(*entry, Phase::released);
    say(*entry, is.reason);
    if (!is_wanted) close(*entry, JournalOutcome::done);
}

// --- what is seen between decisions ----------------------------------------------------------

void Journal::service_seen(Instant now, NodeId node, const lifecycle::ServiceStatus& status) {
    if (open_.empty()) return;
    const auto note = [&](JournalEntry& entry, Phase phase) {
        auto& at = entry.phases[static_cast<std::size_t>(phase)];
        if (!at) at = Mark{now, node != self_};
    };
    for (const auto& line : status.groups) {
        auto* entry = open_entry(line.group);
        if (entry == nullptr) continue;
        if (entry->given_index && line.epoch == entry->epoch) {
            if (line.state == lifecycle::GroupState::starting) note(*entry, Phase::start_begun);
            if (line.state != lifecycle::GroupState::online) continue;
            note(*entry, Phase::online);
            close(*entry, JournalOutcome::done);
        } else if (line.epoch == entry->epoch_from && line.epoch &&
                   line.state == lifecycle::GroupState::stopping && entry->from == node) {
            note(*entry, Phase::stop_begun);
        }
    }
}

void Journal::leases_seen(Instant now, const model::ClusterState& state,
                          const std::map<NodeId, LogIndex>& notes, bool is_leader) {
    for (const auto& [group, number] : open_) {
        if (number < entries_.front().number) continue;
        auto& entry = entries_[static_cast<std::size_t>(number - entries_.front().number)];
        auto& clear = entry.phases[static_cast<std::size_t>(Phase::clear)];
        if (clear || !entry.phase(Phase::given)) continue;
        const auto& waits = model::record_of(state, group).waits;
        bool is_clear = true;
        for (auto& lease : entry.leases) {
            const auto note = notes.find(lease.node);
            const bool is_ended = std::none_of(waits.begin(), waits.end(), [&](const auto& wait) {
                return wait.node == lease.node;
            });
            const bool is_over = is_ended || (note != notes.end() && note->second >= lease.index);
            if (is_over && !lease.over_at) lease.over_at = now;
            is_clear = is_clear && is_over;
        }
        // The end of a lease is the leader's word, on which the new owner acts.
        const bool is_told = !entry.leases.empty() && !is_leader && entry.to != self_;
        if (is_clear) clear = Mark{now, is_told};
    }
}

std::vector<JournalStory> Journal::stories(GroupId group, std::size_t count_max) const {
    std::vector<JournalStory> out;
    for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
        if (out.size() >= count_max) break;
        if (entry->group != group) continue;
        auto& story = out.emplace_back(JournalStory{*entry, {}});
        for (const auto& input : inputs_)
            if (input.index == entry->decided_index || input.index == entry->given_index)
                story.inputs.push_back(input);
    }
    return out;
}

}  // namespace ha::engine
