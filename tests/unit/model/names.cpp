// Lookups and names of the model.
#include <doctest/doctest.h>

#include <set>

#include "story.hpp"

using namespace ha;
using namespace ha::model;
using namespace ha::test;

TEST_CASE(
    "things are found by id and by name, in any order of ids, and what is not there is null") {
    auto spec = small_spec();
    std::swap(spec.nodes[0], spec.nodes[2]);
    CHECK(find_node(spec, k_a)->name == "a");
    CHECK(find_node(spec, k_c)->name == "c");
    CHECK(find_node(spec, "b")->id == k_b);
    CHECK(find_node(spec, NodeId{}) == nullptr);
    CHECK(find_node(spec, NodeId{4}) == nullptr);
    CHECK(find_node(spec, "d") == nullptr);
    CHECK(find_group(spec, "db")->id == k_db);
    CHECK(find_group(spec, GroupId{3}) == nullptr);
    CHECK(find_resource(spec, "resource20").group->id == k_db);
    CHECK(find_resource(spec, "resource30").resource == nullptr);
    CHECK(find_resource(spec.groups[0], ResourceId{20}) == nullptr);
    CHECK(find_monitor(spec, "none") == nullptr);
    CHECK(find_monitor(spec, MonitorId{1}) == nullptr);
}

TEST_CASE("a node or group that is gone still has something to be called by") {
    const auto spec = small_spec();
    CHECK(name_of(spec, k_a) == "a");
    CHECK(name_of(spec, NodeId{7}) == "node 7");
    CHECK(name_of(spec, GroupId{7}) == "group 7");
    CHECK(name_of(spec, NodeId{}) == "no node");
}

TEST_CASE("F28: a group requires what the strictest of its resources requires") {
    auto group = group_spec(1, "web");
    group.resources.push_back(resource_spec(11));
    group.resources[0].requirement = Requirement::nothing;
    group.resources[1].requirement = Requirement::fencing;
    CHECK(requirement_of(group) == Requirement::fencing);
    group.resources.clear();
    CHECK(requirement_of(group) == Requirement::nothing);
}

TEST_CASE("each command has a name of its own and a sentence that names what it is about") {
    const auto spec = small_spec();
    const std::vector<std::pair<Command, std::string>> cases{
        {SetSpec{{}, spec}, "configuration of test changes from revision 0"},
        {NodeUp{k_a, {}, StartNumber{3}}, "node a is up with start 3"},
        {NodeDown{k_a, StartNumber{3}, "silent"}, "node a is declared down with start 3: silent"},
        {NodeLeaving{k_a, {}}, "node a is about to stop"},
        {NodeLeft{k_a, {}}, "node a has stopped cleanly"},
        {Give{k_web, k_b, {}, {}, "node a is down"}, "give group web to node b: node a is down"},
        {Evict{k_web, {}, k_b, true, {}, "asked"},
         "stop group web where it is and move it to node b, and do not try that node again: asked"},
        {Release{k_web, k_a, {}, "stopped"}, "node a has released group web: stopped"},
        {StopFailed{k_web, k_a, {}, ""}, "node a could not stop group web"},
        {SetGoal{k_web, Goal::online, k_c, true, ""},
         "group web shall be online on node c, its failures are forgotten"},
        {ClearBans{k_web, {}, false}, "forget the failures of group web on all nodes"},
        {SetNodeMode{k_a, NodeMode::maintenance, "disk"}, "node a goes into maintenance: disk"},
        {PauseMonitor{MonitorId{7}, false}, "resume monitor 7"},
        {RequestFence{k_a, {}, "it may still write"}, "fence node a: it may still write"},
        {FenceDone{k_a, {}, 1, true, "switched off"}, "node a is harmless: switched off"},
        {ConfirmOff{k_a, {}, ""}, "node a is off, as an operator says"},
        {InjectFailure{MonitorId{7}, true, 2s},
         "monitor 7 says that it is bad, for a drill for 2000 ms"},
        {SetFrozen{k_web, true, "rebuilt"}, "group web is frozen: rebuilt"},
        {SetStopped{k_web, {ResourceId{10}}, ""},
         "of group web these resources are to be stopped: resource10"},
        {SetTrial{k_web, k_a, 3s}, "group web goes back to node a unless it is online in 3000 ms"},
        {SetRatio{3, 4s, "slow"}, "timeouts are 3 times as long for 4000 ms: slow"},
        {TimePassed{5s}, "time passed: 5000 ms"},
        {RequestDone{k_a, StartNumber{1}, RequestId{2}}, "request 2 of node a is done"},
        {GoneAlone{k_a, 0, ViewMarkId{5}, "node b is silent"},
         "node a goes on alone: node b is silent"},
        {EndForkRisk{k_b}, "node b has taken the recovered history over"},
        {PromiseReset{k_a, StartNumber{3}, 10s},
         "a watchdog resets node a within 10000 ms of its lease's end"},
        {NodeReset{k_a, StartNumber{3}, "time"}, "node a was reset by its watchdog: time"},
        {BindToStop{k_a, StartNumber{3}},
         "node a stops its groups by itself when it loses the others"},
        {ForkedGroup{k_web, k_b, {Incarnation{4}, Term{2}, k_b}, true},
         "group web had incarnation 4 in the history of node b, and ran there"},
        {WriteSection{k_web, {}, "sessions", {}, false, {}},
         "group web writes section sessions of its checkpoint"},
        {EraseSection{k_web, {}, "sessions"},
         "group web erases section sessions of its checkpoint"},
        {BeginChange{SpecRevision{2}, spec, {}, false, {k_web, k_db}},
         "the configuration is to change from revision 2; stopped for it: web, db"},
        {HoldForChange{SpecRevision{2}, {k_db}},
         "the change from revision 2 goes on; stopped for it: db"},
        {CompleteChange{SpecRevision{2}}, "the configuration changes from revision 2"},
        {CancelChange{SpecRevision{2}}, "the configuration stays at revision 2"},
        {ConfirmSpec{SpecRevision{3}}, "revision 3 of the configuration is confirmed"},
        {SetSuspended{true, "switches"}, "suspend the cluster: switches"},
        {RaiseVersion{2}, "the cluster is of version 2 from here on"},
        {FoundActive{k_web, k_b, {}, ResourceId{10}, true, true},
         "group web on node b is active without a right to be, and is stopped"},
        {StopFound{k_web, k_b, "to start elsewhere"},
         "node b is to stop what it found of group web: to start elsewhere"},
        {OrderNode{k_a, {}, NodeOrder::reboot, false, "asked"}, "node a is to reboot: asked"},
    };
    CHECK(describe(spec, GoneAlone{k_a, 0, ViewMarkId{6}, "the others are off",
                                   k_recovery_step}) ==
          "node a goes on without the majority: the others are off");
    std::set<std::string> names;
    for (const auto& [command, sentence] : cases) {
        CHECK(describe(spec, command) == sentence);
        CHECK(names.insert(name_of(command)).second);
    }
    CHECK(names.size() == std::variant_size_v<Command>);
}

TEST_CASE("each mode of a node has words of its own, and a retry says that it is one") {
    const auto spec = small_spec();
    const auto words = [&](NodeMode mode) { return describe(spec, SetNodeMode{k_a, mode, "x"}); };
    CHECK(words(NodeMode::standby) == "node a goes on standby: x");
    CHECK(words(NodeMode::isolated) == "node a is isolated: x");
    CHECK(words(NodeMode::in_service) == "node a is in service: x");
    CHECK(describe(spec, ClearBans{k_web, {}, true}) ==
          "try again all nodes where it failed: group web on all nodes");
}
