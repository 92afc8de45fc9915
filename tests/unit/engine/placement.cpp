// Placement as a cluster does it: time that leaders count, nodes out of service, order of groups.
#include <doctest/doctest.h>

#include "cluster.hpp"
#include "engine/insight.hpp"

using namespace ha;
using test::EngineCluster;
using test::begin_one_group;

namespace placement_cases {
namespace {

model::GroupSpec timed_group(std::uint32_t number, std::vector<std::uint16_t> policy) {
    auto group = EngineCluster::group(number, std::move(policy));
    group.ban_expiry = 20s;
    group.retry_delay = 5s;
    return group;
}

void begin(EngineCluster& cluster) {
    cluster.start_all();
    REQUIRE(cluster.run_until([&] { return cluster.leader() == 1; }));
    cluster.run_for(6s);
}

const model::GroupRecord& record_on(const EngineCluster& cluster, std::uint16_t node,
                                 std::uint32_t group) {
    return cluster.engine(node).state().groups.at(GroupId{group});
}

}  // namespace

TEST_CASE("a group that failed everywhere is tried again by itself, and heals") {
    EngineCluster cluster(3);
    cluster.spec.groups.push_back(timed_group(1, {1, 2, 3}));
    cluster.is_start_failing = true;
    begin(cluster);
    REQUIRE(cluster.run_until([&] { return record_on(cluster, 1, 1).bans.size() == 3; }));
    cluster.run_for(4s);
    cluster.is_start_failing = false;
    CHECK(cluster.place_of(1) == 0);
    const auto took = cluster.run_until([&] { return cluster.place_of(1) == 1; }, 10s);
    REQUIRE(took);
    CHECK(*took <= 2s);
    CHECK(record_on(cluster, 1, 1).bans.empty());
}

TEST_CASE("F37: the remaining time of a ban outlives the leader that counted it") {
    EngineCluster cluster(3);
    cluster.spec.groups.push_back(timed_group(1, {2, 3}));
    cluster.spec.groups[0].ban_expiry = 100s;
    cluster.is_start_failing = true;
    begin(cluster);
    REQUIRE(cluster.run_until([&] { return record_on(cluster, 1, 1).bans.size() == 2; }));
    cluster.ask(1, engine::GroupStop{GroupId{1}});
    cluster.is_start_failing = false;
    cluster.run_for(95s);
    cluster.power_off(1);
    REQUIRE(cluster.run_until([&] { return cluster.leader() > 1; }));
    const auto by = cluster.leader();
    const auto is_over = [&] {
        const auto& bans = record_on(cluster, by, 1).bans;
        return bans.empty() || bans[0].age >= 100s;
    };
    CHECK_FALSE(is_over());
    const auto took = cluster.run_until(is_over, 120s);
    REQUIRE(took);
    CHECK(*took >= 4s);   // never earlier
    CHECK(*took <= 40s);  // what the lost leader had not committed yet is counted again, no more
}

TEST_CASE("a cluster in which nothing waits for time writes nothing as time passes") {
    EngineCluster cluster(3);
    cluster.spec.groups.push_back(timed_group(1, {2, 3, 1}));
    begin(cluster);
    cluster.run_for(5s);
    const auto before = cluster.engine(1).applied();
    cluster.run_for(300s);
    CHECK(cluster.engine(1).applied() == before);
}

TEST_CASE("the leader wakes for what time brings, and not all the time before") {
    EngineCluster cluster(1);
    cluster.spec.groups.push_back(timed_group(1, {1}));
    cluster.spec.groups[0].retry_delay = 20s;
    cluster.is_start_failing = true;
    begin(cluster);
    REQUIRE(cluster.run_until([&] { return record_on(cluster, 1, 1).bans.size() == 1; }));
    const auto steps = cluster.steps(1);
    cluster.is_start_failing = false;
    const auto took = cluster.run_until([&] { return cluster.place_of(1) == 1; }, 60s);
    REQUIRE(took);
    CHECK(*took >= 12s);
    CHECK(cluster.steps(1) - steps < 1000);
}

TEST_CASE("failback waits until the node has been in service for its delay") {
    EngineCluster cluster(3);
    cluster.spec.groups.push_back(EngineCluster::group(1, {3, 2, 1}));
    cluster.spec.groups[0].failback = model::Failback::automatic;
    cluster.spec.groups[0].failback_delay = 30s;
    begin(cluster);
    REQUIRE(cluster.place_of(1) == 3);
    cluster.power_off(3);
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 2; }));
    cluster.run_for(60s);
    cluster.start(3);
    const auto took = cluster.run_until([&] { return cluster.place_of(1) == 3; }, 120s);
    REQUIRE(took);
    CHECK(*took >= 30s);
    CHECK(*took <= 35s);
}

