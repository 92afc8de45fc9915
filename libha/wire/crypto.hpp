// The cryptography a session needs, as an interface: pure functions of their arguments.
//
// The runtime gives OpenSSL (AES-256-GCM, HKDF-SHA256, HMAC-SHA256); the simulator a keyed toy that
// is fast. Random bytes are inputs, never made here.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"

namespace ha::wire {

/// A type of its own, which recordings leave out wherever it occurs (base/archive.hpp).
struct Key : std::array<std::uint8_t, 32> {
    using never_recorded = void;
};
using Mac = std::array<std::uint8_t, 32>;
inline constexpr std::size_t k_seal_overhead_bytes = 16;

class Crypto {
   public:
    virtual ~Crypto() = default;
    /// Encrypts and authenticates `plain` together with `header`; `counter` is never used twice
    /// with one key. Appends to `out`.
    virtual void seal(const Key& key, std::uint64_t counter, ByteView header, ByteView plain,
                      Bytes& out) = 0;
    /// False, and `out` untouched, when anything was changed.
    virtual bool open(const Key& key, std::uint64_t counter, ByteView header, ByteView sealed,
                      Bytes& out) = 0;
    virtual Key derive(const Key& secret, ByteView salt, ByteView info) = 0;
    virtual Mac mac(const Key& key, ByteView bytes) = 0;

    // What of the above may be seen by others has a name of its own, so that a recording can hold
    // it and nothing else (engine/recording.hpp).

    /// Is `claimed` the MAC of these bytes?
    virtual bool verify(const Key& key, ByteView bytes, ByteView claimed) {
        return is_equal(mac(key, bytes), claimed);
    }
    /// 64 bits that name what two sides derive alike, and that travel in clear.
    virtual std::uint64_t name(const Key& secret, ByteView salt, ByteView info) {
        const auto key = derive(secret, salt, info);
        Reader r(key);
        return r.u64();
    }

    // Parts of messages that who passes them on may not read (engine/witness_kept.cpp): sealed
    // within a packet, and apart here because a recording needs their sealed form too.
    virtual void seal_part(const Key& key, ByteView place, ByteView plain, Bytes& out) {
        seal(key, 1, place, plain, out);
    }
    virtual bool open_part(const Key& key, ByteView place, ByteView sealed, Bytes& out) {
        return open(key, 1, place, sealed, out);
    }

   protected:
    /// Compares in a time that does not depend on where the difference is.
    static bool is_equal(ByteView a, ByteView b) {
        std::uint8_t difference = a.size() == b.size() ? 0 : 1;
        for (std::size_t i = 0; i < a.size() && i < b.size(); i++)
            difference = static_cast<std::uint8_t>(difference | (a[i] ^ b[i]));
        return difference == 0;
    }
};

}  // namespace ha::wire
