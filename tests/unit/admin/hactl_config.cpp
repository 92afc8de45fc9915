// Configurations, keys, stories and events as hactl shows them.
#include <algorithm>

#include "hactl_fixture.hpp"
#include "show.hpp"

namespace hactl_test {

TEST_CASE("reasons are printed") {
    Fixture f;
    CHECK(f.say({"group", "explain", "web"}).out ==
          "web: on a\n"
          "  it runs there [runs]\n"
          "  not b:  is less preferred  [less_preferred]\n");
    CHECK(f.say({"simulate", "--kill", "a"}).out ==
          "if node a died now:\n"
          "web: a -> b\n"
          "  the first node that may run it [first_in_policy]\n");
    CHECK(f.say({"simulate", "--drain", "a", "--move", "web:c"}).out ==
          "if node a were drained, then group web were moved to node c:\n"
          "web: a -> b\n  drain a  [first_in_policy]\n"
          "web: a -> b\n  move web c [first_in_policy]\n");
    CHECK(f.say({"group", "explain", "x"}).code == 1);
}

TEST_CASE("how a group came where it is is told as a story with its times") {
    Fixture f;
    auto earlier = admin::sample_decision();
    earlier.kind = "start";
    earlier.outcome = "overtaken";
    earlier.from = "";
    earlier.to = "c";
    earlier.trigger = "wanted";
    for (auto& phase : earlier.phases) phase = {phase.name, "not_seen", {}};
    f.backend.web.decisions = {admin::sample_decision(), earlier};
    CHECK(f.say({"group", "explain", "web"}).out ==
          "web: on a\n"
          "  it runs there [runs]\n"
          "  not b:  is less preferred  [less_preferred]\n"
          "\n"
          "how it came there: takeover c -> a, 2023-11-14 22:13:20.312250\n"
          "  because   c was declared down: silent on every interconnect\n"
          "  evidence  this node had not heard it on lan0 for 301.0 ms, on lan1 at all when it "
          "decided\n"
          "            a did not hear it either, by its own word\n"
          "  decision  node c is down; node a is the first of the policy that can take it "
          "[owner_down]\n"
          "            not c: it is down [down]\n"
          "            not b: it comes later in the policy [less_preferred]\n"
          "  by        b in term 4, entry 17; replayed here: the same decision "
          "(inputs 00112233aabbccdd)\n"
          "        0.0 ms  c last heard\n"
          "      300.0 ms  c silent for the whole timeout\n"
          "      301.0 ms  decided by this node, the leader\n"
          "      302.5 ms  c declared down\n"
          "      302.5 ms  given to a\n"
          "      305.0 ms  clear to start: the lease of c is over\n"
          "      312.2 ms  online on a (as told by another node)\n"
          "     not seen  start begun on a\n"
          "\n"
          "before that:\n"
          "  before this daemon started  start on c: it was to be online, and nobody had it "
          "(not finished: something else came)\n");
    f.backend.web.decisions[0].replay = "different";
    f.backend.web.decisions[0].trigger_text = "\x1b[31mred";
    const auto said = f.say({"group", "explain", "web"}).out;
    CHECK(has(said, "ANOTHER DECISION"));
    CHECK_FALSE(has(said, "\x1b"));
    const auto json = hactl::Json::parse(f.say({"group", "explain", "web", "--json"}).out);
    const auto& d = json.at("decisions").at(0);
    CHECK(d.at("trigger").at("node") == "c");
    CHECK(d.at("evidence").at("paths").at(0).at("silence_ms") == 301.0);
    CHECK(d.at("evidence").at("paths").at(1).at("last_heard").is_null());
    CHECK(d.at("phases").at(6).at("at").is_null());
    CHECK(d.at("phases").at(7).at("at").at("boot_ns") == 5'312'250'000);
    CHECK(json.at("decisions").at(1).at("leases").size() == 1);
    // A status tells what is, not what was.
    f.backend.web.is_blocked = true;
    f.backend.status_now.groups[0].owner = "";
    const auto status = hactl::Json::parse(f.say({"status", "--json"}).out);
    REQUIRE(status.at("blocked").size() == 1);
    CHECK_FALSE(status.at("blocked").at(0).contains("decisions"));
}

TEST_CASE("an answer of another version is shown as far as it goes") {
    const hactl::Paint plain(false);
    CHECK(hactl::show_decision(hactl::Json::object(), plain).ends_with("not kept here\n"));
    CHECK_FALSE(hactl::show_decision({{"kind", 7}, {"phases", "x"}, {"evidence", {1}},
                                      {"trigger", nullptr}, {"rejected", {nullptr, 3}}}, plain)
                    .empty());
}

TEST_CASE("events are one line each") {
    Fixture f;
    f.backend.log = {{.number = 1, .wall_us = 1'700'000'000'123'456, .name = "node_down",
                      .severity = "warning", .object = "node b",
                      .parameters = {{"reason", "silent"}}}};
    CHECK(f.say({"events"}).out ==
          "2023-11-14 22:13:20.123456 warning node_down node b reason=silent\n");
    CHECK(f.say({"events", "--since", "1"}).out.empty());
    for (std::uint64_t i = 2; i <= 2048; i++) f.backend.log.push_back({.number = i});
    const auto all = f.say({"events"}).out;
    CHECK(std::count(all.begin(), all.end(), '\n') == 2048);
    CHECK(hactl::Json::parse(f.say({"events", "--json"}).out).at("events").size() == 2048);
}

TEST_CASE("a file is checked by the daemon, and here when there is none") {
    Fixture f;
    const auto wrong = f.file("bad.json", "wrong");
    auto said = f.say({"config", "check", wrong});
    CHECK(said.code == 1);
    CHECK(has(said.out, "error: " + wrong + ":3:7: groups.web: this is wrong\n"));
    CHECK(has(said.out, "has 1 error\n"));
    CHECK(f.say({"config", "apply", wrong}).code == 1);
    const auto good = f.file("good.json", R"({"cluster": "x", "nodes": {"a": {}}})");
    CHECK(f.say({"config", "check", good}).code == 0);
    CHECK(f.say({"config", "apply", good}).code == 0);
    f.server.reset();
    said = f.say({"config", "check", good});
    CHECK(said.code == 0);
    CHECK(has(said.out, "heartbeat_interval 100ms x 3 = 300ms <= heartbeat_timeout 500ms"));
    CHECK(has(said.out, "no daemon answers, so types and their parameters were not checked"));
    CHECK(f.say({"config", "check", wrong}).code == 1);
    CHECK(f.say({"config", "check", f.directory + "/absent"}).code == 1);
}

TEST_CASE("a configuration is put on trial, confirmed and taken back by words") {
    Fixture f;
    const auto good = f.file("good.json", R"({"cluster": "x", "nodes": {"a": {}}})");
    auto said = f.say({"config", "apply", good, "--confirm-within", "60s", "--stop-groups"});
    CHECK(said.code == 0);
    CHECK(has(said.out, "'hactl config confirm' keeps it"));
    CHECK(f.backend.asked.back().ends_with(" within 60 stopping"));
    CHECK(f.say({"config", "confirm"}).code == 0);
    CHECK(f.backend.asked.back() == "confirm");
    CHECK(f.say({"config", "revert"}).code == 0);
    CHECK(f.say({"config", "apply", good, "--confirm-within", "fast"}).code == 2);
    CHECK(f.say({"config", "check", good, "--confirm-within", "60s"}).code == 2);
    f.backend.status_now.config_trial_left = std::chrono::seconds(42);
    CHECK(has(f.say({"status"}).out, "on trial for 42 s more"));
    f.backend.status_now.is_config_changing = true;
    f.backend.status_now.config_waits_for = {"web", "db"};
    CHECK(has(f.say({"status"}).out, "waits until these groups have stopped: web, db"));
}

TEST_CASE("what a configuration promises is shown with its parts, and what was measured") {
    Fixture f;
    auto said = f.say({"config", "safety"});
    CHECK(said.code == 0);
    CHECK(has(said.out, "two owners: yes, while a daemon is stopped [no_guard]"));
    CHECK(has(said.out, "its node is lost: at most 1.53 s"));
    CHECK(has(said.out, "500 ms"));
    CHECK(has(said.out, "30 ms ?"));
    CHECK(has(said.out, "measured 630 ms at 2023-11-14 22:13:20.000000: suspected 500 ms, online "
                        "130 ms"));
    CHECK(has(said.out, "it waits for a second node"));
    CHECK(has(said.out, "! two owners are possible"));
    CHECK(hactl::Json::parse(f.say({"config", "safety", "--json"}).out).at("groups").size() == 1);
    f.server.reset();
    const auto good = f.file("g.json", R"({"cluster": "x", "nodes": {"a": {}},
        "groups": {"web": {"resources": {"app": {"type": "exec"}}}}})");
    said = f.say({"config", "safety", good});
    CHECK(said.code == 0);
    CHECK(has(said.out, "two owners: no: a lease"));
    CHECK(has(said.out, "not measured here yet"));
    CHECK(has(f.say({"config", "check", good}).out, "group web: never two owners"));
    CHECK(f.say({"config", "safety"}).code == 3);
}

TEST_CASE("a key is made for its owner alone and never overwritten") {
    Fixture f;
    const auto path = f.directory + "/key";
    CHECK(f.say({"key", "new", path}).code == 0);
    namespace fs = std::filesystem;
    CHECK(fs::status(path).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
    CHECK(fs::file_size(path) == 67);
    const auto said = f.say({"key", "new", path});
    CHECK(said.code == 1);
    CHECK(has(said.err, "is there already and is not overwritten"));
}

}  // namespace hactl_test
