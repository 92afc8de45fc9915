// The witness in an etcd.
#include "runtime/etcd_witness.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "membership/witness_shared.hpp"
#include "runtime/crypto_openssl.hpp"
#include "runtime/etcd_client.hpp"
#include "runtime/machine.hpp"
#include "runtime/store_open.hpp"
#include "runtime/thread.hpp"

namespace ha::runtime {

namespace {

using membership::SharedOrder;
using membership::SharedRead;
using membership::SharedSwap;
using membership::SharedValues;

constexpr Duration k_etcd_timeout_min = 100ms;
constexpr Duration k_etcd_timeout_max = 2s;
constexpr int k_number_digits = 16;

/// Where the values lie. Sorted: kept/..., leader, record.
struct EtcdPlaces {
    explicit EtcdPlaces(const std::string& prefix)
        : kept(prefix + "kept/"), leader(prefix + "leader"), record(prefix + "record") {}

    std::string kept_of(std::uint64_t number) const {
        char digits[k_number_digits];
        const auto end = std::to_chars(digits, digits + k_number_digits, number, 16).ptr;
        const auto size = static_cast<std::size_t>(end - digits);
        return kept + std::string(k_number_digits - size, '0') + std::string(digits, size);
    }

    std::string kept, leader, record;
};

Result<SharedValues> sort_values(const EtcdRange& range, const EtcdPlaces& places) {
    SharedValues out;
    out.store = range.cluster;
    for (const auto& one : range.values) {
        if (one.key == places.record) {
            out.revision = one.revision;
            out.record = one.value;
        } else if (one.key == places.leader) {
            out.leader = one.value;
        } else if (one.key.starts_with(places.kept)) {
            std::uint64_t number = 0;
            const auto* end = one.key.data() + one.key.size();
            const auto [at, error] = std::from_chars(one.key.data() + places.kept.size(), end,
                                                     number, 16);
            if (error == std::errc{} && at == end) out.parts[number] = one.value;
        }
    }
    return out;
}

EtcdSwap to_swap(const SharedSwap& swap, const EtcdPlaces& places) {
    EtcdSwap out;
    out.key = places.record;
    out.revision = swap.revision;
    if (!swap.record.empty()) out.puts.emplace_back(places.record, swap.record);
    if (!swap.leader.empty()) out.puts.emplace_back(places.leader, swap.leader);
    for (const auto& [number, sealed] : swap.parts)
        out.puts.emplace_back(places.kept_of(number), sealed);
    if (swap.erase_from < swap.erase_to) {
        out.erase_from = places.kept_of(swap.erase_from);
        out.erase_to = places.kept_of(swap.erase_to);
    }
    return out;
}

struct EtcdOutcome {
    std::uint64_t order = 0;
    std::optional<SharedValues> values;  ///< of a read
    std::optional<bool> is_won;          ///< of a swap
    std::string problem;                 ///< none of both: why
};

EtcdOutcome carry_out(EtcdClient& client, const EtcdPlaces& places, const SharedOrder& order) {
    EtcdOutcome out;
    out.order = order.number;
    if (const auto* read = std::get_if<SharedRead>(&order.what)) {
        const auto end = places.record + std::string(1, '\0');
        const auto range = client.range(read->with_kept ? places.kept : places.leader, end);
        if (!range) {
            out.problem = range.error().context;
            return out;
        }
        out.values = *sort_values(*range, places);
        return out;
    }
    const auto won = client.swap(to_swap(std::get<SharedSwap>(order.what), places));
    if (won)
        out.is_won = *won;
    else
        out.problem = won.error().context;
    return out;
}

/// What the loop hands to the thread.
struct EtcdTask {
    std::optional<SharedOrder> order;
    model::EtcdSpec spec;
    Duration timeout{0};
    std::uint64_t generation = 0;      ///< of the configuration
    bool is_ending = false;
};

}  // namespace

struct EtcdWitness::Impl {
    void run();
    void pump(std::vector<wire::Datagram> out);
    void on_outcome(std::uint64_t of, EtcdOutcome outcome);
    void note_problem(std::string text);
    Result<void> begin(const model::ClusterSpec& spec);

    EtcdWitnessOptions options;
    EtcdWitnessEvents events;
    std::shared_ptr<Outbox> outbox;

    // Of the loop's thread:
    std::unique_ptr<OpensslCrypto> crypto;
    std::unique_ptr<membership::SharedWitness> seat;
    model::EtcdSpec spec;
    Duration timeout{0};
    std::uint64_t generation = 0;
    std::string problem;
    Thread thread;

