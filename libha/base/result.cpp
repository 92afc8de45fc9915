// Failures: their names.
#include "base/result.hpp"

#include "base/assert.hpp"

namespace ha {

const char* to_string(FailureCode code) noexcept {
    switch (code) {
        case FailureCode::invalid: return "invalid";
        case FailureCode::not_found: return "not_found";
        case FailureCode::refused: return "refused";
        case FailureCode::unavailable: return "unavailable";
        case FailureCode::timed_out: return "timed_out";
        case FailureCode::corrupt: return "corrupt";
        case FailureCode::io: return "io";
        case FailureCode::limit: return "limit";
    }
    return "unknown";
}

void throw_exception_from_error(const Failure& failure, const boost::source_location& location) {
    assert_failed(failure.context.c_str(), location.file_name(), static_cast<int>(location.line()));
}

}  // namespace ha
