// Writing: a spec as the document that loads into it.
#include "config/write.hpp"

#include <nlohmann/json.hpp>

#include "config/words.hpp"
#include "ha/plugin/values.hpp"

namespace ha::config {

namespace {

using Json = nlohmann::ordered_json;

Json write_timing(const model::Timing& t) {
    return {
        {"heartbeat_interval", plugin::format_duration(t.heartbeat_interval)},
        {"heartbeat_timeout", plugin::format_duration(t.heartbeat_timeout)},
        {"lease", plugin::format_duration(t.lease)},
        {"sever_bound", plugin::format_duration(t.sever_bound)},
        {"engine_stall", plugin::format_duration(t.engine_stall)},
        {"startup_wait", plugin::format_duration(t.startup_wait)},
        {"leave_timeout", plugin::format_duration(t.leave_timeout)},
        {"probe_interval", plugin::format_duration(t.probe_interval)},
        {"drift_ppm", t.drift_ppm},
        {"delay_warning_percent", t.delay_warning_percent},
    };
}

class Writer {
   public:
    Writer(const model::ClusterSpec& spec, const WriteOptions& options)
        : spec_(spec), options_(options) {}

    Json write() const {
        Json out = Json::object();
        out["cluster"] = spec_.name;
        if (spec_.revision) out["revision"] = spec_.revision.value;
        out["quorum"] = word_of(spec_.quorum);
        if (spec_.quorum == model::QuorumPolicy::two_node) {
            out["tie_breaker"] = word_of(spec_.tie_breaker);
            if (!spec_.tie_breaker_targets.empty())
                out["tie_breaker_targets"] = spec_.tie_breaker_targets;
            if (spec_.fence_delay > Duration::zero())
                out["fence_delay"] = plugin::format_duration(spec_.fence_delay);
            out["alone_at_start"] = spec_.alone_at_start ? "allow" : "wait";
        }
        out["quorum_loss"] = word_of(spec_.quorum_loss);
        out["partition_action"] = word_of(spec_.partition_action);
        out["dual_activation"] = word_of(spec_.dual_activation);
        out["parallel_operations"] = spec_.parallel_operations;
        out["max_reboots"] = spec_.max_reboots;
        out["reboots_reset_after"] = plugin::format_duration(spec_.reboots_reset_after);
        out["timing"] = write_timing(spec_.timing);
        if (model::has_witness(spec_)) out["witness"] = write_witness(spec_.witness);
        out["interconnects"] = Json::array();
        for (const auto& one : spec_.interconnects) out["interconnects"].push_back(one.name);
        write_nodes(out["nodes"] = Json::object());
        auto& groups = out["groups"] = Json::object();
        for (const auto& group : spec_.groups) groups[group.name] = write_group(group);
        if (auto capacity = write_capacity(); !capacity.empty())
            out["capacity"] = std::move(capacity);
        auto& monitors = out["monitors"] = Json::object();
        for (const auto& monitor : spec_.monitors) monitors[monitor.name] = write_monitor(monitor);
        if (auto ids = write_ids(); !ids.empty()) out["ids"] = std::move(ids);
        return out;
    }

   private:
    static Json write_witness(const model::WitnessSpec& witness) {
        Json out = Json::object();
        if (!witness.address.empty()) out["address"] = witness.address;
        const auto& etcd = witness.etcd;
        if (!etcd.endpoints.empty()) {
            auto& to = out["etcd"] = Json::object();
            to["endpoints"] = etcd.endpoints;
            const auto put = [&](const char* name, const std::string& value) {
                if (!value.empty()) to[name] = value;
            };
            put("ca_file", etcd.ca_file);
            put("cert_file", etcd.cert_file);
            put("key_file", etcd.key_file);
            put("user", etcd.user);
            put("password_file", etcd.password_file);
            put("prefix", etcd.prefix);
        }
        out["round_trip"] = plugin::format_duration(witness.round_trip);
        return out;
    }

    /// In the order of rank, which the order in the document stands for.
    std::vector<const model::NodeSpec*> nodes_by_rank() const {
        std::vector<const model::NodeSpec*> nodes;
        for (const auto& node : spec_.nodes) nodes.push_back(&node);
        std::stable_sort(nodes.begin(), nodes.end(),
                         [](auto* a, auto* b) { return a->rank < b->rank; });
        return nodes;
    }

