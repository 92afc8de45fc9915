// Checksums: published test values.
#include "base/checksum.hpp"

#include <doctest/doctest.h>

#include <string_view>

using namespace ha;

static ByteView view(std::string_view s) {
    return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()};
}

TEST_CASE("CRC32C of the check string is the published one") {
    CHECK(crc32c(view("123456789")) == 0xE3069283u);
    CHECK(crc32c({}) == 0u);
}

TEST_CASE("FNV-1a of known strings is the published one") {
    CHECK(digest64({}) == 0xcbf29ce484222325u);
    CHECK(digest64(view("a")) == 0xaf63dc4c8601ec8cu);
}
