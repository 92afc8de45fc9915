// Failures of the network helpers: one sentence for a person and the kernel's errno.
//
// The helpers may not see the library's own result type (a plugin knows only the ABI and the
// glove), so they carry their own, of the same shape.
#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <utility>

namespace ha::support {

struct Error {
    std::string text;  ///< what failed, where, and what would be right
    int os = 0;        ///< errno of the failed call, 0 if none was involved
};

template <class T>
using Result = boost::system::result<T, Error>;

/// Asking a failed result for its value is a bug of the caller: prints the failure and aborts.
[[noreturn]] void throw_exception_from_error(const Error& error,
                                             const boost::source_location& location);

/// "TEXT: strerror(os)", with `os` kept.
Error os_error(std::string text, int os);

}  // namespace ha::support
