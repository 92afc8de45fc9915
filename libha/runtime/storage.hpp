// The storage thread: makes batches durable in their order, and is the only one that waits for a disk.
//
//   engine thread --submit--> [ queue ] --take all--> write, fdatasync, done(seq), one by one
//                                                 or  one new file of all of them, done(newest)
//
// At most one record is not durable at any time: what a crash leaves is then a whole store, or one
// with its last record cut off, which is no loss (wire/store_format.hpp). When more wait than
// k_records_one_by_one, they are folded into the state and that is written as a new file and
// renamed; so is a batch with a snapshot, and a file grown too long. The first failure is the last
// act: nothing is retried, all that waits fails, and the store counts as lost.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "runtime/store_open.hpp"
#include "wire/store.hpp"

namespace ha::runtime {

/// Batches that wait for a disk; beyond that the disk counts as failed.
inline constexpr std::size_t k_limit_waiting_batches = 16 * 1024;
/// A new file costs about as much as so many syncs.
inline constexpr std::size_t k_records_one_by_one = 4;
/// A log file longer than this is written anew, even without a snapshot of the engine's.
inline constexpr std::uint64_t k_limit_log_file_bytes = 16 * 1024 * 1024;

struct StorageJob {
    PersistSeq seq;  ///< each one above the one before
    wire::StoreBatch batch;
};

struct StorageDone {
    PersistSeq seq;     ///< this one and all before it
    bool ok = false;
    std::string text;   ///< of a failure
    Duration took{0};   ///< from the first submission among them
};

struct StorageOptions {
    /// Tried: every commit waits for this thread, and it waits for the disk more than it computes.
    bool is_realtime = false;
};

class Storage {
   public:
    /// `done` is called on the storage thread. Fails when there is no thread to be had.
    static Result<std::unique_ptr<Storage>> start(OpenedStore store,
                                                  std::function<void(StorageDone)> done,
                                                  StorageOptions options = {});
    /// Writes what has been submitted, then ends; waits for the disk.
    ~Storage();

    /// Never blocks. One thread.
    void submit(StorageJob job);
    /// When the oldest batch that is not durable yet was submitted; Instant::max() if none waits.
    Instant oldest_waiting() const;

   private:
    struct Impl;
    explicit Storage(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace ha::runtime
