// The witness's one rule book.
#include "membership/witness.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "base/seeded_bug.hpp"

namespace ha::membership {

namespace {

using wire::WitnessRecord;

/// Does a log that ends at (term, index) hold all that we acknowledged (Raft 5.4.1)?
bool is_up_to_date(const WitnessRecord& record, Term term, LogIndex index) {
    return std::pair(term, index) >= std::pair(record.last_term, record.last);
}

void enter_term(WitnessRecord& record, Term term) {
    if (term <= record.term) return;
    record.term = term;
    record.voted_for = NodeId{};
}

WitnessAnswer on_request(WitnessStep& step, NodeId from, const wire::VoteRequest& request, bool) {
    auto& record = step.record;
    wire::VoteReply reply{.pre = request.pre, .granted = false, .term = record.term,
                          .store = record.store};
    if (!record.cluster) return reply;
    const bool is_good = is_up_to_date(record, request.last_term, request.last_index) ||
                         is_seeded(SeededBug::witness_votes_below_last);
    if (request.pre) {
        reply.granted = request.term > record.term && is_good;
        if (reply.granted) reply.term = request.term;
        return reply;
    }
    enter_term(record, request.term);
    reply.term = record.term;
    const bool is_free = !record.voted_for || record.voted_for == from;
    reply.granted = request.term == record.term && is_good && is_free;
    if (reply.granted) record.voted_for = from;
    return reply;
}

LogIndex blocked_at(const WitnessRecord& record, NodeId node) {
    if (is_seeded(SeededBug::witness_answers_lease_after_down)) return {};
    for (const auto& block : record.blocks)
        if (block.node == node) return block.index;
    return {};
}

WitnessAnswer on_request(WitnessStep& step, NodeId from, const wire::WitnessAsk& ask,
                         bool is_light) {
    auto& record = step.record;
    if (!record.cluster) record.cluster = ask.cluster;
    auto state = witness_state(record, is_light);
    state.seq = ask.seq;
    const bool is_sensible =
        ask.lease_length > Duration::zero() && ask.lease_length <= k_witness_lease_max;
    if (!ask.wants_lease || !is_sensible || ask.cluster != record.cluster) return state;
    const auto taken = blocked_at(record, from);
    // Two majorities meet in one voter only while their voters differ by one: an older list of
    // voters is not enough to rest a lease on.
    if (ask.voters_index < record.voters_index) {
        state.blocked_index = record.voters_index;
    } else if (ask.applied < taken) {
        state.blocked_index = taken;
    } else {
        state.lease_length = ask.lease_length;
        record.lease_longest = std::max(record.lease_longest, ask.lease_length);
    }
    return state;
}

/// Takes the parts that continue the chain, or begin it anew, as far as they fit.
void keep(WitnessStep& step, const std::vector<wire::SealedPart>& parts) {
    auto& kept = step.record.kept;
    for (const auto& part : parts) {
        if (!part.after) {
            kept.clear();
            step.is_kept_replaced = true;
            step.kept_added = 0;
        } else if (part.after != wire::kept_last(step.record) ||
                   part.after_term != wire::kept_term(step.record)) {
            return;
        }
        if (kept.size() == k_limit_witness_parts ||
            wire::kept_bytes(kept) + part.sealed.size() > k_limit_witness_kept_bytes)
            return;
        kept.push_back(part);
        step.kept_added++;
    }
}

WitnessAnswer on_request(WitnessStep& step, NodeId, const wire::WitnessAppend& append,
                         bool is_light) {
    auto& record = step.record;
    const bool is_ours = record.cluster && record.cluster == append.cluster;
    if (!is_ours || append.term < record.term) return witness_state(record, is_light);
    enter_term(record, append.term);
    if (append.last && is_up_to_date(record, append.last_term, append.last)) {
        record.last = append.last;
        record.last_term = append.last_term;
        record.voters_index = append.voters_index;
        record.blocks = append.blocks;
    }
    if (!is_light) keep(step, append.parts);
    return witness_state(record, is_light);
}

/// A new identity, which is no voter until a leader adds it. Its votes and its term stay.
WitnessAnswer on_request(WitnessStep& step, NodeId, const wire::WitnessRenew& renew,
                         bool is_light) {
    auto& record = step.record;
    const bool is_meant = renew.store == record.store && renew.store_new &&
                          renew.store_new != record.store && renew.cluster;
    if (is_meant && renew.term >= record.term) {
        WitnessRecord fresh;
        fresh.cluster = renew.cluster;
        fresh.store = renew.store_new;
        fresh.counter = record.counter;
        fresh.term = record.cluster == renew.cluster ? record.term : renew.term;
        if (record.cluster == renew.cluster) fresh.voted_for = record.voted_for;
        fresh.lease_longest = record.lease_longest;
        record = std::move(fresh);
        step.is_kept_replaced = true;
        step.kept_added = 0;
    }
    return witness_state(record, is_light);
}

WitnessAnswer on_request(WitnessStep& step, NodeId, const wire::WitnessFetch&, bool) {
    return wire::WitnessKept{step.record.kept};
}

/// The part of the record that is compared to see a change; `kept` is told by the step.
bool is_same(const WitnessRecord& a, const WitnessRecord& b) {
    return a.cluster == b.cluster && a.store == b.store && a.term == b.term &&
           a.voted_for == b.voted_for && a.last == b.last && a.last_term == b.last_term &&
           a.voters_index == b.voters_index && a.lease_longest == b.lease_longest &&
           a.blocks == b.blocks;
}

}  // namespace

wire::WitnessState witness_state(const WitnessRecord& record, bool is_light) {
    wire::WitnessState state;
    state.cluster = record.cluster;
    state.store = record.store;
    state.counter = record.counter;
    state.is_light = is_light;
    state.term = record.term;
    state.last = record.last;
    state.last_term = record.last_term;
    state.kept_last = wire::kept_last(record);
    state.kept_term = wire::kept_term(record);
    state.kept_parts = static_cast<std::uint32_t>(record.kept.size());
    state.kept_bytes = wire::kept_bytes(record.kept);
    for (const auto& block : record.blocks)
        state.blocks.push_back({block.node, block.index, Duration::zero()});
    return state;
}

WitnessStep witness_step(WitnessRecord record, NodeId from, const WitnessRequest& request,
                         bool is_light) {
    HA_ASSERT(record.store);
    // What it keeps may be large, and is not copied.
    WitnessStep step;
    auto kept = std::exchange(record.kept, {});
    const WitnessRecord before = record;
    step.record = std::move(record);
    step.record.kept = std::move(kept);
    step.answer = std::visit(
        [&](const auto& one) { return on_request(step, from, one, is_light); }, request);
    const bool is_changed = !is_same(before, step.record) || step.kept_added > 0 ||
                            step.is_kept_replaced;
    if (is_changed) step.record.counter++;
    if (auto* state = std::get_if<wire::WitnessState>(&step.answer))
        state->counter = step.record.counter;
    HA_ASSERT(step.record.term >= before.term);
    return step;
}

}  // namespace ha::membership
