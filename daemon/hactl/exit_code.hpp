// Exit codes of hactl, for scripts.
#pragma once

namespace hactl {

inline constexpr int k_exit_ok = 0;
inline constexpr int k_exit_refused = 1;      ///< the cluster said no, or the file is wrong
inline constexpr int k_exit_usage = 2;        ///< wrong command line
inline constexpr int k_exit_unreachable = 3;  ///< no daemon answers at the socket
inline constexpr int k_exit_timed_out = 4;    ///< not done within the time given
inline constexpr int k_exit_failed = 5;       ///< it was tried, and failed

}  // namespace hactl
