// Loading of groups and their resources.
#include "base/limits.hpp"
#include "config/loading.hpp"

namespace ha::config {

namespace {

void load_operations(const Reader& reader, model::ResourceSpec& resource) {
    const auto& defaults = resource_defaults(resource.type);
    resource.start.timeout = reader.duration("start_timeout", table_duration(defaults.start_timeout));
    resource.start.retries = reader.integer("start_retries", defaults.start_retries);
    resource.start.final_action = reader.choice<model::FinalAction>("start_final_action");
    resource.stop.timeout = reader.duration("stop_timeout", table_duration(defaults.stop_timeout));
    resource.stop.retries = reader.integer("stop_retries");
    resource.stop.final_action = reader.choice<model::FinalAction>("stop_final_action");
    resource.probe_timeout = reader.duration("probe_timeout", table_duration(defaults.probe_timeout));
}

void load_requirement(const Reader& reader, const ha_descriptor_t* descriptor,
                      ResourceDraft& draft) {
    const auto& defaults = resource_defaults(draft.spec.type);
    const auto of_type =
        descriptor != nullptr ? static_cast<model::Requirement>(descriptor->requirement)
                              : *enum_of<model::Requirement>(defaults.requirement);
    draft.has_requirement = reader.find("requires") != nullptr;
    draft.inherits_requirement = defaults.inherits_requirement;
    draft.spec.requirement = reader.choice("requires", of_type);
    if (draft.spec.requirement < of_type)
        reader.warning("requires", in_quotes(word_of(draft.spec.requirement)) + " is less than the " +
                                       in_quotes(word_of(of_type)) + " that the type " +
                                       draft.spec.type +
                                       " asks for; two nodes may run it at the same time");
}

void load_resource(Loading& loading, const Member& member, const model::GroupSpec& group,
                   ResourceDraft& draft) {
    const Reader reader(member.value, k_resource_section, draft.path, loading.problems);
    auto& resource = draft.spec;
    resource.type = reader.text("type");
    load_operations(reader, resource);
    draft.has_depends_on = reader.find("depends_on") != nullptr;
    draft.depends_on = reader.names("depends_on");
    auto parameters =
        load_parameters(loading, reader, {HA_KIND_RESOURCE, resource.type, group.policy});
    resource.parameters = std::move(parameters.common);
    resource.node_parameters = std::move(parameters.on_node);
    load_requirement(reader, parameters.descriptor, draft);
}

/// The group that has a resource of this name already.
const model::GroupSpec* group_with(const Loading& loading, const std::string& resource) {
    return model::find_resource(loading.spec, resource).group;
}

void load_resources(Loading& loading, const Value& object, const std::string& path,
                    model::GroupSpec& group, std::set<std::string>& names) {
    if (!check_count(loading, object, path, k_limit_group_resources)) return;
    std::vector<ResourceDraft> drafts;
    for (const auto& [member, id] :
         number_members<ResourceId>(loading, object, path, loading.numberings.resources)) {
        ResourceDraft draft;
        draft.spec.id = id;
        draft.spec.name = member->name;
        draft.value = &member->value;
        draft.path = join_path(path, member->name);
        if (!names.insert(member->name).second) {
            loading.problems.error(member->place, path,
                                   "a resource " + in_quotes(member->name) + " is in group " +
                                       group_with(loading, member->name)->name +
                                       " already; the names of resources are unique in the cluster");
            continue;
        }
        if (!require_object(member->value, draft.path, loading.problems)) continue;
        load_resource(loading, *member, group, draft);
        drafts.push_back(std::move(draft));
    }
    load_dependencies(loading, drafts);
    for (auto& draft : drafts) group.resources.push_back(std::move(draft.spec));
}

void load_policy(Loading& loading, const Reader& reader, model::GroupSpec& group) {
    if (reader.find("policy") == nullptr) {
        for (const auto& node : loading.spec.nodes) group.policy.push_back(node.id);
        return;
    }
    const auto names = reader.names("policy");
    group.policy = find_nodes(loading, names);
    if (const auto* value = reader.find("policy");
        value->kind == Value::Kind::list && value->items.empty())
        reader.error("policy", "the list is empty, so the group could run nowhere; name at least "
                               "one node, or leave 'policy' out for all nodes");
}

std::set<std::string> labels_of(const Reader& reader, std::string_view field) {
    std::set<std::string> out;
    for (const auto& one : reader.names(field)) {
        if (auto flaw = flaw_of_name(one.name); !flaw.empty())
            reader.problems().error(one.place, one.path, std::move(flaw));
        out.insert(one.name);
    }
    return out;
}

void load_rules(const Reader& reader, model::GroupSpec& group) {
    group.failback_delay = reader.duration("failback_delay");
    group.ban_expiry = reader.duration("ban_expiry");
    group.retry_delay = reader.duration("retry_delay");
    group.failover_limit = reader.integer("failover_limit");
    group.priority = reader.integer("priority");
    group.preempts = reader.boolean("preempts");
    group.labels = labels_of(reader, "labels");
    group.near = labels_of(reader, "near");
    group.apart = labels_of(reader, "apart");
    if (group.failback == model::Failback::manual && reader.find("failback_delay") != nullptr)
        reader.warning("failback_delay", "does nothing while failback is manual");
}

model::GroupSpec load_group(Loading& loading, const Value& value, model::GroupSpec group,
                            std::set<std::string>& names) {
    const auto path = join_path("groups", group.name);
    const Reader reader(value, k_group_section, path, loading.problems);
    group.startup = reader.choice<model::Startup>("startup");
    group.failover = reader.choice<model::Failover>("failover");
    group.failback = reader.choice<model::Failback>("failback");
    group.exclusion = reader.choice<model::Exclusion>("exclusion");
    load_rules(reader, group);
    load_policy(loading, reader, group);
    if (const auto* resources = reader.object("resources"))
        load_resources(loading, *resources, reader.path_of("resources"), group, names);
    return group;
}

}  // namespace

void load_groups(Loading& loading) {
    const auto* groups = loading.document.object("groups");
    if (groups == nullptr || !check_count(loading, *groups, "groups", k_limit_groups)) return;
    std::set<std::string> resource_names;
    for (const auto& [member, id] :
         number_members<GroupId>(loading, *groups, "groups", loading.numberings.groups)) {
        const auto path = join_path("groups", member->name);
        if (!require_object(member->value, path, loading.problems)) continue;
        model::GroupSpec group;
        group.id = id;
        group.name = member->name;
        loading.spec.groups.push_back(
            load_group(loading, member->value, std::move(group), resource_names));
    }
}

}  // namespace ha::config
