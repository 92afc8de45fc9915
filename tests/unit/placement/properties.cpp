// Properties of every plan, on states that random but legal histories lead to.
#include <doctest/doctest.h>

#include <algorithm>

#include "base/random.hpp"
#include "model/aging.hpp"
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
        for (const auto& [id, record] : state().groups)
            if (record.owner && !random_.chance(300'000))
                view.online.push_back({id, record.epoch.incarnation});
        return view;
    }
    void disturb() {
        switch (random_.below(5)) {
            case 4: return pass_time();
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
        for (std::uint16_t i = 1; i <= size_; i++) {
            spec.nodes.push_back(node_spec(i));
            if (random_.chance(500'000))
                spec.nodes.back().capacity["slots"] =
                    static_cast<std::uint32_t>(random_.below(4));
        }
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
        reroll_rules(group);
        group.policy.clear();
        for (std::uint16_t i = 1; i <= size_; i++) group.policy.push_back(NodeId{i});
        for (auto i = group.policy.size(); i > 1; i--)
            std::swap(group.policy[i - 1], group.policy[random_.below(i)]);
        group.policy.resize(1 + random_.below(group.policy.size()));
    }
    void reroll_rules(GroupSpec& group) {
        group.failback_delay = Duration{random_.below(3)};
        group.ban_expiry = Duration{random_.below(4)};
        group.retry_delay = Duration{random_.below(4)};
        group.priority = static_cast<std::uint32_t>(random_.below(4));
        group.failover_limit = static_cast<std::uint32_t>(random_.below(4));
        group.preempts = random_.chance(500'000);
        group.start_after.clear(), group.stop_before.clear();
        // Of lower numbers only: there are no circles.
        for (std::uint32_t i = 1; i < group.id.value; i++) {
            if (random_.chance(250'000))
                group.start_after.push_back({GroupId{i}, random_.chance(500'000)});
            if (random_.chance(250'000))
                group.stop_before.push_back({GroupId{i}, random_.chance(500'000)});
        }
        group.labels.clear(), group.near.clear(), group.apart.clear(), group.uses.clear();
        for (const auto* label : {"x", "y"}) {
            if (random_.chance(400'000)) group.labels.insert(label);
            if (random_.chance(300'000)) group.near.insert(label);
            if (random_.chance(300'000)) group.apart.insert(label);
        }
        if (random_.chance(500'000))
            group.uses["slots"] = static_cast<std::uint32_t>(random_.below(3));
    }
    void pass_time() {
        story_.apply(TimePassed{Duration{random_.below(3)}});
        if (random_.chance(100'000)) story_.apply(TimePassed{k_failover_window});
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
            case 3:
                story_.apply(SetNodeMode{node, random_.chance(600'000) ? NodeMode::in_service
                                                                       : NodeMode(random_.below(4)),
                                         ""});
                break;
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
            case 1: story_.apply(ClearBans{group, target, false}); break;
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

/// What is given to a node has room there, beside all that stands on it.
void check_capacity(const ClusterState& before, const Give& give) {
    std::map<std::string, std::uint64_t> used;
    for (const auto& group : before.spec.groups)
        if (group.id == give.group || record_of(before, group.id).owner == give.node)
            for (const auto& [kind, amount] : group.uses) used[kind] += amount;
    const auto* node = find_node(before.spec, give.node);
    for (const auto& [kind, amount] : find_group(before.spec, give.group)->uses)
        if (node->capacity.contains(kind)) REQUIRE(used[kind] <= node->capacity.at(kind));
}

/// Every group that starts before it, and is wanted, is online.
void check_order(const ClusterState& before, const View& view, const Give& give) {
    for (const auto& order : find_group(before.spec, give.group)->start_after) {
        const auto& first = record_of(before, order.group);
        if (order.is_same_node || first.goal != Goal::online) continue;
        REQUIRE(std::binary_search(view.online.begin(), view.online.end(),
                                   Online{order.group, first.epoch.incarnation}));
    }
}

/// Of one command about a group: what it may never do.
void check_command(const ClusterState& before, const View& view, const Command& command) {
    const auto* give = std::get_if<Give>(&command);
    if (give == nullptr) return;
    const auto& record = record_of(before, give->group);
    const auto& node = record_of(before, give->node);
    REQUIRE(node.status == NodeStatus::up);
    REQUIRE(node.mode == NodeMode::in_service);
    REQUIRE(std::binary_search(view.members.begin(), view.members.end(), give->node));
    for (const auto& ban : record.bans) REQUIRE_FALSE((ban.node == give->node && is_active(ban)));
    check_capacity(before, *give);
    check_order(before, view, *give);
    if (!record.owner) return;
    REQUIRE(record_of(before, record.owner).status == NodeStatus::down);
    REQUIRE(requirement_of(*find_group(before.spec, give->group)) != Requirement::fencing);
}

/// One plan is enough, unless groups mind each other: then one may follow another, a few times.
void check_rest(Chaos& chaos, const View& view) {
    const auto& groups = chaos.state().spec.groups;
    const bool is_social = std::any_of(groups.begin(), groups.end(), [](const GroupSpec& group) {
        return !group.near.empty() || !group.apart.empty();
    });
    const int rounds_max = is_social ? 8 : 0;
    for (int round = 0;; round++) {
        const auto again = plan_commands(chaos.state(), view);
        const auto more = again.empty() ? "" : describe(chaos.state().spec, again[0]);
        CAPTURE(more);
        if (again.empty()) return;
        REQUIRE(round < rounds_max);
        for (const auto& command : again) REQUIRE(chaos.story().apply(command));
        check_exclusion(chaos.state());
    }
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
    check_rest(chaos, view);
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
            story.apply(SetNodeMode{node.id, NodeMode::in_service, ""});
            view.members.push_back(node.id);
        }
        for (const auto& group : chaos.state().spec.groups) {
            story.apply(ClearBans{group.id, {}, false});
            if (story.record(group.id).goal == Goal::online) story.goal(group.id, Goal::online);
        }
        int rounds = 0;
        std::string history;  // of a plan that does not come to rest
        for (;; rounds++) {
            view.online.clear();
            for (const auto& [id, record] : chaos.state().groups)
                if (record.owner) view.online.push_back({id, record.epoch.incarnation});
            const auto commands = plan_commands(chaos.state(), view);
            if (commands.empty()) break;
            if (rounds >= 50)
                for (const auto& command : commands)
                    history += describe(chaos.state().spec, command) + "\n";
            CAPTURE(history);
            REQUIRE(rounds < 60);
            for (const auto& command : commands) REQUIRE(story.apply(command));
            for (const auto& group : chaos.state().spec.groups)
                if (story.record(group.id).is_evicted) story.release(group.id);
        }
        for (const auto& decision : plan(chaos.state(), view).decisions) {
            const auto& record = story.record(decision.group);
            CAPTURE(decision.reason);
            CAPTURE(decision.rule);
            const auto has_rule = [&](std::initializer_list<const char*> rules) {
                return std::any_of(rules.begin(), rules.end(),
                                   [&](const char* rule) { return decision.rule == rule; });
            };
            // What waits for a group that can run nowhere itself waits on.
            if (record.goal == Goal::online && !record.owner)
                REQUIRE(has_rule({"excluded", "no_room", "waits_for_group"}));
        }
    }
}
