// Replaying a file: the records of one engine, in their order.
#include "runtime/player.hpp"

namespace ha::runtime {

std::string build_version() { return HA_VERSION; }

Result<std::unique_ptr<Player>> Player::open(const std::string& path) {
    auto reader = RecordingReader::open(path);
    if (!reader) return reader.error();
    std::unique_ptr<Player> out(new Player(std::move(*reader)));
    if (auto r = out->begin(); !r) return failure(r.error().code, path + ": " + r.error().context);
    return out;
}

Result<void> Player::begin() {
    layout_ = engine::recording_layout();
    const auto& there = header().layout;
    is_layout_same_ = layout_ == there;
    const auto record = reader_->next();
    if (!record)
        return failure(FailureCode::corrupt, "it holds no whole record; " + reader_->end());
    const auto kind = engine::kind_of_record(*record);
    if (!kind) return kind.error();
    begins_at_start_ = *kind == engine::RecordKind::begin;
    const bool is_known = begins_at_start_ ? there.start == layout_.start
                                           : there.image == layout_.image;
    if (!is_known)
        return failure(FailureCode::invalid,
                       "version " + header().version + " recorded it, whose engine begins from "
                       "other things than that of this version, " + build_version() +
                       "; replay it with a build of that version");
    auto replay = engine::Replay::begin(*record);
    if (!replay) return replay.error();
    replay_ = std::move(*replay);
    return {};
}

/// Why this build does not understand a step; empty: it does.
std::string Player::why_not(ByteView record) const {
    if (is_layout_same_) return {};
    const auto kind = engine::input_kind_of(record);
    const auto& there = header().layout;
    const bool is_known = kind && *kind < there.inputs.size() && *kind < layout_.inputs.size() &&
                          there.inputs[*kind] == layout_.inputs[*kind] &&
                          there.event == layout_.event;
    if (is_known) return {};
    return "version " + header().version + " recorded something there that this version, " +
           build_version() + ", does not know";
}

std::optional<Instant> Player::next_at() {
    if (!record_ && stopped_.empty()) {
        const auto record = reader_->next();
        if (!record) return {};
        stopped_ = why_not(*record);
        if (stopped_.empty()) record_.emplace(record->begin(), record->end());
    }
    if (!record_) return {};
    const auto at = engine::moment_of_step(*record_, replay_->now());
    if (!at) stopped_ = "the record after step " + std::to_string(replay_->steps()) +
                        " is no step, or damaged";
    return at;
}

Result<engine::ReplayedStep> Player::step() {
    auto out = replay_->step(*record_);
    record_.reset();
    if (!out) stopped_ = out.error().context;
    return out;
}

}  // namespace ha::runtime
