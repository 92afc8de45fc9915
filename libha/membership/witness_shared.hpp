// The witness of one node, where the record lies in a store that all nodes share (safety.md F10):
// the same rule book as that of a witness with a disk of its own, by compare-and-swap.
//
// Pure: datagrams of the node's engine, time, and what the store answered go in; datagrams and
// orders for the store come out. One order is under way at a time.
//
//   requests -> read -> witness_step for each -> [ swap, if the record changed ] -> answers
//                 ^                                  | another node was faster
//                 +----------------------------------+
//
// Why it may answer what a witness with a clock of its own answers. r is the moment at which the
// store served a read, s the one at which it carried out a swap; reads and swaps of all nodes have
// one order, and each happened between its sending and its answer.
//
//  vote, acknowledgement  A swap succeeds only if the record is still the one that witness_step
//                      decided from: its steps have one order, as in one process. An answer leaves
//                      after its swap succeeded. A swap whose outcome is unknown is answered by
//                      nothing; it may still be carried out, and then does what an answer that was
//                      lost on its way does.
//  lease of X          Counted from before X asked, so from before r. A record without a block
//                      of X was read at r; nothing is written (a swap that changes nothing) unless
//                      the lease is longer than any before. A leader L that takes something from X
//                      swaps the block in at s > r, and counts a whole longest lease from when its
//                      own clock saw that swap or a later read: later than s. From s on no read
//                      shows a record without the block. Two clocks, two lengths of time, no
//                      instant of one compared with the other; drift is paid by L.
//  block seen before   L counts from its own first sight of (X, index) in one term and record: in
//                      one term the blocks come from one leader's log, which only grows.
//  a leader is heard   Spares elections and decides nothing. By a beat in the store: who is not
//                      the leader refuses others' votes for as long as it saw it change, by its
//                      own clock, within the time that the leader asked for.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/random.hpp"
#include "membership/witness.hpp"
#include "wire/channel.hpp"
#include "wire/witness_shared.hpp"

namespace ha::membership {

/// Swaps that may be lost to other nodes before the requests are dropped; they are asked again.
inline constexpr int k_shared_tries = 5;

struct SharedWitnessOptions {
    NodeId node;                       ///< whose witness this is; nobody else asks here
    StartNumber start;                 ///< of that node
    Seed seed{};                       ///< of the sessions
    Seed salt_seed{};                  ///< of salts, and of the identity of a new record
    std::vector<std::pair<std::uint32_t, wire::Key>> keys;
    std::uint32_t key_in_use = 0;
    std::string name;                  ///< of the cluster: a record is sealed to its place
};

/// A read that no earlier write of anybody can be missing from.
struct SharedRead {
    bool with_kept = false;
    bool operator==(const SharedRead&) const = default;
};

/// All of it, or nothing: only if the record's revision is still this one.
struct SharedSwap {
    std::uint64_t revision = 0;        ///< 0: there must be no record
    Bytes record;                      ///< empty: stays
    Bytes leader;                      ///< empty: stays
    std::uint64_t erase_from = 0;      ///< kept/N with erase_from <= N < erase_to go
    std::uint64_t erase_to = 0;
    std::vector<std::pair<std::uint64_t, Bytes>> parts;
    bool operator==(const SharedSwap&) const = default;
};

struct SharedOrder {
    std::uint64_t number = 0;          ///< given back with the answer
    std::variant<SharedRead, SharedSwap> what;
};

struct SharedValues {
    std::uint64_t store = 0;           ///< which one answered: a record belongs to one store
    std::uint64_t revision = 0;        ///< of the record; 0: there is none
    Bytes record;
    Bytes leader;                      ///< empty: there is none
    std::map<std::uint64_t, Bytes> parts;
};

class SharedWitness {
   public:
    /// `crypto` outlives this.
    SharedWitness(Instant now, SharedWitnessOptions options, wire::Crypto& crypto);

    /// A datagram of our node to the witness. Never asserts on what is in it.
    void receive(Instant now, ByteView datagram, std::vector<wire::Datagram>& out);
    /// What the store is to be asked next; none while an order is under way, or nothing is wanted.
    std::optional<SharedOrder> take_order();
    // What became of order `number`. One that is not under way is ignored: a late answer is none.
    void on_read(Instant now, std::uint64_t number, const SharedValues& values,
                 std::vector<wire::Datagram>& out);
    void on_swapped(Instant now, std::uint64_t number, bool is_won,
                    std::vector<wire::Datagram>& out);
    /// No answer in time, or none that could be understood: it may have been carried out.
    void on_unknown(std::uint64_t number);

    void tick(Instant now, std::vector<wire::Datagram>& out);
    Instant next_deadline() const { return channels_.next_deadline(); }
    /// The record lies elsewhere from now on: what was seen of the other counts for nothing.
    void forget();
    /// Why the record that was read last cannot be used; empty: it can.
    const std::string& problem() const { return problem_; }
    /// As read or written last, for tests and checkers.
    const wire::WitnessRecord& record() const { return record_seen_; }

   private:
    /// What was decided from one read, and waits for its swap.
    struct Round {
        std::vector<WitnessRequest> requests;
        std::vector<WitnessAnswer> answers;
        wire::SharedRecord shared;
        wire::SharedLeader leader;
        bool has_beat = false;
        int tries = 0;
    };
    struct Sight {
        LogIndex index;
        Term term;
        Instant since;
    };

    void want(WitnessRequest request);
    bool read_values(Instant now, const SharedValues& values);
    std::vector<wire::SealedPart> kept_of(const SharedValues& values, bool with_kept);
    SharedSwap decide(Instant now, const SharedValues& values);
    void take_step(Instant now, const WitnessRequest& request, wire::WitnessRecord& record,
                   SharedSwap& swap);
    void beat_if_due(Instant now);
    bool is_held(Instant now, Term term) const;
    void answer(Instant now, std::vector<wire::Datagram>& out);
    void look_at_blocks(Instant now);
    Duration remaining(Instant now, NodeId node) const;
    Bytes place_of(std::string_view what, std::uint64_t store) const;
    Bytes seal(ByteView plain, std::string_view what, std::uint64_t store);
    std::optional<Bytes> open(ByteView sealed, std::string_view what, std::uint64_t& store);
    bool is_of_form_before(ByteView sealed, std::string_view what) const;
    wire::Key part_key(const wire::Key& key, ByteView salt, std::string_view info) const;

    SharedWitnessOptions options_;
    wire::Crypto& crypto_;
    Random random_;
    wire::Channels channels_;
    std::vector<WitnessRequest> wanted_;
    std::uint64_t orders_ = 0;
    std::uint64_t under_way_ = 0;      ///< 0: none
    bool is_read_due_ = false;
    std::optional<SharedSwap> swap_due_;
    Round round_;
    wire::WitnessRecord record_seen_;
    std::map<NodeId, Sight> sights_;
    wire::SharedLeader leader_seen_;
    Instant leader_seen_at_;
    Instant beaten_at_;
    std::string problem_;
};

}  // namespace ha::membership
