// Varints: small numbers in few bytes, for heartbeats, which must fit one datagram, and recordings.
//
// LEB128: seven bits a byte, lowest first. Only the shortest form of a number is taken, so that one
// value has one encoding.
#pragma once

#include "base/bytes.hpp"

namespace ha {

inline void put_varint(Writer& w, std::uint64_t v) {
    while (v >= 0x80) {
        w.u8(static_cast<std::uint8_t>(v | 0x80));
        v >>= 7;
    }
    w.u8(static_cast<std::uint8_t>(v));
}

inline std::uint64_t get_varint(Reader& r) {
    std::uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const std::uint64_t byte = r.u8();
        if (shift == 63 && byte > 1) break;
        v |= (byte & 0x7f) << shift;
        if (byte < 0x80) {
            if (byte == 0 && shift > 0) break;
            return v;
        }
    }
    r.fail();
    return 0;
}

}  // namespace ha
