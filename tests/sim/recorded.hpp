// A run of one engine that is recorded as it goes, and replayed at its end (invariant 8: the same
// inputs give the same outputs, byte for byte; cluster.md 9).
#pragma once

#include <string>
#include <vector>

#include "engine/recording.hpp"

namespace ha::sim {

class Recorded {
   public:
    explicit Recorded(wire::Crypto& real) : recorder_(real) {}

    wire::Crypto& crypto() { return recorder_.crypto(); }
    void begin(Instant now, const engine::Start& start);
    void step(Instant now, const engine::Input& input, const engine::Engine& engine,
              const engine::Actions& actions);
    /// Replays it without a key, from the start and from each image to the next. What came
    /// out otherwise; empty: nothing.
    std::string check() const;

   private:
    engine::RunRecorder recorder_;
    std::vector<Bytes> records_;
};

}  // namespace ha::sim
