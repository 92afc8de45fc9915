// hactl against a real socket: what it prints, and its exit codes.
#include <doctest/doctest.h>

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "admin/server.hpp"
#include "context.hpp"
#include "fake_backend.hpp"
#include "show.hpp"

using namespace ha;
using namespace ha::admin;
using namespace std::chrono_literals;

namespace {

struct Said {
    int code = 0;
    std::string out;
    std::string err;
};

struct Fixture {
    Fixture() {
        ::setenv("TZ", "UTC", 1);
        char name[] = "/tmp/ha-hactl-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        directory = name;
        socket = directory + "/had.sock";
        backend.status_now = sample_status();
        server = std::make_unique<Server>(backend,
                                          ServerOptions{.socket = socket, .answer = 100ms});
    }
    ~Fixture() {
        server.reset();
        std::filesystem::remove_all(directory);
    }
    Said say(std::vector<std::string> words, bool is_coloured = false) {
        words.push_back("--socket=" + socket);
        std::ostringstream out, err;
        Said said;
        said.code = hactl::run(words, out, err, is_coloured);
        said.out = out.str();
        said.err = err.str();
        return said;
    }
    std::string file(const std::string& name, const std::string& text) {
        std::ofstream(directory + "/" + name) << text;
        return directory + "/" + name;
    }
    std::string directory, socket;
    FakeBackend backend;
    std::unique_ptr<Server> server;
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

}  // namespace

TEST_CASE("the first thing a newcomer types shows the cluster") {
    Fixture f;
    const auto said = f.say({});
    CHECK(said.code == 0);
    CHECK(said.err.empty());
    CHECK(said.out ==
          "cluster demo  quorate  leader a  majority (never two owners)\n"
          "this node: a  holds its lease (420 ms left)\n"
          "on this node: never two owners, also while this node's daemon is stopped or dead "
          "(ha-guard: woke at most 0.062 ms late, severed in at most 0.210 of 5.000 ms)\n"
          "\n"
          "NODE  STATUS  ROLE    INTERCONNECTS                    NOTE\n"
          "a *   up      leader\n"
          "b     up      voter   lan0 0.31 ms, lan1 silent 2.4 s\n"
          "c     down    voter                                    silent for 500 ms\n"
          "\n"
          "GROUP  STATE   NODE  RESOURCE  TYPE  STATE   NOTE\n"
          "web    online  a     vip       fip   online\n"
          "                     nginx     exec  online\n"
          "mail   failed  b                             postfix could not be stopped; failed on c\n"
          "                     postfix   exec  failed  exit code 1\n"
          "\n"
          "MONITOR      NODE  STATE  RESTARTS  FAILOVERS  NOTE\n"
          "web-process  a     ok     0         0\n"
          "router       b     bad    2         1          no answer\n");
}

TEST_CASE("F8: the status names the lower guarantee, and why it is lower") {
    Fixture f;
    auto& guard = f.backend.status_now.guard;
    guard.is_running = false;
    guard.guarantee = "two owners possible while this node's daemon is stopped";
    guard.problem = "cannot start ha-guard";
    CHECK(has(f.say({"status"}).out,
              "on this node: two owners possible while this node's daemon is stopped (ha-guard "
              "does not run: cannot start ha-guard)\n"));
    guard.is_wanted = false;
    CHECK(has(f.say({"status"}).out, "is stopped (had runs without ha-guard)\n"));
    const auto json = f.say({"status", "--json"}).out;
    CHECK(has(json, "\"guarantee\": \"two owners possible while"));
}

TEST_CASE("S32: what the daemon was not allowed is said, with what would allow it") {
    Fixture f;
    f.backend.status_now.shortcomings = {"no real-time priority for heartbeats: LimitRTPRIO=10"};
    CHECK(has(f.say({"status"}).out,
              "! no real-time priority for heartbeats: LimitRTPRIO=10\n"));
}

TEST_CASE("colours are there only when asked for") {
    Fixture f;
    CHECK(has(f.say({"status"}, true).out, "\x1b[32monline\x1b[0m"));
    CHECK_FALSE(has(f.say({"status"}).out, "\x1b"));
}

TEST_CASE("what a terminal could be lied to with is not printed") {
    Fixture f;
    f.backend.status_now.groups[0].text = "\x1b[2Jgone\n";
    CHECK_FALSE(has(f.say({"status"}).out, "\x1b"));
}

TEST_CASE("a cluster in trouble says so first") {
    Fixture f;
    f.backend.status_now.is_quorate = false;
    f.backend.status_now.leader.clear();
    f.backend.status_now.waits_for = "a majority of the nodes";
    f.backend.status_now.cluster_id.clear();
    const auto said = f.say({"status"});
    CHECK(has(said.out, "cluster demo  NO QUORUM  no leader"));
    CHECK(has(said.out, "! this node waits: a majority of the nodes\n"));
    CHECK(has(said.out, "'hactl cluster init'"));
}

TEST_CASE("a node without a lease says what that means") {
    Fixture f;
    f.backend.status_now.is_lease_held = false;
    CHECK(has(f.say({"status"}).out,
              "this node: a  no lease: nothing that needs a quorum runs here\n"));
}

TEST_CASE("the status says why a group that should run does not") {
    Fixture f;
    auto& web = f.backend.status_now.groups[0];
    web.owner.clear();
    web.state = "offline";
    f.backend.web = {"web", "", "", "no_node", "no node of its policy can take it", true,
                     {{"a", "maintenance", "is in maintenance"}, {"b", "down", "is down"}}};
    CHECK(has(f.say({"status"}).out,
              "web: blocked\n"
              "  no node of its policy can take it [no_node]\n"
              "  not a:  is in maintenance  [maintenance]\n"
              "  not b:  is down            [down]\n"));
    const auto json = hactl::Json::parse(f.say({"status", "--json"}).out);
    CHECK(json.at("blocked").at(0).at("group") == "web");
    web.goal = "offline";  // stopped on purpose: nothing to explain
    CHECK_FALSE(has(f.say({"status"}).out, "blocked"));
}

TEST_CASE("what a monitor told before its node went down is not shown as news") {
    Fixture f;
    f.backend.status_now.monitors = {{"router", "c", "ok", "", 0, 0}};
    CHECK(has(f.say({"status"}).out,
              "router   c     unknown  0         0          was ok before the node went down\n"));
}

TEST_CASE("a time limit holds for the request itself, too") {
    Fixture f;
    f.backend.status_now.groups[0].name = "slow";
    const auto said = f.say({"group", "stop", "slow", "--timeout", "50ms"});
    CHECK(said.code == 4);
    CHECK(has(said.err, "what was asked may still be carried out"));
    CHECK(f.say({"group", "stop", "web", "--timeout", "0s"}).code == 2);
}

TEST_CASE("groups and monitors are listed alone") {
    Fixture f;
    CHECK(f.say({"group", "list"}).out.starts_with("GROUP  STATE"));
    CHECK(f.say({"monitor", "list"}).out ==
          "MONITOR      NODE  STATE  RESTARTS  FAILOVERS  NOTE\n"
          "web-process  a     ok     0         0\n"
          "router       b     bad    2         1          no answer\n");
}

TEST_CASE("a missing daemon is told with what to do") {
    Fixture f;
    f.server.reset();
    const auto said = f.say({"status"});
    CHECK(said.code == 3);
    CHECK(has(said.err, "there is no such socket. Is the daemon running"));
    CHECK_FALSE(has(said.err, "hactl key new"));
    const auto first = f.say({});
    CHECK(first.code == 3);
    CHECK(has(first.err, "1. hactl key new /etc/ha/key"));
}

TEST_CASE("the completion knows every command") {
    std::ifstream in(HA_COMPLETION);
    const std::string text(std::istreambuf_iterator<char>(in), {});
    for (const auto& command : hactl::all_commands()) {
        const std::string words = command.words;
        const auto blank = words.find(' ');
        const auto first = words.substr(0, blank);
        CAPTURE(words);
        if (first == "names") continue;  // it is what the completion asks
        CHECK((has(text, " " + first + " ") || has(text, "'" + first + " ")));
        if (blank == words.npos) continue;
        const auto line = text.find("\n                " + first + ")");
        REQUIRE(line != text.npos);
        const auto end = text.find(" ;;", line);
        const auto second = words.substr(blank + 1);
        auto choices = text.substr(line + 1, end - line - 1);
        std::replace(choices.begin(), choices.end(), '\'', ' ');
        CHECK(has(choices, " " + second + " "));
    }
}

TEST_CASE("wrong command lines are told what would be right") {
    Fixture f;
    auto said = f.say({"staus"});
    CHECK(said.code == 2);
    CHECK(said.err == "hactl: there is no command 'staus'; did you mean 'status'?\n"
                      "Try 'hactl help'.\n");
    CHECK(has(f.say({"group"}).err, "needs a second word: group list, group start"));
    CHECK(f.say({"group", "start"}).err == "hactl: usage: hactl group start GROUP [NODE]\n"
                                           "Try 'hactl help'.\n");
    CHECK(f.say({"status", "--follow"}).code == 2);
    CHECK(f.say({"--nonsense"}).code == 2);
    CHECK(f.say({"group", "stop", "web", "--timeout", "5"}).code == 2);
    CHECK(f.say({"node", "maintenance", "a", "maybe"}).code == 2);
    CHECK(f.say({"simulate"}).code == 2);
    CHECK(f.say({"help"}).code == 0);
    CHECK(has(f.say({"help"}).out, "group start GROUP [NODE]"));
    CHECK(has(f.say({"help", "group", "move"}).out, "usage: hactl group move GROUP [NODE]"));
}

TEST_CASE("requests that need no waiting print the answer") {
    Fixture f;
    CHECK(f.say({"group", "clear", "web", "b"}).out == "done: clear web b\n");
    CHECK(f.say({"resource", "restart", "vip"}).out == "done: resource restart vip\n");
    CHECK(f.say({"monitor", "pause", "m"}).out == "done: pause m\n");
    CHECK(f.say({"node", "maintenance", "b", "on"}).out == "done: mode b maintenance\n");
    CHECK(f.say({"node", "isolate", "b", "RAM"}).out == "done: mode b isolated RAM\n");
    CHECK(f.say({"node", "resume", "b"}).out == "done: mode b in_service\n");
    CHECK(f.say({"cluster", "init"}).out == "done: init\n");
    const auto said = f.say({"group", "restart", "no"});
    CHECK(said.code == 1);
    CHECK(said.err == "hactl: not now\n");
    CHECK(f.say({"group", "restart", "slow"}).code == 4);
}

TEST_CASE("a start waits until the group is there, and tells when it failed") {
    Fixture f;
    auto said = f.say({"group", "start", "web"});
    CHECK(said.code == 0);
    CHECK(said.out == "done: start web \nweb: online on a\n");
    said = f.say({"group", "start", "mail"});
    CHECK(said.code == 5);
    CHECK(has(said.err, "group mail failed; 'hactl group explain mail' tells more"));
    said = f.say({"group", "stop", "web", "--timeout", "1ms"});
    CHECK(said.code == 4);
    CHECK(f.say({"group", "stop", "web", "--no-wait"}).code == 0);
}

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

TEST_CASE("G18: what a configuration would change is shown before it is applied") {
    const hactl::Paint plain(false);
    const hactl::Json plan = {
        {"revision", 4}, {"refusal", ""},
        {"changes",
         {{{"path", "groups.web.policy"}, {"before", "[\"a\"]"}, {"after", "[\"b\"]"},
           {"effect", "online"}, {"group", "web"}, {"note", ""}},
          {{"path", "groups.db.resources.post.type"}, {"before", "\"a\""}, {"after", "\"b\""},
           {"effect", "restarts_group"}, {"group", "db"}, {"note", "a new one"}}}},
        {"stopped", {"db"}}, {"moved", hactl::Json::array()}, {"untouched", {"mail", "dns"}}};
    const auto text = hactl::show_plan(plan, plain);
    CHECK(has(text, "against revision 4"));
    CHECK(has(text, "[\"a\"] -> [\"b\"]"));
    CHECK(has(text, "at once"));
    CHECK(has(text, "restarts db"));
    CHECK(has(text, "stopped for it, and started again: db\n"));
    CHECK_FALSE(has(text, "and removed"));
    CHECK(has(text, "untouched: mail, dns\n"));
    CHECK(has(text, "--stop-groups"));
    auto refused = plan;
    refused["refusal"] = "another change is under way";
    CHECK(has(hactl::show_plan(refused, plain), "can not be applied now: another change"));
    // Applying it, the cluster says that itself; and what is allowed need not be allowed.
    CHECK_FALSE(has(hactl::show_plan(refused, plain, hactl::PlanUse::apply), "can not be"));
    CHECK_FALSE(has(hactl::show_plan(plan, plain, hactl::PlanUse::apply_and_stop), "has to be"));
    auto removing = plan;
    removing["changes"][1] = {{"path", "groups.db"}, {"before", ""}, {"after", ""},
                              {"effect", "stops_group"}, {"group", "db"}, {"note", ""}};
    CHECK(has(hactl::show_plan(removing, plain), "stopped for it, and removed: db\n"));
    CHECK_FALSE(has(hactl::show_plan(removing, plain), "started again"));
    CHECK(hactl::show_plan(nullptr, plain).empty());
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

TEST_CASE("S55, S66: an order to a node is waited for, at most 30 s unless told otherwise") {
    Fixture f;
    CHECK(f.say({"cluster", "stop"}).code == 2);  // which?
    CHECK(f.say({"cluster", "stop", "b", "--all"}).code == 2);
    CHECK(f.say({"cluster", "stop", "z"}).code == 1);
    CHECK(f.backend.asked.empty());
    CHECK(f.say({"cluster", "restart", "b", "--no-wait"}).code == 0);
    CHECK(f.backend.asked.back() == "restart b");
    auto said = f.say({"cluster", "stop", "b", "--lose-quorum", "--timeout", "300ms"});
    CHECK(said.code == 4);
    CHECK(f.backend.asked.back() == "stop b meant");
    CHECK(has(said.out, "b: up: mail failed\n"));
    CHECK(has(said.err, "not done yet, and still going on: b"));
    f.backend.status_now.nodes[1].has_left = true;
    // Its daemon, which ends after that, is still heard.
    CHECK(f.say({"cluster", "stop", "b", "--timeout", "300ms"}).code == 4);
    for (auto& one : f.backend.status_now.nodes[1].interconnects)
        one.silence = std::chrono::seconds(5);
    said = f.say({"cluster", "shutdown", "b", "--timeout", "20s"});
    CHECK(said.code == 0);
    CHECK(f.backend.asked.back() == "poweroff b");
    CHECK(has(said.out, "b: left\n"));
    const auto json = hactl::Json::parse(f.say({"cluster", "stop", "b", "--json"}).out);
    CHECK(json.at("done") == true);
    CHECK(json.at("nodes").at(0).at("name") == "b");
    CHECK(hactl::parse_arguments({"cluster", "stop", "b"}).arguments.timeout ==
          std::chrono::seconds(30));
    CHECK(hactl::parse_arguments({"cluster", "stop", "b", "--timeout", "2min"})
              .arguments.timeout == std::chrono::minutes(2));
    f.backend.status_now.monitors.clear();  // nothing looks any more
    CHECK(f.say({"cluster", "suspend"}).code == 0);
    CHECK(has(f.say({"status"}).out, "the cluster is suspended"));
    CHECK(f.say({"cluster", "resume"}).code == 0);
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

TEST_CASE("every answer is JSON when asked for") {
    Fixture f;
    const auto good = f.file("good.json", "{}");
    for (const auto& words : std::vector<std::vector<std::string>>{
             {"status"}, {"node", "list"}, {"resource", "list"}, {"group", "list"},
             {"monitor", "list"}, {"group", "start", "web"},
             {"group", "stop", "web", "--no-wait"}, {"group", "explain", "web"}, {"events"},
             {"config", "check", good}, {"config", "apply", good}, {"config", "show"},
             {"config", "schema"}, {"simulate", "--kill", "a"}, {"cluster", "init"},
             {"key", "new", f.directory + "/k"}, {"group", "clear", "no"}}) {
        auto with = words;
        with.push_back("--json");
        const auto said = f.say(with);
        CAPTURE(words[0]);
        CAPTURE(said.out);
        CHECK(hactl::Json::parse(said.out, nullptr, false).is_object());
    }
}

TEST_CASE("a dry run prints the steps and the reasons, and waits for nothing") {
    Fixture f;
    const auto said = f.say({"group", "move", "web", "b", "--dry-run"});
    CHECK(said.code == 0);
    CHECK(has(said.out, "nothing is changed; it would be: group web is to move to node b\n"
                        "  - stop group web where it is\n"
                        "  - give group web to node b\n"));
    CHECK(has(said.out, "it was asked for there"));
    CHECK(f.backend.asked.empty());
    CHECK(f.say({"resource", "stop", "vip", "--dry-run"}).code == 0);
    CHECK(f.backend.asked.empty());
    const auto json = hactl::Json::parse(
        f.say({"group", "freeze", "web", "--dry-run", "--json"}).out);
    CHECK(json.at("dry_run") == true);
}

TEST_CASE("freezing, drills, pauses with an end and the ratio are asked for as they were typed") {
    Fixture f;
    CHECK(f.say({"group", "freeze", "web"}).out == "done: freeze web\n");
    CHECK(f.say({"group", "thaw", "web"}).code == 0);
    CHECK(f.say({"resource", "stop", "vip"}).code == 0);
    CHECK(f.say({"monitor", "pause", "--for", "10min"}).code == 0);
    CHECK(f.say({"monitor", "pause", "router", "--for=2s"}).code == 0);
    CHECK(f.say({"monitor", "resume"}).code == 0);
    CHECK(f.say({"monitor", "inject", "router", "--for", "1min"}).code == 0);
    CHECK(f.say({"monitor", "inject", "router", "--off"}).code == 0);
    CHECK(f.say({"ratio", "3", "--for", "2h"}).code == 0);
    CHECK(f.say({"node", "reboots", "a", "--reset"}).code == 0);
    CHECK(f.backend.asked ==
          std::vector<std::string>{"freeze web", "thaw web", "resource stop vip",
                                   "pause  600000 ms", "pause router 2000 ms", "resume ",
                                   "inject router on 60000 ms",
                                   "inject router off", "ratio 3 7200000 ms", "reboots reset a"});
    CHECK(f.say({"ratio", "0"}).code == 2);
    CHECK(f.say({"ratio", "x"}).code == 2);
    CHECK(f.say({"monitor", "pause", "--for", "5"}).code == 2);
    CHECK(f.say({"group", "stop", "web", "--deadline", "5s"}).code == 2);
}

TEST_CASE("S46: the counted reboots of a node are shown with their limit") {
    Fixture f;
    f.backend.status_now.nodes[1].reboots = 2;
    f.backend.status_now.max_reboots = 3;
    CHECK(f.say({"node", "reboots", "b"}).out ==
          "node b: 2 automatic reboots counted, limit 3\n");
    CHECK(has(f.say({"status"}).out, "2 automatic reboots"));
    f.backend.status_now.max_reboots = 0;
    CHECK(has(f.say({"node", "reboots", "a"}).out, "0 automatic reboots counted, no limit"));
    CHECK(f.say({"node", "reboots", "nobody"}).code == 1);
}

TEST_CASE("what is frozen, on trial, paused or in a drill is seen at a glance") {
    Fixture f;
    auto& s = f.backend.status_now;
    s.groups[0].is_frozen = true;
    s.groups[1].returns_to = "c";
    s.monitors[0].state = "paused";
    s.monitors[0].pause_left = 90s;
    s.monitors[1].is_injected = true;
    s.timeout_ratio = 4;
    s.ratio_left = 10min;
    const auto out = f.say({"status"}).out;
    CHECK(has(out, "frozen"));
    CHECK(has(out, "on trial, else back to c"));
    CHECK(has(out, "for another 90 s"));
    CHECK(has(out, "a drill"));
    CHECK(has(out, "all timeouts are 4 times as long"));
    CHECK(f.say({"ratio"}).out == "timeouts are 4 times as long, for another 600 s\n");
    s.timeout_ratio = 1;
    s.ratio_left = 0s;
    CHECK(f.say({"ratio"}).out == "timeouts are as configured\n");
}

TEST_CASE("the status shows who is being fenced, by whom and how far that is") {
    Fixture f;
    auto& c = f.backend.status_now.nodes[2];
    c.fencing = "requested";
    c.fenced_by = "a";
    c.fencing_progress = "device ipmi, attempt 1 of 2: switching off";
    CHECK(has(f.say({"status"}).out,
              "silent for 500 ms; is being fenced from a: device ipmi, attempt 1 of 2: switching "
              "off\n"));
    c.fencing = "failed";
    c.fencing_reason = "device ipmi: no answer";
    CHECK(has(f.say({"status"}).out,
              "fencing failed: device ipmi: no answer; a shot from a may still be under way\n"));
    c.fencing = "confirmed";
    c.fencing_reason = "an operator has confirmed that it is off";
    c.fenced_by.clear();
    CHECK(has(f.say({"node", "list"}).out, "harmless: an operator has confirmed"));
    auto& mail = f.backend.status_now.groups[1];
    mail.owner = "c";
    mail.state = "unknown";
    f.backend.web = {"mail", "c", "", "fencing_required", "only fencing could do it", true, {}};
    CHECK(has(f.say({"group", "list"}).out, "unknown"));
}

TEST_CASE("F37: confirm-off asks for the name, and says which start is meant") {
    Fixture f;
    f.backend.status_now.nodes[2].start = 7;
    std::ostringstream out, err;
    std::istringstream wrong("b\n"), right("c\n"), nothing;
    const std::vector<std::string> words{"node", "confirm-off", "c", "--socket=" + f.socket};
    for (auto* typed : {&wrong, &nothing})
        CHECK(hactl::run(words, out, err, false, typed) == 1);
    CHECK(f.say({"node", "confirm-off", "c"}).code == 1);  // nobody to be asked
    CHECK(f.say({"node", "confirm-off", "c", "--confirm", "b"}).code == 1);
    CHECK(f.backend.asked.empty());
    CHECK(has(err.str(), "Type the name of the node"));
    CHECK(hactl::run(words, out, err, false, &right) == 0);
    CHECK(f.say({"node", "confirm-off", "c", "--confirm=c"}).code == 0);
    CHECK(f.backend.asked == std::vector<std::string>{"confirm off c 7", "confirm off c 7"});
}

TEST_CASE("D4: recover wants each other node by name, and the name of the one that goes on") {
    Fixture f;
    const auto refused = [&](std::vector<std::string> words) {
        words.insert(words.begin(), {"cluster", "recover"});
        const auto said = f.say(words);
        CHECK(said.code != 0);
        CHECK(f.backend.asked.empty());
        return said.err;
    };
    CHECK(has(refused({"b", "c"}), "has to be told --alone"));
    CHECK(has(refused({"--alone", "--confirm=a"}), "node b is not named"));
    CHECK(has(refused({"--alone", "--confirm=a", "b"}), "node c is not named"));
    CHECK(has(refused({"--alone", "--confirm=a", "b", "c", "d"}), "no node 'd'"));
    CHECK(has(refused({"--alone", "--confirm=a", "a", "b", "c"}), "node a is the one that would"));
    CHECK(has(refused({"--alone", "b", "c"}), "was not confirmed"));  // nobody to be asked
    CHECK(has(refused({"--alone", "--confirm=b", "b", "c"}), "was not confirmed"));
    std::ostringstream out, err;
    std::istringstream wrong("b\n"), right("a\n");
    const std::vector<std::string> words{"cluster", "recover", "--alone", "b", "c",
                                         "--socket=" + f.socket};
    CHECK(hactl::run(words, out, err, false, &wrong) == 1);
    CHECK(f.backend.asked.empty());
    CHECK(has(err.str(), "Node a will go on alone, without b, c"));
    CHECK(has(err.str(), "power, not network"));
    CHECK(hactl::run(words, out, err, false, &right) == 0);
    CHECK(f.say({"cluster", "recover", "--alone", "--confirm=a", "c", "b"}).code == 0);
    CHECK(f.backend.asked == std::vector<std::string>{"recover b c", "recover c b"});
}

TEST_CASE("D4: the status names who is a fork risk, and what ends it") {
    Fixture f;
    f.backend.status_now.fork_risk = {"b", "c"};
    const auto text = f.say({"status"}).out;
    CHECK(has(text, "FORK RISK: node b was named as off"));
    CHECK(has(text, "FORK RISK: node c was named as off"));
    const auto json = hactl::Json::parse(f.say({"status", "--json"}).out);
    CHECK(json.at("quorum").at("fork_risk") == hactl::Json({"b", "c"}));
}

TEST_CASE("fencing that is asked for is watched to its end") {
    Fixture f;
    CHECK(f.say({"node", "fence", "c", "--no-wait"}).out == "done: fence c\n");
    CHECK(f.say({"node", "fence", "c", "--timeout", "300ms"}).code == 4);
    int looks = 0;
    f.backend.before_status = [&](Status& status) {
        auto& c = status.nodes[2];
        if (++looks < 3) return;
        c.fencing_count = 1;
        c.fencing = looks < 5 ? "requested" : "confirmed";
        c.fencing_progress = looks < 5 ? "device ipmi: looking" : "";
        c.fencing_reason = "switched off by device ipmi";
    };
    const auto said = f.say({"node", "fence", "c"});
    CHECK(said.code == 0);
    CHECK(has(said.out, "device ipmi: looking\n"));
    CHECK(has(said.out, "node c is harmless: switched off by device ipmi\n"));
}

TEST_CASE("a drain waits until the node is empty, and says what cannot go and why") {
    Fixture f;
    f.backend.status_now = admin::sample_status();
    CHECK(f.say({"node", "drain", "c"}).code == 0);
    CHECK(f.say({"node", "drain", "c"}).out == "done: mode c standby\nnode c runs nothing\n");
    auto said = f.say({"node", "drain", "a", "--timeout", "300ms"});
    CHECK(said.code == 4);
    CHECK(has(said.out, "left on node a: web"));
    f.backend.web.rule = "stays_on_standby";
    f.backend.web.reason = "no other node of its policy can take it now";
    said = f.say({"node", "drain", "a"});
    CHECK(said.code == 5);
    CHECK(has(said.err, "group web stays: no other node of its policy can take it now"));
    CHECK(has(said.err, "not b: it is less preferred"));
    CHECK(f.say({"node", "drain", "a", "--no-wait"}).out == "done: mode a standby\n");
}

TEST_CASE("a node says why it takes nothing, a group from where it is kept and for how long") {
    Fixture f;
    auto status = admin::sample_status();
    status.nodes[1].mode = "isolated";
    status.nodes[1].mode_reason = "RAM";
    status.groups[1].bans = {{"c", "exit 1", false, false, std::chrono::seconds(90)},
                             {"a", "moved away", true, false, std::chrono::nanoseconds::max()},
                             {"b", "old", false, true, {}}};
    f.backend.status_now = status;
    CHECK(has(f.say({"node", "list"}).out, "isolated: RAM"));
    CHECK(has(f.say({"group", "list"}).out, "failed on c (90 s left), not to go to a"));
}
