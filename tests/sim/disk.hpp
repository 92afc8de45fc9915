// The simulated store of one node: the shipped bytes, written late, torn by a crash, or not at all.
#pragma once

#include <deque>
#include <functional>
#include <optional>

#include "base/random.hpp"
#include "clock.hpp"
#include "engine/actions.hpp"
#include "wire/store.hpp"

namespace ha::sim {

class Disk {
   public:
    Disk(Queue& queue, Random& random) : queue_(queue), random_(random) {}
    std::function<void(const wire::StoreBatch&)> landed;  ///< told of each batch that is durable

    /// Formats a new, empty store that knows only how often its node has started.
    /// `before`: what a store that is replaced is known to have held besides its log.
    void create(StoreId store, const wire::StoreState& before = {});
    /// Reads it back as the runtime would, raises the start number, durably.
    wire::Recovered open(const BootId& boot, bool& was_reset);

    /// Carries a batch out; `done(ok)` is called unless the node crashed meanwhile.
    void write(const wire::StoreBatch& batch, std::function<void(bool)> done);
    /// The process is gone: what the kernel was given is written, what was not is not.
    void process_died();
    /// Power is gone: the batch being written may be torn.
    void power_lost();
    /// The newest record that was durable is damaged (a voter with amnesia, safety.md F9).
    void damage_newest();

    /// As of the newest batch that was asked for.
    const StoreId& store() const { return state_.store; }
    StartNumber start() const { return state_.start; }

    /// A write was begun while the disk was slow, and is not done, however fast the disk is now.
    bool is_stuck() const { return !writes_.empty() && queue_.now() - busy_since_ > 100ms; }

    Duration latency_max{2ms};
    bool fails_next = false;

   private:
    struct Write {
        Bytes bytes;
        bool is_rewrite = false;
        wire::StoreBatch batch;
        std::function<void(bool)> done;
    };
    void begin_next();
    void land(const Write& write);

    Queue& queue_;
    Random& random_;
    Bytes file_;                 ///< durable
    wire::StoreState state_;     ///< as of the newest batch asked, to be able to rewrite
    std::size_t newest_at_ = 0;  ///< where the newest durable record begins
    std::deque<Write> writes_;
    Instant busy_since_{};       ///< when the first of them was begun
    std::uint64_t life_ = 0;     ///< raised by a crash: completions of an earlier life are void
    bool is_failed_ = false;
};

}  // namespace ha::sim
