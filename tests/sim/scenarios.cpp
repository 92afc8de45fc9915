// Named scenarios under virtual time: gates of the design that a random run would not tell apart.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "world.hpp"

using namespace ha;
using namespace ha::sim;

namespace {

/// Groups of one resource; group g prefers node 1 + (g - 1) mod nodes.
model::ClusterSpec spec_of(std::uint16_t nodes, std::uint32_t groups, Duration interval) {
    model::ClusterSpec spec;
    spec.name = "scenario";
    spec.timing.heartbeat_interval = interval;
    spec.timing.heartbeat_timeout = 4 * interval;
    spec.timing.lease = 4 * interval;
    spec.timing.sever_bound = 5ms;
    spec.timing.engine_stall = 4 * interval;
    spec.timing.startup_wait = 2s;
    spec.timing.leave_timeout = 5s;
    spec.interconnects.push_back({InterconnectId{1}, "lan"});
    for (std::uint16_t n = 1; n <= nodes; n++) {
        model::NodeSpec node;
        node.id = NodeId{n};
        node.name = "n" + std::to_string(n);
        node.rank = n - 1u;
        node.addresses[InterconnectId{1}] = "10.0.1." + std::to_string(n) + ":29002";
        spec.nodes.push_back(std::move(node));
    }
    for (std::uint32_t g = 1; g <= groups; g++) {
        model::GroupSpec group;
        group.id = GroupId{g};
        group.name = "g" + std::to_string(g);
        for (std::uint16_t n = 0; n < nodes; n++)
            group.policy.push_back(NodeId{static_cast<std::uint16_t>(1 + (g - 1 + n) % nodes)});
        model::ResourceSpec resource;
        resource.id = ResourceId{g};
        resource.name = "r" + std::to_string(g);
        resource.type = "sim";
        resource.start = {2s, 0, model::FinalAction::failover};
        resource.stop = {2s, 0, model::FinalAction::none};
        resource.probe_timeout = 1s;
        group.resources.push_back(std::move(resource));
        spec.groups.push_back(std::move(group));
    }
    spec.witness.address = "10.9.9.9:29003";
    spec.witness.round_trip = 5ms;
    return spec;
}

Options options_of(model::ClusterSpec spec, std::uint64_t seed, bool is_light = false) {
    Options options;
    options.seed = seed;
    options.spec = std::move(spec);
    options.is_witness_light = is_light;
    return options;
}

/// A world with verbs; each of them fails the test when an invariant breaks.
struct Story {
    explicit Story(const Options& options) : world(options) { world.begin(); }

    void run_for(Duration time) {
        const bool is_well = world.run_for(time);
        REQUIRE_MESSAGE(is_well, world.verdict().violation);
    }
    bool run_until(const std::function<bool()>& holds, Duration limit) {
        const auto end = world.queue().now() + limit;
        while (!holds() && world.queue().now() < end) run_for(5ms);
        return holds();
    }
    Host& node(std::uint16_t n) { return world.host(NodeId{n}); }
    bool is_active(std::uint16_t n, std::uint32_t group) {
        const auto& active = node(n).active();
        return std::any_of(active.begin(), active.end(), [&](const auto& one) {
            return one.second.group == GroupId{group};
        });
    }
    /// 0: nowhere.
    std::uint16_t place_of(std::uint32_t group) {
        for (std::uint16_t n = 1; n <= world.hosts().size(); n++)
            if (is_active(n, group)) return n;
        return 0;
    }
    engine::EngineStatus status(std::uint16_t n) {
        return node(n).engine()->status(node(n).local_now());
    }
    bool has_leader() { return world.leader() != nullptr; }
    /// All groups run, the witness has its vote.
    void settle(std::uint32_t groups) {
        REQUIRE(run_until([&] {
            for (std::uint32_t g = 1; g <= groups; g++)
                if (place_of(g) == 0) return false;
            const auto* leads = world.leader();
            return leads != nullptr &&
                   leads->engine()->status(leads->local_now()).witness.is_voter;
        }, 30s));
        run_for(2s);
    }

    World world;
};

}  // namespace

