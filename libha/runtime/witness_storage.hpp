// The witness's book on disk: one thread, one fdatasync for all clusters that changed meanwhile.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/posix.hpp"
#include "runtime/store_file.hpp"
#include "wire/witness_book.hpp"

namespace ha::runtime {

struct OpenedBook {
    UniqueFd lock;                 ///< held as long as the book is in use
    std::unique_ptr<StoreFile> file;
    wire::WitnessBook book;        ///< with a raised start number, durable
    std::uint64_t end = 0;
    std::string note;              ///< what an operator should know
};

/// `directory` is made when it is missing. A book that lost something is moved aside: all its
/// records are then new ones, and have no vote until the clusters have added them anew (safety.md
/// F9).
Result<OpenedBook> open_witness_book(const std::string& directory);

class WitnessStorage {
   public:
    struct Durable {
        std::string name;
        std::uint64_t counter = 0;  ///< of that cluster's record
    };
    /// `done` is called on the storage thread; `failed` is empty, or why nothing is written any
    /// more.
    using Done = std::function<void(std::vector<Durable> durable, std::string failed)>;

    static Result<std::unique_ptr<WitnessStorage>> start(OpenedBook opened, Done done);
    /// Writes what has been submitted, then ends; waits for the disk.
    ~WitnessStorage();
    /// Never blocks. One thread.
    void submit(std::vector<std::pair<std::string, wire::WitnessChange>> changes);
    /// Syncs so far, for figures.
    std::uint64_t syncs() const;

   private:
    struct Impl;
    explicit WitnessStorage(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace ha::runtime
