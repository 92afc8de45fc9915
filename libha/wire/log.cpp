// Codecs of the log's values: voters, entries, snapshots, releases.
#include "wire/log.hpp"

#include "base/assert.hpp"
#include "base/limits.hpp"

namespace ha::wire {

namespace {

constexpr std::size_t k_voter_bytes = 18;

void put_voters(Writer& w, const std::vector<Voter>& voters) {
    HA_ASSERT(voters.size() <= k_limit_voters);
    w.u8(static_cast<std::uint8_t>(voters.size()));
    for (const auto& v : voters) encode(w, v);
}

void get_voters(Reader& r, std::vector<Voter>& out) {
    const std::size_t count = r.u8();
    if (count > k_limit_voters || r.remaining() < count * k_voter_bytes) return r.fail();
    for (std::size_t i = 0; i < count; i++) {
        const auto voter = decode_voter(r);
        for (const auto& other : out)
            if (other.node == voter.node) r.fail();
        out.push_back(voter);
    }
}

bool is_voter_list(ByteView bytes) {
    std::vector<Voter> voters;
    return decode_voters(bytes, voters);
}

}  // namespace

Bytes encode_voters(const std::vector<Voter>& voters) {
    Bytes out;
    Writer w(out);
    put_voters(w, voters);
    return out;
}

bool decode_voters(ByteView bytes, std::vector<Voter>& out) {
    Reader r(bytes);
    std::vector<Voter> voters;
    get_voters(r, voters);
    if (!r.done()) return false;
    out = std::move(voters);
    return true;
}

void encode(Writer& w, const Voter& v) {
    w.id(v.node);
    w.id(v.store);
}

Voter decode_voter(Reader& r) {
    Voter v;
    v.node = r.id<NodeId>();
    v.store = r.id<StoreId>();
    if (!v.node) r.fail();
    return v;
}

void encode(Writer& w, const LogEntry& e) {
    HA_ASSERT(e.index && e.payload.size() <= k_limit_entry_bytes);
    w.id(e.index);
    w.id(e.term);
    w.enumeration(e.kind);
    w.blob(e.payload);
}

LogEntry decode_log_entry(Reader& r) {
    LogEntry e;
    e.index = r.id<LogIndex>();
    e.term = r.id<Term>();
    e.kind = r.enumeration(EntryKind::voters);
    const auto payload = r.blob(k_limit_entry_bytes);
    e.payload.assign(payload.begin(), payload.end());
    // A list of voters counts from the moment it is stored, so it is looked at before that.
    if (!e.index || (e.kind == EntryKind::voters && !is_voter_list(e.payload))) r.fail();
    return e;
}

void encode(Writer& w, const Snapshot& s) {
    HA_ASSERT(s.document.size() <= k_limit_document_bytes);
    w.id(s.index);
    w.id(s.term);
    put_voters(w, s.voters);
    w.blob(s.document);
    w.id(s.voters_index);
}

Snapshot decode_snapshot(Reader& r) {
    Snapshot s;
    s.index = r.id<LogIndex>();
    s.term = r.id<Term>();
    get_voters(r, s.voters);
    const auto document = r.blob(k_limit_document_bytes);
    s.document.assign(document.begin(), document.end());
    s.voters_index = r.id<LogIndex>();
    if (s.voters_index > s.index) r.fail();
    return s;
}

void encode(Writer& w, const Released& r) {
    w.id(r.group);
    w.id(r.incarnation);
}

Released decode_released(Reader& r) {
    Released out;
    out.group = r.id<GroupId>();
    out.incarnation = r.id<Incarnation>();
    if (!out.group) r.fail();
    return out;
}

}  // namespace ha::wire
