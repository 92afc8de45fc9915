// The witness of one node, by compare-and-swap on a shared record.
#include "membership/witness_shared.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "base/seeded_bug.hpp"
#include "membership/witness_seat.hpp"

namespace ha::membership {

namespace {

constexpr std::size_t k_shared_salt_bytes = 16;
constexpr std::string_view k_shared_info = "libha witness shared 2";
/// Of the form before that: no store was named in it, neither beside what was sealed nor in its
/// place.
constexpr std::string_view k_shared_info_before = "libha witness shared 1";
constexpr const char* k_made_anew =
    "delete the keys below the prefix, and the witness is added anew";
/// A leader writes its beat so many times within its hold: one that is lost costs nothing.
constexpr int k_beats = 3;

template <class T>
const T* last_of(const std::vector<WitnessRequest>& all) {
    const T* out = nullptr;
    for (const auto& one : all)
        if (const auto* found = std::get_if<T>(&one)) out = found;
    return out;
}

/// A preliminary vote does not take the place of a real one, nor copies that of what a commit waits
/// for.
std::pair<std::size_t, bool> kind_of(const WitnessRequest& request) {
    bool is_second = false;
    if (const auto* vote = std::get_if<wire::VoteRequest>(&request)) is_second = vote->pre;
    if (const auto* append = std::get_if<wire::WitnessAppend>(&request)) is_second = !append->last;
    return {request.index(), is_second};
}

}  // namespace

SharedWitness::SharedWitness(Instant now, SharedWitnessOptions options, wire::Crypto& crypto)
    : options_(std::move(options)),
      crypto_(crypto),
      random_(options_.salt_seed),
      channels_({k_witness_node, options_.start, options_.seed, options_.keys,
                 options_.key_in_use},
                crypto),
      leader_seen_at_(now),
      beaten_at_(now) {
    channels_.set_peers({{options_.node, {k_witness_interconnect}}});
}

/// What is sealed is sealed to its place: one that was copied to another cannot be opened there.
Bytes SharedWitness::place_of(std::string_view what, std::uint64_t store) const {
    Bytes out;
    Writer w(out);
    w.text(options_.name);
    w.text(what);
    w.u64(store);
    return out;
}

/// Sealed as the parts that a node keeps are: key id 4, salt 16; then the store 8, for which it was
/// sealed, so that a copy elsewhere can be told for what it is; then the sealed bytes.
Bytes SharedWitness::seal(ByteView plain, std::string_view what, std::uint64_t store) {
    Bytes out;
    const auto key = std::find_if(options_.keys.begin(), options_.keys.end(), [&](const auto& one) {
        return one.first == options_.key_in_use;
    });
    HA_ASSERT(key != options_.keys.end());
    Bytes salt;
    Writer s(salt);
    for (std::size_t n = 0; n < k_shared_salt_bytes / 8; n++) s.u64(random_.next());
    const auto where = place_of(what, store);
    Writer w(out);
    w.u32(options_.key_in_use);
    w.raw(salt);
    w.u64(store);
    crypto_.seal_part(part_key(key->second, salt, k_shared_info), where, plain, out);
    return out;
}

wire::Key SharedWitness::part_key(const wire::Key& key, ByteView salt,
                                  std::string_view info) const {
    return crypto_.derive(key, salt,
                          {reinterpret_cast<const std::uint8_t*>(info.data()), info.size()});
}

/// `store` becomes the one for which it was sealed.
std::optional<Bytes> SharedWitness::open(ByteView sealed, std::string_view what,
                                         std::uint64_t& store) {
    Reader r(sealed);
    const auto number = r.u32();
    const auto salt = r.raw(k_shared_salt_bytes);
    store = r.u64();
    const auto rest = r.raw(r.remaining());
    const auto key = std::find_if(options_.keys.begin(), options_.keys.end(),
                                  [&](const auto& one) { return one.first == number; });
    if (r.failed() || key == options_.keys.end()) return std::nullopt;
    Bytes plain;
    if (!crypto_.open_part(part_key(key->second, salt, k_shared_info), place_of(what, store), rest,
                           plain))
        return std::nullopt;
    return plain;
}

/// Only told from others: it does not say in which etcd it was written, so it may be a copy.
bool SharedWitness::is_of_form_before(ByteView sealed, std::string_view what) const {
    Reader r(sealed);
    const auto number = r.u32();
    const auto salt = r.raw(k_shared_salt_bytes);
    const auto rest = r.raw(r.remaining());
    const auto key = std::find_if(options_.keys.begin(), options_.keys.end(),
                                  [&](const auto& one) { return one.first == number; });
    if (r.failed() || key == options_.keys.end()) return false;
    Bytes where, plain;
    Writer w(where);
    w.text(options_.name);
    w.text(what);
    return crypto_.open_part(part_key(key->second, salt, k_shared_info_before), where, rest, plain);
}

void SharedWitness::receive(Instant now, ByteView datagram, std::vector<wire::Datagram>& out) {
    std::vector<wire::Delivery> deliveries;
    std::vector<wire::Refusal> refusals;
    channels_.receive(now, k_witness_interconnect, datagram, deliveries, out, refusals);
    for (auto& delivery : deliveries)
        std::visit(
            [&](auto& message) {
                using T = std::decay_t<decltype(message)>;
                if constexpr (std::is_constructible_v<WitnessRequest, T>)
                    want(WitnessRequest(std::move(message)));
            },
            delivery.message);
}

/// Of each kind the newest counts: while the store is slow nothing piles up.
void SharedWitness::want(WitnessRequest request) {
    std::erase_if(wanted_, [&](const auto& one) { return kind_of(one) == kind_of(request); });
    wanted_.push_back(std::move(request));
}

std::optional<SharedOrder> SharedWitness::take_order() {
    if (under_way_ != 0) return std::nullopt;
    if (swap_due_) {
        under_way_ = ++orders_;
        return SharedOrder{under_way_, *std::exchange(swap_due_, std::nullopt)};
    }
    if (!is_read_due_) {
        if (wanted_.empty()) return std::nullopt;
        round_ = {};
        round_.requests = std::exchange(wanted_, {});
    }
    is_read_due_ = false;
    under_way_ = ++orders_;
    const bool with_kept = last_of<wire::WitnessFetch>(round_.requests) != nullptr;
    return SharedOrder{under_way_, SharedRead{with_kept}};
}

/// False: nothing can be decided from this.
bool SharedWitness::read_values(Instant now, const SharedValues& values) {
    round_.answers.clear();
    round_.shared = {};
    round_.leader = {};
    round_.has_beat = false;
    problem_.clear();
    if (values.revision == 0) {
        // A new identity, no voter until a leader adds it; durable before anybody hears of it.
        round_.shared.record.store = random_id<StoreId>(random_);
        round_.shared.record.counter = 1;
    } else {
        std::uint64_t written_in = 0;
        const auto plain = open(values.record, "record", written_in);
        if (!plain) {
            problem_ = is_of_form_before(values.record, "record")
                           ? std::string("its record was written by an older version, and does not "
                                         "say in which etcd: it may be a copy that lacks what was "
                                         "acknowledged elsewhere. When no node runs that version "
                                         "any more, ") + k_made_anew
                           : "its record was sealed with another key, or for another cluster: give "
                             "each cluster a prefix of its own";
            return false;
        }
        if (written_in != values.store) {
            problem_ = "its record was written in another etcd (cluster_id " +
                       std::to_string(written_in) + ", and this one's is " +
                       std::to_string(values.store) +
                       "): as a copy it may lack what was acknowledged there. When that etcd is "
                       "gone for good, " + k_made_anew;
            return false;
        }
        auto shared = wire::decode_shared_record(*plain);
        if (!shared) {
            problem_ = shared.error().context + "; when no node runs a version that reads it, " +
                       k_made_anew;
            return false;
        }
        round_.shared = std::move(*shared);
    }
    std::uint64_t led_in = 0;
    if (const auto plain = open(values.leader, "leader", led_in); plain && led_in == values.store) {
        if (auto leader = wire::decode_shared_leader(*plain)) round_.leader = *leader;
    }
    if (round_.leader != leader_seen_) {
        leader_seen_ = round_.leader;
        leader_seen_at_ = now;
    }
    return true;
}

/// What it keeps as the rule book wants to see it. Where the parts are not wanted only their sizes
/// count, and bytes of that number stand for them.
std::vector<wire::SealedPart> SharedWitness::kept_of(const SharedValues& values, bool with_kept) {
    std::vector<wire::SealedPart> out;
    for (const auto& place : round_.shared.kept) {
        wire::SealedPart part{place.after, place.after_term, place.last, place.last_term, {}};
        const auto found = values.parts.find(place.number);
        const bool is_here = found != values.parts.end() && found->second.size() == place.bytes;
        if (with_kept && !is_here)
            problem_ = "part " + std::to_string(place.number) + " of what it keeps is missing";
        part.sealed = is_here ? found->second : Bytes(place.bytes);
        out.push_back(std::move(part));
    }
    return out;
}

bool SharedWitness::is_held(Instant now, Term term) const {
    const auto& leader = leader_seen_;
    return leader.node && leader.node != options_.node && leader.term >= term &&
           now < leader_seen_at_ + std::min(leader.hold, k_witness_lease_max);
}

void SharedWitness::take_step(Instant now, const WitnessRequest& request,
                              wire::WitnessRecord& record, SharedSwap& swap) {
    if (const auto* vote = std::get_if<wire::VoteRequest>(&request)) {
        if (!vote->transfer && vote->term > record.term && is_held(now, record.term)) {
            round_.answers.push_back(wire::VoteReply{.pre = vote->pre, .granted = false,
                                                     .term = record.term, .store = record.store});
            return;
        }
    }
    auto step = witness_step(std::move(record), options_.node, request, false);
    auto& shared = round_.shared;
    if (step.is_kept_replaced) {
        shared.kept.clear();
        swap.parts.clear();
    }
    auto& kept = step.record.kept;
    for (auto at = kept.end() - static_cast<std::ptrdiff_t>(step.kept_added); at != kept.end();
         ++at) {
        const auto number = shared.number_next++;
        shared.kept.push_back({number, at->after, at->after_term, at->last, at->last_term,
                               static_cast<std::uint32_t>(at->sealed.size())});
        swap.parts.emplace_back(number, at->sealed);
    }
    record = std::move(step.record);
    round_.answers.push_back(std::move(step.answer));
}

/// Only a leader that says for how long it wants to be held writes its beat.
void SharedWitness::beat_if_due(Instant now) {
    const auto* ask = last_of<wire::WitnessAsk>(round_.requests);
    if (ask == nullptr || !ask->is_leader || ask->hold <= Duration::zero() ||
        ask->term < round_.shared.record.term || ask->cluster != round_.shared.record.cluster)
        return;
    auto& leader = round_.leader;
    const bool is_same = leader.node == options_.node && leader.term == ask->term &&
                         leader.hold == ask->hold;
    if (is_same && now < beaten_at_ + ask->hold / k_beats) return;
    leader = {options_.node, ask->term, ask->hold, leader.beat + 1};
    round_.has_beat = true;
}

SharedSwap SharedWitness::decide(Instant now, const SharedValues& values) {
    SharedSwap swap;
    swap.revision = values.revision;
    auto& shared = round_.shared;
    const auto first_before = shared.kept.empty() ? 0 : shared.kept.front().number;
    const auto counter_before = values.revision == 0 ? 0 : shared.record.counter;
    const bool with_kept = last_of<wire::WitnessFetch>(round_.requests) != nullptr;
    auto record = shared.record;
    record.kept = kept_of(values, with_kept);
    for (const auto& request : round_.requests) take_step(now, request, record, swap);
    record.kept.clear();
    shared.record = std::move(record);
    beat_if_due(now);
    if (shared.record.counter != counter_before) {
        const auto first = shared.kept.empty() ? shared.number_next : shared.kept.front().number;
        if (first_before != 0 && first_before < first) {
            swap.erase_from = first_before;
            swap.erase_to = first;
        }
        swap.record = seal(encode(shared), "record", values.store);
    }
    if (round_.has_beat) swap.leader = seal(encode(round_.leader), "leader", values.store);
    return swap;
}

void SharedWitness::on_read(Instant now, std::uint64_t number, const SharedValues& values,
                            std::vector<wire::Datagram>& out) {
    if (number == 0 || number != under_way_) return;
    under_way_ = 0;
    if (!read_values(now, values)) return;
    auto swap = decide(now, values);
    // Sealed parts that are not there cannot be given; the rest is asked for again.
    if (!problem_.empty()) return;
    if (swap.record.empty() && swap.leader.empty()) return answer(now, out);
    swap_due_ = std::move(swap);
}

void SharedWitness::on_swapped(Instant now, std::uint64_t number, bool is_won,
                               std::vector<wire::Datagram>& out) {
    if (number == 0 || number != under_way_) return;
    under_way_ = 0;
    if (!is_won && !is_seeded(SeededBug::shared_swap_lost_is_won)) {
        is_read_due_ = ++round_.tries < k_shared_tries;
        return;
    }
    if (round_.has_beat) {
        beaten_at_ = leader_seen_at_ = now;
        leader_seen_ = round_.leader;
    }
    answer(now, out);
}

void SharedWitness::on_unknown(std::uint64_t number) {
    if (number != 0 && number == under_way_) under_way_ = 0;
}

/// A block counts from when this clock saw it first, as that of the same leader.
void SharedWitness::look_at_blocks(Instant now) {
    std::map<NodeId, Sight> sights;
    const auto& record = round_.shared.record;
    const bool is_same_record = record.store == record_seen_.store;
    for (const auto& block : record.blocks) {
        const auto known = sights_.find(block.node);
        const bool is_known = is_same_record && known != sights_.end() &&
                              known->second.index == block.index &&
                              known->second.term == record.term;
        sights[block.node] = {block.index, record.term, is_known ? known->second.since : now};
    }
    sights_ = std::move(sights);
    record_seen_ = record;
}

Duration SharedWitness::remaining(Instant now, NodeId node) const {
    const auto known = sights_.find(node);
    if (known == sights_.end() || is_seeded(SeededBug::shared_block_over_at_once))
        return Duration::zero();
    // The longest lease that was ever answered, with the drift of both clocks.
    const LeaseGranter granter(known->second.since, record_seen_.lease_longest,
                               k_witness_drift_ppm);
    return granter.remaining(now, node);
}

void SharedWitness::answer(Instant now, std::vector<wire::Datagram>& out) {
    look_at_blocks(now);
    for (auto& one : round_.answers) {
        if (auto* state = std::get_if<wire::WitnessState>(&one)) {
            state->counter = record_seen_.counter;
            state->is_held = is_held(now, record_seen_.term);
            for (auto& block : state->blocks) block.remaining = remaining(now, block.node);
        }
        std::visit(
            [&](auto& message) {
                channels_.send(now, options_.node, wire::Message(std::move(message)), out);
            },
            one);
    }
    round_ = {};
}

void SharedWitness::tick(Instant now, std::vector<wire::Datagram>& out) {
    channels_.tick(now, out);
}

void SharedWitness::forget() {
    under_way_ = 0;
    is_read_due_ = false;
    swap_due_.reset();
    wanted_.clear();
    round_ = {};
    record_seen_ = {};
    sights_.clear();
    leader_seen_ = {};
    problem_.clear();
}

}  // namespace ha::membership
