// The handle: what is wrong with its options, its beginning and its end, at any time.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "lab.hpp"

namespace ha {

using namespace test;

namespace {

Thrown thrown_by(Options options) {
    return thrown([&] { Cluster cluster(std::move(options)); });
}

}  // namespace

TEST_CASE("what is wrong with the options is thrown with what, where and what would be right") {
    Lab lab(2);
    auto options = lab.options(1);
    options.config_text.clear();
    CHECK(thrown_by(options).code == ErrorCode::invalid);
    CHECK(thrown_by(options).says("config_file"));
    options.config_file = lab.directory() + "/none.json";
    CHECK(thrown_by(options).code == ErrorCode::not_found);
    CHECK(thrown_by(options).says("none.json"));

    options = lab.options(1);
    options.config_text.resize(options.config_text.size() / 2);
    CHECK(thrown_by(options).code == ErrorCode::invalid);
    options = lab.options(1);
    options.config_file = "cluster.json";
    options.config_text = lab.config(R"("grups": {})");
    CHECK(thrown_by(options).says("cluster.json"));
    CHECK(thrown_by(options).says("groups"));  // the nearest known name

    options = lab.options(1);
    options.node.clear();
    CHECK(thrown_by(options).code == ErrorCode::invalid);
    options.node = "n7";
    CHECK(thrown_by(options).code == ErrorCode::not_found);
    CHECK(thrown_by(options).says("n7"));

    options = lab.options(1);
    options.boot_id = "yesterday";
    CHECK(thrown_by(options).code == ErrorCode::invalid);
    options = lab.options(1);
    options.hold_version = 999;
    CHECK(thrown_by(options).says("hold_version 999 is unknown"));
    options = lab.options(1);
    options.plugin_directories = {lab.directory() + "/no-plugins"};
    CHECK(thrown_by(options).says("no-plugins"));
}

TEST_CASE("a key file that is missing, readable by others or no key is refused") {
    Lab lab(2);
    auto options = lab.options(1);
    options.key_file = lab.directory() + "/nokey";
    CHECK(thrown_by(options).code == ErrorCode::not_found);
    options.key_file = lab.directory() + "/key";
    CHECK(thrown([&] { write_new_key_file(options.key_file); }).says("key"));  // never overwritten
    REQUIRE(::chmod(options.key_file.c_str(), 0644) == 0);
    CHECK(thrown_by(options).says("0600"));
    REQUIRE(::chmod(options.key_file.c_str(), 0600) == 0);
    std::ofstream(options.key_file) << "open sesame\n";
    CHECK(thrown_by(options).code == ErrorCode::invalid);
}

TEST_CASE("before the start nothing of a node can be asked, and a configuration can be checked") {
    Lab lab(2);
    Cluster cluster(lab.options(1));
    for (const auto& call : std::vector<std::function<void()>>{
             [&] { cluster.status(); }, [&] { cluster.notices(0, 1); },
             [&] { cluster.explain("relay"); }, [&] { cluster.simulate_kill("n1"); },
             [&] { cluster.config_text(); }, [&] { cluster.leave(1s); },
             [&] { cluster.group_start("relay", "", nullptr); },
             [&] { cluster.config_apply("{}", "x", nullptr); },
             [&] { cluster.cluster_init(nullptr); }})
        CHECK(thrown(call).code == ErrorCode::refused);
    CHECK(!cluster.epoch_valid("relay", {1, 1, 1}));
    CHECK(cluster.config_check("{}", "empty.json").errors.size() >= 2);
    cluster.stop();  // nothing to stop
}

TEST_CASE("a node is started once, with types that were registered before, in a store of its own") {
    Lab lab(2);
    auto& a = lab.start(1);
    CHECK(thrown([&] { a.start(); }).code == ErrorCode::refused);
    CHECK(thrown([&] { register_types(a); }).code == ErrorCode::refused);
    Cluster twin(lab.options(1));
    register_types(twin);
    CHECK(thrown([&] { register_types(twin); }).says("torch"));  // is there already
    const auto refused = thrown([&] { twin.start(); });
    CHECK(refused.says("state"));
    CHECK(thrown([&] { twin.status(); }).code == ErrorCode::refused);
    a.stop();
    twin.start();  // what failed has left nothing behind
    CHECK(twin.status().node == "n1");
}

TEST_CASE("after a stop and a start the node goes on with what runs, without starting it again") {
    Lab lab(2);
    auto& a = lab.start(1);
    auto& b = lab.start(2);
    Lab::await_group(b, "relay", "n1", "online");
    const auto epoch = group(b.status(), "relay").epoch;
    CHECK(a.epoch_valid("relay", epoch));
    CHECK(!b.epoch_valid("relay", epoch));
    a.stop();
    CHECK(!a.epoch_valid("relay", epoch));
    CHECK(stage().is_active("n1", "torch"));
    a.start();
    Lab::await_group(a, "relay", "n1", "online");
    CHECK(stage().starts("torch") == 1);
    CHECK(Lab::has_notice(a, "group_adopted", "group relay"));
    Lab::await(a, [&](const Status& s) {
        return s.is_lease_held && a.epoch_valid("relay", group(s, "relay").epoch);
    });
}

TEST_CASE("a node that leaves hands its groups over and says when it has") {
    Lab lab(3);
    std::atomic<int> stopped = 0;
    auto options = lab.options(1);
    options.on_stopped = [&] { stopped++; };
    auto& a = lab.start(1, options);
    auto& b = lab.start(2);
    lab.start(3);
    Lab::await_whole(b, 3);
    Lab::await_group(b, "relay", "n1", "online");
    CHECK(a.leave(k_patience, "the test wants it"));
    CHECK(a.leave(k_patience));  // and once more
    Lab::await(b, [](const Status& s) {
        return s.nodes.at(0).status == "left" && group(s, "relay").owner != "n1" &&
               group(s, "relay").state == "online";
    });
    CHECK(stage().active_count_max("torch") == 1);
    lab.destroy(1);
    CHECK(stopped >= 1);
}

TEST_CASE("leaving that is not complete in time goes on, and stop() ends the wait for it") {
    Lab lab(2);
    auto door = std::make_shared<Door>();
    stage().on_start("torch", [door] { door->pass(); });
    auto& a = lab.start(1);
    auto& b = lab.start(2);
    REQUIRE(door->await_visitor());  // and what starts is not let go of
    CHECK(!a.leave(1ms));
    Lab::await(a, [](const Status& s) { return s.is_leaving; });
    std::atomic<bool> is_left = false;
    std::thread waits([&] {
        try {
            is_left = a.leave(k_patience);
        } catch (const Error&) {  // stopped before it began to wait
        }
    });
    a.stop();
    waits.join();
    CHECK(!is_left);
    door->open();
    CHECK(b.status().node == "n2");
}

TEST_CASE("handles are destroyed in any order, started or not, also with calls under way") {
    auto door = std::make_shared<Door>();
    {
        Lab lab(2);
        stage().on_start("torch", [door] { door->pass(); });
        Cluster never(lab.options(2));
        auto& a = lab.start(1);
        lab.start(2);
        Lab::await_whole(a, 2);
        REQUIRE(door->await_visitor());  // the start of the torch hangs while all of this goes
        lab.destroy(1);
        lab.destroy(2);
    }
    door->open();
}

TEST_CASE("whatever threads ask while the node stops and starts is answered or refused") {
    Lab lab(2);
    auto& a = lab.start(1);
    auto& b = lab.start(2);
    Lab::await_whole(a, 2);
    std::atomic<bool> is_over = false;
    std::atomic<int> answers = 0, dones = 0, requests = 0, surprises = 0;
    const auto repeat = [&](std::function<void()> call) {
        return std::thread([&, call] {
            while (!is_over) {
                try {
                    call();
                    answers++;
                } catch (const Error& error) {
                    if (error.code() != ErrorCode::refused &&
                        error.code() != ErrorCode::unavailable)
                        surprises++;
                }
            }
        });
    };
    std::vector<std::thread> threads;
    threads.push_back(repeat([&] { a.status(); }));
    threads.push_back(repeat([&] { a.notices(0, 10, 1ms); }));
    threads.push_back(repeat([&] { a.config_text(); }));
    threads.push_back(repeat([&] { a.epoch_valid("relay", {1, 1, 1}); }));
    threads.push_back(repeat([&] {
        a.group_clear("relay", "", [&](const Outcome&) { dones++; });
        requests++;
        a.notices(UINT64_MAX, 1, 1ms);  // not all at once
    }));
    for (int i = 0; i < 8; i++) {
        a.status();
        a.stop();
        a.start();
    }
    Lab::await_whole(a, 2);
    is_over = true;
    for (auto& thread : threads) thread.join();
    a.stop();
    CHECK(surprises == 0);
    CHECK(answers > 0);
    CHECK(dones == requests);  // each exactly once, those under way at a stop too
    CHECK(b.status().node == "n2");
}

}  // namespace ha
