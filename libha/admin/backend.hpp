// Backend: what the management API asks of a cluster handle. There is one behind the socket of a
// daemon (cluster_backend.hpp), and a made-up one in tests.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "ha/ha.hpp"

namespace ha::admin {

/// Functions may throw ha::Error; those with `done` call it exactly once, on any thread.
class Backend {
   public:
    virtual ~Backend() = default;

    virtual Status status() const = 0;
    virtual std::vector<Notice> notices(std::uint64_t after, std::size_t count_max) const = 0;

    virtual void group_start(const std::string& group, const std::string& node, OnDone done) = 0;
    virtual void group_stop(const std::string& group, OnDone done) = 0;
    /// `deadline` 0: none.
    virtual void group_move(const std::string& group, const std::string& node,
                            std::chrono::nanoseconds deadline, bool ban, OnDone done) = 0;
    virtual void group_failover(const std::string& group, const std::string& node,
                                OnDone done) = 0;
    virtual void group_freeze(const std::string& group, bool on, OnDone done) = 0;
    virtual void group_restart(const std::string& group, OnDone done) = 0;
    virtual void group_clear(const std::string& group, const std::string& node, OnDone done) = 0;
    virtual void resource_restart(const std::string& resource, OnDone done) = 0;
    virtual void resource_start(const std::string& resource, OnDone done) = 0;
    virtual void resource_stop(const std::string& resource, OnDone done) = 0;
    virtual void node_mode(const std::string& node, const std::string& mode,
                           const std::string& reason, OnDone done) = 0;
    virtual void node_fence(const std::string& node, OnDone done) = 0;
    virtual void node_confirm_off(const std::string& node, std::uint64_t start, OnDone done) = 0;
    /// Empty monitor: all. `left` 0: without an end.
    virtual void monitor_pause(const std::string& monitor, bool paused,
                               std::chrono::nanoseconds left, OnDone done) = 0;
    virtual void monitor_inject(const std::string& monitor, bool on,
                                std::chrono::nanoseconds left, OnDone done) = 0;
    virtual void timeout_ratio(std::uint32_t ratio, std::chrono::nanoseconds left,
                               OnDone done) = 0;
    virtual void reboots_reset(const std::string& node, OnDone done) = 0;
    virtual void config_apply(const std::string& text, const std::string& name,
                              const ApplyOptions& how, OnDone done) = 0;
    virtual void config_confirm(OnDone done) = 0;
    virtual void config_revert(OnDone done) = 0;
    virtual void service_order(const std::string& node, ServiceOrder order, bool may_lose_quorum,
                               OnDone done) = 0;
    virtual void cluster_suspend(bool on, OnDone done) = 0;
    virtual void cluster_init(OnDone done) = 0;
    virtual void cluster_go_alone(const std::string& without, OnDone done) = 0;
    virtual void cluster_recover(const std::vector<std::string>& off, OnDone done) = 0;
    virtual void witness_renew(OnDone done) = 0;

    virtual std::string config_text() const = 0;
    virtual ConfigReport config_check(const std::string& text, const std::string& name) const = 0;
    virtual std::vector<GroupSafety> config_safety() const = 0;
    virtual Explanation explain(const std::string& group) const = 0;
    virtual Rehearsal rehearse(const Operation& operation) const = 0;
    virtual std::vector<Explanation> simulate(const std::vector<Supposed>& events) const = 0;
};

}  // namespace ha::admin
