// The flight recorder: every input of the engine, and what came out, into a ring of files that is
// bounded (cluster.md 9).
//
//   engine thread --add--> [ what waits ] --take--> compress, write     recorder thread
//
// A file begins with the start of the engine or with an image of all of it, so each can be
// replayed alone, and the oldest ones can go when room is needed. When a file has its share of the
// bound, the recorder asks for an image (wants_segment) and goes on in the next one.
//
// The engine's thread never waits for this one: not for its lock, which it only tries, nor for its
// disk. What waits is bounded; when that is too much, or the disk is full, recording stops, the
// rest of the node does not, and after a while it is tried again with a new file.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "runtime/recording_file.hpp"

namespace ha::runtime {

/// Records that wait for the disk.
inline constexpr std::size_t k_limit_waiting_record_bytes = 16 * 1024 * 1024;
/// What is not worth telling at once is written this often; so much is lost when a process dies.
inline constexpr Duration k_recorder_interval = 1s;
inline constexpr Duration k_recorder_retry = 60s;
inline constexpr std::uint64_t k_recording_bytes_default = 64 * 1024 * 1024;
inline constexpr std::uint64_t k_recording_bytes_min = 1024 * 1024;
/// Left free for others in the file system, above all for the node's store.
inline constexpr std::uint64_t k_recording_reserve_bytes = 32 * 1024 * 1024;
/// Files in the ring, about.
inline constexpr std::uint64_t k_recording_segments = 8;

struct RecorderOptions {
    std::string directory;       ///< of this node alone; made when it is not there
    std::uint64_t bytes_max = k_recording_bytes_default;  ///< of all recordings in it
    std::uint64_t reserve_bytes = k_recording_reserve_bytes;
    RecordingHeader header;      ///< of the first file
    Duration retry = k_recorder_retry;
};

struct RecorderStatus {
    bool is_recording = false;
    std::string file;            ///< the newest; empty: there is none
    std::uint64_t bytes = 0;     ///< of all recordings in the directory
    std::uint64_t bytes_max = 0;
    std::string problem;         ///< why it is not recording
};

/// "start-00000012-000001.harec"
std::string recording_name(StartNumber start, std::uint32_t segment);
/// Paths of the recordings in a directory, oldest first.
std::vector<std::string> find_recordings(const std::string& directory);

class Recorder {
   public:
    /// `changed` is called on the recorder's thread when recording stops, with the reason, and when
    /// it goes on after that, with none. A disk that is full already is no failure of this.
    static Result<std::unique_ptr<Recorder>> start(RecorderOptions options,
                                                   std::function<void(std::string)> changed);
    /// Writes what waits, and why nothing follows.
    ~Recorder();

    // One thread; never block:
    /// A file begins: a start, or an image. `step` is the next one.
    void begin_segment(ByteView record, std::uint64_t step);
    /// `is_news`: worth to be written at once. Dropped while nothing is recorded.
    void add(ByteView record, bool is_news);
    /// It is time for begin_segment() with an image.
    bool wants_segment() const;
    /// What is added is kept.
    bool is_recording() const;
    /// Why nothing follows, when it ends as it should.
    void set_last_words(std::string why);

    /// As it was when the recorder's thread was last out of the way.
    RecorderStatus status() const;

   private:
    struct Impl;
    explicit Recorder(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace ha::runtime
