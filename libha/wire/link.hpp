// A link: the handshakes and sessions with one peer (safety.md F17).
//
//   we                                   peer
//   hello   nonce a          ------->
//                            <-------    answer  nonce b, echoes a
//   [session made of (a, b)]
//   confirm nonce a, echoes b ------>    [session made of (a, b)]
//                            <-------    data: empty
//   [confirmed]
//
// Both may begin at once: each then answers the other with the one nonce it has under way, and both
// make the same session from the same pair, in one round trip. Invariants:
//  1. A session is made only when our own fresh nonce has been echoed under the cluster's key. Until
//     then a hello changes nothing that exists: a replayed one costs an answer, and no more.
//  2. A nonce of ours makes at most one session.
//  3. While a new session is not confirmed we send in the one before it, if it is of the same start
//     of the peer, so that a lost confirm costs nothing.
//  4. A peer of a higher start ends all sessions with its former start; a lower one is refused.
//  5. Whoever has an unconfirmed session, none, or one that has been silent, keeps asking.
#pragma once

#include <optional>
#include <vector>

#include "base/random.hpp"
#include "base/reflect.hpp"
#include "base/time.hpp"
#include "wire/session.hpp"

namespace ha::wire {

struct Datagram {
    NodeId to;
    InterconnectId interconnect;
    Bytes bytes;
};

/// What all links of a node share.
struct LinkShared {
    /// For recordings (base/archive.hpp).
    auto members() {
        return reflect::fields(self, start, keys, key_in_use, session_packets_max,
                               reflect::skip_reference(crypto), jitter, nonce_secret, nonces_made,
                               links_made);
    }

    NodeId self;
    StartNumber start;
    std::vector<std::pair<std::uint32_t, Key>> keys;
    std::uint32_t key_in_use = 0;
    std::uint64_t session_packets_max = 0;
    Crypto& crypto;
    Random jitter;
    Key nonce_secret{};
    std::uint64_t nonces_made = 0;
    std::uint64_t links_made = 0;

    const Key* find_key(std::uint32_t id) const;
    /// Never the same twice, and not to be foreseen by who does not know the seed.
    Nonce make_nonce();
};

class Link {
   public:
    /// For recordings (base/archive.hpp).
    auto members() {
        return reflect::fields(reflect::skip_reference(shared_), peer_, interconnects_, current_,
                               previous_, previous_until_, pending_, asking_, start_seen_, heard_,
                               hello_at_, hello_attempt_, confirm_at_, confirm_attempt_,
                               answered_at_, tokens_, token_at_);
    }

    /// `shared` outlives the link. `start_seen` is the highest start the peer was ever proven at.
    Link(LinkShared& shared, NodeId peer, std::vector<InterconnectId> interconnects,
         StartNumber start_seen);

    NodeId peer() const { return peer_; }
    void set_interconnects(std::vector<InterconnectId> interconnects);
    bool has_interconnect(InterconnectId interconnect) const;
    /// Most recently heard first.
    const std::vector<InterconnectId>& interconnects() const { return interconnects_; }

    /// A genuine hello. The reason why it is refused, or null.
    const char* on_hello(Instant now, const Hello& hello, std::vector<Datagram>& out);
    /// A data packet was opened by `session`.
    void on_opened(Instant now, Session& session, InterconnectId interconnect);
    /// A data packet of an unknown session: without a session of our own we ask at once.
    void on_unknown_session(Instant now, std::vector<Datagram>& out);
    void tick(Instant now, std::vector<Datagram>& out);
    Instant deadline() const;
    /// Sessions of keys that are no longer known end; those of another key than the one in use are
    /// replaced.
    void on_keys_changed(Instant now);

    Session* find(std::uint64_t session_id);
    /// The session to send in; null when there is none.
    Session* session_to_send();
    bool has_session() const { return current_.has_value(); }
    /// Of the current session; none without one.
    StartNumber peer_start() const;
    StartNumber start_seen() const { return start_seen_; }

   private:
    struct Pending {
        Nonce nonce{};
        std::uint32_t key_id = 0;
        Instant made;
    };

    /// When to ask (again) for a session.
    Instant hello_due() const;
    bool is_due_for_new() const;
    bool is_alive(Instant now) const;
    bool may_answer(Instant now, const Hello& hello);
    bool take_token(Instant now);
    void refresh_pending(Instant now, const Hello* asked);
    void on_known_session(Instant now, const Hello& hello, std::vector<Datagram>& out);
    void complete(Instant now, const Hello& hello);
    void send_hello(PacketKind kind, InterconnectId on, std::vector<Datagram>& out);
    void send_confirm(InterconnectId on, std::vector<Datagram>& out);
    void send_empty(InterconnectId on, std::vector<Datagram>& out);
    Duration pace(unsigned attempt);

    LinkShared& shared_;
    NodeId peer_;
    std::vector<InterconnectId> interconnects_;
    std::optional<Session> current_;
    std::optional<Session> previous_;  ///< same start of the peer as current_
    Instant previous_until_;
    std::optional<Pending> pending_;
    std::optional<SessionEnd> asking_;  ///< of the newest hello; unproven, only echoed
    StartNumber start_seen_;
    Instant heard_;                     ///< of the current start
    Instant hello_at_;
    unsigned hello_attempt_ = 0;
    Instant confirm_at_;
    unsigned confirm_attempt_ = 0;
    std::optional<Instant> answered_at_;  ///< while a session lives
    unsigned tokens_;
    Instant token_at_;
};

}  // namespace ha::wire
