// The main of the system tests of plugins: runs them, or says why it cannot.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>

#include "lab.hpp"

namespace {
constexpr int k_meson_skip = 77;
}

int main(int argc, char** argv) {
    const auto obstacle = ha::lab::find_obstacle();
    if (!obstacle.empty()) {
        std::printf("skipped: %s\n", obstacle.c_str());
        return k_meson_skip;
    }
    doctest::Context context(argc, argv);
    return context.run();
}
