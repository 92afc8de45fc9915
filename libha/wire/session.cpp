// A session: its keys from the handshake, sealing and opening.
#include "wire/session.hpp"

#include "base/assert.hpp"
#include "wire/limits.hpp"

namespace ha::wire {

namespace {

/// What a derived key is for. The sender kind keeps other senders of a node, which have counters of
/// their own, from ever sharing a key with this one.
Bytes key_info(const char* purpose, const SessionEnd& low, const SessionEnd& high, NodeId sender) {
    Bytes out;
    Writer w(out);
    w.text("libha session 1");
    w.text("had");
    w.text(purpose);
    w.id(low.node);
    w.id(high.node);
    w.id(low.start);
    w.id(high.start);
    w.id(sender);
    return out;
}

}  // namespace

std::uint32_t session_key_id(const SessionEnd& a, const SessionEnd& b) {
    return a.node < b.node ? a.key_id : b.key_id;
}

Session::Session(const SessionEnd& local, const SessionEnd& remote, const Key& cluster_key,
                 Crypto& crypto)
    : local_(local), remote_(remote) {
    HA_ASSERT(local.node != remote.node);
    const auto& low = local.node < remote.node ? local : remote;
    const auto& high = local.node < remote.node ? remote : local;
    Bytes salt(low.nonce.begin(), low.nonce.end());
    salt.insert(salt.end(), high.nonce.begin(), high.nonce.end());
    key_send_ = crypto.derive(cluster_key, salt, key_info("traffic", low, high, local.node));
    key_receive_ = crypto.derive(cluster_key, salt, key_info("traffic", low, high, remote.node));
    id_ = crypto.name(cluster_key, salt, key_info("name", low, high, NodeId{}));
}

Bytes Session::seal(InterconnectId interconnect, ByteView payload, Crypto& crypto) {
    HA_ASSERT(payload.size() <= k_payload_bytes_max && !payload.empty());
    Bytes out;
    out.reserve(k_data_header_bytes + payload.size() + k_seal_overhead_bytes);
    Writer w(out);
    encode_data_header(w, DataHeader{local_.node, remote_.node, interconnect, id_, ++counter_});
    const Bytes header = out;
    crypto.seal(key_send_, counter_, header, payload, out);
    return out;
}

Session::Opened Session::open(const DataHeader& header, ByteView datagram, Crypto& crypto,
                              Bytes& payload) {
    auto* window = window_of(header.interconnect);
    if (!window || !window->is_fresh(header.counter)) return Opened::replayed;
    if (!crypto.open(key_receive_, header.counter, datagram.first(k_data_header_bytes),
                     datagram.subspan(k_data_header_bytes), payload))
        return Opened::forged;
    window->take(header.counter);
    return Opened::ok;
}

bool Session::take_message_number(std::uint64_t number) {
    if (!messages_.is_fresh(number)) return false;
    messages_.take(number);
    return true;
}

ReplayWindow* Session::window_of(InterconnectId interconnect) {
    for (auto& [id, window] : windows_)
        if (id == interconnect) return &window;
    // Windows of interconnects that a configuration took away stay: else they could be replayed.
    if (windows_.size() == k_limit_session_windows) return nullptr;
    return &windows_.emplace_back(interconnect, ReplayWindow{}).second;
}

}  // namespace ha::wire
