// Checks of what a plugin says about itself, and of a configuration against it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ha/plugin/factory.h"

namespace ha::plugin {

/// Every descriptor of the factory is sound; `origin` names the plugin in the failure.
Result<void> check_factory(const ha_plugin_factory_t* factory, const std::string& origin);

struct ParameterProblem {
    std::string parameter;
    std::string text;  ///< names parameter, offending value and what would be right
};

/// What is wrong with an instance's parameters: unknown names (with the nearest known one), missing
/// required ones, wrong values. Empty when all is well.
std::vector<ParameterProblem> check_parameters(const ha_descriptor_t& descriptor,
                                               const std::map<std::string, std::string>& values);

/// Null when the type has no such parameter.
const ha_parameter_t* find_parameter(const ha_descriptor_t& descriptor, const std::string& name);

}  // namespace ha::plugin
