// Instance: one resource or monitor of a plugin, called one operation at a time.
//
// Every call blocks until the plugin returns, so a worker thread makes it; only `sever` may be
// called beside another operation. The guards here check what comes back over the ABI, and name the
// plugin where it broke the contract.
#pragma once

#include <memory>
#include <string>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "ha/plugin/ext/pollable.h"
#include "ha/plugin/factory.h"
#include "plugin/cancellation.hpp"
#include "plugin/host.hpp"
#include "plugin/load.hpp"

namespace ha::plugin {

/// One operation asked of an instance. The numbers are those of ha/plugin/operation.h.
struct Call {
    OperationId id;
    Instant deadline;
    Epoch epoch;  ///< none for monitors that are always on
    std::uint32_t attempt = 1;
    std::uint32_t event = 0;        ///< HA_EVENT_*
    std::uint32_t factor = 0;       ///< HA_FACTOR_*
    std::uint32_t last_action = 0;  ///< HA_LAST_ACTION_*
    std::uint32_t priority = 0;     ///< place of this node in the group's policy, from 1
    bool is_at_home = false;        ///< this node is the most preferred one
    /// Owned by the caller, lives until the call has returned; null: cannot be cancelled.
    const Cancellation* cancellation = nullptr;
};

enum class ProbedStatus : std::uint8_t { unknown, offline, online, failed };
struct ProbeAnswer {
    ProbedStatus status = ProbedStatus::unknown;
    std::string reason;  ///< may be empty
};

enum class CheckedVerdict : std::uint8_t { unknown, ok, bad };
/// A check that fails or breaks the contract is `unknown`, with the reason.
struct CheckAnswer {
    CheckedVerdict verdict = CheckedVerdict::unknown;
    std::string reason;
};

enum class FencePower : std::uint8_t { unknown, off, on };
/// A status that fails or breaks the contract is `unknown`, with the reason.
struct PowerAnswer {
    FencePower power = FencePower::unknown;
    std::string reason;
};

class ResourceInstance {
   public:
    /// Takes over `resource`, made by the module's factory with the proxy's host and config.
    ResourceInstance(std::shared_ptr<const Module> module, const ha_descriptor_t& descriptor,
                     std::unique_ptr<HostProxy> proxy, const ha_resource_t* resource);
    /// What is online stays online.
    ~ResourceInstance();
    ResourceInstance(const ResourceInstance&) = delete;
    ResourceInstance& operator=(const ResourceInstance&) = delete;

    Result<void> start(const Call& call);
    Result<void> stop(const Call& call);
    Result<ProbeAnswer> probe(const Call& call);
    /// Bounded; FailureCode::refused when the type cannot sever.
    Result<void> sever(const Call& call);

    bool can_sever() const;
    Duration sever_bound() const;
    const ha_descriptor_t& descriptor() const { return *descriptor_; }
    const InstanceSpec& spec() const { return proxy_->spec(); }
    /// Null when the plugin has none; see ha/plugin/ext.
    const void* get_extension(const char* id) const;
    const ha_resource_t* abi() const { return resource_; }

   private:
    std::shared_ptr<const Module> module_;  // keeps the code in memory; destroyed last
    const ha_descriptor_t* descriptor_;
    std::unique_ptr<HostProxy> proxy_;
    const ha_resource_t* resource_;  // the plugin's, given back by destroy
};

class MonitorInstance {
   public:
    MonitorInstance(std::shared_ptr<const Module> module, const ha_descriptor_t& descriptor,
                    std::unique_ptr<HostProxy> proxy, const ha_monitor_t* monitor);
    ~MonitorInstance();
    MonitorInstance(const MonitorInstance&) = delete;
    MonitorInstance& operator=(const MonitorInstance&) = delete;

    CheckAnswer check(const Call& call);

    /// Event-driven monitors: arm, poll the descriptor for reading, then on_ready; or disarm. While
    /// armed no periodic check is needed.
    bool is_event_driven() const { return pollable_ != nullptr; }
    /// The descriptor to poll; it stays the plugin's.
    Result<int> arm(const Call& call);
    CheckAnswer on_ready(const Call& call);
    /// The caller has stopped polling the descriptor.
    void disarm();

    const ha_descriptor_t& descriptor() const { return *descriptor_; }
    const InstanceSpec& spec() const { return proxy_->spec(); }
    const void* get_extension(const char* id) const;

   private:
    std::shared_ptr<const Module> module_;
    const ha_descriptor_t* descriptor_;
    std::unique_ptr<HostProxy> proxy_;
    const ha_monitor_t* monitor_;
    const ha_pollable_t* pollable_ = nullptr;
    bool is_armed_ = false;
};

class FenceInstance {
   public:
    FenceInstance(std::shared_ptr<const Module> module, const ha_descriptor_t& descriptor,
                  std::unique_ptr<HostProxy> proxy, const ha_fence_t* fence);
    ~FenceInstance();
    FenceInstance(const FenceInstance&) = delete;
    FenceInstance& operator=(const FenceInstance&) = delete;

    Result<void> off(const Call& call);
    /// FailureCode::refused when the type has nothing to switch on.
    Result<void> on(const Call& call);
    PowerAnswer status(const Call& call);
    /// What is wrong with its configuration, as far as that shows without the device.
    Result<void> validate(const Call& call);

    const InstanceSpec& spec() const { return proxy_->spec(); }

   private:
    std::shared_ptr<const Module> module_;
    const ha_descriptor_t* descriptor_;
    std::unique_ptr<HostProxy> proxy_;
    const ha_fence_t* fence_;
};

}  // namespace ha::plugin
