// The receiving side of large messages.
#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "wire/bulk.hpp"

namespace ha::wire {

std::optional<Bytes> BulkReceiver::on_fragment(Instant now, const Fragment& fragment,
                                               std::vector<Bytes>& acks) {
    if (fragment.transfer < transfer_) return std::nullopt;  // its sender has gone on
    if (fragment.transfer > transfer_) begin(fragment);
    heard_ = now;
    if (is_given_up_) return std::nullopt;
    if (is_complete_) {
        acknowledge(acks);
        return std::nullopt;
    }
    if (fragment.bytes_total != message_.size()) return std::nullopt;
    const bool is_new = !has_[fragment.place];
    const bool is_next = fragment.place == contiguous_;
    if (is_new) {
        has_[fragment.place] = true;
        count_++;
        std::copy(fragment.bytes.begin(), fragment.bytes.end(),
                  message_.begin() +
                      static_cast<std::ptrdiff_t>(fragment.place * k_fragment_bytes));
        while (contiguous_ < has_.size() && has_[contiguous_]) contiguous_++;
    }
    is_complete_ = count_ == has_.size();
    unacknowledged_++;
    // What the sender can act on at once is told at once: the end, a gap, a repetition.
    if (is_complete_ || !is_new || !is_next || unacknowledged_ >= k_acknowledge_every)
        acknowledge(acks);
    else if (acknowledge_at_ == Instant::max())
        acknowledge_at_ = now + k_acknowledge_delay;
    if (!is_complete_) return std::nullopt;
    return std::exchange(message_, Bytes{});
}

void BulkReceiver::begin(const Fragment& fragment) {
    transfer_ = fragment.transfer;
    is_complete_ = false;
    is_given_up_ = false;
    message_.assign(fragment.bytes_total, 0);
    has_.assign(fragments_of(fragment.bytes_total), false);
    contiguous_ = 0;
    count_ = 0;
    unacknowledged_ = 0;
}

void BulkReceiver::acknowledge(std::vector<Bytes>& acks) {
    Acknowledge a{transfer_, static_cast<std::uint32_t>(contiguous_), {}};
    const auto end = std::min(has_.size(), contiguous_ + k_window_span);
    for (auto place = contiguous_; place < end; place++) a.after.push_back(has_[place]);
    acks.push_back(encode_acknowledge(a));
    unacknowledged_ = 0;
    acknowledge_at_ = Instant::max();
}

void BulkReceiver::tick(Instant now, std::vector<Bytes>& acks) {
    if (now >= acknowledge_at_) acknowledge(acks);
    if (message_.empty() || now < heard_ + k_transfer_give_up) return;
    is_given_up_ = true;
    message_ = Bytes{};
    has_.clear();
    acknowledge_at_ = Instant::max();
}

Instant BulkReceiver::deadline() const {
    const auto give_up = message_.empty() ? Instant::max() : heard_ + k_transfer_give_up;
    return std::min(acknowledge_at_, give_up);
}

void BulkReceiver::reset() { *this = BulkReceiver(); }

}  // namespace ha::wire
