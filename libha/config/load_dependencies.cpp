// Dependencies inside a group: names become ids, defaults by type, circles, inherited requirements.
#include "config/loading.hpp"

namespace ha::config {

namespace {

using Drafts = std::vector<ResourceDraft>;
/// Places in the list of drafts: what each one depends on.
using Edges = std::vector<std::vector<std::size_t>>;

Place place_of_dependencies(const ResourceDraft& draft) {
    const auto* value = draft.value->find("depends_on");
    return value != nullptr ? value->place : draft.value->place;
}

Edges explicit_edges(Loading& loading, const Drafts& drafts) {
    std::map<std::string, std::size_t> places;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < drafts.size(); i++) {
        places[drafts[i].spec.name] = i;
        names.push_back(drafts[i].spec.name);
    }
    Edges edges(drafts.size());
    for (std::size_t i = 0; i < drafts.size(); i++) {
        for (const auto& on : drafts[i].depends_on) {
            const auto it = places.find(on.name);
            if (it == places.end()) {
                loading.problems.error(on.place, on.path, "there is no resource " + in_quotes(on.name) +
                                                              " in this group" +
                                                              advise_name(on.name, names));
            } else if (it->second == i) {
                loading.problems.error(on.place, on.path,
                                       in_quotes(on.name) + " depends on itself; leave it out");
            } else {
                edges[i].push_back(it->second);
            }
        }
    }
    return edges;
}

/// The classic defaults: exec comes after the addresses and disks of its group.
void add_default_edges(const Drafts& drafts, Edges& edges) {
    std::map<std::string, std::vector<std::size_t>> by_type;
    for (std::size_t i = 0; i < drafts.size(); i++) by_type[drafts[i].spec.type].push_back(i);
    for (std::size_t i = 0; i < drafts.size(); i++) {
        if (drafts[i].has_depends_on) continue;
        const auto& defaults = resource_defaults(drafts[i].spec.type);
        for (const auto& type : split_choices(defaults.depends_on_types))
            if (const auto it = by_type.find(type); it != by_type.end())
                edges[i].insert(edges[i].end(), it->second.begin(), it->second.end());
        std::sort(edges[i].begin(), edges[i].end());
    }
}

/// Depth-first without recursion: an order in which what is depended on comes first, or a circle.
struct Order {
    std::vector<std::size_t> places;
    std::vector<std::size_t> circle;
};

Order order_of(const Edges& edges) {
    enum class Mark : std::uint8_t { unseen, open, done };
    std::vector<Mark> marks(edges.size(), Mark::unseen);
    Order order;
    for (std::size_t root = 0; root < edges.size(); root++) {
        if (marks[root] != Mark::unseen) continue;
        std::vector<std::pair<std::size_t, std::size_t>> path{{root, 0}};  // place, next edge
        marks[root] = Mark::open;
        while (!path.empty()) {
            auto& [at, next] = path.back();
            if (next == edges[at].size()) {
                marks[at] = Mark::done;
                order.places.push_back(at);
                path.pop_back();
                continue;
            }
            const auto to = edges[at][next++];
            if (marks[to] == Mark::open) {
                auto start = path.begin();
                while (start->first != to) ++start;
                for (auto it = start; it != path.end(); ++it) order.circle.push_back(it->first);
                return order;
            }
            if (marks[to] == Mark::unseen) {
                marks[to] = Mark::open;
                path.emplace_back(to, 0);
            }
        }
    }
    return order;
}

void report_circle(Loading& loading, const Drafts& drafts, const Order& order) {
    std::string names;
    bool has_default = false;
    for (const auto at : order.circle) {
        names += drafts[at].spec.name + " -> ";
        has_default = has_default || !drafts[at].has_depends_on;
    }
    const auto& first = drafts[order.circle.front()];
    names += first.spec.name;
    loading.problems.error(
        place_of_dependencies(first), join_path(first.path, "depends_on"),
        "these depend on each other in a circle: " + names +
            (has_default ? "; one of them does so by default, \"depends_on\": [] switches that off"
                         : "; take one of these dependencies away"));
}

/// In `order`, so that what is inherited from has its own already (safety.md F28).
void inherit_requirements(Loading& loading, Drafts& drafts, const Edges& edges,
                          const Order& order) {
    for (const auto at : order.places) {
        auto& draft = drafts[at];
        if (!draft.inherits_requirement) continue;
        auto strongest = draft.spec.requirement;
        std::string from;
        for (const auto on : edges[at]) {
            if (drafts[on].spec.requirement <= strongest) continue;
            strongest = drafts[on].spec.requirement;
            from = drafts[on].spec.name;
        }
        if (strongest == draft.spec.requirement) continue;
        if (!draft.has_requirement) {
            draft.spec.requirement = strongest;
        } else {
            loading.problems.warning(
                draft.value->find("requires")->place, join_path(draft.path, "requires"),
                in_quotes(word_of(draft.spec.requirement)) + " is less than the " +
                    in_quotes(word_of(strongest)) + " of " + from + ", which it depends on");
        }
    }
}

}  // namespace

void load_dependencies(Loading& loading, std::vector<ResourceDraft>& drafts) {
    auto edges = explicit_edges(loading, drafts);
    add_default_edges(drafts, edges);
    const auto order = order_of(edges);
    if (!order.circle.empty()) {
        report_circle(loading, drafts, order);
        return;
    }
    inherit_requirements(loading, drafts, edges, order);
    for (std::size_t i = 0; i < drafts.size(); i++)
        for (const auto on : edges[i]) drafts[i].spec.depends_on.push_back(drafts[on].spec.id);
}

}  // namespace ha::config
