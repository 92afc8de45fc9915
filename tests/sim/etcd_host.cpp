// The simulated etcd, and a host's way to it.
#include "etcd_host.hpp"

#include "base/checksum.hpp"
#include "world.hpp"

namespace ha::sim {

using membership::SharedOrder;
using membership::SharedRead;
using membership::SharedSwap;
using membership::SharedWitness;

/// How long an order and its answer are on their way; none: they get lost.
std::optional<Duration> EtcdHost::trip(NodeId from, NodeId to) {
    auto& random = world_.random();
    const auto& link = world_.network().link(from, to, k_witness_interconnect);
    if (link.is_cut || random.chance(link.loss_per_million)) return std::nullopt;
    return link.delay_min + random.up_to(link.delay_max - link.delay_min);
}

void EtcdHost::submit(NodeId from, SharedOrder order, Done done) {
    auto takes = trip(from, k_witness_node);
    if (!takes) return;
    if (std::holds_alternative<SharedSwap>(order.what))
        *takes = *takes + world_.random().up_to(disk_latency_max);
    world_.queue().after(*takes, [this, waiting = Waiting{from, std::move(order),
                                                          std::move(done)}] {
        if (is_on_) return carry_out(waiting);
        // It stands still, and will find this; or it is dead, and nobody will.
        if (world_.random().below(2) == 0 && held_.size() < 64) held_.push_back(waiting);
    });
}

bool EtcdHost::swap(const SharedSwap& swap) {
    if (swap.revision != values_.revision) return false;
    revision_++;
    if (!swap.record.empty()) {
        values_.record = swap.record;
        values_.revision = revision_;
    }
    if (!swap.leader.empty()) values_.leader = swap.leader;
    std::erase_if(values_.parts, [&](const auto& one) {
        return one.first >= swap.erase_from && one.first < swap.erase_to;
    });
    for (const auto& [number, part] : swap.parts) values_.parts[number] = part;
    return true;
}

void EtcdHost::carry_out(const Waiting& waiting) {
    EtcdReply reply;
    reply.order = waiting.order.number;
    if (const auto* read = std::get_if<SharedRead>(&waiting.order.what)) {
        reply.values = values_;
        if (!read->with_kept) reply.values->parts.clear();
    } else {
        reply.is_won = swap(std::get<SharedSwap>(waiting.order.what));
    }
    Bytes bytes;
    Writer w(bytes);
    w.u64(fingerprint);
    w.u64(revision_);
    w.blob(values_.record);
    fingerprint = digest64(bytes);
    const auto takes = trip(k_witness_node, waiting.from);
    if (takes)
        world_.queue().after(*takes, [done = waiting.done, reply = std::move(reply)] {
            done(reply);
        });
}

void EtcdHost::power_on() {
    if (is_on_) return;
    is_on_ = true;
    for (const auto& waiting : std::exchange(held_, {})) carry_out(waiting);
}

void EtcdHost::lose_store() {
    if (is_on_) return;
    values_ = {.store = values_.store};
}

/// The daemon begins, and with it the witness that it runs itself.
void Host::start_etcd_witness(StartNumber start) {
    etcd_witness_.reset();
    etcd_waiting_.clear();
    if (world_.etcd() == nullptr) return;
    auto& random = world_.random();
    membership::SharedWitnessOptions o;
    o.node = id_;
    o.start = start;
    for (auto& word : o.seed) word = random.next();
    for (auto& word : o.salt_seed) word = random.next();
    o.keys = {{1, wire::Key{}}};
    o.key_in_use = 1;
    o.name = world_.spec().name;
    etcd_witness_ = std::make_unique<SharedWitness>(local_now(), std::move(o), etcd_crypto_);
}

void Host::to_etcd_witness(const Bytes& datagram) {
    std::vector<wire::Datagram> out;
    etcd_witness_->receive(local_now(), datagram, out);
    pump_etcd(std::move(out));
}

/// Now, or when a daemon that is stopped goes on.
void Host::when_running(std::uint64_t life, std::function<void()> what) {
    if (life != life_) return;
    if (state_ == HostState::paused)
        etcd_waiting_.push_back(std::move(what));
    else if (is_running())
        what();
}

void Host::pump_etcd(std::vector<wire::Datagram> out) {
    auto& queue = world_.queue();
    for (auto& datagram : out)
        queue.after(world_.random().up_to(100us), [this, life = life_,
                                                   bytes = std::move(datagram.bytes)] {
            if (life == life_) receive(k_witness_interconnect, bytes);
        });
    arm_etcd();
    auto order = etcd_witness_->take_order();
    if (!order) return;
    // Time is up by this node's clock, and its next question may overtake this one.
    const auto number = order->number;
    const auto late = clock_.when(local_now() + world_.spec().timing.lease / 2);
    queue.at(late, [this, life = life_, number] {
        when_running(life, [this, number] {
            etcd_witness_->on_unknown(number);
            pump_etcd({});
        });
    });
    world_.etcd()->submit(id_, std::move(*order), [this, life = life_](const EtcdReply& reply) {
        when_running(life, [this, reply] { take_etcd(reply); });
    });
}

void Host::take_etcd(const EtcdReply& reply) {
    std::vector<wire::Datagram> out;
    if (reply.values)
        etcd_witness_->on_read(local_now(), reply.order, *reply.values, out);
    else
        etcd_witness_->on_swapped(local_now(), reply.order, *reply.is_won, out);
    const auto& record = etcd_witness_->record();
    if (record.last) {
        const auto& checker = world_.checkers().witness_after_disks;
        const auto wrong = checker.took(record.last_term, record.last);
        if (!wrong.empty()) world_.fail(wrong);
    }
    pump_etcd(std::move(out));
}

void Host::arm_etcd() {
    const auto timer = ++etcd_timer_;
    const auto deadline = etcd_witness_->next_deadline();
    if (deadline == Instant::max()) return;
    const auto at = std::max(clock_.when(deadline), world_.queue().now() + Duration{50us});
    world_.queue().at(at, [this, life = life_, timer] {
        if (timer != etcd_timer_) return;
        when_running(life, [this] {
            std::vector<wire::Datagram> out;
            etcd_witness_->tick(local_now(), out);
            pump_etcd(std::move(out));
        });
    });
}

}  // namespace ha::sim
