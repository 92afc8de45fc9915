// Context: what an instance is given when it is made: host, names, parameters, state directory.
#pragma once

#include <cstdint>
#include <string>

#include "ha/plugin/ext/resource_state.h"
#include "ha/plugin/host.h"
#include "ha/plugin/parameters.hpp"

namespace ha::plugin {

enum class Severity : std::uint32_t {
    debug = HA_SEVERITY_DEBUG,
    info = HA_SEVERITY_INFO,
    warning = HA_SEVERITY_WARNING,
    error = HA_SEVERITY_ERROR,
};

/// A view of the host; valid as long as the instance. Every function may be called by any thread.
class Host {
   public:
    explicit Host(const ha_host_t* host) : host_(host) {}

    const ha_host_t* abi() const { return host_; }
    void log(Severity severity, const std::string& text) const {
        host_->log(host_, static_cast<std::uint32_t>(severity), text.c_str());
    }
    void event(Severity severity, const char* name, const std::string& text) const {
        host_->event(host_, static_cast<std::uint32_t>(severity), name, text.c_str());
    }
    std::int64_t now_ns() const { return host_->now_ns(host_); }
    bool is_valid(const ha_epoch_t& epoch) const { return host_->epoch_valid(host_, &epoch) != 0; }
    std::int64_t not_after_ns() const { return host_->not_after_ns(host_); }

    /// An optional service of the host, null when it has none: extension<ha_x_t>(HA_EXT_X).
    template <class T>
    const T* extension(const char* id) const {
        return static_cast<const T*>(host_->get_extension(host_, id));
    }

    /// The state directory of another resource of this node; the directory need not exist yet.
    std::string state_directory_of(const std::string& resource) const {
        const auto* service = extension<ha_resource_state_t>(HA_EXT_RESOURCE_STATE);
        if (service == nullptr)
            throw Error(ErrorCode::unsupported,
                        std::string("the host does not offer ") + HA_EXT_RESOURCE_STATE);
        char path[4096];
        if (service->get_directory(host_, resource.c_str(), path, sizeof(path)) != HA_OK)
            throw Error(ErrorCode::not_found, "no state directory for resource '" + resource + "'");
        return path;
    }

   private:
    const ha_host_t* host_;
};

class Context {
   public:
    Context(const ha_host_t* host, const ha_config_t* config, const TypeInfo* type)
        : host_(host), config_(config), type_(type) {}

    Host host() const { return Host(host_); }
    Parameters parameters() const { return Parameters(config_, type_); }
    const TypeInfo& type() const { return *type_; }
    std::string node() const { return config_->node_name; }
    std::string group() const { return config_->group_name; }
    std::string name() const { return config_->name; }
    /// Of a fence device: the node that it cuts off. Empty under a host that knows no such thing.
    std::string target() const {
        return HA_HAS_FIELD(config_, ha_config_t, target_name) ? config_->target_name : "";
    }
    /// This instance's own directory; outlives the host process, ends with the boot of the machine.
    std::string state_directory() const { return config_->state_directory; }

   private:
    const ha_host_t* host_;
    const ha_config_t* config_;
    const TypeInfo* type_;
};

}  // namespace ha::plugin
