// Callbacks: their order, what may be called in them, and what one that blocks costs (gate G23).
#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

#include "lab.hpp"

namespace ha {

using namespace test;

TEST_CASE("callbacks come one at a time, notices in their order, and plugins are heard in both") {
    Lab lab(2);
    struct Seen {
        std::mutex mutex;
        std::atomic<int> inside = 0;
        int together = 0;
        std::vector<std::string> names;
        std::string log;
    } seen;
    const auto enter = [&] {
        if (++seen.inside != 1) seen.together++;
    };
    auto options = lab.options(1);
    options.on_notice = [&](const Notice& notice) {
        enter();
        std::lock_guard guard(seen.mutex);
        seen.names.push_back(notice.name);
        seen.inside--;
    };
    options.on_log = [&](int severity, const std::string& text) {
        enter();
        std::lock_guard guard(seen.mutex);
        if (severity == 1) seen.log += text + "\n";
        seen.inside--;
    };
    auto& a = lab.start(1, options);
    auto& b = lab.start(2);
    Lab::await_group(b, "relay", "n1", "online");
    Lab::await(a, [&](const Status&) {
        std::lock_guard guard(seen.mutex);
        return seen.log.find("torch torch: lit on n1") != std::string::npos &&
               std::count(seen.names.begin(), seen.names.end(), "plugin_note") == 1 &&
               std::count(seen.names.begin(), seen.names.end(), "group_online") == 1;
    });
    std::vector<std::string> numbered;
    for (const auto& notice : a.notices(0, SIZE_MAX)) numbered.push_back(notice.name);
    a.stop();
    CHECK(seen.together == 0);
    seen.names.resize(std::min(seen.names.size(), numbered.size()));
    numbered.resize(seen.names.size());
    CHECK(seen.names == numbered);
}

TEST_CASE("a callback may ask and make requests, and is refused what would wait for itself") {
    Lab lab(2);
    std::atomic<Cluster*> handle = nullptr;
    std::atomic<int> refused = 0, answered = 0;
    std::atomic<bool> is_done = false;
    auto options = lab.options(1);
    options.on_notice = [&](const Notice& notice) {
        if (notice.name != "group_online" || handle == nullptr || is_done.exchange(true)) return;
        auto& cluster = *handle;
        for (const auto& call : std::vector<std::function<void()>>{
                 [&] { cluster.stop(); }, [&] { cluster.leave(1s); }, [&] { cluster.start(); }}) {
            try {
                call();
            } catch (const Error& error) {
                if (error.code() == ErrorCode::refused) refused++;
            }
        }
        if (cluster.status().node == "n1") answered++;
        cluster.group_move("relay", "n2", [&](const Outcome& outcome) {
            if (outcome.ok) answered++;
        });
    };
    auto& a = lab.start(1, options);
    handle = &a;
    auto& b = lab.start(2);
    Lab::await_group(b, "relay", "n2", "online");
    Lab::await(a, [&](const Status&) { return answered == 2; });
    CHECK(refused == 3);
    CHECK(stage().active_count_max("torch") == 1);
}

/// The callback blocks until everything has been looked at: for longer than any timeout of
/// this cluster, which the count of heartbeats shows, not a clock.
TEST_CASE("G23: a callback that blocks costs the cluster nothing, and is told of by its name") {
    Lab lab(2);
    auto door = std::make_shared<Door>();
    auto options = lab.options(1);
    options.callback_slow = 100ms;
    options.on_notice = [door](const Notice& notice) {
        if (notice.name == "group_online") door->pass();
    };
    auto& a = lab.start(1, options);
    auto& b = lab.start(2);
    Lab::await_whole(a, 2);
    Lab::await_group(b, "relay", "n1", "online");
    REQUIRE(door->await_visitor());
    Lab::await(a, [&](const Status& s) {
        return s.callback_running == "on_notice" &&
               Lab::has_notice(a, "callback_slow", "callback on_notice");
    });
    // Heartbeats go both ways for longer than the timeout, and both leases hold all the while.
    const auto term = b.status().term;
    const auto sent = a.status().sockets.at(0).sent;
    const auto received = a.status().sockets.at(0).received;
    constexpr std::uint64_t k_more = 2 * 4000 / 20;  // heartbeats and replies of 4 s, at least
    bool is_lease_held = true;
    Lab::await(a, [&](const Status& s) {
        is_lease_held = is_lease_held && s.is_lease_held && b.status().is_lease_held;
        return s.sockets.at(0).sent > sent + k_more && s.sockets.at(0).received > received + k_more;
    });
    CHECK(is_lease_held);
    // The node still carries out what it is asked for: by the other node, and of itself.
    ask([&](OnDone done) { b.group_move("relay", "n2", std::move(done)); });
    Lab::await_group(a, "relay", "n2", "online");
    std::atomic<int> done = 0;
    a.group_move("relay", "n1", [&](const Outcome&) { done++; });
    Lab::await_group(a, "relay", "n1", "online");
    CHECK(done == 0);  // answers wait behind the callback
    CHECK(b.status().term == term);
    // Not clock_gap: that is what any other load of this machine makes.
    for (const std::string name : {"node_down", "lease_lost", "quorum_lost"}) {
        CAPTURE(name);
        CHECK(!Lab::has_notice(a, name));
        CHECK(!Lab::has_notice(b, name));
    }
    CHECK(stage().active_count_max("torch") == 1);
    door->open();
    Lab::await(a, [&](const Status&) { return done == 1; });
}

TEST_CASE("the answer of a request that blocks is told of by the name of its request") {
    Lab lab(2);
    auto door = std::make_shared<Door>();
    auto options = lab.options(1);
    options.callback_slow = 50ms;
    auto& a = lab.start(1, options);
    auto& b = lab.start(2);
    Lab::await_group(b, "relay", "n1", "online");
    a.group_stop("relay", [door](const Outcome&) { door->pass(); });
    Lab::await(a, [&](const Status&) {
        return Lab::has_notice(a, "callback_slow", "callback done of group_stop");
    });
    door->open();
}

TEST_CASE("what is left out behind a callback that blocks is counted, and told of afterwards") {
    Lab lab(2);
    auto door = std::make_shared<Door>();
    auto options = lab.options(1);
    options.on_log = [door](int, const std::string&) { door->pass(); };
    auto& a = lab.start(1, options);
    auto& b = lab.start(2);
    Lab::await_group(b, "relay", "n1", "online");
    REQUIRE(door->await_visitor());  // the torch has said that it is lit
    stage().set_chatter(5000);  // more lines than are kept, at its next start
    ask([&](OnDone done) { b.group_stop("relay", std::move(done)); });
    ask([&](OnDone done) { b.group_start("relay", "n1", std::move(done)); });
    Lab::await(a, [](const Status& s) { return s.notices_dropped > 0; });
    CHECK(a.status().callback_running == "on_log");
    CHECK(!Lab::has_notice(a, "runtime_note", "callbacks"));
    door->open();
    Lab::await(a, [&](const Status&) { return Lab::has_notice(a, "runtime_note", "callbacks"); });
}

TEST_CASE("stop() lets go of a callback that never returns, and nothing is called after it") {
    Lab lab(2);
    auto door = std::make_shared<Door>();
    auto calls = std::make_shared<std::atomic<int>>(0);
    auto options = lab.options(1);
    options.callback_grace = 20ms;
    options.on_notice = [door, calls](const Notice&) {
        ++*calls;
        door->pass();
    };
    options.on_stopped = [calls] { ++*calls; };
    auto& a = lab.start(1, options);
    REQUIRE(door->await_visitor());
    a.cluster_init([calls](const Outcome&) { ++*calls; });
    Lab::await(a, [](const Status& s) { return !s.cluster_id.empty(); });
    lab.destroy(1);
    CHECK(*calls == 1);
    door->open();
    auto& again = lab.start(1);  // its store is free
    Lab::await(again, [](const Status& s) { return !s.cluster_id.empty(); });
    CHECK(*calls == 1);
}

TEST_CASE("a request under way when its node stops is answered, and says that it is not known") {
    Lab lab(2);
    auto& a = lab.start(1);
    std::atomic<int> answers = 0;
    std::string text;
    // Nobody is here to agree.
    a.group_start("relay", "", [&](const Outcome& outcome) {
        text = outcome.text;
        CHECK(!outcome.ok);
        answers++;
    });
    a.stop();
    CHECK(answers == 1);
    CHECK(!text.empty());
}

TEST_CASE("a final action that reaches beyond groups is handed to the program, with its reason") {
    Lab lab(2, R"("groups": {"relay": {"resources": {"torch": {
        "type": "torch", "start_final_action": "reboot"}}}})");
    stage().on_start("torch", [] { throw std::runtime_error("the matches are wet"); });
    struct Asked {
        std::mutex mutex;
        int count = 0;
        FinalAction action = FinalAction::poweroff;
        std::string reason;
    } asked;
    auto options = lab.options(1);
    options.on_final_action = [&](FinalAction action, const std::string& reason) {
        std::lock_guard guard(asked.mutex);
        asked.count++;
        asked.action = action;
        asked.reason = reason;
    };
    auto& a = lab.start(1, options);
    lab.start(2);
    Lab::await(a, [&](const Status&) {
        std::lock_guard guard(asked.mutex);
        return asked.count == 1;
    });
    a.stop();
    CHECK(asked.action == FinalAction::reboot);
    CHECK(asked.reason.find("torch") != std::string::npos);
}

}  // namespace ha
