// The witness: what it remembers, and what passes between it and the nodes (safety.md F10, D6).
//
// message              from      to         meaning
// WitnessAsk           node      witness    are you there; a lease, if one is wanted
// WitnessState         witness   node       answer to that and to an append: what the record says
// WitnessAppend        leader    witness    my durable log ends here; and, sealed, what is in it
// WitnessRenew         leader    witness    forget your record: you were taken out as a voter
// WitnessFetch         node      witness    I am behind: what do you keep?
// WitnessKept          witness   node       the sealed document and entries
// Votes are asked with VoteRequest, as of any voter.
//
// The witness never reads an entry. What it has to know of the log (where it ends, which voters
// entry is in it, from whom it takes something) travels beside the sealed parts.
#pragma once

#include <vector>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace ha::wire {

/// It was told of an entry at `index` that takes something from `node`: no lease of that node is
/// answered before it has applied the entry.
struct WitnessBlock {
    NodeId node;
    LogIndex index;
    auto operator<=>(const WitnessBlock&) const = default;
};

/// A piece of a leader's log, sealed with the cluster's key. The document has no `after`, it stands
/// for everything before; entries follow what ends at (`after`, `after_term`).
struct SealedPart {
    LogIndex after;
    Term after_term;
    LogIndex last;
    Term last_term;
    Bytes sealed;
    bool operator==(const SealedPart&) const = default;
};

/// All that the witness remembers of one cluster. Changed by membership::witness_step() alone.
struct WitnessRecord {
    ClusterId cluster;                 ///< none: nobody has asked yet
    StoreId store;                     ///< of this record: a voter is (witness, store)
    std::uint64_t counter = 0;         ///< of changes (F9)
    Term term;
    NodeId voted_for;                  ///< in `term`
    LogIndex last;                     ///< of the newest log that it acknowledged
    Term last_term;
    LogIndex voters_index;             ///< of the newest voters entry in that log
    Duration lease_longest{0};         ///< ever answered: what a restarted witness must wait for
    std::vector<WitnessBlock> blocks;  ///< sorted
    std::vector<SealedPart> kept;      ///< one chain: the document, then entries
    bool operator==(const WitnessRecord&) const = default;
};

struct WitnessAsk {
    HeartbeatSeq seq;                  ///< of the heartbeat sent just before: what a lease rests on
    ClusterId cluster;
    bool wants_lease = false;
    Duration lease_length{0};
    LogIndex applied;
    LogIndex voters_index;
    bool is_leader = false;
    Term term;
    Duration hold{0};                  ///< leader: for so long no other node is elected
    bool operator==(const WitnessAsk&) const = default;
};

struct WitnessLeaseBlock {
    NodeId node;
    LogIndex index;
    Duration remaining{0};             ///< of the lease that was answered last
    bool operator==(const WitnessLeaseBlock&) const = default;
};

struct WitnessState {
    HeartbeatSeq seq;                  ///< of the ask; none: answer to something else
    ClusterId cluster;
    StoreId store;
    std::uint64_t counter = 0;         ///< durable
    bool is_brief = false;             ///< a lease and no more: the rest waits for the disk
    bool is_light = false;             ///< keeps nothing sealed
    bool is_held = false;              ///< a leader was heard within its `hold`
    Term term;
    LogIndex last;
    Term last_term;
    LogIndex kept_last;
    Term kept_term;
    std::uint32_t kept_parts = 0;
    std::uint64_t kept_bytes = 0;
    Duration lease_length{0};          ///< 0: refused
    LogIndex blocked_index;            ///< refused: apply (or, for voters, store) this first
    std::vector<WitnessLeaseBlock> blocks;
    bool operator==(const WitnessState&) const = default;
};

struct WitnessAppend {
    ClusterId cluster;
    Term term;
    LogIndex last;                     ///< none: there is only something to keep
    Term last_term;
    LogIndex voters_index;
    std::vector<WitnessBlock> blocks;  ///< all that follow from the log up to `last`
    std::vector<SealedPart> parts;
    bool operator==(const WitnessAppend&) const = default;
};

struct WitnessRenew {
    ClusterId cluster;
    Term term;
    StoreId store;                     ///< the record that is meant, and no later one
    StoreId store_new;
    bool operator==(const WitnessRenew&) const = default;
};

struct WitnessFetch {
    bool operator==(const WitnessFetch&) const = default;
};

struct WitnessKept {
    std::vector<SealedPart> parts;
    bool operator==(const WitnessKept&) const = default;
};

/// Where the kept chain ends; none of both when nothing is kept.
LogIndex kept_last(const WitnessRecord& record);
Term kept_term(const WitnessRecord& record);
std::size_t kept_bytes(const std::vector<SealedPart>& parts);

/// One durable step of a record: all of it but `kept`, and what became of that.
struct WitnessChange {
    WitnessRecord record;              ///< `kept`: the parts that were added
    bool is_kept_replaced = false;     ///< what was kept before is gone
    bool operator==(const WitnessChange&) const = default;
};
void apply(WitnessRecord& record, const WitnessChange& change);
Bytes encode(const WitnessChange& change);
Result<WitnessChange> decode_witness_change(ByteView bytes);

/// Where a part lies in its chain; alike wherever it is written.
template <class Part>
void encode_place(Writer& w, const Part& part) {
    w.id(part.after);
    w.id(part.after_term);
    w.id(part.last);
    w.id(part.last_term);
}
template <class Part>
void decode_place(Reader& r, Part& part) {
    part.after = r.id<LogIndex>();
    part.after_term = r.id<Term>();
    part.last = r.id<LogIndex>();
    part.last_term = r.id<Term>();
}

// On disk, and in messages.
void encode(Writer& w, const SealedPart& part);
SealedPart decode_sealed_part(Reader& r);
Bytes encode(const WitnessRecord& record);
/// Fails on a damaged field, one over its limit, blocks out of order, or trailing bytes.
Result<WitnessRecord> decode_witness_record(ByteView bytes);

void put(Writer& w, const WitnessAsk& m);
void put(Writer& w, const WitnessState& m);
void put(Writer& w, const WitnessAppend& m);
void put(Writer& w, const WitnessRenew& m);
void put(Writer& w, const WitnessFetch& m);
void put(Writer& w, const WitnessKept& m);
void get(Reader& r, WitnessAsk& m);
void get(Reader& r, WitnessState& m);
void get(Reader& r, WitnessAppend& m);
void get(Reader& r, WitnessRenew& m);
void get(Reader& r, WitnessFetch& m);
void get(Reader& r, WitnessKept& m);

}  // namespace ha::wire
