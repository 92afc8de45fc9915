// What a leader knows of the log of one other node.
#include "consensus/peer.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "consensus/log.hpp"

namespace ha::consensus {

void Peer::restart_at(LogIndex first) {
    *this = Peer{.node = node, .next = first, .sent_at = sent_at};
}

void Peer::become_probe() {
    // While probing, `next` was never ahead of what is unanswered, and is the better guess.
    if (mode != PeerMode::probe) next = after(match);
    mode = PeerMode::probe;
    in_flight = 0;
    resend_at = Instant::max();
}

void Peer::become_snapshot(Instant resend) {
    mode = PeerMode::snapshot;
    in_flight = 0;
    resend_at = resend;
}

void Peer::on_answer(StoreId from) {
    if (has_answered && store != from) {
        match = LogIndex{};
        mode = PeerMode::probe;
        in_flight = 0;
    }
    has_answered = true;
    store = from;
}

bool Peer::on_stored(LogIndex index) {
    const bool is_news = index > match || mode == PeerMode::probe;
    match = std::max(match, index);
    if (mode != PeerMode::replicate) {
        mode = PeerMode::replicate;
        next = after(match);
        in_flight = 0;
    }
    next = std::max(next, after(match));
    if (in_flight > 0) in_flight--;
    if (match == before(next)) in_flight = 0;
    HA_ASSERT(match < next);
    return is_news;
}

void Peer::on_mismatch(LogIndex hint, LogIndex last) {
    if (mode == PeerMode::snapshot) return;
    mode = PeerMode::probe;
    in_flight = 0;
    next = std::clamp(after(hint), after(match), after(last));
}

bool Peer::is_waiting() const {
    switch (mode) {
        case PeerMode::probe:
            return in_flight > 0;
        case PeerMode::replicate:
            return match < before(next);
        case PeerMode::snapshot:
            return true;
    }
    return false;
}

bool Peer::may_send() const {
    switch (mode) {
        case PeerMode::probe:
            return in_flight == 0;
        case PeerMode::replicate:
            return in_flight < k_limit_in_flight;
        case PeerMode::snapshot:
            return false;
    }
    return false;
}

}  // namespace ha::consensus
