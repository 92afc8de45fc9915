// A witness's seat at one cluster.
#include "membership/witness_seat.hpp"

#include <algorithm>
#include <type_traits>

#include "base/assert.hpp"
#include "base/limits.hpp"

namespace ha::membership {

namespace {

template <class T, class... Requests>
constexpr bool is_one_of(const std::variant<Requests...>*) {
    return (std::is_same_v<T, Requests> || ...);
}
template <class T>
constexpr bool k_is_request = is_one_of<T>(static_cast<const WitnessRequest*>(nullptr));

}  // namespace

WitnessSeat::WitnessSeat(Instant now, WitnessSeatOptions options, wire::WitnessRecord record,
                         wire::Crypto& crypto)
    : options_(std::move(options)),
      crypto_(crypto),
      channels_({k_witness_node, options_.start, options_.seed, options_.keys,
                 options_.key_in_use},
                crypto),
      record_(std::move(record)),
      granter_(now, record_.lease_longest, k_witness_drift_ppm),
      noted_(record_.counter),
      durable_(record_.counter),
      lease_durable_(record_.lease_longest) {
    HA_ASSERT(record_.store);
    if (record_.counter > 0) return;
    // Nobody hears of a new record before it is durable: its store is an identity.
    WitnessStep birth;
    record_.counter = 1;
    birth.record = record_;
    note_change(birth);
}

void WitnessSeat::use_peers() {
    std::vector<wire::Peer> list;
    for (const auto& [node, known] : nodes_) list.push_back({node, {k_witness_interconnect}});
    channels_.set_peers(std::move(list));
}

/// The witness has no list of nodes: whoever proves the cluster's key is one. The one that was
/// silent for longest makes room.
bool WitnessSeat::admit(Instant now, ByteView datagram) {
    const auto kind = wire::kind_of(datagram);
    if (!kind) return false;
    if (*kind == wire::PacketKind::data) return true;
    wire::Hello hello;
    if (!wire::decode_hello(datagram, hello)) return false;
    if (nodes_.contains(hello.from)) return true;
    const wire::Key* key = nullptr;
    for (const auto& [id, one] : options_.keys)
        if (id == hello.key_id) key = &one;
    if (hello.to != k_witness_node || !hello.from || hello.from == k_witness_node ||
        key == nullptr || !wire::is_hello_genuine(datagram, *key, crypto_))
        return false;
    if (nodes_.size() == k_limit_nodes)
        nodes_.erase(std::min_element(nodes_.begin(), nodes_.end(), [](auto& a, auto& b) {
            return a.second.heard < b.second.heard;
        }));
    nodes_[hello.from].heard = now;
    use_peers();
    return true;
}

bool WitnessSeat::receive(Instant now, ByteView datagram, std::vector<wire::Datagram>& out) {
    if (!admit(now, datagram)) return false;
    std::vector<wire::Delivery> deliveries;
    std::vector<wire::Refusal> refusals;
    channels_.receive(now, k_witness_interconnect, datagram, deliveries, out, refusals);
    for (const auto& delivery : deliveries) on_delivery(now, delivery, out);
    return refusals.empty();
}

void WitnessSeat::on_delivery(Instant now, const wire::Delivery& delivery,
                              std::vector<wire::Datagram>& out) {
    const auto from = delivery.from;
    newest_sender_ = from;
    nodes_[from].heard = now;
    std::visit(
        [&](const auto& message) {
            using T = std::decay_t<decltype(message)>;
            if constexpr (k_is_request<T>)
                handle(now, from, WitnessRequest(message), out);
        },
        delivery.message);
}

bool WitnessSeat::is_held(Instant now, NodeId from) const {
    return leader_ && leader_ != from && now < held_until_;
}

/// A leader that is heard is not deposed by who does not hear it; not even its term is taken.
bool WitnessSeat::refuses(Instant now, NodeId from, const wire::VoteRequest& request) {
    if (from == leader_) leader_ = NodeId{};  // it was restarted, or stepped down
    return !request.transfer && request.term > record_.term && is_held(now, from);
}

void WitnessSeat::handle(Instant now, NodeId from, const WitnessRequest& request,
                         std::vector<wire::Datagram>& out) {
    requests_++;
    if (const auto* vote = std::get_if<wire::VoteRequest>(&request)) {
        if (refuses(now, from, *vote))
            return send(now, from, wire::VoteReply{.pre = vote->pre, .granted = false,
                                                   .term = record_.term, .store = record_.store},
                        out);
    }
    auto step = witness_step(std::move(record_), from, request, options_.is_light);
    note_change(step);
    record_ = std::move(step.record);
    if (const auto* ask = std::get_if<wire::WitnessAsk>(&request)) {
        if (ask->is_leader && ask->term >= record_.term && ask->cluster == record_.cluster) {
            leader_ = from;
            held_until_ = now + std::min(ask->hold, k_witness_lease_max);
        }
    }
    if (record_.counter <= durable_) return send(now, from, std::move(step.answer), out);
    // A slow disk must not cost leases: one that rests on nothing new is answered at once. What
    // else the record says is told when it is durable.
    if (const auto* state = std::get_if<wire::WitnessState>(&step.answer);
        state != nullptr && state->seq && state->lease_length > Duration::zero() &&
        state->lease_length <= lease_durable_) {
        wire::WitnessState early;
        early.is_brief = true;
        early.seq = state->seq;
        early.cluster = state->cluster;
        early.store = state->store;
        early.is_light = state->is_light;
        early.lease_length = state->lease_length;
        return send(now, from, early, out);
    }
    if (held_answers_.size() < k_limit_witness_answers)
        held_answers_.push_back({record_.counter, from, std::move(step.answer)});
}

void WitnessSeat::note_change(const WitnessStep& step) {
    if (step.record.counter <= noted_) return;
    noted_ = step.record.counter;
    wire::WitnessChange change;
    auto& kept = step.record.kept;
    change.is_kept_replaced = step.is_kept_replaced;
    change.record.cluster = step.record.cluster;
    change.record.store = step.record.store;
    change.record.counter = step.record.counter;
    change.record.term = step.record.term;
    change.record.voted_for = step.record.voted_for;
    change.record.last = step.record.last;
    change.record.last_term = step.record.last_term;
    change.record.voters_index = step.record.voters_index;
    change.record.lease_longest = step.record.lease_longest;
    change.record.blocks = step.record.blocks;
    change.record.kept.assign(kept.end() - static_cast<std::ptrdiff_t>(step.kept_added),
                              kept.end());
    changes_.push_back(std::move(change));
}

std::optional<wire::WitnessChange> WitnessSeat::take_change() {
    if (changes_.empty()) return std::nullopt;
    auto change = std::move(changes_.front());
    changes_.pop_front();
    return change;
}

void WitnessSeat::persisted(Instant now, std::uint64_t counter, std::vector<wire::Datagram>& out) {
    durable_ = std::max(durable_, counter);
    if (durable_ == record_.counter) lease_durable_ = record_.lease_longest;
    while (!held_answers_.empty() && held_answers_.front().after <= durable_) {
        auto held = std::move(held_answers_.front());
        held_answers_.pop_front();
        send(now, held.to, std::move(held.answer), out);
    }
}

/// Fills in what is no part of the record, at the moment of sending.
void WitnessSeat::send(Instant now, NodeId to, WitnessAnswer answer,
                       std::vector<wire::Datagram>& out) {
    if (auto* state = std::get_if<wire::WitnessState>(&answer)) {
        state->counter = durable_;
        state->is_held = is_held(now, to);
        if (state->lease_length > Duration::zero())
            granter_.on_answered(now, to, state->lease_length);
        for (auto& block : state->blocks) block.remaining = granter_.remaining(now, block.node);
    }
    std::visit([&](auto& one) { channels_.send(now, to, wire::Message(std::move(one)), out); },
               answer);
}

void WitnessSeat::set_keys(Instant now, std::vector<std::pair<std::uint32_t, wire::Key>> keys,
                           std::uint32_t key_in_use) {
    channels_.set_keys(now, keys, key_in_use);
    options_.keys = std::move(keys);
    options_.key_in_use = key_in_use;
}

void WitnessSeat::tick(Instant now, std::vector<wire::Datagram>& out) {
    channels_.tick(now, out);
}

std::vector<WitnessNodeStatus> WitnessSeat::nodes() const {
    std::vector<WitnessNodeStatus> out;
    for (const auto& [node, known] : nodes_)
        out.push_back({node, known.heard, node == leader_});
    return out;
}

}  // namespace ha::membership