    std::atomic<bool> is_ending{false};  ///< for what the thread is waiting in
    std::mutex mutex;
    std::condition_variable wake;
    EtcdTask task;
};

EtcdWitness::EtcdWitness(EtcdWitnessOptions options, EtcdWitnessEvents events,
                         std::shared_ptr<Outbox> outbox)
    : impl_(std::make_unique<Impl>()) {
    impl_->options = std::move(options);
    impl_->events = std::move(events);
    impl_->outbox = std::move(outbox);
}

EtcdWitness::~EtcdWitness() {
    if (!impl_->thread.is_joinable()) return;
    impl_->is_ending = true;
    {
        std::lock_guard guard(impl_->mutex);
        impl_->task.is_ending = true;
    }
    impl_->wake.notify_one();
    impl_->thread.join();
}

void EtcdWitness::Impl::run() {
    std::optional<EtcdClient> client;
    std::uint64_t made_for = 0;
    for (;;) {
        EtcdTask now_asked;
        {
            std::unique_lock guard(mutex);
            wake.wait(guard, [this] { return task.is_ending || task.order; });
            if (task.is_ending) return;
            now_asked = task;
            task.order.reset();
        }
        if (!client || made_for != now_asked.generation)
            client.emplace(now_asked.spec, now_asked.timeout, &is_ending);
        made_for = now_asked.generation;
        auto outcome = carry_out(*client, EtcdPlaces(now_asked.spec.prefix), *now_asked.order);
        outbox->post([this, of = made_for, outcome = std::move(outcome)]() mutable {
            on_outcome(of, std::move(outcome));
        });
    }
}

/// Datagrams go to the engine and orders to the thread.
void EtcdWitness::Impl::pump(std::vector<wire::Datagram> out) {
    for (auto& datagram : out)
        outbox->post([this, bytes = std::move(datagram.bytes)]() mutable {
            events.datagram(std::move(bytes));
        });
    auto order = seat->take_order();
    if (!order) return;
    {
        std::lock_guard guard(mutex);
        task.order = std::move(order);
        task.spec = spec;
        task.timeout = timeout;
        task.generation = generation;
    }
    wake.notify_one();
}

void EtcdWitness::Impl::on_outcome(std::uint64_t of, EtcdOutcome outcome) {
    // What an etcd said that is none of ours any more.
    if (!seat || of != generation) return;
    std::vector<wire::Datagram> out;
    const auto at = now();
    if (outcome.values)
        seat->on_read(at, outcome.order, *outcome.values, out);
    else if (outcome.is_won)
        seat->on_swapped(at, outcome.order, *outcome.is_won, out);
    else
        seat->on_unknown(outcome.order);
    note_problem(outcome.problem.empty() ? seat->problem() : std::move(outcome.problem));
    pump(std::move(out));
}

void EtcdWitness::Impl::note_problem(std::string text) {
    if (text == problem) return;
    problem = std::move(text);
    outbox->post([this, told = problem] { events.problem(told); });
}

Result<void> EtcdWitness::Impl::begin(const model::ClusterSpec& cluster) {
    auto made = OpensslCrypto::make();
    if (!made) return made.error();
    crypto = std::move(*made);
    membership::SharedWitnessOptions o;
    o.node = options.node;
    // Above that of a witness with a start of its own which this one may have followed.
    o.start = std::max(options.start, first_start());
    o.seed = random_seed();
    o.salt_seed = random_seed();
    o.keys = options.keys.keys;
    o.key_in_use = options.keys.key_in_use;
    o.name = cluster.name;
    auto started = Thread::start({.name = "ha-etcd"}, [this] { run(); });
    if (!started) return started.error();
    thread = std::move(*started);
    seat = std::make_unique<membership::SharedWitness>(now(), std::move(o), *crypto);
    return {};
}

Result<void> EtcdWitness::use(const model::ClusterSpec& spec) {
    auto& i = *impl_;
    const auto wanted = std::clamp(spec.timing.lease / 2, k_etcd_timeout_min, k_etcd_timeout_max);
    if (spec.witness.etcd == i.spec && wanted == i.timeout) return {};
    i.spec = spec.witness.etcd;
    i.timeout = wanted;
    i.generation++;
    i.note_problem({});
    if (i.seat) i.seat->forget();
    if (i.spec.endpoints.empty() || i.seat) return {};
    return i.begin(spec);
}

bool EtcdWitness::is_used() const { return impl_->seat && !impl_->spec.endpoints.empty(); }

void EtcdWitness::receive(ByteView datagram) {
    std::vector<wire::Datagram> out;
    impl_->seat->receive(now(), datagram, out);
    impl_->pump(std::move(out));
}

void EtcdWitness::tick(Instant at) {
    if (!is_used() || impl_->seat->next_deadline() > at) return;
    std::vector<wire::Datagram> out;
    impl_->seat->tick(at, out);
    impl_->pump(std::move(out));
}

Instant EtcdWitness::next_deadline() const {
    return is_used() ? impl_->seat->next_deadline() : Instant::max();
}

const std::string& EtcdWitness::problem() const { return impl_->problem; }

}  // namespace ha::runtime
