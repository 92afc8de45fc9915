// Monitor: the base classes of a monitor type, and their trampolines.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "ha/plugin/contract.hpp"
#include "ha/plugin/ext/pollable.h"
#include "ha/plugin/monitor.h"

namespace ha::plugin {

/// The result of a look, with the reason where it is not `ok`.
struct Verdict {
    std::uint32_t value = HA_VERDICT_UNKNOWN;
    std::string reason;

    static Verdict ok() { return {HA_VERDICT_OK, {}}; }
    static Verdict bad(std::string reason) { return {HA_VERDICT_BAD, std::move(reason)}; }
    static Verdict unknown(std::string reason) { return {HA_VERDICT_UNKNOWN, std::move(reason)}; }
};

/// The contract of each method stands at the same name in ha/plugin/monitor.h. Failures are thrown
/// as Error, and count as `unknown`.
class Monitor {
   public:
    virtual ~Monitor() = default;

    virtual Verdict check(const Operation& operation) = 0;
    /// Null for an id that this type does not offer.
    virtual const void* get_extension(const char*) noexcept { return nullptr; }
};

/// A monitor that the kernel tells; see ha/plugin/ext/pollable.h for the contract.
class PollableMonitor : public Monitor {
   public:
    /// The descriptor to poll for reading; stays the monitor's own.
    virtual int arm(const Operation& operation) = 0;
    virtual Verdict on_ready(const Operation& operation) = 0;
    virtual void disarm() noexcept = 0;
};

namespace detail {

/// Owns the object of one instance and the C struct that leads to it.
class MonitorInstance {
   public:
    /// Null after host->set_error.
    template <class T>
    static const ha_monitor_t* create(const ha_host_t* host, const ha_config_t* config) noexcept {
        const ha_monitor_t* made = nullptr;
        stop_exceptions(
            [&] {
                const Context context(host, config, &T::k_type);
                context.parameters().check_all();
                auto instance = std::make_unique<MonitorInstance>();
                instance->state_.host = host;
                instance->state_.type_name = T::k_type.name;
                instance->state_.name = config->name;
                auto object = std::make_unique<T>(context);
                if constexpr (std::is_base_of_v<PollableMonitor, T>)
                    instance->pollable_ = object.get();
                instance->object_ = std::move(object);
                made = &instance.release()->abi_;
            },
            [&](const char* text) { host->set_error(host, text); });
        return made;
    }

    MonitorInstance() {
        abi_.size = sizeof(abi_);
        abi_.plugin_data = this;
        abi_.destroy = &on_destroy;
        abi_.check = &on_check;
        abi_.get_extension = &on_get_extension;
    }

   private:
    static MonitorInstance& self(const ha_monitor_t* m) noexcept {
        return *static_cast<MonitorInstance*>(m->plugin_data);
    }
    static void hand_over(const Verdict& found, const Operation& operation, std::uint32_t* out) {
        if (!found.reason.empty()) operation.explain(found.reason);
        *out = found.value;
    }
    static void on_destroy(const ha_monitor_t* m) noexcept {
        if (self(m).state_.is_busy)
            blame_host(self(m).state_, nullptr, "destroyed while an operation runs");
        if (self(m).is_armed_) self(m).pollable_->disarm();
        delete &self(m);
    }
    static std::int32_t on_check(const ha_monitor_t* m, const ha_operation_t* o,
                                 std::uint32_t* verdict) noexcept {
        return run_exclusive(self(m).state_, o, HA_OPERATION_CHECK, [&](const Operation& op) {
            hand_over(self(m).object_->check(op), op, verdict);
        });
    }
    static std::int32_t on_arm(const ha_monitor_t* m, const ha_operation_t* o) noexcept {
        if (self(m).is_armed_) return blame_host(self(m).state_, o, "armed twice");
        int fd = -1;
        const auto result =
            run_exclusive(self(m).state_, o, HA_OPERATION_CHECK,
                          [&](const Operation& op) { fd = self(m).pollable_->arm(op); });
        if (result != HA_OK) return result;
        self(m).is_armed_ = true;
        return fd;
    }
    static std::int32_t on_ready(const ha_monitor_t* m, const ha_operation_t* o,
                                 std::uint32_t* verdict) noexcept {
        if (!self(m).is_armed_) return blame_host(self(m).state_, o, "on_ready without arm");
        self(m).is_armed_ = false;
        return run_exclusive(self(m).state_, o, HA_OPERATION_CHECK, [&](const Operation& op) {
            hand_over(self(m).pollable_->on_ready(op), op, verdict);
        });
    }
    static void on_disarm(const ha_monitor_t* m) noexcept {
        self(m).is_armed_ = false;
        self(m).pollable_->disarm();
    }
    static const void* on_get_extension(const ha_monitor_t* m, const char* id) noexcept {
        static constexpr ha_pollable_t k_pollable{sizeof(ha_pollable_t), 0, &on_arm, &on_ready,
                                                  &on_disarm};
        if (self(m).pollable_ != nullptr && std::strcmp(id, HA_EXT_POLLABLE) == 0)
            return &k_pollable;
        return self(m).object_->get_extension(id);
    }

    InstanceState state_;
    std::unique_ptr<Monitor> object_;
    PollableMonitor* pollable_ = nullptr;  // the same object, when it is one
    bool is_armed_ = false;
    ha_monitor_t abi_{};
};

}  // namespace detail
}  // namespace ha::plugin
