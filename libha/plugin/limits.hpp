// Limits of the loader.
#pragma once

#include <cstddef>

#include "base/time.hpp"

namespace ha::plugin {

inline constexpr std::size_t k_limit_plugin_files = 256;  ///< in one directory
/// Longest time that loading may take in the process that tries it.
inline constexpr Duration k_limit_trial = 10s;
inline constexpr std::size_t k_limit_trial_report_bytes = 4096;

}  // namespace ha::plugin
