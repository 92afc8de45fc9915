// The simulated machine of the witness: the shipped seat, with a disk that writes late and a clock
// that drifts.
#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "clock.hpp"
#include "membership/witness_seat.hpp"
#include "toy_crypto.hpp"

namespace ha::sim {

class World;

class WitnessHost {
   public:
    WitnessHost(World& world, bool is_light);

    void power_on();
    void power_off();
    /// While it is off: its records are gone, and it begins with an empty disk.
    void lose_store();
    bool is_running() const { return seat_ != nullptr; }
    void receive(const Bytes& bytes);
    const membership::WitnessSeat* seat() const { return seat_.get(); }
    Duration disk_latency_max{2ms};
    std::uint64_t fingerprint = 0;

   private:
    Instant local_now() const;
    void after_step(std::vector<wire::Datagram> out);
    void write_next();
    void arm();

    World& world_;
    bool is_light_;
    Clock clock_;
    test::ToyCrypto crypto_;
    std::optional<wire::WitnessRecord> disk_;   ///< what is durable
    StartNumber start_;
    std::deque<wire::WitnessChange> writes_;    ///< under way, oldest first
    bool is_writing_ = false;
    std::unique_ptr<membership::WitnessSeat> seat_;
    std::uint64_t life_ = 0;
    std::uint64_t timer_ = 0;
    LogIndex last_checked_;
    Term term_checked_;
};

}  // namespace ha::sim
