// Instance: one resource or monitor of a plugin, called one operation at a time.
#include "plugin/instance.hpp"

#include <fcntl.h>

#include <utility>

#include "base/assert.hpp"
#include "ha/plugin/limits.h"

namespace ha::plugin {
namespace {

FailureCode to_failure_code(std::int32_t code) {
    switch (code) {
        case HA_ERROR_INVALID: return FailureCode::invalid;
        case HA_ERROR_NOT_FOUND: return FailureCode::not_found;
        case HA_ERROR_REFUSED:
        case HA_ERROR_UNSUPPORTED:
        case HA_ERROR_CONTRACT: return FailureCode::refused;
        case HA_ERROR_UNAVAILABLE:
        case HA_ERROR_CANCELLED: return FailureCode::unavailable;
        case HA_ERROR_TIMED_OUT: return FailureCode::timed_out;
        case HA_ERROR_LIMIT: return FailureCode::limit;
        case HA_ERROR_CORRUPT: return FailureCode::corrupt;
        default: return FailureCode::io;
    }
}

const char* operation_name(std::uint32_t kind) {
    switch (kind) {
        case HA_OPERATION_START: return "start";
        case HA_OPERATION_STOP: return "stop";
        case HA_OPERATION_PROBE: return "probe";
        case HA_OPERATION_SEVER: return "sever";
        case HA_OPERATION_CHECK: return "check";
        case HA_OPERATION_FENCE_OFF: return "off";
        case HA_OPERATION_FENCE_ON: return "on";
        case HA_OPERATION_FENCE_STATUS: return "status";
        case HA_OPERATION_VALIDATE: return "validation";
        default: return "operation";
    }
}

/// One call over the ABI: the operation struct, what the plugin says, and the guards.
class Guard {
   public:
    Guard(const Call& call, std::uint32_t kind, const ha_descriptor_t& descriptor,
          const HostProxy& proxy)
        : call_(&call), descriptor_(&descriptor), proxy_(&proxy) {
        HA_ASSERT(call.deadline.ns > 0);
        operation_.size = sizeof(operation_);
        operation_.kind = kind;
        operation_.host_data = this;
        operation_.id = call.id.value;
        operation_.deadline_ns = call.deadline.ns;
        operation_.cancel_fd = call.cancellation == nullptr ? -1 : call.cancellation->fd();
        operation_.attempt = call.attempt;
        operation_.epoch = {call.epoch.incarnation.value, call.epoch.term.value,
                            call.epoch.node.value, 0};
        operation_.event = call.event;
        operation_.factor = call.factor;
        operation_.last_action = call.last_action;
        operation_.flags = call.is_at_home ? HA_OPERATION_AT_HOME : 0;
        operation_.priority = call.priority;
        operation_.is_cancelled = &is_cancelled;
        operation_.set_error = &set_error;
    }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

    /// `function` takes the operation and returns the plugin's code. Codes above zero are allowed
    /// only where `positive_max` says so; that is what comes back.
    template <class Function>
    Result<std::int32_t> run(Function&& function, std::int32_t positive_max = 0) {
        std::int32_t code = HA_ERROR_CONTRACT;
        try {
            code = function(&operation_);
        } catch (...) {
            return broken("threw an exception over the ABI");
        }
        if (code > positive_max) return broken("returned the code " + std::to_string(code));
        if (code < 0) return failed(code);
        const Instant now = proxy_->services().now();
        if (operation_.kind != HA_OPERATION_SEVER && now > call_->deadline)
            return failure(FailureCode::timed_out,
                           where() + "returned " +
                               std::to_string((now - call_->deadline).count() / 1'000'000) +
                               " ms after its deadline");
        return code;
    }

    /// The plugin broke the contract: said in the log too, since it needs its author.
    Failure broken(const std::string& deed) const {
        const std::string text = where() + "the plugin broke the contract: it " + deed;
        proxy_->services().log(proxy_->spec(), HA_SEVERITY_ERROR, text);
        return failure(FailureCode::refused, text);
    }

    const std::string& said() const { return said_; }

   private:
    std::string where() const {
        return std::string(descriptor_->type_name) + " '" + proxy_->spec().name + "' " +
               operation_name(operation_.kind) + ": ";
    }
    Failure failed(std::int32_t code) const {
        return failure(to_failure_code(code),
                       where() + (said_.empty() ? "failed with code " + std::to_string(code) +
                                                      " and no reason"
                                                : said_));
    }
    static std::int32_t is_cancelled(const ha_operation_t* operation) {
        const auto* cancellation = static_cast<Guard*>(operation->host_data)->call_->cancellation;
        return cancellation != nullptr && cancellation->is_cancelled() ? 1 : 0;
    }
    static void set_error(const ha_operation_t* operation, const char* text) {
        static_cast<Guard*>(operation->host_data)->said_ =
            bounded_text(text, HA_LIMIT_ERROR_BYTES);
    }

