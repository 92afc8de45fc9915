// A fuzz target: one function that takes any bytes, and the real inputs from which mutation begins.
//
// The function has libFuzzer's name, so a target runs under it as it is; driver.cpp is the engine
// for every machine without clang. A new target is one file that defines both, and one line in
// meson.build.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace ha::fuzz {

/// Inputs that are well-formed: the nearer to real ones, the deeper the mutations get.
std::vector<std::vector<std::uint8_t>> seeds();

/// Stops the process when a property of the target does not hold.
#define HA_FUZZ_CHECK(property)                                                          \
    do {                                                                                 \
        if (!(property)) ::ha::fuzz::property_failed(#property, __FILE__, __LINE__);     \
    } while (false)
[[noreturn]] inline void property_failed(const char* property, const char* file, int line);

}  // namespace ha::fuzz

#include <cstdio>
#include <cstdlib>

[[noreturn]] inline void ha::fuzz::property_failed(const char* property, const char* file,
                                                   int line) {
    std::fprintf(stderr, "property does not hold: %s (%s:%d)\n", property, file, line);
    std::abort();
}
