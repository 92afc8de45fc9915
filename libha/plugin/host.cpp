// Host: what an instance is given.
#include "plugin/host.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <vector>

#include "ha/plugin/ext/resource_state.h"
#include "ha/plugin/limits.h"
#include "ha/plugin/version.h"

namespace ha::plugin {
namespace {

/// Exists after this, is a directory of our own, and nobody else can write there.
Result<void> make_directory(const std::string& path) {
    const auto no = [&](const std::string& why) {
        return failure(FailureCode::io, "state directory " + path + ": " + why);
    };
    if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
        return no(std::generic_category().message(errno));
    struct stat status{};
    if (lstat(path.c_str(), &status) != 0) return no(std::generic_category().message(errno));
    if (!S_ISDIR(status.st_mode)) return no("exists and is not a directory");
    if (status.st_uid != geteuid()) return no("belongs to another user");
    if ((status.st_mode & 022) != 0) return no("others may write to it; chmod it to 0700");
    return {};
}

const char* kind_name(const ha_descriptor_t& descriptor) {
    return descriptor.kind == HA_KIND_RESOURCE  ? "resource"
           : descriptor.kind == HA_KIND_MONITOR ? "monitor"
                                                : "fence";
}

/// From the root down; the last one is the instance's own. Devices of different nodes may have the
/// same name.
Result<std::vector<std::string>> state_directories(const InstanceSpec& spec,
                                                   const ha_descriptor_t& descriptor) {
    std::vector<std::string> out{spec.state_root, spec.state_root + "/" + kind_name(descriptor)};
    if (!spec.target.empty()) {
        auto path = state_directory_path(spec.state_root, kind_name(descriptor), spec.target);
        if (!path) return path.error();
        out.push_back(std::move(*path));
    }
    const auto kind = out.back().substr(spec.state_root.size() + 1);
    auto path = state_directory_path(spec.state_root, kind, spec.name);
    if (!path) return path.error();
    out.push_back(std::move(*path));
    return out;
}

}  // namespace

std::string_view bounded_text(const char* text, std::size_t bytes_max) {
    if (text == nullptr) return "(no text)";
    return {text, strnlen(text, bytes_max)};
}

Result<std::string> state_directory_path(const std::string& root, std::string_view kind,
                                         const std::string& name) {
    const bool is_sound = !name.empty() && name.size() <= HA_LIMIT_NAME_BYTES && name != "." &&
                          name != ".." && name.find('/') == std::string::npos &&
                          name.find('\0') == std::string::npos;
    if (!is_sound)
        return failure(FailureCode::invalid,
                       "name '" + name + "' must be 1 to " +
                           std::to_string(HA_LIMIT_NAME_BYTES) + " bytes without '/'");
    return root + "/" + std::string(kind) + "/" + name;
}

HostProxy::HostProxy(InstanceSpec spec, HostServices& services, std::string state_directory)
    : spec_(std::move(spec)),
      services_(&services),
      state_directory_(std::move(state_directory)) {
    host_.size = sizeof(host_);
    host_.abi_major = HA_PLUGIN_ABI_MAJOR;
    host_.abi_minor = HA_PLUGIN_ABI_MINOR;
    host_.host_data = this;
    host_.name = "libha";
    host_.version = "0.1.0";
    host_.get_extension = &get_extension;
    host_.log = &log;
    host_.event = &event;
    host_.set_error = &set_error;
    host_.now_ns = &now_ns;
    host_.epoch_valid = &epoch_valid;
    host_.not_after_ns = &not_after_ns;
    config_.size = sizeof(config_);
    config_.host_data = this;
    config_.node_name = spec_.node.c_str();
    config_.group_name = spec_.group.c_str();
    config_.name = spec_.name.c_str();
    config_.state_directory = state_directory_.c_str();
    config_.get = &get;
    config_.target_name = spec_.target.c_str();
}

Result<std::unique_ptr<HostProxy>> HostProxy::create(InstanceSpec spec,
                                                     const ha_descriptor_t& descriptor,
                                                     HostServices& services) {
    const auto directories = state_directories(spec, descriptor);
    if (!directories) return directories.error();
    for (const auto& directory : *directories)
        if (auto made = make_directory(directory); !made) return made.error();
    std::unique_ptr<HostProxy> proxy(
        new HostProxy(std::move(spec), services, directories->back()));
    for (std::uint32_t i = 0; i < descriptor.parameter_count; ++i) {
        const ha_parameter_t& p = *descriptor.parameters[i];
        if (p.default_value != nullptr) proxy->values_[p.name] = p.default_value;
    }
    for (const auto& [name, value] : proxy->spec_.parameters) proxy->values_[name] = value;
    return proxy;
}

const HostProxy& HostProxy::self(const ha_host_t* host) {
    return *static_cast<const HostProxy*>(host->host_data);
}

const void* HostProxy::get_extension(const ha_host_t* host, const char* id) {
    static constexpr ha_resource_state_t k_resource_state{sizeof(ha_resource_state_t), 0,
                                                          &get_directory};
    static constexpr ha_sever_actions_t k_sever_actions{sizeof(ha_sever_actions_t), 0,
                                                        &put_sever_actions};
    if (id != nullptr && std::strcmp(id, HA_EXT_RESOURCE_STATE) == 0) return &k_resource_state;
    const bool is_sever = id != nullptr && std::strcmp(id, HA_EXT_SEVER_ACTIONS) == 0;
    if (is_sever && self(host).services_->takes_sever_actions()) return &k_sever_actions;
    return nullptr;
}

void HostProxy::log(const ha_host_t* host, std::uint32_t severity, const char* text) {
    const auto& proxy = self(host);
    proxy.services_->log(proxy.spec_, severity, bounded_text(text, HA_LIMIT_LOG_BYTES));
}

void HostProxy::event(const ha_host_t* host, std::uint32_t severity, const char* name,
                      const char* text) {
    const auto& proxy = self(host);
    proxy.services_->event(proxy.spec_, severity, bounded_text(name, HA_LIMIT_NAME_BYTES),
                           bounded_text(text, HA_LIMIT_LOG_BYTES));
}

void HostProxy::set_error(const ha_host_t* host, const char* text) {
    static_cast<HostProxy*>(host->host_data)->error_ = bounded_text(text, HA_LIMIT_ERROR_BYTES);
}

std::int64_t HostProxy::now_ns(const ha_host_t* host) { return self(host).services_->now().ns; }

std::int32_t HostProxy::epoch_valid(const ha_host_t* host, const ha_epoch_t* epoch) {
    const auto& proxy = self(host);
    if (epoch == nullptr || epoch->incarnation == 0 || epoch->node > UINT16_MAX) return 0;
    const Epoch asked{Incarnation{epoch->incarnation}, Term{epoch->term},
                      NodeId{static_cast<std::uint16_t>(epoch->node)}};
    return proxy.services_->is_epoch_valid(proxy.spec_, asked) ? 1 : 0;
}

std::int64_t HostProxy::not_after_ns(const ha_host_t* host) {
    const auto& proxy = self(host);
    return proxy.services_->not_after(proxy.spec_).ns;
}

std::int32_t HostProxy::get_directory(const ha_host_t* host, const char* name, char* buffer,
                                      std::uint32_t buffer_size) {
    if (name == nullptr || buffer == nullptr) return HA_ERROR_INVALID;
    const auto path = state_directory_path(self(host).spec_.state_root, "resource", name);
    if (!path) return HA_ERROR_INVALID;
    if (path->size() + 1 > buffer_size) return HA_ERROR_LIMIT;
    std::memcpy(buffer, path->c_str(), path->size() + 1);
    return HA_OK;
}

/// Checked here, so that nobody behind has to: sizes, known kinds, descriptors.
static bool is_known_kind(std::uint32_t kind) {
    return kind == HA_SEVER_NETLINK || kind == HA_SEVER_WRITE || kind == HA_SEVER_SIGNAL;
}

std::int32_t HostProxy::put_sever_actions(const ha_host_t* host, const ha_sever_action_t* actions,
                                          std::uint32_t count) {
    if (count > HA_LIMIT_SEVER_ACTIONS) return HA_ERROR_LIMIT;
    if (count > 0 && actions == nullptr) return HA_ERROR_INVALID;
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto& one = actions[i];
        if (!HA_HAS_FIELD(&one, ha_sever_action_t, harmless)) return HA_ERROR_INVALID;
        if (!is_known_kind(one.kind)) return HA_ERROR_UNSUPPORTED;
        if (one.fd < 0 || (one.byte_count > 0 && one.bytes == nullptr)) return HA_ERROR_INVALID;
        if (one.byte_count > HA_LIMIT_SEVER_BYTES) return HA_ERROR_LIMIT;
    }
    const auto& proxy = self(host);
    auto put = proxy.services_->put_sever_actions(proxy.spec_, {actions, count});
    if (put) return HA_OK;
    if (put.error().code == FailureCode::refused) return HA_ERROR_REFUSED;
    // The host does without them, and its status says so.
    proxy.services_->log(proxy.spec_, HA_SEVERITY_WARNING, put.error().context);
    return HA_OK;
}

const char* HostProxy::get(const ha_config_t* config, const char* parameter) {
    const auto& values = static_cast<const HostProxy*>(config->host_data)->values_;
    if (parameter == nullptr) return nullptr;
    const auto found = values.find(std::string_view(parameter));
    return found == values.end() ? nullptr : found->second.c_str();
}

}  // namespace ha::plugin
