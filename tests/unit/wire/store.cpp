// The store as a value: batches fold as Raft says.
#include "wire/store.hpp"

#include <doctest/doctest.h>

#include "wire/store_codec.hpp"
#include "wire_samples.hpp"

using namespace ha;
using namespace ha::wire;
using namespace ha::test;

TEST_CASE("a batch changes what it names, and raises the counter by one") {
    auto s = sample_state();
    StoreBatch b;
    CHECK(b.empty());
    b.ballot = StoreBatch::Ballot{Term{9}, NodeId{}};
    b.cluster = sample_id<ClusterId>(77);
    CHECK_FALSE(b.empty());
    auto expected = s;
    expected.term = Term{9};
    expected.voted_for = NodeId{};
    expected.cluster = *b.cluster;
    expected.counter = 21;
    apply(s, b);
    CHECK(s == expected);
}

TEST_CASE("entries from the first index on are replaced") {
    auto s = sample_state();
    StoreBatch b;
    b.append = {sample_entry(11, 8)};
    apply(s, b);
    CHECK(s.entries == std::vector<LogEntry>{sample_entry(10), sample_entry(11, 8)});
    b.append = {sample_entry(10, 9)};
    apply(s, b);
    CHECK(s.entries == std::vector<LogEntry>{sample_entry(10, 9)});
}

TEST_CASE("entries after a snapshot stay only when the log has the snapshot's last entry") {
    auto s = sample_state();
    StoreBatch b;
    b.snapshot = sample_snapshot(10);
    b.snapshot->term = Term{3};
    apply(s, b);
    CHECK(s.entries == std::vector<LogEntry>{sample_entry(11)});
    b.snapshot = sample_snapshot(11);
    b.snapshot->term = Term{7};
    apply(s, b);
    CHECK(s.entries.empty());
    s = sample_state();
    b.snapshot = sample_snapshot(50);
    b.append = {sample_entry(51)};
    apply(s, b);
    CHECK(s.entries == std::vector<LogEntry>{sample_entry(51)});
    CHECK(s.snapshot.index == LogIndex{50});
}

TEST_CASE("a snapshot of what is compacted already keeps the entries") {
    auto s = sample_state();
    StoreBatch b;
    b.snapshot = sample_snapshot(9);
    b.snapshot->document = Bytes{1};
    apply(s, b);
    CHECK(s.entries.size() == 2);
    CHECK(s.snapshot.document == Bytes{1});
}

TEST_CASE("releases are a sorted set") {
    auto s = sample_state();
    StoreBatch b;
    b.released_add = {{GroupId{9}, Incarnation{1}}, {GroupId{1}, Incarnation{1}},
                      {GroupId{1}, Incarnation{2}}};
    apply(s, b);
    CHECK(s.released == std::vector<Released>{{GroupId{1}, Incarnation{1}},
                                              {GroupId{1}, Incarnation{2}},
                                              {GroupId{9}, Incarnation{1}}});
    b = {};
    b.released_remove = {{GroupId{1}, Incarnation{1}}, {GroupId{5}, Incarnation{5}}};
    apply(s, b);
    CHECK(s.released == std::vector<Released>{{GroupId{1}, Incarnation{2}},
                                              {GroupId{9}, Incarnation{1}}});
}

TEST_CASE("F7, F9: the history that replaces another one stands in another store") {
    const auto before = sample_state();
    StoreBatch b;
    b.store_anew = sample_id<StoreId>(77);
    CHECK_FALSE(is_applicable(before, b));  // an id alone would forget what the entries promised
    b.snapshot = sample_snapshot(2);
    b.append = {sample_entry(3)};
    REQUIRE(is_applicable(before, b));
    CHECK_FALSE(b.empty());
    auto s = before;
    apply(s, b);
    CHECK(s.store == sample_id<StoreId>(77));
    CHECK(s.snapshot.index == LogIndex{2});
    CHECK(s.entries == std::vector<LogEntry>{sample_entry(3)});
    CHECK(s.term == before.term);            // what it promised to nobody's harm it keeps
    CHECK(s.released == before.released);
    // From its bytes, too.
    auto file = encode_store(before);
    const auto record = encode_record(before.counter + 1, b);
    file.insert(file.end(), record.begin(), record.end());
    file.resize(8192);
    const auto read = recover_store(file);
    REQUIRE(read.has_value());
    CHECK_FALSE(read->is_lost);
    CHECK(read->state == s);
    b.store_anew = StoreId{};
    CHECK_FALSE(is_applicable(before, b));
}
