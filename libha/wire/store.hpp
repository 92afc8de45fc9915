// The durable store as a value and as bytes: what a node must remember, record by record (F9, F32).
//
// One preallocated file: a header, then appended records, one per batch, each with length, counter
// and CRC32C. A batch is durable after one fdatasync. When the engine hands in a snapshot the whole
// state is written to a new file as its first record, and renamed over the old one.
//
// Reading back must tell two things apart. A *torn tail* is the last batch, cut off by a crash
// while it was being written: nothing was sent on it, so dropping it is no loss. A *lost record* is
// one that had been durable: from then on this store may have forgotten a vote or an acknowledged
// entry, and its node is no voter until it has been added anew with a new store id.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "wire/log.hpp"

namespace ha::wire {

/// What a history that was given up had made of a group, until the other history has it (F7).
struct Forked {
    GroupId group;
    Epoch epoch;               ///< of the group there
    bool was_active = false;   ///< it ran here when the histories met
    auto operator<=>(const Forked&) const = default;
};

/// One of two nodes shoots at the other: durable before the first shot, until none of it can hit
/// any more or the registry knows of it (safety.md F22).
struct Shot {
    NodeId node;               ///< that is shot at; none: nobody is
    StartNumber start;         ///< of it
    std::uint32_t count = 0;   ///< as NodeRecord::fencing_count will be for it
    bool operator==(const Shot&) const = default;
};

/// What a node remembers.
struct StoreState {
    StoreId store;
    StartNumber start;                 ///< of the newest start
    ClusterId cluster;                 ///< none: empty store, founds or learns
    Term term;
    NodeId voted_for;                  ///< in `term`
    Snapshot snapshot;
    std::vector<LogEntry> entries;     ///< after the snapshot, without gaps
    std::vector<Released> released;    ///< sorted; promises not yet seen in the registry
    std::vector<Forked> forked;        ///< by group, each once; not yet seen in the registry
    std::uint64_t counter = 0;         ///< of the newest record
    std::uint32_t reboots = 0;         ///< automatic ones, counted against their limit
    /// The boot in which something is held that needs fencing: a reset then is one for safety.
    BootId armed;
    Shot shot;
    bool operator==(const StoreState&) const = default;
};

/// One durable step; the parts that are set are applied in the order of the fields.
struct StoreBatch {
    std::optional<StartNumber> start;
    std::optional<ClusterId> cluster;
    struct Ballot {
        Term term;
        NodeId voted_for;
        bool operator==(const Ballot&) const = default;
    };
    std::optional<Ballot> ballot;
    /// The history so far is given up, and the snapshot below takes its place (safety.md F7). What
    /// was promised with it is lost: from here on this is another store, of this id (F9).
    std::optional<StoreId> store_anew;
    std::optional<Snapshot> snapshot;  ///< entries up to its index go; later ones stay if they fit
    std::vector<LogEntry> append;      ///< entries from the first index of these on are replaced
    std::vector<Released> released_add;
    std::vector<Released> released_remove;
    std::optional<std::vector<Forked>> forked;  ///< in place of those known; with store_anew, too
    std::optional<std::uint32_t> reboots;
    std::optional<BootId> armed;
    std::optional<Shot> shot;

    bool empty() const;
    bool operator==(const StoreBatch&) const = default;
};

/// Folds one batch into the state; the counter goes up by one. Asserts that entries have no gap.
void apply(StoreState& state, const StoreBatch& batch);

/// The first batch of a start in boot `boot`: counts the end before it when that was a reset for
/// safety, which no process could count (safety.md F24).
StoreBatch begin_start(const StoreState& before, StartNumber start, const BootId& boot,
                       bool& was_reset);

/// The bytes of a new file that holds just `state` (header and one record).
Bytes encode_store(const StoreState& state);
/// The bytes to append for `batch`, being record `counter`.
Bytes encode_record(std::uint64_t counter, const StoreBatch& batch);

struct Recovered {
    StoreState state;
    std::size_t end = 0;               ///< where the next record goes
    bool is_torn = false;              ///< an unfinished last batch was dropped
    bool is_lost = false;              ///< a record that had been durable is gone: no voter (F9)
    std::string what;                  ///< for is_torn and is_lost: where and why, for a person
};

/// Reads a whole file. Fails (corrupt) when not even the header and first record can be used: then
/// there is no state, and none is invented. Fails (refused) when another version wrote it: then it
/// is whole, and nothing of it may be given up.
Result<Recovered> recover_store(ByteView file);

}  // namespace ha::wire
