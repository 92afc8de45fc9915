// Files of recordings: a header that every build can read, then the records, compressed as one
// stream in chunks, so that a file that is cut off anywhere is read up to its last whole chunk.
//
//   file   "libha recording\n", format 4, header length 4, CRC of the header 4, header
//   chunk  mark 4, kind 1, length 4, plain length 4, clock offset 8, CRC of these and the bytes 4,
//          bytes: the next part of one zstd stream; of the last chunk, why it is the last
//   plain  records, each with its length before it (a record may begin in one chunk and end in
//          another)
//
// A file is not synced: after a power cut its end is what the system had written by then. Keys are
// in no record (engine/recording.hpp); what plugins keep secret in the configuration is.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "engine/recording.hpp"
#include "runtime/posix.hpp"

namespace ha::runtime {

inline constexpr std::uint32_t k_recording_format = 1;
inline constexpr const char* k_recording_suffix = ".harec";
/// Of one chunk, before it is compressed.
inline constexpr std::size_t k_limit_chunk_bytes = 4 * 1024 * 1024;

struct RecordingHeader {
    std::string version;               ///< of the build that records
    std::uint16_t protocol = 0;
    engine::RecordingLayout layout;
    std::string cluster;
    std::string node;
    StartNumber start;
    std::uint32_t segment = 1;         ///< of this start
    std::uint64_t first_step = 1;
    std::int64_t wall_us = 0;          ///< when the file was begun, for people
};

/// Microseconds of the wall clock at zero of the boot clock, as it is now.
std::int64_t clock_offset_us();

class RecordingWriter {
   public:
    /// A new file; one of this name is an error.
    static Result<std::unique_ptr<RecordingWriter>> make(const std::string& path,
                                                         const RecordingHeader& header);
    ~RecordingWriter();

    /// Compresses `records` and writes them as chunks. After a failure the file ends before them.
    Result<void> write(ByteView records);
    /// The last chunk: why nothing follows.
    Result<void> finish(const std::string& why);
    std::uint64_t size() const;
    const std::string& path() const;

   private:
    struct Impl;
    explicit RecordingWriter(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

class RecordingReader {
   public:
    static Result<std::unique_ptr<RecordingReader>> open(const std::string& path);
    /// The bytes of a file; for tests.
    static Result<std::unique_ptr<RecordingReader>> read(Bytes file);
    ~RecordingReader();

    const RecordingHeader& header() const;
    /// The next record, valid until the next call; none at the end, whatever end it is.
    std::optional<ByteView> next();
    /// What the wall clock showed, by the clocks of the machine that recorded.
    std::int64_t wall_us(Instant at) const;
    /// How it ends, once next() gave none: "the node was stopped"; or that, and where, it is cut
    /// off or damaged.
    const std::string& end() const;
    bool is_cut_off() const;

   private:
    struct Impl;
    explicit RecordingReader(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// A record with its length before it.
void put_record(Bytes& out, ByteView record);

}  // namespace ha::runtime
