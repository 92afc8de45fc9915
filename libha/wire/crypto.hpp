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

using Key = std::array<std::uint8_t, 32>;
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
};

}  // namespace ha::wire
