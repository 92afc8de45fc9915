// Assertions: a broken invariant is a bug of ours, and stops the process in every build type.
//
// A node that goes on with a broken invariant can make two owners of one disk; a node that stops
// is failed over. So these are never compiled out.
#pragma once

namespace ha {

/// Prints the expression with its place to standard error and aborts.
[[noreturn]] void assert_failed(const char* expression, const char* file, int line) noexcept;

}  // namespace ha

#define HA_ASSERT(expression) \
    (static_cast<bool>(expression) ? void(0) : ::ha::assert_failed(#expression, __FILE__, __LINE__))
