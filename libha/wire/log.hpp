// The replicated log as values: voters, entries, snapshots. Commands inside are opaque bytes here.
#pragma once

#include <compare>
#include <vector>

#include "base/bytes.hpp"
#include "base/ids.hpp"

namespace ha::wire {

/// A voter is a node together with the store it remembers its votes in (safety.md F9): a node that
/// comes back with another store is not the voter it was.
struct Voter {
    NodeId node;
    StoreId store;
    auto operator<=>(const Voter&) const = default;
};

enum class EntryKind : std::uint8_t {
    noop,      ///< a new leader's first entry
    commands,  ///< payload: model commands
    voters,    ///< payload: encoded list of voters; counts from the moment it is stored
};

struct LogEntry {
    LogIndex index;
    Term term;
    EntryKind kind = EntryKind::noop;
    Bytes payload;
    bool operator==(const LogEntry&) const = default;
};

/// The whole document as of `index`; everything before it is compacted away.
struct Snapshot {
    LogIndex index;
    Term term;
    std::vector<Voter> voters;
    Bytes document;
    LogIndex voters_index;  ///< of the entry that named these voters
    bool operator==(const Snapshot&) const = default;
};

/// A durable promise that this node will never run the group at this incarnation again (F11).
struct Released {
    GroupId group;
    Incarnation incarnation;
    auto operator<=>(const Released&) const = default;
};

Bytes encode_voters(const std::vector<Voter>& voters);
/// Fails on trailing bytes, too many voters (k_limit_voters), or the same node twice.
bool decode_voters(ByteView bytes, std::vector<Voter>& out);

void encode(Writer& w, const Voter& v);
void encode(Writer& w, const LogEntry& e);
void encode(Writer& w, const Snapshot& s);
void encode(Writer& w, const Released& r);
Voter decode_voter(Reader& r);
LogEntry decode_log_entry(Reader& r);
Snapshot decode_snapshot(Reader& r);
Released decode_released(Reader& r);

/// Of an entry without a command: what the count of a list of entries is checked against.
constexpr std::size_t k_log_entry_bytes_min = 21;

}  // namespace ha::wire
