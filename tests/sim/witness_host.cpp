// The simulated machine of the witness.
#include "witness_host.hpp"

#include "base/checksum.hpp"
#include "world.hpp"

namespace ha::sim {

WitnessHost::WitnessHost(World& world, bool is_light) : world_(world), is_light_(is_light) {}

Instant WitnessHost::local_now() const { return clock_.read(world_.queue().now()); }

void WitnessHost::power_on() {
    if (seat_) return;
    auto& random = world_.random();
    clock_.zero = world_.queue().now();
    clock_.offset_ns = 1'000'000'000 + static_cast<std::int64_t>(random.below(1'000'000'000));
    const auto bound = static_cast<std::int64_t>(world_.spec().timing.drift_ppm);
    clock_.drift_ppm = static_cast<std::int64_t>(random.below(2 * bound + 1)) - bound;
    life_++;
    start_ = StartNumber{start_.value + 1};
    membership::WitnessSeatOptions options;
    options.start = start_;
    for (auto& word : options.seed) word = random.next();
    options.keys = {{1, wire::Key{}}};
    options.key_in_use = 1;
    options.is_light = is_light_;
    wire::WitnessRecord record;
    if (disk_) {
        // As the daemon does it: through the bytes.
        auto read = wire::decode_witness_record(wire::encode(*disk_));
        if (!read) return world_.fail("the witness cannot read its own record");
        record = std::move(*read);
    } else {
        for (auto& byte : record.store.bytes) byte = static_cast<std::uint8_t>(random.next());
        record.store.bytes[0] |= 1;
    }
    seat_ = std::make_unique<membership::WitnessSeat>(local_now(), std::move(options),
                                                      std::move(record), crypto_);
    after_step({});
}

void WitnessHost::power_off() {
    if (!seat_) return;
    seat_.reset();
    life_++;
    // The write that was under way landed, or did not.
    if (!writes_.empty() && world_.random().below(2) == 0) {
        if (!disk_) disk_.emplace();
        wire::apply(*disk_, writes_.front());
    }
    writes_.clear();
    is_writing_ = false;
}

void WitnessHost::lose_store() {
    if (!seat_) disk_.reset();
}

void WitnessHost::receive(const Bytes& bytes) {
    if (!seat_) return;
    std::vector<wire::Datagram> out;
    seat_->receive(local_now(), bytes, out);
    after_step(std::move(out));
}

void WitnessHost::after_step(std::vector<wire::Datagram> out) {
    while (auto change = seat_->take_change()) {
        auto again = wire::decode_witness_change(wire::encode(*change));
        if (!again || *again != *change) world_.fail("a change of the witness is not read back");
        writes_.push_back(std::move(*change));
    }
    const auto& record = seat_->record();
    if (record.last != last_checked_ || record.last_term != term_checked_) {
        last_checked_ = record.last;
        term_checked_ = record.last_term;
        const auto& checker = world_.checkers().witness_after_disks;
        const auto wrong = checker.took(record.last_term, record.last);
        if (!wrong.empty()) world_.fail(wrong);
    }
    Bytes bytes;
    Writer w(bytes);
    w.u64(fingerprint);
    for (const auto& datagram : out) {
        w.blob(datagram.bytes);
        world_.network().send(k_witness_node, datagram);
    }
    fingerprint = digest64(bytes);
    if (!is_writing_) write_next();
    arm();
}

void WitnessHost::write_next() {
    is_writing_ = !writes_.empty();
    if (!is_writing_) return;
    const auto takes = Duration{20us} + world_.random().up_to(disk_latency_max);
    world_.queue().after(takes, [this, life = life_] {
        if (life != life_) return;
        const auto change = std::move(writes_.front());
        writes_.pop_front();
        if (!disk_) disk_.emplace();
        wire::apply(*disk_, change);
        is_writing_ = false;
        std::vector<wire::Datagram> out;
        seat_->persisted(local_now(), change.record.counter, out);
        after_step(std::move(out));
    });
}

void WitnessHost::arm() {
    const auto timer = ++timer_;
    const auto deadline = seat_->next_deadline();
    if (deadline == Instant::max()) return;
    const auto at = std::max(clock_.when(deadline), world_.queue().now() + Duration{50us});
    world_.queue().at(at, [this, life = life_, timer] {
        if (life != life_ || timer != timer_) return;
        std::vector<wire::Datagram> out;
        seat_->tick(local_now(), out);
        after_step(std::move(out));
    });
}

}  // namespace ha::sim
