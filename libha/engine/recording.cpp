// Recording a run of the engine: what is noted of a step, and its bytes.
#include "engine/recording.hpp"

#include <string_view>

#include "base/archive.hpp"
#include "base/assert.hpp"
#include "wire/limits.hpp"
#include "wire/packet.hpp"

namespace ha::engine {

namespace {

// Kinds of answers.
constexpr std::uint8_t k_opened = 1;
constexpr std::uint8_t k_not_opened = 2;
constexpr std::uint8_t k_mac = 3;
constexpr std::uint8_t k_genuine = 4;
constexpr std::uint8_t k_not_genuine = 5;
constexpr std::uint8_t k_name = 6;
constexpr std::uint8_t k_sealed_part = 7;

constexpr std::uint64_t k_golden = 0x9e3779b97f4a7c15u;

std::uint64_t mix(std::uint64_t sum, std::uint64_t word) {
    sum = (sum ^ word) * k_golden;
    return sum ^ (sum >> 32);
}

/// Eight bytes at a time: a whole document may be among them.
std::uint64_t mix(std::uint64_t sum, ByteView bytes) {
    sum = mix(sum, bytes.size());
    while (bytes.size() >= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data(), 8);
        sum = mix(sum, word);
        bytes = bytes.subspan(8);
    }
    std::uint64_t last = 0;
    for (std::size_t i = 0; i < bytes.size(); i++) last |= std::uint64_t{bytes[i]} << (8 * i);
    return mix(sum, last);
}

std::uint64_t mix_seal(std::uint64_t sum, std::uint64_t counter, ByteView header,
                       ByteView plain) {
    return mix(mix(mix(sum, counter), header), plain);
}

/// What is sealed cannot be made again without the key; all that it is made of is compared.
void put_field(Writer& w, const std::vector<wire::Datagram>& datagrams) {
    put_varint(w, datagrams.size());
    for (const auto& one : datagrams) {
        const bool is_sealed = wire::kind_of(one.bytes) == wire::PacketKind::data;
        const auto clear = is_sealed ? wire::k_data_header_bytes : one.bytes.size();
        archive::put(w, one.to);
        archive::put(w, one.interconnect);
        put_varint(w, one.bytes.size());
        w.raw(ByteView(one.bytes).first(clear));
    }
}
template <class T>
void put_field(Writer& w, const T& field) {
    archive::put(w, field);
}

void put_input(Writer& w, const Input& input, std::size_t unopened) {
    const auto* datagram = std::get_if<DatagramReceived>(&input);
    if (datagram == nullptr) return archive::put(w, input);
    const auto clear = ByteView(datagram->bytes).first(datagram->bytes.size() - unopened);
    put_varint(w, input.index());
    archive::put(w, datagram->interconnect);
    w.boolean(datagram->has_more);
    put_varint(w, unopened);
    put_varint(w, clear.size());
    w.raw(clear);
}

Input get_input(Reader& r) {
    Input input;
    auto ahead = r;
    constexpr auto k_datagram = Input(DatagramReceived{}).index();
    if (get_varint(ahead) != k_datagram) {
        archive::get(r, input);
        return input;
    }
    r = ahead;
    DatagramReceived datagram;
    archive::get(r, datagram.interconnect);
    datagram.has_more = r.boolean();
    const auto unopened = get_varint(r);
    archive::get(r, datagram.bytes);
    if (unopened > k_limit_datagram_bytes) r.fail();
    if (!r.failed()) datagram.bytes.resize(datagram.bytes.size() + unopened);
    return datagram;
}

Failure damaged(const char* what) {
    return failure(FailureCode::corrupt,
                   std::string("a record of ") + what + " does not decode: it is damaged, or of a "
                                                        "build that records something else");
}

template <class... A>
std::vector<std::uint64_t> layouts(std::type_identity<std::variant<A...>>) {
    return {archive::layout_of<A>()...};
}

}  // namespace

void RecordingCrypto::seal(const wire::Key& key, std::uint64_t counter, ByteView header,
                           ByteView plain, Bytes& out) {
    notes_.sealed = mix_seal(notes_.sealed, counter, header, plain);
    real_.seal(key, counter, header, plain, out);
}

bool RecordingCrypto::open(const wire::Key& key, std::uint64_t counter, ByteView header,
                           ByteView sealed, Bytes& out) {
    const auto at = out.size();
    const bool is_opened = real_.open(key, counter, header, sealed, out);
    notes_.unopened = sealed.size();
    note_opened(is_opened, ByteView(out).subspan(at));
    return is_opened;
}

void RecordingCrypto::note_opened(bool is_opened, ByteView plain) {
    Writer w(notes_.answers);
    w.u8(is_opened ? k_opened : k_not_opened);
    if (!is_opened) return;
    put_varint(w, plain.size());
    w.raw(plain);
}

