// The guard's socket, its timer and its loop.
#pragma once

#include "guard.hpp"

namespace ha_guard {

/// Descriptors that the loop stands on, made before it begins.
struct Doors {
    int listening = -1;
    int timer = -1;      ///< on the boot clock
    int page = -1;       ///< sent to whoever says hello
    int ended = -1;      ///< readable when this process is asked to end (signals)
};

Instant boot_now() noexcept;
/// Until it is told to end, or nobody needs it, while nothing is held; 0.
int serve(Guard& guard, const Doors& doors) noexcept;

}  // namespace ha_guard