TEST_CASE("a node that is drained gives its groups away, and gets them back when asked to") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {3, 2, 1});
    const auto asked =
        cluster.ask(2, engine::SetNodeMode{NodeId{3}, model::NodeMode::standby, "a new kernel"});
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 2; }, 10s));
    REQUIRE(cluster.answers(2, asked).size() == 1);
    CHECK(cluster.answers(2, asked)[0].text == "node n3 is on standby");
    const auto refused = cluster.ask(2, engine::GroupMove{GroupId{1}, NodeId{3}, {}, false});
    REQUIRE(cluster.run_until([&] { return !cluster.answers(2, refused).empty(); }));
    CHECK(cluster.answers(2, refused)[0].text ==
          "group g1 cannot move: node n3 is on standby: a new kernel");
    cluster.ask(2, engine::SetNodeMode{NodeId{3}, model::NodeMode::in_service, {}});
    cluster.run_for(2s);
    cluster.ask(2, engine::GroupMove{GroupId{1}, NodeId{3}, {}, false});
    CHECK(cluster.run_until([&] { return cluster.place_of(1) == 3; }, 10s));
}

TEST_CASE("a node is isolated only for a reason") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {3, 2, 1});
    const auto asked =
        cluster.ask(1, engine::SetNodeMode{NodeId{3}, model::NodeMode::isolated, {}});
    REQUIRE(cluster.run_until([&] { return !cluster.answers(1, asked).empty(); }));
    CHECK_FALSE(cluster.answers(1, asked)[0].ok);
}

TEST_CASE("a move with a ban does not let the group come back before the ban is over") {
    EngineCluster cluster(3);
    cluster.spec.groups.push_back(timed_group(1, {3, 2, 1}));
    begin(cluster);
    REQUIRE(cluster.place_of(1) == 3);
    const auto both = cluster.ask(1, engine::GroupMove{GroupId{1}, NodeId{}, 5s, true});
    REQUIRE(cluster.run_until([&] { return !cluster.answers(1, both).empty(); }));
    CHECK_FALSE(cluster.answers(1, both)[0].ok);
    CHECK(cluster.place_of(1) == 3);
    cluster.ask(1, engine::GroupMove{GroupId{1}, NodeId{}, {}, true});
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 2; }, 10s));
    cluster.power_off(2);
    CHECK(cluster.run_until([&] { return cluster.place_of(1) == 1; }, 10s));
}

TEST_CASE("a group starts when the one before it is online, on whichever node") {
    EngineCluster cluster(3);
    cluster.spec.groups.push_back(EngineCluster::group(1, {2}));
    cluster.spec.groups.push_back(EngineCluster::group(2, {3}));
    cluster.spec.groups[1].start_after = {{GroupId{1}, false}};
    bool was_early = false;
    cluster.start_all();
    REQUIRE(cluster.run_until([&] {
        was_early = was_early || (cluster.place_of(2) != 0 && cluster.place_of(1) == 0);
        return cluster.place_of(2) == 3;
    }));
    CHECK_FALSE(was_early);
    CHECK(cluster.place_of(1) == 2);
}

