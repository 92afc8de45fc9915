// Permission: leases, epochs, adoption.
#include "story.hpp"

using namespace ha;
using namespace ha::lifecycle;
using namespace ha::lifecycle::test;
using Calls = std::vector<std::string>;

namespace {

ServiceOptions holding(std::vector<Held> held) {
    ServiceOptions options;
    options.held = std::move(held);
    return options;
}

Epoch epoch(std::uint64_t incarnation) {
    return {Incarnation{incarnation}, Term{1}, k_self};
}

}  // namespace

TEST_CASE("F2: nothing starts before settling, admission, lease and the leader's note are all "
          "there") {
    Story s;
    auto g = s.chain(1, 1);
    s.update();
    CHECK(s.seen(g) == GroupState::offline);
    CHECK(!s.service.is_settled());
    s.settle();
    CHECK(s.service.is_settled());
    CHECK(s.text_of(g).find("admission") != std::string::npos);
    s.permission.is_admitted = true;
    s.update();
    CHECK(s.text_of(g).find("a lease") != std::string::npos);
    s.lease(10s);
    s.run_plugins();
    CHECK(s.take_calls() == Calls{"probe g1r1"});  // looking is free
    CHECK(s.seen(g) == GroupState::starting);
    s.permission.clear_to_start.insert(g);
    s.update();
    CHECK(s.take_calls() == Calls{"start g1r1"});
}

TEST_CASE("a lease within the sever bound of its end starts nothing") {
    Story s;
    auto g = s.chain(1, 1);
    s.settle();
    s.admit();
    s.lease(5ms);
    CHECK(s.take_calls().empty());
    s.lease(6ms);
    CHECK(!s.take_calls().empty());
    CHECK(s.seen(g) == GroupState::waiting);
}

TEST_CASE("when the lease is lost every resource is severed in one step, then stopped in order") {
    Story s;
    auto g = s.chain(1, 3);
    auto h = s.chain(2, 1);
    s.begin();
    s.run_plugins();
    s.take_calls();
    s.lose_lease();
    CHECK(s.take_calls() == Calls{"sever g1r1", "sever g1r2", "sever g1r3", "sever g2r1"});
    s.run_plugins();
    CHECK(s.take_calls() == Calls{"stop g1r3", "stop g2r1", "stop g1r2", "stop g1r1"});
    CHECK(s.is_released(g));
    CHECK(s.is_released(h));
    for (const auto& start : s.starts)
        if (start.kind == OperationKind::stop) CHECK(start.factor == OperationFactor::lease_lost);
}

TEST_CASE("the service sees the end of its lease by itself") {
    Story s;
    s.chain(1, 1);
    s.begin();
    s.run_plugins();
    s.lease(10s);
    s.take_calls();
    s.pass(9s);
    CHECK(s.take_calls().empty());
    s.pass(995ms);
    CHECK(s.take_calls() == Calls{"sever g1r1"});
}

TEST_CASE("what was severed is released and never resumed, though the lease comes back") {
    Story s;
    auto g = s.chain(1, 2);
    s.begin();
    s.run_plugins();
    s.lose_lease();
    s.take_calls();
    s.lease(3600s);
    s.run_plugins();
    CHECK(s.take_calls() == Calls{"stop g1r2", "stop g1r1"});
    CHECK(s.is_released(g));
    s.update();
    CHECK(s.take_calls().empty());
    s.commit_reports();
    s.give(g, k_self);
    s.update();
    s.run_plugins();
    CHECK(s.seen(g) == GroupState::online);
}

TEST_CASE("a lease lost at each point of a start leaves nothing behind") {
    for (int point = 0; point <= 7; point++) {
        Story s;
        auto g = s.chain(1, 3);
        s.begin();
        int seen = 0;
        for (const auto& kind : {OperationKind::probe, OperationKind::start})
            for (int i = 1; i <= 3; i++) {
                if (seen++ >= point) break;
                s.answer(kind, "g1r" + std::to_string(i),
                         is(kind == OperationKind::probe ? ResourceStatus::offline
                                                         : ResourceStatus::online));
            }
        if (point == 7) s.run_plugins();
        s.take_calls();
        s.lose_lease();
        s.run_plugins();
        CHECK(s.is_released(g));
        CHECK(s.run_record.empty());
        CHECK(s.service.is_empty());
        for (const auto& call : s.take_calls()) CHECK(call.rfind("start", 0) != 0);
    }
}

