// G20: a service that is moved ten thousand times costs what it cost after the first few.
//
// Three whole nodes in this process, over loopback. What is counted is what the process holds after
// each round: descriptors, threads, and bytes that malloc has handed out (not the resident size,
// which also shows what malloc keeps for later). The first rounds fill what is bounded - journals,
// event logs, the replicated log up to its first snapshots - and are not counted.
//
// moves ROUNDS: each of 500 moves, with looks at status, notices and configuration after each, and
// then a node that leaves and comes back.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#include <malloc.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "lab.hpp"

namespace ha {
namespace {

using namespace test;
namespace fs = std::filesystem;

constexpr int k_moves = 500;
constexpr int k_reads = 10;
constexpr int k_rounds_uncounted = 10;
int rounds = 20;

struct Held {
    std::size_t descriptors = 0, threads = 0, bytes = 0;
};

std::size_t count_in(const char* directory) {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(directory), fs::directory_iterator{}));
}

Held held() {
    const auto memory = ::mallinfo2();
    return {count_in("/proc/self/fd"), count_in("/proc/self/task"),
            memory.uordblks + memory.hblkhd};
}

Held least_of(const std::vector<Held>& looks) {
    auto least = looks.front();
    for (const auto& look : looks)
        least = {std::min(least.descriptors, look.descriptors),
                 std::min(least.threads, look.threads), std::min(least.bytes, look.bytes)};
    return least;
}

/// A look may fall into the middle of something.
Held held_at_rest(const Cluster& node) {
    std::vector<Held> looks;
    for (int i = 0; i < 20; i++) {
        node.notices(UINT64_MAX - 1, 1, 20ms);
        looks.push_back(held());
    }
    return least_of(looks);
}

void move_on(Lab& lab, int step) {
    const auto target = "n" + std::to_string(step % 3 + 1);
    auto& asked = lab[(step / 3) % 3 + 1];
    ask([&](OnDone done) { asked.group_move("relay", target, std::move(done)); });
    Lab::await_group(asked, "relay", target, "online");
    for (int i = 0; i < k_reads; i++) REQUIRE_FALSE(asked.config_text().empty());
}

void leave_and_return(Lab& lab, int number) {
    CHECK(lab[number].leave(60s));
    lab.destroy(number);
    Lab::await_whole(lab[number % 3 + 1], 2);
    lab.start(number);
    Lab::await_whole(lab[number], 3);
}

}  // namespace

TEST_CASE("G20: moves, leaves and returns leave no descriptor, thread or memory behind") {
    REQUIRE(rounds >= 2 * k_rounds_uncounted);
    Lab lab(3);
    for (const int number : {1, 2, 3}) lab.start(number);
    Lab::await_whole(lab[3], 3);
    Lab::await_group(lab[3], "relay", "n1", "online");
    std::vector<Held> all;
    int step = 1;
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < k_moves; i++) move_on(lab, step++);
        leave_and_return(lab, round % 3 + 1);
        all.push_back(held_at_rest(lab[1]));
        std::printf("%6d moves: %zu descriptors, %zu threads, %.3f MiB\n", (round + 1) * k_moves,
                    all.back().descriptors, all.back().threads,
                    static_cast<double>(all.back().bytes) / 1048576);
        std::fflush(stdout);
    }
    CHECK(stage().active_count_max("torch") == 1);
    // The log of each node is anywhere between two snapshots at a look, so memory goes up and down
    // by what that holds; what leaks would lift the least of the later rounds above the earlier.
    const auto middle = all.begin() + k_rounds_uncounted + (rounds - k_rounds_uncounted) / 2;
    const auto earlier = least_of({all.begin() + k_rounds_uncounted, middle});
    const auto later = least_of({middle, all.end()});
    CHECK(later.bytes <= earlier.bytes + earlier.bytes / 100);
    CHECK(later.descriptors <= earlier.descriptors);
    CHECK(later.threads <= earlier.threads);
}

}  // namespace ha

int main(int count, char** words) {
    if (count == 2) ha::rounds = std::atoi(words[1]);
    return doctest::Context().run();
}
