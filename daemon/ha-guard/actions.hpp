// Carrying out one prepared action: a system call or two, no waiting, no allocation.
#pragma once

#include "base/guard.hpp"

namespace ha_guard {

/// 0 when it has been done, or nothing was left to do; else errno.
int carry_out(const ha::guard::Action& action, int fd) noexcept;
/// 0, or why this guard would not be able to carry it out: EOPNOTSUPP, EINVAL.
int judge(const ha::guard::Action& action) noexcept;

}  // namespace ha_guard
