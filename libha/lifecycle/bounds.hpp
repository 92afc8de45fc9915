// Bounds of the service wing: what may grow or take time here, and how far.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/time.hpp"

namespace ha::lifecycle {

/// After its deadline the runtime has this long to report an operation; then it counts as timed out
/// without a report, and nothing waits for it any more.
inline constexpr Duration k_report_grace = 2s;
/// Severing does not wait for anything; what takes longer than this will not come back.
inline constexpr Duration k_sever_timeout = 1s;
/// Between two attempts with one fence device, and between two looks at what it did.
inline constexpr Duration k_fence_retry_pause = 1s;
inline constexpr Duration k_fence_look_interval = 500ms;
/// A device of a node that is well is asked for its status this often (Fencing::watch).
inline constexpr Duration k_fence_watch_interval = 10min;
/// A fence agent ends this long after its deadline at the latest, whatever becomes of this process.
inline constexpr Duration k_fence_end_grace = 5s;
/// What a device was asked for by an agent that failed, was killed, or had its word not borne out
/// may still happen within this time: devices queue, and helpers of an agent outlive it.
inline constexpr Duration k_fence_echo = 5s;
/// A report that the agreed state does not show yet is asked for again this often.
inline constexpr Duration k_report_repeat = 250ms;
/// A probe of what is not ours that fails so often in a row is told, once until it succeeds.
inline constexpr std::uint32_t k_probe_failures_told = 3;
/// Looks on end that have to say the same before something is done about what is not ours; the
/// second begins this long after the first, or one interval when that is less.
inline constexpr std::uint32_t k_looks_that_decide = 2;
inline constexpr Duration k_second_look_pause = 5s;
/// After so many looks on end that found nothing, what comes back is a new story.
inline constexpr std::uint32_t k_calm_looks = 10;
/// Operations on one resource that never came back. At the limit it is not touched again until one
/// of them does: each of them holds a thread or a process of the runtime.
inline constexpr std::size_t k_limit_loose_operations = 8;
/// Bytes of a plugin's text that are kept for display.
inline constexpr std::size_t k_limit_text_bytes = 512;
inline std::string clipped(std::string text) {
    if (text.size() > k_limit_text_bytes) text.resize(k_limit_text_bytes);
    return text;
}
/// A state report of one node.
inline constexpr std::size_t k_limit_status_items = 65536;

}  // namespace ha::lifecycle
