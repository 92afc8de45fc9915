// Frames: what stands inside a sealed data packet.
//
//   empty        kind 1
//   message      kind 1, number 8 (0: travels once), message
//   fragment     kind 1, transfer 8, bytes of the whole 4, place 4, the fragment's bytes
//   acknowledge  kind 1, transfer 8, fragments without gap 4, bits of those after the gap (a blob)
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"

namespace ha::wire {

enum class FrameKind : std::uint8_t { empty, message, fragment, acknowledge };

struct Fragment {
    std::uint64_t transfer = 0;
    std::uint32_t bytes_total = 0;
    std::uint32_t place = 0;
    ByteView bytes;  ///< into the frame it was decoded from
};

struct Acknowledge {
    std::uint64_t transfer = 0;
    std::uint32_t contiguous = 0;     ///< fragments from the first on that are here without a gap
    std::vector<bool> after;          ///< [0] stands for the first missing one, hence is false
};

std::size_t fragments_of(std::size_t bytes_total);
/// Bytes of the fragment at `place` of a message of `bytes_total`.
std::size_t fragment_bytes(std::size_t bytes_total, std::size_t place);

Bytes encode_fragment(const Fragment& fragment);
Bytes encode_acknowledge(const Acknowledge& acknowledge);
/// `r` stands after the frame's kind. False on anything that is not exactly one such frame.
bool decode_fragment(Reader& r, Fragment& out);
bool decode_acknowledge(Reader& r, Acknowledge& out);

}  // namespace ha::wire
