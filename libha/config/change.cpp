// Changes: what differs between two configurations, and what each difference takes.
#include "config/change.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "config/write.hpp"

namespace ha::config {

namespace {

using Json = nlohmann::ordered_json;
using Path = std::vector<std::string>;

/// Objects of which each member is a thing with a name of its own: it is added or removed whole.
bool holds_things(const Path& path) {
    if (path.size() == 1)
        return path[0] == "groups" || path[0] == "nodes" || path[0] == "monitors";
    return path.size() == 3 && path[0] == "groups" && path[2] == "resources";
}

std::string joined(const Path& path) {
    std::string out;
    for (const auto& part : path) out += (out.empty() ? "" : ".") + part;
    return out;
}

std::string shown(const Json* value, bool is_thing) {
    if (value == nullptr) return {};
    return is_thing ? std::string() : value->dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Of a resource: what would change under it while it runs.
bool is_of_running(const std::string& field) {
    constexpr const char* k_fields[] = {"type", "parameters", "node_parameters", "depends_on",
                                        "requires"};
    return std::find(std::begin(k_fields), std::end(k_fields), field) != std::end(k_fields);
}

struct Taking {
    Effect effect = Effect::online;
    std::string note;
};

Taking kind_of_group(const Path& path, bool was, bool is) {
    if (path.size() == 2 && !is) return {Effect::stops_group, "the group is removed"};
    if (path.size() == 2 && !was) return {Effect::online, "a new group; it starts as it says"};
    if (path.size() < 4 || path[2] != "resources") return {};
    if (path.size() == 4)
        return {Effect::restarts_group, is ? "a new resource" : "the resource is removed"};
    return {is_of_running(path[4]) ? Effect::restarts_group : Effect::online, ""};
}

Taking kind_of_node(const Path& path, bool was, bool is) {
    if (path.size() == 2 && !was)
        return {Effect::online,
                "a new node; start had there with the cluster's key and what 'config show' prints"};
    if (path.size() == 2 && !is)
        return {Effect::online, "the node votes no more; stop had there before or after"};
    return {};
}

Taking kind_of(const Path& path, bool was, bool is) {
    if (path[0] == "groups" && path.size() > 1) return kind_of_group(path, was, is);
    if (path[0] == "nodes" && path.size() > 1) return kind_of_node(path, was, is);
    if (path[0] == "monitors" && was && is) return {Effect::online, "the monitor begins anew"};
    if (path[0] == "cluster")
        return {Effect::online,
                "had looks for its store under this name at its next start: give it --state-dir"};
    return {};
}

class Comparison {
   public:
    Comparison(const Json& from, const Json& to, const Json& from_shown, const Json& to_shown) {
        compare({}, &from, &to, &from_shown, &to_shown);
    }
    std::vector<Change> changes;

   private:
    static const Json* member(const Json* object, const std::string& name) {
        if (object == nullptr || !object->is_object()) return nullptr;
        const auto it = object->find(name);
        return it == object->end() ? nullptr : &*it;
    }

    void compare(const Path& path, const Json* from, const Json* to, const Json* from_shown,
                 const Json* to_shown) {
        if (from != nullptr && to != nullptr && *from == *to) return;
        const bool are_objects =
            from != nullptr && to != nullptr && from->is_object() && to->is_object();
        const bool is_bag = holds_things(path);
        if (!are_objects && !is_bag) return add(path, from, to, from_shown, to_shown);
        const auto each = [&](const std::string& name) {
            auto below = path;
            below.push_back(name);
            if (path.empty() && (name == "revision" || name == "ids")) return;
            compare(below, member(from, name), member(to, name), member(from_shown, name),
                    member(to_shown, name));
        };
        if (from != nullptr)
            for (const auto& [name, value] : from->items()) each(name);
        if (to != nullptr)
            for (const auto& [name, value] : to->items())
                if (member(from, name) == nullptr) each(name);
    }

    void add(const Path& path, const Json* from, const Json* to, const Json* from_shown,
             const Json* to_shown) {
        const bool is_thing = holds_things(Path(path.begin(), path.end() - 1));
        const auto kind = kind_of(path, from != nullptr, to != nullptr);
        Change change{joined(path), shown(from_shown, is_thing), shown(to_shown, is_thing),
                      kind.effect, {}, kind.note};
        if (path[0] == "groups" && path.size() > 1) change.group = path[1];
        if (change.note.empty() && !is_thing && change.before == change.after)
            change.note = "a secret changes";
        changes.push_back(std::move(change));
    }
};

}  // namespace

const char* to_string(Effect effect) noexcept {
    switch (effect) {
        case Effect::online: return "online";
        case Effect::restarts_group: return "restarts_group";
        case Effect::stops_group: return "stops_group";
    }
    return "unknown";
}

std::vector<Change> changes_between(const model::ClusterSpec& from, const model::ClusterSpec& to,
                                    const TypeCatalog& types) {
    const auto document = [&](const model::ClusterSpec& spec, bool hides_secrets) {
        return Json::parse(write_spec(spec, {types, hides_secrets}), nullptr, false);
    };
    return Comparison(document(from, false), document(to, false), document(from, true),
                      document(to, true))
        .changes;
}

}  // namespace ha::config
