// Codecs of frames.
#include "wire/frame.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "wire/limits.hpp"

namespace ha::wire {

std::size_t fragments_of(std::size_t bytes_total) {
    return (bytes_total + k_fragment_bytes - 1) / k_fragment_bytes;
}

std::size_t fragment_bytes(std::size_t bytes_total, std::size_t place) {
    HA_ASSERT(place < fragments_of(bytes_total));
    return std::min(k_fragment_bytes, bytes_total - place * k_fragment_bytes);
}

Bytes encode_fragment(const Fragment& fragment) {
    Bytes out;
    out.reserve(k_fragment_header_bytes + fragment.bytes.size());
    Writer w(out);
    w.enumeration(FrameKind::fragment);
    w.u64(fragment.transfer);
    w.u32(fragment.bytes_total);
    w.u32(fragment.place);
    w.raw(fragment.bytes);
    return out;
}

Bytes encode_acknowledge(const Acknowledge& acknowledge) {
    HA_ASSERT(acknowledge.after.size() <= k_window_span);
    Bytes bits((acknowledge.after.size() + 7) / 8);
    for (std::size_t i = 0; i < acknowledge.after.size(); i++)
        if (acknowledge.after[i]) bits[i / 8] |= static_cast<std::uint8_t>(1u << (i % 8));
    while (!bits.empty() && bits.back() == 0) bits.pop_back();
    Bytes out;
    Writer w(out);
    w.enumeration(FrameKind::acknowledge);
    w.u64(acknowledge.transfer);
    w.u32(acknowledge.contiguous);
    w.blob(bits);
    return out;
}

bool decode_fragment(Reader& r, Fragment& out) {
    Fragment f;
    f.transfer = r.u64();
    f.bytes_total = r.u32();
    f.place = r.u32();
    if (r.failed() || f.transfer == 0 || f.bytes_total > k_limit_message_bytes ||
        f.place >= fragments_of(f.bytes_total))
        return false;
    f.bytes = r.raw(fragment_bytes(f.bytes_total, f.place));
    if (!r.done()) return false;
    out = f;
    return true;
}

bool decode_acknowledge(Reader& r, Acknowledge& out) {
    Acknowledge a;
    a.transfer = r.u64();
    a.contiguous = r.u32();
    const auto bits = r.blob(k_window_span / 8);
    if (!r.done() || a.transfer == 0) return false;
    // One set of fragments has one encoding: no zeros at the end, and the first missing one is.
    if (!bits.empty() && (bits.back() == 0 || (bits.front() & 1) != 0)) return false;
    a.after.resize(bits.size() * 8);
    for (std::size_t i = 0; i < a.after.size(); i++) a.after[i] = (bits[i / 8] >> (i % 8)) & 1;
    out = std::move(a);
    return true;
}

}  // namespace ha::wire
