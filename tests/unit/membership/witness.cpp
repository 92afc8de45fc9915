// The witness's rule book: each clause of safety.md F10 about its record, and all small histories.
#include "membership/witness.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <set>

#include "base/limits.hpp"
#include "wire_samples.hpp"

using namespace ha;
using namespace ha::test;
using membership::witness_step;
using membership::WitnessRequest;
using wire::VoteReply;
using wire::VoteRequest;
using wire::WitnessAppend;
using wire::WitnessAsk;
using wire::WitnessRecord;
using wire::WitnessRenew;
using wire::WitnessState;

namespace {

const auto k_cluster = sample_id<ClusterId>(3);
const auto k_store = sample_id<StoreId>(7);

WitnessRecord record(std::uint64_t term, std::uint64_t last_term, std::uint64_t last) {
    WitnessRecord r;
    r.cluster = k_cluster;
    r.store = k_store;
    r.counter = 1;
    r.term = Term{term};
    r.last_term = Term{last_term};
    r.last = LogIndex{last};
    return r;
}

WitnessAppend append(std::uint64_t term, std::uint64_t last_term, std::uint64_t last,
                     std::vector<wire::WitnessBlock> blocks = {}) {
    WitnessAppend a;
    a.cluster = k_cluster;
    a.term = Term{term};
    a.last_term = Term{last_term};
    a.last = LogIndex{last};
    a.blocks = std::move(blocks);
    return a;
}

VoteRequest vote(bool pre, std::uint64_t term, std::uint64_t last_term, std::uint64_t last) {
    return {.pre = pre, .term = Term{term}, .last_index = LogIndex{last},
            .last_term = Term{last_term}};
}

WitnessAsk ask(std::uint64_t applied, std::uint64_t voters_index = 1) {
    WitnessAsk a;
    a.seq = HeartbeatSeq{5};
    a.cluster = k_cluster;
    a.wants_lease = true;
    a.lease_length = 600ms;
    a.applied = LogIndex{applied};
    a.voters_index = LogIndex{voters_index};
    return a;
}

/// Does it, and gives the answer.
template <class Answer, class Request>
Answer step(WitnessRecord& r, std::uint16_t from, const Request& request, bool is_light = false) {
    auto done = witness_step(std::move(r), NodeId{from}, WitnessRequest(request), is_light);
    r = std::move(done.record);
    return std::get<Answer>(done.answer);
}

bool is_granted(WitnessRecord r, std::uint16_t from, const VoteRequest& request) {
    return step<VoteReply>(r, from, request).granted;
}

}  // namespace

TEST_CASE("F10: the witness never votes for a node whose last entry is below its record") {
    const auto r = record(5, 5, 12);
    for (const bool pre : {true, false}) {
        CHECK_FALSE(is_granted(r, 2, vote(pre, 6, 5, 11)));
        CHECK_FALSE(is_granted(r, 2, vote(pre, 6, 4, 99)));
        CHECK(is_granted(r, 2, vote(pre, 6, 5, 12)));
        CHECK(is_granted(r, 2, vote(pre, 6, 6, 3)));
    }
}

TEST_CASE("F10: `last` moves only up in the order (term, index): a new leader's shorter log wins") {
    auto r = record(5, 5, 12);
    CHECK(step<WitnessState>(r, 1, append(5, 5, 11)).last == LogIndex{12});
    CHECK(step<WitnessState>(r, 1, append(6, 6, 11)).last == LogIndex{11});
    CHECK(r.last_term == Term{6});
    CHECK(step<WitnessState>(r, 1, append(6, 5, 13)).last == LogIndex{11});
    CHECK(step<WitnessState>(r, 1, append(6, 6, 13)).last == LogIndex{13});
}

