// The witness's book as bytes.
#include "wire/witness_book.hpp"

#include "base/limits.hpp"
#include "wire/store_format.hpp"

namespace ha::wire {

namespace {

constexpr char k_title[] = "libha witness 1\n";
constexpr std::size_t k_title_bytes = sizeof k_title - 1;
static_assert(k_title_bytes % k_record_align == 0);
constexpr std::size_t k_change_bytes_min = 100;

ByteView title() { return {reinterpret_cast<const std::uint8_t*>(k_title), k_title_bytes}; }

bool decode_batch(ByteView bytes, WitnessBookBatch& out) {
    Reader r(bytes);
    if (r.boolean()) out.start = r.id<StartNumber>();
    const auto count = r.count(k_change_bytes_min);
    for (std::size_t i = 0; i < count && !r.failed(); i++) {
        auto name = r.text(k_limit_name_bytes);
        auto change = decode_witness_change(r.blob(r.remaining()));
        if (!change || name.empty()) return false;
        out.changes.emplace_back(std::move(name), std::move(*change));
    }
    return r.done();
}

}  // namespace

void apply(WitnessBook& book, const WitnessBookBatch& batch) {
    if (batch.start) book.start = *batch.start;
    for (const auto& [name, change] : batch.changes) apply(book.records[name], change);
    book.counter++;
}

Bytes encode_book_record(std::uint64_t counter, const WitnessBookBatch& batch) {
    Bytes payload;
    Writer w(payload);
    w.boolean(batch.start.has_value());
    if (batch.start) w.id(*batch.start);
    w.u32(static_cast<std::uint32_t>(batch.changes.size()));
    for (const auto& [name, change] : batch.changes) {
        w.text(name);
        w.blob(encode(change));
    }
    Bytes out;
    encode_record_frame(counter, payload, out);
    return out;
}

Bytes encode_book(WitnessBook& book) {
    Bytes out(title().begin(), title().end());
    WitnessBookBatch batch;
    batch.start = book.start;
    std::size_t bytes = 0;
    const auto write = [&] {
        const auto record = encode_book_record(++book.counter, batch);
        out.insert(out.end(), record.begin(), record.end());
        batch = {};
        bytes = 0;
    };
    for (const auto& [name, record] : book.records) {
        batch.changes.emplace_back(name, WitnessChange{record, true});
        bytes += kept_bytes(record.kept) + 1024;
        if (bytes >= k_witness_book_record_bytes) write();
    }
    if (batch.start || !batch.changes.empty()) write();
    return out;
}

Result<RecoveredBook> recover_book(ByteView file) {
    RecoveredBook out;
    const TakeRecord take = [&](std::uint64_t counter, ByteView payload) {
        WitnessBookBatch batch;
        if (!decode_batch(payload, batch)) return false;
        apply(out.book, batch);
        out.book.counter = counter;
        return out.book.records.size() <= k_limit_witness_clusters;
    };
    auto scanned = scan_records(file, title(), "witness's book", take);
    if (!scanned) return scanned.error();
    out.end = scanned->end;
    out.is_torn = scanned->is_torn;
    out.is_lost = scanned->is_lost;
    out.what = std::move(scanned->what);
    return out;
}

}  // namespace ha::wire
