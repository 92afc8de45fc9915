// A story about one node: the fixture.
#include "story.hpp"

#include "model/apply.hpp"

namespace ha::lifecycle::test {

namespace {

ServiceOptions with_self(ServiceOptions options) {
    options.self = k_self;
    return options;
}

model::GroupRecord& record(model::ClusterState& state, GroupId group) {
    return state.groups.at(group);
}

}  // namespace

Story::Story(ServiceOptions options)
    : service(with_self(options)), run_record(std::move(options.held)) {
    permission.is_quorate = true;
    state.spec.revision.value = 1;
    state.spec.timing.sever_bound = 5ms;
    for (auto id : {k_self, k_other}) {
        model::NodeSpec node;
        node.id = id;
        node.name = id == k_self ? "a" : "b";
        state.spec.nodes.push_back(node);
        state.nodes[id].status = model::NodeStatus::up;
        state.nodes[id].start.value = 1;
    }
}

GroupId Story::group(std::uint32_t id, const std::vector<std::vector<std::uint32_t>>& needs) {
    model::GroupSpec group;
    group.id = GroupId{id};
    group.name = "g" + std::to_string(id);
    group.policy = {k_self, k_other};
    for (std::uint32_t i = 1; i <= needs.size(); i++) {
        model::ResourceSpec resource;
        resource.id = ResourceId{id * 1000 + i};
        resource.name = group.name + "r" + std::to_string(i);
        resource.type = "scripted";
        for (auto need : needs[i - 1]) resource.depends_on.push_back(ResourceId{id * 1000 + need});
        resource.start = {10s, 0, model::FinalAction::failover};
        resource.stop = {10s, 0, model::FinalAction::none};
        resource.probe_timeout = 1s;
        group.resources.push_back(resource);
    }
    state.spec.groups.push_back(group);
    state.groups[group.id].goal = model::Goal::online;
    give(group.id, k_self);
    return group.id;
}

GroupId Story::chain(std::uint32_t id, std::uint32_t length) {
    std::vector<std::vector<std::uint32_t>> needs(length);
    for (std::uint32_t i = 1; i < length; i++) needs[i] = {i};
    return group(id, needs);
}

model::GroupSpec& Story::spec(GroupId group) {
    for (auto& g : state.spec.groups)
        if (g.id == group) return g;
    FAIL("no such group");
    return state.spec.groups.front();
}

model::ResourceSpec& Story::spec(GroupId group, std::uint32_t number) {
    return spec(group).resources.at(number - 1);
}

model::MonitorSpec& Story::monitor(std::uint32_t id, GroupId group, std::uint32_t number) {
    model::MonitorSpec monitor;
    monitor.id = MonitorId{id};
    monitor.name = "m" + std::to_string(id);
    monitor.timing = model::MonitorTiming::while_active;
    monitor.group = group;
    if (number > 0) monitor.resource = spec(group, number).id;
    monitor.interval = 1s;
    monitor.timeout = 3s;
    state.spec.monitors.push_back(monitor);
    return state.spec.monitors.back();
}

void Story::settle() {
    service.settle(now, state);
    take();
}

void Story::admit() {
    permission.is_admitted = true;
    for (const auto& [id, group] : state.groups) permission.clear_to_start.insert(id);
    update();
}

void Story::lease(Duration length) {
    permission.lease_end = now + length;
    update();
}

void Story::begin() {
    settle();
    permission.lease_end = now + 3600s;
    admit();
}

void Story::update() {
    service.update(now, state, permission);
    take();
}

void Story::pass(Duration time) {
    auto until = now + time;
    for (int i = 0; service.next_deadline() <= until; i++) {
        REQUIRE(i < 100'000);  // a deadline that is handled must go away
        now = std::max(now, service.next_deadline());
        service.tick(now, state);
        take();
    }
    now = until;
    service.tick(now, state);
    take();
}

void Story::evict(GroupId group, NodeId target) {
    record(state, group).is_evicted = true;
    record(state, group).target = target;
    update();
}

void Story::set_goal(GroupId group, model::Goal goal) {
    record(state, group).goal = goal;
    record(state, group).stop_failed = false;
    update();
}

void Story::give(GroupId group, NodeId node) {
    auto& r = record(state, group);
    r.owner = node;
    r.epoch = Epoch{Incarnation{r.epoch.incarnation.value + 1}, Term{1}, node};
    r.is_evicted = false;
    r.stop_failed = false;
    r.target = {};
}

void Story::declare_down() {
    state.nodes[k_self].status = model::NodeStatus::down;
    permission.is_admitted = false;
    update();
}

void Story::lose_lease() {
    permission.lease_end = Instant{};
    service.lose_lease(now, state);
    take();
}

void Story::commit_reports() {
    auto commands = std::exchange(reports, {});
    for (const auto& held : std::exchange(released, {}))
        commands.push_back(model::Release{held.group, k_self, held.epoch.incarnation, "stopped"});
    for (const auto& command : commands)
        model::apply(state, {LogIndex{++index_}, Term{1}}, command);
    update();
}

std::string Story::name_of(GroupId group, ResourceId resource) const {
    return "g" + std::to_string(group.value) + "r" + std::to_string(resource.value % 1000);
}

void Story::take() {
    step_count++;
    auto out = service.take_output();
    if (watch) watch(out);
    for (const auto& call : out.calls) {
        if (const auto* op = std::get_if<StartOperation>(&call)) {
            auto name = name_of(op->group, op->resource);
            starts.push_back(*op);
            out_.push_back({*op, name});
            calls_.push_back(std::string(to_string(op->kind)) + " " + name);
            bool is_recorded =
                std::any_of(run_record.begin(), run_record.end(),
                            [&](const Held& h) { return h.group == op->group; }) ||
                (out.run_record && std::any_of(out.run_record->begin(), out.run_record->end(),
                                               [&](const Held& h) {
                                                   return h.group == op->group;
                                               }));
            if (op->kind == OperationKind::start) CHECK(is_recorded);
        } else if (const auto* cancel = std::get_if<CancelOperation>(&call)) {
            for (auto& o : out_) {
                if (o.call.id != cancel->id) continue;
                o.is_cancelled = true;
                calls_.push_back(std::string("cancel ") + to_string(o.call.kind) + " " + o.name);
            }
        } else if (const auto* begun = std::get_if<BeginMonitor>(&call)) {
            calls_.push_back("begin m" + std::to_string(begun->monitor.value));
        } else if (const auto* end = std::get_if<EndMonitor>(&call)) {
            calls_.push_back("end m" + std::to_string(end->monitor.value));
        } else if (const auto* check = std::get_if<CheckMonitor>(&call)) {
            checks_[check->monitor] = check->id;
            calls_.push_back("check m" + std::to_string(check->monitor.value));
        } else if (const auto* run = std::get_if<RunScript>(&call)) {
            script_run_ = *run;
            script_deadline = run->deadline;
            std::string step;
            for (const auto& variable : run->environment)
                if (variable.starts_with("HA_STEP=")) step = variable.substr(8);
            calls_.push_back("script m" + std::to_string(run->monitor.value) + " " + step);
        }
    }
    for (auto& r : out.reports)
        if (std::find(reports.begin(), reports.end(), r) == reports.end())
            reports.push_back(std::move(r));
    for (const auto& held : out.released) {
        CHECK(std::find(released.begin(), released.end(), held) == released.end());
        released.push_back(held);
    }
    if (out.run_record) run_record = *out.run_record;
    for (auto& e : out.events) events.push_back(std::move(e));
    if (out.node_action) node_action = out.node_action;
}

Answer Story::script_for(const Out& out) {
    auto found = script.find(std::string(to_string(out.call.kind)) + " " + out.name);
    if (found != script.end() && !found->second.empty()) {
        auto with = found->second.front();
        if (found->second.size() > 1) found->second.pop_front();
        return with;
    }
    if (out.call.kind != OperationKind::probe) return ok();
    auto known = running.find(out.name);
    return is(known == running.end() ? ResourceStatus::offline : known->second);
}

void Story::report(const Out& out, const Answer& with) {
    bool is_done = with.outcome == Outcome::ok;
    auto& real = running[out.name];
    if (is_done && out.call.kind == OperationKind::start) real = ResourceStatus::online;
    if (is_done && out.call.kind == OperationKind::stop) real = ResourceStatus::offline;
    service.on_operation(now, state, {out.call.id, with.outcome, with.status, with.text,
                                      with.is_unsearchable});
    take();
}

void Story::run_plugins() {
    std::deque<Out> hanging;
    for (int i = 0; !out_.empty(); i++) {
        REQUIRE(i < 100'000);
        auto out = out_.front();
        out_.pop_front();
        auto with = out.is_hanging ? hang() : script_for(out);
        out.is_hanging = with.is_hanging;
        if (with.is_hanging)
            hanging.push_back(out);
        else
            report(out, with);
    }
    out_ = std::move(hanging);
}

void Story::answer(OperationKind kind, std::string name, const Answer& with) {
    for (auto it = out_.begin(); it != out_.end(); ++it) {
        if (it->call.kind != kind || it->name != name) continue;
        auto out = *it;
        out_.erase(it);
        report(out, with);
        return;
    }
    FAIL(("no such operation is out: " + std::string(to_string(kind)) + " " + name));
}

void Story::answer_at(std::size_t i, const Answer& with) {
    auto out = out_.at(i);
    out_.erase(out_.begin() + static_cast<std::ptrdiff_t>(i));
    report(out, with);
}

void Story::monitor_says(MonitorId id, Verdict verdict) {
    service.on_monitor(now, state, {id, OperationId{}, verdict, "on its own"});
    take();
}

void Story::check_answers(MonitorId id, Verdict verdict) {
    REQUIRE(checks_.contains(id));
    auto check = checks_.at(id);
    checks_.erase(id);
    service.on_monitor(now, state, {id, check, verdict, "checked"});
    take();
}

void Story::script_ends(const std::string& outcome) {
    REQUIRE(script_run_.id);
    service.on_monitor(now, state, {script_run_.monitor, script_run_.id, Verdict::ok, outcome});
    take();
}

void Story::restart(GroupId group, ResourceId resource) {
    CHECK(service.restart(now, state, group, resource));
    take();
}

GroupState Story::seen(GroupId group) const {
    for (const auto& line : service.status().groups)
        if (line.group == group) return line.state;
    return GroupState::offline;
}

std::string Story::text_of(GroupId group) const {
    for (const auto& line : service.status().groups)
        if (line.group == group) return line.text;
    return "";
}

ResourceState Story::seen(const std::string& name) const {
    for (const auto& line : service.status().groups)
        for (const auto& resource : line.resources)
            if (name_of(line.group, resource.resource) == name) return resource.state;
    return ResourceState::offline;
}

MonitorLine Story::line_of(MonitorId id) const {
    for (const auto& line : service.status().monitors)
        if (line.monitor == id) return line;
    FAIL("no such monitor");
    return {};
}

std::vector<std::string> Story::take_calls() { return std::exchange(calls_, {}); }

bool Story::is_out(OperationKind kind, const std::string& name) const {
    return std::any_of(out_.begin(), out_.end(), [&](const Out& o) {
        return o.call.kind == kind && o.name == name;
    });
}

std::vector<std::string> Story::report_names() const {
    std::vector<std::string> names;
    for (const auto& command : reports) names.push_back(model::name_of(command));
    return names;
}

bool Story::has_report(const std::string& name) const {
    auto names = report_names();
    return std::find(names.begin(), names.end(), name) != names.end();
}

std::size_t Story::count_events(EventKind kind) const {
    return static_cast<std::size_t>(std::count_if(
        events.begin(), events.end(), [&](const Event& e) { return e.kind == kind; }));
}

bool Story::is_released(GroupId group) const {
    return std::any_of(released.begin(), released.end(),
                       [&](const Held& h) { return h.group == group; });
}

}  // namespace ha::lifecycle::test
