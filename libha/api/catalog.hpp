// The types of a registry as the configuration's loader asks for them.
#pragma once

#include <chrono>
#include <memory>

#include "config/catalog.hpp"
#include "plugin/registry.hpp"

namespace ha {

config::TypeCatalog catalog_of(std::shared_ptr<const plugin::Registry> registry);

/// Asks the types of fence devices themselves; for all of them together it takes no longer than
/// k_fence_check_time. Nothing is found before the node was started: there is no run directory.
inline constexpr std::chrono::seconds k_fence_check_time{15};
std::function<std::optional<config::TypeCatalog::Finding>(const std::string& node,
                                                          const model::FenceSpec& device)>
fence_check_of(std::shared_ptr<const plugin::Registry> registry, const std::string& run_directory);

}  // namespace ha