TEST_CASE("a start that ends after severing is severed once more") {
    Story s;
    auto g = s.chain(1, 1);
    s.state.groups[g].owner = {};
    s.begin();
    s.give(g, k_self);
    s.update();
    s.lose_lease();
    s.take_calls();
    s.answer(OperationKind::sever, "g1r1", ok());
    s.answer(OperationKind::start, "g1r1", ok());
    CHECK(s.take_calls() == Calls{"sever g1r1"});
    s.run_plugins();
    CHECK(s.take_calls() == Calls{"stop g1r1"});
    CHECK(s.is_released(g));
}

TEST_CASE("severing that is not possible does not keep from stopping") {
    Story s;
    auto g = s.chain(1, 1);
    s.begin();
    s.run_plugins();
    s.script["sever g1r1"] = {failed("this type cannot")};
    s.lose_lease();
    s.run_plugins();
    CHECK(s.is_released(g));
}

TEST_CASE("a severed group that does not stop is still ours, and keeps no lease from the others") {
    Story s;
    auto g = s.chain(1, 1);
    auto h = s.chain(2, 1);
    s.begin();
    s.run_plugins();
    s.script["stop g1r1"] = {failed("busy")};
    s.script["probe g1r1"] = {is(ResourceStatus::online)};
    s.lose_lease();
    s.run_plugins();
    CHECK(s.seen(g) == GroupState::failed);
    CHECK(s.has_report("stop_failed"));
    CHECK(s.service.is_settled());
    s.commit_reports();
    s.give(h, k_self);
    s.lease(3600s);
    s.run_plugins();
    CHECK(s.seen(h) == GroupState::online);
    CHECK(!s.is_released(g));
}

TEST_CASE("a group that needs nobody's agreement outlives the lease") {
    Story s;
    auto g = s.chain(1, 1);
    s.spec(g, 1).requirement = model::Requirement::nothing;
    s.begin();
    s.run_plugins();
    s.take_calls();
    s.lose_lease();
    CHECK(s.take_calls().empty());
    s.restart(g);
    s.run_plugins();
    CHECK(s.take_calls() == Calls{"stop g1r1", "start g1r1"});
    CHECK(s.seen(g) == GroupState::online);
}

TEST_CASE("an epoch that is not ours any more is severed first, then stopped, and not released") {
    Story s;
    auto g = s.chain(1, 2);
    s.begin();
    s.run_plugins();
    s.take_calls();
    SUBCASE("another node owns it") { s.give(g, k_other); }
    SUBCASE("we own it anew") { s.give(g, k_self); }
    SUBCASE("it is gone") { s.state.groups.erase(g); }
    s.update();
    auto calls = s.take_calls();
    CHECK(calls == Calls{"sever g1r1", "sever g1r2"});
    CHECK(!s.service.is_settled());
    bool is_anew = s.state.groups.contains(g) && s.state.groups[g].owner == k_self;
    s.run_plugins();
    CHECK(!s.is_released(g));
    CHECK(s.service.is_settled());
    auto expected = Calls{"stop g1r2", "stop g1r1"};
    if (is_anew) expected.insert(expected.end(), {"start g1r1", "start g1r2"});
    CHECK(s.take_calls() == expected);
    CHECK(s.service.is_empty() == !is_anew);
}

TEST_CASE("a node that reads that it is down severs, stops, and promises what is in its name") {
    Story s;
    auto g = s.chain(1, 2);
    s.begin();
    s.run_plugins();
    s.take_calls();
    s.declare_down();
    CHECK(s.take_calls() == Calls{"sever g1r1", "sever g1r2"});
    CHECK(!s.service.is_settled());
    s.run_plugins();
    CHECK(s.service.is_settled());
    CHECK(s.is_released(g));
}

