// Module: one plugin file in memory, its entry called and its descriptors found sound.
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "ha/plugin/factory.h"

namespace ha::plugin {

/// Keeps the code in memory: whoever uses a factory, descriptor or instance of it holds one.
/// Shared, because instances that hang in a call may outlive the registry, and code that a thread
/// is in must never be unmapped.
class Module {
   public:
    /// Of a file. Runs the plugin's code in this process: try_load first.
    static Result<std::shared_ptr<const Module>> load(const std::string& path);
    /// Of the application itself; `factory` lives as long as the program.
    static Result<std::shared_ptr<const Module>> adopt(const ha_plugin_factory_t* factory,
                                                       const std::string& origin);
    ~Module();
    Module(const Module&) = delete;
    Module& operator=(const Module&) = delete;

    const ha_plugin_factory_t& factory() const { return *factory_; }
    /// Path of the file, or the name that the application gave.
    const std::string& origin() const { return origin_; }

   private:
    struct Library;
    explicit Module(std::string origin);
    Result<void> open_entry();

    std::string origin_;
    std::unique_ptr<Library> library_;  // null: part of the application
    const ha_plugin_factory_t* factory_ = nullptr;
    void (*deinit_)() = nullptr;
};

}  // namespace ha::plugin
