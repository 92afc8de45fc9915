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

/// What holds the witness's record: the machine of a witness, or an etcd.
class WitnessMachine {
   public:
    virtual ~WitnessMachine() = default;
    virtual void power_on() = 0;
    virtual void power_off() = 0;
    /// While it is off: its records are gone, and it begins with an empty disk.
    virtual void lose_store() = 0;
    virtual bool is_running() const = 0;
    virtual void receive(const Bytes& bytes) = 0;
    /// Null: it is an etcd.
    virtual const membership::WitnessSeat* seat() const { return nullptr; }
    Duration disk_latency_max{2ms};
    std::uint64_t fingerprint = 0;
};

class WitnessHost final : public WitnessMachine {
   public:
    WitnessHost(World& world, bool is_light);

    void power_on() override;
    void power_off() override;
    void lose_store() override;
    bool is_running() const override { return seat_ != nullptr; }
    void receive(const Bytes& bytes) override;
    const membership::WitnessSeat* seat() const override { return seat_.get(); }

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
