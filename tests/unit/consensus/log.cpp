// The log in memory and what it hands to the store: applying every batch gives the same log.
#include "consensus/log.hpp"

#include <doctest/doctest.h>

using namespace ha;
using consensus::Log;

namespace {

wire::LogEntry entry(std::uint64_t index, std::uint64_t term) {
    return {LogIndex{index}, Term{term}, wire::EntryKind::commands, {1, 2, 3}};
}

wire::StoreState store_with(std::uint64_t entries) {
    wire::StoreState state;
    state.store.bytes[0] = 1;
    state.snapshot = {LogIndex{1}, Term{1}, {{NodeId{1}, state.store}}, {9}};
    state.snapshot.voters_index = LogIndex{1};
    state.term = Term{1};
    for (std::uint64_t i = 2; i < 2 + entries; i++) state.entries.push_back(entry(i, 1));
    return state;
}

void flush(Log& log, wire::StoreState& store) {
    wire::StoreBatch batch;
    log.take_changes(batch);
    wire::apply(store, batch);
}

void check_same(const Log& log, const wire::StoreState& store) {
    CHECK(store.snapshot == log.snapshot());
    const auto entries = log.entries_after(log.snapshot().index);
    CHECK(store.entries == std::vector<wire::LogEntry>(entries.begin(), entries.end()));
}

}  // namespace

TEST_CASE("what was recovered is durable and changes nothing") {
    auto store = store_with(3);
    Log log(store);
    CHECK(log.last_index() == LogIndex{4});
    CHECK(log.durable() == LogIndex{4});
    wire::StoreBatch batch;
    log.take_changes(batch);
    CHECK(batch.empty());
}

TEST_CASE("appends, truncations and snapshots of one step reach the store as one batch") {
    auto store = store_with(6);
    Log log(store);
    log.append(entry(8, 1));
    log.truncate_from(LogIndex{5});
    log.append(entry(5, 2));
    log.append(entry(6, 2));
    flush(log, store);
    check_same(log, store);
    log.append(entry(7, 2));
    log.append(entry(8, 3));
    log.compact(LogIndex{7}, {7});
    flush(log, store);
    check_same(log, store);
    log.install({LogIndex{20}, Term{4}, {{NodeId{2}, store.store}}, {20}});
    log.append(entry(21, 4));
    flush(log, store);
    check_same(log, store);
    CHECK(log.voters().front().node == NodeId{2});
}

TEST_CASE("a write proves nothing of entries that were replaced while it was under way") {
    auto store = store_with(0);
    Log log(store);
    wire::StoreBatch batch;
    for (std::uint64_t i = 2; i <= 5; i++) log.append(entry(i, 1));
    log.take_changes(batch);
    log.on_written(1);
    log.truncate_from(LogIndex{4});
    log.append(entry(4, 2));
    log.append(entry(5, 2));
    log.on_persisted(1);
    CHECK(log.durable() == LogIndex{3});
    log.take_changes(batch);
    log.on_written(2);
    log.on_persisted(2);
    CHECK(log.durable() == LogIndex{5});
}

TEST_CASE("voters are those of the newest entry, and go back with a truncation") {
    auto store = store_with(2);
    Log log(store);
    const std::vector<wire::Voter> two = {{NodeId{1}, store.store}, {NodeId{2}, store.store}};
    log.append({LogIndex{4}, Term{1}, wire::EntryKind::voters, wire::encode_voters(two)});
    CHECK(log.voters() == two);
    CHECK(log.voters_index() == LogIndex{4});
    CHECK(log.voters_before().size() == 1);
    log.truncate_from(LogIndex{4});
    CHECK(log.voters().size() == 1);
    CHECK(log.voters_index() == LogIndex{1});
    CHECK(log.voters_before().empty());
    log.append({LogIndex{4}, Term{1}, wire::EntryKind::voters, wire::encode_voters(two)});
    log.append(entry(5, 1));
    log.compact(LogIndex{4}, {4});
    CHECK(log.snapshot().voters == two);
    CHECK(log.voters_index() == LogIndex{4});
}

TEST_CASE("entries before a snapshot are kept for followers up to a limit") {
    auto store = store_with(consensus::k_limit_kept_entries + 100);
    Log log(store);
    const auto last = log.last_index();
    log.compact(last, {1});
    CHECK(last.value - log.base().value == consensus::k_limit_kept_entries);
    CHECK(log.entries_since_snapshot() == 0);
    CHECK(log.term_at(log.base()) == Term{1});
    CHECK_FALSE(log.term_at(LogIndex{log.base().value - 1}));
    flush(log, store);
    CHECK(store.entries.empty());
}

TEST_CASE("a document names the entry of its voters, over compaction, installation and recovery") {
    auto store = store_with(3);
    store.snapshot.voters_index = LogIndex{1};
    Log log(store);
    log.compact(LogIndex{3}, {7});
    CHECK(log.voters_index() == LogIndex{1});
    flush(log, store);
    CHECK(Log(store).voters_index() == LogIndex{1});
    Log other(store_with(0));
    other.install(log.snapshot());
    CHECK(other.voters_index() == LogIndex{1});
    CHECK(other.voters_index_at(LogIndex{3}) == LogIndex{1});
}