    const Call* call_;
    const ha_descriptor_t* descriptor_;
    const HostProxy* proxy_;
    ha_operation_t operation_{};
    std::string said_;
};

Result<void> without_value(const Result<std::int32_t>& result) {
    if (!result) return result.error();
    return {};
}

template <class Function>
CheckAnswer run_check(Guard& guard, Function&& function) {
    constexpr std::uint32_t k_untouched = UINT32_MAX;
    std::uint32_t verdict = k_untouched;
    auto result =
        guard.run([&](const ha_operation_t* operation) { return function(operation, &verdict); });
    if (!result) return {CheckedVerdict::unknown, result.error().context};
    switch (verdict) {
        case HA_VERDICT_UNKNOWN: return {CheckedVerdict::unknown, guard.said()};
        case HA_VERDICT_OK: return {CheckedVerdict::ok, guard.said()};
        case HA_VERDICT_BAD: return {CheckedVerdict::bad, guard.said()};
        default:
            return {CheckedVerdict::unknown,
                    guard.broken("gave the verdict " + std::to_string(verdict)).context};
    }
}

}  // namespace

ResourceInstance::ResourceInstance(std::shared_ptr<const Module> module,
                                   const ha_descriptor_t& descriptor,
                                   std::unique_ptr<HostProxy> proxy, const ha_resource_t* resource)
    : module_(std::move(module)),
      descriptor_(&descriptor),
      proxy_(std::move(proxy)),
      resource_(resource) {
    HA_ASSERT(resource_ != nullptr);
}

ResourceInstance::~ResourceInstance() { resource_->destroy(resource_); }

Result<void> ResourceInstance::start(const Call& call) {
    Guard guard(call, HA_OPERATION_START, *descriptor_, *proxy_);
    return without_value(
        guard.run([&](const ha_operation_t* o) { return resource_->start(resource_, o); }));
}

Result<void> ResourceInstance::stop(const Call& call) {
    Guard guard(call, HA_OPERATION_STOP, *descriptor_, *proxy_);
    return without_value(
        guard.run([&](const ha_operation_t* o) { return resource_->stop(resource_, o); }));
}

Result<ProbeAnswer> ResourceInstance::probe(const Call& call) {
    Guard guard(call, HA_OPERATION_PROBE, *descriptor_, *proxy_);
    constexpr std::uint32_t k_untouched = UINT32_MAX;
    std::uint32_t status = k_untouched;
    auto result = guard.run(
        [&](const ha_operation_t* o) { return resource_->probe(resource_, o, &status); });
    if (!result) return result.error();
    switch (status) {
        case HA_STATUS_UNKNOWN: return ProbeAnswer{ProbedStatus::unknown, guard.said()};
        case HA_STATUS_OFFLINE: return ProbeAnswer{ProbedStatus::offline, guard.said()};
        case HA_STATUS_ONLINE: return ProbeAnswer{ProbedStatus::online, guard.said()};
        case HA_STATUS_FAILED: return ProbeAnswer{ProbedStatus::failed, guard.said()};
        default: return guard.broken("gave the status " + std::to_string(status));
    }
}

bool ResourceInstance::can_sever() const {
    return (descriptor_->flags & HA_TYPE_CAN_SEVER) != 0 && resource_->sever != nullptr;
}

Duration ResourceInstance::sever_bound() const {
    return Duration(can_sever() ? descriptor_->sever_bound_ns : 0);
}

Result<void> ResourceInstance::sever(const Call& call) {
    if (!can_sever())
        return failure(FailureCode::refused, std::string("type '") + descriptor_->type_name +
                                                 "' of '" + spec().name + "' cannot sever");
    Guard guard(call, HA_OPERATION_SEVER, *descriptor_, *proxy_);
    return without_value(
        guard.run([&](const ha_operation_t* o) { return resource_->sever(resource_, o); }));
}

const void* ResourceInstance::get_extension(const char* id) const {
    if (resource_->get_extension == nullptr) return nullptr;
    return resource_->get_extension(resource_, id);
}

MonitorInstance::MonitorInstance(std::shared_ptr<const Module> module,
                                 const ha_descriptor_t& descriptor,
                                 std::unique_ptr<HostProxy> proxy, const ha_monitor_t* monitor)
    : module_(std::move(module)),
      descriptor_(&descriptor),
      proxy_(std::move(proxy)),
      monitor_(monitor) {
    HA_ASSERT(monitor_ != nullptr);
    const auto* found = static_cast<const ha_pollable_t*>(get_extension(HA_EXT_POLLABLE));
    if (found != nullptr && HA_HAS_FIELD(found, ha_pollable_t, disarm) && found->arm != nullptr &&
        found->on_ready != nullptr && found->disarm != nullptr)
        pollable_ = found;
}

MonitorInstance::~MonitorInstance() {
    disarm();
    monitor_->destroy(monitor_);
}

CheckAnswer MonitorInstance::check(const Call& call) {
    Guard guard(call, HA_OPERATION_CHECK, *descriptor_, *proxy_);
    return run_check(guard, [&](const ha_operation_t* o, std::uint32_t* verdict) {
        return monitor_->check(monitor_, o, verdict);
    });
}

Result<int> MonitorInstance::arm(const Call& call) {
    HA_ASSERT(is_event_driven() && !is_armed_);
    Guard guard(call, HA_OPERATION_CHECK, *descriptor_, *proxy_);
    auto fd = guard.run([&](const ha_operation_t* o) { return pollable_->arm(monitor_, o); },
                        INT32_MAX);
    if (!fd) return fd.error();
    is_armed_ = true;
    if (fcntl(*fd, F_GETFD) < 0) {
        disarm();
        return guard.broken("armed with " + std::to_string(*fd) + ", which is not open");
    }
    return *fd;
}

CheckAnswer MonitorInstance::on_ready(const Call& call) {
    HA_ASSERT(is_armed_);
    is_armed_ = false;
    Guard guard(call, HA_OPERATION_CHECK, *descriptor_, *proxy_);
    return run_check(guard, [&](const ha_operation_t* o, std::uint32_t* verdict) {
        return pollable_->on_ready(monitor_, o, verdict);
    });
}

void MonitorInstance::disarm() {
    if (!is_armed_) return;
    is_armed_ = false;
    pollable_->disarm(monitor_);
}

FenceInstance::FenceInstance(std::shared_ptr<const Module> module,
                             const ha_descriptor_t& descriptor, std::unique_ptr<HostProxy> proxy,
                             const ha_fence_t* fence)
    : module_(std::move(module)),
      descriptor_(&descriptor),
      proxy_(std::move(proxy)),
      fence_(fence) {
    HA_ASSERT(fence_ != nullptr);
}

FenceInstance::~FenceInstance() { fence_->destroy(fence_); }

Result<void> FenceInstance::off(const Call& call) {
    Guard guard(call, HA_OPERATION_FENCE_OFF, *descriptor_, *proxy_);
    return without_value(
        guard.run([&](const ha_operation_t* o) { return fence_->off(fence_, o); }));
}

Result<void> FenceInstance::on(const Call& call) {
    if (fence_->on == nullptr)
        return failure(FailureCode::refused, std::string("type '") + descriptor_->type_name +
                                                 "' of '" + spec().name +
                                                 "' cannot switch anything on");
    Guard guard(call, HA_OPERATION_FENCE_ON, *descriptor_, *proxy_);
    return without_value(
        guard.run([&](const ha_operation_t* o) { return fence_->on(fence_, o); }));
}

PowerAnswer FenceInstance::status(const Call& call) {
    Guard guard(call, HA_OPERATION_FENCE_STATUS, *descriptor_, *proxy_);
    constexpr std::uint32_t k_untouched = UINT32_MAX;
    std::uint32_t power = k_untouched;
    auto result =
        guard.run([&](const ha_operation_t* o) { return fence_->status(fence_, o, &power); });
    if (!result) return {FencePower::unknown, result.error().context};
    switch (power) {
        case HA_POWER_UNKNOWN: return {FencePower::unknown, guard.said()};
        case HA_POWER_OFF: return {FencePower::off, guard.said()};
        case HA_POWER_ON: return {FencePower::on, guard.said()};
        default:
            return {FencePower::unknown,
                    guard.broken("gave the power status " + std::to_string(power)).context};
    }
}

Result<void> FenceInstance::validate(const Call& call) {
    if (fence_->validate == nullptr) return {};
    Guard guard(call, HA_OPERATION_VALIDATE, *descriptor_, *proxy_);
    return without_value(
        guard.run([&](const ha_operation_t* o) { return fence_->validate(fence_, o); }));
}

const void* MonitorInstance::get_extension(const char* id) const {
    if (monitor_->get_extension == nullptr) return nullptr;
    return monitor_->get_extension(monitor_, id);
}

}  // namespace ha::plugin
