// Exit codes of had, for systemd units and scripts.
#pragma once

namespace had {

inline constexpr int k_exit_ok = 0;            ///< left the cluster
inline constexpr int k_exit_failed = 1;        ///< cannot start or go on
inline constexpr int k_exit_usage = 2;         ///< wrong command line
inline constexpr int k_exit_config = 3;        ///< wrong configuration
inline constexpr int k_exit_interrupted = 4;   ///< a second signal: stopped without leaving
inline constexpr int k_exit_final_action = 5;  ///< a final action stopped the node

}  // namespace had
