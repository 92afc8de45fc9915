// Recording: a run of the engine as bytes, from which replay.hpp makes the same run again
// (cluster.md 9). Pure; files are the runtime's.
//
//   Begin   the moment, and the Start without its keys
//   Image   or: the whole engine as it was between two steps, without its keys
//   Step    the moment, the input, what the cryptography answered, and what came out: how much of
//           each kind, the events in full, and a digest of everything
//
// Keys stay out (safety.md F17, F33). The engine computes with the real ones through
// RecordingCrypto, which notes only what leaves the node or came in anyway: the plain text of a
// packet that was opened, the MAC of a hello that is sent, the public name of a session, yes or no.
// Derived keys are not noted at all: whoever replays never needs them, because what was opened is
// there, and what is to be sealed is compared before it is. So a packet is recorded as its clear
// header and its plain text, which also makes a recording small. What is sealed once more within a
// packet, for the witness to keep, is noted as the packet shows it: its sealed form goes into the
// plain text of packets, which is compared.
//
// The digest runs on from step to step, so that 16 bits a step find a difference at once or, when
// these are equal by chance, at one of the next; every 64th step has all 64 bits.
#pragma once

#include <optional>
#include <string_view>

#include "engine/engine.hpp"
#include "wire/crypto.hpp"

namespace ha::engine {

/// How large one record may be: an input with a whole document, or a Start.
inline constexpr std::size_t k_limit_record_bytes = 64 * 1024 * 1024;
inline constexpr std::uint64_t k_whole_digest_steps = 64;

enum class RecordKind : std::uint8_t { begin, image, step };

/// What the cryptography did in one step.
struct CryptoNotes {
    Bytes answers;                  ///< in the order of the calls
    std::uint64_t sealed = 0;       ///< digest of all that was to be sealed
    std::size_t unopened = 0;       ///< bytes at the end of the datagram that are not recorded
};

/// Passes everything on to the real one and keeps notes.
class RecordingCrypto final : public wire::Crypto {
   public:
    /// `real` outlives this.
    explicit RecordingCrypto(wire::Crypto& real) : real_(real) {}

    void seal(const wire::Key& key, std::uint64_t counter, ByteView header, ByteView plain,
              Bytes& out) override;
    bool open(const wire::Key& key, std::uint64_t counter, ByteView header, ByteView sealed,
              Bytes& out) override;
    wire::Key derive(const wire::Key& secret, ByteView salt, ByteView info) override;
    wire::Mac mac(const wire::Key& key, ByteView bytes) override;
    bool verify(const wire::Key& key, ByteView bytes, ByteView claimed) override;
    std::uint64_t name(const wire::Key& secret, ByteView salt, ByteView info) override;
    void seal_part(const wire::Key& key, ByteView place, ByteView plain, Bytes& out) override;
    bool open_part(const wire::Key& key, ByteView place, ByteView sealed, Bytes& out) override;

    const CryptoNotes& notes() const { return notes_; }
    void clear();

   private:
    void note_opened(bool is_opened, ByteView plain);

    wire::Crypto& real_;
    CryptoNotes notes_;
};

/// Gives the answers of a recorded step again; knows no key. Asked for something else than was
/// recorded it answers with nothing, and says so.
class ReplayCrypto final : public wire::Crypto {
   public:
    void seal(const wire::Key& key, std::uint64_t counter, ByteView header, ByteView plain,
              Bytes& out) override;
    bool open(const wire::Key& key, std::uint64_t counter, ByteView header, ByteView sealed,
              Bytes& out) override;
    wire::Key derive(const wire::Key& secret, ByteView salt, ByteView info) override;
    wire::Mac mac(const wire::Key& key, ByteView bytes) override;
    bool verify(const wire::Key& key, ByteView bytes, ByteView claimed) override;
    std::uint64_t name(const wire::Key& secret, ByteView salt, ByteView info) override;
    void seal_part(const wire::Key& key, ByteView place, ByteView plain, Bytes& out) override;
    bool open_part(const wire::Key& key, ByteView place, ByteView sealed, Bytes& out) override;

