// Recording and replaying the run of one engine.
#include "recorded.hpp"

#include "engine/replay.hpp"

namespace ha::sim {

namespace {

/// Between two images, so that some of them fall into each phase of a run.
constexpr std::size_t k_image_steps = 1500;

std::string judge(engine::Replay& replay, const Bytes& record, std::size_t number) {
    const auto at = "record " + std::to_string(number);
    if (*engine::kind_of_record(record) == engine::RecordKind::image) {
        const auto is_same = replay.check(record);
        if (!is_same) return at + ": " + is_same.error().context;
        return *is_same ? "" : at + ": the engine that is replayed is not that of the image";
    }
    const auto step = replay.step(record);
    if (!step) return at + ": " + step.error().context;
    if (step->is_same) return {};
    return at + " (" + std::string(name_of(step->record.input)) +
           ") came out otherwise: recorded " + step->recorded + "; replayed " + step->replayed;
}

}  // namespace

void Recorded::begin(Instant now, const engine::Start& start) {
    records_.push_back(recorder_.begin(now, start));
}

void Recorded::step(Instant now, const engine::Input& input, const engine::Engine& engine,
                    const engine::Actions& actions) {
    records_.push_back(recorder_.step(now, input, actions));
    if (recorder_.steps() % k_image_steps == 0)
        records_.push_back(recorder_.image(engine));
}

std::string Recorded::check() const {
    std::vector<std::unique_ptr<engine::Replay>> replays;
    for (std::size_t i = 0; i < records_.size(); i++) {
        for (auto& replay : replays)
            if (auto wrong = judge(*replay, records_[i], i); !wrong.empty())
                return (&replay == &replays.front() ? "from the start: "
                                                    : "from an image: ") + wrong;
        const bool is_step = *engine::kind_of_record(records_[i]) == engine::RecordKind::step;
        if (is_step) continue;
        auto made = engine::Replay::begin(records_[i]);
        if (!made) return "record " + std::to_string(i) + ": " + made.error().context;
        // From the start all the way, and from the newest image to the next one.
        if (replays.size() == 2) replays.pop_back();
        replays.push_back(std::move(*made));
    }
    return {};
}

}  // namespace ha::sim
