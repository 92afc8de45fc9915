// Files of recordings, by zstd.
#include "runtime/recording_file.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "base/archive.hpp"
#include "base/checksum.hpp"
#include "runtime/machine.hpp"

namespace ha::runtime {

namespace {

constexpr char k_title[] = "libha recording\n";
constexpr std::size_t k_title_bytes = 16;
constexpr std::uint32_t k_chunk_mark = 0x6b6e6863;
constexpr std::size_t k_chunk_head_bytes = 4 + 1 + 4 + 4 + 8 + 4;
/// What was before and is still looked at: the last seconds of heartbeats. Small, because each node
/// holds that in memory, and so is the table to find it with.
constexpr int k_window_log = 16;
constexpr int k_hash_log = 13;
constexpr int k_level = 1;
constexpr std::size_t k_limit_header_bytes = 64 * 1024;
/// A recording is bounded by its ring; this bounds what hactl reads of a file it was given.
constexpr std::size_t k_limit_recording_bytes = std::size_t{4} * 1024 * 1024 * 1024;

enum class ChunkKind : std::uint8_t { records, end };

struct ChunkHead {
    ChunkKind kind = ChunkKind::records;
    std::uint32_t length = 0;
    std::uint32_t plain = 0;
    std::int64_t offset_us = 0;
};

void put_chunk(Bytes& out, const ChunkHead& head, ByteView bytes) {
    Bytes checked;
    Writer w(checked);
    w.enumeration(head.kind);
    w.u32(head.length);
    w.u32(head.plain);
    w.u64(static_cast<std::uint64_t>(head.offset_us));
    auto whole = checked;
    whole.insert(whole.end(), bytes.begin(), bytes.end());
    Writer o(out);
    o.u32(k_chunk_mark);
    o.raw(checked);
    o.u32(crc32c(whole));
    o.raw(bytes);
}

/// Not there, or not as it was written.
std::optional<std::pair<ChunkHead, ByteView>> get_chunk(ByteView rest) {
    Reader r(rest);
    ChunkHead head;
    const auto mark = r.u32();
    head.kind = r.enumeration(ChunkKind::end);
    head.length = r.u32();
    head.plain = r.u32();
    head.offset_us = static_cast<std::int64_t>(r.u64());
    const auto crc = r.u32();
    const auto bytes = r.raw(head.length);
    if (r.failed() || mark != k_chunk_mark || head.plain > k_limit_chunk_bytes) return {};
    const auto fields = rest.subspan(4, k_chunk_head_bytes - 8);
    Bytes whole(fields.begin(), fields.end());
    whole.insert(whole.end(), bytes.begin(), bytes.end());
    if (crc32c(whole) != crc) return {};
    return std::pair{head, bytes};
}

Bytes encode_header(const RecordingHeader& header) {
    const auto body = archive::encode(header);
    Bytes out(k_title, k_title + k_title_bytes);
    Writer w(out);
    w.u32(k_recording_format);
    w.u32(static_cast<std::uint32_t>(body.size()));
    w.u32(crc32c(body));
    w.raw(body);
    return out;
}

Result<RecordingHeader> decode_header(Reader& r) {
    const auto title = r.raw(k_title_bytes);
    if (!std::equal(title.begin(), title.end(), k_title, k_title + k_title_bytes))
        return failure(FailureCode::invalid, "this is no recording of libha");
    const auto format = r.u32();
    if (format != k_recording_format)
        return failure(FailureCode::invalid,
                       "this recording has format " + std::to_string(format) +
                           ", and this build reads format " + std::to_string(k_recording_format));
    const auto length = r.u32();
    const auto crc = r.u32();
    const auto body = r.raw(std::min<std::size_t>(length, k_limit_header_bytes));
    RecordingHeader out;
    Reader b(body);
    archive::get(b, out);
    if (r.failed() || crc32c(body) != crc || !b.done())
        return failure(FailureCode::corrupt, "the header of this recording is damaged");
    return out;
}

struct FreeStream {
    void operator()(ZSTD_CCtx* p) const { ZSTD_freeCCtx(p); }
    void operator()(ZSTD_DCtx* p) const { ZSTD_freeDCtx(p); }
};

}  // namespace

std::int64_t clock_offset_us() {
    const auto wall = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(wall).count() - now().ns / 1000;
}

void put_record(Bytes& out, ByteView record) {
    Writer w(out);
    put_varint(w, record.size());
    w.raw(record);
}

// ---- writing ----

struct RecordingWriter::Impl {
    std::string path;
    UniqueFd fd;
    std::unique_ptr<ZSTD_CCtx, FreeStream> stream;
    std::uint64_t size = 0;