TEST_CASE("a group that is being stopped in peace is severed when its epoch goes") {
    Story s;
    auto g = s.chain(1, 2);
    s.begin();
    s.run_plugins();
    s.evict(g);
    s.take_calls();
    s.give(g, k_other);
    s.update();
    CHECK(s.take_calls() == Calls{"sever g1r1", "sever g1r2"});
}

TEST_CASE("a restarted daemon adopts what runs well, without a stop or a start") {
    Story s(holding({{GroupId{1}, epoch(1)}}));
    auto g = s.chain(1, 3);
    for (auto name : {"g1r1", "g1r2", "g1r3"}) s.running[name] = ResourceStatus::online;
    s.begin();
    s.run_plugins();
    CHECK(s.take_calls() == Calls{"probe g1r1", "probe g1r2", "probe g1r3"});
    CHECK(s.seen(g) == GroupState::online);
    CHECK(s.count_events(EventKind::group_adopted) == 1);
}

TEST_CASE("adoption mends what does not run, and what stands on it") {
    struct Row {
        ResourceStatus first, second, third;
        Calls then;
    };
    const auto on = ResourceStatus::online;
    const auto off = ResourceStatus::offline;
    const Row rows[] = {
        {off, off, off, {"start g1r1", "start g1r2", "start g1r3"}},
        {on, on, off, {"start g1r3"}},
        {on, off, off, {"start g1r2", "start g1r3"}},
        {off, on, on, {"stop g1r3", "stop g1r2", "start g1r1", "start g1r2", "start g1r3"}},
        {on, off, on, {"stop g1r3", "start g1r2", "start g1r3"}},
        {on, on, ResourceStatus::failed, {"stop g1r3", "start g1r3"}},
        {on, ResourceStatus::unknown, off, {"stop g1r2", "start g1r2", "start g1r3"}},
    };
    for (const auto& row : rows) {
        Story s(holding({{GroupId{1}, epoch(1)}}));
        auto g = s.chain(1, 3);
        s.running = {{"g1r1", row.first}, {"g1r2", row.second}, {"g1r3", row.third}};
        s.begin();
        s.run_plugins();
        auto calls = s.take_calls();
        REQUIRE(calls.size() >= 3);
        CHECK(Calls(calls.begin() + 3, calls.end()) == row.then);
        CHECK(s.seen(g) == GroupState::online);
        CHECK(s.released.empty());
    }
}

TEST_CASE("F12: what was severed while the daemon was away is not gone on with") {
    auto options = holding({{GroupId{1}, epoch(1)}, {GroupId{2}, epoch(1)}});
    options.severed = {{GroupId{1}, epoch(1)}};
    Story s(options);
    auto g = s.chain(1, 1);
    auto h = s.chain(2, 1);
    s.settle();
    // Before a lease is asked for, though the group is ours by the record.
    CHECK(s.take_calls() == Calls{"sever g1r1"});
    CHECK(!s.service.is_settled());
    s.run_plugins();
    CHECK(s.take_calls() == Calls{"stop g1r1"});
    CHECK(s.service.is_settled());
    CHECK(s.is_released(g));
    CHECK(!s.is_released(h));
    s.script["probe g2r1"] = {is(ResourceStatus::online)};
    s.admit();
    s.lease(1s);
    s.run_plugins();
    CHECK(s.take_calls() == Calls{"probe g2r1"});
    CHECK(s.seen(h) == GroupState::online);
    CHECK(s.seen(g) == GroupState::offline);
    // Given anew it starts, at the next incarnation.
    s.commit_reports();
    s.give(g, k_self);
    s.update();
    s.run_plugins();
    CHECK(s.take_calls() == Calls{"start g1r1"});
}

