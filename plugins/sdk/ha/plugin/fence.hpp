// Fence: the base class of a fence type, and its trampolines.
#pragma once

#include <cstdint>
#include <memory>

#include "ha/plugin/contract.hpp"
#include "ha/plugin/fence.h"

namespace ha::plugin {

enum class Power : std::uint32_t {
    unknown = HA_POWER_UNKNOWN,
    off = HA_POWER_OFF,
    on = HA_POWER_ON,
};

/// The contract of each method stands at the same name in ha/plugin/fence.h. Failures are thrown as
/// Error. The host calls one method at a time.
class Fence {
   public:
    virtual ~Fence() = default;

    virtual void off(const Operation& operation) = 0;
    virtual void on(const Operation&) {
        throw Error(ErrorCode::unsupported, "this type cannot switch anything on");
    }
    virtual Power status(const Operation& operation) = 0;
    virtual void validate(const Operation&) {}
    /// Null for an id that this type does not offer.
    virtual const void* get_extension(const char*) noexcept { return nullptr; }
};

namespace detail {

/// Owns the object of one instance and the C struct that leads to it.
class FenceInstance {
   public:
    /// Null after host->set_error.
    template <class T>
    static const ha_fence_t* create(const ha_host_t* host, const ha_config_t* config) noexcept {
        const ha_fence_t* made = nullptr;
        stop_exceptions(
            [&] {
                const Context context(host, config, &T::k_type);
                context.parameters().check_all();
                auto instance = std::make_unique<FenceInstance>();
                instance->state_.host = host;
                instance->state_.type_name = T::k_type.name;
                instance->state_.name = config->name;
                instance->object_ = std::make_unique<T>(context);
                made = &instance.release()->abi_;
            },
            [&](const char* text) { host->set_error(host, text); });
        return made;
    }

    FenceInstance() {
        abi_.size = sizeof(abi_);
        abi_.plugin_data = this;
        abi_.destroy = &on_destroy;
        abi_.off = &on_off;
        abi_.on = &on_on;
        abi_.status = &on_status;
        abi_.validate = &on_validate;
        abi_.get_extension = &on_get_extension;
    }

   private:
    static FenceInstance& self(const ha_fence_t* f) noexcept {
        return *static_cast<FenceInstance*>(f->plugin_data);
    }
    static void on_destroy(const ha_fence_t* f) noexcept {
        if (self(f).state_.is_busy)
            blame_host(self(f).state_, nullptr, "destroyed while an operation runs");
        delete &self(f);
    }
    static std::int32_t on_off(const ha_fence_t* f, const ha_operation_t* o) noexcept {
        return run_exclusive(self(f).state_, o, HA_OPERATION_FENCE_OFF,
                             [&](const Operation& op) { self(f).object_->off(op); });
    }
    static std::int32_t on_on(const ha_fence_t* f, const ha_operation_t* o) noexcept {
        return run_exclusive(self(f).state_, o, HA_OPERATION_FENCE_ON,
                             [&](const Operation& op) { self(f).object_->on(op); });
    }
    static std::int32_t on_status(const ha_fence_t* f, const ha_operation_t* o,
                                  std::uint32_t* power) noexcept {
        return run_exclusive(
            self(f).state_, o, HA_OPERATION_FENCE_STATUS, [&](const Operation& op) {
                *power = static_cast<std::uint32_t>(self(f).object_->status(op));
            });
    }
    static std::int32_t on_validate(const ha_fence_t* f, const ha_operation_t* o) noexcept {
        return run_exclusive(self(f).state_, o, HA_OPERATION_VALIDATE,
                             [&](const Operation& op) { self(f).object_->validate(op); });
    }
    static const void* on_get_extension(const ha_fence_t* f, const char* id) noexcept {
        return self(f).object_->get_extension(id);
    }

    InstanceState state_;
    std::unique_ptr<Fence> object_;
    ha_fence_t abi_{};
};

}  // namespace detail
}  // namespace ha::plugin
