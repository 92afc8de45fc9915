// Loading of interconnects, nodes and their addresses.
#include "base/limits.hpp"
#include "config/address.hpp"
#include "config/loading.hpp"

namespace ha::config {

namespace {

/// Where each address stands, and the kind of address on each interconnect.
struct Seen {
    std::map<std::string, std::string> places;  ///< address -> "node a on lan0"
    std::map<InterconnectId, std::pair<Address::Family, std::string>> families;
};

void load_interconnects(Loading& loading) {
    for (const auto& one : loading.document.names("interconnects")) {
        if (auto flaw = flaw_of_name(one.name); !flaw.empty()) {
            loading.problems.error(one.place, one.path, std::move(flaw));
            continue;
        }
        if (find_field(k_node_section, one.name) != nullptr) {
            loading.problems.error(one.place, one.path,
                                   in_quotes(one.name) + " is a field of nodes, so no interconnect "
                                                         "can have this name; choose another");
            continue;
        }
        std::uint32_t number = 0;
        if (!loading.numberings.interconnects.assign(
                one.name, std::numeric_limits<InterconnectId::rep>::max(), number)) {
            loading.problems.error(one.place, one.path,
                                   "there is no number left for " + in_quotes(one.name));
            continue;
        }
        loading.spec.interconnects.push_back(
            {InterconnectId{static_cast<InterconnectId::rep>(number)}, one.name});
    }
}

void load_address(Loading& loading, model::NodeSpec& node, const model::InterconnectSpec& on,
                  const Member& member, const std::string& path, Seen& seen) {
    auto& problems = loading.problems;
    if (member.value.kind != Value::Kind::text) {
        problems.error(member.value.place, path,
                       describe_value(member.value) + " is wrong here; it must be an address in "
                                                      "double quotes, such as \"192.0.2.1:29002\"");
        return;
    }
    auto address = parse_address(member.value.text);
    if (!address.flaw.empty()) {
        problems.error(member.value.place, path, address.flaw);
        return;
    }
    const auto here = "node " + node.name + " on " + on.name;
    const auto [first, is_new] = seen.places.emplace(address.text, here);
    if (!is_new)
        problems.error(member.value.place, path,
                       in_quotes(address.text) + " is already the address of " + first->second +
                           "; each has its own");
    if (address.family != Address::Family::name) {
        const auto [kind, is_first] = seen.families.emplace(on.id, std::pair{address.family, here});
        if (!is_first && kind->second.first != address.family)
            problems.error(member.value.place, path,
                           in_quotes(address.text) + " cannot reach " + kind->second.second +
                               ": one is IPv4, the other IPv6; an interconnect uses one of them");
    }
    node.addresses[on.id] = std::move(address.text);
}

void load_clock(Loading& loading, model::NodeSpec& node, const Member& member,
                const std::string& path) {
    const auto word = member.value.kind == Value::Kind::text ? enum_of<NodeClock>(member.value.text)
                                                             : std::nullopt;
    if (!word)
        loading.problems.error(member.value.place, join_path(path, member.name),
                               describe_value(member.value) +
                                   " is wrong here; it must be one of: steady, may_stop");
    node.clock_may_stop = word == NodeClock::may_stop;
}

void load_node(Loading& loading, model::NodeSpec& node, const Value& value, Seen& seen) {
    const auto path = join_path("nodes", node.name);
    if (!require_object(value, path, loading.problems)) return;
    const auto& interconnects = loading.spec.interconnects;
    for (const auto& member : value.members) {
        if (member.name == "fence") {
            load_fences(loading, node, member.value, join_path(path, member.name));
            continue;
        }
        if (member.name == "clock") {
            load_clock(loading, node, member, path);
            continue;
        }
        const auto on = std::find_if(interconnects.begin(), interconnects.end(),
                                     [&](const auto& one) { return one.name == member.name; });
        if (on == interconnects.end()) {
            loading.problems.error(member.place, path,
                                   "there is no interconnect " + in_quotes(member.name) +
                                       advise_name(member.name, names_of(interconnects)) +
                                       (interconnects.empty()
                                            ? "; name it in \"interconnects\": [...]"
                                            : ""));
            continue;
        }
        load_address(loading, node, *on, member, join_path(path, member.name), seen);
    }
}

bool share_interconnect(const model::NodeSpec& a, const model::NodeSpec& b) {
    for (const auto& [id, address] : a.addresses)
        if (b.addresses.contains(id)) return true;
    return false;
}

/// Every two nodes can hear each other, and it is told where a path is missing.
void check_paths(Loading& loading, const Value& nodes) {
    const auto& spec = loading.spec;
    if (spec.nodes.size() < 2) return;
    for (const auto& node : spec.nodes) {
        const auto* value = nodes.find(node.name);
        const auto path = join_path("nodes", node.name);
        for (const auto& other : spec.nodes) {
            if (other.rank >= node.rank || share_interconnect(node, other)) continue;
            loading.problems.error(value->place, path,
                                   "shares no interconnect with node " + other.name +
                                       "; give both an address on the same one");
        }
        for (const auto& one : spec.interconnects)
            if (!node.addresses.empty() && !node.addresses.contains(one.id))
                loading.problems.warning(value->place, path,
                                         "has no address on " + one.name +
                                             "; the others cannot hear it there");
    }
}

}  // namespace

void load_nodes(Loading& loading) {
    load_interconnects(loading);
    const auto* nodes = loading.document.object("nodes");
    if (nodes == nullptr) return;
    if (nodes->members.empty())
        loading.document.error("nodes", "there is no node; a cluster has at least one");
    if (!check_count(loading, *nodes, "nodes", k_limit_nodes)) return;
    const auto before = loading.problems.errors().size();
    Seen seen;
    for (const auto& [member, id] :
         number_members<NodeId>(loading, *nodes, "nodes", loading.numberings.nodes)) {
        model::NodeSpec node;
        node.id = id;
        node.name = member->name;
        node.rank = static_cast<std::uint32_t>(loading.spec.nodes.size());
        load_node(loading, node, member->value, seen);
        loading.spec.nodes.push_back(std::move(node));
    }
    if (loading.problems.errors().size() == before) check_paths(loading, *nodes);
}

}  // namespace ha::config
