// Host: what an instance is given: the services of this program behind the ABI's host struct, its
// names, its parameters and its state directory.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "ha/plugin/descriptor.h"
#include "ha/plugin/ext/sever_actions.h"
#include "ha/plugin/host.h"

namespace ha::plugin {

/// One resource, monitor or fence device of this node.
struct InstanceSpec {
    std::string type;
    std::string name;   ///< unique among the resources, or the monitors, of the cluster
    std::string group;  ///< empty: belongs to none
    std::string node;
    std::map<std::string, std::string> parameters;  ///< lists: items separated by '\n'
    /// Directory of all state directories of this node, such as /run/ha/CLUSTER/plugins. Made when
    /// missing; its parent must exist.
    std::string state_root;
    std::string target;  ///< of a fence device: the node that it cuts off
};

/// What the runtime does for instances. Called from any thread, also from the plugin's own, until
/// the instance has been destroyed; must not throw or block for long.
class HostServices {
   public:
    virtual ~HostServices() = default;

    /// `severity` is one of HA_SEVERITY_*.
    virtual void log(const InstanceSpec& from, std::uint32_t severity, std::string_view text) = 0;
    virtual void event(const InstanceSpec& from, std::uint32_t severity, std::string_view name,
                       std::string_view text) = 0;
    virtual Instant now() = 0;
    virtual bool is_epoch_valid(const InstanceSpec& from, const Epoch& epoch) = 0;
    virtual Instant not_after(const InstanceSpec& from) = 0;
    /// Does anybody take sever actions (ha/plugin/ext/sever_actions.h)?
    virtual bool takes_sever_actions() { return false; }
    /// Descriptors are copied. `refused`: the lease is over.
    virtual Result<void> put_sever_actions(const InstanceSpec&,
                                           std::span<const ha_sever_action_t>) {
        return failure(FailureCode::unavailable, "nobody takes sever actions here");
    }
};

/// "resource" and "monitor" directories below the root; `name` must be a sound file name.
Result<std::string> state_directory_path(const std::string& root, std::string_view kind,
                                         const std::string& name);

/// The host as one instance sees it. Lives longer than the instance; does not move.
class HostProxy {
   public:
    /// Makes the state directory.
    static Result<std::unique_ptr<HostProxy>> create(InstanceSpec spec,
                                                     const ha_descriptor_t& descriptor,
                                                     HostServices& services);
    HostProxy(const HostProxy&) = delete;
    HostProxy& operator=(const HostProxy&) = delete;

    const ha_host_t* host() const { return &host_; }
    const ha_config_t* config() const { return &config_; }
    const InstanceSpec& spec() const { return spec_; }
    HostServices& services() const { return *services_; }
    /// What create reported by set_error.
    const std::string& error() const { return error_; }

   private:
    HostProxy(InstanceSpec spec, HostServices& services, std::string state_directory);

    static const HostProxy& self(const ha_host_t* host);
    static const void* get_extension(const ha_host_t* host, const char* id);
    static void log(const ha_host_t* host, std::uint32_t severity, const char* text);
    static void event(const ha_host_t* host, std::uint32_t severity, const char* name,
                      const char* text);
    static void set_error(const ha_host_t* host, const char* text);
    static std::int64_t now_ns(const ha_host_t* host);
    static std::int32_t epoch_valid(const ha_host_t* host, const ha_epoch_t* epoch);
    static std::int64_t not_after_ns(const ha_host_t* host);
    static std::int32_t get_directory(const ha_host_t* host, const char* name, char* buffer,
                                      std::uint32_t buffer_size);
    static std::int32_t put_sever_actions(const ha_host_t* host,
                                          const ha_sever_action_t* actions, std::uint32_t count);
    static const char* get(const ha_config_t* config, const char* parameter);

    InstanceSpec spec_;
    HostServices* services_;
    std::string state_directory_;
    std::map<std::string, std::string, std::less<>> values_;  // with the defaults
    std::string error_;
    ha_host_t host_{};
    ha_config_t config_{};
};

/// Text that came over the ABI: null and over-long texts are made harmless.
std::string_view bounded_text(const char* text, std::size_t bytes_max);

}  // namespace ha::plugin
