// What a node knows and would do: status, explanations, checks of a configuration, names of enums.
#include <doctest/doctest.h>

#include "lab.hpp"

namespace ha {

using namespace test;

TEST_CASE("the status names everything: nodes, groups, resources, interconnects and sockets") {
    Lab lab(2, std::string(Lab::k_one_group) +
                   R"(, "monitors": {"gauge": {"type": "gauge", "interval": "10ms"}})");
    auto& a = lab.start(1);
    auto& b = lab.start(2);
    Lab::await_group(b, "relay", "n1", "online");
    Lab::await(b, [](const Status& s) { return s.monitors.size() == 2; });
    const auto s = b.status();
    CHECK(s.cluster == "lab");
    CHECK(s.node == "n2");
    CHECK(s.quorum_policy == "majority");
    CHECK(s.is_quorate);
    CHECK(s.is_lease_held);
    CHECK(s.lease_remaining > 0ns);
    CHECK(s.waits_for.empty());
    CHECK(s.callback_running.empty());
    REQUIRE(s.nodes.size() == 2);
    CHECK(s.nodes[1].is_self);
    CHECK(s.nodes[1].is_voter);
    CHECK(!s.nodes[0].is_self);
    CHECK(s.nodes[0].is_heard);
    CHECK(s.nodes[0].is_voter);
    REQUIRE(s.nodes[0].interconnects.size() == 1);
    CHECK(s.nodes[0].interconnects[0].name == "local");
    CHECK(s.nodes[0].interconnects[0].is_heard);
    const auto& relay = group(s, "relay");
    CHECK(relay.goal == "online");
    CHECK(relay.policy == std::vector<std::string>{"n1", "n2"});
    CHECK(relay.epoch.node == s.nodes[0].id);
    CHECK(!relay.reason.empty());
    REQUIRE(relay.resources.size() == 1);
    CHECK(relay.resources[0].type == "torch");
    CHECK(relay.resources[0].state == "online");
    REQUIRE(s.sockets.size() == 1);
    CHECK(s.sockets[0].problem.empty());
    CHECK(s.sockets[0].sent > 0);
    CHECK(s.sockets[0].received > 0);
    CHECK(a.status().leader == s.leader);
}

TEST_CASE("an explanation says why a group is where it is, and what would be without a node") {
    Lab lab(3);
    auto& a = lab.start(1);
    lab.start(2);
    auto& c = lab.start(3);
    Lab::await_whole(c, 3);
    Lab::await_group(a, "relay", "n1", "online");
    const auto why = c.explain("relay");
    CHECK(why.group == "relay");
    CHECK(why.owner == "n1");
    CHECK(!why.rule.empty());
    CHECK(!why.reason.empty());
    CHECK(!why.is_blocked);
    CHECK(thrown([&] { c.explain("rely"); }).code == ErrorCode::not_found);
    CHECK(thrown([&] { c.simulate_kill("n9"); }).code == ErrorCode::not_found);
    auto what = c.simulate_kill("n1");
    REQUIRE(what.size() == 1);
    INFO(what[0].rule << ": " << what[0].reason);
    CHECK(what[0].node == "n2");
    CHECK(!what[0].is_blocked);
    lab.destroy(2);
    Lab::await(c, [](const Status& s) { return s.nodes.at(1).status == "down"; });
    what = c.simulate_kill("n1");
    REQUIRE(what.size() == 1);
    CHECK(what[0].is_blocked);
    CHECK(what[0].rule == "no_quorum");
}

TEST_CASE("a configuration that a node writes is one that it reads, and errors have their place") {
    Lab lab(2);
    auto& a = lab.start(1);
    const auto text = a.config_text();
    const auto own = a.config_check(text, "own.json");
    CHECK(own.errors.empty());
    CHECK(!own.timing.empty());
    const auto bad = a.config_check("{\n \"cluster\": 7\n}", "bad.json");
    REQUIRE(bad.errors.size() == 2);  // no nodes, and a name that is none
    CHECK(bad.errors[0].text.find("'nodes'") != std::string::npos);
    CHECK(bad.errors[1].line == 2);
    CHECK(bad.errors[1].path == "cluster");
    CHECK(!a.config_check("not at all", "text.json").errors.empty());
    CHECK(!a.config_check("", "empty.json").errors.empty());
}

TEST_CASE("notices are numbered without gaps, and can be followed from where one was") {
    Lab lab(2);
    auto& a = lab.start(1);
    const auto first = a.notices(0, SIZE_MAX);
    REQUIRE(!first.empty());
    CHECK(first[0].number == 1);
    CHECK(first[0].wall_us > 0);
    for (std::size_t i = 0; i < first.size(); i++) {
        CHECK(first[i].number == i + 1);
        CHECK(!first[i].name.empty());
        CHECK(!first[i].severity.empty());
        CHECK(first[i].kind != 0);
    }
    CHECK(a.notices(0, 1).size() == 1);
    CHECK(a.notices(1'000'000, 10).empty());
    lab.start(2);
    const auto next = a.notices(first.back().number, 1, k_patience);
    REQUIRE(next.size() == 1);
    CHECK(next[0].number == first.back().number + 1);
}

TEST_CASE("codes and actions have names") {
    for (const auto& [code, name] : std::vector<std::pair<ErrorCode, std::string>>{
             {ErrorCode::invalid, "invalid"}, {ErrorCode::not_found, "not_found"},
             {ErrorCode::refused, "refused"}, {ErrorCode::unavailable, "unavailable"},
             {ErrorCode::timed_out, "timed_out"}, {ErrorCode::corrupt, "corrupt"},
             {ErrorCode::io, "io"}, {ErrorCode::limit, "limit"}})
        CHECK(to_string(code) == name);
    CHECK(to_string(FinalAction::stop_node_service) == std::string("stop_node_service"));
    CHECK(to_string(FinalAction::reboot) == std::string("reboot"));
    CHECK(to_string(FinalAction::poweroff) == std::string("poweroff"));
}

}  // namespace ha
