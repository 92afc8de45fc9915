// Checks of what a plugin says about itself, and of a configuration against it.
#include "plugin/check.hpp"

#include <algorithm>
#include <cstring>
#include <set>
#include <string_view>

#include "ha/plugin/limits.h"
#include "ha/plugin/values.hpp"

namespace ha::plugin {
namespace {

bool is_word(const char* text, std::size_t bytes_max) {
    if (text == nullptr) return false;
    const std::size_t size = strnlen(text, bytes_max + 1);
    if (size == 0 || size > bytes_max) return false;
    return std::all_of(text, text + size, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
}

/// Empty when sound, else what is wrong with it.
std::string find_fault(const ha_parameter_t* p) {
    if (p == nullptr) return "is null";
    if (!HA_HAS_FIELD(p, ha_parameter_t, help)) return "has a struct that is too small";
    if (!is_word(p->name, HA_LIMIT_NAME_BYTES))
        return "has no name of lower-case letters, digits, '-' and '_'";
    if (p->type < HA_PARAMETER_STRING || p->type > HA_PARAMETER_LIST)
        return "has the unknown type " + std::to_string(p->type);
    const bool is_list = p->type == HA_PARAMETER_LIST;
    if (is_list != (p->item_type != 0) || p->item_type >= HA_PARAMETER_LIST)
        return "must have an item type exactly when it is a list";
    if (p->maximum < p->minimum) return "has a maximum below its minimum";
    if (p->help == nullptr) return "has no help text";
    if (p->default_value != nullptr) {
        if ((p->flags & HA_PARAMETER_REQUIRED) != 0) return "is required and has a default";
        if (auto advice = check_value(*p, p->default_value); !advice.empty())
            return "has the default '" + std::string(p->default_value) + "' that " + advice;
    }
    return {};
}

std::string find_fault_in_parameters(const ha_descriptor_t& d) {
    if (d.parameter_count > HA_LIMIT_PARAMETERS) return "has too many parameters";
    if (d.parameter_count > 0 && d.parameters == nullptr) return "lacks its parameter table";
    std::set<std::string_view> names;
    for (std::uint32_t i = 0; i < d.parameter_count; ++i) {
        const ha_parameter_t* p = d.parameters[i];
        if (auto fault = find_fault(p); !fault.empty()) {
            const bool has_name = p != nullptr && is_word(p->name, HA_LIMIT_NAME_BYTES);
            return "parameter " + (has_name ? std::string(p->name) : std::to_string(i)) + " " +
                   fault;
        }
        if (!names.insert(p->name).second)
            return std::string("parameter ") + p->name + " is described twice";
    }
    return {};
}

std::string find_fault(const ha_plugin_factory_t& factory, const ha_descriptor_t* d) {
    if (d == nullptr) return "is null";
    if (!HA_HAS_FIELD(d, ha_descriptor_t, parameter_count))
        return "has a struct that is too small";
    if (!is_word(d->type_name, HA_LIMIT_TYPE_NAME_BYTES))
        return "has no type name of lower-case letters, digits, '-' and '_'";
    if (d->version == nullptr || d->summary == nullptr) return "lacks its version or summary";
    if (d->kind < HA_KIND_RESOURCE || d->kind > HA_KIND_FENCE)
        return "has the unknown kind " + std::to_string(d->kind);
    if (d->requirement > HA_REQUIRES_FENCING)
        return "has the unknown requirement " + std::to_string(d->requirement);
    if (d->kind == HA_KIND_RESOURCE && factory.create_resource == nullptr)
        return "is a resource, but the factory has no create_resource";
    if (d->kind == HA_KIND_MONITOR && factory.create_monitor == nullptr)
        return "is a monitor, but the factory has no create_monitor";
    const bool can_fence = HA_HAS_FIELD(&factory, ha_plugin_factory_t, create_fence) &&
                           factory.create_fence != nullptr;
    if (d->kind == HA_KIND_FENCE && !can_fence)
        return "is a fence type, but the factory has no create_fence";
    const bool can_sever = (d->flags & HA_TYPE_CAN_SEVER) != 0;
    if (can_sever && (d->kind != HA_KIND_RESOURCE || d->sever_bound_ns <= 0))
        return "can sever, but is no resource with a sever bound above zero";
    return find_fault_in_parameters(*d);
}

/// Edits that turn one into the other.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
        }
    }
    return row[b.size()];
}

std::string advise_name(const ha_descriptor_t& d, const std::string& wrong) {
    if (d.parameter_count == 0) return "it takes no parameters";
    std::string_view best = d.parameters[0]->name;
    for (std::uint32_t i = 1; i < d.parameter_count; ++i)
        if (distance(wrong, d.parameters[i]->name) < distance(wrong, best))
            best = d.parameters[i]->name;
    return "the nearest known name is '" + std::string(best) + "'";
}

}  // namespace

Result<void> check_factory(const ha_plugin_factory_t* factory, const std::string& origin) {
    const auto no = [&](const std::string& why) {
        return failure(FailureCode::invalid, "plugin " + origin + ": " + why);
    };
    if (factory == nullptr) return no("has no factory '" HA_PLUGIN_FACTORY_ID "'");
    if (!HA_HAS_FIELD(factory, ha_plugin_factory_t, create_monitor) ||
        factory->get_type_count == nullptr || factory->get_descriptor == nullptr)
        return no("its factory is too small or lacks a function");
    const std::uint32_t count = factory->get_type_count(factory);
    if (count == 0 || count > HA_LIMIT_TYPES)
        return no("has " + std::to_string(count) + " types; 1 to " +
                  std::to_string(HA_LIMIT_TYPES) + " are allowed");
    std::set<std::pair<std::uint32_t, std::string_view>> names;
    for (std::uint32_t i = 0; i < count; ++i) {
        const ha_descriptor_t* d = factory->get_descriptor(factory, i);
        if (auto fault = find_fault(*factory, d); !fault.empty())
            return no("type " + std::to_string(i) + " " + fault);
        if (!names.emplace(d->kind, d->type_name).second)
            return no(std::string("type '") + d->type_name + "' is described twice");
    }
    return {};
}

const ha_parameter_t* find_parameter(const ha_descriptor_t& descriptor, const std::string& name) {
    for (std::uint32_t i = 0; i < descriptor.parameter_count; ++i)
        if (name == descriptor.parameters[i]->name) return descriptor.parameters[i];
    return nullptr;
}

std::vector<ParameterProblem> check_parameters(const ha_descriptor_t& descriptor,
                                               const std::map<std::string, std::string>& values) {
    std::vector<ParameterProblem> problems;
    for (const auto& [name, value] : values) {
        const ha_parameter_t* p = find_parameter(descriptor, name);
        if (p == nullptr) {
            problems.push_back({name, std::string("type '") + descriptor.type_name +
                                          "' has no parameter '" + name + "'; " +
                                          advise_name(descriptor, name)});
        } else if (auto advice = check_value(*p, value); !advice.empty()) {
            problems.push_back({name, describe_wrong_value(*p, value, advice)});
        }
    }
    for (std::uint32_t i = 0; i < descriptor.parameter_count; ++i) {
        const ha_parameter_t& p = *descriptor.parameters[i];
        if ((p.flags & HA_PARAMETER_REQUIRED) == 0 || values.contains(p.name)) continue;
        problems.push_back({p.name, std::string("type '") + descriptor.type_name +
                                        "' needs parameter '" + p.name + "': " + p.help});
    }
    return problems;
}

}  // namespace ha::plugin