    void write_nodes(Json& out) const {
        for (const auto* node : nodes_by_rank()) {
            auto& addresses = out[node->name] = Json::object();
            for (const auto& one : spec_.interconnects)
                if (const auto it = node->addresses.find(one.id); it != node->addresses.end())
                    addresses[one.name] = it->second;
            if (node->clock_may_stop) addresses["clock"] = word_of(NodeClock::may_stop);
            for (const auto& fence : node->fences)
                addresses["fence"].push_back(write_fence(fence));
        }
    }

    Json write_fence(const model::FenceSpec& fence) const {
        Json out{{"name", fence.name},
                 {"type", fence.type},
                 {"action", word_of(fence.switches_on ? FenceEnd::reboot : FenceEnd::off)},
                 {"timeout", plugin::format_duration(fence.timeout)},
                 {"retries", fence.retries},
                 {"status_timeout", plugin::format_duration(fence.status_timeout)}};
        const auto* type =
            options_.types.find ? options_.types.find(HA_KIND_FENCE, fence.type) : nullptr;
        if (!fence.parameters.empty())
            out["parameters"] = write_parameters(type, fence.parameters);
        return out;
    }

    Json names_of(const std::vector<NodeId>& nodes) const {
        auto out = Json::array();
        for (const auto node : nodes) out.push_back(model::name_of(spec_, node));
        return out;
    }

    Json write_group(const model::GroupSpec& group) const {
        Json out{{"startup", word_of(group.startup)},
                 {"failover", word_of(group.failover)},
                 {"failback", word_of(group.failback)},
                 {"exclusion", word_of(group.exclusion)},
                 {"policy", names_of(group.policy)}};
        write_rules(out, group);
        out["resources"] = Json::object();
        for (const auto& resource : group.resources)
            out["resources"][resource.name] = write_resource(group, resource);
        return out;
    }

    void write_rules(Json& out, const model::GroupSpec& group) const {
        out["failback_delay"] = plugin::format_duration(group.failback_delay);
        out["ban_expiry"] = plugin::format_duration(group.ban_expiry);
        out["retry_delay"] = plugin::format_duration(group.retry_delay);
        out["failover_limit"] = group.failover_limit;
        out["priority"] = group.priority;
        out["preempts"] = group.preempts;
        write_order(out, "start_after", group.start_after);
        write_order(out, "stop_before", group.stop_before);
        for (const auto& [field, names] :
             {std::pair{"labels", &group.labels}, std::pair{"near", &group.near},
              std::pair{"apart", &group.apart}})
            if (!names->empty()) out[field] = *names;
        if (!group.uses.empty()) out["uses"] = group.uses;
    }

    void write_order(Json& out, const std::string& field,
                     const std::vector<model::OrderSpec>& orders) const {
        for (const auto& one : orders)
            out[field + (one.is_same_node ? "_local" : "")].push_back(
                model::name_of(spec_, one.group));
    }

    Json write_capacity() const {
        auto out = Json::object();
        for (const auto* node : nodes_by_rank())
            if (!node->capacity.empty()) out[node->name] = node->capacity;
        return out;
    }

    Json write_resource(const model::GroupSpec& group, const model::ResourceSpec& resource) const {
        auto depends_on = Json::array();
        for (const auto on : resource.depends_on)
            if (const auto* other = model::find_resource(group, on)) depends_on.push_back(other->name);
        Json out{{"type", resource.type},
                 {"depends_on", std::move(depends_on)},
                 {"requires", word_of(resource.requirement)},
                 {"start_timeout", plugin::format_duration(resource.start.timeout)},
                 {"start_retries", resource.start.retries},
                 {"start_final_action", word_of(resource.start.final_action)},
                 {"stop_timeout", plugin::format_duration(resource.stop.timeout)},
                 {"stop_retries", resource.stop.retries},
                 {"stop_final_action", word_of(resource.stop.final_action)},
                 {"probe_timeout", plugin::format_duration(resource.probe_timeout)}};
        add_parameters(out, HA_KIND_RESOURCE, resource);
        return out;
    }

