// Entry: descriptors, factory and entry table of a plugin, made from its list of types.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>

#include "ha/plugin/entry.h"
#include "ha/plugin/fence.hpp"
#include "ha/plugin/monitor.hpp"
#include "ha/plugin/resource.hpp"
#include "ha/plugin/type.hpp"

namespace ha::plugin {
namespace detail {

/// The descriptor of one type in the ABI's form; made by the compiler, lives for ever.
template <class T>
struct DescriptorOf {
    static_assert(std::is_base_of_v<Resource, T> || std::is_base_of_v<Monitor, T> ||
                  std::is_base_of_v<Fence, T>);
    static constexpr std::uint32_t k_kind = std::is_base_of_v<Resource, T>  ? HA_KIND_RESOURCE
                                            : std::is_base_of_v<Monitor, T> ? HA_KIND_MONITOR
                                                                            : HA_KIND_FENCE;
    static constexpr std::size_t k_count = T::k_type.parameters.size();
    static_assert(k_count <= HA_LIMIT_PARAMETERS);

    static constexpr std::array<ha_parameter_t, k_count> make_parameters() {
        std::array<ha_parameter_t, k_count> out{};
        for (std::size_t i = 0; i < k_count; ++i)
            out[i] = Parameters::to_abi(T::k_type.parameters[i]);
        return out;
    }
    static constexpr std::array<ha_parameter_t, k_count> k_parameters = make_parameters();

    static constexpr std::array<const ha_parameter_t*, k_count> make_pointers() {
        std::array<const ha_parameter_t*, k_count> out{};
        for (std::size_t i = 0; i < k_count; ++i) out[i] = &k_parameters[i];
        return out;
    }
    static constexpr std::array<const ha_parameter_t*, k_count> k_pointers = make_pointers();

    static constexpr ha_descriptor_t make() {
        ha_descriptor_t out{};
        out.size = sizeof(out);
        out.kind = k_kind;
        out.requirement = static_cast<std::uint32_t>(T::k_type.requirement);
        out.flags = (T::k_type.sever_bound.count() > 0 ? HA_TYPE_CAN_SEVER : 0) |
                    (std::is_base_of_v<PollableMonitor, T> ? HA_TYPE_EVENT_DRIVEN : 0);
        out.sever_bound_ns = T::k_type.sever_bound.count();
        out.type_name = T::k_type.name;
        out.version = T::k_type.version;
        out.summary = T::k_type.summary;
        out.parameters = k_pointers.data();
        out.parameter_count = static_cast<std::uint32_t>(k_count);
        return out;
    }
    static constexpr ha_descriptor_t k_descriptor = make();
};

}  // namespace detail

template <class... Types>
class Entry {
    static_assert(sizeof...(Types) >= 1 && sizeof...(Types) <= HA_LIMIT_TYPES);

   public:
    static const ha_plugin_factory_t* factory() noexcept { return &k_factory; }

    static const void* get_factory(const char* id) noexcept {
        return std::strcmp(id, HA_PLUGIN_FACTORY_ID) == 0 ? &k_factory : nullptr;
    }

   private:
    static std::uint32_t get_type_count(const ha_plugin_factory_t*) noexcept {
        return sizeof...(Types);
    }
    static const ha_descriptor_t* get_descriptor(const ha_plugin_factory_t*,
                                                 std::uint32_t index) noexcept {
        static constexpr const ha_descriptor_t* k_all[] = {
            &detail::DescriptorOf<Types>::k_descriptor...};
        return index < sizeof...(Types) ? k_all[index] : nullptr;
    }
    static const ha_resource_t* create_resource(const ha_plugin_factory_t*, const char* type_name,
                                                const ha_host_t* host,
                                                const ha_config_t* config) noexcept {
        const ha_resource_t* made = nullptr;
        const bool is_known = (try_resource<Types>(type_name, host, config, made) || ...);
        if (!is_known) host->set_error(host, "host asked for a resource type that is not here");
        return made;
    }
    static const ha_monitor_t* create_monitor(const ha_plugin_factory_t*, const char* type_name,
                                              const ha_host_t* host,
                                              const ha_config_t* config) noexcept {
        const ha_monitor_t* made = nullptr;
        const bool is_known = (try_monitor<Types>(type_name, host, config, made) || ...);
        if (!is_known) host->set_error(host, "host asked for a monitor type that is not here");
        return made;
    }
    template <class T>
    static bool try_resource(const char* type_name, const ha_host_t* host,
                             const ha_config_t* config, const ha_resource_t*& made) noexcept {
        if constexpr (std::is_base_of_v<Resource, T>) {
            if (std::strcmp(type_name, T::k_type.name) != 0) return false;
            made = detail::ResourceInstance::create<T>(host, config);
            return true;
        } else {
            return false;
        }
    }
    template <class T>
    static bool try_monitor(const char* type_name, const ha_host_t* host,
                            const ha_config_t* config, const ha_monitor_t*& made) noexcept {
        if constexpr (std::is_base_of_v<Monitor, T>) {
            if (std::strcmp(type_name, T::k_type.name) != 0) return false;
            made = detail::MonitorInstance::create<T>(host, config);
            return true;
        } else {
            return false;
        }
    }

    static const ha_fence_t* create_fence(const ha_plugin_factory_t*, const char* type_name,
                                          const ha_host_t* host,
                                          const ha_config_t* config) noexcept {
        const ha_fence_t* made = nullptr;
        const bool is_known = (try_fence<Types>(type_name, host, config, made) || ...);
        if (!is_known) host->set_error(host, "host asked for a fence type that is not here");
        return made;
    }
    template <class T>
    static bool try_fence(const char* type_name, const ha_host_t* host, const ha_config_t* config,
                          const ha_fence_t*& made) noexcept {
        if constexpr (std::is_base_of_v<Fence, T>) {
            if (std::strcmp(type_name, T::k_type.name) != 0) return false;
            made = detail::FenceInstance::create<T>(host, config);
            return true;
        } else {
            return false;
        }
    }

    static constexpr ha_plugin_factory_t k_factory{
        sizeof(ha_plugin_factory_t), 0,           nullptr, &get_type_count, &get_descriptor,
        &create_resource,            &create_monitor, &create_fence};
};

}  // namespace ha::plugin

/// The entry of a plugin, once per shared object: HA_PLUGIN_ENTRY(MyResource, MyMonitor);
#define HA_PLUGIN_ENTRY(...)                                               \
    extern "C" HA_PLUGIN_EXPORT const ha_plugin_entry_t ha_plugin_entry{   \
        sizeof(ha_plugin_entry_t), HA_PLUGIN_ABI_MAJOR, HA_PLUGIN_ABI_MINOR, nullptr, nullptr, \
        &::ha::plugin::Entry<__VA_ARGS__>::get_factory}
