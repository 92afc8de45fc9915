// Catalog: what the loader knows about the types of resources and monitors. Whoever has plugins
// loaded fills it; config/ itself never loads one.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ha/plugin/descriptor.h"
#include "model/spec.hpp"

namespace ha::config {

struct TypeCatalog {
    /// Null when there is no such type; `kind` is HA_KIND_*. Empty function: types are not known,
    /// and their parameters are taken as they are.
    std::function<const ha_descriptor_t*(std::uint32_t kind, const std::string& type)> find;
    std::function<std::vector<std::string>(std::uint32_t kind)> names;
    /// What only the type itself can see of a fence device, such as a program that is not there;
    /// none: nothing is wrong, or nobody can tell. Not asked about a device that has other errors.
    struct Finding {
        bool is_error = false;  ///< else it may be right on other nodes
        std::string text;
    };
    std::function<std::optional<Finding>(const std::string& node, const model::FenceSpec& device)>
        check_fence;
};

}  // namespace ha::config
