// Codecs of the messages between nodes: strict, so that one message has exactly one encoding.
#include "wire/messages.hpp"

#include <array>
#include <string_view>
#include <utility>

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "base/varint.hpp"
#include "wire/limits.hpp"

namespace ha::wire {

namespace {

// An empty list entry of each kind, in bytes: what a count is checked against.
constexpr std::size_t k_node_bytes_min = 1;
constexpr std::size_t k_block_bytes_min = 4;
constexpr std::size_t k_over_bytes_min = 2;
constexpr std::size_t k_released_bytes_min = 12;

void put_node(Writer& w, NodeId node) { put_varint(w, node.value); }

NodeId get_node(Reader& r) {
    const auto v = get_varint(r);
    if (v == 0 || v > UINT16_MAX) r.fail();
    return NodeId{static_cast<std::uint16_t>(v)};
}

template <class T, class Put>
void put_list(Writer& w, const std::vector<T>& items, std::size_t limit, Put put_item) {
    HA_ASSERT(items.size() <= limit);
    put_varint(w, items.size());
    for (const auto& item : items) put_item(w, item);
}

template <class T, class Get>
void get_list(Reader& r, std::vector<T>& out, std::size_t limit, std::size_t bytes_min,
              Get get_item) {
    const auto count = get_varint(r);
    if (count > limit || count > r.remaining() / bytes_min) return r.fail();
    out.reserve(count);
    for (std::uint64_t i = 0; i < count && !r.failed(); i++) out.push_back(get_item(r));
}

void get_bytes(Reader& r, Bytes& out, std::size_t limit) {
    const auto v = r.blob(limit);
    out.assign(v.begin(), v.end());
}

std::string_view clipped_software(const std::string& software) {
    return std::string_view(software).substr(0, k_limit_name_bytes);
}

void put_block(Writer& w, const LeaseBlock& b) {
    put_node(w, b.node);
    put_varint(w, b.index.value);
    put_varint(w, b.term.value);
    HA_ASSERT(b.remaining >= Duration::zero());
    put_varint(w, static_cast<std::uint64_t>(b.remaining.count()));
}

LeaseBlock get_block(Reader& r) {
    LeaseBlock b;
    b.node = get_node(r);
    b.index.value = get_varint(r);
    b.term.value = get_varint(r);
    b.remaining = Duration{static_cast<std::int64_t>(get_varint(r))};
    if (b.remaining < Duration::zero()) r.fail();
    return b;
}

void put_over(Writer& w, const LeaseOver& o) {
    put_node(w, o.node);
    put_varint(w, o.index.value);
}

LeaseOver get_over(Reader& r) {
    LeaseOver o;
    o.node = get_node(r);
    o.index.value = get_varint(r);
    return o;
}

constexpr std::size_t k_mark_bytes = 35;

void put_mark(Writer& w, const ViewMark& m) {
    w.u32(m.number);
    w.id(m.term);
    w.u32(m.rank);
    w.id(m.node);
    w.id(m.index);
    w.id(m.id);
    w.boolean(m.is_recovery);
}

ViewMark get_mark(Reader& r) {
    ViewMark m;
    m.number = r.u32();
    m.term = r.id<Term>();
    m.rank = r.u32();
    m.node = r.id<NodeId>();
    m.index = r.id<LogIndex>();
    m.id = r.id<ViewMarkId>();
    m.is_recovery = r.boolean();
    return m;
}

void put(Writer& w, const HeartbeatReply& m) {
    w.id(m.seq);
    w.duration(m.lease_length);
    w.id(m.blocked_index);
    w.u64(m.store_counter_seen);
    w.u64(m.status_version_seen);
}

void get(Reader& r, HeartbeatReply& m) {
    m.seq = r.id<HeartbeatSeq>();
    m.lease_length = r.span();
    m.blocked_index = r.id<LogIndex>();
    m.store_counter_seen = r.u64();
    m.status_version_seen = r.u64();
}

void put(Writer& w, const Heartbeat& m) {
    w.id(m.seq);
    w.u16(m.version_min);
    w.u16(m.version_max);
    w.id(m.cluster);
    w.id(m.boot);
    w.id(m.store);
    w.u64(m.store_counter);
    w.boolean(m.store_lost);
    w.u64(m.spec_digest);
    w.id(m.term);
    w.id(m.leader);
    w.id(m.committed);
    w.id(m.applied);
    w.id(m.last);
    w.id(m.voters_index);
    w.boolean(m.wants_lease);
    w.boolean(m.leaving);
    w.duration(m.engine_age);
    w.duration(m.write_time);
    w.duration(m.fence_time);
    put_list(w, m.hears, k_limit_nodes, put_node);
    put_list(w, m.blocks, k_limit_nodes, put_block);
    put_list(w, m.leases_over, k_limit_nodes, put_over);
    w.u64(m.status_version);
    w.id(m.digest_index);
    w.u64(m.state_digest);
    put_list(w, m.view_marks, k_limit_view_marks, put_mark);
    w.boolean(m.reply.has_value());
    if (m.reply) put(w, *m.reply);
}

void get(Reader& r, Heartbeat& m) {
    m.seq = r.id<HeartbeatSeq>();
    m.version_min = r.u16();
    m.version_max = r.u16();
    if (m.version_min > m.version_max) r.fail();
    m.cluster = r.id<ClusterId>();
    m.boot = r.id<BootId>();
    m.store = r.id<StoreId>();
    m.store_counter = r.u64();
    m.store_lost = r.boolean();
    m.spec_digest = r.u64();
    m.term = r.id<Term>();
    m.leader = r.id<NodeId>();
    m.committed = r.id<LogIndex>();
    m.applied = r.id<LogIndex>();
    m.last = r.id<LogIndex>();
    m.voters_index = r.id<LogIndex>();
    m.wants_lease = r.boolean();
    m.leaving = r.boolean();
    m.engine_age = r.span();
    m.write_time = r.span();
    m.fence_time = r.span();
    get_list(r, m.hears, k_limit_nodes, k_node_bytes_min, get_node);
    get_list(r, m.blocks, k_limit_nodes, k_block_bytes_min, get_block);
    get_list(r, m.leases_over, k_limit_nodes, k_over_bytes_min, get_over);
    m.status_version = r.u64();
    m.digest_index = r.id<LogIndex>();
    m.state_digest = r.u64();
    get_list(r, m.view_marks, k_limit_view_marks, k_mark_bytes, get_mark);
    if (r.boolean()) get(r, m.reply.emplace());
}

void put(Writer& w, const VoteRequest& m) {
    w.boolean(m.pre);
    w.boolean(m.transfer);
    w.id(m.term);
    w.id(m.last_index);
    w.id(m.last_term);
    w.id(m.store);
}

void get(Reader& r, VoteRequest& m) {
    m.pre = r.boolean();
    m.transfer = r.boolean();
    m.term = r.id<Term>();
    m.last_index = r.id<LogIndex>();
    m.last_term = r.id<Term>();
    m.store = r.id<StoreId>();
}

void put(Writer& w, const VoteReply& m) {
    w.boolean(m.pre);
    w.boolean(m.granted);
    w.id(m.term);
    w.id(m.store);
}

void get(Reader& r, VoteReply& m) {
    m.pre = r.boolean();
    m.granted = r.boolean();
    m.term = r.id<Term>();
    m.store = r.id<StoreId>();
}

void put(Writer& w, const AppendRequest& m) {
    w.id(m.term);
    w.id(m.previous_index);
    w.id(m.previous_term);
    w.id(m.committed);
    put_list(w, m.entries, k_limit_append_entries,
             [](Writer& to, const LogEntry& e) { encode(to, e); });
}

void get(Reader& r, AppendRequest& m) {
    m.term = r.id<Term>();
    m.previous_index = r.id<LogIndex>();
    m.previous_term = r.id<Term>();
    m.committed = r.id<LogIndex>();
    get_list(r, m.entries, k_limit_append_entries, k_log_entry_bytes_min, decode_log_entry);
    auto index = m.previous_index.value;
    for (const auto& e : m.entries)
        if (e.index.value != ++index) r.fail();
}

void put(Writer& w, const AppendReply& m) {
    w.id(m.term);
    w.boolean(m.success);
    w.id(m.match);
    w.id(m.store);
}

void get(Reader& r, AppendReply& m) {
    m.term = r.id<Term>();
    m.success = r.boolean();
    m.match = r.id<LogIndex>();
    m.store = r.id<StoreId>();
}

void put(Writer& w, const SnapshotRequest& m) {
    w.id(m.term);
    w.id(m.cluster);
    encode(w, m.snapshot);
}

void get(Reader& r, SnapshotRequest& m) {
    m.term = r.id<Term>();
    m.cluster = r.id<ClusterId>();
    m.snapshot = decode_snapshot(r);
}

void put(Writer& w, const SnapshotReply& m) {
    w.id(m.term);
    w.id(m.index);
    w.id(m.store);
}

void get(Reader& r, SnapshotReply& m) {
    m.term = r.id<Term>();
    m.index = r.id<LogIndex>();
    m.store = r.id<StoreId>();
}

void put(Writer& w, const TimeoutNow& m) { w.id(m.term); }

void get(Reader& r, TimeoutNow& m) { m.term = r.id<Term>(); }

void put(Writer& w, const Founding& m) {
    w.id(m.cluster);
    encode(w, m.snapshot);
}

void get(Reader& r, Founding& m) {
    m.cluster = r.id<ClusterId>();
    m.snapshot = decode_snapshot(r);
}

void put(Writer& w, const DownNotice& m) {
    put_list(w, m.released, k_limit_groups,
             [](Writer& to, const Released& released) { encode(to, released); });
}

void get(Reader& r, DownNotice& m) {
    get_list(r, m.released, k_limit_groups, k_released_bytes_min, decode_released);
}

void put(Writer& w, const Report& m) { w.blob(m.commands); }

void get(Reader& r, Report& m) { get_bytes(r, m.commands, k_limit_entry_bytes); }

void put(Writer& w, const StatusReport& m, Version form) {
    w.u64(m.version);
    w.blob(m.body);
    if (form >= 2) w.text(clipped_software(m.software));
}

void get(Reader& r, StatusReport& m, Version form) {
    m.version = r.u64();
    get_bytes(r, m.body, k_limit_document_bytes);
    if (form >= 2) m.software = r.text(k_limit_name_bytes);
}

void put(Writer& w, const ForwardedRequest& m) {
    w.id(m.request);
    w.blob(m.body);
}

void get(Reader& r, ForwardedRequest& m) {
    m.request = r.id<RequestId>();
    get_bytes(r, m.body, k_limit_document_bytes);
}

void put(Writer& w, const RequestAnswer& m) {
    w.id(m.request);
    w.boolean(m.ok);
    w.enumeration(m.code);
    w.text(m.text);
}

void get(Reader& r, RequestAnswer& m) {
    m.request = r.id<RequestId>();
    m.ok = r.boolean();
    m.code = r.enumeration(FailureCode::limit);
    m.text = r.text(k_limit_document_bytes);
}

void put(Writer& w, const DocumentRequest& m) { w.id(m.applied); }

void get(Reader& r, DocumentRequest& m) { m.applied = r.id<LogIndex>(); }

void put(Writer& w, const DocumentReply& m) {
    w.id(m.index);
    w.id(m.term);
    w.blob(m.document);
}

void get(Reader& r, DocumentReply& m) {
    m.index = r.id<LogIndex>();
    m.term = r.id<Term>();
    const auto document = r.blob(k_limit_document_bytes);
    m.document.assign(document.begin(), document.end());
}

constexpr const char* k_names[] = {
    "Heartbeat",       "HeartbeatReply", "VoteRequest",  "VoteReply",        "AppendRequest",
    "AppendReply",     "SnapshotRequest", "SnapshotReply", "TimeoutNow",     "Founding",
    "DownNotice",      "Report",         "StatusReport", "ForwardedRequest", "RequestAnswer",
    "DocumentRequest", "DocumentReply",
    "WitnessAsk",      "WitnessState",   "WitnessAppend", "WitnessRenew",    "WitnessFetch",
    "WitnessKept",
};
constexpr std::size_t k_kinds = std::variant_size_v<Message>;
static_assert(std::size(k_names) == k_kinds);

/// Versions above 1 that gave a message another form, ascending.
template <class M>
constexpr std::array<Version, 0> k_forms{};
template <>
constexpr std::array<Version, 1> k_forms<StatusReport>{2};

template <class M>
Version form_of(Version version) {
    Version form = k_version_oldest;
    for (const auto since : k_forms<M>)
        if (since <= version) form = since;
    return form;
}

/// False: no message of this kind has such a form.
template <std::size_t I>
bool get_kind(Reader& r, Message& out, Version form) {
    using M = std::variant_alternative_t<I, Message>;
    if (form_of<M>(form) != form) return false;
    auto& m = out.emplace<I>();
    if constexpr (requires { get(r, m, form); })
        get(r, m, form);
    else
        get(r, m);
    return true;
}

template <std::size_t... I>
constexpr auto make_decoders(std::index_sequence<I...>) {
    return std::array<bool (*)(Reader&, Message&, Version), sizeof...(I)>{&get_kind<I>...};
}

/// Heartbeats and their replies, of which there are more than of all others, are not longer.
constexpr std::size_t k_usual_bytes = 256;

}  // namespace

Bytes encode(const Message& message, Version version) {
    Bytes out;
    out.reserve(k_usual_bytes);
    Writer w(out);
    const auto kind = static_cast<std::uint8_t>(message.index());
    std::visit(
        [&](const auto& m) {
            const auto form = form_of<std::decay_t<decltype(m)>>(version);
            w.u8(form == k_version_oldest ? kind : kind | k_form_mark);
            if (form != k_version_oldest) w.u16(form);
            if constexpr (requires { put(w, m, form); })
                put(w, m, form);
            else
                put(w, m);
        },
        message);
    HA_ASSERT(out.size() <= k_limit_message_bytes);
    return out;
}

Result<Message> decode(ByteView bytes, Version version) {
    static constexpr auto k_decoders = make_decoders(std::make_index_sequence<k_kinds>());
    if (bytes.empty()) return failure(FailureCode::corrupt, "a message of 0 bytes has no kind");
    if (bytes.size() > k_limit_message_bytes)
        return failure(FailureCode::limit,
                       "a message of " + std::to_string(bytes.size()) + " bytes; the limit is " +
                           std::to_string(k_limit_message_bytes));
    Reader r(bytes);
    const auto first = r.u8();
    const bool has_form = (first & k_form_mark) != 0;
    const auto kind = static_cast<std::size_t>(has_form ? first - k_form_mark : first);
    const auto form = has_form ? r.u16() : k_version_oldest;
    if (kind >= k_kinds)
        return failure(FailureCode::corrupt, "message kind " + std::to_string(kind) +
                                                 " is unknown; the highest is " +
                                                 std::to_string(k_kinds - 1));
    if (has_form && (form <= k_version_oldest || form > version))
        return failure(FailureCode::corrupt, std::string("a ") + k_names[kind] + " of version " +
                                                 std::to_string(form) + "; known here: " +
                                                 std::to_string(k_version_oldest) + " to " +
                                                 std::to_string(version));
    Message message;
    if (!k_decoders[kind](r, message, form))
        return failure(FailureCode::corrupt, std::string("a ") + k_names[kind] +
                                                 " has no form of version " +
                                                 std::to_string(form));
    if (!r.done())
        return failure(FailureCode::corrupt,
                       std::string("a ") + k_names[kind] + " of " + std::to_string(bytes.size()) +
                           " bytes has a damaged field, one over its limit, or trailing bytes");
    return message;
}

const char* name_of(const Message& message) noexcept { return k_names[message.index()]; }

}  // namespace ha::wire
