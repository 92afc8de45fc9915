// Channels: messages to and from all peers, over authenticated sessions; datagrams in, datagrams
// out.
//
// Pure: time, random bytes and keys are arguments, datagrams are values. One per engine.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "wire/bulk.hpp"
#include "wire/link.hpp"
#include "wire/messages.hpp"

namespace ha::wire {

struct Delivery {
    NodeId from;
    StartNumber start;            ///< proven, of the sender
    InterconnectId interconnect;  ///< it arrived on
    Message message;
};

struct Refusal {
    NodeId claimed;               ///< what the datagram says; nothing of it is proven
    InterconnectId interconnect;
    const char* reason;
};

struct ChannelOptions {
    NodeId self;
    StartNumber start;
    Seed seed;
    std::vector<std::pair<std::uint32_t, Key>> keys;
    std::uint32_t key_in_use = 0;  ///< one of `keys`
    std::uint64_t session_packets_max = k_limit_session_packets;
    Version version_max = k_version_newest;  ///< that we speak
};

struct Peer {
    NodeId node;
    std::vector<InterconnectId> interconnects;
};

class Channels {
   public:
    /// `crypto` outlives this.
    Channels(ChannelOptions options, Crypto& crypto);
    Channels(const Channels&) = delete;
    Channels& operator=(const Channels&) = delete;

    /// Sessions of those that stay go on.
    void set_peers(std::vector<Peer> peers);
    /// Key rotation: new sessions are made with `key_in_use`; keys not in the list are refused.
    void set_keys(Instant now, std::vector<std::pair<std::uint32_t, Key>> keys,
                  std::uint32_t key_in_use);

    /// On this interconnect and no other; dropped when there is no session. A message that does
    /// not fit a datagram goes as a transfer, which chooses its own way.
    void send_on(Instant now, NodeId to, InterconnectId interconnect, const Message& message,
                 std::vector<Datagram>& out);

    /// On the two interconnects heard last, delivered once: the loss of a packet or the death of a
    /// link must not cost an election a timeout. What does not fit a datagram goes as a transfer.
    /// Dropped when there is no session, or when k_limit_transfers wait.
    void send(Instant now, NodeId to, const Message& message, std::vector<Datagram>& out);

    /// Never asserts on what is in `datagram`.
    void receive(Instant now, InterconnectId interconnect, ByteView datagram,
                 std::vector<Delivery>& deliveries, std::vector<Datagram>& replies,
                 std::vector<Refusal>& refusals);

    void tick(Instant now, std::vector<Datagram>& out);
    Instant next_deadline() const;

    bool has_session(NodeId node) const;
    /// Proven by a session; none without one.
    StartNumber start_of(NodeId node) const;
    /// Bytes of unfinished transfers from and to this peer.
    std::size_t transfer_bytes(NodeId node) const;

    // For recordings (base/archive.hpp); what is read is put into one that was just made.
    void put_archive(Writer& w) const;
    void get_archive(Reader& r);
    static std::uint64_t archive_layout();

   private:
    struct Partner {
        Link link;
        BulkSender sender;
        BulkReceiver receiver;
        StartNumber start;  ///< whose transfers these are
        /// The highest that both know; the oldest until a heartbeat of this start has told it.
        Version version = k_version_oldest;
    };

    Partner* find(NodeId node) const;
    void send_transfer(Instant now, Partner& to, const Message& message, Bytes bytes,
                       std::vector<Datagram>& out);
    void seal_to(NodeId to, Partner& partner, InterconnectId on, ByteView payload,
                 std::vector<Datagram>& out);
    void pump(Instant now, NodeId to, Partner& partner, std::vector<Datagram>& out);
    void follow_start(Partner& partner);
    const char* receive_hello(Instant now, InterconnectId on, ByteView datagram, NodeId& claimed,
                              std::vector<Datagram>& replies);
    const char* receive_data(Instant now, InterconnectId on, ByteView datagram, NodeId& claimed,
                             std::vector<Delivery>& deliveries, std::vector<Datagram>& replies);
    const char* receive_payload(Instant now, NodeId from, Partner& partner, Session& session,
                                InterconnectId on, ByteView payload,
                                std::vector<Delivery>& deliveries,
                                std::vector<Datagram>& replies);
    const char* deliver(NodeId from, Partner& partner, const Session& session, InterconnectId on,
                        ByteView message, std::vector<Delivery>& deliveries);

    LinkShared shared_;
    Version version_max_ = k_version_newest;
    std::map<NodeId, std::unique_ptr<Partner>> partners_;
    std::map<NodeId, StartNumber> starts_seen_;  ///< of nodes that were peers and may be again
};

}  // namespace ha::wire
