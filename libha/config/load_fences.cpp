// Loading of fence devices, and advice where a group needs one that is not there.
#include "base/limits.hpp"
#include "config/loading.hpp"
#include "ha/plugin/values.hpp"

namespace ha::config {

namespace {

void load_fence(Loading& loading, model::NodeSpec& node, const Value& value,
                const std::string& path) {
    if (!require_object(value, path, loading.problems)) return;
    const auto errors_before = loading.problems.errors().size();
    const Reader reader(value, k_fence_section, path, loading.problems);
    model::FenceSpec fence;
    fence.type = reader.text("type");
    fence.name = reader.find("name") != nullptr ? reader.text("name") : fence.type;
    fence.timeout = reader.duration("timeout");
    fence.retries = reader.integer("retries");
    fence.status_timeout = reader.duration("status_timeout");
    fence.switches_on = reader.choice<FenceEnd>("action") == FenceEnd::reboot;
    if (auto flaw = flaw_of_name(fence.name); !flaw.empty() && !fence.name.empty())
        reader.error("name", std::move(flaw));
    for (const auto& other : node.fences)
        if (other.name == fence.name)
            reader.error("name", "another device of this node is called " + in_quotes(fence.name) +
                                     " already; give each a \"name\" of its own");
    fence.parameters =
        load_parameters(loading, reader, {HA_KIND_FENCE, fence.type, {}}).common;
    const auto& types = loading.options.types;
    if (types.check_fence && loading.problems.errors().size() == errors_before) {
        const auto finding = types.check_fence(node.name, fence);
        if (finding && finding->is_error) reader.error("parameters", finding->text);
        if (finding && !finding->is_error) reader.warning("parameters", finding->text);
    }
    node.fences.push_back(std::move(fence));
}

}  // namespace

void load_fences(Loading& loading, model::NodeSpec& node, const Value& value,
                 const std::string& path) {
    if (value.kind != Value::Kind::list) {
        loading.problems.error(value.place, path,
                               describe_value(value) +
                                   " is wrong here; it must be a list of objects, [{...}, {...}]");
        return;
    }
    if (value.items.size() > k_limit_fences) {
        loading.problems.error(value.place, path,
                               std::to_string(value.items.size()) + " stand here; at most " +
                                   std::to_string(k_limit_fences) + " are allowed");
        return;
    }
    for (std::size_t i = 0; i < value.items.size(); i++)
        load_fence(loading, node, value.items[i], path + "[" + std::to_string(i) + "]");
}

/// The tie breaker rests on devices that are quicker than the order of the two (F22, F35).
void check_tie_breaker_devices(Loading& loading, const Value& nodes) {
    const auto& spec = loading.spec;
    if (spec.quorum != model::QuorumPolicy::two_node ||
        spec.tie_breaker != model::TieBreaker::fencing)
        return;
    for (const auto& node : spec.nodes) {
        const auto* value = nodes.find(node.name);
        if (value == nullptr) continue;
        const auto path = join_path("nodes", node.name);
        if (node.fences.empty())
            loading.problems.error(value->place, path,
                                   "the tie breaker is fencing, and this node has no fence device; "
                                   "give it one in \"fence\": [{...}]");
        for (const auto& device : node.fences)
            if (spec.fence_delay > Duration::zero() && spec.fence_delay < device.timeout)
                loading.problems.warning(
                    value->place, path,
                    "fence_delay " + plugin::format_duration(spec.fence_delay) +
                        " is shorter than the timeout " + plugin::format_duration(device.timeout) +
                        " of device " + device.name +
                        ": when it takes that long both nodes may be shot");
    }
}

void check_fencing(Loading& loading) {
    const auto* nodes = loading.document.find("nodes");
    if (nodes == nullptr) return;
    check_tie_breaker_devices(loading, *nodes);
    for (const auto& node : loading.spec.nodes) {
        const auto* value = nodes->find(node.name);
        if (!node.fences.empty() || value == nullptr) continue;
        for (const auto& group : loading.spec.groups) {
            const bool is_there =
                std::find(group.policy.begin(), group.policy.end(), node.id) != group.policy.end();
            if (!is_there || group.policy.size() < 2 ||
                model::requirement_of(group) != model::Requirement::fencing)
                continue;
            loading.problems.warning(
                value->place, join_path("nodes", node.name),
                "group " + group.name +
                    " requires fencing, and this node has no fence device: when it is lost, the "
                    "group starts elsewhere only after 'hactl node confirm-off " +
                    node.name + "'; give it one in \"fence\": [{...}]");
            break;
        }
    }
}

}  // namespace ha::config
