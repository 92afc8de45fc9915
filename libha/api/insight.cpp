// Cluster: why things are as they are, what would be, and what is wrong with a configuration.
#include <algorithm>
#include <map>
#include <set>

#include "api/catalog.hpp"
#include "api/cluster_impl.hpp"
#include "config/change.hpp"
#include "config/load.hpp"
#include "config/timing.hpp"
#include "config/write.hpp"
#include "engine/insight.hpp"

namespace ha {

namespace {

std::vector<ConfigProblem> to_problems(const std::vector<config::Problem>& problems) {
    std::vector<ConfigProblem> out;
    for (const auto& one : problems)
        out.push_back({one.place.line, one.place.column, one.path, one.text});
    return out;
}

ConfigReport to_report(const config::Loaded& loaded) {
    ConfigReport report;
    report.errors = to_problems(loaded.errors);
    report.warnings = to_problems(loaded.warnings);
    if (!loaded.spec) return report;
    for (const auto& rule : config::timing_rules(*loaded.spec))
        report.timing.push_back(rule.text);
    report.timing.push_back(config::takeover_text(loaded.spec->timing));
    return report;
}

Explanation to_explanation(const model::ClusterState& state, const placement::Decision& decision) {
    Explanation out;
    const auto& owner = model::record_of(state, decision.group).owner;
    out.group = model::name_of(state.spec, decision.group);
    if (owner) out.owner = model::name_of(state.spec, owner);
    if (decision.node) out.node = model::name_of(state.spec, decision.node);
    out.rule = decision.rule;
    out.reason = decision.reason;
    out.is_blocked = decision.is_blocked;
    for (const auto& one : decision.rejected)
        out.rejected.push_back({model::name_of(state.spec, one.node), one.rule, one.reason});
    return out;
}

ConfigPlan to_plan(const engine::EngineStatus& status, model::ClusterSpec next,
                   const config::TypeCatalog& types) {
    const auto& in_force = status.state.spec;
    ConfigPlan plan;
    plan.is_known = true;
    plan.revision = in_force.revision.value;
    std::set<std::string> touched;
    for (auto& one : config::changes_between(in_force, next, types)) {
        touched.insert(one.group);
        plan.changes.push_back({std::move(one.path), std::move(one.before), std::move(one.after),
                                to_string(one.effect), std::move(one.group),
                                std::move(one.note)});
    }
    if (plan.changes.empty()) return plan;
    next.revision = in_force.revision;
    const auto outlook = engine::simulate_change(status, next);
    plan.refusal = outlook.refusal;
    for (const auto id : outlook.stopped) plan.stopped.push_back(model::name_of(in_force, id));
    for (const auto& one : outlook.moved) {
        plan.moved.push_back(to_explanation(outlook.state, one));
        touched.insert(plan.moved.back().group);
    }
    for (const auto& group : in_force.groups) {
        const bool is_stopped = std::find(plan.stopped.begin(), plan.stopped.end(), group.name) !=
                                plan.stopped.end();
        if (!is_stopped && !touched.contains(group.name)) plan.untouched.push_back(group.name);
    }
    return plan;
}

/// So many decisions of a group are told.
constexpr std::size_t k_limit_decisions_told = 10;

runtime::NodeStatus status_of(const std::shared_ptr<runtime::Node>& node) {
    auto status = node->status();
    if (!status) throw_failure(status.error());
    return std::move(*status);
}

void require_founded(const engine::EngineStatus& status) {
    if (!status.cluster)
        throw Error(ErrorCode::unavailable,
                    "the cluster is not founded yet, so there is nothing to explain");
}

}  // namespace

config::TypeCatalog catalog_of(std::shared_ptr<const plugin::Registry> registry) {
    config::TypeCatalog types;
    types.find = [=](std::uint32_t kind, const std::string& name) -> const ha_descriptor_t* {
        const auto* type = registry->find(plugin::kind_of(kind), name);
        return type != nullptr ? type->descriptor : nullptr;
    };
    types.names = [=](std::uint32_t kind) {
        std::vector<std::string> names;
        for (const auto* type : registry->types(plugin::kind_of(kind)))
            names.emplace_back(type->descriptor->type_name);
        return names;
    };
    return types;
}

std::string Cluster::config_text() const {
    return config::write_spec(impl_->spec(), {catalog_of(impl_->types()), true});
}

ConfigReport Cluster::config_check(const std::string& text, const std::string& name) const {
    config::LoadOptions options;
    options.file = name;
    options.types = catalog_of(impl_->types());
    options.types.check_fence = fence_check_of(impl_->types(), impl_->options.run_directory);
    std::optional<engine::EngineStatus> in_force;
    if (const auto node = impl_->node()) {
        in_force = status_of(node).engine;
        options.previous = &in_force->state.spec;
    }
    const auto loaded = config::load_document(text, options);
    auto report = to_report(loaded);
    if (loaded.spec) report.safety = to_safety(impl_->node(), *loaded.spec, options.types);
    if (loaded.spec && in_force && in_force->cluster)
        report.plan = to_plan(*in_force, *loaded.spec, options.types);
    return report;
}

std::vector<GroupSafety> Cluster::config_safety() const {
    return to_safety(impl_->running(), impl_->spec(), catalog_of(impl_->types()));
}

Explanation Cluster::explain(const std::string& group) const {
    const auto status = status_of(impl_->running()).engine;
    require_founded(status);
    const auto* found = model::find_group(status.state.spec, group);
    if (found == nullptr)
        throw Error(ErrorCode::not_found, "the configuration has no group '" + group + "'");
    auto out = to_explanation(status.state, engine::explain(status, found->id));
    const auto stories = impl_->running()->journal(found->id, k_limit_decisions_told);
    if (!stories) throw_failure(stories.error());
    out.decisions = to_decisions(status.state.spec, *stories, clock_offset());
    return out;
}

Explanation explanation_of(const engine::EngineStatus& status, const engine::Journal& journal,
                           GroupId group, Duration offset) {
    auto out = to_explanation(status.state, engine::explain(status, group));
    out.decisions = to_decisions(status.state.spec, journal.stories(group, k_limit_decisions_told),
                                 offset);
    return out;
}

Rehearsal rehearse_on(const engine::EngineStatus& status, const engine::RequestBody& body) {
    require_founded(status);
    auto rehearsal = engine::rehearse(status, body);
    if (!rehearsal) throw_failure(rehearsal.error());
    Rehearsal out;
    out.text = std::move(rehearsal->done);
    out.steps = std::move(rehearsal->steps);
    for (const auto& decision : rehearsal->decisions)
        out.groups.push_back(to_explanation(status.state, decision));
    return out;
}

namespace {

engine::Supposition to_supposition(const model::ClusterSpec& spec, const Supposed& from) {
    using What = engine::Supposition::What;
    static const std::map<std::string, What> k_words{
        {"kill", What::kill}, {"return", What::comes_back}, {"drain", What::drain},
        {"move", What::move}, {"start", What::start},       {"stop", What::stop}};
    const auto word = k_words.find(from.what);
    if (word == k_words.end())
        throw Error(ErrorCode::invalid, "'" + from.what + "' is nothing that could be supposed; "
                                        "kill, return, drain, move, start and stop are");
    engine::Supposition out{word->second, {}, {}};
    const bool is_of_node = out.what <= What::drain;
    const auto& node_name = is_of_node ? from.name : from.node;
    if (is_of_node || !node_name.empty()) {
        const auto* node = model::find_node(spec, node_name);
        if (node == nullptr)
            throw Error(ErrorCode::not_found,
                        "the configuration has no node '" + node_name + "'");
        out.node = node->id;
    }
    if (is_of_node) return out;
    const auto* group = model::find_group(spec, from.name);
    if (group == nullptr)
        throw Error(ErrorCode::not_found, "the configuration has no group '" + from.name + "'");
    out.group = group->id;
    return out;
}

}  // namespace

std::vector<Explanation> Cluster::simulate(const std::vector<Supposed>& events) const {
    const auto status = status_of(impl_->running()).engine;
    require_founded(status);
    std::vector<engine::Supposition> suppositions;
    for (const auto& one : events)
        suppositions.push_back(to_supposition(status.state.spec, one));
    const auto outlook = engine::suppose(status, suppositions);
    std::vector<Explanation> out;
    for (const auto& decision : outlook.decisions) {
        auto& told = out.emplace_back(to_explanation(outlook.state, decision));
        const auto was = model::record_of(status.state, decision.group).owner;
        told.owner = was ? model::name_of(status.state.spec, was) : std::string();
        if (outlook.is_quorate) continue;
        told.node.clear();
        told.rule = "no_quorum";
        told.reason = "too few voters are left to decide";
        told.is_blocked = true;
    }
    return out;
}

std::vector<Explanation> Cluster::simulate_kill(const std::string& node) const {
    return simulate({Supposed{"kill", node, {}}});
}

}  // namespace ha
