// Loading of the parameters of resources and monitors, checked against what their type declares.
#include "base/limits.hpp"
#include "config/loading.hpp"
#include "config/write.hpp"
#include "ha/plugin/values.hpp"

namespace ha::config {

namespace {

const ha_parameter_t* find_parameter(const ha_descriptor_t& descriptor, const std::string& name) {
    for (std::uint32_t i = 0; i < descriptor.parameter_count; i++)
        if (descriptor.parameters[i]->name == name) return descriptor.parameters[i];
    return nullptr;
}

std::vector<std::string> parameter_names(const ha_descriptor_t& descriptor) {
    std::vector<std::string> names;
    for (std::uint32_t i = 0; i < descriptor.parameter_count; i++)
        names.emplace_back(descriptor.parameters[i]->name);
    return names;
}

bool is_scalar(const Value& value) {
    return value.kind == Value::Kind::text || value.kind == Value::Kind::number ||
           value.kind == Value::Kind::boolean;
}

class ParameterReader {
   public:
    ParameterReader(Loading& loading, const ha_descriptor_t* descriptor)
        : loading_(loading), descriptor_(descriptor) {}

    model::Parameters read(const Value& object, const std::string& path) {
        model::Parameters parameters;
        if (!require_object(object, path, loading_.problems)) return parameters;
        check_count(loading_, object, path, k_limit_parameters);
        for (const auto& member : object.members) read_one(member, path, parameters);
        return parameters;
    }

   private:
    void read_one(const Member& member, const std::string& path, model::Parameters& parameters) {
        auto& problems = loading_.problems;
        if (auto flaw = flaw_of_name(member.name); !flaw.empty()) {
            problems.error(member.place, path, std::move(flaw));
            return;
        }
        const ha_parameter_t* known = nullptr;
        if (descriptor_ != nullptr) {
            known = find_parameter(*descriptor_, member.name);
            if (known == nullptr) {
                problems.error(member.place, path,
                               "the type " + std::string(descriptor_->type_name) +
                                   " has no parameter " + in_quotes(member.name) +
                                   advise_name(member.name, parameter_names(*descriptor_)));
                return;
            }
        }
        const auto at = join_path(path, member.name);
        const auto text = text_of(member.value, at, known);
        parameters[member.name] = text.value_or("");  // given, if wrongly: not missing besides
        if (!text) return;
        if (text->size() > k_limit_parameter_bytes) {
            problems.error(member.value.place, at,
                           "has " + std::to_string(text->size()) + " bytes; at most " +
                               std::to_string(k_limit_parameter_bytes) + " are allowed");
            return;
        }
        if (known != nullptr && (known->flags & HA_PARAMETER_SECRET) != 0 &&
            *text == k_secret_shown) {
            problems.error(member.value.place, at,
                           "stands for a secret that was not shown; write the secret itself");
        } else if (known != nullptr) {
            if (const auto advice = plugin::check_value(*known, *text); !advice.empty())
                problems.error(member.value.place, at, shown(*known, member.value) + " " + advice);
        }
    }

    static std::string shown(const ha_parameter_t& known, const Value& value) {
        return (known.flags & HA_PARAMETER_SECRET) != 0 ? "the value" : describe_value(value);
    }

    std::optional<std::string> text_of(const Value& value, const std::string& at,
                                       const ha_parameter_t* known) {
        if (is_scalar(value)) return value.text;
        const bool may_be_list = known == nullptr || known->type == HA_PARAMETER_LIST;
        if (value.kind != Value::Kind::list || !may_be_list) {
            loading_.problems.error(value.place, at,
                                    describe_value(value) + " is wrong here; a parameter is a text,"
                                    " a number, true or false" + (may_be_list ? ", or a list" : ""));
            return {};
        }
        return joined(value, at);
    }

    std::optional<std::string> joined(const Value& list, const std::string& at) {
        std::string out;
        for (std::size_t i = 0; i < list.items.size(); i++) {
            const auto& item = list.items[i];
            if (!is_scalar(item) || item.text.find('\n') != item.text.npos ||
                (item.text.empty() && list.items.size() == 1)) {
                loading_.problems.error(item.place, at + "[" + std::to_string(i) + "]",
                                        describe_value(item) + " is wrong here; an item is a text "
                                                               "of one line, a number, true or "
                                                               "false");
                return {};
            }
            out += (i == 0 ? "" : "\n") + item.text;
        }
        return out;
    }

    Loading& loading_;
    const ha_descriptor_t* descriptor_;
};

/// Required ones are given for all nodes, or on each node where it may run.
void check_required(const Reader& reader, const ParameterTarget& target,
                    const LoadedParameters& loaded) {
    for (std::uint32_t i = 0; i < loaded.descriptor->parameter_count; i++) {
        const auto& known = *loaded.descriptor->parameters[i];
        if ((known.flags & HA_PARAMETER_REQUIRED) == 0) continue;
        if (known.default_value != nullptr || loaded.common.contains(known.name)) continue;
        bool is_everywhere = !target.used_on.empty();
        for (const auto node : target.used_on) {
            const auto it = loaded.on_node.find(node);
            if (it == loaded.on_node.end() || !it->second.contains(known.name))
                is_everywhere = false;
        }
        if (!is_everywhere)
            reader.error("parameters", "the parameter '" + std::string(known.name) + "' of type " +
                                           target.type + " is missing: " +
                                           (known.help != nullptr ? known.help : ""));
    }
}

const ha_descriptor_t* find_type(Loading& loading, const Reader& reader,
                                 const ParameterTarget& target) {
    const auto& types = loading.options.types;
    if (!types.find || target.type.empty()) return nullptr;
    const auto* descriptor = types.find(target.kind, target.type);
    if (descriptor == nullptr) {
        const char* kind = target.kind == HA_KIND_RESOURCE  ? "resource"
                           : target.kind == HA_KIND_MONITOR ? "monitor"
                                                            : "fence";
        reader.error("type", "there is no " + std::string(kind) + " type " + in_quotes(target.type) +
                                 advise_name(target.type, types.names ? types.names(target.kind)
                                                                      : std::vector<std::string>{}));
    }
    return descriptor;
}

}  // namespace

LoadedParameters load_parameters(Loading& loading, const Reader& reader,
                                 const ParameterTarget& target) {
    LoadedParameters loaded;
    loaded.descriptor = find_type(loading, reader, target);
    ParameterReader parameters(loading, loaded.descriptor);
    if (const auto* value = reader.find("parameters"))
        loaded.common = parameters.read(*value, reader.path_of("parameters"));
    if (const auto* by_node = reader.object("node_parameters")) {
        const auto path = reader.path_of("node_parameters");
        for (const auto& member : by_node->members) {
            const auto ids = find_nodes(loading, {{member.name, member.place, path}});
            auto values = parameters.read(member.value, join_path(path, member.name));
            if (ids.empty()) continue;
            if (std::find(target.used_on.begin(), target.used_on.end(), ids.front()) ==
                target.used_on.end())
                loading.problems.warning(member.place, path,
                                         "it never runs on node " + member.name +
                                             ", so these have no effect");
            loaded.on_node[ids.front()] = std::move(values);
        }
    }
    if (loaded.descriptor == nullptr) return loaded;
    // The runtime adds it for a monitor that stands beside a resource. It is not written down here,
    // where types may be unknown: the same text has to be the same configuration either way.
    auto given = loaded;
    if (!target.resource.empty()) given.common.try_emplace("resource", target.resource);
    check_required(reader, target, given);
    return loaded;
}

}  // namespace ha::config
