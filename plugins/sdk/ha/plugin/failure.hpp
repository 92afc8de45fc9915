// Error: how a plugin in C++ fails. Caught by the trampolines, handed over as code and sentence.
#pragma once

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <system_error>

#include "ha/plugin/error.h"

namespace ha::plugin {

enum class ErrorCode : std::int32_t {
    invalid = HA_ERROR_INVALID,
    not_found = HA_ERROR_NOT_FOUND,
    refused = HA_ERROR_REFUSED,
    unavailable = HA_ERROR_UNAVAILABLE,
    timed_out = HA_ERROR_TIMED_OUT,
    cancelled = HA_ERROR_CANCELLED,
    io = HA_ERROR_IO,
    limit = HA_ERROR_LIMIT,
    corrupt = HA_ERROR_CORRUPT,
    unsupported = HA_ERROR_UNSUPPORTED,
    contract = HA_ERROR_CONTRACT,
};

class Error : public std::runtime_error {
   public:
    Error(ErrorCode code, const std::string& sentence)
        : std::runtime_error(sentence), code_(code) {}

    ErrorCode code() const noexcept { return code_; }

   private:
    ErrorCode code_;
};

/// The operating system said no: what was tried, and its text. Thread-safe, unlike strerror.
inline Error system_error(const std::string& what, int error_number = errno) {
    const ErrorCode code = error_number == ENOENT    ? ErrorCode::not_found
                           : error_number == EINVAL ? ErrorCode::invalid
                                                    : ErrorCode::io;
    return Error(code, what + ": " + std::generic_category().message(error_number));
}

}  // namespace ha::plugin
