// The one file that a node's memory lives in, as three operations; tests put failing ones in its
// place. Format and recovery are wire/store.hpp's; when to write what is storage.hpp's.
#pragma once

#include <memory>
#include <string>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace ha::runtime {

/// Used by one thread at a time. After a failure the file is not to be used any more.
class StoreFile {
   public:
    virtual ~StoreFile() = default;
    /// Writes inside the preallocated space; durable only after sync().
    virtual Result<void> write_at(std::uint64_t offset, ByteView bytes) = 0;
    /// One fdatasync.
    virtual Result<void> sync() = 0;
    /// Adds zeros at the end until the file is `size` long, so that a later append changes no
    /// metadata and its fdatasync is one disk write. Durable after sync().
    virtual Result<void> grow(std::uint64_t size) = 0;
    /// A new file with these bytes, then zeros up to `size`, made durable and renamed over the old
    /// one, the rename made durable too.
    virtual Result<void> replace(ByteView bytes, std::uint64_t size) = 0;
};

/// The real one; `path` need not exist before the first replace().
std::unique_ptr<StoreFile> make_store_file(std::string path);

}  // namespace ha::runtime
