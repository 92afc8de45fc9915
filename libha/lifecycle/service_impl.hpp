// Insides of the service wing. service.cpp holds the steps and the groups, service_monitors.cpp the
// monitors and what follows from them.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/reflect.hpp"
#include "lifecycle/context.hpp"
#include "lifecycle/group_run.hpp"
#include "lifecycle/lookout.hpp"
#include "lifecycle/monitor_run.hpp"
#include "lifecycle/service.hpp"

namespace ha::lifecycle {

struct Service::Impl {
    explicit Impl(ServiceOptions given)
        : options(std::move(given)), lookout(options.self) {}

    /// For recordings (base/archive.hpp): every field below, in their order.
    auto members() {
        return reflect::fields(options, runs, lookout, monitors, paused, injected, is_suspended,
                               scripts, operations, permission, out, changes, held_told, revision,
                               sever_bound, parallel_limit, slow_percent, is_settled, is_ending,
                               was_admitted, is_lease_lost, is_first_step);
    }

    // service.cpp. One step: open, do, close.
    Context open(Instant now, const model::ClusterState& state);
    void close(Context& context, const model::ClusterState& state);

    std::string start_block() const;
    bool is_lease_running(Instant now) const;
    void check_lease(Context& context);
    void sever_all(Context& context);
    void take_spec(Context& context, const model::ClusterState& state);
    GroupRun& run_of(Context& context, const model::ClusterState& state, GroupId group);
    void judge(Context& context, const model::ClusterState& state, GroupRun& run);
    void judge_all(Context& context, const model::ClusterState& state);
    void settle(Context& context, const model::ClusterState& state);
    void on_overdue(Context& context, const model::ClusterState& state);
    GroupRun* find_run(GroupId group);
    void look_out(Context& context, const model::ClusterState& state);
    void expel(Context& context, const model::ClusterState& state, const Expulsion& found);
    void reset_for_safety(Context& context, const model::ClusterState& state,
                          const std::string& reason);

    // service_monitors.cpp
    void take_monitors(Context& context, const model::ClusterState& state);
    std::set<MonitorId> injected_here(const model::ClusterState& state) const;
    void sync_monitors(Context& context, const model::ClusterState& state);
    bool is_to_watch(const model::MonitorSpec& spec) const;
    /// Time has come for it to look, or for what it waited for.
    void look(Context& context, MonitorRun& monitor);
    MembersVerdict judge_members(const model::MonitorSpec& spec) const;
    void on_monitor_report(Context& context, const MonitorReport& report);

    void recover(Context& context, MonitorRun& monitor);
    Recovery choose(Context& context, MonitorRun& monitor);
    void run_script(Context& context, const MonitorRun& monitor, Recovery step,
                    const std::string& reason);
    /// True: it was the report of a script.
    bool on_script_report(Context& context, const MonitorReport& report);
    void give_up_scripts(Context& context);
    void end_script(Context& context, OperationId id, const std::string& outcome);
    void carry_out(Context& context, const model::MonitorSpec& spec, Recovery step,
                   const std::string& reason);
    void carry_out_final(Context& context, const model::MonitorSpec& spec,
                         const std::string& reason);
    /// The groups that its recovery is about and that may be acted on now.
    std::vector<GroupRun*> targets_of(const model::MonitorSpec& spec);
    bool has_target(const model::MonitorSpec& spec);
    bool has_other_home(const model::ClusterState& state, GroupId group) const;

    /// A step of recovery whose script runs.
    struct Script {
        MonitorId monitor;
        Recovery step = Recovery::none;
        std::string reason;
        Instant give_up;
    };

    ServiceOptions options;
    std::map<GroupId, GroupRun> runs;
    Lookout lookout;
    std::map<MonitorId, MonitorRun> monitors;
    std::map<MonitorId, Duration> paused;
    std::set<MonitorId> injected;   ///< here
    bool is_suspended = false;   ///< as the monitors have been told
    std::map<OperationId, Script> scripts;
    Operations operations;
    Permission permission;
    ServiceOutput out;
    Changes changes;
    std::vector<Held> held_told;
    std::optional<SpecRevision> revision;
    Duration sever_bound{0};
    std::uint32_t parallel_limit = 0;
    std::uint32_t slow_percent = 100;
    bool is_settled = false;
    bool is_ending = false;    ///< stop_all was called
    bool was_admitted = false;
    bool is_lease_lost = true; ///< until the engine tells of a running one
    bool is_first_step = true;
};

}  // namespace ha::lifecycle
