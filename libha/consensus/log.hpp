// The log of one node in memory: entries, the snapshot before them, the voters they name, and which
// part of it is durable.
//
//        kept for slow followers     not yet compacted
//      |-------------------------|-------------------------------------|
//   base()                  snapshot().index        durable()       last_index()
//
// Invariants:
// 1. base() <= snapshot().index <= last_index(); entries are without gaps, their terms never fall.
// 2. The store, once all batches handed out are durable, holds the snapshot and every entry after
//    it up to last_index(), less what changed since the last take_changes().
// 3. voters() is of the newest voters entry of the log, committed or not; of the snapshot when the
//    log holds none (dissertation 4.1). It goes back when such an entry is truncated.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "base/ids.hpp"
#include "base/reflect.hpp"
#include "wire/log.hpp"
#include "wire/store.hpp"

namespace ha::consensus {

constexpr LogIndex after(LogIndex i) {
    return LogIndex{i.value + 1};
}
constexpr LogIndex before(LogIndex i) {
    return LogIndex{i.value - 1};
}

/// Compacted entries kept in memory, so that a follower a little behind needs no whole document.
inline constexpr std::size_t k_limit_kept_entries = 256;
inline constexpr std::size_t k_limit_kept_bytes = 1024 * 1024;

class Log {
 public:
    /// For recordings (base/archive.hpp).
    auto members() {
        return reflect::fields(base_, base_term_, entries_, snapshot_, voters_, first_changed_,
                               is_snapshot_changed_, store_anew_, durable_, writes_);
    }

    explicit Log(const wire::StoreState& recovered);

    LogIndex base() const { return base_; }
    LogIndex last_index() const { return LogIndex{base_.value + entries_.size()}; }
    Term last_term() const { return entries_.empty() ? base_term_ : entries_.back().term; }
    /// None outside base()..last_index().
    std::optional<Term> term_at(LogIndex index) const;
    bool holds(LogIndex index, Term term) const { return term_at(index) == term; }
    const wire::LogEntry& at(LogIndex index) const;
    /// Entries from after(index) on; index must not be before base().
    std::span<const wire::LogEntry> entries_after(LogIndex index) const;
    /// Is (term, index) of another log at least as new as ours (5.4.1)?
    bool is_up_to_date(LogIndex their_last, Term their_term) const;

    const wire::Snapshot& snapshot() const { return snapshot_; }
    std::size_t entries_since_snapshot() const;
    std::size_t bytes_since_snapshot() const;

    const std::vector<wire::Voter>& voters() const { return voters_.back().voters; }
    /// Valid until the log changes.
    const std::vector<NodeId>& voter_nodes() const { return voters_.back().nodes; }
    LogIndex voters_index() const { return voters_.back().index; }
    /// Of the newest voters entry up to `index`, which is not before the snapshot.
    LogIndex voters_index_at(LogIndex index) const;
    /// The ones before those; empty when the snapshot has replaced them.
    std::span<const wire::Voter> voters_before() const {
        return voters_.size() < 2 ? std::span<const wire::Voter>{}
                                  : voters_[voters_.size() - 2].voters;
    }

    /// The entry must follow the last one; a voters entry must hold a decodable list.
    void append(wire::LogEntry entry);
    /// Drops `first` and all after it; nothing up to the snapshot can go.
    void truncate_from(LogIndex first);
    /// The document as of `index`, which must be held.
    void compact(LogIndex index, Bytes document);
    /// Everything before is replaced by this snapshot.
    void install(wire::Snapshot snapshot);
    /// The same with a snapshot of another history, which may be an older one, in a store that is
    /// another one from then on (safety.md F7).
    void replace(wire::Snapshot snapshot, const StoreId& anew);
    /// The whole log goes over to the store `anew`, in one write.
    void become(const StoreId& anew);

    /// Moves what the store does not have yet into `batch`.
    void take_changes(wire::StoreBatch& batch);
    /// The changes taken last travel in durable write `number`.
    void on_written(std::uint64_t number);
    /// All writes up to `number` are durable.
    void on_persisted(std::uint64_t number);
    /// Newest index up to which our own store has what we have.
    LogIndex durable() const { return durable_; }

 private:
    struct VotersAt {
        LogIndex index;
        std::vector<wire::Voter> voters;
        std::vector<NodeId> nodes;  ///< theirs, in the same order: asked for in every step
    };
    struct Write {
        std::uint64_t number;
        LogIndex last;
    };
    void push_voters(LogIndex index, std::vector<wire::Voter> voters);
    std::size_t offset_after(LogIndex index) const;
    void drop_kept();
    void take_over(wire::Snapshot snapshot);

    LogIndex base_;
    Term base_term_;
    std::vector<wire::LogEntry> entries_;
    wire::Snapshot snapshot_;
    std::vector<VotersAt> voters_;  ///< sorted by index; the first is as of the snapshot
    LogIndex first_changed_;        ///< after(last_index()) when the store has it all
    bool is_snapshot_changed_ = false;
    std::optional<StoreId> store_anew_;  ///< the history before the snapshot is dropped
    LogIndex durable_;
    std::vector<Write> writes_;  ///< under way, oldest first
};

}  // namespace ha::consensus
