// Channels: between messages and datagrams.
#include "wire/channel.hpp"

#include <algorithm>

#include "base/archive.hpp"
#include "base/assert.hpp"
#include "wire/frame.hpp"
#include "wire/limits.hpp"

namespace ha::wire {

namespace {

constexpr std::size_t k_paths = 2;

Key nonce_secret(const Seed& seed, StartNumber start, Crypto& crypto) {
    Bytes secret;
    Writer w(secret);
    for (auto word : seed) w.u64(word);
    Key key{};
    std::copy_n(secret.begin(), key.size(), key.begin());
    Bytes salt;
    Writer s(salt);
    s.id(start);
    const std::string_view info = "libha nonces";
    return crypto.derive(key, salt, {reinterpret_cast<const std::uint8_t*>(info.data()),
                                     info.size()});
}

Bytes message_frame(std::uint64_t number, ByteView message) {
    Bytes out;
    out.reserve(k_message_frame_bytes + message.size());
    Writer w(out);
    w.enumeration(FrameKind::message);
    w.u64(number);
    w.raw(message);
    return out;
}

}  // namespace

Channels::Channels(ChannelOptions options, Crypto& crypto)
    : shared_{options.self,
              options.start,
              std::move(options.keys),
              options.key_in_use,
              options.session_packets_max,
              crypto,
              Random(options.seed),
              nonce_secret(options.seed, options.start, crypto)},
      version_max_(options.version_max) {
    HA_ASSERT(shared_.self && shared_.start && shared_.find_key(shared_.key_in_use));
}

void Channels::set_peers(std::vector<Peer> peers) {
    HA_ASSERT(peers.size() <= k_limit_nodes);
    std::map<NodeId, std::unique_ptr<Partner>> kept;
    for (auto& peer : peers) {
        HA_ASSERT(peer.node && peer.node != shared_.self);
        auto old = partners_.extract(peer.node);
        if (!old.empty()) {
            old.mapped()->link.set_interconnects(std::move(peer.interconnects));
            kept.insert(std::move(old));
            continue;
        }
        const auto seen = starts_seen_.find(peer.node);
        const auto start = seen == starts_seen_.end() ? StartNumber{} : seen->second;
        // A node that was a peer before knows the numbers of that time.
        const auto first = (++shared_.links_made << 32) + 1;
        Link link(shared_, peer.node, std::move(peer.interconnects), start);
        kept.emplace(peer.node, new Partner{std::move(link), BulkSender(first)});
    }
    for (const auto& [node, partner] : partners_)
        if (partner->link.start_seen()) starts_seen_[node] = partner->link.start_seen();
    partners_ = std::move(kept);
}

void Channels::set_keys(Instant now, std::vector<std::pair<std::uint32_t, Key>> keys,
                        std::uint32_t key_in_use) {
    shared_.keys = std::move(keys);
    shared_.key_in_use = key_in_use;
    HA_ASSERT(shared_.find_key(key_in_use));
    for (auto& [node, partner] : partners_) partner->link.on_keys_changed(now);
}

Channels::Partner* Channels::find(NodeId node) const {
    const auto at = partners_.find(node);
    return at == partners_.end() ? nullptr : at->second.get();
}

void Channels::seal_to(NodeId to, Partner& partner, InterconnectId on, ByteView payload,
                       std::vector<Datagram>& out) {
    auto* session = partner.link.session_to_send();
    if (!session) return;
    out.push_back({to, on, session->seal(on, payload, shared_.crypto)});
}

void Channels::send_on(Instant now, NodeId to, InterconnectId interconnect, const Message& message,
                       std::vector<Datagram>& out) {
    auto* partner = find(to);
    if (!partner || !partner->link.session_to_send() ||
        !partner->link.has_interconnect(interconnect))
        return;
    auto bytes = encode(message, partner->version);
    if (bytes.size() > k_small_message_bytes)
        return send_transfer(now, *partner, message, std::move(bytes), out);
    seal_to(to, *partner, interconnect, message_frame(0, bytes), out);
}

void Channels::send(Instant now, NodeId to, const Message& message, std::vector<Datagram>& out) {
    auto* partner = find(to);
    auto* session = partner ? partner->link.session_to_send() : nullptr;
    if (!session) return;
    auto bytes = encode(message, partner->version);
    if (bytes.size() > k_small_message_bytes)
        return send_transfer(now, *partner, message, std::move(bytes), out);
    const auto& ways = partner->link.interconnects();
    const auto frame =
        message_frame(ways.size() > 1 ? session->next_message_number() : 0, bytes);
    for (std::size_t i = 0; i < ways.size() && i < k_paths; i++)
        out.push_back({to, ways[i], session->seal(ways[i], frame, shared_.crypto)});
}

void Channels::send_transfer(Instant now, Partner& to, const Message& message, Bytes bytes,
                             std::vector<Datagram>& out) {
    follow_start(to);
    // An older document is of no use once there is a newer one; everything else is wanted in full.
    const bool replaces = std::holds_alternative<SnapshotRequest>(message) ||
                          std::holds_alternative<StatusReport>(message) ||
                          std::holds_alternative<Heartbeat>(message);
    to.sender.enqueue(now, static_cast<std::uint8_t>(message.index()), replaces, std::move(bytes));
    pump(now, to.link.peer(), to, out);
}

void Channels::pump(Instant now, NodeId to, Partner& partner, std::vector<Datagram>& out) {
    const auto& ways = partner.link.interconnects();
    if (ways.empty() || !partner.link.session_to_send()) return;
    std::vector<BulkSender::Frame> frames;
    partner.sender.pump(now, frames);
    for (const auto& frame : frames) {
        // What had to be repeated goes by the other way, should the first one be the reason.
        const auto on = frame.is_repeat && ways.size() > 1 ? ways[1] : ways[0];
        seal_to(to, partner, on, frame.bytes, out);
    }
}

/// Transfers belong to one start of the peer: its successor knows nothing of them.
void Channels::follow_start(Partner& partner) {
    const auto start = partner.link.peer_start();
    if (start == partner.start) return;
    partner.sender.reset();
    partner.receiver.reset();
    partner.start = start;
    partner.version = k_version_oldest;
}

void Channels::receive(Instant now, InterconnectId interconnect, ByteView datagram,
                       std::vector<Delivery>& deliveries, std::vector<Datagram>& replies,
                       std::vector<Refusal>& refusals) {
    const auto kind = kind_of(datagram);
    NodeId claimed;
    const char* reason = "not a packet of ours";
    if (kind == PacketKind::data)
        reason = receive_data(now, interconnect, datagram, claimed, deliveries, replies);
    else if (kind)
        reason = receive_hello(now, interconnect, datagram, claimed, replies);
    if (reason) refusals.push_back({claimed, interconnect, reason});
}

const char* Channels::receive_hello(Instant now, InterconnectId on, ByteView datagram,
                                    NodeId& claimed, std::vector<Datagram>& replies) {
    Hello hello;
    if (!decode_hello(datagram, hello)) return "damaged hello";
    claimed = hello.from;
    if (hello.to != shared_.self) return "hello to another node";
    auto* partner = find(hello.from);
    if (!partner) return "hello of a node that is not configured here";
    if (hello.interconnect != on) return "hello on another interconnect than it was sent on";
    if (!partner->link.has_interconnect(on)) return "hello on an interconnect of others";
    const auto* key = shared_.find_key(hello.key_id);
    if (!key) return "hello under an unknown key id";
    if (!is_hello_genuine(datagram, *key, shared_.crypto)) return "hello under a wrong key";
    const auto* reason = partner->link.on_hello(now, hello, replies);
    follow_start(*partner);
    return reason;
}

const char* Channels::receive_data(Instant now, InterconnectId on, ByteView datagram,
                                   NodeId& claimed, std::vector<Delivery>& deliveries,
                                   std::vector<Datagram>& replies) {
    DataHeader header;
    if (!decode_data_header(datagram, header)) return "damaged packet";
    claimed = header.from;
    if (header.to != shared_.self) return "packet to another node";
    auto* partner = find(header.from);
    if (!partner) return "packet of a node that is not configured here";
    if (header.interconnect != on) return "packet on another interconnect than it was sent on";
    if (!partner->link.has_interconnect(on)) return "packet on an interconnect of others";
    auto* session = partner->link.find(header.session);
    if (!session) {
        partner->link.on_unknown_session(now, replies);
        return "packet of an unknown session";
    }
    Bytes payload;
    switch (session->open(header, datagram, shared_.crypto, payload)) {
        case Session::Opened::ok: break;
        case Session::Opened::replayed: return "packet seen before, or far too old";
        case Session::Opened::forged: return "packet that was changed on its way";
    }
    partner->link.on_opened(now, *session, on);
    return receive_payload(now, header.from, *partner, *session, on, payload, deliveries, replies);
}

const char* Channels::receive_payload(Instant now, NodeId from, Partner& partner, Session& session,
                                      InterconnectId on, ByteView payload,
                                      std::vector<Delivery>& deliveries,
                                      std::vector<Datagram>& replies) {
    Reader r(payload);
    const auto kind = r.enumeration(FrameKind::acknowledge);
    if (r.failed()) return "frame of an unknown kind";
    switch (kind) {
        case FrameKind::empty: return r.done() ? nullptr : "damaged frame";
        case FrameKind::message: {
            const auto number = r.u64();
            if (r.failed()) return "damaged frame";
            if (number != 0 && !session.take_message_number(number)) return nullptr;
            return deliver(from, partner, session, on, r.raw(r.remaining()), deliveries);
        }
        case FrameKind::fragment: {
            Fragment fragment;
            if (!decode_fragment(r, fragment)) return "damaged fragment";
            std::vector<Bytes> acks;
            const auto message = partner.receiver.on_fragment(now, fragment, acks);
            for (const auto& ack : acks) seal_to(from, partner, on, ack, replies);
            return message ? deliver(from, partner, session, on, *message, deliveries) : nullptr;
        }
        case FrameKind::acknowledge: {
            Acknowledge acknowledge;
            if (!decode_acknowledge(r, acknowledge)) return "damaged acknowledgement";
            partner.sender.on_acknowledge(now, acknowledge);
            pump(now, from, partner, replies);
            return nullptr;
        }
    }
    return "frame of an unknown kind";
}

const char* Channels::deliver(NodeId from, Partner& partner, const Session& session,
                              InterconnectId on, ByteView message,
                              std::vector<Delivery>& deliveries) {
    auto decoded = decode(message, version_max_);
    if (!decoded) return "message that cannot be decoded";
    if (const auto* heartbeat = std::get_if<Heartbeat>(&*decoded)) {
        follow_start(partner);
        if (session.remote_start() == partner.start)
            partner.version = std::min(version_max_, heartbeat->version_max);
    }
    deliveries.push_back({from, session.remote_start(), on, std::move(*decoded)});
    return nullptr;
}

void Channels::tick(Instant now, std::vector<Datagram>& out) {
    for (auto& [node, partner] : partners_) {
        partner->link.tick(now, out);
        follow_start(*partner);
        std::vector<Bytes> acks;
        partner->receiver.tick(now, acks);
        const auto& ways = partner->link.interconnects();
        if (!ways.empty())
            for (const auto& ack : acks) seal_to(node, *partner, ways[0], ack, out);
        if (ways.empty() || !partner->link.session_to_send()) partner->sender.reset();
        if (now >= partner->sender.deadline()) pump(now, node, *partner, out);
    }
}

void Channels::put_archive(Writer& w) const {
    archive::put(w, shared_);
    archive::put(w, version_max_);
    archive::put(w, starts_seen_);
    put_varint(w, partners_.size());
    for (const auto& [node, partner] : partners_) {
        archive::put(w, node);
        archive::put(w, partner->link);
        archive::put(w, partner->sender);
        archive::put(w, partner->receiver);
        archive::put(w, partner->start);
        archive::put(w, partner->version);
    }
}

void Channels::get_archive(Reader& r) {
    archive::get(r, shared_);
    archive::get(r, version_max_);
    archive::get(r, starts_seen_);
    partners_.clear();
    for (auto n = get_varint(r); n > 0 && !r.failed(); n--) {
        NodeId node;
        archive::get(r, node);
        std::unique_ptr<Partner> partner(
            new Partner{Link(shared_, node, {}, {}), BulkSender(1)});
        archive::get(r, partner->link);
        archive::get(r, partner->sender);
        archive::get(r, partner->receiver);
        archive::get(r, partner->start);
        archive::get(r, partner->version);
        if (!partners_.empty() && node <= partners_.rbegin()->first) return r.fail();
        partners_.emplace(node, std::move(partner));
    }
}

std::uint64_t Channels::archive_layout() {
    const auto sum = archive::layout_of<Link>(archive::layout_of<LinkShared>());
    return archive::layout_of<BulkReceiver>(archive::layout_of<BulkSender>(sum));
}

Instant Channels::next_deadline() const {
    auto at = Instant::max();
    for (const auto& [node, partner] : partners_)
        at = std::min({at, partner->link.deadline(), partner->receiver.deadline(),
                       partner->sender.deadline()});
    return at;
}

bool Channels::has_session(NodeId node) const {
    const auto* partner = find(node);
    return partner && partner->link.has_session();
}

StartNumber Channels::start_of(NodeId node) const {
    const auto* partner = find(node);
    return partner ? partner->link.peer_start() : StartNumber{};
}

std::size_t Channels::transfer_bytes(NodeId node) const {
    const auto* partner = find(node);
    return partner ? partner->sender.bytes_held() + partner->receiver.bytes_held() : 0;
}

}  // namespace ha::wire
