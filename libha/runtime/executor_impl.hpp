// Insides of the executor: the operations under way, the lanes of resources and monitors.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>

#include "runtime/executor.hpp"
#include "runtime/lane.hpp"
#include "runtime/plugin_host.hpp"

namespace ha::runtime {

/// Invariants: (1) each operation is reported exactly once, then forgotten: a result that comes
/// later finds nothing. (2) `deadlines` holds each operation that is not forgotten, once.
struct Executor::Impl : std::enable_shared_from_this<Executor::Impl> {
    Impl(Hands h, ExecutorOptions o, ExecutorEvents e);

    struct Resource {
        GroupId group;
        model::ResourceSpec spec;
        plugin::InstanceSpec wanted;            ///< as configured now
        std::shared_ptr<ResourceHolder> holder;  ///< null: made at the next use
        std::shared_ptr<Lane> lane;
        bool is_active = false;                 ///< started, and not stopped since
    };
    struct Monitor {
        model::MonitorSpec spec;
        plugin::InstanceSpec wanted;
        std::shared_ptr<MonitorHolder> holder;
        std::shared_ptr<Lane> lane;
        Epoch epoch;
        bool is_begun = false;
        bool wants_arm = false;                 ///< to be armed after the next good check
        std::uint64_t generation = 0;           ///< of Begin and End, to know what came too late
        std::optional<Loop::WatchId> watch;
        Instant armed_at;
        Instant rearm_at = Instant::max();
    };
    struct Operation {
        ResourceId resource;                    ///< one of these two; none: a search
        MonitorId monitor;
        lifecycle::OperationKind kind = lifecycle::OperationKind::probe;
        Instant deadline;
        bool is_cancelled = false;
        std::shared_ptr<plugin::Cancellation> cancellation;
    };

    using DeviceKey = std::pair<NodeId, std::string>;
    struct Device {
        plugin::InstanceSpec wanted;            ///< as configured now
        std::shared_ptr<FenceHolder> holder;
        std::shared_ptr<Lane> lane;
    };
    struct Fencing {
        DeviceKey device;
        Instant deadline;
        bool is_cancelled = false;
        bool is_left_behind = false;            ///< and told once more when it returns
        std::shared_ptr<plugin::Cancellation> cancellation;
    };

    // executor.cpp
    void carry_out(const lifecycle::PluginCall& call);
    void open_gate();
    void write_run_record();
    bool needs_watchdog(const std::vector<lifecycle::Held>& held) const;
    const std::string& missing_watchdog();
    bool needs_fencing(GroupId group) const;
    void add(OperationId id, Operation operation);
    /// The operation, taken out of all books; none when it was reported already.
    std::optional<Operation> forget(OperationId id);
    void report(lifecycle::OperationReport report);
    void report(lifecycle::MonitorReport report);
    void on_cancel(OperationId id);
    void give_up(OperationId id);
    void tick(Instant at);

    // executor_resource.cpp
    void use_resources(const model::ClusterSpec& spec);
    void adopt_resources(const model::ClusterSpec& spec,
                         const std::vector<model::GroupSpec>& groups);
    void on_start_operation(const lifecycle::StartOperation& operation);
    void sever(const lifecycle::StartOperation& operation, Resource& resource);
    void search(const lifecycle::StartOperation& operation, const Resource& resource);
    plugin::Call plugin_call(const lifecycle::StartOperation& operation) const;
    std::shared_ptr<ResourceHolder> holder_of(Resource& resource);

    // executor_fence.cpp
    void use_fences(const model::ClusterSpec& spec);
    std::shared_ptr<FenceHolder> holder_of(Device& device);
    void on_fence(const lifecycle::FenceOperation& operation);
    void tell(lifecycle::FenceReport report);
    void tick_fences(Instant at);
    Instant fence_deadline() const;

    // executor_monitor.cpp
    void use_monitors(const model::ClusterSpec& spec);
    void on_begin(const lifecycle::BeginMonitor& call);
    void on_end(MonitorId id);
    void on_check(const lifecycle::CheckMonitor& call);
    void on_script(const lifecycle::RunScript& call);
    void arm(MonitorId id);
    void on_armed(MonitorId id, std::uint64_t generation, const Result<int>& fd);
    void on_readable(MonitorId id, std::uint64_t generation);
    void on_ready(MonitorId id, std::uint64_t generation, const plugin::CheckAnswer& answer);
    void stop_watching(Monitor& monitor);

    const Hands hands;
    const ExecutorOptions options;
    const ExecutorEvents events;
    const std::shared_ptr<PluginHost> host;
    const std::shared_ptr<PluginHost> search_host;  ///< hands nothing over to the guard
    const std::shared_ptr<Lane> search_lane;        ///< of all searches: one thread at most

    model::ClusterSpec spec;
    std::map<ResourceId, Resource> resources;
    std::map<MonitorId, Monitor> monitors;
    std::map<OperationId, Operation> operations;
    std::set<std::pair<Instant, OperationId>> deadlines;
    std::map<DeviceKey, Device> devices;
    std::map<OperationId, Fencing> fencings;     ///< ids of a row of their own

    // The gate.
    std::optional<std::vector<lifecycle::Held>> record_next;
    bool is_record_writing = false;
    std::string record_problem;                  ///< the newest record is not on disk, and why
    std::string watchdog_problem;                ///< what needs fencing may not start, and why
    std::deque<lifecycle::PluginCall> gated;
};

/// The parameters that count on this node.
plugin::InstanceSpec instance_spec(const model::ClusterSpec& spec, const ExecutorOptions& options,
                                   const std::string& type, const std::string& name,
                                   GroupId group, const model::Parameters& parameters,
                                   const std::map<NodeId, model::Parameters>& node_parameters);
bool is_same(const plugin::InstanceSpec& a, const plugin::InstanceSpec& b);

}  // namespace ha::runtime
