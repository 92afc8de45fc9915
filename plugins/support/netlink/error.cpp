// Failures of the network helpers.
#include "support/netlink/error.hpp"

#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace ha::support {

void throw_exception_from_error(const Error& error, const boost::source_location& location) {
    std::fprintf(stderr, "value of a failed result taken: %s (%s:%u)\n", error.text.c_str(),
                 location.file_name(), static_cast<unsigned>(location.line()));
    std::abort();
}

Error os_error(std::string text, int os) {
    text += ": ";
    text += std::generic_category().message(os);
    return Error{std::move(text), os};
}

}  // namespace ha::support
