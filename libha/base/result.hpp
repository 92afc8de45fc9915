// Failures: what forwarded errors look like. A bug asserts, a condition is an enum of its function,
// a failure is this.
#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <utility>

namespace ha {

enum class FailureCode {
    invalid,        ///< the input is wrong; the context says what, where and what would be right
    not_found,      ///< no such node, group, resource, monitor, file
    refused,        ///< understood, and not allowed in this state; the context names the rule
    unavailable,    ///< no quorum, no leader, no connection: may succeed later
    timed_out,
    corrupt,        ///< stored or received bytes that are damaged
    io,             ///< the operating system said no; the context carries its text
    limit,          ///< a named limit was reached
};

struct Failure {
    FailureCode code = FailureCode::invalid;
    std::string context;  ///< a sentence for a person
};

template <class T>
using Result = boost::system::result<T, Failure>;

inline Failure failure(FailureCode code, std::string context) {
    return Failure{code, std::move(context)};
}

/// Stable lower-case name of a code, as shown in JSON.
const char* to_string(FailureCode code) noexcept;

/// boost::system::result::value() on a failure is a bug of the caller.
[[noreturn]] void throw_exception_from_error(const Failure& failure,
                                             const boost::source_location& location);

}  // namespace ha
