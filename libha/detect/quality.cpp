// Path quality: counting what arrived.
#include "detect/quality.hpp"

#include <algorithm>

namespace ha::detect {

void PathQuality::heard(std::uint64_t seq) {
    if (first_ == 0 || (seq > newest_ && seq - newest_ > k_silence)) {
        first_ = newest_ = seq;
        arrived_ = 1;
    } else if (seq > newest_) {
        arrived_ <<= static_cast<std::size_t>(seq - newest_);
        arrived_.set(0);
        newest_ = seq;
    } else if (newest_ - seq < k_window) {
        arrived_.set(static_cast<std::size_t>(newest_ - seq));
    }
}

void PathQuality::timed(Duration round_trip) {
    if (trip_ > Duration::zero()) {
        const auto difference = round_trip > trip_ ? round_trip - trip_ : trip_ - round_trip;
        jitter_ += (difference - jitter_) / 16;
    }
    trip_ = round_trip;
}

bool PathQuality::is_known() const {
    return first_ != 0 && newest_ - first_ >= k_under_way + k_counted_min;
}

std::uint32_t PathQuality::loss_percent() const {
    if (!is_known()) return 0;
    const auto known = std::min<std::uint64_t>(newest_ - first_ + 1, k_window);
    const auto counted = static_cast<std::size_t>(known) - k_under_way;
    std::size_t lost = 0;
    for (std::size_t i = 0; i < counted; i++)
        if (!arrived_[k_under_way + i]) lost++;
    return static_cast<std::uint32_t>(lost * 100 / counted);
}

bool PathQuality::judge(Duration jitter_max) {
    const bool was_poor = is_poor_;
    const auto loss = loss_percent();
    if (is_poor_)
        is_poor_ = !is_known() || loss > k_good_loss_percent || jitter_ > jitter_max / 2;
    else
        is_poor_ = loss >= k_poor_loss_percent || jitter_ > jitter_max;
    return is_poor_ != was_poor;
}

}  // namespace ha::detect