TEST_CASE("F10: one vote in a term, however often it is asked; a preliminary one binds nobody") {
    auto r = record(5, 5, 12);
    CHECK(step<VoteReply>(r, 1, vote(true, 6, 5, 12)).granted);
    CHECK(r.counter == 1);
    CHECK(step<VoteReply>(r, 2, vote(false, 6, 5, 12)).granted);
    CHECK(r.counter == 2);
    CHECK_FALSE(step<VoteReply>(r, 1, vote(false, 6, 5, 12)).granted);
    CHECK(step<VoteReply>(r, 2, vote(false, 6, 5, 12)).granted);
    CHECK(r.counter == 2);
    CHECK(step<VoteReply>(r, 1, vote(false, 7, 5, 12)).granted);
}

TEST_CASE("F10: a leader of an earlier term is answered with the term, and moves nothing") {
    auto r = record(7, 5, 12);
    const auto state = step<WitnessState>(r, 1, append(6, 6, 20, {{NodeId{2}, LogIndex{20}}}));
    CHECK(state.term == Term{7});
    CHECK(r == record(7, 5, 12));
}

TEST_CASE("F10: with its ack of down(X) it keeps (X, index), and answers X no more below that") {
    auto r = record(5, 5, 12);
    CHECK(step<WitnessState>(r, 2, ask(12)).lease_length == 600ms);
    step<WitnessState>(r, 1, append(5, 5, 13, {{NodeId{2}, LogIndex{13}}}));
    const auto refused = step<WitnessState>(r, 2, ask(12));
    CHECK(refused.lease_length == 0ms);
    CHECK(refused.blocked_index == LogIndex{13});
    REQUIRE(refused.blocks.size() == 1);
    CHECK(refused.blocks[0].node == NodeId{2});
    CHECK(step<WitnessState>(r, 1, ask(12)).lease_length == 600ms);
    CHECK(step<WitnessState>(r, 2, ask(13)).lease_length == 600ms);
}

TEST_CASE("F10: a block stands until a leader clears it, over restarts and later entries") {
    auto r = record(5, 5, 12);
    step<WitnessState>(r, 1, append(5, 5, 13, {{NodeId{2}, LogIndex{13}}}));
    r = *wire::decode_witness_record(wire::encode(r));
    step<WitnessState>(r, 1, append(5, 5, 14, {{NodeId{2}, LogIndex{13}}}));
    CHECK(step<WitnessState>(r, 2, ask(12)).lease_length == 0ms);
    step<WitnessState>(r, 1, append(5, 5, 15));
    CHECK(step<WitnessState>(r, 2, ask(12)).lease_length == 600ms);
}

TEST_CASE("F10: a node with an older list of voters gets no lease") {
    auto r = record(5, 5, 12);
    auto a = append(5, 5, 13);
    a.voters_index = LogIndex{13};
    step<WitnessState>(r, 1, a);
    CHECK(step<WitnessState>(r, 2, ask(13, 12)).blocked_index == LogIndex{13});
    CHECK(step<WitnessState>(r, 2, ask(13, 13)).lease_length == 600ms);
}

TEST_CASE("F10: the longest lease ever answered is in the record: a restart forgets the rest") {
    auto r = record(5, 5, 12);
    const auto before = r.counter;
    step<WitnessState>(r, 2, ask(12));
    CHECK(r.lease_longest == 600ms);
    CHECK(r.counter == before + 1);
    step<WitnessState>(r, 2, ask(12));
    CHECK(r.counter == before + 1);
    auto longer = ask(12);
    longer.lease_length = membership::k_witness_lease_max + 1ns;
    CHECK(step<WitnessState>(r, 2, longer).lease_length == 0ms);
}

TEST_CASE("F10: a record that nobody has used votes for nobody, and then belongs to one cluster") {
    WitnessRecord r;
    r.store = k_store;
    CHECK_FALSE(step<VoteReply>(r, 1, vote(false, 1, 1, 1)).granted);
    CHECK(step<WitnessState>(r, 1, append(1, 1, 1)).last == LogIndex{});
    step<WitnessState>(r, 1, ask(1));
    CHECK(r.cluster == k_cluster);
    auto other = ask(1);
    other.cluster = sample_id<ClusterId>(99);
    CHECK(step<WitnessState>(r, 1, other).lease_length == 0ms);
    auto foreign = append(1, 1, 1);
    foreign.cluster = other.cluster;
    CHECK(step<WitnessState>(r, 1, foreign).last == LogIndex{});
}

