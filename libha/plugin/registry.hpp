// Registry: the resource, monitor and fence types that this node has, from files and from the
// application.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "plugin/instance.hpp"
#include "plugin/load.hpp"

namespace ha::plugin {

enum class Kind : std::uint8_t { resource, monitor, fence };
/// Of HA_KIND_*.
Kind kind_of(std::uint32_t abi_kind);
const char* to_string(Kind kind) noexcept;

/// One type; the descriptor lives as long as the module.
struct Type {
    std::shared_ptr<const Module> module;
    const ha_descriptor_t* descriptor = nullptr;
};

struct DirectoryReport {
    std::vector<std::string> loaded;  ///< paths
    std::vector<Failure> refused;     ///< each names its file and the reason
};

/// Filled by one thread, then read by any.
class Registry {
   public:
    /// Tries the file in a process of its own, then loads it; all of its types or none.
    Result<void> load_file(const std::string& path);
    /// Every `*.so` of a directory, in order of name. A bad one is refused and the others load; the
    /// result is a failure only when the directory cannot be read.
    Result<DirectoryReport> load_directory(const std::string& directory);
    /// Types of the application itself. `factory` lives as long as the program; `origin` names it
    /// in failures.
    Result<void> register_type(const ha_plugin_factory_t* factory,
                               const std::string& origin = "application");

    const Type* find(Kind kind, const std::string& type_name) const;
    /// All of a kind, in order of name.
    std::vector<const Type*> types(Kind kind) const;

    /// Creates an instance: checks its parameters and makes its state directory. `services` lives
    /// as long as the instance.
    Result<std::unique_ptr<ResourceInstance>> create_resource(InstanceSpec spec,
                                                              HostServices& services) const;
    Result<std::unique_ptr<MonitorInstance>> create_monitor(InstanceSpec spec,
                                                            HostServices& services) const;
    Result<std::unique_ptr<FenceInstance>> create_fence(InstanceSpec spec,
                                                        HostServices& services) const;

   private:
    Result<void> add(std::shared_ptr<const Module> module);
    Result<const Type*> require(Kind kind, const InstanceSpec& spec) const;

    std::map<std::pair<Kind, std::string>, Type> types_;
};

}  // namespace ha::plugin
