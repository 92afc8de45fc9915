// Loading of monitors.
#include "base/limits.hpp"
#include "config/loading.hpp"

namespace ha::config {

namespace {

void load_target(Loading& loading, const Reader& reader, model::MonitorSpec& monitor) {
    const auto group_name = reader.text("group");
    const auto resource_name = reader.text("resource");
    const auto& spec = loading.spec;
    if (!group_name.empty()) {
        if (const auto* group = model::find_group(spec, group_name)) {
            monitor.group = group->id;
        } else {
            reader.error("group", "there is no group " + in_quotes(group_name) +
                                      advise_name(group_name, names_of(spec.groups)));
        }
    }
    if (resource_name.empty()) return;
    const auto place = model::find_resource(spec, resource_name);
    if (place.resource == nullptr) {
        std::vector<std::string> known;
        for (const auto& group : spec.groups)
            for (const auto& resource : group.resources) known.push_back(resource.name);
        reader.error("resource", "there is no resource " + in_quotes(resource_name) +
                                     advise_name(resource_name, known));
        return;
    }
    if (monitor.group && monitor.group != place.group->id) {
        reader.error("resource", in_quotes(resource_name) + " is in group " + place.group->name +
                                     ", not in group " + group_name +
                                     "; 'group' may be left out here");
        return;
    }
    monitor.group = place.group->id;
    monitor.resource = place.resource->id;
}

void load_recovery(const Reader& reader, model::MonitorSpec& monitor) {
    auto absent = model::RecoveryTarget::none;
    if (monitor.group) absent = model::RecoveryTarget::group;
    if (monitor.resource) absent = model::RecoveryTarget::resource;
    monitor.recovery = reader.choice("recovery", absent);
    if (monitor.recovery == model::RecoveryTarget::resource && reader.find("resource") == nullptr)
        reader.error("recovery", "'resource' is to be restarted, and no resource is named; add "
                                 "\"resource\": \"NAME\"");
    if (monitor.recovery == model::RecoveryTarget::group && reader.find("resource") == nullptr &&
        reader.find("group") == nullptr)
        reader.error("recovery", "'group' is to be restarted, and no group is named; add "
                                 "\"group\": \"NAME\" or \"resource\": \"NAME\"");
    monitor.restart_threshold = reader.integer("restart_threshold");
    monitor.failover_threshold = reader.integer("failover_threshold");
    monitor.final_action = reader.choice<model::FinalAction>("final_action");
    const bool needs_group = monitor.final_action == model::FinalAction::stop_group ||
                             monitor.final_action == model::FinalAction::failover;
    if (needs_group && reader.find("resource") == nullptr && reader.find("group") == nullptr)
        reader.error("final_action", in_quotes(word_of(monitor.final_action)) +
                                         " needs a group; add \"group\": \"NAME\"");
    monitor.reset_after = reader.duration("reset_after");
    monitor.script = reader.text("script");
    monitor.script_timeout = reader.duration("script_timeout");
    if (!monitor.script.empty() && monitor.script.front() != '/')
        reader.error("script", in_quotes(monitor.script) +
                                   " is not an absolute path; write it from '/' on");
}

void load_watching(const Reader& reader, model::MonitorSpec& monitor) {
    const auto& defaults = monitor_defaults(monitor.type);
    monitor.timing =
        reader.choice("timing", *enum_of<model::MonitorTiming>(defaults.timing));
    if (monitor.timing == model::MonitorTiming::while_active && reader.find("resource") == nullptr &&
        reader.find("group") == nullptr)
        reader.error("timing", "'while_active'" +
                                   std::string(reader.find("timing") == nullptr
                                                   ? ", the default of type " + monitor.type + ","
                                                   : "") +
                                   " needs something that is active; add \"resource\": \"NAME\" or "
                                   "\"group\": \"NAME\"");
    monitor.interval = reader.duration("interval", table_duration(defaults.interval));
    monitor.timeout = reader.duration("timeout", table_duration(defaults.timeout));
    monitor.retries = reader.integer("retries", defaults.retries);
    monitor.start_delay = reader.duration("start_delay");
    monitor.delay_warning_percent = reader.integer("delay_warning_percent");
    monitor.nice = reader.signed_integer("nice");
    monitor.unknown_is_bad = reader.boolean("unknown_is_bad");
}

/// Members may stand later in the document, so their names are looked up when all are known.
struct MembersDraft {
    std::vector<NameAt> names;
};

MembersDraft load_members(const Reader& reader, model::MonitorSpec& monitor) {
    const bool is_multi = monitor.type == model::k_multi_type;
    for (const char* field : {"members", "error_threshold", "warning_threshold"})
        if (!is_multi && reader.find(field) != nullptr)
            reader.error(field, "only a monitor of type multi has it; this one is of type " +
                                    monitor.type);
    MembersDraft draft{reader.names("members")};
    monitor.error_threshold = reader.integer("error_threshold");
    monitor.warning_threshold = reader.integer("warning_threshold");
    if (is_multi && draft.names.empty())
        reader.error("members", "a monitor of type multi needs members; add "
                                "\"members\": [\"NAME\"]");
    for (const char* field : {"error_threshold", "warning_threshold"})
        if (is_multi && !draft.names.empty() && reader.integer(field) > draft.names.size())
            reader.error(field, std::to_string(reader.integer(field)) + " is more than the " +
                                    std::to_string(draft.names.size()) + " members");
    return draft;
}

void find_members(Loading& loading, const MembersDraft& draft, model::MonitorSpec& monitor) {
    if (monitor.type != model::k_multi_type) return;
    for (const auto& one : draft.names) {
        const auto* member = model::find_monitor(loading.spec, one.name);
        if (member == nullptr)
            loading.problems.error(one.place, one.path,
                                   "there is no monitor " + in_quotes(one.name) +
                                       advise_name(one.name, names_of(loading.spec.monitors)));
        else if (member->type == model::k_multi_type)
            loading.problems.error(one.place, one.path,
                                   in_quotes(one.name) +
                                       " is of type multi itself; name its members instead");
        else
            monitor.members.push_back(member->id);
    }
}

std::vector<NodeId> nodes_used(const Loading& loading, const model::MonitorSpec& monitor) {
    if (!monitor.nodes.empty()) return monitor.nodes;
    std::vector<NodeId> all;
    for (const auto& node : loading.spec.nodes) all.push_back(node.id);
    return all;
}

model::MonitorSpec load_monitor(Loading& loading, const Value& value, model::MonitorSpec monitor,
                                MembersDraft& members) {
    const Reader reader(value, k_monitor_section, join_path("monitors", monitor.name),
                        loading.problems);
    monitor.type = reader.text("type");
    load_target(loading, reader, monitor);
    load_watching(reader, monitor);
    monitor.nodes = find_nodes(loading, reader.names("nodes"));
    load_recovery(reader, monitor);
    members = load_members(reader, monitor);
    if (monitor.type == model::k_multi_type) {
        for (const char* field : {"parameters", "node_parameters"})
            if (reader.find(field) != nullptr)
                reader.error(field, "a monitor of type multi has no parameters");
        return monitor;
    }
    auto parameters = load_parameters(
        loading, reader,
        {HA_KIND_MONITOR, monitor.type, nodes_used(loading, monitor), reader.text("resource")});
    monitor.parameters = std::move(parameters.common);
    monitor.node_parameters = std::move(parameters.on_node);
    return monitor;
}

}  // namespace

void load_monitors(Loading& loading) {
    const auto* monitors = loading.document.object("monitors");
    if (monitors == nullptr || !check_count(loading, *monitors, "monitors", k_limit_monitors))
        return;
    std::vector<MembersDraft> drafts;
    for (const auto& [member, id] :
         number_members<MonitorId>(loading, *monitors, "monitors", loading.numberings.monitors)) {
        const auto path = join_path("monitors", member->name);
        if (!require_object(member->value, path, loading.problems)) continue;
        model::MonitorSpec monitor;
        monitor.id = id;
        monitor.name = member->name;
        loading.spec.monitors.push_back(
            load_monitor(loading, member->value, std::move(monitor), drafts.emplace_back()));
    }
    for (std::size_t i = 0; i < drafts.size(); i++)
        find_members(loading, drafts[i], loading.spec.monitors[i]);
}

}  // namespace ha::config
