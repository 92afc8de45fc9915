// Replaying a run, and telling the first difference.
#include "engine/replay.hpp"

#include <algorithm>
#include <cstdio>

#include "base/archive.hpp"

namespace ha::engine {

namespace {

std::string text_of(const StepCounts& counts, const std::vector<Event>& events,
                    std::uint64_t digest, bool is_whole) {
    char line[160];
    std::snprintf(line, sizeof line,
                  "%u to store, %u datagrams, %u plugin calls, %u answers, %zu events, "
                  "digest %0*llx",
                  counts.persist, counts.datagrams, counts.calls, counts.answers, events.size(),
                  is_whole ? 16 : 4, static_cast<unsigned long long>(digest));
    std::string out = line;
    for (const auto& event : events) {
        out += "; " + std::string(name_of(event.kind)) + " " + event.object;
        for (const auto& [key, value] : event.parameters) out += " " + key + "=" + value;
    }
    return out;
}

}  // namespace

Replay::~Replay() = default;

Result<std::unique_ptr<Replay>> Replay::begin(ByteView record) {
    const auto kind = kind_of_record(record);
    if (!kind) return kind.error();
    if (*kind == RecordKind::step)
        return failure(FailureCode::corrupt, "a recording begins with a start or an image");
    std::unique_ptr<Replay> out(new Replay);
    if (*kind == RecordKind::begin) {
        auto start = decode_begin(record);
        if (!start) return start.error();
        if (auto r = out->start(std::move(*start)); !r) return r.error();
    } else {
        auto image = decode_image(record);
        if (!image) return image.error();
        if (auto r = out->resume(std::move(*image)); !r) return r.error();
    }
    return out;
}

Result<void> Replay::start(BeginRecord begin) {
    const auto& start = begin.start;
    const auto is_in_use = [&](const auto& key) { return key.first == start.key_in_use; };
    // What an engine takes for granted of its Start.
    if (!start.self || !start.store.start || !start.store.store ||
        std::none_of(start.keys.begin(), start.keys.end(), is_in_use))
        return failure(FailureCode::corrupt,
                       "the recorded start names no node, no store or no key in use");
    now_ = begin.at;
    crypto_.load(std::move(begin.answers));
    engine_ = std::make_unique<Engine>(now_, std::move(begin.start), crypto_);
    return {};
}

Result<void> Replay::resume(ImageRecord image) {
    auto engine = Engine::restore(image.engine, crypto_);
    if (!engine) return engine.error();
    engine_ = std::move(*engine);
    now_ = image.at;
    steps_ = image.steps;
    chain_ = image.chain;
    return {};
}

Result<bool> Replay::check(ByteView image) {
    const auto decoded = decode_image(image);
    if (!decoded) return decoded.error();
    return decoded->steps == steps_ && decoded->chain == chain_ &&
           decoded->engine == engine_->image();
}

Result<ReplayedStep> Replay::step(ByteView record) {
    ReplayedStep out;
    out.number = ++steps_;
    auto decoded = decode_step(record, now_, out.number);
    if (!decoded) return decoded.error();
    out.record = std::move(*decoded);
    now_ = out.record.at;
    crypto_.load(out.record.answers);
    out.actions = engine_->step(now_, out.record.input);
    judge(out);
    return out;
}

void Replay::judge(ReplayedStep& step) {
    const auto& record = step.record;
    chain_ = chain(chain_, digest_of(step.actions, crypto_.sealed()));
    const auto digest = record.is_whole ? chain_ : static_cast<std::uint16_t>(chain_);
    const auto counts = counts_of(step.actions);
    const bool are_events_same =
        archive::encode(record.events) == archive::encode(step.actions.events);
    step.is_same = !crypto_.is_astray() && digest == record.chain && counts == record.counts &&
                   are_events_same;
    if (step.is_same) return;
    step.recorded = text_of(record.counts, record.events, record.chain, record.is_whole);
    step.replayed = text_of(counts, step.actions.events, digest, record.is_whole);
    if (crypto_.is_astray())
        step.replayed += "; it asked for other cryptography than was recorded";
}

}  // namespace ha::engine
