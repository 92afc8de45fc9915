// Opening a node's store: lock it, read it back, and begin a new start (safety.md F9, F17).
//
//   store whole or torn    -> its state, start number + 1
//   store lost a record    -> moved aside; a new store with a new id: the node is no voter until
//   not readable at all       it has been added anew, and learns the document from the others
//   no store               -> a new store; the node founds or learns
//
// In each case the result is written as a new file before it returns: the raised start number is
// durable before the first packet, and nothing that was read is durable only by luck.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "runtime/posix.hpp"
#include "runtime/store_file.hpp"
#include "wire/store.hpp"

namespace ha::runtime {

/// Space kept free after the last record, and the step in which the file grows.
inline constexpr std::uint64_t k_store_step_bytes = 256 * 1024;
/// A file longer than this is no store of ours.
inline constexpr std::uint64_t k_limit_store_bytes = 64 * 1024 * 1024;

struct OpenedStore {
    UniqueFd lock;                  ///< held as long as the store is in use
    std::unique_ptr<StoreFile> file;
    wire::StoreState state;
    std::uint64_t end = 0;          ///< where the next record goes
    bool is_lost = false;           ///< this store replaces one that had lost something
    bool is_new = false;
    bool is_reset_for_safety = false;  ///< the boot before was ended by one (safety.md F24)
    std::string note;               ///< what an operator should know; empty: nothing happened
};

/// Looks at what was read before a start is counted and anything is written: a failure of it leaves
/// the store as it was.
using CheckStore = std::function<Result<void>(const wire::StoreState& state)>;
/// `directory` is made when it is missing. Fails when another process uses the store, and on
/// errors of the file system; never starts with invented state.
Result<OpenedStore> open_store(const std::string& directory, const BootId& boot = {},
                               const CheckStore& check = {});
/// As above, with another way to make the file (for tests).
using MakeStoreFile = std::function<std::unique_ptr<StoreFile>(std::string path)>;
Result<OpenedStore> open_store(const std::string& directory, const MakeStoreFile& make,
                               const BootId& boot = {}, const CheckStore& check = {});

/// For a store about whose past nothing is known, a node's or a witness's.
StartNumber first_start();

}  // namespace ha::runtime
