// Assertions: where a broken invariant ends.
#include "base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace ha {

void assert_failed(const char* expression, const char* file, int line) noexcept {
    std::fprintf(stderr, "libha: assertion failed: %s (%s:%d)\n", expression, file, line);
    std::abort();
}

}  // namespace ha
