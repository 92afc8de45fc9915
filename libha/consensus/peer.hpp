// What a leader knows of the log of one other node, voter or learner (dissertation 3.5, 10.2.1).
//
//              first success                     a message was lost, or contact
//   probe ---------------------> replicate ----------------------------------+
//     ^ ^                            |  its next entry is compacted           |
//     | |                            v                                        |
//     | +---- resend, contact --- snapshot                                    |
//     +------------------------------------------------------------------------+
//
// probe      we do not know where its log agrees with ours: one message under way, `next` waits
// replicate  we do: several messages under way, `next` runs ahead
// snapshot   it is getting the whole document
//
// Invariants: (1) match < next. (2) `match` is what store `store` has told in our own term: it
// never goes back, but when the node answers with another store.
#pragma once

#include <cstdint>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace ha::consensus {

enum class PeerMode : std::uint8_t { probe, replicate, snapshot };

/// Append messages under way to one peer that we know to agree with us.
inline constexpr std::uint32_t k_limit_in_flight = 8;

struct Peer {
    NodeId node;
    bool has_answered = false;  ///< in our term; then `store` is told by itself
    StoreId store;              ///< none: a store that may not vote
    PeerMode mode = PeerMode::probe;
    LogIndex match;  ///< newest index known to be durable there
    LogIndex next;   ///< first index to send next
    std::uint32_t in_flight = 0;
    bool needs_notice = false;  ///< tell it the commit index even without entries
    Instant sent_at;            ///< of anything
    Instant resend_at = Instant::max();

    /// A new leader's guess: its log ends where ours does.
    void restart_at(LogIndex first);
    /// Contact or a message was lost: find out anew, from what is known for certain if anything is.
    void become_probe();
    void become_snapshot(Instant resend);
    /// Takes note of the store that answers; another one than before has none of what was matched.
    void on_answer(StoreId from);
    /// Its store holds our log up to `index`. True if that is news.
    bool on_stored(LogIndex index);
    /// Its log does not agree at what we sent, but may up to `hint`.
    void on_mismatch(LogIndex hint, LogIndex last);

    bool is_waiting() const;  ///< for an answer without which nothing goes on
    bool may_send() const;
};

}  // namespace ha::consensus
