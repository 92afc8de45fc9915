// Reading a store back: where it ends, and whether what is missing had ever been durable.
//
//            header good?   body good?      verdict
//   end      all zero       -               zeros up to the end of the file: whole
//   torn     zero or cut    -               sectors of the rest written, the first one not
//   torn     good           no              a sector of the record is still zero
//   lost     anything else, a gap in the counter, or a record after a bad one
#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "wire/limits.hpp"
#include "wire/store.hpp"
#include "wire/store_codec.hpp"
#include "wire/store_format.hpp"

namespace ha::wire {

namespace {

bool is_zero(ByteView bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; });
}

std::size_t sector_end(std::size_t at) { return (at / k_sector_bytes + 1) * k_sector_bytes; }

class Scan {
   public:
    Scan(ByteView file, const char* name, const TakeRecord& take)
        : file_(file), name_(name), take_(take) {}

    Result<ScannedRecords> run(ByteView title);

   private:
    bool read_first();
    /// True while there may be another record.
    bool read_next();
    void judge_bad_header(std::size_t at);
    void judge_bad_body(std::size_t at, const RecordHeader& header);
    bool has_record_after(std::size_t at) const;
    bool has_unwritten_sector(std::size_t from, std::size_t to) const;
    bool is_written_after_first_sector(std::size_t at) const;
    void torn(std::size_t at, const char* why);
    void lost(std::size_t at, const std::string& why);
    std::string place(std::size_t at) const;
    ByteView part(std::size_t from, std::size_t to) const {
        from = std::min(from, file_.size());
        to = std::min(to, file_.size());
        return file_.subspan(from, std::max(from, to) - from);
    }

    ByteView file_;
    std::string name_;
    const TakeRecord& take_;
    ScannedRecords out_;
};

Result<ScannedRecords> Scan::run(ByteView title) {
    const auto found = part(0, title.size());
    if (!std::equal(found.begin(), found.end(), title.begin(), title.end())) {
        // Without the line's end, for a message.
        const std::string shown(title.begin(), std::find(title.begin(), title.end(), '\n'));
        return failure(FailureCode::corrupt,
                       "the file does not begin with the title of a " + name_ + " (\"" + shown +
                           "\"): it is damaged, of another format, or no " + name_);
    }
    out_.end = title.size();
    if (!read_first())
        return failure(FailureCode::corrupt, "the first record of the " + name_ +
                                                 ", which holds its whole state, is damaged or "
                                                 "cut off");
    while (read_next()) {
    }
    return std::move(out_);
}

bool Scan::read_first() {
    RecordHeader header;
    const auto at = out_.end;
    if (!decode_record_header(part(at, at + k_record_header_bytes), header)) return false;
    const auto record = part(at, at + record_bytes(header.payload_bytes));
    Bytes payload;
    if (record.size() != record_bytes(header.payload_bytes) ||
        !decode_record_body(record, header, payload) || !take_(header.counter, payload))
        return false;
    out_.counter = header.counter;
    out_.end = at + record.size();
    return true;
}

bool Scan::read_next() {
    const auto at = out_.end;
    if (is_zero(part(at, at + k_record_header_bytes)) && is_zero(part(at, file_.size())))
        return false;
    RecordHeader header;
    if (!decode_record_header(part(at, at + k_record_header_bytes), header)) {
        judge_bad_header(at);
        return false;
    }
    if (header.counter != out_.counter + 1) {
        lost(at, "record " + std::to_string(header.counter) + " stands where " +
                     std::to_string(out_.counter + 1) + " should be");
        return false;
    }
    const auto record = part(at, at + record_bytes(header.payload_bytes));
    Bytes payload;
    if (record.size() != record_bytes(header.payload_bytes) ||
        !decode_record_body(record, header, payload)) {
        judge_bad_body(at, header);
        return false;
    }
    if (!take_(header.counter, payload)) {
        lost(at, "the record is whole and its content does not fit what stands before it");
        return false;
    }
    out_.counter = header.counter;
    out_.end = at + record.size();
    return true;
}

void Scan::judge_bad_header(std::size_t at) {
    const auto boundary = sector_end(at);
    const auto header_end = at + k_record_header_bytes;
    if (has_record_after(at)) return lost(at, "it is damaged, and a record follows it");
    if (is_zero(part(at, boundary))) {
        if (is_written_after_first_sector(at))
            return torn(at, "its first sector had not been written");
        return lost(at, "there is something where only zeros should be");
    }
    // A header over the edge of two sectors, of which the second was not written.
    Reader r(part(at, boundary));
    const bool is_begun = r.u32() == k_record_mark && !r.failed();
    const bool is_cut = file_.size() < header_end ||
                        (header_end > boundary && is_zero(part(boundary, sector_end(boundary))));
    if (is_begun && is_cut) return torn(at, "its header had been written in part");
    lost(at, "its header is damaged");
}

