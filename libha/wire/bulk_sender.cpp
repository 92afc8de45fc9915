// The sending side of large messages.
#include <algorithm>

#include "base/assert.hpp"
#include "base/checksum.hpp"
#include "wire/bulk.hpp"

namespace ha::wire {

namespace {

/// A fragment is taken for lost when one this far behind it, sent later, has arrived.
constexpr std::size_t k_reorder = 3;

}  // namespace

BulkSender::Taken BulkSender::enqueue(Instant now, std::uint8_t kind, bool replaces,
                                      Bytes message) {
    HA_ASSERT(!message.empty() && message.size() <= k_limit_message_bytes);
    const auto digest = digest64(message);
    for (const auto& t : queue_)
        if (t.digest == digest && t.message == message) return Taken::known;
    if (replaces) {
        if (is_begun_ && queue_.front().kind == kind) finish();
        const auto waiting = queue_.begin() + (is_begun_ ? 1 : 0);
        queue_.erase(std::remove_if(waiting, queue_.end(),
                                    [&](const Transfer& t) { return t.kind == kind; }),
                     queue_.end());
    }
    if (queue_.size() == k_limit_transfers ||
        bytes_held() + message.size() > k_limit_transfer_bytes)
        return Taken::full;
    queue_.push_back({number_next_++, kind, digest, std::move(message)});
    if (!is_begun_) begin(now);
    return Taken::queued;
}

void BulkSender::begin(Instant now) {
    HA_ASSERT(!is_begun_ && !queue_.empty());
    is_begun_ = true;
    base_ = 0;
    sent_.clear();
    backoff_ = 0;
    progress_ = now;
}

void BulkSender::finish() {
    HA_ASSERT(is_begun_);
    queue_.pop_front();
    sent_.clear();
    is_begun_ = false;
}

void BulkSender::reset() {
    queue_.clear();
    sent_.clear();
    is_begun_ = false;
    window_ = k_window_first;
    round_trip_.reset();
}

std::size_t BulkSender::bytes_held() const {
    std::size_t sum = 0;
    for (const auto& t : queue_) sum += t.message.size();
    return sum;
}

void BulkSender::pump(Instant now, std::vector<Frame>& out) {
    if (is_begun_ && now >= progress_ + k_transfer_give_up) finish();
    if (!is_begun_ && !queue_.empty()) begin(now);
    if (!is_begun_) return;
    find_timeouts(now);
    auto under = under_way();
    for (std::size_t i = 0; i < sent_.size() && under < window_; i++) {
        if (!sent_[i].is_lost) continue;
        send_place(now, base_ + i, out);
        under++;
    }
    const auto total = fragments_of(queue_.front().message.size());
    while (under < window_ && sent_.size() < k_window_span && base_ + sent_.size() < total) {
        sent_.emplace_back();
        send_place(now, base_ + sent_.size() - 1, out);
        under++;
    }
}

void BulkSender::send_place(Instant now, std::size_t place, std::vector<Frame>& out) {
    auto& sent = sent_[place - base_];
    const auto& transfer = queue_.front();
    const ByteView whole(transfer.message);
    const auto bytes = whole.subspan(place * k_fragment_bytes, fragment_bytes(whole.size(), place));
    sent.is_repeat = sent.is_lost;
    sent.is_lost = false;
    sent.at = now;
    out.push_back({encode_fragment({transfer.number, static_cast<std::uint32_t>(whole.size()),
                                    static_cast<std::uint32_t>(place), bytes}),
                   sent.is_repeat});
}

void BulkSender::find_timeouts(Instant now) {
    const auto after = timeout();
    bool is_any = false;
    for (auto& s : sent_) {
        if (s.is_acknowledged || s.is_lost || s.at + after > now) continue;
        s.is_lost = true;
        is_any = true;
    }
    if (!is_any) return;
    backoff_++;
    shrink_window(now);
}

void BulkSender::on_acknowledge(Instant now, const Acknowledge& a) {
    if (!is_begun_ || queue_.front().number != a.transfer) return;
    const auto sent_end = base_ + sent_.size();
    // One that acknowledges what was never sent is damaged in its sender: nothing of it is used.
    if (a.contiguous > sent_end) return;
    std::size_t newest = 0;
    Instant newest_at;
    for (auto place = base_; place < a.contiguous; place++)
        take_acknowledged(now, place, newest, newest_at);
    for (std::size_t i = 0; i < a.after.size(); i++) {
        const auto place = a.contiguous + i;
        if (a.after[i] && place >= base_ && place < sent_end)
            take_acknowledged(now, place, newest, newest_at);
    }
    find_overtaken(newest, newest_at);
    while (!sent_.empty() && sent_.front().is_acknowledged) {
        sent_.pop_front();
        base_++;
    }
    if (base_ == fragments_of(queue_.front().message.size())) finish();
}

void BulkSender::take_acknowledged(Instant now, std::size_t place, std::size_t& newest,
                                   Instant& newest_at) {
    auto& sent = sent_[place - base_];
    if (sent.is_acknowledged) return;
    sent.is_acknowledged = true;
    newest = std::max(newest, place);
    newest_at = std::max(newest_at, sent.at);
    progress_ = now;
    backoff_ = 0;
    window_ = std::min(window_ + 1, k_window_max);
    // Karn: the answer to one sent twice does not tell to which of the two.
    if (sent.is_repeat) return;
    const auto sample = now - sent.at;
    round_trip_ = round_trip_ ? (*round_trip_ * 7 + sample) / 8 : sample;
}

void BulkSender::find_overtaken(std::size_t newest, Instant newest_at) {
    bool is_any = false;
    for (std::size_t i = 0; i < sent_.size() && base_ + i + k_reorder <= newest; i++) {
        auto& s = sent_[i];
        if (s.is_acknowledged || s.is_lost || s.at > newest_at) continue;
        s.is_lost = true;
        is_any = true;
    }
    if (is_any) shrink_window(progress_);
}

/// At most once in a round trip: what is lost together is one sign, not many.
void BulkSender::shrink_window(Instant now) {
    if (now < window_changed_ + round_trip_.value_or(k_retransmit_first)) return;
    window_changed_ = now;
    window_ = std::max(window_ / 2, k_window_min);
}

Duration BulkSender::timeout() const {
    auto d = round_trip_ ? std::max(*round_trip_ * 3 + k_acknowledge_delay, k_retransmit_min)
                         : k_retransmit_first;
    for (unsigned i = 0; i < backoff_ && d < k_retransmit_max; i++) d *= 2;
    return std::min(d, k_retransmit_max);
}

std::size_t BulkSender::under_way() const {
    return static_cast<std::size_t>(std::count_if(sent_.begin(), sent_.end(), [](const Sent& s) {
        return !s.is_acknowledged && !s.is_lost;
    }));
}

Instant BulkSender::deadline() const {
    if (queue_.empty()) return Instant::max();
    if (!is_begun_) return Instant{};
    auto at = progress_ + k_transfer_give_up;
    for (const auto& s : sent_)
        if (!s.is_acknowledged && !s.is_lost) at = std::min(at, s.at + timeout());
    return at;
}

}  // namespace ha::wire
