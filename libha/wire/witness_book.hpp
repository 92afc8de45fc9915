// The witness's book: the records of all its clusters, as one file of appended records.
//
// Each record of the file holds what became of some clusters since the one before, so that one
// fdatasync serves all that changed at the same time. A file written anew holds each cluster's
// record as a change from nothing.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "wire/witness.hpp"

namespace ha::wire {

/// Clusters that one witness may serve.
inline constexpr std::size_t k_limit_witness_clusters = 16 * 1024;
/// A file written anew is cut into records of about this size.
inline constexpr std::size_t k_witness_book_record_bytes = 8 * 1024 * 1024;

struct WitnessBook {
    StartNumber start;                           ///< of the witness, of all clusters
    std::map<std::string, WitnessRecord> records;  ///< by name of the cluster's key file
    std::uint64_t counter = 0;                   ///< of the file's newest record
    bool operator==(const WitnessBook&) const = default;
};

struct WitnessBookBatch {
    std::optional<StartNumber> start;
    std::vector<std::pair<std::string, WitnessChange>> changes;
    bool operator==(const WitnessBookBatch&) const = default;
};

void apply(WitnessBook& book, const WitnessBookBatch& batch);
/// The bytes of a new file; raises the book's counter with each record.
Bytes encode_book(WitnessBook& book);
/// The bytes to append for `batch`, being record `counter`.
Bytes encode_book_record(std::uint64_t counter, const WitnessBookBatch& batch);

struct RecoveredBook {
    WitnessBook book;
    std::size_t end = 0;
    bool is_torn = false;
    bool is_lost = false;  ///< every record of it may have forgotten something
    std::string what;
};
Result<RecoveredBook> recover_book(ByteView file);

}  // namespace ha::wire