    Json write_monitor(const model::MonitorSpec& monitor) const {
        Json out{{"type", monitor.type}};
        const auto* group = model::find_group(spec_, monitor.group);
        if (group != nullptr) {
            out["group"] = group->name;
            if (const auto* resource = model::find_resource(*group, monitor.resource))
                out["resource"] = resource->name;
        }
        out["timing"] = word_of(monitor.timing);
        out["nodes"] = names_of(monitor.nodes);
        out["interval"] = plugin::format_duration(monitor.interval);
        out["timeout"] = plugin::format_duration(monitor.timeout);
        out["start_delay"] = plugin::format_duration(monitor.start_delay);
        out["retries"] = monitor.retries;
        out["delay_warning_percent"] = monitor.delay_warning_percent;
        out["unknown_is_bad"] = monitor.unknown_is_bad;
        out["recovery"] = word_of(monitor.recovery);
        out["restart_threshold"] = monitor.restart_threshold;
        out["failover_threshold"] = monitor.failover_threshold;
        out["final_action"] = word_of(monitor.final_action);
        out["reset_after"] = plugin::format_duration(monitor.reset_after);
        out["nice"] = monitor.nice;
        if (!monitor.script.empty()) out["script"] = monitor.script;
        out["script_timeout"] = plugin::format_duration(monitor.script_timeout);
        if (monitor.type == model::k_multi_type) write_members(out, monitor);
        add_parameters(out, HA_KIND_MONITOR, monitor);
        return out;
    }

    void write_members(Json& out, const model::MonitorSpec& monitor) const {
        out["members"] = Json::array();
        for (const auto id : monitor.members)
            if (const auto* member = model::find_monitor(spec_, id))
                out["members"].push_back(member->name);
        out["error_threshold"] = monitor.error_threshold;
        out["warning_threshold"] = monitor.warning_threshold;
    }

    template <class T>
    void add_parameters(Json& out, std::uint32_t kind, const T& of) const {
        const auto* type = options_.types.find ? options_.types.find(kind, of.type) : nullptr;
        if (!of.parameters.empty()) out["parameters"] = write_parameters(type, of.parameters);
        if (of.node_parameters.empty()) return;
        auto& by_node = out["node_parameters"] = Json::object();
        for (const auto& [node, parameters] : of.node_parameters)
            by_node[model::name_of(spec_, node)] = write_parameters(type, parameters);
    }

    Json write_parameters(const ha_descriptor_t* type, const model::Parameters& parameters) const {
        auto out = Json::object();
        for (const auto& [name, value] : parameters) {
            out[name] = value;
            for (std::uint32_t i = 0; type != nullptr && i < type->parameter_count; i++) {
                const auto& known = *type->parameters[i];
                if (known.name != name) continue;
                if (options_.hides_secrets && (known.flags & HA_PARAMETER_SECRET) != 0)
                    out[name] = k_secret_shown;
                else if (known.type == HA_PARAMETER_LIST && !is_odd_list(value))
                    out[name] = list_of(value);
            }
        }
        return out;
    }

    /// One that has no form as a JSON list: a single item that is empty cannot be told from none.
    static bool is_odd_list(const std::string& value) { return value == "\n"; }

    static Json list_of(const std::string& value) {
        auto out = Json::array();
        for (const auto item : plugin::split_list(value)) out.push_back(std::string(item));
        return out;
    }

    /// Only those that do not come out by themselves.
    Json write_ids() const {
        auto out = Json::object();
        std::vector<std::pair<std::string, std::uint32_t>> nodes, resources;
        for (const auto* node : nodes_by_rank()) nodes.emplace_back(node->name, node->id.value);
        for (const auto& group : spec_.groups)
            for (const auto& one : group.resources) resources.emplace_back(one.name, one.id.value);
        add_ids(out, "interconnects", pairs_of(spec_.interconnects));
        add_ids(out, "nodes", nodes);
        add_ids(out, "groups", pairs_of(spec_.groups));
        add_ids(out, "resources", resources);
        add_ids(out, "monitors", pairs_of(spec_.monitors));
        return out;
    }

    template <class T>
    static std::vector<std::pair<std::string, std::uint32_t>> pairs_of(const std::vector<T>& all) {
        std::vector<std::pair<std::string, std::uint32_t>> pairs;
        for (const auto& one : all) pairs.emplace_back(one.name, one.id.value);
        return pairs;
    }

    static void add_ids(Json& out, const char* kind,
                        const std::vector<std::pair<std::string, std::uint32_t>>& pairs) {
        bool is_natural = true;
        for (std::size_t i = 0; i < pairs.size(); i++)
            is_natural = is_natural && pairs[i].second == i + 1;
        if (is_natural) return;
        auto& ids = out[kind] = Json::object();
        for (const auto& [name, number] : pairs) ids[name] = number;
    }

    const model::ClusterSpec& spec_;
    const WriteOptions& options_;
};

}  // namespace

std::string write_spec(const model::ClusterSpec& spec, const WriteOptions& options) {
    const auto json = Writer(spec, options).write();
    // Texts of a spec may come from elsewhere: what is not UTF-8 is replaced, never thrown about.
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace ha::config
