// Requests: each one done, and each way in which it is wrong.
#include <doctest/doctest.h>

#include "lab.hpp"

namespace ha {

using namespace test;

TEST_CASE("three nodes found a cluster, and any of them carries out what it is asked") {
    Lab lab(3, std::string(Lab::k_one_group) +
                   R"(, "monitors": {"gauge": {"type": "gauge", "resource": "torch"}})");
    auto& a = lab.start(1);
    auto& b = lab.start(2);
    auto& c = lab.start(3);
    Lab::await_whole(c, 3);
    Lab::await_group(c, "relay", "n1", "online");

    ask([&](OnDone done) { c.group_move("relay", "n3", std::move(done)); });
    Lab::await_group(a, "relay", "n3", "online");
    ask([&](OnDone done) { a.group_move("relay", "", std::move(done)); });  // wherever else
    Lab::await(b, [](const Status& s) {
        return group(s, "relay").owner != "n3" && group(s, "relay").state == "online";
    });
    ask([&](OnDone done) { b.group_stop("relay", std::move(done)); });
    Lab::await_group(c, "relay", "", "offline");
    CHECK(group(c.status(), "relay").goal == "offline");
    CHECK(stage().active_count("torch") == 0);
    ask([&](OnDone done) { c.group_start("relay", "n2", std::move(done)); });
    Lab::await_group(a, "relay", "n2", "online");

    const int starts = stage().starts("torch");
    ask([&](OnDone done) { a.resource_restart("torch", std::move(done)); });
    Lab::await(a, [&](const Status& s) {
        return stage().starts("torch") == starts + 1 && group(s, "relay").state == "online";
    });
    ask([&](OnDone done) { c.group_restart("relay", std::move(done)); });
    Lab::await(c, [&](const Status& s) {
        return stage().starts("torch") == starts + 2 && group(s, "relay").state == "online";
    });
    ask([&](OnDone done) { a.group_clear("relay", "", std::move(done)); });
    ask([&](OnDone done) { a.monitor_pause("gauge", true, std::move(done)); });
    ask([&](OnDone done) { b.monitor_pause("gauge", false, std::move(done)); });

    ask([&](OnDone done) { c.node_maintenance("n1", true, std::move(done)); });
    Lab::await(b, [](const Status& s) { return s.nodes.at(0).is_in_maintenance; });
    CHECK(!outcome_of([&](OnDone done) { b.group_move("relay", "n1", std::move(done)); }).ok);
    ask([&](OnDone done) { c.node_maintenance("n1", false, std::move(done)); });
    CHECK(stage().active_count_max("torch") == 1);
}

TEST_CASE("a name that is not in the configuration is thrown, whoever asks for it") {
    Lab lab(2, std::string(Lab::k_one_group) + R"(, "monitors": {"gauge": {"type": "gauge"}})");
    auto& a = lab.start(1);
    const OnDone done = [](const Outcome&) { FAIL("a request that throws has no answer"); };
    const std::vector<std::pair<std::string, std::function<void()>>> calls = {
        {"rely", [&] { a.group_start("rely", "", done); }},
        {"n9", [&] { a.group_start("relay", "n9", done); }},
        {"rely", [&] { a.group_stop("rely", done); }},
        {"rely", [&] { a.group_move("rely", "", done); }},
        {"n9", [&] { a.group_move("relay", "n9", done); }},
        {"rely", [&] { a.group_restart("rely", done); }},
        {"rely", [&] { a.group_clear("rely", "", done); }},
        {"n9", [&] { a.group_clear("relay", "n9", done); }},
        {"lamp", [&] { a.resource_restart("lamp", done); }},
        {"n9", [&] { a.node_maintenance("n9", true, done); }},
        {"''", [&] { a.node_maintenance("", true, done); }},
        {"gage", [&] { a.monitor_pause("gage", true, done); }},
        {"n9", [&] { a.node_fence("n9", done); }},
        {"''", [&] { a.node_fence("", done); }},
        {"n9", [&] { a.node_confirm_off("n9", 1, done); }},
    };
    for (const auto& [name, call] : calls) {
        const auto error = thrown(call);
        CHECK(error.code == ErrorCode::not_found);
        CHECK(error.says(name));
    }
    a.stop();
}

TEST_CASE("a request that cannot be done now says so, and one that nobody can agree to ends too") {
    Lab lab(2);
    auto& a = lab.start(1);
    // Alone: the wait ends by its own time, or by the answer that there is nobody to agree.
    const auto alone = Cluster::wait(
        [&](OnDone done) { a.group_start("relay", "", std::move(done)); }, 10ms);
    CHECK(!alone.ok);
    CHECK((alone.code == ErrorCode::timed_out || alone.code == ErrorCode::unavailable));
    auto& b = lab.start(2);
    Lab::await_group(b, "relay", "n1", "online");
    const auto init = outcome_of([&](OnDone done) { b.cluster_init(std::move(done)); });
    CHECK(!init.ok);
    CHECK(init.code == ErrorCode::refused);
    CHECK(init.text.find("already") != std::string::npos);
    const auto fence = outcome_of([&](OnDone done) { a.node_fence("n2", done); });
    CHECK(fence.code == ErrorCode::refused);
    CHECK(fence.text.find("it has no fence device") != std::string::npos);
    const auto confirm = outcome_of([&](OnDone done) {
        a.node_confirm_off("n2", a.status().nodes.at(1).start, done);
    });
    CHECK(confirm.code == ErrorCode::refused);
    CHECK(confirm.text.find("it is not down but up") != std::string::npos);
    ask([&](OnDone done) { a.group_stop("relay", std::move(done)); });
    Lab::await_group(a, "relay", "", "offline");
    const auto restart = outcome_of([&](OnDone done) { a.group_restart("relay", done); });
    CHECK(!restart.ok);
    CHECK(restart.code == ErrorCode::refused);
    CHECK(restart.text.find("nowhere") != std::string::npos);
    a.group_start("relay", "", nullptr);  // who wants no answer gets none
    Lab::await_group(a, "relay", "n1", "online");
}

TEST_CASE("one node of two founds a cluster alone when it is told to, and the other joins it") {
    Lab lab(2);
    auto& a = lab.start(1);
    CHECK(a.status().cluster_id.empty());
    CHECK(!a.status().waits_for.empty());
    CHECK(thrown([&] { a.explain("relay"); }).code == ErrorCode::unavailable);
    CHECK(thrown([&] { a.simulate_kill("n1"); }).code == ErrorCode::unavailable);
    ask([&](OnDone done) { a.cluster_init(std::move(done)); });
    auto& b = lab.start(2);
    Lab::await_whole(b, 2);
    CHECK(b.status().cluster_id == a.status().cluster_id);
}

TEST_CASE("a configuration is applied to all nodes, and one that is wrong or old changes nothing") {
    Lab lab(2);
    auto& a = lab.start(1);
    auto& b = lab.start(2);
    Lab::await_group(b, "relay", "n1", "online");
    const auto before = a.config_text();
    const auto two = lab.config(R"("groups": {"relay": {"resources": {"torch": {"type": "torch"}}},
        "more": {"policy": ["n2", "n1"], "resources": {"second": {"type": "torch"}}}})");
    ask([&](OnDone done) { a.config_apply(two, "two.json", std::move(done)); });
    Lab::await_group(b, "more", "n2", "online");
    CHECK(stage().starts("torch") == 1);  // what did not change was left alone
    CHECK(b.status().spec_revision > 1);
    CHECK(b.config_text().find("second") != std::string::npos);

