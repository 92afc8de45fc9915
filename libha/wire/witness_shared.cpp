// Codecs of the witness's record in a shared store.
#include "wire/witness_shared.hpp"

#include "base/assert.hpp"
#include "base/limits.hpp"

namespace ha::wire {

namespace {

constexpr std::uint8_t k_shared_format = 1;
constexpr std::size_t k_place_bytes = 44;
constexpr std::size_t k_shared_record_bytes_max = 64 * 1024;

Failure damaged_shared(const char* what, std::size_t size) {
    return failure(FailureCode::corrupt, std::string(what) + " of " + std::to_string(size) +
                                             " bytes has a damaged field, one over its limit, or "
                                             "trailing bytes");
}

/// One chain, of parts whose numbers rise: the document stands for all before it, the others
/// follow what ends where they begin.
bool is_chain(const SharedRecord& shared) {
    KeptPlace before;
    std::size_t sum = 0;
    for (const auto& place : shared.kept) {
        const bool is_next = place.after == before.last && place.after_term == before.last_term;
        if (!is_next || place.number <= before.number || place.last <= place.after ||
            place.last_term < place.after_term || place.bytes == 0 ||
            place.number >= shared.number_next)
            return false;
        sum += place.bytes;
        before = place;
    }
    return sum <= k_limit_witness_kept_bytes;
}

}  // namespace

Bytes encode(const SharedRecord& shared) {
    HA_ASSERT(shared.record.kept.empty() && shared.kept.size() <= k_limit_witness_parts);
    Bytes out;
    Writer w(out);
    w.u8(k_shared_format);
    w.blob(encode(shared.record));
    w.u64(shared.number_next);
    w.u32(static_cast<std::uint32_t>(shared.kept.size()));
    for (const auto& place : shared.kept) {
        w.u64(place.number);
        encode_place(w, place);
        w.u32(place.bytes);
    }
    return out;
}

Result<SharedRecord> decode_shared_record(ByteView bytes) {
    Reader r(bytes);
    SharedRecord out;
    if (const auto format = r.u8(); format != k_shared_format)
        return failure(FailureCode::corrupt, "a shared witness record has the form " +
                                                 std::to_string(format) + ", and this version "
                                                 "reads form " + std::to_string(k_shared_format));
    auto record = decode_witness_record(r.blob(k_shared_record_bytes_max));
    if (!record) return record.error();
    out.record = std::move(*record);
    out.number_next = r.u64();
    const auto count = r.count(k_place_bytes);
    if (count > k_limit_witness_parts) r.fail();
    for (std::size_t i = 0; i < count && !r.failed(); i++) {
        KeptPlace place;
        place.number = r.u64();
        decode_place(r, place);
        place.bytes = r.u32();
        out.kept.push_back(place);
    }
    if (!r.done() || !out.record.kept.empty() || !is_chain(out))
        return damaged_shared("a shared witness record", bytes.size());
    return out;
}

Bytes encode(const SharedLeader& leader) {
    Bytes out;
    Writer w(out);
    w.u8(k_shared_format);
    w.id(leader.node);
    w.id(leader.term);
    w.duration(leader.hold);
    w.u64(leader.beat);
    return out;
}

Result<SharedLeader> decode_shared_leader(ByteView bytes) {
    Reader r(bytes);
    SharedLeader out;
    const auto format = r.u8();
    out.node = r.id<NodeId>();
    out.term = r.id<Term>();
    out.hold = r.span();
    out.beat = r.u64();
    if (!r.done() || format != k_shared_format)
        return damaged_shared("a shared witness's leader", bytes.size());
    return out;
}

}  // namespace ha::wire