    Result<void> append(ByteView bytes);
    Result<void> write_chunk(ByteView records);
};

RecordingWriter::RecordingWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RecordingWriter::~RecordingWriter() = default;
std::uint64_t RecordingWriter::size() const { return impl_->size; }
const std::string& RecordingWriter::path() const { return impl_->path; }

Result<std::unique_ptr<RecordingWriter>> RecordingWriter::make(const std::string& path,
                                                               const RecordingHeader& header) {
    auto impl = std::make_unique<Impl>();
    impl->path = path;
    impl->fd = UniqueFd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!impl->fd) return os_failure("cannot make the recording", path, errno);
    impl->stream.reset(ZSTD_createCCtx());
    if (!impl->stream) return failure(FailureCode::limit, "no memory to compress a recording");
    ZSTD_CCtx_setParameter(impl->stream.get(), ZSTD_c_compressionLevel, k_level);
    ZSTD_CCtx_setParameter(impl->stream.get(), ZSTD_c_windowLog, k_window_log);
    ZSTD_CCtx_setParameter(impl->stream.get(), ZSTD_c_hashLog, k_hash_log);
    if (auto r = impl->append(encode_header(header)); !r) {
        ::unlink(path.c_str());
        return r.error();
    }
    return std::unique_ptr<RecordingWriter>(new RecordingWriter(std::move(impl)));
}

Result<void> RecordingWriter::Impl::append(ByteView bytes) {
    auto r = write_all_at(fd.get(), bytes, size, path);
    if (r)
        size += bytes.size();
    else
        static_cast<void>(::ftruncate(fd.get(), static_cast<off_t>(size)) == 0);
    return r;
}

Result<void> RecordingWriter::Impl::write_chunk(ByteView records) {
    Bytes packed(ZSTD_compressBound(records.size()));
    ZSTD_inBuffer in{records.data(), records.size(), 0};
    ZSTD_outBuffer out{packed.data(), packed.size(), 0};
    for (;;) {
        const auto left = ZSTD_compressStream2(stream.get(), &out, &in, ZSTD_e_flush);
        if (ZSTD_isError(left) != 0)
            return failure(FailureCode::io, std::string("cannot compress the recording: ") +
                                                ZSTD_getErrorName(left));
        if (left == 0) break;
        packed.resize(packed.size() + ZSTD_CStreamOutSize());
        out.dst = packed.data();
        out.size = packed.size();
    }
    packed.resize(out.pos);
    Bytes chunk;
    put_chunk(chunk,
              {ChunkKind::records, static_cast<std::uint32_t>(packed.size()),
               static_cast<std::uint32_t>(records.size()), clock_offset_us()},
              packed);
    return append(chunk);
}

Result<void> RecordingWriter::write(ByteView records) {
    while (!records.empty()) {
        const auto part = records.first(std::min(records.size(), k_limit_chunk_bytes));
        if (auto r = impl_->write_chunk(part); !r) return r;
        records = records.subspan(part.size());
    }
    return {};
}

Result<void> RecordingWriter::finish(const std::string& why) {
    Bytes chunk;
    put_chunk(chunk, {ChunkKind::end, static_cast<std::uint32_t>(why.size()), 0, clock_offset_us()},
              {reinterpret_cast<const std::uint8_t*>(why.data()), why.size()});
    return impl_->append(chunk);
}

// ---- reading ----

struct RecordingReader::Impl {
    Bytes file;
    ByteView rest;               ///< chunks not looked at yet
    RecordingHeader header;
    std::unique_ptr<ZSTD_DCtx, FreeStream> stream;
    Bytes plain;                 ///< of the chunks so far, less the records given
    std::size_t at = 0;
    std::int64_t offset_us = 0;
    std::string end;
    bool is_over = false;
    bool is_cut_off = false;

