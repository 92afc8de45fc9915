// Changes of the configuration while groups run: what is not about a group does not touch it, a
// crash leaves the old one or the new one, and what nobody confirms takes itself back.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "base/random.hpp"
#include "cluster.hpp"
#include "model/codec.hpp"

using namespace ha;
using test::EngineCluster;

namespace reconfigure_cases {
namespace {

model::MonitorSpec monitor_of(std::uint32_t group) {
    model::MonitorSpec m;
    m.id = MonitorId{group};
    m.name = "m" + std::to_string(group);
    m.type = "test";
    m.group = GroupId{group};
    m.timing = model::MonitorTiming::while_active;
    m.interval = m.timeout = 1000h;  // nobody answers here
    return m;
}

/// Groups 1 to 3 online, each with its monitor, and the startup wait over.
void begin_watched(EngineCluster& cluster) {
    for (std::uint16_t n = 1; n <= 3; n++) {
        const auto policy = n == 1   ? std::vector<std::uint16_t>{1, 2, 3}
                            : n == 2 ? std::vector<std::uint16_t>{2, 3, 1}
                                     : std::vector<std::uint16_t>{3, 1, 2};
        cluster.spec.groups.push_back(EngineCluster::group(n, policy));
        cluster.spec.monitors.push_back(monitor_of(n));
    }
    cluster.start_all();
    REQUIRE(cluster.run_until([&] {
        return cluster.place_of(1) == 1 && cluster.place_of(2) == 2 && cluster.place_of(3) == 3;
    }));
    cluster.run_for(6s);
}

/// A random change of group 1, and of nothing else.
void edit(Random& random, model::ClusterSpec& spec) {
    auto& group = spec.groups.at(0);
    auto& resource = group.resources.at(random.below(group.resources.size()));
    switch (random.below(10)) {
        case 0: std::swap(group.policy[random.below(3)], group.policy[random.below(3)]); return;
        case 1: resource.start.timeout += 1s; return;
        case 2: resource.stop.retries++; return;
        case 3:
            group.failback = group.failback == model::Failback::manual
                                 ? model::Failback::automatic
                                 : model::Failback::manual;
            return;
        case 4: group.startup = model::Startup::manual; return;
        case 5: spec.monitors.at(0).retries++; return;
        case 6: resource.parameters["n"] = std::to_string(random.next()); return;
        case 7:
            if (group.resources.size() > 3) {
                group.resources.pop_back();
            } else {
                auto more = EngineCluster::group(100 + static_cast<std::uint32_t>(
                                                           random.below(1'000'000)),
                                                 {1}).resources.at(0);
                if (!group.resources.empty()) more.depends_on = {group.resources.at(0).id};
                group.resources.push_back(std::move(more));
            }
            return;
        case 8:
            resource.requirement = resource.requirement == model::Requirement::quorum
                                       ? model::Requirement::nothing
                                       : model::Requirement::quorum;
            return;
        default: resource.node_parameters[NodeId{2}]["n"] = std::to_string(random.next()); return;
    }
}

/// Names that events of group 1 have as their object; all that the others would have.
bool is_of_others(const Event& event) {
    static const std::set<std::string> names{"group g2",    "group g3",   "resource r2",
                                             "resource r3", "monitor m2", "monitor m3"};
    return names.contains(event.object);
}

std::uint64_t digest_at(const EngineCluster& cluster, std::uint16_t node) {
    return model::spec_digest(cluster.engine(node).state().spec);
}

engine::SpecApply from(const EngineCluster& cluster, std::uint16_t node) {
    engine::SpecApply apply;
    apply.spec = cluster.engine(node).state().spec;
    return apply;
}

}  // namespace

TEST_CASE("G18: a thousand random edits of one group are no event and no operation on the others") {
    EngineCluster cluster(3);
    begin_watched(cluster);
    Random random(seed_from(18));
    const auto calls_2 = cluster.count_calls(2), calls_3 = cluster.count_calls(3);
    const auto calls_1 = cluster.count_calls(1);
    const auto before = cluster.engine(1).state();
    auto seen = cluster.events().size();
    std::size_t refused = 0;
    for (int n = 0; n < 1000; n++) {
        auto change = from(cluster, 1);
        change.may_stop_groups = true;
        edit(random, change.spec);
        const auto at = static_cast<std::uint16_t>(1 + random.below(3));
        const auto asked = cluster.ask(at, change);
        REQUIRE(cluster.run_until([&] { return !cluster.answers(at, asked).empty(); }));
        refused += cluster.answers(at, asked).front().ok ? 0 : 1;
        CAPTURE(cluster.answers(at, asked).front().text);
        REQUIRE(cluster.run_until([&] {
            const auto& state = cluster.engine(1).state();
            return !state.pending_spec && state.groups.at(GroupId{1}).owner &&
                   state == cluster.engine(2).state() && state == cluster.engine(3).state();
        }));
        REQUIRE(cluster.count_calls(2) == calls_2);
        REQUIRE(cluster.count_calls(3) == calls_3);
        const auto& events = cluster.events();
        for (; seen < events.size(); seen++) {
            CAPTURE(events[seen].object);
            REQUIRE_FALSE(is_of_others(events[seen]));
        }
    }
    cluster.run_for(5s);
    const auto& after = cluster.engine(1).state();
    for (const std::uint32_t other : {2u, 3u}) {
        CHECK(after.groups.at(GroupId{other}) == before.groups.at(GroupId{other}));
        CHECK(after.spec.groups.at(other - 1) == before.spec.groups.at(other - 1));
        CHECK(after.spec.monitors.at(other - 1) == before.spec.monitors.at(other - 1));
    }
    CHECK(refused == 0);
    CHECK(cluster.count_calls(1) > calls_1 + 500);  // the edits were carried out
    CHECK(cluster.count(EventKind::spec_stuck) == 0);
}

TEST_CASE("G18: a crash at any step of a change leaves the old configuration or the new one") {
    std::size_t kept = 0, changed = 0;
    for (int victim = 0; victim < 4; victim++) {  // 0: all of them
        for (int step = 0; step < 24; step++) {
            EngineCluster cluster(3);
            begin_watched(cluster);
            auto change = from(cluster, 1);
            change.may_stop_groups = true;
            change.spec.groups.at(0).resources.at(0).parameters["colour"] = "red";
            change.spec.groups.at(1).failback = model::Failback::automatic;
            const auto old_digest = digest_at(cluster, 1);
            const auto new_digest = model::spec_digest(change.spec);
            const auto is_whole = [&] {
                for (std::uint16_t n = 1; n <= 3; n++) {
                    if (!cluster.is_running(n)) continue;
                    const auto digest = digest_at(cluster, n);
                    if (digest != old_digest && digest != new_digest) return false;
                }
                return true;
            };
            cluster.ask(2, change);
            cluster.run_for(step * 700us);
            for (std::uint16_t n = 1; n <= 3; n++)
                if (victim == 0 || victim == n) cluster.power_off(n);
            bool is_always_whole = true;
            cluster.run_until([&] { return !(is_always_whole = is_always_whole && is_whole()); },
                              2s);
            cluster.start_all();
            REQUIRE(cluster.run_until([&] {
                is_always_whole = is_always_whole && is_whole();
                const auto leader = cluster.leader();
                if (leader == 0) return false;
                const auto& state = cluster.engine(leader).state();
                for (std::uint16_t n = 1; n <= 3; n++)
                    if (!(cluster.engine(n).state() == state)) return false;
                return !state.pending_spec && cluster.place_of(1) != 0 &&
                       cluster.place_of(2) != 0 && cluster.place_of(3) != 0;
            }, 60s));
            CAPTURE(victim);
            CAPTURE(step);
            CHECK(is_always_whole);
            (digest_at(cluster, 1) == new_digest ? changed : kept)++;
        }
    }
    CHECK(kept > 0);  // both ends were seen
    CHECK(changed > 0);
}

TEST_CASE("a group that has to be stopped is only stopped when that is allowed") {
    EngineCluster cluster(3);
    begin_watched(cluster);
    auto change = from(cluster, 1);
    change.spec.groups.at(0).resources.at(0).parameters["colour"] = "red";
    const auto refused = cluster.ask(3, change);
    REQUIRE(cluster.run_until([&] { return !cluster.answers(3, refused).empty(); }));
    CHECK_FALSE(cluster.answers(3, refused).front().ok);
    CHECK(cluster.answers(3, refused).front().text ==
          "the resources of group g1 change, and node n1 runs it; stop it first, or allow it to be "
          "stopped for the change");
    const auto starts = cluster.count_starts(1);
    const auto before = cluster.engine(1).state().spec.revision;
    change.may_stop_groups = true;
    const auto asked = cluster.ask(3, change);
    REQUIRE(cluster.run_until([&] { return !cluster.answers(3, asked).empty(); }));
    CHECK(cluster.answers(3, asked).front().ok);
    REQUIRE(cluster.run_until([&] {
        return cluster.engine(1).state().spec.revision.value == before.value + 1 &&
               cluster.place_of(1) == 1 && cluster.count_starts(1) == starts + 1;
    }));
}

TEST_CASE("a change whose group can not be stopped says so, and can be given up") {
    EngineCluster cluster(3);
    begin_watched(cluster);
    cluster.is_stop_failing = true;
    const auto old_digest = digest_at(cluster, 1);
    auto change = from(cluster, 1);
    change.may_stop_groups = true;
    change.spec.groups.at(0).resources.at(0).parameters["colour"] = "red";
    cluster.ask(1, change);
    REQUIRE(cluster.run_until([&] { return cluster.count(EventKind::spec_stuck) > 0; }, 30s));
    cluster.run_for(5s);
    CHECK(cluster.count(EventKind::spec_stuck) == 1);
    CHECK(digest_at(cluster, 1) == old_digest);
    CHECK(cluster.engine(1).state().pending_spec);
    const auto given_up = cluster.ask(2, engine::SpecRevert{});
    REQUIRE(cluster.run_until([&] { return !cluster.answers(2, given_up).empty(); }));
    CHECK(cluster.answers(2, given_up).front().ok);
    CHECK_FALSE(cluster.engine(1).state().pending_spec);
    CHECK(cluster.engine(1).state().groups.at(GroupId{1}).goal == model::Goal::online);
}

TEST_CASE("F37: a configuration that nobody confirms takes itself back, also under a new leader") {
    for (const bool dies_leader : {false, true}) {
        EngineCluster cluster(3);
        begin_watched(cluster);
        auto change = from(cluster, 1);
        change.confirm_within = 20s;
        change.may_stop_groups = true;
        change.spec.groups.at(0).resources.at(0).parameters["colour"] = "red";
        change.spec.groups.push_back(EngineCluster::group(4, {2, 3}));
        const auto old_digest = digest_at(cluster, 2);
        const auto new_digest = model::spec_digest(change.spec);
        cluster.ask(2, change);
        REQUIRE(cluster.run_until([&] {
            return digest_at(cluster, 2) == new_digest && cluster.place_of(4) == 2;
        }));
        const auto at = cluster.now();
        cluster.run_for(12s);
        CHECK(digest_at(cluster, 2) == new_digest);
        const auto left = cluster.engine(2).state().spec_trial->left;
        CHECK(left <= 10s);  // written down for who leads next
        CHECK(left > 7s);
        if (dies_leader) cluster.power_off(1);
        REQUIRE(cluster.run_until([&] {
            return digest_at(cluster, 2) == old_digest && digest_at(cluster, 3) == old_digest;
        }, 60s));
        const auto took = cluster.now() - at;
        CHECK(took >= 19s);
        CHECK(took <= (dies_leader ? 28s : 22s));
        CHECK(cluster.count(EventKind::spec_reverted) >= 2);
        REQUIRE(cluster.run_until([&] { return cluster.place_of(1) != 0; }, 20s));
        CHECK(cluster.place_of(4) == 0);
        CHECK(cluster.count_starts(2) == 1);  // what it was not about has run on
    }
}

TEST_CASE("a configuration that is confirmed in time stays, and one can be taken back at once") {
    for (const bool is_confirmed : {true, false}) {
        EngineCluster cluster(3);
        begin_watched(cluster);
        auto change = from(cluster, 1);
        change.confirm_within = 10s;
        change.spec.timing.startup_wait = 1s;
        const auto old_digest = digest_at(cluster, 1);
        cluster.ask(1, change);
        cluster.run_for(2s);
        REQUIRE(digest_at(cluster, 3) == model::spec_digest(change.spec));
        const auto asked = is_confirmed ? cluster.ask(3, engine::SpecConfirm{})
                                        : cluster.ask(3, engine::SpecRevert{});
        REQUIRE(cluster.run_until([&] { return !cluster.answers(3, asked).empty(); }));
        CHECK(cluster.answers(3, asked).front().ok);
        if (!is_confirmed) CHECK(digest_at(cluster, 3) == old_digest);
        cluster.run_for(30s);
        CHECK((digest_at(cluster, 3) == old_digest) != is_confirmed);
        const auto late = cluster.ask(1, engine::SpecConfirm{});
        cluster.run_for(1s);
        CHECK_FALSE(cluster.answers(1, late).front().ok);
    }
}

TEST_CASE("F12: a daemon that comes back ends what it ran as what it was, whatever has changed") {
    EngineCluster cluster(3);
    auto first = EngineCluster::group(1, {3, 2, 1});
    first.resources.push_back(EngineCluster::group(9, {1}).resources.front());
    cluster.spec.groups.push_back(first);
    cluster.start_all();
    REQUIRE(cluster.run_until([&] { return cluster.is_online(1, 3); }));
    cluster.run_for(6s);
    cluster.kill(3);  // both resources run on
    REQUIRE(cluster.run_until([&] { return cluster.is_online(1, 2); }, 20s));
    auto change = from(cluster, 1);
    change.may_stop_groups = true;
    change.spec.groups.front().resources.pop_back();
    const auto revision = change.spec.revision;
    cluster.ask(1, change);
    REQUIRE(cluster.run_until([&] {
        return cluster.engine(1).state().spec.revision > revision && cluster.is_online(1, 2);
    }));
    REQUIRE(cluster.is_online(1, 3));
    cluster.start(3);
    CHECK(cluster.run_until([&] { return !cluster.is_online(1, 3); }, 20s));
    CHECK(cluster.place_of(1) == 2);
}

}  // namespace reconfigure_cases