void RecordingCrypto::seal_part(const wire::Key& key, ByteView place, ByteView plain, Bytes& out) {
    notes_.sealed = mix_seal(notes_.sealed, 1, place, plain);
    const auto at = out.size();
    real_.seal_part(key, place, plain, out);
    const auto sealed = ByteView(out).subspan(at);
    Writer w(notes_.answers);
    w.u8(k_sealed_part);
    put_varint(w, sealed.size());
    w.raw(sealed);
}

/// Not at the end of the datagram: that was opened before.
bool RecordingCrypto::open_part(const wire::Key& key, ByteView place, ByteView sealed,
                                Bytes& out) {
    const auto at = out.size();
    const bool is_opened = real_.open_part(key, place, sealed, out);
    note_opened(is_opened, ByteView(out).subspan(at));
    return is_opened;
}

wire::Key RecordingCrypto::derive(const wire::Key& secret, ByteView salt, ByteView info) {
    return real_.derive(secret, salt, info);
}

wire::Mac RecordingCrypto::mac(const wire::Key& key, ByteView bytes) {
    const auto out = real_.mac(key, bytes);
    Writer w(notes_.answers);
    w.u8(k_mac);
    w.raw(out);
    return out;
}

/// The MAC itself is not noted: of a forged hello it would be one that nobody may know.
bool RecordingCrypto::verify(const wire::Key& key, ByteView bytes, ByteView claimed) {
    const bool is_genuine = real_.verify(key, bytes, claimed);
    notes_.answers.push_back(is_genuine ? k_genuine : k_not_genuine);
    return is_genuine;
}

std::uint64_t RecordingCrypto::name(const wire::Key& secret, ByteView salt, ByteView info) {
    const auto out = real_.name(secret, salt, info);
    Writer w(notes_.answers);
    w.u8(k_name);
    w.u64(out);
    return out;
}

void RecordingCrypto::clear() {
    notes_.answers.clear();
    notes_.sealed = 0;
    notes_.unopened = 0;
}

void ReplayCrypto::load(Bytes answers) {
    answers_ = std::move(answers);
    at_ = 0;
    sealed_ = 0;
    is_astray_ = false;
}

/// The next answer, if it is of this kind; of a size that stands before it when none is given.
ByteView ReplayCrypto::take(std::uint8_t kind, std::optional<std::size_t> size) {
    Reader r(ByteView(answers_).subspan(at_));
    const bool is_it = r.u8() == kind && !r.failed();
    const auto out = is_it ? r.raw(size ? *size : get_varint(r)) : ByteView{};
    if (!is_it || r.failed()) {
        is_astray_ = true;
        return {};
    }
    at_ = answers_.size() - r.remaining();
    return out;
}

void ReplayCrypto::seal(const wire::Key&, std::uint64_t counter, ByteView header, ByteView plain,
                        Bytes& out) {
    sealed_ = mix_seal(sealed_, counter, header, plain);
    out.insert(out.end(), plain.begin(), plain.end());
    out.resize(out.size() + wire::k_seal_overhead_bytes);
}

bool ReplayCrypto::open(const wire::Key&, std::uint64_t, ByteView, ByteView sealed, Bytes& out) {
    if (at_ < answers_.size() && answers_[at_] == k_not_opened) {
        at_++;
        return false;
    }
    const auto plain = take(k_opened, std::nullopt);
    if (is_astray_ || plain.size() + wire::k_seal_overhead_bytes != sealed.size()) {
        is_astray_ = true;
        return false;
    }
    out.insert(out.end(), plain.begin(), plain.end());
    return true;
}

void ReplayCrypto::seal_part(const wire::Key&, ByteView place, ByteView plain, Bytes& out) {
    sealed_ = mix_seal(sealed_, 1, place, plain);
    const auto sealed = take(k_sealed_part, std::nullopt);
    if (sealed.size() != plain.size() + wire::k_seal_overhead_bytes) is_astray_ = true;
    out.insert(out.end(), sealed.begin(), sealed.end());
}

bool ReplayCrypto::open_part(const wire::Key& key, ByteView place, ByteView sealed, Bytes& out) {
    return open(key, 1, place, sealed, out);
}

/// Nothing depends on which key it is.
wire::Key ReplayCrypto::derive(const wire::Key&, ByteView, ByteView) { return {}; }

wire::Mac ReplayCrypto::mac(const wire::Key&, ByteView) {
    wire::Mac out{};
    const auto bytes = take(k_mac, out.size());
    if (bytes.size() == out.size()) std::memcpy(out.data(), bytes.data(), out.size());
    return out;
}

bool ReplayCrypto::verify(const wire::Key&, ByteView, ByteView) {
    if (at_ < answers_.size() && answers_[at_] == k_not_genuine) {
        at_++;
        return false;
    }
    take(k_genuine, 0);
    return !is_astray_;
}

std::uint64_t ReplayCrypto::name(const wire::Key&, ByteView, ByteView) {
    Reader r(take(k_name, 8));
    return r.u64();
}

constexpr std::size_t k_usual_actions_bytes = 1024;  // a heartbeat to two nodes or so

