// Checksums: CRC32C by Boost.CRC, FNV-1a for digests.
#include "base/checksum.hpp"

#include <boost/crc.hpp>

namespace ha {

std::uint32_t crc32c(ByteView bytes) {
    boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
    crc.process_bytes(bytes.data(), bytes.size());
    return crc.checksum();
}

std::uint64_t digest64(ByteView bytes) {
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (auto b : bytes) hash = (hash ^ b) * 0x100000001b3u;
    return hash;
}

}  // namespace ha