    void load(Bytes answers);
    std::uint64_t sealed() const { return sealed_; }
    /// It was asked for something else, for more, or for less than was recorded.
    bool is_astray() const { return is_astray_ || at_ != answers_.size(); }

   private:
    ByteView take(std::uint8_t kind, std::optional<std::size_t> size);

    Bytes answers_;
    std::size_t at_ = 0;
    std::uint64_t sealed_ = 0;
    bool is_astray_ = false;
};

/// How much came out of a step.
struct StepCounts {
    std::uint32_t persist = 0;
    std::uint32_t datagrams = 0;
    std::uint32_t calls = 0;
    std::uint32_t answers = 0;
    bool operator==(const StepCounts&) const = default;
};
StepCounts counts_of(const Actions& actions);

/// Of everything that came out of a step; sealed packets count with their clear header, and with
/// `sealed`.
std::uint64_t digest_of(const Actions& actions, std::uint64_t sealed);
/// The digest that runs on.
std::uint64_t chain(std::uint64_t before, std::uint64_t digest);

struct BeginRecord {
    Instant at;
    Start start;                    ///< keys are zeros
    /// Of each key: its id, and a digest that tells keys apart and says nothing about them.
    std::vector<std::pair<std::uint32_t, std::uint64_t>> key_digests;
    Bytes answers;
};
struct ImageRecord {
    Instant at;                     ///< of the step before
    std::uint64_t steps = 0;        ///< so far
    std::uint64_t chain = 0;
    Bytes engine;
};
struct StepRecord {
    Instant at;
    Input input;
    Bytes answers;
    StepCounts counts;
    std::vector<Event> events;
    std::uint64_t chain = 0;        ///< 16 bits of it, unless is_whole
    bool is_whole = false;
};

/// Writes the run of one engine, as the engine goes.
///
///     RunRecorder recorder(real_crypto);
///     Engine engine(now, start, recorder.crypto());
///     keep(recorder.begin(now, start));
///     auto actions = engine.step(now, input);
///     keep(recorder.step(now, input, actions));
class RunRecorder {
   public:
    /// `real` outlives this.
    explicit RunRecorder(wire::Crypto& real) : real_(real), crypto_(real) {}

    wire::Crypto& crypto() { return crypto_; }
    Bytes begin(Instant now, Start start);
    /// Between two steps: a recording may begin with this as well.
    Bytes image(const Engine& engine) const;
    /// Valid until the next call.
    const Bytes& step(Instant now, const Input& input, const Actions& actions);
    std::uint64_t steps() const { return steps_; }

   private:
    wire::Crypto& real_;
    RecordingCrypto crypto_;
    Bytes record_;
    Instant at_;
    std::uint64_t chain_ = 0;
    std::uint64_t steps_ = 0;
};

/// How this build lays out what it records. A recording can be read by a build whose layout of the
/// kinds that occur in it is the same.
struct RecordingLayout {
    std::uint64_t start = 0;
    std::uint64_t image = 0;
    std::uint64_t event = 0;
    std::vector<std::uint64_t> inputs;  ///< by kind
    bool operator==(const RecordingLayout&) const = default;
};
RecordingLayout recording_layout();
/// "OperationReport": the kind of an input, for people.
std::string_view name_of(const Input& input) noexcept;

Result<RecordKind> kind_of_record(ByteView record);
/// Of a step, without the rest of it: which kind of input, by its place in the variant; and when.
std::optional<std::size_t> input_kind_of(ByteView record);
std::optional<Instant> moment_of_step(ByteView record, Instant before);
Result<BeginRecord> decode_begin(ByteView record);
Result<ImageRecord> decode_image(ByteView record);
/// `before`: the moment of the record before. `number`: of the step, from 1.
Result<StepRecord> decode_step(ByteView record, Instant before, std::uint64_t number);

}  // namespace ha::engine
