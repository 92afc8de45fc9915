// Operations and checks: what lifecycle asks of plugins, and what comes back. Values only: neither
// side of this knows that `.so` files exist.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "model/state.hpp"

namespace ha::lifecycle {

enum class OperationKind : std::uint8_t {
    probe,  ///< is it running here? never changes anything
    start,
    stop,
    sever,  ///< make it harmless at once, without waiting (safety.md F8)
};

/// What a probe, or any other operation, says about the resource afterwards.
enum class ResourceStatus : std::uint8_t { offline, online, failed, unknown };

/// Why an operation is done; scripts see it (original.md 2.5, CLP_FACTOR).
enum class OperationFactor : std::uint8_t {
    none,
    group_start,
    group_stop,
    group_move,
    group_failover,
    resource_restart,
    group_restart,
    node_leave,
    lease_lost,
};

/// Carry out one operation on one resource. It is over when its OperationReport arrives; at the
/// deadline the runtime cancels it, then kills it where it can, and reports `timed_out`.
struct StartOperation {
    OperationId id;
    OperationKind kind = OperationKind::probe;
    ResourceId resource;
    GroupId group;
    Epoch epoch;                     ///< of the activation
    model::StartKind start_kind = model::StartKind::start;
    OperationFactor factor = OperationFactor::none;
    Instant deadline;
    /// Starts only: too late to begin after this, because our lease may be over (safety.md F34).
    Instant not_after = Instant::max();
    /// A probe of what is not ours (lookout.hpp): beside everything else, and only where the type
    /// tells what is active whoever has started it; else `not_begun`.
    bool is_search = false;
};
struct CancelOperation {
    OperationId id;
};

/// Begin to watch: run one check. The answer is a MonitorReport. An event-driven monitor may report
/// on its own at any time between BeginMonitor and EndMonitor.
struct BeginMonitor {
    MonitorId monitor;
    Epoch epoch;                     ///< of the watched group; none for `always`
};
struct EndMonitor {
    MonitorId monitor;
};
struct CheckMonitor {
    OperationId id;
    MonitorId monitor;
    Instant deadline;
};

/// Run a program of the administrator before a step of recovery, in a process group of its own, and
/// kill all of that at the deadline. It is over when a MonitorReport with this id arrives.
struct RunScript {
    OperationId id;
    MonitorId monitor;
    std::string path;
    std::vector<std::string> environment;  ///< "NAME=value"
    Instant deadline;
};

enum class FenceAction : std::uint8_t { status, off, on };

/// Work one device that can cut `node` off. It is over when its FenceReport arrives. A shot that
/// has begun is not cancelled: who is killed in the middle of it cannot say whether it will hit
/// (F22).
struct FenceOperation {
    OperationId id;                  ///< of another row than those of resources and monitors
    NodeId node;
    std::string device;              ///< its name in the configuration
    FenceAction action = FenceAction::status;
    std::uint32_t attempt = 1;
    Instant deadline;
    Instant not_after = Instant::max();  ///< too late to begin after this
};

using PluginCall = std::variant<StartOperation, CancelOperation, BeginMonitor, EndMonitor,
                                CheckMonitor, RunScript, FenceOperation>;

enum class Outcome : std::uint8_t {
    ok,
    failed,
    timed_out,
    not_begun,  ///< dropped by the runtime: `not_after` had passed, or cancelled before it began
};

struct OperationReport {
    OperationId id;
    Outcome outcome = Outcome::ok;
    ResourceStatus status = ResourceStatus::unknown;
    std::string text;                ///< of a failure: what the plugin said
    /// Of a search: its type, as it is configured, cannot tell what others have started.
    bool is_unsearchable = false;
};

enum class PowerStatus : std::uint8_t { unknown, off, on };

struct FenceReport {
    OperationId id;
    Outcome outcome = Outcome::ok;
    PowerStatus power = PowerStatus::unknown;  ///< of `status`
    std::string text;                ///< of a failure: what the device said
    /// False: it was left behind at its deadline, and may still do something. When it returns at
    /// last it is reported once more.
    bool is_returned = true;
};

enum class Verdict : std::uint8_t { ok, bad, unknown };

struct MonitorReport {
    MonitorId monitor;
    OperationId id;                  ///< of the CheckMonitor; none: reported on its own
    Verdict verdict = Verdict::unknown;
    std::string text;
};

const char* to_string(OperationKind k) noexcept;
const char* to_string(ResourceStatus s) noexcept;
const char* to_string(OperationFactor f) noexcept;
const char* to_string(Outcome o) noexcept;
const char* to_string(Verdict v) noexcept;
const char* to_string(FenceAction a) noexcept;
const char* to_string(PowerStatus p) noexcept;

}  // namespace ha::lifecycle
