// Registry: the resource and monitor types that this node has.
#include "plugin/registry.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "plugin/check.hpp"
#include "plugin/limits.hpp"
#include "plugin/object_file.hpp"
#include "plugin/trial.hpp"

namespace ha::plugin {
namespace {

Kind kind_of(const ha_descriptor_t& descriptor) {
    return ha::plugin::kind_of(descriptor.kind);
}

/// Tables that the plugin filled reach as far as this host needs.
bool is_complete(const ha_resource_t& r) {
    return HA_HAS_FIELD(&r, ha_resource_t, get_extension) && r.destroy != nullptr &&
           r.start != nullptr && r.stop != nullptr && r.probe != nullptr;
}
bool is_complete(const ha_monitor_t& m) {
    return HA_HAS_FIELD(&m, ha_monitor_t, get_extension) && m.destroy != nullptr &&
           m.check != nullptr;
}

bool is_complete(const ha_fence_t& f) {
    return HA_HAS_FIELD(&f, ha_fence_t, get_extension) && f.destroy != nullptr &&
           f.off != nullptr && f.status != nullptr;
}

Failure not_created(const InstanceSpec& spec, const HostProxy& proxy) {
    return failure(FailureCode::invalid,
                   spec.type + " '" + spec.name + "': " +
                       (proxy.error().empty() ? "the plugin gave no instance and no reason"
                                              : proxy.error()));
}

/// The steps that both kinds share: checked parameters, a proxy, and what `make` gives.
template <class Instance, class Make>
Result<std::unique_ptr<Instance>> create(const Type& type, InstanceSpec spec,
                                         HostServices& services, Make&& make) {
    const auto problems = check_parameters(*type.descriptor, spec.parameters);
    if (!problems.empty())
        return failure(FailureCode::invalid,
                       spec.type + " '" + spec.name + "': " + problems.front().text);
    auto proxy = HostProxy::create(std::move(spec), *type.descriptor, services);
    if (!proxy) return proxy.error();
    const InstanceSpec& kept = (*proxy)->spec();
    const auto* object = make(**proxy);
    if (object == nullptr) return not_created(kept, **proxy);
    if (!is_complete(*object))
        return failure(FailureCode::refused,
                       kept.type + " '" + kept.name +
                           "': the plugin broke the contract: its instance lacks a function");
    return std::make_unique<Instance>(type.module, *type.descriptor, std::move(*proxy), object);
}

}  // namespace

Kind kind_of(std::uint32_t abi_kind) {
    return abi_kind == HA_KIND_RESOURCE  ? Kind::resource
           : abi_kind == HA_KIND_MONITOR ? Kind::monitor
                                         : Kind::fence;
}

const char* to_string(Kind kind) noexcept {
    switch (kind) {
        case Kind::fence: return "fence";
        case Kind::resource: return "resource";
        case Kind::monitor: return "monitor";
    }
    return "unknown";
}

Result<void> Registry::load_file(const std::string& path) {
    if (auto checked = check_object_file(path); !checked) return checked.error();
    if (auto tried = try_load(path, k_limit_trial); !tried) return tried.error();
    auto module = Module::load(path);
    if (!module) return module.error();
    return add(std::move(*module));
}

Result<DirectoryReport> Registry::load_directory(const std::string& directory) {
    std::vector<std::string> paths;
    std::error_code error;
    for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end;
         it.increment(error)) {
        if (it->path().extension() == ".so") paths.push_back(it->path().string());
        if (paths.size() > k_limit_plugin_files)
            return failure(FailureCode::limit, "plugin directory " + directory + ": more than " +
                                                   std::to_string(k_limit_plugin_files) +
                                                   " files");
    }
    if (error)
        return failure(error == std::errc::no_such_file_or_directory ? FailureCode::not_found
                                                                     : FailureCode::io,
                       "plugin directory " + directory + ": " + error.message());
    std::sort(paths.begin(), paths.end());
    DirectoryReport report;
    for (const auto& path : paths) {
        if (auto loaded = load_file(path); loaded)
            report.loaded.push_back(path);
        else
            report.refused.push_back(loaded.error());
    }
    return report;
}

Result<void> Registry::register_type(const ha_plugin_factory_t* factory,
                                     const std::string& origin) {
    auto module = Module::adopt(factory, origin);
    if (!module) return module.error();
    return add(std::move(*module));
}

Result<void> Registry::add(std::shared_ptr<const Module> module) {
    const auto& factory = module->factory();
    const std::uint32_t count = factory.get_type_count(&factory);
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto& d = *factory.get_descriptor(&factory, i);
        if (const Type* known = find(kind_of(d), d.type_name))
            return failure(FailureCode::refused,
                           "plugin " + module->origin() + ": " + to_string(kind_of(d)) +
                               " type '" + d.type_name + "' is there already, from " +
                               known->module->origin());
    }
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto& d = *factory.get_descriptor(&factory, i);
        types_.emplace(std::pair(kind_of(d), std::string(d.type_name)), Type{module, &d});
    }
    return {};
}

const Type* Registry::find(Kind kind, const std::string& type_name) const {
    const auto found = types_.find(std::pair(kind, type_name));
    return found == types_.end() ? nullptr : &found->second;
}

std::vector<const Type*> Registry::types(Kind kind) const {
    std::vector<const Type*> out;
    for (const auto& [key, type] : types_)
        if (key.first == kind) out.push_back(&type);
    return out;
}

Result<const Type*> Registry::require(Kind kind, const InstanceSpec& spec) const {
    if (const Type* type = find(kind, spec.type)) return type;
    std::string known;
    for (const Type* type : types(kind))
        known += (known.empty() ? "" : ", ") + std::string(type->descriptor->type_name);
    return failure(FailureCode::not_found,
                   std::string(to_string(kind)) + " '" + spec.name + "': no type '" + spec.type +
                       "' is loaded; known: " + (known.empty() ? "none" : known));
}

Result<std::unique_ptr<ResourceInstance>> Registry::create_resource(InstanceSpec spec,
                                                                    HostServices& services) const {
    auto type = require(Kind::resource, spec);
    if (!type) return type.error();
    const auto& factory = (*type)->module->factory();
    const std::string name = spec.type;
    return create<ResourceInstance>(**type, std::move(spec), services, [&](HostProxy& proxy) {
        return factory.create_resource(&factory, name.c_str(), proxy.host(), proxy.config());
    });
}

Result<std::unique_ptr<MonitorInstance>> Registry::create_monitor(InstanceSpec spec,
                                                                  HostServices& services) const {
    auto type = require(Kind::monitor, spec);
    if (!type) return type.error();
    const auto& factory = (*type)->module->factory();
    const std::string name = spec.type;
    return create<MonitorInstance>(**type, std::move(spec), services, [&](HostProxy& proxy) {
        return factory.create_monitor(&factory, name.c_str(), proxy.host(), proxy.config());
    });
}

Result<std::unique_ptr<FenceInstance>> Registry::create_fence(InstanceSpec spec,
                                                              HostServices& services) const {
    auto type = require(Kind::fence, spec);
    if (!type) return type.error();
    const auto& factory = (*type)->module->factory();
    const std::string name = spec.type;
    return create<FenceInstance>(**type, std::move(spec), services, [&](HostProxy& proxy) {
        return factory.create_fence(&factory, name.c_str(), proxy.host(), proxy.config());
    });
}

}  // namespace ha::plugin
