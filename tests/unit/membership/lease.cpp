// Leases: what the holder may believe, what the granter remembers, what the leader's ledger proves.
#include "membership/lease.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace ha;
using membership::LeaseGranter;
using membership::LeaseHolder;
using membership::LeaseLedger;

namespace {

constexpr Instant k_begin{1'000'000'000'000};
const std::vector<NodeId> k_voters{NodeId{1}, NodeId{2}, NodeId{3}};

Instant at(Duration after) { return k_begin + after; }

}  // namespace

TEST_CASE("F1, D1, cluster.md 4: a lease counts from the send time of what a quorum answered") {
    LeaseHolder holder(NodeId{1});
    CHECK(holder.end(k_voters) == Instant{});
    holder.set_own_answer(600ms);
    holder.on_sent(HeartbeatSeq{1}, at(0ms));
    CHECK(holder.end(k_voters) == Instant{});
    holder.on_answer(NodeId{2}, HeartbeatSeq{1}, 600ms);
    CHECK(holder.end(k_voters) == at(600ms));
    holder.on_sent(HeartbeatSeq{2}, at(150ms));
    CHECK(holder.end(k_voters) == at(600ms));
    holder.on_answer(NodeId{3}, HeartbeatSeq{2}, 600ms);
    CHECK(holder.end(k_voters) == at(750ms));
}

TEST_CASE("answers that come late, twice or out of order never shorten or lengthen a lease") {
    LeaseHolder holder(NodeId{1});
    holder.set_own_answer(600ms);
    holder.on_sent(HeartbeatSeq{1}, at(0ms));
    holder.on_sent(HeartbeatSeq{2}, at(150ms));
    holder.on_answer(NodeId{2}, HeartbeatSeq{2}, 600ms);
    holder.on_answer(NodeId{2}, HeartbeatSeq{1}, 600ms);
    holder.on_answer(NodeId{2}, HeartbeatSeq{2}, 600ms);
    CHECK(holder.end(k_voters) == at(750ms));
    holder.on_answer(NodeId{3}, HeartbeatSeq{9}, 600ms);  // never sent
    holder.on_answer(NodeId{3}, HeartbeatSeq{}, 600ms);
    CHECK(holder.end(k_voters) == at(750ms));
}

TEST_CASE("a heartbeat too old to be remembered gives no lease") {
    LeaseHolder holder(NodeId{1});
    holder.set_own_answer(600ms);
    for (std::uint64_t n = 1; n <= 300; n++) holder.on_sent(HeartbeatSeq{n}, at(0ms));
    CHECK_FALSE(holder.sent_at(HeartbeatSeq{44}));
    CHECK(holder.sent_at(HeartbeatSeq{45}));
    holder.on_answer(NodeId{2}, HeartbeatSeq{44}, 600ms);
    CHECK(holder.end(k_voters) == Instant{});
}

TEST_CASE("without its own vote a node needs a quorum of the others, and strangers do not count") {
    LeaseHolder holder(NodeId{1});
    holder.on_sent(HeartbeatSeq{1}, at(0ms));
    holder.on_answer(NodeId{2}, HeartbeatSeq{1}, 600ms);
    holder.on_answer(NodeId{7}, HeartbeatSeq{1}, 600ms);
    CHECK(holder.end(k_voters) == Instant{});
    holder.on_answer(NodeId{3}, HeartbeatSeq{1}, 400ms);
    CHECK(holder.end(k_voters) == at(400ms));
    CHECK(holder.end({}) == Instant{});
}

TEST_CASE("who has surrendered its lease holds none") {
    LeaseHolder holder(NodeId{1});
    holder.set_own_answer(600ms);
    holder.on_sent(HeartbeatSeq{1}, at(0ms));
    holder.on_answer(NodeId{2}, HeartbeatSeq{1}, 600ms);
    holder.surrender();
    CHECK(holder.end(k_voters) == Instant{});
}