TEST_CASE("F9: a renewed record has another identity, keeps term and vote, and is renewed once") {
    auto r = record(5, 5, 12);
    r.voted_for = NodeId{1};
    const WitnessRenew renew{k_cluster, Term{5}, k_store, sample_id<StoreId>(50)};
    step<WitnessState>(r, 1, renew);
    CHECK(r.store == sample_id<StoreId>(50));
    CHECK(r.term == Term{5});
    CHECK(r.voted_for == NodeId{1});
    CHECK(r.last == LogIndex{});
    const auto once = r;
    step<WitnessState>(r, 1, renew);
    CHECK(r == once);
    step<WitnessState>(r, 1, WitnessRenew{k_cluster, Term{4}, r.store, sample_id<StoreId>(60)});
    CHECK(r == once);
}

TEST_CASE("D6: it keeps one chain of sealed parts, and takes nothing that does not continue it") {
    auto r = record(5, 5, 12);
    auto a = append(5, 5, 12);
    a.parts = sample_parts();  // the document up to 9, entries up to 12
    CHECK(step<WitnessState>(r, 1, a).kept_last == LogIndex{12});
    a.parts = {{LogIndex{11}, Term{4}, LogIndex{13}, Term{5}, Bytes{1}}};
    CHECK(step<WitnessState>(r, 1, a).kept_last == LogIndex{12});
    a.parts = {{LogIndex{12}, Term{3}, LogIndex{13}, Term{5}, Bytes{1}}};
    CHECK(step<WitnessState>(r, 1, a).kept_last == LogIndex{12});
    a.parts = {{LogIndex{12}, Term{4}, LogIndex{13}, Term{5}, Bytes{1}}};
    CHECK(step<WitnessState>(r, 1, a).kept_last == LogIndex{13});
    const auto kept = step<wire::WitnessKept>(r, 2, wire::WitnessFetch{});
    CHECK(kept.parts.size() == 3);
    a.parts = {{LogIndex{}, Term{}, LogIndex{13}, Term{5}, Bytes{1}}};
    step<WitnessState>(r, 1, a);
    CHECK(r.kept.size() == 1);
}

TEST_CASE("D6: what it keeps is bounded; a light witness keeps nothing and acknowledges the same") {
    auto r = record(5, 5, 12);
    auto a = append(5, 5, 13);
    a.parts = {{LogIndex{}, Term{}, LogIndex{9}, Term{2}, Bytes(k_limit_witness_kept_bytes, 1)},
               {LogIndex{9}, Term{2}, LogIndex{13}, Term{5}, Bytes{1}}};
    const auto full = step<WitnessState>(r, 1, a);
    CHECK(full.kept_last == LogIndex{9});
    CHECK(full.last == LogIndex{13});
    auto light = record(5, 5, 12);
    const auto state = step<WitnessState>(light, 1, a, true);
    CHECK(state.last == LogIndex{13});
    CHECK(state.kept_bytes == 0);
    CHECK(state.is_light);
}

TEST_CASE("a record and its changes are read back as they were, and no prefix of them is") {
    const auto sample = sample_record();
    const auto bytes = wire::encode(sample);
    CHECK(*wire::decode_witness_record(bytes) == sample);
    for (std::size_t n = 0; n < bytes.size(); n++)
        CHECK_FALSE(wire::decode_witness_record(ByteView(bytes).first(n)).has_value());
    wire::WitnessChange change{sample, true};
    const auto changed = wire::encode(change);
    CHECK(*wire::decode_witness_change(changed) == change);
    for (std::size_t n = 0; n < changed.size(); n++)
        CHECK_FALSE(wire::decode_witness_change(ByteView(changed).first(n)).has_value());
    auto r = sample;
    change.is_kept_replaced = false;
    change.record.counter = 13;
    wire::apply(r, change);
    CHECK(r.kept.size() == 4);
    CHECK(r.counter == 13);
}

