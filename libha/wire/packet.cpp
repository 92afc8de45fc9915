// Codecs of packets.
#include "wire/packet.hpp"

#include "wire/limits.hpp"

namespace ha::wire {

namespace {

constexpr std::size_t k_mac_bytes = std::tuple_size_v<Mac>;
constexpr std::size_t k_hello_bytes = 8 + 4 + 2 * (8 + 16) + k_mac_bytes;

Nonce get_nonce(Reader& r) {
    Nonce out{};
    const auto v = r.raw(out.size());
    if (v.size() == out.size()) std::memcpy(out.data(), v.data(), v.size());
    return out;
}

}  // namespace

std::optional<PacketKind> kind_of(ByteView datagram) {
    Reader r(datagram);
    const auto format = r.u8();
    const auto kind = r.enumeration(PacketKind::data);
    if (r.failed() || format != k_packet_format) return std::nullopt;
    if (kind != PacketKind::data && datagram.size() != k_hello_bytes) return std::nullopt;
    if (kind == PacketKind::data &&
        (datagram.size() < k_data_header_bytes + k_seal_overhead_bytes + 1 ||
         datagram.size() > k_limit_datagram_bytes))
        return std::nullopt;
    return kind;
}

Bytes encode_hello(const Hello& hello, const Key& key, Crypto& crypto) {
    Bytes out;
    out.reserve(k_hello_bytes);
    Writer w(out);
    w.u8(k_packet_format);
    w.enumeration(hello.kind);
    w.id(hello.from);
    w.id(hello.to);
    w.id(hello.interconnect);
    w.u32(hello.key_id);
    w.id(hello.start);
    w.raw(hello.nonce);
    w.id(hello.start_echoed);
    w.raw(hello.nonce_echoed);
    w.raw(crypto.mac(key, out));
    return out;
}

bool decode_hello(ByteView datagram, Hello& out) {
    Reader r(datagram);
    Hello h;
    r.u8();
    h.kind = r.enumeration(PacketKind::confirm);
    h.from = r.id<NodeId>();
    h.to = r.id<NodeId>();
    h.interconnect = r.id<InterconnectId>();
    h.key_id = r.u32();
    h.start = r.id<StartNumber>();
    h.nonce = get_nonce(r);
    h.start_echoed = r.id<StartNumber>();
    h.nonce_echoed = get_nonce(r);
    r.raw(k_mac_bytes);
    const bool echoes = h.start_echoed || h.nonce_echoed != Nonce{};
    const bool should_echo = h.kind != PacketKind::hello;
    if (!r.done() || !h.start || h.nonce == Nonce{} || echoes != should_echo) return false;
    out = h;
    return true;
}

bool is_hello_genuine(ByteView datagram, const Key& key, Crypto& crypto) {
    if (datagram.size() != k_hello_bytes) return false;
    const auto body = datagram.first(k_hello_bytes - k_mac_bytes);
    return crypto.verify(key, body, datagram.last(k_mac_bytes));
}

void encode_data_header(Writer& w, const DataHeader& header) {
    w.u8(k_packet_format);
    w.enumeration(PacketKind::data);
    w.id(header.from);
    w.id(header.to);
    w.id(header.interconnect);
    w.u64(header.session);
    w.u64(header.counter);
}

bool decode_data_header(ByteView datagram, DataHeader& out) {
    Reader r(datagram);
    r.u16();
    DataHeader h;
    h.from = r.id<NodeId>();
    h.to = r.id<NodeId>();
    h.interconnect = r.id<InterconnectId>();
    h.session = r.u64();
    h.counter = r.u64();
    if (r.failed()) return false;
    out = h;
    return true;
}

}  // namespace ha::wire