StepCounts counts_of(const Actions& actions) {
    const auto count = [](const auto& list) { return static_cast<std::uint32_t>(list.size()); };
    return {count(actions.persist), count(actions.datagrams), count(actions.calls),
            count(actions.answers)};
}

std::uint64_t digest_of(const Actions& actions, std::uint64_t sealed) {
    Bytes bytes;
    bytes.reserve(k_usual_actions_bytes);
    Writer w(bytes);
    reflect::with_fields(actions, [&](const auto&... field) { (put_field(w, field), ...); });
    return mix(mix(k_golden, sealed), bytes);
}

std::uint64_t chain(std::uint64_t before, std::uint64_t digest) { return mix(before, digest); }

Bytes RunRecorder::begin(Instant now, Start start) {
    BeginRecord record;
    record.at = now;
    const std::string_view purpose = "libha key digest";
    for (auto& [id, key] : start.keys) {
        const auto mac = real_.mac(
            key, {reinterpret_cast<const std::uint8_t*>(purpose.data()), purpose.size()});
        Reader r(mac);
        record.key_digests.emplace_back(id, r.u64());
        key = {};
    }
    record.start = std::move(start);
    record.answers = crypto_.notes().answers;
    crypto_.clear();
    at_ = now;
    chain_ = 0;
    steps_ = 0;
    Bytes out;
    Writer w(out);
    w.enumeration(RecordKind::begin);
    archive::put(w, record);
    return out;
}

Bytes RunRecorder::image(const Engine& engine) const {
    Bytes out;
    Writer w(out);
    w.enumeration(RecordKind::image);
    archive::put(w, ImageRecord{at_, steps_, chain_, engine.image()});
    return out;
}

const Bytes& RunRecorder::step(Instant now, const Input& input, const Actions& actions) {
    const auto& notes = crypto_.notes();
    chain_ = chain(chain_, digest_of(actions, notes.sealed));
    steps_++;
    record_.clear();
    Writer w(record_);
    w.enumeration(RecordKind::step);
    archive::put(w, now - at_);
    put_input(w, input, notes.unopened);
    archive::put(w, notes.answers);
    archive::put(w, counts_of(actions));
    archive::put(w, actions.events);
    if (steps_ % k_whole_digest_steps == 0)
        w.u64(chain_);
    else
        w.u16(static_cast<std::uint16_t>(chain_));
    at_ = now;
    crypto_.clear();
    return record_;
}

RecordingLayout recording_layout() {
    RecordingLayout out;
    out.start = archive::layout_of<BeginRecord>();
    out.image = Engine::image_layout();
    out.event = archive::layout_of<Event>();
    out.inputs = layouts(std::type_identity<Input>{});
    return out;
}

std::string_view name_of(const Input& input) noexcept {
    return std::visit([]<class T>(const T&) { return reflect::name_of_type<T>(); }, input);
}

Result<RecordKind> kind_of_record(ByteView record) {
    Reader r(record);
    const auto kind = r.enumeration(RecordKind::step);
    if (r.failed()) return damaged("an unknown kind");
    return kind;
}

std::optional<std::size_t> input_kind_of(ByteView record) {
    Reader r(record);
    const auto kind = r.enumeration(RecordKind::step);
    get_varint(r);
    const auto index = get_varint(r);
    if (r.failed() || kind != RecordKind::step) return {};
    return static_cast<std::size_t>(index);
}

std::optional<Instant> moment_of_step(ByteView record, Instant before) {
    Reader r(record);
    const auto kind = r.enumeration(RecordKind::step);
    Duration passed{0};
    archive::get(r, passed);
    if (r.failed() || kind != RecordKind::step || passed.count() < 0 ||
        passed > Instant::max() - before)
        return {};
    return before + passed;
}

Result<BeginRecord> decode_begin(ByteView record) {
    Reader r(record);
    BeginRecord out;
    if (r.enumeration(RecordKind::step) != RecordKind::begin) r.fail();
    archive::get(r, out);
    if (!r.done()) return damaged("a start");
    return out;
}

Result<ImageRecord> decode_image(ByteView record) {
    Reader r(record);
    ImageRecord out;
    if (r.enumeration(RecordKind::step) != RecordKind::image) r.fail();
    archive::get(r, out);
    if (!r.done()) return damaged("an image");
    return out;
}

Result<StepRecord> decode_step(ByteView record, Instant before, std::uint64_t number) {
    Reader r(record);
    StepRecord out;
    if (r.enumeration(RecordKind::step) != RecordKind::step) r.fail();
    Duration passed{0};
    archive::get(r, passed);
    if (passed.count() < 0 || passed > Instant::max() - before) r.fail();
    out.at = before + passed;
    out.input = get_input(r);
    archive::get(r, out.answers);
    archive::get(r, out.counts);
    archive::get(r, out.events);
    out.is_whole = number % k_whole_digest_steps == 0;
    out.chain = out.is_whole ? r.u64() : r.u16();
    if (!r.done()) return damaged("a step");
    return out;
}

}  // namespace ha::engine
