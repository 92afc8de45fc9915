// Path quality: how much of what a node sends arrives on one interconnect, and how evenly.
//
// The detector says when a window is dark; this says when it is dirty. A path that loses a third of
// its packets hardly ever falls silent, so nobody would hear of it until the other path fails too.
// Nothing is decided by this: it names the bad path to people (gate G3).
//
//   loss      of the numbers sent lately, the part that did not arrive; the newest few may still be
//             under way and do not count; after a silence the count begins anew
//   jitter    smoothed difference of one round trip to the next (as in RFC 3550, 6.4.1)
#pragma once

#include <bitset>
#include <cstdint>

#include "base/reflect.hpp"
#include "base/time.hpp"

namespace ha::detect {

inline constexpr std::uint32_t k_poor_loss_percent = 10;
inline constexpr std::uint32_t k_good_loss_percent = 3;

class PathQuality {
   public:
    /// For recordings (base/archive.hpp).
    auto members() {
        return reflect::fields(arrived_, newest_, first_, trip_, jitter_, is_poor_);
    }

    /// Heartbeat number `seq` of the sender's current run arrived; in any order.
    void heard(std::uint64_t seq);
    void timed(Duration round_trip);

    /// Once poor, a path has to be clearly better to count as good again. `jitter_max`: what is
    /// still good. True: the verdict has changed.
    bool judge(Duration jitter_max);

    bool is_poor() const { return is_poor_; }
    std::uint32_t loss_percent() const;
    Duration jitter() const { return jitter_; }

   private:
    static constexpr std::size_t k_window = 128;
    static constexpr std::size_t k_under_way = 16;
    static constexpr std::size_t k_counted_min = 32;
    /// So many in a row are missing because there was silence, which is told of elsewhere.
    static constexpr std::size_t k_silence = 20;

    bool is_known() const;

    std::bitset<k_window> arrived_;  ///< bit i: newest_ - i
    std::uint64_t newest_ = 0;
    std::uint64_t first_ = 0;        ///< the first that was heard; 0: none
    Duration trip_{0};
    Duration jitter_{0};
    bool is_poor_ = false;
};

}  // namespace ha::detect
