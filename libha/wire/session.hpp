// A session: two nonces that both sides have seen echoed, two keys, counters, replay windows (F17).
//
// It exists only once our own nonce has come back, so all that it opens was sent in this start of
// the peer and in this start of ours. A session is `confirmed` when the peer is known to have it.
#pragma once

#include <vector>

#include "base/reflect.hpp"
#include "wire/packet.hpp"
#include "wire/replay_window.hpp"

namespace ha::wire {

/// One side of a session.
struct SessionEnd {
    NodeId node;
    StartNumber start;
    Nonce nonce{};
    std::uint32_t key_id = 0;  ///< the cluster key that this side wished to use
};

/// The cluster key of a session: that of the lower node, so that both sides choose the same while
/// a key is being replaced.
std::uint32_t session_key_id(const SessionEnd& a, const SessionEnd& b);

class Session {
   public:
    /// For recordings (base/archive.hpp).
    auto members() {
        return reflect::fields(local_, remote_, key_send_, key_receive_, id_, counter_,
                               message_number_, is_confirmed_, messages_, windows_);
    }

    /// To be filled in.
    Session() = default;
    Session(const SessionEnd& local, const SessionEnd& remote, const Key& cluster_key,
            Crypto& crypto);

    std::uint64_t id() const { return id_; }
    std::uint32_t key_id() const { return session_key_id(local_, remote_); }
    std::uint32_t local_key_id() const { return local_.key_id; }
    StartNumber remote_start() const { return remote_.start; }
    const Nonce& local_nonce() const { return local_.nonce; }
    const Nonce& remote_nonce() const { return remote_.nonce; }
    std::uint64_t packets_sent() const { return counter_; }

    bool is_confirmed() const { return is_confirmed_; }
    void confirm() { is_confirmed_ = true; }

    /// A whole datagram.
    Bytes seal(InterconnectId interconnect, ByteView payload, Crypto& crypto);

    enum class Opened { ok, replayed, forged };
    /// `header` is the decoded start of `datagram`, and its interconnect that of the arrival.
    Opened open(const DataHeader& header, ByteView datagram, Crypto& crypto, Bytes& payload);

    /// Numbers of messages that may travel on two interconnects and are delivered once.
    std::uint64_t next_message_number() { return ++message_number_; }
    bool take_message_number(std::uint64_t number);

   private:
    /// None when the session has seen too many interconnects come and go.
    ReplayWindow* window_of(InterconnectId interconnect);

    SessionEnd local_;
    SessionEnd remote_;
    Key key_send_{};
    Key key_receive_{};
    std::uint64_t id_ = 0;
    std::uint64_t counter_ = 0;
    std::uint64_t message_number_ = 0;
    bool is_confirmed_ = false;
    ReplayWindow messages_;
    std::vector<std::pair<InterconnectId, ReplayWindow>> windows_;
};

}  // namespace ha::wire
