// One of two nodes: what it may run while the other is silent, and when it goes on alone
// (safety.md F7). The rule itself is a pure function, membership/alone.hpp; here stand its facts.
//
// A question to the tie breaker counts from the moment it was asked, as a heartbeat does. It is
// asked when half of the lease has gone by without an answer of the other node, so that a survivor
// knows that it is one before its lease is over, and stops nothing.
#include <algorithm>

#include "engine/impl.hpp"

namespace ha::engine {

namespace {

constexpr Duration k_ask_interval_min = 10ms;
constexpr Duration k_question_timeout_min = 250ms;
constexpr std::size_t k_limit_questions = 4;

bool is_asked_outside(const model::ClusterSpec& spec) {
    return spec.tie_breaker == model::TieBreaker::ping ||
           spec.tie_breaker == model::TieBreaker::http;
}

}  // namespace

NodeId Engine::Impl::partner() const {
    if (registry.spec.quorum != model::QuorumPolicy::two_node) return {};
    return other_of_two();
}

/// Histories that forked under two_node meet under whatever policy either has taken meanwhile.
NodeId Engine::Impl::other_of_two() const {
    const auto& spec = registry.spec;
    if (spec.nodes.size() != 2 || model::find_node(spec, self) == nullptr) return {};
    return spec.nodes[0].id == self ? spec.nodes[1].id : spec.nodes[0].id;
}

bool Engine::Impl::is_view_of_two() const {
    const auto other = partner();
    const auto& nodes = voter_nodes();
    return other && nodes.size() == 2 && is_voter() &&
           std::find(nodes.begin(), nodes.end(), other) != nodes.end();
}

bool Engine::Impl::is_view_of_self() const {
    return raft && is_voter() && raft->voters().size() == 1;
}

/// The other one is here, and says itself that its store is none of the view's: it has lost what it
/// promised there (F9). It has no say, and nothing that it could go on with.
bool Engine::Impl::is_partner_without_vote() const {
    const auto other = partner();
    if (!other || !contact.contains(other)) return false;
    const auto& peer = peers.at(other);
    return peer.heartbeat.store_lost || peer.is_store_behind ||
           !is_voter_store(other, peer.heartbeat.store);
}

/// Nothing was taken from us that we have not stopped yet.
bool Engine::Impl::may_hold_on() const {
    return wants_lease() && !is_store_failed && applied_told >= taken_from(self);
}

/// The right to run what runs here without the others' answers: renewed at every step, so that a
/// process that was stopped for longer than a lease has lost it.
void Engine::Impl::extend_right_to_run() {
    const auto lease_length = timing().lease;
    const bool is_right = may_hold_on();
    if (const auto other = partner()) {
        if (!is_right || !is_view_of_two() || !alone.is_view_current) {
            runs_until = {};
        } else if (!is_asked_outside(registry.spec) || peers.at(other).down_notice) {
            runs_until = now + lease_length;
        } else if (alone.answered_at) {
            runs_until = *alone.answered_at + lease_length;
        }
        return;
    }
    // freeze and ignore: who has its groups keeps them; nobody takes them by time (F13).
    const bool keeps = is_right && was_lease_held &&
                       registry.spec.quorum_loss != model::QuorumLoss::stop &&
                       registry.spec.quorum == model::QuorumPolicy::majority;
    runs_until = keeps ? now + lease_length : Instant{};
}

membership::AloneFacts Engine::Impl::alone_facts() const {
    membership::AloneFacts facts;
    const auto other = partner();
    if (!other || !store.cluster || !raft || is_apply_stopped || is_tail_unreadable) return facts;
    if (raft->has_given_up() || raft->has_diverged()) return facts;
    facts.is_pair = is_view_of_two();
    facts.is_view_current = alone.is_view_current;
    facts.is_other_silent = alone.silent_since.has_value();
    facts.is_decided_against = alone.is_decided_against;
    facts.has_evidence = has_evidence();
    facts.may_start_alone = registry.spec.alone_at_start &&
                            registry.spec.tie_breaker != model::TieBreaker::fencing &&
                            is_startup_wait_over();
    // Before it says goodbye it gives its lease up.
    if (!peers.at(other).down_notice)
        facts.other_lease_remaining = granter.remaining(now, other);
    if (facts.is_pair && is_partner_without_vote()) {
        // It is led by us from here on, as any node without a vote.
        facts.is_other_silent = facts.has_evidence = true;
        facts.other_lease_remaining = {};
    }
    return facts;
}

bool Engine::Impl::has_evidence() const {
    const auto other = partner();
    const auto& peer = peers.at(other);
    // It said itself that this start is over, and lists what it has verified as stopped (F11).
    if (peer.down_notice) return true;
    switch (registry.spec.tie_breaker) {
        case model::TieBreaker::none: return true;
        case model::TieBreaker::ping:
        case model::TieBreaker::http:
            return alone.silent_since && alone.answered_at &&
                   *alone.answered_at >= *alone.silent_since;
        case model::TieBreaker::fencing:
            return alone.fenced && alone.silent_since &&
                   *alone.fenced == newest_record(other).start;
    }
    return false;
}

/// Silence of the other, whether its view is ours, and what became of the partition.
void Engine::Impl::note_partner() {
    const auto other = partner();
    if (!other || !raft || !store.cluster) {
        alone = {};
        return;
    }
    const auto& peer = peers.at(other);
    const bool is_heard = hearing.heard.contains(other) && !peer.down_notice;
    const bool has_listened = now - started >= timing().heartbeat_timeout;
    if (is_heard || (!has_listened && !peer.down_notice)) {
        alone.silent_since.reset();
        alone.fenced.reset();
        alone.is_off_by_hand = false;
        alone.is_shot_wanted = false;
    } else if (!alone.silent_since) {
        begin_silence();
    }
    if (is_view_of_self()) alone.is_view_current = true;
    const bool is_same_view = contact.contains(other) && is_of_this_cluster(other) &&
                              peer.heartbeat.voters_index == raft->voters_index() &&
                              peer.heartbeat.view_marks == view_marks;
    if (is_same_view) {
        alone.is_view_current = true;
        alone.is_decided_against = false;
    }
    // Only of those who ask outside: the others keep what they run (F7).
    if (has_lost_right && alone.silent_since && is_asked_outside(registry.spec) &&
        is_view_of_two())
        alone.is_decided_against = true;
}

/// A partition was decided against this node: it has stopped its groups, and does what it was told
/// to do besides. Once for each partition.
void Engine::Impl::act_on_partition() {
    auto near = contact;
    near.insert(self);
    const bool is_cut_off = !membership::has_quorum(voter_nodes(), near);
    const bool is_lost = partner() ? alone.is_decided_against
                                   : has_lost_right && is_cut_off && !is_leaving;
    if (is_lost == is_partition_told) return;
    is_partition_told = is_lost;
    if (!is_lost) return;
    const auto action = registry.spec.partition_action;
    const std::string reason = "a partition was decided against this node";
    tell(EventKind::partition_lost, node_object(self), {{"action", model::to_string(action)}});
    switch (action) {
        case model::PartitionAction::stop_groups: return;
        case model::PartitionAction::stop_node_service:
            return on_final_action(model::FinalAction::stop_node_service, reason);
        case model::PartitionAction::reboot:
            return on_final_action(model::FinalAction::reboot, reason);
        case model::PartitionAction::poweroff:
            return on_final_action(model::FinalAction::poweroff, reason);
    }
}

/// When the tie breaker is to be asked next; max: not as things are.
Instant Engine::Impl::question_due() const {
    if (!raft || !is_view_of_two() || alone.is_decided_against || is_leaving) return Instant::max();
    const auto& spec = registry.spec;
    const bool may_start = spec.alone_at_start && is_startup_wait_over();
    if (!is_asked_outside(spec) || (!alone.is_view_current && !may_start)) return Instant::max();
    if (alone.questions.size() >= k_limit_questions)
        return alone.questions.front().asked_at + alone.questions.front().timeout;
    if (alone.silent_since) return alone.ask_due;
    if (!was_lease_held) return Instant::max();
    const auto t = timing();
    const auto margin = std::min(t.lease / 2, std::max(t.lease - t.heartbeat_interval * 3 / 2,
                                                       t.lease / 8));
    return std::max(alone.ask_due, lease.end(voter_nodes()) - margin);
}

void Engine::Impl::ask_tie_breaker() {
    while (!alone.questions.empty() &&
           now >= alone.questions.front().asked_at + alone.questions.front().timeout) {
        alone.questions.pop_front();
    }
    if (now < question_due()) return;
    const auto& spec = registry.spec;
    TieBreakerQuestion question;
    question.number = ++question_number;
    question.kind = spec.tie_breaker;
    question.targets = spec.tie_breaker_targets;
    question.timeout = std::max(timing().lease, k_question_timeout_min);
    alone.ask_due = now + std::max(timing().lease / 4, k_ask_interval_min);
    alone.questions.push_back({question.number, now, question.timeout});
    actions.tie_breaker = std::move(question);
}

void Engine::Impl::on_tie_breaker(const TieBreakerAnswered& answer) {
    const auto asked = std::find_if(alone.questions.begin(), alone.questions.end(),
                                    [&](const auto& q) { return q.number == answer.number; });
    if (asked == alone.questions.end()) return;  // of another time, or too late to mean anything
    const auto question = *asked;
    alone.questions.erase(asked);
    if (answer.is_given) {
        alone.answered_at = std::max(alone.answered_at.value_or(question.asked_at),
                                     question.asked_at);
    }
    if (alone.silent_since && (answer.is_given != alone.was_given || alone.text != answer.text))
        tell(EventKind::tie_breaker_answered, node_object(self),
             {{"given", answer.is_given ? "yes" : "no"}, {"text", answer.text}});
    alone.was_given = answer.is_given;
    alone.text = answer.text;
}

void Engine::Impl::consider_alone() {
    note_partner();
    extend_right_to_run();
    act_on_partition();
    if (!partner()) return;
    ask_tie_breaker();
    consider_shot();
    const auto verdict = membership::judge_alone(alone_facts());
    if (verdict != alone.verdict) {
        alone.verdict = verdict;
        if (const auto reason = alone_waits_for(); !reason.empty())
            tell(EventKind::alone_waits, node_object(self), {{"for", reason}});
    }
    if (verdict != membership::AloneVerdict::may_go_alone || is_leaving) return;
    const auto& peer = peers.at(partner());
    const std::string other = node_object(partner());
    std::string reason = other + " is silent, and the tie breaker is none";
    if (is_partner_without_vote())
        reason = other + " has lost its store";
    else if (peer.down_notice)
        reason = other + " has stopped cleanly";
    else if (is_asked_outside(registry.spec))
        reason = other + " is silent, and " + alone.text;
    else if (registry.spec.tie_breaker == model::TieBreaker::fencing)
        reason = other + " was made harmless: " + alone.text;
    auto evidence = Evidence::none;
    if (alone.fenced && !peer.down_notice && !is_partner_without_vote())
        evidence = alone.is_off_by_hand ? Evidence::by_hand : Evidence::shot;
    go_alone(reason, evidence);
}

void Engine::Impl::go_alone(const std::string& reason, Evidence evidence) {
    const auto* me = model::find_node(registry.spec, self);
    std::vector<model::Command> commands;
    auto speculative = speculative_state();
    const ViewMarkId mark{random.next() | 1};
    try_command(speculative, commands,
                model::GoneAlone{self, me == nullptr ? 0 : me->rank, mark, reason});
    const auto records = speculative.nodes;
    for (const auto& [node, record] : records) {
        if (node == self || contact.contains(node)) continue;
        const auto peer = peers.find(node);
        const bool has_left = peer != peers.end() && peer->second.down_notice &&
                              peer->second.start == record.start;
        // What it has released, and that it left, is registered as it always is.
        if (!has_left)
            try_command(speculative, commands, model::NodeDown{node, record.start, reason});
    }
    tell_evidence(speculative, evidence, reason, commands);
    raft->go_alone(now, 1, model::encode(commands));
    alone.is_decided_against = false;
    is_duty_due = true;
    is_heartbeat_urgent = true;
    drain_consensus();
}

/// Why an operator's word is not enough to go on without the other; empty: it is.
std::string Engine::Impl::refusal_of_alone(NodeId without) const {
    if (!partner()) return "the quorum policy is majority; 'hactl cluster recover' is for that";
    if (without != partner())
        return "name the other node, " + model::name_of(registry.spec, partner());
    if (is_view_of_self()) return "this node goes on alone already";
    if (!store.cluster) return "this node belongs to no cluster yet";
    if (!is_voter() || is_apply_stopped || is_tail_unreadable || raft->has_given_up() ||
        raft->has_diverged())
        return "the store of this node does not have what the cluster had agreed on";
    return refusal_of_heard(registry.spec, {without});
}

/// A request that this node answers by itself: nobody else is there to agree.
bool Engine::Impl::request_alone(const PendingRequest& request) {
    const auto* go = std::get_if<GoAlone>(&request.body);
    if (go == nullptr) return request_confirm(request);
    if (auto refusal = refusal_of_alone(go->without); !refusal.empty()) {
        tell(EventKind::request_refused, {}, {{"reason", refusal}});
        answer(request, failure(FailureCode::refused, std::move(refusal)));
        return true;
    }
    const std::string reason = "an operator has said that the others are off";
    go_alone(reason, contact.contains(go->without) ? Evidence::none : Evidence::by_hand);
    answer(request, std::string("this node goes on alone; what returns gets its document"));
    return true;
}

/// When time alone changes something here.
Instant Engine::Impl::alone_deadline() const {
    if (!partner() || !raft || !store.cluster) return Instant::max();
    auto next = std::min(question_due(), std::max(shot_due(), now));
    const auto consider = [&](Instant when) {
        if (when > now) next = std::min(next, when);
    };
    consider(started + timing().heartbeat_timeout);
    if (registry.spec.alone_at_start) consider(started + timing().startup_wait);
    if (alone.silent_since) consider(now + granter.remaining(now, partner()));
    return next;
}

/// For people: what this node waits for, and what would end it.
std::string Engine::Impl::alone_waits_for() const {
    using membership::AloneVerdict;
    const auto other = partner();
    if (!other) return {};
    const auto name = model::name_of(registry.spec, other);
    const auto by_hand = "; 'hactl cluster go-alone " + name +
                         "' ends it by hand, when that node is off for certain";
    switch (alone.verdict) {
        case AloneVerdict::not_alone:
            if (may_hit(other) && is_view_of_two())
                return "the end of a shot at node " + name + ", which takes part in nothing while "
                       "it may be hit by it";
            return {};
        case AloneVerdict::may_go_alone: return {};
        case AloneVerdict::waits_for_contact:
            return "contact with node " + name + ": this node has started alone, and node " + name +
                   " may have gone on without it meanwhile" + by_hand;
        case AloneVerdict::lost:
            return "contact with node " + name +
                   ": the two lost each other, and no tie breaker target answered this node" +
                   by_hand;
        case AloneVerdict::waits_for_evidence:
            if (registry.spec.tie_breaker == model::TieBreaker::fencing)
                return shot_waits_for();
            return "an answer of a tie breaker target: node " + name + " is silent" + by_hand;
        case AloneVerdict::waits_for_lease:
            return "the end of the lease of node " + name + ", which is silent";
    }
    return {};
}

}  // namespace ha::engine
