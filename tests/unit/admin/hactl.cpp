// What hactl shows of a cluster, and its exit codes.
#include "hactl_fixture.hpp"
#include "show.hpp"

namespace hactl_test {

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
    guard.is_running = true;
    guard.watchdog = "armed";
    guard.watchdog_timeout = 10s;
    guard.is_watchdog_verified = true;
    guard.watchdog_problem = "ha-guard holds it with other settings";
    CHECK(has(f.say({"status"}).out, "watchdog: armed, resets this machine 10 s after the lease\n"
                                     "watchdog: ha-guard holds it with other settings\n"));
    guard.is_running = false;
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

TEST_CASE("D4: the status names who is a fork risk, and what ends it") {
    Fixture f;
    f.backend.status_now.fork_risk = {"b", "c"};
    const auto text = f.say({"status"}).out;
    CHECK(has(text, "FORK RISK: node b was named as off"));
    CHECK(has(text, "FORK RISK: node c was named as off"));
    const auto json = hactl::Json::parse(f.say({"status", "--json"}).out);
    CHECK(json.at("quorum").at("fork_risk") == hactl::Json({"b", "c"}));
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

}  // namespace hactl_test
