// Replay: the run of an engine once more, from its recording (recording.hpp), and whether it comes
// out the same, step by step. Needs no key, no clock and no machine of the cluster.
#pragma once

#include <memory>
#include <string>

#include "engine/engine.hpp"
#include "engine/recording.hpp"

namespace ha::engine {

struct ReplayedStep {
    std::uint64_t number = 0;
    StepRecord record;
    Actions actions;           ///< of the engine that runs here
    bool is_same = true;
    // When it is not: what came out there, and what here; for people.
    std::string recorded;
    std::string replayed;
};

class Replay {
   public:
    /// Makes the engine that was started, or that the image was taken of.
    static Result<std::unique_ptr<Replay>> begin(ByteView record);
    ~Replay();

    /// An image amid the steps: is the engine that runs here that engine?
    Result<bool> check(ByteView image);
    /// Takes the next step. After one that is not the same the two runs have parted, and what
    /// follows says nothing.
    Result<ReplayedStep> step(ByteView record);

    const Engine& engine() const { return *engine_; }
    Instant now() const { return now_; }
    std::uint64_t steps() const { return steps_; }

   private:
    Replay() = default;
    Result<void> start(BeginRecord begin);
    Result<void> resume(ImageRecord image);
    void judge(ReplayedStep& step);

    ReplayCrypto crypto_;
    std::unique_ptr<Engine> engine_;
    Instant now_;
    std::uint64_t steps_ = 0;
    std::uint64_t chain_ = 0;
};

}  // namespace ha::engine
