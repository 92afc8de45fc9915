// The storage thread: makes batches durable in their order, and is the only one that waits for a disk.
//
//   engine thread --submit--> [ queue ] --take all--> one write, one fdatasync --> done(newest)
//
// Batches that arrive while one write is under way are written together by the next (F32). A batch
// with a snapshot, or a file grown too long, is written as a whole new file and renamed. The first
// failure is the last act: nothing is retried, all that waits fails, and the store counts as lost.
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

class Storage {
   public:
    /// `done` is called on the storage thread. Fails when there is no thread to be had.
    static Result<std::unique_ptr<Storage>> start(OpenedStore store,
                                                  std::function<void(StorageDone)> done);
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
