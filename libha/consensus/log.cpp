// The log of one node in memory.
#include "consensus/log.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "base/seeded_bug.hpp"

namespace ha::consensus {
namespace {

/// As old as the entry that named them: only who has a newer one is asked to catch up (F1).
LogIndex age_of_voters(const wire::Snapshot& snapshot) {
    return is_seeded(SeededBug::snapshot_renews_voters) ? snapshot.index : snapshot.voters_index;
}

}  // namespace

Log::Log(const wire::StoreState& recovered)
    : base_(recovered.snapshot.index),
      base_term_(recovered.snapshot.term),
      snapshot_(recovered.snapshot),
      first_changed_(after(recovered.snapshot.index)),
      durable_(recovered.snapshot.index) {
    push_voters(age_of_voters(snapshot_), snapshot_.voters);
    entries_.reserve(recovered.entries.size());
    for (const auto& entry : recovered.entries) append(entry);
    first_changed_ = after(last_index());
    durable_ = last_index();
}

void Log::push_voters(LogIndex index, std::vector<wire::Voter> voters) {
    std::vector<NodeId> nodes;
    nodes.reserve(voters.size());
    for (const auto& voter : voters) nodes.push_back(voter.node);
    voters_.push_back({index, std::move(voters), std::move(nodes)});
}

std::optional<Term> Log::term_at(LogIndex index) const {
    if (index == base_) return base_term_;
    if (index < base_ || index > last_index()) return std::nullopt;
    return at(index).term;
}

const wire::LogEntry& Log::at(LogIndex index) const {
    HA_ASSERT(index > base_ && index <= last_index());
    return entries_[offset_after(before(index))];
}

std::size_t Log::offset_after(LogIndex index) const {
    HA_ASSERT(index >= base_);
    return static_cast<std::size_t>(index.value - base_.value);
}

std::span<const wire::LogEntry> Log::entries_after(LogIndex index) const {
    const auto offset = offset_after(index);
    if (offset >= entries_.size()) return {};
    return std::span(entries_).subspan(offset);
}

bool Log::is_up_to_date(LogIndex their_last, Term their_term) const {
    if (their_term != last_term()) return their_term > last_term();
    return their_last >= last_index();
}

LogIndex Log::voters_index_at(LogIndex index) const {
    auto out = voters_.front().index;
    for (const auto& known : voters_)
        if (known.index <= index) out = known.index;
    return out;
}

std::size_t Log::entries_since_snapshot() const {
    return entries_after(snapshot_.index).size();
}

std::size_t Log::bytes_since_snapshot() const {
    std::size_t sum = 0;
    for (const auto& entry : entries_after(snapshot_.index)) sum += entry.payload.size();
    return sum;
}

void Log::append(wire::LogEntry entry) {
    HA_ASSERT(entry.index == after(last_index()));
    HA_ASSERT(entry.term >= last_term());
    if (entry.kind == wire::EntryKind::voters) {
        std::vector<wire::Voter> newest;
        const bool is_decoded = wire::decode_voters(entry.payload, newest);
        HA_ASSERT(is_decoded);
        push_voters(entry.index, std::move(newest));
    }
    entries_.push_back(std::move(entry));
}

void Log::truncate_from(LogIndex first) {
    HA_ASSERT(first > snapshot_.index && first <= last_index());
    entries_.resize(offset_after(before(first)));
    while (voters_.back().index >= first) voters_.pop_back();
    first_changed_ = std::min(first_changed_, first);
    durable_ = std::min(durable_, last_index());
    // A write under way carries entries that are replaced now: it proves only what went before.
    for (auto& write : writes_) write.last = std::min(write.last, last_index());
}

void Log::compact(LogIndex index, Bytes document) {
    HA_ASSERT(index > snapshot_.index && index <= last_index());
    while (voters_.size() > 1 && voters_[1].index <= index) voters_.erase(voters_.begin());
    snapshot_ = {index, *term_at(index), voters_.front().voters, std::move(document),
                 voters_.front().index};
    is_snapshot_changed_ = true;
    first_changed_ = std::max(first_changed_, after(index));
    drop_kept();
}

/// Forgets the oldest entries up to the snapshot that are above the limits of what is kept.
void Log::drop_kept() {
    std::size_t kept = 0;
    std::size_t bytes = 0;
    auto index = snapshot_.index;
    while (index > base_ && kept < k_limit_kept_entries) {
        bytes += at(index).payload.size();
        if (bytes > k_limit_kept_bytes) break;
        kept++;
        index = before(index);
    }
    const auto count = offset_after(index);
    if (count == 0) return;
    base_term_ = *term_at(index);
    entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(count));
    base_ = index;
}

void Log::install(wire::Snapshot snapshot) {
    HA_ASSERT(snapshot.index > snapshot_.index);
    take_over(std::move(snapshot));
}

void Log::replace(wire::Snapshot snapshot, const StoreId& anew) {
    store_anew_ = anew;
    take_over(std::move(snapshot));
}

void Log::become(const StoreId& anew) {
    store_anew_ = anew;
    is_snapshot_changed_ = true;
    first_changed_ = after(snapshot_.index);
}

void Log::take_over(wire::Snapshot snapshot) {
    snapshot_ = std::move(snapshot);
    is_snapshot_changed_ = true;
    entries_.clear();
    base_ = snapshot_.index;
    base_term_ = snapshot_.term;
    voters_.clear();
    push_voters(age_of_voters(snapshot_), snapshot_.voters);
    first_changed_ = after(base_);
    // Nothing of the old log counts as ours any more; the snapshot does when its write is durable.
    durable_ = LogIndex{};
    for (auto& write : writes_) write.last = LogIndex{};
}

void Log::take_changes(wire::StoreBatch& batch) {
    batch.store_anew = std::exchange(store_anew_, std::nullopt);
    if (std::exchange(is_snapshot_changed_, false)) batch.snapshot = snapshot_;
    const auto changed = entries_after(before(first_changed_));
    batch.append.assign(changed.begin(), changed.end());
    first_changed_ = after(last_index());
}

void Log::on_written(std::uint64_t number) {
    HA_ASSERT(writes_.empty() || writes_.back().number < number);
    writes_.push_back({number, last_index()});
}

void Log::on_persisted(std::uint64_t number) {
    auto write = writes_.begin();
    for (; write != writes_.end() && write->number <= number; ++write)
        durable_ = std::max(durable_, write->last);
    writes_.erase(writes_.begin(), write);
}

}  // namespace ha::consensus