void Scan::judge_bad_body(std::size_t at, const RecordHeader& header) {
    const auto end = at + record_bytes(header.payload_bytes);
    if (has_record_after(at)) return lost(at, "it is damaged, and a record follows it");
    if (!is_zero(part(end, file_.size())))
        return lost(at, "it is damaged, and something follows it");
    if (end > file_.size() || has_unwritten_sector(at, end))
        return torn(at, "a part of it had not been written");
    lost(at, "its checksum is wrong though all its sectors had been written");
}

/// A good header of a later counter anywhere after `at`: what is bad here had been durable.
bool Scan::has_record_after(std::size_t at) const {
    for (auto p = at + k_record_align; p + k_record_header_bytes <= file_.size();
         p += k_record_align) {
        RecordHeader header;
        if (decode_record_header(part(p, p + k_record_header_bytes), header) &&
            header.counter > out_.counter)
            return true;
    }
    return false;
}

bool Scan::has_unwritten_sector(std::size_t from, std::size_t to) const {
    for (auto p = from; p < to; p = sector_end(p))
        if (is_zero(part(p, std::min(to, sector_end(p))))) return true;
    return false;
}

/// Whole sectors after the first, and no stray byte: each written sector has two marks at least.
bool Scan::is_written_after_first_sector(std::size_t at) const {
    const auto limit = at + record_bytes(k_limit_record_bytes);
    if (!is_zero(part(limit, file_.size()))) return false;
    for (auto p = sector_end(at); p < file_.size(); p = sector_end(p)) {
        const auto sector = part(p, sector_end(p));
        const auto zeros = std::count(sector.begin(), sector.end(), 0);
        if (sector.size() - static_cast<std::size_t>(zeros) == 1) return false;
    }
    return true;
}

void Scan::torn(std::size_t at, const char* why) {
    out_.is_torn = true;
    out_.what = place(at) + " was cut off while it was being written: " + why;
}

void Scan::lost(std::size_t at, const std::string& why) {
    out_.is_lost = true;
    out_.what = place(at) + " is lost: " + why;
}

std::string Scan::place(std::size_t at) const {
    return "record " + std::to_string(out_.counter + 1) + " (at byte " + std::to_string(at) +
           " of the " + name_ + ")";
}

}  // namespace

Result<ScannedRecords> scan_records(ByteView file, ByteView title, const char* name,
                                    const TakeRecord& take) {
    return Scan(file, name, take).run(title);
}

namespace {

constexpr std::size_t k_format_shown = 13;  // "libha store 2"

bool is_of_other_format(ByteView file, ByteView title) {
    const auto name = title.first(k_format_shown - 1);
    return file.size() >= k_store_title_bytes &&
           std::ranges::equal(file.first(name.size()), name) &&
           file[name.size()] != title[name.size()] && file[name.size() + 1] == '\n';
}

}  // namespace

Result<Recovered> recover_store(ByteView file) {
    Recovered out;
    bool is_first = true;
    const TakeRecord take = [&](std::uint64_t counter, ByteView payload) {
        Reader r(payload);
        if (std::exchange(is_first, false)) {
            out.state = decode_state(r);
            if (!r.done()) return false;
            out.state.counter = counter;
            return true;
        }
        const auto batch = decode_batch(r);
        if (!r.done() || !is_applicable(out.state, batch)) return false;
        apply(out.state, batch);
        HA_ASSERT(out.state.counter == counter);
        return true;
    };
    const ByteView title(reinterpret_cast<const std::uint8_t*>(k_store_title),
                         k_store_title_bytes);
    if (is_of_other_format(file, title))
        return failure(FailureCode::refused,
                       "it is a store of another version of libha: \"" +
                           std::string(file.begin(), file.begin() + k_format_shown) +
                           "\", where this one reads \"" +
                           std::string(title.begin(), title.begin() + k_format_shown) +
                           "\"; run that version, or remove the store: the node is then added "
                           "anew");
    auto scanned = scan_records(file, title, "store", take);
    if (!scanned) return scanned.error();
    out.end = scanned->end;
    out.is_torn = scanned->is_torn;
    out.is_lost = scanned->is_lost;
    out.what = std::move(scanned->what);
    return out;
}

}  // namespace ha::wire
