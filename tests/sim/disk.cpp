// The simulated store of one node.
#include "disk.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace ha::sim {

namespace {
constexpr std::size_t k_sector = 512;
constexpr std::size_t k_preallocated = 64 * 1024;
}  // namespace

void Disk::create(StoreId store, const wire::StoreState& before) {
    wire::StoreState empty;
    empty.store = store;
    empty.start = before.start;
    empty.reboots = before.reboots;
    empty.armed = before.armed;
    empty.shot = before.shot;
    empty.counter = 1;
    file_ = wire::encode_store(empty);
    newest_at_ = 0;
    is_failed_ = false;
    writes_.clear();
    life_++;
}

wire::Recovered Disk::open(const BootId& boot, bool& was_reset) {
    auto image = file_;
    image.resize(std::max(image.size(), file_.size() + k_preallocated), 0);
    auto recovered = wire::recover_store(image);
    HA_ASSERT(recovered.has_value());
    file_.resize(recovered->end);
    state_ = recovered->state;
    const auto start =
        wire::begin_start(state_, StartNumber{state_.start.value + 1}, boot, was_reset);
    Write write;
    write.batch = start;
    wire::apply(state_, start);
    write.bytes = wire::encode_record(state_.counter, start);
    land(write);
    recovered->state = state_;
    is_failed_ = false;
    return *recovered;
}

void Disk::write(const wire::StoreBatch& batch, std::function<void(bool)> done) {
    Write write;
    write.batch = batch;
    write.done = std::move(done);
    wire::apply(state_, batch);
    write.is_rewrite = batch.snapshot.has_value();
    write.bytes =
        write.is_rewrite ? wire::encode_store(state_) : wire::encode_record(state_.counter, batch);
    writes_.push_back(std::move(write));
    if (writes_.size() == 1) begin_next();
}

void Disk::begin_next() {
    busy_since_ = queue_.now();
    queue_.after(Duration{20us} + random_.up_to(latency_max), [this, life = life_] {
        if (life != life_ || writes_.empty()) return;
        auto write = std::move(writes_.front());
        writes_.pop_front();
        if (fails_next || is_failed_) {
            is_failed_ = true;
            fails_next = false;
        } else {
            land(write);
        }
        const bool is_ok = !is_failed_;
        if (!writes_.empty()) begin_next();
        write.done(is_ok);
    });
}

void Disk::land(const Write& write) {
    if (landed) landed(write.batch);
    if (write.is_rewrite) {
        file_ = write.bytes;
        newest_at_ = 0;
        return;
    }
    newest_at_ = file_.size();
    file_.insert(file_.end(), write.bytes.begin(), write.bytes.end());
}

void Disk::process_died() {
    // One write had been handed to the kernel, perhaps; it lands whole or not at all.
    if (!writes_.empty() && !is_failed_ && random_.below(2) == 0) land(writes_.front());
    writes_.clear();
    life_++;
}

void Disk::power_lost() {
    if (!writes_.empty() && !is_failed_ && !writes_.front().is_rewrite) {
        auto torn = writes_.front().bytes;
        // Each sector of the batch is there or still zero, in any combination.
        const auto base = file_.size();
        bool is_lost = false;
        for (std::size_t at = 0; at < torn.size(); at++) {
            if (at == 0 || (base + at) % k_sector == 0) is_lost = random_.below(2) == 0;
            if (is_lost) torn[at] = 0;
        }
        file_.insert(file_.end(), torn.begin(), torn.end());
    }
    writes_.clear();
    life_++;
}

void Disk::damage_newest() {
    if (newest_at_ == 0 || newest_at_ >= file_.size()) return;
    const auto at = newest_at_ + random_.below(file_.size() - newest_at_);
    file_[at] ^= 0x5a;
}

}  // namespace ha::sim
