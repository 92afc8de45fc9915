// Checksums: CRC32C (Castagnoli) of stored records, and a 64-bit digest that tells documents apart.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"

namespace ha {

/// CRC32C as in RFC 3720: finds damage, does not keep out an attacker.
std::uint32_t crc32c(ByteView bytes);

/// FNV-1a, 64 bits: equal documents have equal digests. Not for adversaries.
std::uint64_t digest64(ByteView bytes);

}  // namespace ha
