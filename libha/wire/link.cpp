// A link: handshakes with one peer, and which session is used.
#include "wire/link.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "wire/limits.hpp"

namespace ha::wire {

namespace {

/// An empty data packet: nothing but the proof that the sender has the session.
constexpr std::uint8_t k_empty_payload[] = {0};

}  // namespace

const Key* LinkShared::find_key(std::uint32_t id) const {
    for (const auto& [key_id, key] : keys)
        if (key_id == id) return &key;
    return nullptr;
}

Nonce LinkShared::make_nonce() {
    Bytes input;
    Writer w(input);
    w.text("libha nonce");
    w.u64(++nonces_made);
    const auto mac = crypto.mac(nonce_secret, input);
    Nonce out;
    std::copy_n(mac.begin(), out.size(), out.begin());
    // All zeros stands for "none".
    if (out == Nonce{}) out[0] = 1;
    return out;
}

Link::Link(LinkShared& shared, NodeId peer, std::vector<InterconnectId> interconnects,
           StartNumber start_seen)
    : shared_(shared), peer_(peer), start_seen_(start_seen), tokens_(k_answers_burst) {
    set_interconnects(std::move(interconnects));
}

void Link::set_interconnects(std::vector<InterconnectId> interconnects) {
    HA_ASSERT(interconnects.size() <= k_limit_interconnects);
    // Those that stay keep their order, which is that of being heard.
    std::vector<InterconnectId> kept;
    for (auto id : interconnects_)
        if (std::count(interconnects.begin(), interconnects.end(), id) > 0) kept.push_back(id);
    for (auto id : interconnects)
        if (std::count(kept.begin(), kept.end(), id) == 0) kept.push_back(id);
    interconnects_ = std::move(kept);
}

bool Link::has_interconnect(InterconnectId interconnect) const {
    return std::count(interconnects_.begin(), interconnects_.end(), interconnect) > 0;
}

const char* Link::on_hello(Instant now, const Hello& hello, std::vector<Datagram>& out) {
    if (hello.start < start_seen_)
        return "hello of an earlier start of this node: an old copy, or a new store on a machine "
               "whose clock is behind";
    if (current_ && hello.nonce == current_->remote_nonce()) {
        on_known_session(now, hello, out);
        return nullptr;
    }
    if (previous_ && hello.nonce == previous_->remote_nonce()) return nullptr;
    const bool echoes_ours = pending_ && hello.nonce_echoed == pending_->nonce &&
                             hello.start_echoed == shared_.start;
    if (echoes_ours) {
        const auto* key = shared_.find_key(pending_->key_id);
        if (!key) return "handshake under a key that is no longer known";
        complete(now, hello);
        if (hello.kind == PacketKind::answer) {
            send_confirm(hello.interconnect, out);
        } else {
            current_->confirm();
            send_empty(hello.interconnect, out);
        }
        return nullptr;
    }
    if (!may_answer(now, hello)) return nullptr;
    asking_ = SessionEnd{peer_, hello.start, hello.nonce, hello.key_id};
    refresh_pending(now, &hello);
    send_hello(PacketKind::answer, hello.interconnect, out);
    return nullptr;
}

/// A hello that belongs to the session we have: the peer may not know that we have it.
void Link::on_known_session(Instant now, const Hello& hello, std::vector<Datagram>& out) {
    if (!take_token(now)) return;
    if (hello.kind != PacketKind::confirm) return send_confirm(hello.interconnect, out);
    if (hello.nonce_echoed != current_->local_nonce()) return;
    current_->confirm();
    send_empty(hello.interconnect, out);
}

void Link::complete(Instant now, const Hello& hello) {
    const SessionEnd local{shared_.self, shared_.start, pending_->nonce, pending_->key_id};
    const SessionEnd remote{peer_, hello.start, hello.nonce, hello.key_id};
    const auto* key = shared_.find_key(session_key_id(local, remote));
    HA_ASSERT(key != nullptr);
    if (current_ && current_->remote_start() == hello.start) {
        // One that was never confirmed may be unknown to the peer; the one before it is not.
        if (current_->is_confirmed() || !previous_) previous_ = std::move(current_);
        previous_until_ = now + k_previous_session_kept;
    } else {
        previous_.reset();
    }
    current_.emplace(local, remote, *key, shared_.crypto);
    start_seen_ = std::max(start_seen_, hello.start);
    pending_.reset();
    asking_.reset();
    heard_ = now;
    hello_at_ = now;
    hello_attempt_ = 0;
    confirm_attempt_ = 0;
    confirm_at_ = now + pace(confirm_attempt_++);
}

void Link::on_opened(Instant now, Session& session, InterconnectId interconnect) {
    session.confirm();
    heard_ = now;
    hello_attempt_ = 0;
    hello_at_ = now;
    const auto at = std::find(interconnects_.begin(), interconnects_.end(), interconnect);
    if (at != interconnects_.end()) std::rotate(interconnects_.begin(), at, at + 1);
}

void Link::on_unknown_session(Instant now, std::vector<Datagram>& out) {
    if (current_ || !take_token(now)) return;
    hello_attempt_ = std::min(hello_attempt_, 1u);
    hello_at_ = std::min(hello_at_, now);
    tick(now, out);
}

void Link::tick(Instant now, std::vector<Datagram>& out) {
    if (previous_ && now >= previous_until_) previous_.reset();
    if (current_ && !current_->is_confirmed() && now >= confirm_at_) {
        for (auto on : interconnects_) send_confirm(on, out);
        confirm_at_ = now + pace(confirm_attempt_++);
    }
    if (now < hello_due()) return;
    refresh_pending(now, nullptr);
    for (auto on : interconnects_)
        send_hello(asking_ ? PacketKind::answer : PacketKind::hello, on, out);
    hello_at_ = now + pace(hello_attempt_++);
}

Instant Link::hello_due() const {
    if (current_ && !is_due_for_new()) return std::max(hello_at_, heard_ + k_silence_before_hello);
    return hello_at_;
}

Instant Link::deadline() const {
    auto at = hello_due();
    if (current_ && !current_->is_confirmed()) at = std::min(at, confirm_at_);
    if (previous_) at = std::min(at, previous_until_);
    return at;
}

void Link::on_keys_changed(Instant now) {
    if (previous_ && !shared_.find_key(previous_->key_id())) previous_.reset();
    if (current_ && !shared_.find_key(current_->key_id())) current_.reset();
    if (!current_ && previous_) current_ = std::exchange(previous_, std::nullopt);
    pending_.reset();
    asking_.reset();
    hello_attempt_ = 0;
    hello_at_ = now;
}

Session* Link::find(std::uint64_t session_id) {
    if (current_ && current_->id() == session_id) return &*current_;
    if (previous_ && previous_->id() == session_id) return &*previous_;
    return nullptr;
}

Session* Link::session_to_send() {
    const auto last = shared_.session_packets_max + k_session_packets_grace;
    if (current_ && !current_->is_confirmed() && previous_ && previous_->packets_sent() < last)
        return &*previous_;
    return current_ && current_->packets_sent() < last ? &*current_ : nullptr;
}

StartNumber Link::peer_start() const {
    return current_ ? current_->remote_start() : StartNumber{};
}

bool Link::is_due_for_new() const {
    return current_->packets_sent() >= shared_.session_packets_max ||
           (current_->key_id() != shared_.key_in_use && shared_.self < peer_);
}

bool Link::is_alive(Instant now) const { return now < heard_ + k_silence_before_hello; }

/// While a session lives, another handshake of the same start is no hurry: it may be a replay.
bool Link::may_answer(Instant now, const Hello& hello) {
    if (current_ && is_alive(now) && hello.start == current_->remote_start()) {
        const bool is_ours = pending_ && hello.kind == PacketKind::answer && is_due_for_new();
        if (!is_ours && answered_at_ && now < *answered_at_ + k_silence_before_hello) return false;
        answered_at_ = now;
    }
    return take_token(now);
}

bool Link::take_token(Instant now) {
    while (tokens_ < k_answers_burst && token_at_ + k_answer_interval <= now) {
        tokens_++;
        token_at_ = token_at_ + k_answer_interval;
    }
    if (tokens_ == 0) return false;
    if (tokens_ == k_answers_burst) token_at_ = now;
    tokens_--;
    return true;
}

void Link::refresh_pending(Instant now, const Hello* asked) {
    // A nonce that went out as an answer long ago is no longer what one calls fresh; one that we
    // ask with ourselves stays until it is echoed, however slow the path is.
    const bool is_stale = pending_ && asked && now >= pending_->made + k_nonce_age_max;
    if (pending_ && !is_stale) return;
    pending_ = Pending{shared_.make_nonce(), shared_.key_in_use, now};
}

void Link::send_hello(PacketKind kind, InterconnectId on, std::vector<Datagram>& out) {
    HA_ASSERT(pending_.has_value());
    const auto* key = shared_.find_key(pending_->key_id);
    HA_ASSERT(key != nullptr);
    Hello hello{kind, shared_.self, peer_, on, pending_->key_id, shared_.start, pending_->nonce};
    if (kind == PacketKind::answer) {
        hello.start_echoed = asking_->start;
        hello.nonce_echoed = asking_->nonce;
    }
    out.push_back({peer_, on, encode_hello(hello, *key, shared_.crypto)});
}

void Link::send_confirm(InterconnectId on, std::vector<Datagram>& out) {
    const auto key_id = current_->local_key_id();
    const auto* key = shared_.find_key(key_id);
    if (!key) return;
    const Hello hello{PacketKind::confirm,      shared_.self,
                      peer_,                    on,
                      key_id,                   shared_.start,
                      current_->local_nonce(),  current_->remote_start(),
                      current_->remote_nonce()};
    out.push_back({peer_, on, encode_hello(hello, *key, shared_.crypto)});
}

void Link::send_empty(InterconnectId on, std::vector<Datagram>& out) {
    if (current_->packets_sent() >= shared_.session_packets_max) return;
    out.push_back({peer_, on, current_->seal(on, k_empty_payload, shared_.crypto)});
}

/// Doubles from k_hello_first to k_hello_last; a quarter of it is chance, so that two nodes that
/// begin together do not stay together.
Duration Link::pace(unsigned attempt) {
    auto d = k_hello_first;
    for (unsigned i = 0; i < attempt && d < k_hello_last; i++) d *= 2;
    d = std::min(d, k_hello_last);
    return d * 3 / 4 + shared_.jitter.up_to(d / 4);
}

}  // namespace ha::wire
