// Catalog: what the loader knows about the types of resources and monitors. Whoever has plugins
// loaded fills it; config/ itself never loads one.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ha/plugin/descriptor.h"

namespace ha::config {

struct TypeCatalog {
    /// Null when there is no such type; `kind` is HA_KIND_*. Empty function: types are not known,
    /// and their parameters are taken as they are.
    std::function<const ha_descriptor_t*(std::uint32_t kind, const std::string& type)> find;
    std::function<std::vector<std::string>(std::uint32_t kind)> names;
};

}  // namespace ha::config
