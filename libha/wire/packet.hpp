// Packets: what a datagram looks like from outside. Hellos are clear and carry a MAC, data is
// sealed.
//
//   hello   format 1, kind 1, from 2, to 2, interconnect 2, key id 4, start 8, nonce 16,
//           start echoed 8, nonce echoed 16, MAC 32 over all before it, by the cluster's key
//   data    format 1, kind 1, from 2, to 2, interconnect 2, session 8, counter 8; then the payload
//           sealed by the session's key of this direction, with all before it authenticated
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "wire/crypto.hpp"

namespace ha::wire {

using Nonce = std::array<std::uint8_t, 16>;

inline constexpr std::uint8_t k_packet_format = 0xa1;

enum class PacketKind : std::uint8_t {
    hello,    ///< I want a session; echoes nothing
    answer,   ///< echoes a nonce; the sender has not seen its own echoed
    confirm,  ///< echoes a nonce; the sender has seen its own echoed, its session is made
    data,
};

struct Hello {
    PacketKind kind = PacketKind::hello;
    NodeId from;
    NodeId to;
    InterconnectId interconnect;
    std::uint32_t key_id = 0;
    StartNumber start;
    Nonce nonce{};
    StartNumber start_echoed;
    Nonce nonce_echoed{};
};

struct DataHeader {
    NodeId from;
    NodeId to;
    InterconnectId interconnect;
    std::uint64_t session = 0;
    std::uint64_t counter = 0;
};

/// What a datagram says it is; nothing of it is proven.
std::optional<PacketKind> kind_of(ByteView datagram);

Bytes encode_hello(const Hello& hello, const Key& key, Crypto& crypto);
bool decode_hello(ByteView datagram, Hello& out);
bool is_hello_genuine(ByteView datagram, const Key& key, Crypto& crypto);

void encode_data_header(Writer& w, const DataHeader& header);
bool decode_data_header(ByteView datagram, DataHeader& out);

}  // namespace ha::wire
