// The witness's record where it lies in a store that several nodes read and write (safety.md F10).
//
// No process of its own keeps the record there: each node runs the witness's rule book itself, and
// writes by compare-and-swap. So the record is cut into values that are written as seldom as they
// change, each sealed with the cluster's key, because the store belongs to others:
//
// value     what                                              written
// record    the record without what it keeps, and where that  with every change of it
// leader    who leads, and a beat                             about once a second, while needed
// kept/N    one sealed part, as the leader sealed it          once; erased when the chain is new
#pragma once

#include <vector>

#include "wire/witness.hpp"

namespace ha::wire {

/// Where one part of the kept chain lies.
struct KeptPlace {
    std::uint64_t number = 0;          ///< N of kept/N; never used twice in one record
    LogIndex after;
    Term after_term;
    LogIndex last;
    Term last_term;
    std::uint32_t bytes = 0;
    bool operator==(const KeptPlace&) const = default;
};

struct SharedRecord {
    WitnessRecord record;              ///< `kept` is empty here
    std::vector<KeptPlace> kept;       ///< one chain
    std::uint64_t number_next = 1;
    bool operator==(const SharedRecord&) const = default;
};

/// Who leads, for those that do not hear it. Each reader measures by its own clock for how long it
/// has seen one and the same beat; no time of one node is ever compared with another's.
struct SharedLeader {
    NodeId node;                       ///< none: nobody has said so yet
    Term term;
    Duration hold{0};                  ///< for so long after a beat no other node is elected
    std::uint64_t beat = 0;
    bool operator==(const SharedLeader&) const = default;
};

Bytes encode(const SharedRecord& shared);
/// Fails on a damaged field, a chain that is none, one over its limit, or trailing bytes.
Result<SharedRecord> decode_shared_record(ByteView bytes);
Bytes encode(const SharedLeader& leader);
Result<SharedLeader> decode_shared_leader(ByteView bytes);

}  // namespace ha::wire
