// Parameters: an instance's configuration, parsed and checked against the type's description.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ha/plugin/failure.hpp"
#include "ha/plugin/host.h"
#include "ha/plugin/type.hpp"
#include "ha/plugin/values.hpp"

namespace ha::plugin {

/// Reading throws Error{invalid} with a sentence that names the parameter, the offending value and
/// what would be right. Only parameters of the type's description may be read.
class Parameters {
   public:
    Parameters(const ha_config_t* config, const TypeInfo* type) : config_(config), type_(type) {}

    /// Configured, or has a default.
    bool has(const char* name) const {
        describe(name);
        return config_->get(config_, name) != nullptr;
    }
    std::string string(const char* name) const { return read(name, ParameterType::string); }
    std::string path(const char* name) const { return read(name, ParameterType::path); }
    std::string address(const char* name) const { return read(name, ParameterType::address); }
    std::int64_t integer(const char* name) const {
        return *parse_integer(read(name, ParameterType::integer));
    }
    bool boolean(const char* name) const {
        return *parse_boolean(read(name, ParameterType::boolean));
    }
    std::chrono::nanoseconds duration(const char* name) const {
        return *parse_duration(read(name, ParameterType::duration));
    }
    std::vector<std::string> list(const char* name) const {
        const std::string text = read(name, ParameterType::list);
        std::vector<std::string> items;
        for (auto item : split_list(text)) items.emplace_back(item);
        return items;
    }

    /// For checks of the plugin's own: the Error to throw, in the same form as all others.
    Error wrong(const char* name, const std::string& advice) const {
        const char* value = config_->get(config_, name);
        return Error(ErrorCode::invalid,
                     describe_wrong_value(to_abi(describe(name)), value == nullptr ? "" : value,
                                          advice));
    }

    /// Checks every value of the type at once, so that a mistake shows when the instance is made.
    void check_all() const {
        for (const auto& parameter : type_->parameters)
            if (parameter.required || config_->get(config_, parameter.name) != nullptr)
                read(parameter.name, parameter.type);
    }

    static constexpr ha_parameter_t to_abi(const Parameter& p) {
        ha_parameter_t out{};
        out.size = sizeof(out);
        out.type = static_cast<std::uint32_t>(p.type);
        out.flags = (p.required ? HA_PARAMETER_REQUIRED : 0) | (p.secret ? HA_PARAMETER_SECRET : 0);
        out.item_type = static_cast<std::uint32_t>(p.item_type);
        out.minimum = p.minimum;
        out.maximum = p.maximum;
        out.name = p.name;
        out.default_value = p.default_value;
        out.choices = p.choices;
        out.help = p.help;
        return out;
    }

   private:
    const Parameter& describe(std::string_view name) const {
        for (const auto& parameter : type_->parameters)
            if (name == parameter.name) return parameter;
        throw Error(ErrorCode::contract, std::string("plugin type '") + type_->name +
                                             "' reads parameter '" + std::string(name) +
                                             "' that it does not describe");
    }

    std::string read(const char* name, ParameterType type) const {
        const Parameter& parameter = describe(name);
        if (parameter.type != type)
            throw Error(ErrorCode::contract, std::string("plugin type '") + type_->name +
                                                 "' reads parameter '" + name +
                                                 "' as another type than it describes");
        const char* text = config_->get(config_, name);
        if (text == nullptr)
            throw Error(ErrorCode::invalid,
                        std::string("parameter '") + name + "' is missing: " + parameter.help);
        const ha_parameter_t abi = to_abi(parameter);
        if (auto advice = check_value(abi, text); !advice.empty())
            throw Error(ErrorCode::invalid, describe_wrong_value(abi, text, advice));
        return text;
    }

    const ha_config_t* config_;  // the host's, lives as long as the instance
    const TypeInfo* type_;       // constant of the plugin
};

}  // namespace ha::plugin
