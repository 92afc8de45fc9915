// Resource: the base class of a resource type, and its trampolines.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>

#include "ha/plugin/contract.hpp"
#include "ha/plugin/ext/exclusive.h"
#include "ha/plugin/resource.h"

namespace ha::plugin {

enum class Status : std::uint32_t {
    unknown = HA_STATUS_UNKNOWN,
    offline = HA_STATUS_OFFLINE,
    online = HA_STATUS_ONLINE,
    failed = HA_STATUS_FAILED,
};

/// For get_extension of a type that offers ha/plugin/ext/exclusive.h.
inline constexpr ha_exclusive_t k_exclusive{sizeof(ha_exclusive_t), 0};
inline bool is_exclusive_asked(const char* id) noexcept {
    return id != nullptr && std::strcmp(id, HA_EXT_EXCLUSIVE) == 0;
}

/// The contract of each method stands at the same name in ha/plugin/resource.h. Failures are
/// thrown as Error. The host calls one method at a time, except sever, which comes at any moment.
class Resource {
   public:
    virtual ~Resource() = default;

    virtual void start(const Operation& operation) = 0;
    virtual void stop(const Operation& operation) = 0;
    virtual Status probe(const Operation& operation) = 0;
    virtual void sever(const Operation&) {
        throw Error(ErrorCode::unsupported, "this type cannot sever");
    }
    /// Null for an id that this type does not offer.
    virtual const void* get_extension(const char*) noexcept { return nullptr; }
};

namespace detail {

/// Owns the object of one instance and the C struct that leads to it.
class ResourceInstance {
   public:
    /// Null after host->set_error.
    template <class T>
    static const ha_resource_t* create(const ha_host_t* host, const ha_config_t* config) noexcept {
        const ha_resource_t* made = nullptr;
        stop_exceptions(
            [&] {
                const Context context(host, config, &T::k_type);
                context.parameters().check_all();
                auto instance = std::make_unique<ResourceInstance>();
                instance->state_.host = host;
                instance->state_.type_name = T::k_type.name;
                instance->state_.name = config->name;
                instance->object_ = std::make_unique<T>(context);
                if (T::k_type.sever_bound.count() == 0) instance->abi_.sever = nullptr;
                made = &instance.release()->abi_;
            },
            [&](const char* text) { host->set_error(host, text); });
        return made;
    }

    ResourceInstance() {
        abi_.size = sizeof(abi_);
        abi_.plugin_data = this;
        abi_.destroy = &on_destroy;
        abi_.start = &on_start;
        abi_.stop = &on_stop;
        abi_.probe = &on_probe;
        abi_.sever = &on_sever;
        abi_.get_extension = &on_get_extension;
    }

   private:
    static ResourceInstance& self(const ha_resource_t* r) noexcept {
        return *static_cast<ResourceInstance*>(r->plugin_data);
    }
    static void on_destroy(const ha_resource_t* r) noexcept {
        if (self(r).state_.is_busy)
            blame_host(self(r).state_, nullptr, "destroyed while an operation runs");
        delete &self(r);
    }
    static std::int32_t on_start(const ha_resource_t* r, const ha_operation_t* o) noexcept {
        return run_exclusive(self(r).state_, o, HA_OPERATION_START,
                             [&](const Operation& op) { self(r).object_->start(op); });
    }
    static std::int32_t on_stop(const ha_resource_t* r, const ha_operation_t* o) noexcept {
        return run_exclusive(self(r).state_, o, HA_OPERATION_STOP,
                             [&](const Operation& op) { self(r).object_->stop(op); });
    }
    static std::int32_t on_probe(const ha_resource_t* r, const ha_operation_t* o,
                                 std::uint32_t* status) noexcept {
        return run_exclusive(self(r).state_, o, HA_OPERATION_PROBE, [&](const Operation& op) {
            *status = static_cast<std::uint32_t>(self(r).object_->probe(op));
        });
    }
    static std::int32_t on_sever(const ha_resource_t* r, const ha_operation_t* o) noexcept {
        return run_any_time(self(r).state_, o, HA_OPERATION_SEVER,
                            [&](const Operation& op) { self(r).object_->sever(op); });
    }
    static const void* on_get_extension(const ha_resource_t* r, const char* id) noexcept {
        return self(r).object_->get_extension(id);
    }

    InstanceState state_;
    std::unique_ptr<Resource> object_;
    ha_resource_t abi_{};
};

}  // namespace detail
}  // namespace ha::plugin