TEST_CASE("F12: a severing at another epoch says nothing about the one that is held") {
    auto options = holding({{GroupId{1}, epoch(1)}});
    options.severed = {{GroupId{1}, epoch(9)}};
    Story s(options);
    auto g = s.chain(1, 1);
    s.script["probe g1r1"] = {is(ResourceStatus::online)};
    s.begin();
    s.run_plugins();
    CHECK(s.take_calls() == Calls{"probe g1r1"});
    CHECK(s.seen(g) == GroupState::online);
}

TEST_CASE("strays of the run record are severed and stopped before the node is settled") {
    Story s(holding({{GroupId{1}, epoch(1)}, {GroupId{2}, epoch(1)}, {GroupId{3}, epoch(1)}}));
    auto g = s.chain(1, 2);
    auto h = s.chain(2, 1);
    auto i = s.chain(3, 1);
    s.give(g, k_other);
    s.give(i, k_self);  // at the second incarnation
    s.update();
    CHECK(s.take_calls().empty());
    CHECK(!s.service.is_settled());
    s.settle();
    CHECK(s.take_calls() == Calls{"sever g1r1", "sever g1r2", "sever g3r1"});
    CHECK(!s.service.is_settled());
    s.run_plugins();
    CHECK(s.take_calls() == Calls{"stop g1r2", "stop g3r1", "stop g1r1"});
    CHECK(s.service.is_settled());
    CHECK(s.run_record == std::vector<Held>{{h, epoch(1)}});
    CHECK(s.released.empty());
    CHECK(s.seen(h) == GroupState::waiting);
}

TEST_CASE("a stray that does not stop keeps the node unsettled") {
    Story s(holding({{GroupId{1}, epoch(1)}}));
    auto g = s.chain(1, 1);
    s.give(g, k_other);
    s.script["stop g1r1"] = {failed()};
    s.script["probe g1r1"] = {is(ResourceStatus::online)};
    s.settle();
    s.run_plugins();
    CHECK(!s.service.is_settled());
    CHECK(s.reports.empty());  // the epoch is not ours to report on
    CHECK(s.seen(g) == GroupState::failed);
}

TEST_CASE("a held group that is to be stopped is stopped without looking, and released") {
    Story s(holding({{GroupId{1}, epoch(1)}}));
    auto g = s.chain(1, 1);
    s.state.groups[g].goal = model::Goal::offline;
    s.settle();
    s.run_plugins();
    CHECK(s.take_calls() == Calls{"stop g1r1"});
    CHECK(s.is_released(g));
}

TEST_CASE("an incarnation that was promised to be released is not started, nor told again") {
    ServiceOptions options;
    options.released = {{GroupId{1}, epoch(1)}};
    SUBCASE("and the run record does not name it") {}
    SUBCASE("and the run record still names it: it is stopped once more") {
        options.held = options.released;
    }
    bool was_held = !options.held.empty();
    Story s(options);
    auto g = s.chain(1, 1);
    s.begin();
    s.run_plugins();
    CHECK(s.take_calls() == (was_held ? Calls{"stop g1r1"} : Calls{}));
    CHECK(s.released.empty());
    CHECK(s.service.is_empty());
    s.state.groups[g].owner = {};
    s.update();
    s.give(g, k_self);
    s.update();
    s.run_plugins();
    CHECK(s.seen(g) == GroupState::online);
}

TEST_CASE("a group of the run record that the configuration has lost is told, and does not block") {
    Story s(holding({{GroupId{9}, epoch(1)}}));
    s.begin();
    CHECK(s.service.is_settled());
    CHECK(s.count_events(EventKind::group_failed) == 1);
}

TEST_CASE("stopping everything before the state is known stops what the run record names") {
    Story s(holding({{GroupId{1}, epoch(1)}}));
    s.chain(1, 2);
    s.service.stop_all(s.now, s.state, OperationFactor::node_leave);
    CHECK(!s.service.is_empty());
    s.update();
    s.run_plugins();
    CHECK(s.take_calls() == Calls{"stop g1r2", "stop g1r1"});
    CHECK(s.service.is_empty());
}