    bool next_chunk();
    void cut_off(const std::string& why);
    std::optional<ByteView> whole_record();
};

RecordingReader::RecordingReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RecordingReader::~RecordingReader() = default;
const RecordingHeader& RecordingReader::header() const { return impl_->header; }
const std::string& RecordingReader::end() const { return impl_->end; }
bool RecordingReader::is_cut_off() const { return impl_->is_cut_off; }

std::int64_t RecordingReader::wall_us(Instant at) const {
    return impl_->offset_us + at.ns / 1000;
}

Result<std::unique_ptr<RecordingReader>> RecordingReader::open(const std::string& path) {
    auto file = read_file(path, k_limit_recording_bytes);
    if (!file) return file.error();
    auto out = read(std::move(*file));
    if (!out) return failure(out.error().code, path + ": " + out.error().context);
    return out;
}

Result<std::unique_ptr<RecordingReader>> RecordingReader::read(Bytes file) {
    auto impl = std::make_unique<Impl>();
    impl->file = std::move(file);
    Reader r(impl->file);
    auto header = decode_header(r);
    if (!header) return header.error();
    impl->header = std::move(*header);
    impl->rest = r.raw(r.remaining());
    impl->stream.reset(ZSTD_createDCtx());
    if (!impl->stream) return failure(FailureCode::limit, "no memory to read a recording");
    ZSTD_DCtx_setParameter(impl->stream.get(), ZSTD_d_windowLogMax, k_window_log);
    return std::unique_ptr<RecordingReader>(new RecordingReader(std::move(impl)));
}

void RecordingReader::Impl::cut_off(const std::string& why) {
    is_over = true;
    is_cut_off = true;
    end = why;
}

/// False: there is none, or none that is whole.
bool RecordingReader::Impl::next_chunk() {
    if (is_over) return false;
    const auto place = std::to_string(file.size() - rest.size());
    if (rest.empty()) {
        cut_off("it ends without a reason at byte " + place +
                ": the node fell silent, or it is still recording");
        return false;
    }
    const auto chunk = get_chunk(rest);
    if (!chunk) {
        cut_off("it is cut off or damaged at byte " + place + " of " +
                std::to_string(file.size()));
        return false;
    }
    const auto& [head, bytes] = *chunk;
    rest = rest.subspan(k_chunk_head_bytes + bytes.size());
    offset_us = head.offset_us;
    if (head.kind == ChunkKind::end) {
        is_over = true;
        end.assign(bytes.begin(), bytes.end());
        return false;
    }
    plain.erase(plain.begin(), plain.begin() + static_cast<std::ptrdiff_t>(at));
    at = 0;
    const auto had = plain.size();
    plain.resize(had + head.plain);
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    ZSTD_outBuffer out{plain.data() + had, head.plain, 0};
    while (in.pos < in.size || out.pos < out.size) {
        const auto before = std::pair{in.pos, out.pos};
        const auto r = ZSTD_decompressStream(stream.get(), &out, &in);
        if (ZSTD_isError(r) != 0 || before == std::pair{in.pos, out.pos}) break;
    }
    if (in.pos == in.size && out.pos == out.size) return true;
    plain.resize(had);
    cut_off("its chunk at byte " + place + " does not unpack");
    return false;
}

std::optional<ByteView> RecordingReader::Impl::whole_record() {
    Reader r(ByteView(plain).subspan(at));
    const auto size = get_varint(r);
    const auto record = r.raw(static_cast<std::size_t>(size));
    if (r.failed()) return {};
    at = plain.size() - r.remaining();
    return record;
}

std::optional<ByteView> RecordingReader::next() {
    for (;;) {
        if (auto record = impl_->whole_record()) return record;
        if (impl_->plain.size() - impl_->at > engine::k_limit_record_bytes) {
            impl_->cut_off("it has a record that is too long");
            return {};
        }
        if (!impl_->next_chunk()) return {};
    }
}

}  // namespace ha::runtime
