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
    monitor.unknown_is_bad = reader.boolean("unknown_is_bad");
}

std::vector<NodeId> nodes_used(const Loading& loading, const model::MonitorSpec& monitor) {
    if (!monitor.nodes.empty()) return monitor.nodes;
    std::vector<NodeId> all;
    for (const auto& node : loading.spec.nodes) all.push_back(node.id);
    return all;
}

model::MonitorSpec load_monitor(Loading& loading, const Value& value, model::MonitorSpec monitor) {
    const Reader reader(value, k_monitor_section, join_path("monitors", monitor.name),
                        loading.problems);
    monitor.type = reader.text("type");
    load_target(loading, reader, monitor);
    load_watching(reader, monitor);
    monitor.nodes = find_nodes(loading, reader.names("nodes"));
    load_recovery(reader, monitor);
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
    for (const auto& [member, id] :
         number_members<MonitorId>(loading, *monitors, "monitors", loading.numberings.monitors)) {
        const auto path = join_path("monitors", member->name);
        if (!require_object(member->value, path, loading.problems)) continue;
        model::MonitorSpec monitor;
        monitor.id = id;
        monitor.name = member->name;
        loading.spec.monitors.push_back(load_monitor(loading, member->value, std::move(monitor)));
    }
}

}  // namespace ha::config
