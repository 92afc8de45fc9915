// Errors of the API: a code to act on, and a sentence for a person.
#pragma once

#include <stdexcept>
#include <string>

namespace ha {

enum class ErrorCode {
    invalid,      ///< the input is wrong; the text says what, where and what would be right
    not_found,    ///< no such node, group, resource, monitor or file
    refused,      ///< understood, and not allowed in this state
    unavailable,  ///< no quorum, no leader, no connection: may succeed later
    timed_out,
    corrupt,      ///< stored bytes that are damaged
    io,           ///< the operating system said no
    limit,        ///< a limit was reached
};
const char* to_string(ErrorCode code) noexcept;

class Error : public std::runtime_error {
   public:
    Error(ErrorCode code, const std::string& text) : std::runtime_error(text), code_(code) {}
    ErrorCode code() const noexcept { return code_; }

   private:
    ErrorCode code_;
};

}  // namespace ha
