// Leases: the right to run groups, given by a quorum of voters and by no leader (safety.md F1, F2).
//
// Three parts, one for each role that a node can play at the same time:
//
//   LeaseHolder   X: my lease ends `length` after the send time, on my own clock, of the newest
//                 heartbeat that a quorum of voters has answered. Reception counts for nothing.
//   LeaseGranter  v: whom I answer, and how long the lease I gave last can still run.
//   LeaseLedger   L: is the lease of X, declared down at index i, over for certain? It is when a
//                 quorum of voters, X not counted, has stored entry i (and answers X no more), and
//                 the last answer of each of them has run out.
//
// Why this is safe: X's lease at any time rests on answers of a quorum Q1; L counts a quorum Q2 of
// voters that answer no more. They share a voter v that is not X: v's last answer came before it
// stored i, X counts from before that answer was sent, and L counts from after it was received.
// Drift of clocks is paid by the granter: it holds a lease to run (1 + 2 drift) longer than X does.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "base/ids.hpp"
#include "base/node_set.hpp"
#include "base/reflect.hpp"
#include "base/time.hpp"
#include "membership/quorum.hpp"

namespace ha::membership {

class LeaseHolder {
   public:
    /// For recordings (base/archive.hpp).
    auto members() {
        return reflect::fields(self_, newest_, sent_, own_length_, ends_);
    }

    explicit LeaseHolder(NodeId self) : self_(self) {}

    /// Our heartbeat `seq` is about to be sent. Sequence numbers grow by one.
    void on_sent(HeartbeatSeq seq, Instant now);
    /// When heartbeat `seq` was sent; none if it is too old to be remembered, or was never sent.
    std::optional<Instant> sent_at(HeartbeatSeq seq) const;
    /// `voter` has answered our heartbeat `seq` with a lease of `length`.
    void on_answer(NodeId voter, HeartbeatSeq seq, Duration length);
    /// Our own vote answers each heartbeat at once; `length` as we would give it to anybody.
    void set_own_answer(Duration length) { own_length_ = length; }
    /// We shall take no lease again (down notice sent), or all answers are void.
    void surrender();

    /// When our lease ends; zero when it never began. `voters`: of our newest voters entry, ours
    /// among them only if our own store may vote.
    Instant end(std::span<const NodeId> voters) const { return end_without(voters, NodeId{}); }
    /// The same, as if this one voter had answered nothing.
    Instant end_without(std::span<const NodeId> voters, NodeId silent) const;

   private:
    static constexpr std::size_t k_sent_kept = 256;
    NodeId self_;
    HeartbeatSeq newest_;
    std::array<Instant, k_sent_kept> sent_{};
    Duration own_length_{0};
    std::map<NodeId, Instant> ends_;  ///< by voter: send time + length of the newest answer
};

class LeaseGranter {
   public:
    /// For recordings (base/archive.hpp).
    auto members() {
        return reflect::fields(restart_length_, started_, drift_ppm_, ends_);
    }

    /// `length_max`: the longest lease that an earlier process with this store may have given.
    LeaseGranter(Instant started, Duration length_max, std::uint32_t drift_ppm);

    void set_drift(std::uint32_t drift_ppm) { drift_ppm_ = drift_ppm; }
    /// We answer `node` now, with a lease of `length`.
    void on_answered(Instant now, NodeId node, Duration length);
    /// How long a lease that rests on our answers can still run, drift of both clocks included.
    Duration remaining(Instant now, NodeId node) const;

   private:
    Duration stretched(Duration length) const;
    Duration restart_length_;
    Instant started_;
    std::uint32_t drift_ppm_;
    std::map<NodeId, Instant> ends_;
};

class LeaseLedger {
   public:
    /// For recordings (base/archive.hpp).
    auto members() {
        return reflect::fields(blocks_);
    }

    /// `voter` says: I have durably stored that `node` is down at `index`, and what I answered it
    /// last is over in `remaining`. Counted from when we received this.
    void on_block(Instant received, NodeId voter, NodeId node, LogIndex index, Duration remaining);
    /// Is it over? Asked anew each time: a voter that is none any more does not count.
    bool is_over(Instant now, NodeId node, LogIndex index, std::span<const NodeId> voters) const;
    /// When it will be, by what is known; Instant::max() while a quorum has not spoken.
    Instant over_at(NodeId node, LogIndex index, std::span<const NodeId> voters) const;
    /// A node came up again, or we lead no more.
    void forget(NodeId node) { blocks_.erase(node); }
    void clear() { blocks_.clear(); }

   private:
    struct Block {
        LogIndex index;
        Instant over;
    };
    std::map<NodeId, std::map<NodeId, Block>> blocks_;  ///< by node that is down, by voter
};

}  // namespace ha::membership