TEST_CASE("G5: the witness is away for 24 hours; nothing changes while the nodes see each other") {
    Story story(options_of(spec_of(2, 2, 1s), 11));
    story.settle(2);
    const auto first = story.place_of(1);
    const auto second = story.place_of(2);
    const auto starts = story.world.verdict().starts;
    story.world.witness()->power_off();
    for (int minute = 0; minute < 24 * 60; minute++) {
        story.run_for(60s);
        REQUIRE(story.place_of(1) == first);
        REQUIRE(story.place_of(2) == second);
        REQUIRE(story.has_leader());
    }
    CHECK(story.world.verdict().starts == starts);
    const auto told = story.status(1).witness;
    CHECK_FALSE(told.is_answering);
    CHECK_FALSE(told.is_needed);
    // Then a member is lost: without a majority the other stops what it runs, by its lease's end.
    story.node(1).power_off();
    story.run_for(20s);
    CHECK(story.place_of(1) == 0);
    CHECK(story.place_of(2) == 0);
    CHECK(story.status(2).witness.is_needed);
    CHECK_FALSE(story.status(2).is_quorate);
    // And it takes all over as soon as the witness is back.
    story.world.witness()->power_on();
    CHECK(story.run_until([&] { return story.is_active(2, 1) && story.is_active(2, 2); }, 30s));
}

TEST_CASE("G6: power-off of either node of two: the survivor takes over and never stops its own") {
    constexpr int k_rounds = 1000;
    Story story(options_of(spec_of(2, 2, 150ms), 12));
    story.settle(2);
    std::vector<Duration> outages;
    for (int round = 0; round < k_rounds; round++) {
        const auto victim = static_cast<std::uint16_t>(1 + story.world.random().below(2));
        const auto survivor = static_cast<std::uint16_t>(3 - victim);
        std::vector<std::uint32_t> own, lost;
        for (std::uint32_t g = 1; g <= 2; g++)
            (story.place_of(g) == survivor ? own : lost).push_back(g);
        story.run_for(story.world.random().up_to(300ms));
        const auto epochs = story.node(survivor).active();
        const auto at = story.world.queue().now();
        story.node(victim).power_off();
        const bool is_taken = story.run_until([&] {
            for (auto g : own) REQUIRE(story.is_active(survivor, g));
            return std::all_of(lost.begin(), lost.end(),
                               [&](auto g) { return story.is_active(survivor, g); });
        }, 10s);
        CAPTURE(round);
        REQUIRE(is_taken);
        if (!lost.empty()) outages.push_back(story.world.queue().now() - at);
        for (int n = 0; n < 40; n++) {
            story.run_for(50ms);
            for (std::uint32_t g = 1; g <= 2; g++) REQUIRE(story.is_active(survivor, g));
        }
        // What the survivor ran, it ran without a break: the same activation.
        for (const auto& [resource, active] : epochs)
            REQUIRE(story.node(survivor).active().at(resource).epoch == active.epoch);
        story.node(victim).power_on();
        REQUIRE(story.run_until([&] {
            const auto* leads = story.world.leader();
            return leads != nullptr && leads->engine()->state().nodes.at(NodeId{victim}).status ==
                                           model::NodeStatus::up;
        }, 20s));
        story.run_for(1s);
        // Every other round the groups stand one on each node.
        if (round % 2 == 0) {
            story.node(survivor).request(engine::GroupMove{GroupId{1}, NodeId{victim}});
            story.run_until([&] { return story.is_active(victim, 1); }, 5s);
        }
    }
    std::sort(outages.begin(), outages.end());
    REQUIRE(outages.size() > k_rounds / 2);
    const auto median = outages[outages.size() / 2];
    MESSAGE(outages.size(), " takeovers, median outage ", median / 1ms, " ms, longest ",
            outages.back() / 1ms, " ms (timeout 600 ms)");
    CHECK(median <= 1s);
}

TEST_CASE("D6: a node that was away while the other decided alone takes what the witness kept") {
    Story story(options_of(spec_of(2, 1, 150ms), 13));
    story.settle(1);
    story.node(2).power_off();
    story.run_for(2s);
    REQUIRE(story.place_of(1) == 1);
    story.node(1).request(engine::GroupStop{GroupId{1}});
    REQUIRE(story.run_until([&] { return story.place_of(1) == 0; }, 5s));
    story.run_for(1s);
    const auto applied = story.status(1).applied;
    story.node(1).power_off();
    story.node(2).power_on();
    REQUIRE(story.run_until([&] { return story.has_leader(); }, 20s));
    // It has the entries when it is elected, and applies them when they count as committed again.
    REQUIRE(story.run_until([&] { return story.status(2).applied >= applied; }, 5s));
    CHECK(story.status(2).state.groups.at(GroupId{1}).goal == model::Goal::offline);
    story.run_for(3s);
    CHECK(story.place_of(1) == 0);
}