namespace {

/// Every request of a small world: 2 nodes, terms up to 3, indexes up to 3.
std::vector<std::pair<NodeId, WitnessRequest>> small_requests() {
    std::vector<std::pair<NodeId, WitnessRequest>> out;
    for (std::uint16_t from = 1; from <= 2; from++) {
        const NodeId node{from};
        for (std::uint64_t term = 1; term <= 3; term++)
            for (std::uint64_t last_term = 0; last_term <= term; last_term++)
                for (std::uint64_t last = 0; last <= 3; last++) {
                    out.emplace_back(node, vote(true, term, last_term, last));
                    out.emplace_back(node, vote(false, term, last_term, last));
                    out.emplace_back(node, append(term, last_term, last));
                    out.emplace_back(node, append(term, last_term, last,
                                                  {{NodeId{2}, LogIndex{last}}}));
                }
        for (std::uint64_t applied = 0; applied <= 3; applied++)
            out.emplace_back(node, ask(applied));
    }
    return out;
}

std::string key_of(WitnessRecord r) {
    r.counter = 0;
    const auto bytes = wire::encode(r);
    return {bytes.begin(), bytes.end()};
}

LogIndex block_of(const WitnessRecord& r, NodeId node) {
    for (const auto& block : r.blocks)
        if (block.node == node) return block.index;
    return {};
}

/// Empty, or which rule this step broke.
std::string broken(const WitnessRecord& before, NodeId from, const WitnessRequest& request,
                   const membership::WitnessStep& done) {
    const auto& after = done.record;
    if (after.term < before.term) return "a term fell";
    if (std::pair(after.last_term, after.last) < std::pair(before.last_term, before.last))
        return "last went back";
    if (after.term == before.term && before.voted_for && after.voted_for != before.voted_for)
        return "two votes in one term";
    if (after.last_term > after.term) return "an entry of a term that it has not reached";
    if ((key_of(before) != key_of(after)) != (before.counter != after.counter))
        return "a change that is not counted, or none that is";
    if (const auto* reply = std::get_if<VoteReply>(&done.answer); reply && reply->granted) {
        const auto& asked = std::get<VoteRequest>(request);
        if (std::pair(asked.last_term, asked.last_index) < std::pair(before.last_term, before.last))
            return "a vote for a log below its record";
        if (!reply->pre && (after.voted_for != from || after.term != asked.term))
            return "a vote that is not in the record";
    }
    if (const auto* state = std::get_if<WitnessState>(&done.answer)) {
        const auto* asked = std::get_if<WitnessAsk>(&request);
        if (state->lease_length > 0ms && (!asked || asked->applied < block_of(before, from)))
            return "a lease against a block";
        if (state->last != after.last || state->term != after.term)
            return "an answer that the record does not say";
    }
    return {};
}

}  // namespace

TEST_CASE("F10: in every history of a small world each rule of the record holds") {
    const auto requests = small_requests();
    std::set<std::string> seen;
    std::deque<WitnessRecord> open{record(0, 0, 0)};
    std::size_t steps = 0;
    std::size_t votes = 0;
    while (!open.empty()) {
        const auto before = std::move(open.front());
        open.pop_front();
        for (const auto& [from, request] : requests) {
            const auto done = witness_step(before, from, request, false);
            steps++;
            const auto wrong = broken(before, from, request, done);
            REQUIRE_MESSAGE(wrong.empty(), wrong);
            const auto* reply = std::get_if<VoteReply>(&done.answer);
            votes += reply != nullptr && reply->granted;
            if (seen.insert(key_of(done.record)).second) open.push_back(done.record);
        }
    }
    MESSAGE(seen.size(), " records, ", steps, " steps, ", votes, " votes");
    CHECK(seen.size() > 200);
    CHECK(votes > 1000);
}
