// Player: a recording's file, replayed step by step as far as this build can.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine/replay.hpp"
#include "runtime/recording_file.hpp"

namespace ha::runtime {

/// Of this build, as it stands in the header of what it records.
std::string build_version();

class Player {
   public:
    /// Fails when there is no recording, or none that this build can begin with.
    static Result<std::unique_ptr<Player>> open(const std::string& path);

    const RecordingHeader& header() const { return reader_->header(); }
    bool is_layout_same() const { return is_layout_same_; }
    bool begins_at_start() const { return begins_at_start_; }

    /// When the next step was; none: there is none, see stopped() and reader().
    std::optional<Instant> next_at();
    /// Takes it. Only when there is one.
    Result<engine::ReplayedStep> step();

    const engine::Replay& replay() const { return *replay_; }
    const RecordingReader& reader() const { return *reader_; }
    /// Why it cannot go on, though the recording does; empty: it can, or is at the end.
    const std::string& stopped() const { return stopped_; }

   private:
    explicit Player(std::unique_ptr<RecordingReader> reader) : reader_(std::move(reader)) {}
    Result<void> begin();
    std::string why_not(ByteView record) const;

    std::unique_ptr<RecordingReader> reader_;
    std::unique_ptr<engine::Replay> replay_;
    engine::RecordingLayout layout_;
    std::optional<Bytes> record_;   ///< the next step
    bool is_layout_same_ = true;
    bool begins_at_start_ = true;
    std::string stopped_;
};

}  // namespace ha::runtime
