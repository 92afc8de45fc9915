// Encoding of a node's status: it travels in answers to other nodes. Strict and bounded.
#include <utility>

#include "lifecycle/bounds.hpp"
#include "lifecycle/status.hpp"

namespace ha::lifecycle {

namespace {

// The least bytes that one item takes, so that a count cannot ask for more than is there.
constexpr std::size_t k_resource_line_bytes = 4 + 1 + 4;
constexpr std::size_t k_group_line_bytes = 4 + 1 + 8 + 8 + 2 + 4 + 4;
constexpr std::size_t k_monitor_line_bytes = 4 + 1 + 4 + 4 + 4 + 1;
constexpr std::size_t k_fence_line_bytes = 2 + 4;

void put_text(Writer& w, const std::string& text) {
    w.text(std::string_view(text).substr(0, k_limit_text_bytes));
}

void put(Writer& w, const GroupLine& line) {
    w.id(line.group);
    w.enumeration(line.state);
    w.epoch(line.epoch);
    put_text(w, line.text);
    w.u32(static_cast<std::uint32_t>(line.resources.size()));
    for (const auto& resource : line.resources) {
        w.id(resource.resource);
        w.enumeration(resource.state);
        put_text(w, resource.text);
    }
}

std::size_t count(Reader& r, std::size_t item_size_min) {
    auto n = r.count(item_size_min);
    if (n > k_limit_status_items) {
        r.fail();
        return 0;
    }
    return n;
}

GroupLine get_group(Reader& r) {
    GroupLine line;
    line.group = r.id<GroupId>();
    line.state = r.enumeration(GroupState::failed);
    line.epoch = r.epoch();
    line.text = r.text(k_limit_text_bytes);
    for (auto n = count(r, k_resource_line_bytes); n > 0 && !r.failed(); n--) {
        ResourceLine resource;
        resource.resource = r.id<ResourceId>();
        resource.state = r.enumeration(ResourceState::unknown);
        resource.text = r.text(k_limit_text_bytes);
        line.resources.push_back(std::move(resource));
    }
    return line;
}

MonitorLine get_monitor(Reader& r) {
    MonitorLine line;
    line.monitor = r.id<MonitorId>();
    line.state = r.enumeration(MonitorState::warning);
    line.text = r.text(k_limit_text_bytes);
    line.restarts = r.u32();
    line.failovers = r.u32();
    line.is_injected = r.boolean();
    return line;
}

}  // namespace

Bytes encode(const ServiceStatus& status) {
    Bytes out;
    Writer w(out);
    w.u32(static_cast<std::uint32_t>(status.groups.size()));
    for (const auto& line : status.groups) put(w, line);
    w.u32(static_cast<std::uint32_t>(status.monitors.size()));
    for (const auto& line : status.monitors) {
        w.id(line.monitor);
        w.enumeration(line.state);
        put_text(w, line.text);
        w.u32(line.restarts);
        w.u32(line.failovers);
        w.boolean(line.is_injected);
    }
    w.u32(status.reboots);
    w.u32(static_cast<std::uint32_t>(status.fences.size()));
    for (const auto& line : status.fences) {
        w.id(line.node);
        put_text(w, line.text);
    }
    return out;
}

Result<ServiceStatus> decode_status(ByteView bytes) {
    Reader r(bytes);
    ServiceStatus status;
    for (auto n = count(r, k_group_line_bytes); n > 0 && !r.failed(); n--)
        status.groups.push_back(get_group(r));
    for (auto n = count(r, k_monitor_line_bytes); n > 0 && !r.failed(); n--)
        status.monitors.push_back(get_monitor(r));
    status.reboots = r.u32();
    for (auto n = count(r, k_fence_line_bytes); n > 0 && !r.failed(); n--) {
        const auto node = r.id<NodeId>();
        status.fences.push_back({node, r.text(k_limit_text_bytes)});
    }
    if (!r.done())
        return failure(FailureCode::corrupt,
                       "a service status is cut short, damaged, or from another version");
    return status;
}

}  // namespace ha::lifecycle