TEST_CASE("D6: with a light witness such a node waits for the other, and goes on with it") {
    Story story(options_of(spec_of(2, 1, 150ms), 14, true));
    story.settle(1);
    story.node(2).power_off();
    story.run_for(2s);
    story.node(1).request(engine::GroupStop{GroupId{1}});
    story.run_for(3s);
    story.node(1).power_off();
    story.node(2).power_on();
    story.run_for(20s);
    CHECK_FALSE(story.has_leader());
    CHECK(story.place_of(1) == 0);
    story.node(1).power_on();
    CHECK(story.run_until([&] { return story.has_leader(); }, 20s));
}

TEST_CASE("F10: cut apart with the witness on one side, that side runs; with it on both, one") {
    for (std::uint64_t seed = 20; seed < 40; seed++) {
        Story story(options_of(spec_of(2, 2, 150ms), seed));
        story.settle(2);
        auto& network = story.world.network();
        const bool is_one_sided = seed % 2 == 0;
        network.link(NodeId{1}, NodeId{2}, InterconnectId{1}).is_cut = true;
        network.link(NodeId{2}, NodeId{1}, InterconnectId{1}).is_cut = true;
        if (is_one_sided) {
            network.link(NodeId{1}, k_witness_node, k_witness_interconnect).is_cut = true;
            network.link(k_witness_node, NodeId{1}, k_witness_interconnect).is_cut = true;
        }
        story.run_for(5s);
        CAPTURE(seed);
        const auto at = story.place_of(1);
        CHECK(at != 0);
        CHECK(story.place_of(2) == at);
        if (is_one_sided) CHECK(at == 2);
        // Whoever won stays: no ping-pong over the witness.
        const auto term = story.status(at).term;
        story.run_for(20s);
        CHECK(story.place_of(1) == at);
        CHECK(story.status(at).term == term);
    }
}

TEST_CASE("F9: a witness that lost its record has no vote until a majority of nodes renews it") {
    Story story(options_of(spec_of(2, 1, 150ms), 15));
    story.settle(1);
    story.node(2).power_off();
    story.run_for(2s);
    REQUIRE(story.place_of(1) == 1);
    story.world.witness()->power_off();
    story.world.witness()->lose_store();
    story.world.witness()->power_on();
    story.run_for(5s);
    CHECK(story.place_of(1) == 0);
    CHECK_FALSE(story.has_leader());
    CHECK_FALSE(story.status(1).witness.is_voter);
    CHECK_FALSE(story.status(1).witness.problem.empty());
    story.node(2).power_on();
    REQUIRE(story.run_until([&] {
        const auto* leads = story.world.leader();
        return leads != nullptr && leads->engine()->status(leads->local_now()).witness.is_voter;
    }, 20s));
    REQUIRE(story.run_until([&] { return story.place_of(1) != 0; }, 20s));
}

TEST_CASE("F10: of three nodes the witness has no vote, of four it has, and four survive two") {
    Story three(options_of(spec_of(3, 1, 150ms), 16));
    REQUIRE(three.run_until([&] { return three.place_of(1) != 0; }, 30s));
    three.run_for(3s);
    CHECK(three.status(1).witness.is_answering);
    CHECK_FALSE(three.status(1).witness.is_voter);
    Story four(options_of(spec_of(4, 4, 150ms), 17));
    four.settle(4);
    four.node(1).power_off();
    four.node(2).power_off();
    CHECK(four.run_until([&] {
        for (std::uint32_t g = 1; g <= 4; g++)
            if (!four.is_active(3, g) && !four.is_active(4, g)) return false;
        return true;
    }, 20s));
}

TEST_CASE("F10: `witness renew` is refused without a majority of the nodes, and else begins anew") {
    Story story(options_of(spec_of(2, 1, 150ms), 18));
    story.settle(1);
    const auto before = story.world.witness()->seat()->record().store;
    story.node(1).request(engine::RenewWitness{});
    REQUIRE(story.run_until([&] {
        return story.world.witness()->seat()->record().store != before &&
               story.status(1).witness.is_voter;
    }, 20s));
    CHECK(story.place_of(1) == 1);
    const auto after = story.world.witness()->seat()->record().store;
    story.node(2).power_off();
    story.run_for(2s);
    story.node(1).request(engine::RenewWitness{});
    story.run_for(3s);
    CHECK(story.world.witness()->seat()->record().store == after);
    CHECK(story.place_of(1) == 1);
}
