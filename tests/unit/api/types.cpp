// Types that the application registers itself: failures, parameters, and calls that hang.
#include <doctest/doctest.h>

#include "lab.hpp"

namespace ha {

using namespace test;

TEST_CASE("a resource that fails on one node is started on the next, and the ban can be lifted") {
    Lab lab(2);
    stage().on_start("torch", [] {
        if (stage().starts("torch") == 1) throw std::runtime_error("the matches are wet");
    });
    auto& a = lab.start(1);
    auto& b = lab.start(2);
    Lab::await_group(b, "relay", "n2", "online");
    CHECK(stage().is_active("n2", "torch"));
    CHECK(stage().active_count_max("torch") == 1);
    CHECK(group(b.status(), "relay").banned == std::vector<std::string>{"n1"});
    Lab::await(a, [&](const Status&) {
        for (const auto& notice : a.notices(0, SIZE_MAX))
            for (const auto& [name, value] : notice.parameters)
                if (value.find("the matches are wet") != std::string::npos) return true;
        return false;
    });
    ask([&](OnDone done) { b.group_clear("relay", "n1", std::move(done)); });
    Lab::await(b, [](const Status& s) { return group(s, "relay").banned.empty(); });
}

TEST_CASE("what a monitor of the application finds is acted on") {
    Lab lab(2, std::string(Lab::k_one_group) +
                   R"(, "monitors": {"gauge": {"type": "gauge", "resource": "torch",
                      "interval": "10ms", "retries": 0, "timing": "while_active"}})");
    std::atomic<bool> is_well = true;
    stage().on_check("gauge", [&] { return is_well.load(); });
    stage().on_start("torch", [&] { is_well = true; });
    auto& a = lab.start(1);
    auto& b = lab.start(2);
    Lab::await(b, [](const Status& s) {
        return !s.monitors.empty() && s.monitors.front().state == "ok";
    });
    is_well = false;
    Lab::await(a, [](const Status& s) {
        return stage().starts("torch") == 2 && group(s, "relay").state == "online";
    });
    CHECK(group(a.status(), "relay").owner == "n1");
    CHECK(Lab::has_notice(a, "recovery_started"));
    ask([&](OnDone done) { b.monitor_pause("gauge", true, std::move(done)); });
    Lab::await(b, [](const Status& s) { return s.monitors.front().state == "paused"; });
    a.stop();
    b.stop();
}

TEST_CASE("a type that nobody registered is named, and what else runs is not disturbed") {
    Lab lab(2, R"("groups": {"relay": {"resources": {"torch": {"type": "torch"}}},
                             "odd": {"resources": {"lamp": {"type": "lamp"}}}})");
    auto& a = lab.start(1);
    auto& b = lab.start(2);
    Lab::await_group(b, "relay", "n1", "online");
    Lab::await(a, [&](const Status&) {
        for (const auto& notice : a.notices(0, SIZE_MAX))
            for (const auto& [name, value] : notice.parameters)
                if (value.find("'lamp'") != std::string::npos) return true;
        return false;
    });
    CHECK(group(a.status(), "relay").owner == "n1");
}

TEST_CASE("parameters of a registered type are checked like those of any other") {
    Lab lab(2);
    auto& a = lab.start(1);
    const auto with = [&](const std::string& parameters) {
        return lab.config(R"("groups": {"relay": {"resources": {"torch": {
            "type": "torch", "parameters": {)" + parameters + "}}}}}");
    };
    CHECK(a.config_check(with(R"("colour": "red")"), "x.json").errors.empty());
    auto report = a.config_check(with(R"("colour": "blue")"), "x.json");
    REQUIRE(report.errors.size() == 1);
    CHECK(report.errors[0].line > 1);
    CHECK(report.errors[0].path.find("colour") != std::string::npos);
    CHECK(report.errors[0].text.find("blue") != std::string::npos);
    CHECK(report.errors[0].text.find("green") != std::string::npos);
    report = a.config_check(with(R"("color": "red")"), "x.json");
    REQUIRE(report.errors.size() == 1);
    CHECK(report.errors[0].text.find("colour") != std::string::npos);
}

TEST_CASE("a start that hangs is given up at its timeout, and delays no other group and no end") {
    Lab lab(2, R"("groups": {
        "stuck": {"resources": {"bog": {"type": "torch", "start_timeout": "200ms",
                                        "start_final_action": "stop_group"}}},
        "relay": {"resources": {"torch": {"type": "torch"}}}})");
    auto door = std::make_shared<Door>();
    stage().on_start("bog", [door] { door->pass(); });
    auto& a = lab.start(1);
    auto& b = lab.start(2);
    Lab::await_group(b, "relay", "n1", "online");
    Lab::await(a, [&](const Status&) { return Lab::has_notice(a, "operation_timed_out"); });
    lab.destroy(1);  // with the call still inside the application
    door->open();
    CHECK(!b.status().cluster_id.empty());
}

}  // namespace ha
