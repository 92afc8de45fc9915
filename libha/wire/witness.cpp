// Codecs of the witness's record and messages.
#include "wire/witness.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/limits.hpp"

namespace ha::wire {

namespace {

constexpr std::size_t k_block_bytes = 10;
constexpr std::size_t k_lease_block_bytes = 18;
constexpr std::size_t k_part_bytes_min = 36;

template <class T, class Put>
void put_items(Writer& w, const std::vector<T>& items, std::size_t limit, Put put_item) {
    HA_ASSERT(items.size() <= limit);
    w.u32(static_cast<std::uint32_t>(items.size()));
    for (const auto& item : items) put_item(item);
}

template <class T, class Get>
void get_items(Reader& r, std::vector<T>& out, std::size_t limit, std::size_t bytes_min,
              Get get_item) {
    const auto count = r.count(bytes_min);
    if (count > limit) return r.fail();
    for (std::size_t i = 0; i < count && !r.failed(); i++) out.push_back(get_item());
}

void put_blocks(Writer& w, const std::vector<WitnessBlock>& blocks) {
    put_items(w, blocks, k_limit_nodes, [&](const WitnessBlock& block) {
        w.id(block.node);
        w.id(block.index);
    });
}

/// One node once, in order: one list has one encoding.
void get_blocks(Reader& r, std::vector<WitnessBlock>& out) {
    get_items(r, out, k_limit_nodes, k_block_bytes, [&] {
        WitnessBlock block;
        block.node = r.id<NodeId>();
        block.index = r.id<LogIndex>();
        return block;
    });
    for (std::size_t i = 1; i < out.size(); i++)
        if (out[i - 1].node >= out[i].node) return r.fail();
}

void put_parts(Writer& w, const std::vector<SealedPart>& parts) {
    put_items(w, parts, k_limit_witness_parts, [&](const SealedPart& part) { encode(w, part); });
}

void get_parts(Reader& r, std::vector<SealedPart>& out) {
    get_items(r, out, k_limit_witness_parts, k_part_bytes_min,
             [&] { return decode_sealed_part(r); });
    if (kept_bytes(out) > k_limit_witness_kept_bytes) r.fail();
}

}  // namespace

LogIndex kept_last(const WitnessRecord& record) {
    return record.kept.empty() ? LogIndex{} : record.kept.back().last;
}

Term kept_term(const WitnessRecord& record) {
    return record.kept.empty() ? Term{} : record.kept.back().last_term;
}

std::size_t kept_bytes(const std::vector<SealedPart>& parts) {
    std::size_t sum = 0;
    for (const auto& part : parts) sum += part.sealed.size();
    return sum;
}

void encode(Writer& w, const SealedPart& part) {
    encode_place(w, part);
    w.blob(part.sealed);
}

SealedPart decode_sealed_part(Reader& r) {
    SealedPart part;
    decode_place(r, part);
    const auto sealed = r.blob(k_limit_witness_kept_bytes);
    part.sealed.assign(sealed.begin(), sealed.end());
    if (part.last <= part.after || part.last_term < part.after_term || part.sealed.empty())
        r.fail();
    return part;
}

static void put_record(Writer& w, const WitnessRecord& record) {
    w.id(record.cluster);
    w.id(record.store);
    w.u64(record.counter);
    w.id(record.term);
    w.id(record.voted_for);
    w.id(record.last);
    w.id(record.last_term);
    w.id(record.voters_index);
    w.duration(record.lease_longest);
    put_blocks(w, record.blocks);
    put_parts(w, record.kept);
}

static WitnessRecord get_record(Reader& r) {
    WitnessRecord record;
    record.cluster = r.id<ClusterId>();
    record.store = r.id<StoreId>();
    record.counter = r.u64();
    record.term = r.id<Term>();
    record.voted_for = r.id<NodeId>();
    record.last = r.id<LogIndex>();
    record.last_term = r.id<Term>();
    record.voters_index = r.id<LogIndex>();
    record.lease_longest = r.span();
    get_blocks(r, record.blocks);
    get_parts(r, record.kept);
    if (!record.store || record.last_term > record.term) r.fail();
    return record;
}

static Failure damaged(const char* what, std::size_t size) {
    return failure(FailureCode::corrupt,
                   std::string(what) + " of " + std::to_string(size) +
                       " bytes has a damaged field, one over its limit, or trailing bytes");
}

Bytes encode(const WitnessRecord& record) {
    Bytes out;
    Writer w(out);
    put_record(w, record);
    return out;
}

Result<WitnessRecord> decode_witness_record(ByteView bytes) {
    Reader r(bytes);
    auto record = get_record(r);
    if (!r.done()) return damaged("a witness record", bytes.size());
    return record;
}

void apply(WitnessRecord& record, const WitnessChange& change) {
    auto kept = std::move(record.kept);
    if (change.is_kept_replaced) kept.clear();
    record = change.record;
    kept.insert(kept.end(), change.record.kept.begin(), change.record.kept.end());
    record.kept = std::move(kept);
}

Bytes encode(const WitnessChange& change) {
    Bytes out;
    Writer w(out);
    w.boolean(change.is_kept_replaced);
    put_record(w, change.record);
    return out;
}

Result<WitnessChange> decode_witness_change(ByteView bytes) {
    Reader r(bytes);
    WitnessChange change;
    change.is_kept_replaced = r.boolean();
    change.record = get_record(r);
    if (!r.done()) return damaged("a change of a witness record", bytes.size());
    return change;
}

void put(Writer& w, const WitnessAsk& m) {
    w.id(m.seq);
    w.id(m.cluster);
    w.boolean(m.wants_lease);
    w.duration(m.lease_length);
    w.id(m.applied);
    w.id(m.voters_index);
    w.boolean(m.is_leader);
    w.id(m.term);
    w.duration(m.hold);
}

void get(Reader& r, WitnessAsk& m) {
    m.seq = r.id<HeartbeatSeq>();
    m.cluster = r.id<ClusterId>();
    m.wants_lease = r.boolean();
    m.lease_length = r.span();
    m.applied = r.id<LogIndex>();
    m.voters_index = r.id<LogIndex>();
    m.is_leader = r.boolean();
    m.term = r.id<Term>();
    m.hold = r.span();
}

void put(Writer& w, const WitnessState& m) {
    w.id(m.seq);
    w.id(m.cluster);
    w.id(m.store);
    w.u64(m.counter);
    w.boolean(m.is_brief);
    w.boolean(m.is_light);
    w.boolean(m.is_held);
    w.id(m.term);
    w.id(m.last);
    w.id(m.last_term);
    w.id(m.kept_last);
    w.id(m.kept_term);
    w.u32(m.kept_parts);
    w.u64(m.kept_bytes);
    w.duration(m.lease_length);
    w.id(m.blocked_index);
    put_items(w, m.blocks, k_limit_nodes, [&](const WitnessLeaseBlock& block) {
        w.id(block.node);
        w.id(block.index);
        w.duration(block.remaining);
    });
}

void get(Reader& r, WitnessState& m) {
    m.seq = r.id<HeartbeatSeq>();
    m.cluster = r.id<ClusterId>();
    m.store = r.id<StoreId>();
    m.counter = r.u64();
    m.is_brief = r.boolean();
    m.is_light = r.boolean();
    m.is_held = r.boolean();
    m.term = r.id<Term>();
    m.last = r.id<LogIndex>();
    m.last_term = r.id<Term>();
    m.kept_last = r.id<LogIndex>();
    m.kept_term = r.id<Term>();
    m.kept_parts = r.u32();
    m.kept_bytes = r.u64();
    m.lease_length = r.span();
    m.blocked_index = r.id<LogIndex>();
    get_items(r, m.blocks, k_limit_nodes, k_lease_block_bytes, [&] {
        WitnessLeaseBlock block;
        block.node = r.id<NodeId>();
        block.index = r.id<LogIndex>();
        block.remaining = r.span();
        return block;
    });
}

void put(Writer& w, const WitnessAppend& m) {
    w.id(m.cluster);
    w.id(m.term);
    w.id(m.last);
    w.id(m.last_term);
    w.id(m.voters_index);
    put_blocks(w, m.blocks);
    put_parts(w, m.parts);
}

void get(Reader& r, WitnessAppend& m) {
    m.cluster = r.id<ClusterId>();
    m.term = r.id<Term>();
    m.last = r.id<LogIndex>();
    m.last_term = r.id<Term>();
    m.voters_index = r.id<LogIndex>();
    get_blocks(r, m.blocks);
    get_parts(r, m.parts);
    if (m.last_term > m.term) r.fail();
}

void put(Writer& w, const WitnessRenew& m) {
    w.id(m.cluster);
    w.id(m.term);
    w.id(m.store);
    w.id(m.store_new);
}

void get(Reader& r, WitnessRenew& m) {
    m.cluster = r.id<ClusterId>();
    m.term = r.id<Term>();
    m.store = r.id<StoreId>();
    m.store_new = r.id<StoreId>();
}

void put(Writer&, const WitnessFetch&) {}
void get(Reader&, WitnessFetch&) {}

void put(Writer& w, const WitnessKept& m) { put_parts(w, m.parts); }
void get(Reader& r, WitnessKept& m) { get_parts(r, m.parts); }

}  // namespace ha::wire
