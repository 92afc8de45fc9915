// Three nodes in one process under load: requests, readers and followers on all of them at once.
// What the thread sanitizer is to see.
#include <doctest/doctest.h>

#include <thread>

#include "lab.hpp"

namespace ha {

using namespace test;

TEST_CASE("under load from many threads no group is ever active twice, and all comes to rest") {
    Lab lab(3, R"("groups": {
        "one": {"resources": {"t1": {"type": "torch"},
                              "t2": {"type": "torch", "depends_on": ["t1"]}}},
        "two": {"resources": {"t3": {"type": "torch"}}}},
      "monitors": {"g1": {"type": "gauge", "interval": "5ms"},
                   "g2": {"type": "gauge", "resource": "t1", "interval": "5ms"}})");
    for (int i = 1; i <= 3; i++) {
        auto options = lab.options(i);
        options.on_notice = [](const Notice&) {};
        options.on_log = [](int, const std::string&) {};
        lab.start(i, options);
    }
    Lab::await_whole(lab[1], 3);
    std::atomic<bool> is_over = false;
    std::atomic<int> surprises = 0;
    std::vector<std::thread> threads;
    const auto repeat = [&](std::function<void()> call) {
        threads.emplace_back([&, call] {
            while (!is_over) try {
                    call();
                } catch (const Error&) {
                    surprises++;
                }
        });
    };
    for (int i = 1; i <= 3; i++) {
        auto& node = lab[i];
        repeat([&node] {
            node.status();
            node.explain("one");
            node.simulate_kill("n2");
            node.notices(UINT64_MAX, 1, 1ms);  // others want the processors too
        });
        repeat([&node, seen = std::make_shared<std::uint64_t>(0)] {
            for (const auto& notice : node.notices(*seen, 100, 5ms)) *seen = notice.number;
        });
    }
    repeat([&] {
        lab[3].config_check(lab[3].config_text(), "own.json");
        lab[3].notices(UINT64_MAX, 1, 1ms);
    });
    for (int round = 0; round < 6; round++) {
        const auto target = "n" + std::to_string(round % 3 + 1);
        auto& node = lab[round % 2 + 2];
        ask([&](OnDone done) { node.group_move("one", target, std::move(done)); });
        ask([&](OnDone done) { lab[1].monitor_pause("g1", round % 2 == 0, std::move(done)); });
        ask([&](OnDone done) { node.group_move("two", target, std::move(done)); });
        Lab::await_group(node, "one", target, "online");
        Lab::await_group(node, "two", target, "online");
    }
    is_over = true;
    for (auto& thread : threads) thread.join();
    CHECK(surprises == 0);
    for (const auto& resource : {"t1", "t2", "t3"}) {
        CHECK(stage().active_count_max(resource) == 1);
        CHECK(stage().active_count(resource) == 1);
    }
    // One of three is taken away without a word; the two others go on.
    lab.destroy(3);
    ask([&](OnDone done) { lab[2].group_stop("one", std::move(done)); });
    Lab::await(lab[1], [](const Status& s) { return group(s, "one").owner.empty(); });
}

}  // namespace ha
