// The journal: entries that tell what happened, replays that come to the same decision, limits.
#include "engine/journal.hpp"

#include <doctest/doctest.h>

#include "cluster.hpp"
#include "model/codec.hpp"

using namespace ha;
using engine::Journal;
using engine::JournalEntry;
using engine::JournalKind;
using engine::JournalOutcome;
using engine::JournalStory;
using engine::Phase;
using engine::ReplayResult;
using engine::Trigger;
using test::EngineCluster;
using test::begin_one_group;

namespace {

JournalStory newest(const EngineCluster& cluster, std::uint16_t node) {
    auto stories = cluster.engine(node).journal().stories(GroupId{1}, 1);
    REQUIRE(stories.size() == 1);
    return stories.front();
}

/// Everything that is there is in order; nothing is where it could not be.
void check_order(const JournalEntry& entry, const std::vector<Phase>& order) {
    Instant last;
    for (const auto phase : order) {
        CAPTURE(to_string(phase));
        CHECK(has_phase(entry.kind, entry.trigger, phase));
        const auto& mark = entry.phase(phase);
        if (!mark) continue;
        CHECK(mark->at >= last);
        last = mark->at;
    }
}

const placement::Rejected* rejection_of(const placement::Decision& decision, std::uint16_t node) {
    for (const auto& one : decision.rejected)
        if (one.node == NodeId{node}) return &one;
    return nullptr;
}

bool is_seen(const JournalEntry& entry, Phase phase) {
    return entry.phase(phase) && !entry.phase(phase)->is_told;
}

const std::vector<Phase> k_takeover = {Phase::last_heard, Phase::suspected, Phase::decided,
                                       Phase::down,       Phase::given,     Phase::clear,
                                       Phase::start_begun, Phase::online};
const std::vector<Phase> k_move = {Phase::decided,    Phase::evicted, Phase::stop_begun,
                                   Phase::released,   Phase::given,   Phase::clear,
                                   Phase::start_begun, Phase::online};

}  // namespace

TEST_CASE("G19: the leader's entry of a takeover names trigger, evidence, alternatives and "
          "phases") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {3, 2, 1});
    cluster.power_off(3);
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 2; }, 5s));
    cluster.run_for(1s);
    const auto story = newest(cluster, 1);
    const auto& entry = story.entry;
    CHECK(entry.kind == JournalKind::takeover);
    CHECK(entry.outcome == JournalOutcome::done);
    CHECK(entry.from == NodeId{3});
    CHECK(entry.to == NodeId{2});
    CHECK(entry.leader == NodeId{1});
    CHECK(entry.trigger == Trigger::node_down);
    CHECK(entry.trigger_node == NodeId{3});
    CHECK(entry.trigger_text == "silent on every interconnect");
    CHECK(entry.reason == "node n3 is down; node n2 is the first of the policy that can take it");

    REQUIRE(entry.evidence);
    CHECK(entry.evidence->is_of_leader);
    REQUIRE(entry.evidence->paths.size() == 1);
    REQUIRE(entry.evidence->paths[0].last_heard);
    const auto silence = entry.phase(Phase::decided)->at - *entry.evidence->paths[0].last_heard;
    CHECK(silence >= 600ms);
    REQUIRE(entry.evidence->words.size() == 1);
    CHECK(entry.evidence->words[0].node == NodeId{2});
    CHECK_FALSE(entry.evidence->words[0].is_hearing);
    REQUIRE(entry.leases.size() == 1);
    CHECK(entry.leases[0].node == NodeId{3});
    CHECK(entry.leases[0].over_at);

    const auto account = account_of(story);
    CHECK(account.replay == ReplayResult::same);
    CHECK(account.digest != 0);
    REQUIRE(account.decision);
    CHECK(account.decision->rule == "owner_down");
    REQUIRE(rejection_of(*account.decision, 3) != nullptr);
    CHECK(rejection_of(*account.decision, 3)->rule == "down");
    REQUIRE(rejection_of(*account.decision, 1) != nullptr);
    CHECK(rejection_of(*account.decision, 1)->rule == "less_preferred");

    check_order(entry, k_takeover);
    for (const auto phase : {Phase::last_heard, Phase::suspected, Phase::decided, Phase::down,
                             Phase::given, Phase::clear}) {
        CAPTURE(to_string(phase));
        CHECK(is_seen(entry, phase));
    }
    REQUIRE(entry.phase(Phase::online));
    CHECK(entry.phase(Phase::online)->is_told);
}

