// The types of a registry as the configuration's loader asks for them.
#pragma once

#include <memory>

#include "config/catalog.hpp"
#include "plugin/registry.hpp"

namespace ha {

config::TypeCatalog catalog_of(std::shared_ptr<const plugin::Registry> registry);

}  // namespace ha
