// Framing of the store's records; the picture is in store_format.hpp.
#include "wire/store_format.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/checksum.hpp"
#include "wire/limits.hpp"
#include "wire/store.hpp"
#include "wire/store_codec.hpp"

namespace ha::wire {

namespace {

constexpr std::size_t k_end_bytes = 8;
constexpr std::size_t k_header_crc_at = 20;

std::size_t body_bytes(std::size_t payload_bytes) {
    const auto strides = (payload_bytes + k_stride_bytes - 1) / k_stride_bytes;
    const auto plain = payload_bytes + strides;
    return (plain + k_record_align - 1) / k_record_align * k_record_align + k_end_bytes;
}

}  // namespace

std::size_t record_bytes(std::size_t payload_bytes) {
    return k_record_header_bytes + body_bytes(payload_bytes);
}

void encode_record_frame(std::uint64_t counter, ByteView payload, Bytes& out) {
    HA_ASSERT(counter > 0 && !payload.empty() && payload.size() <= k_limit_record_bytes);
    Bytes body;
    body.reserve(body_bytes(payload.size()));
    Writer w(body);
    for (auto rest = payload; !rest.empty();) {
        const auto stride = rest.first(std::min(rest.size(), k_stride_bytes));
        w.u8(k_stride_mark);
        w.raw(stride);
        rest = rest.subspan(stride.size());
    }
    body.resize(body_bytes(payload.size()) - k_end_bytes);
    w.u64(k_record_end);

    Bytes header;
    Writer h(header);
    h.u32(k_record_mark);
    h.u32(static_cast<std::uint32_t>(payload.size()));
    h.u64(counter);
    h.u32(crc32c(body));
    h.u32(crc32c(header));
    out.insert(out.end(), header.begin(), header.end());
    out.insert(out.end(), body.begin(), body.end());
}

bool decode_record_header(ByteView bytes, RecordHeader& out) {
    if (bytes.size() < k_record_header_bytes) return false;
    Reader r(bytes.first(k_record_header_bytes));
    if (r.u32() != k_record_mark) return false;
    RecordHeader h;
    h.payload_bytes = r.u32();
    h.counter = r.u64();
    h.body_crc = r.u32();
    if (r.u32() != crc32c(bytes.first(k_header_crc_at))) return false;
    if (h.payload_bytes == 0 || h.payload_bytes > k_limit_record_bytes || h.counter == 0)
        return false;
    out = h;
    return true;
}

bool decode_record_body(ByteView bytes, const RecordHeader& header, Bytes& payload) {
    HA_ASSERT(bytes.size() == record_bytes(header.payload_bytes));
    const auto body = bytes.subspan(k_record_header_bytes);
    if (crc32c(body) != header.body_crc) return false;
    Reader r(body);
    Bytes out;
    out.reserve(header.payload_bytes);
    while (out.size() < header.payload_bytes) {
        if (r.u8() != k_stride_mark) return false;
        const auto stride = r.raw(std::min(header.payload_bytes - out.size(), k_stride_bytes));
        out.insert(out.end(), stride.begin(), stride.end());
    }
    while (r.remaining() > k_end_bytes)
        if (r.u8() != 0) return false;
    if (r.u64() != k_record_end || !r.done()) return false;
    payload = std::move(out);
    return true;
}

Bytes encode_store(const StoreState& state) {
    HA_ASSERT(state.store && state.counter > 0);
    Bytes out(k_store_title, k_store_title + k_store_title_bytes);
    Bytes payload;
    Writer w(payload);
    encode_state(w, state);
    encode_record_frame(state.counter, payload, out);
    return out;
}

Bytes encode_record(std::uint64_t counter, const StoreBatch& batch) {
    Bytes payload;
    Writer w(payload);
    encode_batch(w, batch);
    Bytes out;
    encode_record_frame(counter, payload, out);
    return out;
}

}  // namespace ha::wire