    const auto stale = thrown([&] { b.config_apply(before, "before.json", nullptr); });
    CHECK(stale.code == ErrorCode::refused);
    CHECK(stale.says("before.json"));
    const auto wrong = thrown([&] {
        b.config_apply(lab.config(R"("groups": {"relay": {"polcy": []}})"), "wrong.json", nullptr);
    });
    CHECK(wrong.code == ErrorCode::invalid);
    CHECK(wrong.says("wrong.json"));
    CHECK(wrong.says("policy"));
    CHECK(group(b.status(), "more").owner == "n2");

    const auto one = lab.config(Lab::k_one_group);
    const auto runs = outcome_of([&](OnDone done) { b.config_apply(one, "one.json", done); });
    CHECK(!runs.ok);
    CHECK(runs.text.find("stop it first") != std::string::npos);
    ask([&](OnDone done) { a.group_stop("more", std::move(done)); });
    Lab::await_group(b, "more", "", "offline");
    ask([&](OnDone done) { b.config_apply(one, "one.json", done); });
    Lab::await(a, [](const Status& s) { return s.groups.size() == 1; });
    CHECK(stage().active_count("second") == 0);
    CHECK(stage().starts("torch") == 1);
}

TEST_CASE("G18: a change says beforehand what it takes, and does that to no other group") {
    const std::string two = R"("groups": {
        "relay": {"resources": {"torch": {"type": "torch"}}},
        "more": {"policy": ["n2", "n1"], "resources": {"second": {"type": "torch"}}}})";
    Lab lab(2, two);
    auto& a = lab.start(1);
    auto& b = lab.start(2);
    Lab::await_group(a, "relay", "n1", "online");
    Lab::await_group(a, "more", "n2", "online");
    const auto before = b.status().spec_revision;
    const auto red = lab.config(R"("groups": {
        "relay": {"resources": {"torch": {"type": "torch", "parameters": {"colour": "red"}}}},
        "more": {"policy": ["n2", "n1"], "resources": {"second": {"type": "torch"}}}})");
    const auto plan = b.config_check(red, "red.json").plan;
    REQUIRE(plan.is_known);
    CHECK(plan.refusal.empty());
    CHECK(plan.revision == before);
    REQUIRE(plan.changes.size() == 1);
    CHECK(plan.changes[0].path == "groups.relay.resources.torch.parameters");
    CHECK(plan.changes[0].effect == "restarts_group");
    CHECK(plan.stopped == std::vector<std::string>{"relay"});
    CHECK(plan.untouched == std::vector<std::string>{"more"});

    const auto refused = outcome_of([&](OnDone done) { b.config_apply(red, "red.json", done); });
    CHECK(!refused.ok);
    CHECK(refused.text.find("stop it first") != std::string::npos);
    ask([&](OnDone done) { b.config_apply(red, "red.json", {.may_stop_groups = true}, done); });
    Lab::await(b, [&](const Status& s) {
        return s.spec_revision == before + 1 && group(s, "relay").state == "online" &&
               stage().starts("torch") == 2;
    });
    CHECK(stage().starts("second") == 1);
    CHECK(a.config_text().find("red") != std::string::npos);
    CHECK(b.config_check(red, "red.json").plan.changes.empty());
}

