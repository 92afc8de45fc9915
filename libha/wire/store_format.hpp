// How records lie in the store's file, so that a torn record and a damaged one can be told apart.
//
//   file    "libha store 3\n", 2 zeros; then records, each at a multiple of 8; then zeros
//   record  mark 4, payload bytes 4, counter 8, CRC of the body 4, CRC of the header's first 20
//           bytes 4; body: payload in strides of 255 bytes with a stride mark before each, zeros
//           up to a multiple of 8, end mark 8
//
// A disk writes sectors of 512 bytes whole or not at all, in any order, onto what was zero before.
// So a record cut off by a crash has at least one sector that is still zero in the whole part that
// belongs to the record. The marks make sure that no sector of a finished record looks like that:
// the first has the record's mark, the last the end mark, each one between two stride marks, and
// all of these are more than one byte. Hence a changed byte in a finished record, anywhere, cannot
// make it look cut off. The header has a CRC of its own because its length says which sectors are
// the record's.
//
// The limits of this. When a disk loses all sectors of the last record, or zeroes one of them long
// after it had been durable, or the file is cut short within it, that is the very picture of a torn
// record. The store's counter, which the peers have seen (safety.md F9), is the second guard. And a
// disk that writes half a sector makes a torn record look damaged: the safe side.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace ha::wire {

inline constexpr char k_store_title[] = "libha store 3\n\0";
inline constexpr std::size_t k_store_title_bytes = 16;
static_assert(sizeof k_store_title == k_store_title_bytes);

inline constexpr std::uint32_t k_record_mark = 0xd3a7c5e9;
inline constexpr std::uint8_t k_stride_mark = 0xa5;
inline constexpr std::size_t k_stride_bytes = 255;
inline constexpr std::uint64_t k_record_end = 0x9be1d78fc36da5f1;
inline constexpr std::size_t k_record_header_bytes = 24;
inline constexpr std::size_t k_record_align = 8;
inline constexpr std::size_t k_sector_bytes = 512;

struct RecordHeader {
    std::uint32_t payload_bytes = 0;
    std::uint64_t counter = 0;
    std::uint32_t body_crc = 0;
};

/// Bytes of a whole record in the file, a multiple of k_record_align.
std::size_t record_bytes(std::size_t payload_bytes);
/// Appends the record.
void encode_record_frame(std::uint64_t counter, ByteView payload, Bytes& out);
/// False when these are not the bytes of a good header.
bool decode_record_header(ByteView bytes, RecordHeader& out);
/// `bytes` is the whole record; false when its body is damaged.
bool decode_record_body(ByteView bytes, const RecordHeader& header, Bytes& payload);

/// What a file of such records holds, and how it ends.
struct ScannedRecords {
    std::uint64_t counter = 0;  ///< of the newest whole record
    std::size_t end = 0;        ///< where the next one goes
    bool is_torn = false;       ///< an unfinished last record was dropped
    bool is_lost = false;       ///< one that had been durable is gone
    std::string what;           ///< for is_torn and is_lost: where and why, for a person
};
/// Takes the content of each record in order; false: it does not fit what stands before it.
using TakeRecord = std::function<bool(std::uint64_t counter, ByteView payload)>;
/// Reads a whole file that begins with `title`. Fails (corrupt) when not even the first record can
/// be used. `name` is what such a file is called in texts.
Result<ScannedRecords> scan_records(ByteView file, ByteView title, const char* name,
                                    const TakeRecord& take);

}  // namespace ha::wire