TEST_CASE("the new owner knows its own start, and does not invent what only the leader knows") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {3, 2, 1});
    cluster.power_off(3);
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 2; }, 5s));
    cluster.run_for(1s);
    const auto story = newest(cluster, 2);
    const auto& entry = story.entry;
    CHECK(entry.kind == JournalKind::takeover);
    check_order(entry, k_takeover);
    for (const auto phase : {Phase::clear, Phase::start_begun, Phase::online}) {
        CAPTURE(to_string(phase));
        CHECK(is_seen(entry, phase));
    }
    CHECK_FALSE(entry.phase(Phase::decided));
    REQUIRE(entry.evidence);
    CHECK_FALSE(entry.evidence->is_of_leader);
    CHECK(account_of(story).replay == ReplayResult::same);
}

TEST_CASE("a move that is asked for names the node where it was asked, and all its steps") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {2, 3, 1});
    cluster.ask(2, engine::GroupMove{GroupId{1}, NodeId{3}});
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 3; }, 5s));
    cluster.run_for(1s);
    for (const std::uint16_t node : {1, 2}) {
        const auto entry = newest(cluster, node).entry;
        CHECK(entry.kind == JournalKind::move);
        CHECK(entry.trigger == Trigger::request);
        CHECK(entry.trigger_node == NodeId{2});
        CHECK(entry.from == NodeId{2});
        CHECK(entry.to == NodeId{3});
        CHECK(entry.outcome == JournalOutcome::done);
        check_order(entry, k_move);
        CHECK(is_seen(entry, Phase::stop_begun) == (node == 2));
        CHECK_FALSE(entry.evidence);
    }
    const auto account = account_of(newest(cluster, 1));
    CHECK(account.replay == ReplayResult::same);
    REQUIRE(account.decision);
    CHECK(account.decision->rule == "as_asked");
    CHECK(newest(cluster, 3).entry.trigger_node == NodeId{});  // nobody told it
}

TEST_CASE("a group that cannot start somewhere fails over, and the entry says what failed") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {2, 3, 1});
    cluster.is_start_failing = true;
    cluster.ask(1, engine::GroupMove{GroupId{1}, NodeId{3}});
    const auto has_failed = [&] {
        const auto entry = newest(cluster, 1).entry;
        return entry.kind == JournalKind::failover && entry.from == NodeId{3};
    };
    REQUIRE(cluster.run_until(has_failed, 10s));
    const auto entry = newest(cluster, 1).entry;
    CHECK(entry.trigger == Trigger::failure);
    CHECK(entry.trigger_node == NodeId{3});
    CHECK(entry.trigger_text.find("r1") != std::string::npos);
    const auto before = cluster.engine(1).journal().stories(GroupId{1}, 2).back().entry;
    CHECK(before.kind == JournalKind::move);
    CHECK(before.outcome == JournalOutcome::overtaken);
    CHECK_FALSE(before.phase(Phase::online));
}

TEST_CASE("a stop ends with the release, and a start begins with the request") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {2, 3, 1});
    cluster.ask(1, engine::GroupStop{GroupId{1}});
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 0; }, 5s));
    cluster.run_for(1s);
    auto entry = newest(cluster, 1).entry;
    CHECK(entry.kind == JournalKind::stop);
    CHECK(entry.trigger == Trigger::request);
    CHECK(entry.trigger_node == NodeId{1});
    CHECK(entry.from == NodeId{2});
    CHECK(entry.to == NodeId{});
    CHECK(entry.outcome == JournalOutcome::done);
    CHECK(is_seen(entry, Phase::released));
    CHECK(account_of(newest(cluster, 1)).replay == ReplayResult::no_plan);
    cluster.ask(1, engine::GroupStart{GroupId{1}, NodeId{}});
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 2; }, 5s));
    cluster.run_for(1s);
    entry = newest(cluster, 1).entry;
    CHECK(entry.kind == JournalKind::start);
    CHECK(entry.trigger == Trigger::request);
    CHECK(entry.to == NodeId{2});
    CHECK(entry.outcome == JournalOutcome::done);
}

TEST_CASE("a node that leaves hands over, and says so") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {2, 3, 1});
    cluster.leave(2);
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 3; }, 5s));
    cluster.run_for(1s);
    const auto entry = newest(cluster, 1).entry;
    CHECK(entry.kind == JournalKind::hand_over);
    CHECK(entry.trigger == Trigger::node_leaving);
    CHECK(entry.trigger_node == NodeId{2});
    check_order(entry, k_move);
    const auto account = account_of(newest(cluster, 1));
    CHECK(account.replay == ReplayResult::same);
    REQUIRE(account.decision);
    CHECK(account.decision->node == NodeId{3});
    CHECK(account.decision->rule == "next_in_policy");  // of the choice, not of the eviction
}

