// What must hold whatever happens: random reports, leases, states and times against a plain model
// of what may really be running.
#include "base/random.hpp"
#include "story.hpp"

using namespace ha;
using namespace ha::lifecycle;
using namespace ha::lifecycle::test;

namespace {

class World {
   public:
    explicit World(std::uint64_t seed) : random_(seed_from(seed)) {
        s_.state.spec.parallel_operations = static_cast<std::uint32_t>(random_.below(3));
        for (std::uint32_t id = 1; id <= 2; id++) add_group(id);
        s_.watch = [this](const ServiceOutput& out) { judge(out); };
        s_.settle();
    }

    void run(int steps) {
        for (int i = 0; i < steps; i++) happen();
        calm_down();
    }

   private:
    void add_group(std::uint32_t id);
    void happen();
    void happen_to_group(GroupId group);
    void answer_some();
    Answer choose_answer(const StartOperation& call);
    void judge(const ServiceOutput& out);
    void judge_start(const StartOperation& call);
    void judge_stop(const StartOperation& call);
    void calm_down();
    bool may_be_running(ResourceId id) const;
    const model::ResourceSpec& spec_of(const StartOperation& call);

    Random random_;
    Story s_;
    std::vector<GroupId> groups_;
    std::map<ResourceId, bool> is_real_;          ///< it runs
    std::map<ResourceId, int> starts_out_;        ///< begun, and not answered
    std::set<std::pair<GroupId, Incarnation>> released_;
    std::set<GroupId> recorded_;
};

void World::add_group(std::uint32_t id) {
    std::vector<std::vector<std::uint32_t>> needs(1 + random_.below(5));
    for (std::uint32_t i = 1; i < needs.size(); i++)
        for (auto n = random_.below(3); n > 0; n--)
            needs[i].push_back(1 + static_cast<std::uint32_t>(random_.below(i)));
    auto group = s_.group(id, needs);
    for (auto& resource : s_.spec(group).resources) {
        resource.start.retries = static_cast<std::uint32_t>(random_.below(2));
        resource.stop.retries = static_cast<std::uint32_t>(random_.below(2));
        if (random_.chance(200'000)) resource.start.final_action = model::FinalAction::none;
    }
    s_.monitor(id, group, 1).reset_after = 1s;
    groups_.push_back(group);
}

bool World::may_be_running(ResourceId id) const {
    auto real = is_real_.find(id);
    auto out = starts_out_.find(id);
    return (real != is_real_.end() && real->second) ||
           (out != starts_out_.end() && out->second > 0);
}

const model::ResourceSpec& World::spec_of(const StartOperation& call) {
    for (const auto& resource : s_.spec(call.group).resources)
        if (resource.id == call.resource) return resource;
    FAIL("an operation on a resource that there is not");
    return s_.spec(call.group).resources.front();
}

void World::judge_start(const StartOperation& call) {
    const auto& record = s_.state.groups.at(call.group);
    CHECK(s_.now < s_.permission.lease_end - 5ms);
    CHECK(call.not_after == s_.permission.lease_end - 5ms);
    CHECK(s_.permission.is_admitted);
    CHECK(s_.permission.clear_to_start.contains(call.group));
    CHECK(record.owner == k_self);
    CHECK(record.epoch == call.epoch);
    CHECK(record.goal == model::Goal::online);
    CHECK(!record.is_evicted);
    CHECK(s_.state.nodes.at(k_self).status == model::NodeStatus::up);
    CHECK(!released_.contains({call.group, call.epoch.incarnation}));
    CHECK(recorded_.contains(call.group));
    CHECK(starts_out_[call.resource] == 0);
    for (auto need : spec_of(call).depends_on) CHECK(is_real_[need]);
}

void World::judge_stop(const StartOperation& call) {
    for (const auto& other : s_.spec(call.group).resources) {
        const auto& needs = other.depends_on;
        if (std::find(needs.begin(), needs.end(), call.resource) == needs.end()) continue;
        CHECK(!may_be_running(other.id));
    }
}

void World::judge(const ServiceOutput& out) {
    if (out.run_record) {
        recorded_.clear();
        for (const auto& held : *out.run_record) recorded_.insert(held.group);
    }
    for (const auto& call : out.calls) {
        const auto* operation = std::get_if<StartOperation>(&call);
        if (operation == nullptr) continue;
        if (operation->kind == OperationKind::stop) judge_stop(*operation);
        if (operation->kind != OperationKind::start) continue;
        judge_start(*operation);
        starts_out_[operation->resource]++;
    }
    for (const auto& held : out.released) {
        CHECK(released_.insert({held.group, held.epoch.incarnation}).second);
        for (const auto& resource : s_.spec(held.group).resources)
            CHECK(!may_be_running(resource.id));
    }
    for (auto group : groups_)
        for (const auto& resource : s_.spec(group).resources)
            if (may_be_running(resource.id)) CHECK(recorded_.contains(group));
}

Answer World::choose_answer(const StartOperation& call) {
    auto dice = random_.below(10);
    auto outcome = dice < 6 ? Outcome::ok
                   : dice < 8 ? Outcome::failed
                   : dice < 9 ? Outcome::timed_out
                              : Outcome::not_begun;
    if (call.kind == OperationKind::probe) {
        if (outcome != Outcome::ok) return {outcome};
        return is(is_real_[call.resource] ? ResourceStatus::online : ResourceStatus::offline);
    }
    return {outcome};
}

/// What an operation does, it does at the latest when it is answered.
void World::answer_some() {
    if (s_.out_count() == 0) return;
    auto i = random_.below(s_.out_count());
    auto call = s_.out_at(i);
    auto with = choose_answer(call);
    if (call.kind == OperationKind::start) {
        starts_out_[call.resource]--;
        if (with.outcome == Outcome::ok) is_real_[call.resource] = true;
        bool is_doubtful = with.outcome == Outcome::failed || with.outcome == Outcome::timed_out;
        if (is_doubtful && random_.chance(500'000)) is_real_[call.resource] = true;
    }
    bool is_stop = call.kind == OperationKind::stop;
    if (is_stop && with.outcome == Outcome::ok) is_real_[call.resource] = false;
    s_.answer_at(i, with);
}

void World::happen_to_group(GroupId group) {
    const auto& record = s_.state.groups.at(group);
    switch (random_.below(6)) {
        case 0: s_.evict(group); return;
        case 1: s_.set_goal(group, model::Goal::offline); return;
        case 2: s_.set_goal(group, model::Goal::online); return;
        case 3:
            if (!record.owner || random_.chance(100'000)) s_.give(group, k_self);
            break;
        case 4:
            if (random_.chance(100'000)) s_.give(group, k_other);
            break;
        case 5:
            s_.service.restart(s_.now, s_.state, group, ResourceId{});
            break;
    }
    s_.update();
}

void World::happen() {
    switch (random_.below(20)) {
        case 0: happen_to_group(groups_[random_.below(groups_.size())]); return;
        case 1:
            if (random_.chance(300'000)) s_.lose_lease();
            return;
        case 2: s_.lease(random_.chance(500'000) ? 20s : 10ms); return;
        case 3: s_.admit(); return;
        case 4: s_.pass(Duration{static_cast<std::int64_t>(random_.below(3'000'000'000))}); return;
        case 5:
            if (random_.chance(200'000)) s_.pass(15s);
            return;
        case 6: s_.commit_reports(); return;
        case 7:
            if (random_.chance(100'000)) s_.declare_down();
            return;
        case 8:
            s_.state.nodes[k_self].status = model::NodeStatus::up;
            if (s_.service.is_settled()) s_.admit();
            return;
        case 9: s_.monitor_says(MonitorId{1 + static_cast<std::uint32_t>(random_.below(2))},
                                Verdict::bad);
            return;
        default: answer_some(); return;
    }
}

/// With everything well again each group that is ours and wanted comes online, and stays.
void World::calm_down() {
    s_.state.nodes[k_self].status = model::NodeStatus::up;
    for (int round = 0; round < 40; round++) {
        s_.lease(3600s);
        s_.admit();
        while (s_.out_count() > 0) {
            auto call = s_.out_at(0);
            if (call.kind == OperationKind::start) starts_out_[call.resource]--;
            if (call.kind == OperationKind::start) is_real_[call.resource] = true;
            if (call.kind == OperationKind::stop) is_real_[call.resource] = false;
            bool is_on = is_real_[call.resource];
            s_.answer_at(0, call.kind == OperationKind::probe
                                ? is(is_on ? ResourceStatus::online : ResourceStatus::offline)
                                : ok());
        }
        s_.commit_reports();
        s_.pass(300ms);
        for (auto group : groups_) {
            if (s_.seen(group) == GroupState::failed)
                s_.service.restart(s_.now, s_.state, group, ResourceId{});
            s_.set_goal(group, model::Goal::online);
            if (!s_.state.groups.at(group).owner) s_.give(group, k_self);
        }
        s_.update();
    }
    for (auto group : groups_)
        if (s_.state.groups.at(group).owner == k_self)
            CHECK(s_.seen(group) == GroupState::online);
        else
            CHECK(s_.seen(group) == GroupState::offline);
}

}  // namespace

TEST_CASE("whatever happens: no start without permission, no release of what may run, no stop of "
          "what is still stood on; and when all is well again, all is online") {
    for (std::uint64_t seed = 1; seed <= 300; seed++) {
        CAPTURE(seed);
        World world(seed);
        world.run(300);
    }
}
