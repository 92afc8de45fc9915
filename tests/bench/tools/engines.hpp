// Engines of a cluster under virtual time, for benchmarks: real cryptography, disks and operations
// that take as long as they usually do, nothing that fails but nodes that are switched off. Counts
// the processor time that each engine takes.
#pragma once

#include <cstdint>
#include <ctime>
#include <functional>
#include <memory>
#include <vector>

#include "base/random.hpp"
#include "clock.hpp"
#include "engine/engine.hpp"
#include "runtime/crypto_openssl.hpp"

namespace ha::bench {

struct Size {
    std::uint16_t nodes = 3;
    std::uint32_t groups = 4;
};

/// Shipped times, two interconnects; each group one resource, with a policy that begins at another
/// node than the group before.
model::ClusterSpec spec_of(Size size);

class Engines {
   public:
    explicit Engines(Size size);

    /// Of node 0, in place of plain cryptography and of nothing; before run().
    std::function<wire::Crypto&(wire::Crypto&)> wrap_crypto;
    std::function<void(Instant, const engine::Start&)> on_start;
    /// Its time counts as the engine's.
    std::function<void(Instant, const engine::Input&, const engine::Actions&)> on_step;

    void start_all();
    void run(Duration length, const std::function<void()>& every_250_ms = {});
    void switch_off(std::size_t n);
    void reset_counts();

    struct Node {
        std::unique_ptr<runtime::OpensslCrypto> crypto;
        std::unique_ptr<engine::Engine> engine;   ///< null: off
        std::uint64_t timer = 0, steps = 0;
        std::clock_t spent = 0, longest = 0;
    };
    std::vector<Node> nodes;
    sim::Queue queue;

   private:
    void start(std::uint16_t n);
    void step(std::uint16_t n, const engine::Input& input);
    void carry_out(std::uint16_t n, const engine::Actions& actions);

    Size size_;
    Random random_{seed_from(1)};
};

}  // namespace ha::bench