TEST_CASE("both groups of a lost node come back in their order") {
    EngineCluster cluster(3);
    cluster.spec.groups.push_back(EngineCluster::group(1, {3, 2}));
    cluster.spec.groups.push_back(EngineCluster::group(2, {3, 1}));
    cluster.spec.groups[1].start_after = {{GroupId{1}, false}};
    begin(cluster);
    REQUIRE(cluster.run_until([&] { return cluster.place_of(2) == 3; }));
    cluster.power_off(3);
    bool was_early = false;
    REQUIRE(cluster.run_until([&] {
        was_early = was_early || (cluster.place_of(2) == 1 && cluster.place_of(1) != 2);
        return cluster.place_of(2) == 1;
    }, 20s));
    CHECK_FALSE(was_early);
}

TEST_CASE("a simulation carries everything out that follows, and changes nothing") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {3, 2, 1});
    const auto status = cluster.status(1);
    using What = engine::Supposition::What;
    const auto kill = engine::suppose(status, {{What::kill, NodeId{3}, {}}});
    REQUIRE(kill.decisions.size() == 1);
    CHECK(kill.decisions[0].node == NodeId{2});
    CHECK(kill.is_quorate);
    CHECK(kill.is_settled);
    const auto drained =
        engine::suppose(status, {{What::drain, NodeId{3}, {}}, {What::drain, NodeId{2}, {}}});
    REQUIRE(drained.decisions.size() == 1);
    CHECK(drained.decisions[0].node == NodeId{1});
    const auto back = engine::suppose(
        status, {{What::kill, NodeId{3}, {}}, {What::comes_back, NodeId{3}, {}},
                 {What::move, NodeId{3}, GroupId{1}}});
    REQUIRE(back.decisions.size() == 1);  // it was asked about
    CHECK(back.decisions[0].node == NodeId{3});
    const auto lost = engine::suppose(
        status, {{What::kill, NodeId{3}, {}}, {What::kill, NodeId{2}, {}}});
    CHECK_FALSE(lost.is_quorate);
    CHECK(cluster.place_of(1) == 3);
}

TEST_CASE("what is frozen is left alone in a simulation, too") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {3, 2, 1});
    cluster.ask(1, engine::GroupFreeze{GroupId{1}, true});
    REQUIRE(cluster.run_until([&] { return record_on(cluster, 1, 1).is_frozen; }));
    const auto status = cluster.status(1);
    using What = engine::Supposition::What;
    const auto kill = engine::suppose(status, {{What::kill, NodeId{3}, {}}});
    REQUIRE(kill.decisions.size() == 1);
    CHECK(kill.decisions[0].rule == "frozen");
    CHECK(kill.decisions[0].is_blocked);
    const auto drained = engine::suppose(status, {{What::drain, NodeId{3}, {}}});
    CHECK(drained.is_settled);
    CHECK(drained.decisions.empty());
}

TEST_CASE("a frozen group is not tried again, and its failures are remembered") {
    EngineCluster cluster(3);
    cluster.spec.groups.push_back(timed_group(1, {1, 2, 3}));
    cluster.spec.groups[0].ban_expiry = 100s;
    cluster.is_start_failing = true;
    begin(cluster);
    REQUIRE(cluster.run_until([&] { return record_on(cluster, 1, 1).bans.size() == 3; }));
    cluster.ask(1, engine::GroupFreeze{GroupId{1}, true});
    REQUIRE(cluster.run_until([&] { return record_on(cluster, 1, 1).is_frozen; }));
    cluster.is_start_failing = false;
    cluster.run_for(20s);
    CHECK(cluster.place_of(1) == 0);
    CHECK(record_on(cluster, 1, 1).bans.size() == 3);
    cluster.ask(1, engine::GroupFreeze{GroupId{1}, false});
    CHECK(cluster.run_until([&] { return cluster.place_of(1) != 0; }, 20s));
}

}  // namespace placement_cases
