// Properties of every plan, on states that random but legal histories lead to.
#include <doctest/doctest.h>

#include <algorithm>

#include "base/random.hpp"
#include "model/codec.hpp"
#include "../model/story.hpp"
#include "placement/plan.hpp"

using namespace ha;
using namespace ha::model;
using namespace ha::placement;
using namespace ha::test;

namespace {

/// A cluster to which anything may happen, in any order.
class Chaos {
   public:
    explicit Chaos(std::uint64_t seed)
        : random_(seed_from(seed)), story_(make_spec()), starts_(size_, 0), boots_(size_, 1) {}

    const ClusterState& state() const { return story_.state; }
    Story& story() { return story_; }

    View view() {
        View view;
        for (const auto& [id, record] : state().nodes)
            if (is_up(state(), id) && !random_.chance(100'000)) view.members.push_back(id);
        view.is_startup_wait_over = !random_.chance(100'000);
        return view;
    }
    void disturb() {
        switch (random_.below(4)) {
            case 0: return disturb_node();
            case 1: return disturb_owner();
            case 2: return request();
            case 3: return reconfigure();
        }
    }

   private:
    ClusterSpec make_spec() {
        size_ = 1 + random_.below(5);
        auto spec = ClusterSpec();
        spec.name = "chaos";
        for (std::uint16_t i = 1; i <= size_; i++) spec.nodes.push_back(node_spec(i));
        const auto groups = 1 + random_.below(6);
        for (std::uint32_t i = 1; i <= groups; i++) {
            spec.groups.push_back(group_spec(i, "group" + std::to_string(i)));
            reroll(spec.groups.back());
        }
        return spec;
    }
    void reroll(GroupSpec& group) {
        group.startup = Startup(random_.below(2));
        group.failover = Failover(random_.below(2));
        group.failback = Failback(random_.below(2));
        group.exclusion = Exclusion(random_.below(3));
        group.resources[0].requirement = Requirement(random_.below(3));
        group.policy.clear();
        for (std::uint16_t i = 1; i <= size_; i++) group.policy.push_back(NodeId{i});
        for (auto i = group.policy.size(); i > 1; i--)
            std::swap(group.policy[i - 1], group.policy[random_.below(i)]);
        group.policy.resize(1 + random_.below(group.policy.size()));
    }
    NodeId any_node() { return NodeId{static_cast<std::uint16_t>(1 + random_.below(size_))}; }
    GroupId any_group() {
        return GroupId{static_cast<std::uint32_t>(1 + random_.below(state().groups.size()))};
    }

    void disturb_node() {
        const auto node = any_node();
        auto& start = starts_[node.value - 1u];
        auto& boot = boots_[node.value - 1u];
        switch (random_.below(8)) {
            case 0: story_.down(node, start); break;
            case 1: story_.leaving(node, start); break;
            case 2: story_.left(node, start); break;
            case 3: story_.apply(SetMaintenance{node, random_.chance(300'000), ""}); break;
            case 4: story_.up(node, ++start, ++boot); break;
            case 5: story_.up(node, ++start, boot); break;
            default: story_.up(node, start == 0 ? ++start : start, boot); break;
        }
    }
    void disturb_owner() {
        const auto group = any_group();
        const bool is_ban = random_.chance(500'000);
        switch (random_.below(5)) {
            case 0: story_.stop_failed(group); break;
            case 1: story_.evict(group, random_.chance(300'000) ? any_node() : NodeId{}, is_ban,
                                 StartKind(random_.below(2))); break;
            default:
                if (story_.record(group).is_evicted || random_.chance(200'000))
                    story_.release(group);
        }
    }
    void request() {
        const auto group = any_group();
        const auto target = random_.chance(600'000) ? any_node() : NodeId{};
        switch (random_.below(6)) {
            case 0: story_.goal(group, Goal::offline); break;
            case 1: story_.apply(ClearBans{group, target}); break;
            default: story_.goal(group, Goal::online, target); break;
        }
    }
    void reconfigure() {
        if (!random_.chance(200'000)) return;
        auto spec = state().spec;
        reroll(spec.groups[random_.below(spec.groups.size())]);
        story_.apply(SetSpec{spec.revision, spec});
    }

    Random random_;
    std::size_t size_ = 0;
    Story story_;
    std::vector<std::uint64_t> starts_;
    std::vector<std::uint8_t> boots_;
};

void check_exclusion(const ClusterState& state) {
    std::map<NodeId, GroupId> occupied;
    for (const auto& group : state.spec.groups) {
        const auto owner = record_of(state, group.id).owner;
        if (!owner || group.exclusion != Exclusion::full) continue;
        const auto [it, is_first] = occupied.emplace(owner, group.id);
        CAPTURE(group.name);
        REQUIRE(is_first);
    }
}

/// Of one command about a group: what it may never do.
void check_command(const ClusterState& before, const View& view, const Command& command) {
    const auto* give = std::get_if<Give>(&command);
    if (give == nullptr) return;
    const auto& record = record_of(before, give->group);
    const auto& node = record_of(before, give->node);
    REQUIRE(node.status == NodeStatus::up);
    REQUIRE_FALSE(node.is_in_maintenance);
    REQUIRE(std::binary_search(view.members.begin(), view.members.end(), give->node));
    for (const auto& ban : record.bans) REQUIRE(ban.node != give->node);
    if (!record.owner) return;
    REQUIRE(record_of(before, record.owner).status == NodeStatus::down);
    REQUIRE(requirement_of(*find_group(before.spec, give->group)) != Requirement::fencing);
}

void check_plan(Chaos& chaos) {
    const auto view = chaos.view();
    const auto made = plan(chaos.state(), view);
    REQUIRE(made.commands == plan_commands(chaos.state(), view));
    REQUIRE(made.decisions.size() == chaos.state().groups.size());
    for (const auto& decision : made.decisions) {
        REQUIRE_FALSE(decision.rule.empty());
        REQUIRE_FALSE(decision.reason.empty());
        const auto told = explain(chaos.state(), view, decision.group);
        REQUIRE(told.reason == decision.reason);
    }
    std::string all;
    for (const auto& command : made.commands) all += describe(chaos.state().spec, command) + "\n";
    CAPTURE(all);
    for (const auto& command : made.commands) {
        check_command(chaos.state(), view, command);
        CAPTURE(describe(chaos.state().spec, command));
        const bool is_applied = chaos.story().apply(command);
        CAPTURE(chaos.story().rule);
        REQUIRE(is_applied);
        check_exclusion(chaos.state());
    }
    const auto again = plan_commands(chaos.state(), view);
    const auto more = again.empty() ? "" : describe(chaos.state().spec, again[0]);
    REQUIRE(more == "");
}

}  // namespace

TEST_CASE(
    "every plan is accepted, stable, explained and keeps the exclusion, whatever happened before") {
    for (std::uint64_t seed = 1; seed <= 1'500; seed++) {
        CAPTURE(seed);
        Chaos chaos(seed);
        for (int step = 0; step < 60; step++) {
            CAPTURE(step);
            chaos.disturb();
            check_exclusion(chaos.state());
            if (step % 3 == 2) check_plan(chaos);
        }
        const auto back = decode_state(encode(chaos.state()));
        REQUIRE(back.has_value());
        REQUIRE(*back == chaos.state());
    }
}

TEST_CASE(
    "when all nodes are well and owners obey, every wanted group gets a home and nothing moves") {
    for (std::uint64_t seed = 1; seed <= 500; seed++) {
        CAPTURE(seed);
        Chaos chaos(seed);
        for (int step = 0; step < 60; step++) chaos.disturb();
        auto& story = chaos.story();
        View view;
        for (const auto& node : chaos.state().spec.nodes) {
            story.up(node.id, 1000, 200);
            story.apply(SetMaintenance{node.id, false, ""});
            view.members.push_back(node.id);
        }
        for (const auto& group : chaos.state().spec.groups) {
            story.apply(ClearBans{group.id, {}});
            if (story.record(group.id).goal == Goal::online) story.goal(group.id, Goal::online);
        }
        int rounds = 0;
        for (;; rounds++) {
            const auto commands = plan_commands(chaos.state(), view);
            if (commands.empty()) break;
            REQUIRE(rounds < 20);
            for (const auto& command : commands) REQUIRE(story.apply(command));
            for (const auto& group : chaos.state().spec.groups)
                if (story.record(group.id).is_evicted) story.release(group.id);
        }
        for (const auto& decision : plan(chaos.state(), view).decisions) {
            const auto& record = story.record(decision.group);
            CAPTURE(decision.reason);
            if (record.goal == Goal::online && !record.owner) REQUIRE(decision.rule == "excluded");
        }
    }
}