TEST_CASE("the granter holds a lease to run longer than the holder does, by the drift of both") {
    LeaseGranter granter(k_begin, 0ms, 1000);
    granter.on_answered(at(1s), NodeId{2}, 600ms);
    CHECK(granter.remaining(at(1s), NodeId{2}) >= Duration{601'200us});
    CHECK(granter.remaining(at(1s), NodeId{2}) < Duration{602ms});
    CHECK(granter.remaining(at(1700ms), NodeId{2}) == Duration::zero());
    granter.on_answered(at(2s), NodeId{2}, 600ms);
    granter.on_answered(at(2s), NodeId{2}, 100ms);
    CHECK(granter.remaining(at(2s), NodeId{2}) >= Duration{600ms});
}

TEST_CASE("F1: a granter that was restarted answers for a lease that it has forgotten") {
    LeaseGranter granter(k_begin, 600ms, 1000);
    CHECK(granter.remaining(k_begin, NodeId{5}) >= Duration{600ms});
    CHECK(granter.remaining(at(602ms), NodeId{5}) == Duration::zero());
}

TEST_CASE("F1: a lease is over only when a quorum without its holder says so, and time has "
          "passed") {
    LeaseLedger ledger;
    const NodeId x{3};
    const LogIndex index{7};
    CHECK(ledger.over_at(x, index, k_voters) == Instant::max());
    ledger.on_block(at(0ms), NodeId{1}, x, index, 100ms);
    ledger.on_block(at(0ms), x, x, index, 0ms);  // its own word
    CHECK_FALSE(ledger.is_over(at(1h), x, index, k_voters));
    ledger.on_block(at(0ms), NodeId{2}, x, index, 300ms);
    CHECK(ledger.over_at(x, index, k_voters) == at(300ms));
    CHECK_FALSE(ledger.is_over(at(299ms), x, index, k_voters));
    CHECK(ledger.is_over(at(300ms), x, index, k_voters));
}

TEST_CASE("what a voter has stored of an earlier loss does not count for a later one") {
    LeaseLedger ledger;
    const NodeId x{3};
    ledger.on_block(at(0ms), NodeId{1}, x, LogIndex{7}, 0ms);
    ledger.on_block(at(0ms), NodeId{2}, x, LogIndex{7}, 0ms);
    CHECK(ledger.is_over(at(0ms), x, LogIndex{7}, k_voters));
    CHECK(ledger.over_at(x, LogIndex{8}, k_voters) == Instant::max());
    ledger.on_block(at(0ms), NodeId{1}, x, LogIndex{8}, 50ms);
    ledger.on_block(at(0ms), NodeId{2}, x, LogIndex{8}, 60ms);
    CHECK(ledger.over_at(x, LogIndex{8}, k_voters) == at(60ms));
}

TEST_CASE("a promise told again later does not put the end off") {
    LeaseLedger ledger;
    const NodeId x{3};
    ledger.on_block(at(0ms), NodeId{1}, x, LogIndex{7}, 100ms);
    ledger.on_block(at(0ms), NodeId{2}, x, LogIndex{7}, 100ms);
    ledger.on_block(at(90ms), NodeId{2}, x, LogIndex{7}, 60ms);
    CHECK(ledger.over_at(x, LogIndex{7}, k_voters) == at(100ms));
}

TEST_CASE("who is no voter any more counts no more, and the ledger can be emptied") {
    LeaseLedger ledger;
    const NodeId x{3};
    ledger.on_block(at(0ms), NodeId{1}, x, LogIndex{7}, 0ms);
    ledger.on_block(at(0ms), NodeId{2}, x, LogIndex{7}, 0ms);
    const std::vector<NodeId> others{NodeId{1}, NodeId{3}, NodeId{4}};
    CHECK_FALSE(ledger.is_over(at(1h), x, LogIndex{7}, others));
    ledger.clear();
    CHECK_FALSE(ledger.is_over(at(1h), x, LogIndex{7}, k_voters));
}

TEST_CASE("F10: a lease is known without what the witness answered, so that it is asked in time") {
    const std::vector<NodeId> voters{NodeId{1}, NodeId{2}, k_witness_node};
    LeaseHolder holder(NodeId{1});
    holder.set_own_answer(600ms);
    holder.on_sent(HeartbeatSeq{1}, at(0ms));
    holder.on_answer(NodeId{2}, HeartbeatSeq{1}, 600ms);
    holder.on_sent(HeartbeatSeq{2}, at(150ms));
    holder.on_answer(k_witness_node, HeartbeatSeq{2}, 600ms);
    CHECK(holder.end(voters) == at(750ms));
    CHECK(holder.end_without(voters, k_witness_node) == at(600ms));
}
