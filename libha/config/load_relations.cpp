// Loading of what relates groups to each other and to the capacity of nodes.
#include "base/limits.hpp"
#include "config/loading.hpp"

namespace ha::config {

namespace {

using Amounts = std::map<std::string, std::uint32_t>;

Amounts load_amounts(Loading& loading, const Value& object, const std::string& path) {
    Amounts out;
    if (!check_count(loading, object, path, model::k_limit_capacities)) return out;
    for (const auto& member : object.members) {
        auto& problems = loading.problems;
        const auto at = join_path(path, member.name);
        if (auto flaw = flaw_of_name(member.name); !flaw.empty()) {
            problems.error(member.place, path, std::move(flaw));
            continue;
        }
        std::uint64_t amount = 0;
        const auto& text = member.value.text;
        const bool is_number = member.value.kind == Value::Kind::number && !text.empty() &&
                               text.size() <= 10 &&
                               text.find_first_not_of("0123456789") == std::string::npos;
        if (is_number) amount = std::stoull(text);
        if (!is_number || amount > UINT32_MAX) {
            problems.error(member.value.place, at,
                           describe_value(member.value) +
                               " is wrong here; it must be a whole number from 0 to " +
                               std::to_string(UINT32_MAX));
            continue;
        }
        out[member.name] = static_cast<std::uint32_t>(amount);
    }
    return out;
}

void load_capacity(Loading& loading) {
    const auto* capacity = loading.document.object("capacity");
    if (capacity == nullptr) return;
    for (const auto& member : capacity->members) {
        const auto path = join_path("capacity", member.name);
        const auto node = std::find_if(loading.spec.nodes.begin(), loading.spec.nodes.end(),
                                       [&](const auto& one) { return one.name == member.name; });
        if (node == loading.spec.nodes.end()) {
            loading.problems.error(member.place, "capacity",
                                   "there is no node " + in_quotes(member.name) +
                                       advise_name(member.name, names_of(loading.spec.nodes)));
            continue;
        }
        if (require_object(member.value, path, loading.problems))
            node->capacity = load_amounts(loading, member.value, path);
    }
}

/// A kind that no node has is a slip of the pen; one that some nodes lack has no limit there.
void check_uses(Loading& loading, const Value& uses, const std::string& path,
                const model::GroupSpec& group) {
    std::vector<std::string> kinds;
    for (const auto& node : loading.spec.nodes)
        for (const auto& [kind, amount] : node.capacity) kinds.push_back(kind);
    for (const auto& member : uses.members) {
        const auto it = group.uses.find(member.name);
        if (it == group.uses.end()) continue;
        const auto at = join_path(path, member.name);
        if (std::find(kinds.begin(), kinds.end(), member.name) == kinds.end()) {
            loading.problems.error(member.place, at,
                                   "no node has a capacity " + in_quotes(member.name) +
                                       "; give it in \"capacity\"" +
                                       advise_name(member.name, kinds));
            continue;
        }
        bool is_any = false;
        for (const auto id : group.policy) {
            const auto* node = model::find_node(loading.spec, id);
            const auto has = node->capacity.find(member.name);
            is_any = is_any || has == node->capacity.end() || has->second >= it->second;
        }
        if (!is_any && !group.policy.empty())
            loading.problems.error(member.value.place, at,
                                   "no node of its policy has so much, even when it runs nothing "
                                   "else; the group could run nowhere");
    }
}

void load_order(Loading& loading, const Reader& reader, const char* field, bool is_same_node,
                const model::GroupSpec& group, std::vector<model::OrderSpec>& out) {
    for (const auto& one : reader.names(field)) {
        const auto* other = model::find_group(loading.spec, one.name);
        if (other == nullptr) {
            loading.problems.error(one.place, one.path,
                                   "there is no group " + in_quotes(one.name) +
                                       advise_name(one.name, names_of(loading.spec.groups)));
        } else if (other->id == group.id) {
            loading.problems.error(one.place, one.path, "the group cannot wait for itself");
        } else if (std::any_of(out.begin(), out.end(),
                               [&](const auto& known) { return known.group == other->id; })) {
            loading.problems.error(one.place, one.path,
                                   in_quotes(one.name) + " is named twice, here and in the other "
                                                         "form of this field");
        } else {
            out.push_back({other->id, is_same_node});
        }
    }
}

}  // namespace

void load_relations(Loading& loading) {
    load_capacity(loading);
    const auto* groups = loading.document.object("groups");
    if (groups == nullptr) return;
    for (const auto& member : groups->members) {
        const auto at = std::find_if(loading.spec.groups.begin(), loading.spec.groups.end(),
                                     [&](const auto& one) { return one.name == member.name; });
        if (at == loading.spec.groups.end() || member.value.kind != Value::Kind::object) continue;
        // What is wrong with the object as such was said when it was read first.
        const Reader reader(member.value, k_group_section, join_path("groups", member.name),
                            loading.problems, Reader::Quiet{});
        load_order(loading, reader, "start_after", false, *at, at->start_after);
        load_order(loading, reader, "start_after_local", true, *at, at->start_after);
        load_order(loading, reader, "stop_before", false, *at, at->stop_before);
        load_order(loading, reader, "stop_before_local", true, *at, at->stop_before);
        const auto* uses = reader.object("uses");
        if (uses == nullptr) continue;
        at->uses = load_amounts(loading, *uses, reader.path_of("uses"));
        check_uses(loading, *uses, reader.path_of("uses"), *at);
    }
}

}  // namespace ha::config