TEST_CASE("what happened before this run of the daemon has no times, and nothing to replay") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {2, 3, 1});
    cluster.kill(3);
    cluster.start(3);
    cluster.run_for(6s);
    const auto story = newest(cluster, 3);
    CHECK(story.entry.to == NodeId{2});
    CHECK_FALSE(story.entry.phase(Phase::given));
    CHECK(story.inputs.empty());
    CHECK(account_of(story).replay == ReplayResult::not_kept);
    CHECK_FALSE(account_of(story).decision);
}

TEST_CASE("G19: a takeover from a node lost before a snapshot names what the snapshot says") {
    EngineCluster cluster(2);
    cluster.spec.groups.push_back(EngineCluster::group(1, {1, 2}));
    auto state = model::initial_state(cluster.spec);
    std::uint64_t index = 0;
    const auto apply = [&](const model::Command& command) {
        const model::Position position{LogIndex{++index}, Term{1}};
        REQUIRE_FALSE(model::apply(state, position, command).is_ignored);
        return position;
    };
    BootId boot;
    boot.bytes[0] = 1;
    apply(model::NodeUp{NodeId{1}, boot, StartNumber{1}});
    apply(model::NodeUp{NodeId{2}, boot, StartNumber{1}});
    apply(model::Give{GroupId{1}, NodeId{2}, Incarnation{1}, model::StartKind::start, "first"});
    apply(model::NodeDown{NodeId{2}, StartNumber{1}, "silent on every interconnect"});
    Journal journal(NodeId{1});  // of a node that begins with this state
    const model::Command give = model::Give{GroupId{1}, NodeId{1}, Incarnation{2},
                                            model::StartKind::failover, "node n2 is down"};
    journal.begin({Instant{9}, {LogIndex{index + 1}, Term{1}}, NodeId{1}, true, {}}, {give});
    journal.before(state, give);
    apply(give);
    journal.after(state, give, {});
    journal.end();
    REQUIRE(journal.entries().size() == 1);
    const auto& entry = journal.entries().front();
    CHECK(entry.trigger == Trigger::node_down);
    CHECK(entry.trigger_node == NodeId{2});
    CHECK(entry.trigger_text == "silent on every interconnect");
    CHECK_FALSE(entry.evidence);  // what was heard of it then is not known here
}

TEST_CASE("an input that was changed replays to another decision") {
    EngineCluster cluster(3);
    begin_one_group(cluster, {3, 2, 1});
    cluster.power_off(3);
    REQUIRE(cluster.run_until([&] { return cluster.place_of(1) == 2; }, 5s));
    auto story = newest(cluster, 1);
    REQUIRE(story.inputs.size() == 1);
    const auto good = story.inputs[0];
    REQUIRE(replay(good).is_same);
    story.inputs[0].view.members = {NodeId{1}};  // node 2 silent: node 1 would have been given it
    CHECK_FALSE(replay(story.inputs[0]).is_same);
    CHECK(account_of(story).replay == ReplayResult::different);
    story.inputs[0].is_of_leader = false;
    CHECK(account_of(story).replay == ReplayResult::other_view);
    story.inputs[0] = good;
    story.inputs[0].state.resize(story.inputs[0].state.size() / 2);
    CHECK_FALSE(replay(story.inputs[0]).is_same);
    story.inputs[0] = good;
    story.inputs[0].commands.push_back(0);
    CHECK_FALSE(replay(story.inputs[0]).is_same);
}

