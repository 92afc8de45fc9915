// The durable store as a value: how a batch changes what a node remembers, and its encoding.
#include "wire/store.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "wire/limits.hpp"
#include "wire/store_codec.hpp"

namespace ha::wire {

namespace {

constexpr std::size_t k_released_bytes = 12;
constexpr std::size_t k_forked_bytes = 23;

void put_released(Writer& w, const std::vector<Released>& items) {
    w.u32(static_cast<std::uint32_t>(items.size()));
    for (const auto& item : items) encode(w, item);
}

void get_released(Reader& r, std::vector<Released>& out) {
    const auto count = r.count(k_released_bytes);
    for (std::size_t i = 0; i < count; i++) out.push_back(decode_released(r));
}

void put_forked(Writer& w, const std::vector<Forked>& items) {
    w.u32(static_cast<std::uint32_t>(items.size()));
    for (const auto& item : items) {
        w.id(item.group);
        w.id(item.epoch.incarnation);
        w.id(item.epoch.term);
        w.id(item.epoch.node);
        w.boolean(item.was_active);
    }
}

void get_forked(Reader& r, std::vector<Forked>& out) {
    const auto count = r.count(k_forked_bytes);
    for (std::size_t i = 0; i < count; i++) {
        Forked item;
        item.group = r.id<GroupId>();
        item.epoch.incarnation = r.id<Incarnation>();
        item.epoch.term = r.id<Term>();
        item.epoch.node = r.id<NodeId>();
        item.was_active = r.boolean();
        if (!out.empty() && !(out.back().group < item.group)) r.fail();
        out.push_back(item);
    }
}

void put_entries(Writer& w, const std::vector<LogEntry>& entries) {
    w.u32(static_cast<std::uint32_t>(entries.size()));
    for (const auto& e : entries) encode(w, e);
}

void get_entries(Reader& r, std::vector<LogEntry>& out) {
    const auto count = r.count(k_log_entry_bytes_min);
    for (std::size_t i = 0; i < count && !r.failed(); i++) out.push_back(decode_log_entry(r));
}

/// Index of the newest entry that `state` has, in its log or behind its snapshot.
std::uint64_t last_index(const StoreState& state) {
    return state.entries.empty() ? state.snapshot.index.value : state.entries.back().index.value;
}

bool is_consecutive(const std::vector<LogEntry>& entries) {
    for (std::size_t i = 1; i < entries.size(); i++)
        if (entries[i].index.value != entries[i - 1].index.value + 1) return false;
    return true;
}

/// Raft 7: entries after the snapshot stay when the log has the snapshot's own last entry.
void take_snapshot(StoreState& state, const Snapshot& snapshot) {
    bool fits = snapshot.index == state.snapshot.index && snapshot.term == state.snapshot.term;
    for (const auto& e : state.entries)
        fits = fits || (e.index == snapshot.index && e.term == snapshot.term);
    if (!fits) state.entries.clear();
    std::erase_if(state.entries, [&](const LogEntry& e) { return e.index <= snapshot.index; });
    state.snapshot = snapshot;
}

void drop_history(StoreState& state, const StoreId& anew) {
    state.store = anew;
    state.snapshot = {};
    state.entries.clear();
}

void take_entries(StoreState& state, const std::vector<LogEntry>& entries) {
    const auto first = entries.front().index;
    std::erase_if(state.entries, [&](const LogEntry& e) { return e.index >= first; });
    state.entries.insert(state.entries.end(), entries.begin(), entries.end());
}

void put_shot(Writer& w, const Shot& shot) {
    w.id(shot.node);
    w.id(shot.start);
    w.u32(shot.count);
}

Shot get_shot(Reader& r) {
    Shot shot;
    shot.node = r.id<NodeId>();
    shot.start = r.id<StartNumber>();
    shot.count = r.u32();
    if (!shot.node && shot != Shot{}) r.fail();
    return shot;
}

void take_released(StoreState& state, const StoreBatch& batch) {
    auto& all = state.released;
    all.insert(all.end(), batch.released_add.begin(), batch.released_add.end());
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    for (const auto& gone : batch.released_remove) std::erase(all, gone);
}

}  // namespace

bool StoreBatch::empty() const {
    return !start && !cluster && !ballot && !store_anew && !snapshot && append.empty() &&
           released_add.empty() && released_remove.empty() && !forked && !reboots && !armed &&
           !shot;
}

bool is_applicable(const StoreState& state, const StoreBatch& batch) {
    if (batch.store_anew && (!*batch.store_anew || !batch.snapshot)) return false;
    if (batch.append.empty()) return true;
    if (!is_consecutive(batch.append)) return false;
    auto snapshot_index = state.snapshot.index.value;
    auto last = last_index(state);
    if (batch.snapshot) {
        StoreState probe;
        probe.snapshot = state.snapshot;
        probe.entries = state.entries;
        if (batch.store_anew) drop_history(probe, *batch.store_anew);
        take_snapshot(probe, *batch.snapshot);
        snapshot_index = probe.snapshot.index.value;
        last = last_index(probe);
    }
    const auto first = batch.append.front().index.value;
    return first > snapshot_index && first <= last + 1;
}

void apply(StoreState& state, const StoreBatch& batch) {
    HA_ASSERT(is_applicable(state, batch));
    if (batch.start) state.start = *batch.start;
    if (batch.cluster) state.cluster = *batch.cluster;
    if (batch.ballot) {
        state.term = batch.ballot->term;
        state.voted_for = batch.ballot->voted_for;
    }
    if (batch.store_anew) drop_history(state, *batch.store_anew);
    if (batch.snapshot) take_snapshot(state, *batch.snapshot);
    if (!batch.append.empty()) take_entries(state, batch.append);
    take_released(state, batch);
    if (batch.forked) state.forked = *batch.forked;
    if (batch.reboots) state.reboots = *batch.reboots;
    if (batch.armed) state.armed = *batch.armed;
    if (batch.shot) state.shot = *batch.shot;
    state.counter++;
}

StoreBatch begin_start(const StoreState& before, StartNumber start, const BootId& boot,
                       bool& was_reset) {
    StoreBatch batch;
    batch.start = start;
    // A daemon that is started anew in the same boot goes on with what it held.
    was_reset = before.armed && before.armed != boot;
    if (!was_reset) return batch;
    if (before.reboots < UINT32_MAX) batch.reboots = before.reboots + 1;
    batch.armed = BootId{};
    return batch;
}

void encode_state(Writer& w, const StoreState& state) {
    w.id(state.store);
    w.id(state.start);
    w.id(state.cluster);
    w.id(state.term);
    w.id(state.voted_for);
    encode(w, state.snapshot);
    put_entries(w, state.entries);
    put_released(w, state.released);
    put_forked(w, state.forked);
    w.u32(state.reboots);
    w.id(state.armed);
    put_shot(w, state.shot);
}

StoreState decode_state(Reader& r) {
    StoreState s;
    s.store = r.id<StoreId>();
    s.start = r.id<StartNumber>();
    s.cluster = r.id<ClusterId>();
    s.term = r.id<Term>();
    s.voted_for = r.id<NodeId>();
    s.snapshot = decode_snapshot(r);
    get_entries(r, s.entries);
    get_released(r, s.released);
    get_forked(r, s.forked);
    s.reboots = r.u32();
    s.armed = r.id<BootId>();
    s.shot = get_shot(r);
    const bool is_gapless = s.entries.empty() || (is_consecutive(s.entries) &&
                            s.entries.front().index.value == s.snapshot.index.value + 1);
    const bool is_sorted = std::adjacent_find(s.released.begin(), s.released.end(),
                                              [](const Released& a, const Released& b) {
                                                  return !(a < b);
                                              }) == s.released.end();
    if (!s.store || !is_gapless || !is_sorted) r.fail();
    return s;
}

void encode_batch(Writer& w, const StoreBatch& batch) {
    w.boolean(batch.start.has_value());
    if (batch.start) w.id(*batch.start);
    w.boolean(batch.cluster.has_value());
    if (batch.cluster) w.id(*batch.cluster);
    w.boolean(batch.ballot.has_value());
    if (batch.ballot) {
        w.id(batch.ballot->term);
        w.id(batch.ballot->voted_for);
    }
    w.boolean(batch.store_anew.has_value());
    if (batch.store_anew) w.id(*batch.store_anew);
    w.boolean(batch.snapshot.has_value());
    if (batch.snapshot) encode(w, *batch.snapshot);
    put_entries(w, batch.append);
    put_released(w, batch.released_add);
    put_released(w, batch.released_remove);
    w.boolean(batch.forked.has_value());
    if (batch.forked) put_forked(w, *batch.forked);
    w.boolean(batch.reboots.has_value());
    if (batch.reboots) w.u32(*batch.reboots);
    w.boolean(batch.armed.has_value());
    if (batch.armed) w.id(*batch.armed);
    w.boolean(batch.shot.has_value());
    if (batch.shot) put_shot(w, *batch.shot);
}

StoreBatch decode_batch(Reader& r) {
    StoreBatch b;
    if (r.boolean()) b.start = r.id<StartNumber>();
    if (r.boolean()) b.cluster = r.id<ClusterId>();
    if (r.boolean()) {
        b.ballot.emplace();
        b.ballot->term = r.id<Term>();
        b.ballot->voted_for = r.id<NodeId>();
    }
    if (r.boolean()) b.store_anew = r.id<StoreId>();
    if (r.boolean()) b.snapshot = decode_snapshot(r);
    get_entries(r, b.append);
    get_released(r, b.released_add);
    get_released(r, b.released_remove);
    if (r.boolean()) get_forked(r, b.forked.emplace());
    if (r.boolean()) b.reboots = r.u32();
    if (r.boolean()) b.armed = r.id<BootId>();
    if (r.boolean()) b.shot = get_shot(r);
    return b;
}

}  // namespace ha::wire
