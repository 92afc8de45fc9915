// What hactl asks for: words into requests, and what it waits for.
#include "hactl_fixture.hpp"
#include "show.hpp"

namespace hactl_test {

TEST_CASE("a time limit holds for the request itself, too") {
    Fixture f;
    f.backend.status_now.groups[0].name = "slow";
    const auto said = f.say({"group", "stop", "slow", "--timeout", "50ms"});
    CHECK(said.code == 4);
    CHECK(has(said.err, "what was asked may still be carried out"));
    CHECK(f.say({"group", "stop", "web", "--timeout", "0s"}).code == 2);
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
    // A voter that is configured no more has a number only, and had says whether there is one.
    CHECK(f.say({"cluster", "recover", "--alone", "--confirm=a", "b", "c", "4"}).code == 0);
    CHECK(f.backend.asked ==
          std::vector<std::string>{"recover b c", "recover c b", "recover b c 4"});
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

}  // namespace hactl_test
