// Receiving datagrams: how many at once, and how long they may be.
#pragma once

#include <cstddef>

#include "base/limits.hpp"

namespace ha::runtime {

/// Read at one go; then timers and other tasks get their turn, however many more there are.
inline constexpr std::size_t k_batch_datagrams = 64;
/// Longer by one than what is allowed, so that what is too long shows.
inline constexpr std::size_t k_buffer_bytes = k_limit_datagram_bytes + 1;

}  // namespace ha::runtime