TEST_CASE("F37: a configuration on trial returns by itself, unless it is confirmed") {
    Lab lab(2);
    auto& a = lab.start(1);
    auto& b = lab.start(2);
    Lab::await_group(b, "relay", "n1", "online");
    const auto before = a.config_text();
    const auto more = lab.config(R"("groups": {"relay": {"resources": {"torch": {"type": "torch"}}},
        "more": {"policy": ["n2", "n1"], "resources": {"second": {"type": "torch"}}}})");
    CHECK(thrown([&] { a.config_apply(more, "m", {.confirm_within = 1ms}, nullptr); }).code ==
          ErrorCode::invalid);
    ask([&](OnDone done) { b.config_apply(more, "more.json", {.confirm_within = 4s}, done); });
    Lab::await(a, [](const Status& s) { return s.config_trial_left >= 0s; });
    Lab::await(a, [](const Status& s) { return s.groups.size() == 1 && s.config_trial_left < 0s; });
    CHECK(Lab::has_notice(a, "spec_reverted"));
    CHECK(stage().active_count("second") == 0);
    CHECK(stage().starts("torch") == 1);

    ask([&](OnDone done) { b.config_apply(more, "more.json", {.confirm_within = 1h}, done); });
    ask([&](OnDone done) { a.config_confirm(done); });
    Lab::await_group(a, "more", "n2", "online");
    CHECK(a.status().config_trial_left < 0s);
    CHECK(!outcome_of([&](OnDone done) { b.config_revert(done); }).ok);
}

}  // namespace ha