TEST_CASE("what is kept for a replay is what the rules read, and no more") {
    EngineCluster cluster(3);
    auto group = EngineCluster::group(1, {1, 2});
    group.resources[0].parameters["script"] = std::string(60'000, 'x');
    auto second = group.resources[0];
    second.id = ResourceId{7};
    second.name = "disk";
    second.requirement = model::Requirement::fencing;
    group.resources.push_back(second);
    cluster.spec.groups.push_back(group);
    const auto state = model::initial_state(cluster.spec);
    const auto essence = engine::essence_of(state);
    CHECK(model::encode(essence).size() < 1000);
    REQUIRE(essence.spec.groups[0].resources.size() == 1);
    CHECK(requirement_of(essence.spec.groups[0]) == model::Requirement::fencing);
    const placement::View view{{NodeId{1}, NodeId{2}}, true};
    CHECK(placement::plan(essence, view).commands == placement::plan(state, view).commands);
    CHECK(model::decode_state(model::encode(essence)).has_value());
    // What was found somewhere counts by its own requirement.
    auto found = state;
    found.nodes.at(NodeId{3}).status = model::NodeStatus::down;
    for (std::uint16_t n = 1; n <= 2; n++)
        found.nodes.at(NodeId{n}).status = model::NodeStatus::up;
    found.groups.at(GroupId{1}).found[NodeId{3}].resource = group.resources[0].id;
    const auto wanted = placement::plan(found, view).commands;
    REQUIRE(!wanted.empty());
    CHECK(placement::plan(engine::essence_of(found), view).commands == wanted);
}

TEST_CASE("a journal that is full lets the oldest go") {
    EngineCluster cluster(2);
    cluster.spec.groups.push_back(EngineCluster::group(1, {1, 2}));
    cluster.spec.groups.push_back(EngineCluster::group(2, {1, 2}));
    auto state = model::initial_state(cluster.spec);
    Journal journal(NodeId{1});
    std::uint64_t index = 0;
    const auto commit = [&](const model::Command& command) {
        const model::Position position{LogIndex{++index}, Term{1}};
        journal.begin({Instant{static_cast<std::int64_t>(index)}, position, NodeId{1}, true, {}},
                      {command});
        journal.before(state, command);
        REQUIRE_FALSE(model::apply(state, position, command).is_ignored);
        journal.after(state, command, {});
        journal.end();
    };
    BootId boot;
    boot.bytes[0] = 1;
    commit(model::NodeUp{NodeId{1}, boot, StartNumber{1}});
    // Group 2 is under way all the time, until its entry is gone.
    commit(model::Give{GroupId{2}, NodeId{1}, Incarnation{1}, model::StartKind::start, "first"});
    for (std::size_t i = 0; i < engine::k_limit_journal_entries; i++) {
        commit(model::SetGoal{GroupId{1}, model::Goal::offline, {}, false, "asked for"});
        commit(model::SetGoal{GroupId{1}, model::Goal::online, {}, false, "asked for"});
    }
    CHECK(journal.entries().size() == engine::k_limit_journal_entries);
    CHECK(journal.entries().back().number == 2 * engine::k_limit_journal_entries + 1);
    CHECK(journal.inputs().size() == engine::k_limit_journal_inputs);
    CHECK(journal.stories(GroupId{2}, 10).empty());
    CHECK(journal.stories(GroupId{1}, 3).size() == 3);
    lifecycle::ServiceStatus status;
    status.groups.push_back({GroupId{2}, lifecycle::GroupState::online,
                             Epoch{Incarnation{1}, Term{1}, NodeId{1}}, {}, {}});
    journal.service_seen(Instant{5000}, NodeId{1}, status);
    journal.leases_seen(Instant{5000}, state, {}, true);
    commit(model::Evict{GroupId{2}, Incarnation{1}, {}, true, model::StartKind::failover, "broke"});
    CHECK(journal.stories(GroupId{2}, 10).size() == 1);
    CHECK(journal.stories(GroupId{2}, 10)[0].entry.trigger_text == "broke");
}

TEST_CASE("the bytes that are kept for replays are bounded, too") {
    EngineCluster cluster(2);
    for (std::uint32_t i = 1; i <= 1500; i++)
        cluster.spec.groups.push_back(EngineCluster::group(i, {1, 2}));
    auto state = model::initial_state(cluster.spec);
    Journal journal(NodeId{1});
    for (std::uint64_t index = 1; index <= 20; index++) {
        const model::Position position{LogIndex{index}, Term{1}};
        const auto goal = index % 2 == 1 ? model::Goal::offline : model::Goal::online;
        const model::Command command =
            model::SetGoal{GroupId{1}, goal, {}, false, "asked for"};
        journal.begin({Instant{1}, position, NodeId{1}, true, {}}, {command});
        journal.before(state, command);
        model::apply(state, position, command);
        journal.after(state, command, {});
        journal.end();
    }
    std::size_t bytes = 0;
    for (const auto& input : journal.inputs()) bytes += input.state.size() + input.commands.size();
    CHECK(journal.inputs().size() >= 1);
    CHECK(bytes <= engine::k_limit_journal_input_bytes);
    CHECK(journal.entries().size() == 20);
}
